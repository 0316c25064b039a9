"""One mailbox on one IMAP server: the only user of imapclient.

UIDs only, never sequence numbers; BODY.PEEK[] only; what becomes a command is a constant, an integer or a setting of
config.toml, never a word of a mail. Nothing here deletes: filing away moves, or leaves the mail where it is.
Standards: RFC 3501 (IMAP), 2177 (IDLE), 2971 (ID), 4315 (UIDPLUS), 5530 (response codes), 6851 (MOVE).
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal

from imapclient import IMAPClient  # type: ignore[import-untyped]  # ships no types
from imapclient.response_parser import parse_fetch_response  # type: ignore[import-untyped]  # ships no types

from maild.ingest.mailbox_account import Account, Fetched, MailboxState, is_loopback
from maild.ingest.mailbox_connection import LITERAL_SLACK, MailboxConnection
from maild.ingest.mailbox_errors import (
    CertificateBad,
    ConnectionLost,
    FolderMissing,
    HostUnreachable,
    LoginRefused,
    MailboxError,
    NoUidValidity,
    ProtocolBroken,
    Refused,
    Throttled,
    TlsMissing,
    Unavailable,
    said,
)
from maild.ingest.mailbox_wire import (
    MAX_UID,
    aware_utc,
    batches,
    checked_number,
    checked_uid,
    chunks,
    is_news,
    readable,
    uid_set,
)

__all__ = [
    "Account",
    "CertificateBad",
    "ConnectionLost",
    "Fetched",
    "FolderMissing",
    "HostUnreachable",
    "LoginRefused",
    "Mailbox",
    "MailboxError",
    "MailboxState",
    "NoUidValidity",
    "ProtocolBroken",
    "Refused",
    "Throttled",
    "TlsMissing",
    "Unavailable",
    "is_loopback",
]

log = logging.getLogger("maild.mailbox")

# imaplib takes no line above 1,000,000 bytes. A window of so many numbers cannot hold more mails than fit into one, and
# where no more mails than that are left, any window may be asked for; a wider one is asked for line by line.
WINDOW_UIDS = 1_000
SAFE_WINDOW_UIDS = 80_000
# A window that held fewer mails than this is followed by a wider one, one that held more by a narrower one.
FEW_UIDS, MANY_UIDS = 100, 2_000
NAMED_UIDS = 500
# A connection that died in silence is found by the answer to DONE that does not come.
DONE_TIMEOUT_S = 15.0
# RFC 2177 says 29 minutes; NAT tables forget sooner. The first slice is short because a push that arrives in the same
# packet as `+ idling` is in imaplib's buffer, where select does not see it.
IDLE_SLICE_S = 9 * 60.0
FIRST_IDLE_SLICE_S = 1.0
POLL_S = 30.0


class Mailbox(MailboxConnection):
    """What a mailbox holds, its bytes, waiting for more, and filing away. Used by one thread."""

    # ------------------------------------------------------------------ what is there

    def uids(self, low: int = 1, high: int = MAX_UID) -> list[int]:
        """The UIDs from `low` to `high` (both included) that the folder holds now, ascending.

        Asked in windows of 1,000 UIDs, wider only where mails are few, so that no answer is long.
        """
        client = self._connection()
        with self._talk("SEARCH"):
            client.noop()
            self._exists = self._latest_exists(client)
            if high == MAX_UID:
                high = max(self._search(client, "*"), default=0)
            found: set[int] = set()
            width = WINDOW_UIDS if self._exists > WINDOW_UIDS else MAX_UID
            start = max(1, low)
            while start <= high:
                end = min(high, start + width - 1)
                few_left = self._exists - len(found) < SAFE_WINDOW_UIDS
                ask = self._search if few_left or end - start < SAFE_WINDOW_UIDS else self._listed
                here = [uid for uid in ask(client, f"{start}:{end}") if start <= uid <= end]
                found.update(here)
                if len(here) < FEW_UIDS:
                    width = min(width * 2, MAX_UID)
                elif len(here) > MANY_UIDS:
                    width = max(width // 2, WINDOW_UIDS)
                start = end + 1
            return sorted(found)

    def unseen(self, uids: Sequence[int]) -> list[int]:
        """Those of these UIDs, ascending, that nobody has read yet: asked once, at a first start with
        `backlog = "unseen"`."""
        client = self._connection()
        found: list[int] = []
        with self._talk("SEARCH UNSEEN"):
            for some in chunks(uids, WINDOW_UIDS):
                found += [checked_uid(uid) for uid in client.search(["UNSEEN", "UID", f"{some[0]}:{some[-1]}"])]
        return sorted(set(found))

    def present(self, uids: Sequence[int]) -> list[int]:
        """Those of these UIDs that the server lists now."""
        client = self._connection()
        found: set[int] = set()
        with self._talk("SEARCH"):
            for some in chunks(sorted(set(uids)), NAMED_UIDS):
                found.update(self._search(client, uid_set(some)))
        return sorted(found & set(uids))

    @staticmethod
    def _listed(client: IMAPClient, which: str) -> list[int]:
        """As SEARCH, with a line for each mail instead of one line for all; slower, and never too long."""
        kind, data = client._imap.uid("FETCH", which, "(UID)")
        if kind != "OK":
            raise imaplib.IMAP4.error(said(data[0] if data else kind))
        told = (re.search(rb"\bUID (\d+)", line) for line in data if isinstance(line, bytes))
        return [checked_uid(int(uid[1])) for uid in told if uid]

    def _latest_exists(self, client: IMAPClient) -> int:
        told = client._imap.untagged_responses.get("EXISTS") or [None]
        return checked_number(int(told[-1]), MAX_UID) if told[-1] else self._exists

    def sizes(self, uids: Iterable[int]) -> dict[int, tuple[int, datetime]]:
        """UID → (RFC822.SIZE in bytes, INTERNALDATE as aware UTC) of those that are still there."""
        client = self._connection()
        result: dict[int, tuple[int, datetime]] = {}
        with self._talk("FETCH RFC822.SIZE"):
            for chunk in chunks(sorted(set(uids)), NAMED_UIDS):
                for uid, answer in self._fetch(client, chunk, "RFC822.SIZE INTERNALDATE").items():
                    if b"RFC822.SIZE" in answer and b"INTERNALDATE" in answer:
                        result[uid] = (
                            checked_number(answer[b"RFC822.SIZE"], 2**62),
                            aware_utc(answer[b"INTERNALDATE"]),
                        )
        return result

    # ------------------------------------------------------------------ bytes

    def fetch(self, uids: Sequence[int], known: Mapping[int, tuple[int, datetime]] | None = None) -> Iterator[Fetched]:
        """The mails of these UIDs, in batches of ≤ 50 mails and ≤ 8 MiB; a larger one comes alone.

        known   what `sizes()` said, to save asking again. A UID that is gone, or whose body the server gives as NIL,
                is not yielded. A length that contradicts RFC822.SIZE is fetched once more and then taken as it is.
        """
        facts = dict(known) if known is not None else self.sizes(uids)
        for batch in batches(
            [uid for uid in uids if uid in facts], {uid: size for uid, (size, _date) in facts.items()}
        ):
            largest = max(facts[uid][0] for uid in batch)
            got = self._bodies(batch, largest)
            for uid in batch:
                size, date = facts[uid]
                if uid in got and len(got[uid]) != size:
                    again = self._bodies([uid], max(size, len(got[uid])))
                    got[uid] = again.get(uid, got[uid])
                if uid in got:
                    yield Fetched(uid, got[uid], date, size)

    def _bodies(self, uids: Sequence[int], largest: int) -> dict[int, bytes]:
        with self._talk("FETCH BODY.PEEK[]"):
            self._literal_limit = 2 * largest + LITERAL_SLACK
            answers = self._fetch(self._connection(), uids, "BODY.PEEK[]")
            self._literal_limit = LITERAL_SLACK
            return {
                uid: answer[b"BODY[]"] for uid, answer in answers.items() if isinstance(answer.get(b"BODY[]"), bytes)
            }

    def fetch_large(self, uid: int, size: int, chunk: int = 256 * 1024) -> Iterator[bytes]:
        """The bytes of one mail in pieces of `chunk` bytes, ended by the first short one (RFC 3501 partial fetch).

        Ends early, possibly before the first piece, if the mail is gone; compare the sum with `size`.
        """
        offset = 0
        while offset <= 2 * size + LITERAL_SLACK:
            piece = self._part(uid, "", offset, chunk)
            if piece:
                yield piece
            offset += len(piece)
            if len(piece) < chunk:
                return
        self.close()
        raise self._error(ProtocolBroken, f"UID {uid} has no end", "look for a defect of the server")

    def header(self, uid: int, limit: int = 64 * 1024) -> bytes:
        """At most `limit` bytes of one mail's header block; empty if the mail is gone."""
        return self._part(uid, "HEADER", 0, limit)

    def _part(self, uid: int, section: str, offset: int, length: int) -> bytes:
        with self._talk("FETCH, partial"):
            self._literal_limit = max(LITERAL_SLACK, length)
            answer = self._fetch(self._connection(), [uid], f"BODY.PEEK[{section}]<{offset}.{length}>").get(uid, {})
            piece = answer.get(b"BODY[%s]<%d>" % (section.encode("ascii"), offset))
            if piece is not None and not isinstance(piece, bytes):
                raise ValueError(f"BODY[{section}] is no string")
            # A server that ignores the range sends the whole mail from its beginning.
            return (piece or b"")[:length]

    @staticmethod
    def _fetch(client: IMAPClient, uids: Sequence[int], what: str) -> dict[int, dict[bytes, Any]]:
        """UID FETCH, keyed by the UID *in* each answer; imapclient's own takes a sequence number for a missing one."""
        kind, data = client._imap.uid("FETCH", uid_set(uids), f"(UID {what})")
        if kind != "OK":
            raise imaplib.IMAP4.error(said(data[0] if data else kind))
        wanted = set(uids)
        answers: dict[int, dict[bytes, Any]] = {}
        for answer in parse_fetch_response(data, normalise_times=False, uid_is_key=False).values():
            uid = answer.get(b"UID")
            if isinstance(uid, int) and uid in wanted:
                answers[uid] = dict(answer)
        return answers

    # ------------------------------------------------------------------ waiting

    def wait(self, timeout_s: float, wake: socket.socket | None = None, poll_s: float = POLL_S) -> bool:
        """Wait until mail may have come or `wake` is readable (True), or `timeout_s` seconds are over (False).

        IDLE where the server has it, else NOOP each `poll_s` seconds. The answer is a hint: ask for UIDs anyway.
        `wake` is not read here.
        """
        idle = "IDLE" in self._capabilities
        deadline = time.monotonic() + timeout_s
        longest = FIRST_IDLE_SLICE_S if idle else poll_s
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            woken, news = self._slice(idle, min(left, longest), wake)
            if woken or news:
                return True
            idle = "IDLE" in self._capabilities
            longest = IDLE_SLICE_S if idle else poll_s

    def _slice(self, idle: bool, seconds: float, wake: socket.socket | None) -> tuple[bool, bool]:
        client = self._connection()
        with self._talk("IDLE" if idle else "waiting"):
            told: list[object] = self._begin_idle(client) if idle else []
            idle = idle and "IDLE" in self._capabilities
            there = readable([client.socket(), *([wake] if wake is not None else [])], 0 if told else seconds)
            client.socket().settimeout(min(DONE_TIMEOUT_S, self.account.timeout_s))
            told += client.idle_done()[1] if idle else []
            told += client.noop()[1]
            client.socket().settimeout(self.account.timeout_s)
            return wake is not None and wake in there, any(is_news(answer) for answer in told)

    def _begin_idle(self, client: IMAPClient) -> list[object]:
        """IDLE up to its `+`. What the server says before it is news, which imapclient takes for an error."""
        try:
            client.idle()
            return []
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            while not client._imap.tagged_commands.get(client._idle_tag):
                if client._imap._get_response() is None:
                    # What exactly was said does not matter: all of it is reason enough to look for mail.
                    return [(0, b"EXISTS")]
            # Advertised, and refused all the same: poll from now on.
            client._imap.tagged_commands.pop(client._idle_tag)
            self._capabilities -= {"IDLE"}
            return []

    # ------------------------------------------------------------------ filing away

    def file_away(
        self, uids: Iterable[int], target: str, mode: Literal["move", "copy"] = "move"
    ) -> Literal["moved", "copied", "left"]:
        """Move (or copy) mails to the folder `target`, made if need be, and say what became of them.

        MOVE; else COPY, \\Deleted and UID EXPUNGE of just these; without UIDPLUS, or in a read-only folder, they stay
        where they are, since a bare EXPUNGE would delete what other people marked. Repeating it is harmless.
        Raises Refused (the connection stays good) on quota or missing rights.
        """
        client = self._connection()
        has_move = "MOVE" in self._capabilities
        if mode == "move" and (self.read_only or not (has_move or "UIDPLUS" in self._capabilities)):
            return "left"
        name = self._named(target)
        with self._talk(f"filing away to {target}"):
            for chunk in chunks(sorted(set(uids)), NAMED_UIDS):
                which = uid_set(chunk)
                if mode == "copy":
                    self._into(client, name, partial(client.copy, which, name))
                elif has_move:
                    self._into(client, name, partial(client.move, which, name))
                else:
                    self._into(client, name, partial(client.copy, which, name))
                    client.add_flags(which, [rb"\Deleted"], silent=True)
                    client.uid_expunge(which)
        return "copied" if mode == "copy" else "moved"

    def _into(self, client: IMAPClient, name: str, act: Callable[[], object]) -> None:
        try:
            act()
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            text = str(error).lower()
            if "trycreate" not in text and "nonexistent" not in text and client.folder_exists(name):
                raise
            self._create(client, name)
            act()

    def _create(self, client: IMAPClient, name: str) -> None:
        """CREATE with its parents, which some servers want one by one; subscribe, so that mail clients show it."""
        steps = name.split(self._separator)
        for depth in range(1, len(steps) + 1):
            part = self._separator.join(steps[:depth])
            if client.folder_exists(part):
                continue
            try:
                client.create_folder(part)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:
                # Somebody else has just made it, or the server's list is not up to date (RFC 5530, ALREADYEXISTS).
                if "exists" not in str(error).lower():
                    raise
        with contextlib.suppress(imaplib.IMAP4.error):
            client.subscribe_folder(name)
