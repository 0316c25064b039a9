"""What a requester's mail does to their ticket, in every state (PRODUCT §2.4, §3.3). The table is total."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from maild.model import Address, Colleague, Entry, Facts, Field, MailArrived, Outcome, Policy, Ticket, Words
from maild.model.secrets_mask import mask_secrets
from maild.workflow import closure, files, incident_child, retriage, routing, scope_words
from maild.workflow.answers import Answer, Kind, understand
from maild.workflow.commands.work import hand_over, tell_outsiders
from maild.workflow.draft import WAITING, WARNED, Draft
from maild.workflow.persons import about_another, is_requester, member, without_the_writer_s
from maild.workflow.register import register
from maild.workflow.triage import OTHER, triage

# What a button of the requester's means, said in the words of `understand`.
_BUTTONS: Mapping[str, Kind] = {"solved": "solved", "unsolved": "not_solved", "withdraw": "withdrawn"}

_NOT_SOLVED = Words("the requester says that it is not solved", "用户说问题还没有解决")
_WROTE_AGAIN = Words("the requester wrote again", "用户又来信了")
_AFTER_CLOSING = Words("the requester wrote again after closing", "关闭之后用户又来信了")
_SAID_NOTHING = Words("The answer is empty: it holds nothing but our own quoted mail.", "回复是空的，只有引用的原文。")
_CAME_LATE = Words(
    "This mail is older than the ticket: it was answered before it reached us.", "这封邮件早于工单，对它的回复先到了。"
)
_CHASES = Words("The requester asks how it stands.", "用户在问进度。")
_CHASES_CLOSED = Words(
    "The requester asks how it stands; we answered that it is closed.", "用户在问进度，系统已答复工单已经关闭。"
)
_CHASES_AGAIN = Words("The requester asks again how it stands.", "用户又一次在催进度。")


def requester_wrote(ticket: Ticket, event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """The requester, or somebody who may write for them, answers on a ticket."""
    if ticket.state == "closed" and _too_late(ticket, event, policy):
        return _follow_up(ticket, event, facts, now, policy)
    message = event.message
    draft = Draft(ticket, now, facts, policy, who=message.from_.key)
    text = "" if message.only_quoted else message.new_text or message.text
    if not is_requester(ticket, message.from_, facts, policy):
        # A colleague in copy gets mail from their own first mail on (PRODUCT §3.4).
        draft.readers.append(message.from_)
    if (writes_for := member(event, facts, policy)) is not None:
        draft.members.append(writes_for)
    answer = _answer(ticket, facts.button, text, bool(message.attachments))
    draft.keep(
        Entry(
            direction="in",
            visibility="public",
            author=message.from_,
            role="requester",
            text=message.text,
            new_text=text,
            message_id=message.message_id,
            attachments=bool(message.attachments),
        )
    )
    _warn_of_secret(draft, event, text)
    if event.thread.late:
        return draft.outcome(_came_late(draft, event, text), "ticketed")
    empty = not text and not message.attachments and not facts.button and not _tells_more(ticket, event.fields)
    reason = _empty(draft, event) if empty else _react(draft, event, answer, text)
    return draft.outcome(f"{reason} (read as {answer.kind})", "ticketed")


def _answer(ticket: Ticket, button: str, text: str, attachments: bool) -> Answer:
    if button.startswith("rate"):
        return Answer("rating", int(button[4:]))
    if button in _BUTTONS:
        return Answer(_BUTTONS[button])
    answer = understand(text, ticket.state)
    if attachments and answer.kind == "thanks":
        # A picture sent along with two polite words is the message.
        return Answer("content")
    return answer


def _too_late(ticket: Ticket, event: MailArrived, policy: Policy) -> bool:
    if ticket.closed is None:
        return False
    answer = understand("" if event.message.only_quoted else event.message.new_text, "closed")
    if answer.kind in ("thanks", "rating", "solved", "chaser"):
        return False
    return event.received > ticket.closed + timedelta(days=policy.reopen_days)


def _follow_up(ticket: Ticket, event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """A reply that comes long after closing is a matter of its own, linked to the old one."""
    return register(event, facts, now, policy, links=((ticket.key, "follow-up"),), of=ticket)


def _react(draft: Draft, event: MailArrived, answer: Answer, text: str) -> str:
    """Do what the mail means in the ticket's state; gives the reason in one sentence."""
    state = draft.ticket.state
    if incident_child.objects(draft.ticket, draft.facts.button, text):
        return incident_child.objected(draft, event, text)
    if state == "closed":
        return _on_closed(draft, event, answer, text)
    if state == "resolved":
        return _on_resolved(draft, event, answer, text)
    if answer.kind == "withdrawn":
        closure.close(draft, "withdrawn", "withdrawn by the requester", event.message.message_id)
        _tell_everybody_concerned(draft, "withdrawn", text)
        return "withdrawn by the requester"
    if answer.kind == "solved" and not _tells_more(draft.ticket, event.fields) and not _is_scope_question(draft.ticket):
        closure.close(draft, "confirmed", "the requester says that it works", event.message.message_id)
        _tell_everybody_concerned(draft, "confirmed", text)
        return "the requester says that it works"
    if answer.kind == "chaser":
        return _chased(draft, event, text)
    return _on_working(draft, event, answer, text)


def _came_late(draft: Draft, event: MailArrived, text: str) -> str:
    """The mail that others answered before it came (PRODUCT §2.4). It was written before all that was said since, so
    it confirms, contests and reopens nothing; its writer has not heard of the ticket yet."""
    message, ticket = event.message, draft.ticket
    over = ticket.state in ("resolved", "closed")
    changed = () if over else _take_fields(draft, event.fields)
    _tell_responsible(draft, event, text, note=_CAME_LATE)
    mine = is_requester(ticket, message.from_, draft.facts, draft.policy)
    if not mine and not over and not event.backlog:
        draft.write(
            "requester/joined", message.from_, "requester", ticket.language,
            answers=message.message_id, by=ticket.requester.name or ticket.requester.address,
        )  # fmt: skip
    return "it was answered before it came" + (f"; fields read: {', '.join(changed)}" if changed else "")


def _empty(draft: Draft, event: MailArrived) -> str:
    """Nothing but our own quoted words: it decides nothing, but whoever works on it may want to ask."""
    if draft.ticket.state != "closed":
        _tell_responsible(draft, event, "", note=_SAID_NOTHING)
    return "an answer without a word of its own: nothing to do"


def _on_working(draft: Draft, event: MailArrived, answer: Answer, text: str) -> str:
    """More about a ticket that is being worked on, or the word that it waited for."""
    ticket = draft.ticket
    agrees = answer.kind in ("thanks", "solved") or (
        scope_words.accepts(text) and not _tells_more(ticket, event.fields)
    )
    if agrees and not event.message.attachments and _is_scope_question(ticket):
        closure.close(draft, "out_of_scope", "the requester accepts that it is out of scope", tell=False)
        return "the requester accepts that it is out of scope"
    if answer.kind == "thanks" and ticket.state != "pending":
        return "a thank-you: nothing to do"
    changed = _take_fields(draft, event.fields)
    _sort_late(draft, text)
    if ticket.state == "pending":
        scope = _is_scope_question(ticket)
        draft.enter("open", "objects: not out of scope" if scope else "the requester answered", owes="desk")
        draft.cancel(*WAITING)
        reason = "the requester objects: not out of scope" if scope else "the requester answered"
    else:
        draft.change("", owes="desk")
        reason = "the requester wrote"
    raised = retriage.raise_by_words(draft, text)
    _tell_responsible(draft, event, draft.with_report(text), note=raised if raised.en else "")
    reason += f"; {raised.en}" if raised.en else ""
    return reason + (f"; fields read: {', '.join(changed)}" if changed else "")


def _warn_of_secret(draft: Draft, event: MailArrived, text: str) -> None:
    """Whoever sends a password is told once a ticket to change it (PRODUCT §3.1)."""
    if draft.facts.warned or event.backlog or not mask_secrets(text)[1]:
        return
    draft.note(WARNED, "", "", "the mail holds a password or a code")
    writer, language = event.message.from_, draft.ticket.language
    draft.write("requester/secret", writer, "requester", language, answers=event.message.message_id)


def _sort_late(draft: Draft, text: str) -> None:
    """A report that came without a word (a picture alone) is sorted by the first words that follow, as long as nobody
    has begun; what a person has set stays."""
    ticket, policy = draft.ticket, draft.policy
    wordless = ticket.category == OTHER and ticket.responded is None and not draft.facts.report.strip()
    if not wordless or not text.strip() or ticket.id is None:
        return
    found = triage("", text, ticket.language, ticket.fields, ticket.requester, policy)
    category = policy.categories.get(found.category)
    if found.category == OTHER or category is None:
        return
    why = found.reasons[0].en
    draft.change(
        why, "maild", category=found.category, urgency=found.urgency, impact=found.impact, importance=found.importance,
        restricted=category.restricted, reasons=found.reasons,
    )  # fmt: skip
    if not ticket.priority_locked and ticket.internal:
        draft.reprioritise(found.reasons[-1].en, priority=found.priority)
    if category.team and category.team != ticket.team:
        hand_over(draft, category.team, why)
    if category.restricted:
        tell_outsiders(draft)


def _chased(draft: Draft, event: MailArrived, text: str) -> str:
    """Somebody asks how it stands: answered at once with who has it and what was promised (PRODUCT §2.4)."""
    ticket = draft.ticket
    again = ticket.chased is not None
    draft.change("", chased=draft.now)
    draft.note("chased", "", "again" if again else "once", "the requester asks how it stands")
    if ticket.state == "pending":
        draft.enter("open", "the requester asks how it stands", owes="desk")
        draft.cancel(*WAITING)
    known = draft.facts.incident.title if ticket.parent is not None and draft.facts.incident is not None else ""
    if known:
        # Whoever works on the mass incident knows that many wait; #update tells them all.
        draft.tell_requester("requester/progress", answers=event.message.message_id, incident=known)
        return "the requester asks how it stands: told how the mass incident does"
    raised = retriage.raise_by_words(draft, text, impatient=True)
    asked = (
        draft.facts.colleagues.get(ticket.approver, Colleague(Address(ticket.approver))) if ticket.approver else None
    )
    approver = (asked.address.name or asked.address.address) if asked is not None else ""
    draft.tell_requester("requester/progress", answers=event.message.message_id, approver=approver)
    text = draft.with_report(text)
    _tell_responsible(draft, event, text, note=_both(_CHASES_AGAIN if again else _CHASES, raised))
    if again:
        told = {mail.to.key for mail in draft.mails}
        for lead in routing.leads(ticket.team, draft.policy, draft.facts, without=ticket.requester.key):
            if lead.address not in told:
                draft.tell_agent(lead, "agent/requester_replied", text=text, note=_CHASES_AGAIN)
    return "the requester asks how it stands" + (", again: the lead is told" if again else "")


def _on_resolved(draft: Draft, event: MailArrived, answer: Answer, text: str) -> str:
    if answer.kind in ("solved", "thanks", "rating"):
        closure.close(draft, "confirmed", "confirmed by the requester", event.message.message_id)
        if answer.kind == "rating" and answer.rating:
            closure.rate(draft, answer.rating, text)
        closure.tell_closed(draft, "confirmed", text)
        return "confirmed by the requester"
    if answer.kind == "withdrawn":
        closure.close(draft, "withdrawn", "withdrawn by the requester", event.message.message_id)
        closure.tell_closed(draft, "withdrawn", text)
        return "withdrawn by the requester"
    _take_fields(draft, event.fields)
    why = _NOT_SOLVED if answer.kind == "not_solved" else _WROTE_AGAIN
    raised = retriage.raise_by_words(draft, text, impatient=answer.kind == "chaser")
    closure.reopen(draft, _both(why, raised), text, event.message.message_id, noted=why.en)
    return why.en


def _on_closed(draft: Draft, event: MailArrived, answer: Answer, text: str) -> str:
    if answer.kind == "rating" and answer.rating:
        fresh = closure.rate(draft, answer.rating, text)
        return f"rated {answer.rating}" if fresh else "rated already: the first rating stands"
    if answer.kind in ("thanks", "solved", "withdrawn"):
        return "a thank-you after closing: nothing to do"
    new = bool(event.message.attachments) or _tells_more(draft.ticket, event.fields)
    if answer.kind == "chaser" and not new and draft.ticket.outcome != "spam":
        # Nothing new is said: the answer tells how it ended, and whoever did it may see that it was unclear.
        draft.tell_requester("requester/progress", answers=event.message.message_id)
        agent = draft.policy.agent(draft.ticket.assignee) if draft.ticket.assignee else None
        if agent is not None:
            draft.tell_agent(agent, "agent/requester_replied", text=mask_secrets(text)[0], note=_CHASES_CLOSED)
        return "asks how it stands after closing: told how it ended"
    _take_fields(draft, event.fields)
    raised = retriage.raise_by_words(draft, text)
    closure.reopen(draft, _both(_AFTER_CLOSING, raised), text, event.message.message_id, noted=_AFTER_CLOSING.en)
    return _AFTER_CLOSING.en


def _both(one: Words, other: Words) -> Words:
    """Two reasons in one notice; the second may be empty."""
    return Words(f"{one.en} {other.en}", f"{one.zh} {other.zh}") if other.en else one


def _take_fields(draft: Draft, found: tuple[Field, ...]) -> tuple[str, ...]:
    changed = draft.learn(found)
    mine = draft.who in (draft.ticket.requester.key, *draft.facts.same)
    person = draft.facts.person if mine else None
    if "name" in changed and about_another(draft.ticket.fields, person, draft.ticket.requester):
        # It turns out to be about somebody else: what was guessed of the writer is not theirs.
        draft.forget(*(draft.ticket.fields.keys() - without_the_writer_s(draft.ticket.fields).keys()))
    if changed:
        still = tuple(name for name in draft.ticket.asked if name not in draft.ticket.fields)
        draft.change("", asked=still)
        draft.note("fields", "", ", ".join(changed), "read in the requester's mail")
    return changed


def _tells_more(ticket: Ticket, found: tuple[Field, ...]) -> bool:
    """Whether details are given on purpose: who fills in a form wants work done. A name in the From field is none."""
    told = (row for row in found if row.source in ("form", "label"))
    return any(row.name not in ticket.fields or ticket.fields[row.name].value != row.value for row in told)


def _is_scope_question(ticket: Ticket) -> bool:
    return ticket.state == "pending" and ticket.category == "out_of_scope" and not ticket.asked


def _tell_responsible(draft: Draft, event: MailArrived, text: str, note: Words | str) -> None:
    shown, _ = mask_secrets(text)
    attachments = event.message.attachments
    for agent in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(
            agent,
            "agent/requester_replied",
            attach=files.carried(attachments, draft.policy.notice_attachment_bytes),
            text=shown,
            attachments=files.listed(attachments),
            note=note,
        )


def _tell_everybody_concerned(draft: Draft, how: str, text: str) -> None:
    """The assignee hears that it is over; on a ticket that nobody has taken yet, everybody who got its notice."""
    if draft.ticket.parent is not None:
        return
    for agent in routing.responsible(draft.ticket, draft.facts, draft.policy):
        draft.tell_agent(agent, "agent/closed", how=how, text=text)
