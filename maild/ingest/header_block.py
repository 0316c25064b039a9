"""Header blocks inside a body: `From: … Sent: … To: … Subject: …` in any language, starred, wrapped, on one line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from maild.ingest.quote_words import LABEL_KIND, fold

LINES = 16
LABEL_LENGTH = 30
# A shorter subject is never wrapped: what stands below it is text.
SUBJECT_WRAPS = 55

_DECORATION = " \t*_>|\u00a0\u3000"
_TIME = re.compile(r"\d{1,2}[:.点點時h]\s?\d{2}|\d{1,2} ?[시点點]")
_ONE_LINE = re.compile(
    r"(?:^|[\s,;*>\"\d)])\*?("
    + "|".join(sorted((re.escape(x) for x in LABEL_KIND if len(x) > 1), key=len, reverse=True))
    + r")\*?\s?[:：]",
    re.I,
)


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """A header block found in lines[start:end]; `values` by kind (from, date, to, cc, subject)."""

    start: int
    end: int
    values: dict[str, str] = field(default_factory=dict)


def label_of(line: str) -> tuple[str, str] | None:
    """(kind, value) when a line begins with a header label and a colon."""
    bare = line.lstrip(_DECORATION)
    at = min(
        (p for p in (bare.find(":", 0, LABEL_LENGTH + 6), bare.find("：", 0, LABEL_LENGTH + 6)) if p >= 0), default=-1
    )
    if at <= 0 or at > LABEL_LENGTH:
        return None
    label = fold(bare[:at]).strip("*_ []【】")
    kind = LABEL_KIND.get(label) or LABEL_KIND.get(label.replace(" ", ""))
    if kind is None:
        return None
    return kind, bare[at + 1 :].strip(" \t*_\u00a0\u3000")


def block_at(lines: Sequence[str], start: int) -> HeaderBlock | None:
    """The header block that begins at lines[start]: three kinds of from, date, to, subject within a few lines."""
    first = label_of(lines[start])
    if first is None or first[0] == "other":
        return None
    if first[0] not in ("from", "date", "subject", "to"):
        return None
    one = _one_line(lines[start])
    if one is not None:
        return HeaderBlock(start, start + 1, one)
    values = {first[0]: first[1]}
    last, at, loose, current = start + 1, start + 1, 0, first[0]
    while at < len(lines) and at < start + LINES:
        line = lines[at]
        found = label_of(line)
        if found is not None:
            if found[0] in values and found[0] == "from":
                break
            values.setdefault(*found)
            current, last, loose = found[0], at + 1, 0
        elif not line.strip(_DECORATION):
            if loose or (at + 1 < len(lines) and label_of(lines[at + 1]) is None):
                break
        else:
            # A wrapped value; more than two such lines in a row are text.
            loose += 1
            if loose > 3 or len(line) > 400:
                break
            wraps = current in ("to", "cc", "from") or (current == "subject" and len(lines[at - 1]) >= SUBJECT_WRAPS)
            if not values.get(current) or (loose == 1 and wraps):
                values[current] = f"{values.get(current, '')} {line.strip(_DECORATION)}".strip()
                if not values.get("subject") or current != "subject":
                    last = at + 1
        at += 1
    return HeaderBlock(start, last, values) if is_block(values) else None


def is_block(values: dict[str, str]) -> bool:
    """Three or more of sender, date, recipient and subject; with three, an address or a time of day, too.

    `From: Shanghai, To: Beijing, Date: 5 May` books a journey.
    """
    kinds = {kind for kind in values if kind in ("from", "date", "to", "subject")}
    if len(kinds) != 3:
        return len(kinds) == 4
    return "subject" in kinds or "@" in "".join(values.values()) or _TIME.search(values.get("date", "")) is not None


def _one_line(line: str) -> dict[str, str] | None:
    if len(line) > 3000:
        return None
    found = list(_ONE_LINE.finditer(line[:3000]))
    values: dict[str, str] = {}
    for number, match in enumerate(found[:12]):
        kind = LABEL_KIND.get(fold(match.group(1)))
        stop = found[number + 1].start() if number + 1 < len(found) else len(line)
        if kind:
            values.setdefault(kind, line[match.end() : stop].strip(_DECORATION + ",;"))
    return values if is_block(values) and "from" in values else None
