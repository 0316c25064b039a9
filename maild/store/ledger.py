"""The ledger: every mail that ever came in, with its raw bytes and what became of it. Writes inbound and raw_chunk."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, cast, func, insert, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from maild import failpoint
from maild.store.schema import inbound, raw_chunk

CHUNK_BYTES = 256 * 1024
# A mail without a Message-ID counts as a copy of an equal one only for so long (PRODUCT §2.1).
NAMELESS_COPY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A mail as fetched, before anybody has read it. `complete` is False where only its header was taken; `pile` marks
    what lay in the mailbox when maild first looked."""

    source: str
    mailbox: str = ""
    uidvalidity: int | None = None
    uid: int | None = None
    received: datetime
    fetched: datetime
    size: int
    raw: bytes
    message_id: str
    content_hash: str
    sender: str = ""
    subject: str = ""
    backlog: bool = False
    pile: bool = False
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ledger row that waits for its decision."""

    id: int
    mailbox: str
    received: datetime
    size: int
    attempts: int
    backlog: bool
    message_id: str
    content_hash: str
    sender: str
    complete: bool
    subject: str
    pile: bool
    source: str
    released: bool
    screening: str
    reason: str


def add(connection: Connection, arrivals: Sequence[Arrival]) -> list[int]:
    """Write mails into the ledger with their bytes, state *received*; gives the ids of those that were new.

    A UID that is on record already (another daemon fetched it too) is left out without a word.
    """
    made: list[int] = []
    chunks: list[dict[str, Any]] = []
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    for each in arrivals:
        statement = (
            insert_into(inbound)
            .values(
                source=each.source,
                mailbox=each.mailbox,
                uidvalidity=each.uidvalidity,
                uid=each.uid,
                received=each.received,
                fetched=each.fetched,
                size=each.size,
                complete=each.complete,
                message_id=each.message_id,
                content_hash=each.content_hash,
                sender=each.sender,
                subject=each.subject,
                backlog=each.backlog,
                pile=each.pile,
                state="received",
                # Only IMAP mails are filed away, and only those whose bytes the ledger has (PRODUCT §2.1, sizes).
                filed=None if each.uid is not None and each.complete else "",
            )
            .on_conflict_do_nothing(index_elements=["mailbox", "uidvalidity", "uid"])
            .returning(inbound.c.id)
        )
        number = connection.execute(statement).scalar()
        if number is None:
            continue
        made.append(number)
        for n, at in enumerate(range(0, len(each.raw), CHUNK_BYTES)):
            chunks.append({"inbound": number, "n": n, "bytes": each.raw[at : at + CHUNK_BYTES]})
    if chunks:
        connection.execute(insert(raw_chunk), chunks)
    return made


def beginning(connection: Connection, number: int, length: int) -> bytes:
    """The first `length` bytes of a mail, without reading the rest."""
    rows = connection.execute(
        select(raw_chunk.c.bytes)
        .where(raw_chunk.c.inbound == number, raw_chunk.c.n <= length // CHUNK_BYTES)
        .order_by(raw_chunk.c.n)
    )
    return b"".join(row[0] for row in rows)[:length]


def add_chunk(connection: Connection, number: int, n: int, data: bytes) -> None:
    """One more piece of a large mail, written as it is fetched."""
    failpoint.reach("chunk")
    connection.execute(insert(raw_chunk), {"inbound": number, "n": n, "bytes": data})


def raw(connection: Connection, number: int) -> bytes:
    """The bytes of a mail as they came."""
    rows = connection.execute(select(raw_chunk.c.bytes).where(raw_chunk.c.inbound == number).order_by(raw_chunk.c.n))
    return b"".join(row[0] for row in rows)


def raws(connection: Connection, numbers: Sequence[int]) -> dict[int, bytes]:
    """The bytes of several mails in one question."""
    parts: dict[int, BytesIO] = {number: BytesIO() for number in numbers}
    rows = connection.execute(
        select(raw_chunk.c.inbound, raw_chunk.c.bytes)
        .where(raw_chunk.c.inbound.in_(list(numbers)))
        .order_by(raw_chunk.c.inbound, raw_chunk.c.n)
        .execution_options(yield_per=16)
    )
    for number, data in rows:
        parts[number].write(data)
    # The bytes are written into one place and handed over without a copy: a mail of 25 MB takes 25 MB.
    return {number: written.getvalue() for number, written in parts.items()}


def known_uids(connection: Connection, mailbox: str, uidvalidity: int, low: int, high: int) -> set[int]:
    """UIDs in low…high (both included) that the ledger has."""
    rows = connection.execute(
        select(inbound.c.uid).where(
            inbound.c.mailbox == mailbox, inbound.c.uidvalidity == uidvalidity, inbound.c.uid.between(low, high)
        )
    )
    return {row[0] for row in rows}


_WAITING_COLUMNS: tuple[Any, ...] = (
    inbound.c.id,
    inbound.c.mailbox,
    inbound.c.received,
    inbound.c.size,
    inbound.c.attempts,
    inbound.c.backlog,
    inbound.c.message_id,
    inbound.c.content_hash,
    inbound.c.sender,
    inbound.c.complete,
    inbound.c.subject,
    inbound.c.pile,
    inbound.c.source,
    inbound.c.released,
    inbound.c.screening,
    inbound.c.reason,
)


# Written into the statement, not handed over: only so does SQLite see that the partial index holds what is asked for.
_WAITS = inbound.c.state == literal_column("'received'")
# By arrival; what lay there on the first day after what has come since; but the more often a mail was tried, the later
# it comes (DESIGN §4), so that none is in hand at every death of a daemon that dies of something else.
_ORDER = (inbound.c.attempts, inbound.c.pile, inbound.c.id)


def _waiting(rows: Iterable[Any]) -> list[Waiting]:
    return [Waiting(*row) for row in rows]


def waiting(connection: Connection, limit: int, first: Collection[int] = ()) -> list[Waiting]:
    """Rows to be decided: new mail in order of arrival, then the pile of the first day, then what was tried before.

    Of the rows named in `first`, those that wait still, and no others, if there are any: others wait for them.
    """
    if first:
        rows = connection.execute(
            select(*_WAITING_COLUMNS).where(inbound.c.id.in_(first), _WAITS).order_by(inbound.c.id).limit(limit)
        ).all()
        if rows:
            return _waiting(rows)
    rows = connection.execute(select(*_WAITING_COLUMNS).where(_WAITS).order_by(*_ORDER).limit(limit)).all()
    return _waiting(rows)


def anything_waits(connection: Connection) -> bool:
    """Whether there is a mail to be decided."""
    return connection.execute(select(inbound.c.id).where(_WAITS).limit(1)).scalar() is not None


def oldest_undecided(connection: Connection) -> datetime | None:
    """When the oldest mail arrived that waits for its decision."""
    return connection.execute(select(func.min(inbound.c.received)).where(_WAITS)).scalar()


# First key of the advisory locks (pg_try_advisory_lock) of PostgreSQL on ledger rows that a daemon has in hand.
_IN_HAND = 0x6D61696C
_LOOK_THROUGH = 1000


def hold(connection: Connection, limit: int, first: Collection[int] = ()) -> list[Waiting]:
    """On PostgreSQL: rows as by `waiting` that no other daemon has in hand, this one's until `locks.holding` ends.

    Nothing rests on these locks but the count of attempts: whoever decides about a row claims it in that transaction.
    """
    if first and (rows := _held(connection, limit, (inbound.c.id,), inbound.c.id.in_(first))):
        return rows
    return _held(connection, limit, _ORDER)


def _held(connection: Connection, limit: int, order: tuple[Any, ...], *which: Any) -> list[Waiting]:
    queue = select(inbound.c.id).where(_WAITS, *which).order_by(*order).limit(_LOOK_THROUGH).subquery()
    # Volatile, so it is asked row by row, outside the sorted query, until there are enough.
    free = func.pg_try_advisory_lock(_IN_HAND, cast(queue.c.id % 2**31, Integer))
    numbers = list(connection.execute(select(queue.c.id).where(free).limit(limit)).scalars())
    # Read again: a row may have been decided between the look at it and the lock.
    rows = connection.execute(select(*_WAITING_COLUMNS).where(inbound.c.id.in_(numbers), _WAITS).order_by(*order))
    return _waiting(rows)


# Statements of the way of every mail are built once: building and hashing one costs more than SQLite takes to run it.
_CLAIM = select(inbound.c.id).where(inbound.c.id == bindparam("number"), inbound.c.state == "received")
_CLAIM_SKIPPING = _CLAIM.with_for_update(skip_locked=True)


def claim(connection: Connection, number: int) -> bool:
    """Take one waiting row for this transaction; False if another daemon has it or it is done already."""
    statement = _CLAIM_SKIPPING if connection.dialect.name == "postgresql" else _CLAIM
    return connection.execute(statement, {"number": number}).scalar() is not None


def begin_attempt(connection: Connection, numbers: Sequence[int]) -> None:
    """Count an attempt before anybody parses: a mail that kills the daemon must not do so for ever."""
    if numbers:
        connection.execute(
            update(inbound)
            .where(inbound.c.id.in_(list(numbers)), inbound.c.state == "received")
            .values(attempts=inbound.c.attempts + 1)
        )


def forgive_attempt(connection: Connection, numbers: Sequence[int]) -> None:
    """Take back an attempt that ended for a reason that is not the mail's fault."""
    if numbers:
        connection.execute(
            update(inbound)
            .where(inbound.c.id.in_(list(numbers)), inbound.c.attempts > 0)
            .values(attempts=inbound.c.attempts - 1)
        )


_SAME = select(inbound.c.id).where(
    inbound.c.content_hash == bindparam("hash"),
    inbound.c.message_id == bindparam("message_id"),
    inbound.c.id != bindparam("number"),
    or_(inbound.c.id < bindparam("number"), inbound.c.dedupe.is_not(None)),
    inbound.c.state == "done",
)
_ASIDE = _SAME.where(inbound.c.fate == "quarantined")
# Both ways: where the clock was put back, an equal mail of long ago may bear a moment that is still to come.
_NAMELESS = (
    inbound.c.sender == bindparam("writer"),
    inbound.c.received > bindparam("after"),
    inbound.c.received < bindparam("before"),
)
# By whether the mail was put aside, and whether it has a Message-ID.
_ORIGINALS = {
    (aside, named): (same if named else same.where(*_NAMELESS)).order_by(inbound.c.id).limit(1)
    for aside, same in ((False, _SAME), (True, _ASIDE))
    for named in (False, True)
}


def original(connection: Connection, row: Waiting, sender: str, aside: bool = False) -> int | None:
    """The mail decided before of which this one, from `sender`, is a copy, if any (PRODUCT §2.1).

    Same Message-ID and same content. A mail that came later may have been decided first (this one crashed once, or
    another daemon was quicker): then it holds the dedupe key, and this one is the copy. `aside` asks for mails that
    were put aside, since nobody could read this one.
    """
    known: dict[str, Any] = {"hash": row.content_hash, "message_id": row.message_id, "number": row.id}
    if not row.message_id:
        after, before = row.received - NAMELESS_COPY, row.received + NAMELESS_COPY
        known |= {"writer": sender, "after": after, "before": before}
    return connection.execute(_ORIGINALS[aside, bool(row.message_id)], known).scalar()


def still_waits(connection: Connection, message_ids: Iterable[str], before: int) -> int | None:
    """The first mail with one of these Message-IDs that came before row `before` and is not decided yet, if any."""
    wanted = list(message_ids)
    if not wanted:
        return None
    statement = select(inbound.c.id).where(inbound.c.message_id.in_(wanted), _WAITS, inbound.c.id < before)
    return connection.execute(statement.order_by(inbound.c.id).limit(1)).scalar()


_ROW = update(inbound).where(inbound.c.id == bindparam("number"))
_FATE = ("fate", "reason", "screening", "trust", "trust_reason", "evidence", "thread_by", "sender", "subject")
_FINISH = _ROW.values(
    state="done",
    **{name: bindparam(f"new_{name}") for name in (*_FATE, "done", "ticket", "waits_until", "dedupe")},
)


def finish(connection: Connection, number: int, when: datetime, values: Mapping[str, Any]) -> None:
    """Write what became of a mail; its row is done. What `values` leaves out is empty."""
    row: dict[str, Any] = {f"new_{name}": values.get(name) or "" for name in _FATE}
    row |= {f"new_{name}": values.get(name) for name in ("ticket", "waits_until", "dedupe")}
    connection.execute(_FINISH, {**row, "new_done": when, "number": number})


def dedupe_key(row: Waiting) -> str | None:
    """What two mails must share to be one; None without a Message-ID, where only time can tell."""
    return f"{row.message_id} {row.content_hash}" if row.message_id else None


def to_file(connection: Connection, mailbox: str, uidvalidity: int, aside: bool, limit: int) -> list[tuple[int, int]]:
    """(id, uid) of mails that are done and not yet put away in this folder's present numbering.

    aside   those that were quarantined; False: all others
    """
    quarantined = inbound.c.fate == "quarantined"
    rows = connection.execute(
        select(inbound.c.id, inbound.c.uid)
        .where(
            inbound.c.mailbox == mailbox,
            inbound.c.uidvalidity == uidvalidity,
            inbound.c.filed.is_(None),
            inbound.c.state == "done",
            quarantined if aside else ~quarantined,
        )
        .order_by(inbound.c.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def mark_filed(connection: Connection, numbers: Sequence[int], where: str) -> None:
    if numbers:
        connection.execute(update(inbound).where(inbound.c.id.in_(list(numbers))).values(filed=where))


def forget_uids(connection: Connection, mailbox: str, uidvalidity: int, low: int) -> int:
    """Take the UIDs from `low` on away from their rows, since the server gives these numbers to other mails now.

    The rows themselves stay. Gives how many there were.
    """
    done = connection.execute(
        update(inbound)
        .where(inbound.c.mailbox == mailbox, inbound.c.uidvalidity == uidvalidity, inbound.c.uid >= low)
        .values(uid=None, filed=func.coalesce(inbound.c.filed, ""))
    )
    return done.rowcount


def replay(connection: Connection, number: int) -> bool:
    """Have a mail decided again; only one that made no ticket, since nothing may happen twice. False otherwise."""
    done = connection.execute(
        update(inbound)
        .where(
            inbound.c.id == number, or_(inbound.c.fate != "ticketed", inbound.c.fate == ""), inbound.c.state == "done"
        )
        .values(state="received", fate="", reason="", screening="", attempts=0, dedupe=None, waits_until=None)
    )
    return done.rowcount == 1


def mark_told(connection: Connection, numbers: Sequence[int]) -> set[int]:
    """Note that the admins are told of these; gives those that no other daemon has told them of meanwhile."""
    news = update(inbound).where(inbound.c.id.in_(list(numbers)), inbound.c.told.is_(False)).values(told=True)
    return set(connection.execute(news.returning(inbound.c.id)).scalars())
