"""From one mailbox into the ledger: `Fetcher.step` asks for UIDs, takes what the ledger lacks, and files away.

What is new is what the ledger does not have: never \\Seen, never a date, never a cursor that could step over a mail
that failed once (PRODUCT §2.1). UIDNEXT of the last clean cycle only saves questions; everything is compared again at
start and every hour.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Engine

from maild import failpoint
from maild.arrivals import STREAM_BYTES, Arrivals, Limits, Numbering, by_bytes
from maild.filing import Filing
from maild.ingest.mailbox import Mailbox
from maild.ingest.mailbox_account import MailboxState
from maild.ingest.mailbox_errors import MailboxError, Throttled, Unavailable
from maild.missing import Gap, Missing
from maild.store import ledger, upkeep
from maild.store.engine import reading

__all__ = ["Fetcher", "Gap", "Limits", "gap_told"]

log = logging.getLogger("maild.fetch")

RECONCILE_EVERY = timedelta(hours=1)
WINDOW_UIDS = 1000
# While a pile or a giant mail is fetched, new mail is looked for so often.
GLANCE_S = 5.0
# A server whose answers change without a mail is looked at again at once only so often.
VAIN_LOOKS = 3


@dataclass
class Look:
    """One look at the mailbox: what SELECT said, what is remembered, and what is found on the way.

    unseen   UIDs that nobody has read yet, where that counts
    large    (UID, size, receive time) of mails that come in pieces, after all others
    highest  the highest UID that was asked for so far
    """

    state: MailboxState
    memory: Any
    numbering: Numbering
    on_progress: Callable[[], None]
    unseen: Set[int] = frozenset()
    large: list[tuple[int, int, datetime]] = field(default_factory=list)
    highest: int = 0
    taken: int = 0


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
        self._engine, self.mailbox, self._clock, self._backlog = engine, mailbox, clock, backlog
        self._arrivals = Arrivals(engine, mailbox, limits, clock, backlog_age)
        self._filing = Filing(engine, mailbox, file_away, clock)
        self._name = mailbox.account.name
        self._reconciled: datetime | None = None
        self._seen: MailboxState | None = None
        self._missing = Missing(self._name)
        # Whether to look again before waiting: a server tells of a new mail once, in the answer to whatever runs then.
        self.restless = False
        # How many looks in a row brought nothing.
        self.vain = 0
        # The UID at the head of the mails that were being fetched when the connection broke.
        self._broke_at = 0
        self._glanced = 0.0
        self._glancing = False

    @property
    def gap(self) -> Gap | None:
        """What the server lists and the ledger lacks for longer than two looks; None before the first whole look."""
        return self._missing.gap

    def step(self, on_progress: Callable[[], None]) -> int:
        """One look at the mailbox: how many mails are new in the ledger. `on_progress` is called after each commit,
        and after each piece of a large mail.

        Raises MailboxError (the mailbox is away) and sqlalchemy's errors (the database is).
        """
        now = self._clock()
        with reading(self._engine) as connection:
            before = upkeep.mailbox(connection, self._name)
        state = self.mailbox.state() if self.mailbox.connected else self.mailbox.connect()
        memory = self._remember(before, state, now)
        if self._seen is not None and self._seen.uidvalidity != state.uidvalidity:
            # Another daemon may have seen the change first.
            self._seen, self._reconciled = None, None
            self._missing.forget()
        overdue = self._reconciled is None or now - self._reconciled >= RECONCILE_EVERY
        changed = overdue or state != self._seen
        look = Look(state, memory, Numbering(state.uidvalidity, memory.pile_below), on_progress)
        if changed:
            low = memory.first_uid
            if not overdue and self._seen is not None and not _reappeared(self._seen, state):
                low = max(low, self._seen.uidnext)
            self._take(look, low)
            if self._backlog == "unseen" and low == 1 and memory.first_uid == 1 and not self._missing:
                # From here on what people have read means nothing (PRODUCT §2.1).
                with self._engine.begin() as connection:
                    upkeep.put_mailbox(connection, self._name, first_uid=state.uidnext)
            self._seen = state
            if overdue:
                self._reconciled = now
        self._again(look)
        self._missing.judge(now)
        filed = self._filing.step(state.uidvalidity)
        with self._engine.begin() as connection:
            upkeep.put_mailbox(
                connection, self._name, uidnext=state.uidnext, present=state.exists, last_clean=now, last_error=None
            )
        self.vain = 0 if look.taken or filed else self.vain + 1
        self.restless = (changed or filed) and self.vain < VAIN_LOOKS
        return look.taken

    def _remember(self, before: Any, state: MailboxState, now: datetime) -> Any:
        """The mailbox's row; a new one, or one whose UIDs mean other mails now, is set up first.

        before   the row as it was before the server was asked, so that nobody has written a higher UIDNEXT since
        """
        if before is not None and before.uidvalidity == state.uidvalidity:
            if before.uidnext is not None and state.uidnext < before.uidnext and state.tells_uidnext:
                self._handed_out_again(state, now)
            return before
        with self._engine.begin() as connection:
            row = upkeep.mailbox(connection, self._name)
            # Until the first login works, a row may hold the error alone.
            if row is None or row.uidvalidity is None:
                first = state.uidnext if self._backlog == "new" else 1
                upkeep.first_look(
                    connection, self._name, uidvalidity=state.uidvalidity, first_uid=first, first_start=now,
                    pile_below=state.uidnext,
                )  # fmt: skip
                log.info("mailbox %s: first look, %d mails there, backlog %s", self._name, state.exists, self._backlog)
            elif row.uidvalidity != state.uidvalidity:
                # Every UID means another mail now; the ledger's dedupe key keeps those it knows from coming twice.
                what = f"UIDVALIDITY changed from {row.uidvalidity} to {state.uidvalidity}"
                upkeep.put_mailbox(
                    connection, self._name, uidvalidity=state.uidvalidity, first_uid=1, pile_below=state.uidnext,
                    uidnext=state.uidnext,
                )  # fmt: skip
                upkeep.note_event(connection, f"mailbox {self._name} numbered anew", what, now)
                # A numbering that was left and is back may have given out its upper numbers to other mails.
                ledger.forget_uids(connection, self._name, state.uidvalidity, state.uidnext)
                log.warning("mailbox %s: %s: looking through all of it again", self._name, what)
                self._reconciled = None
            return upkeep.mailbox(connection, self._name)

    def _handed_out_again(self, state: MailboxState, now: datetime) -> None:
        """UIDNEXT went down without a new UIDVALIDITY (a restored backup): the server will use these numbers again."""
        with self._engine.begin() as connection:
            gone = ledger.forget_uids(connection, self._name, state.uidvalidity, state.uidnext)
            if gone:
                what = f"UIDNEXT went back to {state.uidnext}: {gone} mails keep their rows and lose their UIDs"
                upkeep.note_event(connection, f"mailbox {self._name} numbered anew", what, now)
                log.warning("mailbox %s: %s", self._name, what)
        self._seen = None

    # ── taking ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _take(self, look: Look, low: int) -> None:
        """Fetch what the ledger lacks from UID `low` on, in order of arrival; small mails first."""
        there = [uid for uid in self.mailbox.uids(low) if uid >= low]
        failpoint.reach("uids-listed")
        look.highest = max(there[-1] if there else 0, look.state.uidnext - 1)
        self._glanced = time.monotonic()
        if self._backlog == "unseen" and look.memory.first_uid == 1 and there:
            look.unseen = frozenset(self.mailbox.unseen(there))
        for window in _windows(there, WINDOW_UIDS):
            self._window(look, window)
        self._take_large(look)

    def _window(self, look: Look, window: list[int]) -> None:
        with reading(self._engine) as connection:
            had = ledger.known_uids(connection, self._name, look.state.uidvalidity, window[0], window[-1])
        wanted = [uid for uid in window if uid not in had and uid not in self._missing]
        if not wanted:
            return
        left = set(wanted)
        try:
            self._group(look, wanted, left)
        except MailboxError as error:
            # A line may break anywhere. Only where it breaks twice at one mail is that mail, or one of those asked for
            # together with it, to blame: they are asked for singly, after everything else.
            head = min(left, default=0)
            if isinstance(error, Throttled | Unavailable):
                # The server speaks of itself.
                raise
            if not error.broken or head == self._broke_at:
                self._missing.suspect([uid for uid in wanted if uid in left][:WINDOW_UIDS], self._clock())
            self._broke_at = head
            if error.broken:
                raise
            log.warning("%s; the mails are asked for one by one", error)

    def _group(self, look: Look, wanted: Sequence[int], left: set[int]) -> None:
        """Fetch these; what is settled, one way or another, is taken out of `left`."""
        sizes = self.mailbox.sizes(wanted)
        limit = min(STREAM_BYTES, self._arrivals.limits.parse_bytes)
        small: list[int] = []
        for uid in wanted:
            if uid not in sizes:
                self._missing.note(uid, self._clock())
                left.discard(uid)
            elif self._left_alone(look, uid, sizes[uid][1]):
                left.discard(uid)
            elif sizes[uid][0] > limit:
                look.large.append((uid, *sizes[uid]))
                left.discard(uid)
            else:
                small.append(uid)
        for batch in by_bytes(self.mailbox.fetch(small, {uid: sizes[uid] for uid in small})):
            look.taken += self._arrivals.keep(look.numbering, batch)
            left.difference_update(mail.uid for mail in batch)
            look.on_progress()
            self._glance(look)
        for uid in sorted(left):
            self._missing.note(uid, self._clock())
        left.clear()

    def _glance(self, look: Look) -> None:
        """Between two batches of a pile, or two pieces of a giant: what came meanwhile is taken first."""
        if self._glancing or time.monotonic() - self._glanced < GLANCE_S:
            return
        self._glancing = True
        try:
            came = [uid for uid in self.mailbox.uids(look.highest + 1) if uid > look.highest]
            if came:
                look.highest = came[-1]
            for window in _windows(came, WINDOW_UIDS):
                self._window(look, window)
        finally:
            self._glancing = False
            self._glanced = time.monotonic()

    def _take_large(self, look: Look) -> None:
        def on_piece() -> None:
            look.on_progress()
            self._glance(look)

        while look.large:
            uid, size, received = look.large.pop(0)
            try:
                kept = self._arrivals.keep_large(look.numbering, uid, size, received, on_piece)
            except MailboxError as error:
                self._missing.suspect([uid], self._clock())
                if error.broken:
                    raise
                continue
            look.taken += kept or 0
            if kept is None:
                self._missing.note(uid, self._clock())
            look.on_progress()

    def _again(self, look: Look) -> None:
        """Ask once more, one by one, for what could not be had; what is no longer there is forgotten."""
        due = self._missing.due()
        if not due:
            return
        self._missing.gone(set(due) - set(self.mailbox.present(due)))
        for uid in due:
            if uid not in self._missing:
                continue
            with reading(self._engine) as connection:
                had = ledger.known_uids(connection, self._name, look.state.uidvalidity, uid, uid)
            if had:
                self._missing.found(uid)
                continue
            tries = self._missing.tries(uid)
            try:
                self._group(look, [uid], {uid})
                self._take_large(look)
            except MailboxError as error:
                if isinstance(error, Throttled | Unavailable):
                    raise
                self._missing.failed(uid, error)
                if error.broken:
                    raise
                continue
            if self._missing.tries(uid) == tries:
                self._missing.found(uid)

    def _left_alone(self, look: Look, uid: int, received: datetime) -> bool:
        """Whether a mail was there before the first start and is to stay where it is.

        At the first look with `backlog = "unseen"`, and after a UIDVALIDITY change, when old mail has new UIDs. What
        somebody moves into the folder later has an old receive time too, and is new all the same.
        """
        memory = look.memory
        was_there = look.numbering.pile_below is None or look.numbering.is_pile(uid)
        old = was_there and received < memory.first_start - timedelta(seconds=1)
        if self._backlog == "all" or memory.first_uid != 1 or not old:
            return False
        return self._backlog == "new" or uid not in look.unseen


def gap_told(gap: Gap, folder: str) -> tuple[str, str]:
    """What an alarm says of a gap, and what can be done about it."""
    lowest = ", ".join(str(uid) for uid in gap.lowest)
    more = f" and {gap.count - len(gap.lowest)} more" if gap.count > len(gap.lowest) else ""
    mails = "1 mail" if gap.count == 1 else f"{gap.count} mails"
    return (
        f"the server lists {mails} in {folder} and does not hand them over: UID {lowest}{more}",
        "open them in another mail program: move each to another folder and back, or hand it over with `maild deliver`;"
        " maild goes on asking for them",
    )


def _reappeared(seen: MailboxState, state: MailboxState) -> bool:
    """Whether more mails are there than new numbers were given out: something below UIDNEXT has come into sight."""
    return state.exists - seen.exists > state.uidnext - seen.uidnext


def _windows(uids: list[int], width: int) -> Iterator[list[int]]:
    for at in range(0, len(uids), width):
        yield uids[at : at + width]
