"""The terms by which reports are compared: English words without their endings, Chinese in pairs of characters."""

import re
import unicodedata

from maild.workflow.same_meaning import concept_of, concepts_of_chinese

# Longer texts say no more of what the matter is; a report's first lines do.
READ_CHARS = 600
_RUN = re.compile(r"[a-z0-9][a-z0-9+#]*(?:[._/\\-][a-z0-9+#]+)*|[\u3400-\u4dbf\u4e00-\u9fff]+")
_PIECE = re.compile(r"[a-z]{3,}|[a-z]*[0-9][a-z0-9]*")
# A term longer than this is a path, a link or a key: nobody else will write the same one.
_TERM_CHARS = 24

# What stands in any report, whatever it is about: courtesy, days, and words of the trade that tell nothing apart.
_EMPTY = frozenset(
    """
    a about above advise after again all already also am an and any anyone are as asap ask asked at attached be because
    been before being below best but by can cannot cant com confirm could day dear details did do does doing don done
    dont due each either email else even ext few find first following for forward from further fwd get gets getting
    give given go going good got great guys had has have having he hello help her here hey hi him his how however i id
    if im in inc information into is issue it its ive just kind kindly know last let like log look ltd mail manager
    many may me message might more morning most much my name need needed needs new no not note now of off office on
    once one only or order other our out over per phone please pm possible problem provide re received regard regards
    reply request resolve said same see send sent set she should show shows since so some someone something soon
    street sure take team tel thank thanks that the their them then there these they thing this those though through
    ticket tickets time to today told too tomorrow try trying two until up update urgent us use used user using very
    via was we week well were what when where which while who why will wish with within without work worked working
    works would yes yesterday yet you your
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december engineer developer analyst consultant officer administrator assistant senior leader ref
    """.split()
)
# Longest first, so that 怎么办 is not left as 办.
_EMPTY_CHINESE = sorted(
    """
    您好 你好 大家好 各位 请问 请教 麻烦 帮忙 帮我 帮助 谢谢 感谢 请 怎么办 怎么回事 怎么 怎样 如何 为什么 为何
    什么 原因 问题 是不是 有没有 可以 能不能 能否 可否 是否 一下 一直 一个 这个 那个 这样 那样 现在 今天 昨天
    明天 上午 下午 刚才 刚刚 突然 已经 我们 你们 他们 我的 我 您 你 他 她 它 的 了 吗 呢 啊 呀 吧 么 哦 是 在 有
    和 与 及 就 都 也 还 被 把 让 给 到 从 对 于 很 太 但是 但 而 或 如果 因为 所以 之后 以后 然后 时候 之前
    没有 无法 不能 不了 不到 出现 提示 显示 处理 解决 工单 部门 姓名 电话 分机 同事 老师 领导 急 尽快 反馈 申告
    部分用户 用户 公司 系统 电脑 后 时 上 下 里 中
    """.split(),
    key=len,
    reverse=True,
)
_CUT = re.compile("|".join(_EMPTY_CHINESE))
# One word in two spellings.
_SPELLINGS = (("登陆", "登录"), ("登入", "登录"), ("帐", "账"), ("密碼", "密码"), ("網路", "网络"), ("网路", "网络"))


def terms_of(text: str) -> list[str]:
    """The telling terms of a text's first 600 characters, in their order and as often as they stand there."""
    folded = unicodedata.normalize("NFKC", text[:READ_CHARS]).lower()
    for other, usual in _SPELLINGS:
        folded = folded.replace(other, usual)
    found: list[str] = []
    for run in _RUN.findall(folded):
        if run[0] >= "\u3400":
            if CONCEPTS:
                found.extend(concepts_of_chinese(run))
            for part in _CUT.split(run):
                found.extend(part[at : at + 2] for at in range(len(part) - 1))
                if UNI:
                    found.extend(part)
        else:
            found.extend(_words(run))
    return found


def _words(run: str) -> list[str]:
    """`e3-7` stays whole, since codes tell most; beside it its parts that are words."""
    pieces = _PIECE.findall(run)
    words = [run] if len(pieces) != 1 or pieces[0] != run else []
    kept = [word for word in words if any(c.isdigit() for c in word) and 2 < len(word) <= _TERM_CHARS]
    kept += [stem(piece) for piece in pieces if piece not in _EMPTY and 1 < len(piece) <= _TERM_CHARS]
    if CONCEPTS:
        kept += [c for piece in pieces if (c := concept_of(piece))]
    return kept


CONCEPTS = 1
UNI = 0

_ENDINGS = ("ations", "ation", "ings", "ing", "ers", "ies", "ied", "er", "ed", "es", "ly", "s", "e")


def stem(word: str) -> str:
    """An English word without its commonest endings: print, prints, printed, printing and printer are one term.

    Lighter than Porter's: only endings that leave four letters are cut, codes with digits keep their form.
    """
    if not word.isalpha() or not word.isascii():
        return word
    for ending in _ENDINGS:
        rest = len(word) - len(ending)
        if rest >= 4 and word.endswith(ending) and not (ending == "s" and word.endswith("ss")):
            word = word[:rest]
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiosl":
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 4 and word[-1] == "y" else word
