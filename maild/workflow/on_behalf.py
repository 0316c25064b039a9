"""An agent registers somebody else's report (manual 2.2.1, PRODUCT §3.4): by phone, in a chat, in person, or forwarded.

It goes the way of that person's own mail. What the agent orders in the same mail is done on the new ticket: all of it,
or the ticket is not made.
"""

from dataclasses import replace
from datetime import datetime

from maild.model import (
    Address,
    Agent,
    Behalf,
    Entry,
    Facts,
    Mail,
    MailArrived,
    Outcome,
    Policy,
    Words,
)
from maild.model.message import NO_ORIGINAL
from maild.model.secrets_mask import mask_secrets
from maild.model.ticket import Channel
from maild.workflow import register, reported_for, restricted, routing
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.contact import one_of, unfit_requester
from maild.workflow.commands.grammar import Parsed
from maild.workflow.commands.proof import without_unproved
from maild.workflow.commands.run import carry_out
from maild.workflow.commands.spread import spread
from maild.workflow.desk_mail import not_done
from maild.workflow.draft import Draft
from maild.workflow.errand import Errand

# What may be ordered of a ticket that has no number yet.
_AT_ONCE = frozenset(
    {
        "take", "assign", "team", "priority", "category", "escalate", "note", "ask", "hold", "resolve", "close", "use",
        "out-of-scope", "approve", "called", "for",
    }
)  # fmt: skip
_LATER = Words(
    "that needs the ticket's number: send it when the ticket is there", "此命令要等工单有编号后再发，请收到编号后回复"
)
_ONE = Words("one person a mail: write the other report in a mail of its own", "一封邮件只能代一人报障，请分开发送")
_EMPTY = Words("the report is empty: write below the command what was said", "内容是空的，请在命令下面写报障内容")

# What the requester is told of how it came to be registered; {by} is the agent.
_TOLD: dict[Channel, Words] = {
    "phone": Words("{by} has registered this for you from your call.", "{by}已根据您的来电登记。"),
    "chat": Words("{by} has registered this for you from your message.", "{by}已根据您的即时消息登记。"),
    "visit": Words("{by} has registered this for you from your visit.", "{by}已根据您当面说明的情况登记。"),
    "mail": Words("{by} has passed your mail on to us.", "{by}已把您的邮件转给服务台登记。"),
}
_BY_THE_DESK: dict[Channel, Words] = {
    "phone": Words("We have registered this for you from your call.", "已根据您的来电登记。"),
    "chat": Words("We have registered this for you from your message.", "已根据您的即时消息登记。"),
    "visit": Words("We have registered this for you from your visit.", "已根据您当面说明的情况登记。"),
    "mail": Words("We have registered this for you.", "已为您登记。"),
}
# What colleagues are told of it.
_HOW: dict[Channel, Words] = {
    "phone": Words("Reported by phone, registered by {by}.", "电话报障，由{by}登记。"),
    "chat": Words("Reported in a chat, registered by {by}.", "即时消息报障，由{by}登记。"),
    "visit": Words("Reported in person, registered by {by}.", "当面报障，由{by}登记。"),
    "mail": Words("Registered by {by}, from a mail.", "邮件报障，由{by}转来登记。"),
}
_SAY_SO = frozenset(
    f"requester/{each}"
    for each in ("acknowledged", "resolved", "closed", "info_requested", "out_of_scope", "known_incident")
)


def registered(event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """The ticket of whom the mail is for; or nothing, and the agent reads why."""
    behalf = event.behalf
    if behalf is None:
        raise ValueError("this mail is nobody else's report")
    agent = policy.agent(event.message.from_.address)
    if behalf.wish.how == "forward" and not behalf.certain:
        return kept_as_their_own(event, facts, now, policy)
    parsed = without_unproved(
        reported_for.commands_of(event.message, policy), event.trust.authenticated or bool(behalf.by_hand), policy
    )
    here = spread(Parsed(parsed.commands), 0, policy)
    problems = (*parsed.problems, *here.problems, *_problems(parsed, behalf, event, facts, now, policy))
    problems += tuple((each.line, _LATER) for job in here.jobs for each in job.commands)
    problems += tuple((each.line, _LATER) for each in here.desk)
    if problems:
        return _refused(event, facts, now, policy, not_done(parsed, problems, _language(agent)))
    theirs = reported_for.theirs(event)
    by = agent.address if agent is not None else behalf.by_hand
    words = behalf.report.new_text or behalf.report.text
    draft = register.opened(theirs, replace(facts, report=words), now, policy, by=by, why=_why(behalf, agent, event))
    draft.change("", channel=behalf.wish.channel)
    if agent is not None:
        orders = tuple(each for each in here.here if each.verb != reported_for.VERB)
        worked, lines = carry_out(draft, agent, Parsed(orders))
        if worked is None:
            return _refused(event, facts, now, policy, lines)
        draft = worked
        _keep_their_own_words(draft, agent, event, behalf, parsed)
    ordered, draft.mails = draft.mails, []
    # Nobody has heard of the ticket yet, so nobody needs to hear what has changed about it.
    draft.mails += [mail for mail in ordered if mail.audience != "agent" and mail.template != "requester/started"]
    outcome = register.settled(draft, theirs)
    there = {mail.to.key for mail in draft.mails}
    draft.mails += [mail for mail in ordered if mail.audience == "agent" and _is_news(mail, there)]
    _pass_on_notes(draft, agent, behalf.own)
    if agent is not None:
        _tell_who_registered(draft, agent, event, "")
    by_name = agent.name if agent is not None else ""
    mails = tuple(_saying(mail, behalf.wish.channel, by_name) for mail in draft.mails)
    reason = f"{_why(behalf, agent, event)}: {outcome.reason}"
    return replace(outcome, mails=mails, history=tuple(draft.history), reason=reason)


def _language(agent: Agent | None) -> str:
    return agent.language if agent is not None else "en"


def _problems(
    parsed: Parsed, behalf: Behalf, event: MailArrived, facts: Facts, now: datetime, policy: Policy
) -> tuple[tuple[str, Words], ...]:
    """What stands against it: (line, why)."""
    found: list[tuple[str, Words]] = []
    named = [each for each in parsed.commands if each.verb == reported_for.VERB]
    found += [(each.line, _ONE) for each in named[1:]]
    found += [(each.line, _LATER) for each in parsed.commands if each.verb not in _AT_ONCE]
    line = named[0].line if named else event.message.subject[:200]
    try:
        one_of(behalf.found, behalf.wish.words)
    except Refused as refusal:
        return (*found, (line, refusal.why))
    unfit = unfit_requester(behalf.report.from_.key, policy)
    if unfit is not None:
        found.append((line, unfit))
    report = behalf.report
    if not report.new_text.strip() and not report.subject.strip() and not report.attachments:
        found.append((line, _EMPTY))
    return tuple(found)


def _refused(
    event: MailArrived, facts: Facts, now: datetime, policy: Policy, lines: tuple[tuple[str, bool, str], ...]
) -> Outcome:
    errand = Errand(event, facts, now, policy)
    errand.transcript(lines, event.message.new_text)
    return errand.finish(Outcome(reason="a report for somebody else that was not registered", fate="handled"))


def _why(behalf: Behalf, agent: Agent | None, event: MailArrived) -> str:
    """How it came, for the history."""
    ways = {"phone": "reported by phone", "chat": "reported in a chat", "visit": "reported in person"}
    how = ways.get(behalf.wish.channel, "reported by mail")
    if behalf.wish.how == "forward":
        how = "a mail that was forwarded"
    who = f"registered by {agent.address}" if agent is not None else "registered"
    hand = f", entered at the terminal by {behalf.by_hand}" if behalf.by_hand else ""
    return f"{how}, {who}{hand} ({event.trust.reason})"


def _keep_their_own_words(draft: Draft, agent: Agent, event: MailArrived, behalf: Behalf, parsed: Parsed) -> None:
    """What is the agent's own of their mail: the commands, and what they wrote above a forward, which is for colleagues
    alone, as a note is."""
    words = "\n".join([*(each.line for each in parsed.commands), *([behalf.own] if behalf.own else [])])
    draft.keep(
        Entry(
            direction="in",
            visibility="internal",
            author=Address(agent.address, agent.name),
            role="agent",
            text=words,
            new_text=words,
            message_id=event.message.message_id,
        )
    )


def _is_news(mail: Mail, there: set[str]) -> bool:
    """Whether what a command told an agent is told beside the notice of the new ticket: who got that knows it all."""
    return mail.template not in ("agent/taken", "agent/note") and mail.to.key not in there


def _pass_on_notes(draft: Draft, agent: Agent | None, own: str) -> None:
    """Colleagues who have to do with it read what the agent noted, in a letter whose answer stays inside."""
    if agent is None or draft.ticket.state in ("resolved", "closed"):
        return
    notes = [entry for entry in draft.entries if entry.visibility == "internal" and entry.role == "agent"]
    said = [*(entry.new_text for entry in notes if not entry.message_id), *([own] if own else [])]
    for each in routing.responsible(draft.ticket, draft.facts, draft.policy):
        for words in said:
            draft.tell_agent(each, "agent/note", reply="internal", author=agent.name, text=words)


def _tell_who_registered(draft: Draft, agent: Agent, event: MailArrived, how: str) -> None:
    """The agent reads the number, and may answer that letter to write to the requester."""
    outside = not restricted.may_see(agent, draft.ticket, draft.policy)
    draft.write(
        "agent/registered",
        Address(agent.address, agent.name),
        "agent",
        agent.language,
        reply="internal" if outside or how else "public",
        answers=event.message.message_id,
        how="closed" if outside else how,
        text="" if outside else mask_secrets(event.message.new_text)[0],
    )


def _saying(mail: Mail, channel: Channel, by: str) -> Mail:
    """A letter with the word of who registered the ticket, where it is one that says so."""
    if mail.template in _SAY_SO:
        words = (_TOLD if by else _BY_THE_DESK)[channel].for_(mail.language)
    elif mail.template == "agent/new_ticket" and by:
        words = _HOW[channel].for_(mail.language)
    else:
        return mail
    name = f"{by} " if by.isascii() and mail.language.startswith("zh") and by else by
    return replace(mail, values={**mail.values, "registered": words.format(by=name)})


# ── a forward whose sender cannot be told ────────────────────────────────────────────────────────────────────────────


def lacks_its_sender(event: MailArrived, policy: Policy) -> bool:
    """Whether an agent's mail is a forward that names nobody whose report it could be."""
    message = event.message
    if NO_ORIGINAL in message.notes:
        return True
    return message.forwarded is not None and event.behalf is None and not _is_own(event, policy)


def _is_own(event: MailArrived, policy: Policy) -> bool:
    forwarded = event.message.forwarded
    agent = policy.agent(event.message.from_.address)
    return forwarded is not None and agent is not None and policy.agent(forwarded.from_.address) is agent


def kept_as_their_own(event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """It is the agent's own ticket, and they are asked whose it is; nothing that merely looks like an address in the
    text is taken for an answer (PRODUCT §3.4)."""
    agent = policy.agent(event.message.from_.address)
    own = replace(event, behalf=None)
    draft = register.opened(own, facts, now, policy)
    outcome = register.settled(draft, own)
    if agent is None:
        return outcome
    found = event.behalf.found if event.behalf is not None else ()
    sender = event.message.forwarded.from_ if event.message.forwarded is not None else Address("")
    before = len(draft.mails)
    draft.write(
        "agent/registered",
        Address(agent.address, agent.name),
        "agent",
        agent.language,
        reply="internal",
        answers=event.message.message_id,
        how="whose",
        sender=sender.address or sender.name,
        candidates=tuple(f"{each.name or each.address} <{each.address}>" for each in found[:8]),
    )
    return replace(outcome, mails=(*outcome.mails, *draft.mails[before:]))
