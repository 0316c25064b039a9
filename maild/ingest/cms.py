"""What is inside application/pkcs7-mime (RFC 5652, 8551): the mail that an opaque signature wraps. No signature is
judged here (THREATS A72); the structure of BER is walked, bounded, with a loop."""

from typing import Literal

SIGNED, ENVELOPED, AUTHENTICATED, COMPRESSED = (
    bytes.fromhex(code)
    for code in ("2a864886f70d010702", "2a864886f70d010703", "2a864886f70d0109100117", "2a864886f70d0109100109")
)
_DATA = bytes.fromhex("2a864886f70d010701")
_OID, _OCTETS, _OCTETS_BUILT, _SEQUENCE, _CONTENT = 0x06, 0x04, 0x24, 0x30, 0xA0
_PIECES = 200_000

Kind = Literal["signed", "enveloped", "other", "none"]


def kind_of(data: bytes) -> Kind:
    """What a CMS structure says it is; none when the bytes are no such structure."""
    head = _header(data, 0)
    if head is None or head[0] != _SEQUENCE:
        return "none"
    oid = _value(data, head[1], _OID)
    if oid is None:
        return "none"
    return "signed" if oid == SIGNED else "enveloped" if oid in (ENVELOPED, AUTHENTICATED) else "other"


def signed_content(data: bytes) -> bytes | None:
    """The bytes that an opaque signature wraps: a MIME entity. None when there is none or it is broken."""
    at = data.find(b"\x06\x09" + _DATA)
    if at < 0:
        return None
    at += 2 + len(_DATA)
    explicit = _header(data, at)
    if explicit is None or explicit[0] != _CONTENT:
        return None
    inner = _header(data, explicit[1])
    if inner is None:
        return None
    tag, start, length = inner
    if tag == _OCTETS and length is not None:
        return data[start : start + length]
    if tag == _OCTETS_BUILT:
        return _pieces(data, start, start + length if length is not None else None)
    return None


def _pieces(data: bytes, at: int, end: int | None) -> bytes:
    """Octet strings in a row up to the end of contents, the way in which streams are signed."""
    out: list[bytes] = []
    for _ in range(_PIECES):
        if end is not None and at >= end:
            break
        head = _header(data, at)
        if head is None or head[0] != _OCTETS or head[2] is None:
            break
        out.append(data[head[1] : head[1] + head[2]])
        at = head[1] + head[2]
    return b"".join(out)


def _header(data: bytes, at: int) -> tuple[int, int, int | None] | None:
    """(tag, offset of the contents, their length or None for the indefinite form) of the element at an offset."""
    if at + 2 > len(data):
        return None
    tag, length = data[at], data[at + 1]
    at += 2
    if length == 0x80:
        return tag, at, None
    if length & 0x80:
        octets = length & 0x7F
        if octets > 4 or at + octets > len(data):
            return None
        length, at = int.from_bytes(data[at : at + octets], "big"), at + octets
    return tag, at, length


def _value(data: bytes, at: int, tag: int) -> bytes | None:
    head = _header(data, at)
    if head is None or head[0] != tag or head[2] is None:
        return None
    return data[head[1] : head[1] + head[2]]
