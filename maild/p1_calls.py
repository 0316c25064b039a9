"""A ticket that is or becomes a P1 calls people beside mail, by the admin's program (PRODUCT §3.3).

The call is an open alarm, written in the transaction of the decision, so that no crash loses it. Whoever gives it
claims the attempt first, so that of several daemons one calls; it is closed when the program has done its work, and
until then tried again, some minutes apart.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from maild.alarm import run
from maild.outbound.call import KIND, TO
from maild.store import upkeep
from maild.store.engine import reading

log = logging.getLogger("maild.alarm")

# A gateway that is away is asked again so often; after that a person has seen `maild status`, or nobody will.
_AGAIN = timedelta(minutes=2)
_ATTEMPTS = 30


class P1Calls:
    """Gives the calls that wait. May be used by several threads and several daemons."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock

    def step(self, program: str) -> int:
        """Begin what is due, each in a thread of its own since a gateway may hang; how many that were."""
        if not program:
            return 0
        now, begun = self._clock(), 0
        with reading(self._engine) as connection:
            waiting = [row for row in upkeep.open_alarms(connection) if row.kind.startswith(f"{KIND} ")]
        for row in waiting:
            attempt = (now - row.opened) // _AGAIN
            if attempt >= _ATTEMPTS:
                continue
            with self._engine.begin() as connection:
                mine = upkeep.claim_chore(connection, f"call {row.kind}", f"{row.opened.isoformat()} {attempt}", now)
            if not mine:
                continue
            begun += 1
            log.warning("a P1: %s", row.kind.removeprefix(f"{KIND} "))
            try:
                threading.Thread(target=self._call, args=(program, row.kind, row.detail), daemon=True).start()
            except RuntimeError as error:
                # No thread to be had (TasksMax): it is tried again, and `maild status` shows that it waits.
                log.error("the alarm program %s was not started: %s", program, error)
        return begun

    def _call(self, program: str, kind: str, detail: str) -> None:
        text, _, to = detail.partition(TO)
        if not run(program, KIND, text, to):
            return
        try:
            with self._engine.begin() as connection:
                upkeep.close_alarm(connection, kind, self._clock())
        except SQLAlchemyError as error:
            # Whoever tries again calls a second time: better than never.
            log.error("%s was called, but the database does not hear of it: %s", kind, type(error).__name__)
