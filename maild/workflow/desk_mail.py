"""A mail of an agent to the desk itself, on no ticket: questions, and commands that name their tickets (PRODUCT §3.4).

Such a mail is never a report. Without the evidence that it is the agent's nothing is done, and they are asked.
"""

from dataclasses import replace
from datetime import datetime

from maild.model import (
    Address,
    Agent,
    CommandRow,
    Facts,
    Followed,
    Mail,
    MailArrived,
    Message,
    Outcome,
    Policy,
    Ticket,
    Words,
)
from maild.workflow import collision, files, pressed, reported_for
from maild.workflow.commands import desk, undo
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import Parsed, corrected, from_subject, parse
from maild.workflow.commands.proof import without_unproved
from maild.workflow.commands.run import TAKES_TEXT, Line, carry_out
from maild.workflow.commands.spread import Spread, spread, tickets_of, without_tickets
from maild.workflow.commands.two_forms import in_both_forms
from maild.workflow.commands.verbs import BY_NAME
from maild.workflow.draft import Draft
from maild.workflow.errand import TRANSCRIPT, Errand
from maild.workflow.owner_asked import CONFIRM_FOR, CONFIRMATIONS_A_DAY, CORRECT, DID, OVER, no_more_today, said

# As much of a refused mail is shown to its writer.
_SHOWN_BACK = 1_000

_NOT_DONE = Words("not done, because of the other line", "因另一行有误，未执行")
_TEXT_LEFT = Words(
    "the text below has no place to go: write it behind a command, or answer the ticket's own notice",
    "正文没有去处：请写在命令后面，或直接回复该工单的通知",
)
_FILE_LEFT = Words(
    "a file cannot go along with commands for other tickets: send it in an answer to the ticket's own notice, and the"
    " commands without it",
    "写给其他工单的命令不能带附件：请回复该工单自己的通知来发附件，命令另发一封（不带附件）",
)
_NO_TICKET = Words("there is no {tag}; the number stands in the subject", "没有 {tag} 这张工单，编号见邮件主题")


def commands_of(message: Message, policy: Policy, answers: frozenset[str] = frozenset()) -> Parsed:
    """The commands of a mail's subject, where it is a fresh one, and of its text. `answers`: what its writer has said
    about it: that a line that looks like a command is text."""
    own = message.own_text
    first = from_subject(message, policy)
    parsed = parse(f"{first}\n{own}" if first else own, unknown="text" if "as_text" in answers else "wrong")
    return in_both_forms(parsed, message, own)


def as_answered(message: Message, answers: frozenset[str]) -> Message:
    """The mail as its writer says that it was meant: with each mistyped command at its head as the one proposed."""
    if "corrected" not in answers:
        return message
    subject = message.subject if message.answered else corrected(message.subject)
    html = corrected(message.html_text) if message.html_text is not None else None
    forwarded = message.forwarded
    if forwarded is not None:
        forwarded = replace(forwarded, own=corrected(forwarded.own))
    return replace(message, subject=subject, new_text=corrected(message.new_text), html_text=html, forwarded=forwarded)


def wanted(message: Message, policy: Policy, answers: frozenset[str] = frozenset()) -> bool:
    """Whether a listed agent's mail that is on no ticket wants something of the desk: else it is their own report."""
    if policy.agent(message.from_.address) is None:
        return False
    parsed = reported_for.commands_of(message, policy, answers)
    return bool(parsed.commands or parsed.problems)


def only_asks(message: Message, policy: Policy) -> bool:
    """Whether every command of a mail asks or tells the desk something, none is for a ticket."""
    parsed = commands_of(message, policy)
    return bool(parsed.commands) and all(BY_NAME[each.verb].about == "desk" for each in parsed.commands)


def tickets_named(message: Message, policy: Policy) -> tuple[int, ...]:
    """The tickets that its commands are for."""
    return tickets_of(spread(reported_for.commands_of(message, policy), None, policy).jobs)


def agent_asked(event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome | None:
    """What the desk does about a mail of an agent that is on no ticket; None where it is a report like others."""
    answer = said(facts, event.message)
    errand = Errand(event, facts, now, policy)
    if answer is not None:
        if not facts.waits:
            errand.transcript((("", False, OVER.for_(errand.language)),))
            return errand.finish(Outcome(reason="the agent answers about a mail that waits no more", fate="handled"))
        why = f"the agent {DID[answer]}"
        if answer == "drop":
            return Outcome(reason=why, fate="handled", drop=facts.asked_about)
        return Outcome(reason=why, fate="handled", release=facts.asked_about, answer=answer)
    if event.press.denied:
        errand.transcript(pressed.refusals(event.press, policy, now, errand.language), event.message.new_text)
        return errand.finish(Outcome(reason=f"a button that does not hold: {event.press.denied}", fate="ignored"))
    if not wanted(event.message, policy, event.answers):
        if event.thread.by != "desk" or event.trust.verdict != "agent":
            return None
        # "Thanks" to a list is no report, and words that somebody meant for a ticket must not become one.
        errand.transcript((("", False, _NO_ONES.for_(errand.language)),), event.message.new_text)
        return errand.finish(Outcome(reason="answers a letter of the desk without a command", fate="handled"))
    parsed = reported_for.commands_of(event.message, policy, event.answers)
    if parsed.correctable:
        return _meant_otherwise(errand, event, parsed)
    parsed = without_unproved(parsed, event.trust.authenticated, policy)
    parsed = undo.everywhere(undo.alone(parsed), facts, policy)
    plan = spread(parsed, None, policy)
    if any(row.verb != "undo" for row in facts.undo_of):
        errand.undoes = facts.undo_inbound
    problems = (*parsed.problems, *plan.problems) or carry(errand, plan, parsed)
    if problems:
        refused = Errand(event, facts, now, policy)
        refused.transcript(not_done(parsed, problems, refused.language), event.message.new_text)
        return refused.finish(Outcome(reason="commands not understood or refused: nothing done", fate="handled"))
    if not plan.jobs:
        errand.unsent = parsed.text
    did = ", ".join(f"#{each.verb}" for each in parsed.commands)
    return errand.finish(Outcome(reason=f"an agent's commands: {did}", fate="handled"))


def _meant_otherwise(errand: Errand, event: MailArrived, parsed: Parsed) -> Outcome:
    """A mistyped command that was clearly meant to be another one: the mail waits for the agent's word."""
    errand.answer(
        CORRECT,
        Words("did you mean this?", "您是不是想写这个？"),
        rows=parsed.corrections,
        text=parsed.text[:_SHOWN_BACK],
        goes="report",
        number=event.inbound,
    )
    outcome = errand.finish(Outcome(reason="waits for the agent's word: a mistyped command", fate="held"))
    return replace(outcome, wait_until=event.received + CONFIRM_FOR)


def carry(errand: Errand, plan: Spread, parsed: Parsed) -> tuple[tuple[str, Words], ...]:
    """Have the errand do what concerns the desk and order what concerns other tickets; what is wrong, if anything."""
    known = {*(each.ticket for each in errand.facts.named), *(each.ticket for each in errand.facts.undo_of)}
    # A command to the desk itself is kept beside the others, on no ticket.
    known.discard(0)
    if errand.ticket is not None:
        known.add(errand.ticket.key)
    problems: list[tuple[str, Words]] = []
    for job in plan.jobs:
        if job.ticket not in known:
            tag = f"{errand.policy.desk.prefix}-{job.ticket}"
            why = Words(_NO_TICKET.en.format(tag=tag), _NO_TICKET.zh.format(tag=tag))
            problems.append((job.commands[0].line, why))
    for command in plan.desk:
        try:
            desk.DOERS[command.verb](errand, command, parsed.text)
        except Refused as refusal:
            problems.append((command.line, refusal.why))
        errand.done(0, command.verb, command.line)
    takes = any(each.verb in TAKES_TEXT for job in plan.jobs for each in job.commands)
    if plan.jobs and parsed.text and not takes:
        problems.append((parsed.text.splitlines()[0][:200], _TEXT_LEFT))
    # A picture within the text is a signature's as often as not: for its sake nothing is refused.
    brought = [each for each in files.new(errand.event.message.attachments, errand.facts.files) if not each.inline]
    if plan.jobs and brought:
        problems.append((brought[0].filename or brought[0].content_type, _FILE_LEFT))
    if not problems:
        errand.order(plan.jobs, parsed.text)
    return tuple(problems)


def not_done(parsed: Parsed, problems: tuple[tuple[str, Words], ...], language: str) -> tuple[Line, ...]:
    """The transcript of a mail of which nothing was done."""
    broken = dict(problems)
    whole = [(each.line, False, _NOT_DONE.for_(language)) for each in parsed.commands if each.line not in broken]
    return (*whole, *((line, False, why.for_(language)) for line, why in broken.items()))


def unverified_agent_asked(event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """Commands in a listed agent's name, on no ticket and without the evidence: the mail waits, they are asked once."""
    errand = Errand(event, facts, now, policy)
    if facts.asked_today < CONFIRMATIONS_A_DAY:
        parsed = reported_for.commands_of(event.message, policy)
        errand.answer(
            "agent/confirm_command",
            Words("please confirm", "请确认"),
            commands=tuple(each.line for each in parsed.commands),
            text=event.message.new_text,
            number=event.inbound,
        )
    errand.mails.extend(no_more_today(facts, errand.writer, errand.language, "agent"))
    outcome = errand.finish(Outcome(reason=f"waits for their confirmation: {event.trust.reason}", fate="held"))
    return replace(outcome, wait_until=event.received + CONFIRM_FOR)


def ordered(ticket: Ticket, event: Followed, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """An order of an agent's mail that names this ticket: all of its commands here or none, and the last ticket of the
    mail brings the transcript of all."""
    agent = policy.agent(str(event.data["by"]))
    if agent is None:
        return Outcome(reason=f"{event.data['by']} is no agent any more: their order is dropped")
    draft = Draft(ticket, now, facts, policy, who=agent.address)
    parsed = parse(str(event.data["body"]))
    worked, lines = carry_out(draft, agent, parsed)
    beside = collision.unaware(facts, worked) if worked is not None else None
    if beside is not None:
        # An order of several tickets waits for nobody: this one is left alone, and its line says how to send it anyway.
        why = collision.refusal(beside, ticket, now, policy).for_(agent.language)
        worked, lines = None, tuple((each.line, False, why) for each in parsed.commands)
    mine = [row for row in facts.errand if row.ticket == ticket.key and row.done is None]
    reasons = {line: reason for line, _, reason in lines}
    decided = tuple(
        replace(row, done=worked is not None, why=reasons.get(each.line, ""))
        for row, each in zip(mine, parsed.commands, strict=False)
    )
    written = tuple(without_tickets(row.line, row.verb, policy) for row in mine)
    before = undo.remember(ticket, worked.ticket, worked, parsed, agent, lines=written) if worked is not None else None
    if worked is None:
        draft.note("commands refused", "", "", "the transcript says why")
        worked = draft
    rows = {row.n: row for row in (*facts.errand, *decided)}
    if all(row.done is not None for row in rows.values()):
        worked.mails.append(_of_all(tuple(rows.values()), agent, event, policy))
    did = ", ".join(each.line for each in parsed.commands)
    return replace(
        worked.outcome(f"ordered by {agent.address}: {did}"),
        commands=decided,
        commands_of=int(event.data["inbound"]),
        commands_by=agent.address,
        before=before,
    )


def _of_all(rows: tuple[CommandRow, ...], agent: Agent, event: Followed, policy: Policy) -> Mail:
    """The transcript of a mail that named several tickets: one line for each command on each of them."""
    prefix = policy.desk.prefix
    lines = tuple(
        (
            f"{prefix}-{row.ticket}: {without_tickets(row.line, row.verb, policy)}" if row.ticket else row.line,
            row.done,
            row.why,
        )
        for row in sorted(rows, key=lambda row: row.n)
    )
    return Mail(
        template="agent/transcript",
        to=Address(agent.address, agent.name),
        audience="agent",
        language=agent.language,
        reply="internal",
        answers=str(event.data["answers"]),
        values={"lines": lines, "text": ""},
        subject=f"Re: {TRANSCRIPT.for_(agent.language)}",
        desk=True,
    )


_NO_ONES = Words(
    "this answers a letter that belongs to no ticket, so your words went to nobody: put a command on top"
    " (#resolve IT-3 …), or write a fresh mail to report something",
    "您回复的邮件不属于任何工单，内容没有发给任何人：请在最上面写命令（如 #解决 IT-3），要报障请另写一封新邮件",
)
