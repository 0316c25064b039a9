"""Who is on a ticket changes by its requester's Cc within the house and by agents' commands, and by nothing else (A06);
merging shows nobody what is another's (A04)."""

import pytest

from tests.security.conftest import ANNA, DESK, EVE, MARY, MX, TOM, Desk, Headers, MakeDesk, words
from tests.stories.stage import Out

WEI, NEW = "wang.wei@corp.example", "agent/new_ticket"
CAROL, BOB = "carol@corp.example", "bob@vendor.example"
VOUCHED = [("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example")]
FAILED = [("Authentication-Results", f"{MX}; dmarc=fail header.from=corp.example")]


def on(desk: Desk, number: int = 1) -> dict[str, tuple[bool, bool]]:
    """(may write, gets mail) by address."""
    rows = desk.rows("SELECT address, writes, reads FROM participant WHERE ticket = :n", n=number)
    return {row.address: (bool(row.writes), bool(row.reads)) for row in rows}


def notice_of(desk: Desk, number: int) -> Out:
    return next(out for out in desk.outs if (out.template, out.recipient, out.ticket) == (NEW, WEI, number))


def joined(make_desk: MakeDesk) -> Desk:
    """Tom's ticket, with Bob of the supplier put into copy."""
    desk = make_desk(trust={"authserv_id": MX})
    desk.write(TOM, "Printer MAGPIE", "The printer on floor 3 eats the paper: MAGPIE.", VOUCHED)
    desk.reply(desk.letter("agent/new_ticket", WEI), f"#cc {BOB}", headers=VOUCHED)
    assert on(desk) == {BOB: (True, True)}
    return desk


# (who writes, with which fields beside): nobody of them may change who is on the ticket.
WAYS: dict[str, tuple[str, Headers]] = {
    "a stranger's Cc": (EVE, [("Cc", f"{EVE}, {CAROL}")]),
    "a stranger's Reply-To and Sender": (EVE, [("Reply-To", TOM), ("Sender", TOM), ("Cc", CAROL)]),
    "a stranger in the requester's name": (f'"{TOM}" <{EVE}>', [("Cc", CAROL)]),
    "two authors": (f"{TOM}, {EVE}", [("Cc", CAROL)]),
    "a forged requester": (TOM, [*FAILED, ("Cc", CAROL)]),
    "a colleague who is not on it": (MARY, [*VOUCHED, ("Cc", CAROL), ("Reply-To", EVE)]),
    "somebody in copy": (BOB, [("Cc", f"{CAROL}, {EVE}")]),
    "an agent's Cc": (ANNA, [*VOUCHED, ("Cc", f"{CAROL}, {EVE}")]),
    "an unproved agent's command": (ANNA, [("Cc", CAROL)]),
    "the requester's Bcc, Resent-Cc and Reply-To": (TOM, [*VOUCHED, ("Resent-Cc", CAROL), ("Reply-To", EVE)]),
    "the requester's Cc of outsiders": (TOM, [*VOUCHED, ("Cc", f"{EVE}, Carol <{CAROL}.evil.example>")]),
    "the requester's Cc of agents and of the desk": (TOM, [*VOUCHED, ("Cc", f"{ANNA}, {DESK}, {TOM}")]),
}


@pytest.mark.parametrize("way", sorted(WAYS))
def test_a06_who_is_on_a_ticket_stays_as_it_is(make_desk: MakeDesk, way: str) -> None:
    desk = joined(make_desk)
    who, headers = WAYS[way]
    body = f"#cc {CAROL}" if who == ANNA and not dict(headers).get("Authentication-Results") else "One word more."
    got = desk.write(who, "Re: [IT-1] Printer MAGPIE", body, headers)
    assert on(desk) == {BOB: (True, True)}
    assert {EVE, CAROL}.isdisjoint(out.recipient for out in got if "MAGPIE" in words(out))
    # The answer goes to whom it always went, wherever Reply-To points.
    answered = desk.reply(notice_of(desk, 1), "We bring paper at noon.", headers=VOUCHED)
    assert {out.recipient for out in answered if out.template == "requester/reply"} == {TOM, BOB}
    assert not any(BOB in words(out) for out in answered if out.recipient == TOM)
    desk.check()


def test_a06_a_colleague_in_the_requester_s_cc_may_write_and_gets_nothing_before(make_desk: MakeDesk) -> None:
    desk = joined(make_desk)
    desk.write(TOM, "Re: [IT-1] Printer", "Carol has the manual.", [*VOUCHED, ("Cc", CAROL)])
    assert on(desk)[CAROL] == (True, False)
    got = desk.reply(desk.letter("agent/new_ticket", WEI), "We bring paper at noon.", headers=VOUCHED)
    assert CAROL not in {out.recipient for out in got}
    desk.write(CAROL, "Re: [IT-1] Printer", "The manual says tray 2.", VOUCHED)
    assert on(desk)[CAROL] == (True, True)
    desk.check()


@pytest.mark.parametrize("again", ["tag", "reference", "requester's Cc", "alias"])
def test_a06_whoever_was_taken_off_does_not_come_back_by_themselves(make_desk: MakeDesk, again: str) -> None:
    desk = joined(make_desk)
    desk.reply(desk.letter("agent/new_ticket", WEI), f"#cc {MARY}", headers=VOUCHED)
    desk.reply(desk.letter("agent/new_ticket", WEI), f"#cc -{MARY}", headers=VOUCHED)
    before = desk.picture(1)
    if again == "tag":
        desk.write(MARY, "Re: [IT-1] Printer", "Let me in.", VOUCHED)
    elif again == "reference":
        desk.reply(desk.letter("requester/in_copy", MARY), "Let me in.", headers=VOUCHED)
    elif again == "alias":
        desk.write("mary.jones+me@corp.example", "Re: [IT-1] Printer", "Let me in.", VOUCHED)
    else:
        desk.write(TOM, "Re: [IT-1] Printer", "See Cc.", [*VOUCHED, ("Cc", f"{MARY}, mary.jones+x@corp.example")])
        desk.write(MARY, "Re: [IT-1] Printer", "Let me in.", VOUCHED)
    assert on(desk)[MARY] == (False, False)
    assert "mary.jones+x@corp.example" not in on(desk)
    if again != "requester's Cc":
        assert desk.picture(1) == before
    assert desk.state(2) == "new"
    desk.check()


@pytest.mark.parametrize("verb", ["merge IT-2", "cc eve@stranger.example", "split the other"])
def test_a01_the_verbs_that_let_somebody_in_need_the_mail_server_s_word(make_desk: MakeDesk, verb: str) -> None:
    desk = joined(make_desk)
    desk.write(MARY, "Paper jam", "The printer on floor 3 is broken, paper jam.", VOUCHED)
    before = desk.picture(1)
    (told,) = desk.reply(desk.letter("agent/new_ticket", WEI), f"#{verb}")
    assert told.template == "agent/transcript" and "邮件服务器的认证" in words(told)
    assert [row for row in desk.picture(1)[0]] == [row for row in before[0]]
    assert on(desk) == {BOB: (True, True)}


def test_a04_merging_shows_no_reporter_what_is_another_s(make_desk: MakeDesk) -> None:
    """Mary's ticket is merged into Tom's: neither sees the other's address or words, and an outsider learns nothing."""
    desk = make_desk(trust={"authserv_id": MX})
    desk.write(TOM, "Printer", "The printer on floor 3 eats the paper: TOMSWORDS.", VOUCHED)
    desk.write(MARY, "Paper jam", "The printer on floor 3 is broken: MARYSWORDS.", VOUCHED)
    desk.write(EVE, "printer", "The printer is broken: EVESWORDS.")
    wei = notice_of(desk, 1)
    for line in ("#merge IT-3 IT-1", "#merge IT-1 IT-3"):
        (told,) = desk.write(WEI, "merge", line, VOUCHED)
        assert "#关联" in words(told)
    desk.write(WEI, "merge", "#merge IT-2 IT-1", VOUCHED)
    assert desk.state(2) == "closed"
    assert on(desk) == {MARY: (True, True)}
    desk.write(MARY, "Re: [IT-2] Paper jam", "It got worse: MARYSWORDS.", VOUCHED)
    desk.reply(wei, "An answer to whoever wrote last.", headers=VOUCHED)
    desk.reply(desk.letter("agent/requester_replied", WEI), "#resolve Roller cleaned.", headers=VOUCHED)
    desk.write(MARY, "Re: [IT-1] Printer", "Still the same: MARYSWORDS.", VOUCHED)
    for out in desk.outs:
        shown = words(out)
        if out.recipient == TOM:
            assert "MARYSWORDS" not in shown and MARY not in shown, out.template
        if out.recipient == MARY:
            assert "TOMSWORDS" not in shown and TOM not in shown, out.template
        if out.recipient == EVE:
            assert "SWORDS" not in shown.replace("EVESWORDS", "") and TOM not in shown and MARY not in shown
    desk.check()


def test_a04_the_merged_reporter_s_old_buttons_decide_nothing_for_the_other(make_desk: MakeDesk) -> None:
    desk = make_desk(trust={"authserv_id": MX})
    desk.write(TOM, "Printer", "The printer on floor 3 eats the paper.", VOUCHED)
    desk.write(MARY, "Paper jam", "The printer on floor 3 is broken, paper jam.", VOUCHED)
    desk.reply(desk.letter("agent/new_ticket", WEI), "#resolve Roller cleaned.", headers=VOUCHED)
    old = desk.letter("requester/resolved", MARY)
    desk.write(WEI, "merge", "#merge IT-2 IT-1", VOUCHED)
    assert desk.state(1) == "new"
    desk.press(desk.letter("requester/acknowledged", MARY), "withdraw")
    assert desk.state(1) == "new"
    desk.press(old, "solved")
    assert desk.state(1) == "new"
    # Nor do they work for anybody else.
    desk.press(old, "solved", who=EVE)
    assert desk.state(1) == "new"
    desk.check()


def test_a07_an_agent_s_old_spam_button_does_not_close_the_other_ticket(make_desk: MakeDesk) -> None:
    desk = make_desk(trust={"authserv_id": MX})
    desk.write(TOM, "Printer", "The printer on floor 3 eats the paper.", VOUCHED)
    desk.write(MARY, "Paper jam", "The printer on floor 3 is broken, paper jam.", VOUCHED)
    notice = desk.letter("agent/new_ticket", WEI)
    desk.write(WEI, "merge", "#merge IT-2 IT-1", VOUCHED)
    for line in ("#spam", "#close done", "#resolve done", "#out-of-scope"):
        (told,) = desk.reply(notice, line, headers=VOUCHED)
        assert told.template == "agent/transcript" and "IT-2 已合并到 IT-1" in words(told)
    assert desk.state(1) == "new"
    desk.reply(notice, "#take", headers=VOUCHED)
    assert desk.state(1) == "open"
    desk.check()
