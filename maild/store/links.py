"""Tickets that have to do with one another. Writes link."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from maild.store.schema import link

# What `#link` makes, and what `#merge` makes; the other kinds say what became of a mail.
RELATED, MERGED = "related", "duplicate"

_OF = select(link).where(or_(link.c.source == bindparam("number"), link.c.target == bindparam("number")))


def add(connection: Connection, number: int, links: Iterable[tuple[int, str]], when: datetime) -> None:
    """Links from a ticket to others, each (other, kind); one that there is already is left as it is."""
    rows = [{"source": number, "target": target, "kind": kind, "at": when} for target, kind in links]
    if rows:
        insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(insert_into(link).on_conflict_do_nothing(), rows)


def remove(connection: Connection, number: int, others: Iterable[int]) -> None:
    """These are related, or one, no more, whichever of both was linked to the other."""
    for other in others:
        here = and_(link.c.source == number, link.c.target == other)
        there = and_(link.c.source == other, link.c.target == number)
        connection.execute(delete(link).where(link.c.kind.in_((RELATED, MERGED)), or_(here, there)))


def remove_made(connection: Connection, number: int, when: datetime) -> None:
    """What was linked from a ticket at that moment is linked no more."""
    connection.execute(delete(link).where(link.c.source == number, link.c.at == when))


def of(connection: Connection, number: int) -> Sequence[Any]:
    """(source, target, kind, at) of every link of a ticket, in both directions."""
    return connection.execute(_OF, {"number": number}).all()


def related(connection: Connection, number: int) -> tuple[int, ...]:
    """The tickets that an agent has linked with this one."""
    rows = (row for row in of(connection, number) if row.kind == RELATED)
    return tuple(sorted({row.target if row.source == number else row.source for row in rows}))
