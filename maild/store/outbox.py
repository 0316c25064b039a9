"""Mail that is to leave: one row, one recipient, one fate, bytes fixed for ever. Writes outbox.

States: queued → leased → sent | failed | unknown (the answer to the final dot was lost) → leased …; held, cancelled.
Whoever holds a lease records its result; a lease that ran out is anybody's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, func, insert, or_, select, update

from maild.store.schema import outbox

# The letter that asks an agent whether a mail in their name is theirs.
QUESTION = "agent/confirm_command"


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
    """A row that this daemon may send until its lease runs out."""

    id: int
    ticket: int | None
    template: str
    recipient: str
    automatic: bool
    raw: bytes
    attempts: int
    unknowns: int
    created: datetime


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


def has_for(connection: Connection, inbound: int) -> bool:
    """Whether this inbound mail has led to a mail before."""
    return connection.execute(select(outbox.c.id).where(outbox.c.inbound == inbound).limit(1)).scalar() is not None


def lease(
    connection: Connection, owner: str, now: datetime, until: datetime, limit: int, max_bytes: int
) -> list[Leased]:
    """Take up to `limit` rows that are due (or whose lease ran out), at most about `max_bytes` of mail."""
    statement = (
        select(outbox.c.id, func.length(outbox.c.raw))
        .where(
            or_(
                and_(outbox.c.state.in_(("queued", "unknown")), outbox.c.due <= now),
                and_(outbox.c.state == "leased", outbox.c.lease_until < now),
            )
        )
        .order_by(outbox.c.due, outbox.c.id)
        .limit(limit)
    )
    if connection.dialect.name == "postgresql":
        statement = statement.with_for_update(skip_locked=True)
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
        )
        .where(outbox.c.id.in_(numbers))
        .order_by(outbox.c.due, outbox.c.id)
    )  # fmt: skip
    return [Leased(*row) for row in rows]


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


def renew(connection: Connection, owner: str, now: datetime, until: datetime) -> int:
    """Prolong the leases of a daemon that is alive; how many. One that has run out stays so: others may be at it."""
    return connection.execute(
        update(outbox)
        .where(outbox.c.state == "leased", outbox.c.lease_owner == owner, outbox.c.lease_until >= now)
        .values(lease_until=until)
    ).rowcount


def leased(connection: Connection, owner: str) -> bool:
    """Whether this daemon holds any lease."""
    statement = select(outbox.c.id).where(outbox.c.state == "leased", outbox.c.lease_owner == owner).limit(1)
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
        .where(outbox.c.state == "leased", outbox.c.lease_owner == owner)
        .values(state="queued", due=now, attempts=outbox.c.attempts - 1, lease_owner=None, lease_until=None)
    )


def next_due(connection: Connection) -> datetime | None:
    """When the next mail may leave, or the next lease runs out."""
    queued = connection.execute(
        select(func.min(outbox.c.due)).where(outbox.c.state.in_(("queued", "unknown")))
    ).scalar()
    leased = connection.execute(select(func.min(outbox.c.lease_until)).where(outbox.c.state == "leased")).scalar()
    moments = [moment for moment in (queued, leased) if moment is not None]
    return min(moments) if moments else None


# Statements of the way of every mail are built once: building and hashing one costs more than SQLite takes to run it.
_COUNTED = (
    outbox.c.recipient == bindparam("whom"),
    outbox.c.automatic.is_(True),
    outbox.c.state.not_in(("held", "cancelled")),
)
_SINCE = select(func.count()).select_from(
    select(outbox.c.created)
    .where(*_COUNTED, outbox.c.created > bindparam("since"))
    .limit(bindparam("enough"))
    .subquery()
)
_HOUR_AND_DAY = select(
    func.count(case((outbox.c.created > bindparam("hour"), 1))),
    func.count(),
).where(*_COUNTED, outbox.c.created > bindparam("day"))


def automatic_since(connection: Connection, recipient: str, since: datetime, enough: int) -> int:
    """Automatic mails to an address since then, but held ones; counted up to `enough`, since more says nothing new."""
    return int(connection.execute(_SINCE, {"whom": recipient, "since": since, "enough": enough}).scalar_one())


def automatic_in(connection: Connection, recipient: str, hour: datetime, day: datetime) -> tuple[int, int]:
    """Automatic mails to an address since `hour` and since `day`, but held ones (budgets count from here)."""
    row = connection.execute(_HOUR_AND_DAY, {"whom": recipient, "hour": hour, "day": day}).one()
    return int(row[0]), int(row[1])


def automatic_to_person(
    connection: Connection, local: str, domain: str, hour: datetime, day: datetime
) -> tuple[int, int]:
    """As automatic_in(), for all of `local@domain` and `local+anything@domain`."""
    row = connection.execute(
        select(func.count(case((outbox.c.created > hour, 1))), func.count()).where(
            or_(
                outbox.c.recipient == f"{local}@{domain}",
                and_(
                    outbox.c.recipient.startswith(f"{local}+", autoescape=True),
                    outbox.c.recipient.endswith(f"@{domain}", autoescape=True),
                ),
            ),
            *_COUNTED[1:],
            outbox.c.created > day,
        )
    ).one()
    return int(row[0]), int(row[1])


def sent_to_strangers(connection: Connection, since: datetime) -> int:
    return int(
        connection.execute(
            select(func.count()).where(
                outbox.c.audience == "stranger", outbox.c.created > since, outbox.c.state.not_in(("held", "cancelled"))
            )
        ).scalar_one()
    )


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
    columns = (outbox.c.id, outbox.c.ticket, outbox.c.recipient, outbox.c.template, outbox.c.audience)
    return connection.execute(
        select(*columns).where(or_(outbox.c.message_id == message_id, outbox.c.reference == message_id)).limit(1)
    ).one_or_none()


def asked_since(connection: Connection, recipient: str, since: datetime) -> int:
    """How many confirmations were asked of an agent since then, whatever was answered."""
    return int(
        connection.execute(
            select(func.count()).where(
                outbox.c.recipient == recipient, outbox.c.template == QUESTION, outbox.c.created > since
            )
        ).scalar_one()
    )


def asked_about(connection: Connection, message_ids: Sequence[str], recipient: str) -> int:
    """The inbound mail about which the question asks that is answered by a mail with these ids, newest first.

    0 if the newest of our mails among them is no such question, or was not put to this recipient.
    """
    columns = (outbox.c.message_id, outbox.c.reference, outbox.c.inbound, outbox.c.template, outbox.c.recipient)
    rows = connection.execute(
        select(*columns).where(or_(outbox.c.message_id.in_(message_ids), outbox.c.reference.in_(message_ids)))
    ).all()
    ours = {one: row for row in rows for one in (row.message_id, row.reference)}
    row = next((ours[one] for one in message_ids if one in ours), None)
    if row is None or row.template != QUESTION or row.recipient != recipient:
        return 0
    return int(row.inbound or 0)


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


def retry(connection: Connection, number: int, now: datetime) -> bool:
    """Queue a failed, held or waiting row again with the same bytes; False if it was sent or is being sent."""
    done = connection.execute(
        update(outbox)
        .where(outbox.c.id == number, outbox.c.state.in_(("queued", "failed", "held", "unknown")))
        .values(state="queued", due=now, attempts=0, reason="")
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
_HELD_AT_ONCE = 10_000


def held_since(connection: Connection, reason: str, before: datetime) -> Sequence[Any]:
    """The oldest rows held for a reason, for the summaries: (id, recipient, audience, ticket, subject, template,
    created)."""
    return connection.execute(
        select(
            outbox.c.id, outbox.c.recipient, outbox.c.audience, outbox.c.ticket, outbox.c.subject, outbox.c.template,
            outbox.c.created,
        )
        .where(outbox.c.state == "held", outbox.c.reason == reason, outbox.c.created < before)
        .order_by(outbox.c.id)
        .limit(_HELD_AT_ONCE)
    ).all()  # fmt: skip


def mark(connection: Connection, numbers: Sequence[int], state: str, reason: str) -> set[int]:
    """Give held rows another state and reason; those that were still held, so that two daemons do not both do it."""
    if not numbers:
        return set()
    still = update(outbox).where(outbox.c.id.in_(list(numbers)), outbox.c.state == "held")
    return set(connection.execute(still.values(state=state, reason=reason).returning(outbox.c.id)).scalars())


def counts(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return {row[0]: row[1] for row in rows}
