"""The bytes of one mail: its fields, its two bodies, its attachments (RFC 2045–2049, 2183, 3834)."""

from base64 import b64encode
from collections.abc import Sequence
from email.generator import BytesGenerator
from email.message import Message
from hashlib import sha256
from io import BytesIO

from maild.model import Attachment
from maild.outbound.headers import WIRE, check_wire, file_name, file_parameter
from maild.outbound.inline import Picture

# Pictures that every mail program shows and none executes; SVG runs scripts, so it travels as opaque bytes.
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff", "image/heic"})
_LINE = 998
# Control characters that no body may hold; tab and newline stay. They are never part of a longer UTF-8 sequence.
_CONTROL = bytes(set(range(32)) - {9, 10}) + b"\x7f"
# A line of base64 has at most 76 characters, which are 57 bytes (RFC 2045 §6.8).
_BASE64_LINE = 76
_BASE64_BYTES = 57
# Whole lines, or padding would end up in the middle.
_PIECE = _BASE64_BYTES * 4096


def encoded_size(size: int) -> int:
    """How many bytes an attachment of `size` bytes takes on the wire, its part header included."""
    return -(-size // _BASE64_BYTES) * 78 + 400


def build(
    fields: Sequence[tuple[str, str]],
    text: str,
    html: str,
    files: Sequence[tuple[Attachment, bytes]],
    seed: str,
    shown: Sequence[Picture] = (),
) -> bytes:
    """The mail as it goes over the wire, CRLF line ends. `seed` (the Message-ID) makes the boundaries, so nobody can
    foretell them. `shown`: the files that the HTML shows as pictures; they go with the bodies (RFC 2387), the others
    behind them.

    Raises HeaderError if the serialised head is not exactly the fields asked for.
    """
    mark = sha256(seed.encode()).hexdigest()[:24]
    kind, pieces = _multipart("alternative", f"=_a{mark}", [_body(text, "plain"), _body(html, "html")])
    inside = {each.file: each.cid for each in shown}
    if inside:
        bodies = [f"Content-Type: {kind}\r\n\r\n".encode(), *pieces]
        seen = [_attachment(*files[at], cid) for at, cid in inside.items()]
        kind, pieces = _multipart("related", f"=_r{mark}", [bodies, *seen], '; type="multipart/alternative"')
    others = [_attachment(*one) for at, one in enumerate(files) if at not in inside]
    if others:
        bodies = [f"Content-Type: {kind}\r\n\r\n".encode(), *pieces]
        kind, pieces = _multipart("mixed", f"=_m{mark}", [bodies, *others])
    mail = Message(policy=WIRE)
    for name, value in (*fields, ("MIME-Version", "1.0"), ("Content-Type", kind)):
        mail[name] = value
    mail.set_payload("")
    # The generator writes the head. It would split and write the parts line by line, which takes longer than all
    # the rest together, and copy each attachment several times: so they follow as they stand.
    out = BytesIO()
    BytesGenerator(out, policy=WIRE).flatten(mail)
    check_wire(out.getvalue(), mail)
    return b"".join([out.getvalue(), *pieces])


def _multipart(kind: str, boundary: str, parts: list[list[bytes]], more: str = "") -> tuple[str, list[bytes]]:
    """Content-Type and content of a multipart (RFC 2046 §5.1), each part and the whole in pieces to be joined."""
    mark = f"--{boundary}\r\n".encode()
    pieces: list[bytes] = []
    for part in parts:
        pieces += [mark, *part, b"\r\n"]
    return f'multipart/{kind}; boundary="{boundary}"{more}', [*pieces, f"--{boundary}--\r\n".encode()]


def _body(text: str, kind: str) -> list[bytes]:
    """One body in UTF-8: as it stands when it is ASCII with short lines, else in base64 (RFC 2045 §2.7, §6)."""
    raw = text.encode("utf-8", "replace").translate(None, _CONTROL).replace(b"\n", b"\r\n")
    plain = raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= _LINE
    head = (
        f"Content-Type: text/{kind}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {'7bit' if plain else 'base64'}\r\n\r\n"
    )
    return [head.encode(), *([raw] if plain else _base64(raw))]


def _attachment(item: Attachment, content: bytes, cid: str = "") -> list[bytes]:
    """An attachment as opaque bytes; a picture keeps its type, so that clients show it. `cid`: the name by which the
    HTML shows it in its place."""
    kind = item.content_type.lower() if item.content_type.lower() in _PICTURES else "application/octet-stream"
    name = file_parameter(file_name(item.filename, item.index, kind))
    head = (
        f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
        + (f"Content-ID: <{cid}>\r\nContent-Disposition: inline" if cid else "Content-Disposition: attachment")
        + f";\r\n {name}\r\n\r\n"
    )
    return [head.encode("ascii"), *_base64(content)]


def _base64(raw: bytes) -> list[bytes]:
    """Base64 in lines, in pieces of some hundred kB: a list of all lines would take three times the attachment."""
    pieces: list[bytes] = []
    for start in range(0, len(raw), _PIECE):
        whole = b64encode(raw[start : start + _PIECE])
        pieces.append(b"\r\n".join([whole[at : at + _BASE64_LINE] for at in range(0, len(whole), _BASE64_LINE)]))
        pieces.append(b"\r\n")
    return pieces
