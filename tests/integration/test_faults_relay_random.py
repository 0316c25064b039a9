"""The short form of `python -m tests.soak relay`: every mail accounted for, whatever the relay does."""

import random
from pathlib import Path

from tests.soak.relay import run


def test_g3_a_relay_that_misbehaves_at_random_loses_no_mail_and_doubles_only_what_it_did_not_answer(
    tmp_path: Path,
) -> None:
    """Also F02, F08, C6."""
    seed = str(random.SystemRandom().randrange(10**6))
    tally = run(tmp_path, 100, seed)
    assert not tally.faults, f"seed {seed}: {tally.faults[:5]}"
    assert sum(tally.states.values()) == 100 and tally.second_copies <= tally.lost_answers
