"""Charsets of seven bits that switch by escape sequences: ISO-2022-JP, -KR, -CN (RFC 1468, 1557, 1922), HZ (1843)."""

import re
from collections.abc import Callable

_JIS_ESCAPE = re.compile(rb"\x1b(\$[@AB]|\$\([@ABCDOQ]|\([BJIH]|\.[AF])")
_BREAK = re.compile(rb"([\r\n]+)")
_SHIFT = re.compile(rb"([\x0e\x0f])")
_BLANKS = re.compile(rb"([\t ]+)")
_CN_DESIGNATOR = re.compile(rb"\x1b\$[)*+][AEGHIJKLM]")
_HZ = re.compile(rb"~\{((?:[\x21-\x77][\x21-\x7e]){1,500})~\}")
# Escapes that a gateway took away: what they enclosed can still be told.
_LOST = re.compile(rb"\$[@B]((?:[\x21-\x7e]{2}){1,500}?)\([BJ]")

HighBytes = Callable[[bytes], str]


def is_jis(data: bytes) -> bool:
    """Whether escape sequences of ISO-2022-JP stand in the bytes."""
    return b"\x1b" in data and _JIS_ESCAPE.search(data) is not None


def is_cn(data: bytes) -> bool:
    """Whether a designation of ISO-2022-CN and a shift stand in the bytes."""
    return b"\x0e" in data and b"\x1b$" in data and _CN_DESIGNATOR.search(data) is not None


def is_hz(data: bytes) -> bool:
    """Whether seven-bit bytes are HZ: every `~{` is closed on its line, with pairs of GB 2312 between."""
    opened = data.count(b"~{")
    return opened > 0 and opened == data.count(b"~}") and len(_HZ.findall(data)) == opened


def hz(data: bytes) -> str:
    """HZ, whose tilde escapes are the only ones; a broken pair becomes U+FFFD."""
    plain = data.replace(b"~\r\n", b"").replace(b"~\n", b"")
    pieces: list[str] = []
    at = 0
    for match in _HZ.finditer(plain):
        pieces.append(plain[at : match.start()].decode("ascii", "replace").replace("~~", "~"))
        pieces.append(_raised(match[1], "gb18030"))
        at = match.end()
    return "".join(pieces) + plain[at:].decode("ascii", "replace").replace("~~", "~")


def korean(data: bytes) -> str:
    """ISO-2022-KR: what stands between SO and SI is KS X 1001, also where the designation is missing."""
    return _shifted(data.replace(b"\x1b$)C", b""), "cp949")


def chinese(data: bytes) -> str:
    """ISO-2022-CN with GB 2312; characters of other sets become U+FFFD."""
    out: list[str] = []
    gb, at = True, 0
    for match in _CN_DESIGNATOR.finditer(data):
        out.append(_shifted(data[at : match.start()], "gb18030" if gb else "ascii"))
        gb, at = match.group().endswith((b"A", b"E")), match.end()
    return "".join(out) + _shifted(data[at:], "gb18030" if gb else "ascii")


def _shifted(data: bytes, codec: str) -> str:
    """Runs between SO and SI as two-byte characters; the line's end shifts back."""
    out: list[str] = []
    wide = False
    for piece in re.split(rb"([\x0e\x0f]|[\r\n]+)", data):
        if piece == b"\x0e":
            wide = True
        elif piece == b"\x0f":
            wide = False
        elif piece[:1] in (b"\r", b"\n"):
            wide = False
            out.append(piece.decode("ascii"))
        else:
            out.append(_raised(piece, codec) if wide else piece.decode("ascii", "replace"))
    return "".join(out)


def _raised(run: bytes, codec: str) -> str:
    return bytes(byte | 0x80 if byte > 0x20 else byte for byte in run).decode(codec, "replace")


def with_escapes(data: bytes) -> bytes:
    """Text labelled ISO-2022-JP that lost its escape characters on the way gets them back, where all can be told."""
    if b"\x1b" in data or b"$" not in data:
        return data
    begun = data.count(b"$B") + data.count(b"$@")
    if not 0 < begun <= 200 or len(_LOST.findall(data)) != begun:
        return data
    return _LOST.sub(lambda match: b"\x1b$B" + match[1] + b"\x1b(B", data)


def japanese(data: bytes, high: HighBytes) -> str:
    """ISO-2022-JP with the NEC row 13 (`№`) and half-width kana, which Python's codec refuses (cp50220 to cp50222).

    A line's end switches back to ASCII (RFC 1468). `high` decodes runs of 8-bit bytes that stand there all the same.
    """
    out: list[str] = []
    mode, position = b"(B", 0
    for match in _JIS_ESCAPE.finditer(data):
        out.append(_run(data[position : match.start()], mode, high))
        mode, position = match.group(1), match.end()
    out.append(_run(data[position:], mode, high))
    return "".join(out)


def _run(run: bytes, mode: bytes, high: HighBytes) -> str:
    pieces = _BREAK.split(run, maxsplit=1)
    if len(pieces) == 3:
        return _line(pieces[0], mode, high) + pieces[1].decode("ascii") + _line(pieces[2], b"(B", high)
    return _line(run, mode, high)


def _line(run: bytes, mode: bytes, high: HighBytes) -> str:
    if not run:
        return ""
    if mode in (b"(B", b"(J", b"(H"):
        if b"\x0e" in run:
            return _half_width(run)
        return run.decode("ascii") if run.isascii() else high(run)
    if mode == b"(I":
        return _kana(run)
    if mode in (b"$A", b"$(A"):
        return _raised(run, "gb18030")
    if mode == b"$(C":
        return _raised(run, "cp949")
    if mode == b"$(D":
        prefixed = b"".join(b"\x8f" + run[at : at + 2] for at in range(0, len(run), 2))
        return bytes(b | 0x80 if b > 0x20 else b for b in prefixed).decode("euc_jp", "replace")
    return "".join(_shift_jis(piece) for piece in _BLANKS.split(run))


def _half_width(run: bytes) -> str:
    """Kana between SO and SI (cp50222)."""
    out: list[str] = []
    shifted = False
    for piece in _SHIFT.split(run):
        if piece in (b"\x0e", b"\x0f"):
            shifted = piece == b"\x0e"
        else:
            out.append(_kana(piece) if shifted else piece.decode("ascii", "replace"))
    return "".join(out)


def _kana(run: bytes) -> str:
    return bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in run).decode("cp932", "replace")


def _shift_jis(run: bytes) -> str:
    """Two-byte JIS X 0208 as Shift_JIS, since cp932 has the vendor rows that the ISO-2022-JP codec lacks."""
    if not run.strip():
        return run.decode("ascii", "replace")
    shifted = bytearray()
    for high, low in zip(run[::2], run[1::2], strict=False):
        if not (0x21 <= high <= 0x7E and 0x21 <= low <= 0x7E):
            shifted += b"?"
            continue
        lead = ((high - 0x21) >> 1) + (0x81 if high < 0x5F else 0xC1)
        trail = low + (0x1F if low < 0x60 else 0x20) if high % 2 else low + 0x7E
        shifted += bytes((lead, trail))
    return shifted.decode("cp932", "replace")
