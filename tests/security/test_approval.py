"""Who may agree to a request (PRODUCT §3.2): whoever was asked, by the letter they got, and nobody else; and that
question is all that they may decide."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert

from maild.store.schema import address, person
from tests.security.conftest import ANNA, DESK, EVE, LEAD, MARY, MX, TOM, ZHAO, Desk, MakeDesk, words

REQUEST = ("Request: new laptop", "Hello, I would like to request a new laptop, please. Phone 8123.")
VOUCHED = [("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example")]


def asking(approval: str) -> dict[str, Any]:
    return {"trust": {"authserv_id": MX}, "categories": {"request": {"approval": approval}}}


def known(desk: Desk, who: str, manager: str, name: str = "") -> None:
    with desk.stage.engine.begin() as connection:
        key = connection.execute(insert(person).values(name=name, manager=manager, source="csv")).inserted_primary_key
        assert key is not None
        connection.execute(insert(address).values(address=who, person=key[0]))


@pytest.fixture
def asked(make_desk: MakeDesk) -> Iterator[Desk]:
    """Tom's request waits for Mary."""
    desk = make_desk(**asking(MARY))
    desk.write(TOM, *REQUEST, VOUCHED)
    assert (desk.state(1), approver(desk)) == ("on_hold", MARY)
    yield desk
    desk.check()


def approver(desk: Desk) -> str:
    return str(desk.rows("SELECT approver FROM ticket WHERE id = 1")[0].approver)


def sent(outs: list[Any]) -> set[tuple[str, str]]:
    return {(out.template, out.recipient) for out in outs}


def test_the_manager_of_the_directory_is_asked_by_default(make_desk: MakeDesk) -> None:
    desk = make_desk(**asking("manager"))
    known(desk, TOM, MARY.upper())
    known(desk, MARY, "", "Mary Jones")
    got = desk.write(TOM, *REQUEST, VOUCHED)
    assert sent(got) == {("approver/asked", MARY), ("requester/acknowledged", TOM)}
    assert "Mary Jones is asked to approve it" in words(desk.letter("requester/acknowledged", TOM))
    desk.check()


@pytest.mark.parametrize(
    ("manager", "why"),
    [("", "nobody is on record as the manager"), (TOM, "nobody approves their own request"),
     (EVE, "only a colleague of an internal domain can approve"),
     # The desk itself, behind a plus sign: the ticket would wait for nobody.
     (DESK.replace("@", "+x@"), "only a colleague of an internal domain can approve")],
)  # fmt: skip
def test_where_nobody_can_be_asked_the_agents_are(make_desk: MakeDesk, manager: str, why: str) -> None:
    desk = make_desk(**asking("manager"))
    known(desk, TOM, manager)
    desk.write(TOM, *REQUEST, VOUCHED)
    assert (desk.state(1), approver(desk)) == ("new", "")
    assert why in words(desk.letter("agent/new_ticket", ANNA))
    got = desk.reply(desk.letter("agent/new_ticket", ANNA), f"#approve {MARY} new hardware")
    assert ("approver/asked", MARY) in sent(got) and desk.state(1) == "on_hold"
    desk.check()


def test_a_stranger_cannot_make_anybody_s_manager_get_mail(make_desk: MakeDesk) -> None:
    desk = make_desk(**asking(MARY))
    desk.write(EVE, *REQUEST)
    assert not any(out.recipient == MARY for out in desk.outs)
    assert desk.state(1) == "new"


@pytest.mark.parametrize("text", ["It works now, thanks.", "Please cancel this, never mind.", "#close done", "5", "2"])
def test_an_approver_decides_nothing_but_the_question(asked: Desk, text: str) -> None:
    got = asked.reply(asked.letter("approver/asked", MARY), text)
    assert (asked.state(1), approver(asked)) == ("on_hold", MARY)
    assert not any(out.recipient == TOM for out in got)


def test_a_stranger_with_the_forwarded_letter_learns_nothing(asked: Desk) -> None:
    got = asked.reply(asked.letter("approver/asked", MARY), "Approved.", who=EVE)
    assert ("stranger/received", EVE) in sent(got)
    assert (asked.state(1), approver(asked)) == ("on_hold", MARY)
    asked.press(asked.letter("approver/asked", MARY), "agree", who=EVE)
    assert (asked.state(1), approver(asked)) == ("on_hold", MARY)


def test_a_forged_answer_does_nothing(asked: Desk) -> None:
    forged = [("Authentication-Results", f"{MX}; dmarc=fail header.from=corp.example")]
    asked.reply(asked.letter("approver/asked", MARY), "Approved.", headers=forged)
    asked.press(asked.letter("approver/asked", MARY), "agree", Authentication_Results=forged[0][1])
    asked.write(MARY, "Re: [IT-1] Request: new laptop", "Approved.", VOUCHED)
    assert (asked.state(1), approver(asked)) == ("on_hold", MARY)


def test_her_button_agrees_to_this_ticket_alone(asked: Desk) -> None:
    asked.write(TOM, "Request: a second monitor", "I would like to request a new monitor too.", VOUCHED)
    first = next(out for out in asked.outs if out.template == "approver/asked" and out.ticket == 1)
    asked.press(first, "agree", retag=("[IT-1]", "[IT-2]"))
    assert (asked.state(1), asked.state(2)) == ("on_hold", "on_hold")
    asked.press(first, "agree")
    assert (asked.state(1), asked.state(2)) == ("open", "on_hold")


def test_whoever_was_asked_in_her_place_before_cannot_answer_any_more(asked: Desk) -> None:
    first = asked.letter("approver/asked", MARY)
    asked.write(ANNA, "Re: [IT-1]", f"#approve {ZHAO}", VOUCHED)
    assert approver(asked) == ZHAO
    got = asked.press(first, "agree")
    assert (asked.state(1), approver(asked)) == ("on_hold", ZHAO)
    assert ("approver/over", MARY) in sent(got)


def test_an_agent_who_is_asked_answers_like_anybody_and_keeps_their_commands(make_desk: MakeDesk) -> None:
    desk = make_desk(**asking(ZHAO))
    desk.write(TOM, *REQUEST, VOUCHED)
    desk.reply(desk.letter("approver/asked", ZHAO), "#note the old one is three years old")
    assert desk.state(1) == "on_hold"
    got = desk.reply(desk.letter("approver/asked", ZHAO), "同意")
    assert desk.state(1) == "open"
    assert {("agent/new_ticket", LEAD), ("requester/approval", TOM)} <= sent(got)
    desk.check()


def test_a_participant_who_agrees_elsewhere_has_not_answered_the_question(make_desk: MakeDesk) -> None:
    """Mary stands in copy and is asked too: only her answer to the question counts as one."""
    desk = make_desk(**asking(MARY))
    desk.write(TOM, *REQUEST, [*VOUCHED, ("Cc", MARY)])
    desk.write(MARY, "Re: [IT-1] Request: new laptop", "Yes, approved.", VOUCHED)
    assert (desk.state(1), approver(desk)) == ("on_hold", MARY)
    desk.reply(desk.letter("approver/asked", MARY), "Yes, approved.")
    assert (desk.state(1), approver(desk)) == ("open", "")
    desk.check()


def test_what_ends_the_waiting_ends_the_question(asked: Desk) -> None:
    got = asked.write(ANNA, "Re: [IT-1]", "#resolve It was in stock.", VOUCHED)
    assert ("approver/over", MARY) in sent(got)
    assert (asked.state(1), approver(asked)) == ("resolved", "")


def test_in_agents_mode_nobody_is_asked_and_the_agents_know_why(make_desk: MakeDesk) -> None:
    desk = make_desk(**asking(MARY), desk={"mode": "agents"})
    desk.write(TOM, *REQUEST, VOUCHED)
    assert (desk.state(1), approver(desk)) == ("new", "")
    assert "in agents mode no mail leaves" in words(desk.letter("agent/new_ticket", ANNA))
    desk.reply(desk.letter("agent/new_ticket", ANNA), f"#approve {MARY}")
    assert "in agents mode no mail leaves" in words(desk.letter("agent/transcript", ANNA))


def test_a_chaser_meanwhile_is_told_that_the_approval_is_waited_for(asked: Desk) -> None:
    asked.reply(asked.letter("requester/acknowledged", TOM), "Any news?")
    # Who is asked stood in the acknowledgement already.
    assert "have no answer yet" in words(asked.letter("requester/progress", TOM))
    assert (asked.state(1), approver(asked)) == ("on_hold", MARY)


def test_an_answer_that_names_the_ticket_alone_is_asked_for_again(asked: Desk) -> None:
    """Some phones drop the References: no evidence, so nothing is done, and no ticket of its own comes of it either."""
    got = asked.write(MARY, "Re: [IT-1] Request: new laptop", "Approved.", VOUCHED)
    assert ("approver/asked", MARY) in sent(got) and ("agent/approval", ANNA) in sent(got)
    assert "nothing shows that it is theirs" in words(asked.letter("agent/approval", ANNA))
    assert (asked.state(1), approver(asked)) == ("on_hold", MARY)
    assert len(asked.rows("SELECT id FROM ticket")) == 1
    asked.press(asked.letter("approver/asked", MARY), "agree")
    assert asked.state(1) == "open"
