"""Mails that are done go into their folders, for human eyes only: nothing depends on it, and nothing waits for it."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Engine

from maild import failpoint
from maild.ingest.mailbox import Mailbox
from maild.ingest.mailbox_errors import MailboxError
from maild.store import ledger
from maild.store.engine import reading

log = logging.getLogger("maild.fetch")

AT_ONCE = 500
# A kill between the COPY and its commit leaves so many mails twice in the folder at most; a MOVE repeats harmlessly.
COPIES_AT_ONCE = 50
# As long as mails wait for their decision, a round that would not be full is put off for so long: a mailbox that is
# looked at after every few mails is work for nothing.
BUSY_PAUSE = timedelta(seconds=10)
# A folder that refused (quota, rights) is asked again so often.
AGAIN_EVERY = timedelta(hours=1)

Mode = Literal[True, False, "copy"]


class Filing:
    """Files away what one mailbox's ledger rows say is done. Used by the thread of its Fetcher."""

    def __init__(self, engine: Engine, mailbox: Mailbox, mode: Mode, clock: Callable[[], datetime]) -> None:
        self._engine, self._mailbox, self._mode, self._clock = engine, mailbox, mode, clock
        self._name = mailbox.account.name
        # Folders that refused, with what they said and when they are asked again.
        self._refused: dict[str, tuple[str, datetime]] = {}
        # How often in a row the connection broke over a folder.
        self._broke: dict[str, int] = {}
        self._left = False
        self._rounds: dict[str, datetime] = {}

    def step(self, uidvalidity: int) -> bool:
        """One round, at most AT_ONCE mails a folder; whether the server was asked for anything."""
        account, asked = self._mailbox.account, False
        for target, aside in ((account.quarantine, True), (account.processed, False)):
            if target in self._refused and self._clock() < self._refused[target][1]:
                continue
            with reading(self._engine) as connection:
                most = COPIES_AT_ONCE if self._mode == "copy" else AT_ONCE
                rows = ledger.to_file(connection, self._name, uidvalidity, aside, most)
                busy = ledger.anything_waits(connection)
            if not rows or (busy and len(rows) < most and self._just_done(target)):
                continue
            self._rounds[target] = self._clock()
            asked = self._mode is not False
            failpoint.reach("unfiled")
            where = self._put(target, [uid for _, uid in rows])
            failpoint.reach("filed")
            if where is not None:
                with self._engine.begin() as connection:
                    ledger.mark_filed(connection, [number for number, _ in rows], where)
        return asked

    def _just_done(self, target: str) -> bool:
        return target in self._rounds and self._clock() - self._rounds[target] < BUSY_PAUSE

    def _put(self, target: str, uids: list[int]) -> str | None:
        """The folder where they lie now, an empty string if they stay for good, None if it refused for now."""
        if self._mode is False:
            return ""
        try:
            done = self._mailbox.file_away(uids, target, "copy" if self._mode == "copy" else "move")
        except MailboxError as error:
            # A line may break at any time; twice over the same folder it is the folder that is sick.
            self._broke[target] = self._broke.get(target, 0) + 1
            if not error.broken or self._broke[target] >= 2:
                self._refuse(target, str(error))
            if error.broken:
                raise
            return None
        self._broke.pop(target, None)
        if self._refused.pop(target, None):
            log.warning("mailbox %s: %s takes mails again", self._name, target)
        if done == "left":
            self._tell_left()
            return ""
        return target

    def _refuse(self, target: str, why: str) -> None:
        if self._refused.get(target, ("", None))[0] != why:
            log.warning(
                "mailbox %s: mails stay in %s, and are filed away later: %s",
                self._name, self._mailbox.account.folder, why,
            )  # fmt: skip
        self._refused[target] = (why, self._clock() + AGAIN_EVERY)

    def _tell_left(self) -> None:
        if not self._left:
            why = "this login may only read it" if self._mailbox.read_only else "the server lacks MOVE and UIDPLUS"
            folder = self._mailbox.account.folder
            log.warning("mailbox %s: mails stay in %s: %s; `file_away = false` says so", self._name, folder, why)
        self._left = True
