"""What an approver's words mean (PRODUCT §3.2): agreed, disagreed, or something that a person must read.

A wrong yes does more harm than a question, so only a plain yes counts as one: with a condition, a question or a doubt
beside it, it is unclear. A no with a reason is a no.
"""

import re
from typing import Literal

from maild.workflow.wordfinder import WordFinder, normalise

Verdict = Literal["agree", "disagree", "unclear"]

# A yes that speaks of approving: it may name what it approves behind it.
_AGREE = (
    "同意", "我同意", "同意申请", "批准", "已批准", "准予", "予以批准", "审批通过", "审核通过", "通过", "同意办理",
    "没意见", "没有意见", "无意见", "无异议", "没有异议", "没问题", "没有问题", "请办理", "请开通", "请处理", "照办",
    "agree", "i agree", "agreed", "approve", "i approve", "approved", "i hereby approve", "no objection",
    "no objections", "go ahead", "please go ahead", "please proceed", "granted", "permission granted", "no problem",
)  # fmt: skip
# A yes that is a word of every day: it counts only if nothing else is said but a courtesy.
_YES = (
    "可以", "可以的", "好", "好的", "行", "行的", "准", "是", "是的", "嗯", "ok", "okay", "yes", "yep", "yeah", "sure",
    "fine", "fine with me", "fine by me", "ok with me", "ok for me", "all right", "alright", "of course", "that's fine",
    "that is fine", "looks good", "lgtm",
)  # fmt: skip
_DISAGREE = (
    "不同意", "我不同意", "不批准", "不予批准", "不予同意", "未批准", "不通过", "未通过", "不予通过", "驳回", "拒绝",
    "否决", "不行", "不可以", "不准", "不能同意", "无法同意", "不能批准", "无法批准", "不赞成", "不建议开通",
    "没有必要", "没必要", "不需要开通", "反对", "否", "暂不同意", "暂不批准", "先不批", "不批",
    "no", "nope", "not approved", "not agreed", "not granted", "disagree", "i disagree", "do not agree",
    "don't agree", "do not approve", "don't approve", "cannot approve", "can't approve", "can not approve",
    "won't approve", "will not approve", "cannot agree", "can't agree", "rejected", "i reject", "reject", "declined",
    "i decline", "decline", "denied", "deny", "refused", "i refuse", "disapprove", "disapproved", "not ok",
    "not okay", "not necessary", "unapproved",
)  # fmt: skip
# With one of these a yes is no plain yes any more.
_DOUBT = (
    "但", "不过", "可是", "只是", "然而", "前提", "除非", "如果", "若", "要是", "假如", "的话", "先", "原则上", "仅限",
    "只能", "暂时", "待", "之后再", "以后再", "应该", "可能", "也许", "考虑", "再说", "再议", "谁", "哪", "找", "转",
    "问", "由", "请示", "撤回", "不再",
    "but", "however", "if", "unless", "provided", "only", "as long as", "subject to", "in principle", "once",
    "until", "after", "before", "maybe", "perhaps", "probably", "might", "should", "would", "could", "not sure",
    "unsure", "consider", "depends", "ask", "who", "which", "to be", "let me", "not", "withdraw", "later", "wait",
    "first", "limited",
)  # fmt: skip
_FILLERS = (
    "您好", "你好", "大家好", "hi", "hello", "dear", "谢谢", "多谢", "感谢", "辛苦", "辛苦了", "thanks", "thank you",
    "thx", "cheers", "收到", "我", "本人", "已", "完全", "没有", "的", "了", "啦", "吧", "请", "办理", "开通", "处理",
    "i", "we", "yes", "by me", "from my side", "from me", "this", "it", "the", "request", "you", "fully", "all", "best",
    "regards", "please", "和", "同事", "各位", "for me", "with me", "fine", "ok", "好的",
)  # fmt: skip

_MEANING: WordFinder[str] = WordFinder(
    [
        (word, kind)
        for kind, words in (("agree", _AGREE), ("yes", _YES), ("disagree", _DISAGREE), ("doubt", _DOUBT),
                            ("filler", _FILLERS))
        for word in dict.fromkeys(words)
    ]
)  # fmt: skip
_CLAUSE = re.compile(r"[^,，.。!！?？;；:：\n、]+[,，.。!！?？;；:：\n、]?")
_DIGIT = re.compile(r"(?:回复\s?)?[(\[【“\"]?([01])[)\]】”\"]?(?![\d.]\d|\d)\s{0,2}(?:[=＝,，.。:：、;；!！\s-]|$)")
_TOKEN = re.compile(r"[a-z0-9']+|[㐀-鿿]")
_NEGATION = re.compile(r"[不没未无别勿否]|\b(?:not|never|no|cannot|nor)\b|n't\b")
_LIMIT = 2_000


def read_answer(text: str) -> Verdict:
    """What an approver's new text says to our question; pure, and linear in its length.

    A bare 1 or 0 at the beginning is the plain way that the letter offers. Words decide else, clause by clause: the
    first that says yes or no counts, and whatever makes a yes doubtful makes the whole unclear.
    """
    body = _said(text)
    if not body:
        return "unclear"
    digit = _DIGIT.match(body)
    rest = body[digit.end() :] if digit is not None else ""
    clauses = [each.strip() for each in _CLAUSE.findall(rest if digit is not None else body)]
    verdicts = [_clause(each) for each in clauses]
    told = [each for each in verdicts if each]
    if digit is not None and digit[1] == "0":
        return "unclear" if "agree" in told else "disagree"
    if digit is not None:
        return "unclear" if {"disagree", "doubt"} & {*told} or any(map(_asks, clauses[:1])) else "agree"
    if "disagree" in told:
        # "不同意，除非…" leaves nothing standing that anybody could act on; "同意第一项，不同意第二项" does.
        return "disagree" if not {"agree", "yes"} & {*told} else "unclear"
    if not {"agree", "yes"} & {*told} or "doubt" in told:
        return "unclear"
    if "agree" in told:
        said = (clause for verdict, clause in zip(verdicts, clauses, strict=True) if verdict == "agree")
        return "unclear" if any(map(_asks, said)) else "agree"
    # "好的，这是什么用途？" only says that the mail was read.
    return "agree" if not any(verdict == "" for verdict in verdicts) and not any(map(_asks, clauses)) else "unclear"


def _said(text: str) -> str:
    lines = (line.strip() for line in normalise(text[:_LIMIT]).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(">"))


def _asks(clause: str) -> bool:
    return clause.endswith(("?", "？", "吗", "呢", "么"))


def _clause(clause: str) -> str:
    """agree, yes, disagree, doubt; "filler" for what says nothing, an empty text for what is about something else."""
    found = _MEANING.find(clause)
    kinds = {kind for _, kind in found}
    if "disagree" in kinds:
        # "没有必要再审批，同意" speaks of both.
        return "unclear" if "agree" in kinds else "disagree" if not _asks(clause) else "doubt"
    if "doubt" in kinds and kinds & {"agree", "yes"}:
        return "doubt"
    left = clause
    for word, _ in sorted(found, key=lambda pair: -len(pair[0])):
        left = left.replace(word, " ")
    many = len(_TOKEN.findall(left))
    if "agree" in kinds:
        if _NEGATION.search(left):
            return "doubt"
        first = next(word for word, kind in found if kind == "agree")
        before = clause[: clause.find(first)]
        for word, kind in found:
            before = before.replace(word, " ") if kind in ("filler", "yes") else before
        # "同意李雷开通 VPN" names what is approved; "请王总批准" asks somebody else.
        return "agree" if all(token in _FILLER_TOKENS for token in _TOKEN.findall(before)) else "doubt"
    if "doubt" in kinds:
        return "doubt"
    if "yes" in kinds:
        return "yes" if many <= 2 else ""
    return "filler" if many == 0 or (many <= 4 and "filler" in kinds) else ""


_FILLER_TOKENS = frozenset("我 们 本 人 已 完 全 经 予 以 现 兹 特 此 i we hereby yes ok fully do have".split())
