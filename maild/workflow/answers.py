"""What a requester's free words on a ticket mean: solved, not solved, thanks, a chaser, a withdrawal, a rating.

Everything is decided by the tables below, clause by clause; what they do not settle is "content", which a person reads.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from maild.workflow.clauses import Clause, clauses
from maild.workflow.wordfinder import WordFinder, normalise

Kind = Literal[
    "solved",
    "not_solved",
    "both",
    "new_problem",
    "thanks",
    "noted",
    "chaser",
    "withdrawn",
    "rating",
    "question",
    "content",
]

# Nothing needs to be done any more; `BY_ITSELF` says why, and on a solved ticket means solved.
WITHDRAWN = (
    "不用处理", "不用管", "不用修", "不需要处理", "不需要了", "不必处理", "无需处理", "不用麻烦", "不麻烦了",
    "不用再处理", "不用看了", "不用来了", "不用了", "取消申请", "取消吧", "请取消", "撤销申请", "撤销工单",
    "取消工单",
    "撤回申请", "撤回工单", "撤回这个报障", "我撤回", "请撤回", "撤单", "先不用", "暂时不用", "当我没说",
    "发错了", "误报", "不再需要",
    "never mind", "nevermind", "no longer needed", "no longer need", "not needed anymore", "not needed any more",
    "don't need it anymore", "don't need this anymore", "not necessary anymore",
    "no need to", "no need anymore", "please cancel", "cancel my request", "cancel this", "cancel the request",
    "cancel the ticket", "cancel this ticket", "withdraw", "disregard", "please ignore", "ignore my",
    "ignore this", "false alarm", "sent by mistake", "sent in error", "no action needed", "no action required",
    "no further action", "forget it", "forget about it", "scratch that", "drop this",
)  # fmt: skip
BY_ITSELF = (
    "自己好了", "自己弄好了", "自己解决", "自行解决", "自行恢复", "自己恢复", "自己搞定", "自动恢复", "自动好了",
    "自己修好了", "同事帮我解决了", "同事帮忙解决了", "已自行", "莫名其妙好了", "重启就好了", "重启后好了",
    "fixed it myself", "solved it myself", "fixed itself", "resolved itself", "solved itself", "sorted itself",
    "found the problem myself", "figured it out", "sorted it out", "sorted it myself", "resolved it myself",
    "works again by itself", "went away by itself", "went away on its own", "fixed on its own",
    "resolved on its own", "colleague helped me", "colleague fixed it",
)  # fmt: skip

CHASERS = (
    "进展如何", "进展怎么样", "什么进展", "有进展", "进展了吗", "进度如何", "进度怎么样", "什么进度", "处理进度",
    "处理情况", "处理得怎么样", "处理的怎么样", "处理了吗", "处理好了吗", "处理完了吗", "处理到哪", "催一下",
    "催催", "再催", "催办",
    "催促", "跟进一下", "跟进下", "什么时候能", "什么时候可以", "什么时候处理", "什么时候解决", "什么时候修",
    "什么时候有人", "什么时候来", "何时能", "何时可以", "何时处理", "多久能", "还要多久", "大概多久", "要等多久",
    "还要等", "一直没人", "怎么没人",
    "没人处理", "没有人处理", "没人联系", "没有人联系", "没人回复", "没人来", "还没有人", "还没人", "还没处理",
    "还没有处理", "有人在处理", "有人处理", "有人看", "有结果了吗", "有消息吗", "有消息了吗", "有回复吗",
    "尽快处理", "尽快回复", "麻烦尽快",
    "请尽快", "能快点", "快一点", "请问怎么样了", "怎么样了", "解决了吗", "修好了吗", "弄好了吗", "好了吗",
    "好了没", "开通了吗", "解决了没", "等了很久", "等了一天", "等了两天", "等了好久",
    "any news", "any update", "any updates", "any progress", "any word on", "any feedback", "any luck", "any eta",
    "what is the status", "what's the status", "whats the status", "status update", "status of my",
    "status of this", "status of the", "current status", "please update me", "could you update me",
    "update on this", "update on my", "update please", "following up", "follow up on", "just checking in",
    "checking in on", "checking on",
    "chasing", "gentle reminder", "friendly reminder", "kind reminder", "reminder please", "still waiting",
    "been waiting", "waiting for an answer", "waiting for a reply", "waiting for your", "when will",
    "when can i expect",
    "when can someone", "when is someone", "how long will", "how much longer", "how long does", "has anyone",
    "has anybody", "did anyone", "is anyone", "is anybody", "is someone", "nobody has", "no one has",
    "nobody called", "haven't heard",
    "have not heard", "hear back", "heard back", "no reply yet", "no response yet", "no answer yet",
    "please expedite", "please hurry", "hurry up", "please escalate", "where are we", "what's happening with",
    "bump",
)  # fmt: skip

THANKS = (
    "谢谢", "多谢", "感谢", "谢了", "谢啦", "辛苦", "非常感谢", "thx", "3q", "👍", "🙏",
    "thank", "thank you", "thanks", "many thanks", "thx", "tks", "cheers", "appreciate", "appreciated", "ty",
    "much obliged", "grateful", "thanx", "tysm", "thnx", "thankyou",
    "thnaks", "thansk",
)  # fmt: skip

# What may stand beside a thank-you without adding anything to it.
FILLERS = (
    "收到", "好的", "好", "嗯", "嗯嗯", "ok", "okay", "知道了", "明白", "明白了", "了解", "你", "您", "你们",
    "您们", "大家", "啦", "了", "啊", "哦", "的", "帮助", "帮忙", "支持", "处理", "及时", "快速", "回复", "您的",
    "你的", "辛苦",
    "帮我", "这么快", "it", "同事", "老师", "各位", "太", "非常", "很", "十分", "万分", "一下", "it部", "服务台",
    "对", "工作", "周末愉快", "工作顺利", "愉快", "祝", "添麻烦", "给", "效率", "真高", "真快", "费心",
    "you", "very", "much", "so", "a lot", "lot", "for", "the", "your", "help", "quick", "fast", "prompt",
    "support", "assistance", "response", "reply", "great", "perfect", "got it", "noted", "received", "fine",
    "nice", "good", "well done",
    "excellent", "wonderful", "awesome", "super", "and", "all", "team", "to", "everyone", "it", "again",
    "in advance", "hi", "hello", "dear", "that", "this", "is", "was", "i", "really", "kind", "kindly", "best",
    "regards", "work", "job", "service",
    "have", "day", "nice day", "weekend", "with", "warm", "rgds", "br", "guys", "quickly", "being", "of", "a",
    "helping", "me", "out", "many", "taking", "care", "effort", "efforts", "my", "most", "from", "update",
    "information", "info", "letting", "know",
)  # fmt: skip

# Heard, and nothing more: neither that it works nor that it does not.
NOTED = frozenset(
    (
        "收到", "好", "好的", "好滴", "好哒", "嗯", "嗯嗯", "知道", "知道了", "明白", "明白了", "了解", "了解了",
        "知悉", "已阅", "已知悉", "行", "哦", "ok", "okay", "noted", "received", "got", "it", "understood", "will",
        "do", "alright", "sure", "sounds", "good", "i", "see", "fine", "roger",
    )
)  # fmt: skip
RATINGS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (1, (
        "非常不满意", "很不满意", "极不满意", "太差", "很差", "差评",
        "very dissatisfied", "very unsatisfied", "very disappointed", "terrible", "awful", "horrible", "one star",
    )),
    (2, (
        "不满意", "不太满意", "不好", "较差",
        "dissatisfied", "unsatisfied", "not satisfied", "disappointed", "not happy", "unhappy", "poor", "two stars",
    )),
    (3, ("一般", "还行", "还可以", "凑合", "average", "so so", "mediocre", "acceptable", "three stars")),
    (5, (
        "非常满意", "很满意", "十分满意", "特别满意", "五星", "好评", "满分", "完美",
        "very satisfied", "extremely satisfied",
        "very happy", "excellent", "perfect", "outstanding", "five stars", "great service", "amazing",
    )),
    (4, ("满意", "比较满意", "satisfied", "happy with", "good service", "four stars", "quite good", "pretty good")),
)  # fmt: skip

_OPEN = frozenset(("new", "open", "pending", "on_hold"))
_LIMIT = 1_500
# A longer answer than this has more to say than that it works.
_SHORT = 160
_CHASER_LENGTH = 260
# What is left unexplained beside "it works" before a person has to read it: three words, six characters.
_LEFT = 7
_LEFT_OPEN = 3
_ADDS_NOTHING = frozenset({"content", "thanks", "noted"})
_SIGNATURE_LINE = 20
# A rating in words of so few stars is a complaint, and words like "not" belong to it.
_POOR = 2
_SIGNED = re.compile(r"\n[ \t]*\n[^\n]{1,20}(?:\n[^\n]{1,20})?$")
_PIECES = re.compile(r"[,，.。!！;；\n~～、\s]+")
_GREETING = re.compile(r"^(?:您好|你好|大家好|hi|hello|dear|good (?:morning|afternoon|evening))(?:[ ,，!！:：]|$)")
_CLOSING_LINE = re.compile(
    r"^(?:(?:best|kind|warm|many)?\s?(?:regards|wishes)|br|rgds|sincerely|best|顺颂商祺|祝好|此致|敬礼|(?:发自"
    r"|来自|sent from).{0,40})[,，.。!！ ]{0,3}$"
)
_CHOICE = re.compile(r"(?:回复)?\s{0,2}[(\[【“\"]?([1-9])[)\]】”\"]?\s{0,2}(?:[.。,，、:：=\-!！]\s{0,2})?(.{0,20})")
_STARS = re.compile(
    r"(?:评分|评价|打分|rating|rate|score)\s{0,2}[:：=是为]?\s{0,2}(?P<told>[1-5])(?!\d)"
    r"|(?<!\d)(?P<counted>[1-5])\s{0,2}(?:分(?!钟)|星|颗星|stars?|/\s?5|out of 5|points?)"
)
_ZH_CHAR = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z0-9']+|[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer means, the rating if it is one (1–5), and the words that decided."""

    kind: Kind
    rating: int | None = None
    words: str = ""


_OVER: WordFinder[str] = WordFinder(
    [*((word, "withdrawn") for word in WITHDRAWN), *((word, "by_itself") for word in BY_ITSELF)]
)
_CHASER: WordFinder[str] = WordFinder((word, "chaser") for word in CHASERS)
_THANKS: WordFinder[str] = WordFinder((word, "thanks") for word in THANKS)
_PLAIN: WordFinder[str] = WordFinder((word, "plain") for word in (*THANKS, *FILLERS))
_RATING: WordFinder[int] = WordFinder((word, rating) for rating, words in RATINGS for word in words)


def understand(text: str, state: str) -> Answer:
    """The meaning of a requester's new text on a ticket in `state` (model State); pure.

    Bare digits speak by the state alone: resolved 1 = solved, 2 = not solved; closed 5–1 = rating. "Never mind" on an
    open ticket withdraws it, on a solved one it says solved. What is mixed or unclear is for a person to read: reading
    too much into a yes closes a ticket on somebody, reading too little costs a minute.
    """
    body = _body(text)
    if not body:
        return Answer("content")
    chosen = _digit(body, state)
    if chosen is not None:
        return chosen
    said = clauses(body)
    over = _withdrawn(body, said, state)
    if over is not None:
        return over
    chases = _CHASER.find(body)
    open_ = state in _OPEN
    # Where nobody has said "solved?" yet, "done" and "I'm back" answer something else.
    works = [each for each in said if each.good and (each.firm or not open_) and not each.unreal and not each.asks]
    wrong = [each for each in said if each.bad and not each.unreal and not each.asks]
    if chases and len(body) <= _CHASER_LENGTH and not works and not (wrong and not _waits(body, wrong)):
        return Answer("chaser", words=chases[0][0])
    if state == "closed":
        # "Perfect, thanks" is politeness, "very satisfied, thanks" is a verdict.
        rated = None if _only_thanks(body, strangers=0) else _rating(body, said)
        if rated is not None:
            return rated
    if works:
        return _works(body, said, works, _LEFT_OPEN if open_ else _LEFT)
    yes = [each for each in said if each.yes and not each.asks]
    if yes and not wrong:
        return _yes(body, said, yes, state)
    if not any(_says_more(each) or each.wants or each.partly for each in said) and _only_thanks(body):
        return Answer("thanks", words=_THANKS.find(body)[0][0])
    return _nothing_works(body, said, wrong, state)


def _body(text: str) -> str:
    """The text to judge: normalised, without greeting words alone on their line, closing words and what follows."""
    kept: list[str] = []
    for line in normalise(text[:_LIMIT]).split("\n"):
        line = line.strip()
        if not line or line.startswith(">"):
            continue
        if kept and _CLOSING_LINE.match(line):
            break
        if _CLOSING_LINE.match(line) or (_GREETING.match(line) and len(line) <= 20 and not _says(line)):
            continue
        kept.append(line)
    return "\n".join(_unsigned(kept) if _SIGNED.search(text[:_LIMIT].strip()) else kept)


def _unsigned(lines: list[str]) -> list[str]:
    """Without what a signature left behind: one or two short lines under an empty one that say nothing."""
    for count in (2, 1):
        last = lines[-count:]
        if len(lines) > count and all(len(each) <= _SIGNATURE_LINE and not _says(each) for each in last):
            return lines[:-count]
    return lines


def _says(line: str) -> bool:
    return bool(
        any(not each.silent for each in clauses(line)) or _OVER.find(line) or _CHASER.find(line) or _THANKS.find(line)
    )


def _digit(body: str, state: str) -> Answer | None:
    first = body.split("\n", 1)[0]
    match = _CHOICE.fullmatch(first)
    if match is None:
        return None
    digit, rest = int(match[1]), match[2].strip(" .。!！")
    others = "" if "\n" not in body else body.split("\n", 1)[1]
    if state == "resolved" and digit in (1, 2):
        kind: Kind = "solved" if digit == 1 else "not_solved"
        if not rest and not others:
            return Answer(kind, words=match[1])
        told = understand(f"{rest}\n{others}", "resolved").kind
        if told not in _ADDS_NOTHING and told != kind:
            return Answer("both" if digit == 1 else "not_solved", words=match[1])
        if told == kind or (told in _ADDS_NOTHING and len(others) <= 40 and not _unit_follows(rest)):
            return Answer(kind, words=match[1])
    if (
        state == "closed"
        and 1 <= digit <= 5
        and (
            not rest
            or rest.startswith(("分", "星", "star", "/5", "/ 5", "point"))
            or _RATING.find(rest)
            or _only_thanks(rest)
        )
    ):
        return Answer("rating", digit, match[1])
    return None


def _unit_follows(rest: str) -> bool:
    """Whether the digit only counts something: "2台电脑都坏了"."""
    return bool(rest) and rest[0] not in "，,。. 已是" and not rest.startswith(("solved", "yes", "谢", "thank"))


def _withdrawn(body: str, said: Sequence[Clause], state: str) -> Answer | None:
    """Nothing needs to be done any more; on a ticket that was called solved that says solved."""
    if len(body) > _SHORT:
        return None
    found = [over for each in said if not each.unreal and not each.asks for over in _OVER.find(each.text)]
    if not found or any(each.more or each.asks or each.but for each in said):
        return None
    word = next((word for word, kind in found if kind == "withdrawn"), found[0][0])
    return Answer("withdrawn" if state in _OPEN else "solved", words=word)


def _works(body: str, said: Sequence[Clause], works: Sequence[Clause], limit: int) -> Answer:
    """It works, says a clause; whether all the others leave it at that."""
    word = works[0].word
    amiss = [each for each in said if (each.bad or each.trouble) and not each.more]
    if amiss and any(each.past for each in works):
        # "It worked for an hour, then it was down again" is no good news.
        return Answer("not_solved", words=amiss[0].word or amiss[0].text[:40])
    more = any(_says_more(each) or each.partly or (each.wants and not each.yes) for each in said)
    left = sum(_strange(each.text) for each in said if each.silent and not each.unreal)
    if more or left > limit or len(body) > _SHORT:
        return Answer("both", words=word)
    return Answer("solved", words=word)


def _yes(body: str, said: Sequence[Clause], yes: Sequence[Clause], state: str) -> Answer:
    """A bare yes, or the wish to have it closed. A yes means that only where the question was "solved?"."""
    more = any(_says_more(each) or each.partly or (each.wants and not each.yes) for each in said)
    left = sum(_strange(each.text) for each in said if each.silent)
    if more:
        return Answer("both" if state == "resolved" else "content", words=yes[0].word)
    closing = any(each.firm for each in yes)
    if left > _LEFT_OPEN or (state != "resolved" and not closing):
        return Answer("content")
    return Answer("solved", words=yes[0].text[:40])


def _nothing_works(body: str, said: Sequence[Clause], wrong: Sequence[Clause], state: str) -> Answer:
    """No clause says that it works: something is wrong, something else is, or somebody asks."""
    over = state in ("resolved", "closed")
    more = next((each for each in said if each.more and not each.unreal), None)
    if more is not None and (over or (not more.asks and (more.trouble or more.wants or more.bad))):
        return Answer("new_problem", words=more.text[:40])
    if wrong:
        return Answer("not_solved", words=wrong[0].word)
    if any(each.asks for each in said):
        return Answer("question")
    trouble = [each for each in said if each.trouble and not each.unreal]
    if trouble and over:
        fresh = any(each.fresh or each.wants for each in said)
        return Answer("new_problem" if fresh else "not_solved", words=trouble[0].text[:40])
    if over and any(each.wants and not each.unreal for each in said):
        return Answer("new_problem")
    if not _only(body, NOTED):
        return Answer("content")
    return Answer("noted", words=body[:20])


def _waits(body: str, wrong: Sequence[Clause]) -> bool:
    """Whether what is wrong is that nobody has come yet: "还没有人处理", "haven't heard back"."""
    return all(_CHASER.find(each.text) for each in wrong)


def _strange(text: str) -> int:
    """How much of a clause is neither a thank-you nor a word that goes with one; Chinese characters count half."""
    words = _WORD.findall(text)
    for known, _ in _PLAIN.find(text):
        for one in _WORD.findall(known):
            if one in words:
                words.remove(one)
    return sum(2 if word.isascii() else 1 for word in words)


def _only(body: str, known: frozenset[str]) -> bool:
    return all(piece.strip() in known for piece in _PIECES.split(body) if piece.strip())


def _says_more(clause: Clause) -> bool:
    return clause.bad or clause.trouble or clause.asks or clause.more or clause.but


def _rating(body: str, said: Sequence[Clause]) -> Answer | None:
    """Stars or digits with a unit rate whatever stands beside them; words do where nothing else is said."""
    if len(body) > _SHORT:
        return None
    match = _STARS.search(body)
    if match:
        stars = int(match["told"] or match["counted"])
        return Answer("rating", stars, match[0].strip())
    rated = [(each, word, stars) for each in said for word, stars in _RATING.find(each.text)]
    others = [each for each in said if all(each is not one for one, _, _ in rated)]
    if not rated or any(_says_more(each) or each.wants or each.partly or each.good for each in others):
        return None
    clause, word, stars = rated[0]
    if clause.but or (clause.bad and stars > _POOR):
        return None
    before, _, after = clause.text.partition(word)
    for other, _ in _RATING.find(after):
        after = after.replace(other, "")
    # "不好" rates, "不好用" tells of a fault, and "不好意思" is politeness.
    if any(_ZH_CHAR.match(c) and c not in "的了啊呢哦般" for c in after) or _strange(before) + _strange(after) > _LEFT:
        return None
    return Answer("rating", stars, word)


def _only_thanks(body: str, strangers: int = 3) -> bool:
    """Whether a text is a thank-you and nothing else: every word is one of THANKS or FILLERS, but a name."""
    if len(body) > 120 or not _THANKS.find(body) or any(word in body for word in ("但", "不", "but ", "还是")):
        return False
    rest = len(_WORD.findall(body))
    for word, _ in _PLAIN.find(body):
        rest -= len(_WORD.findall(word))
    return rest <= strangers
