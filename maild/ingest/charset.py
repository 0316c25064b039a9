"""Bytes to text: maild's own ladder (PRODUCT §2.2). Nothing is dropped silently: a byte that fits nowhere is U+FFFD.

A declared charset counts when it decodes strictly, under the superset that its label stands for in practice; valid
multi-byte UTF-8 beats a label that it was not written for; then strict UTF-8, detection, windows-1252. Codecs come
from the table below alone: no label of a mail reaches Python's codec registry (punycode, idna, UTF-7 and
unicode_escape are slow or dangerous there: THREATS §2.1).
"""

import base64
import binascii
import re
from functools import lru_cache

import chardet

# The codec for detection's sake sees this much of the lines that hold 8-bit bytes; chardet reads 200,000 at most.
_DETECT_BYTES = 16_384

_SINGLE = {
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251 win-1251 win1251",
    "cp1252": "windows-1252 cp1252 x-cp1252 ansi iso-8859-1 iso8859-1 iso88591 iso_8859-1 latin1 latin-1 l1 "
    "iso-8859-1-windows-3.1-latin-1 iso-8859-1:1987 iso_8859-1:1987 iso8859_1 iso-latin-1 ibm819 cp819 8859_1 western",
    "cp1253": "windows-1253 cp1253",
    "cp1254": "windows-1254 cp1254 iso-8859-9 iso8859-9 iso_8859-9 latin5",
    "cp1255": "windows-1255 cp1255 iso-8859-8 iso-8859-8-i iso-8859-8-e iso8859-8 logical visual",
    "cp1256": "windows-1256 cp1256",
    "cp1257": "windows-1257 cp1257",
    "cp1258": "windows-1258 cp1258",
    "cp874": "windows-874 cp874 tis-620 tis620 iso-8859-11 iso8859-11",
    "iso8859_2": "iso-8859-2 iso8859-2 iso_8859-2 latin2 latin-2",
    "iso8859_3": "iso-8859-3 iso8859-3 latin3",
    "iso8859_4": "iso-8859-4 iso8859-4 latin4",
    "iso8859_5": "iso-8859-5 iso8859-5 cyrillic",
    "iso8859_6": "iso-8859-6 iso8859-6 iso-8859-6-i arabic",
    "iso8859_7": "iso-8859-7 iso8859-7 greek",
    "iso8859_10": "iso-8859-10 iso8859-10 latin6",
    "iso8859_13": "iso-8859-13 iso8859-13",
    "iso8859_14": "iso-8859-14 iso8859-14",
    "iso8859_15": "iso-8859-15 iso8859-15 iso_8859-15 latin9 latin-9 iso885915",
    "iso8859_16": "iso-8859-16 iso8859-16",
    "koi8_r": "koi8-r koi8r koi8 koi",
    "koi8_u": "koi8-u koi8u koi8-ru",
    "cp437": "cp437 ibm437 437",
    "cp850": "cp850 ibm850 850",
    "cp852": "cp852 ibm852",
    "cp855": "cp855 ibm855",
    "cp858": "cp858 ibm858",
    "cp862": "cp862 ibm862",
    "cp866": "cp866 ibm866 866 dos-866",
    "mac_roman": "macintosh mac-roman macroman x-mac-roman mac",
    "mac_cyrillic": "x-mac-cyrillic mac-cyrillic",
    "hp_roman8": "hp-roman8 roman8",
    "kz1048": "kz-1048 ptcp154 cp154",
}
_MULTI = {
    "utf_8": "utf-8 utf8 unicode-1-1-utf-8 utf_8 x-utf-8 utf-8-mac cp65001 utf8mb4 unicode utf-8n",
    "gb18030": "gb18030 gbk cp936 x-gbk ms936 gb2312 gb_2312-80 gb_2312 gb2312-80 euc-cn euc_cn euccn x-euc-cn "
    "csgb2312 chinese csiso58gb231280 iso-ir-58 936 windows-936 gb-2312 gb-18030 gb",
    "cp950": "big5 big-5 big5-eten cn-big5 x-x-big5 csbig5 cp950 windows-950 950 big5-hkscs big5hkscs big5hk",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j cp932 csshiftjis ms932 mskanji shiftjis "
    "x-shift-jis windows-932",
    "euc_jp": "euc-jp eucjp x-euc-jp ujis euc_jp cp51932 eucjp-ms extended_unix_code_packed_format_for_japanese",
    "cp949": "euc-kr euckr ks_c_5601-1987 ks_c_5601 ks_c_5601-1989 ksc5601 ksc_5601 ks-c-5601-1987 korean cp949 "
    "uhc windows-949 cseuckr iso-ir-149",
    "johab": "johab cp1361",
}
# 7-bit charsets that switch by escape sequences.
_STATEFUL = {
    "iso2022_jp": "iso-2022-jp iso2022-jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3 iso-2022-jp-2004 csiso2022jp jis "
    "iso-2022-jp-ms cp50220 cp50221 cp50222 iso2022jp",
    "iso2022_kr": "iso-2022-kr iso2022-kr csiso2022kr",
    "hz": "hz hz-gb-2312 hzgb",
}
_WIDE = {
    "utf_16": "utf-16 utf16 ucs-2 iso-10646-ucs-2",
    "utf_16_le": "utf-16le utf-16-le utf16le",
    "utf_16_be": "utf-16be utf-16-be utf16be",
    "utf_32": "utf-32 utf32 ucs-4",
    "utf_32_le": "utf-32le utf-32-le",
    "utf_32_be": "utf-32be utf-32-be",
}


def _by_label() -> dict[str, str]:
    table: dict[str, str] = {}
    for group in (_SINGLE, _MULTI, _STATEFUL, _WIDE):
        for codec, labels in group.items():
            table.update(dict.fromkeys(labels.split(), codec))
    return table


_CODECS = _by_label()
# What a strict decoding by the first codec refuses, these may still know.
_SECOND = {"cp950": "big5hkscs", "cp932": "shift_jis_2004", "euc_jp": "euc_jis_2004", "koi8_r": "koi8_u"}
_JIS_ESCAPE = re.compile(rb"\x1b(\$[@AB]|\$\([@ABCDOQ]|\([BJIH]|\.[AF])")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_HIGH_LINE = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*[\r\n]*")
_LABEL_JUNK = re.compile(r"[\s\"'`;,\\<>()]+")


@lru_cache(maxsize=512)
def codec_for(label: str) -> str | None:
    """The codec that a charset label means in practice, by the allow-list; None for none, unknown and refused."""
    cleaned = _LABEL_JUNK.sub("", label[:80]).lower()
    for wrapper in ("charset=", "=?", "x-unknown"):
        cleaned = cleaned.removeprefix(wrapper)
    return _CODECS.get(cleaned) or _CODECS.get(cleaned.replace("_", "-"))


def decode(data: bytes, label: str | None = None, hint: str | None = None) -> str:
    """Text from bytes by the ladder. `label` is the declared charset; `hint` another one of the same mail, used
    before detection. Never raises; the result may hold control characters (clean.py takes them)."""
    return decode_named(data, label, hint)[0]


def decode_named(data: bytes, label: str | None = None, hint: str | None = None) -> tuple[str, str]:
    """As decode(), with the codec that won."""
    codec = codec_for(label) if label else None
    if codec in _WIDE:
        wide = _strict(data, str(codec))
        if wide is not None and _plausible_wide(wide):
            return wide, str(codec)
        codec = None
    if b"\x1b" in data and _JIS_ESCAPE.search(data):
        text = _iso2022_jp(data) if codec != "iso2022_kr" else _strict(data, "iso2022_kr")
        if text is not None:
            return text, "iso2022_jp"
    if codec in _STATEFUL and codec != "iso2022_jp":
        text = _strict(data, str(codec))
        if text is not None:
            return text, str(codec)
    if data.isascii():
        return data.decode("ascii"), "ascii"
    return _decode_high(data, None if codec in _STATEFUL else codec, codec_for(hint) if hint else None)


def _decode_high(data: bytes, codec: str | None, hint: str | None) -> tuple[str, str]:
    utf8 = _strict(data, "utf_8")
    if utf8 is not None and (codec is None or codec in _SINGLE or codec == "utf_8" or _surely_utf8(utf8)):
        return utf8, "utf_8"
    for candidate in (codec, hint if hint in _MULTI else None):
        if candidate is None or candidate in _STATEFUL or candidate in _WIDE:
            continue
        for name in (candidate, _SECOND.get(candidate)):
            text = _strict(data, name) if name else None
            if text is not None and not _c1(text):
                return text, str(name)
    if utf8 is not None:
        return utf8, "utf_8"
    # A long text in one charset with a few bytes broken (cut off, or a foreign footer) is still that text.
    for candidate in dict.fromkeys((codec, "utf_8")):
        if candidate is not None and candidate in _MULTI:
            text = data.decode(candidate, "replace")
            if text.count("\ufffd") * 10 <= sum(not character.isascii() for character in text[:100_000]):
                return text, candidate
    if codec in _SINGLE:
        return data.decode(str(codec), "replace"), str(codec)
    found = _detect(data) if not _short_chinese(data) else "gb18030"
    if hint in _SINGLE and found not in _MULTI:
        # The mail's other parts are in a single-byte charset, and nothing speaks for a wider one.
        found = hint
    if found is not None:
        text = _strict(data, found)
        if text is not None:
            return text, found
    return data.decode("cp1252", "replace"), "cp1252"


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeDecodeError, ValueError):
        return None


def _c1(text: str) -> bool:
    """Whether a decoding landed in C1 controls: a sign of a wrong single-byte label."""
    return any("\x80" <= character <= "\x9f" for character in text[:4096])


def _surely_utf8(text: str) -> bool:
    """Whether valid UTF-8 is no accident under a multi-byte label: three or more characters of three bytes."""
    return sum(character > "\u07ff" for character in text[:4096]) >= 3


def _short_chinese(data: bytes) -> bool:
    """Whether a few bytes (a name, a file name) are pairs of the commonest Chinese characters (GB 2312, first level):
    too little for detection, which takes them for Cyrillic."""
    runs = _HIGH_RUN.findall(data)
    high = b"".join(runs)
    if not 4 <= len(high) <= 16 or any(len(run) % 2 for run in runs):
        return False
    return all(0xB0 <= high[at] <= 0xD7 and high[at + 1] >= 0xA1 for at in range(0, len(high), 2))


def _plausible_wide(text: str) -> bool:
    head = text[:2000]
    return bool(head) and sum(c.isascii() or c.isalnum() for c in head) * 2 >= len(head)


def _detect(data: bytes) -> str | None:
    """The codec that chardet names for the lines with 8-bit bytes, if the allow-list knows it."""
    lines = b"".join(_HIGH_LINE.findall(data[: 20 * _DETECT_BYTES])) or data
    found = chardet.detect(lines[:_DETECT_BYTES], encoding_era=chardet.EncodingEra.MODERN_WEB)["encoding"]
    return codec_for(found) if found else None


def _iso2022_jp(data: bytes) -> str:
    """ISO-2022-JP with the NEC row 13 (`№`) and half-width kana, which Python's codec refuses (RFC 1468, cp50221)."""
    out: list[str] = []
    mode, position = b"(B", 0
    for match in _JIS_ESCAPE.finditer(data):
        out.append(_jis_run(data[position : match.start()], mode))
        mode, position = match.group(1), match.end()
    out.append(_jis_run(data[position:], mode))
    return "".join(out)


def _jis_run(run: bytes, mode: bytes) -> str:
    if not run:
        return ""
    if mode in (b"(B", b"(J", b"(H"):
        return run.decode("ascii") if run.isascii() else _decode_high(run, None, "cp932")[0]
    if mode == b"(I":
        return bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in run).decode("cp932", "replace")
    if mode in (b"$A", b"$(A"):
        return _two_byte(run, "gb18030")
    if mode == b"$(C":
        return _two_byte(run, "cp949")
    if mode == b"$(D":
        prefixed = b"".join(b"\x8f" + run[at : at + 2] for at in range(0, len(run), 2))
        return bytes(b | 0x80 if b > 0x20 else b for b in prefixed).decode("euc_jp", "replace")
    return "".join(_jis_line(line) for line in re.split(rb"([\r\n\t ]+)", run))


def _two_byte(run: bytes, codec: str) -> str:
    return bytes(byte | 0x80 if byte > 0x20 else byte for byte in run).decode(codec, "replace")


def _jis_line(run: bytes) -> str:
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


# --- encoded words (RFC 2047) -------------------------------------------------------------------------------------

_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?]{0,40})?\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,20})\?=")
_BASE64_JUNK = re.compile(rb"[^A-Za-z0-9+/]+")


def decode_words(text: str, hint: str | None = None) -> str:
    """Encoded words of a header value (already text) decoded; adjacent words of one charset are joined as bytes
    first, since mailers split characters over two of them. Linear in the length of the text."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending: list[bytes] = []
    pending_label, end = "", 0

    def flush() -> None:
        if pending:
            out.append(decode(b"".join(pending), pending_label, hint))
            pending.clear()

    for match in _WORD.finditer(text):
        gap = text[end : match.start()]
        label, kind, payload = match.group(1).lower(), match.group(2).lower(), match.group(3)
        raw = _word_bytes(payload, kind)
        # White space between two encoded words is not shown (RFC 2047 §6.2).
        if not (end and gap.strip() == ""):
            flush()
            out.append(gap)
        elif pending and label != pending_label:
            flush()
        pending_label = label
        pending.append(raw)
        end = match.end()
    flush()
    out.append(text[end:])
    return "".join(out)


def _word_bytes(payload: str, kind: str) -> bytes:
    data = payload.encode("utf-8", "surrogateescape")
    if kind == "b":
        return lenient_base64(data)
    return binascii.a2b_qp(data.replace(b"\r", b"").replace(b"\n", b""), header=True)


def lenient_base64(data: bytes) -> bytes:
    """Base64 with whatever padding and blanks; pieces that were padded one by one are decoded one by one."""
    pieces = [piece for piece in re.split(rb"=+", data) if piece.strip()]
    return b"".join(_base64_piece(_BASE64_JUNK.sub(b"", piece)) for piece in pieces)


def _base64_piece(piece: bytes) -> bytes:
    if len(piece) % 4 == 1:
        piece = piece[:-1]
    return base64.b64decode(piece + b"=" * (-len(piece) % 4))


def header_text(raw: bytes, hint: str | None = None) -> str:
    """A raw header value as text: unfolded, 8-bit bytes and encoded words decoded (not yet cleaned)."""
    return decode_words(raw_header(raw, hint), hint)


def raw_header(raw: bytes, hint: str | None = None) -> str:
    """A raw header value as text, unfolded, 8-bit bytes decoded, encoded words left as they are."""
    flat = raw
    if b"\n" in raw or b"\r" in raw:
        flat = raw.replace(b"\r\n", b"").replace(b"\n", b"").replace(b"\r", b" ")
    if flat.isascii() and b"\x1b" not in flat:
        return flat.decode("ascii").strip(" \t")
    return decode(flat, None, hint).strip(" \t")
