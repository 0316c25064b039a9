"""Mail that is to leave: one row, one recipient, one fate, bytes fixed for ever. Writes outbox.

States: queued → leased → sent | failed | unknown (the answer to the final dot was lost) → leased …; held, cancelled.
Whoever holds a lease records its result; a lease that ran out is anybody's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    union_all,
    update,
)

from maild.store.schema import outbox, ticket

# No back-off reaches so far (backoff.py: 83 minutes).
_FARTHEST = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A composed mail for one recipient, as it goes into the outbox."""

    ticket: int | None
    inbound: int | None
    template: str
    audience: str
    reply: str
    recipient: str
    subject: str
    automatic: bool
    message_id: str
    reference: str
    raw: bytes
    state: str
    reason: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Leased:
    """A row that this daemon may send until its lease runs out. `refused`: the relay's last word to it was a 5xx that
    was meant for it alone, as far as one knew."""

    id: int
    ticket: int | None
    template: str
    recipient: str
    automatic: bool
    raw: bytes
    attempts: int
    unknowns: int
    created: datetime
    refused: bool


_INSERT = insert(outbox)


def add(connection: Connection, letters: Sequence[Letter]) -> None:
    if letters:
        connection.execute(
            _INSERT,
            [
                {
                    "ticket": each.ticket,
                    "inbound": each.inbound,
                    "template": each.template,
                    "audience": each.audience,
                    "reply": each.reply,
                    "recipient": each.recipient,
                    "subject": each.subject,
                    "automatic": each.automatic,
                    "message_id": each.message_id,
                    "reference": each.reference,
                    "raw": each.raw,
                    "state": each.state,
                    "reason": each.reason,
                    "created": each.created,
                    "due": each.created,
                }
                for each in letters
            ],
        )


# A mail of a lower rank that has waited for so long goes with the first: nothing starves behind a rate limit.
AGED = timedelta(minutes=15)
# After so many lost answers a mail is tried no more (one try, and three again).
LOST = 4


def _may_leave(now: datetime, orphans: bool = True) -> ColumnElement[bool]:
    """Rows that are due; with `orphans` also those whose lease ran out."""
    due = and_(_WAITING, outbox.c.due <= now)
    return or_(due, and_(_LEASED, outbox.c.lease_until < now)) if orphans else due


# The words of the index on what waits: unless they stand in the statement just so, SQLite does not see that the index
# holds all rows that are wanted, and reads every mail that was ever sent.
_INDEXED = text("outbox.state IN ('queued', 'leased', 'unknown')")
_QUEUED = and_(_INDEXED, outbox.c.state == literal_column("'queued'"))
_UNKNOWN = and_(_INDEXED, outbox.c.state == literal_column("'unknown'"), outbox.c.unknowns < LOST)
_LEASED = and_(_INDEXED, outbox.c.state == literal_column("'leased'"))
_WAITING = or_(_QUEUED, _UNKNOWN)
# Among so many of the oldest and of the newest that are due it is chosen who goes first: of a backlog of 100,000 not
# every row can be looked at for every 64 mails, and what somebody has just written is among the newest.
_WINDOW = 500


def _window(now: datetime) -> ColumnElement[bool]:
    queued = select(outbox.c.id).where(_QUEUED, outbox.c.due <= now)
    parts = (
        queued.order_by(outbox.c.due, outbox.c.id).limit(_WINDOW),
        queued.order_by(outbox.c.due.desc(), outbox.c.id.desc()).limit(_WINDOW),
        select(outbox.c.id).where(_UNKNOWN, outbox.c.due <= now).order_by(outbox.c.due).limit(_WINDOW),
        select(outbox.c.id).where(_LEASED, outbox.c.lease_until < now).limit(_WINDOW),
    )
    return outbox.c.id.in_(union_all(*(select(part.subquery().c.id) for part in parts)))


def _rank(now: datetime) -> ColumnElement[int]:
    """Who goes first: what a person wrote, what concerns a P1, and what has waited long; then letters to requesters;
    then notices to the desk's own people."""
    urgent = exists().where(ticket.c.id == outbox.c.ticket, ticket.c.priority == "P1")
    return case(
        (or_(outbox.c.automatic.is_(False), outbox.c.due <= now - AGED), 0),
        (urgent, 0),
        (outbox.c.audience.in_(("requester", "stranger")), 1),
        else_=2,
    )


def lease(
    connection: Connection,
    owner: str,
    now: datetime,
    until: datetime,
    limit: int,
    max_bytes: int,
    orphans: bool = True,
    probing: bool = False,
) -> list[Leased]:
    """Take up to `limit` rows that are due (or, with `orphans`, whose lease ran out), at most about `max_bytes` of
    mail. `probing`: one that was never tried first, else the one that was tried longest ago, so that no single mail
    can keep the relay from being found well."""
    order = (outbox.c.last_code.is_not(None), outbox.c.due) if probing else (_rank(now), outbox.c.due)
    statement = (
        select(outbox.c.id, func.length(outbox.c.raw))
        .where(_window(now), _may_leave(now, orphans))
        .order_by(*order, outbox.c.id)
        .limit(limit)
    )
    if connection.dialect.name == "postgresql":
        statement = statement.with_for_update(skip_locked=True, of=outbox)
    numbers: list[int] = []
    total = 0
    for number, size in connection.execute(statement):
        if numbers and total + size > max_bytes:
            break
        numbers.append(number)
        total += size
    if not numbers:
        return []
    # A lease that ran out means that its daemon died with the mail in hand: it may have been sent.
    connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(numbers))
        .values(state="leased", lease_owner=owner, lease_until=until, attempts=outbox.c.attempts + 1)
    )
    rows = connection.execute(
        select(
            outbox.c.id, outbox.c.ticket, outbox.c.template, outbox.c.recipient, outbox.c.automatic, outbox.c.raw,
            outbox.c.attempts, outbox.c.unknowns, outbox.c.created,
            func.coalesce(outbox.c.last_code, 0).between(500, 599).label("refused"),
        )
        .where(outbox.c.id.in_(numbers))
    )  # fmt: skip
    leased = {row.id: Leased(*row) for row in rows}
    return [leased[number] for number in numbers]


_MINE = (outbox.c.id == bindparam("number"), outbox.c.state == "leased", outbox.c.lease_owner == bindparam("owner"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one leased row."""

    number: int
    state: str
    code: int
    text: str
    due: datetime
    sent: datetime | None = None
    blame: bool = True
    unknown: bool = False


def record(connection: Connection, owner: str, fates: Iterable[Fate]) -> None:
    """Write results, guarded by the lease: a row that somebody else took over meanwhile is left to them."""
    rows = [
        {
            "number": each.number,
            "owner": owner,
            "new_state": each.state,
            "code": each.code,
            "words": each.text[:500],
            "new_due": each.due,
            "new_sent": each.sent,
            # An attempt that failed for the relay's sake counts against no mail.
            "forgiven": 0 if each.blame else 1,
            "one_unknown": 1 if each.unknown else 0,
        }
        for each in fates
    ]
    if not rows:
        return
    connection.execute(
        update(outbox)
        .where(*_MINE)
        .values(
            state=bindparam("new_state"),
            last_code=bindparam("code"),
            last_text=bindparam("words"),
            due=bindparam("new_due"),
            sent=bindparam("new_sent"),
            attempts=outbox.c.attempts - bindparam("forgiven"),
            unknowns=outbox.c.unknowns + bindparam("one_unknown"),
            lease_owner=None,
            lease_until=None,
        ),
        rows,
    )


def mine(connection: Connection, owner: str, numbers: Sequence[int]) -> set[int]:
    """Those of these rows that this daemon still holds: the others have their result, or somebody else has them."""
    still = select(outbox.c.id).where(outbox.c.id.in_(list(numbers)), *_MINE[1:2], outbox.c.lease_owner == owner)
    return set(connection.execute(still).scalars())


def renew(connection: Connection, owner: str, now: datetime, until: datetime) -> int:
    """Prolong the leases of a daemon that is alive; how many. One that has run out stays so: others may be at it."""
    return connection.execute(
        update(outbox)
        .where(_LEASED, outbox.c.lease_owner == owner, outbox.c.lease_until >= now)
        .values(lease_until=until)
    ).rowcount


def leased(connection: Connection, owner: str) -> bool:
    """Whether this daemon holds any lease."""
    statement = select(outbox.c.id).where(_LEASED, outbox.c.lease_owner == owner).limit(1)
    return connection.execute(statement).scalar() is not None


def adopt(connection: Connection, now: datetime) -> int:
    """At the start of the only daemon on a database: what a dead one had in hand is due now. How many rows.

    Those mails may have been sent already: this is the one second copy that a kill may cause (DESIGN §4).
    """
    return connection.execute(
        update(outbox)
        .where(outbox.c.state == "leased")
        .values(state="queued", due=now, lease_owner=None, lease_until=None)
    ).rowcount


def release(connection: Connection, owner: str, now: datetime) -> None:
    """Give back what this daemon leased and did not hand to the relay (at a clean stop)."""
    connection.execute(
        update(outbox)
        .where(_LEASED, outbox.c.lease_owner == owner)
        .values(state="queued", due=now, attempts=outbox.c.attempts - 1, lease_owner=None, lease_until=None)
    )


def bring_back(connection: Connection, now: datetime) -> int:
    """Mails that are to leave later than any back-off reaches were dated by a clock that was ahead: due now."""
    return connection.execute(
        update(outbox).where(outbox.c.state.in_(("queued", "unknown")), outbox.c.due > now + _FARTHEST).values(due=now)
    ).rowcount


def next_due(connection: Connection) -> datetime | None:
    """When the next mail may leave, or the next lease runs out."""
    first = (
        select(func.min(outbox.c.due)).where(_QUEUED),
        select(func.min(outbox.c.due)).where(_UNKNOWN),
        select(func.min(outbox.c.lease_until)).where(_LEASED),
    )
    moments = [moment for each in first if (moment := connection.execute(each).scalar()) is not None]
    return min(moments) if moments else None


def overdue(connection: Connection, now: datetime) -> tuple[datetime | None, str]:
    """Since when the oldest mail waits that could have left by now (None: none does), and what the relay last said to
    one that waits for the relay's sake."""
    never = and_(_QUEUED, outbox.c.attempts == 0, outbox.c.due <= now)
    fresh = connection.execute(select(func.min(outbox.c.created)).where(never)).scalar()
    later = connection.execute(
        select(func.min(outbox.c.due)).where(_WAITING, or_(outbox.c.attempts > 0, outbox.c.state == "unknown"))
    ).scalar()
    dead = connection.execute(select(func.min(outbox.c.lease_until)).where(_LEASED)).scalar()
    late = [moment for moment in (fresh, later, dead) if moment is not None and moment <= now]
    said = connection.execute(
        select(outbox.c.last_code, outbox.c.last_text)
        .where(never, outbox.c.last_code.is_not(None))
        .order_by(outbox.c.due.desc())
        .limit(1)
    ).one_or_none()
    return min(late) if late else None, f"{said[0] or ''} {said[1]}".strip() if said is not None else ""


def untried(connection: Connection, now: datetime) -> bool:
    """Whether a mail is due of which the relay has never said anything."""
    statement = select(outbox.c.id).where(_may_leave(now), outbox.c.last_code.is_(None)).limit(1)
    return connection.execute(statement).scalar() is not None


def retry(connection: Connection, number: int, now: datetime) -> bool:
    """Queue a failed, held or waiting row again with the same bytes; False if it was sent or is being sent.

    It counts as never tried, so that it is the next that a relay in trouble is asked about.
    """
    done = connection.execute(
        update(outbox)
        .where(outbox.c.id == number, outbox.c.state.in_(("queued", "failed", "held", "unknown")))
        .values(state="queued", due=now, attempts=0, unknowns=0, last_code=None, reason="")
    )
    return done.rowcount == 1


def cancel(connection: Connection, number: int, now: datetime, reason: str) -> bool:
    """Keep a row from ever leaving; False if it was sent, is cancelled, failed, or somebody is sending it right now.

    A lease that ran out is nobody's; its late holder records nothing any more.
    """
    free = or_(
        outbox.c.state.in_(("queued", "held", "unknown")), and_(outbox.c.state == "leased", outbox.c.lease_until < now)
    )
    done = connection.execute(
        update(outbox)
        .where(outbox.c.id == number, free)
        .values(state="cancelled", reason=reason, lease_owner=None, lease_until=None)
    )
    return done.rowcount == 1


def hold_all(connection: Connection, reason: str) -> int:
    """Hold whatever might leave by itself; how many rows. Of a database that was put back, they may have left since."""
    free = update(outbox).where(outbox.c.state.in_(("queued", "leased", "unknown")))
    return connection.execute(free.values(state="held", reason=reason, lease_owner=None, lease_until=None)).rowcount


# A pile of the first day holds back notices by the hundred thousand: summaries take them in parts.
def mark(connection: Connection, numbers: Sequence[int], state: str, reason: str) -> set[int]:
    """Give held rows another state and reason; those that were still held, so that two daemons do not both do it."""
    if not numbers:
        return set()
    still = update(outbox).where(outbox.c.id.in_(list(numbers)), outbox.c.state == "held")
    return set(connection.execute(still.values(state=state, reason=reason).returning(outbox.c.id)).scalars())
