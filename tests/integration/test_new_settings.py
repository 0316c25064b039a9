"""Another config.toml and the tickets that are being worked on (PRODUCT §3.3, §5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from maild import desk
from maild.config import ConfigError
from maild.model import Ticket
from maild.store import tickets
from maild.workflow import sla
from tests.piecewise import Piecewise

REPORT = """\
< tom.reed@corp.example writes "VPN keeps dropping"
  | My VPN connection drops every ten minutes and I cannot reach the file server.
> to tom.reed@corp.example [IT-1] requester/acknowledged contains "by 15:01 today"
> to anna.berg@corp.example [IT-1] agent/new_ticket
"""


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Piecewise]:
    made = Piecewise(tmp_path / "desk")
    yield made
    made.stage.close()


def ticket(told: Piecewise, number: int = 1) -> Ticket:
    with told.stage.engine.connect().execution_options(maild_reading=True) as connection:
        found = tickets.load(connection, number)
    assert found is not None
    return found


def test_a_late_list_of_holidays_moves_promise_and_timers_and_nobody_is_warned_too_early(told: Piecewise) -> None:
    told.goes_on("~ until 2024-03-04 15:00\n" + REPORT.replace("15:01 today", "10:01 tomorrow"))
    assert told.reload(calendar={"extra_holidays": [date(2024, 3, 5)]})
    assert ticket(told).promise == datetime(2024, 3, 6, 2, 1, tzinfo=UTC)
    assert told.rows("SELECT was, becomes FROM history WHERE what = 'promise'")
    told.goes_on("~ until 2024-03-06 09:00\n> nobody\n")
    told.goes_on("~ 1 min\n> to anna.berg@corp.example agent/sla_warning\n")
    told.goes_on('~ until 2024-03-06 10:01\n> to anna.berg@corp.example agent/sla_breach contains "10:01"\n> others\n')


def test_a_day_that_turns_out_to_be_worked_tells_at_once_what_was_reached(told: Piecewise) -> None:
    told.goes_on("~ until 2024-03-08 17:00\n" + REPORT.replace("15:01 today", "Mon 11 Mar, 13:01"))
    told.goes_on("~ until 2024-03-09 16:00\n> nobody\n")
    told.reload(calendar={"extra_workdays": [date(2024, 3, 9)]})
    for who in ("anna.berg", "chen.jing", "zhao.min"):
        told.goes_on_with(f"> to {who}@corp.example agent/sla_breach\n")
    told.goes_on("> nobody\n")
    assert sla.due(ticket(told).response, told.settings.policy.calendar) == datetime(2024, 3, 9, 5, 1, tzinfo=UTC)


def test_the_same_settings_again_say_nothing_to_anybody(told: Piecewise) -> None:
    told.goes_on(REPORT)
    before = told.rows("SELECT ticket, kind, due FROM timer ORDER BY kind")
    assert not told.reload()
    assert not told.reload(desk={"hotline": "8000"})
    assert told.rows("SELECT ticket, kind, due FROM timer ORDER BY kind") == before


def test_a_removed_agents_tickets_go_back_to_the_team_with_a_line_and_a_notice(told: Piecewise) -> None:
    told.goes_on(REPORT)
    left = [
        {"address": row.address, "name": row.name, "teams": list(row.teams), "tier": row.tier, "lead": row.lead}
        for row in told.settings.policy.agents.values()
        if row.address != "anna.berg@corp.example"
    ]
    assert told.reload_as(told.from_sections(agents=left))
    assert ticket(told).assignee == "zhao.min@corp.example"
    told.goes_on('> to zhao.min@corp.example [IT-1] agent/escalated contains "anna.berg 已不在支持人员名单中"\n')
    assert told.rows("SELECT why FROM history WHERE what = 'assignee' AND was = 'anna.berg@corp.example'") == [
        ("anna.berg@corp.example is listed no more",)
    ]


def test_a_renamed_team_and_category_take_their_tickets_along(told: Piecewise) -> None:
    told.goes_on(REPORT)
    policy = told.settings.policy
    assert ticket(told).team == ticket(told).category == "network"
    teams = {
        ("connections" if code == "network" else code): {
            "title_en": team.title.en, "title_zh": team.title.zh, "assign": team.assign, "lead": team.lead,
        }
        for code, team in policy.teams.items()
    }  # fmt: skip
    agents = [
        {
            "address": row.address, "name": row.name, "tier": row.tier, "lead": row.lead,
            "teams": ["connections" if team == "network" else team for team in row.teams],
        }
        for row in policy.agents.values()
    ]  # fmt: skip
    new = {"agents": agents, "teams": teams, "categories": {"network": {"team": "connections"}}}
    with pytest.raises(ConfigError, match=r"teams.network: .* \[renamed\] network = "):
        desk.check_codes(told.from_sections(**new), told.stage.engine)
    assert told.reload_as(told.from_sections(**new, renamed={"network": "connections"}))
    assert (ticket(told).team, ticket(told).category) == ("connections", "network")
    told.goes_on("~ until 2024-03-04 14:01\n> to anna.berg@corp.example [IT-1] agent/sla_warning\n")
