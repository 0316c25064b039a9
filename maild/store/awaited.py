"""Mails that others answer and that nobody has seen yet: a reply may be fetched before its original. Writes awaited."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from maild.store.schema import awaited


def expect(connection: Connection, message_ids: Sequence[str], ticket: int, inbound: int, when: datetime) -> None:
    """Note that a mail of this ticket, ledger row `inbound`, answers mails of these names, which are not on record."""
    if not message_ids:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    rows = [{"message_id": each, "ticket": ticket, "inbound": inbound, "since": when} for each in message_ids]
    connection.execute(insert(awaited).on_conflict_do_nothing(), rows)


def by(connection: Connection, message_id: str) -> tuple[int, int] | None:
    """(ticket, inbound) of the first mail that answers the one of this name, if any has."""
    row = connection.execute(
        select(awaited.c.ticket, awaited.c.inbound)
        .where(awaited.c.message_id == message_id)
        .order_by(awaited.c.inbound)
        .limit(1)
    ).one_or_none()
    return (row.ticket, row.inbound) if row is not None else None


def forget(connection: Connection, before: datetime) -> None:
    """Mails that have not come since then will not come."""
    connection.execute(delete(awaited).where(awaited.c.since < before))
