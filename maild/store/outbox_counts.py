"""How much mail goes out, and to whom: what budgets and the relay's limit of mails a minute count. Reads outbox."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, case, func, or_, select

from maild.store.schema import outbox

# Statements of the way of every mail are built once: building and hashing one costs more than SQLite takes to run it.
# What budgets count. The clock may have been put back: a mail dated later than now (but for what clocks of several
# daemons differ) says nothing of the last hour, and must not keep people waiting for a day.
_AHEAD = timedelta(minutes=5)
_COUNTED = (
    outbox.c.recipient == bindparam("whom"),
    outbox.c.automatic.is_(True),
    outbox.c.state.not_in(("held", "cancelled")),
    outbox.c.created <= bindparam("until"),
)
# What agents, leads and admins get as such says nothing of what they get as people who report something themselves.
_TO_PEOPLE = outbox.c.audience.not_in(("agent", "lead", "admin"))
_SINCE = select(func.count()).select_from(
    select(outbox.c.created)
    .where(*_COUNTED, outbox.c.created > bindparam("since"))
    .limit(bindparam("enough"))
    .subquery()
)
_HOUR_AND_DAY = select(
    func.count(case((outbox.c.created > bindparam("hour"), 1))),
    func.count(),
).where(*_COUNTED, _TO_PEOPLE, outbox.c.created > bindparam("day"))


def automatic_since(connection: Connection, recipient: str, since: datetime, now: datetime, enough: int) -> int:
    """Automatic mails to an address since then, but held ones; counted up to `enough`, since more says nothing new."""
    known = {"whom": recipient, "since": since, "until": now + _AHEAD, "enough": enough}
    return int(connection.execute(_SINCE, known).scalar_one())


def automatic_in(
    connection: Connection, recipient: str, hour: datetime, day: datetime, now: datetime
) -> tuple[int, int]:
    """Automatic mails to an address since `hour` and since `day`, but held ones and what goes to the desk's own people
    as such (budgets count from here)."""
    known = {"whom": recipient, "hour": hour, "day": day, "until": now + _AHEAD}
    row = connection.execute(_HOUR_AND_DAY, known).one()
    return int(row[0]), int(row[1])


def automatic_to_person(
    connection: Connection, local: str, domain: str, hour: datetime, day: datetime, now: datetime
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
            _TO_PEOPLE,
            outbox.c.created > day,
        ),
        {"until": now + _AHEAD},
    ).one()
    return int(row[0]), int(row[1])


def to_strangers(connection: Connection, since: datetime, now: datetime) -> int:
    return int(
        connection.execute(
            select(func.count()).where(
                outbox.c.audience == "stranger",
                outbox.c.created > since,
                outbox.c.created <= now + _AHEAD,
                outbox.c.state.not_in(("held", "cancelled")),
            )
        ).scalar_one()
    )


def sent_lately(connection: Connection, since: datetime, now: datetime) -> int:
    """How many mails have gone out since then, or are being sent, by all daemons on this database. Until the caller's
    transaction ends, no other daemon counts: two would else both find room for the same mails."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_COUNTING)))
    gone = connection.execute(select(func.count()).where(outbox.c.sent > since)).scalar_one()
    going = connection.execute(
        select(func.count()).where(outbox.c.state == "leased", outbox.c.lease_until >= now)
    ).scalar_one()
    return int(gone) + int(going)


# Key of the advisory lock (pg_advisory_xact_lock) of PostgreSQL under which mails a minute are counted.
_COUNTING = 0x6D61696C64


def has_for(connection: Connection, inbound: int) -> bool:
    """Whether this inbound mail has led to a mail before."""
    return connection.execute(select(outbox.c.id).where(outbox.c.inbound == inbound).limit(1)).scalar() is not None
