"""From the ledger to a decision: `Receiver.step` takes the mails that wait, has them read, decides, and applies.

Each mail has a savepoint of its own: what goes wrong with one leaves the others alone. On SQLite mails that wait
together share a commit; on PostgreSQL each has its own, behind advisory locks on its ids, so that an original and its
reply on two daemons meet.
"""

import hashlib
import logging
import math
import re
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from maild import evidence, failpoint, let_in
from maild.apply import Applied, Writer, apply
from maild.consider import Considered, awaits, consider, expected
from maild.ingest.prescan import prescan
from maild.ingest.unread import unread
from maild.ingest.worker import ParseCrash, ParseOverrun, ParserAway, Worker
from maild.model import Fate, Message
from maild.store import awaited, ledger, ledger_hold, ledger_waits, locks, outbox_counts
from maild.store.engine import reading

log = logging.getLogger("maild.receive")

# On SQLite a waiting backlog shares a commit: so many mails or so long at most.
BATCH_MAILS = 50
BATCH_SECONDS = 0.1
# So many mails are read ahead by the parsing worker, and so many bytes of them kept in memory.
AHEAD_MAILS = 24
AHEAD_BYTES = 8 * 1024 * 1024
ROUND_MAILS = 200
# Of a mail that is too large to be read, so much is looked through for the end of its header.
_HEADER_BYTES = 256 * 1024
_HEADER_END = re.compile(rb"\r?\n\r?\n")
# A round of the pile of the first day is short, so that new mail never waits long behind one.
PILE_MAILS = 24
PILE_SECONDS = 5.0
STRIKES = 3
_SILENT = "gets no automatic mail for a day, since nobody of the desk has written to it yet"
# A mail names many others at most by malice.
_ANSWERED = 50
# Of a mail that is not given to the parser, so much is looked at.
_HEAD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Read:
    """A waiting mail with what the worker made of it: a Message, or the reason why there is none.

    Of a mail that is too large to be read the Message is that of its header alone.
    """

    row: ledger.Waiting
    message: Message | None
    quarantine: str = ""
    crashed: bool = False
    scanned: tuple[str, str, str] = ("", "", "")


_Ahead = tuple[ledger.Waiting, "Read | Future[Message]", int]


class Receiver:
    """Decides about mails. Used by one thread; `step` returns how many were done."""

    def __init__(
        self,
        engine: Engine,
        writer: Writer,
        worker: Worker,
        clock: Callable[[], datetime],
        parse_bytes: int = 25_000_000,
    ) -> None:
        self._engine, self._writer, self._worker, self._clock = engine, writer, worker, clock
        self._parse_bytes = parse_bytes
        self._share_commits = engine.dialect.name == "sqlite"
        self._batch_mails = BATCH_MAILS if self._share_commits else 1
        self.alarms: deque[tuple[str, str]] = deque(maxlen=100)
        # What the transaction at hand will have to say; said only once it is committed.
        self._raised: list[tuple[str, str]] = []
        self._ending = False
        # Holds the locks on the rows of the round, on PostgreSQL.
        self._holder: Connection | None = None
        # Undecided mails that others wait for, since those answer them.
        self._awaited: set[int] = set()

    @property
    def deferred(self) -> bool:
        """Whether the last step left a reply waiting for the mail that it answers."""
        return bool(self._awaited)

    def use(self, writer: Writer) -> None:
        """Decide by another policy from the next mail on (a reload)."""
        self._writer = writer

    def step(self, on_commit: Callable[[], None]) -> int:
        """Decide about what waits, up to a round of mails; `on_commit` wakes whoever sends.

        Raises sqlalchemy's errors when the database is away, and ParserAway when the parsing process is: nothing is
        lost, the rows still wait, and no mail has a strike for it.
        """
        first, self._awaited = self._awaited, set()
        with self._in_hand(first) as rows:
            if not rows:
                return 0
            fresh = [row for row in rows if row.attempts == 0]
            new = [row for row in fresh if not row.pile]
            # Mails that were tried before go last and singly, so that one that kills the daemon is known by it.
            return self._round(new or fresh[:PILE_MAILS] or rows[:1], on_commit)

    def finish(self) -> None:
        """Begin no further batch; what was read ahead waits for the next start. Called from another thread."""
        self._ending = True

    @contextmanager
    def _in_hand(self, first: Collection[int]) -> Iterator[list[ledger.Waiting]]:
        """The rows of one round; on PostgreSQL nobody else takes them up meanwhile, and others are left to others."""
        if self._share_commits:
            with reading(self._engine) as connection:
                rows = ledger.waiting(connection, ROUND_MAILS, first)
            yield rows
            return
        with locks.holding(self._engine) as self._holder:
            yield ledger.hold(self._holder, AHEAD_MAILS, first)
        self._holder = None

    def _round(self, rows: list[ledger.Waiting], on_commit: Callable[[], None]) -> int:
        with self._engine.begin() as connection:
            ledger.begin_attempt(connection, [row.id for row in rows])
        failpoint.reach("attempts")
        done = 0
        pending = deque(rows)
        ahead: deque[_Ahead] = deque()
        undecided = {row.id for row in rows}
        until = time.monotonic() + (PILE_SECONDS if rows[0].pile else math.inf)
        try:
            while (pending or ahead) and not self._ending and (not done or time.monotonic() < until):
                self._fill(pending, ahead)
                done += self._batch(pending, ahead, on_commit, undecided)
                if self._holder is not None:
                    locks.still_here(self._holder)
        except (SQLAlchemyError, ParserAway) as error:
            # Neither is the mails' fault, so no strike stays on those that were not decided.
            self._forgive(undecided)
            if self._ending and isinstance(error, ParserAway):
                return done
            raise
        if undecided:
            self._forgive(undecided)
        for _, made, _ in ahead:
            # Nobody will look at it now: it must not keep the worker from what is read next.
            if isinstance(made, Future):
                made.cancel()
        return done

    def _fill(self, pending: deque[ledger.Waiting], ahead: deque[_Ahead]) -> None:
        """Hand mails to the worker until enough of them are on their way."""
        room = AHEAD_BYTES - sum(size for _, _, size in ahead)
        batch: list[ledger.Waiting] = []
        while pending and len(ahead) + len(batch) < AHEAD_MAILS and (room > 0 or not (ahead or batch)):
            room -= pending[0].size
            batch.append(pending.popleft())
        if not batch:
            return
        readable = [row.id for row in batch if not (self._is_too_large(row) or _deadly(row) or self._as_is(row))]
        with reading(self._engine) as connection:
            raws = ledger.raws(connection, readable)
        for row in batch:
            raw = raws.get(row.id)
            if self._as_is(row):
                ahead.append((row, self._unread(row), 0))
                continue
            if _deadly(row):
                reason = f"the daemon ended {row.attempts} times with it in hand"
                ahead.append((row, Read(row, None, reason, scanned=(row.sender, row.subject, row.message_id)), 0))
                continue
            if raw is None:
                raw = self._header(row)
            scan = prescan(raw)
            if not scan.ok:
                sender = scan.from_.address
                ahead.append((row, Read(row, None, scan.reason, scanned=(sender, scan.subject, scan.message_id)), 0))
            else:
                ahead.append((row, self._worker.submit(raw), len(raw)))

    def _as_is(self, row: ledger.Waiting) -> bool:
        """Whether a person let in a mail that is not given to the parser: the ticket is made of what can be seen."""
        return ledger_hold.read_as_is(row) or (row.released and self._is_too_large(row))

    def _unread(self, row: ledger.Waiting) -> Read:
        with reading(self._engine) as connection:
            return Read(row, unread(ledger.beginning(connection, row.id, _HEAD_BYTES), row.id, row.complete))

    def _header(self, row: ledger.Waiting) -> bytes:
        """The header of a mail that is too large to be read, as a mail without a body."""
        with reading(self._engine) as connection:
            start = ledger.beginning(connection, row.id, _HEADER_BYTES)
        return _HEADER_END.split(start, maxsplit=1)[0] + b"\r\n\r\n"

    def _is_too_large(self, row: ledger.Waiting) -> bool:
        return row.size > self._parse_bytes or not row.complete

    def _batch(
        self,
        pending: deque[ledger.Waiting],
        ahead: deque[_Ahead],
        on_commit: Callable[[], None],
        undecided: set[int],
    ) -> int:
        """One transaction: the next mail, and those behind it that are ready too. How many got on."""
        first = self._result(ahead.popleft())
        batch = [first]
        while len(batch) < self._batch_mails and ahead and self._ready(ahead[0]):
            batch.append(self._result(ahead.popleft()))
        # The worker goes on reading while this thread decides.
        self._fill(pending, ahead)
        until = time.monotonic() + BATCH_SECONDS
        taken = done = 0
        left = deque(batch)
        self._raised.clear()
        with self._engine.begin() as connection:
            while left and (taken == 0 or time.monotonic() < until or not self._share_commits):
                taken += 1
                done += self._one(connection, left.popleft())
            failpoint.reach("applied")
        failpoint.reach("decided")
        self.alarms.extend(self._raised)
        undecided.difference_update(read.row.id for read in batch[:taken])
        for read in reversed(left):
            ahead.appendleft((read.row, read, 0))
        on_commit()
        return done

    @staticmethod
    def _ready(item: _Ahead) -> bool:
        made = item[1]
        return isinstance(made, Read) or made.done()

    @staticmethod
    def _result(item: _Ahead) -> Read:
        row, made, _ = item
        if isinstance(made, Read):
            return made
        try:
            return Read(row, made.result())
        except ParseOverrun as overrun:
            return Read(row, None, str(overrun))
        except ParseCrash as crash:
            return Read(row, None, str(crash), crashed=True)

    def _one(self, connection: Connection, read: Read) -> bool:
        """One mail in its savepoint; a failure there is a strike against this mail and nobody else.

        False if there was nothing to do for this daemon: another one has the mail, or it waits for another mail.
        """
        for attempt in (1, 2):
            savepoint = connection.begin_nested()
            try:
                done = self._decide(connection, read)
                if done and read.row.released:
                    let_in.settle(connection, read.row.id, self._writer, self._clock())
                savepoint.commit()
                return done
            except (IntegrityError, DataError) as error:
                savepoint.rollback()
                # Another daemon was quicker with the same mail: the second look finds its row.
                if attempt == 1 and isinstance(error, IntegrityError):
                    continue
                # Refused for what it holds, not because the database is away: it would be refused for ever.
                self._failed(connection, read, error)
            except (DBAPIError, ParserAway):
                # The whole transaction goes, and this savepoint with it.
                raise
            except Exception as error:
                savepoint.rollback()
                self._failed(connection, read, error)
            return True
        return True

    def _failed(self, connection: Connection, read: Read, error: Exception) -> None:
        if isinstance(error, DBAPIError):
            # What PostgreSQL says in the lines below holds the whole row: a mail's text, which no log may have.
            why = f"{type(error).__name__}: {str(error.orig).splitlines()[0] if str(error.orig) else ''}"
            log.error("inbound %d: deciding failed: %s", read.row.id, why)
        else:
            why = f"{type(error).__name__}: {error}"
            log.exception("inbound %d: deciding failed", read.row.id)
        self._strike(connection, read, why)

    def _strike(self, connection: Connection, read: Read, why: str) -> None:
        """Three failures put a mail aside; until then it waits behind the others."""
        if read.row.attempts + 1 >= STRIKES:
            self._quarantine(connection, read, f"failed {STRIKES} times, last with {why}"[:400])

    def _decide(self, connection: Connection, read: Read) -> bool:
        row, now = read.row, self._clock()
        if not ledger.claim(connection, row.id):
            return False
        if read.message is None:
            copied = ledger.original(connection, row, read.scanned[0][:320], aside=True)
            if copied is not None:
                # Numbered anew, or sent twice: the admins know of it already.
                self._put_aside(connection, read, f"a copy of inbound {copied}", "ignored")
                return True
            if read.crashed and row.attempts + 1 < STRIKES:
                log.warning("inbound %d: %s; it is tried again", row.id, read.quarantine)
                return True
            self._quarantine(connection, read, read.quarantine)
            return True
        message = read.message
        self._lock_ids(connection, message)
        first = ledger.still_waits(connection, message.answered[:_ANSWERED], row.id)
        if first is not None:
            # The mail that it answers came first, and another daemon has it, or it crashed once, or it lies in the
            # pile: that one is taken up next. It may wait for another one in turn, always an older one.
            ledger.forgive_attempt(connection, [row.id])
            self._awaited.add(first)
            return False
        copied = ledger.original(connection, row, message.from_.key[:320])
        if copied is not None and not ledger_hold.out_of_junk(connection, row, copied):
            self._finish(connection, row, message, now, fate="ignored", reason=f"a copy of inbound {copied}")
            return True
        considered, applied = self._carry_out(connection, row, message, now)
        event, outcome = considered.event, considered.outcome
        self._finish(
            connection,
            row,
            message,
            now,
            fate=outcome.fate or "ignored",
            reason=outcome.reason,
            screening=event.screening.verdict,
            trust=event.trust.verdict,
            trust_reason=event.trust.reason,
            evidence=event.trust.evidence,
            thread_by=event.thread.by,
            ticket=applied.ticket.key if applied.ticket is not None else None,
            waits_until=outcome.wait_until,
            dedupe=ledger.dedupe_key(row),
        )
        if applied.alarm:
            self._raised.append((_SILENT, applied.alarm))
        return True

    def _carry_out(
        self, connection: Connection, row: ledger.Waiting, message: Message, now: datetime
    ) -> tuple[Considered, Applied]:
        considered = consider(
            connection,
            message,
            self._writer.policy,
            self._writer.tokens,
            received=row.received,
            now=now,
            inbound=row.id,
            mailbox=row.mailbox,
            backlog=row.backlog,
            answers=ledger_waits.answers(connection, row.id),
            too_large=row.size if self._is_too_large(row) and not row.released else 0,
            let_in=row.reason or "by an admin" if row.released else "",
            quiet="all" if ledger_hold.silent(row) else "no",
        )
        parts = partial(self._parts, connection) if considered.outcome.mails else None
        outcome = considered.outcome
        if considered.event.too_large and outbox_counts.has_for(connection, row.id):
            # Decided again by hand: its sender has been told.
            considered = replace(considered, outcome=replace(outcome, mails=()))
        applied = apply(connection, considered.outcome, self._writer, now, considered.event, parts)
        if applied.ticket is not None and awaits(considered.event):
            awaited.expect(connection, expected(message), applied.ticket.key, row.id, now)
        evidence.note_shown(
            connection, considered.event, considered.keys, self._writer.policy, self._writer.tokens, now
        )
        return considered, applied

    def _parts(self, connection: Connection, inbound: int, indices: Sequence[int]) -> Sequence[bytes]:
        return self._worker.parts(ledger.raw(connection, inbound), indices)

    def _finish(
        self, connection: Connection, row: ledger.Waiting, message: Message, now: datetime, **values: object
    ) -> None:
        sender = message.from_.key[:320]
        values["reason"] = ledger_hold.with_trace(row, str(values["reason"]))
        ledger.finish(connection, row.id, now, {"sender": sender, "subject": message.subject[:500], **values})
        log.info(
            "inbound %d %s: %s", row.id, values["fate"], values["reason"],
            extra={"inbound": row.id, "fate": values["fate"], "ticket": values.get("ticket")},
        )  # fmt: skip

    def _quarantine(self, connection: Connection, read: Read, reason: str) -> None:
        self._put_aside(connection, read, reason, "quarantined")
        number = read.row.id
        log.warning("inbound %d quarantined: %s", number, reason, extra={"inbound": number, "fate": "quarantined"})

    def _put_aside(self, connection: Connection, read: Read, reason: str, fate: Fate) -> None:
        """Finish a mail that nobody has read: what is known of it is what the scan of its header found."""
        row, now = read.row, self._clock()
        sender, subject, _ = read.scanned
        if read.message is not None:
            sender, subject = read.message.from_.address, read.message.subject
        reason = ledger_hold.with_trace(row, reason)
        ledger.finish(
            connection, row.id, now,
            {"fate": fate, "reason": reason, "screening": "quarantine", "sender": sender[:320],
             "subject": subject[:500]},
        )  # fmt: skip

    def _lock_ids(self, connection: Connection, message: Message) -> None:
        """On PostgreSQL: an original and its reply, read by two daemons at once, must meet (DESIGN §4)."""
        if self._share_commits:
            return
        ids = {message.message_id, *message.answered[:_ANSWERED]} - {""}
        keys = sorted(int.from_bytes(hashlib.sha256(each.encode()).digest()[:8], "big", signed=True) for each in ids)
        for key in keys[:100]:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})

    def _forgive(self, numbers: Iterable[int]) -> None:
        try:
            with self._engine.begin() as connection:
                ledger.forgive_attempt(connection, sorted(numbers))
        except SQLAlchemyError as error:
            # The database is away for this too; at worst a mail is tried singly once.
            log.debug("attempts not taken back: %s", error)


def _deadly(row: ledger.Waiting) -> bool:
    """Whether the daemon has ended too often with this mail in hand.

    The first time it may have stood in a group of which another one was to blame; after that it was alone.
    """
    return row.attempts > STRIKES
