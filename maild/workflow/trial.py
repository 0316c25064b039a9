"""Whether what was learned is better than the rules: tried on the desk's own tickets, mail against mail."""

import math
from collections import defaultdict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from maild.model.learned import Learned
from maild.workflow.learn import Example, judge, learn

_FOLDS = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """What cross-validation found, in numbers of mails (each counted with its weight).

    mails    tried, each by a model that had not seen it, nor anything else of its writer
    rules    of these, how many the rules put into the right category
    own      how many the model did
    better   how many the model alone had right;  worse: how many the rules alone had right
    """

    mails: float = 0.0
    rules: float = 0.0
    own: float = 0.0
    better: float = 0.0
    worse: float = 0.0

    @property
    def gain(self) -> float:
        """By how much the share of right categories rises, 0–1; negative when the model is worse."""
        return (self.better - self.worse) / self.mails if self.mails else 0.0


def taken_over(figures: Figures, enough: bool, margin: float, in_use: bool) -> tuple[bool, str]:
    """Whether the model is to be used, and why, in one sentence.

    It takes over when it was tried on `enough` tickets, gains `margin` at least, and the mails that it alone has right
    outnumber the others by more than the toss of a coin would (one standard deviation). Once `in_use` it stays as long
    as it has any gain at all, so that it does not come and go.
    """
    net, split = figures.better - figures.worse, figures.better + figures.worse
    told = f"right in {_share(figures.own, figures)} of the mails tried, the rules in {_share(figures.rules, figures)}"
    if not enough:
        return False, "not enough tickets yet to learn from"
    if in_use and net > 0:
        return True, f"still better than the rules: {told}"
    if in_use:
        return False, f"no better than the rules any more: {told}"
    if net <= 0 or figures.gain < margin:
        return False, f"not better than the rules by the margin: {told}"
    if net < math.sqrt(split):
        return False, f"better than the rules, but it may be chance: {told}"
    return True, f"better than the rules: {told}"


def _share(count: float, figures: Figures) -> str:
    return f"{100 * count / figures.mails:.0f} %" if figures.mails else "none"


def try_out(examples: Sequence[Example], barred: str = "") -> Generator[None, None, tuple[Learned, Figures]]:
    """Cross-validate on the examples, then learn from all of them; yields now and then, for the caller's other work.

    All mails of one person are tried together: who reports the same fault each week must not teach what they are then
    tried on. Which persons go together follows from their names alone, so the same examples give the same figures.
    """
    by_person: dict[str, list[Example]] = defaultdict(list)
    for each in examples:
        by_person[each.person].append(each)
    people = sorted(by_person, key=lambda person: sha256(person.encode()).digest())
    mails = rules = own = better = worse = 0.0
    for fold in range(min(_FOLDS, len(people))):
        asked = set(people[fold::_FOLDS])
        model = yield from learn(each for each in examples if each.person not in asked)
        for each in (row for person in people[fold::_FOLDS] for row in by_person[person]):
            said = judge(model, each.words, each.leaning, barred).category == each.label
            ruled = each.leaning.ruled == each.label
            mails += each.weight
            rules += each.weight * ruled
            own += each.weight * said
            better += each.weight * (said and not ruled)
            worse += each.weight * (ruled and not said)
        yield
    learned = yield from learn(examples)
    return learned, Figures(mails, rules, own, better, worse)
