"""SIGTERM and a new start, again and again under load: nothing lost, and nothing twice, for it is no excuse (F16)."""

from __future__ import annotations

import random
import time

from tests import servers
from tests.crash.long import on_servers
from tests.crash.rounds import Rounds

RESTARTS = 100


def play(rounds: Rounds, count: int, seed: str) -> list[float]:
    """`count` restarts; how long each end took (seconds). Raises AssertionError."""
    dice = random.Random(seed)
    ends = []
    for _ in range(count):
        rounds.start()
        rounds.deliver(dice.randint(1, 6))
        if dice.random() < 0.8:
            servers.wait_until(lambda: rounds.said("ready"), "the daemon is ready", 60)
        else:
            # Not ready yet, but listening: it must end as well.
            servers.wait_until(lambda: rounds.said("first look") or rounds.said("inbound"), "it has begun", 60)
        rounds.deliver(dice.randint(0, 3))
        time.sleep(dice.uniform(0, 0.5))
        begun = time.monotonic()
        rounds.stop()
        ends.append(time.monotonic() - begun)
    rounds.start()
    rounds.settle(180)
    rounds.stop()
    verdict = rounds.check()
    assert verdict.faults == [], f"seed {seed}: {verdict.faults}\n{rounds.tail()}"
    assert verdict.second_copies == 0, f"seed {seed}: {verdict.second_copies} mails came twice"
    return ends


def main(size: int | None, seed: str) -> None:
    """`size` restarts."""
    with on_servers() as rounds:
        ends = play(rounds, size or RESTARTS, seed)
        print(f"{len(ends)} restarts, {len(rounds.sent)} mails, {len(rounds.sink.mails)} at the relay: none lost, none")
        print(f"twice; the slowest end took {max(ends):.1f} s")
