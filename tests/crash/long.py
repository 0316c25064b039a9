"""`python -m tests.crash.long ROUNDS [SEED [postgres]]`: the daemon killed again and again, under load."""

from __future__ import annotations

import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests import servers
from tests.conftest import USERS
from tests.crash.rounds import Rounds

# Half of the kills strike at a named place, at a random one of its passings; the others, and SIGTERM, at any time.
PLACES = (
    "received", "attempts", "applied", "decided", "leased", "content", "dot", "answered", "recording", "recorded",
    "unfiled",
)  # fmt: skip
CHECK_EVERY = 20
# As many mails as one history; then a fresh desk, so that checking does not take longer than killing.
ROUND_MAILS = (1, 6)
LONGEST_LIFE_S = 1.5


def play(rounds: Rounds, count: int, seed: str) -> tuple[int, int, int]:
    """`count` rounds, checking the history every so often; (kills, mails, second copies). Raises AssertionError."""
    dice = random.Random(seed)
    print(f"seed {seed}: {count} rounds")
    second = 0
    for number in range(1, count + 1):
        rounds.deliver(dice.randint(*ROUND_MAILS))
        if dice.random() < 0.5:
            point = f"{dice.choice(PLACES)}:{dice.randint(1, 4)}"
            rounds.start(point)
            rounds.dead_under_load(point)
        else:
            rounds.start()
            servers.wait_until(lambda: rounds.said("ready"), "the daemon is ready", 30)
            life = dice.uniform(0, LONGEST_LIFE_S)
            rounds.deliver(dice.randint(1, 3))
            time.sleep(life)
            if dice.random() < 0.3:
                # SIGTERM is no excuse: nothing may come twice for it.
                rounds.stop()
            else:
                rounds.kill(f"after {life:.3f} s")
        if number % CHECK_EVERY == 0 or number == count:
            rounds.start()
            rounds.settle(120)
            rounds.stop()
            verdict = rounds.check()
            assert verdict.faults == [], f"seed {seed}, round {number}: {verdict.faults}\n{rounds.tail()}"
            second = verdict.second_copies
            print(f"round {number}: {len(rounds.sent)} mails, {len(rounds.sink.mails)} on the wire, {second} twice")
    return len(rounds.deaths), len(rounds.sent), second


@contextlib.contextmanager
def on_servers(postgres: bool = False) -> Iterator[Rounds]:
    """A desk on servers of its own, in a folder that goes away."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        dovecot = stack.enter_context(servers.Dovecot(folder / "dovecot", USERS))
        sink = stack.enter_context(servers.Sink())
        url = stack.enter_context(servers.Postgres()).database() if postgres else ""
        rounds = Rounds(folder / "desk", dovecot, sink, url)
        stack.callback(rounds.close)
        yield rounds


def run(count: int, seed: str, postgres: bool = False) -> None:
    """So many rounds, and the figures. Raises AssertionError when anything was lost or doubled."""
    with on_servers(postgres) as rounds:
        kills, mails, second = play(rounds, count, seed)
    print(f"{kills} kills, {mails} mails: none lost, none doubled; {second} copies sent twice, as promised")


def main() -> None:
    seed = sys.argv[2] if len(sys.argv) > 2 else str(time.time_ns())
    run(int(sys.argv[1]), seed, sys.argv[3:] == ["postgres"])


if __name__ == "__main__":
    main()
