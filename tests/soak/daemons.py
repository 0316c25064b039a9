"""Four daemons on one PostgreSQL and one mailbox, killed, stopped, ended and cut off at random under load (F11)."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from tests import servers
from tests.conftest import USERS
from tests.crash.nemesis import play
from tests.crash.several import Several

MAILS = 600
DAEMONS = 4
# The shipped lease: what is measured here is what an admin gets.
LEASE_S = 60.0
PER_SECOND = 1.0
BURST = 6
PAUSE_S = 8.0


def main(size: int | None, seed: str) -> None:
    """`size` mails and their like (replies, copies, notes, some of them poison)."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        dovecot = stack.enter_context(servers.Dovecot(folder / "dovecot", USERS))
        sink = stack.enter_context(servers.Sink())
        url = stack.enter_context(servers.Postgres()).database()
        several = stack.enter_context(Several(folder, dovecot, sink, url, DAEMONS, seed, LEASE_S))
        what = ("kill", "term", "stop", "cut", "place", "place", "place")
        verdict = play(several, size or MAILS, PER_SECOND, PAUSE_S, what, seed, poison=10, burst=BURST, patience_s=300)
        print(f"{len(several.sent)} mails, {len(sink.mails)} at the relay, {verdict.second_copies} of them twice")
        print(several.figures)
        assert verdict.faults == [], "\n".join(verdict.faults)
        slowest = max([0.0, *several.figures.outgoing, *several.figures.incoming])
        # 60 s of lease, and how often anybody looks.
        assert slowest < LEASE_S + 15, f"work of a dead daemon lay for {slowest:.0f} s"
