"""What a requester's free words mean."""

import time
from collections import Counter

import pytest

from maild.workflow.answers import understand
from tests.unit.answers_table import TABLE


@pytest.mark.parametrize(("state", "kind", "answer"), TABLE)
def test_an_answer_is_understood(state: str, kind: str, answer: str) -> None:
    assert understand(answer, state).kind == kind


def test_the_table_holds_sixty_answers_of_each_important_kind_in_both_languages() -> None:
    chinese = Counter(kind for kind, answer in {(k, a) for _, k, a in TABLE} if any("一" <= c <= "鿿" for c in answer))
    every = Counter(kind for kind, _ in {(k, a) for _, k, a in TABLE})
    for kind in ("solved", "not_solved", "thanks", "chaser", "withdrawn", "rating"):
        assert every[kind] >= 60, kind
        assert chinese[kind] >= 20, kind
        assert every[kind] - chinese[kind] >= 20, kind


@pytest.mark.parametrize(
    ("state", "answer", "kind", "rating"),
    [
        ("resolved", "1", "solved", None),
        ("resolved", "１", "solved", None),
        ("resolved", "1.", "solved", None),
        ("resolved", "1 已解决", "solved", None),
        ("resolved", "1＝已解决", "solved", None),
        ("resolved", "1, thanks", "solved", None),
        ("resolved", "2", "not_solved", None),
        ("resolved", "2。", "not_solved", None),
        ("resolved", "2，未解决", "not_solved", None),
        ("resolved", "2 not solved", "not_solved", None),
        ("resolved", "回复2", "not_solved", None),
        ("resolved", "3", "content", None),
        ("open", "1", "content", None),
        ("pending", "2", "content", None),
        ("closed", "5", "rating", 5),
        ("closed", "1", "rating", 1),
        ("closed", "3分", "rating", 3),
        ("closed", "4 stars", "rating", 4),
        ("closed", "6", "content", None),
        ("closed", "非常满意", "rating", 5),
        ("closed", "不满意", "rating", 2),
        ("closed", "不太满意", "rating", 2),
        ("closed", "满意", "rating", 4),
        ("closed", "not satisfied", "rating", 2),
        ("resolved", "2台电脑都不亮", "not_solved", None),
    ],
)
def test_digits_and_ratings_speak_by_the_state(state: str, answer: str, kind: str, rating: int | None) -> None:
    read = understand(answer, state)
    assert (read.kind, read.rating) == (kind, rating)


@pytest.mark.parametrize("answer", ["已经自己好了", "不用处理了", "never mind", "It fixed itself"])
def test_a_withdrawal_of_a_solved_ticket_says_solved(answer: str) -> None:
    assert understand(answer, "resolved").kind == "solved"


@pytest.mark.parametrize("answer", ["thanks, but still broken", "谢谢，但还是不行", "可以了吗，我这里还是报错"])
def test_a_thank_you_with_a_but_is_not_solved(answer: str) -> None:
    assert understand(answer, "resolved").kind == "not_solved"


@pytest.mark.parametrize("answer", ["不可以了", "没好了几分钟又坏了", "还没解决"])
def test_a_negated_word_for_solved_is_not_solved(answer: str) -> None:
    assert understand(answer, "resolved").kind == "not_solved"


@pytest.mark.parametrize("answer", ["", "   ", "\n\n", "> quoted only\n> 可以了"])
def test_nothing_said_is_content(answer: str) -> None:
    assert understand(answer, "resolved").kind == "content"


def test_quoted_lines_and_closings_do_not_count() -> None:
    assert understand("可以了\n\n> 还是不行", "resolved").kind == "solved"
    assert understand("Still the same.\n\nBest regards\nResolved Smith", "resolved").kind == "not_solved"


def test_the_deciding_words_are_named() -> None:
    assert "还是不行" in understand("您好，VPN 还是不行", "resolved").words


def test_a_hostile_text_takes_no_longer_than_a_long_one() -> None:
    for text in ("1" * 100_000, "还是" * 50_000, "not " * 25_000, "," * 100_000, "谢" * 100_000):
        begin = time.process_time()
        understand(text, "resolved")
        assert time.process_time() - begin < 0.5
