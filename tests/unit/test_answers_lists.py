"""The labelled lists in answers/: what people write, one answer a line, `\\n` for a line break.

Only yes.txt and thanks.txt may close a ticket that is waiting for its confirmation; what must be told apart among the
rest is for the words in which the agent hears of it.
"""

import ast
import random
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from maild.workflow import answers, clauses
from maild.workflow.answers import Kind, understand
from tests.unit.answers_table import TABLE

FOLDER = Path(__file__).parent / "answers"
KINDS: dict[str, Kind] = {
    "yes": "solved",
    "no": "not_solved",
    "both": "both",
    "thanks": "thanks",
    "new_problem": "new_problem",
    "question": "question",
}
CLOSES = frozenset({"solved", "thanks", "withdrawn", "rating"})
FOR_A_PERSON = ("no", "both", "new_problem", "question")
# The first table counts too: it is what these lists grew out of.
_TABLE = {"yes": "solved", "no": "not_solved", "both": "both", "thanks": "thanks", "question": "question"}


@cache
def listed(name: str) -> tuple[str, ...]:
    lines = (FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    return tuple(line.replace("\\n", "\n") for line in lines)


def _is_chinese(text: str) -> bool:
    return any("一" <= char <= "鿿" for char in text)


@pytest.mark.parametrize("name", KINDS)
def test_there_are_two_hundred_answers_of_each_kind_about_half_of_them_chinese(name: str) -> None:
    everything = {*listed(name), *(answer for _, kind, answer in TABLE if kind == _TABLE.get(name))}
    assert len(everything) >= 200
    assert 0.35 <= sum(map(_is_chinese, everything)) / len(everything) <= 0.65


@pytest.mark.parametrize("name", KINDS)
def test_a_solution_is_confirmed_by_a_yes_or_thanks_and_by_nothing_else(name: str) -> None:
    wrong = []
    for answer in listed(name):
        kind = understand(answer, "resolved").kind
        if (kind in CLOSES) != (name in ("yes", "thanks")):
            wrong.append(f"{kind}: {answer}")
    # A yes that is not understood costs somebody a look; the other way round it costs a requester their ticket.
    assert len(wrong) <= (3 if name in ("yes", "thanks") else 0), wrong


def test_nineteen_of_twenty_answers_are_told_apart_exactly() -> None:
    wrong = [
        f"{name} as {kind}: {answer}"
        for name, wanted in KINDS.items()
        for answer in listed(name)
        if (kind := understand(answer, "resolved").kind) != wanted
    ]
    assert len(wrong) <= 0.03 * sum(len(listed(name)) for name in KINDS), "\n".join(wrong)


@pytest.mark.parametrize("state", ["new", "open", "pending", "on_hold"])
def test_while_it_is_worked_on_nothing_but_a_plain_word_closes_it(state: str) -> None:
    """ "Done", "I'm back" and "OK, at three" answer something else than "is it solved?"."""
    wrong = [
        answer
        for name in ("working", "thanks", "noted", *FOR_A_PERSON)
        for answer in listed(name)
        if understand(answer, state).kind in ("solved", "withdrawn", "rating")
    ]
    assert wrong == []
    plain = [answer for answer in listed("yes") if understand(answer, state).kind == "solved"]
    assert len(plain) >= len(listed("yes")) / 2


def test_what_only_says_that_it_was_heard_is_neither_a_yes_nor_a_no() -> None:
    wrong = [(answer, state) for answer in listed("noted") for state in ("open", "resolved", "closed")
             if understand(answer, state).kind != "noted"]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("state", ["new", "open", "pending", "on_hold", "resolved", "closed"])
def test_whatever_stands_beside_a_yes_or_thanks_keeps_it_from_closing(state: str) -> None:
    """Any yes or thank-you with anything else from the lists before or behind it is read by a person."""
    dice = random.Random(7)
    wrong = Counter[str]()
    for _ in range(4_000):
        polite = dice.choice(listed(dice.choice(("yes", "thanks"))))
        other = dice.choice(listed(dice.choice(FOR_A_PERSON)))
        if _is_chinese(polite) != _is_chinese(other) or "\n" in polite + other or polite[0] in "12" or other[0] in "12":
            continue
        joint = dice.choice(("，", "。", "\n") if _is_chinese(polite) else (". ", ", ", "\n", " - "))
        text = joint.join((polite, other) if dice.random() < 0.6 else (other, polite))
        if understand(text, state).kind in (*CLOSES, "noted"):
            wrong[text] += 1
    assert wrong == Counter()


def test_the_sentences_of_the_lists_are_not_in_the_code() -> None:
    """What is understood is understood by its parts: no literal of the code is an answer of three words and more."""
    literals = set[str]()
    for module in (answers, clauses):
        assert module.__file__ is not None
        tree = ast.parse(Path(module.__file__).read_text("utf-8"))
        literals |= {_plain(str(each.value)) for each in ast.walk(tree) if isinstance(each, ast.Constant)}
        for pattern in [text for text in literals if "|" in text]:
            literals |= set(pattern.split("|"))
    told = {_plain(answer): answer for name in KINDS for answer in listed(name)}
    found = [answer for plain, answer in told.items() if _parts(answer) >= 3 and plain in literals]
    # Two-word politeness ("thank you", "好的谢谢") is what it is in any code.
    assert len(found) <= 0.02 * len(told), found


def _plain(text: str) -> str:
    return re.sub(r"[\s,.!?，。！？~～]", "", text.casefold())


def _parts(answer: str) -> int:
    return len(re.findall(r"[a-z0-9']+", answer.casefold())) + len(re.findall(r"[\u4e00-\u9fff]", answer)) // 2
