"""A P1 calls people by the admin's program: however it became one, until the program has done its work, and once."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from maild.p1_calls import P1Calls
from tests import servers
from tests.piecewise import Piecewise

OUTAGE = """\
< li.lei@corp.example writes "紧急：全公司都无法上网 密码：Hunter2 $(reboot) <@all> http://evil.example"
  | 全公司所有部门都无法上网，业务中断，请立即处理！
> others
"""


class Gateway:
    """A program that writes down how it was called, and ends as the test wishes."""

    def __init__(self, folder: Path) -> None:
        self.told, self.code, self.program = folder / "told", folder / "code", folder / "gateway"
        self.program.write_text(
            f'#!/bin/sh\nprintf "%s|%s|%s\\n" "$MAILD_ALARM" "$MAILD_ALARM_TEXT" "$MAILD_ALARM_TO" >> {self.told}\n'
            f"exit $(cat {self.code})\n"
        )
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        self.ends_with(0)

    def ends_with(self, code: int) -> None:
        self.code.write_text(str(code))

    def lines(self) -> list[str]:
        return self.told.read_text("utf-8").splitlines() if self.told.exists() else []


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


@pytest.fixture
def told(tmp_path: Path, gateway: Gateway) -> Iterator[Piecewise]:
    made = Piecewise(tmp_path / "desk", alarm={"exec": str(gateway.program)})
    yield made
    made.stage.close()


def calls(told: Piecewise) -> P1Calls:
    return P1Calls(told.stage.engine, told.stage.clock)


def open_calls(told: Piecewise) -> int:
    return int(told.rows("SELECT count(*) FROM alarm WHERE kind LIKE 'P1 %' AND closed IS NULL")[0][0])


def test_a_new_p1_calls_once_whoever_has_it_and_with_harmless_words(told: Piecewise, gateway: Gateway) -> None:
    told.goes_on(OUTAGE)
    one, other = calls(told), calls(told)
    assert [one.step(str(gateway.program)), other.step(str(gateway.program))] == [1, 0]
    servers.wait_until(lambda: open_calls(told) == 0, "the call is done")
    (line,) = gateway.lines()
    kind, text, to = line.split("|")
    assert (kind, to) == ("P1", "anna.berg@corp.example")
    assert text.startswith("IT-1 P1: 网络 · 网络组 · 紧急 全公司都无法上网")
    assert "Hunter2" not in text
    assert not set("<>@$():/") & set(text.removeprefix("IT-1 P1: "))
    told.stage.now += timedelta(hours=1)
    assert calls(told).step(str(gateway.program)) == 0


def test_a_program_that_fails_is_started_again_minutes_later_until_it_has_done_its_work(
    told: Piecewise, gateway: Gateway
) -> None:
    gateway.ends_with(1)
    told.goes_on(OUTAGE)
    assert calls(told).step(str(gateway.program)) == 1
    servers.wait_until(lambda: len(gateway.lines()) == 1, "the program was started")
    assert calls(told).step(str(gateway.program)) == 0
    told.stage.now += timedelta(minutes=2)
    gateway.ends_with(0)
    assert calls(told).step(str(gateway.program)) == 1
    servers.wait_until(lambda: open_calls(told) == 0, "the call is done")
    assert len(gateway.lines()) == 2
    told.stage.now += timedelta(hours=2)
    assert calls(told).step(str(gateway.program)) == 0


@pytest.mark.parametrize(
    "lines",
    [
        "< anna.berg@corp.example replies to agent/new_ticket\n  | #priority P1 the whole plant\n",
        "< tom.reed@corp.example replies to requester/acknowledged\n"
        "  | Now the whole company is offline. It is urgent, production is down!\n",
    ],
)
def test_a_ticket_that_becomes_a_p1_calls_too(told: Piecewise, gateway: Gateway, lines: str) -> None:
    told.goes_on(
        '< tom.reed@corp.example writes "VPN keeps dropping"\n'
        "  | My VPN connection drops every ten minutes and I cannot reach the file server.\n> others\n"
    )
    assert open_calls(told) == 0
    told.goes_on(f"{lines}> others\n")
    assert open_calls(told) == 1
    assert calls(told).step(str(gateway.program)) == 1
    servers.wait_until(lambda: open_calls(told) == 0, "the call is done")


def test_a_restricted_p1_tells_the_program_none_of_its_words(told: Piecewise, gateway: Gateway) -> None:
    told.goes_on(
        '< li.lei@corp.example writes "紧急：全公司中了勒索病毒 CANARY"\n'
        "  | 全公司所有人的电脑都中了勒索病毒，业务中断，请立即处理！\n> others\n"
    )
    ((restricted, detail),) = told.rows("SELECT t.restricted, a.detail FROM ticket t, alarm a WHERE a.kind = 'P1 IT-1'")
    assert restricted
    assert "CANARY" not in detail and "勒索" not in detail


def test_without_a_program_nobody_is_called(tmp_path: Path) -> None:
    made = Piecewise(tmp_path / "desk")
    made.goes_on(OUTAGE)
    assert open_calls(made) == 0
    made.stage.close()
