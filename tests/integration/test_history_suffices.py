"""What reports will ask (PRODUCT §3.6) stands in the history: docs/internals.md says which line gives which figure."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from maild.store import tickets
from maild.store.engine import reading
from maild.workflow import business_time, sla
from tests.piecewise import Piecewise

DAY = """\
< tom.reed@corp.example writes "VPN keeps dropping"
  | My VPN connection drops every ten minutes and I cannot reach the file server.
> others
~ 3h business
> to anna.berg@corp.example [IT-1] agent/sla_warning
~ 1h business
> others
~ 29 min
< anna.berg@corp.example replies to agent/new_ticket
  | #ask phone
> others
~ until 2024-03-05 10:29
> others
< tom.reed@corp.example replies to requester/info_requested
  | Phone: 8123
> others
~ 59 min
< anna.berg@corp.example replies to agent/requester_replied
  | #resolve new client installed
> others
~ 119 min
> others
< tom.reed@corp.example replies to requester/resolved
  | Still the same.
> others
~ 59 min
< anna.berg@corp.example replies to agent/reopened
  | #resolve new router
> others
~ 14 min
< tom.reed@corp.example replies to requester/resolved
  | Works now, thank you!
> others
"""
PAUSED = ("pending", "on_hold")


def moments(rows: list[Any], what: str) -> list[datetime]:
    return [row.at for row in rows if row.what == what]


def spent_in(rows: list[Any], states: tuple[str, ...], told: Piecewise) -> float:
    """Business minutes between entering one of these states and leaving it."""
    changes = [(row.at, row.becomes) for row in rows if row.what == "state"]
    calendar = told.settings.policy.calendar
    ends = [at for at, _ in changes[1:]] + [told.stage.now]
    pairs = zip(changes, ends, strict=True)
    return sum(business_time.between(at, until, calendar) for (at, state), until in pairs if state in states)


def test_every_figure_of_a_ticket_can_be_told_from_what_is_kept(tmp_path: Path) -> None:
    told = Piecewise(tmp_path / "desk")
    told.goes_on(DAY)
    with reading(told.stage.engine) as connection:
        ticket, rows = tickets.load(connection, 1), list(tickets.history_of(connection, 1))
    told.stage.close()
    assert ticket is not None and ticket.created is not None and ticket.closed is not None
    calendar = told.settings.policy.calendar
    born = ticket.created

    # When it was warned of and missed, and who was told; first contact by whom, and when.
    assert [at - born for at in moments(rows, "response_warning")] == [timedelta(hours=4)]
    (breach,) = [row for row in rows if row.what == "response_breach"]
    assert (breach.at - born, breach.becomes) == (timedelta(hours=5), "100 %")
    assert "told: anna.berg@corp.example, chen.jing@corp.example" in breach.why
    (contact,) = [row for row in rows if row.what == "responded"]
    assert (contact.becomes, contact.at) == ("anna.berg@corp.example", ticket.responded)
    # Attained or not: the first contact half an hour late, the solution in time.
    assert sla.attained(ticket) == sla.Kept(response=False, resolution=True)
    assert ticket.response.spent == 270
    # Asks, how often solved was said, how often it was contested.
    assert [row.becomes for row in rows if row.what == "asked"] == ["phone"]
    assert len([row for row in rows if row.what == "state" and row.becomes == "resolved"]) == 2
    assert ticket.reopened == 1
    # Paused: from Monday's question to Tuesday's answer, in business time; waiting for the word stands beside it.
    assert spent_in(rows, PAUSED, told) == 149 + 90
    assert spent_in(rows, ("resolved",), told) == 60 + 15
    # Both resolution figures: what the desk has spent, and the time to the user's confirmation (manual 1.4).
    whole = business_time.between(born, ticket.closed, calendar)
    assert ticket.resolution.spent == 270 + 60 + 60
    assert whole == ticket.resolution.spent + spent_in(rows, (*PAUSED, "resolved"), told)
    # Who ended it, and how.
    (end,) = [row for row in rows if row.what == "outcome" and row.becomes == "confirmed"]
    assert end.who == ticket.requester.key
