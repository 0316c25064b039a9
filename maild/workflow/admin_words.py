"""What an admin writes about mails that were put aside: `release 4711`, `drop 4711-4715`, `block eve@x.example`.

With or without `#`, in English or Chinese, several numbers and several lines. Pure: text in, lines out.
"""

import re
import unicodedata
from dataclasses import dataclass

from maild.model import Message
from maild.model.aside import Verb

_VERBS: dict[Verb, tuple[str, ...]] = {
    "unblock": ("unblock", "解除拉黑", "取消拉黑", "解除屏蔽", "移出黑名单"),
    "release": ("release", "let in", "放行", "释放"),
    "drop": ("drop", "ignore", "丢弃", "忽略"),
    "block": ("block", "拉黑", "屏蔽", "加入黑名单"),
}
_VERB_OF = {word: verb for verb, words in _VERBS.items() for word in words}
_LINE = re.compile(
    # A Latin word must end where it ends; behind a Chinese one the number may follow at once.
    r"^[#*>\s]{0,4}(" + "|".join(sorted((re.escape(word) for word in _VERB_OF), key=len, reverse=True)) + r")"
    r"(?![a-z])\s{0,8}:?\s{0,8}(.*)$",
    re.IGNORECASE,
)
_SPAN = re.compile(r"#?(\d{1,15})(?:\s{0,3}(?:-|–|—|~|\.\.|to\b|至|到)\s{0,3}#?(\d{1,15}))?(?!\d)", re.IGNORECASE)
_SENDER = re.compile(r"<?([a-z0-9!#$%&'*+/=?^_`{|}~.-]{0,64}@[a-z0-9](?:[a-z0-9.-]{0,200}[a-z0-9])?)>?", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,、;&+]{0,9}(?:(?:and|和|以及)\s{0,3})?")
# What may stand behind the numbers: nothing, or a reason behind a mark that sets it off.
_REASON = re.compile(r"\s*(?:[:(-]|because\b|因为|原因|理由)\s*[:]?\s*(?P<why>.{1,200})$", re.IGNORECASE)
_END = " .!。！…️\U0001f44d\U0001f64f"
# One mail rules on at most so many others.
MOST = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One line that was read: the verb with what it is about. `problem` is set where it could not be understood."""

    text: str
    verb: Verb
    numbers: tuple[int, ...] = ()
    senders: tuple[str, ...] = ()
    why: str = ""
    problem: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """The lines at the top of a mail, and whether one more stands further down its text, where it may be a quote."""

    lines: tuple[Line, ...] = ()
    below: str = ""

    @property
    def clear(self) -> bool:
        """Whether all of it was understood, and something was said."""
        return bool(self.lines) and not self.below and not any(line.problem for line in self.lines)


def read_words(message: Message) -> Read:
    """The words of an admin's mail: of its text, or of the subject of a fresh mail."""
    own = "" if message.only_quoted else message.new_text
    first = "" if message.answered else _line(message.subject)
    if isinstance(first, Line) and not first.problem:
        rest = read(own)
        return Read((first, *rest.lines), rest.below)
    return read(own)


def read(text: str) -> Read:
    """The words of a text."""
    lines: list[Line] = []
    below = ""
    ended = False
    for each in text.splitlines():
        if not each.strip():
            continue
        found = _line(each)
        if found is None or (ended and found.problem):
            ended = True
        elif ended:
            below = below or found.text
        else:
            lines.append(found)
    return Read(tuple(lines), below if lines else "")


def _line(text: str) -> Line | None:
    """One line; None where it does not begin with a verb of ours."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    found = _LINE.match(plain)
    if found is None:
        return None
    verb = _VERB_OF[found[1].lower()]
    rest = found[2].strip(_END)
    numbers: list[int] = []
    senders: list[str] = []
    at = 0
    while at < len(rest):
        sender = _SENDER.match(rest, at) if verb in ("block", "unblock") else None
        span = _SPAN.match(rest, at) if sender is None and verb != "unblock" else None
        if sender is not None:
            senders.append(sender[1].lower())
            at = sender.end()
        elif span is not None:
            first, last = int(span[1]), int(span[2] or span[1])
            if not 0 < first <= last or last - first >= MOST:
                return Line(plain[:120], verb, problem=True)
            numbers += range(first, last + 1)
            at = span.end()
        else:
            break
        between = _BETWEEN.match(rest, at)
        at = between.end() if between is not None else at
    reason = _REASON.match(rest[at:]) if at < len(rest) else None
    lost = at < len(rest) and (reason is None or "?" in rest[at:])
    if lost or not (numbers or senders) or len(numbers) + len(senders) > MOST:
        return Line(plain[:120], verb, problem=True)
    why = reason["why"].strip(" )") if reason is not None else ""
    return Line(plain[:120], verb, tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(senders)), why)
