from datetime import UTC, datetime

import pytest

from maild.model.when import dated, spoken

# 10:00 on Tuesday 24 November 2026 in Shanghai.
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "english", "chinese"),
    [
        ("2026-11-24 06:30", "14:30 today", "今天 14:30"),
        ("2026-11-24 06:30:59", "14:30 today", "今天 14:30"),
        ("2026-11-24 15:59", "23:59 today", "今天 23:59"),
        ("2026-11-24 16:00", "00:00 tomorrow (Wed)", "明天（周三）00:00"),
        ("2026-11-25 01:00", "09:00 tomorrow (Wed)", "明天（周三）09:00"),
        ("2026-11-23 01:05", "09:05 yesterday (Mon)", "昨天（周一）09:05"),
        ("2026-11-26 02:00", "Thu 26 Nov, 10:00", "11月26日（周四）10:00"),
        ("2026-11-22 02:00", "Sun 22 Nov, 10:00", "11月22日（周日）10:00"),
        ("2027-01-04 02:00", "Mon 4 Jan 2027, 10:00", "2027年1月4日（周一）10:00"),
    ],
)
def test_a_moment_is_told_as_people_say_it(moment: str, english: str, chinese: str) -> None:
    assert spoken(utc(moment), "Asia/Shanghai", NOW, "en") == english
    assert spoken(utc(moment), "Asia/Shanghai", NOW, "zh-CN") == chinese


@pytest.mark.parametrize(
    ("zone", "english", "chinese"),
    [
        ("Asia/Shanghai", "14:30 today (Shanghai, UTC+8)", "今天 14:30（北京时间）"),
        ("Europe/Berlin", "07:30 today (Berlin, UTC+1)", "今天 07:30（Berlin，UTC+1）"),
        ("America/New_York", "01:30 today (New York, UTC-5)", "今天 01:30（New York，UTC-5）"),
        ("Asia/Kolkata", "12:00 today (Kolkata, UTC+5:30)", "今天 12:00（Kolkata，UTC+5:30）"),
        ("Europe/Lisbon", "06:30 today (Lisbon, UTC)", "今天 06:30（Lisbon，UTC）"),
        ("UTC", "06:30 today (UTC)", "今天 06:30（UTC）"),
    ],
)
def test_the_zone_is_named_on_demand_with_its_offset(zone: str, english: str, chinese: str) -> None:
    moment = utc("2026-11-24 06:30")
    assert spoken(moment, zone, utc("2026-11-24 06:00"), "en", name_zone=True) == english
    assert spoken(moment, zone, utc("2026-11-24 06:00"), "zh", name_zone=True) == chinese


def test_the_offset_is_that_of_the_moment_and_not_of_now() -> None:
    summer = utc("2027-07-01 08:00")
    assert spoken(summer, "Europe/Berlin", NOW, "en", name_zone=True) == "Thu 1 Jul 2027, 10:00 (Berlin, UTC+2)"


def test_today_is_the_readers_today() -> None:
    moment = utc("2026-11-24 22:00")
    assert spoken(moment, "Asia/Shanghai", NOW, "en") == "06:00 tomorrow (Wed)"
    assert spoken(moment, "Europe/Berlin", NOW, "en") == "23:00 today"


def test_a_text_that_is_read_again_tells_the_date_whatever_day_it_is() -> None:
    for text in ("2026-11-24 06:30", "2026-11-25 06:30", "2026-11-23 06:30", "2026-12-24 06:30"):
        moment = utc(text)
        english, chinese = (dated(moment, "Asia/Shanghai", NOW, language) for language in ("en", "zh-CN"))
        assert f"{moment.day} {moment:%b}, 14:30" in english
        assert f"{moment.month}月{moment.day}日" in chinese
    assert dated(NOW, "Europe/Berlin", NOW, "zh", name_zone=True) == "11月24日（周二）03:00（Berlin，UTC+1）"
