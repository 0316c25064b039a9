"""What solved tickets teach: solutions, ratings and corrections. Writes solution, rating and correction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from maild.model import Ticket
from maild.model.secrets_mask import mask_secrets
from maild.store.schema import correction, rating, solution


def keep_solution(connection: Connection, ticket: Ticket, when: datetime) -> None:
    """Keep the summary of a solved ticket; a later one of the same ticket replaces it."""
    values = {
        "ticket": ticket.key,
        "title": mask_secrets(ticket.subject[:200])[0],
        "text": mask_secrets(ticket.summary)[0],
        "category": ticket.category,
        "language": ticket.language,
        "restricted": ticket.restricted,
        "at": when,
    }
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert_into(solution).values(values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["ticket"], set_={name: statement.excluded[name] for name in values if name != "ticket"}
        )
    )


def restrict(connection: Connection, number: int, restricted: bool, when: datetime) -> None:
    """A solution that is known already may be seen by all of the desk from now on, or by the ticket's team alone."""
    connection.execute(update(solution).where(solution.c.ticket == number).values(restricted=restricted, at=when))


_LAST = select(solution.c.at).order_by(solution.c.at.desc()).limit(1)


def last_solution(connection: Connection) -> datetime | None:
    """When the last solution was written; None as long as there is none."""
    return connection.execute(_LAST).scalar()


def newest_solutions(connection: Connection, limit: int) -> Sequence[Any]:
    """(ticket, title, category) of the newest solutions that anybody of the desk may see."""
    return connection.execute(
        select(solution.c.ticket, solution.c.title, solution.c.category)
        .where(solution.c.restricted.is_(False))
        .order_by(solution.c.at.desc())
        .limit(limit)
    ).all()


def keep_rating(connection: Connection, number: int, stars: int, words: str, when: datetime) -> None:
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(
        insert_into(rating)
        .values(ticket=number, stars=stars, text=words, at=when)
        .on_conflict_do_nothing(index_elements=["ticket"])
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
