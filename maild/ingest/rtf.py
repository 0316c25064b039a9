"""Rich text to plain text: RTF as Outlook writes it, HTML wrapped in RTF (MS-OXRTFEX), and its packing (MS-OXRTFCP)."""

import re
import struct

from maild.ingest.charset import strictly
from maild.ingest.charset_labels import codec_for

# RTF that is looked at, and what one may unpack to: a packed byte gives at most eight.
CHARACTERS = 4_000_000
DEPTH = 200

_PACKED, _PLAIN = 0x75465A4C, 0x414C454D
_PREFILL = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.S
)
# Groups that hold no text of the mail.
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet info pict object listtable listoverridetable rsidtbl generator themedata "
    b"colorschememapping latentstyles datastore xmlnstbl header footer headerl headerr footerl footerr fldinst "
    b"filetbl revtbl mhtmltag background bkmkstart bkmkend pntext listtext".split()
)
_SPOKEN = {
    b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n", b"tab": "\t", b"cell": "\t",
    b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"bullet": "•", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_SYMBOLS = {b"~": "\u00a0", b"_": "-", b"-": "", b"\n": "\n", b"\r": "\n", b"{": "{", b"}": "}", b"\\": "\\"}
_FONT_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250",
}  # fmt: skip


def unpack(data: bytes) -> bytes:
    """The RTF in a PR_RTF_COMPRESSED value (`LZFu` or `MELA`); empty when it is none. A broken one gives its start."""
    if len(data) < 16:
        return b""
    _, size, kind, _ = struct.unpack_from("<IIII", data)
    if kind == _PLAIN:
        return data[16 : 16 + min(size, CHARACTERS)]
    return _unpacked(data, min(size, CHARACTERS)) if kind == _PACKED else b""


def _unpacked(data: bytes, size: int) -> bytes:
    window = bytearray(4096)
    window[: len(_PREFILL)] = _PREFILL
    write, at, end = len(_PREFILL), 16, len(data)
    out = bytearray()
    while at < end and len(out) < size:
        control = data[at]
        at += 1
        for bit in range(8):
            if at >= end or len(out) >= size:
                break
            if not control >> bit & 1:
                piece = data[at : at + 1]
                at += 1
            else:
                if at + 2 > end:
                    return bytes(out)
                reference = data[at] << 8 | data[at + 1]
                at += 2
                offset, length = reference >> 4, (reference & 15) + 2
                if offset == write:
                    return bytes(out)
                # Byte by byte: a reference may reach into what it writes itself.
                for step in range(length):
                    byte = window[(offset + step) & 4095]
                    window[write] = byte
                    write = (write + 1) & 4095
                    out.append(byte)
                continue
            window[write] = piece[0]
            write = (write + 1) & 4095
            out += piece
    return bytes(out[:size])


class _Reader:
    """The state of one reading; a group's is pushed at `{` and comes back at `}`."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.pending = bytearray()
        self.stack: list[tuple[bool, int, str, bool]] = []
        self.skip = False
        self.unicode_skip = 1
        self.left = 0
        self.codec = self.default = "cp1252"
        self.fonts: dict[int, str] = {}
        self.font = 0
        self.in_fonts = False
        self.html = False
        self.htmlrtf = False

    def flush(self) -> None:
        if self.pending:
            data = bytes(self.pending)
            text = strictly(data, self.codec)
            self.out.append(text if text is not None else data.decode(self.codec, "replace"))
            self.pending.clear()

    def text(self, text: str) -> None:
        self.flush()
        if not self.skip and not self.htmlrtf:
            self.out.append(text)

    def raw(self, data: bytes) -> None:
        if self.left:
            cut = min(self.left, len(data))
            self.left -= cut
            data = data[cut:]
        if data and not self.skip and not self.htmlrtf:
            self.pending += data


def read_rtf(data: bytes) -> tuple[str, bool]:
    """(text, whether it is HTML source that the RTF wrapped). Linear; for any bytes."""
    reader = _Reader()
    starred = False
    for match in _TOKEN.finditer(data[:CHARACTERS]):
        word, number, hexed, symbol, brace, plain = match.groups()
        if brace == b"{":
            reader.flush()
            if len(reader.stack) < DEPTH * 50:
                reader.stack.append((reader.skip, reader.unicode_skip, reader.codec, reader.in_fonts))
        elif brace:
            reader.flush()
            if reader.stack:
                reader.skip, reader.unicode_skip, reader.codec, reader.in_fonts = reader.stack.pop()
        elif word:
            _control(reader, word, int(number) if number else None, starred)
        elif hexed:
            reader.raw(bytes((int(hexed, 16),)))
        elif symbol == b"*":
            starred = True
            continue
        elif symbol:
            reader.text(_SYMBOLS.get(symbol, ""))
        elif plain:
            reader.raw(plain)
        starred = False
    reader.flush()
    return "".join(reader.out), reader.html


def _control(reader: _Reader, word: bytes, number: int | None, starred: bool) -> None:
    if word == b"u" and number is not None:
        reader.text(chr(number & 0xFFFF))
        reader.left = reader.unicode_skip
        return
    reader.flush()
    if word == b"uc":
        reader.unicode_skip = min(max(number or 0, 0), 8)
    elif word == b"ansicpg":
        reader.codec = reader.default = codec_for(f"cp{number}") or "cp1252"
    elif word == b"fonttbl":
        reader.skip = reader.in_fonts = True
    elif word in (b"f", b"deff"):
        reader.font = number or 0
        if not reader.in_fonts:
            reader.codec = reader.fonts.get(reader.font, reader.default)
    elif word == b"fcharset" and reader.in_fonts:
        if number and number in _FONT_CHARSETS and len(reader.fonts) < 1000:
            reader.fonts[reader.font] = _FONT_CHARSETS[number]
    elif word == b"plain":
        reader.codec = reader.default
    elif word == b"fromhtml":
        reader.html = bool(number is None or number)
    elif word == b"htmlrtf":
        reader.htmlrtf = number != 0
    elif word == b"htmltag" and starred and reader.html:
        # The tag itself is what is wanted.
        return
    elif word in _SKIPPED or (starred and word not in (b"htmltag",)):
        reader.skip = True
    elif word in _SPOKEN:
        reader.text(_SPOKEN[word])


def html_of(text: str) -> str:
    """Two surrogates that RTF wrote as two numbers are one character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
