"""Learning categories from agents: a linear model over words that begins as the rules and moves where they were wrong.

A passive-aggressive classifier (PA-I: Crammer et al., 2006, "Online Passive-Aggressive Algorithms"), averaged over all
its steps. What the rules say of a mail stands in each score from the beginning, and the words' weights begin at zero:
without an example the model says exactly what the rules say, and what it learns is a difference from them. It is
deterministic, and the order in which examples come makes no difference: they are sorted by their content first.
"""

import math
import re
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from maild.model.learned import Learned, WordWeights
from maild.model.secrets_mask import mask_secrets
from maild.workflow.wordfinder import normalise, tokens

# In the subject a word says more than in the body, of which the beginning says what the mail is about.
_SUBJECT = 1.5
_BODY = 1.0
_BODY_CHARACTERS = 1000
# How far the rules are believed against the words: by their verdict, by each category's share of their weights, and all
# the less the weaker the verdict's own words are (half at a sum of 2, the weight of one vague word). Chosen, like the
# rest of these, by cross-validation: docs/why.md tells how.
_VERDICT = 0.26
_SHARE = 0.455
_FIRM = 2.0
# What a verdict without any word of its own ("other") is worth.
_NOTHING = 0.05
# By how much the right category is to win, how far one example may move a weight, and how often all are gone through.
_MARGIN = 0.8
_STEP = 0.3
_PASSES = 6
# A word that only one person ever wrote is not learned: it may be their name, and one person alone teaches nothing.
_PEOPLE = 2
# Weights below this decide nothing and are not kept.
_SMALL = 0.005
# A word whose share of a score is smaller than this decided nothing that is worth telling.
_TOLD = 0.01

# Words that name nothing. They do tell something ("my", "some": without them it is a point and a half worse), but
# people are told of the others as long as there are any.
_EMPTY = frozenset(
    "a about after again all also am an and any are as at be because been before but by com could dear did do does each"
    " every few for from get give go good got had has have having he hello her here hi him his i if in into is it its"
    " just kindly know last let like looking many may me mine more morning most much must my myself no now of on one"
    " only or other our out please re fw so some such thank thanks that the their them then there these they this those"
    " to today too two up us very was we were what when where which while who whom why will with would yesterday you"
    " your yours 您好 你好 谢谢 请问 麻烦 我的 我们 大家 一下 帮忙 怎么 这个 那个 什么 为什 因为 所以 但是 可以"
    " 时候 现在 今天 昨天 已经 还是 就是 老师 领导 同事".split()
)
_HAN = re.compile(r"[\u3400-\u9fff]+")
_NO_WORD = re.compile(r"\S+@\S+|(?:https?|ftp|file)://\S+|\\\\\S+")
_DIGITS = re.compile(r"\d")
_LONGEST = 24


@dataclass(frozen=True, slots=True)
class Leaning:
    """What the rules say of a mail: their verdict, the sum of weights for each category, and whether it must stand.

    It stands where config.toml sends a topic away by itself, and where the category is restricted: what is confidential
    is made public by a person only.
    """

    ruled: str
    sums: Mapping[str, float]
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A mail whose category a person has settled.

    words    as `words_of` gives them
    label    the category
    person   who wrote the mail
    weight   how many mails of the desk this one stands for, when the model is tried
    """

    words: Mapping[str, float]
    leaning: Leaning
    label: str
    person: str
    weight: float = 1.0

    @property
    def key(self) -> str:
        """A digest of the content: examples are sorted by it, so that learning does not depend on their order."""
        content = (sorted(self.words.items()), self.leaning.ruled, self.label, self.person)
        return sha256(repr(content).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model says of a mail.

    category   the best one (never `barred`: that is only proposed)
    proposed   the barred category won: a person may want it
    because    the words that spoke for the category most, best first; empty: no learned word decided anything
    """

    category: str
    proposed: bool
    because: tuple[str, ...]


def words_of(subject: str, text: str) -> dict[str, float]:
    """The words of a mail with how much each says: English words, Chinese pairs of characters.

    Addresses, links, numbers and what follows "password:" are none: they tell of a person, not of a problem.
    """
    found: dict[str, float] = {}
    for part, weight in ((subject, _SUBJECT), (text[: 4 * _BODY_CHARACTERS], _BODY)):
        plain = normalise(_NO_WORD.sub(" ", mask_secrets(part)[0]))[:_BODY_CHARACTERS]
        for word in tokens(plain):
            if 1 < len(word) <= _LONGEST and len(_DIGITS.findall(word)) < min(len(word), 4):
                found[word] = max(found.get(word, 0.0), weight)
        if not plain.isascii():
            for run in _HAN.findall(plain):
                for at in range(len(run) - 1):
                    pair = run[at : at + 2]
                    found[pair] = max(found.get(pair, 0.0), weight)
    return found


def learn(examples: Iterable[Example]) -> Generator[None, None, Learned]:
    """Train on examples; yields after each of a few passes, so that a caller may do something else in between.

    About a millisecond an example and pass on one core; the returned model is the same for the same set of examples.
    """
    ordered = sorted(examples, key=lambda each: each.key)
    rarity = _rarities(ordered)
    scaled = [(each.key, _scaled(each.words, rarity), _begin(each.leaning), each.label) for each in ordered]
    labels = sorted({category for _, _, begin, label in scaled for category in (label, *begin)})
    weights: dict[str, dict[str, float]] = {}
    # The average over all steps is the last value less what each change missed (Daumé's trick).
    missed: dict[str, dict[str, float]] = {}
    step = 0
    for turn in range(_PASSES):
        for _, words, begin, label in sorted(scaled, key=lambda row: sha256(f"{turn} {row[0]}".encode()).digest()):
            step += 1
            scores = {each: begin.get(each, 0.0) for each in labels}
            _add(scores, words, weights)
            rival = max((each for each in scores if each != label), key=lambda each: scores[each], default="")
            loss = _MARGIN - scores[label] + scores[rival] if rival else 0.0
            if loss <= 0:
                continue
            # The words' vector has length one, so that half the loss moves both categories just as far as needed.
            size = min(_STEP, loss / 2)
            for word, value in words.items():
                row, late = weights.setdefault(word, {}), missed.setdefault(word, {})
                for category, change in ((label, size * value), (rival, -size * value)):
                    row[category] = row.get(category, 0.0) + change
                    late[category] = late.get(category, 0.0) + change * step
        yield
    return Learned(
        {
            word: WordWeights(
                round(value, 3),
                {
                    category: round(averaged, 4)
                    for category, last in sorted(weights.get(word, {}).items())
                    if abs(averaged := last - missed[word][category] / (step + 1)) >= _SMALL
                },
            )
            for word, value in sorted(rarity.items())
        },
        len(ordered),
    )


@dataclass(frozen=True, slots=True)
class Score:
    """One category's score of a mail: what the rules give it, and each learned word its share (negative: against)."""

    rules: float
    words: Mapping[str, float]

    @property
    def total(self) -> float:
        return self.rules + sum(self.words.values())


def weigh(learned: Learned, words: Mapping[str, float], leaning: Leaning) -> dict[str, Score]:
    """The score of each category that the rules or a learned word speak of."""
    known = _scaled(words, {word: learned.words[word].rarity for word in words if word in learned.words})
    begin = _begin(leaning)
    shares: dict[str, dict[str, float]] = {category: {} for category in begin}
    for word, value in known.items():
        for category, weight in learned.words[word].weights.items():
            shares.setdefault(category, {})[word] = weight * value
    return {category: Score(begin.get(category, 0.0), shares[category]) for category in sorted(shares)}


def judge(learned: Learned, words: Mapping[str, float], leaning: Leaning, barred: str = "") -> Judgement:
    """What the model says of a mail. `barred` is a category that it may propose and never give by itself."""
    if leaning.stands:
        return Judgement(leaning.ruled, False, ())
    scores = weigh(learned, words, leaning)
    totals = {category: score.total for category, score in scores.items()}
    # Without a learned difference the rules' own verdict stands, draws included.
    ranked = sorted(totals, key=lambda each: (-totals[each], each != leaning.ruled, each))
    won = ranked[0]
    proposed = won == barred != leaning.ruled
    if proposed:
        won = next(each for each in ranked if each != barred)
    named = barred if proposed else won
    against = scores[leaning.ruled].words if named != leaning.ruled else {}
    # Only what speaks for the category itself is named: such a word has stood in one of its own tickets.
    spoke = {
        word: share - against.get(word, 0.0)
        for word, share in scores[named].words.items()
        if share > _TOLD and share > against.get(word, 0.0)
    }
    return Judgement(won, proposed, tuple(sorted(spoke, key=lambda word: (-spoke[word], word))))


def strongest(learned: Learned, category: str, count: int) -> Sequence[tuple[str, float]]:
    """The words that speak most for a category, best first."""
    rows = (
        (word, row.rarity * row.weights.get(category, 0.0)) for word, row in learned.words.items() if word not in _EMPTY
    )
    return sorted((row for row in rows if row[1] > 0), key=lambda row: (-row[1], row[0]))[:count]


def spelt(because: Sequence[str], text: str, count: int) -> tuple[str, ...]:
    """The first words as people write them: pairs of characters that overlap in the normalised text become one run."""
    runs: list[str] = []
    for word in ([each for each in because if each not in _EMPTY] or because)[: 3 * count]:
        for at, run in enumerate(runs):
            longer = next((each for each in _joined(run, word) if each in text), "")
            if longer:
                runs[at] = longer
                break
        else:
            runs.append(word)
    return tuple(dict.fromkeys(runs))[:count]


def _joined(run: str, pair: str) -> Iterator[str]:
    if pair.isascii() or run.isascii():
        return
    if run[-1] == pair[0]:
        yield run + pair[1]
    if run[0] == pair[1]:
        yield pair[0] + run


def _rarities(examples: Sequence[Example]) -> dict[str, float]:
    """Inverse document frequency of each word that enough different people wrote."""
    mails: dict[str, int] = defaultdict(int)
    people: dict[str, set[str]] = defaultdict(set)
    for each in examples:
        for word in each.words:
            mails[word] += 1
            people[word].add(each.person)
    return {
        word: math.log((1 + len(examples)) / (1 + count)) + 1
        for word, count in mails.items()
        if len(people[word]) >= _PEOPLE
    }


def _scaled(words: Mapping[str, float], rarity: Mapping[str, float]) -> dict[str, float]:
    """The known words of a mail as a vector of length one."""
    values = {word: value * rarity[word] for word, value in sorted(words.items()) if word in rarity}
    length = math.sqrt(sum(value * value for value in values.values()))
    return {word: value / length for word, value in values.items()}


def _begin(leaning: Leaning) -> dict[str, float]:
    """Each category's score by the rules alone; their verdict always has the highest."""
    total = sum(value for value in leaning.sums.values() if value > 0)
    shares = {each: value / total for each, value in leaning.sums.items() if value > 0} if total else {}
    top = max(leaning.sums.values(), default=0.0)
    trust = top / (top + _FIRM)
    scores = {each: trust * _SHARE * share for each, share in shares.items()}
    scores[leaning.ruled] = trust * (_SHARE * max(shares.values(), default=0.0) + _VERDICT) + _NOTHING
    return scores


def _add(scores: dict[str, float], words: Mapping[str, float], weights: Mapping[str, Mapping[str, float]]) -> None:
    for word, value in words.items():
        for category, weight in weights.get(word, {}).items():
            scores[category] = scores.get(category, 0.0) + weight * value
