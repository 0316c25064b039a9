"""Buttons: bound to person, ticket and verb; used up where a second press would do harm; a kind word why (A07)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from maild.store import upkeep
from tests import tapped
from tests.security.conftest import ANNA, EVE, MARY, MX, TOM, ZHAO, Desk, MakeDesk, received, with_ticket, words
from tests.stories.stage import Out

VOUCHED = (("Authentication-Results", f"{MX}; dmarc=pass header.from=corp.example"),)
_PLAIN = tapped.CLIENTS[4]


@pytest.fixture
def vouched(make_desk: MakeDesk) -> Desk:
    return with_ticket(make_desk(trust={"authserv_id": MX}))


def tap(
    desk: Desk,
    letter: Out,
    command: str,
    written: str = "",
    who: str = "",
    proved: bool = False,
    retag: tuple[str, str] = ("", ""),
) -> list[Out]:
    """Tap a button of a letter, in a plain mail program; `proved`: the writer's mail server vouches for them."""
    link = tapped.link_of(received(letter).html, command).replace(*retag)
    desk._count += 1
    raw = _PLAIN.open(link, who or letter.recipient, written, desk._count)
    if proved:
        raw = f"{VOUCHED[0][0]}: {VOUCHED[0][1]}\r\n".encode() + raw
    return desk.deliver(raw)


def kinds(out: list[Out]) -> list[tuple[str, str]]:
    return sorted((each.template, each.recipient) for each in out)


def test_a07_a_used_button_does_nothing_again_even_after_the_ticket_is_open_again(vouched: Desk) -> None:
    notice = vouched.letter("agent/new_ticket", ANNA)
    tap(vouched, notice, "resolve", "restarted the router", proved=True)
    assert vouched.state(1) == "resolved"
    vouched.reply(vouched.letter("requester/resolved", TOM), "still the same, it does not work")
    assert vouched.state(1) == "open"
    before = vouched.picture(1)[0]
    out = tap(vouched, notice, "resolve", proved=True)
    assert kinds(out) == [("agent/transcript", ANNA)]
    assert "used at" in words(out[0]) and "#resolve" in words(out[0])
    assert vouched.picture(1)[0] == before
    # The notice that says so has a button of its own, and that one serves.
    tap(vouched, vouched.letter("agent/reopened", ANNA), "resolve", "replaced the router", proved=True)
    assert vouched.state(1) == "resolved"


def test_a07_a_used_button_without_other_evidence_is_answered_by_nobody(working: Desk) -> None:
    notice = working.letter("agent/new_ticket", ANNA)
    tap(working, notice, "resolve", "restarted the router")
    assert working.state(1) == "resolved"
    before = working.picture(1)
    assert tap(working, notice, "resolve") == []
    assert working.ledger().fate == "ignored"
    assert working.picture(1) == before


@pytest.mark.parametrize("verb", ["take", "resolve", "escalate", "out-of-scope"])
def test_a07_an_expired_button_is_denied_with_a_kind_word_to_a_proved_agent_alone(vouched: Desk, verb: str) -> None:
    notice = vouched.letter("agent/new_ticket", ANNA)
    vouched.after(timedelta(days=31))
    before = vouched.picture(1)[0]
    assert tap(vouched, notice, verb) == []
    out = tap(vouched, notice, verb, proved=True)
    assert kinds(out) == [("agent/transcript", ANNA)]
    assert "older than 30 days" in words(out[0]) and f"#{verb}" in words(out[0])
    assert vouched.picture(1)[0] == before


def test_a07_another_agents_button_is_denied_and_commands_nothing(vouched: Desk) -> None:
    notice = vouched.letter("agent/new_ticket", ANNA)
    before = vouched.picture(1)[0]
    assert tap(vouched, notice, "take", who=ZHAO) == []
    out = tap(vouched, notice, "take", who=ZHAO, proved=True)
    assert kinds(out) == [("agent/transcript", ZHAO)] and "不是为您" in words(out[0])
    assert vouched.picture(1)[0] == before


@pytest.mark.parametrize("who", [TOM, MARY, EVE])
def test_a07_an_agents_button_in_anybody_elses_hands_does_nothing(vouched: Desk, who: str) -> None:
    notice = vouched.letter("agent/new_ticket", ANNA)
    for verb in ("take", "resolve", "out-of-scope"):
        for proved in (False, True):
            out = tap(vouched, notice, verb, who=who, proved=proved)
            assert vouched.state(1) == "new"
            assert not [each for each in out if each.template == "agent/transcript"]
    assert vouched.rows("SELECT * FROM token_use") == []


def test_a07_a_button_of_one_ticket_or_verb_is_none_of_another(vouched: Desk) -> None:
    vouched.write(TOM, "Second matter", "My keyboard is broken and the screen is dark.")
    notice = next(each for each in vouched.outs if each.template == "agent/new_ticket" and each.ticket == 1)
    before = [vouched.picture(number)[0] for number in (1, 2)]
    for retag in (
        ("IT-1%5D", "IT-2%5D"),
        ("%23take", "%23spam"),
        ("%23take", "%23close"),
        ("%23take", "%23take%20IT-2"),
    ):
        out = tap(vouched, notice, "take", proved=True, retag=retag)
        assert kinds(out) == [("agent/transcript", ANNA)], retag
        assert [vouched.picture(number)[0] for number in (1, 2)] == before


@pytest.mark.parametrize(
    "written",
    ["\n#close no", "#close CANARY no\n", "#spam\n", "#resolve IT-2 done\n", "#assign zhao.min\n", "#team network\n"],
)
@pytest.mark.parametrize("verb", ["take", "resolve"])
def test_a07_a_leaked_button_orders_nothing_but_its_own_verb(working: Desk, verb: str, written: str) -> None:
    # Whoever has a copy of a notice and forges the agent's From has the token; it must be worth no more than it says.
    working.write(TOM, "Second matter", "My keyboard is broken and the screen is dark.")
    notice = next(each for each in working.outs if each.template == "agent/new_ticket" and each.ticket == 1)
    before = [working.picture(number)[0] for number in (1, 2)]
    link = tapped.link_of(received(notice).html, verb).partition("&body=")[0] + "&body="
    out = working.deliver(_PLAIN.open(link, notice.recipient, written))
    assert [working.picture(number)[0] for number in (1, 2)] == before
    assert kinds(out) == [("agent/transcript", ANNA)]


def test_a07_a_refused_press_is_not_used_up(vouched: Desk) -> None:
    notice = vouched.letter("agent/new_ticket", ANNA)
    vouched.reply(notice, "#close no reason", headers=VOUCHED)
    out = tap(vouched, notice, "resolve", "done", proved=True)
    assert "reopen it first" in words(out[-1])
    vouched.reply(notice, "#reopen", headers=VOUCHED)
    tap(vouched, notice, "resolve", "done", proved=True)
    assert vouched.state(1) == "resolved"


def test_a07_a_press_of_a_bad_button_is_never_read_as_a_command_or_as_text(vouched: Desk) -> None:
    before = vouched.picture(1)[0]
    for token in ("a" * 22, "abcdefghijklmnopqrs", "7" * 24):
        out = vouched.write(ANNA, f"[IT-1] #take {token}", "", VOUCHED)
        assert kinds(out) == [("agent/transcript", ANNA)]
        assert vouched.write(ANNA, f"[IT-1] #take {token}", "") == []
    assert vouched.picture(1)[0] == before
    # On no ticket it is no report of the agent's either.
    out = vouched.write(ANNA, f"#confirm {'a' * 22}", "", VOUCHED)
    assert kinds(out) == [("agent/transcript", ANNA)] and len(vouched.rows("SELECT id FROM ticket")) == 1
    assert vouched.write(ANNA, f"[IT-99] #take {'a' * 22}", "") == []


def test_a07_two_mails_that_press_the_same_button_at_once_do_it_once(
    working: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another daemon uses it up between the look and the deed, and fails: all is undone, and the mail is tried again.
    notice = working.letter("agent/new_ticket", ANNA)
    use, turns = upkeep.use_token, []

    def beaten_once(connection: Connection, token: str, when: datetime) -> bool:
        turns.append(token)
        return len(turns) > 1 and use(connection, token, when)

    monkeypatch.setattr(upkeep, "use_token", beaten_once)
    out = tap(working, notice, "resolve", "done")
    assert len(turns) == 2 and turns[0] == turns[1]
    assert kinds(out) == [("requester/resolved", TOM)]
    assert working.told(1).count("state: new → resolved") == 1


def test_the_second_of_two_who_press_take_is_told_who_has_it(working: Desk) -> None:
    working.write(MARY, "Keyboard is broken", "Three keys of my keyboard are broken, I need a new keyboard.")
    readers = [each for each in working.outs if each.template == "agent/new_ticket" and each.ticket == 2]
    first, second = readers[:2]
    tap(working, first, "take")
    out = tap(working, second, "take")
    assert kinds(out) == [("agent/transcript", second.recipient)]
    assert "took it" in words(out[0]) or "接单" in words(out[0])
    assert working.rows("SELECT assignee FROM ticket WHERE id = 2")[0].assignee == first.recipient
    # Who says so all the same has it, and the first one hears of that.
    out = working.reply(second, "#take")
    assert ("agent/taken", first.recipient) in kinds(out)
    assert working.rows("SELECT assignee FROM ticket WHERE id = 2")[0].assignee == second.recipient


def test_used_buttons_are_forgotten_when_nobody_would_believe_them_anyway(working: Desk) -> None:
    tap(working, working.letter("agent/new_ticket", ANNA), "resolve", "done")
    with working.stage.engine.begin() as connection:
        upkeep.forget_tokens(connection, working.stage.now - timedelta(days=120))
    assert len(working.rows("SELECT * FROM token_use")) == 1
    with working.stage.engine.begin() as connection:
        upkeep.forget_tokens(connection, working.stage.now + timedelta(days=1))
    assert working.rows("SELECT * FROM token_use") == []
