"""What the daemon says of itself: status line, hanging loops, health by place, the alarm for a lost database."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy.exc import OperationalError

from maild import condition
from maild.condition import Condition, place_of
from maild.loops import Loop
from maild.send import Sender

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


class Desk:
    """Three loops that run nowhere, a sender that does nothing, and the alarms that were raised."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: str = "", patience: float = 0.0) -> None:
        stop = threading.Event()
        self.loops = {
            name: Loop(name, lambda: None, lambda: None, stop) for name in ("mailbox main", "receive", "tick")
        }
        self.sender = SimpleNamespace(failing_since=None, last_relay_error="")
        self.alarms: list[str] = []
        monkeypatch.setattr(condition, "raise_alarm", lambda program, what, text: self.alarms.append(what))
        self.condition = Condition(
            [self.loops["mailbox main"]], [self.loops["receive"], self.loops["tick"]], cast(Sender, self.sender),
            lambda: NOW, timedelta(seconds=patience), "/bin/true", place,
        )  # fmt: skip

    def fail(self, name: str, error: Exception, ago: float = 60.0) -> None:
        self.loops[name]._ill(error)
        self.loops[name].failing_from = time.monotonic() - ago


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


def _database() -> OperationalError:
    return OperationalError("INSERT", {"text": "eats the paper"}, Exception("database or disk is full"))


def _away() -> OSError:
    return OSError(111, "Connection refused")


def test_f06_the_status_line_names_what_fails_and_its_remedy(desk: Desk) -> None:
    assert desk.condition.status() == "running"
    desk.fail("receive", _database())
    status = desk.condition.status()
    assert status.startswith("degraded: receive: ") and "make room on the disk" in status
    assert "eats the paper" not in status
    desk.loops["receive"]._well()
    assert desk.condition.status() == "running"


@pytest.mark.parametrize("place", ["", "alpha"])
def test_g8_each_daemon_speaks_for_itself_where_several_share_a_database(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    desk = Desk(monkeypatch, place)
    desk.fail("mailbox main", _away(), ago=90)
    where = f" on {place}" if place else ""
    found = {each.name: each.failing_since for each in desk.condition.health()}
    assert found == {
        f"mailbox main{where}": pytest.approx(NOW - timedelta(seconds=90), abs=timedelta(seconds=5)),
        f"relay{where}": None,
        f"receive{where}": None,
        f"tick{where}": None,
    }


def test_g8_a_database_that_is_away_is_told_by_the_program_once_and_no_mailbox_is_called_ill_for_it(desk: Desk) -> None:
    for _ in range(3):
        desk.fail("mailbox main", _database())
        desk.fail("receive", _database())
        desk.condition.watch_database()
    assert desk.alarms == ["database"]
    assert [each.failing_since for each in desk.condition.health()] == [None] * 4
    for loop in desk.loops.values():
        loop._well()
    desk.condition.watch_database()
    desk.condition.watch_database()
    assert desk.alarms == ["database", "recovered: database"]


def test_g8_a_database_that_is_away_for_a_moment_is_no_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(monkeypatch, patience=900)
    desk.fail("receive", _database(), ago=600)
    desk.condition.watch_database()
    desk.loops["receive"]._well()
    desk.condition.watch_database()
    assert desk.alarms == []


def test_f15_a_loop_that_gives_no_sign_of_life_hangs_and_is_ill(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Loop, "alive", property(lambda self: True))
    assert desk.condition.hanging() == []
    desk.loops["mailbox main"].beat -= condition.FETCH_SILENT_S + 1
    desk.loops["tick"].beat -= condition.SILENT_S["tick"] - 5
    assert desk.condition.hanging() == ["mailbox main"]
    (ill,) = [each for each in desk.condition.health() if each.failing_since is not None]
    assert ill.name == "mailbox main" and "no sign of life" in ill.detail


def test_f15_a_loop_whose_thread_is_gone_hangs(desk: Desk) -> None:
    assert desk.condition.hanging() == ["mailbox main", "receive", "tick"]


def test_a_place_is_the_host_and_the_state_folder_where_it_is_not_the_usual_one() -> None:
    usual, second = place_of("/var/lib/maild"), place_of("/var/lib/maild-second")
    assert usual and second == f"{usual}:/var/lib/maild-second"
