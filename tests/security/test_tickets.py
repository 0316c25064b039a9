"""Somebody else's ticket stays closed to strangers: A04, A05, A06, A28 of the threats."""

import re

import pytest

from tests.security.conftest import (
    ANNA,
    DESK,
    EVE,
    MARY,
    TOM,
    Desk,
    Headers,
    MakeDesk,
    raw_mail,
    received,
    with_ticket,
    words,
)


def _ways(desk: Desk) -> dict[str, tuple[str, Headers]]:
    """Every way to name Tom's ticket: subject and fields."""
    ack = desk.letter("requester/acknowledged", TOM)
    second = received(ack).references[-2]
    mine = "<1@attack.example>"
    folded = ack.message_id.replace(".", ".\r\n ", 1)
    return {
        "tag": ("Re: [IT-1] VPN keeps dropping", ()),
        "tag in other brackets": ("回复：【IT-1】 VPN", ()),
        "full-width tag": ("［ＩＴ－１］ VPN", ()),
        "tag with foreign digits": ("[IT-\u0661] VPN", ()),
        "many tags": ("[IT-1][IT-2][IT-1] VPN", ()),
        "our id": ("VPN", (("In-Reply-To", ack.message_id),)),
        "our id in capitals": ("VPN", (("In-Reply-To", ack.message_id.upper()),)),
        "our id folded": ("VPN", (("References", folded),)),
        "our second id": ("VPN", (("References", f"<a@b> {second} <c@d>"),)),
        "our id in both": ("[IT-1] VPN", (("References", ack.message_id), ("In-Reply-To", ack.message_id))),
        "our id as its own": ("VPN", (("Message-ID", ack.message_id),)),
        "the requester's id": ("VPN", (("References", mine),)),
        "the requester's id as its own": ("VPN", (("Message-ID", mine),)),
        "by Reply-To": ("[IT-1] VPN", (("Reply-To", TOM), ("Sender", TOM))),
        "by Cc": ("[IT-1] VPN", (("Cc", f"{TOM}, {EVE}, {ANNA}"),)),
        "by thread index": ("VPN keeps dropping", (("Thread-Index", "AQHZ"), ("Thread-Topic", "VPN keeps dropping"))),
    }


WORDS = (
    "Is it solved?",
    "1",
    "solved, thanks",
    "还是不行",
    "withdraw",
    "5",
    "催一下，请问进展如何",
    "Phone: 6666",
    "#close",
)


@pytest.mark.parametrize("who", [MARY, f'"{TOM}" <{EVE}>'])
@pytest.mark.parametrize("state", ["new", "resolved", "closed"])
def test_a04_a05_no_stranger_and_no_colleague_joins_reads_reopens_or_closes(
    make_desk: MakeDesk, who: str, state: str
) -> None:
    """Also G5."""
    desk = with_ticket(make_desk(budgets={name: 10_000 for name in ("internal_per_hour", "internal_per_day")}))
    if state != "new":
        desk.reply(desk.letter("agent/new_ticket", ANNA), "#resolve SECRET-solution for Tom alone")
    if state == "closed":
        desk.reply(desk.letter("requester/resolved", TOM), "works now, thanks")
    assert desk.state(1) == state
    before = desk.picture(1)
    for at, (way, (subject, headers)) in enumerate(_ways(desk).items()):
        out = desk.write(who, subject, WORDS[at % len(WORDS)] + " My VPN is slow since this morning.", headers)
        assert desk.picture(1) == before, way
        assert not [each for each in out if each.recipient == TOM], way
        for each in out:
            if each.audience in ("requester", "stranger"):
                assert each.ticket != 1, way
                assert "SECRET" not in words(each) and "Tom" not in words(each).replace("Tom Reed <eve", ""), way
                assert "IT-1]" not in words(each), way
    desk.check()


def test_a04_a_thousand_numbers_tell_a_stranger_nothing(make_desk: MakeDesk) -> None:
    """Also G5."""
    desk = with_ticket(make_desk(budgets={"stranger_per_day": 10_000, "strangers_per_hour": 10_000}))
    answers = set()
    for number in (1, 7007, 0, 4711, 2**31, 2**53, 2**63, 10**15, "1" * 200, "01", "-1", "1.0"):
        out = desk.write(EVE, f"Re: [IT-{number}] whatever", "Please send me what you know.")
        (letter,) = [each for each in out if each.recipient == EVE]
        answers.add(_without_what_differs(letter.raw, letter.ticket))
    assert len(answers) == 1, answers


def test_a04_a_stolen_reference_is_answered_like_an_invented_one(make_desk: MakeDesk) -> None:
    desk = with_ticket(make_desk(budgets={"stranger_per_day": 10_000, "strangers_per_hour": 10_000}))
    ack = desk.letter("requester/acknowledged", TOM)
    answers = set()
    for one in (ack.message_id, received(ack).references[-2], "<1@attack.example>", "<nothing@attack.example>"):
        out = desk.write(EVE, "Re: whatever", "Please send me what you know.", [("In-Reply-To", one)])
        (letter,) = [each for each in out if each.recipient == EVE]
        answers.add(_without_what_differs(letter.raw, letter.ticket))
    assert len(answers) == 1, answers


def _without_what_differs(raw: bytes, number: int | None) -> bytes:
    """An answer without what is new in every mail: its own number, ids, time, boundary, and the id that it answers."""
    raw = raw.replace(f"IT-{number}".encode(), b"IT-N").replace(f"IT%2D{number}".encode(), b"IT-N")
    raw = re.sub(rb"=_[am][0-9a-f]+", b"=_", raw)
    return re.sub(rb"(?m)^(Date|Message-ID|References|In-Reply-To):[^\n]*(\n[ \t][^\n]*)*\n", b"", raw)


def test_a05_empty_and_constant_ids_join_nobody(desk: Desk) -> None:
    # (mailanalyzer #81: two strangers met in one ticket because both mails had the id `< >`.)
    for number, one in enumerate(("", "<>", "< >", "<\t>", "constant", "<constant>", "<@>", "<mp1@corp.example>") * 2):
        who = f"user{number}@corp.example"
        headers = (("Message-ID", one), ("In-Reply-To", one), ("References", f"{one} {one}"))
        desk.write(who, "My printer", f"The printer number {number} eats paper all day.", headers)
    rows = desk.rows("SELECT requester FROM ticket")
    assert len(rows) == 16 and len(set(rows)) == 16
    for number in range(1, 17):
        assert len(desk.rows("SELECT DISTINCT author FROM entry WHERE ticket = :n", n=number)) == 1


def test_a06_header_addresses_add_nobody_and_redirect_nothing(working: Desk) -> None:
    fields = (("Cc", EVE), ("Reply-To", EVE), ("Sender", EVE), ("Return-Path", f"<{EVE}>"), ("Bcc", EVE))
    ack = working.letter("requester/acknowledged", TOM)
    working.reply(ack, "It also happens over the cable.", headers=fields)
    working.write(TOM, "Another matter", "My keyboard is broken and the screen is dark.", fields)
    for letter in [each for each in working.outs if each.template == "agent/new_ticket"]:
        working.reply(letter, "We look at it.")
    assert not working.sent_to(EVE)
    assert not any(EVE in row.address for row in working.rows("SELECT address FROM participant"))
    # What she writes afterwards is a stranger's.
    before = working.picture(1)
    working.reply(ack, "CC'd me, so let me in.", who=EVE)
    assert working.picture(1) == before


def test_a06_a_strangers_copied_colleagues_may_not_write_on_tickets(desk: Desk) -> None:
    desk.write(EVE, "Hello", "My screen is dark, please help me.", [("Cc", f"{MARY}, {TOM}")])
    assert desk.rows("SELECT * FROM participant") == []


def test_a28_a_squatted_id_hides_no_genuine_mail(desk: Desk) -> None:
    squatted = "<genuine-1@corp.example>"
    desk.write(EVE, "x", "Squatting on the id of a mail that comes later.", [("Message-ID", squatted)])
    out = desk.write(TOM, "VPN keeps dropping", "My VPN drops every ten minutes.", [("Message-ID", squatted)])
    assert [each.template for each in out if each.recipient == TOM] == ["requester/acknowledged"]
    assert desk.rows("SELECT count(*) AS n FROM ticket")[0].n == 2
    # And the squatter reads nothing of what is answered to it.
    before = desk.picture(2)
    desk.write(EVE, "Re: x", "Tell me more.", [("In-Reply-To", squatted)])
    assert desk.picture(2) == before


def test_a28_the_same_words_from_another_person_are_no_copy(desk: Desk) -> None:
    head = (("To", DESK), ("Date", "Mon, 4 Mar 2024 10:00:00 +0800"), ("Subject", "Printer"))
    for who in (EVE, TOM, MARY):
        desk.deliver(raw_mail((("From", who), *head)))
        assert desk.ledger().fate == "ticketed", who
    # The same person twice within ten minutes is one mail where no id tells them apart.
    desk.deliver(raw_mail((("From", TOM), *head)))
    assert desk.ledger().fate == "ignored"


def test_a05_a_ticket_is_not_found_by_an_id_that_comes_only_later(desk: Desk) -> None:
    # The attacker names an id that Tom's mail will bear; Tom's mail must not land in the attacker's ticket.
    later = "<tomorrow@corp.example>"
    desk.write(EVE, "x", "I wait here for whoever comes.", [("References", later), ("In-Reply-To", later)])
    desk.write(TOM, "Salary list", "CANARY: the salary list is missing.", [("Message-ID", later)])
    assert [row.requester for row in desk.rows("SELECT requester FROM ticket ORDER BY id")] == [EVE, TOM]
    assert not any("CANARY" in words(each) for each in desk.sent_to(EVE))
