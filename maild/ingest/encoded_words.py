"""Encoded words of header values (RFC 2047), as mailers write them and gateways leave them."""

import re

from maild.ingest.charset import decode, raw_header, strictly
from maild.ingest.charset_labels import STATEFUL, WIDE, codec_for
from maild.ingest.transfer import lenient_base64

_HEAD = r"=\?[ \t]{0,3}\"?([^?\s*\"]{0,40})\"?(?:\*[^?]{0,40})?[ \t]{0,3}\?([bBqQ])\?"
_WORD = re.compile(_HEAD + r"([^?]*(?:\?(?!=)[^?]*){0,20})\?=")
# A word whose end was cut off with the value.
_CUT_OFF = re.compile(_HEAD + r"([^?]{2,400})\??")
_ESCAPED = re.compile(rb"=([0-9A-Fa-f]{2})")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}")


def decode_words(text: str, hint: str | None = None) -> str:
    """Encoded words of a header value (already text) decoded; a character that is split over adjacent words of one
    charset is put together. Linear in the length of the text."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending: list[bytes] = []
    pending_label, end = "", 0

    def flush() -> None:
        if pending:
            out.append(_joined(pending, pending_label, hint))
            pending.clear()

    for match in _WORD.finditer(text):
        gap = text[end : match.start()]
        label, kind, payload = match.group(1).lower(), match.group(2).lower(), match.group(3)
        # White space between two encoded words is not shown (RFC 2047 §6.2).
        if not (end and gap.strip() == ""):
            flush()
            out.append(gap)
        elif pending and label != pending_label and codec_for(label) != codec_for(pending_label):
            flush()
        pending_label = label
        pending.append(_word_bytes(payload, kind))
        end = match.end()
    flush()
    out.append(_tail(text[end:], hint))
    return "".join(out)


def _joined(words: list[bytes], label: str, hint: str | None) -> str:
    """Words that are each whole are decoded alone: one that was cut would else shift those behind it."""
    codec = codec_for(label)
    if len(words) > 1 and codec is not None and codec not in STATEFUL and codec not in WIDE:
        texts = [strictly(word, codec) for word in words]
        if all(text is not None for text in texts):
            return "".join(decode(word, label, hint) for word in words)
    return decode(b"".join(words), label or None, hint)


def _tail(text: str, hint: str | None) -> str:
    """What stands behind the last word: one more, if the value was cut off inside it."""
    at = text.rfind("=?")
    match = _CUT_OFF.fullmatch(text, at) if at >= 0 else None
    codec = codec_for(match[1]) if match else None
    if match is None or codec is None:
        return text
    kind = match[2].lower()
    plain = _BASE64.fullmatch(match[3]) if kind == "b" else _ESCAPED.search(match[3].encode("utf-8", "replace"))
    data = _word_bytes(match[3], kind)
    # The cut may have gone through a character.
    if plain is None or all(strictly(data[: len(data) - cut], codec) is None for cut in range(min(3, len(data)))):
        return text
    return text[:at] + decode(data, match[1], hint)


def _word_bytes(payload: str, kind: str) -> bytes:
    data = payload.encode("utf-8", "surrogateescape").replace(b"\r", b"").replace(b"\n", b"")
    if kind == "b":
        if b"+" not in data and b"/" not in data:
            data = data.replace(b"-", b"+").replace(b"_", b"/")
        return lenient_base64(data)
    return _ESCAPED.sub(lambda match: bytes((int(match[1], 16),)), data.replace(b"_", b" "))


def header_text(raw: bytes, hint: str | None = None) -> str:
    """A raw header value as text: unfolded, 8-bit bytes and encoded words decoded (not yet cleaned)."""
    text = decode_words(raw_header(raw, hint), hint)
    # Some mailers encode what was encoded already; only a value that is one word throughout is taken for that.
    if text.startswith("=?") and text.endswith("?=") and raw.lstrip()[:2] == b"=?":
        return decode_words(text, hint)
    return text
