"""Which tickets teach, and how much of anybody's: strangers never do, and one person moves the desk only so far."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from maild.model import Learning, Lesson
from maild.workflow.lessons import example, settled
from tests.policies import default_policy

POLICY = default_policy()
NOW = datetime(2024, 3, 4, 2, 0, tzinfo=UTC)
CORRECTED = Lesson(
    ticket=1,
    subject="Carousel",
    text="The carousel is stuck.",
    language="en",
    category="hardware",
    requester="li.lei@corp.example",
    at=NOW,
    corrected=True,
    agent="wang.wei@corp.example",
    team="service_desk",
)
CONFIRMED = replace(CORRECTED, corrected=False, agent="")


@pytest.mark.parametrize(
    ("lesson", "changes", "why"),
    [
        (CORRECTED, {}, ""),
        (CONFIRMED, {}, ""),
        (CORRECTED, {"category": "gone"}, "in config.toml no more"),
        (CORRECTED, {"requester": "eve@stranger.example"}, "outside the company"),
        (CONFIRMED, {"requester": "eve@corp.example.evil"}, "outside the company"),
        (CORRECTED, {"text": " \n"}, "without a text of their own"),
        (CORRECTED, {"agent": "chen.jing@corp.example"}, "learn_not_from"),
        (CORRECTED, {"category": "other"}, ""),
        (CONFIRMED, {"category": "other"}, "settles nothing"),
        (CONFIRMED, {"team": "network"}, "another team"),
        (CORRECTED, {"team": "network"}, ""),
    ],
)
def test_what_teaches_is_what_a_person_has_settled(lesson: Lesson, changes: dict[str, Any], why: str) -> None:
    policy = replace(POLICY, learning=Learning(not_from=frozenset({"chen.jing@corp.example"})))
    kept, refused = settled([replace(lesson, **changes)], policy)
    assert len(kept) == (0 if why else 1)
    assert all(why in each for each in refused.counts)
    assert sum(refused.counts.values()) == (1 if why else 0)


def burst(agent: str, count: int, every: timedelta, first: int = 0) -> list[Lesson]:
    return [
        replace(CORRECTED, ticket=first + n, agent=agent, at=NOW + n * every, requester=f"p{first + n}@corp.example")
        for n in range(count)
    ]


def test_a_hundred_corrections_of_one_agent_in_an_hour_teach_no_more_than_a_dozen() -> None:
    many = burst("wang.wei@corp.example", 100, timedelta(seconds=30))
    few = burst("zhao.min@corp.example", 5, timedelta(minutes=1), 500)
    kept, refused = settled([*many, *few], POLICY)
    assert Counter(each.agent for each in kept) == {"wang.wei@corp.example": 12, "zhao.min@corp.example": 5}
    # Those that they began with, when they still looked at each.
    assert {each.ticket for each in kept if each.ticket < 500} == set(range(12))
    assert refused.counts == {"more than 12 corrections by one agent in an hour, or 40 in a day": 88}


def test_an_agent_who_corrects_all_day_teaches_no_more_than_forty_a_day() -> None:
    kept, _ = settled(burst("wang.wei@corp.example", 260, timedelta(minutes=6)), POLICY)
    days = Counter(each.at.date() for each in kept)
    assert set(days.values()) == {40}


def test_what_was_confirmed_is_not_counted_against_an_agent() -> None:
    rows = [replace(CONFIRMED, ticket=n, requester=f"p{n}@corp.example") for n in range(100)]
    assert len(settled(rows, POLICY)[0]) == 100


def test_one_requester_teaches_by_their_newest_tickets_only() -> None:
    rows = [replace(CONFIRMED, ticket=n, at=NOW + n * timedelta(hours=1)) for n in range(60)]
    kept, refused = settled(rows, POLICY)
    assert [each.ticket for each in kept] == list(range(40, 60))
    assert refused.counts == {"more than 20 tickets of one requester": 40}


def test_the_order_in_which_they_are_read_makes_no_difference() -> None:
    rows = burst("wang.wei@corp.example", 30, timedelta(minutes=1))
    assert settled(rows[::-1], POLICY) == settled(rows, POLICY)


def test_a_confirmed_ticket_stands_for_five_at_most() -> None:
    assert example(CORRECTED, 9.0, POLICY).weight == 1.0
    assert example(CONFIRMED, 3.0, POLICY).weight == 3.0
    assert example(CONFIRMED, 9.0, POLICY).weight == 5.0


def test_the_rules_are_asked_anew_whatever_the_ticket_was_taken_for() -> None:
    printer = replace(CORRECTED, subject="Printer", text="The printer jams.", category="network")
    assert (example(printer, 1.0, POLICY).leaning.ruled, example(printer, 1.0, POLICY).label) == ("hardware", "network")
