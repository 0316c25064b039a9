"""From one mailbox into the ledger: `Fetcher.step` asks for UIDs, takes what the ledger lacks, and files away.

What is new is what the ledger does not have: never \\Seen, never a date, never a cursor that could step over a mail
that failed once (PRODUCT §2.1). UIDNEXT of the last clean cycle only saves questions; everything is compared again at
start and every hour.
"""

import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any, Literal

from sqlalchemy import Engine

from maild import failpoint
from maild.ingest.mailbox import Mailbox
from maild.ingest.mailbox_account import Fetched, MailboxState
from maild.ingest.mailbox_errors import MailboxError
from maild.ingest.prescan import glance
from maild.store import ledger, upkeep
from maild.store.engine import reading

log = logging.getLogger("maild.fetch")

RECONCILE_EVERY = timedelta(hours=1)
WINDOW_UIDS = 1000
# One commit holds so many mails or bytes at most, so that a crash costs little and memory stays flat.
BATCH_MAILS = 50
BATCH_BYTES = 8 * 1024 * 1024
FILE_AWAY_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a mail may be to be parsed, and to be stored at all; larger ones leave a header record only (bytes)."""

    parse_bytes: int
    store_bytes: int


class Fetcher:
    """Watches one mailbox. `step` is one look; whoever calls it decides when. Used by one thread."""

    def __init__(
        self,
        engine: Engine,
        mailbox: Mailbox,
        limits: Limits,
        clock: Callable[[], datetime],
        backlog: Literal["new", "unseen", "all"] = "new",
        backlog_age: timedelta = timedelta(days=3),
        file_away: Literal[True, False, "copy"] = True,
    ) -> None:
        self._engine, self.mailbox, self._limits, self._clock = engine, mailbox, limits, clock
        self._backlog, self._backlog_age, self._file_away = backlog, backlog_age, file_away
        self._name = mailbox.account.name
        self._reconciled: datetime | None = None
        self._seen: MailboxState | None = None
        self._cannot_file: str = ""
        # Whether to look again before waiting: a server tells of a new mail once, in the answer to whatever runs then.
        self.restless = False
        # The lowest UID that is there and could not be read: the next looks begin with it.
        self._missed: int | None = None

    def step(self, on_batch: Callable[[], None]) -> int:
        """One look at the mailbox: how many mails are new in the ledger. `on_batch` is called after each commit.

        Raises MailboxError (the mailbox is away) and sqlalchemy's errors (the database is).
        """
        now = self._clock()
        state = self.mailbox.state() if self.mailbox.connected else self.mailbox.connect()
        memory = self._remember(state, now)
        overdue = self._reconciled is None or now - self._reconciled >= RECONCILE_EVERY
        taken = 0
        self.restless = overdue or state != self._seen
        if self.restless or self._missed is not None:
            low = memory.first_uid
            if not overdue and self._seen is not None:
                low = max(low, min(self._seen.uidnext, self._missed or self._seen.uidnext))
            if state.uidvalidity != memory.uidvalidity or (self._seen and state.uidvalidity != self._seen.uidvalidity):
                low = memory.first_uid
            taken, missed = self._take(state, low, memory, on_batch)
            self._note(missed)
            if self._backlog == "unseen" and low == 1 and memory.first_uid == 1 and not missed:
                # From here on what people have read means nothing (PRODUCT §2.1).
                with self._engine.begin() as connection:
                    upkeep.put_mailbox(connection, self._name, first_uid=state.uidnext)
            self._seen = state
            if overdue:
                self._reconciled = now
        self.file_away(state.uidvalidity)
        with self._engine.begin() as connection:
            upkeep.put_mailbox(
                connection, self._name, uidnext=state.uidnext, present=state.exists, last_clean=now, last_error=None
            )
        return taken

    def _remember(self, state: MailboxState, now: datetime) -> Any:
        """The mailbox's row; a new one, or one whose UIDVALIDITY has changed, is set up first."""
        with reading(self._engine) as connection:
            row = upkeep.mailbox(connection, self._name)
        if row is not None and row.uidvalidity == state.uidvalidity:
            return row
        with self._engine.begin() as connection:
            row = upkeep.mailbox(connection, self._name)
            # Until the first login works, a row may hold the error alone.
            if row is None or row.uidvalidity is None:
                first = state.uidnext if self._backlog == "new" else 1
                upkeep.first_look(
                    connection, self._name, uidvalidity=state.uidvalidity, first_uid=first, first_start=now
                )
                log.info("mailbox %s: first look, %d mails there, backlog %s", self._name, state.exists, self._backlog)
            elif row.uidvalidity != state.uidvalidity:
                # Every UID means another mail now; the ledger's dedupe key keeps those it knows from coming twice.
                upkeep.put_mailbox(connection, self._name, uidvalidity=state.uidvalidity, first_uid=1)
                log.warning(
                    "mailbox %s: UIDVALIDITY changed from %s to %d: looking through all of it again",
                    self._name, row.uidvalidity, state.uidvalidity,
                )  # fmt: skip
                self._reconciled = None
            return upkeep.mailbox(connection, self._name)

    def _note(self, missed: list[int]) -> None:
        """Remember what could not be read. A mail that somebody took away is not listed the next time."""
        lowest = min(missed, default=None)
        if lowest is not None and lowest != self._missed:
            log.warning("mailbox %s: UID %d cannot be read now; it is asked for again", self._name, lowest)
        self._missed = lowest

    def _take(self, state: MailboxState, low: int, memory: Any, on_batch: Callable[[], None]) -> tuple[int, list[int]]:
        """Fetch what the ledger lacks from UID `low` on, in order of arrival: how many, and the UIDs that failed."""
        taken = 0
        missed: list[int] = []
        there = [uid for uid in self.mailbox.uids(low) if uid >= low]
        failpoint.reach("uids-listed")
        unseen: Set[int] = frozenset()
        if self._backlog == "unseen" and memory.first_uid == 1 and there:
            unseen = frozenset(self.mailbox.unseen(low, there[-1]))
        for window in _windows(there, WINDOW_UIDS):
            with reading(self._engine) as connection:
                had = ledger.known_uids(connection, self._name, state.uidvalidity, window[0], window[-1])
            wanted = [uid for uid in window if uid not in had]
            if not wanted:
                continue
            sizes = self.mailbox.sizes(wanted)
            missed += [uid for uid in wanted if uid not in sizes]
            wanted = [
                uid for uid in wanted if uid in sizes and not self._left_alone(uid in unseen, sizes[uid][1], memory)
            ]
            small = [uid for uid in wanted if sizes[uid][0] <= self._limits.parse_bytes]
            got: set[int] = set()
            for batch in _by_bytes(self.mailbox.fetch(small, {uid: sizes[uid] for uid in small})):
                taken += self._keep([self._arrival(state, each) for each in batch])
                got.update(each.uid for each in batch)
                on_batch()
            missed += [uid for uid in small if uid not in got]
            for uid in wanted:
                if sizes[uid][0] > self._limits.parse_bytes:
                    kept = self._keep_large(state, uid, *sizes[uid])
                    taken += kept or 0
                    if kept is None:
                        missed.append(uid)
                    on_batch()
        return taken, missed

    def _left_alone(self, unseen: bool, received: datetime, memory: Any) -> bool:
        """Whether a mail was there before the first start and is to stay where it is.

        At the first look with `backlog = "unseen"`, and after a UIDVALIDITY change, when old mail has new UIDs.
        """
        if self._backlog == "all" or memory.first_uid != 1 or received >= memory.first_start - timedelta(seconds=1):
            return False
        return self._backlog == "new" or not unseen

    def _keep(self, arrivals: list[ledger.Arrival]) -> int:
        failpoint.reach("fetched")
        with self._engine.begin() as connection:
            made = ledger.add(connection, arrivals)
            failpoint.reach("ledger-uncommitted")
        failpoint.reach("received")
        return len(made)

    def _arrival(self, state: MailboxState, mail: Fetched) -> ledger.Arrival:
        now, seen = self._clock(), glance(mail.raw)
        return ledger.Arrival(
            source="imap",
            mailbox=self._name,
            uidvalidity=state.uidvalidity,
            uid=mail.uid,
            received=min(mail.internaldate, now),
            fetched=now,
            size=len(mail.raw),
            raw=mail.raw,
            message_id=seen.message_id,
            content_hash=seen.content_hash,
            sender=seen.sender,
            subject=seen.subject,
            backlog=now - mail.internaldate > self._backlog_age,
        )

    def _keep_large(self, state: MailboxState, uid: int, size: int, received: datetime) -> int | None:
        """A mail that is too large to parse: stored in chunks, or only its header if it is larger still.

        Gives how many ledger rows are new, None if the mail could not be read. It comes through a file without a name:
        memory stays flat, and no transaction waits for the network.
        """
        header = self.mailbox.header(uid)
        if not header:
            return None
        whole = size <= self._limits.store_bytes
        with tempfile.TemporaryFile() as spool:
            if whole:
                for piece in self.mailbox.fetch_large(uid, size, ledger.CHUNK_BYTES):
                    spool.write(piece)
                size = spool.tell()
                if not size:
                    return None
            return self._write_large(state, uid, size, received, header, spool if whole else None)

    def _write_large(
        self, state: MailboxState, uid: int, size: int, received: datetime, header: bytes, spool: IO[bytes] | None
    ) -> int:
        now, seen = self._clock(), glance(header, size)
        with self._engine.begin() as connection:
            numbers = ledger.add(
                connection,
                [
                    ledger.Arrival(
                        source="imap",
                        mailbox=self._name,
                        uidvalidity=state.uidvalidity,
                        uid=uid,
                        received=min(received, now),
                        fetched=now,
                        size=size,
                        raw=b"" if spool else header,
                        message_id=seen.message_id,
                        content_hash=seen.content_hash,
                        sender=seen.sender,
                        subject=seen.subject,
                        complete=spool is not None,
                    )
                ],
            )
            if numbers and spool:
                spool.seek(0)
                for n, piece in enumerate(iter(lambda: spool.read(ledger.CHUNK_BYTES), b"")):
                    ledger.add_chunk(connection, numbers[0], n, piece)
            failpoint.reach("ledger-uncommitted")
        failpoint.reach("received")
        log.info("mailbox %s: UID %d has %d bytes: %s", self._name, uid, size, "stored" if spool else "header only")
        return len(numbers)

    def file_away(self, uidvalidity: int) -> None:
        """Put mails that are done into their folders, for human eyes only: nothing depends on it."""
        while True:
            with reading(self._engine) as connection:
                rows = ledger.to_file(connection, self._name, uidvalidity, FILE_AWAY_AT_ONCE)
            if not rows:
                return
            self.restless = True
            account = self.mailbox.account
            for target, fates in ((account.quarantine, ("quarantined",)), (account.processed, None)):
                chosen = [row for row in rows if (row[2] in fates if fates else row[2] != "quarantined")]
                failpoint.reach("unfiled")
                where = self._put(target, [uid for _, uid, _ in chosen])
                failpoint.reach("filed")
                with self._engine.begin() as connection:
                    ledger.mark_filed(connection, [number for number, _, _ in chosen], where)
            if len(rows) < FILE_AWAY_AT_ONCE:
                return

    def _put(self, target: str, uids: list[int]) -> str:
        if not uids or self._file_away is False:
            return ""
        try:
            done = self.mailbox.file_away(uids, target, "copy" if self._file_away == "copy" else "move")
        except MailboxError as error:
            if error.broken:
                raise
            if str(error) != self._cannot_file:
                self._cannot_file = str(error)
                log.warning("mailbox %s: mails stay in %s: %s", self._name, self.mailbox.account.folder, error)
            return ""
        self._cannot_file = ""
        return "" if done == "left" else target


def _windows(uids: list[int], width: int) -> Iterator[list[int]]:
    for at in range(0, len(uids), width):
        yield uids[at : at + width]


def _by_bytes(mails: Iterable[Fetched]) -> Iterator[list[Fetched]]:
    batch: list[Fetched] = []
    size = 0
    for mail in mails:
        batch.append(mail)
        size += len(mail.raw)
        if len(batch) >= BATCH_MAILS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
