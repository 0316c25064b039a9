"""What an agent's mail does to a ticket (PRODUCT §3.4): a reply, a note, commands; in doubt it stays inside."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from maild.model import Address, Agent, Entry, Facts, MailArrived, Outcome, Policy, Ticket, Words
from maild.model.button import QUOTED
from maild.workflow import collision, copied, desk_mail, enclosed, files, lifecycle, pressed, restricted
from maild.workflow.commands import incident, merge, talk, undo
from maild.workflow.commands.grammar import Parsed
from maild.workflow.commands.proof import without_unproved
from maild.workflow.commands.run import TAKES_TEXT, Line, carry_out
from maild.workflow.commands.spread import spread
from maild.workflow.commands.work import assign_to
from maild.workflow.draft import Draft
from maild.workflow.errand import Errand
from maild.workflow.owner_asked import CONFIRM_FOR, CONFIRMATIONS_A_DAY, CORRECT, DID, OVER, Said, no_more_today, said

# As much of a refused mail is shown to its writer.
_SHOWN_BACK = 1_000

_UNCUT = Words(
    "kept inside: the quoted notice could not be told from your own words. Write above the quote, or send it without",
    "已留在内部：无法把引用的通知与您的正文分开。请写在引用上方，或不带引用重新发送",
)
_BETWEEN = Words(
    "kept inside: your words stand between the quoted lines of the notice, and without these they may say something"
    " else. Write above the quote to reach the requester",
    "已存为内部备注：您的话写在引用的内容中间，单独发出去可能看不懂。要发给用户，请写在引用上方",
)
_EMPTY = Words(
    "nothing was sent: there is nothing in it but quoted text. Write above the quote",
    "没有发出：除了引用的内容之外没有正文，请写在引用上方",
)
_INTERNAL = Words(
    "kept as an internal note: the mail does not answer a notice of ours, so it is unclear whom it is for."
    " Reply to the notice to reach the requester",
    "已存为内部备注：这封邮件没有回复系统通知，无法确定收件人。要联系用户，请直接回复通知邮件",
)


def agent_wrote(ticket: Ticket, event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """A listed agent, with the evidence that it is them, writes on a ticket."""
    message = event.message
    agent = _listed(policy, message.from_.address)
    draft = Draft(ticket, now, facts, policy, who=agent.address)
    answer = said(facts, message)
    if answer is not None:
        return replace(_answered(draft, agent, facts, answer), uses=event.press.uses)
    read = desk_mail.commands_of(message, policy, event.answers)
    if read.correctable:
        return _meant_otherwise(draft, agent, event, read)
    draft.press = event.press
    parsed = incident.answered(pressed.with_press(read, event, policy), facts)
    parsed = without_unproved(parsed, event.trust.authenticated, policy, ticket.kind)
    parsed = undo.alone(parsed)
    plan = spread(parsed, ticket.key, policy)
    parsed = replace(parsed, problems=(*parsed.problems, *plan.problems))
    errand = Errand(event, facts, now, policy, ticket)
    if not parsed.problems and (plan.jobs or plan.desk):
        parsed = replace(parsed, problems=desk_mail.carry(errand, plan, parsed))
    brought = files.new(message.attachments, facts.files)
    # Below a quote without marks an agent's words cannot be told from it: the file alone must not go without them.
    wordless = not parsed.text and (not brought or bool(message.new_text.strip()))
    if not parsed.commands and not parsed.problems and wordless:
        _transcript(draft, agent, (("", False, _EMPTY.for_(agent.language)),), "")
        return draft.outcome("an agent's mail without a word of its own", "ticketed")
    inside = _cannot_go_out(event, parsed)
    if inside is not None:
        return _keep_inside(draft, agent, event, parsed.text, inside)
    parsed = _with_doubts(ticket, event, facts, parsed, policy)
    worked, lines = carry_out(draft, agent, parsed if parsed.problems else replace(parsed, commands=plan.here))
    if worked is None:
        _keep_refused(draft, agent, event)
        _transcript(draft, agent, lines, message.new_text)
        return draft.outcome("commands not understood or refused: nothing done, nothing sent on", "ticketed")
    takes = any(each.verb in TAKES_TEXT for each in parsed.commands) or plan.jobs
    text_left, left = parsed.text if not takes else "", worked.ticket
    if plan.desk:
        # Under a question stands a signature, or words of which nobody can say whom they are for: they go to nobody.
        errand.unsent, text_left = text_left, ""
    spoke = bool(text_left) and _kind(event) == "public"
    if text_left or (brought and not parsed.commands):
        _say(worked, agent, event, text_left)
        if text_left and event.press.verb and _knows_nothing_of(event):
            # Whoever presses a button and writes below it may think that it goes to the requester.
            worked.remarks.append(_INTERNAL)
            lines = (*lines, ("", False, _INTERNAL.for_(agent.language)))
    elif parsed.commands:
        _keep_command_mail(worked, agent, event)
    told = len(worked.remarks)
    enclosed.enclose(worked, brought)
    lines = (*lines, *(("", False, each.for_(agent.language)) for each in worked.remarks[told:]))
    if (policy.transcripts == "always" or worked.remarks) and lines:
        _transcript(worked, agent, lines, "")
    beside = collision.with_whom(event, facts, worked)
    if beside is not None:
        return collision.held(ticket, event, facts, agent, beside, now, policy)
    did = ", ".join(f"#{each.verb}" for each in parsed.commands)
    for each in plan.here:
        errand.done(ticket.key, each.verb, each.line)
    outcome = worked.outcome(f"an agent's mail: {did or _kind(event)}", "ticketed")
    before = undo.remember(ticket, left, worked, replace(parsed, commands=plan.here), agent, spoke)
    return errand.finish(replace(outcome, before=before, uses=event.press.uses))


def _cannot_go_out(event: MailArrived, parsed: Parsed) -> Words | None:
    """Why words without a command stay inside, if they do: nobody can say whom they are for, or what is the agent's."""
    if parsed.commands or parsed.problems:
        return None
    if _quotes_a_notice(parsed.text):
        return _UNCUT
    if _knows_nothing_of(event):
        return _INTERNAL
    return _BETWEEN if event.message.between_quotes and _kind(event) == "public" else None


def _with_doubts(ticket: Ticket, event: MailArrived, facts: Facts, parsed: Parsed, policy: Policy) -> Parsed:
    """The commands, with what speaks against carrying them out: words of which it is unclear where they would go."""
    doubts = []
    if event.message.between_quotes and parsed.commands and parsed.text:
        doubts.append(_BETWEEN)
    lost = merge.meant_for_another(event, facts, ticket, parsed, _kind(event) == "public", policy)
    if lost is not None:
        doubts.append(lost)
    if parsed.commands and _quotes_a_notice(parsed.text):
        doubts.append(_UNCUT)
    line = (parsed.text.splitlines() or [""])[0][:200]
    return replace(parsed, problems=(*parsed.problems, *((line, why) for why in doubts)))


def _answered(draft: Draft, agent: Agent, facts: Facts, answer: Said) -> Outcome:
    """The agent's word about a mail of theirs that waits."""
    if not facts.waits:
        _transcript(draft, agent, (("", False, OVER.for_(agent.language)),), "")
        return draft.outcome("the agent answers about a mail that waits no more", "ticketed")
    if answer == "drop":
        draft.drop = facts.asked_about
        draft.note("disowned", "", "", "the agent does not want a mail of theirs that waits")
        return draft.outcome(f"the agent {DID[answer]}", "ticketed")
    draft.release = facts.asked_about
    draft.note("confirmed", "", "", "the agent answers about a mail of theirs that waits")
    return replace(draft.outcome(f"the agent {DID[answer]}", "ticketed"), answer=answer)


def _meant_otherwise(draft: Draft, agent: Agent, event: MailArrived, parsed: Parsed) -> Outcome:
    """A mistyped command that was clearly meant to be another one: the whole mail waits for the agent's word."""
    draft.who = "maild"
    draft.tell_agent(
        agent,
        CORRECT,
        reply="internal",
        answers=event.message.message_id,
        rows=parsed.corrections,
        text=parsed.text[:_SHOWN_BACK],
        goes=_kind(event),
        number=event.inbound,
    )
    lines = ", ".join(line for line, _ in parsed.corrections)
    draft.note("waits", "", agent.address, f"mistyped: {lines[:200]}")
    outcome = draft.outcome(f"waits for {agent.address}'s word: a mistyped command", "held")
    return replace(outcome, wait_until=event.received + CONFIRM_FOR)


def outsider_wrote(ticket: Ticket, event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """An agent of another team writes on a restricted ticket: nothing is done, and they learn only that it exists."""
    agent = _listed(policy, event.message.from_.address)
    draft = Draft(ticket, now, facts, policy, who=agent.address)
    _keep_command_mail(draft, agent, event)
    draft.note("refused", "", agent.address, f"restricted to the team {ticket.team}")
    draft.write(
        "agent/restricted",
        Address(agent.address, agent.name),
        "agent",
        agent.language,
        reply="internal",
        answers=event.message.message_id,
        closed_to=event.message.new_text[:_SHOWN_BACK],
    )
    return draft.outcome(f"refused: the ticket is restricted to the team {ticket.team}", "ticketed")


def unverified_agent_wrote(
    ticket: Ticket | None, event: MailArrived, facts: Facts, now: datetime, policy: Policy
) -> Outcome:
    """A listed agent without the evidence: nothing is done, they are asked with one tap, the mail waits 24 hours."""
    agent = _listed(policy, event.message.from_.address)
    if ticket is None:
        return desk_mail.unverified_agent_asked(event, facts, now, policy)
    draft = Draft(ticket, now, facts, policy, who="maild")
    if facts.asked_today < CONFIRMATIONS_A_DAY:
        parsed = desk_mail.commands_of(event.message, policy)
        draft.tell_agent(
            agent,
            "agent/confirm_command",
            reply="internal",
            answers=event.message.message_id,
            commands=tuple(each.line for each in parsed.commands),
            text=event.message.new_text,
            number=event.inbound,
        )
    draft.mails.extend(no_more_today(facts, Address(agent.address, agent.name), agent.language, "agent"))
    draft.note("waits", "", agent.address, event.trust.reason)
    outcome = draft.outcome(f"waits for {agent.address}'s confirmation: {event.trust.reason}", "held")
    return replace(outcome, wait_until=event.received + CONFIRM_FOR)


def _listed(policy: Policy, address: str) -> Agent:
    agent = policy.agent(address)
    if agent is None:
        raise ValueError(f"{address} was judged an agent but is not listed")
    return agent


def _kind(event: MailArrived) -> Literal["public", "internal"]:
    """Where a reply goes, by the notice that it answers; without one it stays inside."""
    signed = event.thread.signed
    return "public" if signed is not None and signed.audience == "public" else "internal"


def _knows_nothing_of(event: MailArrived) -> bool:
    return event.thread.signed is None


def _keep_inside(draft: Draft, agent: Agent, event: MailArrived, text: str, why: Words) -> Outcome:
    """A tag and no signed reference, or a notice quoted in a way that cannot be cut: a note, and the agent is told."""
    talk.add_note(draft, agent, text, event.message.message_id)
    enclosed.enclose(draft, files.new(event.message.attachments, draft.facts.files))
    _transcript(draft, agent, (("", False, why.for_(agent.language)),), "")
    return draft.outcome(f"kept inside: {_KEPT[id(why)]}", "ticketed")


# Why a mail was kept inside, for the ledger.
_KEPT = {
    id(_INTERNAL): "the mail does not answer a notice",
    id(_UNCUT): "it quotes a notice that could not be cut off",
    id(_BETWEEN): "its words stand between quoted lines",
}


# What only a notice of ours holds, beside its buttons: the line above which people reply.
_CUT_LINE = ("pleasereplyabovethisline", "请在此线以上回复")


def _quotes_a_notice(text: str) -> bool:
    """Whether a notice stands among the agent's own words: its buttons are theirs alone (THREATS A07)."""
    if QUOTED.search(text):
        return True
    bare = "".join(c for c in text.lower() if not c.isspace() and c not in ">|")
    return any(line in bare for line in _CUT_LINE)


def _say(draft: Draft, agent: Agent, event: MailArrived, text: str) -> None:
    """The agent's own words: to the requester as a clean mail, or to colleagues as a note."""
    if _kind(event) == "internal":
        talk.add_note(draft, agent, text, event.message.message_id)
        _warn(draft, agent, event, internal=True)
        return
    relay(draft, agent, event, text)


def relay(draft: Draft, agent: Agent, event: MailArrived, text: str) -> None:
    """A public reply under the agent's name, from the desk's address, without the quoted notice."""
    message, ticket = event.message, draft.ticket
    brought = files.new(message.attachments, draft.facts.files)
    draft.keep(
        Entry(
            direction="out",
            visibility="public",
            author=Address(agent.address, agent.name),
            role="agent",
            text=message.text,
            new_text=text,
            message_id=message.message_id,
            attachments=bool(brought),
        )
    )
    draft.respond("wrote to the requester")
    if ticket.assignee is None and restricted.may_see(agent, ticket, draft.policy):
        assign_to(draft, agent, f"{agent.name} answered first")
    goes = lifecycle.ACTS[lifecycle.act("reply", lifecycle.stage(draft.ticket, draft.now, draft.policy))].to
    if goes is not None:
        draft.enter(goes, f"{agent.name} answered")
    # Whoever was answered has no reason to ask a second time.
    draft.change("", owes="requester", chased=None)
    _warn(draft, agent, event, internal=False)
    if not copied.requester_has_it(draft, message):
        draft.tell_requester("requester/reply", automatic=False, author=agent.name, attach=brought, text=text)
    few = files.carried(brought, draft.policy.notice_attachment_bytes)
    copied.tell_copies(draft, "requester/reply", text, message, few, automatic=False, author=agent.name)


def _warn(draft: Draft, agent: Agent, event: MailArrived, internal: bool) -> None:
    """Tell an agent which people their mail client has written to past the desk."""
    lines = copied.warnings(draft, event.message, agent.language, internal)
    if lines:
        _transcript(draft, agent, tuple(("", False, line) for line in lines), "")


def _keep_command_mail(draft: Draft, agent: Agent, event: MailArrived) -> None:
    """A mail with commands only posts nothing, but its Message-ID must be on record for what answers it."""
    if draft.entries:
        return
    draft.keep(
        Entry(
            direction="in",
            visibility="internal",
            author=Address(agent.address, agent.name),
            role="agent",
            text=event.message.text,
            new_text=event.message.new_text,
            message_id=event.message.message_id,
        )
    )


def _keep_refused(draft: Draft, agent: Agent, event: MailArrived) -> None:
    draft.note("commands refused", "", "", "the transcript says why")
    _keep_command_mail(draft, agent, event)


def _transcript(draft: Draft, agent: Agent, lines: tuple[Line, ...], text: str) -> None:
    """What was and was not done, and why; to the author alone."""
    draft.write(
        "agent/transcript",
        Address(agent.address, agent.name),
        "agent",
        agent.language,
        reply="internal",
        lines=lines,
        text=text,
    )
