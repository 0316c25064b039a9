"""Tickets and what hangs on them. Writes ticket, entry, attachment, history, field, participant and link."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from maild.model import Address, Attachment, Clock, Entry, Field, History, Ticket, Waiting, Words
from maild.store.schema import attachment, entry, field, history, link, participant, ticket
from maild.store.types import clean

_COLUMNS = tuple(column for column in ticket.c if column.name != "id")


_LOAD = select(ticket).where(ticket.c.id == bindparam("number"))
_LOAD_LOCKED = _LOAD.with_for_update()
_FIELDS = select(field.c.name, field.c.value, field.c.source, field.c.confidence, field.c.former).where(
    field.c.ticket == bindparam("number")
)


def load(connection: Connection, number: int, lock: bool = False) -> Ticket | None:
    """A ticket with its fields; `lock` holds it until the transaction ends (its row first, before any other lock)."""
    statement = _LOAD_LOCKED if lock and connection.dialect.name == "postgresql" else _LOAD
    row = connection.execute(statement, {"number": number}).one_or_none()
    return None if row is None else replace(from_row(row), fields=fields_of(connection, number))


def from_row(row: Row[Any]) -> Ticket:
    """A ticket without its fields."""
    return from_values(row._asdict())


def from_values(m: Mapping[str, Any]) -> Ticket:
    """A ticket without its fields, from the values of its columns."""
    return Ticket(
        id=m["id"],
        state=m["state"],
        outcome=m["outcome"],
        subject=m["subject"],
        requester=Address(m["requester"], m["requester_name"]),
        internal=m["internal"],
        language=m["language"],
        zone=m["zone"],
        category=m["category"],
        urgency=m["urgency"],
        impact=m["impact"],
        importance=m["importance"],
        priority=m["priority"],
        priority_locked=m["priority_locked"],
        priority_by=m["priority_by"],
        reasons=tuple(Words(*pair) for pair in m["reasons"]),
        restricted=m["restricted"],
        team=m["team"],
        assignee=m["assignee"],
        tier=m["tier"],
        created=m["created"],
        responded=m["responded"],
        resolved=m["resolved"],
        closed=m["closed"],
        response=_clock(m["response"]),
        resolution=_clock(m["resolution"]),
        promise=m["promise"],
        hold_until=m["hold_until"],
        asked=tuple(m["asked"]),
        owes=m["owes"],
        summary=m["summary"],
        reopened=m["reopened"],
        rating=m["rating"],
        chased=m["chased"],
        escalations=m["escalations"],
        merged_into=m["merged_into"],
        kind=m["kind"],
        parent=m["parent"],
        approver=m["approver"],
        channel=m["channel"],
    )


def values_of(value: Ticket) -> dict[str, Any]:
    """The columns of a ticket, but for its number."""
    values = {column.name: getattr(value, column.name, None) for column in _COLUMNS}
    values["requester"], values["requester_name"] = value.requester.address, value.requester.name
    values["reasons"] = [[words.en, words.zh] for words in value.reasons]
    values["response"], values["resolution"] = _clock_value(value.response), _clock_value(value.resolution)
    values["asked"] = list(value.asked)
    return values


def _clock(value: Mapping[str, Any]) -> Clock:
    since = value.get("since")
    return Clock(
        value["target"],
        value["spent"],
        datetime.fromisoformat(since) if since else None,
        value["calendar"],
        value.get("told", 0.0),
    )


def _clock_value(clock: Clock) -> dict[str, Any]:
    return {**asdict(clock), "since": clock.since.isoformat() if clock.since else None}


_INSERT = insert(ticket)
_UPDATE = update(ticket).where(ticket.c.id == bindparam("number"))


def save(connection: Connection, value: Ticket) -> Ticket:
    """Insert a blank ticket, which then has its number, or write the new state of one that has."""
    if value.id is None:
        number = connection.execute(_INSERT, values_of(value)).inserted_primary_key
        if number is None:
            raise RuntimeError("the database gave no number to a new ticket")
        return replace(value, id=int(number[0]))
    connection.execute(_UPDATE, {**values_of(value), "number": value.id})
    return value


_REPORT = select(entry.c.new_text).where(entry.c.ticket == bindparam("number")).order_by(entry.c.n).limit(1)


def report_of(connection: Connection, number: int) -> str:
    """What was written when the ticket was opened: the new text of its first entry."""
    return str(connection.execute(_REPORT, {"number": number}).scalar() or "")


def has_history(connection: Connection, number: int, what: str) -> bool:
    """Whether the ticket's history has a line of that kind."""
    wanted = select(history.c.id).where(history.c.ticket == number, history.c.what == what).limit(1)
    return connection.execute(wanted).scalar() is not None


_INSERT_ENTRY, _INSERT_HISTORY = insert(entry), insert(history)


def add_entries(
    connection: Connection,
    number: int,
    entries: Sequence[Entry],
    attachments: Sequence[Attachment],
    inbound: int | None,
    when: datetime,
    new: bool,
) -> None:
    """Write contributions in order; those that came with files get the mail's attachments."""
    if not entries:
        return
    first = 1
    if not new:
        first += connection.execute(select(func.count()).where(entry.c.ticket == number)).scalar_one()
    for n, each in enumerate(entries, first):
        key = connection.execute(
            _INSERT_ENTRY,
            {
                "ticket": number,
                "n": n,
                "at": when,
                "direction": each.direction,
                "visibility": each.visibility,
                "author": each.author.address,
                "author_name": each.author.name,
                "role": each.role,
                "text": each.text,
                "new_text": each.new_text,
                "message_id": each.message_id,
                "inbound": inbound,
            },
        ).inserted_primary_key
        if each.attachments and attachments and key is not None:
            connection.execute(
                insert(attachment),
                [
                    {
                        "entry": key[0],
                        "inbound": inbound,
                        "part": part.index,
                        "filename": part.filename,
                        "content_type": part.content_type,
                        "size": part.size,
                        "sha256": part.sha256,
                        "inline": part.inline,
                        "decoration": part.decoration,
                    }
                    for part in attachments
                ],
            )


def add_history(
    connection: Connection, number: int, lines: Sequence[History], inbound: int | None, when: datetime, new: bool
) -> None:
    """Append lines, each chained to the one before by hash, so that a line changed or removed shows."""
    if not lines:
        return
    chain = ""
    if not new:
        chain = (
            connection.execute(
                select(history.c.chain).where(history.c.ticket == number).order_by(history.c.id.desc()).limit(1)
            ).scalar()
            or ""
        )
    rows = []
    for line in lines:
        chain = chained(chain, number, when, line)
        rows.append(
            {
                "ticket": number,
                "at": when,
                "what": line.what,
                "was": line.was,
                "becomes": line.becomes,
                "who": line.who,
                "why": line.why,
                "inbound": inbound,
                "chain": chain,
            }
        )
    connection.execute(_INSERT_HISTORY, rows)


def chained(before: str, number: int, when: datetime, line: History) -> str:
    """The hash of one line of history behind the line before it."""
    parts = (before, str(number), when.isoformat(), line.what, line.was, line.becomes, line.who, line.why)
    return sha256("\0".join(clean(part) for part in parts).encode()).hexdigest()


def _replacing(insert_into: Any) -> Any:
    statement = insert_into(field)
    return statement.on_conflict_do_update(
        index_elements=["ticket", "name"],
        set_={name: statement.excluded[name] for name in ("value", "source", "confidence", "former", "at")},
    )


_PUT_FIELD = {"postgresql": _replacing(postgresql.insert), "sqlite": _replacing(sqlite.insert)}


def put_fields(connection: Connection, number: int, fields: Iterable[Field], when: datetime) -> None:
    """Insert or replace fields by name."""
    rows = [
        {"ticket": number, "name": each.name, "value": each.value, "source": each.source,
         "confidence": each.confidence, "former": list(each.former), "at": when}
        for each in fields
    ]  # fmt: skip
    if rows:
        connection.execute(_PUT_FIELD[connection.dialect.name], rows)


def add_links(connection: Connection, number: int, links: Iterable[tuple[int, str]], when: datetime) -> None:
    rows = [{"source": number, "target": target, "kind": kind, "at": when} for target, kind in links]
    if rows:
        connection.execute(insert(link), rows)


def add_writers(connection: Connection, number: int, writers: Iterable[Address]) -> None:
    """People who may write on the ticket from now on; nobody is listed twice."""
    _participate(connection, number, writers, reads=False)


def add_readers(connection: Connection, number: int, readers: Iterable[Address]) -> None:
    """Participants who get the desk's words to the requester too."""
    _participate(connection, number, readers, reads=True)


def _participate(connection: Connection, number: int, people: Iterable[Address], reads: bool) -> None:
    rows = [
        {"ticket": number, "address": each.key, "name": each.name, "writes": True, "reads": reads} for each in people
    ]
    if not rows:
        return
    statement = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(participant)
    if reads:
        key = ["ticket", "address"]
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_={"reads": True}), rows)
    else:
        connection.execute(statement.on_conflict_do_nothing(), rows)


_PARTICIPANTS = select(participant).where(participant.c.ticket == bindparam("number"))


def participants(connection: Connection, number: int) -> list[tuple[Address, bool, bool]]:
    """(who, may write, gets mail) of everybody beside the requester."""
    rows = connection.execute(_PARTICIPANTS, {"number": number})
    return [(Address(row.address, row.name), row.writes, row.reads) for row in rows]


def put_back(
    connection: Connection, number: int, people: Iterable[tuple[Address, bool, bool]], since: datetime
) -> None:
    """Who was on the ticket is on it again, and nobody else; what was linked at that moment is linked no more."""
    connection.execute(delete(participant).where(participant.c.ticket == number))
    rows = [
        {"ticket": number, "address": who.key, "name": who.name, "writes": writes, "reads": reads}
        for who, writes, reads in people
    ]
    if rows:
        connection.execute(insert(participant), rows)
    connection.execute(delete(link).where(link.c.source == number, link.c.at == since))


def entries(connection: Connection, number: int) -> Sequence[Any]:
    return connection.execute(select(entry).where(entry.c.ticket == number).order_by(entry.c.n)).all()


_WAITING = (
    select(entry.c.author, entry.c.author_name, entry.c.inbound)
    .where(
        entry.c.ticket == bindparam("number"),
        entry.c.role == "colleague",
        entry.c.author.not_in(
            select(participant.c.address).where(participant.c.ticket == bindparam("number"), participant.c.writes)
        ),
    )
    .order_by(entry.c.n)
)


def waiting(connection: Connection, number: int) -> tuple[Waiting, ...]:
    """Mails of colleagues whom nobody has let in yet, oldest first."""
    rows = connection.execute(_WAITING, {"number": number}).all()
    return tuple(Waiting(Address(row.author, row.author_name), row.inbound or 0) for row in rows)


def publish(connection: Connection, number: int, mails: Sequence[int]) -> None:
    """What these mails said on the ticket is public from now on, as a participant's words are."""
    if mails:
        theirs = (entry.c.ticket == number, entry.c.role == "colleague", entry.c.inbound.in_(mails))
        connection.execute(update(entry).where(*theirs).values(visibility="public", role="requester"))


_ENTRY_IDS = (
    select(entry.c.author, entry.c.role, entry.c.message_id, entry.c.at)
    .where(entry.c.ticket == bindparam("number"), entry.c.message_id != "")
    .order_by(entry.c.n)
)


def entry_ids(connection: Connection, number: int) -> Sequence[Any]:
    """(author, role, message_id) of a ticket's contributions, oldest first, for threading what goes out."""
    return connection.execute(_ENTRY_IDS, {"number": number}).all()


def history_of(connection: Connection, number: int) -> Sequence[Any]:
    return connection.execute(select(history).where(history.c.ticket == number).order_by(history.c.id)).all()


def attachments_of(connection: Connection, number: int) -> Sequence[Any]:
    return connection.execute(
        select(attachment)
        .join(entry, entry.c.id == attachment.c.entry)
        .where(entry.c.ticket == number)
        .order_by(attachment.c.id)
    ).all()


def links_of(connection: Connection, number: int) -> Sequence[Any]:
    return connection.execute(select(link).where((link.c.source == number) | (link.c.target == number))).all()


_EXISTING = select(ticket.c.id, ticket.c.merged_into).where(ticket.c.id.in_(bindparam("numbers", expanding=True)))


def existing(connection: Connection, numbers: Iterable[int]) -> dict[int, int | None]:
    """Which of these tickets exist, each with the ticket that it was merged into."""
    wanted = list(numbers)
    if not wanted:
        return {}
    rows = connection.execute(_EXISTING, {"numbers": wanted})
    return {row[0]: row[1] for row in rows}


def load_by_agent(connection: Connection) -> dict[str, int]:
    """Open tickets per assignee."""
    rows = connection.execute(
        select(ticket.c.assignee, func.count())
        .where(ticket.c.assignee.is_not(None), ticket.c.state.in_(("new", "open", "pending", "on_hold")))
        .group_by(ticket.c.assignee)
    )
    return {row[0]: row[1] for row in rows}


def urgent_of(connection: Connection, agent: str) -> tuple[int, ...]:
    """The P1 and P2 that an agent has in work, oldest first."""
    rows = connection.execute(
        select(ticket.c.id)
        .where(ticket.c.assignee == agent, ticket.c.state.in_(("new", "open")), ticket.c.priority.in_(("P1", "P2")))
        .order_by(ticket.c.id)
    )
    return tuple(rows.scalars())


_NEWEST_OF = (
    select(ticket.c.id, ticket.c.language, ticket.c.created)
    .where(ticket.c.requester.in_(bindparam("whom", expanding=True)))
    .order_by(ticket.c.id.desc())
    .limit(1)
)


def newest_of(connection: Connection, requester: Iterable[str]) -> Any:
    """The latest earlier ticket of the person with these addresses: what they told us before stands there."""
    return connection.execute(_NEWEST_OF, {"whom": [*dict.fromkeys(requester)]}).one_or_none()


def fields_of(connection: Connection, number: int) -> dict[str, Field]:
    return {row[0]: Field(*row[:4], tuple(row[4])) for row in connection.execute(_FIELDS, {"number": number})}


def listing(connection: Connection, states: Sequence[str], limit: int, **equal: str) -> list[Ticket]:
    """The newest tickets in these states, optionally of one team, assignee or requester."""
    statement = select(ticket).where(ticket.c.state.in_(states)).order_by(ticket.c.id.desc()).limit(limit)
    for name, value in equal.items():
        statement = statement.where(ticket.c[name] == value)
    return [from_row(row) for row in connection.execute(statement)]


def codes_in_use(connection: Connection) -> tuple[set[str], set[str], set[str]]:
    """Categories, teams and assignees that live tickets name: config.toml may not drop them silently."""
    rows = connection.execute(
        select(ticket.c.category, ticket.c.team, ticket.c.assignee).where(ticket.c.state != "closed").distinct()
    ).all()
    return {row[0] for row in rows}, {row[1] for row in rows if row[1]}, {row[2] for row in rows if row[2]}


def counts(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(ticket.c.state, func.count()).group_by(ticket.c.state))
    return {row[0]: row[1] for row in rows}
