"""What is on people's plates, for the digests of the morning: questions that change nothing, each with its bound."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from maild.model import Ticket
from maild.store import tickets
from maild.store.schema import history, rating, ticket

_LIVE = ("new", "open", "pending", "on_hold", "resolved")
_OF_AN_AGENT, _OF_A_TEAM, _RATINGS = 200, 1000, 50


def of_agent(connection: Connection, agent: str) -> list[Ticket]:
    """The agent's tickets that are not closed, the newest first, without their fields."""
    return tickets.listing(connection, _LIVE, _OF_AN_AGENT, assignee=agent)


def of_team(connection: Connection, team: str) -> list[Ticket]:
    """The team's tickets that are not closed, the newest first, without their fields."""
    return tickets.listing(connection, _LIVE, _OF_A_TEAM, team=team)


def happened(connection: Connection, numbers: Collection[int], since: datetime) -> Sequence[tuple[int, str, str, str]]:
    """(ticket, what, was, becomes) of the lines since then that tell of a promise missed, or of another state."""
    if not numbers:
        return ()
    wanted = ("state", "response_breach", "resolution_breach")
    rows = connection.execute(
        select(history.c.ticket, history.c.what, history.c.was, history.c.becomes)
        .where(history.c.ticket.in_(sorted(numbers)), history.c.at > since, history.c.what.in_(wanted))
        .order_by(history.c.id)
    )
    return [(row.ticket, row.what, row.was, row.becomes) for row in rows]


def low_ratings(connection: Connection, since: datetime, at_most: int) -> list[tuple[Ticket, int]]:
    """Tickets that got so few stars or fewer since then, with the stars."""
    rows = connection.execute(
        select(ticket, rating.c.stars)
        .join(rating, rating.c.ticket == ticket.c.id)
        .where(rating.c.at > since, rating.c.stars <= at_most)
        .order_by(ticket.c.id)
        .limit(_RATINGS)
    )
    return [(tickets.from_row(row), row.stars) for row in rows]
