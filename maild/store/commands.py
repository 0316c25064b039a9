"""Command mails on record: what each line became, and what a ticket was like before. Writes command and undo."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from maild.model import CommandRow
from maild.store.schema import command


def put(connection: Connection, inbound: int, agent: str, rows: Iterable[CommandRow], when: datetime) -> None:
    """Rows of one command mail; one that is there already is decided now."""
    values = [
        {
            "inbound": inbound,
            "n": row.n,
            "ticket": row.ticket or None,
            "agent": agent,
            "verb": row.verb,
            "line": row.line,
            "done": row.done,
            "why": row.why,
            "at": when,
        }
        for row in rows
    ]
    if not values:
        return
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert_into(command)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["inbound", "n"],
            set_={name: statement.excluded[name] for name in ("done", "why", "at")},
        ),
        values,
    )


def of(connection: Connection, inbound: int) -> tuple[CommandRow, ...]:
    """The rows of one command mail in their order, locked: of several tickets the last one decided tells of all."""
    rows = connection.execute(
        select(command).where(command.c.inbound == inbound).order_by(command.c.n).with_for_update()
    )
    return tuple(CommandRow(row.n, row.ticket or 0, row.verb, row.line, row.done, row.why) for row in rows)


def awaiting(connection: Connection, agents: Sequence[str], line: str, since: datetime) -> list[tuple[int, str]]:
    """(inbound number, whose) of the command mails that have a line which is still to be decided on."""
    rows = connection.execute(
        select(command.c.inbound, command.c.agent)
        .where(command.c.agent.in_(agents), command.c.at > since, command.c.line == line, command.c.done.is_(None))
        .order_by(command.c.inbound)
    )
    return [(row.inbound, row.agent) for row in rows]


def decided(
    connection: Connection, inbound: int, line: str, done: bool, why: str, when: datetime
) -> tuple[CommandRow, ...]:
    """Note what a line became; all rows of its mail, locked."""
    of(connection, inbound)
    mine = (command.c.inbound == inbound, command.c.line == line, command.c.done.is_(None))
    connection.execute(update(command).where(*mine).values(done=done, why=why, at=when))
    return of(connection, inbound)
