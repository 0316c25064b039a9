"""The only HMAC of maild: signed Message-IDs and button tokens (PRODUCT §2.4, §2.5, §3.3; THREATS A05, A07, A36, A58).

A Message-ID of ours reads `<PAYLOAD.MAC@domain>`. The payload says which ticket the mail spoke of, whether an answer
to it is public or internal, a keyed digest of the one address it was sent to, and the day; nothing of it needs a
database to be believed. 130 bits of HMAC-SHA-256 sign it. The nonce makes each id unlike every other.

A button token is 80 bits in 16 characters of lower-case base32, behind six characters that name the second in which it
was made: bound to address, ticket and verb, and worthless after its time. The second tells the tokens of two letters
apart: one of them may be used up while the other still serves.
"""

import hmac
import re
import secrets
from base64 import b32encode
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Literal

from maild.model.message import SignedId

# A separate word for each use keeps a token of one kind from ever passing as the other.
_ID_USE = b"maild id 1\0"
_BUTTON_USE = b"maild button 1\0"
_TO_USE = b"maild to 1\0"

_EPOCH = date(2020, 1, 1)
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
# By so much another daemon's clock may be ahead.
_CLOCKS_DIFFER = timedelta(days=1)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_MAC_CHARS = 26
_TO_CHARS = 12
_BUTTON_CHARS = 16
_MOMENT_CHARS = 6
_OUR_ID = re.compile(
    rf"<([mr][pi]([0-9a-z]{{1,13}})-([a-z2-7]{{3}})-([a-z2-7]{{{_TO_CHARS}}})-[a-z2-7]{{13}})\.([a-z2-7]{{{_MAC_CHARS}}})@[^<>@\s]+>"
)
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


class Tokens:
    """Makes and checks ids and tokens with the desk's keys; the first key signs, every key is believed.

    Two keys make rotation possible: put the new one first, drop the old one after 90 days.
    """

    def __init__(self, keys: Sequence[bytes], domain: str) -> None:
        if not keys or any(len(key) < 16 for key in keys):
            raise ValueError("the signing key needs at least 16 bytes: `maild init` writes one of 32")
        self._keys = tuple(keys)
        self._domain = domain

    def message_id(
        self,
        ticket: int,
        audience: Literal["public", "internal"],
        recipient: str,
        now: datetime,
        second: bool = False,
    ) -> str:
        """A new signed Message-ID, angle brackets included; `second` for the one that stands in the References of the
        mail itself, and says so: it tells which mail is answered where a relay has rewritten the first."""
        nonce = b32encode(secrets.token_bytes(8)).decode().lower().rstrip("=")
        kind = f"{'r' if second else 'm'}{audience[0]}"
        digest = _digest(self._keys[0], _TO_USE, recipient)
        payload = f"{kind}{_base36(ticket)}-{_day_chars(now)}-{digest}-{nonce}"
        return f"<{payload}.{_mac(self._keys[0], _ID_USE, payload, _MAC_CHARS)}@{self._domain}>"

    def read(self, message_id: str) -> SignedId | None:
        """What one of our ids says, or None if it is not ours or its signature does not hold.

        Lower-cased ids are still ours: some relays fold the case.
        """
        found = _OUR_ID.fullmatch(message_id.strip().lower())
        if found is None:
            return None
        payload, number, day, recipient, mac = found.groups()
        if not any(hmac.compare_digest(_mac(key, _ID_USE, payload, _MAC_CHARS), mac) for key in self._keys):
            return None
        audience: Literal["public", "internal"] = "public" if payload[1] == "p" else "internal"
        return SignedId(int(number, 36), audience, recipient, _day(day), payload[0] == "r")

    def was_sent_to(self, signed: SignedId, address: str) -> bool:
        """Whether the mail with this id was sent to this very address."""
        return any(hmac.compare_digest(_digest(key, _TO_USE, address), signed.recipient) for key in self._keys)

    def button(self, address: str, ticket: int, verb: str, now: datetime) -> str:
        """A token of 22 characters that lets one address press one button on one ticket."""
        moment = _moment_chars(now)
        return moment + _mac(self._keys[0], _BUTTON_USE, _button_text(address, ticket, verb, moment), _BUTTON_CHARS)

    def button_holds(self, token: str, address: str, ticket: int, verb: str, now: datetime, days: int = 30) -> bool:
        """Whether a pressed button is genuine, meant for this address, ticket and verb, and at most `days` old."""
        made = self.button_made(token, address, ticket, verb)
        return made is not None and now - timedelta(days=days) <= made <= now + _CLOCKS_DIFFER

    def button_made(self, token: str, address: str, ticket: int, verb: str) -> datetime | None:
        """When a genuine button for this address, ticket and verb was made, however old it is; None for any other."""
        token = token.lower()
        if len(token) != _MOMENT_CHARS + _BUTTON_CHARS or any(c not in _ALPHABET for c in token):
            return None
        moment, mac = token[:_MOMENT_CHARS], token[_MOMENT_CHARS:]
        text = _button_text(address, ticket, verb, moment)
        genuine = any(hmac.compare_digest(_mac(key, _BUTTON_USE, text, _BUTTON_CHARS), mac) for key in self._keys)
        return _FIRST + timedelta(seconds=_number(moment)) if genuine else None


def _button_text(address: str, ticket: int, verb: str, moment: str) -> str:
    return "\0".join((address.lower(), str(ticket), verb.lower(), moment))


def _mac(key: bytes, use: bytes, text: str, chars: int) -> str:
    raw = hmac.digest(key, use + text.encode(), sha256)
    return b32encode(raw).decode().lower()[:chars]


def _digest(key: bytes, use: bytes, address: str) -> str:
    return _mac(key, use, address.lower(), _TO_CHARS)


def _day_chars(now: datetime) -> str:
    number = (now.astimezone(UTC).date() - _EPOCH).days
    return "".join(_ALPHABET[number >> shift & 31] for shift in (10, 5, 0))


def _day(chars: str) -> date:
    return _EPOCH + timedelta(days=_number(chars))


def _moment_chars(now: datetime) -> str:
    number = int((now - _FIRST).total_seconds())
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_MOMENT_CHARS - 1), -1, -5))


def _number(chars: str) -> int:
    number = 0
    for c in chars:
        number = number << 5 | _ALPHABET.index(c)
    return number


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _BASE36[digit] + digits
    return digits or "0"
