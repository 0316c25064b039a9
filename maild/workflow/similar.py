"""Which solved tickets resemble a new one: overlap of words and, for Chinese, of pairs of characters."""

import re
from collections.abc import Iterable, Set

from maild.model import Solved

_WORD = re.compile(r"[a-z0-9][a-z0-9.+-]{2,}|[\u3400-\u9fff]+")
_SHOWN = 2
# Less than this share of the title in common is chance.
_ENOUGH = 0.34
_COMMON = frozenset(
    "the and not for with from have has are was can cannot please help issue problem error this that work working"
    " 问题 无法 不能 请问 帮忙 您好 你好 怎么 一下 我的".split()
)


def words_of(text: str) -> frozenset[str]:
    """The words of a text that tell something; Chinese runs as pairs of characters, needing no dictionary."""
    found: set[str] = set()
    for run in _WORD.findall(text.lower()[:2000]):
        if run[0] >= "\u3400":
            found.update(run[at : at + 2] for at in range(len(run) - 1))
        else:
            found.add(run)
    return frozenset(found - _COMMON)


def best(words: Set[str], solved: Iterable[tuple[Solved, Set[str]]]) -> tuple[Solved, ...]:
    """The most alike of solutions given with the words of their titles, best first, at most two."""
    if not words:
        return ()
    scored = []
    for each, own in solved:
        shared = len(own & words)
        if shared >= 2 and shared / len(own) >= _ENOUGH:
            scored.append((shared / len(own), each.ticket, each))
    return tuple(each for _, _, each in sorted(scored, key=lambda row: row[:2], reverse=True)[:_SHOWN])
