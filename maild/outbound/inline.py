"""Screenshots that a notice shows where it speaks of them: which ones, how wide, and by what name (RFC 2392)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from maild.model import Attachment

# More or larger pictures make a notice that nobody scrolls through on a phone: they stay attachments.
PICTURES = 3
PICTURE_BYTES = 1_000_000
# The room between the edges of a letter; Outlook knows no other width than the one that the tag names.
_WIDTH = 540
# What every mail program shows.
_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif"})


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture inside a letter: its file among those that go along, its Content-ID, its name and its width."""

    file: int
    cid: str
    name: str
    width: int


def pictures(files: Sequence[tuple[Attachment, bytes]], seed: str) -> tuple[Picture, ...]:
    """The pictures to show, in their order. `seed` (the Message-ID) makes their ids."""
    found: list[Picture] = []
    for at, (item, content) in enumerate(files):
        size = size_of(content) if item.content_type.lower() in _SHOWN and len(content) <= PICTURE_BYTES else None
        if size is not None and len(found) < PICTURES:
            mark = sha256(f"{seed} {at}".encode()).hexdigest()[:20]
            found.append(Picture(at, f"{mark}@picture", item.filename or item.content_type, min(size[0], _WIDTH)))
    return tuple(found)


def size_of(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels as a PNG, JPEG or GIF says in its own head; None for what is none of them."""
    found: tuple[int, int] | None = None
    if content[:8] == b"\x89PNG\r\n\x1a\n" and content[12:16] == b"IHDR" and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        found = width, height
    elif content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        found = width, height
    elif content[:2] == b"\xff\xd8":
        found = _jpeg(content)
    return found if found is not None and 0 < found[0] < 30_000 and 0 < found[1] < 30_000 else None


def _jpeg(content: bytes) -> tuple[int, int] | None:
    """The size in the first frame header (ITU T.81, B.2.2); each marker before it says how long it is."""
    at = 2
    for _ in range(200):
        if at + 9 > len(content) or content[at] != 0xFF:
            return None
        kind = content[at + 1]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
    return None
