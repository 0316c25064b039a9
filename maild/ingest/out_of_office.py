"""Out-of-office and other automatic answers told by their subject and words."""

import re

from maild.ingest.away_words import (
    ACKNOWLEDGED,
    ANNOUNCED,
    ASKS,
    AWAY,
    AWAY_OF_MACHINES,
    INSTEAD,
    RETURN,
    SUBJECTS_AWAY,
    SUBJECTS_REPLY,
)
from maild.ingest.quote_words import fold

HEAD = 1_500

# Subjects that nobody types by hand.
_UNMISTAKABLE = ("office", "büro", "notiz", "bureau", "oficina", "ooo", "vacation ", "通知", "自动", "自動")

# The subject of Notes' agent: `Han Meimei is out of the office (returning 12.01.2026)`, also in other languages.
_NOTES = re.compile(
    r"^(?:auto[:：] ?)?[^:]{2,60} (?:is (?:currently )?out of (?:the )?office|ist (?:zur zeit |derzeit )?(?:außer haus|"
    r"nicht im büro|abwesend)|"
    r"est absente?(?: du bureau)?|está fuera de la oficina|è fuori ufficio)(?: ?[.(!]|$)"
)
_QUIET_PREFIX = re.compile(r"^(?:\[[^\]]{0,40}\]|【[^】]{0,40}】|\s|\*{1,5}|<|\"|')+")


def judge_words(subject: str, text: str, answers: bool) -> tuple[str, str]:
    """(verdict, reason) of subject and new text alone: out_of_office, auto_reply, or two empty strings.

    `answers`: the mail answers another one (In-Reply-To or References), which weak signs need.
    """
    title = fold(subject)
    bare = _QUIET_PREFIX.sub("", title)
    head = fold(text[:HEAD])
    asks = ASKS.search(head) is not None
    weight = 0 if asks or not _has(head, AWAY) else _evidence(head)
    for words in SUBJECTS_AWAY:
        if not (bare.startswith(words) or title.startswith(words)):
            continue
        # `Absence next week` is how people write, too: then the text must agree.
        programs = any(piece in words for piece in _UNMISTAKABLE)
        if (programs and _is_label(bare, words)) or (programs and not asks and _stands_alone(bare, words)):
            return "out_of_office", f"subject begins with {words!r}"
        if weight >= 2 and (answers or _stands_alone(bare, words)):
            return "out_of_office", f"subject begins with {words!r}, and the text agrees"
        if answers and weight >= 1 and _is_label(bare, words):
            return "out_of_office", f"subject begins with {words!r}, and the text agrees"
    for words in SUBJECTS_REPLY:
        if not (bare.startswith(words) or title.startswith(words)):
            continue
        if _is_label(bare, words) or (not asks and _stands_alone(bare, words)) or (answers and weight >= 2):
            return ("out_of_office" if is_away(text) else "auto_reply"), f"subject begins with {words!r}"
    program = title.startswith(("auto:", "auto：")) or "(returning" in title
    if _NOTES.search(title) is not None and (program or (not asks and (answers or weight >= 2))):
        return "out_of_office", "subject says that somebody is out of the office"
    if bare.startswith(("auto:", "auto：")) and answers and not asks:
        verdict = "out_of_office" if is_away(text) else "auto_reply"
        return verdict, "subject begins with 'auto:' and the mail answers another"
    announced = "" if asks else _has(head, ANNOUNCED)
    if announced and _begins_sentence(head, announced):
        return ("out_of_office" if is_away(text) else "auto_reply"), f"the text says {announced!r}"
    away = _has(head[:400], AWAY)
    if away and weight == 3 and len(text) < 1_200 and (answers or title.startswith(("re:", "回复", "aw:", "sv:"))):
        return "out_of_office", f"the text says {away!r}"
    return "", ""


def _is_label(title: str, words: str) -> bool:
    """Whether a program put these words before the subject that it answers: `Automatic reply: printer`."""
    rest = title.partition(words)[2].lstrip()
    return (
        words[-1:] in ":)]" or rest.startswith((":", "re:", ")", "]", "】")) or (rest.startswith("(") and ")" in rest)
    )


def _begins_sentence(head: str, words: str) -> bool:
    at = head.find(words)
    before = head[:at].rstrip(" *_-\"'(（[【")
    return not before or before[-1] in ".!。！:：;~=" or len(words) > 14


def _stands_alone(title: str, words: str) -> bool:
    """Whether a subject is these words, or they end in a colon or bracket: `Automatic reply does not work` is a
    person's."""
    rest = title.partition(words)[2].lstrip()
    return (
        words[-1:] in ":)]"
        or not rest
        or not rest[0].isalnum()
        or rest.startswith(("re:", "autoreply", "auto", "from "))
    )


def is_away(text: str) -> bool:
    """Whether the text of a mail that is known to be automatic says that its owner is away."""
    head = fold(text[:HEAD])
    return bool(_has(head, AWAY) or _has(head, AWAY_OF_MACHINES))


def is_acknowledgement(text: str) -> bool:
    """Whether a machine's mail says that it acknowledges or challenges one of ours."""
    return bool(_has(fold(text[:HEAD]), ACKNOWLEDGED))


def _has(text: str, phrases: tuple[str, ...]) -> str:
    return next((phrase for phrase in phrases if phrase in text), "")


def _evidence(head: str) -> int:
    return sum(bool(_has(head, kind)) for kind in (AWAY, RETURN, INSTEAD))
