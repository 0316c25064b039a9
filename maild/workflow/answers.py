"""What a requester's free words on a ticket mean: solved, not solved, thanks, a chaser, a withdrawal, a rating.

Everything is decided by the tables below, clause by clause; what they do not settle is "content", which a person reads.
"""

import re
from dataclasses import dataclass
from typing import Literal

from maild.workflow.wordfinder import WordFinder, normalise

Kind = Literal["solved", "not_solved", "thanks", "chaser", "withdrawn", "rating", "question", "content"]

# The problem is gone. Single words count only where the clause says little else.
SOLVED = (
    "可以了", "可以用了", "可以登录了", "可以登了", "可以打印了", "可以上网了", "能用了", "能登录了", "能登了",
    "能上网了", "能打印了", "能打开了", "可以打开了", "好了", "搞定",
    "解决了", "已解决", "已经解决", "问题解决", "已恢复", "恢复了", "恢复正常", "正常了", "都正常", "一切正常",
    "使用正常", "目前正常", "已正常", "修好了", "弄好了", "没问题了", "没有问题了",
    "没事了", "ok了", "行了", "连上了", "登上了", "登录成功", "收到了验证码", "确认解决", "确认已解决",
    "已确认解决", "可以关闭", "可以结单", "可以关单", "请关闭工单", "请结单",
    "works now", "works again", "work now", "works fine", "works perfectly", "works great", "works well",
    "working now", "working again", "working fine", "working perfectly",
    "working properly now", "it works", "that works", "it worked", "that worked", "this worked", "all works",
    "everything works", "is working", "is solved", "is resolved",
    "is fixed", "been fixed", "been resolved", "been solved", "got fixed", "solved", "resolved", "fixed",
    "issue gone", "problem gone", "error gone", "it is gone", "it's gone", "issue is gone", "problem is gone",
    "error is gone",
    "message is gone", "warning is gone", "all gone", "problem solved",
    "all good", "all good now", "all set", "good now", "fine now", "okay now", "ok now", "back to normal",
    "back online", "up and running", "sorted", "that did it", "that did the trick",
    "did the trick", "that fixed it", "can log in now", "can login now", "can print now", "can access it now",
    "able to log in now", "can connect now", "no more problems", "no more issues",
    "you can close", "please close the ticket", "please close this ticket", "ticket can be closed",
    "can be closed", "confirmed",
)  # fmt: skip

# The problem is still there, or is there again.
NOT_SOLVED = (
    "还是不行", "仍然不行", "依然不行", "依旧不行", "还不行", "也不行", "不行", "还是不能", "还是没", "还是打不开",
    "还是连不上", "还是一样", "还是老样子", "还是报错", "还是这样", "还是无法",
    "还是有问题", "还有问题", "还存在", "还是会", "还是卡", "还是慢", "还是黑屏", "还是蓝屏", "还是登", "仍然无法",
    "仍然不能", "仍然报错", "仍旧", "仍无法", "仍不能", "仍有问题", "仍存在", "依然无法", "依然报错", "依然不能",
    "没解决", "没有解决", "还没有解决", "未解决", "没有好", "没好", "没修好", "没弄好", "没恢复", "没有恢复",
    "未恢复", "没用",
    "没有用", "没效果", "没有效果", "无效", "不起作用", "不管用", "又出现", "又不行", "又坏了", "又报错",
    "又断了", "又连不上", "又打不开", "又来了", "又开始", "又这样", "再次出现", "同样的问题", "同样的错误",
    "老问题", "问题依旧", "问题依然", "问题仍", "问题还在", "没变化", "没有变化", "没有改善", "更严重",
    "不能用", "用不了", "不可以", "还不能", "还没好", "还没解决", "并没有", "打不开", "连不上", "登不上", "登不了",
    "没反应", "失败了",
    "still the same", "still not", "still no", "still broken", "still doesn't", "still does not", "still can't",
    "still cannot", "still can not", "still unable", "still fails",
    "still failing", "still get", "still getting", "still have", "still having", "still see", "still seeing",
    "still happening", "still happens", "still exist", "still exists", "still there",
    "still slow", "still down", "still locked", "still crashing", "still crashes", "still an issue",
    "still a problem", "still persists", "still persist", "still won't", "still isn't", "still wrong",
    "still asks", "still says", "still shows", "still freezing", "persists", "problem remains", "issue remains",
    "error remains",
    "not working", "not solved", "not resolved", "not fixed", "not yet", "no luck", "no change", "no difference",
    "no improvement", "no better", "not better", "not good", "not ok", "not okay", "not gone",
    "doesn't work", "does not work", "didn't work", "did not work", "don't work", "isn't working", "isn't fixed",
    "isn't solved", "isn't resolved", "hasn't been fixed", "hasn't been resolved", "won't work",
    "didn't help", "did not help", "doesn't help", "didn't fix", "did not fix", "didn't solve", "did not solve",
    "hasn't changed", "has not changed", "same problem", "same issue", "same error", "same again", "unsolved",
    "unresolved", "nothing changed", "nothing has changed", "came back", "is back again", "problem is back",
    "issue is back", "error is back", "happened again", "happening again", "broken again", "failed again",
    "fails again", "down again", "crashed again", "worse", "wasn't fixed", "wasn't resolved", "cannot log in",
    "can't log in", "again not", "reopen",
)  # fmt: skip

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
    "谢谢", "多谢", "感谢", "谢了", "谢啦", "辛苦", "非常感谢", "thx", "3q",
    "thank", "thank you", "thanks", "many thanks", "thx", "tks", "cheers", "appreciate", "appreciated", "ty",
    "much obliged", "grateful",
)  # fmt: skip

# What may stand beside a thank-you without adding anything to it.
FILLERS = (
    "收到", "好的", "好", "嗯", "嗯嗯", "ok", "okay", "知道了", "明白", "明白了", "了解", "你", "您", "你们",
    "您们", "大家", "啦", "了", "啊", "哦", "的", "帮助", "帮忙", "支持", "处理", "及时", "快速", "回复", "您的",
    "你的", "辛苦",
    "帮我", "这么快", "it", "同事", "老师", "各位", "太", "非常", "很", "十分", "万分", "一下", "it部", "服务台",
    "对", "工作",
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

# A clause with one of these says how things might be, not how they are.
UNREAL = (
    "如果", "要是", "等修好", "等好了", "等弄好", "希望", "能否", "是否", "会不会", "什么时候", "何时", "怎样才",
    "如何才", "修好了告诉", "好了告诉", "好了通知", "好了再", "好了请", "要不要", "还没", "算是", "试试",
    "if", "when it", "once it", "once this", "until", "hope", "whether", "as soon as", "let me know when",
    "unless", "would be", "should be", "will be", "needs to be", "need to be", "to be",
)  # fmt: skip
NOT_BEFORE = ("没", "不", "未", "无法", "还没", "不太", "不算", "没有")
# After these something new begins: together with "solved" a person has to read it.
MORE = (
    "另外", "还有一个", "还有个", "顺便", "再帮", "还需要", "还要", "再问", "此外", "同时", "新的问题", "新问题",
    "另一个", "另一台", "再请", "又有一个", "还想", "麻烦再", "别的问题",
    "also", "another", "one more", "additionally", "in addition", "besides", "furthermore", "new problem",
    "new issue", "other problem", "other issue", "by the way", "btw", "however", "but now", "could you", "can you",
)  # fmt: skip
BUT = ("但", "不过", "可是", "然而", "只是", "but", "however", "although", "though", "except")
QUESTIONS = (
    "吗", "呢", "请问", "为什么", "怎么", "如何", "什么", "哪里", "哪个", "几点", "多少", "能不能", "可不可以",
    "是不是", "有没有",
    "why", "how do", "how can", "how should", "what", "where", "which", "who", "when", "could you", "can you",
    "can i", "do i", "should i", "is it possible", "would you", "is there",
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
_CLAUSE = re.compile(r"[^,，.。!！?？;；\n~～、]+[,，.。!！?？;；\n~～、]?")
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
_WORD = re.compile(r"[a-z0-9']+|[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer means, the rating if it is one (1–5), and the words that decided."""

    kind: Kind
    rating: int | None = None
    words: str = ""


_MEANING: WordFinder[str] = WordFinder(
    [
        (word, kind)
        for kind, words in (
            ("not_solved", NOT_SOLVED), ("solved", SOLVED), ("withdrawn", WITHDRAWN), ("by_itself", BY_ITSELF),
            ("unreal", UNREAL), ("more", MORE), ("but", BUT),
        )
        for word in words
    ]
)  # fmt: skip
_CHASER: WordFinder[str] = WordFinder((word, "chaser") for word in CHASERS)
_THANKS: WordFinder[str] = WordFinder((word, "thanks") for word in THANKS)
_PLAIN: WordFinder[str] = WordFinder((word, "plain") for word in (*THANKS, *FILLERS))
_QUESTION: WordFinder[str] = WordFinder((word, "question") for word in QUESTIONS)
_RATING: WordFinder[int] = WordFinder((word, rating) for rating, words in RATINGS for word in words)


def understand(text: str, state: str) -> Answer:
    """The meaning of a requester's new text on a ticket in `state` (model State); pure.

    Bare digits speak by the state alone: resolved 1 = solved, 2 = not solved; closed 5–1 = rating. "Never mind" on an
    open ticket withdraws it, on a solved one it says solved. Whatever is mixed or unclear is "content" or "question".
    """
    body = _body(text)
    if not body:
        return Answer("content")
    chosen = _digit(body, state)
    if chosen is not None:
        return chosen
    clauses = [clause.strip() for clause in _CLAUSE.findall(body) if clause.strip(" ,，.。!！;；~～、")]
    said = [_clause(clause) for clause in clauses]
    meanings = {kind for kind, _ in said if kind}
    words = {kind: word for kind, word in reversed(said) if kind}
    asks = "?" in body or "？" in body or any(clause.endswith(("吗", "呢", "没")) for clause in clauses)
    chases = _CHASER.find(body)
    more = "more" in meanings
    # "Is it fixed yet?" asks, it does not tell; "it is fixed" beside a chaser's word does tell.
    told = meanings & {"withdrawn", "by_itself", "not_solved"} or ("solved" in meanings and not asks)
    if chases and len(body) <= _CHASER_LENGTH and not told:
        return Answer("chaser", words=chases[0][0])
    if "not_solved" in meanings and not meanings & {"withdrawn", "by_itself"}:
        return Answer("not_solved", words=words["not_solved"])
    if meanings & {"withdrawn", "by_itself"} and not more and not asks and len(body) <= _SHORT:
        word = words.get("withdrawn") or words["by_itself"]
        return Answer("withdrawn" if state in _OPEN else "solved", words=word)
    if state == "closed":
        # "Perfect, thanks" is politeness, "very satisfied, thanks" is a verdict.
        rated = None if _only_thanks(body, strangers=0) else _rating(body)
        if rated is not None:
            return rated
    if "solved" in meanings and not more and not asks and len(body) <= _SHORT:
        return Answer("solved", words=words["solved"])
    if not meanings and not asks and _only_thanks(body):
        return Answer("thanks", words=_THANKS.find(body)[0][0])
    if "solved" in meanings:
        return Answer("content", words=words["solved"])
    if asks or (len(body) <= _SHORT and _asks_in_words(body)):
        return Answer("question")
    return Answer("content")


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
    return "\n".join(kept)


def _says(line: str) -> bool:
    return bool(_MEANING.find(line) or _CHASER.find(line) or _THANKS.find(line))


def _digit(body: str, state: str) -> Answer | None:
    first = body.split("\n", 1)[0]
    match = _CHOICE.fullmatch(first)
    if match is None:
        return None
    digit, rest = int(match[1]), match[2].strip(" .。!！")
    others = "" if "\n" not in body else body.split("\n", 1)[1]
    if state == "resolved" and digit in (1, 2):
        kind: Kind = "solved" if digit == 1 else "not_solved"
        told = {said for said, _ in map(_clause, _CLAUSE.findall(rest + "\n" + others)) if said}
        if (not rest and not others) or kind in told or (not told and len(others) <= 40 and not _unit_follows(rest)):
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


def _clause(clause: str) -> tuple[str, str]:
    """The meaning of one clause and the word that gives it; an empty meaning when it says nothing of the kind."""
    found = _MEANING.find(clause)
    kinds = {kind: word for word, kind in reversed(found)}
    if "not_solved" in kinds and not kinds.keys() & {"withdrawn", "by_itself"}:
        return ("", "") if "unreal" in kinds and "?" in clause else ("not_solved", kinds["not_solved"])
    for kind in ("by_itself", "withdrawn"):
        if kind in kinds and "unreal" not in kinds:
            return kind, kinds[kind]
    if "solved" in kinds and "unreal" not in kinds:
        word = kinds["solved"]
        at = clause.find(word)
        before = clause[max(0, at - 2) : at]
        if not word.isascii() and before.endswith(NOT_BEFORE):
            return "not_solved", before + word
        if clause.endswith(("?", "？", "吗", "没", "吧?")):
            return "", ""
        if (
            word in ("solved", "resolved", "fixed", "confirmed", "行了", "好了", "sorted")
            and len(_WORD.findall(clause)) > 12
        ):
            return "", ""
        return "solved", word
    if "more" in kinds:
        return "more", kinds["more"]
    return "", ""


def _asks_in_words(body: str) -> bool:
    """A question without its mark: a Chinese question word anywhere, an English one at the beginning."""
    return any(not word.isascii() or body.startswith(word) for word, _ in _QUESTION.find(body))


def _rating(body: str) -> Answer | None:
    match = _STARS.search(body)
    if match and len(body) <= _SHORT:
        return Answer("rating", int(match["told"] or match["counted"]), match[0].strip())
    if len(body) <= _SHORT:
        for word, rating in _RATING.find(body):
            return Answer("rating", rating, word)
    return None


def _only_thanks(body: str, strangers: int = 3) -> bool:
    """Whether a text is a thank-you and nothing else: every word is one of THANKS or FILLERS, but a name."""
    if len(body) > 120 or not _THANKS.find(body) or any(word in body for word in ("但", "不", "but ", "还是")):
        return False
    rest = len(_WORD.findall(body))
    for word, _ in _PLAIN.find(body):
        rest -= len(_WORD.findall(word))
    return rest <= strangers
