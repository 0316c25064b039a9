"""Opening the database, the same way everywhere: SQLite in WAL, full sync, immediate transactions; or PostgreSQL."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 30_000


# What SQLite and PostgreSQL say, in lower case, and what to do about it.
_REMEDIES = (
    ("disk is full", "make room on the disk of the database"),
    ("no space left", "make room on the disk of the database"),
    ("disk i/o error", "look at the disk of the database and the room on it"),
    ("database is locked", "another program is writing into the database file: let it finish, or end it"),
    ("readonly database", "give the daemon's user the right to write the database file and its folder"),
    ("unable to open", "check [database] url, and that the daemon's user may enter its folder"),
    ("malformed", "restore the backup, or look at the disk: `sqlite3 FILE 'PRAGMA integrity_check'`"),
    ("password authentication", "check the password and [database] password_from"),
    ("does not exist", "check the name of the database and its user in [database] url"),
)


def trouble(error: DBAPIError) -> str:
    """A failure of the database in one line with its remedy, without the parameters of any statement."""
    words = str(error.orig).strip().split("\n")[0] or type(error.orig).__name__
    remedy = next((what for sign, what in _REMEDIES if sign in words.lower()), "")
    if not remedy:
        remedy = "check that the database server runs and [database] url"
    return f"the database is away: {words}: {remedy}; nothing is lost, work goes on by itself when it is back"


# A daemon that stands still in the middle of a transaction must not keep its row locks from the others: its work is
# taken up within 60 s, as by locks.IDLE_S. No transaction of maild waits for anything but the parser, ten seconds.
_OPTIONS = "-c statement_timeout=60000 -c idle_in_transaction_session_timeout=25000"


def open_engine(url: str) -> Engine:
    """An engine for a SQLAlchemy URL; creates the folder of an SQLite file, readable by its owner alone."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url, parsed.database)
    return create_engine(
        parsed,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=5,
        hide_parameters=True,
        # Without a time limit a half-open connection would hold a loop for ever (THREATS F07).
        connect_args={"connect_timeout": 10, "application_name": "maild", "options": _OPTIONS},
    )


def _open_sqlite(url: str, database: str | None) -> Engine:
    if database and database != ":memory:":
        folder = Path(database).parent
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
        if not Path(database).exists():
            # The file holds people's mail: nobody but the daemon's own user may read it.
            os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=5,
        max_overflow=5,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: object, record: ConnectionPoolEntry) -> None:
        # The driver must leave BEGIN to us: its own is deferred, and a deferred read that turns into a write fails
        # at once with SQLITE_BUSY_SNAPSHOT, whatever the busy time-out says.
        connection.isolation_level = None  # type: ignore[attr-defined]  # a sqlite3.Connection
        cursor = connection.cursor()  # type: ignore[attr-defined]  # a sqlite3.Connection
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("maild_reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for looking only: it never waits for a writer on SQLite."""
    with engine.connect().execution_options(maild_reading=True) as connection:
        yield connection
