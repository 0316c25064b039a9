"""Mails in files of other programs: mbox (RFC 4155, quoted as mboxrd or mboxo) and Maildir, one after another, with
memory flat however large they are.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_READ_BYTES = 1 << 20
# A line that begins a mail, and the beginning of the field behind it, are looked for in so many bytes.
_LOOK_BYTES = 2048
_FROM_LINE = re.compile(rb"From [^\n]{0,400}\n(?=(?:>?From [^\n]{0,400}\n)?[!-9;-~]{1,100}[ \t]{0,20}:)")
_CLOCK = re.compile(rb"[0-9]{1,2}:[0-9]{2}")
_YEAR = re.compile(rb"\b(?:19|20)[0-9]{2}\b")
_BARE = (b"From", b"From -")
_QUOTED = re.compile(rb"^>(>*From )", re.M)


class NoMails(Exception):
    """The file is neither an mbox nor a Maildir; the text says so, with its name."""


@dataclass(frozen=True, slots=True)
class MailFile:
    """One mail in a file: `size` bytes from `at` on. `envelope` is the mbox's From line; `mtime` that of a Maildir's
    file, in seconds since 1970, else None. `done` is the share of the source that ends with this mail."""

    path: str
    at: int
    size: int
    envelope: bytes
    mtime: float | None
    done: float

    def read(self, limit: int | None = None) -> bytes:
        """Its bytes as they were before the mbox quoted them, at most about `limit`. Raises OSError."""
        with open(_present(self.path), "rb") as file:
            file.seek(self.at)
            raw = file.read(self.size if limit is None else min(limit, self.size))
        if self.mtime is not None:
            return raw
        # The blank line before the next From line is the mbox's.
        for end in (b"\r\n\r\n", b"\n\n"):
            if raw.endswith(end):
                raw = raw[: -len(end) // 2]
                break
        return unquoted(raw)

    def pieces(self, width: int) -> Iterator[bytes]:
        """Its bytes in pieces of about `width`, cut where a line ends if there is such a place. Raises OSError."""
        with open(_present(self.path), "rb") as file:
            file.seek(self.at)
            left, kept = self.size, b""
            while left > 0:
                data = file.read(min(width, left))
                if not data:
                    break
                left -= len(data)
                data = kept + data
                cut = data.rfind(b"\n") + 1 if left > 0 else len(data)
                cut = cut or len(data)
                kept = data[cut:]
                yield unquoted(data[:cut]) if self.mtime is None else data[:cut]
            if kept:
                yield kept


def unquoted(raw: bytes) -> bytes:
    """A mail of an mbox without the mark that was put before its lines that begin with From (mboxrd)."""
    return _QUOTED.sub(rb"\1", raw) if b">From " in raw else raw


def mails_in(path: Path) -> Iterator[MailFile]:
    """Every mail of an mbox or a Maildir, in its order. Raises NoMails for anything else, OSError."""
    if path.is_dir():
        if not any((path / each).is_dir() for each in ("new", "cur")):
            raise NoMails(f"{path} is no Maildir: it has neither a folder `new` nor `cur`")
        return _maildir(path)
    return _mbox(path)


def _maildir(path: Path) -> Iterator[MailFile]:
    found = [
        (name, str(path / folder / name))
        # First `new`: what is moved to `cur` meanwhile is found there.
        for folder in ("new", "cur")
        if (path / folder).is_dir()
        for name in os.listdir(path / folder)
        if not name.startswith(".")
    ]
    # A name begins with the second of its delivery, so an answer comes after what it answers.
    found.sort()
    for n, (_, name) in enumerate(found, 1):
        try:
            status = os.stat(_present(name))
        except OSError:
            # Whoever reads it is told why; an mtime of 0 says nothing about its age.
            yield MailFile(name, 0, 1, b"", 0.0, n / len(found))
            continue
        yield MailFile(name, 0, status.st_size, b"", status.st_mtime, n / len(found))


def _present(path: str) -> str:
    """The path of a Maildir's file, also after somebody has read the mail and so renamed its file."""
    if os.path.exists(path):
        return path
    folder, name = os.path.split(path)
    if os.path.basename(folder) not in ("new", "cur"):
        return path
    unique = name.partition(":")[0]
    current = os.path.join(os.path.dirname(folder), "cur")
    if os.path.isdir(current):
        for each in os.listdir(current):
            if each.partition(":")[0] == unique:
                return os.path.join(current, each)
    return path


def _mbox(path: Path) -> Iterator[MailFile]:
    """Mails between lines that begin one: `From `, with a time and a year, and a header field behind it."""
    name = str(path)
    with open(path, "rb") as file:
        total = os.fstat(file.fileno()).st_size
        begun = file.read(_LOOK_BYTES)
        if begun.strip() and not begun.lstrip(b"\r\n").startswith(b"From "):
            raise NoMails(
                f"{path} is no mbox: it does not begin with a line `From …`; `maild deliver < FILE` takes one mail"
            )
        file.seek(0)
        start, envelope = -1, b""
        for at, behind, line in _from_lines(file):
            if start >= 0:
                yield MailFile(name, start, at - start, envelope, None, at / max(1, total))
            start, envelope = behind, line
        stop = file.tell()
        if start >= 0:
            yield MailFile(name, start, stop - start, envelope, None, 1.0)


def _from_lines(file: IO[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """Each line that begins a mail: where it begins, where the mail behind it begins, the line. Reads to the end."""
    buffer, base, first, ended = b"", 0, True, False
    while not ended:
        data = file.read(_READ_BYTES)
        ended = not data
        buffer += data
        # A line this close to the end of what was read is looked at with what comes behind it.
        limit = len(buffer) if ended else len(buffer) - _LOOK_BYTES
        at = 0 if first and buffer.startswith(b"From ") else buffer.find(b"\nFrom ") + 1 or -1
        while 0 <= at < limit:
            match = _FROM_LINE.match(buffer, at)
            if match is not None and _begins_a_mail(match[0]):
                yield base + at, base + match.end(), match[0]
            at = buffer.find(b"\nFrom ", at) + 1 or -1
        if limit > 0:
            first = False
            base, buffer = base + limit - 1, buffer[limit - 1 :]


def _begins_a_mail(line: bytes) -> bool:
    return bool(_CLOCK.search(line) and _YEAR.search(line)) or line.strip() in _BARE
