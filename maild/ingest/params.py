"""Content-Type and Content-Disposition values with their parameters (RFC 2045, 2231), from bytes, linear.

The `email` package's own reading of these is quadratic in semicolons and raises on odd charsets (THREATS §2.1, 2.2).
"""

import html
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from maild.ingest.charset import decode, raw_header, strictly
from maild.ingest.charset_labels import codec_for
from maild.ingest.clean import clean_line
from maild.ingest.encoded_words import decode_words

PARAMETERS = 100
NAME_LENGTH = 300

_KEY = re.compile(r"\s*([A-Za-z0-9_.!#$%&'+^`|~-]{1,60}(?:\*[0-9]{0,4}){0,2}\*?)\s*=\s*")
_TOKEN_END = re.compile(r"[;\s]")
_PERCENT = re.compile(r"%[89A-Fa-f][0-9A-Fa-f]")
_ENTITY = re.compile(r"&#x?[0-9A-Fa-f]{2,6};")
_BARE_HEAD = re.compile(r"[ \t]{0,20}(attachment|inline)[ \t]{1,20}(?=[a-z])", re.I)
_CONTINUED = re.compile(r"^([^*]+)\*([0-9]{1,4})(\*?)$")


@dataclass(frozen=True, slots=True)
class Value:
    """The head of a structured value in lower case (`text/plain`, `attachment`) and its parameters, decoded."""

    head: str
    params: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """A parameter by its lower-case name."""
        return self.params.get(name)


def parse_value(raw: bytes, hint: str | None = None) -> Value:
    """A structured header value; a broken one gives what can be read. Never raises."""
    text = raw_header(raw, hint)
    if bare := _BARE_HEAD.match(text):
        text = f"{bare[1]};{text[bare.end() :]}"
    head, _, rest = text.partition(";")
    if "=" in head and "/" not in head:
        # `Content-Type: charset=utf-8` and `Content-Disposition: filename="x"`: the head is missing.
        head, rest = "", text
    head = head.strip().strip("\"'")
    if " " in head.strip() and "=" in head:
        # `text/plain charset=utf-8`: the semicolon is missing.
        first, _, tail = head.partition(" ")
        head, rest = first, tail + ";" + rest
    return Value(clean_line(head.split("(")[0], 100).lower().replace(" ", ""), _decoded(_pairs(rest), hint))


def _pairs(text: str) -> list[tuple[str, str, bool]]:
    """(name, value, quoted) in order, bounded."""
    found: list[tuple[str, str, bool]] = []
    at, end = 0, len(text)
    while at < end and len(found) < PARAMETERS:
        match = _KEY.match(text, at)
        if match is None:
            following = text.find(";", at)
            at = end if following < 0 else following + 1
            continue
        name, at = match.group(1).lower(), match.end()
        if at < end and text[at] == '"':
            value, at = _quoted(text, at + 1)
            found.append((name, value, True))
            following = text.find(";", at)
            gap = text[at : following if following >= 0 else end]
            # A missing semicolon behind a quoted value: the next parameter begins at once.
            at = at if "=" in gap else (end if following < 0 else following + 1)
            continue
        stop = text.find(";", at)
        stop = end if stop < 0 else stop
        value = text[at:stop]
        if not name.startswith(("filename", "name")):
            # Names may hold blanks without quotes; nothing else may.
            cut = _TOKEN_END.search(value)
            if cut:
                stop = at + cut.start() if "=" in value[cut.start() :] else stop
                value = value[: cut.start()]
        found.append((name, value.strip(), False))
        at = stop + (1 if stop < end and text[stop] == ";" else 0)
    return found


def _quoted(text: str, at: int) -> tuple[str, int]:
    out: list[str] = []
    while at < len(text):
        character = text[at]
        if character == "\\" and at + 1 < len(text) and text[at + 1] in '"\\':
            out.append(text[at + 1])
            at += 2
            continue
        if character == '"':
            return "".join(out), at + 1
        out.append(character)
        at += 1
    return "".join(out), at


def _decoded(pairs: list[tuple[str, str, bool]], hint: str | None) -> dict[str, str]:
    params: dict[str, str] = {}
    extended: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value, _ in pairs:
        continued = _CONTINUED.match(name)
        if continued:
            pieces.setdefault(continued[1], {}).setdefault(int(continued[2]), (value, bool(continued[3])))
        elif name.endswith("*"):
            extended.setdefault(name.rstrip("*"), _extended(value, hint))
        else:
            params.setdefault(name, value)
    params = {
        name: clean_line(_plain(value, hint), NAME_LENGTH) if "name" in name else value
        for name, value in params.items()
    }
    for name, numbered in pieces.items():
        extended.setdefault(name, _joined(numbered, hint))
    # RFC 5987 §4.2: the extended form wins over the plain one, unless nothing can be read in it.
    params.update({name: clean_line(value, NAME_LENGTH) for name, value in extended.items() if value})
    return params


def _plain(value: str, hint: str | None) -> str:
    """Encoded words, percent signs and entities do not belong into parameters (RFC 2047 §5), and stand there all the
    same."""
    if "=?" in value:
        return decode_words(value, hint)
    if "''" in value and "%" in value and codec_for(value.partition("'")[0]):
        return _extended(value, hint)
    if len(value) > 2 and value[0] == value[-1] == "'":
        value = value[1:-1]
    if value.isascii() and len(_PERCENT.findall(value)) >= 2:
        plain = strictly(unquote_to_bytes(value), "utf_8")
        return value if plain is None else plain
    return html.unescape(value) if _ENTITY.search(value) else value


def _extended(value: str, hint: str | None) -> str:
    """`charset'language'percent-encoded`."""
    charset, quote, rest = value.partition("'")
    if quote and "'" in rest:
        rest = rest.partition("'")[2]
    else:
        charset, rest = "", value
    if "=?" in rest:
        rest = decode_words(rest, hint)
    if "%" not in rest and not rest.isascii():
        return rest
    return decode(unquote_to_bytes(rest), charset or None, hint)


def _joined(numbered: dict[int, tuple[str, bool]], hint: str | None) -> str:
    """RFC 2231 continuations, by number, joined as bytes before decoding: characters are split over them too."""
    charset = ""
    data = bytearray()
    text: list[str] = []
    for order, number in enumerate(sorted(numbered)):
        value, encoded = numbered[number]
        if order == 0 and value.count("'") >= 2 and (encoded or codec_for(value.partition("'")[0])):
            charset, _, rest = value.partition("'")
            value = rest.partition("'")[2]
            encoded = True
        text.append(value)
        data += unquote_to_bytes(value) if encoded else value.encode("utf-8", "surrogateescape")
    whole = "".join(text)
    if "=?" in whole:
        return decode_words(whole, hint)
    return decode(bytes(data), charset or None, hint)
