"""What a ticket was like before a command mail, so that `#undo` can take it back. Writes undo."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from maild.model import Address, Before, Field, Since, Ticket, Timer
from maild.store import tickets
from maild.store.schema import entry, history, ticket, undo
from maild.store.types import Moment

# Longer than anything can be undone: after it `#undo` still says that it is too late, and then nothing any more.
_KEPT = timedelta(days=30)

_MOMENTS = frozenset(column.name for column in ticket.c if isinstance(column.type, Moment))
# Changes of these by the desk itself are the ticket's life going on; its other lines are warnings and bookkeeping.
MOVED = frozenset(
    "state outcome category priority team assignee tier restricted merged_into priority_locked approver".split()
)
# Lines of the history that say that a mail did nothing: it is no reason not to take back what was done before it.
_IDLE = frozenset(
    ("commands refused", "refused", "waits", "out_of_office", "auto_reply", "bounce", "list", "bulk", "loop")
)
# Lines that tell of letters, not of the ticket.
_QUIET = _IDLE | frozenset(("no mail", "mail held", "not written", "reminded", "disowned", "confirmed"))


def keep(
    connection: Connection,
    inbound: int,
    number: int,
    before: Before,
    timers: Mapping[str, Timer],
    participants: list[tuple[Address, bool, bool]],
    when: datetime,
) -> None:
    """Keep a ticket as it was before a command mail, once everything that the mail did to it is written."""
    connection.execute(delete(undo).where(undo.c.agent == before.agent, undo.c.at < when - _KEPT))
    value = {
        "was": _ticket_value(before.was),
        "left": _ticket_value(before.left),
        "fields": [_field_value(row) for row in before.fields],
        "values": {row.name: _value_of(before.left, row.name) for row in before.fields},
        "timers": {kind: _timer_value(timers.get(kind)) for kind in before.timers},
        "participants": [[who.address, who.name, writes, reads] for who, writes, reads in participants],
        "verbs": list(before.verbs),
        "lines": list(before.lines),
        "told": [[who.address, who.name] for who in before.told],
        "colleagues": list(before.colleagues),
        "said": before.said,
        "reaches": before.reaches,
        "entries": _newest(connection, entry, number),
    }
    connection.execute(
        insert(undo).values(
            inbound=inbound,
            ticket=number,
            agent=before.agent,
            at=when,
            before=value,
            history=_newest(connection, history, number),
        )
    )


def before(connection: Connection, number: int, agent: str, inbound: int = 0) -> Before | None:
    """The ticket before this agent's last command mail on it (or before that one, if it is named); before somebody
    else's where they gave none; None where nobody did."""
    rows = select(undo).where(undo.c.ticket == number).order_by(undo.c.at.desc(), undo.c.inbound.desc()).limit(1)
    own = rows.where(undo.c.agent == agent)
    row = connection.execute(own.where(undo.c.inbound == inbound) if inbound else own).one_or_none()
    if row is None and not inbound:
        row = connection.execute(rows).one_or_none()
    return _made(connection, row) if row is not None else None


def take(connection: Connection, inbound: int, number: int) -> tuple[str, datetime, list[tuple[Address, bool, bool]]]:
    """Mark a command mail as taken back on this ticket: whose it was, of when, and who was on the ticket before it."""
    this = (undo.c.inbound == inbound, undo.c.ticket == number)
    row = connection.execute(select(undo).where(*this)).one()
    connection.execute(update(undo).where(*this).values(used=True))
    people = [(Address(address, name), writes, reads) for address, name, writes, reads in row.before["participants"]]
    return row.agent, row.at, people


def stands(connection: Connection, number: int, agent: str, now: datetime) -> bool:
    """Whether an agent's last command mail on a ticket could be taken back now."""
    row = connection.execute(
        select(undo)
        .where(undo.c.ticket == number, undo.c.agent == agent, undo.c.at > now - timedelta(days=1))
        .order_by(undo.c.at.desc(), undo.c.inbound.desc())
        .limit(1)
    ).one_or_none()
    return row is not None and not row.used and not row.before["reaches"] and _since(connection, row) is None


def _made(connection: Connection, row: Row[Any]) -> Before:
    value = row.before
    left = _ticket(value["left"])
    fields = tuple(
        Field(name, text, source, confidence, tuple(former))
        for name, text, source, confidence, former in value["fields"]
    )
    has = {name: Field(name, text, "agent") for name, text in value["values"].items() if text is not None}
    return Before(
        agent=row.agent,
        was=_ticket(value["was"]),
        left=replace(left, fields=has),
        verbs=tuple(value["verbs"]),
        lines=tuple(value["lines"]),
        fields=fields,
        timers={kind: _timer(kind, each) for kind, each in value["timers"].items()},
        told=tuple(Address(*each) for each in value["told"]),
        colleagues=tuple(value["colleagues"]),
        said=value["said"],
        reaches=value["reaches"],
        inbound=row.inbound,
        at=row.at,
        used=row.used,
        since=_since(connection, row),
    )


def _since(connection: Connection, row: Row[Any]) -> Since | None:
    """The first thing that somebody else, or time, has done on the ticket since; warnings and refusals are none."""
    lines = connection.execute(
        select(history.c.at, history.c.what, history.c.who, history.c.inbound)
        .where(history.c.ticket == row.ticket, history.c.id > row.history)
        .order_by(history.c.id)
    ).all()
    idle = {line.inbound for line in lines if line.what in _IDLE and line.inbound is not None}
    words = connection.execute(
        select(entry.c.at, entry.c.author, entry.c.inbound, entry.c.role)
        .where(entry.c.ticket == row.ticket, entry.c.id > row.before["entries"], entry.c.author != row.agent)
        .order_by(entry.c.id)
    ).all()
    found = [
        Since(word.at, "worked" if word.role == "agent" else "wrote", word.author.lower())
        for word in words
        if word.inbound not in idle
    ]
    for line in lines:
        if line.who == row.agent or line.what in _QUIET:
            continue
        if line.who != "maild" or line.what in MOVED:
            found.append(Since(line.at, "worked", line.who))
    # What somebody wrote changes the ticket too: the words are what people remember.
    return min(found, key=lambda each: (each.at, each.what != "wrote"), default=None)


def _newest(connection: Connection, table: Any, number: int) -> int:
    return connection.execute(select(func.max(table.c.id)).where(table.c.ticket == number)).scalar() or 0


def _ticket_value(value: Ticket) -> dict[str, Any]:
    return {
        name: each.isoformat() if isinstance(each, datetime) else each
        for name, each in {**tickets.values_of(value), "id": value.id}.items()
    }


def _ticket(value: Mapping[str, Any]) -> Ticket:
    return tickets.from_values(
        {name: datetime.fromisoformat(each) if each and name in _MOMENTS else each for name, each in value.items()}
    )


def _field_value(row: Field) -> list[Any]:
    return [row.name, row.value, row.source, row.confidence, list(row.former)]


def _value_of(value: Ticket, name: str) -> str | None:
    return value.fields[name].value if name in value.fields else None


def _timer_value(timer: Timer | None) -> list[Any] | None:
    if timer is None or timer.due is None:
        return None
    return [timer.due.isoformat(), dict(timer.data)]


def _timer(kind: str, value: list[Any] | None) -> Timer | None:
    return Timer(kind, datetime.fromisoformat(value[0]), value[1]) if value is not None else None
