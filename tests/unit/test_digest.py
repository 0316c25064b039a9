"""The morning's digests: what stands in whose, in which order, and when they are due."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from maild.model import Address, Agent, Category, Clock, Desk, Mail, Policy, Team, Ticket, Words
from maild.outbound import samples
from maild.workflow import digest, digest_time

ANNA = Agent("anna@corp.example", "Anna", ("desk",), language="en")
ZHAO = Agent("zhao@corp.example", "赵敏", ("safe",), language="zh-CN")
LEAD = Agent("lead@corp.example", "Lead", ("desk",), lead=True, language="en")
POLICY = Policy(
    desk=Desk(name=Words("IT", "IT"), address="it@corp.example"),
    categories={"other": Category("other", Words("Other", "其他"), "desk")},
    teams={
        "desk": Team("desk", Words("Desk", "服务台"), lead=LEAD.address),
        "safe": Team("safe", Words("Security", "安全"), lead=LEAD.address),
    },
    agents={each.address: each for each in (ANNA, ZHAO, LEAD)},
)
# Tuesday 24 November 2026, 08:45 in Shanghai.
NOW = datetime(2026, 11, 24, 0, 45, tzinfo=UTC)


def ticket(number: int, due: timedelta | None = timedelta(days=9), **more: object) -> Ticket:
    """A ticket whose solution is due so long after now, on a clock that never rests."""
    clock = Clock() if due is None else Clock(6000, 0.0, NOW + due - timedelta(minutes=6000), "24x7")
    plain = replace(
        samples.ticket("en"), id=number, subject=f"No. {number}", state="open", response=Clock(), resolution=clock,
        responded=NOW, team="desk", assignee=ANNA.address, priority="P3", approver="", parent=None, kind="report",
        restricted=False, requester=Address("li.lei@corp.example"),
    )  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]  # whatever a test changes


def told(mail: Mail | None) -> dict[str, list[str]]:
    """Tags by the title of their section."""
    assert mail is not None
    sections = mail.values["sections"]
    assert isinstance(sections, tuple)
    return {title.en: [tag for tag, _, _ in rows] for title, rows, _ in sections}


def of_anna(*tickets: Ticket, returned: frozenset[int] = frozenset(), alone: tuple[Ticket, ...] = ()) -> Mail | None:
    return digest.agent_digest(ANNA, digest.Plate(tickets=tickets, returned=returned), (), alone, NOW, POLICY)


def test_each_ticket_stands_in_one_section_the_most_pressing_first() -> None:
    mail = of_anna(
        ticket(6),
        ticket(5),
        ticket(4, timedelta(hours=-1)),
        ticket(3, timedelta(hours=-30)),
        ticket(2, timedelta(hours=3)),
        ticket(1, None, state="pending"),
        returned=frozenset({5}),
    )
    assert told(mail) == {
        "Overdue": ["IT-3", "IT-4"],
        "Due today": ["IT-2"],
        "Came back": ["IT-5"],
        "Also in your hands": ["IT-6"],
        "Waiting for somebody else": ["IT-1"],
    }


def test_who_has_nothing_gets_nothing() -> None:
    assert of_anna() is None
    assert digest.lead_digest(LEAD, {"desk": digest.Plate()}, (), (), (), NOW, POLICY) is None


def test_reports_of_a_mass_incident_and_incidents_are_no_plate_of_anybody() -> None:
    assert of_anna(ticket(1, parent=9), ticket(9, kind="incident")) is None


def test_what_nobody_has_is_told_to_the_team_once_it_is_overdue_and_never_to_its_own_requester() -> None:
    late = ticket(1, timedelta(hours=-1), assignee=None)
    own = ticket(3, timedelta(hours=-1), assignee=None, requester=Address(ANNA.address))
    mail = of_anna(alone=(late, own, ticket(2, assignee=None)))
    assert told(mail) == {"Overdue in your team, and nobody has it": ["IT-1"]}


def test_restricted_tickets_are_nobody_else_s() -> None:
    """Those of another team are named by their number alone, and a deputy from outside learns nothing at all."""
    secret = ticket(1, timedelta(hours=-1), team="safe", restricted=True, subject="CANARY")
    mail = of_anna(secret)
    assert mail is not None and "CANARY" not in repr(mail.values) and told(mail) == {"Overdue": ["IT-1"]}
    away = digest.Away(agent=ZHAO, until=NOW + timedelta(days=1), urgent=(replace(secret, priority="P1"),))
    assert digest.agent_digest(ANNA, digest.Plate(), (away,), (), NOW, POLICY) is None


def test_a_lead_hears_what_nobody_has_what_waits_and_what_was_missed() -> None:
    tickets = (
        ticket(1, timedelta(hours=-1)),
        ticket(2, assignee=None, state="new"),
        ticket(3, None, state="on_hold", approver="boss@corp.example"),
        ticket(4),
    )
    plates = {"desk": digest.Plate(tickets=tickets, breached=frozenset({1, 4}))}
    away = (digest.Away(agent=ZHAO, until=NOW + timedelta(days=2)),)
    mail = digest.lead_digest(LEAD, plates, (ticket(8, None),), ((ticket(7, None), 1),), away, NOW, POLICY)
    assert told(mail) == {
        "Overdue": ["IT-1"],
        "Missed a target since yesterday": ["IT-4"],
        "Nobody has it": ["IT-2"],
        "Waiting for an approval": ["IT-3"],
        "Mass incidents": ["IT-8"],
        "Rated low": ["IT-7"],
    }
    assert mail is not None and mail.audience == "lead"
    teams = mail.values["teams"]
    assert isinstance(teams, tuple) and len(teams) == 1
    assert teams[0][1].en == "3 in work, 1 overdue, 1 with nobody, 1 waiting"
    assert mail.values["away"] == (("赵敏", NOW + timedelta(days=2)),)


def test_more_than_a_phone_shows_is_counted() -> None:
    mail = of_anna(*(ticket(number) for number in range(30, 0, -1)))
    assert mail is not None
    sections = mail.values["sections"]
    assert isinstance(sections, tuple) and len(sections) == 1
    assert (len(sections[0][1]), sections[0][2]) == (12, 18)


def test_what_came_back_and_went_again_did_not_come_back() -> None:
    lines = [
        (1, "state", "resolved", "open"),
        (2, "state", "pending", "open"),
        (2, "state", "open", "resolved"),
        (3, "state", "new", "open"),
        (4, "resolution_breach", "", "100 %"),
    ]
    assert digest.happened(lines) == (frozenset({1}), frozenset({4}))


@pytest.mark.parametrize(
    ("hour", "day", "due"),
    [
        (time(8, 44), date(2026, 11, 24), False),
        (time(8, 45), date(2026, 11, 24), True),
        (time(12, 44), date(2026, 11, 24), True),
        (time(12, 45), date(2026, 11, 24), False),
        (time(8, 45), date(2026, 11, 28), False),
        # A Saturday that is worked, and a Wednesday that is not.
        (time(8, 45), date(2026, 12, 5), True),
        (time(8, 45), date(2026, 12, 2), False),
    ],
)
def test_digests_are_due_on_working_mornings(hour: time, day: date, due: bool) -> None:
    calendar = replace(
        POLICY.calendar, holidays=frozenset({date(2026, 12, 2)}), workdays=frozenset({date(2026, 12, 5)})
    )
    now = datetime.combine(day, hour, UTC) - timedelta(hours=8)
    policy = replace(POLICY, calendar=calendar)
    assert bool(digest_time.day(now, policy)) == due
    assert digest_time.day(now, replace(policy, digest_at=None)) == ""


def test_since_the_digests_of_the_working_day_before() -> None:
    monday = datetime(2026, 11, 23, 0, 45, tzinfo=UTC)
    assert digest_time.since(monday, POLICY) == datetime(2026, 11, 20, 0, 45, tzinfo=UTC)
    assert digest_time.week(monday, POLICY) == "2026-W48"
