"""How a moment is worded for people: short, on their own wall clock, never as a bare timestamp."""

from datetime import datetime
from zoneinfo import ZoneInfo

_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNIVERSAL = frozenset({"UTC", "GMT", "UCT", "Zulu", "Universal", "Greenwich"})
_NEAR_EN = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_NEAR_ZH = {-1: "昨天", 0: "今天", 1: "明天"}


def spoken(moment: datetime, zone: str, now: datetime, language: str, name_zone: bool = False) -> str:
    """A moment on the wall clock of `zone` (IANA name), as people say it: "14:30 today", "10:00 tomorrow (Thu)",
    "Wed 25 Nov, 10:00"; "今天 14:30", "明天（周四）10:00", "11月25日（周三）10:00".

    For first lines, which are read when they come; where a text is read again next week, use `dated`. `moment` and
    `now` are aware. Seconds are cut off. Chinese for any `zh…` language tag, English for every other. `name_zone` adds
    the zone, for a reader whose own may differ. Raises ZoneInfoNotFoundError for an unknown zone.
    """
    local = moment.astimezone(ZoneInfo(zone))
    day = local.date()
    distance = (day - now.astimezone(ZoneInfo(zone)).date()).days
    if distance not in _NEAR_EN:
        return dated(moment, zone, now, language, name_zone)
    chinese = _is_chinese(language)
    # The names are spelled out here because those of strftime change with the locale of the process.
    if chinese:
        weekday = f"（{_WEEKDAYS_ZH[day.weekday()]}）" if distance else " "
        text = f"{_NEAR_ZH[distance]}{weekday}{local:%H:%M}"
    else:
        weekday = f" ({_WEEKDAYS_EN[day.weekday()]})" if distance else ""
        text = f"{local:%H:%M} {_NEAR_EN[distance]}{weekday}"
    return text + (_zone_name(local, zone, chinese) if name_zone else "")


def dated(moment: datetime, zone: str, now: datetime, language: str, name_zone: bool = False) -> str:
    """As `spoken`, always with the date: "Wed 25 Nov, 10:00", "11月25日（周三）10:00"; right whenever it is read.

    The year is told only if it isn't the present one.
    """
    local = moment.astimezone(ZoneInfo(zone))
    chinese = _is_chinese(language)
    day = local.date()
    this_year = day.year == now.astimezone(ZoneInfo(zone)).year
    if chinese:
        year = "" if this_year else f"{day.year}年"
        text = f"{year}{day.month}月{day.day}日（{_WEEKDAYS_ZH[day.weekday()]}）{local:%H:%M}"
    else:
        year = "" if this_year else f" {day.year}"
        text = f"{_WEEKDAYS_EN[day.weekday()]} {day.day} {_MONTHS_EN[day.month - 1]}{year}, {local:%H:%M}"
    return text + (_zone_name(local, zone, chinese) if name_zone else "")


def lasting(minutes: int, day_minutes: int, language: str) -> str:
    """A span of time in words: "30 min", "4 hours", "3 days"; "30 分钟", "4 小时", "3 天". Two days or more are told in
    days of `day_minutes`, if they are whole ones."""
    chinese = _is_chinese(language)
    if minutes >= 2 * day_minutes and minutes % day_minutes == 0:
        return f"{minutes // day_minutes} {'天' if chinese else 'days'}"
    hours, rest = divmod(minutes, 60)
    if not hours or rest:
        return f"{minutes} {'分钟' if chinese else 'min'}"
    return f"{hours} {'小时' if chinese else 'hour' if hours == 1 else 'hours'}"


def _is_chinese(language: str) -> bool:
    return language.lower().startswith("zh")


def _zone_name(local: datetime, zone: str, chinese: bool) -> str:
    """The zone's city and its offset at that moment in brackets: " (Berlin, UTC+2)"; （北京时间） for China."""
    if chinese and zone == "Asia/Shanghai":
        return "（北京时间）"
    offset = local.utcoffset()
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    shift = "" if minutes == 0 else f"{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
    city = zone.rpartition("/")[2].replace("_", " ")
    # "UTC, UTC" and "GMT, UTC" say nothing twice.
    told = "UTC" if city in _UNIVERSAL else f"{city}{'，' if chinese else ', '}UTC{shift}"
    return f"（{told}）" if chinese else f" ({told})"
