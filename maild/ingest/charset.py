"""Bytes to text: maild's own ladder (PRODUCT §2.2). Nothing is dropped silently: a byte that fits nowhere is U+FFFD.

A declared charset counts when it decodes strictly, under the superset that its label stands for in practice, unless the
result speaks against it; valid multi-byte UTF-8 beats a label that it was not written for; then strict UTF-8, then
detection, then windows-1252.
"""

import codecs
import re

import chardet

from maild.ingest import iso2022
from maild.ingest.charset_labels import MULTI, SINGLE, STATEFUL, WIDE, codec_for

# The codec for detection's sake sees this much of the lines that hold 8-bit bytes; chardet reads 200,000 at most.
_DETECT_BYTES = 16_384
# How much of a text is looked at to tell whether a decoding is plausible.
_SAMPLE = 4_096

# What a strict decoding by the first codec refuses, these may still know.
_SECOND = {"cp950": "big5hkscs", "cp932": "shift_jis_2004", "euc_jp": "euc_jis_2004", "koi8_r": "koi8_u"}
# Labels that mailers write when they know nothing better; a text in another script under them is no accident.
_WESTERN = frozenset({"cp1252", "iso8859_15", "cp850", "mac_roman"})
# What is found under them: not Greek and its kin, which rows of umlauts look like.
_FAR = frozenset({*MULTI, "cp1251", "koi8_r", "koi8_u"})
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_CESU = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")


def _cp936(error: UnicodeError) -> tuple[str, int]:
    """What GB 18030 refuses: the euro sign of code page 936, else one replacement for one byte."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return ("€" if error.object[error.start] == 0x80 else "\ufffd", error.start + 1)


codecs.register_error("maild.cp936", _cp936)


def decode(data: bytes, label: str | None = None, hint: str | None = None) -> str:
    """Text from bytes by the ladder. `label` is the declared charset; `hint` another one of the same mail, used
    before detection. Never raises; the result may hold control characters (clean.py takes them)."""
    return decode_named(data, label, hint)[0]


def decode_named(data: bytes, label: str | None = None, hint: str | None = None) -> tuple[str, str]:
    """As decode(), with the codec that won."""
    codec = codec_for(label) if label else None
    if codec in WIDE or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        wide = _wide(data, codec or "utf_16")
        if wide is not None:
            return wide, codec or "utf_16"
        codec = None if codec in WIDE else codec
    if data.isascii():
        return _seven_bits(data, codec)
    if iso2022.is_jis(data) and codec != "iso2022_kr":
        return iso2022.japanese(data, _high_in_jis), "iso2022_jp"
    return _decode_high(data, None if codec in STATEFUL else codec, codec_for(hint) if hint else None)


def _seven_bits(data: bytes, codec: str | None) -> tuple[str, str]:
    if codec == "iso2022_kr" or (b"\x1b$)C" in data and b"\x0e" in data):
        return iso2022.korean(data), "iso2022_kr"
    if iso2022.is_cn(data):
        return iso2022.chinese(data), "iso2022_cn"
    if codec == "iso2022_jp":
        data = iso2022.with_escapes(data)
    if iso2022.is_jis(data):
        return iso2022.japanese(data, _high_in_jis), "iso2022_jp"
    if codec == "hz" or (b"~{" in data and codec in (None, "gb18030") and iso2022.is_hz(data)):
        return iso2022.hz(data), "hz"
    return data.decode("ascii"), "ascii"


def _high_in_jis(run: bytes) -> str:
    return _decode_high(run, None, "cp932")[0]


def _decode_high(data: bytes, codec: str | None, hint: str | None) -> tuple[str, str]:
    utf8 = strictly(data, "utf_8")
    if utf8 is not None and (codec is None or codec in SINGLE or codec == "utf_8" or _surely_utf8(utf8)):
        return utf8, "utf_8"
    for candidate in (codec, hint if hint in MULTI else None):
        if candidate is None or candidate in STATEFUL or candidate in WIDE:
            continue
        found = _under(data, candidate)
        if found is not None:
            return found
    if utf8 is not None:
        return utf8, "utf_8"
    # A text in one charset with a few bytes broken (cut off, or a foreign footer) is still that text.
    for candidate in dict.fromkeys((codec, "utf_8")):
        if candidate is not None and candidate in MULTI:
            mended = _mended(data, candidate, declared=candidate == codec)
            if mended is not None:
                return mended, candidate
    if codec in SINGLE and codec not in _WESTERN:
        return data.decode(str(codec), "replace"), str(codec)
    found_codec = _guess(data, hint)
    text = strictly(data, found_codec) if found_codec else None
    if text is not None and found_codec in WIDE and _sense(text) < len(text[:2000]):
        # A few NULs in a text of bytes look wide to a detector.
        text = None
    if text is not None:
        return text, str(found_codec)
    last = codec if codec in SINGLE else "cp1252"
    return data.decode(str(last), "replace"), str(last)


def _under(data: bytes, codec: str) -> tuple[str, str] | None:
    """The text under a declared charset if it decodes strictly and nothing speaks against it."""
    for name in (codec, _SECOND.get(codec)):
        text = strictly(data, name) if name else None
        if text is None or name is None or (codec in SINGLE and _c1(text)):
            continue
        if codec in _WESTERN and _is_foreign(data):
            found = _detect(data)
            other = strictly(data, found) if found else None
            if found in _FAR and other is not None and not _c1(other):
                return other, str(found)
        if codec == "gb18030" and _PRIVATE.search(text) and _is_big5(data):
            big5 = strictly(data, "cp950")
            if big5 is not None:
                return big5, "cp950"
        if codec in MULTI:
            text = _lines_in_utf8(data, text, name)
        return text, name
    return None


def _guess(data: bytes, hint: str | None) -> str | None:
    found = "gb18030" if _short_chinese(data) else _detect(data)
    if hint in SINGLE and found not in MULTI:
        # The mail's other parts are in a single-byte charset, and nothing speaks for a wider one.
        return hint
    return found


def strictly(data: bytes, codec: str) -> str | None:
    """The text if every byte fits, else None."""
    if codec == "iso2022_cn":
        text = iso2022.chinese(data)
        return text if "\ufffd" not in text else None
    try:
        return data.decode(codec)
    except (UnicodeDecodeError, ValueError):
        if codec == "gb18030" and b"\x80" in data:
            text = data.decode(codec, "maild.cp936")
            return text if "\ufffd" not in text else None
        if codec == "utf_8" and _CESU.search(data):
            try:
                # Java and Oracle write characters beyond the BMP as two surrogates (CESU-8).
                return data.decode("utf_8", "surrogatepass").encode("utf_16", "surrogatepass").decode("utf_16")
            except UnicodeError:
                return None
        return None


def _mended(data: bytes, codec: str, declared: bool) -> str | None:
    """The text with U+FFFD where bytes are broken, if it is that text by and large; lines wholly in another charset
    (what a gateway put below) are read on their own."""
    errors = "maild.cp936" if codec == "gb18030" else "replace"
    text = data.decode(codec, errors)
    sample = text[:100_000]
    broken, high = sample.count("\ufffd"), sum(not character.isascii() for character in sample)
    if codec == "utf_8":
        whole = sum(character > "\u07ff" and character != "\ufffd" for character in sample)
        fits = broken * 10 <= high or (whole >= 3 and whole >= broken)
    else:
        fits = broken * 10 <= high
    if declared and broken <= 1 and text.endswith("\ufffd") and high > 1:
        # Cut off inside its last character.
        fits = True
    if not fits:
        return None
    if broken > 1 and b"\n" in data:
        return _line_by_line(data, codec, errors)
    return text


def _line_by_line(data: bytes, codec: str, errors: str) -> str:
    """Lines that do not decode at all are guessed, together; the others are read as they are."""
    lines = data.split(b"\n")
    texts = [strictly(line, codec) for line in lines]
    bad = [n for n, text in enumerate(texts) if text is None]
    foreign = [n for n in bad if _broken_throughout(lines[n], codec)]
    guess = _detect(b"\n".join(lines[n] for n in foreign)) if foreign else None
    if foreign and _short_chinese(b"\n".join(lines[n] for n in foreign)):
        guess = "gb18030"
    guessed = set(foreign if guess else ())
    for number in bad:
        line = lines[number]
        other = strictly(line, "utf_8")
        if other is None and guess and number in guessed:
            other = strictly(line, guess)
        texts[number] = other if other is not None else line.decode(codec, errors)
    return "\n".join(text or "" for text in texts)


def _broken_throughout(line: bytes, codec: str) -> bool:
    text = line[:_SAMPLE].decode(codec, "replace")
    return text.count("\ufffd") * 2 >= sum(not character.isascii() for character in text)


def _lines_in_utf8(data: bytes, text: str, codec: str) -> str:
    """A text in a multi-byte charset whose lines are UTF-8 here and there: those lines are read as such."""
    if b"\n" not in data or codec == "utf_8":
        return text
    lines, found = data.split(b"\n"), False
    for number, line in enumerate(lines):
        if not line.isascii() and (other := strictly(line, "utf_8")) is not None and _surely_utf8(other):
            lines[number] = other.encode(codec, "replace") if codec == "gb18030" else line
            found = codec == "gb18030"
    return b"\n".join(lines).decode(codec, "replace") if found else text


def _c1(text: str) -> bool:
    """Whether a decoding landed in C1 controls: a sign of a wrong single-byte label."""
    return any("\x80" <= character <= "\x9f" for character in text[:_SAMPLE])


def _surely_utf8(text: str) -> bool:
    """Whether valid UTF-8 is no accident under a multi-byte label: three or more characters of three bytes."""
    return sum(character > "\u07ff" for character in text[:_SAMPLE]) >= 3


def _is_foreign(data: bytes) -> bool:
    """Whether bytes under a western label stand in long rows, as those of no western language do."""
    sample = data[: 4 * _SAMPLE]
    runs = [len(run) for run in _HIGH_RUN.findall(sample)]
    high = sum(runs)
    words = len(sample) - sum(sample.count(blank) for blank in (b" ", b"\r", b"\n", b"\t"))
    return high >= 8 and high * 4 >= words and sum(run for run in runs if run >= 4) * 2 > high


def _is_big5(data: bytes) -> bool:
    """Whether pairs of bytes are Big5 rather than GBK: nearly all of the frequent characters of the one, many outside
    the first level of the other."""
    pairs = [(run[at], run[at + 1]) for run in _big5_runs(data[: 4 * _SAMPLE]) for at in range(0, len(run) - 1, 2)]
    if len(pairs) < 4:
        return False
    frequent = sum(0xA1 <= lead <= 0xC6 for lead, _ in pairs)
    chinese = sum(trail >= 0xA1 and (0xB0 <= lead <= 0xD7 or lead in (0xA1, 0xA3)) for lead, trail in pairs)
    return frequent * 100 >= 95 * len(pairs) and chinese * 100 <= 60 * len(pairs)


def _big5_runs(data: bytes) -> list[bytes]:
    return re.findall(rb"(?:[\x81-\xfe][\x40-\x7e\xa1-\xfe])+", data)


def _short_chinese(data: bytes) -> bool:
    """Whether a few bytes (a name, a file name) are pairs of the commonest Chinese characters (GB 2312, first level):
    too little for detection, which takes them for Cyrillic. Six pairs within the rows of Hangul are Korean."""
    runs = _HIGH_RUN.findall(data[: 4 * _SAMPLE])
    high = b"".join(runs)
    if not 4 <= len(high) <= 16 or any(len(run) % 2 for run in runs):
        return False
    leads = high[::2]
    if len(leads) >= 6 and max(leads) <= 0xC8 and min(high[1::2]) >= 0xA1:
        return False
    return all(0xB0 <= high[at] <= 0xD7 and high[at + 1] >= 0xA1 for at in range(0, len(high), 2))


def _wide(data: bytes, codec: str) -> str | None:
    """UTF-16 and UTF-32; without a byte order mark in the order that makes more sense (RFC 2781 and Windows differ)."""
    if codec == "utf_16" and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        both = [strictly(data, name) for name in ("utf_16_le", "utf_16_be")]
        best = max((text for text in both if text is not None), key=_sense, default=None)
    else:
        best = strictly(data, codec)
        if best is None and codec == "utf_16" and len(data) % 2:
            best = strictly(data[:-1], codec)
    return best if best is not None and _plausible_wide(best) else None


def _sense(text: str) -> int:
    """How much of a text is ASCII, CJK punctuation or a common ideograph; ASCII tells most."""
    sample = text[:2000]
    return sum(3 if c.isascii() else "\u3000" <= c <= "\u30ff" or "\u4e00" <= c <= "\u9fff" for c in sample)


def _plausible_wide(text: str) -> bool:
    head = text[:2000]
    return bool(head) and sum(c.isascii() or c.isalnum() for c in head) * 2 >= len(head)


def _detect(data: bytes) -> str | None:
    """The codec that chardet names for the lines with 8-bit bytes, if the allow-list knows it."""
    # Split and filtered, for a pattern of lines that hold such a byte is quadratic on long lines without one.
    sample = data[: 20 * _DETECT_BYTES].replace(b"\r", b"\n").split(b"\n")
    lines = b"\n".join(line for line in sample if not line.isascii()) or data
    found = chardet.detect(lines[:_DETECT_BYTES], encoding_era=chardet.EncodingEra.MODERN_WEB)["encoding"]
    return codec_for(found) if found else None


def raw_header(raw: bytes, hint: str | None = None) -> str:
    """A raw header value as text, unfolded, 8-bit bytes decoded, encoded words left as they are."""
    flat = raw
    if b"\n" in raw or b"\r" in raw:
        flat = raw.replace(b"\r\n", b"").replace(b"\n", b"").replace(b"\r", b" ")
    if flat.isascii() and b"\x1b" not in flat:
        return flat.decode("ascii").strip(" \t")
    return decode(flat, None, hint).strip(" \t")
