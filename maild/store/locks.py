"""Locks on PostgreSQL that last longer than a transaction: hints about who is at work on what, never a promise.

They end with the connection. A daemon that stands still (a suspended machine, a host that lost its power) would keep
its connection for hours, so the server ends one from which it has heard nothing for IDLE_S, and whoever works on says
so now and then (`still_here`).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError

# Work of a dead daemon is taken up within 60 s, and the others look for it every 30 s at least.
IDLE_S = 25
# PostgreSQL before 14 has no such setting; there a daemon that stands still keeps its locks until it is ended.
_SET_IDLE = text(
    "SELECT set_config('idle_session_timeout', :limit, false)"
    " WHERE current_setting('server_version_num')::int >= 140000"
)


@contextmanager
def holding(engine: Engine) -> Iterator[Connection]:
    """A connection for session locks (pg_try_advisory_lock), which are given up at the end, whatever happens."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            connection.execute(_SET_IDLE, {"limit": f"{IDLE_S}s"})
            yield connection
        except BaseException:
            # The end of the connection is the end of its locks, whatever state it is in.
            connection.invalidate()
            raise
        try:
            connection.execute(select(func.pg_advisory_unlock_all()))
            connection.execute(_SET_IDLE, {"limit": "0"})
        except DBAPIError:
            connection.invalidate()


# A client that stands still in the middle of a message or of a pipeline (executemany) is in no state for which
# PostgreSQL before 17 has a time limit, and its row locks stay. A role may end its own sessions, and those of roles
# whose rights it has.
_END_SILENT = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pg_has_role(usesysid, 'USAGE') AND application_name = 'maild'"
    " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND wait_event = 'ClientRead'"
    " AND state_change < clock_timestamp() - make_interval(secs => :limit)"
)


def end_silent(engine: Engine) -> int:
    """End sessions of this desk's daemons that hold a transaction open and have said nothing for IDLE_S; how many.

    Whoever is alive says something at least every ten seconds: no transaction waits longer for the parser.
    """
    if engine.dialect.name != "postgresql":
        return 0
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return int(connection.execute(_END_SILENT, {"limit": IDLE_S}).scalar_one())


def still_here(connection: Connection) -> None:
    """Tell the server that whoever holds these locks is alive. Raises DBAPIError if they are gone."""
    connection.execute(text("SELECT 1"))


@contextmanager
def alone(engine: Engine, what: str) -> Iterator[bool]:
    """Whether this daemon may do `what` now, which no other one does meanwhile. On SQLite there is no other one."""
    if engine.dialect.name != "postgresql":
        yield True
        return
    key = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], "big", signed=True)
    with holding(engine) as connection:
        yield bool(connection.execute(select(func.pg_try_advisory_lock(key))).scalar())
