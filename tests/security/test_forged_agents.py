"""The corpus of forged agent mails (A01): nothing happens, nobody else hears of it, each stands on record."""

import pytest

from tests.security.conftest import ANNA, EVE, MARY, MX, TOM, Desk, MakeDesk, received
from tests.security.forgeries import EVIL, VOUCHED, Forger, Forgery
from tests.stories.stage import Out

WANG = "wang.wei@corp.example"
BUDGETS = {name: 100_000 for name in ("internal_per_hour", "internal_per_day", "unanswered_limit", "stranger_per_day")}


def _desk(make_desk: MakeDesk, authserv_id: str) -> Desk:
    desk = make_desk(trust={"authserv_id": authserv_id}, budgets=BUDGETS)
    desk.write(TOM, "VPN keeps dropping", "Since 9 am my VPN connection drops every ten minutes, room 3F-12.")
    desk.write(MARY, "Printer on floor 3", "The printer on floor 3 eats the paper, room 3F-14, phone 8124.")
    return desk


def _stolen(desk: Desk) -> dict[str, str]:
    """Message-IDs of letters that others got; those of Anna's own letters are no attacker's."""
    letters = {"tom": desk.letter("requester/acknowledged", TOM), "wang": _notice(desk, WANG, 2)}
    ids = {name: letter.message_id for name, letter in letters.items()}
    return ids | {f"{name}, second id": received(letter).references[-1] for name, letter in letters.items()}


def _pressed(desk: Desk, forger: Forger) -> list[Forgery]:
    return [*forger.pressed(_notice(desk, ANNA, 1), "take"), *forger.pressed(_notice(desk, WANG, 2), "resolve")]


def _notice(desk: Desk, to: str, number: int) -> Out:
    return next(
        out for out in desk.outs
        if out.template == "agent/new_ticket" and out.recipient == to and out.ticket == number
    )  # fmt: skip


def _standing(desk: Desk) -> list[object]:
    """All that is worth something on the two tickets; that something was asked may stand in their history."""
    tickets = desk.rows("SELECT * FROM ticket WHERE id < 3 ORDER BY id")
    return [
        [tuple(value for name, value in row._mapping.items() if name not in ("version", "updated")) for row in tickets],
        *(desk.rows(f"SELECT * FROM {table} WHERE ticket < 3 ORDER BY 1, 2") for table in ("entry", "field")),
        desk.rows("SELECT ticket, address, writes, reads FROM participant WHERE ticket < 3"),
        desk.rows("SELECT * FROM agent_state WHERE away_until IS NOT NULL"),
        desk.rows("SELECT * FROM command WHERE done"),
    ]


def _forged(desk: Desk, forgery: Forgery) -> None:
    before, seen = _standing(desk), desk.ledger().id
    out = desk.deliver(forgery.raw)
    assert _standing(desk) == before, forgery.how
    row = desk.ledger()
    assert row.id == seen + 1 and row.trust != "agent", forgery.how
    # It stands on record, with what was made of it and why.
    assert row.fate in ("held", "ignored", "ticketed") and row.reason and (row.trust_reason or row.fate == "ignored")
    ours = {each.recipient for each in out if each.audience in ("requester", "stranger")}
    assert ours <= {row.sender}, forgery.how
    agents = {key for key in desk.stage.settings.policy.agents}
    assert {each.recipient for each in out} - ours <= agents, forgery.how
    assert not any(b"CANARY" in each.raw for each in out if each.audience in ("requester", "stranger")), forgery.how


def _true(desk: Desk, number: int) -> None:
    """The agent's own mail, beside each forged one, works."""
    before = len(desk.rows("SELECT * FROM entry WHERE ticket = 1"))
    desk.reply(_notice(desk, ANNA, 1), f"#note true {number}")
    assert desk.ledger().trust == "agent"
    assert len(desk.rows("SELECT * FROM entry WHERE ticket = 1")) == before + 1, number


@pytest.mark.parametrize("authserv_id", ["", MX])
def test_a01_no_forged_mail_of_the_corpus_commands_anything_and_each_is_on_record(
    make_desk: MakeDesk, authserv_id: str
) -> None:
    """Also G5."""
    desk = _desk(make_desk, authserv_id)
    forger = Forger(desk)
    corpus = [*forger.all(_stolen(desk)), *_pressed(desk, forger)]
    assert len(corpus) >= 90
    for number, forgery in enumerate(corpus):
        _forged(desk, forgery)
        if number % 4 == 0:
            _true(desk, number)
    waiting = desk.rows("SELECT * FROM inbound WHERE fate = 'held' AND waits_until IS NOT NULL")
    assert len(waiting) > 20
    asked = [each for each in desk.sent_to(ANNA) if each.template == "agent/confirm_command"]
    # Not even the questions become a flood.
    assert len(asked) <= 3
    assert not desk.sent_to(EVIL) or {each.template for each in desk.sent_to(EVIL)} <= {"stranger/received"}
    if authserv_id:
        desk.write(ANNA, "Re: [IT-1] VPN keeps dropping", "#resolve the true one", VOUCHED)
        assert desk.state(1) == "resolved"
    assert not any("IT-1" in received(each).subject for each in desk.sent_to(EVE))
