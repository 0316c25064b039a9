"""Learning as a piece of work: read the tickets that teach, train a little at a time, note the model and how it did.

Nothing of it happens in a deciding transaction: the database is read in one short look and written in another.
"""

import logging
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from maild.model import Learned, Policy
from maild.store import learned, upkeep
from maild.store.engine import reading
from maild.workflow import lessons, trial
from maild.workflow.triage import OUT_OF_SCOPE

log = logging.getLogger("maild.teach")

# The desk's own night, by the hour, in which it learns even from a single correction.
_NIGHT = range(1, 5)
_CHORE = "learn"
_LOOK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Taught:
    """One training: the number of the model, whether it is in use, why, how it did, and which tickets did not teach."""

    number: int
    in_use: bool
    why: str
    figures: trial.Figures
    tickets: int
    refused: lessons.Refused


class Teacher:
    """Learns when there is something new. Used by one thread; several daemons on one desk learn once together."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._underway: Generator[None, None, Taught] | None = None
        self._looked: datetime | None = None

    def step(self, policy: Policy, now: datetime, seconds: float) -> Taught | None:
        """Begin if it is time to, go on for about so many seconds, and give what was learned when it is done."""
        if not policy.learning.on:
            self._underway = None
            return None
        if self._underway is None:
            if not self._due(policy, now):
                return None
            self._underway = training(self._engine, policy, now, "maild")
        until = time.monotonic() + seconds
        try:
            while time.monotonic() < until:
                next(self._underway)
        except StopIteration as done:
            self._underway = None
            taught: Taught = done.value
            return taught
        except Exception:
            # Trouble with the database ends this training; a later one begins anew.
            self._underway = None
            raise
        return None

    def _due(self, policy: Policy, now: datetime) -> bool:
        """Whether this daemon is to learn now: at night, or by day from many new corrections; claimed once by all."""
        if self._looked is not None and timedelta() <= now - self._looked < _LOOK:
            return False
        self._looked = now
        with reading(self._engine) as connection:
            before = learned.standing(connection)
            fresh, _ = learned.corrections_after(connection, before.upto if before else 0)
        local = now.astimezone(ZoneInfo(policy.desk.zone))
        period = ""
        if fresh >= policy.learning.after:
            period = f"after {before.id if before else 0}"
        elif local.hour in _NIGHT and (fresh or (before is not None and before.in_use)):
            period = f"night {local.date().isoformat()}"
        if not period:
            return False
        with self._engine.begin() as connection:
            return upkeep.claim_chore(connection, _CHORE, period, now)


def training(engine: Engine, policy: Policy, now: datetime, who: str) -> Generator[None, None, Taught]:
    """Learn anew from all the tickets that teach; yields often, so that the caller may stop for a while. `who` asked
    for it."""
    with reading(engine) as connection:
        before = learned.standing(connection)
        after = before.upto if before else 0
        _, upto = learned.corrections_after(connection, after)
        rows, stands_for = learned.lessons(connection, before.horizon if before else learned.BEGINNING, lessons.MOST)
    taught, refused = lessons.settled(rows, policy)
    examples = []
    for each in taught:
        examples.append(lessons.example(each, stands_for, policy))
        yield
    model, figures = yield from trial.try_out(examples, OUT_OF_SCOPE)
    was = before is not None and before.in_use
    enough = len(examples) >= policy.learning.least
    use, why = trial.taken_over(figures, enough, policy.learning.margin, was)
    corrections = sum(each.corrected for each in taught)
    with engine.begin() as connection:
        latest = learned.standing(connection)
        if latest is not None and latest.kind == "reset" and (before is None or latest.id != before.id):
            # An admin had everything forgotten meanwhile: what was learned from before that must not come back.
            use, why, model = False, "forgotten while it was being learned", Learned({}, 0)
            corrections, upto = 0, latest.upto
        since = (before.since if before and was else now) if use else None
        number = learned.put(
            connection, "trained", who, why, now, model=model, in_use=use, since=since, corrections=corrections,
            upto=upto, figures=asdict(figures),
        )  # fmt: skip
        if use != was:
            upkeep.note_event(
                connection, "learner", f"{'takes over' if use else 'gives back to the rules'}: {why}", now
            )
    log.info(
        "learned from %d tickets: %s (%s)", len(examples), "in use" if use else "not in use", why,
    )  # fmt: skip
    return Taught(number, use, why, figures, len(examples), refused)


def forget(engine: Engine, who: str, why: str, now: datetime) -> int:
    """Forget all that was learned: the rules decide, and what happened until now teaches no more. Gives its number."""
    with engine.begin() as connection:
        before = learned.standing(connection)
        _, upto = learned.corrections_after(connection, before.upto if before else 0)
        number = learned.put(connection, "reset", who, why, now, upto=upto)
        upkeep.note_event(connection, "learner", f"forgotten by {who}: {why or 'no reason given'}", now)
    return number
