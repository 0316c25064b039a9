"""Content-Transfer-Encoding undone (RFC 2045 §6), for what mailers and gateways really write; linear, never raises."""

import base64
import binascii
import re

_NAME = re.compile(r"[a-z0-9_-]+")
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BLANKS = b" \t\r\n\x0b\x0c"
_JUNK = re.compile(rb"[^A-Za-z0-9+/]+")
_PADDING = re.compile(rb"=+")
_SOFT_BREAK = re.compile(rb"=[ \t]{1,100}(?=\r?\n)")
_UU_BEGIN = re.compile(rb"begin [0-7]{3,4} ([^\r\n]{1,200})")


def encoding_of(value: str) -> str:
    """base64, quoted-printable, uuencode, or an empty string for what leaves bytes as they are; `value` in lower case,
    with whatever comments, quotes and semicolons mailers put there."""
    match = _NAME.search(value.partition("(")[0] or value.partition(")")[2])
    name = match.group() if match else ""
    if name.startswith(("base64", "base-64", "b64", "x-base64")):
        return "base64"
    if name.startswith(("quoted", "x-quoted", "qp")):
        return "quoted-printable"
    if name.startswith(("uu", "x-uu")):
        return "uuencode"
    return ""


def decode_transfer(data: bytes, encoding: str, text: bool = False) -> bytes:
    """The bytes behind an encoding as encoding_of() names it. `text` keeps what a list or a gateway wrote in plain
    words behind base64, which would else be noise."""
    if encoding == "base64":
        return _base64_body(data, text)
    if encoding == "quoted-printable":
        if b"= " in data or b"=\t" in data:
            data = _SOFT_BREAK.sub(b"=", data)
        return binascii.a2b_qp(data)
    if encoding == "uuencode":
        found = uudecode(data.split(b"\n"))
        return data if found is None else found[1]
    return data


def _base64_body(data: bytes, text: bool) -> bytes:
    junk = data.translate(None, _ALPHABET + b"=" + _BLANKS)
    if not junk and _is_base64(data[:200]):
        return lenient_base64(data)
    lines = data.splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), b"")
    if not _is_base64(first) and not _is_base64(first.translate(None, b"!*\0")):
        # It only says so.
        return data
    at = next((n for n, line in enumerate(lines) if _is_prose(line)), len(lines))
    found = lenient_base64(b"".join(lines[:at]))
    rest = b"".join(lines[at:]).strip() if text else b""
    return found + (b"\r\n" + rest if rest else b"")


def _is_base64(piece: bytes) -> bool:
    """Whether a line can be base64: no foreign characters, and no blanks that part it into words."""
    words = piece.replace(b"\n", b" ").replace(b"\r", b" ").split()
    if piece.translate(None, _ALPHABET + b"=" + _BLANKS):
        return False
    return len(words) < 2 or sum(len(word) % 4 == 0 for word in words) * 2 >= len(words)


def _is_prose(line: bytes) -> bool:
    """A line of words or a rule between lines of base64: where a footer begins."""
    bare = line.strip()
    if not bare:
        return False
    foreign = len(bare.translate(None, _ALPHABET + b"="))
    return bare[:2] in (b"--", b"__", b"**") or (foreign > 0 and b" " in bare) or foreign * 2 > len(bare)


def lenient_base64(data: bytes) -> bytes:
    """Base64 with whatever padding and blanks; pieces that were padded one by one are decoded one by one."""
    at = data.find(b"=")
    if at < 0 or not data[at:].strip(b"= \t\r\n"):
        return _piece(data if at < 0 else data[:at])
    return b"".join(_piece(piece) for piece in _PADDING.split(data) if piece)


def _piece(piece: bytes) -> bytes:
    bare = piece.translate(None, _BLANKS)
    if bare.translate(None, _ALPHABET):
        bare = _JUNK.sub(b"", bare)
    if len(bare) % 4 == 1:
        bare = bare[:-1]
    return base64.b64decode(bare + b"=" * (-len(bare) % 4))


def uudecode(lines: list[bytes], at: int = 0) -> tuple[bytes, bytes, int] | None:
    """(raw file name, bytes, number of the line behind `end`) of the uuencoded file whose `begin` line is the first
    from lines[at] on; None when no whole file stands there."""
    start = next((n for n in range(at, len(lines)) if _UU_BEGIN.fullmatch(lines[n].rstrip())), None)
    if start is None:
        return None
    name = _UU_BEGIN.fullmatch(lines[start].rstrip())
    out: list[bytes] = []
    for number in range(start + 1, len(lines)):
        line = lines[number].rstrip(b"\r\n")
        if line.strip() == b"end":
            return (name[1].strip() if name else b"", b"".join(out), number + 1) if out or number > start + 1 else None
        if line.strip() in (b"", b"`"):
            continue
        piece = _uu_line(line)
        if piece is None:
            return None
        out.append(piece)
    return None


def _uu_line(line: bytes) -> bytes | None:
    """One line; its first character gives its length, and mailers may have cut or added blanks."""
    length = (line[0] - 32) & 63
    needed = (length * 4 + 2) // 3
    if not 32 <= line[0] <= 96 or abs(len(line) - 1 - (length + 2) // 3 * 4) > 2 + needed // 4:
        return None
    try:
        # Some fill the last group with what was in their memory: no more characters than the length needs.
        return binascii.a2b_uu(line[: 1 + needed].ljust(1 + needed))
    except binascii.Error:
        return None
