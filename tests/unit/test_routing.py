"""Who gets the work, who hears of it, who stands in, who is on call (PRODUCT §3.2, §3.3)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from maild.model import Address, Agent, Desk, Facts, Policy, Rota, Skill, Team, Ticket, Words
from maild.model.ticket import Clock, Field
from maild.workflow import on_call, routing
from maild.workflow.draft import Draft
from maild.workflow.escalation import tier_for

WANG, ANNA, ZHAO, CHEN, IVAN = (
    f"{name}@corp.example" for name in ("wang.wei", "anna.berg", "zhao.min", "chen.jing", "ivan.petrov")
)
AGENTS = (
    Agent(WANG, "王伟", ("net",), skills=("sap",), aliases=("w.wang@corp.example",)),
    Agent(ANNA, "Anna Berg", ("net",), skills=("vpn", "sap"), deputy=ZHAO),
    Agent(ZHAO, "赵敏", ("apps",), tier="L2"),
    Agent(CHEN, "陈静", ("apps",), tier="L2", lead=True),
    Agent(IVAN, "Ivan Petrov", ("net",), tier="expert", lead=True),
)
NOBODY = Words("", "")
POLICY = Policy(
    desk=Desk(name=NOBODY, address="it@corp.example"),
    teams={
        "net": Team("net", NOBODY, "round_robin", lead=CHEN),
        "apps": Team("apps", NOBODY, "least_loaded", lead=CHEN),
        "desk": Team("desk", NOBODY, "take"),
    },
    agents={agent.address: agent for agent in AGENTS},
    skills={"sap": Skill("sap", ("SAP", "物料编码")), "vpn": Skill("vpn", (), ("network",))},
)
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
EARLY, LATE = NOW - timedelta(hours=2), NOW - timedelta(hours=1)


def ticket(team: str = "net", **changes: object) -> Ticket:
    base = Ticket(id=1, team=team, requester=Address("li.lei@corp.example"), subject="Printer")
    return replace(base, **changes)  # type: ignore[arg-type] # any field of Ticket


def names(agents: tuple[Agent, ...]) -> list[str]:
    return [agent.address for agent in agents]


@pytest.mark.parametrize(
    ("absent", "stands_in"),
    [
        ({}, ANNA),
        ({ANNA: ""}, ZHAO),
        ({ANNA: WANG}, WANG),
        ({ANNA: "", ZHAO: CHEN}, CHEN),
        ({ANNA: "", ZHAO: ""}, None),
        # Two who stand in for one another are both away.
        ({ANNA: "", ZHAO: ANNA}, None),
        ({ANNA: ANNA}, None),
        ({ANNA: "gone@corp.example"}, None),
    ],
)
def test_a_chain_of_deputies_ends_with_somebody_who_is_there_or_with_nobody(
    absent: dict[str, str], stands_in: str | None
) -> None:
    found = routing.standing_in(POLICY.agents[ANNA], Facts(absent=absent), POLICY)
    assert (found.address if found is not None else None) == stands_in


@pytest.mark.parametrize(
    ("team", "facts", "without", "wanted", "chosen"),
    [
        ("desk", Facts(), "", (), None),
        ("net", Facts(), "", (), WANG),
        ("net", Facts(turn={WANG: LATE, ANNA: EARLY}), "", (), ANNA),
        # The ticket's tier comes first, whoever of it is there.
        ("net", Facts(absent={WANG: "", ANNA: WANG}), "", (), IVAN),
        # Nobody works on a ticket of their own, whichever address they wrote from.
        ("net", Facts(), WANG, (), ANNA),
        ("net", Facts(), "W.Wang@corp.example", (), ANNA),
        ("apps", Facts(load={ZHAO: 3, CHEN: 1}), "", (), CHEN),
        ("apps", Facts(load={ZHAO: 1, CHEN: 1}, turn={ZHAO: LATE, CHEN: EARLY}), "", (), CHEN),
        # Skills: who has most of them, before whose turn it is; a skill of nobody's is wanted in vain.
        ("net", Facts(turn={ANNA: LATE}), "", ("vpn",), ANNA),
        ("net", Facts(turn={ANNA: LATE}), "", ("sap",), WANG),
        ("net", Facts(turn={ANNA: LATE}), "", ("sap", "vpn"), ANNA),
        ("net", Facts(absent={ANNA: ""}), "", ("vpn",), WANG),
        ("apps", Facts(), "", ("sap",), ZHAO),
    ],
)
def test_a_new_ticket_goes_to_whom_the_teams_rule_says(
    team: str, facts: Facts, without: str, wanted: tuple[str, ...], chosen: str | None
) -> None:
    found = routing.choose(team, facts, POLICY, without, wanted=frozenset(wanted))
    assert (found.address if found is not None else None) == chosen


@pytest.mark.parametrize(
    ("one", "text", "wanted"),
    [
        (ticket(), "", set()),
        (ticket(subject="ＳＡＰ is slow"), "", {"sap"}),
        (ticket(), "物料编码查不到", {"sap"}),
        (ticket(), "a sapling", set()),
        (ticket(fields={"software": Field("software", "SAP GUI 7", "text")}), "", {"sap"}),
        (ticket(category="network"), "sap over vpn", {"sap", "vpn"}),
    ],
)
def test_a_report_wants_skills_by_its_words_and_its_category(one: Ticket, text: str, wanted: set[str]) -> None:
    assert routing.skills_wanted(one, text, POLICY) == wanted
    assert routing.skills_wanted(one, text, replace(POLICY, skills={})) == frozenset()


EVERYBODY = {each: "" for each in (WANG, ANNA, ZHAO, CHEN, IVAN)}


@pytest.mark.parametrize(
    ("one", "absent", "told", "unattended"),
    [
        (ticket(assignee=WANG), {}, [WANG], False),
        (ticket(assignee=ANNA), {ANNA: ""}, [ZHAO], False),
        (ticket(assignee=ANNA), {ANNA: WANG, WANG: ""}, [IVAN], False),
        (ticket(), {}, [WANG, ANNA, IVAN], False),
        (ticket(), {WANG: "", ANNA: WANG, IVAN: ""}, [CHEN], False),
        # The lead is away: any other lead who is there.
        (ticket("apps"), {ZHAO: "", CHEN: ""}, [IVAN], False),
        # The lead reports it themselves: the same.
        (ticket("apps", requester=Address(CHEN)), {ZHAO: ""}, [IVAN], False),
        # Nobody at all: the team's lead reads it on coming back, and the admins hear of it now.
        (ticket("apps"), EVERYBODY, [CHEN], True),
        (ticket("apps", requester=Address(CHEN)), EVERYBODY, [], True),
        (ticket(assignee=ANNA, requester=Address(ANNA)), {}, [WANG, IVAN], False),
    ],
)
def test_somebody_hears_of_a_ticket_whoever_is_away(
    one: Ticket, absent: dict[str, str], told: list[str], unattended: bool
) -> None:
    facts = Facts(absent=absent)
    assert names(routing.responsible(one, facts, POLICY)) == told
    assert routing.unattended(one, facts, POLICY) is unattended


@pytest.mark.parametrize(
    ("one", "absent", "tiers"),
    [
        (ticket(assignee=WANG), {}, [None, "L2", "expert", None]),
        # A restricted ticket stays with its team and its lead, who is the only L2 that may see it.
        (ticket(assignee=WANG, restricted=True), {}, [None, "L2", "expert", None]),
        (ticket(assignee=WANG, restricted=True), {CHEN: ""}, [None, "expert", None, None]),
        (ticket(assignee=ZHAO), {}, [None, "expert", None, None]),
        (ticket(assignee=WANG, tier="L2"), {}, [None, "expert", None, None]),
        (ticket(assignee=IVAN), {}, [None, None, None, None]),
        (ticket(assignee=WANG), {ZHAO: "", CHEN: ""}, [None, "expert", None, None]),
    ],
)
def test_a_repeated_breach_goes_up_one_manned_tier_with_each_step(
    one: Ticket, absent: dict[str, str], tiers: list[str | None]
) -> None:
    draft = Draft(one, NOW, Facts(absent=absent), POLICY, who="maild")
    assert [tier_for(step, draft) for step in (1, 2, 3, 4)] == tiers


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


WEEKLY = Rota((WANG, ZHAO, IVAN), start=date(2026, 3, 2))


@pytest.mark.parametrize(
    ("at", "rota", "absent", "on_duty"),
    [
        # The turn changes on Monday at nine on the desk's clock.
        ("2026-03-02T08:59", WEEKLY, {}, [IVAN]),
        ("2026-03-02T09:00", WEEKLY, {}, [WANG]),
        ("2026-03-09T08:59", WEEKLY, {}, [WANG]),
        ("2026-03-09T09:00", WEEKLY, {}, [ZHAO]),
        ("2026-03-23T09:00", WEEKLY, {}, [WANG]),
        ("2026-02-16T12:00", WEEKLY, {}, [ZHAO]),
        ("2026-03-03T23:00", replace(WEEKLY, days=1), {}, [ZHAO]),
        # Away: the deputy, else the next in turn; nobody left: nobody.
        ("2026-03-02T09:00", WEEKLY, {WANG: ANNA}, [ANNA]),
        ("2026-03-02T09:00", WEEKLY, {WANG: ""}, [ZHAO]),
        ("2026-03-02T09:00", WEEKLY, {WANG: "", ZHAO: "", IVAN: ""}, []),
        ("2026-03-02T09:00", replace(WEEKLY, teams=("apps",)), {}, []),
        ("2026-03-02T09:00", replace(WEEKLY, agents=("left@corp.example", IVAN)), {}, [IVAN]),
    ],
)
def test_whose_turn_it_is(at: str, rota: Rota, absent: dict[str, str], on_duty: list[str]) -> None:
    policy = replace(POLICY, rota=(rota,))
    assert names(on_call.on_duty("net", Facts(absent=absent), policy, shanghai(at))) == on_duty


@pytest.mark.parametrize(
    ("at", "one", "called"),
    [
        ("2026-03-02T23:00", ticket(priority="P1"), [WANG]),
        ("2026-03-02T12:30", ticket(priority="P1"), [WANG]),
        ("2026-03-02T10:00", ticket(priority="P1"), []),
        ("2026-03-02T23:00", ticket(priority="P2"), []),
        # A restricted ticket is for its team: who is on call and not of it is passed over.
        ("2026-03-09T23:00", ticket(priority="P1"), [ZHAO]),
        ("2026-03-09T23:00", ticket(priority="P1", restricted=True), [IVAN]),
        # Where P1 counts in business time only, nobody is woken.
        ("2026-03-02T23:00", ticket(priority="P1", resolution=Clock(240)), []),
        ("2026-03-02T23:00", ticket(priority="P1", requester=Address("w.wang@corp.example")), [ZHAO]),
    ],
)
def test_people_are_called_for_a_p1_outside_working_hours_only(at: str, one: Ticket, called: list[str]) -> None:
    if one.resolution == Clock():
        one = replace(one, resolution=Clock(240, calendar="24x7"))
    policy = replace(POLICY, rota=(WEEKLY,))
    assert names(on_call.called(one, Facts(), policy, shanghai(at))) == called
