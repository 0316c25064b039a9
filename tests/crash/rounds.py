"""Rounds of one desk: mail comes in, the daemon is killed, the next one takes over; the history is checked."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from maild import failpoint
from tests import servers
from tests.crash.history import Death, Verdict, check, in_hand, settled
from tests.desks import SUPPORT, looking, mail, prepare, sections

ROOT = Path(__file__).resolve().parents[2]


class Rounds:
    """A desk on a Dovecot and a Sink, with its daemon as a process of its own."""

    def __init__(
        self, folder: Path, dovecot: servers.Dovecot, sink: servers.Sink, url: str = "", **changes: Any
    ) -> None:
        """`changes` by section go on top of the settings of tests.desks."""
        self.folder, self.dovecot, self.sink = folder, dovecot, sink
        changes = {"daemon": {"tick": "1s", "log_level": "info"}, **changes}
        tables = sections(folder, dovecot.imap_port, sink.port, url, **changes)
        self.settings = prepare(tables)
        self.url = self.settings.database.url
        self.config = folder / "sections.json"
        self.config.write_text(json.dumps(tables))
        self.log = folder / "daemon.log"
        self.sent: dict[str, bytes] = {}
        self.deaths: list[Death] = []
        self.process: subprocess.Popen[bytes] | None = None

    def deliver(self, count: int, **headers: str) -> list[str]:
        """Put mails into the mailbox, each with a mark of its own."""
        marks = [f"m{len(self.sent) + n:04d}x{secrets.token_hex(4)}" for n in range(count)]
        mails = {mark: mail(mark, **headers) for mark in marks}
        self.dovecot.deliver_many(SUPPORT, mails.values())
        self.sent |= mails
        return marks

    def start(self, point: str = "") -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        environment.pop(failpoint.ENV, None)
        if point:
            environment[failpoint.ENV] = point
        with self.log.open("ab") as log:
            log.write(f"--- {point}\n".encode())
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.daemon", str(self.config)],
                cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def said(self, words: str) -> bool:
        """Whether the present daemon has logged this."""
        return words in self.log.read_text("utf-8", "replace").rpartition("\n--- ")[2]

    def kill(self, where: str) -> None:
        """kill -9, now."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.dead(where)

    def dead_under_load(self, where: str, timeout: float = 30.0) -> None:
        """Let mail come in until the daemon dies of the place that it was started with."""
        deadline = time.monotonic() + timeout
        while self.process is not None and self.process.poll() is None:
            assert time.monotonic() < deadline, f"{where} was not reached:\n{self.tail()}"
            self.deliver(1)
            time.sleep(0.2)
        self.dead(where)

    def dead(self, where: str, timeout: float = 30.0) -> None:
        """Wait for the death of the daemon and note what it had in hand."""
        assert self.process is not None
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{where} was not reached:\n{self.tail()}") from None
        assert code == -signal.SIGKILL, f"{where}: ended with {code}:\n{self.tail()}"
        # What was in the sockets still reaches the relay.
        servers.wait_until(lambda: self.sink.open == 0, "the relay's connections are closed")
        with looking(self.url) as engine:
            self.deaths.append(Death(where, len(self.sink.mails), in_hand(engine)))

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until nothing is left to do."""
        deadline = time.monotonic() + timeout
        servers.wait_until(lambda: self.said("ready"), "the daemon is ready", timeout)
        with looking(self.url) as engine:
            while not settled(engine, len(self.sent)):
                assert self.process is not None and self.process.poll() is None, self.tail()
                if time.monotonic() > deadline:
                    raise AssertionError(f"not settled within {timeout:g} s:\n{self.tail()}")
                time.sleep(0.05)

    def stop(self) -> None:
        """SIGTERM: the step in hand is finished and the daemon ends well."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(30) == 0, self.tail()

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def check(self) -> Verdict:
        with looking(self.url) as engine:
            return check(engine, self.sent, self.sink.mails, self.deaths)

    def tail(self) -> str:
        return self.log.read_text("utf-8", "replace")[-3000:]
