"""Everything that will happen by itself. Writes timer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, delete, insert, literal, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from maild.model import Follow, Timer
from maild.store.schema import ticket, timer
from maild.store.types import Json, Moment

# The kind of the rows, due now, that carry a refused mail to its ticket; the outbox row's number follows.
DELIVERY_FAILED = "delivery_failed:"
# The kind of the rows, due now, that carry what another ticket's decision means for this one.
FOLLOWED = "followed:"


_AHEAD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A timer row that has fallen due."""

    ticket: int
    kind: str
    due: datetime
    data: Mapping[str, Any]
    failures: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Timers of these kinds fire because somebody was silent: those due after `until` wait (None: all of them)."""

    kinds: frozenset[str] = frozenset()
    until: datetime | None = None

    def lets(self) -> tuple[Any, ...]:
        """The condition on timer rows."""
        if not self.kinds:
            return ()
        others = timer.c.kind.not_in(sorted(self.kinds))
        return (others,) if self.until is None else (or_(others, timer.c.due <= self.until),)


_NO_SILENCE = Silence()


def put(connection: Connection, number: int, timers: Iterable[Timer], new: bool) -> None:
    """Set and cancel a ticket's timers; one of a kind."""
    wanted = list(timers)
    gone = [each.kind for each in wanted if each.due is None]
    if gone and not new:
        connection.execute(delete(timer).where(timer.c.ticket == number, timer.c.kind.in_(gone)))
    rows = [
        {"ticket": number, "kind": each.kind, "due": each.due, "data": dict(each.data), "failures": 0}
        for each in wanted
        if each.due is not None
    ]
    if not rows:
        return
    if new:
        connection.execute(insert(timer), rows)
        return
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert_into(timer)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["ticket", "kind"],
            set_={name: statement.excluded[name] for name in ("due", "data", "failures")},
        ),
        rows,
    )


def put_follows(connection: Connection, origin: int, follows: Iterable[Follow], when: datetime) -> None:
    """Store what a ticket's decision means for others: a row each, so that two of a kind do not replace one another."""
    rows = [
        {
            "ticket": each.ticket,
            "kind": f"{FOLLOWED}{each.what}:{origin}:{when.isoformat()}:{n}:{_told_apart(each)}",
            "due": when,
            "data": {**each.data, "what": each.what, "origin": origin},
            "failures": 0,
        }
        for n, each in enumerate(follows)
    ]
    if rows:
        # One statement: a mass incident is told to its five hundred reporters by as many rows. A row that is there
        # already says the very same.
        insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(insert_into(timer).on_conflict_do_nothing(), rows)


def _told_apart(follow: Follow) -> str:
    """Two decisions of one moment may tell a ticket two things of a kind."""
    return f"{crc32(repr(sorted(follow.data.items())).encode()):08x}"


def for_all_live(connection: Connection, kind: str, when: datetime) -> None:
    """Let something happen on every ticket that is not closed."""
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    # SQLite takes ON CONFLICT behind a SELECT only where that has a WHERE, as this one has.
    live = select(ticket.c.id, literal(kind), literal(when, Moment), literal({}, Json), literal(0)).where(
        ticket.c.state != "closed"
    )
    statement = insert_into(timer).from_select(["ticket", "kind", "due", "data", "failures"], live)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["ticket", "kind"], set_={"due": statement.excluded.due, "failures": 0}
        )
    )


def due(connection: Connection, now: datetime, limit: int, silence: Silence = _NO_SILENCE) -> list[Due]:
    """What has fallen due, earliest first; rows that failed wait their turn behind the others."""
    rows = connection.execute(
        select(timer.c.ticket, timer.c.kind, timer.c.due, timer.c.data, timer.c.failures)
        .where(timer.c.due <= now, *silence.lets())
        .order_by(timer.c.failures, timer.c.due, timer.c.ticket)
        .limit(limit)
    )
    return [Due(*row) for row in rows]


def still_due(connection: Connection, number: int, now: datetime, silence: Silence = _NO_SILENCE) -> list[Due]:
    """The due timers of one ticket, read again under its lock: another daemon may have been quicker."""
    rows = connection.execute(
        select(timer.c.ticket, timer.c.kind, timer.c.due, timer.c.data, timer.c.failures)
        .where(timer.c.ticket == number, timer.c.due <= now, *silence.lets())
        .order_by(timer.c.due, timer.c.kind)
    )
    return [Due(*row) for row in rows]


def drop(connection: Connection, number: int, kinds: Iterable[str]) -> None:
    gone = [(number, kind) for kind in kinds]
    connection.execute(delete(timer).where(tuple_(timer.c.ticket, timer.c.kind).in_(gone)))


def postpone(connection: Connection, number: int, kind: str, until: datetime) -> None:
    """A timer whose handling failed is tried again later, and says how often it failed."""
    connection.execute(
        update(timer)
        .where(timer.c.ticket == number, timer.c.kind == kind)
        .values(due=until, failures=timer.c.failures + 1)
    )


def none_before(connection: Connection, moment: datetime) -> int:
    """Let nothing happen by itself before then; how many timers had to be put off."""
    return connection.execute(update(timer).where(timer.c.due < moment).values(due=moment)).rowcount


def bring_back(connection: Connection, now: datetime) -> int:
    """Refused mails and what follows from other tickets are told at once: such a row that lies ahead was dated by a
    clock that was put back since."""
    at_once = or_(timer.c.kind.startswith(DELIVERY_FAILED), timer.c.kind.startswith(FOLLOWED))
    return connection.execute(
        update(timer).where(at_once, timer.c.failures == 0, timer.c.due > now + _AHEAD).values(due=now)
    ).rowcount


def next_due(connection: Connection, silence: Silence = _NO_SILENCE) -> datetime | None:
    """When the next timer falls due, if there is any."""
    return connection.execute(select(timer.c.due).where(*silence.lets()).order_by(timer.c.due).limit(1)).scalar()


def of(connection: Connection, number: int) -> list[Due]:
    rows = connection.execute(
        select(timer.c.ticket, timer.c.kind, timer.c.due, timer.c.data, timer.c.failures)
        .where(timer.c.ticket == number)
        .order_by(timer.c.due)
    )
    return [Due(*row) for row in rows]
