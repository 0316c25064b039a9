"""People and their addresses, and agents' absence. Writes person, address and agent_state."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from maild.model import Address, Colleague
from maild.store.schema import address, agent_state, person

_RECORD = select(person).join(address, address.c.person == person.c.id).where(address.c.address == bindparam("who"))
_STATE = select(address.c.address, address.c.bounced, address.c.answered).where(
    address.c.address.in_(bindparam("whom", expanding=True))
)
_AGENTS = select(agent_state)


def record_of(connection: Connection, key: str) -> Any:
    """The directory's record of the person with this address."""
    return connection.execute(_RECORD, {"who": key}).one_or_none()


def colleague_of(connection: Connection, key: str) -> Colleague:
    """Name and language of the person with this address; both empty where the directory does not know it."""
    record = record_of(connection, key)
    return Colleague(Address(key)) if record is None else Colleague(Address(key, record.name), record.language)


def manager_of(connection: Connection, key: str) -> Colleague | None:
    """The manager of the person with this address, as the directory names them."""
    record = record_of(connection, key)
    manager = record.manager.strip().lower() if record is not None else ""
    return colleague_of(connection, manager) if "@" in manager else None


def state_of(connection: Connection, keys: Iterable[str]) -> dict[str, tuple[str, datetime | None]]:
    """By address: the status of a permanent bounce (empty: may be written to), and when a person last answered it."""
    rows = connection.execute(_STATE, {"whom": list(keys)})
    return {row[0]: (row[1], row[2]) for row in rows}


def mark_bounced(connection: Connection, key: str, status: str, when: datetime) -> None:
    _upsert(connection, address, "address", {"address": key, "bounced": status, "bounced_at": when})


def mark_answered(connection: Connection, key: str, when: datetime) -> None:
    """A person of the desk has written to this address, so it is no robot's."""
    _upsert(connection, address, "address", {"address": key, "answered": when})


_ALIVE = (
    update(address)
    .where(address.c.address == bindparam("who"), address.c.bounced != "")
    .values(bounced="", bounced_at=None)
)


def mark_alive(connection: Connection, key: str) -> bool:
    """A mail came from an address that bounced once, or an admin says so: it is there again. False: it had not."""
    return connection.execute(_ALIVE, {"who": key}).rowcount == 1


def silenced(connection: Connection) -> Sequence[Any]:
    """The addresses that get no mail because it bounced, newest first: (address, bounced, bounced_at)."""
    columns = (address.c.address, address.c.bounced, address.c.bounced_at)
    return connection.execute(
        select(*columns).where(address.c.bounced != "").order_by(address.c.bounced_at.desc(), address.c.address)
    ).all()


def agents(connection: Connection) -> dict[str, Any]:
    """Absence, deputy and last assignment by agent address."""
    return {row.agent: row for row in connection.execute(_AGENTS)}


def set_away(connection: Connection, key: str, until: datetime | None, deputy: str = "") -> None:
    _upsert(connection, agent_state, "agent", {"agent": key, "away_until": until, "deputy": deputy})


def set_assigned(connection: Connection, key: str, when: datetime) -> None:
    _upsert(connection, agent_state, "agent", {"agent": key, "assigned": when})


def _upsert(connection: Connection, table: Table, key: str, values: dict[str, Any]) -> None:
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert_into(table).values(values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[key], set_={name: statement.excluded[name] for name in values if name != key}
        )
    )
