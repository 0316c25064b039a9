"""A copy of an SQLite database that is whole even while somebody writes to it."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine


def copy_sqlite(engine: Engine) -> Path:
    """Copy the database file beside itself with the time in its name, readable by its owner alone."""
    source = Path(str(engine.url.database))
    target = source.with_name(f"{source.name}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup")
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    return target
