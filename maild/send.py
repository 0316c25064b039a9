"""The door out: `step` leases a batch, hands it to the relay, and records each result as it arrives (DESIGN §4).

A second copy of a mail, the same bytes under the same Message-ID, can occur only when the answer to the final dot was
lost or not yet committed. Nothing that is done after the relay's 250 can cause another sending.
"""

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine

from maild import failpoint
from maild.model import Timer
from maild.outbound.backoff import after
from maild.outbound.smtp import Courier, Parcel, Result
from maild.store import outbox, timers
from maild.store.engine import reading

log = logging.getLogger("maild.send")

BATCH_MAILS = 64
BATCH_BYTES = 32 * 1024 * 1024
# A daemon that dies holds its mails back for so long at most; one that lives renews its leases (see `renew`).
LEASE = timedelta(seconds=60)
# Results are written together when they come close together: at most so many, at most so late.
RECORD_MAILS = 16
RECORD_SECONDS = 0.02
# How long the relay is left alone after it refused or was not there.
RELAY_FIRST = timedelta(seconds=5)
RELAY_LONGEST = timedelta(minutes=5)


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
        """`null_sender` None: the relay is asked before the first mail whether it takes `MAIL FROM:<>`."""
        self._engine, self._courier, self._owner, self._clock, self._lease = engine, courier, owner, clock, lease
        self._envelope_sender, self._null_sender = envelope_sender, null_sender
        # Until when this daemon may begin to send what it has leased, and the results that are not on disk yet.
        self._lease_until: datetime | None = None
        self._book: _Book | None = None
        self._ending = False
        self._rest_until: datetime | None = None
        self._failures = 0
        self.last_relay_error = ""
        self.failing_since: datetime | None = None

    def step(self, on_result: Callable[[], None] = lambda: None) -> int:
        """Lease, send, record; how many mails were leased. `on_result` is called as each result is known.

        Raises sqlalchemy's errors when the database is away.
        """
        self._settle()
        now = self._clock()
        if self._ending or (self._rest_until is not None and now < self._rest_until):
            return 0
        limit = min(BATCH_MAILS, self._courier.room())
        if limit <= 0:
            return 0
        with reading(self._engine) as connection:
            due = outbox.next_due(connection)
        if due is None or due > now:
            return 0
        if self._null_sender is None and not self._ask_relay(now):
            return 0
        with self._engine.begin() as connection:
            rows = outbox.lease(connection, self._owner, now, now + self._lease, limit, BATCH_BYTES)
        if not rows:
            return 0
        failpoint.reach("leased")
        book = self._book = _Book(self._engine, self._owner, {row.id: row for row in rows}, self._clock, on_result)
        self._lease_until = now + self._lease
        self._courier.send([self._parcel(row) for row in rows], book.add, self._may_begin)
        self._settle()
        self._judge_relay(book.relay_error, book.delivered, now)
        return len(rows)

    def _may_begin(self) -> bool:
        """Whether the lease still holds: after a long standstill another daemon may have taken the mails over."""
        return not self._ending and self._lease_until is not None and self._clock() < self._lease_until

    def finish(self) -> None:
        """Begin no further mail; those on their way are finished. Called from another thread, before the end."""
        self._ending = True

    def _settle(self) -> None:
        """Write down what the relay said, also after the database was away, and give back what was not begun."""
        if self._book is None:
            return
        self._book.write()
        if self._book.unreported:
            with self._engine.begin() as connection:
                outbox.release(connection, self._owner, self._clock())
        self._book, self._lease_until = None, None

    def next_due(self) -> datetime | None:
        """When something may leave again."""
        with reading(self._engine) as connection:
            due = outbox.next_due(connection)
        if due is not None and self._rest_until is not None:
            return max(due, self._rest_until)
        return due

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
            self._judge_relay(found.error, False, now)
            return False
        self._null_sender = found.null_sender
        log.info("relay: automatic mail leaves with %s as sender", "<>" if found.null_sender else self._envelope_sender)
        return True

    def _judge_relay(self, error: str, delivered: bool, now: datetime) -> None:
        """A relay that refuses everything is left alone for a while, longer each time; one line says so."""
        if error and not delivered:
            self._failures += 1
            pause = min(RELAY_FIRST * 2 ** min(self._failures - 1, 8), RELAY_LONGEST)
            self._rest_until = self._clock() + pause
            if self.failing_since is None:
                self.failing_since = now
            if error != self.last_relay_error:
                log.error("relay: %s; trying again in %d s", error, pause.total_seconds())
            self.last_relay_error = error
        elif delivered:
            if self._failures:
                log.info("relay: mail leaves again")
            self._failures, self._rest_until, self.last_relay_error, self.failing_since = 0, None, "", None


class _Book:
    """Results of one batch, written to the database as they arrive."""

    def __init__(
        self,
        engine: Engine,
        owner: str,
        rows: dict[int, outbox.Leased],
        clock: Callable[[], datetime],
        on_result: Callable[[], None],
    ) -> None:
        self._engine, self._owner, self._rows, self._clock, self._on_result = engine, owner, rows, clock, on_result
        self._unwritten: list[tuple[outbox.Leased, Result]] = []
        # Leased, and nothing is known of them yet.
        self.unreported = set(rows)
        self._last_write = time.monotonic()
        self.relay_error = ""
        self.delivered = False

    def add(self, result: Result) -> None:
        """Take one result down; the relay's 250 is on disk within some milliseconds."""
        failpoint.reach("answered")
        self._on_result()
        self._unwritten.append((self._rows[result.id], result))
        self.unreported.discard(result.id)
        if result.kind == "relay":
            self.relay_error = f"{result.code or ''} {result.text}".strip()
        else:
            self.delivered = True
        if len(self._unwritten) >= RECORD_MAILS or time.monotonic() - self._last_write >= RECORD_SECONDS:
            self.write()

    def write(self) -> None:
        if not self._unwritten:
            return
        now = self._clock()
        fates: list[outbox.Fate] = []
        failed: list[tuple[outbox.Leased, Result]] = []
        for row, result in self._unwritten:
            following = after(result.kind, row.attempts, row.unknowns, row.created, now, random.random())
            fates.append(
                outbox.Fate(
                    number=row.id,
                    state=following.state,
                    code=result.code,
                    text=result.text,
                    due=following.due,
                    sent=now if following.state == "sent" else None,
                    blame=result.kind != "relay",
                    unknown=result.kind == "unknown",
                )
            )
            if following.state == "failed":
                failed.append((row, result))
        with self._engine.begin() as connection:
            # A commit whose answer was lost is done again, and must not tell the agents twice.
            news = outbox.mine(connection, self._owner, [row.id for row, _ in failed]) if failed else set()
            outbox.record(connection, self._owner, fates)
            for row, result in failed:
                if row.ticket is not None and row.id in news:
                    timers.put(connection, row.ticket, [_told(row, result, now)], new=False)
            failpoint.reach("recording")
        failpoint.reach("recorded")
        for row, result in self._unwritten:
            log.info(
                "outbox %d %s to %s: %s %s", row.id, result.kind, row.recipient, result.code or "", result.text,
                extra={"outbox": row.id, "result": result.kind, "ticket": row.ticket},
            )  # fmt: skip
        self._unwritten.clear()
        self._last_write = time.monotonic()


def _told(row: outbox.Leased, result: Result, now: datetime) -> Timer:
    """The event, due now, by which the ticket's agent hears that a mail will never arrive."""
    return Timer(
        f"{timers.DELIVERY_FAILED}{row.id}",
        now,
        {
            "recipient": row.recipient,
            "status": _status(result),
            "detail": result.text[:300],
            "permanent": int(result.kind == "refused"),
            "template": row.template,
        },
    )


def _status(result: Result) -> str:
    """The RFC 3463 code out of the relay's words, else one made from its reply code."""
    for word in result.text.split()[:4]:
        digits = word.split(".")
        if len(digits) == 3 and all(part.isdigit() for part in digits):
            return word
    return "5.0.0" if result.kind == "refused" else "4.0.0"
