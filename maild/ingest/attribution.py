"""Attribution lines (`On … wrote:`, `在 …，… 写道：`): recognised by date or address, and by how they end. Linear."""

import re
from collections.abc import Sequence

from maild.ingest.quote_words import OPENERS, VERBS, fold

LINES = 5
CHARACTERS = 500

_ADDRESS = re.compile(r"[^\s<>@]{1,100}@[^\s<>@]{1,100}|\(at\)|<https?:|mailto:|<notifications")
_DATE = re.compile(
    r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}|\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{2,4}|\d{1,2}:\d{2}|"
    r"\d{1,2}月\d{1,2}日|\d년|"
    r"\b(?:19|20)\d\d\b|\d{1,2}\.\s?\w{3,9}\.?\s\d{4}|\d{1,2}\s\w{3,9}\.?\s\d{4}"
)
_LEADING_DATE = re.compile(
    r"^[\s\-*>]{0,8}\W?(?:\w{2,12}[.,]{0,2}\s)?(?:\d{4}[-/.年]|\d{4}년|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})"
)
# A day within the first words: `ma 5. tammik. 2026`, `Þann mán., 5. jan.`, `5 Jan 2026`.
_EARLY_DAY = re.compile(r"^[^\d\n]{0,20}\d{1,2}[.,]{0,2}\s\w{1,12}[.,]{0,2}\s(?:\w{2,3}\s)?\d{4}\b")
_VERB = re.compile(r"(?:" + "|".join(re.escape(verb) for verb in sorted(VERBS, key=len, reverse=True)) + r")")
_VERB_ENDS = tuple(verb.rstrip(":") for verb in VERBS)
_OLD_GMAIL = re.compile(r"^\d{4}-\d{2}-\d{2} \d{1,2}:\d{2} (?:GMT|UTC)[+-]\d{1,2}:?\d{0,2}[ ,]")
_TIME = re.compile(r"\d{1,2}\s?[:.点點時时h]\s?\d{2}|\d{1,2}\s?시")
_NAMED_ADDRESS = re.compile(r"[<(\[]\s?[^\s<>()@\[\]]{1,100}@[^\s<>()@\[\]]{1,100}\s?[>)\]]")
_NO_WORD = re.compile(r"[<(\[]?\s?[^\s<>@]{1,100}@[^\s<>@]{1,100}\s?[>)\]]?|[\d\W_]{1,200}")
# How sentences begin that only look like attributions; nobody's name does.
_SENTENCE = re.compile(
    r"^(?:when|what|why|the|this|that|i|we|you|he|she|my|our|your|please|can|could|our|there|if|"
    r"ich|wir|sie|er|es|der|die|das|ein|eine|mein|meine|bitte|wenn|unser|unsere|"
    r"je|nous|vous|il y a|yo|nosotros|mi|nuestro|por favor|eu|nós|io|noi|ik|wij|jag|vi|jeg|я|мы|ja|my|"
    r"我|我们|我們|请|請|你|您|私|弊社)\b|^(?:我|请|請|你|您|他|她|系统|系統|该|此|这|這|저는)"
)
_WRAPS_NOT = re.compile(r"(?:[!?。！？;；]|\w{6,40}\.)$")


# So long is a line with nothing but the verb of an attribution: "wrote:", "写道：".
_VERB_ALONE = 20


def attribution_at(lines: Sequence[str], start: int, quoted_after: Sequence[bool]) -> int:
    """How many lines from lines[start] on are an attribution; 0 when there is none.

    `quoted_after[i]` tells whether the first line with words behind lines[i] is a quoted one: that makes weaker
    evidence enough.
    """
    first = lines[start].strip()
    if not first or len(first) > CHARACTERS:
        return 0
    folded = fold(first)
    bare = folded.lstrip("-*_>|~ \"'“”«[(")
    opener = (
        bare.startswith(OPENERS)
        or _LEADING_DATE.match(first) is not None
        or _EARLY_DAY.match(folded) is not None
        or "<" in first
        or "@" in first
    )
    if not opener and not folded.endswith((":", ">", ")", "*", "-", "_")) and not _ends_in_verb(folded):
        return 0
    joined = ""
    for count in range(1, LINES + 1):
        at = start + count - 1
        if at >= len(lines):
            return 0
        line = lines[at].strip()
        if not line:
            # One empty line may stand before the verb in text made from HTML.
            if count == 1 or at + 1 >= len(lines) or not _ends_in_verb(fold(lines[at + 1])) or len(lines[at + 1]) > 60:
                return 0
            if _DATE.search(fold(lines[at + 1])) and _is_attribution(lines[at + 1].strip(), quoted_after[at + 1], 1):
                # It is whole by itself: what stands above is the writer's own, though it holds an address.
                return 0
            continue
        joined = f"{joined} {line}" if joined else line
        if len(joined) > CHARACTERS:
            return 0
        if _is_attribution(joined, quoted_after[at], count):
            # Gmail breaks a long line before the verb, which then stands alone.
            verb = (
                at + 1 < len(lines) and len(lines[at + 1]) <= _VERB_ALONE and _ends_in_verb(fold(lines[at + 1].strip()))
            )
            if verb and quoted_after[at + 1]:
                return count + 1
            # A line of text above an attribution that is whole without it.
            return (
                0
                if count > 1 and _DATE.search(folded) is None and _stands_below(lines, start, at, quoted_after)
                else count
            )
        if not opener or _WRAPS_NOT.search(line):
            return 0
    return 0


def _stands_below(lines: Sequence[str], start: int, end: int, quoted_after: Sequence[bool]) -> bool:
    below = " ".join(line.strip() for line in lines[start + 1 : end + 1]).strip()
    folded = fold(below)
    return (
        _DATE.search(folded) is not None
        and (_ADDRESS.search(folded) is not None or _ends_in_verb(folded))
        and _starts_like_one(folded)
        and _is_attribution(below, quoted_after[end], end - start)
    )


def _ends_in_verb(folded: str) -> bool:
    bare = folded.rstrip(" -*_>~:：。.…,[]()\"'")
    return bare.endswith(_VERB_ENDS) or ("@" in bare and _verb_then_name(bare))


def _verb_then_name(bare: str) -> bool:
    """`… schrieb Hans Müller <h@x>`, `… écrivait X`, `schreef X op …`: the verb stands in the middle."""
    match = next(reversed(list(_VERB.finditer(bare))), None)
    return match is not None and match.start() > 0 and len(bare) - match.end() < 100 and "@" in bare[match.end() :]


def _is_attribution(joined: str, quoted: bool, count: int) -> bool:
    folded = fold(joined)
    has_date = _DATE.search(folded) is not None
    has_address = _ADDRESS.search(folded) is not None
    colon = folded.endswith(":") or folded.rstrip(" *_>-").endswith(":")
    if not (has_date or has_address):
        if folded.rstrip("*_ ").endswith("さんは書きました:"):
            return len(folded) < 80
        return quoted and count == 1 and len(folded) < 120 and colon and _ends_in_verb(folded)
    verb = _ends_in_verb(folded)
    if verb and (colon or quoted or has_date or count > 1):
        return not folded.startswith(("when ", "what ", "why ", "the ", "i "))
    if colon and has_date and _VERB.search(folded) and (has_address or quoted or _starts_like_one(folded)):
        # `Op … schreef X het volgende:`: the verb stands in the middle.
        return True
    ends_in_address = folded.endswith((">", ">:", ")")) and has_address
    if has_date and has_address and (colon or ends_in_address) and (quoted or _starts_like_one(folded)):
        return True
    if _OLD_GMAIL.match(joined) and len(joined) < 120:
        return True
    if colon and len(folded) < 200 and _names_and_dates(folded, has_date):
        return True
    return quoted and (has_date or has_address) and colon and count <= 2 and len(folded) < 200


def _names_and_dates(folded: str, has_date: bool) -> bool:
    """Whether a line that ends in a colon says who and when, or who with a verb, and hardly a word besides."""
    bare = folded.strip("-*_>|~ \"'“”«[(")
    if _SENTENCE.match(bare):
        return False
    words = len(_NO_WORD.sub(" ", bare).split())
    if has_date and _TIME.search(bare):
        # `5. 1. 2026 v 9:00, X <a@b>:`, `X <a@b> [2026-01-05 09:00]:`, `X schrieb am 05.01.2026 um 09:00:`
        if _NAMED_ADDRESS.search(bare):
            return words <= 11
        verb = _VERB.search(bare)
        if verb is not None:
            return 0 < verb.start() < 60 and words <= 9
        return words <= 4 and _ADDRESS.search(bare) is not None
    # `Zitat von X <a@b>:`
    return bare.startswith(_QUOTING) and _NAMED_ADDRESS.search(bare) is not None and words <= 7


_QUOTING = (
    "quoting ",
    "zitat von ",
    "citando ",
    "citation de ",
    "citat från ",
    "citat fra ",
    "cytat ",
    "citace ",
    "citaat ",
)


def _starts_like_one(folded: str) -> bool:
    bare = folded.lstrip("-*_>|~ \"'")
    return _LEADING_DATE.match(bare) is not None or _EARLY_DAY.match(bare) is not None or bare.startswith(OPENERS)
