"""The header block as raw fields: split as mail servers do, and forgiving where people's mailers are broken."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# How much of a header block is looked at; prescan refuses longer ones (THREATS R14).
HEADER_BYTES = 131_072

_NAME = re.compile(rb"([!-9;-~]{1,100})[ \t]{0,20}:")


@dataclass(frozen=True, slots=True)
class Fields:
    """Header fields in order as (lower-case name, raw value with its folds), where the body begins in the mail, and
    whether the block holds a bare CR, a NUL or a field name followed by a blank (THREATS A03)."""

    items: tuple[tuple[str, bytes], ...]
    body_at: int
    dirty: str = ""

    def first(self, name: str) -> bytes | None:
        """The first raw value of that lower-case name."""
        return next((value for key, value in self.items if key == name), None)

    def all(self, name: str) -> tuple[bytes, ...]:
        """Every raw value of that lower-case name, topmost first."""
        return tuple(value for key, value in self.items if key == name)


def _lines(raw: bytes, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """Lines of raw[start:stop] with their ends, and the offset behind each."""
    at = start
    while at < stop:
        end = raw.find(b"\n", at, stop)
        end = stop if end < 0 else end + 1
        yield end, raw[at:end]
        at = end


def split_fields(raw: bytes, start: int = 0) -> Fields:
    """The header fields at `start` of a mail.

    A line that is no field does not end the header if more fields follow before the blank line; if none follow, the
    body begins there. An envelope line (`From …`) and blank lines before the first field are skipped, so is a blank
    before a field's name there.
    """
    stop = min(len(raw), start + HEADER_BYTES)
    items: list[tuple[str, list[bytes]]] = []
    stray: int | None = None
    at, dirty, body_at = start, "", None
    for end, line in _lines(raw, start, stop):
        bare = line.rstrip(b"\r\n")
        if not bare.strip(b"\r"):
            if items or stray is not None:
                body_at = end if stray is None else stray
                break
            at = end
            continue
        if not items:
            bare = bare.lstrip(b" \t\xef\xbb\xbf")
        if bare[:1] in b" \t" and items:
            if stray is None:
                items[-1][1].append(line)
            at = end
            continue
        match = _NAME.match(bare)
        # `From : x` is the field, in the obsolete form that some servers read (RFC 5322 §4.5.2), and no envelope line.
        envelope = bare.startswith((b"From ", b">From ")) and not bare.partition(b"From ")[2].lstrip(b" \t").startswith(
            b":"
        )
        if match is None or envelope:
            # A line that is no field: remembered, for it may be the first of the body.
            if not envelope and stray is None:
                stray = at
        else:
            stray = None
            if bare[match.end() - 2 : match.end() - 1] in (b" ", b"\t"):
                dirty = dirty or "a blank before the colon of a header field"
            items.append((match.group(1).decode("ascii").lower(), [bare[match.end() :]]))
        at = end
    else:
        body_at = stop if stray is None else stray
    block = raw[start : body_at if body_at is not None else at]
    if b"\0" in block:
        dirty = "a NUL in the header"
    elif block.count(b"\r") != block.count(b"\r\n"):
        dirty = "a bare carriage return in the header"
    joined = tuple((name, b"".join(parts) if len(parts) > 1 else parts[0]) for name, parts in items)
    return Fields(joined, body_at if body_at is not None else at, dirty)
