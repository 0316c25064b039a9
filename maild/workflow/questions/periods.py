"""Which days a report is about: `#report`, `#report last week`, `#报表 上月`."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from maild.model import Words
from maild.workflow.commands.arguments import Refused

_NAMES: dict[str, tuple[str, ...]] = {
    "today": ("today", "今天", "今日", "当天"),
    "yesterday": ("yesterday", "昨天", "昨日"),
    "week": ("", "week", "this week", "本周", "这周", "这个星期", "周", "周报"),
    "last week": ("last week", "上周", "上个星期", "上星期"),
    "month": ("month", "this month", "本月", "这个月", "月", "月报"),
    "last month": ("last month", "上月", "上个月"),
}
_TITLES: dict[str, Words] = {
    "today": Words("today", "今天"),
    "yesterday": Words("yesterday", "昨天"),
    "week": Words("this week", "本周"),
    "last week": Words("last week", "上周"),
    "month": Words("this month", "本月"),
    "last month": Words("last month", "上月"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of `since` up to `until`, which is no part of it; `title` is what people call it."""

    since: datetime
    until: datetime
    title: Words


def a_period(text: str, now: datetime, zone: str) -> Period:
    """The days that are meant, on the wall clock of `zone`. Raises Refused for a word that names none."""
    wanted = " ".join(text.strip(" .!。！").lower().split())
    name = next((code for code, names in _NAMES.items() if wanted in names), None)
    if name is None:
        raise Refused(
            Words(
                f"{text!r} is no time to report on; write today, yesterday, week, last week, month or last month",
                f"“{text}”不是可以统计的时间；可以写：今天、昨天、本周、上周、本月、上月",
            )
        )
    today = now.astimezone(ZoneInfo(zone)).date()
    first, last = _days(name, today)
    since, until = (datetime.combine(day, time(0), ZoneInfo(zone)) for day in (first, last))
    return Period(since, until, _TITLES[name])


def _days(name: str, today: date) -> tuple[date, date]:
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    return {
        "today": (today, today + timedelta(days=1)),
        "yesterday": (today - timedelta(days=1), today),
        "week": (monday, monday + timedelta(days=7)),
        "last week": (monday - timedelta(days=7), monday),
        "month": (first, _next_month(first)),
        "last month": ((first - timedelta(days=1)).replace(day=1), first),
    }[name]


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
