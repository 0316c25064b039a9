"""The daemon killed at named places and at random moments, on SQLite: nothing lost, nothing doubled (F01)."""

from __future__ import annotations

from tests.crash.long import run

ROUNDS = 200


def main(size: int | None, seed: str) -> None:
    """`size` kills."""
    run(size or ROUNDS, seed)
