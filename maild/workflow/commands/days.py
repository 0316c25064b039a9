"""Days as people name them in a command: `until friday`, `tomorrow`, `Dec 1`, `到周五`, `明天`, `下周一`, `12月1日`."""

import re
from datetime import date, timedelta

_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_ZH = "一二三四五六日天"
_SOON = {
    "today": 0, "tomorrow": 1, "tmr": 1, "tmrw": 1, "the day after tomorrow": 2, "day after tomorrow": 2,
    "今天": 0, "明天": 1, "明日": 1, "后天": 2, "大后天": 3,
}  # fmt: skip
_UNTIL = re.compile(r"(?:(?:until|till|til|to|by|on)\b|一?直到|等到|至|到)\s*", re.IGNORECASE)
_NAMED = re.compile(
    "|".join(
        (
            r"(?P<soon>" + "|".join(sorted(map(re.escape, _SOON), key=len, reverse=True)) + r")(?![a-z])",
            r"(?P<next>next\s+week|下个?(?:周|星期|礼拜)(?![一二三四五六日天]))",
            r"(?P<far>next\s+)?(?P<en>mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|r|rs|rsday|urday)?(?![a-z])",
            r"(?P<fern>下个?|这个?|本)?(?:周|星期|礼拜)(?P<zh>[一二三四五六日天])",
            r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?\b",
            r"(?P<day2>\d{1,2})(?:st|nd|rd|th)?\s+(?P<month2>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b",
        )
    ),
    re.IGNORECASE,
)
_BEHIND = " \t\u3000\u00a0,，、:：;；.。!！"


def until(text: str) -> str:
    """A text without the word "until" at its beginning."""
    return _UNTIL.sub("", text.strip(), count=1) if _UNTIL.match(text.strip()) else text.strip()


def named_day(text: str, today: date) -> tuple[date, str] | None:
    """The day with which a text begins, and what follows it; None where it begins with none.

    A weekday is the next one to come, never today; "next monday" and 下周一 are those of the week after this one.
    """
    found = _NAMED.match(text)
    if found is None:
        return None
    rest = text[found.end() :].lstrip(_BEHIND)
    if found["soon"]:
        return today + timedelta(days=_SOON[" ".join(found["soon"].lower().split())]), rest
    monday = today - timedelta(days=today.weekday())
    if found["next"]:
        return monday + timedelta(days=7), rest
    if found["en"] or found["zh"]:
        if found["en"]:
            weekday = next(at for at, name in enumerate(_EN) if name.startswith(found["en"].lower()))
        else:
            weekday = min(_ZH.index(found["zh"]), 6)
        following = bool(found["far"]) or (found["fern"] or "").startswith("下")
        day = monday + timedelta(days=weekday + 7 * following)
        return (day if day > today else day + timedelta(days=7)), rest
    month = _MONTHS.index((found["month"] or found["month2"]).lower()) + 1
    try:
        day = date(today.year, month, int(found["day"] or found["day2"]))
        return (day if day >= today else day.replace(year=day.year + 1)), rest
    except ValueError:
        return None
