"""What questions are read as: words, days, periods, hand-overs; and the figures that are counted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from maild.model import Address, Agent, Clock, Policy, Ticket, Word
from maild.workflow.commands.arguments import Refused
from maild.workflow.commands.grammar import only_signed
from maild.workflow.questions import absence, asks, periods, report
from maild.workflow.questions.days import a_leave, who_to_whom
from maild.workflow.questions.seek import MOST_WORDS, sought
from maild.workflow.questions.wording import by_urgency, overdue, sees, waits
from tests.policies import default_policy

# A Monday, 10:00 in Shanghai.
NOW = datetime(2024, 3, 4, 2, 0, tzinfo=UTC)
_BERG = Agent("anna.berg@corp.example", "Anna Berg", ("network",))


@pytest.fixture(scope="module")
def policy() -> Policy:
    made = default_policy()
    return replace(made, agents={**made.agents, _BERG.address: _BERG})


def _lead(policy: Policy) -> Agent:
    return policy.agents["chen.jing@corp.example"]


# ── days ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("until 12-01", date(2024, 12, 2)),
        ("12/02", date(2024, 12, 2)),
        ("2024-03-12", date(2024, 3, 12)),
        ("到12月2日", date(2024, 12, 3)),
        ("３月８号", date(2024, 3, 8)),
        ("1 April", date(2024, 4, 1)),
        ("back on April 2nd", date(2024, 4, 2)),
        ("until Friday", date(2024, 3, 8)),
        ("through Friday", date(2024, 3, 11)),
        ("到周五", date(2024, 3, 11)),
        ("周五", date(2024, 3, 8)),
        ("until Monday", date(2024, 3, 11)),
        ("next Tuesday", date(2024, 3, 12)),
        ("下周三", date(2024, 3, 13)),
        ("tomorrow", date(2024, 3, 5)),
        ("后天", date(2024, 3, 6)),
        ("3d", date(2024, 3, 7)),
        ("两周", date(2024, 3, 18)),
        ("next month", date(2024, 4, 1)),
        ("Jan 8", date(2025, 1, 8)),
    ],
)
def test_the_day_of_return_in_the_ways_that_people_write_it(policy: Policy, text: str, day: date) -> None:
    leave = a_leave(text, NOW, _BERG, policy)
    assert leave.who == _BERG and leave.deputy is None
    assert leave.until is not None and leave.until.astimezone(ZoneInfo("Asia/Shanghai")).date() == day
    assert leave.until > NOW


@pytest.mark.parametrize(
    "text", ["yesterday", "2024-03-01", "until 13-40", "soon", "0d", "today", "2031-01-01", "999d"]
)
def test_what_is_no_day_to_come_is_refused(policy: Policy, text: str) -> None:
    with pytest.raises(Refused):
        a_leave(text, NOW, _BERG, policy)


def test_a_deputy_and_a_colleague_are_read_in_both_languages(policy: Policy) -> None:
    lead = _lead(policy)
    for text in (
        "until Friday deputy wang.wei",
        "周五，由 王伟 代理",
        "until Friday, with deputy: wang.wei@corp.example",
    ):
        leave = a_leave(text, NOW, _BERG, policy)
        assert leave.deputy is not None and leave.deputy.address == "wang.wei@corp.example"
    for text in ("Anna Berg until Friday", "anna.berg 周五", "anna.berg back"):
        assert a_leave(text, NOW, lead, policy).who == _BERG
    assert a_leave("王伟到周五", NOW, lead, policy).who.name == "王伟"
    with pytest.raises(Refused, match="only a lead"):
        a_leave("wang.wei until Friday", NOW, _BERG, policy)
    with pytest.raises(Refused, match="their own deputy"):
        a_leave("until Friday deputy anna.berg", NOW, _BERG, policy)
    assert a_leave("back", NOW, _BERG, policy).until is None
    assert a_leave("回来。", NOW, _BERG, policy).until is None


@pytest.mark.parametrize(
    ("text", "everything"),
    [
        ("wang.wei anna.berg", False),
        ("王伟 Anna Berg all", True),
        ("王伟 -> Anna Berg", False),
        ("王伟给Anna Berg 全部", True),
    ],
)
def test_who_gives_to_whom(policy: Policy, text: str, everything: bool) -> None:
    giver, taker, whole = who_to_whom(text, policy)
    assert (giver.name, taker.name, whole) == ("王伟", "Anna Berg", everything)


@pytest.mark.parametrize("text", ["wang.wei", "wang.wei wang.wei", "wang.wei nobody", "all"])
def test_a_hand_over_that_says_too_little_is_refused(policy: Policy, text: str) -> None:
    with pytest.raises(Refused):
        who_to_whom(text, policy)


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_words_numbers_and_filters_are_told_apart(policy: Policy) -> None:
    assert sought("printer 3F closed", policy) == replace(
        sought("x", policy), words=(Word("printer"), Word("3f")), states=("closed",)
    )
    assert sought("IT-12", policy).numbers == (12,)
    assert sought("printer 12", policy).numbers == ()
    assert sought("未关闭 P1 “VPN”", policy).priorities == ("P1",)
    # Alone, a filter is what is looked for.
    assert sought("closed", policy).words == (Word("closed"),)
    long = sought("打印机老是卡纸", policy).words[0]
    assert long.parts[:2] == ("打印", "印机") and long.least == 3
    assert [word.whole for word in sought("VPN连不上", policy).words] == ["vpn", "连不上"]
    assert len(sought(" ".join(f"w{n}" for n in range(500)), policy).words) == MOST_WORDS


def test_a_signature_is_told_from_words() -> None:
    assert only_signed("Tom Reed\nSales, ext. 8123") and only_signed("李雷\n财务部 8123") and only_signed("谢谢")
    assert not only_signed("The keys are Q, W and E, and my desk is in room 204.")
    assert not only_signed("还是不行，重启也没用。") and not only_signed("电话：8123456")


# ── periods and figures ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "since", "days"),
    [
        ("", 4, 7),
        ("last week", -3, 7),
        ("上周", -3, 7),
        ("today", 4, 1),
        ("昨天", 3, 1),
        ("本月", 1, 31),
        ("LAST  MONTH", -28, 29),
    ],
)
def test_the_time_that_a_report_is_about(text: str, since: int, days: int) -> None:
    period = periods.a_period(text, NOW, "Asia/Shanghai")
    begins = date(2024, 3, 1) + timedelta(days=since - 1)
    assert period.since.date() == begins and (period.until - period.since).days == days
    with pytest.raises(Refused):
        periods.a_period("next year", NOW, "Asia/Shanghai")


def _ticket(number: int, **more: object) -> Ticket:
    made = Ticket(
        id=number,
        requester=Address("tom.reed@corp.example", "Tom"),
        team="service_desk",
        category="hardware",
        created=NOW - timedelta(hours=1),
        response=Clock(240, 30, None),
        resolution=Clock(1440, 100, None),
    )
    return replace(made, **more)  # type: ignore[arg-type]  # any field of Ticket


def test_figures_count_what_came_and_how_promises_were_kept(policy: Policy) -> None:
    over = {"state": "closed", "closed": NOW, "responded": NOW - timedelta(minutes=30)}
    at_once = {**over, "outcome": "confirmed", "resolved": NOW - timedelta(minutes=30), "rating": 5}
    tickets = [
        _ticket(1, **at_once),
        _ticket(2, **over, outcome="by_agent", resolved=NOW, resolution=Clock(100, 200, None), reopened=1, rating=2),
        _ticket(3, **over, outcome="spam", resolution=Clock(100, 200, None)),
        # Still owed, and late already: missed.
        _ticket(4, response=Clock(30, 0, NOW - timedelta(hours=1), "24x7")),
        _ticket(5, kind="incident"),
        _ticket(6, created=NOW - timedelta(days=30), **{k: v for k, v in at_once.items() if k != "rating"}),
    ]
    live = [each for each in tickets if each.state != "closed"]
    found = report.figures(tickets, live, periods.a_period("week", NOW, "Asia/Shanghai"), NOW, policy)
    assert (found.came, found.went, found.by_category) == (4, 4, {"hardware": 4})
    assert found.response == report.Share(3, 4)
    assert found.resolution == report.Share(2, 3)
    assert found.first_contact == report.Share(2, 3)
    assert found.reopened == report.Share(1, 3)
    assert sorted(found.stars) == [2, 5]
    assert (found.open, found.late) == (1, 1)


def test_a_list_begins_with_what_falls_due_first(policy: Policy) -> None:
    late = _ticket(3, resolution=Clock(60, 0, NOW - timedelta(hours=2), "24x7"))
    soon = _ticket(1, state="open", resolution=Clock(60, 30, NOW, "24x7"))
    held = _ticket(2, state="on_hold", priority="P1", hold_until=NOW + timedelta(days=1))
    assert [each.key for each in by_urgency([held, soon, late], policy)] == [3, 1, 2]
    assert [overdue(each, NOW, policy) for each in (late, soon, held)] == [True, False, False]
    assert waits(late, NOW, policy).zh.startswith("已超时") and "OVERDUE" in waits(late, NOW, policy).en
    assert waits(held, NOW, policy).en.startswith("on hold until")


def test_what_is_restricted_is_asked_for_by_its_own_people_alone(policy: Policy) -> None:
    wei = policy.agents["wang.wei@corp.example"]
    assert "security" not in sees(wei, policy) and "security" in sees(_lead(policy), policy)
    for query in (asks.find(wei, "x", policy), asks.queue(wei, "", policy), *asks.report(wei, "", NOW, policy)):
        assert query.sees is not None and "security" not in query.sees


def test_nothing_restricted_goes_to_somebody_outside(policy: Policy) -> None:
    closed_shop = _ticket(1, restricted=True, team="security")
    zhao = policy.agents["zhao.min@corp.example"]
    assert absence.may_go(closed_shop, _lead(policy), zhao, policy)
    assert not absence.may_go(closed_shop, _lead(policy), _BERG, policy)
    own = _ticket(2, requester=Address(_BERG.address))
    assert not absence.may_go(own, _lead(policy), _BERG, policy)
