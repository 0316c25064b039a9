"""What may never happen when bytes are read: an exception, more than two seconds, a value that no database takes."""

import contextlib
import dataclasses
import hashlib
import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from types import FrameType
from typing import Any

from maild.ingest.cms import kind_of, signed_content
from maild.ingest.encoded_words import header_text
from maild.ingest.headers import parse_addresses, parse_date
from maild.ingest.html import html_text
from maild.ingest.invitation import invitation_lines
from maild.ingest.params import parse_value
from maild.ingest.prescan import prescan
from maild.ingest.read import parts, read
from maild.ingest.rtf import read_rtf, unpack
from maild.ingest.tnef import open_tnef
from maild.ingest.transfer import decode_transfer
from maild.model.message import Message

CPU_S = 2.0
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_CAPS = {"filename": 300, "content_type": 100, "content_id": 250, "subject": 998, "name": 256, "message_id": 998}


class Overdue(Exception):
    """The reading was stopped by the clock."""


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise Overdue when the block has used this much CPU; C code is stopped only when it comes back."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Overdue

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def judge_mail(raw: bytes) -> str | None:
    """What is wrong with the reading of a mail, or None. A mail over a limit is a quarantine, and all right."""
    return _timed(lambda: _mail(raw))


def judge_piece(target: str, data: bytes) -> str | None:
    """As judge_mail(), for one of TARGETS alone."""
    return _timed(lambda: _piece(target, data))


def _timed(work: Callable[[], str | None]) -> str | None:
    started = time.process_time()
    try:
        with limited(CPU_S):
            found = work()
    except Overdue:
        return f"more than {CPU_S:g} s of CPU"
    except Exception as error:  # Every one is a finding.
        return f"{type(error).__name__} at {_place(error)}"
    used = time.process_time() - started
    return f"more than {CPU_S:g} s of CPU" if used > CPU_S else found


def _place(error: Exception) -> str:
    frame, place = error.__traceback__, ""
    while frame is not None:
        place = f"{frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno}"
        frame = frame.tb_next
    return place


def _mail(raw: bytes) -> str | None:
    scan = prescan(raw)
    if not scan.ok:
        quarantined = (scan.reason, scan.from_.address, scan.from_.name, scan.subject, scan.message_id, scan.text)
        return next((f"prescan: {why}" for why in map(unstorable, quarantined) if why), None)
    message = read(raw)
    for path, value in values(message):
        why = unstorable(value) or too_long(path, value)
        if why:
            return f"{path}: {why}"
    json.dumps(dataclasses.asdict(message), default=str, ensure_ascii=True)
    found = parts(raw, range(len(message.attachments)))
    for attachment, data in zip(message.attachments, found, strict=True):
        if len(data) != attachment.size or hashlib.sha256(data).hexdigest() != attachment.sha256:
            return "an attachment whose bytes are others at the second reading"
    return None


def values(message: Message) -> Iterator[tuple[str, Any]]:
    """Every leaf of a message with its path."""
    stack: list[tuple[str, Any]] = [("message", message)]
    while stack:
        path, value = stack.pop()
        if dataclasses.is_dataclass(value):
            stack += [(f"{path}.{each.name}", getattr(value, each.name)) for each in dataclasses.fields(value)]
        elif isinstance(value, tuple | list):
            stack += [(path, each) for each in value]
        else:
            yield path, value


def unstorable(value: object) -> str | None:
    """Why SQLite, PostgreSQL, JSON or UTF-8 would refuse a value, or None."""
    if isinstance(value, str):
        found = _BAD.search(value)
        return f"a character {found.group()!r} that has no place in text" if found else None
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return None if -(2**63) <= value < 2**63 else "a number beyond 64 bits"
    if isinstance(value, datetime):
        return None if value.tzinfo is not None else "a time without a zone"
    return None if isinstance(value, date) else f"a {type(value).__name__}"


def too_long(path: str, value: object) -> str | None:
    cap = _CAPS.get(path.rpartition(".")[2])
    return f"{len(value)} characters" if cap and isinstance(value, str) and len(value) > cap else None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


TARGETS: dict[str, Callable[[bytes], object]] = {
    "html": lambda data: html_text(_text(data)).text,
    "calendar": lambda data: "\n".join(invitation_lines(data.decode("utf-8", "replace"))),
    "tnef": lambda data: open_tnef(data),
    "rtf": lambda data: read_rtf(data),
    "packed rtf": lambda data: unpack(data),
    "cms": lambda data: (kind_of(data), signed_content(data)),
    "words": lambda data: header_text(data),
    "parameters": lambda data: parse_value(data),
    "addresses": lambda data: parse_addresses(data),
    "date": lambda data: parse_date(data),
    "base64": lambda data: decode_transfer(data, "base64", text=True),
    "quoted-printable": lambda data: decode_transfer(data, "quoted-printable"),
    "uuencode": lambda data: decode_transfer(data, "uuencode"),
}


def _piece(target: str, data: bytes) -> str | None:
    result = TARGETS[target](data)
    if target in ("html",) and isinstance(result, str):
        return unstorable(result)
    return None
