"""An embedded post office for the demo: IMAP (pymap, mails in memory) and SMTP (aiosmtpd) in one thread.

Loopback only, no TLS, nothing survives `close()`. pymap and aiosmtpd are the optional extra `demo`; they are imported
when a post office is opened, not before.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from maild.demo.postoffice_servers import Servers

log = logging.getLogger("maild.demo")

HOST = "127.0.0.1"
PATIENCE_S = 10.0

T = TypeVar("T")


class DemoUnavailable(Exception):
    """The extra `demo` is not installed, or a port is taken."""


@dataclass(frozen=True)
class Letter:
    """One mail that the post office took over SMTP: envelope, bytes as sent, and when (aware UTC)."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    at: datetime


class PostOffice:
    """Mailboxes for `users` (address → password; the address is the login) and an SMTP door that serves them only.

    on_mail    called in the post office's own thread for each mail accepted over SMTP, after it lies in the mailboxes;
               it should be quick. What it raises is logged and changes nothing
    Other recipients are refused with 550 5.1.1. SMTP needs no login, but takes one.
    """

    def __init__(
        self,
        users: Mapping[str, str],
        on_mail: Callable[[Letter], None] | None = None,
        imap_port: int = 0,
        smtp_port: int = 0,
    ) -> None:
        self.users = {address.lower(): password for address, password in users.items()}
        self.imap_port, self.smtp_port = imap_port, smtp_port
        self._on_mail = on_mail
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._servers: Servers | None = None
        self._stop: asyncio.Event | None = None

    def start(self) -> None:
        """Open both doors; afterwards `imap_port` and `smtp_port` say where. DemoUnavailable says what is missing."""
        try:
            # The servers' module imports the optional libraries at its top.
            servers = importlib.import_module("maild.demo.postoffice_servers")
        except ImportError as error:
            raise DemoUnavailable(f"{error.name} is not installed: pip install 'maild[demo]'") from error
        opened: Future[None] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._main(servers.Servers, opened)), name="postoffice", daemon=True
        )
        self._thread.start()
        try:
            opened.result(PATIENCE_S)
        except OSError as error:
            raise DemoUnavailable(f"the post office cannot listen: {error.strerror or error}") from error

    async def _main(self, make: type[Servers], opened: Future[None]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._servers = make(self.users, self._took)
        try:
            self.imap_port, self.smtp_port = await self._servers.open(HOST, self.imap_port, self.smtp_port)
        except BaseException as error:
            opened.set_exception(error)
            return
        opened.set_result(None)
        await self._stop.wait()
        await self._servers.close()

    def _took(self, sender: str, recipients: tuple[str, ...], raw: bytes) -> None:
        if self._on_mail is None:
            return
        try:
            self._on_mail(Letter(sender, recipients, raw, datetime.now(UTC)))
        except Exception:
            # The mail is delivered; a broken onlooker must not make its sender send it again.
            log.exception("the demo's onlooker failed on a mail")

    def put(self, user: str, raw: bytes, folder: str = "INBOX", when: datetime | None = None) -> int:
        """Lay a mail into a folder (made if need be) and return its UID; `when`: INTERNALDATE, aware, now if None."""
        return self._ask(lambda servers: servers.append(user.lower(), raw, folder, when or datetime.now(UTC)))

    def folders(self, user: str) -> list[str]:
        """The names of a user's folders."""
        return self._ask(lambda servers: servers.folders(user.lower()))

    def mails(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """Every mail of a folder in the order of UIDs; empty if there is no such folder."""
        return self._ask(lambda servers: servers.mails(user.lower(), folder))

    def _ask(self, question: Callable[[Servers], Coroutine[None, None, T]]) -> T:
        if self._loop is None or self._servers is None:
            raise RuntimeError("the post office is not open")
        return asyncio.run_coroutine_threadsafe(question(self._servers), self._loop).result(PATIENCE_S)

    def close(self) -> None:
        """Close both doors and cut the connections. Harmless if it was never open."""
        if self._thread is not None and self._loop is not None and self._stop is not None:
            if self._thread.is_alive():
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(PATIENCE_S)
        self._thread = None

    def __enter__(self) -> PostOffice:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()
