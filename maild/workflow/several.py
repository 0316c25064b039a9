"""Whether one mail reports two problems (PRODUCT §3.1). A false alarm is worse than a miss: whoever reports one problem
in two sentences must not be told that they have two.

Three ways of writing count: a list of two or three numbered items, a second part that says so itself ("另外", "by the
way", "还有一个问题"), and two paragraphs. In each of them both parts must say what is wrong or wanted, and the rules of
triage must sort them differently; where the writer says "another problem", different things will do.
"""

import re
from dataclasses import dataclass

from maild.model import Address, Policy
from maild.workflow.triage import OTHER, OUT_OF_SCOPE, triage
from maild.workflow.wordfinder import WordFinder, normalise, tokens

_LIMIT = 3_000
_TITLE_CHARS = 60
# A part that says less than this is a remark.
_PART_CHARS = 5
_MOST_ITEMS = 3


@dataclass(frozen=True, slots=True)
class Several:
    """The two problems of a mail, in its own words; `title` is the second in one line of at most 60 characters."""

    first: str
    second: str
    title: str


# Something is wrong, or wanted. Without it a part tells of circumstances.
_TROUBLE = (
    "不能", "无法", "不了", "不上", "不行", "不动", "不出", "不通", "断网", "断了", "不亮", "不响", "没反应",
    "没有反应", "没声音", "没有声音",
    "没信号", "坏了", "故障", "报错", "出错", "错误", "失败", "卡纸", "卡死", "死机", "蓝屏", "黑屏", "花屏",
    "断开", "掉线",
    "中断", "很慢", "太慢", "特别慢", "变慢", "异常", "丢失", "不见了", "过期", "被锁", "锁定", "锁住", "满了",
    "打不开",
    "连不上", "登不上", "收不到", "发不出", "不显示", "不工作", "申请", "开通", "需要安装", "帮忙安装", "想安装",
    "麻烦安装",
    "请安装", "重置", "解锁", "更换", "需要一", "想要一", "没墨", "没电", "闪退", "乱码", "有问题", "漏水", "进水",
    "异响",
    "cannot", "can't", "can not", "unable", "fails", "failed", "failing", "failure", "broken", "not working",
    "doesn't work", "does not work", "don't work", "isn't working", "stopped working", "won't", "will not", "error",
    "crashes", "crashed", "crash", "freezes", "frozen", "hangs", "slow", "disconnects", "drops", "locked", "expired",
    "jams", "jammed", "jam", "missing", "lost", "full", "need access", "need a new", "need an", "i need",
    "please install",
    "please reset", "please grant", "please unlock", "would like", "request", "no sound", "no signal", "black screen",
    "blank", "stuck", "down", "flickers", "flickering", "keeps", "not printing", "not responding", "no longer",
    "doesn't", "does not", "never arrives", "bounced", "replace",
)  # fmt: skip
# A part with one of these goes on with the same problem.
_SAME = (
    "也是这样", "也一样", "同样的问题", "同样问题", "一样的问题", "也是如此", "也有这个问题", "也出现", "这个问题",
    "该问题",
    "此问题", "上述", "所以", "因此", "因为", "导致", "之后", "然后", "试过", "尝试", "重启过", "已经重启", "以上",
    "还是", "仍然", "麻烦尽快", "请尽快", "附件", "截图", "同事的", "其他同事", "别人", "它", "这台", "该电脑",
    "same problem", "same issue", "same error", "the same", "as well", "this problem", "this issue", "this error",
    "this happens",
    "because", "therefore", "since then", "after that", "afterwards", "tried", "i have restarted", "restarted",
    "rebooted", "reinstalled", "still", "attached", "screenshot", "it also", "it is", "it says", "it shows", "then",
    "so i",
    "when i", "colleague", "colleagues", "others", "everyone", "workaround", "the above", "that's why", "as a result",
)  # fmt: skip
# The writer says that something else begins.
_ANOTHER = re.compile(
    r"(?:^|[\n。.!！?？;；])\s{0,4}(?P<mark>"
    r"还有(?:另外)?(?:一|1)?个(?:问题|事|事情|故障)|还有一件事|另(?:外)?(?:还)?有(?:一|1)?个(?:问题|故障)|另外一个问题"
    r"|另一个问题|第二个问题|再(?:报|反映)一个问题|还想(?:再)?报(?:一)?个"
    r"|another (?:issue|problem|thing|request|question)"
    r"|(?:one more|a second|second|separate) (?:issue|problem|thing|request)"
    r"|(?:i (?:also )?have|there is(?: also)?|there's(?: also)?) (?:another|a second|one more)"
    r" (?:issue|problem|request)"
    r"|a different (?:issue|problem)|on a (?:different|separate|another) (?:note|matter|topic)"
    r"|unrelated(?: to (?:this|that))?"
    r")"
)
_BESIDES = re.compile(
    r"(?:^|[\n。.!！?？;；])\s{0,4}(?P<mark>另外|此外|顺便(?:说一下|问一下|提一下|说一句|问下)?|还有|再就是|对了"
    r"|by the way|btw|also|additionally|in addition|besides|furthermore|moreover|and also|plus"
    r")[\s,，:：]{0,3}"
)
_ITEM = re.compile(
    r"(?:^|\n)[ \t]{0,8}(?:[(（]?(?P<digit>[1-9])\s?[)）.、．:：](?!\d)|(?P<word>[一二三四])\s?[、.．]"
    r"|(?P<first>问题[一二三123]|problem [1-3]|issue [1-3])\s?[:：.、)]?)[ \t]{0,4}"
)
_INLINE = re.compile(r"(?<![\d.])(?P<digit>[1-4])\s?[.、)）．](?!\d)\s?")
# A list under such a line tells what was done, or how.
_STEPS = re.compile(
    r"步骤|操作如下|如下操作|操作过程|尝试|试过|排查|方法|环境|信息如下|情况说明|原因|配置|要求|时间线"
    r"|\bsteps?\b|reproduce|tried|troubleshoot|what i did|as follows|information|details|questions?|because|reasons?"
    r"|options?"
)
_SENTENCE = re.compile(r"[^。.!！?？;；\n]+")

_TROUBLES: WordFinder[str] = WordFinder((word, "trouble") for word in _TROUBLE)
_SAMES: WordFinder[str] = WordFinder((word, "same") for word in _SAME)


def several(subject: str, text: str, language: str, policy: Policy) -> Several | None:
    """The second problem of a mail, if it holds one beyond doubt; pure, and linear in the text's length."""
    body = text[:_LIMIT].replace("\r\n", "\n").strip()
    plain = normalise(body)
    # Full-width forms that fold into several characters would move the places: such a mail is left alone.
    if len(plain) != len(body):
        return None
    for parts in (_listed(plain), _marked(plain, _ANOTHER), _marked(plain, _BESIDES), _paragraphs(plain)):
        if parts is None:
            continue
        (start, end), (from_, to), sure = parts
        first, second = plain[start:end], plain[from_:to]
        if _differ(subject, first, second, language, policy, sure):
            own = body[from_:to].strip(" \t\n:：,，、")
            return Several(body[start:end].strip(), own, _title(own))
    return None


_Span = tuple[int, int]
_Parts = tuple[_Span, _Span, bool]


def _listed(plain: str) -> _Parts | None:
    """Two or three numbered items, each on a line of its own or in one sentence."""
    for pattern in (_ITEM, _INLINE):
        found = list(pattern.finditer(plain))
        numbers = [_number(each) for each in found]
        if not 2 <= len(found) <= _MOST_ITEMS or numbers != list(range(1, len(found) + 1)):
            continue
        if _STEPS.search(plain[: found[0].start()][-80:]):
            return None
        ends = [*(each.start() for each in found[1:]), _block_end(plain, found[-1].end())]
        spans = [(each.end(), end) for each, end in zip(found, ends, strict=True)]
        return spans[0], spans[1], True
    return None


def _block_end(plain: str, start: int) -> int:
    end = plain.find("\n\n", start)
    return len(plain) if end < 0 else end


def _number(found: re.Match[str]) -> int:
    groups = found.groupdict()
    sign = groups.get("digit") or groups.get("word") or (groups.get("first") or "")[-1:]
    return "一二三四".find(sign) + 1 if sign in "一二三四" else int(sign)


def _marked(plain: str, mark: re.Pattern[str]) -> _Parts | None:
    found = next((each for each in mark.finditer(plain) if each.start("mark") > _PART_CHARS), None)
    if found is None:
        return None
    return (0, found.start("mark")), (found.end(), _block_end(plain, found.end())), mark is _ANOTHER


def _paragraphs(plain: str) -> _Parts | None:
    """Exactly two paragraphs that say something; greetings and closing words are none."""
    spans, at = [], 0
    for block in plain.split("\n\n"):
        if len(block.strip()) >= 2 * _PART_CHARS and _TROUBLES.find(block):
            spans.append((at, at + len(block)))
        at += len(block) + 2
    return (spans[0], spans[1], False) if len(spans) == 2 else None


def _differ(subject: str, first: str, second: str, language: str, policy: Policy, sure: bool) -> bool:
    """Whether the two parts are two problems. `sure`: the writer says so, by a number or in words."""
    if min(len(first.strip()), len(second.strip())) < _PART_CHARS:
        return False
    if not (_TROUBLES.find(first) and _TROUBLES.find(second)) or _SAMES.find(_head(second)):
        return False
    kinds = [triage("", part, language, {}, Address(""), policy) for part in (first, second)]
    codes = {one.category for one in kinds}
    if OTHER in codes or OUT_OF_SCOPE in codes:
        return False
    if not sure and first.rstrip().endswith(("?", "？")):
        return False
    if not sure:
        # Sorted differently is not enough: what the second part is about may not stand in the first.
        return len(codes) == 2 and not _things(first) & _things(second)
    return len(codes) == 2 or not {*_QUOTED.findall(kinds[0].reasons[0].en)} & {
        *_QUOTED.findall(kinds[1].reasons[0].en)
    }


# The words that decided a category, as its reason names them.
_QUOTED = re.compile(r"“([^”]+)”")
_CHINESE = re.compile(r"[㐀-鿿]+")
_EVERYDAY = frozenset(
    "need please cannot can't have with from that this when been work working problem issue error help also hello thank"
    " regard does doesn't would like access 我的 无法 不能 问题 麻烦 请问 需要 提示 一下 您好 你好 帮忙 登录 申请 处理"
    " 不了 打不 电脑 电话 部门".split()
)


def _things(part: str) -> frozenset[str]:
    """The words of a part that may name what it is about: English ones of four letters and more, Chinese pairs."""
    english = {word for word in tokens(part) if len(word) >= 4}
    chinese = {run[at : at + 2] for run in _CHINESE.findall(part) for at in range(len(run) - 1)}
    return frozenset((english | chinese) - _EVERYDAY)


def _head(part: str) -> str:
    """The first two sentences of a part: what follows them may well speak of circumstances."""
    sentences = [each for each in _SENTENCE.findall(part) if each.strip()]
    return "\n".join(sentences[:2])


def _title(part: str) -> str:
    sentence = next((each.strip(" ,，:：、\t") for each in _SENTENCE.findall(part) if each.strip(" ,，:：、\t")), part)
    return sentence if len(sentence) <= _TITLE_CHARS else sentence[: _TITLE_CHARS - 1].rstrip() + "…"
