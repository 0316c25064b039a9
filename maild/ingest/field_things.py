"""The affected device and program in free text: which of several things a mail names is the troubled one. Pure.

Values are verbatim; every pattern is bounded and linear (THREATS A25); the caller bounds the text.
"""

import re

from maild.ingest import field_text
from maild.ingest.field_words import DEVICES_EN, DEVICES_ZH, MAKERS, PROGRAM_ENDINGS, PROGRAMS, any_of

_W = r"(?<![A-Za-z0-9_])"
_E = r"(?![A-Za-z0-9_])"


_TAG = re.compile(
    r"(?:资产编号|资产号|序列号|编号|(?<![A-Za-z])(?:asset(?: tag| code| no\.?| number)?|service tag"
    r"|serial(?: number| no\.?)?|s/n|sn))"
    r"\s{0,2}(?:is|是|为|[:：#=-])?\s{0,2}([A-Za-z0-9][A-Za-z0-9\-]{3,24})",
    re.I,
)
_MODEL = re.compile(
    rf"{_W}((?:{any_of(MAKERS)})(?:[ -]?(?:{any_of(MAKERS)}))?"
    r"(?:[ -]?[A-Za-z]{0,12}-?[A-Za-z]{0,3}\d[\w\-]{0,14})(?: (?:tablet|laptop|printer|g\d{1,2}))?"
    rf"|(?:{any_of(MAKERS)}) ?[A-Z][A-Za-z]{{1,14}} ?[A-Za-z]{{0,4}}-?\d[\w\-]{{0,12}})",
    re.I,
)
_HOST = re.compile(
    rf"{_W}([A-Z]{{2,12}}-(?:PC|NB|LT|DT|SRV|WS)-?\d{{1,5}}|(?:prt|prn|lt|nb|pc|srv)[-_]?[a-z]{{0,4}}\d{{2,6}}"
    rf"|[a-z]{{2,5}}\d{{5,9}}|(?:pc|nb|lt|prn|prt|mon|srv|ws|sw|ap)-[a-z]{{0,6}}-?\d{{2,6}}"
    rf"|[A-Z]{{2,5}}(?:-[A-Z0-9]{{1,6}}){{2,3}}){_E}",
    re.I,
)
_SHARE = re.compile(r"(\\\\[\w.\-]{2,40}(?:\\[^\\\s\"“”，。<>|]{1,60}){0,6})")
_PRINTER = re.compile(rf"(?:打印机|printer)\s?([a-z]{{1,4}}\d{{1,4}}){_E}", re.I)
_DEVICE_EN = re.compile(rf"{_W}({any_of(DEVICES_EN)}){_E}", re.I)
_DEVICE_ZH = re.compile(rf"({any_of(DEVICES_ZH)})", re.I)
# A letter that only resembles the expected one when case is ignored ("İphone") still matches, but has no rank.
_UNRANKED = 1_000
_RANK_EN = {word: rank for rank, word in enumerate(DEVICES_EN)}
_RANK_ZH = {word: rank for rank, word in enumerate(DEVICES_ZH)}


# "Phone: 8123" and "call my mobile phone 8123" say how to reach somebody, not what is broken.
_HOW_TO_REACH = re.compile(r"(?:\s?(?:no|nr|number|ext|extension)\.?)?\s?[:：=#.]?\s?\+?\(?\d", re.I)


# 「等你们的电话」 and 「电话：8123」 are no telephones either.
_CALLED_BEFORE = re.compile(r"(?:打|等|回|来|留|联系|致|您的|你们的)$")
_CALL_BEHIND = re.compile(
    r"\s?(?:号码?|联系|沟通|通知|里说)?\s?(?:[:：=＝/／*|，,。；;！!]|是?\s?\+?\(?\d|\s?$|分机|改|写|不对)"
)


def _is_a_call(text: str, match: re.Match[str]) -> bool:
    """Whether a telephone is only how to reach somebody; a broken one is said to be so ("电话没有声音")."""
    if match[1] not in ("电话", "手机"):
        return False
    before = text[max(0, match.start() - 4) : match.start()]
    return _CALL_BEHIND.match(text, match.end()) is not None or _CALLED_BEFORE.search(before) is not None


def asset(text: str) -> str:
    """The affected device: a tag, a make and model, a host, share or printer name, else its kind."""
    for pattern in (_TAG, _MODEL, _PRINTER, _HOST, _SHARE):
        for match in pattern.finditer(text):
            if any(char.isdigit() for char in match[1]) or pattern is _SHARE:
                return match[1].strip(" -")
    kinds = [match[1] for match in _DEVICE_ZH.finditer(text) if not _is_a_call(text, match)]
    if kinds:
        return min(kinds, key=lambda word: _RANK_ZH.get(word.lower(), _UNRANKED))
    kinds = [match[1] for match in _DEVICE_EN.finditer(text) if not _HOW_TO_REACH.match(text, match.end())]
    return min(kinds, key=lambda word: _RANK_EN.get(word.lower(), _UNRANKED)) if kinds else ""


_PROGRAM = re.compile(
    rf"(?<![A-Za-z0-9_])({any_of(word for word in PROGRAMS if word.isascii())})(?![A-Za-z_])"
    rf"|({any_of(word for word in PROGRAMS if not word.isascii())})",
    re.I,
)
# "QQ 12345678" is how to reach somebody.
_NUMBER_OF = re.compile(r"\s?(?:号|號)?\s?[:：]?\s?\d{5,}")
_ZH_SYSTEM = re.compile(rf"([A-Za-z0-9][A-Za-z0-9_\-]{{0,24}}\s?|[\u4e00-\u9fff]{{2,8}})({any_of(PROGRAM_ENDINGS)})")
_EN_SYSTEM = re.compile(
    r"(?<![A-Za-z0-9_])([A-Za-z][\w.\-]{1,24}(?: [A-Za-z][\w.\-]{1,24})?) "
    r"(?:application|app|software|portal|system|client|module|tool|website|database)"
    r"(?! (?:application|app|software|system|client|tool|website|database))(?![A-Za-z])",
    re.I,
)
_NAME_LIKE = re.compile(r"(?<![\w./\\@])([a-z]{2,}(?:_[a-z]{2,}){1,4}|[A-Z]{2,6}_[a-z]{2,12})(?![\w./\\@])")
_NO_SYSTEM = frozenset(
    {
        "the", "a", "an", "my", "our", "your", "this", "that", "his", "her", "their", "file", "operating", "whole",
        "any", "new", "which", "same", "other", "help", "desk", "ticket", "phone", "computer", "of", "to", "in", "on",
        "for", "and", "or", "with", "from", "by", "is", "as", "at", "it", "error", "access", "using", "email", "web",
        "support", "current", "old", "some", "each", "all", "mail",
    }
)  # fmt: skip
_ZH_LEAD = re.compile(
    r"^(?:打开|登录|登陆|使用|进入|访问|安装|公司的?|我的|我们的?|这个|那个|请|在|用|该|新|的|和|了|到|把|从|部分"
    r"|多个|用户|所有|操作|更新|最新|升级|启动|电脑|帮忙|其他|无法|不能){1,4}"
)


def software(text: str) -> str:
    """The program or system: one with a name of its own before the ones that everybody has."""
    for match in _NAME_LIKE.finditer(text):
        if not match[1].startswith(("err", "image")):
            return match[1]
    known = [
        match[0]
        for match in _PROGRAM.finditer(text)
        if not (match[0].lower() in ("qq", "微信") and _NUMBER_OF.match(text, match.end()))
    ]
    best = min(known, key=_common) if known else ""
    if best and _common(best) == 0:
        return best
    for match in _ZH_SYSTEM.finditer(text):
        words = _ZH_LEAD.sub("", match[1].strip())
        if words:
            return words + match[2]
    product = field_text.versioned(text)
    if product:
        return product[0]
    for match in _EN_SYSTEM.finditer(text):
        names = [word for word in match[1].split() if word.lower() not in _NO_SYSTEM]
        if names:
            return " ".join(names) if names[0][0].isupper() else names[-1]
    return best


def _common(word: str) -> int:
    """0 for a program that is likely to be the troubled one itself, 1 for what everything runs on."""
    return int(word.lower() in ("windows", "win7", "win10", "win11", "macos", "ios", "android", "office", "java"))
