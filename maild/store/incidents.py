"""Mass incidents, and the reports that may be some. Writes incident."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite

from maild.model import Incident, Member, Signature, Words
from maild.store.schema import address, entry, field, history, incident, ticket

# A report is compared by its beginning; one that lies behind others that were committed before it is still seen.
_CHARACTERS = 600
_OVERLAP = 50
# Any number that is nobody else's lock.
_LOCK = 7_203_117


def save(connection: Connection, number: int, value: Incident) -> None:
    """Write what stands on record of the mass incident of this ticket."""
    row = {
        "ticket": number,
        "state": value.state,
        "title_en": value.title.en,
        "title_zh": value.title.zh,
        "known_by": {
            "anchor": value.known_by.anchor,
            "words": dict(value.known_by.words),
            "pairs": [list(pair) for pair in value.known_by.pairs],
        },
        "reports": list(value.reports),
        "restricted": value.restricted,
        "told": value.told,
        "contested": value.contested,
        "since": value.since,
        "at": value.at,
    }
    statement = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(incident)
    changed = {name: statement.excluded[name] for name in row if name != "ticket"}
    connection.execute(statement.on_conflict_do_update(index_elements=["ticket"], set_=changed), row)


_LOAD = select(incident).where(incident.c.ticket == bindparam("number"))
_OPEN = select(incident).where(incident.c.state == "open").order_by(incident.c.ticket.desc())


def load(connection: Connection, number: int) -> Incident | None:
    row = connection.execute(_LOAD, {"number": number}).one_or_none()
    return None if row is None else _made(row)


def are_open(connection: Connection) -> tuple[Incident, ...]:
    """The accepted ones that are not over, newest first."""
    return tuple(_made(row) for row in connection.execute(_OPEN))


def lively(connection: Connection, since: datetime) -> list[Incident]:
    """The proposed and the open ones, and those declined since then."""
    declined = (incident.c.state == "declined") & (incident.c.at > since)
    wanted = select(incident).where(or_(incident.c.state.in_(("proposed", "open")), declined))
    return [_made(row) for row in connection.execute(wanted.order_by(incident.c.ticket))]


def _made(row: Row[Any]) -> Incident:
    known = row.known_by
    return Incident(
        ticket=row.ticket,
        state=row.state,
        title=Words(row.title_en, row.title_zh),
        known_by=Signature(known["anchor"], known["words"], tuple((one, other) for one, other in known["pairs"])),
        reports=tuple(row.reports),
        restricted=row.restricted,
        told=row.told,
        contested=row.contested,
        since=row.since,
        at=row.at,
    )


_NEWEST = select(func.max(ticket.c.id))


def newest_ticket(connection: Connection) -> int:
    """The highest ticket number; 0 as long as there is none."""
    return int(connection.execute(_NEWEST).scalar() or 0)


def reports(connection: Connection, above: int, limit: int) -> list[Row[Any]]:
    """The newest reports above a ticket number (some before it too, for those that were committed late), oldest first:
    (ticket, at, requester, internal, person, category, team, restricted, subject, text)."""
    first = entry.c.n == 1
    statement = (
        select(
            ticket.c.id.label("ticket"), ticket.c.created.label("at"), ticket.c.requester, ticket.c.internal,
            address.c.person, ticket.c.category, ticket.c.team, ticket.c.restricted, ticket.c.subject,
            func.substr(entry.c.new_text, 1, _CHARACTERS).label("text"),
        )
        .join(entry, (entry.c.ticket == ticket.c.id) & first)
        .outerjoin(address, address.c.address == func.lower(ticket.c.requester))
        .where(ticket.c.id > above - _OVERLAP, ticket.c.kind == "report")
        .order_by(ticket.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return list(reversed(connection.execute(statement).all()))


def children(connection: Connection, parents: Collection[int]) -> dict[int, int]:
    """The reports of these mass incidents, each with its parent."""
    if not parents:
        return {}
    rows = connection.execute(select(ticket.c.id, ticket.c.parent).where(ticket.c.parent.in_(list(parents))))
    return {row.id: row.parent for row in rows}


def let_go(connection: Connection, numbers: Collection[int]) -> set[int]:
    """Those of these reports that belonged to a mass incident once and were taken out of it, by whoever it was."""
    if not numbers:
        return set()
    gone = (history.c.what == "incident", history.c.was != "", history.c.becomes == "")
    return set(connection.execute(select(history.c.ticket).where(history.c.ticket.in_(list(numbers)), *gone)).scalars())


def not_closed(connection: Connection, parent: int) -> int:
    """How many reports of a mass incident are not closed."""
    wanted = select(func.count()).where(ticket.c.parent == parent, ticket.c.state != "closed")
    return int(connection.execute(wanted).scalar_one())


def members_of(connection: Connection, parent: int) -> tuple[Member, ...]:
    """The reports that belong to a mass incident, oldest first."""
    return _members(connection, ticket.c.parent == parent)


def members(connection: Connection, numbers: Iterable[int]) -> tuple[Member, ...]:
    """These tickets, as far as they exist, oldest first."""
    return _members(connection, ticket.c.id.in_(sorted(set(numbers))))


def _members(connection: Connection, which: Any) -> tuple[Member, ...]:
    department = (field.c.ticket == ticket.c.id) & (field.c.name == "department")
    rows = connection.execute(
        select(ticket, field.c.value.label("department"))
        .outerjoin(field, department)
        .where(which)
        .order_by(ticket.c.id)
    )
    return tuple(
        Member(
            ticket=row.id,
            title=row.subject,
            department=row.department or "",
            at=row.created,
            state=row.state,
            restricted=row.restricted,
            team=row.team,
            parent=row.parent,
            kind=row.kind,
            merged=row.merged_into is not None,
            internal=row.internal,
        )
        for row in rows
    )


def one_at_a_time(connection: Connection) -> None:
    """Until this transaction ends nobody else proposes incidents; on SQLite there is nobody else."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
