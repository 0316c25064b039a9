"""The door out: `step` leases a batch, hands it to the relay, and records each result as it arrives (DESIGN §4).

A second copy of a mail, the same bytes under the same Message-ID, can occur only when the answer to the final dot was
lost or not yet committed. Nothing that is done after the relay's 250 can cause another sending.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from maild import failpoint
from maild.outbound import breaker as circuit
from maild.outbound.breaker import Breaker, Said
from maild.outbound.smtp import Courier, Parcel, Result
from maild.record import Book
from maild.store import outbox, outbox_counts
from maild.store.engine import reading

log = logging.getLogger("maild.send")

BATCH_MAILS = 64
BATCH_BYTES = 32 * 1024 * 1024
# A relay that talks slowly keeps a round busy for so long at most; what was not begun then stands in line again, behind
# what has become urgent meanwhile.
BATCH_SECONDS = 60.0
# A daemon that dies holds its mails back for so long at most; one that lives renews its leases (see `renew`).
LEASE = timedelta(seconds=60)
# After the database was away for longer than this, the other daemons get so long to write down what they have sent
# before their leases are taken over: more than the longest pause of a loop.
_AWAY_SECONDS = 45.0
_GRACE_SECONDS = 75.0
# How often the relay's limit of mails a minute is looked at once it is reached.
_PACE = timedelta(seconds=2)
# How long it is believed what the relay said of an empty sender: a word that was no answer, and one that was.
_ASK_AGAIN = timedelta(minutes=10)
_ASK_DAILY = timedelta(days=1)


class Sender:
    """Sends what is due. Used by one thread."""

    def __init__(
        self,
        engine: Engine,
        courier: Courier,
        owner: str,
        envelope_sender: str,
        null_sender: bool | None,
        clock: Callable[[], datetime],
        lease: timedelta = LEASE,
    ) -> None:
        """`null_sender` None: the relay is asked before the first mail whether it takes `MAIL FROM:<>`, and again once
        a day and whenever it was away."""
        self._engine, self._courier, self._owner, self._clock, self._lease = engine, courier, owner, clock, lease
        self._envelope_sender, self._null_sender = envelope_sender, null_sender
        self._ask_at: datetime | None = None if null_sender is not None else datetime.min.replace(tzinfo=UTC)
        # Until when this daemon may begin to send what it has leased, and the results that are not on disk yet.
        self._lease_until: datetime | None = None
        self._book: Book | None = None
        self._begun = 0.0
        self._ending = False
        self._paced_until: datetime | None = None
        # Of time.monotonic(): when the database last answered, and until when leases of others are left alone.
        self._contact = time.monotonic()
        self._grace_until = 0.0
        self.breaker = Breaker()

    @property
    def last_relay_error(self) -> str:
        """Why no mail leaves, in the relay's words; empty while it does."""
        return self.breaker.why

    @property
    def failing_since(self) -> datetime | None:
        """Since when no mail has left; None while it does."""
        return self.breaker.since

    def step(self, on_result: Callable[[], None] = lambda: None) -> int:
        """Lease, send, record; how many mails were leased. `on_result` is called as each result is known.

        Raises sqlalchemy's errors when the database is away.
        """
        self._settle()
        now = self._clock()
        if self._ending or (self._paced_until is not None and now < self._paced_until):
            return 0
        with reading(self._engine) as connection:
            due = outbox.next_due(connection)
            untried = self.breaker.open and outbox.untried(connection, now)
        self._met()
        if due is None or due > now or self.breaker.waits(now, untried):
            return 0
        if self._ask_at is not None and now >= self._ask_at and not self._ask_relay(now):
            return 0
        rows = self._take(now)
        if not rows:
            return 0
        failpoint.reach("leased")
        empty = self._null_sender is True and self._ask_at is not None
        book = Book(self._engine, self._owner, {row.id: row for row in rows}, self._clock, on_result, empty)
        self._book, self._begun = book, time.monotonic()
        self._lease_until = now + self._lease
        self._courier.send([self._parcel(row) for row in rows], book.add, self._may_begin)
        self._settle()
        return len(rows)

    def _take(self, now: datetime) -> list[outbox.Leased]:
        """Lease the next mails: one alone while it is not known whether the relay takes any."""
        probing = self.breaker.open
        limit = 1 if probing else min(BATCH_MAILS, self._courier.room())
        per_minute = self._courier.relay.per_minute
        with self._engine.begin() as connection:
            if per_minute:
                # What the other daemons send counts too, and what this one sent before it was started again.
                limit = min(limit, per_minute - outbox_counts.sent_lately(connection, now - timedelta(minutes=1), now))
            if limit <= 0:
                self._paced_until = now + _PACE
                return []
            alone = time.monotonic() >= self._grace_until
            return outbox.lease(
                connection, self._owner, now, now + self._lease, limit, BATCH_BYTES, orphans=alone, probing=probing
            )

    def _met(self) -> None:
        """The database has answered. After a long silence others may have results that they could not write either."""
        now = time.monotonic()
        if now - self._contact > _AWAY_SECONDS:
            self._grace_until = now + _GRACE_SECONDS
        self._contact = now

    def _may_begin(self) -> bool:
        """Whether the lease still holds: after a long standstill another daemon may have taken the mails over. And
        whether the relay has not said that it wants no more now, and the round has not lasted too long."""
        if self._ending or self._lease_until is None or self._clock() >= self._lease_until:
            return False
        return not (self._book is not None and self._book.enough) and time.monotonic() < self._begun + BATCH_SECONDS

    def finish(self) -> None:
        """Begin no further mail; those on their way are finished. Called from another thread, before the end."""
        self._ending = True

    def _settle(self) -> None:
        """Write down what the relay said, also after the database was away, and give back what was not begun."""
        if self._book is None:
            return
        if self._book.heard:
            self._learn(self._book)
        self._book.write()
        if self._book.unreported:
            with self._engine.begin() as connection:
                outbox.release(connection, self._owner, self._clock())
        self._book, self._lease_until = None, None

    def _learn(self, book: Book) -> None:
        """What a round tells of the relay."""
        self._turn(book.conclude(self.breaker))
        if book.empty_refused:
            self._null_sender, self._ask_at = False, self._clock() + _ASK_DAILY
            log.warning("relay: it refuses an empty sender now: automatic mail leaves with %s", self._envelope_sender)

    def next_due(self) -> datetime | None:
        """When something may leave again."""
        with reading(self._engine) as connection:
            due = outbox.next_due(connection)
        self._met()
        waits = [until for until in (due, self.breaker.until, self._paced_until) if until is not None]
        return max(waits) if due is not None else None

    def renew(self) -> None:
        """Keep what is being sent right now: a slow relay may take longer than a lease. Called from another thread."""
        now, until = self._clock(), self._clock() + self._lease
        if self._lease_until is None or self._lease_until - now > self._lease * 3 / 4:
            return
        with self._engine.begin() as connection:
            renewed = outbox.renew(connection, self._owner, now, until)
        if renewed and self._lease_until is not None:
            self._lease_until = until

    def idle(self) -> None:
        """Nothing to send for a while: say QUIT on the kept connections."""
        self._courier.rest()

    def close(self) -> None:
        """Write down what is known, give back what was leased and not handed over, and leave the relay."""
        try:
            self._settle()
        finally:
            self._courier.close()

    def _parcel(self, row: outbox.Leased) -> Parcel:
        # RFC 3834 §3.3: automatic mail leaves with an empty envelope sender where the relay takes one.
        sender = "" if row.automatic and self._null_sender else self._envelope_sender
        return Parcel(row.id, sender, row.recipient, row.raw)

    def _ask_relay(self, now: datetime) -> bool:
        """Whether the relay takes an empty envelope sender; False if it cannot be asked now."""
        found = self._courier.probe()
        if found.error:
            said = Said(Result(0, "relay", 0, found.error), "", "relay")
            self._turn(circuit.conclude(self.breaker, [said], frozenset(), False, now).breaker)
            return False
        # A no for now is no answer: until there is one, mail leaves with the sender that every relay takes.
        self._null_sender = found.null_sender
        self._ask_at = now + (_ASK_AGAIN if found.undecided else _ASK_DAILY)
        log.info("relay: automatic mail leaves with %s as sender", "<>" if found.null_sender else self._envelope_sender)
        return True

    def _turn(self, found: Breaker) -> None:
        """Take over what is known of the relay; one line when mail no longer leaves, and one when it does again."""
        was, self.breaker = self.breaker, found
        if found.open and found.fault != was.fault:
            pause = (found.until - self._clock()).total_seconds() if found.until is not None else 0
            log.error("relay: %s; %s, trying again in %.0f s", found.why, _FAULTS[found.fault], pause)
        elif was.open and not found.open:
            log.warning("relay: mail leaves again")
            if self._ask_at is not None:
                # It may have been set up anew.
                self._ask_at = self._clock()


_FAULTS = {
    "away": "no mail leaves",
    "refuses": "it refuses every mail: none is counted as failed",
    "busy": "that was too much at a time",
}
