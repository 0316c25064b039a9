"""Mail files on their way through the daemon's own reading: prescan, then the parsing worker, ahead and in order."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from maild.ingest.charset import decode
from maild.ingest.clean import clean_text
from maild.ingest.fields import split_fields
from maild.ingest.prescan import SCAN_BYTES, Scan, prescan
from maild.ingest.worker import ParseCrash, ParseOverrun, ParserAway, Worker
from maild.model import Message

# PRODUCT §6: the parse limit of inspect, in seconds a mail.
LIMIT_S = 2.0
# So many mails and bytes are in the worker's hands while the mail before them is decided.
_AHEAD_MAILS = 8
_AHEAD_BYTES = 32 * 1024 * 1024
# Of a mail that is too large to be read, the part that is looked at.
_HEAD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What could be read of one file.

    error     why the file cannot be opened, else None; nothing else is known then
    scan      the look at the raw bytes; its `text` is filled when there is no message
    message   the mail as read, None for one that would be quarantined: `quarantine` says why
    ms        milliseconds that scanning and parsing took
    """

    file: str
    error: str | None = None
    scan: Scan | None = None
    message: Message | None = None
    quarantine: str = ""
    ms: float = 0.0


@dataclass(slots=True)
class _Underway:
    file: str
    raw: bytes
    scan: Scan
    scan_ms: float
    future: "Future[Message]"
    submitted: float
    done_at: list[float] = field(default_factory=list)


def wake(worker: Worker) -> "Future[Message]":
    """Have the worker start, so that its start counts as no mail's time."""
    return worker.submit(b"Subject: ready\n\n")


def look(files: Sequence[str], worker: Worker, parse_bytes: int) -> Iterator[Looked]:
    """Each file in the order given. A mail that stalls or kills the parser is quarantined alone."""
    waiting = deque(files)
    ahead: deque[Looked | _Underway] = deque()
    done = 0.0
    while waiting or ahead:
        held = sum(len(item.raw) for item in ahead if isinstance(item, _Underway))
        while waiting and len(ahead) < _AHEAD_MAILS and (held < _AHEAD_BYTES or not ahead):
            item = _begin(waiting.popleft(), worker, parse_bytes)
            held += len(item.raw) if isinstance(item, _Underway) else 0
            ahead.append(item)
        first = ahead.popleft()
        if isinstance(first, Looked):
            yield first
            continue
        looked, done = _end(first, done)
        yield looked


def _begin(file: str, worker: Worker, parse_bytes: int) -> "Looked | _Underway":
    begun = time.perf_counter()
    try:
        with open(file, "rb") as mail:
            raw = mail.read(parse_bytes + 1)
            too_large = len(raw) > parse_bytes
            # A pipe cannot be asked for its size, so the rest is counted as it comes.
            size = len(raw) + (sum(len(piece) for piece in iter(lambda: mail.read(1 << 20), b"")) if too_large else 0)
    except OSError as error:
        return Looked(file=file, error=f"cannot be opened: {error.strerror or error}")
    if too_large:
        raw = raw[:_HEAD_BYTES]
        return _aside(file, raw, prescan(raw), f"{size} bytes: too large to be read", _since(begun))
    scan = prescan(raw)
    if not scan.ok:
        return _aside(file, raw, scan, scan.reason, _since(begun))
    scan_ms = _since(begun)
    underway = _Underway(file, raw, scan, scan_ms, worker.submit(raw, LIMIT_S), time.perf_counter())
    # Noted when it comes: by then this thread may be deciding about the mail before.
    underway.future.add_done_callback(lambda _: underway.done_at.append(time.perf_counter()))
    return underway


def _end(item: _Underway, before: float) -> tuple[Looked, float]:
    message, why = None, ""
    try:
        message = item.future.result()
    except (ParseOverrun, ParseCrash, ParserAway) as error:
        why = str(error)
    # Whoever waits for a result may run before its callbacks do.
    done = item.done_at[0] if item.done_at else time.perf_counter()
    ms = item.scan_ms + (done - max(item.submitted, before)) * 1000
    if message is None:
        return _aside(item.file, item.raw, item.scan, why, ms), done
    return Looked(file=item.file, scan=item.scan, message=message, ms=ms), done


def _aside(file: str, raw: bytes, scan: Scan, why: str, ms: float) -> Looked:
    if not scan.text:
        body = split_fields(raw).body_at
        text = clean_text(decode(raw[body : body + SCAN_BYTES]))
        scan = Scan(False, why, scan.from_, scan.subject, scan.date, scan.message_id, text)
    return Looked(file=file, scan=scan, quarantine=why, ms=ms)


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
