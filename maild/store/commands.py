"""Command mails on record: what each line became. Writes command."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from maild.model import CommandRow
from maild.store.schema import command, inbound


def put(connection: Connection, mail: int, agent: str, rows: Iterable[CommandRow], when: datetime) -> None:
    """Rows of one command mail; one that is there already is decided now."""
    values = [
        {
            "inbound": mail,
            "n": row.n,
            "ticket": row.ticket or None,
            "agent": agent,
            "verb": row.verb,
            "line": row.line,
            "done": row.done,
            "why": row.why,
            "at": when,
            "told": row.told,
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
            set_={name: statement.excluded[name] for name in ("done", "why", "at", "told")},
        ),
        values,
    )


def of(connection: Connection, mail: int) -> tuple[CommandRow, ...]:
    """The rows of one command mail in their order, locked: of several tickets the last one decided tells of all."""
    rows = connection.execute(select(command).where(command.c.inbound == mail).order_by(command.c.n).with_for_update())
    return tuple(CommandRow(row.n, row.ticket or 0, row.verb, row.line, row.done, row.why, row.told) for row in rows)


def last_of(connection: Connection, agent: str, answered: Sequence[str]) -> tuple[int, tuple[CommandRow, ...]]:
    """(inbound, rows) of the command mail that an agent's mail on no ticket takes back: the newest of those that it
    answers, else their last one; without any, (0, ()). What was refused as a whole, and questions, are none."""
    did = (command.c.agent == agent, or_(command.c.done.is_(None), command.c.done), command.c.verb.not_in(_ASKS))
    newest = select(command.c.inbound).where(*did).order_by(command.c.at.desc(), command.c.inbound.desc()).limit(1)
    number = None
    if answered:
        theirs = select(inbound.c.id).where(inbound.c.message_id.in_(answered))
        number = connection.execute(newest.where(command.c.inbound.in_(theirs))).scalar()
    number = number or connection.execute(newest).scalar()
    return (number, of(connection, number)) if number else (0, ())


# Commands that ask, and change nothing; and an admin's words, which have words of their own that take them back.
_ASKS = (
    "help", "mine", "queue", "overdue", "show", "find", "report", "status", "file", "release", "drop", "block",
    "unblock",
)  # fmt: skip


def untold(connection: Connection, number: int, agent: str) -> tuple[tuple[datetime, str, str], ...]:
    """(when, verb, line) of what an agent's commands did on a ticket and nobody has told them yet, oldest first."""
    rows = connection.execute(
        select(command.c.at, command.c.verb, command.c.line)
        .where(command.c.ticket == number, command.c.agent == agent, command.c.done, command.c.told.is_(False))
        .order_by(command.c.at, command.c.inbound, command.c.n)
    )
    return tuple((row.at, row.verb, row.line) for row in rows)


def mark_told(
    connection: Connection, agent: str, *, number: int = 0, mail: int = 0, verbs: Collection[str] = ()
) -> None:
    """Their agent was told what these commands did: those on a ticket, or of one mail; all, or those of these verbs."""
    which = command.c.inbound == mail if mail else command.c.ticket == number
    these = update(command).where(command.c.agent == agent, command.c.done, which)
    connection.execute((these.where(command.c.verb.in_(verbs)) if verbs else these).values(told=True))


def awaiting(connection: Connection, agents: Sequence[str], line: str, since: datetime) -> list[tuple[int, str]]:
    """(inbound number, whose) of the command mails that have a line which is still to be decided on."""
    rows = connection.execute(
        select(command.c.inbound, command.c.agent)
        .where(command.c.agent.in_(agents), command.c.at > since, command.c.line == line, command.c.done.is_(None))
        .order_by(command.c.inbound)
    )
    return [(row.inbound, row.agent) for row in rows]


def decided(
    connection: Connection, mail: int, line: str, done: bool, why: str, when: datetime
) -> tuple[CommandRow, ...]:
    """Note what a line became; all rows of its mail, locked."""
    of(connection, mail)
    mine = (command.c.inbound == mail, command.c.line == line, command.c.done.is_(None))
    connection.execute(update(command).where(*mine).values(done=done, why=why, at=when))
    return of(connection, mail)
