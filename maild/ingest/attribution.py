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
_LEADING_DATE = re.compile(r"^[\s\-*>]{0,8}\W?(?:\w{2,12}[.,]{0,2}\s)?(?:\d{4}[-/.年]|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})")
_VERB = re.compile(r"(?:" + "|".join(re.escape(verb) for verb in sorted(VERBS, key=len, reverse=True)) + r")")
_VERB_ENDS = tuple(verb.rstrip(":") for verb in VERBS)
_OLD_GMAIL = re.compile(r"^\d{4}-\d{2}-\d{2} \d{1,2}:\d{2} (?:GMT|UTC)[+-]\d{1,2}:?\d{0,2}[ ,]")


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
    opener = bare.startswith(OPENERS) or _LEADING_DATE.match(first) is not None or "<" in first or "@" in first
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
            continue
        joined = f"{joined} {line}" if joined else line
        if len(joined) > CHARACTERS:
            return 0
        if _is_attribution(joined, quoted_after[at], count):
            return count
        if not opener:
            return 0
    return 0


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
    if not (has_date or has_address):
        return quoted and count == 1 and len(folded) < 120 and folded.endswith(":") and _ends_in_verb(folded)
    verb = _ends_in_verb(folded)
    colon = folded.endswith((":", ":*", ": *", ":-", ":_", ":>"))
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
    return quoted and (has_date or has_address) and colon and count <= 2 and len(folded) < 200


def _starts_like_one(folded: str) -> bool:
    bare = folded.lstrip("-*_>|~ \"'")
    return _LEADING_DATE.match(bare) is not None or bare.startswith(OPENERS)
