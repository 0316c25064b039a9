"""Structure of a mail by mail-parser (the only user of that library): a tree of parts with their raw bytes.

mail-parser decodes every part when it is built, and that is where it loses text and raises (THREATS §2.2,
PRODUCT §2.2). So its eager pass is left out: what is taken from it is the guarded building of the message, its
`message`, and its typed error for mails nested too deeply. Headers, parameters and charsets are read here from bytes.
"""

import email.message
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import mailparser  # type: ignore[import-untyped]  # the library ships no types

from maild.ingest.charset import raw_header
from maild.ingest.cms import kind_of, signed_content
from maild.ingest.fields import Fields, split_fields
from maild.ingest.params import Value, parse_value
from maild.ingest.prescan import HEADER_COUNT, structure_over_limits
from maild.ingest.transfer import decode_transfer, encoding_of

DEPTH = 100
# RFC 3464, and RFC 6533 for internationalised addresses.
DELIVERY_STATUS = ("message/delivery-status", "message/global-delivery-status")
PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
# Attached messages as bytes that some mailers label otherwise, and how large one may be to be opened.
_OPENED_BYTES = 8 * 1024 * 1024
_ANY = ("application/octet-stream", "application/eml", "application/x-eml", "message/eml", "binary/octet-stream")

_MIME_FIELDS = ("content-type", "content-transfer-encoding", "content-disposition", "content-id", "content-location")
_BOUNDARY_LINE = re.compile(rb"^--([^\r\n]{1,200}?)(?:--)?[ \t]*\r?$", re.M)


class _Structure(mailparser.MailParser):  # type: ignore[misc]  # its base class has no types
    """mail-parser without its eager decoding of every header and part."""

    def parse(self) -> "_Structure":
        self._reset()
        return self


@dataclass(frozen=True, slots=True)
class Part:
    """One node of a mail. `children` of a container; `inner` is the mail inside a message/rfc822 part."""

    content_type: str
    type_params: Value
    disposition: Value
    transfer_encoding: str
    content_id: str | None
    fields: Fields
    node: email.message.Message
    children: tuple["Part", ...] = ()
    inner: "Part | None" = None
    # The bytes as decoded, where the tree below was read from them.
    opened: bytes | None = None

    @property
    def maintype(self) -> str:
        return self.content_type.partition("/")[0]

    @property
    def charset(self) -> str | None:
        """The declared charset as written."""
        return self.type_params.get("charset")

    @property
    def filename(self) -> str | None:
        """The decoded file name, if one is named: Content-Disposition first, then Content-Type."""
        return self.disposition.get("filename") or self.type_params.get("name") or self.disposition.get("name") or None

    def data(self) -> bytes:
        """The decoded bytes of a leaf, or of an attached message as it stood."""
        if self.opened is not None:
            return self.opened
        if self.inner is not None:
            return _message_bytes(self)
        if self.children:
            return b"\n\n".join(child.header_bytes() + b"\n\n" + child.data() for child in self.children)
        return decode_transfer(_payload(self.node), self.transfer_encoding, text=self.maintype in ("text", "multipart"))

    def header_bytes(self) -> bytes:
        """The header fields as lines: what the blocks of a delivery report are made of."""
        return b"\n".join(name.encode("ascii", "replace") + b":" + value for name, value in self.fields.items)

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, attached messages included, in order."""
        yield self
        for child in self.children:
            yield from child.walk()
        if self.inner is not None:
            yield from self.inner.walk()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed mail: its header fields as split by us, and the tree of its parts."""

    fields: Fields
    root: Part
    defects: tuple[str, ...] = field(default=())


def parse(raw: bytes) -> Parsed:
    """Raw mail to its tree. The bytes must have passed prescan.

    Raises mailparser.exceptions.MailParserRecursionError for absurd nesting, which prescan excludes.
    """
    fields = split_fields(raw)
    structure = _Structure.from_bytes(_mime_head(raw, fields) + raw[fields.body_at :])
    message = structure.message
    return Parsed(fields, _part(message, fields, 0), tuple(type(d).__name__ for d in message.defects))


def _mime_head(raw: bytes, fields: Fields) -> bytes:
    """The header that mail-parser gets: the MIME fields alone, unfolded, with a boundary that it cannot misread."""
    lines: list[bytes] = []
    for name in _MIME_FIELDS:
        value = fields.first(name)
        if value is None:
            continue
        flat = value.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"").strip()
        if name == "content-type" and flat[:9].lower() == b"multipart":
            flat = _multipart_type(raw, fields, flat)
        lines.append(name.encode("ascii") + b": " + flat + b"\n")
    return b"".join(lines) + b"\n"


def _multipart_type(raw: bytes, fields: Fields, flat: bytes) -> bytes:
    value = parse_value(flat)
    wanted = (value.get("boundary") or "").encode("utf-8", "replace")
    body = raw[fields.body_at :]
    if not wanted or b"--" + wanted not in body:
        # A boundary that is missing, or that was mangled on the way: the first line of its form that is closed.
        for match in _BOUNDARY_LINE.finditer(body[:200_000]):
            candidate = match.group(1).rstrip()
            if len(candidate) > 5 and b"--" + candidate + b"--" in body and b'"' not in candidate:
                wanted = candidate
                break
    if not wanted or b'"' in wanted or b"\\" in wanted:
        return flat
    return _type_of(value, "").encode("ascii", "replace") + b'; boundary="' + wanted + b'"'


def _node_fields(node: email.message.Message) -> Fields:
    """The fields of a nested part, as bytes again (the parser keeps them with surrogate escapes)."""
    items = tuple(
        (name.lower().strip(), str(value).encode("utf-8", "surrogateescape")) for name, value in node.raw_items()
    )
    return Fields(items, 0)


def _payload(node: email.message.Message) -> bytes:
    """The bytes of a leaf as they stand in the mail, its encoding left alone: undoing it is transfer.py's work."""
    name = "content-transfer-encoding"
    written = next((str(value) for key, value in node.raw_items() if key.lower() == name), None)
    if written is None:
        payload = node.get_payload(decode=True)
    else:
        node.replace_header(name, "8bit")
        payload = node.get_payload(decode=True)
        node.replace_header(name, written)
    return payload if isinstance(payload, bytes) else b""


def _part(node: email.message.Message, fields: Fields, depth: int, default: str = "text/plain") -> Part:
    kind = parse_value(fields.first("content-type") or b"")
    disposition = parse_value(fields.first("content-disposition") or b"")
    encoding = encoding_of(raw_header(fields.first("content-transfer-encoding") or b"").lower())
    raw_id = raw_header(fields.first("content-id") or b"").strip().strip("<>")
    part = Part(
        content_type=_type_of(kind, default),
        type_params=kind,
        disposition=disposition,
        transfer_encoding=encoding,
        content_id=raw_id[:250] or None,
        fields=fields,
        node=node,
    )
    if depth >= DEPTH:
        return part
    payload = node.get_payload() if node.is_multipart() else None
    below = [child for child in payload or () if isinstance(child, email.message.Message)] if payload else []
    if not below:
        return _opened(part, depth)
    if node.get_content_type() == "message/rfc822" or part.content_type in _MESSAGES:
        return _with_message(part, below[0], depth)
    inner_default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    children = [_part(child, _node_fields(child), depth + 1, inner_default) for child in below]
    return replace(part, children=tuple(children + _epilogue(part, depth)))


_MESSAGES = ("message/rfc822", "message/global", "message/news")


def _type_of(kind: Value, default: str) -> str:
    head = kind.head
    if head == "multipart" or (head.count("/") != 1 and head.startswith("multipart/")):
        return "multipart/mixed"
    if head.count("/") != 1 or head.startswith("/") or head.endswith("/"):
        return {"text": "text/plain", "html": "text/html"}.get(head, default)
    return head


def _opened(part: Part, depth: int) -> Part:
    """A leaf that holds a tree of its own: a container in an encoding, an opaque signature, an attached message that
    is labelled as mere bytes."""
    name = (part.filename or "").lower()
    if part.content_type.startswith("multipart/") and part.transfer_encoding:
        data = part.data()
        again = _again(b"Content-Type: " + (part.fields.first("content-type") or b"").strip() + b"\n\n" + data, depth)
        return replace(part, children=again.children) if again is not None and again.children else part
    if part.content_type in PKCS7 or name.endswith(".p7m"):
        data = part.data()
        content = signed_content(data) if kind_of(data) == "signed" else None
        again = _again(content, depth) if content else None
        return replace(part, children=(again,), opened=data) if again is not None else part
    if part.content_type in _ANY and name.endswith(".eml"):
        data = part.data()
        if len(data) <= _OPENED_BYTES and {"from", "subject"} & {key for key, _ in split_fields(data).items}:
            return replace(part, inner=_again(data, depth), opened=data)
    return part


def _again(data: bytes, depth: int) -> Part | None:
    """The tree of bytes that were found inside a mail; None when they are beyond the limits or nested too deeply."""
    if structure_over_limits(data):
        return None
    fields = split_fields(data)
    if len(fields.items) > HEADER_COUNT:
        return None
    structure = _Structure.from_bytes(_mime_head(data, fields) + data[fields.body_at :])
    return _part(structure.message, fields, depth + 1)


def _epilogue(part: Part, depth: int) -> list[Part]:
    """Parts behind the end of their container: an inner one that has the boundary of the outer one ended both."""
    boundary = (part.type_params.get("boundary") or "").encode("utf-8", "replace")
    epilogue = part.node.epilogue
    if not boundary or not isinstance(epilogue, str) or f"--{boundary.decode()}" not in epilogue:
        return []
    rest = epilogue.encode("utf-8", "surrogateescape")
    at = rest.find(b"--" + boundary)
    if at and rest[at - 1 : at] != b"\n":
        return []
    head = b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\n\n'
    again = _again(head + rest[at:], depth) if b'"' not in boundary else None
    return list(again.children) if again is not None else []


def _with_message(part: Part, node: email.message.Message, depth: int) -> Part:
    """A message/rfc822 part with the mail inside; one in base64 or quoted-printable (forbidden, and sent) is opened."""
    own = encoding_of(raw_header(_node_fields(node).first("content-transfer-encoding") or b"").lower())
    if part.transfer_encoding and not own and not node.is_multipart():
        # Its header may have been read where the encoding leaves letters as they are.
        data = decode_transfer(_flat(node) if node.keys() else _payload(node), part.transfer_encoding)
        inner = _again(data, depth) if split_fields(data).items else None
        if inner is not None:
            return replace(part, inner=inner, opened=data)
    return replace(part, inner=_part(node, _node_fields(node), depth + 1))


def _message_bytes(part: Part) -> bytes:
    """An attached message written out again."""
    return b"" if part.inner is None else _flat(part.inner.node)


def _flat(node: email.message.Message) -> bytes:
    """A message as bytes: as they stood, but for blanks before header values, and with line feeds alone. (The
    library's own generator raises on 8-bit bytes in a container without parts.)"""
    sink: list[str | bytes] = []
    _write(node, sink, 0)
    whole = b"".join(piece if isinstance(piece, bytes) else piece.encode("utf-8", "surrogateescape") for piece in sink)
    return whole.replace(b"\r\n", b"\n")


_END = "\n"


def _write(node: email.message.Message, sink: list[str | bytes], depth: int) -> None:
    for name, value in node.raw_items():
        sink += [f"{name}: {value}", _END]
    sink.append(_END)
    payload = node.get_payload() if node.is_multipart() else None
    if not isinstance(payload, list) or depth > DEPTH:
        sink.append(_payload(node))
        return
    boundary = node.get_boundary() if node.get_content_maintype() == "multipart" else None
    if node.preamble is not None and boundary is not None:
        sink += [node.preamble, _END]
    for number, child in enumerate(child for child in payload if isinstance(child, email.message.Message)):
        if boundary is not None:
            sink += [*([_END] if number else []), f"--{boundary}", _END]
        _write(child, sink, depth + 1)
    if boundary is not None:
        sink += [_END, f"--{boundary}--"]
        if node.epilogue is not None:
            sink += [_END, node.epilogue]
