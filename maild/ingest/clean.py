"""Text hygiene, the one choke point: what leaves the reading of mail holds no control character and no surrogate."""

import re
import unicodedata

# Everything of C0 and C1 but newline and tab, DEL, lone surrogates and the non-characters that no database likes.
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# In one-line fields also what reorders or hides text: bidi controls, zero-width characters, separators (THREATS R17).
_LINE_BAD = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_BREAKS = re.compile("[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_SPACES = re.compile(" {2,}")


def clean_text(text: str) -> str:
    """A body: CRLF and CR become LF, control characters and surrogates go, one leading byte order mark goes."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith("\ufeff"):
        text = text[1:]
    if text.isascii() and text.isprintable():
        return text
    return _BAD.sub("", text)


def clean_line(text: str, limit: int = 998) -> str:
    """A one-line field (subject, name, file name): NFC, breaks to blanks, nothing invisible, `limit` characters."""
    if not (text.isascii() and text.isprintable()):
        text = _BREAKS.sub(" ", text)
        text = _BAD.sub("", text)
        text = _LINE_BAD.sub("", text)
        text = unicodedata.normalize("NFC", text)
    return _SPACES.sub(" ", text[:limit]).strip()
