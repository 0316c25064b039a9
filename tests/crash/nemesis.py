"""What befalls several daemons: kill -9 and standstill at named places and at any moment, SIGTERM, a lost database."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Sequence

from tests.crash.history import Verdict
from tests.crash.several import One, Several

PLACES = (
    "uids-listed", "ledger-uncommitted", "received", "attempts", "applied", "decided", "leased", "content", "dot",
    "answered", "recording", "recorded", "timer-applied",
)  # fmt: skip
# How long a daemon stands still beyond its lease.
BEYOND_LEASE_S = 3.0
_LOOK_S = 0.1


class Nemesis:
    """Strikes one daemon after the other until it is told to end; at least one is always at work.

    pause_s   how long it waits between two blows, about
    what      "kill", "term", "stop" (longer than a lease), "cut" (the database ends its connections), and "place": the
              daemon dies or stands still at a named place, the nth time that it gets there
    """

    def __init__(self, desk: Several, pause_s: float, what: Sequence[str], seed: str) -> None:
        self._desk, self._pause_s, self._what = desk, pause_s, what
        self._dice = random.Random(f"nemesis {seed}")
        self._over = threading.Event()
        self._busy: set[int] = set()
        self._works: list[threading.Thread] = []
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._guarded, args=(self._strike,))

    def __enter__(self) -> Nemesis:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        for work in self._works:
            work.join()
        if self._errors:
            raise self._errors[0]

    def _guarded(self, act: Callable[..., None], *arguments: One) -> None:
        try:
            act(*arguments)
        # Told by the test's own thread: an assertion here would be heard by nobody.
        except BaseException as error:
            self._errors.append(error)
        finally:
            self._busy.difference_update(one.number for one in arguments)

    def _strike(self) -> None:
        due = 0.0
        while not self._over.wait(_LOOK_S):
            for one in self._desk.daemons:
                # It has reached the place that it was started for.
                if one.number not in self._busy and (one.asleep or not one.alive):
                    self._befall(one, self._sleeps if one.asleep else self._revive)
            free = [one for one in self._desk.daemons if one.number not in self._busy]
            if time.monotonic() < due or len(free) < 2:
                continue
            due = time.monotonic() + self._dice.uniform(0.3, 1.7) * self._pause_s
            acts = {
                "kill": self._kill,
                "term": self._term,
                "stop": self._stop,
                "cut": self._desk.cut,
                "place": self._arm,
            }
            self._befall(self._dice.choice(free), acts[self._dice.choice(self._what)])

    def _befall(self, one: One, act: Callable[[One], None]) -> None:
        self._busy.add(one.number)
        work = threading.Thread(target=self._guarded, args=(act, one))
        self._works.append(work)
        work.start()

    def _revive(self, one: One) -> None:
        self._desk.ended(one, f"kill at {one.point}")
        time.sleep(self._dice.uniform(0, 1))
        self._desk.start(one)

    def _sleeps(self, one: One) -> None:
        assert one.process is not None
        self._desk.stands_still(one)
        time.sleep(self._desk.lease_s + BEYOND_LEASE_S)
        one.process.send_signal(signal.SIGCONT)

    def _arm(self, one: One) -> None:
        """Start it anew, to die or to stand still at a place; once more if it dies of the place it had before."""
        self._term(one, f"{self._dice.choice(PLACES)}:{self._dice.randint(1, 5)}{self._dice.choice(('', ':stop'))}")

    def _kill(self, one: One) -> None:
        assert one.process is not None
        one.process.kill()
        self._desk.ended(one, "kill")
        time.sleep(self._dice.uniform(0, 2))
        self._desk.start(one)

    def _term(self, one: One, point: str = "") -> None:
        assert one.process is not None
        one.process.send_signal(signal.SIGTERM)
        while one.alive:
            if one.asleep:
                self._sleeps(one)
            time.sleep(_LOOK_S)
        self._desk.ended(one, f"kill at {one.point}")
        self._desk.figures.blows["term"] = self._desk.figures.blows.get("term", 0) + 1
        self._desk.start(one, point)

    def _stop(self, one: One) -> None:
        assert one.process is not None
        one.process.send_signal(signal.SIGSTOP)
        self._sleeps(one)

    def peace(self) -> None:
        """After its end: every daemon runs, and none of them is on its way to a place any more."""
        for one in self._desk.daemons:
            if one.alive and not one.point:
                continue
            if one.alive:
                self._term(one)
            else:
                self._revive(one)


def play(
    desk: Several, mails: int, per_second: float, pause_s: float, what: Sequence[str], seed: str,
    poison: int = 0, burst: int = 1, patience_s: float = 120.0,
) -> Verdict:  # fmt: skip
    """Load and nemesis at once; then peace, and the verdict. Raises AssertionError if it does not come to rest."""
    desk.start_all()
    with Nemesis(desk, pause_s, what, seed) as nemesis:
        desk.load(mails, per_second, poison, burst)
    nemesis.peace()
    desk.rest(patience_s)
    desk.end()
    desk.put_away()
    verdict = desk.check()
    verdict.faults += desk.tracebacks()
    return verdict
