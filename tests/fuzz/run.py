"""One run of the fuzzer: so much CPU, one seed, and what was found, each finding once and made small."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from tests.fuzz.grow import mutated, piece, seeds
from tests.fuzz.judge import TARGETS, judge_mail, judge_piece

MINIMISING_S = 6.0


@dataclass(slots=True)
class Outcome:
    """How many mails and pieces were tried, and by what went wrong the smallest input that shows it."""

    mails: int = 0
    pieces: int = 0
    found: dict[str, bytes] = field(default_factory=dict)


def fuzz(cpu_s: float, seed: str) -> Outcome:
    """Try until that much CPU is used; the same seed tries the same inputs in the same order."""
    dice = random.Random(seed)
    stock, outcome = seeds(), Outcome()
    targets = list(TARGETS)
    end = time.process_time() + cpu_s
    while time.process_time() < end and len(outcome.found) < 20:
        if dice.random() < 0.8:
            raw = mutated(dice, stock)
            outcome.mails += 1
            _note(outcome, raw, "mail", judge_mail)
        else:
            target = dice.choice(targets)
            outcome.pieces += 1
            _note(outcome, piece(dice, stock), target, partial(judge_piece, target))
    return outcome


def _note(outcome: Outcome, raw: bytes, what: str, judge: Callable[[bytes], str | None]) -> None:
    problem = judge(raw)
    if problem is None:
        return
    name = f"{what}: {problem}"
    if name not in outcome.found:
        outcome.found[name] = minimised(raw, problem, judge)


def minimised(raw: bytes, problem: str, judge: Callable[[bytes], str | None]) -> bytes:
    """Smaller bytes with the same problem: halves, quarters and so on are left out as long as it stays."""
    end = time.monotonic() + MINIMISING_S
    size = max(1, len(raw) // 2)
    while size and time.monotonic() < end:
        at, shrunk = 0, False
        while at < len(raw) and time.monotonic() < end:
            shorter = raw[:at] + raw[at + size :]
            if judge(shorter) == problem:
                raw, shrunk = shorter, True
            else:
                at += size
        if not shrunk:
            size //= 2
    return raw
