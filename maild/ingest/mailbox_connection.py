"""Getting into a mailbox and out again: TLS, login, names, SELECT, and what every failure means.

The half of the IMAP door that knows connections; `mailbox` is the other half, which knows mails.
Standards: RFC 3501 (IMAP), 2971 (ID), 5530 (response codes), 8314 (TLS).
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from imapclient import IMAPClient, SocketTimeout  # type: ignore[import-untyped]  # ships no types
from imapclient.exceptions import (  # type: ignore[import-untyped]  # ships no types
    CapabilityError,
    IMAPClientReadOnlyError,
    LoginError,
    ProtocolError,
)

from maild.ingest import mailbox_errors as errors
from maild.ingest.mailbox_account import Account, MailboxState
from maild.ingest.mailbox_errors import (
    CertificateBad,
    ConnectionLost,
    FolderMissing,
    LoginRefused,
    MailboxError,
    NoUidValidity,
    ProtocolBroken,
    Refused,
    TlsMissing,
)
from maild.ingest.mailbox_wire import MAX_UID, checked_number, checked_uid, tune

log = logging.getLogger("maild.mailbox")

CONNECT_TIMEOUT_S = 20.0
# A literal may exceed what RFC822.SIZE announced (Exchange estimates), but not by this much.
LITERAL_SLACK = 1024 * 1024


class MailboxConnection:
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
            # A farewell to somebody who may be gone: whatever goes wrong with it, the connection is given up anyway.
            with contextlib.suppress(Exception):
                client._imap.send(b"ZZ LOGOUT\r\n")
            client.shutdown()
        except Exception as error:
            # The other side may have gone first; there is nothing left to close then.
            log.debug("mailbox %s: closing: %s", self.account.name, errors.said(error))

    def cut(self) -> None:
        """Break the connection from another thread: whoever waits for an answer gets ConnectionLost. Never fails.

        Time-outs count the silence between two bytes, so a server that trickles could hold a thread for ever.
        """
        client = self._client
        if client is not None:
            # Not through TLS, whose farewell the other thread may be in the middle of; the thread may close it first.
            with contextlib.suppress(OSError, AttributeError):
                socket.socket.shutdown(client.socket(), socket.SHUT_RDWR)

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
            told = bool(uidnext)
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
        return MailboxState(uidvalidity, uidnext, self._exists, told)

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

    @staticmethod
    def _search(client: IMAPClient, which: str) -> list[int]:
        return [checked_uid(uid) for uid in client.search(["UID", which])]

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
            if isinstance(error, imaplib.IMAP4.abort) and self._said_bye():
                kind, remedy = errors.from_no(error, ConnectionLost, "maild connects again by itself")
            elif isinstance(error, ProtocolError):
                kind, remedy = ProtocolBroken, errors.NOT_IMAP_REMEDY
            elif isinstance(error, LoginError) and not lost:
                kind, remedy = Refused, ""
            if kind.broken:
                self.close()
            raise self._error(kind, f"{doing}: {error or type(error).__name__}", remedy) from error

    def _said_bye(self) -> bool:
        return self._client is not None and bool(self._client._imap.untagged_responses.get("BYE"))

    def _bounded(self, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
        """imaplib's read of a literal, refusing one that is larger than what was asked for."""

        def bounded(size: int) -> bytes:
            if size > self._literal_limit:
                raise ValueError(f"a literal of {size} bytes where at most {self._literal_limit} make sense")
            return read(size)

        return bounded
