"""Questions about the outbox that change nothing: for people who look, for threading, and for summaries."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select

from maild.store.schema import inbound, outbox

# The letter that asks an agent whether a mail in their name is theirs.
QUESTION = "agent/confirm_command"
# The letter that tells them once a day that further ones wait unasked.
NO_MORE = "agent/no_more_questions"
# All letters that ask an agent about a mail that waits for their word.
QUESTIONS = (QUESTION, "agent/did_you_mean", "agent/collision")

_IDS_TO = (
    select(outbox.c.recipient, outbox.c.message_id, outbox.c.created)
    .where(outbox.c.ticket == bindparam("number"), outbox.c.state.not_in(("held", "cancelled")))
    .order_by(outbox.c.id)
)


def ids_to(connection: Connection, ticket: int) -> Sequence[Any]:
    """(recipient, message_id, created) of what went out on a ticket, oldest first, for threading."""
    return connection.execute(_IDS_TO, {"number": ticket}).all()


def of_message(connection: Connection, message_id: str) -> Any:
    """The row of one of our mails, by either of its two ids."""
    columns = (
        outbox.c.id, outbox.c.ticket, outbox.c.recipient, outbox.c.template, outbox.c.audience, outbox.c.automatic,
    )  # fmt: skip
    return connection.execute(
        select(*columns).where(or_(outbox.c.message_id == message_id, outbox.c.reference == message_id)).limit(1)
    ).one_or_none()


def asked_since(connection: Connection, recipient: str, since: datetime) -> tuple[int, bool]:
    """How many confirmations were asked of an agent since then, whatever was answered; and whether they were told that
    no more are."""
    asked = count_to(connection, recipient, QUESTION, since)
    return asked, count_to(connection, recipient, NO_MORE, since) > 0


def count_to(connection: Connection, recipient: str, template: str, since: datetime) -> int:
    """How many letters of a kind somebody got since then."""
    mine = (outbox.c.recipient == recipient, outbox.c.template == template, outbox.c.created > since)
    return int(connection.execute(select(func.count()).where(*mine)).scalar_one())


def template_of(connection: Connection, message_ids: Sequence[str], recipient: str) -> str:
    """What kind of letter to this recipient a mail with these ids, newest first, answers; empty if it answers none."""
    if not message_ids:
        return ""
    columns = (outbox.c.message_id, outbox.c.reference, outbox.c.template, outbox.c.recipient)
    rows = connection.execute(
        select(*columns).where(or_(outbox.c.message_id.in_(message_ids), outbox.c.reference.in_(message_ids)))
    ).all()
    ours = {one: row for row in rows for one in (row.message_id, row.reference)}
    row = next((ours[one] for one in message_ids if one in ours), None)
    return str(row.template) if row is not None and row.recipient == recipient else ""


def asked_about(connection: Connection, message_ids: Sequence[str], recipients: Sequence[str]) -> tuple[int, str]:
    """The inbound mail about which the question asks that is answered by a mail with these ids, newest first; and the
    letter that asks.

    (0, "") if the newest of our mails among them is no such question, or was put to none of these addresses.
    """
    columns = (outbox.c.message_id, outbox.c.reference, outbox.c.inbound, outbox.c.template, outbox.c.recipient)
    rows = connection.execute(
        select(*columns).where(or_(outbox.c.message_id.in_(message_ids), outbox.c.reference.in_(message_ids)))
    ).all()
    ours = {one: row for row in rows for one in (row.message_id, row.reference)}
    row = next((ours[one] for one in message_ids if one in ours), None)
    if row is None or row.template not in QUESTIONS or row.recipient not in recipients or not row.inbound:
        return 0, ""
    return int(row.inbound), str(row.template)


def were_asked_about(connection: Connection, numbers: Sequence[int]) -> frozenset[int]:
    """Those of these inbound mails about which a question was put to their writer."""
    if not numbers:
        return frozenset()
    rows = connection.execute(
        select(outbox.c.inbound).where(outbox.c.inbound.in_(numbers), outbox.c.template.in_(QUESTIONS))
    )
    return frozenset(rows.scalars())


def newest_answered(
    connection: Connection, message_ids: Sequence[str], ticket: int, recipients: Sequence[str]
) -> datetime | None:
    """When the newest of the letters to these addresses was written that a mail with these ids answers."""
    if not message_ids:
        return None
    moment = connection.execute(
        select(outbox.c.created)
        .where(
            or_(outbox.c.message_id.in_(message_ids), outbox.c.reference.in_(message_ids)),
            outbox.c.ticket == ticket,
            outbox.c.recipient.in_(recipients),
        )
        .order_by(outbox.c.created.desc())
        .limit(1)
    ).scalar()
    return moment if isinstance(moment, datetime) else None


def asked_for_approval(connection: Connection, message_ids: Sequence[str], ticket: int, since: datetime) -> str:
    """Who got the letter of ours that a mail with these ids, newest first, answers, if it is one to an approver about
    this ticket and not older than `since`; empty if the newest of our mails among them is another."""
    columns = (
        outbox.c.message_id, outbox.c.reference, outbox.c.recipient, outbox.c.audience, outbox.c.ticket,
        outbox.c.created,
    )  # fmt: skip
    rows = connection.execute(
        select(*columns).where(or_(outbox.c.message_id.in_(message_ids), outbox.c.reference.in_(message_ids)))
    ).all()
    ours = {one: row for row in rows for one in (row.message_id, row.reference)}
    row = next((ours[one] for one in message_ids if one in ours), None)
    if row is None or row.audience != "approver" or row.ticket != ticket or row.created < since:
        return ""
    return str(row.recipient)


def tickets_of_ids(connection: Connection, message_ids: Iterable[str]) -> dict[str, int]:
    """Ticket by Message-ID of our own mails."""
    wanted = list(message_ids)
    if not wanted:
        return {}
    rows = connection.execute(
        select(outbox.c.message_id, outbox.c.ticket).where(
            outbox.c.message_id.in_(wanted), outbox.c.ticket.is_not(None)
        )
    )
    return {row[0]: row[1] for row in rows}


def listing(
    connection: Connection,
    state: str | None,
    limit: int,
    ticket: int | None = None,
    recipient: str = "",
    template: str = "",
) -> Sequence[Any]:
    """The newest rows without their bytes; what is given narrows them."""
    statement = select(*(column for column in outbox.c if column.name != "raw"))
    wanted = ((outbox.c.state, state), (outbox.c.ticket, ticket), (outbox.c.recipient, recipient.lower()),
              (outbox.c.template, template))  # fmt: skip
    for column, value in wanted:
        if value:
            statement = statement.where(column == value)
    return connection.execute(statement.order_by(outbox.c.id.desc()).limit(limit)).all()


def of_ticket(connection: Connection, ticket: int) -> Sequence[Any]:
    return connection.execute(
        select(*(column for column in outbox.c if column.name != "raw"))
        .where(outbox.c.ticket == ticket)
        .order_by(outbox.c.id)
    ).all()


def get(connection: Connection, number: int) -> Any:
    return connection.execute(select(outbox).where(outbox.c.id == number)).one_or_none()


_HELD_AT_ONCE = 10_000


def held_since(connection: Connection, reason: str, before: datetime) -> Sequence[Any]:
    """The oldest rows held for a reason, for the summaries: (id, recipient, audience, ticket, subject, template,
    created, why). `why`: what was decided on the mail that led to it; None where no mail did, but a date."""
    return connection.execute(
        select(
            outbox.c.id, outbox.c.recipient, outbox.c.audience, outbox.c.ticket, outbox.c.subject, outbox.c.template,
            outbox.c.created, inbound.c.reason.label("why"),
        )
        .select_from(outbox.outerjoin(inbound, inbound.c.id == outbox.c.inbound))
        .where(outbox.c.state == "held", outbox.c.reason == reason, outbox.c.created < before)
        .order_by(outbox.c.id)
        .limit(_HELD_AT_ONCE)
    ).all()  # fmt: skip


def counts(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return {row[0]: row[1] for row in rows}
