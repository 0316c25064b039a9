"""Mail on the wire: the only user of aiosmtplib, and the only place where asyncio runs.

A Courier hands parcels to one relay over a few kept connections and says of each, as soon as it is known, what became
of it. What a reply means is decided by `relay.judge` alone, from (stage, code).
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence

import aiosmtplib

from maild.model.login import NoToken
from maild.outbound import smtp_token
from maild.outbound.breaker import throttled
from maild.outbound.relay import (
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
from maild.outbound.smtp_dial import dial
from maild.outbound.smtp_line import Line

__all__ = ["Courier", "Kind", "Parcel", "ProbeResult", "Relay", "Result", "Stage", "judge", "on_the_wire"]


# How long fewer connections are used after the relay said that there are too many, or too much mail.
_FEWER_S = 600.0


class Courier:
    """Carries parcels to one relay; used by one thread. Connections and the event loop live until `close()`."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._loop = asyncio.new_event_loop()
        self._context: ssl.SSLContext | None = None
        self._idle: list[Line] = []
        self._sent_at: deque[float] = deque()
        self._fewer, self._fewer_until = relay.connections, 0.0

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

    @property
    def connections(self) -> int:
        """How many connections may be open now: fewer than allowed for a while after the relay complained."""
        return self._fewer if time.monotonic() < self._fewer_until else self.relay.connections

    def slow_down(self) -> None:
        """Use half as many connections for the next ten minutes."""
        self._fewer = max(1, self.connections // 2)
        self._fewer_until = time.monotonic() + _FEWER_S

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
        workers = min(self.connections, len(queue))
        await asyncio.gather(*(self._work(run) for _ in range(workers)))
        if run.slow_down:
            self.slow_down()
            spare, self._idle = self._idle[self.connections :], self._idle[: self.connections]
            await _quit_all(spare)
        if run.error is not None:
            raise run.error
        # Nobody was left to carry these: the last trouble was the relay's.
        while queue:
            run.report(Result(queue.popleft().id, "relay", run.trouble[0], run.trouble[1]))
        if run.error is not None:
            raise run.error

    async def _work(self, run: _Run) -> None:
        """One connection's share: take parcels until there are none, or until the relay fails this connection."""
        line: Line | None = None
        while run.queue and run.error is None:
            try:
                line = line or await self._line()
            except _Trouble as trouble:
                run.trouble = (trouble.code, trouble.text)
                if throttled("connect", trouble.code, trouble.text):
                    run.slow_down = True
                return
            await self._pace()
            if not run.queue or run.error is not None:
                break
            if not run.may_begin():
                run.queue.clear()
                break
            parcel = run.queue.popleft()
            result = await line.carry(parcel)
            if result is None:
                # The relay had closed a kept connection before it saw anything: once more, on a new one.
                run.queue.appendleft(parcel)
                line = None
                continue
            if result.kind == "relay":
                run.trouble = (result.code, result.text)
            if throttled(result.stage, result.code, result.text):
                run.slow_down = True
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

    async def _line(self) -> Line:
        while self._idle:
            line = self._idle.pop()
            if line.smtp.is_connected:
                return line
        return await self._connect()

    async def _connect(self) -> Line:
        relay = self.relay
        smtp = aiosmtplib.SMTP(
            hostname=relay.host,
            local_hostname=relay.helo or _own_name(),
            timeout=relay.reply_timeout_s,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            tls_context=self._tls(),
        )
        try:
            async with asyncio.timeout(relay.connect_timeout_s):
                sock = await dial(relay.host, relay.port)
            greeting = await smtp.connect(sock=sock, timeout=relay.connect_timeout_s)
            await smtp.ehlo()
            if relay.token is not None:
                await smtp_token.log_in(smtp, relay.login, relay.token)
            elif relay.login and relay.password is not None:
                await smtp.login(relay.login, relay.password())
        except (aiosmtplib.SMTPException, OSError, ValueError, smtp_token.TokenRefused, NoToken) as error:
            smtp.close()
            raise _trouble(relay, error) from error
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return Line(smtp, relay, one_line(greeting.message))

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
        null_sender, undecided, error = False, "", ""
        try:
            reply = await smtp.execute_command(b"MAIL", b"FROM:<>")
            null_sender = reply.code == 250
            if 400 <= reply.code <= 499:
                undecided = f"{reply.code} {one_line(reply.message)}"
        except aiosmtplib.SMTPException as lost:
            error = f"MAIL FROM:<>: {one_line(str(lost))}"
        await line.quit()
        return ProbeResult(
            greeting=line.greeting,
            tls=str(tls.version()) if tls is not None else "",
            logged_in=bool(self.relay.login),
            size=int(said) if said.isdigit() else 0,
            null_sender=null_sender,
            undecided=undecided,
            error=error,
        )


class _Trouble(Exception):
    """No connection to the relay, or no login."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class _Run:
    """What the workers of one `send` share."""

    def __init__(
        self, queue: deque[Parcel], on_result: Callable[[Result], None], may_begin: Callable[[], bool]
    ) -> None:
        self.queue = queue
        self.may_begin = may_begin
        self.trouble: tuple[int, str] = (0, "")
        # The relay said that this was too much at a time.
        self.slow_down = False
        self.error: BaseException | None = None
        self._on_result = on_result

    def report(self, result: Result) -> None:
        try:
            self._on_result(result)
        except Exception as error:
            # Kept until the mails that are on the way have been reported too; then `send` raises it.
            self.error = self.error or error


async def _quit_all(lines: Sequence[Line]) -> None:
    await asyncio.gather(*(line.quit() for line in lines))
    # One turn of the loop lets the closed transports go.
    await asyncio.sleep(0)


def _trouble(relay: Relay, error: Exception) -> _Trouble:
    """A failed connection or login as one line with its remedy."""
    where = f"relay {relay.host}:{relay.port}"
    cause = error.__cause__ if isinstance(error, aiosmtplib.SMTPException) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _Trouble(
            0, f"{where}: {one_line(cause.verify_message)}: set `host` to the certificate's name, or `tls_ca`"
        )
    if isinstance(cause, ssl.SSLError):
        return _Trouble(0, f"{where}: {one_line(str(cause))}: no TLS is spoken there, check `port` and `security`")
    if isinstance(cause, socket.gaierror):
        return _Trouble(0, f"{where}: the name has no address: check `host` and the DNS")
    if isinstance(error, smtp_token.TokenRefused):
        return _Trouble(error.code, f"{where}: {error}")
    if isinstance(error, NoToken):
        return _Trouble(0, f"{where}: {error}")
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return _Trouble(
            error.code, f"{where}: login refused: {one_line(error.message)}: check `login` and the password"
        )
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _Trouble(max(error.code, 0), f"{where}: {error.code} {one_line(error.message)}")
    if isinstance(cause, ConnectionRefusedError):
        return _Trouble(0, f"{where}: nothing listens there: check `host`, `port` and the firewall")
    if isinstance(error, aiosmtplib.SMTPTimeoutError | TimeoutError):
        return _Trouble(0, f"{where}: no answer in time: check the firewall, `port` and `security`")
    if "STARTTLS" in str(error):
        return _Trouble(0, f'{where}: it offers no STARTTLS, nothing was sent: use security = "tls" (port 465)')
    return _Trouble(0, f"{where}: {one_line(str(error).replace(' on port None', '')) or type(error).__name__}")


def _own_name() -> str:
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?", name) else "localhost"
