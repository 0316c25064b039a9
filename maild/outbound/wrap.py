"""Long lines of the plain text, broken where a terminal would have to: at 78 columns, by the width of signs."""

import re
from collections.abc import Collection

COLUMNS = 78
# A last line shorter than this looks lost.
_LONE = 14
# No line may begin with one of these, or end with one of those.
_CLOSING = frozenset("、。，．：；？！）】》〉」』”’…·,.:;?!)]}%")
_OPENING = frozenset("（【《〈「『“‘([{")
# What Unicode (UAX #11) calls wide or full-width, of what stands in mails: Han, kana, hangul, their marks, emoji.
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff"
    "\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\U0001f300-\U0001f64f\U0001f900-\U0001f9ff\U00020000-\U0003fffd]+"
)
_PIECE = re.compile(r"\s+|[^\s\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef“”‘’…·]+|.")


def columns(text: str) -> int:
    """How many columns a text takes in a terminal: two for each wide sign of Chinese, one for every other."""
    return len(text) if text.isascii() else len(text) + sum(map(len, _WIDE.findall(text)))


def wrapped(text: str, kept: Collection[str] = ()) -> str:
    """The text with no line longer than 78 columns, but for words that are longer alone, like a web address.

    A line that is one of `kept`, or ends with one behind its label, is somebody's own and stays as it is: a command, a
    path or a line of a log must survive being copied. Chinese is broken between any two signs, never before a closing
    mark nor behind an opening one.
    """
    return "\n".join(
        line
        if 2 * len(line) <= COLUMNS or columns(line) <= COLUMNS or any(line.endswith(own) for own in kept)
        else _folded(line)
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
    broken = _filled(pieces, indent, COLUMNS)
    lacking = _LONE - columns(broken[-1])
    if lacking > 0 and len(broken) > 1:
        narrower = _filled(pieces, indent, COLUMNS - lacking // (len(broken) - 1) - 2)
        if len(narrower) == len(broken) and columns(narrower[-1]) >= _LONE:
            broken = narrower
    return "\n".join(broken)


def _filled(pieces: list[tuple[str, int]], indent: str, room: int) -> list[str]:
    lines: list[str] = []
    now: list[str] = []
    width = 0
    for piece, wide in pieces:
        # A blank behind the last word of a line is not shown, so it may stand beyond the edge.
        if now and width + wide - (piece[-1] == " ") > room:
            lines.append("".join(now).rstrip())
            now, width = [indent], len(indent)
        now.append(piece)
        width += wide
    return [*lines, "".join(now).rstrip()]


def _pieces(line: str) -> list[tuple[str, int]]:
    """What must not be broken, with its columns: Latin words, single Chinese signs, each with its marks and blank."""
    pieces: list[tuple[str, int]] = []
    opened = False
    for piece in _PIECE.findall(line):
        wide = 2 if len(piece) == 1 and piece > "\u2e7f" else columns(piece)
        if pieces and (opened or piece[0] in _CLOSING or piece.isspace()):
            before, width = pieces[-1]
            pieces[-1] = (before + piece, width + wide)
        else:
            pieces.append((piece, wide))
        opened = piece[-1] in _OPENING
    return pieces
