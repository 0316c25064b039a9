"""The same kills on PostgreSQL, where what a dead daemon leased waits until its lease runs out (F01)."""

from __future__ import annotations

from tests.crash.long import run

ROUNDS = 200


def main(size: int | None, seed: str) -> None:
    """`size` kills."""
    run(size or ROUNDS, seed, postgres=True)
