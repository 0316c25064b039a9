"""Other mail programs on the same mailbox, for minutes: afterwards each mail left to maild is one ticket (C1, C2)."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from tests import servers
from tests.crash.rounds import Rounds
from tests.desks import SUPPORT, looking
from tests.other_clients import OtherClients, all_decided, faults, kept

SIZE = 300


def main(size: int | None, seed: str) -> None:
    """`size` seconds (300) of eight other clients on the mailbox of a real daemon."""
    seconds = size or SIZE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with servers.Dovecot(folder / "dovecot", {SUPPORT: "pw"}) as dovecot, servers.Sink() as sink:
            rounds = Rounds(folder / "desk", dovecot, sink)
            try:
                rounds.start()
                clients = OtherClients(dovecot.imap_port, SUPPORT, seed, threads=8)
                clients.work(seconds)
                with looking(rounds.url) as engine:
                    servers.wait_until(partial(all_decided, engine, clients), "all decided", 60 + 2 * seconds, 0.5)
                    wrong = faults(engine, clients)
            finally:
                rounds.close()
    print(
        f"seed {seed}: {seconds} s, {dict(clients.did)}; {len(kept(clients))} of {len(clients.appended)} left to maild"
    )
    assert not wrong, wrong
