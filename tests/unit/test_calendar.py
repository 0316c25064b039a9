import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from maild.config.calendar import expand
from maild.model.policy import Calendar
from maild.workflow import business_time


@pytest.mark.parametrize(
    ("day", "working"),
    [
        # State Council notice for 2025: Spring Festival 28 Jan to 4 Feb, National Day 1 to 8 Oct.
        (date(2025, 1, 26), True),
        (date(2025, 1, 28), False),
        (date(2025, 2, 4), False),
        (date(2025, 2, 5), True),
        (date(2025, 2, 8), True),
        (date(2025, 9, 28), True),
        (date(2025, 10, 8), False),
        (date(2025, 10, 11), True),
        # State Council notice for 2026: New Year 1 to 3 Jan, Spring Festival 15 to 23 Feb.
        (date(2026, 1, 2), False),
        (date(2026, 1, 4), True),
        (date(2026, 2, 14), True),
        (date(2026, 2, 16), False),
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 2, 28), True),
        (date(2026, 3, 7), False),
    ],
)
def test_the_chinese_calendar_knows_its_holidays_and_swapped_working_days(day: date, working: bool) -> None:
    holidays, workdays, unknown = expand("CN", (2025, 2026), (), ())
    calendar = Calendar(holidays=holidays, workdays=workdays)
    # 10:00 in Shanghai.
    assert business_time.is_open(datetime(day.year, day.month, day.day, 2, tzinfo=UTC), calendar) is working
    assert unknown == ()


def test_only_the_years_that_were_asked_for_are_in_the_answer() -> None:
    holidays, workdays, _ = expand("CN", (2026,), (), ())
    assert {day.year for day in holidays | workdays} == {2026}


def test_a_year_after_the_last_announced_list_is_told() -> None:
    # The list for a year appears in November of the year before; the statutory days of 2099 are known today.
    holidays, workdays, unknown = expand("CN", (2026, 2099), (), ())
    assert unknown == (2099,)
    assert date(2099, 10, 1) in holidays
    assert not any(day.year == 2099 for day in workdays)


def test_a_year_whose_swapped_days_the_desk_lists_itself_is_known() -> None:
    swapped = date(2099, 2, 1)
    assert expand("CN", (2026, 2099), (), ())[2] == (2099,)
    _, workdays, unknown = expand("CN", (2026, 2099), (), (swapped,))
    assert unknown == ()
    assert swapped in workdays


@pytest.mark.parametrize("country", ["US", "DE", "BG"])
def test_a_country_that_swaps_no_days_never_lacks_a_list(country: str) -> None:
    assert expand(country, (2026, 2027, 2031), (), ())[1:] == (frozenset(), ())


def test_a_year_without_swaps_between_announced_ones_is_known() -> None:
    # Hungary swapped no day in 2023 and some in 2022 and 2024.
    _, workdays, unknown = expand("HU", (2022, 2023, 2024), (), ())
    assert {day.year for day in workdays} == {2022, 2024}
    assert unknown == ()


def test_own_days_beat_the_statutory_ones() -> None:
    holidays, workdays, _ = expand("CN", (2026,), (date(2026, 2, 14), date(2026, 7, 1)), (date(2026, 5, 1),))
    assert date(2026, 2, 14) not in workdays
    assert {date(2026, 2, 14), date(2026, 7, 1)} <= holidays
    assert date(2026, 5, 1) in workdays


def test_without_a_country_there_are_own_days_only() -> None:
    off, on = date(2026, 7, 1), date(2026, 7, 4)
    assert expand("", (2026,), (off,), (on,)) == (frozenset({off}), frozenset({on}), ())


def test_a_subdivision_adds_its_own_days() -> None:
    epiphany = date(2026, 1, 6)
    assert epiphany not in expand("DE", (2026,), (), ())[0]
    assert epiphany in expand("de-by", (2026,), (), ())[0]


@pytest.mark.parametrize("country", ["XX", "DE-QQ"])
def test_an_unknown_country_is_named_with_the_remedy(country: str) -> None:
    with pytest.raises(ValueError, match=f"'{country}'.*ISO 3166"):
        expand(country, (2026,), (), ())


def test_a_day_both_off_and_on_is_refused() -> None:
    day = date(2026, 5, 1)
    with pytest.raises(ValueError, match="2026-05-01 stands both"):
        expand("CN", (2026,), (day,), (day,))


def test_the_holidays_package_is_loaded_by_nobody_who_does_not_ask() -> None:
    code = "import sys, maild.config.calendar; sys.exit('holidays' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=30).returncode == 0
