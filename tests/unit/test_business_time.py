from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maild.model.policy import Calendar
from maild.workflow import business_time

SHANGHAI = Calendar()
OFFICE = ((time(9), time(12)), (time(13), time(18)))
SPRING_FESTIVAL = Calendar(
    holidays=frozenset(date(2026, 2, day) for day in range(15, 24)),
    workdays=frozenset({date(2026, 2, 14), date(2026, 2, 28)}),
)
EVERY_DAY = frozenset(range(7))


def at(text: str, zone: str = "Asia/Shanghai", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-02 08:59:59", False),
        ("2026-03-02 09:00", True),
        ("2026-03-02 11:59:59", True),
        ("2026-03-02 12:00", False),
        ("2026-03-02 13:00", True),
        ("2026-03-02 18:00", False),
        ("2026-03-07 10:00", False),
        ("2026-02-14 10:00", True),
        ("2026-02-15 10:00", False),
        ("2026-02-16 10:00", False),
        ("2026-02-28 10:00", True),
    ],
)
def test_the_desk_is_open_in_its_hours_on_working_and_swapped_days(moment: str, expected: bool) -> None:
    assert business_time.is_open(at(moment), SPRING_FESTIVAL) is expected


def test_a_swapped_working_day_beats_a_holiday_on_the_same_date() -> None:
    day = date(2026, 3, 7)
    calendar = Calendar(holidays=frozenset({day}), workdays=frozenset({day}))
    assert business_time.is_open(at("2026-03-07 10:00"), calendar)


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        ("2026-03-02 09:00", 30, "2026-03-02 09:30"),
        ("2026-03-02 11:45", 30, "2026-03-02 13:15"),
        ("2026-03-02 12:30", 30, "2026-03-02 13:30"),
        ("2026-03-02 17:30", 30, "2026-03-02 18:00"),
        ("2026-03-02 17:30", 30.5, "2026-03-03 09:00:30"),
        ("2026-03-02 21:00", 240, "2026-03-03 14:00"),
        ("2026-03-06 17:00", 120, "2026-03-09 10:00"),
        ("2026-03-02 09:00", 5 * 480, "2026-03-06 18:00"),
        ("2026-03-07 10:00", 0, "2026-03-09 09:00"),
        ("2026-02-13 17:00", 120, "2026-02-14 10:00"),
        ("2026-02-14 17:00", 120, "2026-02-24 10:00"),
    ],
)
def test_minutes_are_added_over_lunch_night_weekend_and_holidays(start: str, minutes: float, expected: str) -> None:
    assert business_time.add(at(start), minutes, SPRING_FESTIVAL) == at(expected)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-03-02 09:00", "2026-03-02 18:00", 480.0),
        ("2026-03-02 11:30", "2026-03-02 13:30", 60.0),
        ("2026-03-06 17:30", "2026-03-09 09:15:30", 45.5),
        ("2026-03-07 09:00", "2026-03-08 18:00", 0.0),
        ("2026-03-02 12:00", "2026-03-02 10:00", 0.0),
        ("2026-02-14 17:00", "2026-02-24 10:00", 120.0),
    ],
)
def test_only_working_minutes_lie_between_two_moments(start: str, end: str, minutes: float) -> None:
    assert business_time.between(at(start), at(end), SPRING_FESTIVAL) == minutes


def test_the_24x7_calendar_is_plain_elapsed_time() -> None:
    saturday = at("2026-03-07 23:50")
    later = business_time.add(saturday, 15, SHANGHAI, "24x7")
    assert later == at("2026-03-08 00:05")
    assert later.tzinfo is UTC
    assert business_time.between(saturday, later, SHANGHAI, "24x7") == 15.0
    assert business_time.between(later, saturday, SHANGHAI, "24x7") == 0.0


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-03-02 10:30", 1, "2026-03-03 10:30"),
        ("2026-03-06 10:30", 1, "2026-03-09 10:30"),
        ("2026-03-06 22:15", 3, "2026-03-11 22:15"),
        ("2026-03-07 10:30", 1, "2026-03-09 10:30"),
        ("2026-02-13 10:30", 1, "2026-02-14 10:30"),
        ("2026-02-13 10:30", 2, "2026-02-24 10:30"),
        ("2026-02-27 10:30", 1, "2026-02-28 10:30"),
        ("2026-03-07 10:30", 0, "2026-03-07 10:30"),
    ],
)
def test_days_later_is_the_same_wall_clock_time_over_working_days(start: str, days: int, expected: str) -> None:
    assert business_time.add_days(at(start), days, SPRING_FESTIVAL) == at(expected)


def test_days_later_keeps_the_wall_clock_through_a_change_of_clocks() -> None:
    berlin = Calendar(zone="Europe/Berlin")
    friday = at("2026-03-27 10:00", "Europe/Berlin")
    monday = business_time.add_days(friday, 1, berlin)
    assert monday == at("2026-03-30 10:00", "Europe/Berlin")
    assert monday - friday == timedelta(days=3, hours=-1)


NIGHT = Calendar(zone="America/New_York", hours=((time(0), time(5)),), weekdays=EVERY_DAY)


def test_a_night_shift_is_an_hour_shorter_in_spring_and_longer_in_autumn() -> None:
    spring = at("2026-03-08 00:00", "America/New_York")
    autumn = at("2026-11-01 00:00", "America/New_York")
    assert business_time.between(spring, spring + timedelta(hours=20), NIGHT) == 240.0
    assert business_time.between(autumn, autumn + timedelta(hours=20), NIGHT) == 360.0
    assert business_time.add(autumn, 360, NIGHT) == at("2026-11-01 05:00", "America/New_York")


@pytest.mark.parametrize(
    ("hours", "day", "opens", "closes"),
    [
        # 02:30 does not exist that day: read with the offset before the gap it is 03:30.
        (((time(2, 30), time(6)),), "2026-03-08", "03:30 0", "06:00 0"),
        # Both ends of the first span fall into the gap, and it collapses.
        (((time(2, 30), time(3, 15)), (time(8), time(9))), "2026-03-08", "08:00 0", "09:00 0"),
        # 01:30 comes twice: the first one counts, as beginning and as end.
        (((time(1, 30), time(6)),), "2026-11-01", "01:30 0", "06:00 0"),
        (((time(0), time(1, 30)),), "2026-11-01", "00:00 0", "01:30 0"),
    ],
)
def test_a_skipped_or_repeated_wall_clock_time_is_read_as_rfc_5545_does(
    hours: tuple[tuple[time, time], ...], day: str, opens: str, closes: str
) -> None:
    calendar = Calendar(zone="America/New_York", hours=hours, weekdays=EVERY_DAY)

    def wall(text: str) -> datetime:
        clock, fold = text.split()
        return at(f"{day} {clock}", "America/New_York", int(fold))

    opening = business_time.next_open(at(f"{day} 00:00", "America/New_York"), calendar)
    assert opening == wall(opens)
    minutes = (wall(closes) - wall(opens)) / timedelta(minutes=1)
    assert business_time.add(opening, minutes, calendar) == wall(closes)
    assert not business_time.is_open(wall(closes), calendar)


def test_spans_that_a_gap_pushes_onto_each_other_are_counted_once() -> None:
    # 02:30 is read as 03:30, half an hour into the next span.
    calendar = Calendar(zone="America/New_York", hours=((time(0), time(2, 30)), (time(3), time(5))), weekdays=EVERY_DAY)
    midnight = at("2026-03-08 00:00", "America/New_York")
    assert business_time.between(midnight, midnight + timedelta(hours=20), calendar) == 240.0


def test_a_date_that_the_zone_left_out_has_no_working_time() -> None:
    samoa = Calendar(zone="Pacific/Apia", weekdays=EVERY_DAY)
    thursday = at("2011-12-29 17:00", "Pacific/Apia")
    assert business_time.add(thursday, 120, samoa) == at("2011-12-31 10:00", "Pacific/Apia")
    assert business_time.between(thursday, at("2011-12-31 18:00", "Pacific/Apia"), samoa) == 540.0


@pytest.mark.parametrize(
    "calendar",
    [
        Calendar(weekdays=frozenset()),
        Calendar(hours=()),
        Calendar(weekdays=frozenset(), workdays=frozenset({date(2020, 1, 6)})),
    ],
)
def test_a_calendar_without_working_time_is_refused_instead_of_searched_for_ever(calendar: Calendar) -> None:
    now = at("2026-03-02 10:00")
    with pytest.raises(business_time.CalendarError, match="no working time in the 400 days after 2026-03-02"):
        business_time.add(now, 10, calendar)
    with pytest.raises(business_time.CalendarError, match="no working time"):
        business_time.next_open(now, calendar)
    with pytest.raises(business_time.CalendarError, match="no working time"):
        business_time.add_days(now, 1, calendar)
    assert not business_time.is_open(now, calendar)
    assert business_time.between(now, now + timedelta(days=30), calendar) == 0.0


def test_a_target_longer_than_the_search_for_an_opening_is_still_found() -> None:
    start = at("2026-03-02 09:00")
    end = business_time.add(start, 480 * 600, SHANGHAI)
    assert business_time.between(start, end, SHANGHAI) == 480 * 600
    assert business_time.add_days(start, 1500, SHANGHAI) == start + timedelta(weeks=300)


def test_hours_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(business_time.CalendarError, match="22:00-06:00 end before they begin"):
        business_time.is_open(at("2026-03-02 10:00"), Calendar(hours=((time(22), time(6)),)))


def test_time_is_counted_forwards_only() -> None:
    with pytest.raises(ValueError, match="forwards only"):
        business_time.add(at("2026-03-02 10:00"), -1, SHANGHAI)
    with pytest.raises(ValueError, match="forwards only"):
        business_time.add_days(at("2026-03-02 10:00"), -1, SHANGHAI)


# The oracle below looks at the wall clock of every single minute. Its windows lie around days on which the clocks
# change. Where a span begins or ends inside a change of clocks the wall clock alone does not tell which moment is
# meant (the table above does), so no border lies between 01:00 and 03:00.
CHANGES = {
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "Asia/Shanghai": (date(2026, 2, 14), date(2026, 10, 10)),
}
DAYS = 5
BORDERS = st.integers(0, 1439 // 5).map(lambda n: n * 5).filter(lambda minute: not 60 <= minute < 180)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Calendar, list[bool], datetime, int, int]:
    zone = draw(st.sampled_from(sorted(CHANGES)))
    first = draw(st.sampled_from(CHANGES[zone])) - timedelta(days=draw(st.integers(0, DAYS - 1)))
    borders = sorted(draw(st.lists(BORDERS, min_size=2, max_size=6, unique=True)))
    hours = tuple((time(*divmod(start, 60)), time(*divmod(end, 60))) for start, end in list(pairwise(borders))[::2])
    near = st.sets(st.integers(-1, DAYS + 1).map(lambda n: first + timedelta(days=n)), max_size=3)
    calendar = Calendar(
        zone=zone,
        hours=hours,
        weekdays=frozenset(draw(st.sets(st.integers(0, 6), max_size=6))),
        holidays=frozenset(draw(near)),
        workdays=frozenset(draw(near)),
    )
    begin = datetime.combine(first, time(), ZoneInfo(zone)).astimezone(UTC)
    start = draw(st.integers(0, DAYS * 1440))
    end = draw(st.integers(start, DAYS * 1440))
    return calendar, minute_by_minute(calendar, begin), begin, start, end


def minute_by_minute(calendar: Calendar, begin: datetime) -> list[bool]:
    zone = ZoneInfo(calendar.zone)
    found = []
    for number in range(DAYS * 1440):
        wall = (begin + timedelta(minutes=number)).astimezone(zone)
        day, clock = wall.date(), wall.time()
        off = day not in calendar.workdays and (day in calendar.holidays or wall.weekday() not in calendar.weekdays)
        found.append(not off and any(start <= clock < end for start, end in calendar.hours))
    return found


@settings(derandomize=True, max_examples=80, deadline=None, database=None)
@given(cases())
def test_every_answer_agrees_with_a_look_at_each_single_minute(
    case: tuple[Calendar, list[bool], datetime, int, int],
) -> None:
    calendar, minutes, begin, start, end = case
    first = begin + timedelta(minutes=start)
    last = begin + timedelta(minutes=end)
    worked = sum(minutes[start:end])
    assert business_time.between(first, last, calendar) == worked
    for number in range(start, min(end, start + 50)):
        assert business_time.is_open(begin + timedelta(minutes=number), calendar) is minutes[number]
    opening = next((number for number in range(start, len(minutes)) if minutes[number]), None)
    if opening is not None:
        assert business_time.next_open(first, calendar) == begin + timedelta(minutes=opening)
    if worked:
        reached = business_time.add(first, worked, calendar)
        # The earliest such moment is the end of the last minute that was worked before `last`.
        final = max(number for number in range(start, end) if minutes[number])
        assert reached == begin + timedelta(minutes=final + 1)
