"""How `maild status` judges the desk."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maild.cli.status import Picture, judge, worst

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
WELL = Picture(
    mode="live",
    tickets={"new": 1},
    inbound={"ticketed": 5, "held": 2},
    outbox={"sent": 9, "held": 3},
    alarms=(),
    mailboxes={"main": NOW - timedelta(minutes=1)},
)


@pytest.mark.parametrize(
    ("change", "level", "word"),
    [
        ({}, "ok", ""),
        ({"outbox": {"failed": 1}}, "warn", "could not be delivered"),
        ({"outbox": {"unknown": 1}}, "warn", "may or may not"),
        ({"inbound": {"quarantined": 1}}, "warn", "quarantined"),
        ({"mailboxes": {"main": None}}, "critical", "never read"),
        ({"mailboxes": {"main": NOW - timedelta(minutes=16)}}, "critical", "16 minutes ago"),
        ({"mailboxes": {"main": None}, "errors": {"main": "login refused"}}, "critical", "never read: login refused"),
        ({"errors": {"main": "connection lost"}}, "warn", "cannot be read just now: connection lost"),
        ({"alarms": (("relay", "refused", NOW),)}, "critical", "relay: refused"),
        ({"oldest_waiting": NOW - timedelta(minutes=6), "inbound": {"waiting": 4}}, "critical", "4 mails wait"),
        ({"oldest_waiting": NOW - timedelta(seconds=20), "inbound": {"waiting": 4}}, "ok", ""),
        ({"oldest_due": NOW - timedelta(minutes=6)}, "critical", "does not leave"),
        ({"outbox": {"failed": 1}, "mailboxes": {"main": None}}, "critical", "never read"),
    ],
)
def test_each_trouble_has_its_level_and_says_what_it_is(change: dict[str, object], level: str, word: str) -> None:
    troubles = judge(replace(WELL, **change), timedelta(minutes=15), NOW)  # type: ignore[arg-type]  # a table of changes
    assert worst(troubles) == level
    assert word in " ".join(trouble.what for trouble in troubles)
    assert bool(troubles) == bool(word)
