"""The desk's database, opened for a command."""

from pathlib import Path
from typing import TYPE_CHECKING

from maild.cli.where import settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from maild.config import Settings


def opened(config: Path | None) -> "tuple[Settings, Engine]":
    """Settings and database. Raises ConfigError, NotReady (no or another schema) and sqlalchemy's errors."""
    found = settings(config)
    from maild.desk import open_database

    return found, open_database(found)
