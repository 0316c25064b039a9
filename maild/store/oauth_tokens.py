"""Refresh tokens that a provider has handed out since the admin gave the first one. Writes oauth_token."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from maild.store.schema import oauth_token


def newest(connection: Connection, name: str, given: str) -> str:
    """The refresh token last handed out to this login; empty if none was since the admin gave that hashed `given`."""
    row = connection.execute(select(oauth_token).where(oauth_token.c.name == name)).one_or_none()
    return str(row.refresh_token) if row is not None and row.given == given else ""


def keep(connection: Connection, name: str, given: str, refresh_token: str, when: datetime) -> None:
    """Put a new refresh token in the place of the one before, which may be worth nothing from now on."""
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(oauth_token).values(name=name, given=given, refresh_token=refresh_token, renewed=when)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name"],
            set_={key: statement.excluded[key] for key in ("given", "refresh_token", "renewed")},
        )
    )
