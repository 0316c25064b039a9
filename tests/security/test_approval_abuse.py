"""An approval is one colleague's word about somebody else's request: not one's own, not a robot's, and no hammer."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from maild.store.schema import address, person
from tests.security.conftest import ANNA, MARY, TOM, Desk, MakeDesk, words
from tests.security.test_approval import REQUEST, VOUCHED, approver, asking

PRIVATE = "m.jones@corp.example"


def one_person(desk: Desk, *addresses: str) -> None:
    with desk.stage.engine.begin() as connection:
        key = connection.execute(insert(person).values(name="Mary Jones", source="csv")).inserted_primary_key
        assert key is not None
        for each in addresses:
            connection.execute(insert(address).values(address=each, person=key[0]))


@pytest.mark.parametrize("writer", ["mary.jones+home@corp.example", PRIVATE])
def test_nobody_approves_their_own_request_from_another_of_their_addresses(make_desk: MakeDesk, writer: str) -> None:
    desk = make_desk(**asking(MARY))
    one_person(desk, MARY, PRIVATE)
    desk.write(writer, *REQUEST, VOUCHED)
    assert (desk.state(1), approver(desk)) == ("new", "")
    assert "nobody approves their own request" in words(desk.letter("agent/new_ticket", ANNA))
    desk.reply(desk.letter("agent/new_ticket", ANNA), f"#approve {MARY}")
    assert (desk.state(1), approver(desk)) == ("new", "")
    assert "nobody approves their own request" in words(desk.letter("agent/transcript", ANNA))


def test_an_agent_who_requests_from_an_alias_does_not_approve_it_either(make_desk: MakeDesk) -> None:
    desk = make_desk(**asking(ANNA), agents=[{"address": ANNA, "aliases": ["a.berg@corp.example"]}])
    desk.write("a.berg@corp.example", *REQUEST, VOUCHED)
    assert (desk.state(1), approver(desk)) == ("new", "")


def test_nor_whoever_writes_through_a_shared_mailbox(make_desk: MakeDesk) -> None:
    """The shared mailbox asks, its member agrees: that is one person's word."""
    desk = make_desk(**asking(MARY))
    with desk.stage.engine.begin() as connection:
        row = connection.execute(insert(person).values(name="Sales", shared=True, source="csv")).inserted_primary_key
        assert row is not None
        connection.execute(insert(address).values(address="sales@corp.example", person=row[0]))
    desk.write("sales@corp.example", *REQUEST, [*VOUCHED, ("Sender", MARY)])
    assert (desk.state(1), approver(desk)) == ("new", "")


def test_a20_an_approver_who_is_a_robot_without_marks_is_not_kept_going(make_desk: MakeDesk) -> None:
    desk = make_desk(**asking(MARY))
    desk.write(TOM, *REQUEST, VOUCHED)
    for n in range(30):
        letter = next(out for out in reversed(desk.outs) if out.recipient == MARY and out.state == "sent")
        desk.reply(letter, f"Your message {n} has been read by our assistant.", headers=VOUCHED)
        desk.after(timedelta(minutes=7))
    assert len(desk.sent_to(MARY)) <= 4
    assert desk.state(1) == "on_hold"
    desk.check()


def test_a21_mails_forged_in_an_approvers_name_do_not_make_us_hammer_her(make_desk: MakeDesk) -> None:
    desk = make_desk(**asking(MARY))
    desk.write(TOM, *REQUEST, VOUCHED)
    for n in range(20):
        desk.write(MARY, "Re: [IT-1] Request: new laptop", f"Approved, number {n}.")
        desk.after(timedelta(minutes=10))
    assert len(desk.sent_to(MARY)) <= 4
    assert (desk.state(1), approver(desk)) == ("on_hold", MARY)


def test_a29_an_approver_whose_address_is_dead_gets_no_reminder_and_the_agents_hear(make_desk: MakeDesk) -> None:
    desk = make_desk(**asking(MARY))
    desk.write(TOM, *REQUEST, VOUCHED)
    letter = desk.letter("approver/asked", MARY)
    with desk.stage.engine.begin() as connection:
        connection.execute(insert(address).values(address=MARY, bounced="5.1.1", bounced_at=desk.stage.now))
    desk.after(timedelta(days=12))
    assert desk.sent_to(MARY) == [letter]
    assert any(out.template == "agent/approval" and out.recipient == ANNA for out in desk.outs)
    desk.check()
