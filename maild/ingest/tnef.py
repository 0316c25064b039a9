"""winmail.dat: the names, texts and files inside (MS-OXTNEF), bounded and forgiving."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from maild.ingest.charset import decode
from maild.ingest.clean import clean_text
from maild.ingest.html import html_text
from maild.ingest.rtf import html_of, read_rtf, unpack

SIGNATURE = 0x223E9F78
_MAGIC = struct.pack("<I", SIGNATURE)
FILES = 200
PROPERTIES = 2_000
DEPTH = 4

_ATT_RENDER, _ATT_DATA, _ATT_TITLE, _ATT_PROPS = 0x9002, 0x800F, 0x8010, 0x9005
_MSG_PROPS, _BODY, _OEM_CODEPAGE = 0x9003, 0x800C, 0x9007
_SUBJECT = 0x8004
_P_BODY, _P_HTML, _P_RTF, _P_SUBJECT, _P_INTERNET_CODEPAGE = 0x1000, 0x1013, 0x1009, 0x0037, 0x3FDE
_P_DATA, _P_SHORT, _P_LONG, _P_DISPLAY = 0x3701, 0x3704, 0x3707, 0x3001
_P_MIME, _P_CONTENT_ID = 0x370E, 0x3712
# Size in bytes of the fixed MAPI types.
_FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8}
_FIXED |= {0x0040: 8, 0x0048: 16, 0x0001: 4}
_STRING8, _UNICODE, _OBJECT, _BINARY = 0x001E, 0x001F, 0x000D, 0x0102


@dataclass(frozen=True, slots=True)
class TnefFile:
    """One file inside; the long name wins over the 8.3 one."""

    name: str
    data: bytes
    content_type: str = ""
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Tnef:
    """What is inside a winmail.dat; `text`, `html` and `rtf` (unpacked) are empty when it brings none. `messages` are
    the (subject, text) of attached messages."""

    files: tuple[TnefFile, ...]
    text: str
    html: str
    rtf: bytes = b""
    subject: str = ""
    messages: tuple[tuple[str, str], ...] = ()

    def plain(self) -> str:
        """The text in whatever form it stands."""
        if self.text.strip():
            return self.text
        text, is_source = read_rtf(self.rtf) if not self.html.strip() else (self.html, True)
        return html_text(clean_text(html_of(text))).text if is_source else html_of(text)


class _Attached:
    def __init__(self) -> None:
        self.title = self.short = self.long = self.display = self.content_type = self.content_id = ""
        self.data: bytes | None = None

    def file(self) -> TnefFile | None:
        name = self.long or self.title or self.short or self.display
        if not name and self.data is None:
            return None
        return TnefFile(name, self.data or b"", self.content_type, self.content_id.strip("<>"))


def is_tnef(content_type: str, name: str | None, data: bytes) -> bool:
    """Whether a part is a winmail.dat, by its type, its name or its first bytes."""
    return (
        content_type in ("application/ms-tnef", "application/vnd.ms-tnef")
        or (name or "").lower() == "winmail.dat"
        or (data[:4] == _MAGIC and content_type.startswith("application/"))
    )


def open_tnef(data: bytes, depth: int = 0) -> Tnef | None:
    """Open a TNEF stream; None when it is none. A broken one gives what stood before the break."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != SIGNATURE:
        return None
    codepage = "windows-1252"
    text = html = subject = ""
    rtf = b""
    attached: list[_Attached] = []
    for attribute, payload in _attributes(data):
        if attribute == _OEM_CODEPAGE and len(payload) >= 4:
            codepage = f"cp{struct.unpack_from('<I', payload)[0]}"
        elif attribute == _ATT_RENDER:
            if len(attached) >= FILES:
                break
            attached.append(_Attached())
        elif attribute == _BODY:
            text = text or _text(payload, codepage)
        elif attribute == _SUBJECT:
            subject = subject or _text(payload, codepage)
        elif attribute == _MSG_PROPS:
            found = {tag: (kind, value) for tag, kind, value in _properties(payload)}
            if _P_BODY in found:
                text = text or _string(found[_P_BODY][1], found[_P_BODY][0], codepage)
            if _P_SUBJECT in found:
                subject = subject or _string(found[_P_SUBJECT][1], found[_P_SUBJECT][0], codepage)
            if _P_HTML in found:
                html = html or decode(found[_P_HTML][1], _codepage(found, codepage))
            if _P_RTF in found:
                rtf = rtf or unpack(found[_P_RTF][1])
        elif attached:
            _attachment_attribute(attached[-1], attribute, payload, codepage)
    files = [file for file in (one.file() for one in attached) if file is not None]
    messages: list[tuple[str, str]] = []
    for file in list(files):
        below = open_tnef(file.data, depth + 1) if depth < DEPTH and file.data[:4] == _MAGIC else None
        if below is not None:
            files += below.files
            messages += [(below.subject or file.name, below.plain()), *below.messages]
    return Tnef(tuple(files[:FILES]), text, html, rtf, subject, tuple(messages[:FILES]))


def _codepage(found: dict[int, tuple[int, bytes]], codepage: str) -> str:
    """The code page of the HTML: the internet one, which differs from that of the names."""
    kind, value = found.get(_P_INTERNET_CODEPAGE, (0, b""))
    number = struct.unpack_from("<I", value)[0] if len(value) >= 4 and kind == 0x0003 else 0
    return {0: codepage, 20127: "us-ascii", 28591: "iso-8859-1"}.get(number, f"cp{number}")


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(attribute id, payload): level byte, id, length, payload, checksum (not judged: many are wrong)."""
    at = 6
    while at + 9 <= len(data):
        level, attribute, _, length = struct.unpack_from("<BHHI", data, at)
        if level not in (1, 2):
            return
        at += 9
        yield attribute, data[at : at + length]
        at += length + 2


def _attachment_attribute(one: _Attached, attribute: int, payload: bytes, codepage: str) -> None:
    if attribute == _ATT_TITLE:
        one.title = _text(payload, codepage)
    elif attribute == _ATT_DATA:
        one.data = payload
    elif attribute == _ATT_PROPS:
        for tag, kind, value in _properties(payload):
            if tag == _P_LONG:
                one.long = _string(value, kind, codepage)
            elif tag == _P_SHORT:
                one.short = _string(value, kind, codepage)
            elif tag == _P_DISPLAY:
                one.display = _string(value, kind, codepage)
            elif tag == _P_MIME:
                one.content_type = _string(value, kind, codepage)
            elif tag == _P_CONTENT_ID:
                one.content_id = _string(value, kind, codepage)
            elif tag == _P_DATA and one.data is None:
                # An object begins with the 16 bytes of its interface id.
                one.data = value[16:] if kind == _OBJECT else value


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(property id, type, value) of a MAPI property list; multi-valued ones give their first value."""
    if len(data) < 4:
        return
    count, at = min(struct.unpack_from("<I", data)[0], PROPERTIES), 4
    for _ in range(count):
        if at + 4 > len(data):
            return
        kind, tag = struct.unpack_from("<HH", data, at)
        at += 4
        if tag >= 0x8000:
            at = _skip_name(data, at)
        many, base = bool(kind & 0x1000), kind & 0x0FFF
        values = 1
        if many or base in (_STRING8, _UNICODE, _OBJECT, _BINARY):
            if at + 4 > len(data):
                return
            values, at = min(struct.unpack_from("<I", data, at)[0], PROPERTIES), at + 4
        first: bytes | None = None
        for _ in range(values):
            if base in _FIXED:
                size = padded = _FIXED[base]
            else:
                if at + 4 > len(data):
                    return
                size, at = struct.unpack_from("<I", data, at)[0], at + 4
                padded = size + (-size % 4)
            first = data[at : at + size] if first is None else first
            at += padded
            if at > len(data) + 3:
                return
        if first is not None:
            yield tag, base, first


def _skip_name(data: bytes, at: int) -> int:
    """Behind the GUID and the number or name of a named property."""
    if at + 24 > len(data):
        return len(data)
    kind, number = struct.unpack_from("<II", data, at + 16)
    return at + 24 if kind == 0 else at + 24 + number + (-number % 4)


def _text(payload: bytes, codepage: str) -> str:
    return decode(payload.split(b"\0", 1)[0], codepage)


def _string(value: bytes, kind: int, codepage: str) -> str:
    if kind == _UNICODE:
        return value.decode("utf-16-le", "replace").partition("\0")[0]
    return _text(value, codepage)
