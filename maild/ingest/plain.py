"""Text parts that are not HTML as lines: plain and flowed (RFC 3676), enriched (RFC 1896), with what stands wrapped
inside plain text: uuencoded files and the armour of PGP signatures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from maild.ingest.charset import decode
from maild.ingest.clean import clean_text
from maild.ingest.params import Value
from maild.ingest.rtf import html_of, read_rtf
from maild.ingest.transfer import uudecode

FILES = 50

_HTML_START = re.compile(rb"\s{0,200}(?:<!doctype html|<html[\s>]|<body[\s>])", re.I)
_ENRICHED_TAG = re.compile(r"</?([A-Za-z0-9-]{1,60})[^<>]{0,100}>")
_NEWLINES = re.compile(r"\n+")
_RICH = {"nl": "\n", "np": "\n", "lt": "<", "paragraph": "\n", "/paragraph": "\n"}
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE, _SIGNATURE_END = "-----BEGIN PGP SIGNATURE-----", "-----END PGP SIGNATURE-----"


def is_html(data: bytes) -> bool:
    """Whether what is labelled plain text begins as an HTML document does."""
    return _HTML_START.match(data) is not None and b"</" in data


@dataclass(slots=True)
class PlainText:
    """A plain part as lines. `asides` are lines that belong to the text as sent but are no words of the sender, each
    as (number of the line that they stand before, the lines); `files` are (raw name, bytes)."""

    lines: list[str] = field(default_factory=list)
    asides: list[tuple[int, list[str]]] = field(default_factory=list)
    files: list[tuple[bytes, bytes]] = field(default_factory=list)


def plain_text(params: Value, data: bytes) -> PlainText:
    """A text/plain part: format=flowed joined again, uuencoded files and the armour of a PGP signature set apart."""
    found = PlainText()
    charset = params.get("charset")
    flowed = (params.get("format") or "").lower() == "flowed"
    for piece, is_file in _pieces(data, found.files):
        lines = [line.rstrip("\r") for line in clean_text(decode(piece, charset)).split("\n")]
        if is_file:
            found.asides.append((len(found.lines), lines))
            continue
        if flowed:
            lines = _unflow(lines, (params.get("delsp") or "").lower() == "yes")
        _without_armour(found, lines)
    return found


def _pieces(data: bytes, files: list[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bool]]:
    """The text between uuencoded files, and those files as they stand; what is inside them is added to `files`."""
    if not data.startswith(b"begin ") and b"\nbegin " not in data:
        yield data, False
        return
    lines = data.split(b"\n")
    begun = at = 0
    while len(files) < FILES:
        start = next((n for n in range(at, len(lines)) if lines[n].startswith(b"begin ")), None)
        if start is None:
            break
        found = uudecode(lines, start)
        at = start + 1
        if found is not None:
            files.append(found[:2])
            yield b"\n".join(lines[begun:start]).removesuffix(b"\r"), False
            at = begun = found[2]
            yield b"\n".join(lines[start:at]).removesuffix(b"\r"), True
    yield b"\n".join(lines[begun:]), False


def _unflow(lines: list[str], delsp: bool) -> list[str]:
    out: list[str] = []
    open_depth = -1
    for line in lines:
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:]
        if content.startswith(" "):
            content = content[1:]
        # The line above a signature ends its paragraph, whatever it ends in (RFC 3676 §4.3).
        fixed = content == "-- "
        soft = content.endswith(" ") and not fixed
        if open_depth == depth and out and not fixed:
            out[-1] += content
        else:
            out.append((">" * depth + " " if depth else "") + content)
        if soft and delsp:
            out[-1] = out[-1][:-1]
        open_depth = depth if soft else -1
    return out


def _without_armour(found: PlainText, lines: list[str]) -> None:
    """Add a text, a clear-signed one as it was before it was signed (RFC 4880 §7)."""
    stripped = [line.strip() for line in lines]
    if _SIGNED not in stripped:
        found.lines += lines
        return
    # text before and behind, the armour's header, the signed text, the signature
    state = "outside"
    for line, bare in zip(lines, stripped, strict=True):
        aside = True
        if bare == _SIGNED:
            state = "header"
        elif state == "header":
            state = "signed" if not bare else state
        elif bare == _SIGNATURE and state == "signed":
            state = "signature"
        elif state == "signature":
            state = "outside" if bare == _SIGNATURE_END else state
        else:
            aside = False
        if aside:
            found.asides.append((len(found.lines), [line]))
        else:
            found.lines.append(line[2:] if state == "signed" and line.startswith("- ") else line)


def enriched_lines(params: Value, data: bytes, simple: bool) -> list[str]:
    """text/enriched, or its forerunner text/richtext (not `simple`), where a line ends in `<nl>` alone."""
    text = clean_text(decode(data, params.get("charset")))
    if simple:
        text = _NEWLINES.sub(lambda match: " " if len(match[0]) == 1 else "\n" * (len(match[0]) - 1), text.strip("\n"))
        pieces = text.split("<<")
        return "<".join(_untagged(piece) for piece in pieces).split("\n")
    return _untagged(text.replace("\n", " ")).split("\n")


def _untagged(text: str) -> str:
    out: list[str] = []
    at = hidden = 0
    for match in _ENRICHED_TAG.finditer(text):
        if not hidden:
            out.append(text[at : match.start()])
        name = match[1].lower()
        if name in ("param", "comment"):
            hidden = max(0, hidden + (-1 if match[0].startswith("</") else 1))
        elif not hidden:
            out.append(_RICH.get(name, "") if not match[0].startswith("</") or name == "paragraph" else "")
        at = match.end()
    return "".join(out) + ("" if hidden else text[at:])


def rtf_text(data: bytes) -> tuple[str, bool]:
    """(text of RTF, whether it is HTML source), cleaned."""
    text, is_source = read_rtf(data)
    return clean_text(html_of(text)).strip("\n"), is_source
