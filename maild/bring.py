"""Mails from files into the ledger (`maild import`): in small commits, never one that the ledger has already.

What is known is asked of the ledger by Message-ID and content hash, so a run that was killed goes on where it was, and
a mail that lies in the mailbox as well makes one ticket.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from maild import failpoint
from maild.ingest.fields import split_fields
from maild.ingest.headers import parse_date
from maild.ingest.mailfiles import MailFile, mails_in
from maild.ingest.prescan import HEADER_BLOCK_BYTES, Glance, glance
from maild.store import ledger, ledger_lists
from maild.store.engine import reading

# One commit holds so many mails or bytes at most, so that a crash costs little and memory stays flat.
BATCH_MAILS = 50
BATCH_BYTES = 8 * 1024 * 1024
# Between two commits the daemon's own writing gets its turn on SQLite.
_LONGEST_PAUSE_S = 0.05
_OLDEST = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Brought:
    """What an import has done so far.

    new     mails that the ledger did not have (or, in a dry run, would get)
    known   mails that it had already
    aside   of the new ones, those too large to be parsed, or to be kept whole
    empty   files without a byte
    failed  (file, why) that could not be read
    share   how much of the source is done, 0…1
    """

    new: int = 0
    known: int = 0
    aside: int = 0
    empty: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    share: float = 0.0

    @property
    def seen(self) -> int:
        return self.new + self.known + self.empty + len(self.failed)


class Bringer:
    """Takes mails out of files. `acknowledge`: young ones are decided as if they came now, answers and all."""

    def __init__(
        self,
        engine: Engine,
        parse_bytes: int,
        store_bytes: int,
        clock: Callable[[], datetime],
        backlog_age: timedelta,
        acknowledge: bool = False,
        dry_run: bool = False,
        on_commit: Callable[[], object] = lambda: None,
    ) -> None:
        self._engine, self._clock, self._backlog_age = engine, clock, backlog_age
        self._parse_bytes, self._store_bytes = parse_bytes, store_bytes
        self._acknowledge, self._dry_run, self._on_commit = acknowledge, dry_run, on_commit
        self._batch: list[ledger.Arrival] = []
        self._bytes = 0
        # A dry run writes nothing, so it must remember by itself what it has seen.
        self._counted: set[int] = set()

    def bring(self, path: Path) -> Iterator[Brought]:
        """Every mail of one mbox or Maildir; what was done so far, after each commit and at the end.

        Raises NoMails, OSError for the file as a whole, and sqlalchemy's errors: what was committed stays, and another
        run goes on behind it.
        """
        done = Brought()
        name = path.resolve().name
        for mail in mails_in(path):
            try:
                self._take(mail, name, done)
            except OSError as error:
                done.failed.append((mail.path, error.strerror or str(error)))
            done.share = mail.done
            if len(self._batch) >= BATCH_MAILS or self._bytes >= BATCH_BYTES:
                self._flush(done)
                yield done
        self._flush(done)
        done.share = 1.0
        yield done

    def _take(self, mail: MailFile, name: str, done: Brought) -> None:
        if mail.size > self._parse_bytes:
            self._flush(done)
            self._take_large(mail, name, done)
            return
        raw = mail.read()
        if not raw.strip():
            done.empty += 1
            return
        self._batch.append(self._arrival(mail, name, raw, raw, len(raw), glance(raw)))
        self._bytes += len(raw)

    def _arrival(
        self, mail: MailFile, name: str, head: bytes, raw: bytes, size: int, seen: Glance, complete: bool = True
    ) -> ledger.Arrival:
        now = self._clock()
        received = received_at(mail, head, now)
        return ledger.Arrival(
            source="import",
            # A slash would say that it lay in another folder of a mailbox.
            mailbox=name.replace("/", " "),
            received=received,
            fetched=now,
            size=size,
            raw=raw,
            message_id=seen.message_id,
            content_hash=seen.content_hash,
            sender=seen.sender,
            subject=seen.subject,
            # New mail is not to wait behind a whole archive.
            pile=True,
            backlog=not self._acknowledge or now - received > self._backlog_age,
            complete=complete,
        )

    def _flush(self, done: Brought) -> None:
        """One commit for what has gathered, if there is anything new in it."""
        batch, self._batch, self._bytes = self._batch, [], 0
        if not batch:
            return
        fresh = self._unknown(batch)
        done.known += len(batch) - len(fresh)
        done.new += len(fresh)
        if fresh and not self._dry_run:
            begun = time.monotonic()
            with self._engine.begin() as connection:
                ledger.add(connection, fresh)
                failpoint.reach("import-uncommitted")
            failpoint.reach("imported")
            self._on_commit()
            time.sleep(min(_LONGEST_PAUSE_S, time.monotonic() - begun))

    def _unknown(self, batch: list[ledger.Arrival]) -> list[ledger.Arrival]:
        with reading(self._engine) as connection:
            had = ledger_lists.known(
                connection, [(each.message_id, each.content_hash, each.received) for each in batch]
            )
        fresh = []
        here: set[int] = set()
        for each, known in zip(batch, had, strict=True):
            # Without a Message-ID the moment belongs to it: equal ones of one batch are told apart by that alone.
            same = hash((each.message_id, each.content_hash, None if each.message_id else each.received))
            if known or same in here or same in self._counted:
                continue
            here.add(same)
            fresh.append(each)
        if self._dry_run:
            self._counted |= here
        return fresh

    def _take_large(self, mail: MailFile, name: str, done: Brought) -> None:
        """A mail that is too large to parse: stored in pieces, or its header alone if it is larger still."""
        header = mail.read(HEADER_BLOCK_BYTES)
        header = header[: split_fields(header).body_at]
        # The size as the mailbox tells it, where every line ends with CR LF: the same mail there has the same hash.
        size = sum(len(piece) + piece.count(b"\n") - piece.count(b"\r\n") for piece in mail.pieces(ledger.CHUNK_BYTES))
        whole = size <= self._store_bytes
        arrival = self._arrival(mail, name, header, b"" if whole else header, size, glance(header, size), whole)
        if not self._unknown([arrival]):
            done.known += 1
            return
        done.new += 1
        done.aside += 1
        if self._dry_run:
            return
        with self._engine.begin() as connection:
            (number,) = ledger.add(connection, [arrival])
            if whole:
                for n, piece in enumerate(mail.pieces(ledger.CHUNK_BYTES)):
                    ledger.add_chunk(connection, number, n, piece)
            failpoint.reach("import-uncommitted")
        failpoint.reach("imported")
        self._on_commit()


def received_at(mail: MailFile, head: bytes, now: datetime) -> datetime:
    """When the mail came: its topmost Received field, else the From line, the file's time, its Date; never later than
    now, and now if nothing tells."""
    fields = split_fields(head)
    told = [
        parse_date((fields.first("received") or b"").rpartition(b";")[2]),
        parse_date(mail.envelope.partition(b" ")[2].partition(b" ")[2]),
        datetime.fromtimestamp(mail.mtime, UTC) if mail.mtime else None,
        parse_date(fields.first("date") or b""),
    ]
    moments = (each.astimezone(UTC) for each in told if each is not None and each > _OLDEST)
    return min(next(moments, now), now)
