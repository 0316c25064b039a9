"""One connection to the relay, logged in: a mail through MAIL, RCPT, DATA and the final dot, and what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import time

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from maild import failpoint
from maild.outbound.relay import ADDRESS, Parcel, Relay, Result, Stage, judge, on_the_wire, one_line

# A mail up to this size goes out in one piece with its final dot; of a longer one the dot waits until the rest is gone.
_ONE_PIECE_BYTES = 64 * 1024
_DOT = b".\r\n"
# How often it is looked whether a slow relay has taken what was written: some MB a second at the least.
_LOOK_S = 0.005


class Line:
    """One connection, logged in."""

    def __init__(self, smtp: aiosmtplib.SMTP, relay: Relay, greeting: str) -> None:
        self.smtp, self.relay, self.greeting = smtp, relay, greeting
        self.used = False
        self.broken = False
        said = smtp.esmtp_extensions.get("size", "")
        self.limit = int(said) if said.isdigit() else 0
        self.eight_bit = "8bitmime" in smtp.esmtp_extensions
        # When the mail in hand has taken too long, in time.monotonic().
        self._until = 0.0
        self._stage: Stage = "MAIL"

    @property
    def usable(self) -> bool:
        return not self.broken and self.smtp.is_connected

    async def carry(self, parcel: Parcel) -> Result | None:
        """One mail. None: the kept connection had died before it began, nothing was tried."""
        unfit = self._unfit(parcel)
        if unfit is not None:
            return unfit
        self._stage = "MAIL"
        kept, self.used = self.used, True
        self._until = time.monotonic() + self.relay.mail_timeout_s
        try:
            code, text = await self._say(b"MAIL", b"FROM:<%s>" % parcel.sender.encode("ascii"), *self._options(parcel))
            if code == 421 and kept:
                # Many relays take so many mails on a connection and no more.
                self._break()
                return None
            if code == 250:
                self._stage = "RCPT"
                code, text = await self._say(b"RCPT", b"TO:<%s>" % parcel.recipient.encode("ascii"))
            if self._stage == "RCPT" and code in (250, 251):
                self._stage = "DATA"
                code, text = await self._say(b"DATA")
            if self._stage == "DATA" and code == 354:
                code, text = await self._content(on_the_wire(parcel.raw))
        except aiosmtplib.SMTPResponseException as error:
            self._break()
            code, text = -1, one_line(error.message)
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError) as error:
            self._break()
            if self._stage == "MAIL" and kept and not isinstance(error, aiosmtplib.SMTPTimeoutError):
                return None
            code, text = 0, f"{self._stage}: {one_line(str(error)) or 'no answer in time'}"
        stage = self._reached()
        kind = judge(stage, code)
        if kind in ("relay", "unknown"):
            self._break()
        elif stage != "dot" and not self.broken:
            await self._reset()
        return Result(parcel.id, kind, code if code > 0 else 0, text, stage)

    def _reached(self) -> Stage:
        return self._stage

    def _unfit(self, parcel: Parcel) -> Result | None:
        """What the relay need not even be asked."""
        if not ADDRESS.fullmatch(parcel.recipient):
            text = f"{one_line(parcel.recipient)!r} is not an address that SMTP can carry"
            return Result(parcel.id, "refused", 553, text, "RCPT")
        if parcel.sender and not ADDRESS.fullmatch(parcel.sender):
            text = f"{one_line(parcel.sender)!r} is not a sender that SMTP can carry"
            return Result(parcel.id, "refused", 553, text, "MAIL")
        if self.limit and len(parcel.raw) > self.limit:
            text = f"{len(parcel.raw)} bytes, and the relay takes at most {self.limit}"
            return Result(parcel.id, "refused", 552, text, "MAIL")
        if not self.eight_bit and not parcel.raw.isascii():
            # RFC 6152 §3: sent all the same, a relay may cut off the eighth bit. maild composes 7-bit mail only.
            return Result(
                parcel.id, "refused", 554, "the mail has 8-bit bytes, and the relay offers no 8BITMIME", "MAIL"
            )
        return None

    def _options(self, parcel: Parcel) -> list[bytes]:
        options = [b"SIZE=%d" % len(parcel.raw)] if self.limit else []
        if not parcel.raw.isascii():
            options.append(b"BODY=8BITMIME")
        return options

    async def _say(self, *words: bytes) -> tuple[int, str]:
        reply = await self.smtp.execute_command(*words, timeout=min(self.relay.reply_timeout_s, self._left()))
        return reply.code, one_line(reply.message)

    def _left(self) -> float:
        """Seconds that the mail in hand still has: a relay that answers a byte at a time must not hold it for ever."""
        return max(0.01, self._until - time.monotonic())

    async def _content(self, mail: bytes) -> tuple[int, str]:
        """The mail after 354, and the answer to its final dot.

        aiosmtplib's own DATA does not tell a connection lost before 354 from one lost after. Of a long mail the dot is
        held back until all the rest has left this machine: what is lost before has surely not been delivered.
        """
        protocol, transport = self.smtp.protocol, self.smtp.transport
        if protocol is None or not isinstance(transport, asyncio.WriteTransport):
            raise aiosmtplib.SMTPServerDisconnected("connection lost")
        if len(mail) <= _ONE_PIECE_BYTES:
            self._stage = "dot"
            protocol.write(mail)
            failpoint.reach("dot")
            reply = await protocol.read_response(timeout=min(self.relay.dot_timeout_s, self._left()))
            return reply.code, one_line(reply.message)
        answer = asyncio.ensure_future(protocol.read_response())
        try:
            async with asyncio.timeout(self._left()):
                await _write_body(transport, protocol, mail[: -len(_DOT)], answer)
            if answer.done():
                # It answers in the middle of the mail, so it will not hear the rest.
                self._break()
            else:
                self._stage = "dot"
                protocol.write(_DOT)
                failpoint.reach("dot")
            async with asyncio.timeout(min(self.relay.dot_timeout_s, self._left())):
                reply = await answer
        finally:
            answer.cancel()
        return reply.code, one_line(reply.message)

    async def _reset(self) -> None:
        try:
            reply = await self.smtp.execute_command(b"RSET", timeout=self.relay.reply_timeout_s)
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
        transport = self.smtp.transport
        if self.broken and isinstance(transport, asyncio.WriteTransport):
            # Closing would wait until a relay that reads no more has read the rest: for ever.
            transport.abort()
        self.smtp.close()


async def _write_body(
    transport: asyncio.WriteTransport,
    protocol: SMTPProtocol,
    body: bytes,
    answer: asyncio.Future[aiosmtplib.SMTPResponse],
) -> None:
    """Write all of it and wait until it has left this machine, or until the relay answers or hangs up before that."""
    # The answer is being waited for from here on: aiosmtplib throws away what comes while nobody waits.
    await asyncio.sleep(0)
    for start in range(0, len(body), _ONE_PIECE_BYTES):
        if answer.done():
            return
        protocol.write(body[start : start + _ONE_PIECE_BYTES])
        while transport.get_write_buffer_size() and not answer.done():
            await asyncio.wait({answer}, timeout=_LOOK_S)
