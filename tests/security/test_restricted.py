"""A restricted ticket is its team's alone (PRODUCT §3.2): the word MAGPIE never reaches anybody else's mailbox."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from maild.store import people
from maild.workflow.commands.verbs import VERBS
from tests.security.conftest import ANNA, LEAD, MX, TOM, ZHAO, Desk, MakeDesk, words

WEI = "wang.wei@corp.example"
VOUCHED = [("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example")]
# The team of the shipped category security; the others of the desk are outside.
INSIDE, OUTSIDE = (ZHAO, LEAD), (WEI, ANNA)
ARGUMENTS = {
    "assign": "anna.berg", "team": "network", "priority": "P2", "category": "hardware", "note": "MAGPIE",
    "ask": "phone", "hold": "2d", "close": "done", "merge": "IT-1", "link": "IT-1", "cc": TOM, "for": TOM,
    "use": "IT-1", "file": "1",
    "reassign": "anna.berg wang.wei", "incident": "x IT-1", "update": "x", "called": "x", "undo": "",
}  # fmt: skip


@pytest.fixture
def desk(make_desk: MakeDesk) -> Iterator[Desk]:
    made = make_desk(trust={"authserv_id": MX})
    yield made
    leaks = [out for out in made.outs if out.recipient in OUTSIDE and "MAGPIE" in words(out)]
    assert leaks == []
    made.check()


def with_secret(desk: Desk) -> Desk:
    desk.write(
        TOM, "Phishing MAGPIE", "I clicked a link in a phishing mail: MAGPIE, and now there is malware.", VOUCHED
    )
    assert {out.recipient for out in desk.outs} == {TOM, *INSIDE}
    return desk


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_an_outsider_s_command_is_refused_and_says_only_that_the_ticket_exists(desk: Desk, verb: str) -> None:
    with_secret(desk)
    before = desk.rows("SELECT * FROM ticket")
    got = desk.write(
        WEI, "Re: [IT-1] what is this", f"#{verb} {ARGUMENTS.get(verb, '')}".replace("MAGPIE", "x"), VOUCHED
    )
    assert [(out.template, out.recipient) for out in got] == [("agent/restricted", WEI)]
    assert "存在，但仅限安全组处理" in words(got[0])
    assert desk.rows("SELECT * FROM ticket") == before


def test_an_outsider_s_plain_words_go_nowhere(desk: Desk) -> None:
    with_secret(desk)
    got = desk.write(ANNA, "[IT-1]", "Is there anything new about this one?", VOUCHED)
    assert [(out.template, out.recipient) for out in got] == [("agent/restricted", ANNA)]
    assert desk.state(1) == "new"


def test_an_outsider_without_evidence_is_asked_and_learns_nothing(desk: Desk) -> None:
    with_secret(desk)
    (question,) = desk.write(WEI, "Re: [IT-1] hello", "#take")
    assert (question.template, question.recipient) == ("agent/confirm_command", WEI)
    (answer,) = desk.press(question, "confirm")
    assert (answer.template, answer.recipient) == ("agent/restricted", WEI)
    assert desk.state(1) == "new"


@pytest.mark.parametrize("command", ["#assign anna.berg", "#team network", "#转组 服务台", "#转派 wang.wei"])
def test_nor_can_the_team_hand_it_out_of_its_hands(desk: Desk, command: str) -> None:
    with_secret(desk)
    got = desk.reply(desk.letter("agent/new_ticket", ZHAO), command)
    assert [(out.template, out.recipient) for out in got] == [("agent/transcript", ZHAO)]
    assert "仅限安全组处理" in words(got[0])


def test_escalation_and_missed_targets_stay_in_the_team(desk: Desk) -> None:
    with_secret(desk)
    desk.reply(desk.letter("agent/new_ticket", ZHAO), "#take")
    desk.reply(desk.letter("agent/new_ticket", ZHAO), "#escalate expert MAGPIE the whole share is affected")
    desk.after(timedelta(days=12))
    assert {out.recipient for out in desk.outs} <= {TOM, *INSIDE}


def test_a_deputy_from_outside_gets_nothing_and_the_work_stays_in_the_team(make_desk: MakeDesk) -> None:
    desk = make_desk(trust={"authserv_id": MX}, teams={"security": {"assign": "round_robin", "lead": ZHAO}})
    with desk.stage.engine.begin() as connection:
        people.set_away(connection, ZHAO, desk.stage.now + timedelta(days=9), WEI)
        people.set_away(connection, LEAD, desk.stage.now + timedelta(days=9), WEI)
    desk.write(
        TOM, "Phishing MAGPIE", "I clicked a link in a phishing mail: MAGPIE, and now there is malware.", VOUCHED
    )
    assert WEI not in {out.recipient for out in desk.outs}
    assert desk.rows("SELECT assignee FROM ticket")[0].assignee is None
    desk.check()


def test_the_lead_of_another_team_hears_only_that_nobody_is_there(make_desk: MakeDesk) -> None:
    desk = make_desk(
        trust={"authserv_id": MX}, teams={"network": {"lead": ""}}, categories={"security": {"team": "network"}}
    )
    with desk.stage.engine.begin() as connection:
        people.set_away(connection, ZHAO, desk.stage.now + timedelta(days=9), "")
        people.set_away(connection, ANNA, desk.stage.now + timedelta(days=9), "")
    got = desk.write(TOM, "Phishing MAGPIE", "I clicked a link in a phishing mail: MAGPIE, there is malware.", VOUCHED)
    assert [(out.template, out.recipient) for out in got][1:] == [("agent/restricted", LEAD)]
    assert "网络组目前没有人在" in words(got[1])
    assert "MAGPIE" not in words(got[1])
    desk.check()


def test_what_was_filed_wrongly_does_not_leak_any_more(desk: Desk) -> None:
    """Filed as hardware, seen by the service desk; corrected, it is the security team's, and what comes later stays."""
    desk.write(TOM, "Laptop screen", "The screen of my laptop shows a strange picture.", VOUCHED)
    assert {WEI, ANNA} <= {out.recipient for out in desk.outs}
    got = desk.reply(desk.letter("agent/new_ticket", WEI), "#category security", "Somebody asks for money on it.")
    told = {(out.template, out.recipient) for out in got}
    assert ("agent/restricted", ANNA) in told and ("agent/escalated", ZHAO) in told
    assert desk.rows("SELECT assignee FROM ticket")[0].assignee is None
    desk.write(TOM, "Re: [IT-1] Laptop screen", "It says MAGPIE now.", VOUCHED)
    (refused,) = desk.reply(desk.letter("agent/new_ticket", ANNA), "#take")
    assert (refused.template, refused.recipient) == ("agent/restricted", ANNA)
    desk.reply(desk.letter("agent/new_ticket", WEI), "Dear Tom, please do not touch it.")
    desk.after(timedelta(days=9))


def test_a_restricted_solution_is_never_shown_as_similar(make_desk: MakeDesk) -> None:
    """Solved first and corrected afterwards: what was learned from it is taken back too."""
    desk = make_desk(trust={"authserv_id": MX})
    desk.write(TOM, "Printer Kyocera jams MAGPIE", "The printer Kyocera jams in the tray.", VOUCHED)
    desk.reply(desk.letter("agent/new_ticket", LEAD), "#resolve new roller")
    desk.write(TOM, "Re: [IT-1]", "1", VOUCHED)
    again = ("Printer Kyocera jams MAGPIE", "The printer Kyocera jams in the tray again.", VOUCHED)
    assert any("IT-1 " in words(out) for out in desk.write(TOM, *again) if out.recipient == WEI)
    desk.write(LEAD, "Re: [IT-1]", "#category security", VOUCHED)
    assert not any("IT-1 " in words(out) for out in desk.write(TOM, *again) if out.recipient == WEI)


def test_who_names_a_restricted_ticket_without_a_right_opens_one_that_is_restricted_too(desk: Desk) -> None:
    with_secret(desk)
    got = desk.write("mary.jones@corp.example", "Fwd: [IT-1] my printer", "See below. MAGPIE came from Tom.", VOUCHED)
    assert {out.recipient for out in got} == {"mary.jones@corp.example", *INSIDE}
    assert "安全" not in words(desk.letter("requester/acknowledged", "mary.jones@corp.example"))


def test_an_old_one_answered_late_stays_restricted(desk: Desk) -> None:
    with_secret(desk)
    desk.reply(desk.letter("agent/new_ticket", ZHAO), "#close dealt with")
    desk.after(timedelta(days=30))
    desk.outs[:] = [out for out in desk.outs if out.recipient not in OUTSIDE]
    got = desk.reply(desk.letter("requester/closed", TOM), "The monitor shows MAGPIE again, please look.")
    assert [row.restricted for row in desk.rows("SELECT restricted FROM ticket")] in ([True, True], [1, 1])
    assert not {out.recipient for out in got} & {*OUTSIDE}


def test_what_is_split_off_stays_restricted_until_the_team_says_otherwise(desk: Desk) -> None:
    with_secret(desk)
    desk.write(ZHAO, "Re: [IT-1]", "#split the printer MAGPIE jams too", VOUCHED)
    rows = desk.rows("SELECT team, restricted FROM ticket WHERE id = 2")
    assert [(row.team, bool(row.restricted)) for row in rows] == [("security", True)]
    desk.write(ZHAO, "Re: [IT-2]", "#category hardware", VOUCHED)
    rows = desk.rows("SELECT team, restricted FROM ticket WHERE id = 2")
    assert [(row.team, bool(row.restricted)) for row in rows] == [("service_desk", False)]
    # What its own team gave free is no secret any more.
    desk.outs[:] = [out for out in desk.outs if out.ticket != 2]
