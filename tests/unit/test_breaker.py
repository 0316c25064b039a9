"""Whom a relay's answer blames: this mail, or the relay and our standing with it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from maild.outbound import breaker as circuit
from maild.outbound.backoff import GIVE_UP, after
from maild.outbound.breaker import Breaker, Said
from maild.outbound.relay import Result, judge

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NOBODY: frozenset[str] = frozenset()


def result(stage: Any, reply: str) -> Result:
    code, _, text = reply.partition(" ")
    return Result(1, judge(stage, int(code)), int(code), text, stage)


@pytest.mark.parametrize(
    ("stage", "reply", "meaning"),
    [
        ("dot", "250 2.0.0 queued", "mail"),
        ("RCPT", "450 4.2.0 greylisted", "mail"),
        ("RCPT", "451 4.7.1 Greylisting in action, rate limit 5 minutes", "mail"),
        ("RCPT", "550 5.1.1 no such user", "mail"),
        ("RCPT", "550 no such user", "mail"),
        ("RCPT", "552 5.2.2 mailbox full", "mail"),
        ("RCPT", "550 5.4.4 domain not found", "mail"),
        ("RCPT", "450 4.2.1 mailbox takes nothing now", "mail"),
        ("MAIL", "552 5.3.4 message too big", "mail"),
        ("dot", "552 5.3.4 message too big", "mail"),
        ("RCPT", "554 5.7.1 relay access denied", "doubtful"),
        ("RCPT", "554 go away", "doubtful"),
        ("RCPT", "550 5.7.1 blocked using a list", "doubtful"),
        ("DATA", "554 5.5.1 no valid recipients", "doubtful"),
        ("dot", "550 5.7.1 looks like spam", "doubtful"),
        ("dot", "554 5.7.26 unauthenticated mail", "doubtful"),
        ("MAIL", "550 5.7.60 not allowed to send as this sender", "ours"),
        ("MAIL", "501 5.1.7 bad sender", "ours"),
        ("RCPT", "550 5.1.8 sender rejected", "ours"),
        ("dot", "550 5.1.7 sender unknown", "ours"),
        ("connect", "432 4.3.2 concurrent connections limit exceeded", "busy"),
        ("connect", "421 4.7.0 too many connections from your host", "busy"),
        ("MAIL", "421 4.7.28 rate limited", "busy"),
        ("MAIL", "450 4.2.1 sent too much", "busy"),
        ("RCPT", "450 4.2.1 the user is receiving mail too quickly", "busy"),
        ("dot", "451 4.7.500 server busy: message rate limit", "busy"),
        ("connect", "421 4.3.0 shutting down", "relay"),
        ("connect", "554 5.7.1 go away", "relay"),
        ("MAIL", "530 5.7.0 authenticate first", "relay"),
        ("dot", "421 4.3.0 shutting down", "relay"),
    ],
)
def test_f08_each_answer_means_the_mail_or_us_or_may_be_either(stage: Any, reply: str, meaning: str) -> None:
    assert circuit.meaning(result(stage, reply)) == meaning


def said(stage: Any, reply: str, recipient: str = "a@corp.example", again: bool = False, amid: bool = False) -> Said:
    found = result(stage, reply)
    return Said(found, recipient, circuit.meaning(found), again, amid)


SPAM = "550 5.7.1 looks like spam"
MANY = [said("dot", SPAM, f"{n}@corp.example") for n in range(6)]


@pytest.mark.parametrize(
    ("waiting", "accepted", "fault", "kinds"),
    [
        # Other mail was accepted after it: it counts at once.
        ([said("dot", SPAM, amid=True)], True, "", {"refused"}),
        ([replace(each, amid=True) for each in MANY], True, "", {"refused"}),
        # Other mail was accepted before, but none after.
        (MANY[:4], True, "", {"deferred"}),
        ([replace(each, again=True) for each in MANY[:4]], True, "", {"refused"}),
        # So many at the end of a round are no chance.
        (MANY, True, "refuses", {"relay"}),
        # Alone, in a quiet hour: once more, and then it counts.
        ([said("dot", SPAM)], False, "", {"deferred"}),
        ([said("dot", SPAM, again=True)], False, "", {"refused"}),
        # Two different people in a row, and nobody's mail accepted.
        (MANY[:2], False, "refuses", {"relay"}),
        ([said("RCPT", "554 5.7.1 access denied", f"{n}@b.example") for n in range(2)], False, "refuses", {"relay"}),
        # The same person twice proves nothing.
        ([said("dot", SPAM), said("dot", SPAM)], False, "", {"deferred"}),
        # The sender is refused: that is us, at once; beside accepted mail it waits, and is given up in two days.
        ([said("MAIL", "550 5.7.60 not as this sender")], False, "refuses", {"relay"}),
        ([said("MAIL", "550 5.7.60 not as this sender")], True, "", {"deferred"}),
        ([said("MAIL", "432 4.3.2 too many connections")], False, "busy", {"relay"}),
        ([said("MAIL", "432 4.3.2 too many connections")], True, "busy", {"relay"}),
        ([said("connect", "421 4.3.0 closing")], False, "away", {"relay"}),
        ([said("dot", "421 4.3.0 closing")], False, "away", {"relay"}),
        # It takes other mail and hangs up at this one: it may be this one that it cannot stand.
        ([said("dot", "421 4.3.0 closing")], True, "", {"deferred"}),
        ([said("MAIL", "421 4.3.0 closing")], True, "", {"relay"}),
    ],
)  # fmt: skip
def test_f08_a_refusal_is_for_everybody_or_for_one_by_what_else_the_round_brought(
    waiting: list[Said], accepted: bool, fault: str, kinds: set[str]
) -> None:
    found = circuit.conclude(Breaker(), waiting, NOBODY, accepted, NOW)
    assert (found.breaker.fault, set(found.verdicts)) == (fault, kinds)
    assert bool(found.breaker.since) == bool(fault)


def test_f08_refusals_of_different_people_add_up_over_rounds_until_something_is_accepted() -> None:
    first = circuit.conclude(Breaker(), [said("dot", SPAM, "a@b.example")], NOBODY, False, NOW)
    second = circuit.conclude(first.breaker, [said("dot", SPAM, "c@d.example")], NOBODY, False, NOW)
    assert (first.verdicts, second.verdicts) == (("deferred",), ("relay",)) and second.breaker.fault == "refuses"
    well = circuit.conclude(first.breaker, [], NOBODY, True, NOW).breaker
    assert not well.refused
    assert circuit.conclude(well, [said("dot", SPAM, "c@d.example")], NOBODY, False, NOW).verdicts == ("deferred",)


def test_f08_a_relay_that_refuses_is_asked_more_and_more_seldom_and_one_that_is_away_every_five_minutes() -> None:
    for reply, longest in (("550 5.7.60 not as this sender", 3600), ("421 4.3.0 closing", 300)):
        state, pauses = Breaker(), []
        for _ in range(14):
            state = circuit.conclude(state, [said("MAIL", reply)], NOBODY, False, NOW).breaker
            assert state.until is not None
            pauses.append((state.until - NOW).total_seconds())
        assert pauses[:3] == [5, 10, 20] and pauses[-1] == longest


def test_f08_a_mail_at_which_the_relay_hangs_up_is_blamed_while_it_took_others_lately() -> None:
    closing = [said("dot", "421 4.3.0 closing")]
    for minutes, kinds in ((9, ("deferred",)), (11, ("relay",))):
        state = Breaker(took=NOW - timedelta(minutes=minutes))
        assert circuit.conclude(state, closing, NOBODY, False, NOW).verdicts == kinds


def test_f08_while_a_relay_refuses_a_mail_that_it_has_not_seen_gets_its_turn_within_five_minutes() -> None:
    state = Breaker("refuses", NOW + timedelta(hours=1), NOW, NOW)
    assert state.waits(NOW + timedelta(minutes=6), untried=False)
    assert state.waits(NOW + timedelta(minutes=4), untried=True)
    assert not state.waits(NOW + timedelta(minutes=6), untried=True)
    assert not state.waits(NOW + timedelta(hours=1), untried=False)


def test_f08_a_relay_that_refused_everybody_is_believed_only_when_it_takes_a_mail() -> None:
    state = Breaker("refuses", NOW, NOW, NOW, 3, frozenset({"a@b.example", "c@d.example"}))
    assert circuit.conclude(state, [], NOBODY, False, NOW).breaker.fault == "refuses"
    assert circuit.conclude(state, [], NOBODY, True, NOW).breaker == Breaker(took=NOW)
    away = Breaker("away", NOW, NOW, NOW, 3)
    assert not circuit.conclude(away, [], NOBODY, False, NOW).breaker.open, "any answer shows that it is there"


def test_f02_a_relay_that_answers_no_dot_is_not_given_one_mail_after_the_other() -> None:
    once = circuit.conclude(Breaker(), [], frozenset({"a@b.example"}), False, NOW).breaker
    assert not once.open
    assert circuit.conclude(once, [], frozenset({"c@d.example"}), False, NOW).breaker.open
    assert not circuit.conclude(once, [], frozenset({"c@d.example"}), True, NOW).breaker.open


@pytest.mark.parametrize(
    ("kind", "attempts", "unknowns", "age", "state", "minutes", "over"),
    [
        ("sent", 1, 0, 0, "sent", 0, True),
        ("refused", 1, 0, 0, "failed", 0, True),
        ("relay", 9, 0, 9, "queued", 1 / 12, False),
        ("deferred", 1, 0, 0, "queued", 1, False),
        ("deferred", 20, 0, 1, "queued", 66, False),
        ("deferred", 20, 0, 2, "failed", 0, True),
        ("unknown", 1, 0, 0, "unknown", 15, False),
        ("unknown", 1, 2, 9, "unknown", 15, False),
        ("unknown", 1, 3, 0, "unknown", 15, True),
    ],
)
def test_f02_what_is_unknown_is_tried_three_times_more_and_never_called_failed(
    kind: str, attempts: int, unknowns: int, age: int, state: str, minutes: float, over: bool
) -> None:
    """Also F08: back-off and the two days."""
    assert timedelta(days=2) == GIVE_UP
    following = after(kind, attempts, unknowns, NOW - timedelta(days=age), NOW, 0.5)
    assert (following.state, following.over) == (state, over)
    assert over or following.due == NOW + timedelta(minutes=minutes)
