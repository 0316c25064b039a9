"""A recording SMTP relay in a thread (aiosmtpd) that misbehaves exactly as told."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, AnyStr, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Stage = Literal["connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "dot", "accepted", "RSET", "QUIT"]

DROP = "drop"
STALL = "stall"


@dataclass(frozen=True)
class Accepted:
    """One mail that the sink answered with 250 (or swallowed: `answered` False), in order of arrival.

    at           time.monotonic() when the final dot was read
    connection   number of the connection that brought it, from 1
    """

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    at: float
    connection: int
    answered: bool


@dataclass
class Trick:
    """What to do instead at one stage: a reply line, DROP or STALL; `times` more times (-1: for ever)."""

    stage: Stage
    what: str
    times: int
    match: Callable[[str], bool] = field(default=lambda argument: True)


class Sink:
    """A relay on a free loopback port that keeps what it accepts.

    users         login → password: AUTH is then required. certificate: STARTTLS is offered (`implicit`: TLS at once)
    strip_tls     announce no STARTTLS although there is a certificate
    tokens        access token → whom it lets in ("" for nobody): AUTH by `mechanisms` is then required

    `trick(stage, what, times)` scripts the misbehaviour: `what` is a whole reply ("450 4.7.1 later"), DROP (cut the
    connection there) or STALL (never answer). Stage "connect" stands for the greeting, "DATA" for the answer to the
    command, "dot" for the answer to the mail, "accepted" for what happens right after that 250; a mail that is dropped
    or stalled at "dot" is kept with `answered` False: the relay has it, the client cannot know.
    """

    def __init__(
        self,
        users: Mapping[str, str] | None = None,
        certificate: Path | None = None,
        implicit: bool = False,
        strip_tls: bool = False,
        size: int = 33_554_432,
        hostname: str = "sink.example",
        tokens: Callable[[str], str] | None = None,
        mechanisms: tuple[str, ...] = ("OAUTHBEARER", "XOAUTH2"),
    ) -> None:
        self.users = dict(users or {})
        self.tokens, self.mechanisms = tokens, mechanisms if tokens is not None else ()
        self.size, self.hostname = size, hostname
        self.context: ssl.SSLContext | None = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.implicit, self.strip_tls = implicit, strip_tls
        self.mails: list[Accepted] = []
        self.commands: list[str] = []
        self.connections = self.open = self.most_open = 0
        self.port = 0
        self._tricks: list[Trick] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    # ------------------------------------------------------------------ for the test

    def trick(self, stage: Stage, what: str, times: int = -1, match: Callable[[str], bool] | None = None) -> None:
        """Misbehave at `stage`, `times` times; `match` looks at the command's argument (for "dot": at the sender)."""
        with self._changed:
            self._tricks.append(Trick(stage, what, times) if match is None else Trick(stage, what, times, match))

    def take_back(self, which: Callable[[Trick], bool]) -> None:
        """Behave again as far as these tricks go."""
        with self._changed:
            self._tricks = [trick for trick in self._tricks if not which(trick)]

    def forgive(self) -> None:
        """Behave again."""
        with self._changed:
            self._tricks.clear()

    def clear(self) -> None:
        """Forget mails, commands and tricks; connections stay open."""
        with self._changed:
            self.mails.clear()
            self.commands.clear()
            self._tricks.clear()
            self.connections, self.most_open = 0, self.open

    def wait_for(self, wanted: int | Callable[[list[Accepted]], bool], timeout: float = 10.0) -> list[Accepted]:
        """Wait for a number of mails, or for a predicate over them; TimeoutError says how many had come."""

        def there() -> bool:
            return len(self.mails) >= wanted if isinstance(wanted, int) else wanted(self.mails)

        with self._changed:
            if not self._changed.wait_for(there, timeout):
                raise TimeoutError(
                    f"the sink has {len(self.mails)} mails after {timeout:g} s, not what was waited for ({wanted})"
                )
            return list(self.mails)

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main(ready)), daemon=True, name="sink")
        self._thread.start()
        if not ready.wait(10):
            raise TimeoutError("the sink did not start")

    def stop(self) -> None:
        """Close the port and cut all connections."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)
            self._thread = None

    def __enter__(self) -> Sink:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    # ------------------------------------------------------------------ in its thread

    async def _main(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._live: set[_Connection] = set()
        server = await self._loop.create_server(
            lambda: _Connection(self), "127.0.0.1", self.port, ssl=self.context if self.implicit else None, backlog=256
        )
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        for connection in list(self._live):
            connection.cut()
        # One turn of the loop lets the cut connections say goodbye to their transports.
        await asyncio.sleep(0)

    def next_trick(self, stage: Stage, argument: str) -> str:
        with self._changed:
            for trick in self._tricks:
                if trick.stage == stage and trick.times and trick.match(argument):
                    trick.times -= 1 if trick.times > 0 else 0
                    return trick.what
        return ""

    def heard(self, command: str) -> None:
        with self._changed:
            self.commands.append(command)
            self._changed.notify_all()

    def keep(self, mail: Accepted) -> None:
        with self._changed:
            self.mails.append(mail)
            self._changed.notify_all()

    def came(self, connection: _Connection) -> int:
        with self._changed:
            self._live.add(connection)
            self.connections += 1
            self.open += 1
            self.most_open = max(self.most_open, self.open)
            self._changed.notify_all()
            return self.connections

    def went(self, connection: _Connection) -> None:
        with self._changed:
            if connection in self._live:
                self._live.discard(connection)
                self.open -= 1
            self._changed.notify_all()


class _Connection(SMTP):
    """One conversation: aiosmtpd's, with the sink's tricks before each of its answers."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        # aiosmtpd warns of AUTH without TLS; on loopback, in a test, that is what is wanted.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            self._begin(sink)

    def _begin(self, sink: Sink) -> None:
        super().__init__(
            self,
            hostname=sink.hostname,
            enable_SMTPUTF8=True,
            data_size_limit=sink.size,
            loop=asyncio.get_running_loop(),
            tls_context=None if sink.implicit or sink.strip_tls else sink.context,
            auth_required=bool(sink.users or sink.tokens),
            auth_require_tls=sink.context is not None and not sink.implicit,
            authenticator=self._check,
            auth_exclude_mechanism=[
                each
                for each, wanted in (
                    *((each, bool(sink.users)) for each in ("LOGIN", "PLAIN")),
                    *((each, each in sink.mechanisms) for each in ("OAUTHBEARER", "XOAUTH2")),
                )
                if not wanted
            ],
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # STARTTLS calls this a second time for the same conversation.
        if not hasattr(self, "number"):
            self.number = self.sink.came(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.sink.went(self)
        super().connection_lost(error)

    def cut(self) -> None:
        transport = self.transport
        if transport is not None:
            transport.abort()  # type: ignore[attr-defined]  # aiosmtpd types it as BaseTransport

    async def _tricked(self, stage: Stage, argument: str | None) -> bool:
        what = self.sink.next_trick(stage, argument or "")
        if what == DROP:
            self.cut()
        elif what == STALL:
            await asyncio.sleep(3600)
        elif what:
            await self.push(what)
            if what.startswith("421"):
                self.cut_gently()
        return bool(what)

    def cut_gently(self) -> None:
        if self.transport is not None:
            self.transport.close()

    async def _handle_client(self) -> None:
        if self.session is not None and not self.session.ssl and await self._tricked("connect", ""):
            self.cut_gently()
            return
        await super()._handle_client()

    async def _say(self, stage: Stage, argument: str | None, ordinary: Callable[[Any], Any]) -> None:
        self.sink.heard(f"{stage} {argument}" if argument else stage)
        if not await self._tricked(stage, argument):
            await ordinary(argument)

    async def smtp_EHLO(self, hostname: str) -> None:
        await self._say("EHLO", hostname, super().smtp_EHLO)

    async def smtp_STARTTLS(self, arg: str) -> None:
        await self._say("STARTTLS", arg, super().smtp_STARTTLS)

    async def smtp_AUTH(self, arg: str) -> None:
        await self._say("AUTH", arg, super().smtp_AUTH)

    async def smtp_MAIL(self, arg: str | None) -> None:
        await self._say("MAIL", arg, super().smtp_MAIL)

    async def smtp_RCPT(self, arg: str | None) -> None:
        await self._say("RCPT", arg, super().smtp_RCPT)

    async def smtp_DATA(self, arg: str) -> None:
        await self._say("DATA", arg, super().smtp_DATA)

    async def smtp_RSET(self, arg: str) -> None:
        await self._say("RSET", arg, super().smtp_RSET)

    async def smtp_QUIT(self, arg: str) -> None:
        await self._say("QUIT", arg, super().smtp_QUIT)

    def _check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=self.sink.users.get(data.login.decode()) == data.password.decode(), handled=False)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        return await self._by_token(args, rb"user=(.*?)\x01auth=Bearer (.*?)\x01\x01", b"")

    async def auth_OAUTHBEARER(self, server: SMTP, args: list[str]) -> AuthResult:
        return await self._by_token(args, rb"n,a=(.*?),\x01auth=Bearer (.*?)\x01\x01", b"\x01")

    async def _by_token(self, args: list[str], form: bytes, farewell: bytes) -> AuthResult:
        """RFC 7628 and XOAUTH2: who is wrong hears why, must answer as the mechanism says, and is refused then."""
        first = base64.b64decode(args[1]) if len(args) > 1 else await self.challenge_auth("")
        found = re.fullmatch(form, first) if isinstance(first, bytes) else None
        if found is None:
            return AuthResult(success=False, handled=False, message="501 5.5.2 not what the mechanism says")
        login, token = found[1].decode().replace("=2C", ",").replace("=3D", "="), found[2].decode()
        if self.sink.tokens is not None and self.sink.tokens(token) == login:
            return AuthResult(success=True)
        last = await self.challenge_auth(f'{{"status":"401","schemes":"bearer","token":"{token}"}}')
        wrong = "535 5.7.3 Authentication unsuccessful" if last == farewell else "501 5.5.2 not what was to be said"
        return AuthResult(success=False, handled=False, message=wrong)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        sender, at = _sender(envelope), time.monotonic()
        trick = self.sink.next_trick("dot", sender)
        taken = not trick or trick in (DROP, STALL) or trick.startswith("2")
        mail = Accepted(
            sender,
            tuple(envelope.rcpt_tos),
            envelope.original_content or b"",
            at,
            self.number,
            trick not in (DROP, STALL),
        )
        if taken:
            self.sink.keep(mail)
        if trick == DROP:
            self.cut()
        elif trick == STALL:
            await asyncio.sleep(3600)
        elif taken and self.sink.next_trick("accepted", sender) == DROP:
            await self.push("250 2.0.0 queued")
            self.cut_gently()
            return ""
        return trick or "250 2.0.0 queued"

    async def push(self, status: AnyStr) -> None:
        if status and self.transport is not None and not self.transport.is_closing():
            await super().push(status)


def _sender(envelope: Envelope) -> str:
    """The envelope's sender; aiosmtpd keeps the null sender's brackets."""
    return "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
