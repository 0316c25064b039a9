"""Time's door: `step` decides about every timer that has fallen due, one transaction a ticket."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from maild import failpoint, gather
from maild.apply import Writer, apply
from maild.model import Address, DeliveryFailed, Event, Followed, TimerFired
from maild.store import ledger, tickets, timers
from maild.store.engine import reading
from maild.store.timers import DELIVERY_FAILED, FOLLOWED
from maild.workflow.decide import decide
from maild.workflow.due import SILENCE_KINDS
from maild.workflow.needs import needs

log = logging.getLogger("maild.tick")

AT_ONCE = 500
# A timer whose handling fails is tried again later and later; it is never dropped.
RETRY = timedelta(minutes=5)


def heard_until(looks: Sequence[datetime | None], now: datetime) -> datetime | None:
    """Up to when a desk has heard what people wrote, from the last good look at each mailbox (None: there was none
    yet). A desk without mailboxes is handed its mail by an MTA's pipe, which keeps nothing back."""
    seen = [look for look in looks if look is not None]
    if len(seen) < len(looks):
        return None
    return min(seen, default=now)


class Ticker:
    """Lets time pass. Used by one thread."""

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        clock: Callable[[], datetime],
        heard: Callable[[], datetime | None] | None = None,
    ) -> None:
        """`heard` tells up to when the desk has heard what people wrote (None: not at all yet). Silence is silence only
        where somebody listened: after a standstill, reminders and closings wait for the mail that lay there."""
        self._engine, self._writer, self._clock = engine, writer, clock
        self._heard = heard or clock

    def use(self, writer: Writer) -> None:
        """Decide by another policy from the next timer on (a reload)."""
        self._writer = writer

    def step(self, on_commit: Callable[[], None]) -> int:
        """Fire what is due; how many timers that were. Raises sqlalchemy's errors when the database is away."""
        now = self._clock()
        with reading(self._engine) as connection:
            silence = self._silence(connection)
            due = timers.due(connection, now, AT_ONCE, silence)
        fired = 0
        for number in dict.fromkeys(each.ticket for each in due):
            try:
                with self._engine.begin() as connection:
                    fired += self._ticket(connection, number, now, silence)
                    failpoint.reach("timer-applied")
                failpoint.reach("timer-decided")
            except Exception as error:
                if isinstance(error, DBAPIError) and not isinstance(error, DataError | IntegrityError):
                    # The database is away, which is no fault of this ticket.
                    raise
                log.exception("ticket %d: a timer could not be handled; it is tried again later", number)
                self._postpone(number, now)
            on_commit()
        return fired

    def next_due(self) -> datetime | None:
        """When the next timer falls due."""
        with reading(self._engine) as connection:
            return timers.next_due(connection, self._silence(connection))

    def _silence(self, connection: Connection) -> timers.Silence:
        """Up to when silence is known to be silence: mail was looked for, and what came has been decided about."""
        heard, undecided = self._heard(), ledger.oldest_undecided(connection)
        return timers.Silence(SILENCE_KINDS, min(heard, undecided) if heard and undecided else heard)

    def _ticket(self, connection: Connection, number: int, now: datetime, silence: timers.Silence) -> int:
        """All due timers of one ticket, under its lock; what one of them cancels does not fire."""
        fired = 0
        seen: set[str] = set()
        while True:
            ticket = tickets.load(connection, number, lock=True)
            rows = [row for row in timers.still_due(connection, number, now, silence) if row.kind not in seen]
            if not rows:
                return fired
            row = rows[0]
            seen.add(row.kind)
            event = _event(row)
            timers.drop(connection, number, [row.kind])
            facts = gather.facts(
                connection, event, ticket, None, needs(event, ticket, self._writer.policy), now, self._writer.policy
            )
            outcome = decide(ticket, event, facts, now, self._writer.policy)
            apply(connection, outcome, self._writer, now)
            log.info("ticket %d: %s: %s", number, row.kind, outcome.reason, extra={"ticket": number})
            fired += 1

    def _postpone(self, number: int, now: datetime) -> None:
        with self._engine.begin() as connection:
            for row in timers.still_due(connection, number, now):
                timers.postpone(connection, number, row.kind, now + RETRY * 2 ** min(row.failures, 8))


def _event(row: timers.Due) -> Event:
    if row.kind.startswith(DELIVERY_FAILED):
        data = row.data
        return DeliveryFailed(
            Address(str(data["recipient"])),
            str(data["status"]),
            str(data["detail"]),
            bool(data["permanent"]),
            str(data["template"]),
            unknown=bool(data.get("unknown", 0)),
            automatic=bool(data.get("automatic", 1)),
        )
    if row.kind.startswith(FOLLOWED):
        data = {name: value for name, value in row.data.items() if name not in ("what", "origin")}
        return Followed(str(row.data["what"]), int(row.data["origin"]), data)
    return TimerFired(row.kind, row.data)
