"""How a moment is worded for people: short, on their own wall clock, never as a bare timestamp."""

from datetime import datetime
from zoneinfo import ZoneInfo

_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NEAR_EN = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_NEAR_ZH = {-1: "昨天", 0: "今天", 1: "明天"}


def spoken(moment: datetime, zone: str, now: datetime, language: str, name_zone: bool = False) -> str:
    """A moment on the wall clock of `zone` (IANA name): "today 14:30", "Wed 25 Nov 10:00", "11月25日（周三）10:00".

    `moment` and `now` are aware. Seconds are cut off. The year is told only if it isn't the present one. Chinese for
    any `zh…` language tag, English for every other. `name_zone` adds the zone, for a reader whose own may differ.
    Raises ZoneInfoNotFoundError for an unknown zone.
    """
    local = moment.astimezone(ZoneInfo(zone))
    today = now.astimezone(ZoneInfo(zone)).date()
    chinese = language.lower().startswith("zh")
    day = local.date()
    distance = (day - today).days
    # The names are spelled out here because those of strftime change with the locale of the process.
    if distance in _NEAR_EN:
        text = f"{(_NEAR_ZH if chinese else _NEAR_EN)[distance]} {local:%H:%M}"
    elif chinese:
        year = "" if day.year == today.year else f"{day.year}年"
        text = f"{year}{day.month}月{day.day}日（{_WEEKDAYS_ZH[day.weekday()]}）{local:%H:%M}"
    else:
        year = "" if day.year == today.year else f" {day.year}"
        text = f"{_WEEKDAYS_EN[day.weekday()]} {day.day} {_MONTHS_EN[day.month - 1]}{year} {local:%H:%M}"
    if not name_zone:
        return text
    return f"{text}（{_zone_name(local, zone, chinese)}）" if chinese else f"{text} ({_zone_name(local, zone, False)})"


def _zone_name(local: datetime, zone: str, chinese: bool) -> str:
    """The zone's city and its offset at that moment: "Berlin, UTC+2"; 北京时间 for China in Chinese."""
    if chinese and zone == "Asia/Shanghai":
        return "北京时间"
    offset = local.utcoffset()
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    shift = "" if minutes == 0 else f"{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
    city = zone.rpartition("/")[2].replace("_", " ")
    # "UTC, UTC" and "GMT, UTC" say nothing twice.
    if city in {"UTC", "GMT", "UCT", "Zulu", "Universal", "Greenwich"}:
        return "UTC"
    return f"{city}{'，' if chinese else ', '}UTC{shift}"
