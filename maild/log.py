"""Logging: one line an event, safe from line injection, never blocking the daemon, never a word of a mail's text.

Under journald the priority stands in front of the line (`<4>…`, sd-daemon(3)) and the time is the journal's own.
"""

import json
import logging
import logging.handlers
import os
import queue
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

# A full pipe must not stop the desk: what does not fit is counted and said later (THREATS F22).
QUEUE_LINES = 10_000
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


class _Dropping(logging.handlers.QueueHandler):
    """Never waits for whoever reads the log."""

    dropped = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1


def set_up(
    form: Literal["text", "json"] = "text", level: str = "info", stream: TextIO | None = None
) -> logging.handlers.QueueListener:
    """Send maild's log to `stream` (standard error) through a queue; stop the listener at the end to flush it."""
    target = stream or sys.stderr
    handler = logging.StreamHandler(target)
    journal = bool(os.environ.get("JOURNAL_STREAM")) and form == "text"
    handler.setFormatter(_Json() if form == "json" else _Text(journal))
    lines: queue.Queue[logging.LogRecord] = queue.Queue(QUEUE_LINES)
    root = logging.getLogger("maild")
    root.setLevel(level.upper())
    root.propagate = False
    root.handlers[:] = [_Dropping(lines)]
    listener = logging.handlers.QueueListener(lines, handler)
    listener.start()
    return listener
