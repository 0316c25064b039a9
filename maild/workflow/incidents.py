"""Which of the recent reports are most likely one mass incident (PRODUCT §3.2). Pure: reports in, findings out.

Each new report asks: how many different people wrote something like it within the window, and how many would have
by the share that such reports had in the weeks before? Fifty password mails on a Monday morning are this desk's
ordinary Monday; five about the mail server in twenty minutes are not. Words that are common in this desk's reports
weigh little, so it needs neither lists of products nor anything learned.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from maild.model import Found, IncidentRules, Report, Signature, Words
from maild.workflow.incident_words import FAULTS, LABELS, SYMPTOMS

# So unlikely must the number of people be: less than one false proposal in a day of 2,000 mails.
UNLIKELY = 1e-5
# Reports of which most name no fault are seldom one: they must be so much less likely.
_NO_FAULT = 1e-3
# From this resemblance on a report belongs to an incident.
JOINS = 0.62
# A desk that knows nothing yet takes one report in so many for usual.
_PRIOR = 40.0
# Ordinary reports come in bursts: their number varies more than dice would have it.
_BURSTS = 0.25
# The window is looked at as a whole and in parts: forty reports in ten minutes need not wait for the hour.
_PARTS = (0.15, 0.35, 0.65, 1.0)
# Minutes before and after this time of day that tell what is usual now.
_SAME_TIME = 60
# A long report is compared by its most telling words.
_SEED_WORDS = 12
# Reports of an incident are recognised by so many of its words, and by pairs that so many of its reports have and at
# most so few of the ordinary ones.
_KEPT_WORDS = 24
_PAIR_SHARE = 0.2
_RARE = 0.004
_TITLE_SHARE = 0.6


class Recent:
    """The reports of the last weeks, oldest first, ready for comparing: at most `limit` of them."""

    def __init__(self, limit: int = 2000) -> None:
        self._limit = limit
        self._reports: dict[int, Report] = {}
        self._with: dict[str, set[int]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._reports)

    def __contains__(self, ticket: int) -> bool:
        return ticket in self._reports

    def add(self, report: Report) -> None:
        """One report more; the oldest goes when there are too many."""
        self._reports[report.ticket] = report
        for word in report.words:
            self._with[word].add(report.ticket)
        while len(self._reports) > self._limit:
            self._drop(next(iter(self._reports)))

    def _drop(self, ticket: int) -> None:
        gone = self._reports.pop(ticket)
        for word in gone.words:
            self._with[word].discard(ticket)
            if not self._with[word]:
                del self._with[word]

    def __getitem__(self, ticket: int) -> Report:
        return self._reports[ticket]

    def known_by(self, tickets: Iterable[int], now: datetime, rules: IncidentRules) -> Signature:
        """What these reports, which a person called one matter, are known by; an empty one if they share too little."""
        reports = [self._reports[ticket] for ticket in tickets if ticket in self._reports]
        count = Counter(word for each in reports for word in each.words - SYMPTOMS)
        shared = [word for word, n in count.items() if n >= max(2, _TITLE_SHARE * len(reports))]
        if not shared:
            return Signature()
        anchor = max(shared, key=lambda word: (word in LABELS, count[word] * self.weight(word), word))
        return self._known_by(anchor, reports, _View(self, {each.ticket for each in reports}, now, rules))

    def all(self) -> Iterable[Report]:
        return self._reports.values()

    def with_all(self, words: Set[str]) -> Set[int]:
        """The tickets whose reports hold all of these words."""
        sets = sorted((self._with.get(word, set()) for word in words), key=len)
        return set.intersection(*sets) if sets else set()

    def weight(self, word: str) -> float:
        """How much a word tells: much if few of this desk's reports have it."""
        return math.log((len(self._reports) + 40) / (len(self._with.get(word, ())) + 2))

    def found(self, fresh: Iterable[int], taken: Set[int], now: datetime, rules: IncidentRules) -> list[Found]:
        """The incidents that the fresh reports (ticket numbers) make, each once, the largest first.

        `taken` are the reports that belong to a known incident: they are neither counted nor ordinary.
        """
        view = _View(self, taken, now, rules)
        found: list[Found] = []
        used: set[int] = set()
        for ticket in fresh:
            seed = self._reports.get(ticket)
            if seed is None or not seed.person or ticket in used or ticket in taken or seed.at <= view.since:
                continue
            pair = view.best_pair(seed, used)
            if pair is None:
                continue
            made = self._describe(pair, view, used)
            found.append(made)
            used.update(made.reports)
        return sorted(found, key=lambda each: -each.people)

    def _describe(self, best: "_Pair", view: "_View", used: Set[int]) -> Found:
        core = [each for each in view.inside if best.words <= each.words and each.ticket not in used]
        anchor = self._anchor(best.words, view)
        known_by = self._known_by(anchor, core, view)
        # Others have said the same in other words; once more with what they bring in.
        reports = [
            each
            for each in view.inside
            if each.ticket not in used and (best.words <= each.words or match(each.words, known_by) >= JOINS)
        ]
        reports.sort(key=lambda each: each.at)
        category = Counter(each.category for each in reports).most_common(1)[0][0]
        team = Counter(each.team for each in reports if each.category == category).most_common(1)[0][0]
        return Found(
            reports=tuple(each.ticket for each in reports),
            people=len({each.person for each in reports}),
            since=reports[0].at,
            expected=best.expected,
            known_by=self._known_by(anchor, reports, view),
            title=title_of(reports, anchor),
            category=category,
            team=team,
            restricted=any(each.restricted for each in reports),
        )

    @staticmethod
    def _anchor(pair: frozenset[str], view: "_View") -> str:
        """What is out of order: of the two words the one that is no symptom; of two such the one of the tables, else
        the one that more reports of the window have."""
        things = sorted(pair - SYMPTOMS)
        return max(things, key=lambda word: (word in LABELS, sum(word in each.words for each in view.inside)))

    def _known_by(self, anchor: str, reports: Sequence[Report], view: "_View") -> Signature:
        """The words that several of these have, and the pairs with the anchor that are rare elsewhere."""
        count = Counter(word for each in reports for word in each.words)
        least = 2 if len(reports) > 2 else 1
        weights = {word: self.weight(word) * n / len(reports) for word, n in count.items() if n >= least}
        kept = sorted(weights, key=lambda word: (-weights[word], word))[:_KEPT_WORDS]
        with_anchor = Counter(word for each in reports if anchor in each.words for word in kept if word in each.words)
        enough = max(2, _PAIR_SHARE * len(reports))
        pairs = tuple(
            (anchor, word)
            for word, n in with_anchor.most_common(_KEPT_WORDS)
            if word != anchor and n >= enough and view.is_rare(frozenset((anchor, word)))
        )
        return Signature(anchor, {word: round(weights[word], 3) for word in kept}, pairs)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two words that more people's reports hold together than chance allows."""

    words: frozenset[str]
    people: int
    expected: float
    unlikely: float


class _View:
    """The reports at one moment: those inside the window, and the ordinary ones before it."""

    def __init__(self, recent: Recent, taken: Set[int], now: datetime, rules: IncidentRules) -> None:
        self._recent, self._rules = recent, rules
        self.since = now - rules.window
        self.inside: list[Report] = []
        self._before: dict[int, bool] = {}
        moment = _minute_of_day(now)
        for each in recent.all():
            if each.ticket in taken:
                continue
            if each.at > self.since:
                # What strangers write counts for nothing, and joins nothing.
                if each.person:
                    self.inside.append(each)
            else:
                apart = abs(_minute_of_day(each.at) - moment)
                self._before[each.ticket] = min(apart, 1440 - apart) <= _SAME_TIME
        self._same_time = sum(self._before.values())
        # Beginnings of the window's parts, each with how many people have written since.
        self._parts = [(begin, len(self._people(begin))) for begin in (now - rules.window * part for part in _PARTS)]

    def _people(self, begin: datetime) -> set[str]:
        return {each.person for each in self.inside if each.at > begin}

    def usual(self, words: Set[str]) -> float:
        """The share of ordinary reports that hold all of these words, at any time or at this time of the day: Monday
        morning has its forgotten passwords."""
        having = [each for each in self._recent.with_all(words) if each in self._before]
        share = (len(having) + 1.0) / (len(self._before) + _PRIOR)
        now = sum(self._before[each] for each in having)
        return max(share, (now + _PRIOR * share) / (self._same_time + _PRIOR))

    def is_rare(self, words: Set[str]) -> bool:
        """Whether hardly any ordinary report holds all of these words."""
        having = sum(1 for each in self._recent.with_all(words) if each in self._before)
        return having <= _RARE * len(self._before)

    def best_pair(self, seed: Report, used: Set[int]) -> _Pair | None:
        """The least likely of the pairs of this report's words, if that is unlikely enough."""
        weighed = sorted(seed.words, key=lambda word: (-self._recent.weight(word), word))
        own = frozenset(weighed[:_SEED_WORDS]) | {word for word in weighed if word in LABELS}
        together: dict[tuple[str, str], list[Report]] = defaultdict(list)
        for other in self.inside:
            shared = own & other.words
            if len(shared) > 1 and other.ticket not in used:
                for pair in combinations(sorted(shared), 2):
                    if not SYMPTOMS.issuperset(pair):
                        together[pair].append(other)
        best: _Pair | None = None
        for pair, reports in together.items():
            if len({each.person for each in reports}) < self._rules.people:
                continue
            judged = self._judge(frozenset(pair), reports)
            faults = sum(1 for each in reports if each.words & FAULTS)
            limit = UNLIKELY if faults * 2 >= len(reports) else UNLIKELY * _NO_FAULT
            if judged.unlikely < limit and (best is None or judged.unlikely < best.unlikely):
                best = judged
        return best

    def _judge(self, words: frozenset[str], reports: Sequence[Report]) -> _Pair:
        """How unlikely so many people are, in the part of the window where they are least likely."""
        share = self.usual(words)
        best = _Pair(words, 0, 0.0, 1.0)
        for begin, everybody in self._parts:
            people = len({each.person for each in reports if each.at > begin})
            if people < self._rules.people:
                continue
            expected = share * everybody
            chance = tail(people, expected)
            if chance < best.unlikely:
                best = _Pair(words, people, expected, chance)
        return best


def _minute_of_day(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def tail(n: int, expected: float) -> float:
    """How likely n or more are where so many are expected: negative binomial, since ordinary reports come in bursts
    too (a variance of m + m²·_BURSTS)."""
    shape = 1.0 / _BURSTS
    odds = expected * _BURSTS / (1.0 + expected * _BURSTS)
    term = (1.0 - odds) ** shape
    below = 0.0
    for k in range(n):
        below += term
        term *= (k + shape) / (k + 1) * odds
    # The sum of what is left; where it is less than a float's last digit, its first member stands for it.
    return max(1.0 - below, term) if n > 0 else 1.0


def title_of(reports: Sequence[Report], anchor: str) -> Words:
    """What the matter is called in public, "VPN: cannot connect": only words that most of the reports share and at
    least three people used.

    Nobody's own words: a report may name its writer, and every other reporter gets to read the title.
    """
    by_word: dict[str, set[str]] = defaultdict(set)
    for each in reports:
        for word in each.words:
            by_word[word].add(each.person)
    everybody = len({each.person for each in reports})
    shared = [word for word, people in by_word.items() if len(people) >= max(3, _TITLE_SHARE * everybody)]
    shared.sort(key=lambda word: (word != anchor, -len(by_word[word]), word))
    # A pair of Chinese characters is a piece of something that cannot be shown.
    known = [LABELS.get(word) or Words(_capital(word), _capital(word)) for word in shared if word.isascii()]
    signs = [word in SYMPTOMS for word in shared if word.isascii()]
    things = [label for label, sign in zip(known, signs, strict=True) if not sign][:2]
    faults = [label for label, sign in zip(known, signs, strict=True) if sign][:2]
    return Words(
        ": ".join(", ".join(label.en for label in part) for part in (things, faults) if part),
        "：".join("、".join(label.zh for label in part) for part in (things, faults) if part),
    )


def _capital(word: str) -> str:
    """The name of a system as people write it: short ones are abbreviations."""
    return word.upper() if len(word) <= 4 else word


def match(words: Set[str], known_by: Signature) -> float:
    """How much a report resembles an incident, 0–1; from JOINS on it is one of it.

    0 if it does not name what is out of order. 1 if it has two words that hardly anybody but the incident's reporters
    has used together; else the share of the incident's weight that it has, held against what else it says.
    """
    if known_by.anchor not in words:
        return 0.0
    if any(one in words and other in words for one, other in known_by.pairs):
        return 1.0
    weights = known_by.words
    whole = sum(weight * weight for weight in weights.values())
    common = sum(weights[word] ** 2 for word in words if word in weights)
    if not common:
        return 0.0
    # Words that no report of the incident has weigh like the lightest of it: a long report is no other matter.
    others = sum(1 for word in words if word not in weights) * min(weights.values()) ** 2
    return common / math.sqrt(whole * (common + others))
