"""A database that was put back from a backup: what keeps it from doing again what it has forgotten.

It still holds mails to send that have left since, it would give ticket numbers a second time that stand in people's
mails, and it takes for silence what was answered since.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, func, select, text

from maild.store import outbox, timers
from maild.store.schema import inbound, ticket
from maild.store.schema import outbox as outbox_table

RESTORED = "restored from a backup: it may have left since"
_GRACE = timedelta(hours=1)
# Numbers go on behind a round one, so that everybody sees where the gap comes from.
_ROUND = 1000


@dataclass(frozen=True, slots=True)
class MadeSafe:
    """What was done. `newest`: when the last mail on record came in; `until`: when timers run again."""

    held: int
    put_off: int
    until: datetime
    next_ticket: int
    newest: datetime | None


def others(connection: Connection) -> int:
    """How many other connections of maild there are; on SQLite the daemon's lock tells, and this says 0."""
    if connection.dialect.name != "postgresql":
        return 0
    return int(
        connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'maild'"
                " AND datname = current_database() AND pid <> pg_backend_pid()"
            )
        ).scalar_one()
    )


def make_safe(connection: Connection, now: datetime, skip: int) -> MadeSafe:
    """Hold what is queued, put off what is due, and leave out at least `skip` numbers of tickets and of mails."""
    until = now + _GRACE
    held, put_off = outbox.hold_all(connection, RESTORED), timers.none_before(connection, until)
    last = {table.name: _skip(connection, table, skip) for table in (ticket, inbound, outbox_table)}
    newest = connection.execute(select(func.max(inbound.c.fetched))).scalar()
    return MadeSafe(held, put_off, until, last["ticket"] + 1, newest)


def _skip(connection: Connection, table: Table, skip: int) -> int:
    """Have a table's ids go on behind the next round number beyond `skip` more; the number left out last."""
    highest = int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one())
    if connection.dialect.name == "postgresql":
        sequence = connection.execute(
            text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name}
        ).scalar_one()
        given = int(connection.execute(text(f"SELECT last_value FROM {sequence}")).scalar_one())
        last = _round(max(highest, given) + skip)
        connection.execute(
            text("SELECT setval(CAST(:sequence AS regclass), :last)"), {"sequence": sequence, "last": last}
        )
        return last
    given = connection.execute(
        text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
    ).scalar_one()
    last = _round(max(highest, int(given)) + skip)
    connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
    connection.execute(
        text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), {"name": table.name, "last": last}
    )
    return last


def _round(number: int) -> int:
    return -(-number // _ROUND) * _ROUND
