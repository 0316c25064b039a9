"""What solved tickets teach: solutions, ratings and corrections. Writes solution, rating and correction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from maild.model import Ticket
from maild.store.schema import correction, entry, rating, solution
from maild.store.schema import ticket as tickets

# Of a report its first words are compared.
_REPORT_CHARS = 600


def keep_solution(connection: Connection, ticket: Ticket, title: str, text: str, when: datetime, anew: bool) -> None:
    """Keep the solution of a ticket; another one of the same ticket is replaced.

    A row that changes gets a new id, which is how every daemon notices: `anew` gives it one though title and text are
    the same (its rating came).
    """
    values = {
        "title": title,
        "text": text,
        "category": ticket.category,
        "language": ticket.language,
        "restricted": ticket.restricted,
    }
    had = connection.execute(
        select(*(solution.c[name] for name in values)).where(solution.c.ticket == ticket.key)
    ).one_or_none()
    if had is not None:
        if not anew and tuple(had) == tuple(values.values()):
            return
        withdraw_solution(connection, ticket.key)
    connection.execute(insert(solution).values(ticket=ticket.key, at=when, **values))


def withdraw_solution(connection: Connection, number: int) -> None:
    """The ticket was opened again, or merged: what it taught is not proposed any more."""
    connection.execute(delete(solution).where(solution.c.ticket == number))


def newest_solution(connection: Connection) -> tuple[int, int]:
    """(id, ticket) of the solution that was written last; zeros as long as there is none."""
    row = connection.execute(
        select(solution.c.id, solution.c.ticket).order_by(solution.c.id.desc()).limit(1)
    ).one_or_none()
    return (row.id, row.ticket) if row is not None else (0, 0)


def solutions_after(connection: Connection, after: int, limit: int) -> Sequence[Any]:
    """The newest solutions with an id above `after`, newest first, each with the first words of its report."""
    query = _rows(func.substr(entry.c.new_text, 1, _REPORT_CHARS).label("report"))
    first = and_(entry.c.ticket == solution.c.ticket, entry.c.n == 1)
    query = query.outerjoin(entry, first).where(solution.c.id > after).order_by(solution.c.id.desc()).limit(limit)
    return connection.execute(query).all()


def solutions_of(connection: Connection, numbers: Collection[int]) -> Sequence[Any]:
    """The solutions of these tickets that hold now: those of tickets still closed."""
    if not numbers:
        return ()
    return connection.execute(_rows().where(solution.c.ticket.in_(numbers), tickets.c.state == "closed")).all()


def _rows(*more: ColumnElement[Any]) -> Select[Any]:
    """Solutions with what their tickets say today: who may see them, how they were received."""
    return select(
        solution.c.id,
        solution.c.ticket,
        solution.c.title,
        solution.c.text,
        solution.c.category,
        solution.c.language,
        tickets.c.requester_name,
        tickets.c.restricted,
        tickets.c.team,
        tickets.c.rating,
        tickets.c.outcome,
        *more,
    ).join_from(solution, tickets, tickets.c.id == solution.c.ticket)


def keep_rating(connection: Connection, number: int, stars: int, words: str, when: datetime) -> None:
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(
        insert_into(rating)
        .values(ticket=number, stars=stars, text=words, at=when)
        .on_conflict_do_nothing(index_elements=["ticket"])
    )


def withdraw_corrections(connection: Connection, number: int, who: str, when: datetime) -> None:
    """What this agent set right at that moment they have taken back: nothing is to be learned from it."""
    connection.execute(
        delete(correction).where(correction.c.ticket == number, correction.c.who == who, correction.c.at == when)
    )


def keep_corrections(
    connection: Connection, number: int, corrections: Sequence[tuple[str, str, str]], who: str, when: datetime
) -> None:
    if corrections:
        connection.execute(
            insert(correction),
            [
                {"ticket": number, "what": what, "was": was, "becomes": becomes, "who": who, "at": when}
                for what, was, becomes in corrections
            ],
        )
