"""One helper that keeps a step going: the only endless loop, with back-off, heartbeat and one log line a trouble."""

import logging
import math
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError

from maild.ingest.mailbox_errors import MailboxError
from maild.store.engine import trouble

log = logging.getLogger("maild.daemon")

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
# A mail server is asked again after at least five seconds, and at most so long that mail is back within half a minute.
_FIRST_RECONNECT_S = 5.0
_LONGEST_RECONNECT_S = 24.0
# Failures this close together belong to one trouble, though a step or two may have worked in between.
_ONE_TROUBLE_S = 60.0
# A refused login is tried seldom, or the server locks the account (THREATS F09: at most 12 tries an hour).
_PERMANENT_PAUSE_S = 300.0
_BEAT_S = 10.0


class Loop:
    """A thread that calls `step` again and again until it is told to stop.

    step    does what there is to do and returns; raising means trouble, told once and tried again with back-off
    rest    waits until there may be more to do, at most some seconds; a wake-up ends it early
    polite  a step connects to somebody else's server, which must not be stormed
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], object],
        rest: Callable[[], None],
        stop: threading.Event,
        polite: bool = False,
    ) -> None:
        self.name, self._step, self._rest, self._stop, self._polite = name, step, rest, stop, polite
        self.beat = time.monotonic()
        self.succeeded = threading.Event()
        self.failing_since: datetime | None = None
        self.trouble = ""
        self.remedy = ""
        self._failures = 0
        self._failed_at = -math.inf
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout: float) -> bool:
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.beat = time.monotonic()
            try:
                self._step()
                self._well()
                self.beat = time.monotonic()
                if not self._stop.is_set():
                    self._rest()
            # Whatever goes wrong in one turn, the next one is tried: a loop that dies is a desk that is shut.
            except Exception as error:
                self._ill(error)
                self._sit_out(self._pause(error))

    def _sit_out(self, seconds: float) -> None:
        """Wait, and show all the while that the thread is alive: back-off is no hang."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._stop.is_set():
            self.beat = time.monotonic()
            self._stop.wait(min(left, _BEAT_S))

    def _well(self) -> None:
        if self.failing_since is not None:
            log.warning("%s: works again", self.name)
        self.failing_since, self.trouble = None, ""
        self.succeeded.set()

    def _ill(self, error: Exception) -> None:
        now = time.monotonic()
        well = self.failing_since is None and not (self._polite and now - self._failed_at < _ONE_TROUBLE_S)
        self._failures = 1 if well else self._failures + 1
        self._failed_at = now
        if self.failing_since is None:
            self.failing_since = datetime.now(UTC)
        text = _told(error)
        if text == self.trouble:
            return
        self.trouble = text
        if isinstance(error, MailboxError | DBAPIError | OSError):
            log.error("%s: %s", self.name, text)
        else:
            log.exception("%s: %s", self.name, text)

    def _pause(self, error: Exception) -> float:
        if getattr(error, "permanent", False):
            return _PERMANENT_PAUSE_S
        if self._polite:
            pause = min(_FIRST_RECONNECT_S * 2.0 ** min(self._failures - 1, 8), _LONGEST_RECONNECT_S)
            return pause * random.uniform(1.0, 1.2)
        return min(_FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 8), _LONGEST_PAUSE_S) * random.uniform(0.8, 1.2)


def _told(error: Exception) -> str:
    """An error in one line, without the parameters of an SQL statement."""
    if isinstance(error, DBAPIError):
        return trouble(error)
    return str(error).split("\n")[0] or type(error).__name__
