"""Category and priority of a report (manual 2.2.2, 2.3.2), by the tables of the policy, each with its reason."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from maild.model import Address, Field, Learned, Person, Policy, Topic, Triage, Words
from maild.model.labels import IMPACT, URGENCY
from maild.model.ticket import Impact, Importance, Level, Priority
from maild.workflow import learn
from maild.workflow.wordfinder import WordFinder, normalise

OTHER = "other"
OUT_OF_SCOPE = "out_of_scope"

# In the subject a word says twice as much as in the body; far down in a long mail it says little.
_SUBJECT = 2.0
_BODY = 1.0
_TAIL = 0.4
_HEAD_CHARACTERS = 700
_TOPIC_WEIGHT = 5.0
# Categories whose words speak of IT systems, and how much of the out-of-scope sum they need to keep a report.
_SYSTEM_FAULTS = frozenset({"software", "account", "network", "data", "security"})
_OURS_SHARE = 0.3

# From how many people on a problem is the department's, from how many the company's.
_DEPARTMENT_PEOPLE = 3
_COMPANY_PEOPLE = 50
_PEOPLE = re.compile(
    r"(?<![\d.:/-])(\d{1,5})\s?\+?\s?(?:多)?"
    r"(?:(?:people|users?|colleagues|employees|persons|operators|workstations|of us|staff)\b|(?:多)?(?:个人|名员工"
    r"|位同事|个用户|个同事|人|名用户|台电脑))"
    r"|(?:users? affected|affected users?)[\s:：=-]{1,3}(\d{1,5})"
)
_SPELT = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "dozen": 12,
}
_SPELT_ZH = {"三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "几十": 30, "几百": 300}
_SPELT_PEOPLE = re.compile(
    rf"\b({'|'.join(_SPELT)}) (?:people|users|colleagues|employees|of us)\b"
    rf"|({'|'.join(sorted(_SPELT_ZH, key=len, reverse=True))})(?:个人|个同事|位同事|个用户|名同事)"
)
_BY = (
    "next to the",
    "near the",
    "beside the",
    "opposite the",
    "outside the",
    "in front of the",
    "by the",
    "behind the",
)
_BY_ZH = ("旁边", "旁的", "边上", "门口", "口的", "附近", "对面", "楼下", "楼上", "隔壁")
_RAISED: Mapping[Priority, Priority] = {"P1": "P1", "P2": "P1", "P3": "P2", "P4": "P3"}
_LEVELS: tuple[Level, ...] = ("high", "low")
_IMPACTS: tuple[Impact, ...] = ("company", "department")


@dataclass(frozen=True, slots=True)
class _Finders:
    """The tables of one policy and language, ready for searching."""

    policy: Policy
    category: WordFinder[tuple[str, float]]
    urgency: WordFinder[Level]
    impact: WordFinder[Impact]
    systems: WordFinder[str]
    topics: WordFinder[Topic | None]


# The finders of the policies in use, per identity and language: built once, and pure like what they are built from.
_MEMO: dict[tuple[int, str], _Finders] = {}
_MEMO_SIZE = 8


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the rules say of a category: their verdict, why, the out-of-scope topic (empty unless that is the verdict),
    and the sum of weights for each category."""

    category: str
    why: Words
    topic: str
    sums: Mapping[str, float]


def triage(
    subject: str,
    text: str,
    language: str,
    fields: Mapping[str, Field],
    requester: Address,
    policy: Policy,
    person: Person | None = None,
    learned: Learned | None = None,
) -> Triage:
    """Category, urgency, impact, importance and priority of a report, with five reasons in that order.

    `text` is what the requester wrote, `language` its RFC 5646 tag, `person` who they are to the directory. Strangers
    and locked priorities are the caller's. `learned` is what the desk has learned, where that is in use: it has the
    last word on the category.
    """
    finders = _finders(policy, _rules_of(language))
    head, tail = normalise(text[:_HEAD_CHARACTERS]), normalise(text[_HEAD_CHARACTERS:])
    title = normalise(subject)
    whole = "\n".join((title, head, tail))
    ruled = _category(finders, title, head, tail)
    category, why_category, topic, aside = ruled.category, ruled.why, ruled.topic, _NO_WORDS
    if learned is not None:
        category, why_category, aside = second_opinion(learned, ruled, subject, text, policy)
        topic = topic if category == OUT_OF_SCOPE else ""
    urgency, why_urgency = _urgency(finders, whole)
    told = fields.get("impact")
    impact, why_impact = _impact(finders, whole if told is None else whole + "\n" + normalise(told.value))
    if impact == "person" and person is not None and person.shared and not _alone(policy, whole):
        impact, why_impact = "department", _SHARED
    importance, why_importance = _importance(finders, whole, requester, person)
    priority, why_priority = priority_of(policy, urgency, impact, importance, why_importance)
    reasons = (why_category, why_urgency, why_impact, why_importance, why_priority)
    return Triage(category, urgency, impact, importance, priority, reasons, topic, aside)


def rule(subject: str, text: str, language: str, policy: Policy) -> Ruled:
    """What the rules alone say of a report's category."""
    finders = _finders(policy, _rules_of(language))
    head, tail = normalise(text[:_HEAD_CHARACTERS]), normalise(text[_HEAD_CHARACTERS:])
    return _category(finders, normalise(subject), head, tail)


def leaning(ruled: Ruled, policy: Policy) -> learn.Leaning:
    """The rules' word as learning takes it. A topic that goes out by itself stands, and so does what is restricted."""
    automatic = any(topic.automatic for topic in policy.topics if topic.code == ruled.topic)
    category = policy.categories.get(ruled.category)
    return learn.Leaning(ruled.category, ruled.sums, automatic or (category is not None and category.restricted))


def missing(triage: Triage, fields: Mapping[str, Field], policy: Policy) -> tuple[str, ...]:
    """The fields that the category requires and nobody has told, in the policy's order; none for a P1."""
    if triage.priority == "P1" or triage.category not in policy.categories:
        return ()
    return tuple(
        name for name in policy.categories[triage.category].required if name not in fields or not fields[name].value
    )


def _rules_of(language: str) -> str:
    return "zh" if language.lower().startswith("zh") else "en"


def second_opinion(learned: Learned, ruled: Ruled, subject: str, text: str, policy: Policy) -> tuple[str, Words, Words]:
    """The category that the desk has learned to give, why, and a proposal to the agents (empty: none); the rules' own
    category and reason where nothing learned speaks.

    Out of scope is never given, only proposed (PRODUCT §3.2). The words that spoke for a restricted category are not
    told: they may stand in restricted tickets only.
    """
    judged = learn.judge(learned, learn.words_of(subject, text), leaning(ruled, policy), OUT_OF_SCOPE)
    words = learn.spelt(judged.because, normalise(f"{subject}\n{text}"), 3)
    if judged.proposed and words:
        return (
            judged.category,
            _why(judged.category, ruled, (), learned, policy),
            Words(
                f"Like tickets here that were not an IT matter: {_quoted_en(words)}. If so, answer #out-of-scope.",
                f"与本台以往归为非IT职责的来信相似：{_quoted_zh(words)}。如确非IT职责，请回复 #非IT。",
            ),
        )
    if judged.category not in policy.categories or not words:
        return ruled.category, ruled.why, _NO_WORDS
    return judged.category, _why(judged.category, ruled, words, learned, policy), _NO_WORDS


_NO_WORDS = Words("", "")


def _why(code: str, ruled: Ruled, words: tuple[str, ...], learned: Learned, policy: Policy) -> Words:
    """Why it is this category, as people read it: the words, and whether the rules say so too."""
    if not words and code == ruled.category:
        return ruled.why
    category = policy.categories[code]
    told = () if category.restricted else words
    en, zh = (": " + _quoted_en(told), "：" + _quoted_zh(told)) if told else ("", "")
    if code == ruled.category:
        rules = Words("the rules say the same", "与规则判断一致")
    else:
        title = (
            policy.categories[ruled.category].title if ruled.category in policy.categories else Words("Other", "其他")
        )
        rules = Words(f"the rules alone say {title.en}", f"仅按规则为“{title.zh}”")
    return Words(
        f"category {category.title.en}{en} (learned from {learned.tickets} tickets; {rules.en})",
        f"分类“{category.title.zh}”{zh}（依据 {learned.tickets} 个已处理的工单；{rules.zh}）",
    )


def _quoted_en(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)


def _quoted_zh(words: Sequence[str]) -> str:
    return "".join(f"“{word}”" for word in words)


def _finders(policy: Policy, language: str) -> _Finders:
    key = (id(policy), language)
    known = _MEMO.get(key)
    if known is not None and known.policy is policy:
        return known
    weights: list[tuple[str, tuple[str, float]]] = []
    for category in policy.categories.values():
        # A Chinese mail is full of English terms and the other way round: both lists count, the mail's language first.
        merged: dict[str, float] = {}
        for listed in sorted(category.keywords, key=lambda tag: tag == language):
            merged.update((keyword.word, keyword.weight) for keyword in category.keywords[listed])
        weights += ((word, (category.code, weight)) for word, weight in merged.items())
        if category.code == OUT_OF_SCOPE:
            weights += ((phrase, (category.code, 0.0)) for word in merged for phrase in _places_by(word))
    finders = _Finders(
        policy=policy,
        category=WordFinder(weights),
        urgency=WordFinder((word, level) for level, words in policy.urgency_words.items() for word in words),
        impact=WordFinder((word, impact) for impact, words in policy.impact_words.items() for word in words),
        systems=WordFinder((word, system.name) for system in policy.systems for word in system.words),
        topics=WordFinder(_topic_words(policy)),
    )
    if len(_MEMO) >= _MEMO_SIZE:
        _MEMO.clear()
    _MEMO[key] = finders
    return finders


def _topic_words(policy: Policy) -> Iterator[tuple[str, Topic | None]]:
    for topic in policy.topics:
        for word in topic.words:
            yield word, topic
            for phrase in _places_by(word):
                yield phrase, None


def _places_by(word: str) -> Iterator[str]:
    """Phrases in which the word only says where something stands: "the printer next to the canteen" is no meal."""
    if word.isascii():
        return (f"{where} {word}" for where in _BY)
    return (f"{word}{where}" for where in _BY_ZH)


def _category(finders: _Finders, title: str, head: str, tail: str) -> Ruled:
    """The best category by the rules; the texts are normalised."""
    best: dict[tuple[str, str], float] = {}
    topics: dict[str, float] = {}
    for part, factor in ((title, _SUBJECT), (head, _BODY), (tail, _TAIL)):
        if not part:
            continue
        for word, (code, weight) in finders.category.find(part):
            best[code, word] = max(best.get((code, word), 0.0), weight * factor)
        for word, topic in finders.topics.find(part):
            if topic is None:
                continue
            topics[topic.code] = topics.get(topic.code, 0.0) + _TOPIC_WEIGHT * factor
            best[OUT_OF_SCOPE, word] = max(best.get((OUT_OF_SCOPE, word), 0.0), _TOPIC_WEIGHT * factor)
    sums: dict[str, float] = defaultdict(float)
    for (code, _), weight in best.items():
        sums[code] += weight
    known = [code for code in finders.policy.categories if sums.get(code, 0.0) > 0]
    if not known:
        return Ruled(OTHER, Words("category other: no known word", "分类“其他”：没有命中关键词"), "", sums)
    winner = max(known, key=lambda code: sums[code])
    if winner == OUT_OF_SCOPE:
        # "The leave system shows an error" is about leave, but it is ours: nobody with a fault is sent away.
        ours = max((code for code in known if code in _SYSTEM_FAULTS), key=lambda code: sums[code], default="")
        if ours and sums[ours] >= _OURS_SHARE * sums[OUT_OF_SCOPE]:
            winner = ours
    words = sorted((word for code, word in best if code == winner), key=lambda word: -best[winner, word])[:3]
    title_ = finders.policy.categories[winner].title
    why = Words(
        f"category {title_.en}: " + _quoted_en(words),
        f"分类“{title_.zh}”：" + _quoted_zh(words),
    )
    topic_code = max(topics, key=lambda code: topics[code]) if topics and winner == OUT_OF_SCOPE else ""
    return Ruled(winner, why, topic_code, sums)


def _urgency(finders: _Finders, text: str) -> tuple[Level, Words]:
    found: dict[Level, str] = {}
    for word, level in finders.urgency.find(text):
        found.setdefault(level, word)
    for level in _LEVELS:
        if level in found:
            word = found[level].strip(" ,.!。")
            return level, Words(f"{URGENCY[level].en} urgency: “{word}”", f"紧急程度{URGENCY[level].zh}：“{word}”")
    return "medium", Words("medium urgency: nothing said about it", "紧急程度中：未说明")


def _impact(finders: _Finders, text: str) -> tuple[Impact, Words]:
    found: dict[Impact, str] = {}
    for word, impact in finders.impact.find(text):
        found.setdefault(impact, f"“{word}”")
    people, quote = _people(text)
    if people >= _COMPANY_PEOPLE:
        found.setdefault("company", f"“{quote}”")
    elif people >= _DEPARTMENT_PEOPLE:
        found.setdefault("department", f"“{quote}”")
    for impact in _IMPACTS:
        if impact in found:
            shown = IMPACT[impact]
            return impact, Words(f"affects the {shown.en}: {found[impact]}", f"影响范围{shown.zh}：{found[impact]}")
    return "person", Words("affects one person", "影响范围：个人")


def _people(text: str) -> tuple[int, str]:
    """The largest count of people that a normalised text names, and its words."""
    most, quote = 0, ""
    for match in _PEOPLE.finditer(text):
        count = int(match[1] or match[2])
        if count > most:
            most, quote = count, match[0].strip()
    for match in _SPELT_PEOPLE.finditer(text):
        count = _SPELT[match[1]] if match[1] else _SPELT_ZH[match[2]]
        if count > most:
            most, quote = count, match[0].strip()
    return most, quote


_SHARED = Words("affects the department: reported from a shared mailbox", "影响范围部门：从部门公共邮箱报障")


def _alone(policy: Policy, text: str) -> bool:
    """Whether the text says in so many words that it is one person's matter."""
    return any(word in text for word in policy.alone_words)


def _importance(finders: _Finders, text: str, requester: Address, person: Person | None) -> tuple[Importance, Words]:
    policy = finders.policy
    addresses = {requester.key, policy.plain(requester.key), *(person.addresses if person is not None else ())}
    if addresses & policy.vips or (person is not None and person.vip):
        return "high", Words("VIP requester", "VIP用户")
    for _, system in finders.systems.find(text):
        return "high", Words(f"critical system {system}", f"关键系统 {system}")
    return "normal", Words("normal importance", "业务重要性一般")


def priority_of(
    policy: Policy, urgency: Level, impact: Impact, importance: Importance, why: Words
) -> tuple[Priority, Words]:
    """By the matrix (P3 where it says nothing); high importance raises it by one step."""
    base = policy.matrix.get((urgency, impact), "P3")
    priority = _RAISED[base] if importance == "high" else base
    en = f"{priority}: {URGENCY[urgency].en} urgency × {IMPACT[impact].en}"
    zh = f"{priority}：紧急程度{URGENCY[urgency].zh} × 影响范围{IMPACT[impact].zh}"
    if importance == "high":
        en += f", +1 {why.en}"
        zh += f"，+1 {why.zh}"
    return priority, Words(en, zh)
