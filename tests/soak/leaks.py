"""Thousands of mails through one daemon: descriptors, threads and memory stay where they were.

`size` is the number of mails.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
from pathlib import Path

from tests import servers
from tests.conftest import USERS
from tests.pressed import Pressed, descriptors, memory, threads

MAILS = 10_000
# THREATS F21; memory: what SQLite and Python keep for themselves (its page caches, arenas), not what mails leave.
DESCRIPTORS, THREADS, MEMORY_BYTES = 5, 2, 50 * 1024 * 1024


def play(desk: Pressed, mails: int, batch: int) -> tuple[int, int, int]:
    """So many mails in batches; how much more descriptors, threads and bytes there are at the end than at the start."""
    desk.deliver(batch)
    desk.start()
    desk.settle(300)
    first = descriptors(desk.pid), threads(desk.pid), memory(desk.pid)
    while len(desk.sent) < mails:
        desk.deliver(min(batch, mails - len(desk.sent)))
        desk.settle(300)
    last = descriptors(desk.pid), threads(desk.pid), memory(desk.pid)
    more = last[0] - first[0], last[1] - first[1], last[2] - first[2]
    assert more[0] <= DESCRIPTORS and more[1] <= THREADS and more[2] <= MEMORY_BYTES, (first, last)
    desk.well(300)
    desk.stop()
    return more


def main(size: int | None, seed: str) -> None:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        dovecot = stack.enter_context(servers.Dovecot(folder / "dovecot", USERS))
        sink = stack.enter_context(servers.Sink())
        desk = Pressed(folder / "desk", dovecot, sink)
        stack.callback(desk.close)
        more = play(desk, size or MAILS, random.Random(seed).randint(150, 250))
    print(f"{len(desk.sent)} mails: {more[0]:+d} descriptors, {more[1]:+d} threads, {more[2] / 1e6:+.1f} MB")
