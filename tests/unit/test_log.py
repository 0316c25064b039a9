"""The log: whole lines, a sink that blocks or refuses, what was dropped, a bounded end."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from maild import log
from tests.servers import wait_until


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    """What other tests want of maild's logger stays as it was."""
    root = logging.getLogger("maild")
    before = (root.handlers[:], root.level, root.propagate)
    yield
    root.handlers[:], root.level, root.propagate = before[0], before[1], before[2]


class Pipe:
    """A pipe whose reader reads when the test says so."""

    def __init__(self) -> None:
        self.reading, writing = os.pipe()
        self.stream = os.fdopen(writing, "w", encoding="utf-8")
        os.set_blocking(self.reading, False)
        self.text = b""

    def drain(self) -> None:
        try:
            while data := os.read(self.reading, 1_000_000):
                self.text += data
        except BlockingIOError:
            pass

    def close(self) -> None:
        os.close(self.reading)
        with contextlib.suppress(BrokenPipeError):
            self.stream.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


def test_f22_a_pipe_that_nobody_reads_delays_nobody_and_what_was_dropped_is_counted_when_it_flows_again(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "QUEUE_BYTES", 200_000)
    drain = log.set_up("json", "info", pipe.stream)
    speaker = logging.getLogger("maild.test")
    begun = time.thread_time()
    for n in range(5_000):
        speaker.info("line %d %s", n, "x" * 100)
    # A safety limit with a wide margin: a writer that waits would wait for ever.
    assert time.thread_time() - begun < 10
    assert drain.dropped > 1_000

    def flows() -> bool:
        pipe.drain()
        return b"were dropped" in pipe.text

    wait_until(flows, "the number of dropped lines")
    speaker.info("afterwards")
    drain.stop()
    pipe.drain()
    entries = [json.loads(line) for line in pipe.text.decode().splitlines()]
    spoken = [entry["message"] for entry in entries]
    dropped = sum(int(words.split()[0]) for words in spoken if "were dropped" in words)
    kept = [int(words.split()[1]) for words in spoken if words.startswith("line ")]
    assert kept == sorted(set(kept)) and len(kept) + dropped == 5_000
    assert spoken[-1] == "afterwards"


def test_f22_the_end_of_the_daemon_waits_a_little_for_a_blocked_reader_and_no_longer(pipe: Pipe) -> None:
    drain = log.set_up("text", "info", pipe.stream)
    for n in range(2_000):
        logging.getLogger("maild.test").info("line %d %s", n, "x" * 100)
    begun = time.monotonic()
    drain.stop(0.3)
    assert time.monotonic() - begun < 10
    # The reader was slow, not gone: once it reads, every line comes whole.

    def read() -> bool:
        pipe.drain()
        return b"line 1999 " in pipe.text

    wait_until(read, "the last line")
    assert all(line.endswith("x" * 100) for line in pipe.text.decode().splitlines())


def test_f22_a_sink_that_refuses_is_asked_again_and_the_lines_after_that_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log on a full disk; the real one, where there is one."""
    monkeypatch.setattr(log, "REFUSED_SECONDS", 0.05)
    path = tmp_path / "log"
    with path.open("w", encoding="utf-8") as good, open("/dev/full", "w", encoding="utf-8") as full:
        drain = log.set_up("json", "info", full)
        speaker = logging.getLogger("maild.test")
        speaker.info("into nothing")
        wait_until(lambda: drain.dropped == 1, "the line is counted")
        drain._descriptor = good.fileno()
        wait_until(lambda: "were dropped" in path.read_text() or "1 lines" in path.read_text(), "the confession")
        speaker.info("again")
        drain.stop()
        os.dup2(good.fileno(), full.fileno())
    assert [json.loads(line)["message"].split()[0] for line in path.read_text().splitlines()] == ["1", "again"]


def test_f22_a_log_call_with_wrong_arguments_is_a_line_and_no_crash() -> None:
    stream = io.StringIO()
    drain = log.set_up("text", "info", stream)
    logging.getLogger("maild.test").info("%d mails", "three")
    drain.stop()
    assert "could not be formatted: '%d mails'" in stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a50_whatever_a_line_holds_it_stays_one_printable_line(form: str) -> None:
    stream = io.StringIO()
    drain = log.set_up("json" if form == "json" else "text", "info", stream)
    speaker = logging.getLogger("maild.test")
    nasty = "a\r\nFAKE\x1b[31m\u2028\u202e\x00\x85" + "z" * 100_000
    speaker.warning("subject %s", nasty)
    try:
        raise ValueError(nasty)
    except ValueError:
        speaker.exception("it failed")
    drain.stop()
    lines = stream.getvalue().split("\n")
    assert len(lines) == 3 and lines[-1] == ""
    assert all(line.isprintable() and len(line) < 10_000 for line in lines)
