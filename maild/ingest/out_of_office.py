"""Out-of-office and other automatic answers told by their subject and words, with the return date where one stands."""

import re
from datetime import date

from maild.ingest.away_words import (
    ACKNOWLEDGED,
    ANNOUNCED,
    AWAY,
    INSTEAD,
    RETURN,
    SUBJECTS_AWAY,
    SUBJECTS_REPLY,
)
from maild.ingest.quote_words import fold

HEAD = 1_500

# Subjects that nobody types by hand.
_UNMISTAKABLE = ("office", "büro", "notiz", "bureau", "oficina", "ooo", "vacation ", "通知", "自动", "自動")

_QUIET_PREFIX = re.compile(r"^(?:\[[^\]]{0,40}\]|【[^】]{0,40}】|\s|\*{1,5}|<|\"|')+")


def judge_words(subject: str, text: str, answers: bool) -> tuple[str, str]:
    """(verdict, reason) of subject and new text alone: out_of_office, auto_reply, or two empty strings.

    `answers`: the mail answers another one (In-Reply-To or References), which weak signs need.
    """
    title = fold(subject)
    bare = _QUIET_PREFIX.sub("", title)
    head = fold(text[:HEAD])
    for words in SUBJECTS_AWAY:
        if bare.startswith(words) or title.startswith(words):
            # `Absence next week` is how people write, too: then the text must agree.
            strong = any(piece in words for piece in _UNMISTAKABLE) and _stands_alone(bare, words)
            if strong or answers or _evidence(head) >= 2:
                return "out_of_office", f"subject begins with {words!r}"
    for words in SUBJECTS_REPLY:
        if (bare.startswith(words) or title.startswith(words)) and (
            _stands_alone(bare, words) or answers or _evidence(head) >= 2
        ):
            away = _evidence(head) >= 1 and _has(head, AWAY)
            return ("out_of_office" if away else "auto_reply"), f"subject begins with {words!r}"
    if bare.startswith(("auto:", "auto：")) and answers:
        return "auto_reply", "subject begins with 'auto:' and the mail answers another"
    announced = _has(head, ANNOUNCED)
    if announced:
        return ("out_of_office" if _has(head, AWAY) else "auto_reply"), f"the text says {announced!r}"
    away = _has(head[:400], AWAY)
    if (
        away
        and _evidence(head) == 3
        and len(text) < 1_200
        and (answers or title.startswith(("re:", "回复", "aw:", "sv:")))
    ):
        return "out_of_office", f"the text says {away!r}"
    return "", ""


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


def is_acknowledgement(text: str) -> bool:
    """Whether a machine's mail says that it acknowledges or challenges one of ours."""
    return bool(_has(fold(text[:HEAD]), ACKNOWLEDGED))


def _has(text: str, phrases: tuple[str, ...]) -> str:
    return next((phrase for phrase in phrases if phrase in text), "")


def _evidence(head: str) -> int:
    return sum(bool(_has(head, kind)) for kind in (AWAY, RETURN, INSTEAD))


_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan january januar janvier enero janeiro gennaio",
            "feb february februar février febrero fevereiro febbraio",
            "mar march märz maerz mars marzo março",
            "apr april avril abril aprile",
            "may mai mayo maio maggio mei",
            "jun june juni juin junio junho giugno",
            "jul july juli juillet julio julho luglio",
            "aug august août agosto",
            "sep sept september septembre septiembre setembro settembre",
            "oct october okt oktober octobre octubre outubro ottobre",
            "nov november novembre noviembre",
            "dec december dez dezember décembre diciembre dezembro dicembre december",
        ],
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    r"(?P<y>20\d\d)\s?[-/.年]\s?(?P<m>\d{1,2})\s?[-/.月]\s?(?P<d>\d{1,2})|(?P<m2>\d{1,2})月(?P<d2>\d{1,2})[日号]|"
    r"(?P<d3>\d{1,2})(?:st|nd|rd|th|\.|º)?\s(?:of\s|de\s)?(?P<n3>" + _MONTH + r")\b\.?,?(?:\s(?:de\s)?(?P<y3>20\d\d))?|"
    r"\b(?P<n4>" + _MONTH + r")\.?\s(?P<d4>\d{1,2})(?!\d)(?:st|nd|rd|th)?,?(?:\s(?P<y4>20\d\d))?|"
    r"(?P<a5>\d{1,2})(?P<s5>[./-])(?P<b5>\d{1,2})(?:[./-](?P<y5>(?:20)?\d\d)?)?",
    re.I,
)


def return_date(text: str, sent: date | None) -> date | None:
    """The last date that the beginning of an out-of-office text names, in the year of `sent` where none stands; None
    without a date or without `sent`. `3/4` is read as day and month only where the dots of `3.4.` say so."""
    if sent is None:
        return None
    found = [day for day in (_day(match, sent) for match in _DATE.finditer(text[:HEAD])) if day is not None]
    later = [day for day in found if day >= sent]
    return max(later) if later else None


def _day(match: re.Match[str], sent: date) -> date | None:
    group = match.groupdict()
    year = group["y"] or group["y3"] or group["y4"] or group["y5"]
    month = group["m"] or group["m2"]
    day = group["d"] or group["d2"] or group["d3"] or group["d4"]
    name = group["n3"] or group["n4"]
    if name:
        number = _MONTHS.get(name.lower()) or _MONTHS.get(name.lower()[:3])
        if number is None:
            return None
        month = str(number)
    if group["a5"]:
        first, second = int(group["a5"]), int(group["b5"])
        dotted = group["s5"] == "."
        if not dotted and first <= 12 and second <= 12 and first != second:
            return None
        day, month = (str(first), str(second)) if dotted or first > 12 else (str(second), str(first))
    if not (month and day):
        return None
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
        here = date(sent.year, int(month), int(day))
        return here if (sent - here).days < 180 else date(sent.year + 1, int(month), int(day))
    except ValueError:
        return None
