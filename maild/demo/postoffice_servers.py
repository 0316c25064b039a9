"""The two servers inside the demo's post office, in one event loop. Needs the extra `demo` (pymap, aiosmtpd)."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.result import ProxyResultUnknown
from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import Config, Identity, Login
from pymap.backend.dict.mailbox import MailboxData
from pymap.context import connection_exit
from pymap.exceptions import MailboxNotFound
from pymap.imap import IMAPConnection
from pymap.imap.state import ConnectionState
from pymap.parsing.message import AppendMessage
from pymap.parsing.response import Response
from pymap.parsing.specials import FetchRequirement
from pymap.parsing.specials.flag import Flag
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

SIZE_LIMIT = 50 * 1024 * 1024
HOSTNAME = "demo.localhost"


class Servers:
    """IMAP and SMTP over the same mailboxes; every method runs in the loop that `open` was called in."""

    def __init__(self, users: Mapping[str, str], took: Callable[[str, tuple[str, ...], bytes], None]) -> None:
        self.users = users
        self._took = took
        self._connections: set[asyncio.Task[Any]] = set()
        arguments = Namespace(
            host="",
            port=0,
            debug=False,
            cert=None,
            key=None,
            tls=False,
            proxy_protocol=None,
            passlib_cfg=None,
            inherited_sockets=None,
            demo_data=False,
            demo_user="-",
            demo_password="-",
        )
        # Hashing passwords for a demo on loopback would only cost start-up time.
        self._config = Config.from_args(arguments, hash_context=Cleartext(), reject_dnsbl=False, invalid_user_sleep=0.0)
        self._config.apply_context()
        self._login = Login(self._config)

    async def open(self, host: str, imap_port: int, smtp_port: int) -> tuple[int, int]:
        """Listen, on free ports for 0, and return both ports. OSError if one is taken."""
        for user, password in self.users.items():
            await self._identity(user).set(UserMetadata(self._config, user, password=password))
        loop = asyncio.get_running_loop()
        self._imap = await asyncio.start_server(self._talk_imap, host, imap_port)
        self._smtp = await loop.create_server(self._smtp_connection, host, smtp_port)
        return self._imap.sockets[0].getsockname()[1], self._smtp.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and end every IMAP conversation; wait_closed would wait for clients that never leave."""
        self._imap.close()
        self._smtp.close()
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections, timeout=2)

    # ------------------------------------------------------------------ mailboxes

    def _identity(self, user: str) -> Identity:
        return Identity(user, self._login, None, frozenset())

    async def _folder(self, user: str, folder: str, make: bool) -> MailboxData:
        async with self._identity(user).new_session() as session:
            mailboxes = session.mailbox_set
        try:
            return await mailboxes.get_mailbox(folder)
        except MailboxNotFound:
            if not make:
                raise
            await mailboxes.add_mailbox(folder)
            return await mailboxes.get_mailbox(folder)

    async def append(self, user: str, raw: bytes, folder: str, when: datetime) -> int:
        box = await self._folder(user, folder, make=True)
        message = await box.append(AppendMessage(raw, when, frozenset[Flag]()), recent=True)
        return message.uid

    async def folders(self, user: str) -> list[str]:
        async with self._identity(user).new_session() as session:
            tree = await session.mailbox_set.list_mailboxes()
        return sorted(entry.name for entry in tree.list() if entry.exists)

    async def mails(self, user: str, folder: str) -> list[bytes]:
        try:
            box = await self._folder(user, folder, make=False)
        except MailboxNotFound:
            return []
        there = [message async for message in box.messages()]
        loaded = [
            await message.load_content(FetchRequirement.CONTENT) for message in sorted(there, key=lambda m: m.uid)
        ]
        return [bytes(content.get_body(None, True)) for content in loaded]

    # ------------------------------------------------------------------ IMAP

    async def _talk_imap(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        # Not through proxyprotocol's reader, which fails on Python 3.13.
        info = SocketInfo.get(writer, ProxyResultUnknown(), unique_id=uuid4().bytes)
        connection = _WholeAnswers(self._config.commands, self._config, reader, writer, info)
        try:
            async with AsyncExitStack() as stack:
                connection_exit.set(stack)
                stack.enter_context(closing(connection))
                await connection.run(ConnectionState(self._login, self._config))
        except (asyncio.CancelledError, ConnectionError):
            # The client has gone, or the post office closes.
            writer.transport.abort()

    # ------------------------------------------------------------------ SMTP

    def _smtp_connection(self) -> SMTP:
        return SMTP(
            self,
            hostname=HOSTNAME,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=self._check,
            loop=asyncio.get_running_loop(),
        )

    def _check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        known = self.users.get(data.login.decode("utf-8", "replace").lower())
        return AuthResult(
            success=known is not None and known == data.password.decode("utf-8", "replace"), handled=False
        )

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.lower() not in self.users:
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        # aiosmtpd keeps the null sender's brackets.
        sender = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
        recipients = tuple(dict.fromkeys(address.lower() for address in envelope.rcpt_tos))
        now = datetime.now(UTC)
        for recipient in recipients:
            head = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode()
            await self.append(recipient, head + raw, "INBOX", now)
        self._took(sender, recipients, raw)
        return "250 2.0.0 delivered"


class _Pieces:
    """Collects what pymap writes in many small pieces."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.pieces.append(bytes(data))


class _WholeAnswers(IMAPConnection):
    """pymap's connection, writing each answer at once: piece by piece a FETCH costs a packet for each word."""

    async def write_response(self, resp: Response) -> None:
        whole = _Pieces()
        await resp.async_write(whole)
        self.writer.write(b"".join(whole.pieces))
        await self.writer.drain()
