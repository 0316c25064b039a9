"""Outcome → rows and mails: the only place where a decision becomes fact, all of it in the caller's transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from maild import told
from maild.model import Address, Attachment, History, Mail, MailArrived, Outcome, Policy, Ticket, Timer
from maild.outbound import budget
from maild.outbound.call import call_for
from maild.outbound.compose import Composer, Ids
from maild.store import (
    commands,
    commands_undo,
    incidents,
    knowledge,
    ledger_hold,
    ledger_waits,
    links,
    outbox,
    outbox_counts,
    participants,
    people,
    people_directory,
    tickets,
    timers,
    upkeep,
)
from maild.tokens import Tokens
from maild.workflow.knowledge import solution_of, title_of, worth_keeping

# Lines of history about how a ticket ended: when one of them changes, what it taught may hold no more.
_ENDINGS = frozenset({"outcome", "merged_into"})


class PressedTwice(Exception):
    """A button that serves once was pressed in two mails at the same moment."""


# Gives the decoded bytes of attachments of an inbound mail, by their index.
Parts = Callable[[int, Sequence[int]], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Writer:
    """What is needed to write mails: the rules, the keys, the letters."""

    policy: Policy
    tokens: Tokens
    composer: Composer


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done: the ticket as it stands now, how many mails may leave, and whether an alarm should be raised."""

    ticket: Ticket | None
    queued: int = 0
    alarm: str = ""
    released: int = 0


def apply(
    connection: Connection,
    outcome: Outcome,
    writer: Writer,
    now: datetime,
    mail: MailArrived | None = None,
    parts: Parts | None = None,
) -> Applied:
    """Carry out an outcome. `mail` is the event that it answers, if it was one."""
    inbound = mail.inbound if mail is not None and mail.inbound else None
    ticket, released = outcome.ticket, 0
    if mail is not None and mail.screening.verdict == "person" and mail.trust.verdict != "failed":
        people.mark_alive(connection, mail.message.from_.key)
    for shared, who in outcome.members:
        people_directory.add_member(connection, shared, who, now)
    history = list(outcome.history)
    for absence in outcome.away:
        people.set_away(connection, absence.agent, absence.until, absence.deputy)
    for address, status in outcome.undeliverable:
        people.mark_bounced(connection, address, status, now)
    new = ticket is not None and ticket.id is None
    held = _held(connection, ticket) if outcome.before is not None and ticket is not None and not new else None
    if ticket is not None:
        ticket = tickets.save(connection, ticket)
        number = ticket.key
        if outcome.undone:
            _take_back(connection, outcome.undone, number)
        attachments = mail.message.attachments if mail is not None else ()
        tickets.add_entries(connection, number, outcome.entries, attachments, inbound, now, new)
        tickets.put_fields(connection, number, outcome.fields, now)
        links.add(connection, number, outcome.links, now)
        links.remove(connection, number, outcome.unlinked)
        participants.add_writers(connection, number, outcome.writers)
        participants.add_readers(connection, number, outcome.readers)
        participants.take_off(connection, number, outcome.gone)
        tickets.publish(connection, number, outcome.published)
        timers.put(connection, number, outcome.timers, new)
        timers.put_follows(connection, number, outcome.follow, now)
        if outcome.incident is not None:
            incidents.save(connection, number, outcome.incident)
        _learn(connection, outcome, ticket, now)
        if any(line.what == "assignee" and line.becomes for line in history) and ticket.assignee:
            people.set_assigned(connection, ticket.assignee, now)
    elif outcome.follow:
        # An absence concerns tickets without being one, and so does an order that names some.
        timers.put_follows(connection, 0, outcome.follow, now)
    # What waits on a merged ticket is answered where that leads.
    via = mail.thread.via if mail is not None else 0
    waited_on = via or (ticket.key if ticket is not None else 0)
    if outcome.release and mail is not None:
        own = writer.policy.own(mail.message.from_.key)
        released = ledger_waits.release(connection, outcome.release, own, waited_on, outcome.answer, now)
    if outcome.drop and mail is not None:
        ledger_waits.drop(connection, outcome.drop, writer.policy.own(mail.message.from_.key), waited_on, now)
    if outcome.uses and not upkeep.use_token(connection, outcome.uses, now):
        # Another daemon was quicker with a copy of the mail: all of this is undone, and decided again later.
        raise PressedTwice("the button of this mail was used up meanwhile; the mail is tried again")
    for ruling in outcome.rulings:
        ledger_hold.rule(connection, ruling, now, writer.policy.desk.prefix)
    if outcome.commands:
        commands.put(connection, outcome.commands_of, outcome.commands_by, outcome.commands, now)
        if any(each.desk and each.template == told.TRANSCRIPT for each in outcome.mails):
            commands.mark_told(connection, outcome.commands_by, mail=outcome.commands_of)
    queued, alarm = 0, ""
    if outcome.mails:
        letters, lines, alarm = _letters(connection, outcome, ticket, writer, now, inbound, new, parts)
        outbox.add(connection, letters)
        _tell_in_vain(connection, letters, now)
        if outcome.commands if mail is None else mail.trust.verdict == "agent":
            # Whatever an agent did that reached the requester, by reply or by command, was a person's answer.
            for each in letters:
                if each.audience == "requester" and each.state == "queued":
                    people.mark_answered(connection, each.recipient, now)
        history.extend(lines)
        queued = sum(letter.state == "queued" for letter in letters)
    if ticket is not None:
        tickets.add_history(connection, ticket.key, history, inbound, now, new)
        if mail is None or mail.quiet != "all":
            called = call_for(outcome, ticket, writer.policy)
            if called is not None:
                upkeep.open_alarm(connection, *called, now)
        if held is not None and outcome.before is not None and outcome.commands_of:
            commands_undo.keep(connection, outcome.commands_of, ticket.key, outcome.before, *held, now)
    for opened in outcome.also:
        # What is opened beside it goes by the same mail, whose sender has been dealt with above.
        queued += apply(connection, opened, writer, now).queued
    return Applied(ticket, queued, alarm, released)


def _held(connection: Connection, ticket: Ticket) -> tuple[dict[str, Timer], list[tuple[Address, bool, bool]]]:
    """The timers of a ticket and who is on it, before anything of an outcome is written."""
    due = {row.kind: Timer(row.kind, row.due, row.data) for row in timers.of(connection, ticket.key)}
    return due, participants.of(connection, ticket.key)


def _take_back(connection: Connection, inbound: int, number: int) -> None:
    """What a command mail did to a ticket beside its columns is as it was before it."""
    agent, at, people = commands_undo.take(connection, inbound, number)
    participants.put_back(connection, number, people)
    links.remove_made(connection, number, at)
    knowledge.withdraw_corrections(connection, number, agent, at)


def post(connection: Connection, mails: Sequence[Mail], writer: Writer, now: datetime) -> int:
    """Queue mails that belong to no ticket (alarms, digests); how many may leave."""
    letters, _, _ = _letters(connection, Outcome(reason="", mails=tuple(mails)), None, writer, now, None, False, None)
    outbox.add(connection, letters)
    return sum(letter.state == "queued" for letter in letters)


def _tell_in_vain(connection: Connection, letters: Sequence[outbox.Letter], now: datetime) -> None:
    """What a person wrote to an address that takes no mail never leaves: that person must hear of it."""
    for each in letters:
        if each.state == "cancelled" and not each.automatic and each.ticket is not None:
            told: dict[str, str | int] = {
                "recipient": each.recipient,
                "status": "5.1.0",
                "detail": f"nothing was sent: {each.reason}",
                "permanent": 1,
                "automatic": 0,
                "template": each.template,
            }
            kind = f"{timers.DELIVERY_FAILED}in vain to {each.recipient}"
            timers.put(connection, each.ticket, [Timer(kind, now, told)], new=False)


def _learn(connection: Connection, outcome: Outcome, ticket: Ticket, now: datetime) -> None:
    if outcome.rating is not None:
        knowledge.keep_rating(connection, ticket.key, *outcome.rating, now)
    who = outcome.history[0].who if outcome.history else "maild"
    knowledge.keep_corrections(connection, ticket.key, outcome.corrections, who, now)
    text = solution_of(ticket) if worth_keeping(ticket) else ""
    if text:
        knowledge.keep_solution(connection, ticket, title_of(ticket), text, now, anew=outcome.rating is not None)
    elif any(line.was and line.what in _ENDINGS for line in outcome.history):
        knowledge.withdraw_solution(connection, ticket.key)


def _letters(
    connection: Connection,
    outcome: Outcome,
    ticket: Ticket | None,
    writer: Writer,
    now: datetime,
    inbound: int | None,
    new: bool,
    parts: Parts | None,
) -> tuple[list[outbox.Letter], list[History], str]:
    """Compose every mail; those that may not leave are held with their reason, and the ticket says so."""
    letters: list[outbox.Letter] = []
    lines: list[History] = []
    alarm, mails = "", outcome.mails
    moved = any(line.what in commands_undo.MOVED for line in outcome.history)
    known = people.state_of(connection, {mail.to.key for mail in mails})
    sent_now: dict[str, int] = {}
    before: dict[str, str] = {}
    for mail in mails:
        bounced, answered = known.get(mail.to.key, ("", None))
        state, reason = "queued", ""
        if not budget.mode_lets_out(writer.policy.mode, mail.audience):
            state, reason = "held", f"mode {writer.policy.mode}"
        if state == "queued" and bounced:
            state, reason = "cancelled", f"mail to this address bounced: {bounced}"
        if state == "queued":
            held = _over_budget(connection, mail, writer.policy, now, answered is not None, new, sent_now)
            if held:
                state, reason = "held", held
                alarm = mail.to.address if held == budget.UNANSWERED else alarm
        if state == "queued":
            mail = told.with_done(connection, mail, ticket, now, moved)
        if reason:
            lines.append(History("mail held", "", f"{mail.template} to {mail.to.address}", "maild", reason))
        sent_now[mail.to.key] = sent_now.get(mail.to.key, 0) + 1
        if not mail.answers and not mail.desk and mail.to.key in before:
            # The first of two letters to somebody, in one decision, is nothing that they have seen yet.
            mail = replace(mail, answers=before[mail.to.key])
        letters.append(_letter(mail, ticket, writer, now, inbound, state, reason, parts))
        if not mail.desk and state == "queued":
            before[mail.to.key] = letters[-1].message_id
    return letters, lines, alarm


def _over_budget(
    connection: Connection,
    mail: Mail,
    policy: Policy,
    now: datetime,
    answered: bool,
    fresh: bool,
    sent_now: dict[str, int],
) -> str:
    # A summary stands for what was held already; chores bounds how often one is written.
    if not mail.automatic or mail.audience == "admin" or mail.template.endswith("/summary"):
        return ""
    key, already = mail.to.key, sent_now.get(mail.to.key, 0)
    if mail.audience in ("agent", "lead"):
        limit = policy.budgets.notices_10min
        recent = outbox_counts.automatic_since(connection, key, now - timedelta(minutes=10), now, limit)
        counts = budget.Counts(ten_minutes=recent + already)
    else:
        strangers = mail.audience == "stranger"
        hour, day = _automatic_to(connection, mail, policy, now)
        counts = budget.Counts(
            hour=hour + already,
            day=day + already,
            strangers_hour=outbox_counts.to_strangers(connection, now - timedelta(hours=1), now) if strangers else 0,
            answered=answered,
        )
    return budget.judge(mail, policy.is_internal(mail.to.address), fresh, counts, policy.budgets)


def _automatic_to(connection: Connection, mail: Mail, policy: Policy, now: datetime) -> tuple[int, int]:
    """Automatic mails to this person. Behind a plus sign stands the same person, and no second budget: outside the
    company too, where a flood in the name of one victim would only have to number itself."""
    hour, day = now - timedelta(hours=1), now - timedelta(days=1)
    local, _, domain = mail.to.key.rpartition("@")
    base = local.partition("+")[0]
    if base in ("", local):
        return outbox_counts.automatic_in(connection, mail.to.key, hour, day, now)
    return outbox_counts.automatic_to_person(connection, base, domain, hour, day, now)


def _letter(
    mail: Mail,
    ticket: Ticket | None,
    writer: Writer,
    now: datetime,
    inbound: int | None,
    state: str,
    reason: str,
    parts: Parts | None,
) -> outbox.Letter:
    if mail.desk:
        ticket = None
    elif mail.of is not None:
        ticket = mail.of
    number = ticket.key if ticket is not None else 0
    make = writer.tokens.message_id
    ids = Ids(
        make(number, mail.reply, mail.to.address, now), make(number, mail.reply, mail.to.address, now, second=True)
    )
    composed = writer.composer.compose(
        mail, ticket, ids, now, [*_files(mail.attach, inbound, parts), *_filed(mail, parts)]
    )
    return outbox.Letter(
        ticket=ticket.key if ticket is not None else None,
        inbound=inbound,
        template=mail.template,
        audience=mail.audience,
        reply=mail.reply,
        recipient=mail.to.key,
        subject=composed.subject,
        automatic=mail.automatic,
        message_id=ids.message_id,
        reference=ids.reference,
        raw=composed.raw,
        state=state,
        reason=reason,
        created=now,
    )


def _filed(mail: Mail, parts: Parts | None) -> Sequence[tuple[Attachment, bytes]]:
    """What somebody has asked for out of earlier mails, each of which is opened once."""
    if parts is None:
        return ()
    found: list[tuple[Attachment, bytes]] = []
    for number in dict.fromkeys(each.inbound for each in mail.filed):
        wanted = [each.attachment for each in mail.filed if each.inbound == number]
        found += zip(wanted, parts(number, [each.index for each in wanted]), strict=True)
    return found


def _files(
    wanted: Sequence[Attachment], inbound: int | None, parts: Parts | None
) -> Sequence[tuple[Attachment, bytes]]:
    if not wanted or inbound is None or parts is None:
        return ()
    return list(zip(wanted, parts(inbound, [each.index for each in wanted]), strict=True))
