"""Opening the database, the same way everywhere: SQLite in WAL, full sync, immediate transactions; or PostgreSQL."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 30_000
# After a checkpoint the WAL is cut to this size: a long reader must not leave a file of gigabytes behind.
WAL_BYTES = 64 * 1024 * 1024

# What SQLite and PostgreSQL say, in lower case, and what to do about it.
_REMEDIES = (
    ("disk is full", "make room on the disk of the database"),
    ("no space left", "make room on the disk of the database"),
    ("disk i/o error", "look at the disk of the database and the room on it"),
    ("read-only transaction", "the server is a standby, or set read-only: let [database] url name the primary"),
    ("recovery mode", "the server is starting or is a standby: wait, or let [database] url name the primary"),
    ("file too large", "raise the limit on the size of files (LimitFSIZE, ulimit -f) or make room"),
    ("too many open files", "raise LimitNOFILE, or look what holds so many files open"),
    ("database is locked", "another program is writing into the database file: let it finish, or end it"),
    ("readonly database", "give the daemon's user the right to write the database file and its folder"),
    ("unable to open", "check [database] url, and that the daemon's user may enter its folder"),
    ("malformed", "restore the backup, or look at the disk: `sqlite3 FILE 'PRAGMA integrity_check'`"),
    ("password authentication", "check the password and [database] password_from"),
    ("does not exist", "check the name of the database and its user in [database] url"),
)


def trouble(error: SQLAlchemyError) -> str:
    """A failure of the database in one line with its remedy, without the parameters of any statement."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    words = str(cause).strip().split("\n")[0] or type(cause).__name__
    remedy = next((what for sign, what in _REMEDIES if sign in words.lower()), "")
    if not remedy:
        remedy = "check that the database server runs and [database] url"
    return f"the database is away: {words}: {remedy}; nothing is lost, work goes on by itself when it is back"


# PostgreSQL: serialization failure, deadlock, lock not available. SQLite: a snapshot that turned out to be old.
_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
_BUSY_SNAPSHOT = 517
_READ_ONLY = "25006"
# SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN.
_UNUSABLE = frozenset({8, 10, 14})
# SQLITE_IOERR_FSYNC and _DIR_FSYNC: what the kernel could not write it may have marked as written.
_FSYNC = frozenset({1034, 1290})


def conflict(error: BaseException) -> bool:
    """Whether two transactions were in each other's way: the whole unit of work is to be tried again, at once."""
    if not isinstance(error, DBAPIError):
        return False
    return (
        getattr(error.orig, "sqlstate", None) in _CONFLICTS
        or getattr(error.orig, "sqlite_errorcode", None) == _BUSY_SNAPSHOT
    )


def disk_failed(error: BaseException) -> bool:
    """Whether fsync itself failed: a second try would succeed and hide the loss (PostgreSQL stops for this, too)."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlite_errorcode", None) in _FSYNC


def open_engine(url: str) -> Engine:
    """An engine for a SQLAlchemy URL; creates the folder of an SQLite file, readable by its owner alone."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url, parsed.database)
    engine = create_engine(
        parsed,
        pool_pre_ping=True,
        pool_size=5,
        max_overflow=5,
        hide_parameters=True,
        # Whatever the server's default is: unique keys and row locks do what a stricter level would do by refusing.
        isolation_level="READ COMMITTED",
        # Without time limits a half-open connection, or a lock that nobody gives back, would hold a loop for ever
        # (THREATS F07). What the URL says goes before these.
        connect_args={name: value for name, value in _LIMITS.items() if name not in parsed.query},
    )
    event.listen(engine, "handle_error", _make_anew)
    return engine


# A daemon that stands still in the middle of a transaction must not keep its row locks from the others: its work is
# taken up within 60 s, as by locks.IDLE_S. No transaction of maild waits for anything but the parser, ten seconds.
_LIMITS: dict[str, object] = {
    "connect_timeout": 10,
    "application_name": "maild",
    "options": "-c statement_timeout=60000 -c lock_timeout=20000 -c idle_in_transaction_session_timeout=25000",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


def _make_anew(context: ExceptionContext) -> None:
    """A connection that may only read stays so, and would be asked for ever: every one is made anew. After a fail-over
    the old primary still answers; an SQLite file that was opened for reading does not learn of its new rights."""
    error = context.original_exception
    code = getattr(error, "sqlite_errorcode", 0) or 0
    if getattr(error, "sqlstate", None) == _READ_ONLY or code & 0xFF in _UNUSABLE:
        context.is_disconnect = True


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

    event.listen(engine, "handle_error", _make_anew)

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
            f"journal_size_limit={WAL_BYTES}",
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
