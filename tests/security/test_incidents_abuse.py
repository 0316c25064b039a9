"""Mass incidents under attack: who may learn of one, who counts for one, and what its lists show."""

from datetime import timedelta

import pytest

from maild.watch import Watch
from tests.security.conftest import ANNA, EVE, LEAD, MARY, MX, TOM, ZHAO, Desk, MakeDesk, words

VOUCHED = [("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example")]
FAILED = [("Authentication-Results", f"{MX}; dmarc=fail header.from=corp.example")]
WEI = "wang.wei@corp.example"
SAID = (
    ("VPN down", "The VPN does not connect, error 809."),
    ("VPN error", "VPN error 809, I cannot connect from home."),
    ("no VPN", "VPN fails to connect with error 809 since this morning."),
    ("VPN 809", "My VPN does not work, error 809."),
    ("VPN broken", "The VPN is broken, it says error 809 and cannot connect."),
    ("VPN", "I cannot connect to the VPN, error 809."),
)


@pytest.fixture
def vouched(make_desk: MakeDesk) -> Desk:
    return make_desk(trust={"authserv_id": MX})


def proposed(desk: Desk) -> int:
    return len(desk.rows("SELECT ticket FROM incident"))


def reported(desk: Desk, many: int = 6) -> None:
    for n in range(many):
        desk.write(f"a{n}.reporter@corp.example", *SAID[n], VOUCHED)
    desk.after(timedelta(minutes=2))


@pytest.mark.parametrize("headers", [FAILED, VOUCHED])
def test_forged_strange_and_plus_addressed_reporters_make_no_incident(
    vouched: Desk, headers: list[tuple[str, str]]
) -> None:
    for n, said in enumerate(SAID):
        who = f"a{n}.reporter@corp.example" if headers is FAILED else f"tom.reed+{n}@corp.example"
        vouched.write(who, *said, headers)
        vouched.write(f"eve{n}@stranger.example", *said)
    vouched.after(timedelta(minutes=2))
    assert proposed(vouched) == 0


def test_a56_strangers_and_forged_senders_learn_nothing_of_an_incident(vouched: Desk) -> None:
    reported(vouched)
    vouched.reply(vouched.letter("lead/mass_incident", LEAD), "#accept Tunnel MAGPIE is down", headers=VOUCHED)
    assert vouched.rows("SELECT state FROM incident")[0].state == "open"
    before = len(vouched.outs)
    vouched.write(EVE, *SAID[0])
    vouched.write(TOM, *SAID[1], FAILED)
    vouched.after(timedelta(minutes=2))
    new = vouched.outs[before:]
    assert not any("MAGPIE" in words(out) for out in new if out.recipient in (EVE, TOM))
    assert not any(out.template == "requester/known_incident" for out in new)
    vouched.check()


def test_nobody_but_the_reporter_takes_a_report_out_of_an_incident(vouched: Desk) -> None:
    reported(vouched)
    vouched.reply(vouched.letter("lead/mass_incident", LEAD), "1", headers=VOUCHED)
    letter = vouched.letter("requester/known_incident", "a0.reporter@corp.example")
    number = letter.ticket
    for who, headers in ((MARY, VOUCHED), (EVE, []), ("a0.reporter@corp.example", FAILED)):
        vouched.press(letter, "different", who=who, Authentication_Results=headers[0][1] if headers else "none")
        vouched.reply(letter, "This is not the same problem.", who=who, headers=headers)
        row = vouched.rows("SELECT parent FROM ticket WHERE id = :n", n=number)[0]
        assert row.parent is not None, who


def test_a_list_of_reports_hides_the_restricted_ones_of_other_teams(vouched: Desk) -> None:
    """An agent of both teams makes one incident of a restricted report and an open one: the team of the open one gets
    the list, and of the restricted report only that it exists."""
    vouched.write(TOM, "Phishing MAGPIE", "I clicked a link in a phishing mail: MAGPIE, and there is malware.", VOUCHED)
    vouched.write(MARY, "VPN down", "The VPN does not connect, error 809.", VOUCHED)
    assert vouched.rows("SELECT team FROM ticket WHERE id = 2")[0].team == "network"
    vouched.write(ZHAO, "Re: [IT-2]", "#incident Attack on the VPN IT-1", VOUCHED)
    vouched.after(timedelta(minutes=2))
    assert len(vouched.rows("SELECT ticket FROM incident")) == 1
    told = [out for out in vouched.outs if out.recipient == ANNA and out.ticket == 3]
    assert told and not any("MAGPIE" in words(out) for out in vouched.outs if out.recipient in (ANNA, WEI))
    vouched.check()


def test_a53_a_title_in_the_lists_is_one_plain_line(vouched: Desk) -> None:
    evil = "VPN \u202egnihsihp\u202c\u2066 down =?utf-8?q?x=0AReply_=E2=86=92_everybody?="
    vouched.write(
        "a9.reporter@corp.example", evil, "Department: Fin\u202eance\nThe VPN error 809, cannot connect.", VOUCHED
    )
    reported(vouched)
    letter = vouched.letter("lead/mass_incident", LEAD)
    assert "IT-1" in words(letter)
    assert not any(char in words(letter) for char in "\u202e\u202c\u2066")
    assert "\nReply → everybody" not in words(letter)


def test_a21_a_stranger_s_letter_bears_no_word_of_theirs_not_even_the_name(vouched: Desk) -> None:
    (letter, *_) = vouched.write('"Cheap pills at evil.example" <victim@stranger.example>', "Cheap pills", "Buy now.")
    assert (letter.template, letter.recipient) == ("stranger/received", "victim@stranger.example")
    assert b"pills" not in letter.raw


def test_a08_a_department_cannot_write_fields_into_the_lead_s_letter(vouched: Desk) -> None:
    for n in range(6):
        body = f"Dept: Sales%0d%0aBcc: evil@x.y <b>{n}</b>\n{SAID[n][1]}"
        vouched.write(f"a{n}.reporter@corp.example", f"{SAID[n][0]}\r\n Bcc: x", body, VOUCHED)
    vouched.after(timedelta(minutes=2))
    letter = vouched.letter("lead/mass_incident", LEAD)
    head = letter.raw.partition(b"\r\n\r\n")[0]
    assert b"\r\nBcc" not in head and b"<b>" not in letter.raw.partition(b"text/html")[2]
    assert "%0d" not in "".join(part for part in words(letter).split('"') if part.startswith("mailto:"))
    vouched.check()


def test_a_report_that_was_taken_out_is_not_brought_back_by_a_restart(vouched: Desk) -> None:
    reported(vouched)
    vouched.reply(vouched.letter("lead/mass_incident", LEAD), "1", headers=VOUCHED)
    letter = vouched.letter("requester/known_incident", "a0.reporter@corp.example")
    vouched.press(letter, "different", Authentication_Results=VOUCHED[0][1])
    vouched.write("b1.reporter@corp.example", "Mouse", "My mouse has no left button any more.", VOUCHED)
    begun = Watch(vouched.stage.engine, vouched.stage.clock)
    begun.step(vouched.stage.writer)
    vouched.after(timedelta(minutes=2))
    assert vouched.rows("SELECT parent FROM ticket WHERE id = :n", n=letter.ticket)[0].parent is None
    told = [out for out in vouched.sent_to("a0.reporter@corp.example") if out.template == "requester/known_incident"]
    assert len(told) == 1
    vouched.check()
