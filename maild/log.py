"""Logging: one line an event, safe from line injection, never blocking the daemon, never a word of a mail's text.

Under journald the priority stands in front of the line (`<4>…`, sd-daemon(3)) and the time is the journal's own.
"""

import json
import logging
import os
import select
import sys
import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import Literal, TextIO

# A full pipe must not stop the desk: what does not fit is counted and said later (THREATS F22).
QUEUE_BYTES = 4 * 1024 * 1024
# How long the end of the daemon waits for whoever reads the log.
STOP_SECONDS = 2.0
REFUSED_SECONDS = 1.0
_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
_EXTRAS = ("inbound", "outbox", "ticket", "fate", "result", "mailbox")


def one_line(text: str, limit: int = 2000) -> str:
    """Text with every control, line-breaking and direction-changing character shown as an escape (THREATS A50)."""
    cut = text if len(text) <= limit else text[:limit] + "…"
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in cut)


class _Text(logging.Formatter):
    def __init__(self, journal: bool) -> None:
        super().__init__()
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            # A traceback on one line: many lines would be many events to whoever reads the journal.
            text += " | " + self.formatException(record.exc_info)[-1500:].replace("\n", " ⏎ ")
        line = one_line(text)
        if self._journal:
            return f"<{_PRIORITY.get(record.levelno, 5)}>{line}"
        when = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        return f"{when} {record.levelname.lower():7} {line}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": one_line(record.getMessage()),
        }
        entry.update({key: record.__dict__[key] for key in _EXTRAS if record.__dict__.get(key) is not None})
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)[-4000:]
        return json.dumps(entry, ensure_ascii=True)


class Drain(logging.Handler):
    """Takes lines from every thread at once and writes them in a thread of its own: whoever reads the log, and does not
    keep up, delays nobody. What finds no room is counted, and the count is written as soon as the log flows again.
    """

    def __init__(self, stream: TextIO) -> None:
        """`stream` is written by its descriptor where it has one: a thread that is stuck in it holds no lock of it."""
        super().__init__()
        self._stream = stream
        try:
            self._descriptor: int | None = stream.fileno()
        except (AttributeError, OSError, ValueError):
            self._descriptor = None
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self.dropped = 0
        self._torn = False
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Never waits, and never raises: a line that cannot be written is no reason to stop the desk."""
        try:
            line = (self.format(record) + "\n").encode("utf-8", "backslashreplace")
        except Exception:
            # A wrong argument in a log call: the line says so in place of what it would have said.
            line = b"a line of the log could not be formatted: " + ascii(record.msg).encode("ascii") + b"\n"
        with self._changed:
            if self._bytes + len(line) > QUEUE_BYTES:
                self.dropped += 1
                return
            self._bytes += len(line)
            self._lines.append(line)
            self._changed.notify()

    def stop(self, patience: float = STOP_SECONDS) -> None:
        """Write what is there, for so many seconds at most. Lines that come later are written no more."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(patience)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._lines and not self.dropped and not self._ending:
                    self._changed.wait()
                if not self._lines and not self.dropped:
                    return
                batch = list(self._lines)
                self._lines.clear()
                self._bytes = 0
                dropped, self.dropped = self.dropped, 0
            lost = sum(not self._write(line) for line in batch)
            if dropped and not self._write(self._confession(dropped)):
                lost += dropped
            if lost:
                with self._changed:
                    self.dropped += lost
                    if self._ending:
                        return
                # The sink refuses (its disk is full, nobody is there): it is asked again, but not all the time.
                time.sleep(REFUSED_SECONDS)

    def _confession(self, dropped: int) -> bytes:
        words = f"{dropped} lines of the log were dropped: whoever reads it did not keep up"
        record = logging.LogRecord("maild.log", logging.WARNING, "", 0, words, (), None)
        return (self.format(record) + "\n").encode("utf-8")

    def _write(self, line: bytes) -> bool:
        """Write one line, as long as it takes; False if the sink refuses it."""
        # What a refusal has cut off is ended first, so that every other line stays whole.
        rest = memoryview(b"\n" + line if self._torn else line)
        try:
            if self._descriptor is None:
                self._stream.write(bytes(rest).decode("utf-8"))
                self._stream.flush()
                return True
            while rest:
                try:
                    written = os.write(self._descriptor, rest)
                except BlockingIOError:
                    select.select([], [self._descriptor], [], REFUSED_SECONDS)
                    continue
                rest = rest[written:]
                self._torn = bool(rest)
            return True
        except (OSError, ValueError):
            return False


def set_up(form: Literal["text", "json"] = "text", level: str = "info", stream: TextIO | None = None) -> Drain:
    """Send maild's log to `stream` (standard error) without ever waiting for it; stop() at the end flushes it."""
    drain = Drain(stream or sys.stderr)
    journal = bool(os.environ.get("JOURNAL_STREAM")) and form == "text"
    drain.setFormatter(_Json() if form == "json" else _Text(journal))
    root = logging.getLogger("maild")
    root.setLevel(level.upper())
    root.propagate = False
    root.handlers[:] = [drain]
    return drain
