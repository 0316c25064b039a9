"""Which solved tickets resemble a new report: an inverted index in memory, ranked by the rare terms they share (BM25).

It is small on purpose (MEASURED: the newest 2,000 solutions, at most twelve terms, 3 ms a query) and follows each
solution that comes or goes: built in steps or at once, in any order, it gives the same answers.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from maild.model import Solved
from maild.workflow.terms import terms_of

# The notice shows so many; as many again are found, since not everybody may see each of them.
SHOWN = 3
FOUND = 2 * SHOWN
QUERY_TERMS = 12
# Of a solution so many different terms count, the first ones: the index stays small whatever people write.
_DOCUMENT_TERMS = 60
# BM25's saturation and its discount for length. What length is ordinary is fixed, so that the weights of one solution
# never depend on its neighbours.
_K1, _B, _ORDINARY = 1.5, 0.4, 24.0
# Terms of a title tell more than those of a text, in what was solved and more so in what is asked.
_IN_TITLE, _ASKED_IN_SUBJECT = 1.5, 2.0
# A solution that did not please counts less, and so does one that nobody confirmed.
_POOR, _UNCONFIRMED = 0.6, 0.9
# What is shown must share this many nats of rarity (a term that one ticket in 150 has is worth 5), reach this share of
# what a solution with all twelve terms would score, and this share of the best one's score. bench/similar.py measures
# what these three do.
_RARITY, _ENOUGH, _BESIDE_BEST = 5.0, 0.2, 0.6
# One word in common is chance however rare it is.
_SHARED = 2
# On a young desk every word looks rare or common by accident: one in so many solutions is expected to hold it.
_EXPECTED = 100
# The weight of a term that stands once or twice in a text of ordinary length.
_PERFECT = 1.6


@dataclass(frozen=True, slots=True)
class Experience:
    """One solution as the index takes it in: `report` is what was reported, `solution` the agent's summary.

    `poor`: its requester rated it two stars or fewer. `confirmed`: its requester said that it helped.
    """

    solved: Solved
    report: str
    solution: str
    poor: bool = False
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class _Document:
    solved: Solved
    terms: tuple[str, ...]
    said: str
    factor: float


def _anybody(solved: Solved) -> bool:
    return True


class Index:
    """Solutions by the terms in them; a ticket has one at most."""

    def __init__(self) -> None:
        self._documents: dict[int, _Document] = {}
        self._weights: dict[str, dict[int, float]] = {}

    def __len__(self) -> int:
        return len(self._documents)

    def put(self, experience: Experience) -> None:
        """Take a solution in; one of the same ticket is replaced."""
        number = experience.solved.ticket
        self.drop(number)
        counts: dict[str, float] = {}
        for text, each in ((experience.solved.title, _IN_TITLE), (experience.report, 1.0), (experience.solution, 1.0)):
            for term, times in Counter(terms_of(text)).items():
                counts[term] = counts.get(term, 0.0) + each * times
        kept = dict(list(counts.items())[:_DOCUMENT_TERMS])
        length = _K1 * (1 - _B + _B * sum(kept.values()) / _ORDINARY)
        for term, count in kept.items():
            self._weights.setdefault(term, {})[number] = count * (_K1 + 1) / (count + length)
        factor = (_POOR if experience.poor else 1.0) * (1.0 if experience.confirmed else _UNCONFIRMED)
        said = " ".join(experience.solution.lower().split())[:200]
        self._documents[number] = _Document(experience.solved, tuple(kept), said, factor)

    def drop(self, number: int) -> None:
        """Forget the solution of a ticket, if there is one."""
        had = self._documents.pop(number, None)
        for term in had.terms if had is not None else ():
            holders = self._weights[term]
            del holders[number]
            if not holders:
                del self._weights[term]

    def search(
        self, report: str, allowed: Callable[[Solved], bool] = _anybody, most: int = FOUND
    ) -> tuple[Solved, ...]:
        """The solutions most like a report whose first line is its subject, best first, at most `most` of them.

        Of several with one and the same summary (the children of a mass incident) the best one stands for all. The
        order is total: equal scores are told apart by the ticket's number, the newer one first.
        """
        asked = self._asked(report)
        scores: dict[int, float] = {}
        rarity: dict[int, float] = {}
        shared: Counter[int] = Counter()
        perfect = 0.0
        for term, (rare, often) in asked.items():
            worth = rare * often
            perfect += worth * _PERFECT
            for number, weight in self._weights[term].items():
                scores[number] = scores.get(number, 0.0) + worth * weight
                rarity[number] = rarity.get(number, 0.0) + rare
                shared[number] += 1
        enough = perfect * _ENOUGH
        found = sorted(
            (
                (score * self._documents[number].factor, number)
                for number, score in scores.items()
                if score >= enough and rarity[number] >= _RARITY and shared[number] >= _SHARED
            ),
            reverse=True,
        )
        return self._first(found, allowed, most)

    def _first(
        self, found: list[tuple[float, int]], allowed: Callable[[Solved], bool], most: int
    ) -> tuple[Solved, ...]:
        shown: list[Solved] = []
        said: set[str] = set()
        least = 0.0
        for score, number in found:
            document = self._documents[number]
            if score < least or len(shown) == most:
                break
            if (document.said and document.said in said) or not allowed(document.solved):
                continue
            least = least or score * _BESIDE_BEST
            said.add(document.said)
            shown.append(document.solved)
        return tuple(shown)

    def _asked(self, report: str) -> dict[str, tuple[float, float]]:
        """The twelve most telling terms that any solution holds: how rare each is, and how much it counts."""
        subject, _, text = report.partition("\n")
        counts = dict.fromkeys(terms_of(subject), _ASKED_IN_SUBJECT)
        for term in terms_of(text):
            counts.setdefault(term, 1.0)
        total = len(self._documents)
        ranked: list[tuple[float, str]] = []
        for term, often in counts.items():
            holders = self._weights.get(term)
            if holders is not None:
                ranked.append((often * _rarity(len(holders), total), term))
        ranked.sort(key=lambda row: (-row[0], row[1]))
        return {term: (worth / counts[term], counts[term]) for worth, term in ranked[:QUERY_TERMS]}


def _rarity(holders: int, total: int) -> float:
    """How rare a term is: the negative logarithm of its share among the solutions, in nats."""
    return math.log((total + _EXPECTED) / (holders + 1))
