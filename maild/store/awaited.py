"""Mails that others answer and that nobody has seen yet: a reply may be fetched before its original. Writes awaited."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from maild.store.schema import awaited, inbound

# Nobody's mail program makes longer ones, and PostgreSQL's index takes no more than 2,700 bytes.
_LONGEST_ID = 998
# So many mails back, counted from the one that is answered.
_EXPECTED = 20

_TICKETS = (
    select(awaited.c.message_id, awaited.c.ticket)
    .where(awaited.c.message_id.in_(bindparam("ids", expanding=True)))
    .order_by(awaited.c.inbound.desc())
)
# What was seen and set aside may still be let in, and then belongs here too.
_JOINED = select(inbound.c.message_id).where(
    inbound.c.message_id.in_(bindparam("ids", expanding=True)), inbound.c.ticket.is_not(None)
)


def expect(connection: Connection, message_ids: Sequence[str], ticket: int, number: int, when: datetime) -> None:
    """Note that inbound mail `number`, which is on this ticket, answers those of these mails that are on no ticket yet.

    Newest first; those far back in a long thread are left out.
    """
    ids = [each for each in message_ids if len(each.encode("utf-8", "replace")) <= _LONGEST_ID][:_EXPECTED]
    if not ids:
        return
    joined = set(connection.execute(_JOINED, {"ids": ids}).scalars())
    rows = [
        {"message_id": each, "ticket": ticket, "inbound": number, "since": when} for each in ids if each not in joined
    ]
    if rows:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(insert(awaited).on_conflict_do_nothing(), rows)


def tickets_of_ids(connection: Connection, message_ids: Iterable[str]) -> dict[str, int]:
    """Ticket by the Message-ID of a mail that was answered there before it came; of several, the first that did."""
    ids = [each for each in message_ids if each]
    if not ids:
        return {}
    return {row.message_id: row.ticket for row in connection.execute(_TICKETS, {"ids": ids})}


def forget(connection: Connection, before: datetime) -> None:
    """Mails that have not come since then will not come."""
    connection.execute(delete(awaited).where(awaited.c.since < before))
