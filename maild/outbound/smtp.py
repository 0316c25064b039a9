"""Mail on the wire: the only user of aiosmtplib, and the only place where asyncio runs.

A Courier hands parcels to one relay over a few kept connections and says of each, as soon as it is known, what became
of it. What a reply means is decided by `relay.judge` alone, from (stage, code).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence

import aiosmtplib

from maild import failpoint
from maild.outbound.relay import (
    ADDRESS,
    Kind,
    Parcel,
    ProbeResult,
    Relay,
    Result,
    Stage,
    judge,
    on_the_wire,
    one_line,
)

__all__ = ["Courier", "Kind", "Parcel", "ProbeResult", "Relay", "Result", "Stage", "judge", "on_the_wire"]


class Courier:
    """Carries parcels to one relay; used by one thread. Connections and the event loop live until `close()`."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._loop = asyncio.new_event_loop()
        self._context: ssl.SSLContext | None = None
        self._idle: list[_Line] = []
        self._sent_at: deque[float] = deque()

    def send(
        self,
        parcels: Sequence[Parcel],
        on_result: Callable[[Result], None],
        may_begin: Callable[[], bool] = lambda: True,
    ) -> None:
        """Send all, up to `connections` at a time; `on_result` is called once for each, here, as soon as it is known.

        If `on_result` raises, no further parcel is begun, those on the way are finished and reported, and the error is
        raised. `may_begin` is asked before each parcel; from its first no on none is begun, and those that were not
        are not reported. With `per_minute` this may wait up to a minute; `room()` says how many go at once.
        """
        if parcels:
            self._loop.run_until_complete(self._send(_Run(deque(parcels), on_result, may_begin)))

    def room(self) -> int:
        """How many parcels `per_minute` lets go right now (a large number if there is no limit)."""
        if not self.relay.per_minute:
            return 1_000_000
        now = time.monotonic()
        while self._sent_at and self._sent_at[0] <= now - 60:
            self._sent_at.popleft()
        return max(0, self.relay.per_minute - len(self._sent_at))

    def probe(self) -> ProbeResult:
        """Connect, log in, ask for SIZE and the null sender, and leave; nothing is sent."""
        return self._loop.run_until_complete(self._probe())

    def rest(self) -> None:
        """Say QUIT on the kept connections, as after some idle minutes; the next `send` makes new ones."""
        lines, self._idle = self._idle, []
        self._loop.run_until_complete(_quit_all(lines))

    def close(self) -> None:
        """Leave the relay. The Courier is of no use afterwards."""
        if not self._loop.is_closed():
            self.rest()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    # ------------------------------------------------------------------ inside the loop

    async def _send(self, run: _Run) -> None:
        queue = run.queue
        # One turn of the loop notices kept connections that the relay has closed meanwhile.
        await asyncio.sleep(0)
        workers = min(self.relay.connections, len(queue))
        await asyncio.gather(*(self._work(run) for _ in range(workers)))
        if run.error is not None:
            raise run.error
        # Nobody was left to carry these: the last trouble was the relay's.
        while queue:
            run.report(Result(queue.popleft().id, "relay", run.trouble[0], run.trouble[1]))
        if run.error is not None:
            raise run.error

    async def _work(self, run: _Run) -> None:
        """One connection's share: take parcels until there are none, or until the relay fails this connection."""
        line: _Line | None = None
        while run.queue and run.error is None:
            try:
                line = line or await self._line()
            except _Trouble as trouble:
                run.trouble = (trouble.code, trouble.text)
                return
            await self._pace()
            if not run.queue or run.error is not None:
                break
            if not run.may_begin():
                run.queue.clear()
                break
            parcel = run.queue.popleft()
            try:
                result = await line.carry(parcel, run.may_begin)
            except _TooLate:
                run.queue.clear()
                await line.quit()
                line = None
                break
            if result is None:
                # The relay had closed a kept connection before it saw anything: once more, on a new one.
                run.queue.appendleft(parcel)
                line = None
                continue
            if result.kind == "relay":
                run.trouble = (result.code, result.text)
            run.report(result)
            if not line.usable:
                await line.quit()
                line = None
                if result.kind == "relay":
                    return
        if line is not None:
            self._idle.append(line)

    async def _pace(self) -> None:
        while not self.room():
            await asyncio.sleep(max(0.01, self._sent_at[0] + 60 - time.monotonic()))
        if self.relay.per_minute:
            self._sent_at.append(time.monotonic())

    async def _line(self) -> _Line:
        while self._idle:
            line = self._idle.pop()
            if line.smtp.is_connected:
                return line
        return await self._connect()

    async def _connect(self) -> _Line:
        relay = self.relay
        smtp = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            local_hostname=relay.helo or _own_name(),
            timeout=relay.reply_timeout_s,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            tls_context=self._tls(),
        )
        try:
            greeting = await smtp.connect(timeout=relay.connect_timeout_s)
            await smtp.ehlo()
            if relay.login and relay.password is not None:
                await smtp.login(relay.login, relay.password())
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            smtp.close()
            raise _trouble(relay, error) from error
        sock = smtp.get_transport_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return _Line(smtp, relay, one_line(greeting.message))

    def _tls(self) -> ssl.SSLContext | None:
        if self.relay.security == "none":
            return None
        if self._context is None:
            try:
                self._context = ssl.create_default_context(cafile=self.relay.ca_file or None)
            except OSError as error:
                raise _Trouble(
                    0, f"{self.relay.ca_file}: {error.strerror or error}: set `tls_ca` to a PEM file"
                ) from error
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._context

    async def _probe(self) -> ProbeResult:
        try:
            line = await self._connect()
        except _Trouble as trouble:
            return ProbeResult(error=trouble.text)
        smtp = line.smtp
        tls = smtp.get_transport_info("ssl_object")
        said = smtp.esmtp_extensions.get("size", "")
        try:
            reply = await smtp.execute_command(b"MAIL", b"FROM:<>")
            null_sender, error = reply.code == 250, ""
        except aiosmtplib.SMTPException as lost:
            null_sender, error = False, f"MAIL FROM:<>: {one_line(str(lost))}"
        await line.quit()
        return ProbeResult(
            greeting=line.greeting,
            tls=str(tls.version()) if tls is not None else "",
            logged_in=bool(self.relay.login),
            size=int(said) if said.isdigit() else 0,
            null_sender=null_sender,
            error=error,
        )


class _Trouble(Exception):
    """No connection to the relay, or no login."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class _TooLate(Exception):
    """The lease ran out before the mail itself was said: another daemon may have sent it."""


class _Run:
    """What the workers of one `send` share."""

    def __init__(
        self, queue: deque[Parcel], on_result: Callable[[Result], None], may_begin: Callable[[], bool]
    ) -> None:
        self.queue = queue
        self.may_begin = may_begin
        self.trouble: tuple[int, str] = (0, "")
        self.error: BaseException | None = None
        self._on_result = on_result

    def report(self, result: Result) -> None:
        try:
            self._on_result(result)
        except Exception as error:
            # Kept until the mails that are on the way have been reported too; then `send` raises it.
            self.error = self.error or error


class _Line:
    """One connection, logged in."""

    def __init__(self, smtp: aiosmtplib.SMTP, relay: Relay, greeting: str) -> None:
        self.smtp, self.relay, self.greeting = smtp, relay, greeting
        self.used = False
        self.broken = False
        said = smtp.esmtp_extensions.get("size", "")
        self.limit = int(said) if said.isdigit() else 0
        self.eight_bit = "8bitmime" in smtp.esmtp_extensions

    @property
    def usable(self) -> bool:
        return not self.broken and self.smtp.is_connected

    async def carry(self, parcel: Parcel, may_send: Callable[[], bool]) -> Result | None:
        """One mail. None: the kept connection had died before it began, nothing was tried."""
        unfit = self._unfit(parcel)
        if unfit is not None:
            return unfit
        stage: Stage = "MAIL"
        kept, self.used = self.used, True
        try:
            code, text = await self._say(b"MAIL", b"FROM:<%s>" % parcel.sender.encode("ascii"), *self._options(parcel))
            if code == 421 and kept:
                # Many relays take so many mails on a connection and no more.
                self._break()
                return None
            if code == 250:
                stage = "RCPT"
                code, text = await self._say(b"RCPT", b"TO:<%s>" % parcel.recipient.encode("ascii"))
            if stage == "RCPT" and code in (250, 251):
                stage = "DATA"
                code, text = await self._say(b"DATA")
            if stage == "DATA" and code == 354:
                stage = "dot"
                failpoint.reach("content")
                if not may_send():
                    self._break()
                    raise _TooLate
                code, text = await self._content(parcel.raw)
        except aiosmtplib.SMTPResponseException as error:
            self._break()
            code, text = -1, one_line(error.message)
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as error:
            self._break()
            if stage == "MAIL" and kept and not isinstance(error, aiosmtplib.SMTPTimeoutError):
                return None
            code, text = 0, f"{stage}: {one_line(str(error))}"
        kind = judge(stage, code)
        if kind == "relay":
            self._break()
        elif stage != "dot" and not self.broken:
            await self._reset()
        return Result(parcel.id, kind, code if code > 0 else 0, text)

    def _unfit(self, parcel: Parcel) -> Result | None:
        """What the relay need not even be asked."""
        if not ADDRESS.fullmatch(parcel.recipient):
            return Result(
                parcel.id, "refused", 553, f"{one_line(parcel.recipient)!r} is not an address that SMTP can carry"
            )
        if parcel.sender and not ADDRESS.fullmatch(parcel.sender):
            return Result(parcel.id, "refused", 553, f"{one_line(parcel.sender)!r} is not a sender that SMTP can carry")
        if self.limit and len(parcel.raw) > self.limit:
            return Result(
                parcel.id, "refused", 552, f"{len(parcel.raw)} bytes, and the relay takes at most {self.limit}"
            )
        return None

    def _options(self, parcel: Parcel) -> list[bytes]:
        options = [b"SIZE=%d" % len(parcel.raw)] if self.limit else []
        if self.eight_bit and not parcel.raw.isascii():
            options.append(b"BODY=8BITMIME")
        return options

    async def _say(self, *words: bytes) -> tuple[int, str]:
        reply = await self.smtp.execute_command(*words)
        return reply.code, one_line(reply.message)

    async def _content(self, raw: bytes) -> tuple[int, str]:
        """The mail after 354. aiosmtplib's own DATA does not tell a connection lost before 354 from one lost after."""
        protocol = self.smtp.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("connection lost")
        protocol.write(on_the_wire(raw))
        failpoint.reach("dot")
        reply = await protocol.read_response(timeout=self.relay.dot_timeout_s)
        return reply.code, one_line(reply.message)

    async def _reset(self) -> None:
        try:
            reply = await self.smtp.execute_command(b"RSET")
            if reply.code != 250:
                self._break()
        except (aiosmtplib.SMTPException, OSError):
            # The fate of the mail is known already; the next one gets a new connection.
            self._break()

    def _break(self) -> None:
        self.broken = True

    async def quit(self) -> None:
        """QUIT, whatever comes of it."""
        if self.smtp.is_connected and not self.broken:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await self.smtp.quit(timeout=2)
        self.smtp.close()


async def _quit_all(lines: Sequence[_Line]) -> None:
    await asyncio.gather(*(line.quit() for line in lines))
    # One turn of the loop lets the closed transports go.
    await asyncio.sleep(0)


def _trouble(relay: Relay, error: Exception) -> _Trouble:
    """A failed connection or login as one line with its remedy."""
    where = f"relay {relay.host}:{relay.port}"
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _Trouble(
            0, f"{where}: {one_line(cause.verify_message)}: set `host` to the certificate's name, or `tls_ca`"
        )
    if isinstance(cause, ssl.SSLError):
        return _Trouble(0, f"{where}: {one_line(str(cause))}: no TLS is spoken there, check `port` and `security`")
    if isinstance(cause, socket.gaierror):
        return _Trouble(0, f"{where}: the name has no address: check `host` and the DNS")
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return _Trouble(
            error.code, f"{where}: login refused: {one_line(error.message)}: check `login` and the password"
        )
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _Trouble(max(error.code, 0), f"{where}: {error.code} {one_line(error.message)}")
    if isinstance(cause, ConnectionRefusedError):
        return _Trouble(0, f"{where}: nothing listens there: check `host`, `port` and the firewall")
    if isinstance(error, aiosmtplib.SMTPTimeoutError | TimeoutError):
        return _Trouble(0, f"{where}: {one_line(str(error))}: no answer, check the firewall, `port` and `security`")
    if "STARTTLS" in str(error):
        return _Trouble(0, f'{where}: it offers no STARTTLS, nothing was sent: use security = "tls" (port 465)')
    return _Trouble(0, f"{where}: {one_line(str(error)) or type(error).__name__}")


def _own_name() -> str:
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?", name) else "localhost"
