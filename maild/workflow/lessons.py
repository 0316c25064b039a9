"""Which tickets may teach, and how much of anybody: nobody's haste or malice shall turn the desk.

A category counts as settled when an agent set it, or when an agent worked on the ticket until it was solved, the
category's own team had it to the end, nobody corrected it, and the requester confirmed. What strangers write never
teaches, nor what a ticket was guessed to be before anybody looked.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from maild.model import Lesson, Policy
from maild.workflow import learn
from maild.workflow.triage import OTHER, leaning, rule

MOST = 1000
"""At most so many corrected tickets teach, and as many confirmed ones: the newest, since what a desk gets changes."""

# Of one agent, so many corrections of an hour and of a day teach; of one requester, so many tickets at all. Who clears
# up a backlog in one go, or means ill, moves the desk no further than that.
_AN_HOUR = 12
_A_DAY = 40
_A_REQUESTER = 20
# One confirmed ticket stands for at most so many that were solved and never confirmed.
_STANDS_FOR = 5.0


@dataclass(frozen=True, slots=True)
class Refused:
    """How many tickets do not teach, by the reason (a sentence for the admin)."""

    counts: Mapping[str, int]


def settled(lessons: Iterable[Lesson], policy: Policy) -> tuple[tuple[Lesson, ...], Refused]:
    """The tickets that teach, and why the others do not."""
    kept: list[Lesson] = []
    refused: Counter[str] = Counter()
    hours: Counter[tuple[str, datetime]] = Counter()
    days: Counter[tuple[str, object]] = Counter()
    # The first ones of an hour are those that a person took time for.
    for each in sorted(lessons, key=lambda lesson: (lesson.at, lesson.ticket)):
        why = _unfit(each, policy)
        if not why and each.corrected:
            hour, day = (each.agent, each.at.replace(minute=0, second=0, microsecond=0)), (each.agent, each.at.date())
            if hours[hour] >= _AN_HOUR or days[day] >= _A_DAY:
                why = f"more than {_AN_HOUR} corrections by one agent in an hour, or {_A_DAY} in a day"
            else:
                hours[hour] += 1
                days[day] += 1
        if why:
            refused[why] += 1
        else:
            kept.append(each)
    people: Counter[str] = Counter()
    newest: list[Lesson] = []
    for each in reversed(kept):
        people[each.requester] += 1
        if people[each.requester] > _A_REQUESTER:
            refused[f"more than {_A_REQUESTER} tickets of one requester"] += 1
        else:
            newest.append(each)
    return tuple(reversed(newest)), Refused(dict(refused))


def example(lesson: Lesson, stands_for: float, policy: Policy) -> learn.Example:
    """The mail of a lesson, ready to be learned from. `stands_for`: how many solved tickets a confirmed one means."""
    ruled = rule(lesson.subject, lesson.text, lesson.language, policy)
    return learn.Example(
        learn.words_of(lesson.subject, lesson.text),
        leaning(ruled, policy),
        lesson.category,
        lesson.requester,
        1.0 if lesson.corrected else min(stands_for, _STANDS_FOR),
    )


def _unfit(lesson: Lesson, policy: Policy) -> str:
    category = policy.categories.get(lesson.category)
    if category is None:
        return "their category is in config.toml no more"
    if not lesson.text.strip():
        # The title of a mail without a word is made of the category that was guessed.
        return "without a text of their own"
    if not policy.is_internal(lesson.requester):
        return "written by somebody outside the company"
    if lesson.corrected:
        return "corrected by an agent in [triage] learn_not_from" if lesson.agent in policy.learning.not_from else ""
    if lesson.category == OTHER:
        return "left under “other”, which settles nothing"
    if category.team != lesson.team:
        return "solved by another team than the category's"
    return ""
