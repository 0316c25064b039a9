"""Nobody but a proved agent registers a report for somebody else, or says whose a ticket is (PRODUCT §2.5, §3.4)."""

import pytest

from tests.security.conftest import ANNA, EVE, MARY, MX, TOM, ZHAO, Desk, MakeDesk, words

VOUCHED = [("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example")]
FORGED = [("Authentication-Results", f"{MX}; dmarc=fail header.from=corp.example")]
FOR_TOM = f"#for {TOM} phone\n\nThe monitor on his desk stays black."
WEI = "wang.wei@corp.example"


def forward(sender: str, text: str = "My monitor stays black.", above: str = "") -> str:
    return (
        f"{above}\n---------- Forwarded message ---------\nFrom: {sender}\nDate: Mon, Mar 4, 2024 at 9:40 AM\n"
        f"Subject: monitor\nTo: Anna Berg <{ANNA}>\n\n{text}\n"
    )


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    return make_desk(trust={"authserv_id": MX})


@pytest.mark.parametrize(("who", "headers"), [(MARY, VOUCHED), (EVE, []), (ANNA, FORGED), (f"Anna Berg <{EVE}>", [])])
@pytest.mark.parametrize("body", [FOR_TOM, forward(f"Tom Reed <{TOM}>"), forward(f"Tom Reed <{TOM}>", above="#take")])
def test_a03_nobody_else_s_mail_registers_for_another(
    desk: Desk, who: str, headers: list[tuple[str, str]], body: str
) -> None:
    got = desk.write(who, "Fwd: monitor", body, headers)
    assert TOM not in {out.recipient for out in got}
    assert all(row.requester != TOM for row in desk.rows("SELECT requester FROM ticket"))
    desk.check()


@pytest.mark.parametrize("body", [FOR_TOM, forward(f"Tom Reed <{TOM}>")])
def test_a04_without_evidence_the_agent_is_asked_and_the_mail_waits(make_desk: MakeDesk, body: str) -> None:
    desk = make_desk()
    (question,) = desk.write(ANNA, "Fwd: monitor", body)
    assert (question.template, question.recipient) == ("agent/confirm_command", ANNA)
    assert desk.rows("SELECT * FROM ticket") == []
    got = desk.press(question, "confirm")
    assert ("requester/acknowledged", TOM) in {(out.template, out.recipient) for out in got}
    assert desk.rows("SELECT requester FROM ticket")[0].requester == TOM
    desk.check()


def test_where_a_mail_server_vouches_a_tap_is_not_enough(desk: Desk) -> None:
    (question,) = desk.write(ANNA, "monitor", FOR_TOM)
    (refused,) = desk.press(question, "confirm")
    assert refused.template == "agent/transcript" and "vouches for" in words(refused)
    assert desk.rows("SELECT * FROM ticket") == []


def test_an_answer_to_a_notice_without_the_pass_does_not_say_whose_it_is(desk: Desk) -> None:
    desk.write(MARY, "monitor", "My monitor stays black since this morning.", VOUCHED)
    (refused,) = desk.reply(desk.letter("agent/new_ticket", ANNA), f"#for {TOM}")
    assert refused.template == "agent/transcript"
    assert desk.rows("SELECT requester FROM ticket")[0].requester == MARY


def test_nor_does_the_requester(desk: Desk) -> None:
    desk.write(MARY, "monitor", "My monitor stays black since this morning.", VOUCHED)
    got = desk.reply(desk.letter("requester/acknowledged", MARY), f"#for {TOM}", "It is his.", headers=VOUCHED)
    assert TOM not in {out.recipient for out in got}
    assert desk.rows("SELECT requester FROM ticket")[0].requester == MARY


@pytest.mark.parametrize(
    "text",
    [
        f"#for {MARY}\n#resolve\nMy monitor stays black.",
        f"From: Mary Jones <{MARY}>\nSent: today\nTo: Tom\nSubject: monitor\n\nMy monitor stays black.",
        f"Please write to {MARY}. My monitor stays black.",
        "#spam\n#close done",
    ],
)
def test_of_a_forwarded_mail_only_the_sender_counts(desk: Desk, text: str) -> None:
    """What the forwarded mail itself says commands nothing and names nobody."""
    got = desk.write(ANNA, "Fwd: monitor", forward(f"Tom Reed <{TOM}>", text), VOUCHED)
    assert MARY not in {out.recipient for out in got}
    (row,) = desk.rows("SELECT requester, state FROM ticket")
    assert (row.requester, row.state) == (TOM, "new")
    desk.check()


def test_a_name_that_looks_like_an_address_is_none(desk: Desk) -> None:
    got = desk.write(ANNA, "Fwd: monitor", forward(f'"{TOM}" <{EVE}>'), VOUCHED)
    assert TOM not in {out.recipient for out in got}
    assert desk.rows("SELECT requester FROM ticket")[0].requester == EVE


@pytest.mark.parametrize("who", [ANNA, "it@corp.example", "mailer-daemon@corp.example", "no-reply@shop.example"])
def test_the_desk_a_machine_and_the_agent_themselves_are_nobody_else(desk: Desk, who: str) -> None:
    got = desk.write(ANNA, "Fwd: monitor", forward(f"Somebody <{who}>"), VOUCHED)
    assert {out.recipient for out in got if out.template.startswith("requester/")} == {ANNA}
    assert desk.rows("SELECT requester FROM ticket")[0].requester == ANNA


def test_who_registers_a_restricted_report_hears_no_more_of_it(desk: Desk) -> None:
    report = f"#for {TOM}\n\nHe clicked a link in a phishing mail: MAGPIE, and now there is malware."
    got = desk.write(ANNA, "", report, VOUCHED)
    (mine,) = [out for out in got if out.recipient == ANNA]
    assert (mine.template, "MAGPIE" in words(mine)) == ("agent/registered", False)
    assert ZHAO in {out.recipient for out in got} and WEI not in {out.recipient for out in got}
    (refused,) = desk.write(ANNA, "Re: [IT-1]", "#take", VOUCHED)
    assert refused.template == "agent/restricted"
    # Beside a command that is not theirs to give nothing is registered at all.
    got = desk.write(ANNA, "", f"#take\n{report}", VOUCHED)
    assert [(out.template, out.recipient) for out in got] == [("agent/transcript", ANNA)]
    assert len(desk.rows("SELECT id FROM ticket")) == 1
    desk.check()


def test_a_requester_s_words_about_a_file_are_words(desk: Desk) -> None:
    desk.write(TOM, "monitor", "My monitor stays black since this morning.", VOUCHED)
    got = desk.reply(desk.letter("requester/acknowledged", TOM), "#file 1", "shows it.", headers=VOUCHED)
    assert "agent/files" not in {out.template for out in got}
    assert {out.recipient for out in got}.isdisjoint({TOM})
