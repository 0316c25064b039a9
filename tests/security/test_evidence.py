"""What proves an agent, and what proves nobody any more: letters shown, mails sent again, old lists (A01, A07, A55)."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.security.conftest import (
    ANNA,
    DESK,
    EVE,
    MARY,
    MX,
    TOM,
    ZHAO,
    Desk,
    Headers,
    MakeDesk,
    raw_mail,
    received,
    with_ticket,
)
from tests.stories.stage import Out

VOUCHED: Headers = [("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example")]
ORDER = "#close CANARY forged"


def of_anna(desk: Desk) -> Out:
    return desk.letter("agent/new_ticket", ANNA)


def forge(desk: Desk, reference: str, text: str = ORDER, who: str = ANNA) -> list[Out]:
    """Somebody who knows a Message-ID writes in an agent's name."""
    return desk.write(who, "Re: [IT-1] VPN keeps dropping", text, [("In-Reply-To", reference)])


@pytest.mark.parametrize("copied", [(("Cc", TOM),), (("Cc", EVE),), (("To", f"{DESK}, {MARY}"),)])
def test_a07_a_letter_that_its_agent_has_shown_to_somebody_proves_nothing_any_more(
    working: Desk, copied: Headers
) -> None:
    notice = of_anna(working)
    working.reply(notice, "I look into it, Tom.", headers=copied)
    assert working.ledger().trust == "agent"
    # The reader of the copy knows the notice's id, for it stands in the References of what they got.
    forge(working, notice.message_id)
    assert (working.ledger().trust, working.ledger().fate) == ("unverified", "held")
    forge(working, received(notice).references[-1])
    assert (working.ledger().trust, working.ledger().fate) == ("unverified", "held")
    assert working.state(1) == "open"
    # Anna herself is asked once, and the next letter to her proves her again.
    working.reply(working.letter("agent/confirm_command", ANNA), "0")
    working.reply(working.letter("requester/acknowledged", TOM), "It also happens over the cable.")
    working.reply(working.letter("agent/requester_replied", ANNA), "#resolve cable changed")
    assert working.ledger().evidence == "letter"


def test_a07_a_letter_shown_to_other_agents_alone_still_proves_its_own(working: Desk) -> None:
    notice = of_anna(working)
    working.reply(notice, "Zhao knows this one.", headers=(("Cc", ZHAO),))
    working.reply(notice, "#resolve done")
    assert working.state(1) == "resolved"


def test_a07_a_letter_to_an_agent_in_a_requesters_hand_proves_nothing_any_more(working: Desk) -> None:
    # Anna forwarded her notice past the desk; what Tom then writes hangs on it and gives it away.
    notice = of_anna(working)
    before = working.state(1)
    working.reply(notice, "Anna sent me this, what is it?", who=TOM)
    forge(working, notice.message_id)
    assert working.ledger().trust == "unverified" and working.state(1) == before


def test_a07_a_button_that_others_have_seen_asks_its_owner(working: Desk) -> None:
    notice = of_anna(working)
    working.reply(notice, "I look into it, Tom.", headers=(("Cc", TOM),))
    working.press(notice, "resolve")
    assert working.ledger().fate == "held" and working.state(1) == "open"
    working.press(working.letter("agent/confirm_command", ANNA), "confirm")
    assert working.state(1) == "resolved"


def test_a07_where_a_mail_server_vouches_a_shown_letter_costs_its_agent_nothing(make_desk: MakeDesk) -> None:
    desk = with_ticket(make_desk(trust={"authserv_id": MX}))
    notice = of_anna(desk)
    desk.reply(notice, "I look into it, Tom.", headers=(("Cc", TOM), *VOUCHED))
    desk.reply(notice, "#resolve done", headers=VOUCHED)
    assert desk.state(1) == "resolved" and desk.ledger().evidence == "server"


@pytest.mark.parametrize("vouched", [False, True])
def test_a55_a_mail_of_an_agent_sent_again_under_another_message_id_commands_nothing(
    make_desk: MakeDesk, vouched: bool
) -> None:
    desk = with_ticket(make_desk(trust={"authserv_id": MX}) if vouched else make_desk())
    notice = of_anna(desk)
    desk.reply(notice, "#resolve the cable was loose", headers=VOUCHED if vouched else ())
    raw = bytes(desk.rows("SELECT bytes FROM raw_chunk ORDER BY inbound DESC LIMIT 1")[0].bytes)
    desk.reply(desk.letter("requester/resolved", TOM), "Still not working.")
    assert desk.state(1) == "open"
    for number in range(3):
        again = re.sub(rb"(?mi)^Message-ID:.*$", f"Message-ID: <replayed-{number}@corp.example>\r".encode(), raw)
        assert again != raw
        out = desk.deliver(again)
        assert {each.recipient for each in out} <= {ANNA}
        assert (desk.ledger().trust, desk.ledger().fate) == ("unverified", "held")
        assert "came before" in desk.ledger().trust_reason
        assert desk.state(1) == "open"


def test_a01_the_verdict_and_what_it_rests_on_are_stored_with_the_mail(make_desk: MakeDesk) -> None:
    desk = with_ticket(make_desk(trust={"authserv_id": MX}))
    notice = of_anna(desk)
    seen = {("requester of a fresh mail", desk.ledger().evidence)}
    for how, headers in (("both", VOUCHED), ("letter alone", ())):
        desk.reply(notice, f"#note {how}", headers=headers)
        seen.add((how, desk.ledger().evidence))
    desk.press(notice, "take")
    seen.add(("pressed", desk.ledger().evidence))
    desk.write(ANNA, "Re: [IT-1] x", "#note vouched", VOUCHED)
    seen.add(("vouched", desk.ledger().evidence))
    desk.write(ANNA, "Re: [IT-1] x", "#note bare")
    seen.add(("bare", desk.ledger().evidence))
    bare = desk.ledger().id
    desk.press(desk.letter("agent/confirm_command", ANNA), "confirm")
    seen.add(("confirmed", desk.rows("SELECT * FROM inbound WHERE id = :id", id=bare)[0].evidence))
    assert seen == {
        ("requester of a fresh mail", ""),
        ("both", "server+letter"),
        ("letter alone", "letter"),
        ("pressed", "button"),
        ("vouched", "server"),
        ("bare", ""),
        ("confirmed", "own word"),
    }


# ── agents.trust = "both" ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def strict(make_desk: MakeDesk) -> Desk:
    desk = make_desk(trust={"authserv_id": MX, "agents": "both"})
    desk.write(TOM, "VPN keeps dropping", "Since 9 am my VPN drops every ten minutes, room 3F-12.", VOUCHED)
    return desk


def test_a01_where_both_are_wanted_each_alone_commands_nothing(strict: Desk) -> None:
    notice = of_anna(strict)
    alone: tuple[Callable[[], list[Out]], ...] = (
        lambda: strict.reply(notice, ORDER),
        lambda: strict.write(ANNA, "Re: [IT-1] VPN", ORDER, VOUCHED),
        lambda: strict.press(notice, "resolve"),
        lambda: strict.write(ANNA, "#mine", "#mine", VOUCHED),
        lambda: strict.write(ANNA, "My own printer", "My printer eats paper all day.", VOUCHED),
    )
    for one in alone:
        out = one()
        assert (strict.ledger().trust, strict.ledger().fate) == ("unverified", "held")
        assert {each.template for each in out} <= {"agent/confirm_command", "agent/no_more_questions"}
        assert strict.state(1) == "new"
    # The tap has to be vouched for too, since a button alone is not both.
    question = strict.letter("agent/confirm_command", ANNA)
    strict.press(question, "confirm")
    assert strict.ledger().fate == "held"
    strict.reply(notice, "#resolve done", headers=VOUCHED)
    assert strict.state(1) == "resolved" and strict.ledger().evidence == "server+letter"


# ── letters that belong to no ticket ─────────────────────────────────────────────────────────────────────────────────


def list_for(desk: Desk, who: str) -> Out:
    """A list of the desk's own, by the way that every agent has: a transcript of a mail on no ticket."""
    desk.write(who, "#frobnicate", "#frobnicate")
    if desk.ledger().fate == "held":
        desk.press(desk.letter("agent/confirm_command", who), "confirm")
    return desk.letter("agent/transcript", who)


@pytest.mark.parametrize("authserv_id", ["", MX])
def test_a07_a_letter_of_no_ticket_proves_its_agent_for_a_fortnight_and_nobody_else(
    make_desk: MakeDesk, authserv_id: str
) -> None:
    desk = with_ticket(make_desk(trust={"authserv_id": authserv_id}))
    letter, start = list_for(desk, ANNA), desk.stage.now
    assert letter.ticket is None
    for thief in (ZHAO, TOM, MARY, EVE):
        before = desk.state(1)
        desk.reply(letter, "#resolve IT-1 CANARY", who=thief, subject="Re: hello")
        assert desk.ledger().trust != "agent", thief
        assert desk.state(1) == before, thief
    fresh = list_for(desk, ANNA)
    for days, verdict in ((13, "agent"), (15, "unverified")):
        desk.stage.now = start + timedelta(days=days)
        desk.reply(fresh, "#note IT-1 still here")
        assert desk.ledger().trust == verdict, days


def test_a07_a_letter_of_no_ticket_forwarded_to_a_requester_gives_them_nothing(working: Desk) -> None:
    letter = list_for(working, ANNA)
    # Anna answers it with Tom in copy, and he writes in her name.
    working.reply(letter, "#frobnicate", headers=(("Cc", TOM),))
    out = working.reply(letter, "#resolve IT-1 CANARY", who=ANNA)
    assert working.ledger().trust == "unverified" and working.state(1) == "new"
    assert {each.recipient for each in out} <= {ANNA}


def test_a07_a_letter_of_no_ticket_proves_nothing_on_the_ticket_that_a_subject_names(working: Desk) -> None:
    letter = list_for(working, ANNA)
    working.reply(letter, ORDER, subject="Re: [IT-1] VPN keeps dropping")
    # It is an answer to the desk, and commands no ticket that only its subject names.
    assert working.ledger().ticket is None and working.state(1) == "new"


def test_a07_the_summary_of_a_requester_makes_no_agent_of_them(make_desk: MakeDesk) -> None:
    desk = make_desk(budgets={"internal_per_hour": 1, "unanswered_limit": 1000})
    for number in range(3):
        desk.write(TOM, f"Matter {number}", f"The printer number {number} eats paper all day long.")
    desk.after(timedelta(hours=2))
    summary = desk.letter("requester/summary", TOM)
    for subject in ("", "#resolve IT-1", "Re: [IT-2] x"):
        for text in ("#resolve IT-1 CANARY", "#spam IT-1", "#cc IT-1 eve@stranger.example", "release 1"):
            desk.reply(summary, text, subject=subject)
            assert desk.ledger().trust in ("none", "requester"), text
            assert not desk.ledger().evidence.startswith("button")
    assert {row.state for row in desk.rows("SELECT state FROM ticket")} == {"new"}
    assert not desk.sent_to(EVE)


def test_a01_an_agent_who_is_listed_no_more_commands_nothing(make_desk: MakeDesk) -> None:
    desk = with_ticket(make_desk())
    notice, letter = of_anna(desk), list_for(desk, ANNA)
    desk.write(ANNA, "Re: [IT-1] VPN", ORDER)
    question = desk.letter("agent/confirm_command", ANNA)
    desk.dismiss(ANNA)
    state = desk.state(1)
    acts: tuple[Callable[[], list[Out]], ...] = (
        lambda: desk.reply(notice, ORDER),
        lambda: desk.reply(letter, "#resolve IT-1 CANARY", subject="Re: hello"),
        lambda: desk.press(notice, "resolve"),
        lambda: desk.press(question, "confirm"),
        lambda: desk.reply(question, "1"),
    )
    for act in acts:
        out = act()
        assert desk.ledger().trust in ("none", "requester")
        assert desk.state(1) == state
        assert TOM not in {each.recipient for each in out}


def test_a01_an_agent_confirms_from_any_of_their_own_addresses_and_nobody_else_does(make_desk: MakeDesk) -> None:
    alias = "a.berg@corp.example"
    desk = with_ticket(make_desk(agents=[{"address": ANNA, "aliases": [alias]}]))
    for written, pressed in ((alias, ANNA), (alias, alias), ("anna.berg+phone@corp.example", ANNA), (ANNA, alias)):
        desk.write(written, "Re: [IT-1] VPN", f"#note from {written}, pressed by {pressed}")
        held = desk.ledger()
        assert held.fate == "held"
        question = desk.letter("agent/confirm_command", ANNA)
        desk.press(question, "confirm", who=ZHAO)
        assert desk.rows("SELECT fate FROM inbound WHERE id = :id", id=held.id)[0].fate == "held"
        desk.press(question, "confirm", who=pressed)
        assert desk.rows("SELECT fate FROM inbound WHERE id = :id", id=held.id)[0].fate == "ticketed", (
            written,
            pressed,
        )
        desk.after(timedelta(hours=25))


# ── shared mailboxes ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a01_a_forged_sender_makes_no_member_of_a_shared_mailbox_where_a_server_vouches(make_desk: MakeDesk) -> None:
    for authserv_id, headers, member in (("", (), True), (MX, (), False), (MX, VOUCHED, True)):
        desk = make_desk(trust={"authserv_id": authserv_id})
        desk.share("finance@corp.example", "Finance")
        fields = [("From", "finance@corp.example"), ("Sender", MARY), ("To", DESK), ("Subject", "Our printer"),
                  ("Message-ID", "<shared@corp.example>")]  # fmt: skip
        desk.deliver(raw_mail([*headers, *fields]))
        before = desk.picture(1)
        desk.write(MARY, "Re: [IT-1] Our printer", "More about our printer: it is the large one.")
        assert (desk.picture(1) != before) is member, (authserv_id, headers)
