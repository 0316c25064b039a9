"""One helper that keeps a step going: the only endless loop, with back-off, heartbeat and one log line a trouble."""

import logging
import math
import random
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from maild.config import SecretMissing
from maild.ingest.mailbox_errors import MailboxError
from maild.ingest.worker import ParserAway
from maild.store.engine import conflict, disk_failed, trouble

log = logging.getLogger("maild.daemon")

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
# A mail server is asked again after at least five seconds, and at most so long that mail is back within half a minute.
_FIRST_RECONNECT_S = 5.0
_LONGEST_RECONNECT_S = 24.0
# Failures this close together belong to one trouble, though a step or two may have worked in between.
_ONE_TROUBLE_S = 60.0
# A refused login is tried seldom, or the server locks the account (THREATS F09: at most 12 tries an hour, of which one
# may be the second one with another token).
_PERMANENT_PAUSE_S = 330.0
_BEAT_S = 1.0
# The same trouble is told again after so long at the earliest, however often it came and went: a full disk must not be
# filled by lines about it.
_TOLD_AGAIN_S = 600.0
_TOLD_KEPT = 50
# Transactions that were in each other's way are tried again at once, so often, before that counts as trouble.
_CONFLICTS = 5
_CONFLICT_PAUSE_S = 0.02

# Trouble of the world outside is told in one line; anything else is a mistake of ours, and its traceback helps.
_OUTSIDE = (MailboxError, DBAPIError, OSError, ParserAway, SecretMissing)


class Loop:
    """A thread that calls `step` again and again until it is told to stop.

    step    does what there is to do and returns; raising means trouble, told once and tried again with back-off
    rest    waits until there may be more to do, at most some seconds; a wake-up ends it early
    polite  a step connects to somebody else's server, which must not be stormed
    fatal   called when going on would make things worse (fsync failed); it does not return
    locked  called when somebody else's transaction was in the way
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], object],
        rest: Callable[[], None],
        stop: threading.Event,
        *,
        polite: bool = False,
        fatal: Callable[[str], None] = lambda why: None,
        locked: Callable[[], None] = lambda: None,
    ) -> None:
        self.name, self._step, self._rest, self._stop = name, step, rest, stop
        self._polite, self._fatal, self._locked = polite, fatal, locked
        self.beat = time.monotonic()
        self.succeeded = threading.Event()
        # Since when it has been failing, by the monotonic clock: one that is set by hand is no measure of that.
        self.failing_from: float | None = None
        self.trouble = ""
        # What whoever reads of the trouble can do about it, where the trouble itself knows.
        self.remedy = ""
        # Whether it is the database (and its disk) that the loop cannot work with.
        self.lacks_database = False
        self._failures = self._conflicts = 0
        self._failed_at = -math.inf
        self._told: dict[str, float] = {}
        self._spoken = self._hurried = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout: float) -> bool:
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def hurry(self) -> None:
        """Cut short the wait after a failure: somebody may have mended what was wrong."""
        self._hurried = True

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
                self._conflicts = 0
                if not self._polite:
                    self._failures = 0
            # Whatever goes wrong in one turn, the next one is tried: a loop that dies is a desk that is shut.
            except Exception as error:
                if disk_failed(error):
                    self._fatal(f"{self.name}: {_told(error)}")
                if conflict(error):
                    self._locked()
                    if self._conflicts < _CONFLICTS:
                        self._conflicts += 1
                        self._sit_out(_CONFLICT_PAUSE_S * 2**self._conflicts * random.uniform(0.5, 1.5))
                        continue
                self._ill(error)
                self._sit_out(self._pause(error))

    def _sit_out(self, seconds: float) -> None:
        """Wait, and show all the while that the thread is alive: back-off is no hang."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._stop.is_set() and not self._hurried:
            self.beat = time.monotonic()
            self._stop.wait(min(left, _BEAT_S))
        self._hurried = False

    def _well(self) -> None:
        if self._spoken:
            log.warning("%s: works again", self.name)
        self.failing_from, self.trouble, self.lacks_database, self._spoken = None, "", False, False
        self.succeeded.set()

    def _ill(self, error: Exception) -> None:
        now = time.monotonic()
        if self._polite and self.failing_from is None and now - self._failed_at >= _ONE_TROUBLE_S:
            self._failures = 0
        self._failures += 1
        self._failed_at = now
        if self.failing_from is None:
            self.failing_from = now
        self.lacks_database = isinstance(error, DBAPIError)
        self.trouble = text = _told(error)
        if now - self._told.get(text, -_TOLD_AGAIN_S) < _TOLD_AGAIN_S:
            return
        if len(self._told) >= _TOLD_KEPT:
            del self._told[min(self._told, key=lambda each: self._told[each])]
        self._told[text] = now
        self._spoken = True
        if isinstance(error, _OUTSIDE):
            log.error("%s: %s", self.name, text)
        else:
            log.exception("%s: %s", self.name, text)

    def _pause(self, error: Exception) -> float:
        if getattr(error, "permanent", False):
            return _PERMANENT_PAUSE_S
        if self._polite and not isinstance(error, DBAPIError):
            pause = min(_FIRST_RECONNECT_S * 2.0 ** min(self._failures - 1, 8), _LONGEST_RECONNECT_S)
            return pause * random.uniform(1.0, 1.2)
        return min(_FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 8), _LONGEST_PAUSE_S) * random.uniform(0.8, 1.2)


def _told(error: Exception) -> str:
    """An error in one line, without the parameters of an SQL statement."""
    if isinstance(error, DBAPIError):
        return trouble(error)
    return str(error).split("\n")[0] or type(error).__name__
