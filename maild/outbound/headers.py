"""Header fields of the mails that we write: cleaned, encoded and folded here, so that nobody else's bytes can add one.

Python 3.11.7 decodes encoded words again when it folds under its modern policies, and lets a newline out of them
(CVE-2024-6923, THREATS §2.4). So every value is cleaned to one line first, untrusted text that is not plain ASCII or
holds `=?` is always encoded by us (RFC 2047 §5), and the policy below folds at blanks and refuses anything else.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from email._policybase import Compat32
from email.message import Message
from typing import Any
from urllib.parse import quote

from maild.model import Address

# RFC 2047 §2: an encoded word has at most 75 characters; 45 bytes make 60 of base64, and `=?utf-8?b?` and `?=` make 12.
_WORD_BYTES = 45
# RFC 5322 §2.1.1: lines should have at most 78 characters.
_FOLD = 76
# RFC 5321 §4.5.3.1.6: a line has at most 998 characters, and the field's name and a blank stand before an id.
_ID_CHARS = 900
# Forty ids tell any client where a mail belongs, and keep the field under 40 kB whatever the others wrote.
_REFERENCES = 40

# Line breaks of every kind become a blank; what is invisible or reorders text (bidi), NUL, DEL and surrogates go.
_BREAKS = re.compile("[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]"
)
_SPACES = re.compile(" {2,}")

# What real Message-IDs are made of: printable ASCII but blanks, angle brackets, quotes, backslash, round brackets.
_MESSAGE_ID = re.compile(r"<[!#-'*-;=?-\[\]-~]{1,900}>")
# The unquoted addr-spec of RFC 5322 §3.4.1, ASCII: the only kind that we write into a field.
_ADDR_SPEC = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_ATOMS = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
_EXTENSION_BYTES = 20


class HeaderError(ValueError):
    """A field that would not stand on the wire as intended; nothing is sent then."""


class WirePolicy(Compat32):
    """The email package's compat32 policy with folding of our own: at blanks only, and never decoding anything.

    compat32's own folding builds a Header object for each field (15 µs each); ours costs a look at the length.
    """

    def fold(self, name: str, value: Any) -> str:
        return _fold(name, str(value)) + self.linesep

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")


WIRE = WirePolicy(linesep="\r\n", mangle_from_=False)


def one_line(text: str, limit: int = 998) -> str:
    """Any text as one clean line of at most `limit` characters."""
    if not (text.isascii() and text.isprintable()):
        text = _UNSEEN.sub("", _BREAKS.sub(" ", text))
    return _SPACES.sub(" ", text).strip()[:limit].rstrip()


def encoded(text: str) -> str:
    """Untrusted text as the value of an unstructured field: plain while it is harmless ASCII, then in encoded words.

    So `Re: [IT-12]` stands in the open for the rules of gateways and clients, whatever follows it.
    """
    text = one_line(text)
    if text.isascii() and "=?" not in text:
        return text
    words = text.split(" ")
    plain = 0
    while words[plain].isascii() and "=?" not in words[plain]:
        plain += 1
    return " ".join([*words[:plain], *_encoded_words(" ".join(words[plain:]))])


def _encoded_words(text: str) -> Iterable[str]:
    return (f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in _chunks(text))


def mailbox(address: str, name: str) -> str:
    """`name <address>` (RFC 5322 §3.4), the name quoted or in encoded words; the address must be clean already."""
    name = one_line(name, 120)
    if not name or name == address:
        return address
    if not name.isascii() or "=?" in name:
        # Nothing of it stays in the open: a comma or a colon would begin another address (RFC 2047 §5).
        return f"{' '.join(_encoded_words(name))} <{address}>"
    if _ATOMS.fullmatch(name):
        return f"{name} <{address}>"
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + f'" <{address}>'


def recipient(to: Address) -> str:
    """The To field for one person. An address that cannot be written is not: the relay will refuse it, and say so."""
    if not is_address(to.address):
        return "undisclosed-recipients:;"
    return mailbox(to.address, to.name)


def is_address(address: str) -> bool:
    """Whether this is a plain ASCII addr-spec of at most 254 characters, which is all that we write into fields."""
    return len(address) <= 254 and "=?" not in address and _ADDR_SPEC.fullmatch(address) is not None


def message_ids(ids: Iterable[str]) -> list[str]:
    """The ids that may be repeated, each once, in order; a hostile or broken one is left out."""
    kept: dict[str, None] = {}
    for one in ids:
        if len(one) <= _ID_CHARS and "=?" not in one and _MESSAGE_ID.fullmatch(one):
            kept.setdefault(one)
    return list(kept)


def references(older: Iterable[str], reference: str, answers: str) -> str:
    """The References field: the conversation, our second signed id, and last the mail that is answered.

    The parent stands last because clients hang a mail on the last id that they know (RFC 5322 §3.6.4). When there are
    too many, the first (the root of the thread) and the newest stay.
    """
    chain = [one for one in message_ids(older) if one != answers]
    if len(chain) > _REFERENCES:
        chain = [chain[0], *chain[1 - _REFERENCES :]]
    return " ".join([*chain, *message_ids((reference, answers))])


def file_name(name: str | None, index: int, content_type: str) -> str:
    """A file name for showing and for sending: one line, no path, no leading dot, at most 180 bytes with its ending."""
    kind = content_type.partition("/")[2] if content_type.startswith("image/") else ""
    clean = one_line(name or "").replace("/", "_").replace("\\", "_").replace("\x00", "").lstrip(". ")
    if not clean:
        return f"attachment-{index + 1}" + (f".{kind}" if kind.isalnum() else "")
    if len(clean.encode()) <= 180:
        return clean
    stem, dot, extension = clean.rpartition(".")
    if not dot or len(extension.encode()) > _EXTENSION_BYTES:
        stem, dot, extension = clean, "", ""
    room = 180 - len((dot + extension).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + extension


def file_parameter(name: str) -> str:
    """`filename=…` of a Content-Disposition field, by RFC 2231 when it is not plain ASCII."""
    if name.isascii() and "=?" not in name:
        return 'filename="' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "filename*=utf-8''" + quote(name, safe="")


def check_wire(raw: bytes, intended: Message) -> None:
    """Raises HeaderError unless the serialised head holds exactly the fields that were set, in their order."""
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    wanted = [name.encode("ascii") for name in intended.keys()]  # noqa: SIM118 - a Message iterates over its keys only so
    if names != wanted or b"\r" in head.replace(b"\r\n", b"") or b"\n" in head.replace(b"\r\n", b""):
        raise HeaderError(f"the mail would carry the fields {names!r} instead of {wanted!r}; it was not written")


def _fold(name: str, value: str) -> str:
    if "\n" in value or "\r" in value or "\0" in value or not value.isascii():
        raise HeaderError(f"the field {name} holds a line break or a character that is not ASCII: {value[:80]!r}")
    if len(name) + 2 + len(value) <= _FOLD:
        return f"{name}: {value}"
    lines = [f"{name}:"]
    for word in value.split(" "):
        if len(lines[-1]) + 1 + len(word) > _FOLD and lines[-1] != f"{name}:":
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines)


def _chunks(text: str) -> Iterable[bytes]:
    """The text in UTF-8, in pieces of whole characters (RFC 2047 §5 forbids to split one over two words)."""
    piece = b""
    for char in text:
        raw = char.encode("utf-8", "replace")
        if len(piece) + len(raw) > _WORD_BYTES:
            yield piece
            piece = b""
        piece += raw
    if piece:
        yield piece
