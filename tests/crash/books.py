"""What the database says at the end of a history, as plain values; and whether the database itself is sound."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, text

from maild.model import History
from maild.store import tickets
from maild.store.engine import reading
from maild.store.schema import entry, history, inbound, outbox, raw_chunk, ticket


@dataclass(frozen=True)
class In:
    """A row of the ledger; `mark` is the last word of its subject."""

    id: int
    mark: str
    state: str
    fate: str
    reason: str
    ticket: int | None
    size: int
    complete: bool
    filed: str
    raw: bytes


@dataclass(frozen=True)
class Entry:
    """One piece of a conversation."""

    id: int
    ticket: int
    inbound: int | None
    direction: str
    visibility: str


@dataclass(frozen=True)
class Out:
    """A row of the outbox; `unknowns`: how often the relay's answer to its final dot was lost."""

    id: int
    ticket: int | None
    inbound: int | None
    template: str
    audience: str
    recipient: str
    message_id: str
    state: str
    unknowns: int
    raw: bytes


@dataclass(frozen=True)
class Books:
    """Everything on record. `tickets` are (number, mark); `damage` is what the database itself has to say."""

    inbound: tuple[In, ...] = ()
    tickets: tuple[tuple[int, str], ...] = ()
    entries: tuple[Entry, ...] = ()
    outbox: tuple[Out, ...] = ()
    damage: tuple[str, ...] = ()


def read(engine: Engine) -> Books:
    """The books of a desk that is at rest."""
    with reading(engine) as connection:
        chunks = defaultdict(list)
        for row in connection.execute(select(raw_chunk).order_by(raw_chunk.c.inbound, raw_chunk.c.n)):
            chunks[row.inbound].append((row.n, bytes(row.bytes)))
        damage = [
            f"inbound {number}: its chunks are {[n for n, _ in pieces]}"
            for number, pieces in chunks.items()
            if [n for n, _ in pieces] != list(range(len(pieces)))
        ]
        rows = connection.execute(select(inbound).order_by(inbound.c.id)).all()
        return Books(
            inbound=tuple(
                In(row.id, _mark(row.subject), row.state, row.fate, row.reason, row.ticket, row.size, row.complete,
                   row.filed or "", b"".join(data for _, data in chunks[row.id]))
                for row in rows
            ),
            tickets=tuple(
                (row.id, _mark(row.subject)) for row in connection.execute(select(ticket.c.id, ticket.c.subject))
            ),
            entries=tuple(
                Entry(*row)
                for row in connection.execute(
                    select(entry.c.id, entry.c.ticket, entry.c.inbound, entry.c.direction, entry.c.visibility)
                )
            ),
            outbox=tuple(
                Out(**row._asdict())
                for row in connection.execute(
                    select(outbox.c.id, outbox.c.ticket, outbox.c.inbound, outbox.c.template, outbox.c.audience,
                           outbox.c.recipient, outbox.c.message_id, outbox.c.state, outbox.c.unknowns, outbox.c.raw)
                    .order_by(outbox.c.id)
                )
            ),
            damage=(*damage, *_unsound(connection), *_orphans(connection), *_broken_chains(connection)),
        )  # fmt: skip


def _mark(subject: str) -> str:
    return subject.rpartition(" ")[2]


def _unsound(connection: Connection) -> list[str]:
    """What SQLite says of its file. PostgreSQL has no such question; it refuses damaged pages when they are read."""
    if connection.dialect.name != "sqlite":
        return []
    said = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check"))]
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    return [f"integrity_check: {line}" for line in said if line != "ok"] + [
        f"foreign_key_check: {row}" for row in broken
    ]


# Columns that name a row of another table without a foreign key.
_NAMES = (
    ("inbound", "ticket", "ticket"), ("entry", "inbound", "inbound"), ("attachment", "inbound", "inbound"),
    ("history", "inbound", "inbound"), ("outbox", "inbound", "inbound"), ("outbox", "ticket", "ticket"),
)  # fmt: skip


def _orphans(connection: Connection) -> list[str]:
    found = []
    for table, column, other in _NAMES:
        statement = (
            f"SELECT count(*) FROM {table} AS a LEFT JOIN {other} AS b ON a.{column} = b.id"
            f" WHERE a.{column} IS NOT NULL AND b.id IS NULL"
        )
        if count := connection.execute(text(statement)).scalar():
            found.append(f"{count} rows of {table} name a row of {other} that is not there")
    return found


def _broken_chains(connection: Connection) -> list[str]:
    """Each line of history is chained to the one before: two writers at once, or a line written twice, would show."""
    last: dict[int, str] = defaultdict(str)
    found = []
    for row in connection.execute(select(history).order_by(history.c.ticket, history.c.id)):
        line = History(row.what, row.was, row.becomes, row.who, row.why)
        if tickets.chained(last[row.ticket], row.ticket, row.at, line) != row.chain:
            found.append(f"ticket {row.ticket}: its history is broken at line {row.id} ({row.what})")
        last[row.ticket] = row.chain
    return found
