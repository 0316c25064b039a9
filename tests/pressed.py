"""A desk whose daemon is a process of its own and runs short of something: disk, descriptors, time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests import servers
from tests.crash.rounds import ROOT, Rounds
from tests.desks import SUPPORT, looking, prepare, sections
from tests.supervisor import Systemd

# What no log may hold: the words of tests.desks.mail() and the signing key of tests.desks.sections().
CANARIES = ("eats the paper", "k" * 16)


class Pressed(Rounds):
    """Rounds of one daemon with an environment, a program before it, a supervisor and an alarm program of its own.

    admins hear of alarms at root@corp.example; a trouble is an alarm after 2 s.
    """

    def __init__(
        self, folder: Path, dovecot: servers.Dovecot, sink: servers.Sink, url: str = "", **changes: Mapping[str, Any]
    ) -> None:
        super().__init__(folder, dovecot, sink, url)
        self.alarms_told = folder / "alarms"
        program = folder / "gateway"
        program.write_text(f'#!/bin/sh\nprintf "%s|%s\\n" "$MAILD_ALARM" "$MAILD_ALARM_TEXT" >> {self.alarms_told}\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        changes = {"daemon": {"tick": "1s"}, "alarm": {"no_fetch": "2s", "exec": str(program)}, **changes}
        tables = sections(folder, dovecot.imap_port, sink.port, url, **changes)
        tables["admins"] = [{"address": "root@corp.example"}]
        self.settings = prepare(tables)
        self.config.write_text(json.dumps(tables))
        self.systemd = Systemd(str(folder / "notify"))
        self.environment: dict[str, str] = {}
        self.before: Sequence[str] = ()

    def start(self, point: str = "") -> None:
        environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "NOTIFY_SOCKET": self.systemd.address, "WATCHDOG_USEC": "3000000",
            **({"MAILD_FAILPOINT": point} if point else {}), **self.environment,
        }  # fmt: skip
        with self.log.open("ab") as log:
            log.write(f"--- {point}\n".encode())
            self.process = subprocess.Popen(
                [*self.before, sys.executable, "-m", "tests.crash.daemon", str(self.config)],
                cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def ready(self) -> None:
        servers.wait_until(lambda: self.said("ready"), f"the daemon is ready: {self.tail()}", 30)

    def lines(self, words: str) -> list[str]:
        """The lines of the log that hold these words."""
        return [line for line in self.log.read_text("utf-8", "replace").splitlines() if words in line]

    def alarms(self) -> list[str]:
        """What the alarm program was told, `kind|text`, in order."""
        return self.alarms_told.read_text("utf-8").splitlines() if self.alarms_told.exists() else []

    def waiting(self) -> int:
        return self.dovecot.count(SUPPORT)

    def well(self, timeout: float = 60.0) -> None:
        """Everything is done, the history holds, the database is whole, and the log gave nothing away."""
        self.settle(timeout)
        verdict = self.check()
        assert verdict.faults == [], f"{verdict.faults}\n{self.tail()}"
        if self.url.startswith("sqlite"):
            with looking(self.url) as engine, engine.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        text = self.log.read_text("utf-8", "replace")
        assert [word for word in CANARIES if word in text] == []

    def close(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        super().close()
        self.systemd.close()


class Disk:
    """A small disk of its own: a tmpfs where one may be mounted, else (a container) a limit on the size of files."""

    def __init__(self, folder: Path, options: str = "size=32m") -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "maild-test", str(folder)], capture_output=True, check=False
        )
        self.real = done.returncode == 0
        self._filler = folder / "filler"

    def fill(self, pid: int) -> None:
        """Leave not a byte of room for process `pid`."""
        if not self.real:
            limit_files(pid, 4096)
            return
        with self._filler.open("ab", buffering=0) as file:
            for size in (65_536, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"x" * size):
                        pass

    def room(self, pid: int) -> None:
        if self.real:
            self._filler.unlink()
        else:
            limit_files(pid, None)

    def close(self) -> None:
        if self.real:
            subprocess.run(["umount", "-l", str(self.folder)], check=True, capture_output=True)


@contextlib.contextmanager
def small_disk(folder: Path, options: str = "size=32m") -> Iterator[Disk]:
    disk = Disk(folder, options)
    try:
        yield disk
    finally:
        disk.close()


def limit_files(pid: int, size: int | None) -> None:
    """No file of this process may grow beyond so many bytes from now on: EFBIG."""
    _limit(pid, "fsize", size)


def limit_descriptors(pid: int, count: int | None) -> None:
    """No descriptor from this number on may be opened by this process from now on: EMFILE."""
    _limit(pid, "nofile", count)


def _limit(pid: int, what: str, value: int | None) -> None:
    import resource

    kind = {"fsize": resource.RLIMIT_FSIZE, "nofile": resource.RLIMIT_NOFILE}[what]
    hard = resource.prlimit(pid, kind)[1]
    soft = hard if value is None else value
    if what == "nofile" and value is None:
        soft = min(1024, hard) if hard != resource.RLIM_INFINITY else 1024
    resource.prlimit(pid, kind, (soft, hard))


def descriptors(pid: int) -> int:
    """How many descriptors a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))


def memory(pid: int) -> int:
    """Resident memory in bytes."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
