"""Long lines of the plain text, broken where a terminal would have to: at 78 columns, by the width of signs."""

import re
import unicodedata
from collections.abc import Collection

COLUMNS = 78
# A last line shorter than this looks lost.
_LONE = 14
# No line may begin with one of these, or end with one of those.
_CLOSING = frozenset("、。，．：；？！）】》〉」』”’…·,.:;?!)]}%")
_OPENING = frozenset("（【《〈「『“‘([{")
_PIECE = re.compile(r"\s+|[^\s\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef“”‘’…·]+|.")


def columns(text: str) -> int:
    """How many columns a text takes in a terminal: two for each wide sign of Chinese, none for what combines."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def wrapped(text: str, kept: Collection[str] = ()) -> str:
    """The text with no line longer than 78 columns, but for words that are longer alone, like a web address.

    A line that is one of `kept`, or ends with one behind its label, is somebody's own and stays as it is: a command, a
    path or a line of a log must survive being copied. Chinese is broken between any two signs, never before a closing
    mark nor behind an opening one.
    """
    return "\n".join(
        line if columns(line) <= COLUMNS or any(line.endswith(own) for own in kept) else _folded(line)
        for line in text.split("\n")
    )


def short(text: object, width: int) -> str:
    """A text cut to a width in columns, with an ellipsis where something was left out."""
    whole = str(text)
    if columns(whole) <= width:
        return whole
    cut = whole[:width]
    while columns(cut) > width - 1:
        cut = cut[:-1]
    return cut.rstrip(" ,;:-，；：、（(") + "…"


def _folded(line: str) -> str:
    """The line in pieces; a little narrower if that keeps the last one from being a lone word."""
    pieces, indent = _pieces(line), "  " if line.startswith("- ") else ""
    broken = [_filled(pieces, indent, width) for width in range(COLUMNS, COLUMNS - _LONE, -2)]
    return "\n".join(next((lines for lines in broken if columns(lines[-1]) >= _LONE), broken[0]))


def _filled(pieces: list[str], indent: str, room: int) -> list[str]:
    lines: list[str] = []
    now, width = "", 0
    for piece in pieces:
        if now.strip() and width + columns(piece.rstrip()) > room:
            lines.append(now.rstrip())
            now, width = indent, len(indent)
            piece = piece.lstrip()
        now += piece
        width += columns(piece)
    return [*lines, now.rstrip()]


def _pieces(line: str) -> list[str]:
    """What must not be broken: Latin words, single Chinese signs; marks stay with what they belong to."""
    pieces: list[str] = []
    for piece in _PIECE.findall(line):
        joined = pieces and (piece[0] in _CLOSING or piece.isspace() or pieces[-1][-1] in _OPENING)
        if joined:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces
