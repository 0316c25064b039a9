"""The fuzzer's short run, and that it would see what it looks for."""

import base64
import os

import pytest

from maild.ingest import body
from tests.fuzz import judge
from tests.fuzz.grow import seeds
from tests.fuzz.run import fuzz, minimised

# Seconds of CPU; `make fuzz` takes ten minutes.
SECONDS = float(os.environ.get("MAILD_FUZZ_SECONDS", "25"))
SEED = os.environ.get("MAILD_FUZZ_SEED", "reading")


@pytest.mark.timeout(900)
def test_no_mail_makes_the_reading_raise_stall_or_give_what_cannot_be_stored() -> None:
    """A22, A23, A24, A25, A52."""
    outcome = fuzz(SECONDS, SEED)
    print(f"seed {SEED}: {outcome.mails} mails and {outcome.pieces} pieces tried")
    told = "\n".join(f"{name}: {base64.b64encode(raw).decode()}" for name, raw in outcome.found.items())
    assert not outcome.found, f"seed {SEED}\n{told}"
    assert outcome.mails > SECONDS


def test_the_judge_sees_an_exception_a_stall_and_a_value_that_cannot_be_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = b"From: a@b.example\r\nSubject: x\r\n\r\nsome words here\r\n"
    assert judge.judge_mail(raw) is None

    def raising(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(body, "_show_plain", raising)
    problem = judge.judge_mail(raw)
    assert problem is not None and problem.startswith("KeyError at test_fuzz.py")
    smaller = minimised(raw, problem, judge.judge_mail)
    assert len(smaller) < len(raw) and judge.judge_mail(smaller) == problem

    def stalling(*_: object) -> None:
        while True:
            pass

    monkeypatch.setattr(body, "_show_plain", stalling)
    monkeypatch.setattr(judge, "CPU_S", 0.1)
    assert judge.judge_mail(raw) == "more than 0.1 s of CPU"
    assert judge.unstorable("a\0b") and judge.unstorable("\ud800") and judge.unstorable(2**63)


def test_every_seed_is_read_without_a_problem() -> None:
    assert len(seeds()) > 200
    assert {judge.judge_mail(raw) for raw in seeds()} == {None}
