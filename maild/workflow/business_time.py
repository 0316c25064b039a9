"""Business time: when the desk is open, and how far one moment lies from another in its working minutes.

All moments are aware datetimes; answers are in UTC. Work is done on the calendar's wall clock, day by day, so a day on
which the clocks change is as long as its spans really are. A wall-clock time that a change of clocks skips is read
with the offset before the gap, one that occurs twice is the first (RFC 5545 §3.3.5).
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from maild.model.policy import Calendar

Kind = Literal["business", "24x7"]

# The longest that the desk may be shut at a stretch; beyond that the calendar is taken for a mistake.
SHUT_DAYS = 400

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MINUTE = 60_000_000
_KEPT_DAYS = 4096

_Spans = tuple[tuple[int, int], ...]


class CalendarError(ValueError):
    """The calendar has no working time, or a span of hours that ends before it begins."""


def is_open(moment: datetime, calendar: Calendar) -> bool:
    """Whether a moment lies in working time; a span holds its first moment and not its last."""
    at = _micros(moment)
    schedule = _schedule(calendar)
    return any(start <= at < end for start, end in schedule.spans(schedule.day_of(moment)))


def is_working_day(day: date, calendar: Calendar) -> bool:
    """Whether the desk works at all on a date of its own calendar: statutory holidays and swapped days counted."""
    return bool(_schedule(calendar).spans(day.toordinal()))


def next_open(moment: datetime, calendar: Calendar) -> datetime:
    """The moment itself if the desk is open then, else the next opening. Raises CalendarError if there is none."""
    at = _micros(moment)
    schedule = _schedule(calendar)
    day = schedule.day_of(moment)
    for ordinal in range(day, day + SHUT_DAYS):
        for start, end in schedule.spans(ordinal):
            if at < end:
                return _moment(max(at, start))
    raise schedule.shut(day)


def add(moment: datetime, minutes: float, calendar: Calendar, kind: Kind = "business") -> datetime:
    """The earliest moment by which `minutes` of working time have passed: so 18:00 today, not 09:00 tomorrow.

    Adding nothing gives the next open moment. With `24x7` it is plain elapsed time. Raises ValueError for negative
    minutes, CalendarError for a calendar without working time.
    """
    if minutes < 0:
        raise ValueError(f"cannot add {minutes} minutes: business time is counted forwards only")
    left = round(minutes * _MINUTE)
    if kind == "24x7":
        return moment.astimezone(UTC) + left * _MICROSECOND
    at = _micros(moment)
    schedule = _schedule(calendar)
    day = schedule.day_of(moment)
    last = day + SHUT_DAYS
    while day < last:
        spans = schedule.spans(day)
        for start, end in spans:
            if at >= end:
                continue
            begin = max(at, start)
            if left <= end - begin:
                return _moment(begin + left)
            left -= end - begin
        day += 1
        if spans:
            last = day + SHUT_DAYS
    raise schedule.shut(last - SHUT_DAYS)


def between(start: datetime, end: datetime, calendar: Calendar, kind: Kind = "business") -> float:
    """The working minutes from `start` to `end`; 0.0 if `end` does not lie after `start`. `24x7`: elapsed minutes."""
    first, last = _micros(start), _micros(end)
    if last <= first:
        return 0.0
    if kind == "24x7":
        return (last - first) / _MINUTE
    schedule = _schedule(calendar)
    total = 0
    for day in range(schedule.day_of(start), schedule.day_of(end) + 1):
        for opens, closes in schedule.spans(day):
            total += max(0, min(last, closes) - max(first, opens))
    return total / _MINUTE


def add_days(moment: datetime, days: int, calendar: Calendar) -> datetime:
    """The same wall-clock time so many working days later (PRODUCT §3.3), be it in working hours or not.

    From a day off the first working day counts as one. Raises ValueError for negative days, CalendarError for a
    calendar without working days.
    """
    if days < 0:
        raise ValueError(f"cannot add {days} days: business time is counted forwards only")
    schedule = _schedule(calendar)
    local = moment.astimezone(schedule.zone)
    day = local.toordinal()
    shut = 0
    for _ in range(days):
        day += 1
        while not schedule.spans(day):
            day += 1
            shut += 1
            if shut > SHUT_DAYS:
                raise schedule.shut(day - shut)
        shut = 0
    if days == 0:
        return moment.astimezone(UTC)
    return datetime.combine(date.fromordinal(day), local.time(), schedule.zone).astimezone(UTC)


class _Schedule:
    """One calendar with the spans of the days that were asked for, in microseconds since 1970 (UTC)."""

    __slots__ = ("_calendar", "_days", "zone")

    def __init__(self, calendar: Calendar) -> None:
        for start, end in calendar.hours:
            if end <= start:
                raise CalendarError(
                    f"working hours {start:%H:%M}-{end:%H:%M} end before they begin; split a span at midnight"
                )
        self._calendar = calendar
        self._days: dict[int, _Spans] = {}
        self.zone = ZoneInfo(calendar.zone)

    def day_of(self, moment: datetime) -> int:
        """The proleptic ordinal of the local date of a moment."""
        return moment.astimezone(self.zone).toordinal()

    def spans(self, ordinal: int) -> _Spans:
        """The spans of one local date in order, without overlap; none on a day off."""
        found = self._days.get(ordinal)
        if found is None:
            found = self._build(date.fromordinal(ordinal))
            # Two threads may build the same day; both build the same spans, so the second write is harmless.
            if len(self._days) >= _KEPT_DAYS:
                self._days = {}
            self._days[ordinal] = found
        return found

    def shut(self, ordinal: int) -> CalendarError:
        """The error that tells that nothing opens for SHUT_DAYS days from a date on."""
        return CalendarError(
            f"the calendar ({self._calendar.zone}) has no working time in the {SHUT_DAYS} days after "
            f"{date.fromordinal(ordinal)}: it needs working hours and working weekdays"
        )

    def _build(self, day: date) -> _Spans:
        calendar = self._calendar
        working = day in calendar.workdays or (day.weekday() in calendar.weekdays and day not in calendar.holidays)
        if not working:
            return ()
        spans: list[tuple[int, int]] = []
        reached = 0
        for start, end in sorted(calendar.hours):
            # A gap in the clock may push a start past an end or past the next start: what is left of them counts.
            opens = max(self._instant(day, start), reached)
            closes = self._instant(day, end)
            # A date that the zone left out altogether (Samoa 2011-12-30) is pushed onto the next one.
            if opens < closes and self.day_of(_moment(opens)) == day.toordinal():
                spans.append((opens, closes))
                reached = closes
        return tuple(spans)

    def _instant(self, day: date, wall: time) -> int:
        return _micros(datetime.combine(day, wall, self.zone))


@lru_cache(maxsize=64)
def _schedule(calendar: Calendar) -> _Schedule:
    return _Schedule(calendar)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND
