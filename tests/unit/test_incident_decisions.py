"""What is decided about a mass incident's reports without a mail: their targets, joining, leaving."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maild.model import Address, Facts, Followed, Outcome, Ticket, TimerFired
from maild.workflow import sla
from maild.workflow.decide import decide
from tests.policies import default_policy

# A Monday morning in Shanghai.
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
POLICY = default_policy()
TITLE = {"title_en": "VPN: cannot connect", "title_zh": "VPN：连不上"}


def child(**changes: object) -> Ticket:
    """A report of the incident 9 as registering leaves it."""
    made = Ticket(
        id=1, subject="VPN", requester=Address("li.lei@corp.example"), category="network", team="network",
        created=NOW, parent=9,
    )  # fmt: skip
    made = sla.run_for(sla.set_targets(made, "P3", POLICY, NOW), "new", POLICY, NOW)
    return replace(made, **changes)  # type: ignore[arg-type]


def followed(ticket: Ticket, what: str, **data: str | int) -> Outcome:
    return decide(ticket, Followed(what, 9, data), Facts(), NOW, POLICY)


@pytest.mark.parametrize("kind", sla.TIMER_KINDS)
def test_targets_of_a_report_are_told_on_its_incident_alone_and_do_not_fire_again_at_once(kind: sla.TimerKind) -> None:
    ticket = child()
    for hours in (3.5, 30, 60, 200):
        now = NOW + timedelta(hours=hours)
        outcome = decide(ticket, TimerFired(kind), Facts(), now, POLICY)
        assert outcome.mails == ()
        assert outcome.ticket is not None
        ticket = outcome.ticket
        # What fires at once again would never end.
        assert [each for each in outcome.timers if each.due is not None and each.due <= now] == []


def test_a_report_that_joins_waits_for_nobody_and_its_reporter_hears_of_it() -> None:
    outcome = followed(child(parent=None, state="pending", owes="requester"), "incident_joins", **TITLE)
    assert outcome.ticket is not None
    assert (outcome.ticket.parent, outcome.ticket.state, outcome.ticket.assignee) == (9, "open", None)
    assert [mail.template for mail in outcome.mails] == ["requester/known_incident"]
    assert {"info_reminder", "info_close"} <= {each.kind for each in outcome.timers if each.due is None}


@pytest.mark.parametrize(
    "ticket",
    [
        child(),
        child(parent=None, state="resolved"),
        child(parent=None, state="closed"),
        child(parent=None, internal=False),
        child(parent=None, merged_into=3),
        child(parent=None, kind="incident"),
    ],
)
def test_what_cannot_join_stays_as_it_is_and_nobody_is_told(ticket: Ticket) -> None:
    outcome = followed(ticket, "incident_joins", **TITLE)
    assert outcome.mails == () and outcome.ticket == ticket


@pytest.mark.parametrize("what", ["incident_update", "incident_resolved", "incident_closed", "incident_reopened"])
@pytest.mark.parametrize("ticket", [child(parent=None), child(parent=8), child(state="closed")])
def test_what_is_said_on_an_incident_reaches_only_its_own_open_reports(what: str, ticket: Ticket) -> None:
    outcome = followed(ticket, what, text="CANARY", by="zhao.min@corp.example", name="Zhao Min")
    assert outcome.mails == () and outcome.entries == ()


def test_an_update_is_a_person_s_word_also_of_one_who_has_left_meanwhile() -> None:
    outcome = followed(child(), "incident_update", text="Back at noon.", by="gone@corp.example", name="Old Hand")
    (mail,) = outcome.mails
    assert (mail.template, mail.automatic, mail.author) == ("requester/reply", False, "Old Hand (IT)")
    assert outcome.ticket is not None and outcome.ticket.responded == NOW


def test_a_closed_report_tells_its_incident_and_one_that_leaves_does_so_too() -> None:
    closed = followed(child(), "incident_closed", text="over", by="zhao.min@corp.example", name="Zhao Min")
    left = followed(child(), "incident_leaves", of=9, by="zhao.min@corp.example", name="Zhao Min")
    for outcome in (closed, left):
        assert [(each.ticket, each.what) for each in outcome.follow] == [(9, "report_closed")]
    assert left.ticket is not None and left.ticket.parent is None
    assert "requester/acknowledged" in [mail.template for mail in left.mails]
