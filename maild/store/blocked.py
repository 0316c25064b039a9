"""Senders whom an admin has blocked by mail or by command; config.toml may block others. Writes blocked."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from maild.store.schema import blocked

_AMONG = select(blocked.c.sender).where(blocked.c.sender.in_(bindparam("senders", expanding=True)))


def among(connection: Connection, senders: Iterable[str]) -> frozenset[str]:
    """Which of these (addresses, or domains behind an @, in lower case) are blocked."""
    wanted = list(senders)
    return frozenset(connection.execute(_AMONG, {"senders": wanted}).scalars()) if wanted else frozenset()


def add(connection: Connection, sender: str, who: str, when: datetime) -> bool:
    """Block a sender from now on; False if it was blocked already."""
    insert_into = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert_into(blocked).values(sender=sender, who=who, at=when).on_conflict_do_nothing()
    return connection.execute(statement.returning(blocked.c.sender)).scalar() is not None


def remove(connection: Connection, sender: str) -> bool:
    """Let a sender's mails come through again; False if it was not blocked."""
    return connection.execute(delete(blocked).where(blocked.c.sender == sender)).rowcount == 1


def listing(connection: Connection) -> Sequence[Any]:
    """(sender, who, at) of all that are blocked, the newest first."""
    return connection.execute(select(blocked).order_by(blocked.c.at.desc(), blocked.c.sender)).all()
