"""Mails as the server hands them over → rows of the ledger with their bytes: fetch's hand that writes.

A mail is written as soon as it is here and before anybody reads it; one that is too large to be read comes in pieces.
"""

import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import IO

from sqlalchemy import Engine

from maild import failpoint
from maild.ingest.mailbox import Mailbox
from maild.ingest.mailbox_account import Fetched
from maild.ingest.prescan import content_hash_of, glance
from maild.store import ledger

log = logging.getLogger("maild.fetch")

# One commit holds so many mails or bytes at most, so that a crash costs little and memory stays flat.
BATCH_MAILS = 50
BATCH_BYTES = 8 * 1024 * 1024
_HEADER_BYTES = 1024 * 1024
# A mail above this comes in pieces, through a file, so that memory stays flat.
STREAM_BYTES = 4 * 1024 * 1024
# How long a full temporary folder is left alone before a large mail is fetched again.
SPOOL_PAUSE_S = 300.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a mail may be to be parsed, and to be stored at all; larger ones leave a header record only (bytes)."""

    parse_bytes: int
    store_bytes: int


@dataclass(frozen=True, slots=True)
class Numbering:
    """What a UID means at present: UIDVALIDITY, and below which UID lies the pile of the first day (None: nowhere)."""

    uidvalidity: int
    pile_below: int | None

    def is_pile(self, uid: int) -> bool:
        return self.pile_below is not None and uid < self.pile_below


class Arrivals:
    """Writes what one mailbox hands over. Used by the thread of its Fetcher."""

    def __init__(
        self, engine: Engine, mailbox: Mailbox, limits: Limits, clock: Callable[[], datetime], backlog_age: timedelta
    ) -> None:
        self._engine, self._mailbox, self.limits, self._clock = engine, mailbox, limits, clock
        self._name, self._backlog_age = mailbox.account.name, backlog_age
        self._spool_again = 0.0

    def keep(self, numbering: Numbering, mails: Sequence[Fetched]) -> int:
        """One commit of mails; how many rows are new."""
        arrivals = [self._arrival(numbering, mail) for mail in mails]
        failpoint.reach("fetched")
        with self._engine.begin() as connection:
            made = ledger.add(connection, arrivals)
            failpoint.reach("ledger-uncommitted")
        failpoint.reach("received")
        return len(made)

    def _arrival(self, numbering: Numbering, mail: Fetched) -> ledger.Arrival:
        now, seen = self._clock(), glance(mail.raw)
        return ledger.Arrival(
            source="imap",
            mailbox=self._name,
            uidvalidity=numbering.uidvalidity,
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
            pile=numbering.is_pile(mail.uid),
        )

    def keep_large(
        self, numbering: Numbering, uid: int, size: int, received: datetime, on_piece: Callable[[], None]
    ) -> int | None:
        """A large mail: stored in chunks, or only its header if it is larger than what is stored at all.

        Gives how many ledger rows are new, None if the mail could not be read. It comes through a file without a name:
        memory stays flat, and no transaction waits for the network. `on_piece` is called after each piece.
        """
        header = self._mailbox.header(uid)
        if not header:
            return None
        if size > self.limits.store_bytes:
            return self._write(numbering, uid, size, received, header, None)
        if time.monotonic() < self._spool_again:
            return None
        try:
            with tempfile.TemporaryFile() as spool:
                for piece in self._mailbox.fetch_large(uid, size, ledger.CHUNK_BYTES):
                    spool.write(piece)
                    on_piece()
                size = spool.tell()
                return self._write(numbering, uid, size, received, header, spool) if size else None
        except OSError as error:
            # The room for large mails is not that of the others: they must not wait for it.
            self._spool_again = time.monotonic() + SPOOL_PAUSE_S
            log.error(
                "mailbox %s: UID %d (%d bytes) waits in the mailbox: %s: make room in %s (or set TMPDIR); it is"
                " asked for again every five minutes",
                self._name, uid, size, error.strerror or error, tempfile.gettempdir(),
            )  # fmt: skip
            return None

    def _write(
        self, numbering: Numbering, uid: int, size: int, received: datetime, header: bytes, spool: IO[bytes] | None
    ) -> int:
        now, seen = self._clock(), glance(header, size)
        digest = seen.content_hash
        if spool is not None and size <= self.limits.parse_bytes:
            # It will be read, and must be known again where it comes in one piece.
            spool.seek(0)
            digest = content_hash_of(iter(partial(spool.read, _HEADER_BYTES), b""))
        with self._engine.begin() as connection:
            numbers = ledger.add(
                connection,
                [
                    ledger.Arrival(
                        source="imap",
                        mailbox=self._name,
                        uidvalidity=numbering.uidvalidity,
                        uid=uid,
                        received=min(received, now),
                        fetched=now,
                        size=size,
                        raw=b"" if spool else header,
                        message_id=seen.message_id,
                        content_hash=digest,
                        sender=seen.sender,
                        subject=seen.subject,
                        backlog=now - received > self._backlog_age,
                        pile=numbering.is_pile(uid),
                        complete=spool is not None,
                    )
                ],
            )
            if numbers and spool:
                spool.seek(0)
                for n, piece in enumerate(iter(partial(spool.read, ledger.CHUNK_BYTES), b"")):
                    ledger.add_chunk(connection, numbers[0], n, piece)
            failpoint.reach("ledger-uncommitted")
        failpoint.reach("received")
        log.info("mailbox %s: UID %d has %d bytes: %s", self._name, uid, size, "stored" if spool else "header only")
        return len(numbers)


def by_bytes(mails: Iterable[Fetched]) -> Iterator[list[Fetched]]:
    """Mails in groups for one commit each."""
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
