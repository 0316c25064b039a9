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
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal

from imapclient import IMAPClient, SocketTimeout  # type: ignore[import-untyped]  # ships no types
from imapclient.exceptions import CapabilityError, IMAPClientReadOnlyError, LoginError, ProtocolError  # type: ignore[import-untyped]  # ships no types
from imapclient.response_parser import parse_fetch_response  # type: ignore[import-untyped]  # ships no types

from maild.ingest import mailbox_errors as errors
from maild.ingest.mailbox_account import Account, Fetched, MailboxState, is_loopback
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
    tune,
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

CONNECT_TIMEOUT_S = 20.0
# imaplib takes no line above 1,000,000 bytes; 16,000 UIDs of ten digits are 176,000.
WINDOW_UIDS = 1_000
SPARSE_WINDOW_UIDS = 16_000
NAMED_UIDS = 500
# RFC 2177 says 29 minutes; NAT tables forget sooner. The first slice is short because a push that arrives in the same
# packet as `+ idling` is in imaplib's buffer, where select does not see it.
IDLE_SLICE_S = 9 * 60.0
FIRST_IDLE_SLICE_S = 1.0
POLL_S = 30.0
# A literal may exceed what RFC822.SIZE announced (Exchange estimates), but not by this much.
LITERAL_SLACK = 1024 * 1024


class Mailbox:
    """One connection to one mailbox, used by one thread. Every failure is a MailboxError with a remedy."""

    def __init__(self, account: Account, version: str = "1") -> None:
        self.account = account
        self.read_only = False
        self._version = version
        self._client: IMAPClient | None = None
        self._capabilities: frozenset[str] = frozenset()
        self._exists = 0
        self._literal_limit = 0
        self._separator, self._prefix = "/", ""

    # ------------------------------------------------------------------ connection

    @property
    def connected(self) -> bool:
        return self._client is not None

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server advertised after the login, in capitals."""
        return self._capabilities

    def connect(self) -> MailboxState:
        """TLS, LOGIN, ID if advertised, SELECT; a connection that there was is closed first."""
        self.close()
        account = self.account
        context: ssl.SSLContext | None = None
        if account.security != "none":
            try:
                context = ssl.create_default_context(cafile=account.ca_file or None)
            except OSError as error:
                raise self._error(
                    CertificateBad, f"{account.ca_file}: {error.strerror or error}", "set `tls_ca` to a PEM file"
                ) from error
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        timeout = SocketTimeout(connect=min(CONNECT_TIMEOUT_S, account.timeout_s), read=account.timeout_s)
        try:
            client = IMAPClient(
                account.host, account.port, ssl=account.security == "tls", ssl_context=context, timeout=timeout
            )
        except Exception as error:
            kind, remedy = errors.from_connect(error, account.host, account.port)
            raise self._error(kind, error, remedy) from error
        self._client = client
        client.normalise_times = False
        # imapclient sets imaplib's debug level to 5: every body would be repr()ed for a log that nobody reads.
        client._imap.debug = 0
        client._imap.read = self._bounded(client._imap.read)
        self._literal_limit = LITERAL_SLACK
        with self._talk("connecting"):
            tune(client.socket())
        if context is not None and account.security == "starttls":
            self._start_tls(client, context)
        self._log_in(client)
        with self._talk("after the login"):
            self._capabilities = frozenset(word.decode("ascii", "replace").upper() for word in client.capabilities())
        if "ID" in self._capabilities:
            try:
                with self._talk("ID"):
                    client.id_({"name": "maild", "version": self._version, "vendor": "maild"})
            except Refused as error:
                log.info("%s", error)
        self._learn_names(client)
        return self.state()

    def _start_tls(self, client: IMAPClient, context: ssl.SSLContext) -> None:
        try:
            client.starttls(context)
        except CapabilityError as error:
            self.close()
            raise self._error(
                TlsMissing,
                "it offers no STARTTLS, so the password was not sent",
                'use security = "tls" (port 993); if it offered it before, somebody may be listening',
            ) from error
        except ssl.SSLError as error:
            self.close()
            kind, remedy = errors.from_connect(error, self.account.host, self.account.port)
            raise self._error(kind, error, remedy) from error
        except Exception as error:
            self.close()
            kind, remedy = errors.from_exception(error)
            raise self._error(kind, error, remedy) from error

    def _log_in(self, client: IMAPClient) -> None:
        login, password = self.account.login, self.account.password()
        remedy = "check `login` and the password; some providers want an app password or authorisation code (授权码)"
        if any(c in password for c in "\r\n\0"):
            self.close()
            raise self._error(LoginRefused, "the password contains a line break", "write the secret file without one")
        try:
            with self._talk("LOGIN"):
                plain = client.has_capability("AUTH=PLAIN")
                if plain and (client.has_capability("LOGINDISABLED") or not (login + password).isascii()):
                    client.plain_login(login, password)
                else:
                    # imaplib quotes the password but not the login, which may hold a backslash or a space.
                    atom = re.fullmatch(r"[A-Za-z0-9_.@+=-]+", login)
                    client.login(
                        login if atom else '"' + login.replace("\\", "\\\\").replace('"', '\\"') + '"', password
                    )
        except Refused as error:
            self.close()
            kind, remedy = errors.from_no(error.__cause__, LoginRefused, remedy)
            raise self._error(kind, error.__cause__, remedy) from error.__cause__

    def _learn_names(self, client: IMAPClient) -> None:
        """Ask how folders are named here: Courier and Cyrus put all under `INBOX.`, Dovecot may separate by `.`."""
        self._separator, self._prefix = "/", ""
        with contextlib.suppress(Refused), self._talk("NAMESPACE"):
            if "NAMESPACE" in self._capabilities:
                personal = client.namespace().personal
                if personal:
                    self._prefix, self._separator = personal[0][0], personal[0][1] or "/"
            else:
                for _flags, separator, _name in client.list_folders("", ""):
                    self._separator = (separator or b"/").decode("ascii", "replace")

    def _named(self, folder: str) -> str:
        if folder.upper() == "INBOX":
            return "INBOX"
        name = folder.replace("/", self._separator)
        return name if name.startswith(self._prefix) else self._prefix + name

    def close(self) -> None:
        """Say goodbye without waiting for an answer, and forget the connection. Never fails."""
        client, self._client = self._client, None
        self._capabilities, self.read_only = frozenset(), False
        if client is None:
            return
        try:
            with contextlib.suppress(Exception):
                client._imap.send(b"ZZ LOGOUT\r\n")
            client.shutdown()
        except Exception as error:
            # The other side may have gone first; there is nothing left to close then.
            log.debug("mailbox %s: closing: %s", self.account.name, errors.said(error))

    # ------------------------------------------------------------------ what is there

    def state(self) -> MailboxState:
        """SELECT (again): STATUS may be stale for a selected folder (RFC 3501 §6.3.10). Shows a new UIDVALIDITY."""
        client = self._connection()
        try:
            with self._talk(f"SELECT {self.account.folder}"):
                answer = self._select(client)
        except Refused as error:
            kind, remedy = errors.from_no(
                error.__cause__, FolderMissing, "check `folder`, and that this login may read it"
            )
            self.close()
            raise self._error(kind, error.__cause__, remedy) from error.__cause__
        with self._talk("SELECT"):
            uidvalidity = checked_number(answer.get(b"UIDVALIDITY", 0), MAX_UID)
            self._exists = checked_number(answer.get(b"EXISTS", 0), MAX_UID)
            uidnext = checked_number(answer.get(b"UIDNEXT", 0), MAX_UID + 1)
            if not uidnext:
                # UIDNEXT is optional in old servers; `*` is the highest UID there is.
                uidnext = max(self._search(client, "*"), default=0) + 1
        if not uidvalidity:
            self.close()
            raise self._error(
                NoUidValidity,
                f"{self.account.folder} has no UIDVALIDITY",
                "this folder cannot be watched safely; choose one that the server keeps for good",
            )
        return MailboxState(uidvalidity, uidnext, self._exists)

    def _select(self, client: IMAPClient) -> Mapping[bytes, Any]:
        names = dict.fromkeys((self.account.folder, self._named(self.account.folder)))
        *others, last = names
        for name in others:
            with contextlib.suppress(imaplib.IMAP4.error):
                return self._select_one(client, name)
            if client._imap.state == "LOGOUT":
                break
        return self._select_one(client, last)

    def _select_one(self, client: IMAPClient, name: str) -> Mapping[bytes, Any]:
        try:
            answer = client.select_folder(name, readonly=self.read_only)
        except IMAPClientReadOnlyError:
            # An ACL without write access: watching works, filing away does not.
            self.read_only = True
            answer = client.select_folder(name, readonly=True)
        return dict(answer)

    def uids(self, low: int = 1, high: int = MAX_UID) -> list[int]:
        """The UIDs from `low` to `high` (both included) that the folder holds now, ascending.

        Asked in windows of 1,000 UIDs, wider only where the folder is nearly empty, so that no answer is long.
        """
        client = self._connection()
        with self._talk("SEARCH"):
            client.noop()
            self._exists = self._latest_exists(client)
            if high == MAX_UID:
                high = max(self._search(client, "*"), default=0)
            found: list[int] = []
            width = WINDOW_UIDS if self._exists > WINDOW_UIDS else MAX_UID
            start = max(1, low)
            while start <= high:
                end = min(high, start + width - 1)
                here = [uid for uid in self._search(client, f"{start}:{end}") if start <= uid <= end]
                found += here
                if width < MAX_UID:
                    width = min(SPARSE_WINDOW_UIDS, width * 2) if len(here) < width // 10 else WINDOW_UIDS
                start = end + 1
            return sorted(set(found))

    def unseen(self, low: int, high: int) -> list[int]:
        """Those of `uids` that nobody has read yet: asked once, at the first start with `backlog = "unseen"`."""
        client = self._connection()
        found: list[int] = []
        with self._talk("SEARCH UNSEEN"):
            for start in range(max(1, low), high + 1, SPARSE_WINDOW_UIDS):
                end = min(high, start + SPARSE_WINDOW_UIDS - 1)
                found += [checked_uid(uid) for uid in client.search(["UNSEEN", "UID", f"{start}:{end}"])]
        return sorted(set(found))

    def _latest_exists(self, client: IMAPClient) -> int:
        told = client._imap.untagged_responses.get("EXISTS") or [None]
        return checked_number(int(told[-1]), MAX_UID) if told[-1] else self._exists

    @staticmethod
    def _search(client: IMAPClient, which: str) -> list[int]:
        return [checked_uid(uid) for uid in client.search(["UID", which])]

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
            raise imaplib.IMAP4.error(errors.said(data[0] if data else kind))
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
            told += client.idle_done()[1] if idle else []
            told += client.noop()[1]
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
            if not client.folder_exists(part):
                client.create_folder(part)
        with contextlib.suppress(imaplib.IMAP4.error):
            client.subscribe_folder(name)

    # ------------------------------------------------------------------ errors

    def _connection(self) -> IMAPClient:
        if self._client is None:
            raise self._error(ConnectionLost, "not connected", "call connect() first")
        return self._client

    def _error(self, kind: type[MailboxError], what: object, remedy: str) -> MailboxError:
        account = self.account
        happened = errors.said(what) or type(what).__name__
        where = f"mailbox {account.name} ({account.host}:{account.port})"
        return kind(": ".join(part for part in (where, happened, remedy) if part))

    @contextlib.contextmanager
    def _talk(self, doing: str) -> Iterator[None]:
        """Turn whatever goes wrong inside into a MailboxError, and drop the connection unless it was a mere NO."""
        try:
            yield
        except MailboxError:
            raise
        except Exception as error:
            # imapclient calls everything at LOGIN a refused login, a lost connection too.
            lost = isinstance(error, LoginError) and isinstance(error.__context__, imaplib.IMAP4.abort)
            kind, remedy = errors.from_exception(error.__context__ if lost and error.__context__ else error)
            if isinstance(error, ProtocolError):
                kind, remedy = ProtocolBroken, errors.NOT_IMAP_REMEDY
            elif isinstance(error, LoginError) and not lost:
                kind, remedy = Refused, ""
            if kind.broken:
                self.close()
            raise self._error(kind, f"{doing}: {error or type(error).__name__}", remedy) from error

    def _bounded(self, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
        """imaplib's read of a literal, refusing one that is larger than what was asked for."""

        def bounded(size: int) -> bytes:
            if size > self._literal_limit:
                raise ValueError(f"a literal of {size} bytes where at most {self._literal_limit} make sense")
            return read(size)

        return bounded
