"""Automatic mail told from people: headers, subjects, words, and the return date."""

from datetime import date

import pytest

from maild.ingest.away_dates import return_date
from maild.ingest.read import read


def verdict(headers: str, body: str = "Hello") -> str:
    return read(f"From: A <a@corp.example>\n{headers}\n\n{body}\n".encode()).automatic.verdict


MACHINES = [
    ("Subject: x\nAuto-Submitted: auto-replied (vacation)", "auto_reply"),
    ("Subject: x\nAuto-Submitted: Auto-Generated", "auto_generated"),
    ("Subject: x\nX-Autoreply: yes", "auto_reply"),
    ("Subject: x\nX-Autorespond: 1", "auto_reply"),
    ("Subject: x\nPrecedence: auto_reply", "auto_reply"),
    ("Subject: x\nPrecedence: bulk", "bulk"),
    ("Subject: x\nPrecedence: list", "bulk"),
    ("Subject: x\nList-Id: <l.corp.example>", "bulk"),
    ("Subject: x\nReturn-Path: <>", "auto_generated"),
    ("Subject: x\nX-Cron-Env: <A=b>", "auto_generated"),
    ("Subject: Automatic reply: printer", "auto_reply"),
    ("Subject: 自动回复: 打印机", "auto_reply"),
    ("Subject: Out of Office: printer", "out_of_office"),
    ("Subject: Abwesenheitsnotiz", "out_of_office"),
    ("Subject: auto: printer\nIn-Reply-To: <a@b>", "auto_reply"),
]
PEOPLE = [
    ("Subject: Re: Automatic reply: printer", "ok"),
    ("Subject: x\nAuto-Submitted: no", "hello"),
    ("Subject: x\nX-Auto-Response-Suppress: All", "hello"),
    ("Subject: auto: new car in the yard", "hello"),
    ("Subject: Printer", "I will be out of the office on Friday, please fix it before."),
    ("Subject: Absence request form is broken", "The form for holidays shows an error."),
    ("Subject: 打印机", "我下周出差，请在周五之前修好。"),
    ("Subject: x\nX-Autoreply: no", "hello"),
    ("Subject: Automatic reply does not work", "My Outlook sends none, please help."),
    ("Subject: Out of office assistant broken", "It shows an error."),
    ("Subject: 自动回复设置不了", "请帮忙看看"),
]


@pytest.mark.parametrize(("headers", "expected"), MACHINES)
def test_machines_are_found(headers: str, expected: str) -> None:
    assert verdict(headers) == expected


@pytest.mark.parametrize(("headers", "body"), PEOPLE)
def test_people_are_left_alone(headers: str, body: str) -> None:
    assert verdict(headers, body) == "person"


def test_an_answer_that_speaks_like_an_absent_person_is_out_of_office_with_its_date() -> None:
    body = (
        "I am out of the office until 12 January 2026 with limited access to mail. In urgent cases please contact Han."
    )
    raw = f"From: a@b.example\nSubject: Re: x\nIn-Reply-To: <a@b>\nDate: Mon, 5 Jan 2026 09:00:00 +0800\n\n{body}\n"
    automatic = read(raw.encode()).automatic
    assert (automatic.verdict, automatic.until) == ("out_of_office", date(2026, 1, 12))
    assert automatic.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我在1月5日至1月12日休假", date(2026, 1, 12)),
        ("bis zum 12.01.2026", date(2026, 1, 12)),
        ("back on January 12th", date(2026, 1, 12)),
        ("bis 12. Januar", date(2026, 1, 12)),
        ("until 2026-01-12", date(2026, 1, 12)),
        ("until 3/4", None),
        ("until 45.13.2026", None),
        ("no date", None),
    ],
)
def test_return_dates(text: str, expected: date | None) -> None:
    assert return_date(text, date(2026, 1, 5)) == expected


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("I am on leave until 11 March 2027. Please contact Bob.", date(2027, 3, 11)),
        ("I am out of the office and will be back on March 11th, 2027.", date(2027, 3, 11)),
        ("我在休假，3月11日回来，有急事请联系王伟。", date(2027, 3, 11)),
        ("I am away from my desk today.", None),
    ],
)
def test_an_absence_is_known_with_the_day_of_return(text: str, until: date | None) -> None:
    raw = (
        "From: a@corp.example\nTo: it@corp.example\nSubject: Automatic reply: VPN\n"
        "Date: Mon, 1 Mar 2027 09:00:00 +0800\n"
        "Auto-Submitted: auto-replied\nIn-Reply-To: <1@corp.example>\nContent-Type: text/plain; charset=utf-8\n\n"
        + text
    )
    found = read(raw.encode()).automatic
    assert (found.verdict, found.until) == ("out_of_office", until)
