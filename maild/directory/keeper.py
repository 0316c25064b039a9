"""Keeping the desk's people as the directory has them: read beside the loops, taken over in one transaction."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from maild.config import DirectorySection, SecretMissing
from maild.directory.failure import DirectoryError
from maild.directory.roll import Roll
from maild.directory.source import read
from maild.directory.takeover import Taken, take_over
from maild.store import upkeep

log = logging.getLogger("maild.directory")

CHORE = "directory"
# After a failure it is tried again so soon, however seldom the directory is read otherwise.
_AGAIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Failed:
    """What keeps the directory from being taken over, and the remedy: an alarm."""

    detail: str
    remedy: str


class Keeper:
    """Reads the directory in a thread of its own, since a server may take its time and time's loop may not wait.

    Each period is claimed by one daemon. `step` is called by one thread, often, and comes back at once.
    """

    def __init__(
        self, engine: Engine, section: DirectorySection, reader: Callable[[DirectorySection], Roll] = read
    ) -> None:
        self._engine, self._section, self._read = engine, section, reader
        self._thread: threading.Thread | None = None
        self._found: Roll | Exception | None = None

    def use(self, section: DirectorySection) -> None:
        """Work by other settings from now on (a reload); what is being read now is taken over as it was meant."""
        self._section = section

    def step(self, now: datetime, failing: bool) -> Taken | Failed | None:
        """Begin to read when it is due, take over when it is read. None: nothing has come to its end.

        failing   the last time it went wrong, here or with another daemon
        """
        if self._thread is not None:
            if self._thread.is_alive():
                return None
            self._thread = None
            return self._end(now)
        if not self._section.source or not self._mine(now, failing):
            return None
        self._thread = threading.Thread(target=self._fetch, args=(self._section,), name="directory", daemon=True)
        self._thread.start()
        return None

    def _mine(self, now: datetime, failing: bool) -> bool:
        every = min(self._section.every, _AGAIN) if failing else self._section.every
        number = int((now - datetime(2000, 1, 1, tzinfo=UTC)) / every)
        with self._engine.begin() as connection:
            return upkeep.claim_chore(connection, CHORE, f"{every.total_seconds():.0f} s, the {number}.", now)

    def _fetch(self, section: DirectorySection) -> None:
        try:
            self._found = self._read(section)
        # Whatever it is: it is told as an alarm by the thread that looks after this one.
        except Exception as error:
            self._found = error

    def _end(self, now: datetime) -> Taken | Failed:
        found, self._found = self._found, None
        try:
            if isinstance(found, Exception):
                raise found
            assert found is not None, "a thread that has ended has found something"
            with self._engine.begin() as connection:
                taken = take_over(connection, found, self._section.source, self._section.most_gone, now)
        except DirectoryError as error:
            return Failed(str(error), error.remedy)
        except SecretMissing as error:
            return Failed(str(error), "put the password where [directory.ldap] password_from says")
        except SQLAlchemyError:
            # The database is everybody's: whoever keeps this loop knows what to do.
            raise
        except Exception as error:
            # A library or a directory that is odd beyond what we know must not stop the clocks of all tickets.
            log.error("the directory was not taken over", exc_info=error)
            return Failed(f"{type(error).__name__}: {error}", "the daemon's log tells where; tell it to who made maild")
        if taken.came or taken.changed or taken.went:
            log.info("directory: %s", taken)
        for note in taken.notes:
            log.warning("directory: %s", note)
        return taken
