"""`python -m tests.crash.daemon SECTIONS.json [LEASE]`: the real daemon on settings laid over the shipped config.toml.

LEASE (seconds) shortens the time for which it leases what it sends and after which the database gives up a daemon that
stands still, for tests that wait for it.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, event

import maild.daemon
from maild import log
from maild.config import load
from maild.daemon import Daemon
from maild.desk import NotReady
from maild.store import locks


def main() -> int:
    settings = load(None, json.loads(Path(sys.argv[1]).read_text("utf-8")))
    listener = log.set_up(settings.daemon.log, settings.daemon.log_level)
    lease = float(sys.argv[2]) if sys.argv[2:] else 0.0
    if lease:
        _shorten(lease)
    try:
        daemon = Daemon(settings)
        if lease:
            daemon._sender._lease = timedelta(seconds=lease)
        daemon.listen_to_signals()
        daemon.run()
    except NotReady as error:
        print(error, file=sys.stderr)
        return error.code
    finally:
        listener.stop()
    return 0


def _shorten(lease: float) -> None:
    """Everything that others wait for when a daemon stands still, at the scale of this lease instead of 60 s."""
    locks.IDLE_S = max(1, int(lease / 2))
    maild.daemon._REST_S = lease / 2

    @event.listens_for(Engine, "connect")
    def limit(connection: object, record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]  # a psycopg connection
        cursor.execute(f"SET idle_in_transaction_session_timeout = {locks.IDLE_S * 1000}")
        cursor.execute(f"SET lock_timeout = {locks.IDLE_S * 1000}")
        connection.commit()  # type: ignore[attr-defined]  # a psycopg connection


if __name__ == "__main__":
    sys.exit(main())
