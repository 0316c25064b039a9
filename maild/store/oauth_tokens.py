"""Refresh tokens that a provider has handed out since the admin gave the first one. Writes oauth_token."""

import fcntl
import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from maild.store.schema import oauth_token

log = logging.getLogger("maild.oauth")

# First key of the advisory locks of PostgreSQL on logins that are being renewed.
_RENEWING = 0x6D61696D
# Whoever renews has time-outs of its own, far shorter: after so long the holder is a machine that is gone.
PATIENCE_S = 90.0
_LOOK_AGAIN_S = 0.05
_turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_making_turns = threading.Lock()


def newest(connection: Connection, given: str) -> str:
    """The refresh token last handed out since the admin gave the one with this hash; empty if none was.

    It is found by what was given, not by the login's name: a mailbox may be renamed, or share its login.
    """
    query = select(oauth_token.c.refresh_token).where(oauth_token.c.given == given)
    return str(connection.execute(query.order_by(oauth_token.c.renewed.desc()).limit(1)).scalar_one_or_none() or "")


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


@contextmanager
def held(engine: Engine, given: str, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Inside, no other thread and no other program on this database renews the login. Holds no transaction.

    On PostgreSQL by a session's advisory lock, on SQLite by a lock on the database's folder; both end with their
    holder. If it does not come free within `patience_s` seconds, work goes on without it: the provider's refusal of a
    refresh token that was used twice is mended by looking again, a desk that waits for a dead machine is not.
    """
    with _making_turns:
        turn = _turns[given]
    with turn:
        if engine.dialect.name == "postgresql":
            with _advisory(engine, given, patience_s):
                yield
        elif engine.url.database and engine.url.database != ":memory:":
            with _folder(Path(engine.url.database).absolute().parent, patience_s):
                yield
        else:
            yield


@contextmanager
def _advisory(engine: Engine, given: str, patience_s: float) -> Iterator[None]:
    until = time.monotonic() + patience_s
    key = func.hashtext(given)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.execute(select(func.pg_try_advisory_lock(_RENEWING, key))).scalar_one():
            if time.monotonic() > until:
                log.warning("a login has been renewed elsewhere for %d s: going on without waiting", patience_s)
                break
            time.sleep(_LOOK_AGAIN_S)
        try:
            yield
        finally:
            try:
                connection.execute(select(func.pg_advisory_unlock(_RENEWING, key)))
            except DBAPIError:
                # The session is gone, and the lock with it; the connection must not be used again.
                connection.invalidate()


@contextmanager
def _folder(folder: Path, patience_s: float) -> Iterator[None]:
    """A lock on the folder itself: it needs no file, which root's `maild check` would leave closed to the daemon."""
    until = time.monotonic() + patience_s
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    log.warning("a login has been renewed elsewhere for %d s: going on without waiting", patience_s)
                    break
                time.sleep(_LOOK_AGAIN_S)
        yield
    finally:
        os.close(handle)
