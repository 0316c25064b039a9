"""Who is on a ticket beside its requester. Writes participant."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from maild.model import Address
from maild.store.schema import participant

_OF = select(participant).where(participant.c.ticket == bindparam("number")).order_by(participant.c.address)


def of(connection: Connection, number: int) -> list[tuple[Address, bool, bool]]:
    """(who, may write, gets mail) of everybody beside the requester; neither: somebody who was taken off."""
    rows = connection.execute(_OF, {"number": number})
    return [(Address(row.address, row.name), row.writes, row.reads) for row in rows]


def add_writers(connection: Connection, number: int, writers: Iterable[Address]) -> None:
    """People who may write on the ticket from now on. Nobody is listed twice, and who was taken off stays so."""
    _put(connection, number, writers, {"writes": True, "reads": False}, {})


def add_readers(connection: Connection, number: int, readers: Iterable[Address]) -> None:
    """Participants who get the desk's words to the requester too."""
    _put(connection, number, readers, {"writes": True, "reads": True}, {"writes": True, "reads": True})


def take_off(connection: Connection, number: int, people: Iterable[Address]) -> None:
    """These are on the ticket no more; their rows stay, so that nothing but an agent brings them back."""
    _put(connection, number, people, {"writes": False, "reads": False}, {"writes": False, "reads": False})


def put_back(connection: Connection, number: int, people: Iterable[tuple[Address, bool, bool]]) -> None:
    """Who was on the ticket (who, may write, gets mail) is on it again, and nobody else."""
    connection.execute(delete(participant).where(participant.c.ticket == number))
    rows = [
        {"ticket": number, "address": who.key, "name": who.name, "writes": writes, "reads": reads}
        for who, writes, reads in people
    ]
    if rows:
        connection.execute(insert(participant), rows)


def _put(
    connection: Connection, number: int, people: Iterable[Address], new: dict[str, bool], change: dict[str, bool]
) -> None:
    rows = [{"ticket": number, "address": each.key, "name": each.name, **new} for each in people]
    if not rows:
        return
    statement = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(participant)
    key = ["ticket", "address"]
    whole = statement.on_conflict_do_update(index_elements=key, set_=change) if change else None
    connection.execute(whole if whole is not None else statement.on_conflict_do_nothing(), rows)
