"""Carrying out a mail's commands: all of them or none, with a transcript of what was done and why not."""

from collections.abc import Callable, Sequence
from copy import copy

from maild.model import Agent, Words
from maild.workflow import approval, colleague, lifecycle, restricted, split
from maild.workflow.commands import cc, contact, incident, link, merge, sorting, talk, undo, use, work
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Command, Parsed
from maild.workflow.draft import Draft

_Doer = Callable[[Draft, Agent, Command, str], None]

DOERS: dict[str, _Doer] = {
    "take": work.take,
    "assign": work.assign,
    "team": work.team,
    "escalate": work.escalate,
    "priority": sorting.priority,
    "category": sorting.category,
    "out-of-scope": sorting.out_of_scope,
    "spam": sorting.spam,
    "approve": approval.command,
    "not-approved": approval.decline,
    "split": split.command,
    "note": talk.note,
    "ask": talk.ask,
    "use": use.use,
    "hold": talk.hold,
    "resolve": talk.resolve,
    "close": talk.close,
    "reopen": talk.reopen,
    "merge": merge.merge,
    "link": link.link,
    "cc": cc.cc,
    "called": contact.called,
    "for": contact.requester,
    "undo": undo.undo,
    **incident.DOERS,
    # On a mass incident's own ticket it answers the proposal instead.
    "accept": colleague.accept,
}
# These take the text under the commands for themselves; else it is the reply, by the notice's kind.
TAKES_TEXT = frozenset(
    {"note", "ask", "use", "resolve", "out-of-scope", "approve", "not-approved", "split", "update", "called"}
)

Line = tuple[str, bool, str]


def carry_out(draft: Draft, agent: Agent, parsed: Parsed) -> tuple[Draft | None, tuple[Line, ...]]:
    """The draft with every command done, or None with nothing done; and the transcript, one line a command."""
    language = agent.language
    if parsed.problems:
        broken = dict(parsed.problems)
        others = [each.line for each in parsed.commands if each.line not in broken]
        # A reason without a line is one against all of them.
        whole = broken.pop("", _NOT_DONE) if others else _NOT_DONE
        lines = [(line, False, whole.for_(language)) for line in others]
        return None, (*lines, *((line, False, why.for_(language)) for line, why in broken.items()))
    trial = copy(draft)
    # What a refused command wrote on it must not be left on the other.
    for name, value in vars(draft).items():
        if isinstance(value, list | dict):
            setattr(trial, name, copy(value))
    # Beside a note the text is the note's, whatever else stands above it: in doubt it stays inside (PRODUCT §3.4).
    takers = {"note"} if any(each.verb == "note" for each in parsed.commands) else TAKES_TEXT
    trial.verbs = frozenset(each.verb for each in parsed.commands)
    done: list[Line] = []
    # What is used may be what resolves it, on whatever line that stands.
    for at, command in sorted(enumerate(parsed.commands), key=lambda row: row[1].verb != "use"):
        try:
            if not restricted.may_see(agent, trial.ticket, trial.policy):
                # Their own #category, a line above, has put it out of their sight.
                raise Refused(restricted.refused(trial.ticket, trial.policy))
            merged = merge.refusal(trial.ticket, command.verb, trial.policy)
            if merged is not None:
                raise Refused(merged)
            where = lifecycle.stage(trial.ticket, trial.now, trial.policy)
            own = incident.OWN if trial.ticket.kind == "incident" else frozenset[str]()
            refused = None if command.verb in own else lifecycle.refusal(command.verb, where)
            if refused is not None:
                raise Refused(refused)
            doers = {**DOERS, **incident.ON_INCIDENT} if trial.ticket.kind == "incident" else DOERS
            known = len(trial.remarks)
            doers[command.verb](trial, agent, command, parsed.text if command.verb in takers else "")
        except Refused as refusal:
            beside = [each for n, each in enumerate(parsed.commands) if n != at]
            lines = [(command.line, False, refusal.why.for_(language))]
            return None, (*lines, *((each.line, False, _NOT_DONE.for_(language)) for each in beside))
        done.append((command.line, True, listed(trial.remarks[known:], language)))
    return trial, tuple(done)


def listed(remarks: Sequence[Words], language: str) -> str:
    """Remarks on one command, as one line of its transcript."""
    return ("；" if language.startswith("zh") else "; ").join(each.for_(language) for each in remarks)


_NOT_DONE = Words("not done, because of the other line", "因另一行有误，未执行")
