"""Structure of a mail by mail-parser (the only user of that library): a tree of parts with their raw bytes.

mail-parser decodes every part when it is built, and that is where it loses text and raises (THREATS §2.2,
PRODUCT §2.2). So its eager pass is left out: what is taken from it is the guarded building of the message, its
`message`, and its typed error for mails nested too deeply. Headers, parameters and charsets are read here from bytes.
"""

import email.message
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.generator import BytesGenerator
from email.policy import compat32

import mailparser  # type: ignore[import-untyped]  # the library ships no types

from maild.ingest.charset import lenient_base64, raw_header
from maild.ingest.fields import Fields, split_fields
from maild.ingest.params import Value, parse_value

DEPTH = 100
# RFC 3464, and RFC 6533 for internationalised addresses.
DELIVERY_STATUS = ("message/delivery-status", "message/global-delivery-status")

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
        if self.inner is not None:
            return _message_bytes(self)
        if self.children:
            return b"\n\n".join(child.header_bytes() + b"\n\n" + child.data() for child in self.children)
        payload = self.node.get_payload(decode=True)
        return payload if isinstance(payload, bytes) else b""

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
        if name == "content-type" and flat[:10].lower() == b"multipart/":
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
    return value.head.encode("ascii", "replace") + b'; boundary="' + wanted + b'"'


def _node_fields(node: email.message.Message) -> Fields:
    """The fields of a nested part, as bytes again (the parser keeps them with surrogate escapes)."""
    items = tuple(
        (name.lower().strip(), str(value).encode("utf-8", "surrogateescape")) for name, value in node.raw_items()
    )
    return Fields(items, 0)


def _part(node: email.message.Message, fields: Fields, depth: int, default: str = "text/plain") -> Part:
    kind = parse_value(fields.first("content-type") or b"")
    head = kind.head
    if head.count("/") != 1 or head.startswith("/") or head.endswith("/"):
        head = {"text": "text/plain", "html": "text/html"}.get(head, default)
    encoding = raw_header(fields.first("content-transfer-encoding") or b"").lower().strip("\"'; ")
    raw_id = raw_header(fields.first("content-id") or b"").strip().strip("<>")
    payload = node.get_payload() if node.is_multipart() else None
    below = [child for child in payload or () if isinstance(child, email.message.Message)] if payload else []
    children: tuple[Part, ...] = ()
    inner: Part | None = None
    if below and depth < DEPTH:
        if node.get_content_type() == "message/rfc822" or head in ("message/rfc822", "message/global", "message/news"):
            inner = _inner(below[0], encoding, depth + 1)
        else:
            inner_default = "message/rfc822" if head == "multipart/digest" else "text/plain"
            children = tuple(_part(child, _node_fields(child), depth + 1, inner_default) for child in below)
    return Part(
        content_type=head,
        type_params=kind,
        disposition=parse_value(fields.first("content-disposition") or b""),
        transfer_encoding=encoding,
        content_id=raw_id[:250] or None,
        fields=fields,
        node=node,
        children=children,
        inner=inner,
    )


def _inner(node: email.message.Message, encoding: str, depth: int) -> Part:
    """The mail inside an attached message; one in base64 or quoted-printable (forbidden, and sent) is opened."""
    if encoding in ("base64", "quoted-printable") and not node.keys():
        text = node.get_payload()
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else b""
        if encoding == "base64":
            data = lenient_base64(data)
            fields = split_fields(data)
            if fields.items:
                again = _Structure.from_bytes(_mime_head(data, fields) + data[fields.body_at :])
                return _part(again.message, fields, depth)
    return _part(node, _node_fields(node), depth)


def _message_bytes(part: Part) -> bytes:
    """An attached message written out again; the generator keeps its bytes but for the line ends of its header."""
    if part.inner is None:
        return b""
    sink = io.BytesIO()
    BytesGenerator(sink, mangle_from_=False, maxheaderlen=0, policy=compat32).flatten(part.inner.node)
    return sink.getvalue()
