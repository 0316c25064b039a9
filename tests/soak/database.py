"""PostgreSQL restarted again and again under load (fast and immediate, in turn): nothing lost, nothing twice.

`size` is the number of restarts.
"""

from __future__ import annotations

import contextlib
import random
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from maild.store import migrate
from maild.store.engine import open_engine
from tests import servers
from tests.conftest import USERS
from tests.pressed import Pressed

RESTARTS = 20
# What THREATS G8 promises.
RECOVERED_S = 60.0


@dataclass
class Figures:
    """Mails in, mails out, and how long after each restart everything was done (seconds)."""

    mails: int = 0
    wire: int = 0
    recovered: list[float] = field(default_factory=list)


def play(desk: Pressed, server: servers.Postgres, restarts: int, seed: str) -> Figures:
    """So many restarts under load; raises AssertionError when a promise does not hold."""
    dice = random.Random(seed)
    figures = Figures()
    desk.start()
    desk.ready()
    for number in range(restarts):
        desk.deliver(dice.randint(4, 12))
        time.sleep(dice.uniform(0, 0.6))
        server.stop(signal.SIGQUIT if number % 2 else signal.SIGINT)
        desk.deliver(dice.randint(1, 3))
        time.sleep(dice.uniform(0, 1.0))
        server.start()
        since = time.monotonic()
        desk.well(2 * RECOVERED_S)
        figures.recovered.append(time.monotonic() - since)
        assert figures.recovered[-1] <= RECOVERED_S, f"restart {number}: {figures.recovered[-1]:.1f} s"
    desk.stop()
    figures.mails, figures.wire = len(desk.sent), len(desk.sink.mails)
    return figures


def durable() -> servers.Postgres:
    """A PostgreSQL that loses nothing that it has committed when it is stopped at once; not started yet."""
    server = servers.Postgres()
    server.settings = {"synchronous_commit": "on", "full_page_writes": "on"}
    return server


def main(size: int | None, seed: str) -> None:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        dovecot = stack.enter_context(servers.Dovecot(folder / "dovecot", USERS))
        sink = stack.enter_context(servers.Sink())
        server = stack.enter_context(durable())
        url = server.database()
        engine = open_engine(url)
        migrate.upgrade(engine)
        engine.dispose()
        desk = Pressed(folder / "desk", dovecot, sink, url)
        stack.callback(desk.close)
        figures = play(desk, server, size or RESTARTS, seed)
    worst, mean = max(figures.recovered), sum(figures.recovered) / len(figures.recovered)
    print(
        f"{len(figures.recovered)} restarts, {figures.mails} mails in, {figures.wire} out: none lost, none twice;"
        f" all done {mean:.1f} s after a restart on average, {worst:.1f} s at worst"
    )
