"""The login by token on SMTP (RFC 4954, RFC 7628): AUTH OAUTHBEARER or XOAUTH2."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable

import aiosmtplib

from maild.model.login import MECHANISMS, TOKEN_REMEDY, sasl_first, sasl_last, sasl_reason

# RFC 5321 §4.5.3.1.4: a command line has 512 octets; a longer first answer waits for 334 (RFC 4954 §4).
_COMMAND_LINE = 510
_REFUSED = 535


class TokenRefused(Exception):
    """The relay does not take the token (code: its reply's three digits) or has no way for one (0: nothing was sent);
    `str()` is one line with the remedy."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


async def log_in(smtp: aiosmtplib.SMTP, login: str, token: Callable[[str], str]) -> None:
    """Log in, once more if there is another token in the place of a refused one.

    Raises TokenRefused, aiosmtplib's errors for a lost connection, and what `token` raises (NoToken).
    """
    offered = {method.upper() for method in smtp.server_auth_methods}
    mechanism = next((each for each in MECHANISMS if each in offered), "")
    if not mechanism:
        raise TokenRefused(
            0, "it offers neither AUTH OAUTHBEARER nor XOAUTH2, so no token was sent: check `host`, or log in with"
            " `password_from`",
        )  # fmt: skip
    refused, code, text = "", 0, ""
    for _ in range(2):
        # The token endpoint may be slow: the mails on other connections must not wait for it.
        access = await asyncio.to_thread(token, refused)
        if access == refused:
            break
        code, text = await _exchange(smtp, mechanism, login, access)
        if code == 235:
            return
        if code != _REFUSED:
            break
        refused = access
    raise TokenRefused(
        code, f"login refused: {text}: {TOKEN_REMEDY if code == _REFUSED else 'maild tries again later'}"
    )


async def _exchange(smtp: aiosmtplib.SMTP, mechanism: str, login: str, token: str) -> tuple[int, str]:
    """(code, the relay's words with its reason) of one AUTH."""
    first = base64.b64encode(sasl_first(mechanism, login, token))
    command, reason = [b"AUTH", mechanism.encode()], ""
    if len(b" ".join([*command, first])) <= _COMMAND_LINE:
        reply = await smtp.execute_command(*command, first)
    else:
        reply = await smtp.execute_command(*command)
        if reply.code == 334:
            reply = await smtp.execute_command(first)
    if reply.code == 334:
        reason = sasl_reason(_decoded(reply.message), token)
        reply = await smtp.execute_command(base64.b64encode(sasl_last(mechanism)))
    words = sasl_reason(reply.message.encode("utf-8", "replace"), token)
    return reply.code, f"{words} {reason}".strip()


def _decoded(challenge: str) -> bytes:
    try:
        return base64.b64decode(challenge)
    except (binascii.Error, ValueError):
        # Some relays say their reason in plain words.
        return challenge.encode("utf-8", "replace")
