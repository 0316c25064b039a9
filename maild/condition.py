"""What the daemon knows of its own state: who fails since when, who hangs, its status line, the alarm for a database.

Durations are measured by the monotonic clock; a wall clock that jumps makes nobody ill and nobody well.
"""

import logging
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from maild.alarm import raise_alarm
from maild.chores import Health
from maild.loops import Loop
from maild.send import Sender

log = logging.getLogger("maild.daemon")

# A loop silent for so long hangs; longer for those that may wait for a slow server.
SILENT_S = {"receive": 120.0, "tick": 120.0, "send": 900.0}
FETCH_SILENT_S = 300.0
_STATUS_CHARS = 500
_MAILBOX_REMEDY = "`maild check` tells what is wrong; mail waits in the mailbox and nothing is lost"
_RELAY_REMEDY = "`maild check` tells what is wrong; mail waits in the outbox and nothing is lost"
_OWN_REMEDY = "the log of the daemon tells more; mail waits and nothing is lost"


class Condition:
    """Looks at the loops and the door out. `place` tells several daemons on one desk apart in their alarms."""

    def __init__(
        self,
        fetch: Sequence[Loop],
        others: Sequence[Loop],
        sender: Sender,
        clock: Callable[[], datetime],
        patience: timedelta,
        alarm_program: str,
        place: str = "",
        spoke: Mapping[str, Callable[[], float]] = MappingProxyType({}),
    ) -> None:
        """`spoke`: by the name of a loop that may wait long for one answer, when its server last said anything (of
        time.monotonic())."""
        self._spoke = spoke
        self._fetch, self._others, self._loops = tuple(fetch), tuple(others), (*fetch, *others)
        self._sender, self._clock = sender, clock
        self._patience, self.alarm_program = patience, alarm_program
        self._where = f" on {place}" if place else ""
        self._relay_from: float | None = None
        self._database_alarm = False
        self._database_from: float | None = None

    def hanging(self) -> list[str]:
        """The loops that have shown no life within their own limits."""
        now = time.monotonic()
        return [loop.name for loop in self._loops if not loop.alive or now - self._life(loop) > _limit(loop)]

    def _life(self, loop: Loop) -> float:
        """When the loop last showed that it lives."""
        return max(loop.beat, self._spoke[loop.name]()) if loop.name in self._spoke else loop.beat

    def health(self) -> list[Health]:
        """For the alarms by mail: every mailbox, the relay, and the daemon's own work. What only the database is to
        blame for is not among them: without it there is no mail (see `watch_database`)."""
        found = [self._of(loop, _MAILBOX_REMEDY) for loop in self._fetch]
        if self._sender.failing_since is None:
            self._relay_from = None
        elif self._relay_from is None:
            self._relay_from = time.monotonic()
        found.append(
            Health(
                f"relay{self._where}",
                self._since(self._relay_from),
                f"no mail can leave: {self._sender.last_relay_error}",
                _RELAY_REMEDY,
                by_mail=False,
            )
        )
        return found + [self._of(loop, _OWN_REMEDY) for loop in self._others]

    def _of(self, loop: Loop, remedy: str) -> Health:
        since = None if loop.lacks_database else loop.failing_from
        trouble = loop.trouble
        if since is None and time.monotonic() - self._life(loop) > _limit(loop):
            since, trouble = self._life(loop), "no sign of life: it waits for an answer that does not come"
        return Health(f"{loop.name}{self._where}", self._since(since), trouble, remedy)

    def _since(self, moment: float | None) -> datetime | None:
        return None if moment is None else self._clock() - timedelta(seconds=time.monotonic() - moment)

    def status(self) -> str:
        """One line for STATUS= of sd_notify: `running`, or what fails."""
        ill = [f"{loop.name}: {loop.trouble}" for loop in self._loops if loop.failing_from is not None]
        if self._sender.failing_since is not None:
            ill.append(f"relay: {self._sender.last_relay_error}")
        return f"degraded: {'; '.join(dict.fromkeys(ill))}"[:_STATUS_CHARS] if ill else "running"

    def watch_database(self) -> None:
        """A database that is away, or whose disk is full, for longer than the admins' patience: no mail can be queued
        about it, so the alarm program and the log say it, once, and once that it is over."""
        lacking = [loop for loop in self._loops if loop.failing_from is not None and loop.lacks_database]
        if not lacking:
            self._database_from = None
            if self._database_alarm:
                self._database_alarm = False
                log.warning("recovered: database%s", self._where)
                raise_alarm(self.alarm_program, f"recovered: database{self._where}", "the database takes work again")
            return
        if self._database_from is None:
            self._database_from = min(loop.failing_from or 0.0 for loop in lacking)
        if self._database_alarm or time.monotonic() - self._database_from < self._patience.total_seconds():
            return
        self._database_alarm = True
        log.error("alarm: database%s: %s", self._where, lacking[0].trouble)
        raise_alarm(self.alarm_program, f"database{self._where}", lacking[0].trouble)


def _limit(loop: Loop) -> float:
    return SILENT_S.get(loop.name, FETCH_SILENT_S)


def place_of(state_dir: str) -> str:
    """What to call this daemon among several on one database: the host, and the state folder where it is not the usual
    one, since two daemons on one host have two."""
    host = socket.gethostname()
    return host if state_dir in ("/var/lib/maild", "var") else f"{host}:{state_dir}"
