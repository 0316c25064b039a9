"""What the server lists and does not hand over: asked for again, one by one and ever more seldom, and in the end told.

A mail that cannot be had must neither stop those behind it nor be forgotten (PRODUCT §2.1).
"""

import logging
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from maild.ingest.mailbox_errors import MailboxError

log = logging.getLogger("maild.fetch")

# A gap is what is missing for longer than two looks, and these are not a second apart (DESIGN §4).
GAP_LOOKS = 3
GAP_AFTER = timedelta(minutes=2)
SHOWN_UIDS = 5
AT_ONCE = 200
FIRST_PAUSE_S = 15.0
LONGEST_PAUSE_S = 3600.0
# So often it is asked for at every look: most servers that stumble stumble once.
QUICK_TRIES = 3


@dataclass(frozen=True, slots=True)
class Gap:
    """How many mails the server lists and the ledger lacks, the lowest UIDs of them, and since when; 0: none."""

    count: int = 0
    lowest: tuple[int, ...] = ()
    since: datetime | None = None


@dataclass
class _Entry:
    """One UID: since when it is missing, over how many looks, how often it was asked for, and when it is again.

    at   number of the look in which it was asked for last
    """

    since: datetime
    looks: int = 0
    tries: int = 0
    not_before: float = 0.0
    at: int = -1


class Missing:
    """The missing mails of one mailbox. Used by the thread of its Fetcher; `gap` may be read by others."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._entries: dict[int, _Entry] = {}
        self._look = 0
        self._new: list[int] = []
        self.gap: Gap | None = None

    def __contains__(self, uid: int) -> bool:
        return uid in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def forget(self) -> None:
        """All UIDs mean other mails now."""
        self._entries.clear()

    def note(self, uid: int, now: datetime) -> None:
        """Listed, asked for, and not handed over."""
        entry = self._entry(uid, now)
        entry.tries += 1
        entry.at = self._look
        self._wait(entry, entry.tries - QUICK_TRIES)

    def suspect(self, uids: Iterable[int], now: datetime) -> None:
        """One of these breaks the connection, or the server's answer: each is asked for by itself."""
        for uid in uids:
            if uid in self._entries:
                self._failed(uid)
            else:
                self._entry(uid, now)

    def failed(self, uid: int, error: MailboxError) -> None:
        """Asked for by itself it broke the connection, or was refused."""
        log.warning("mailbox %s: UID %d cannot be fetched: %s", self._name, uid, error)
        self._failed(uid)

    def _failed(self, uid: int) -> None:
        entry = self._entries[uid]
        entry.tries += 1
        entry.at = self._look
        self._wait(entry, entry.tries)

    def _entry(self, uid: int, now: datetime) -> _Entry:
        if uid not in self._entries:
            self._entries[uid] = _Entry(now)
            self._new.append(uid)
        return self._entries[uid]

    @staticmethod
    def _wait(entry: _Entry, step: int) -> None:
        if step > 0:
            entry.not_before = time.monotonic() + min(FIRST_PAUSE_S * 2.0 ** min(step - 1, 10), LONGEST_PAUSE_S)

    def due(self) -> list[int]:
        """What is to be asked for now, and was not yet in this look."""
        now = time.monotonic()
        return sorted(uid for uid, entry in self._entries.items() if entry.at < self._look and entry.not_before <= now)[
            :AT_ONCE
        ]

    def tries(self, uid: int) -> int:
        """How often it was asked for in vain."""
        return self._entries[uid].tries

    def found(self, uid: int) -> None:
        self._entries.pop(uid, None)

    def gone(self, uids: Collection[int]) -> None:
        """Somebody else has taken these away: the server lists them no more."""
        for uid in uids:
            self._entries.pop(uid, None)
        if uids:
            log.info("mailbox %s: %d mails were taken away before they could be fetched", self._name, len(uids))

    def judge(self, now: datetime) -> None:
        """The look is over: what is missing still, and for how long."""
        self._look += 1
        fresh = sorted(uid for uid in self._new if uid in self._entries)
        self._new.clear()
        if fresh:
            log.warning(
                "mailbox %s: UID %s cannot be read now; it is asked for again", self._name,
                f"{fresh[0]}" if len(fresh) == 1 else f"{fresh[0]} and {len(fresh) - 1} more",
            )  # fmt: skip
        for entry in self._entries.values():
            entry.looks += 1
        lasting = sorted(
            uid for uid, entry in self._entries.items() if entry.looks >= GAP_LOOKS and now - entry.since >= GAP_AFTER
        )
        since = min((self._entries[uid].since for uid in lasting), default=None)
        self.gap = Gap(len(lasting), tuple(lasting[:SHOWN_UIDS]), since)
