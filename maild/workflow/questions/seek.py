"""Reading what somebody looks for: words, numbers, and a filter or two (`#find printer 3F closed`)."""

import re
import unicodedata
from dataclasses import dataclass

from maild.model import Policy, Word
from maild.model.ticket import Priority, State

# A question of more words than this is a pasted text; the first of them find it.
MOST_WORDS = 8
_WORD_CHARS = 60
_PARTS = 8
# A run of Chinese up to this length is one word; longer ones are cut into pairs, of which so many must be there.
_ONE_WORD = 3
_SHARE = 0.5

_OPEN: tuple[State, ...] = ("new", "open", "pending", "on_hold", "resolved")
_STATES: dict[str, tuple[State, ...]] = {
    **dict.fromkeys(("open", "未关闭", "未完成", "处理中"), _OPEN),
    **dict.fromkeys(("closed", "已关闭"), ("closed",)),
}
_PRIORITIES: dict[str, Priority] = {"p1": "P1", "p2": "P2", "p3": "P3", "p4": "P4"}
_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[^\s\u3400-\u4dbf\u4e00-\u9fff]+")
# Marks around a word are no part of it: quotes, commas, full stops.
_AROUND = " \t\"'“”‘’「」《》，,。；;：:！!？?、()（）[]【】"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: words, ticket numbers, states and priorities."""

    words: tuple[Word, ...] = ()
    numbers: tuple[int, ...] = ()
    states: tuple[State, ...] = ()
    priorities: tuple[Priority, ...] = ()


def sought(text: str, policy: Policy) -> Sought:
    """`打印机卡纸 3F 已关闭` → words 打印机卡纸 and 3f among closed tickets. A state or priority alone is looked for as
    a word, since a question wants something to find."""
    pieces = [piece for each in unicodedata.normalize("NFKC", text).split() if (piece := each.strip(_AROUND).lower())]
    pieces = [piece[:_WORD_CHARS] for piece in dict.fromkeys(pieces)]
    filters = [piece for piece in pieces if piece in _STATES or piece in _PRIORITIES]
    rest = [piece for piece in pieces if piece not in filters]
    if not rest:
        filters, rest = [], pieces
    names = "|".join(re.escape(each.lower()) for each in (policy.desk.prefix, *policy.desk.former_prefixes))
    numbers = [re.fullmatch(rf"(?:(?:{names})-?)?(\d{{1,10}})", piece) for piece in rest]
    words = [word for piece in rest for word in _words(piece)][:MOST_WORDS]
    return Sought(
        tuple(words),
        # A number beside other words is a word like them.
        tuple(int(each[1]) for each in numbers if each is not None) if all(numbers) else (),
        tuple(state for piece in filters for state in _STATES.get(piece, ())),
        tuple(_PRIORITIES[piece] for piece in filters if piece in _PRIORITIES),
    )


def _words(piece: str) -> list[Word]:
    """Chinese and Latin that stand together are words of their own: `VPN连不上` is found in “连不上 vpn”."""
    return [_word(run.strip(_AROUND)) for run in _RUN.findall(piece) if run.strip(_AROUND)]


def _word(run: str) -> Word:
    if len(run) <= _ONE_WORD or not "\u3400" <= run[0] <= "\u9fff":
        return Word(run)
    pairs = tuple(dict.fromkeys(run[at : at + 2] for at in range(len(run) - 1)))[:_PARTS]
    return Word(run, pairs, max(2, round(_SHARE * len(pairs))))
