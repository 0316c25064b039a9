"""What a requester's mail does to their ticket, in every state (PRODUCT §2.4, §3.3): one function an act of
the table in lifecycle.py."""

from collections.abc import Callable, Mapping
from datetime import datetime

from maild.model import (
    Address,
    Colleague,
    Entry,
    Facts,
    Field,
    MailArrived,
    Message,
    Outcome,
    Policy,
    Ticket,
    Words,
)
from maild.model.secrets_mask import mask_secrets
from maild.workflow import closure, incident_child, late_sorting, lifecycle, retriage, routing, scope_words
from maild.workflow.answers import Answer, Kind, understand
from maild.workflow.copied import may_write
from maild.workflow.draft import Draft
from maild.workflow.lifecycle import ACTS, Act, Stage
from maild.workflow.persons import about_another, is_requester, member, speaks_for, without_the_writer_s
from maild.workflow.register import register
from maild.workflow.requester_hears import (
    Said,
    answer_writer,
    by,
    tell_everybody_concerned,
    tell_responsible,
    tell_them,
    writer_of,
)
from maild.workflow.secret_warning import warn_of_secret

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
    """The requester, or somebody who may write for them, answers on a ticket; lifecycle.ROWS says what follows."""
    message = event.message
    text = "" if message.only_quoted else message.new_text or message.text
    at = lifecycle.stage(ticket, event.received, policy)
    answer = _answer(ticket, facts.button, text, bool(message.attachments))
    name = lifecycle.act(_happening(ticket, event, facts, answer, text, policy, at), at)
    if name == "follow_up":
        return _follow_up(ticket, event, facts, now, policy)
    draft = Draft(ticket, now, facts, policy, who=message.from_.key)
    if not is_requester(ticket, message.from_, facts, policy):
        if not _was_taken_off(message.from_, facts, policy):
            # A colleague in copy gets mail from their own first mail on (PRODUCT §3.4).
            draft.readers.append(message.from_)
    else:
        _let_write(draft, message)
    if (writes_for := member(event, facts, policy)) is not None:
        draft.members.append(writes_for)
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
    warn_of_secret(draft, event, text)
    reason = DOES[name](draft, Said(event, answer, text, ACTS[name]))
    return draft.outcome(reason if event.thread.late else f"{reason} (read as {answer.kind})", "ticketed")


def _was_taken_off(writer: Address, facts: Facts, policy: Policy) -> bool:
    """Whether an agent took them off the ticket: whoever writes for a shared mailbox still may, and gets no mail."""
    return any(policy.plain(writer.key) in each.same and not each.writes for each in facts.participants)


def _let_write(draft: Draft, message: Message) -> None:
    """People of the house whom the requester puts into copy may write from now on; nobody else's Cc lets anybody in."""
    for each in may_write(message, draft.policy, draft.facts.participants):
        if not is_requester(draft.ticket, each, draft.facts, draft.policy):
            draft.writers.append(each)
            draft.note("participant", "", each.key, "in copy of the requester's mail, and may write")


def _answer(ticket: Ticket, button: str, text: str, attachments: bool) -> Answer:
    if button.startswith("rate"):
        return Answer("rating", int(button[4:]))
    if button in _BUTTONS:
        return Answer(_BUTTONS[button])
    answer = understand(text, ticket.state)
    if attachments and answer.kind in ("thanks", "noted"):
        # A picture sent along with two polite words is the message.
        return Answer("content")
    return answer


def _happening(
    ticket: Ticket, event: MailArrived, facts: Facts, answer: Answer, text: str, policy: Policy, at: Stage
) -> str:
    """Which row of the table a mail is: what it says, who says it, and what else it holds."""
    message = event.message
    more = bool(message.attachments) or _tells_more(ticket, event.fields)
    if event.thread.late:
        return "late"
    if incident_child.objects(ticket, facts.button, text):
        return "different"
    if not text and not facts.button and not more:
        return "empty"
    speaks = speaks_for(ticket, message.from_, facts, policy)
    if facts.button and not speaks:
        # A button of the ticket that they reported, which was merged into this one.
        return _ANOTHERS.get(answer.kind, answer.kind)
    if facts.button:
        return answer.kind
    if at == "sent_away" and more and answer.kind != "chaser":
        # Whoever fills in a form or sends a picture objects.
        return "content"
    over = ticket.state in ("resolved", "closed")
    if answer.kind == "solved" and not over and _tells_more(ticket, event.fields):
        # Whoever fills in a form wants work done.
        return "content"
    if answer.kind == "chaser" and ticket.state == "closed" and (more or ticket.outcome == "spam"):
        return "content"
    if answer.kind in _ANOTHERS and not speaks:
        return _ANOTHERS[answer.kind]
    # What sends somebody elsewhere is accepted in words of its own ("I'll ask Facilities").
    accepts = at == "sent_away" and answer.kind == "content" and scope_words.accepts(text)
    return "solved" if accepts else answer.kind


# A colleague's thanks say nothing of the requester's matter, and before it was called solved neither does their yes.
_ANOTHERS: Mapping[str, str] = {
    "solved": "solved_in_copy",
    "thanks": "thanks_in_copy",
    "noted": "thanks_in_copy",
    # Nobody takes back, or rates, what somebody else has reported.
    "withdrawn": "content",
    "rating": "thanks_in_copy",
}


def _follow_up(ticket: Ticket, event: MailArrived, facts: Facts, now: datetime, policy: Policy) -> Outcome:
    """A reply that comes long after closing is a matter of its own, linked to the old one."""
    return register(event, facts, now, policy, links=((ticket.key, "follow-up"),), of=ticket)


# ── closing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _confirm(draft: Draft, said: Said) -> str:
    """The user's own word that it is solved (manual 1.4): asked for on a resolved ticket, unasked before."""
    asked = draft.ticket.state == "resolved"
    why = "confirmed by the requester" if asked else "the requester says that it works"
    return _close(draft, said, by(draft, said, why))


def _withdraw(draft: Draft, said: Said) -> str:
    return _close(draft, said, by(draft, said, "withdrawn by the requester"))


def _close(draft: Draft, said: Said, why: str) -> str:
    asked = draft.ticket.state == "resolved"
    _close_as(draft, said.act, why)
    tell_them(draft, said, "requester/closed", by=said.act.outcome, reason="")
    if asked:
        closure.tell_closed(draft, str(said.act.outcome), said.text)
    else:
        tell_everybody_concerned(draft, str(said.act.outcome), said.text)
    return why


def _rate_close(draft: Draft, said: Said) -> str:
    why = by(draft, said, "confirmed by the requester")
    _close_as(draft, said.act, why)
    closure.rate(draft, said.answer.rating or 0, said.text)
    tell_them(draft, said, "requester/closed", by=said.act.outcome, reason="")
    closure.tell_closed(draft, "confirmed", said.text)
    return why


def _agree(draft: Draft, said: Said) -> str:
    why = "the requester accepts that it is out of scope"
    _close_as(draft, said.act, why)
    return why


def _close_as(draft: Draft, act: Act, why: str) -> None:
    if act.outcome is None:
        raise ValueError("the table names an act that closes nothing")
    draft.close(act.outcome, why)


def _rate(draft: Draft, said: Said) -> str:
    stars = said.answer.rating or 0
    return f"rated {stars}" if closure.rate(draft, stars, said.text) else "rated already: the first rating stands"


# ── going on ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _contest(draft: Draft, said: Said) -> str:
    _take_fields(draft, said.event.fields)
    closed = draft.ticket.state == "closed"
    why = _AFTER_CLOSING if closed else _NOT_SOLVED
    return _open_again(draft, said, why, "contested", counts=True)


def _carry_on(draft: Draft, said: Said) -> str:
    """Something is left or new, and an agent has to read it; that says nothing against the solution."""
    _take_fields(draft, said.event.fields)
    closed = draft.ticket.state == "closed"
    if said.answer.rating:
        closure.rate(draft, said.answer.rating, said.text)
    kind = said.answer.kind
    why = _WHY_ON.get(kind, _AFTER_CLOSING if closed else _WROTE_AGAIN)
    return _open_again(draft, said, why, kind if kind in _WHY_ON else "wrote", counts=closed)


_WHY_ON: Mapping[str, Words] = {
    "both": Words("the requester says that it is solved, and writes more", "用户说已解决，另外还有别的事"),
    "new_problem": Words("the requester writes of something else", "用户说的像是另一件事"),
    "question": Words("the requester asks something", "用户有问题要问"),
}


def _open_again(draft: Draft, said: Said, why: Words, how: str, counts: bool) -> str:
    raised = retriage.raise_by_words(draft, said.text, impatient=said.answer.kind == "chaser")
    closure.open_again(draft, said.act, why, counts=counts)
    draft.change("", chased=None)
    tell_them(draft, said, "requester/reopened", how=how)
    closure.tell_open_again(draft, _both(why, raised), said.text, writer_of(draft, said.event))
    return why.en


def _answered(draft: Draft, said: Said) -> str:
    """The word that it waited for, or any other: the reminders stop, and the desk owes the next one."""
    return _back_to_work(draft, said, "the requester answered")


def _object(draft: Draft, said: Said) -> str:
    return _back_to_work(draft, said, "the requester objects: not out of scope")


def _back_to_work(draft: Draft, said: Said, why: str) -> str:
    changed = _take_fields(draft, said.event.fields)
    late_sorting.sort(draft, said.text)
    closure.go_on(draft, said.act, why)
    return _with_fields(why + _tell_raised(draft, said), changed)


def _tell(draft: Draft, said: Said) -> str:
    """More about a ticket that is being worked on."""
    changed = _take_fields(draft, said.event.fields)
    late_sorting.sort(draft, said.text)
    draft.change("", owes="desk")
    return _with_fields("the requester wrote" + _tell_raised(draft, said), changed)


def _tell_raised(draft: Draft, said: Said) -> str:
    """The agent hears what was written, and that it is more urgent now, if the words say so; gives that for the log."""
    raised = retriage.raise_by_words(draft, said.text)
    tell_responsible(draft, said.event, draft.with_report(said.text), note=raised if raised.en else "")
    return f"; {raised.en}" if raised.en else ""


def _both(one: Words, other: Words) -> Words:
    """Two reasons in one notice; the second may be empty."""
    return Words(f"{one.en} {other.en}", f"{one.zh} {other.zh}") if other.en else one


def _with_fields(reason: str, changed: tuple[str, ...]) -> str:
    return reason + (f"; fields read: {', '.join(changed)}" if changed else "")


def _hear(draft: Draft, said: Said) -> str:
    if not said.text and not draft.facts.button:
        return "an answer without a word of its own: nothing to do"
    return (
        "a thank-you after closing: nothing to do" if draft.ticket.state == "closed" else "a thank-you: nothing to do"
    )


def _say(draft: Draft, said: Said) -> str:
    return _came_late(draft, said.event, said.text) if said.event.thread.late else _empty(draft, said.event)


def _came_late(draft: Draft, event: MailArrived, text: str) -> str:
    """The mail that others answered before it came (PRODUCT §2.4). It was written before all that was said since, so
    it confirms, contests and reopens nothing; its writer has not heard of the ticket yet."""
    message, ticket = event.message, draft.ticket
    over = ticket.state in ("resolved", "closed")
    changed = () if over else _take_fields(draft, event.fields)
    tell_responsible(draft, event, text, note=_CAME_LATE)
    mine = is_requester(ticket, message.from_, draft.facts, draft.policy)
    if not mine and not over and not event.backlog:
        draft.write(
            "requester/joined", message.from_, "requester", ticket.language,
            answers=message.message_id, by=ticket.requester.name or ticket.requester.address,
        )  # fmt: skip
    return _with_fields("it was answered before it came", changed)


def _empty(draft: Draft, event: MailArrived) -> str:
    """Nothing but our own quoted words: it decides nothing, but whoever works on it may want to ask."""
    tell_responsible(draft, event, "", note=_SAID_NOTHING)
    return "an answer without a word of its own: nothing to do"


def _let_go(draft: Draft, said: Said) -> str:
    return incident_child.objected(draft, said.event, said.text)


# ── asking how it stands ─────────────────────────────────────────────────────────────────────────────────────────────


def _approver(draft: Draft) -> str:
    """Whose approval it waits for, by name if the directory has one; empty where it waits for none."""
    asked = draft.ticket.approver
    if not asked:
        return ""
    who = draft.facts.colleagues.get(asked, Colleague(Address(asked))).address
    return who.name or who.address


def _progress(draft: Draft, said: Said) -> str:
    """Somebody asks how it stands: answered at once with who has it and what was promised (PRODUCT §2.4). The second
    time before a person has answered it goes to the lead."""
    again = draft.ticket.chased is not None
    draft.change("", chased=draft.now)
    draft.note("chased", "", "again" if again else "once", "the requester asks how it stands")
    if said.act.to is not None:
        closure.go_on(draft, said.act, "the requester asks how it stands")
    raised = retriage.raise_by_words(draft, said.text, impatient=True)
    known = draft.facts.incident.title if draft.ticket.parent is not None and draft.facts.incident is not None else ""
    if known:
        # Whoever works on the mass incident knows that many wait; #update tells them all.
        answer_writer(draft, said, "requester/progress", incident=known)
        return "the requester asks how it stands: told how the mass incident does"
    answer_writer(draft, said, "requester/progress", approver=_approver(draft))
    note = _both(_CHASES_AGAIN if again else _CHASES, raised)
    tell_responsible(draft, said.event, draft.with_report(said.text), note=note)
    if again:
        told = {mail.to.key for mail in draft.mails}
        own = draft.ticket.requester.key
        for lead in routing.leads(draft.ticket.team, draft.policy, draft.facts, without=own):
            if lead.address not in told:
                draft.tell_agent(lead, "agent/requester_replied", text=mask_secrets(said.text)[0], note=note)
    return "the requester asks how it stands" + (", again: the lead is told" if again else "")


def _ended(draft: Draft, said: Said) -> str:
    """Nothing new is said: the answer tells how it ended, and whoever did it may see that it was unclear."""
    answer_writer(draft, said, "requester/progress")
    agent = draft.policy.agent(draft.ticket.assignee) if draft.ticket.assignee else None
    if agent is not None:
        draft.tell_agent(agent, "agent/requester_replied", text=mask_secrets(said.text)[0], note=_CHASES_CLOSED)
    return "asks how it stands after closing: told how it ended"


# What the acts of lifecycle.ROWS are, for what the requester's side writes.
DOES: Mapping[str, Callable[[Draft, Said], str]] = {
    "confirm": _confirm,
    "withdraw": _withdraw,
    "agree": _agree,
    "rate_close": _rate_close,
    "rate": _rate,
    "contest": _contest,
    "carry_on": _carry_on,
    "answer": _answered,
    "object": _object,
    "tell": _tell,
    "hear": _hear,
    "say": _say,
    "let_go": _let_go,
    "let_go_on": _let_go,
    "progress": _progress,
    "resume": _progress,
    "ended": _ended,
}


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
