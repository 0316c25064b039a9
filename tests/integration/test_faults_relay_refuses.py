"""A relay that refuses everybody, wants less at a time, or an empty sender no more: no mail is blamed for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from maild import desk, send
from maild.store import outbox
from tests.desks import Box, Steps, prepared
from tests.sink import DROP, STALL, Sink

Lines = Callable[[str], list[str]]


def queue(steps: Steps, count: int, name: str = "u", **changed: Any) -> None:
    """Mails that are due, each to somebody else; `changed` are other columns of theirs."""
    now = steps.clock()
    with steps.engine.begin() as connection:
        outbox.add(
            connection,
            [
                outbox.Letter(
                    **{
                        "ticket": None, "inbound": None, "template": "requester/acknowledged", "audience": "requester",
                        "reply": "public", "recipient": f"{name}{n}@corp.example", "subject": "Re: [IT-1] x",
                        "automatic": True, "message_id": f"<{name}{n}@desk>", "reference": "",
                        "raw": f"Message-ID: <{name}{n}@desk>\r\nSubject: x\r\n\r\n{n}\r\n".encode(),
                        "state": "queued", "reason": "", "created": now, **changed,
                    }
                )
                for n in range(count)
            ],
        )  # fmt: skip


def told(steps: Steps) -> list[tuple[str, int]]:
    return [(row[0], row[1]) for row in steps.rows("SELECT DISTINCT state, attempts FROM outbox ORDER BY state")]


@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("MAIL", "550 5.7.60 not allowed to send as this sender"),
        ("RCPT", "554 5.7.1 relay access denied"),
        ("dot", "550 5.7.1 your address is on a block list"),
        ("dot", "554 5.7.26 unauthenticated mail is not accepted"),
    ],
)
def test_f08_a_relay_that_refuses_everybody_fails_no_mail_and_gets_them_all_when_it_relents(
    steps: Steps, sink: Sink, lines: Lines, stage: Any, reply: str
) -> None:
    queue(steps, 30)
    sink.trick(stage, reply)
    steps.send()
    assert told(steps) == [("queued", 0)]
    tried = len([command for command in sink.commands if command.startswith("MAIL")])
    assert tried <= 9, "not one after the other"
    for _ in range(20):
        steps.clock.ahead += timedelta(minutes=20)
        steps.send()
    assert told(steps) == [("queued", 0)]
    assert len(lines("relay: ")) == 1 and steps.sender.failing_since is not None
    assert len([command for command in sink.commands if command.startswith("MAIL")]) <= tried + 20
    sink.forgive()
    steps.clock.ahead += timedelta(hours=1)
    steps.send()
    assert {state for state, _ in told(steps)} == {"sent"}
    assert sorted(mail.recipients for mail in sink.mails) == sorted((f"u{n}@corp.example",) for n in range(30))
    assert steps.sender.failing_since is None


def test_f08_a_refusal_in_the_midst_of_successes_fails_its_mail_at_once(steps: Steps, sink: Sink) -> None:
    queue(steps, 10)
    sink.trick("RCPT", "550 5.7.1 this mailbox takes no mail from outside", match=lambda to: "u3@" in to)
    steps.send()
    assert steps.rows("SELECT recipient FROM outbox WHERE state = 'failed'") == [("u3@corp.example",)]
    assert len(sink.mails) == 9


@pytest.mark.parametrize("reply", ["550 5.1.1 no such user", "550 no such user here"])
def test_f08_the_only_mail_of_a_quiet_desk_to_nobody_fails_at_once(steps: Steps, sink: Sink, reply: str) -> None:
    queue(steps, 1)
    sink.trick("RCPT", reply)
    steps.send()
    assert told(steps) == [("failed", 1)] and not steps.sender.breaker.open


def test_f08_the_only_mail_of_a_quiet_desk_that_is_refused_in_doubtful_words_is_tried_once_more(
    steps: Steps, sink: Sink
) -> None:
    queue(steps, 1)
    sink.trick("dot", "550 5.7.1 looks like spam")
    steps.send()
    assert told(steps) == [("queued", 1)]
    steps.clock.ahead += timedelta(minutes=2)
    steps.send()
    assert told(steps) == [("failed", 2)] and not steps.sender.breaker.open


def test_f08_a_mail_that_no_relay_can_stand_does_not_keep_the_others_back(steps: Steps, sink: Sink) -> None:
    queue(steps, 1, "poison")
    sink.trick("dot", "421 4.3.0 closing", match=lambda sender: bool(sender))
    sink.trick("RCPT", "421 4.3.0 closing", match=lambda to: "poison" in to)
    steps.send()
    assert told(steps) == [("queued", 0)] and steps.sender.breaker.open
    sink.forgive()
    sink.trick("RCPT", "421 4.3.0 closing", match=lambda to: "poison" in to)
    queue(steps, 5)
    for _ in range(4):
        steps.clock.ahead += timedelta(minutes=1)
        steps.send()
    assert len(sink.mails) == 5
    assert steps.rows("SELECT state FROM outbox WHERE recipient LIKE 'poison%'") == [("queued",)]
    for _ in range(60):
        # Beside mail that is accepted it is this one that is to blame: it is given up like others.
        steps.clock.ahead += timedelta(hours=1)
        queue(steps, 1, f"beside{_}x")
        steps.send()
    assert steps.rows("SELECT state FROM outbox WHERE recipient LIKE 'poison%'") == [("failed",)]


def test_f08_a_relay_that_wants_less_at_a_time_gets_a_pause_and_fewer_connections(steps: Steps, sink: Sink) -> None:
    queue(steps, 40)
    sink.trick("MAIL", "421 4.7.28 too many messages, slow down", times=3)
    assert steps.sender._courier.connections == 8
    steps.send()
    assert steps.sender._courier.connections < 8
    assert {state for state, _ in told(steps)} <= {"queued", "sent"}
    assert steps.rows("SELECT max(attempts) FROM outbox WHERE state = 'queued'") == [(0,)], "no mail is blamed"
    before = len(sink.mails)
    steps.clock.ahead += timedelta(seconds=20)
    steps.send()
    assert len(sink.mails) == before, "left alone for half a minute"
    sink.forgive()
    sink.clear()
    for _ in range(5):
        steps.clock.ahead += timedelta(minutes=2)
        steps.send()
    assert {state for state, _ in told(steps)} == {"sent"} and sink.most_open <= 4


def test_f08_mails_a_minute_are_counted_over_restarts_and_all_daemons(tmp_path: Path, box: Box, sink: Sink) -> None:
    with Steps(prepared(tmp_path, box, sink.port, relay={"profile": "exchange", "per_minute": 10})) as steps:
        queue(steps, 35)
        steps.send()
        assert len(sink.mails) == 10 and sink.most_open <= 3
        assert (steps.sender.next_due() or steps.clock()) > steps.clock(), "it does not run round in circles meanwhile"
        # The daemon is started again, and another one comes.
        for _ in range(2):
            steps.sender.close()
            steps.sender = desk.sender(steps.settings, steps.engine, steps.clock)
            steps.send()
            assert len(sink.mails) == 10
        for sent in (20, 30, 35):
            steps.clock.ahead += timedelta(seconds=61)
            steps.sender._courier._sent_at.clear()
            steps.send()
            assert len(sink.mails) == sent


def test_f08_under_a_limit_a_person_s_words_go_first_and_nothing_starves(tmp_path: Path, box: Box, sink: Sink) -> None:
    with Steps(prepared(tmp_path, box, sink.port, relay={"per_minute": 3})) as steps:
        queue(steps, 6, "notice", audience="agent")
        steps.clock.ahead += timedelta(seconds=1)
        queue(steps, 2, "answer")
        queue(steps, 1, "reply", automatic=False)
        steps.send()
        first = [mail.recipients[0] for mail in sink.mails]
        assert sorted(first) == ["answer0@corp.example", "answer1@corp.example", "reply0@corp.example"]
        steps.clock.ahead += timedelta(minutes=16)
        queue(steps, 9, "more")
        steps.sender._courier._sent_at.clear()
        steps.send()
        assert [mail.recipients[0][:6] for mail in sink.mails[3:]] == ["notice"] * 3


def test_f17_a_slow_relay_keeps_a_round_busy_for_a_minute_and_the_rest_stands_in_line_again(
    steps: Steps, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "BATCH_SECONDS", -1.0)
    queue(steps, 5)
    assert steps.sender.step() == 5 and sink.mails == []
    assert told(steps) == [("queued", 0)]
    monkeypatch.undo()
    steps.send()
    assert len(sink.mails) == 5


def senders(sink: Sink) -> set[str]:
    return {mail.sender for mail in sink.mails}


def test_f08_an_empty_sender_that_is_put_off_is_asked_for_again_and_one_that_is_refused_is_replaced(
    tmp_path: Path, box: Box, sink: Sink
) -> None:
    with Steps(prepared(tmp_path, box, sink.port, relay={"null_sender": "auto"})) as steps:
        sink.trick("MAIL", "450 4.7.1 try again later", times=1, match=lambda argument: "<>" in argument)
        queue(steps, 3, "a")
        steps.send()
        assert senders(sink) == {"support@corp.example"}, "a no for now is no answer"
        steps.clock.ahead += timedelta(minutes=11)
        queue(steps, 3, "b")
        steps.send()
        assert senders(sink) == {"support@corp.example", ""}
        # The relay is set up anew, and nobody tells us.
        sink.clear()
        sink.trick("MAIL", "550 5.7.1 empty sender not allowed", match=lambda argument: "<>" in argument)
        queue(steps, 12, "c")
        steps.send()
        steps.clock.ahead += timedelta(seconds=6)
        steps.send()
        assert len(sink.mails) == 12 and senders(sink) == {"support@corp.example"}
        assert steps.rows("SELECT count(*) FROM outbox WHERE state <> 'sent'") == [(0,)]
        sink.clear()
        steps.clock.ahead += timedelta(days=1, minutes=1)
        queue(steps, 1, "d")
        steps.send()
        assert senders(sink) == {""}, "asked again after a day"


def test_c06_a_database_that_takes_no_result_for_minutes_after_the_250_causes_no_second_copy(
    steps: Steps, sink: Sink
) -> None:
    """Also F07, G3. The disk is full or read-only, the answer to QUIT does not come, and the leases run out."""
    queue(steps, 60)
    readonly = [True]

    def refuse(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if readonly[0] and "last_code" in statement and statement.startswith("UPDATE"):
            raise sqlite3.OperationalError("attempt to write a readonly database")

    event.listen(steps.engine, "before_cursor_execute", refuse)
    sink.trick("QUIT", STALL)
    for _ in range(6):
        with pytest.raises(OperationalError):
            steps.send()
        steps.clock.ahead += timedelta(minutes=2)
        steps.sender.renew()
    before = len(sink.mails)
    assert 1 <= before < 60, "no further mail is begun"
    readonly[0] = False
    steps.send()
    ids = [mail.raw.partition(b"\r\n")[0] for mail in sink.mails]
    assert len(ids) == len(set(ids)) == 60
    assert {state for state, _ in told(steps)} == {"sent"}


def test_c06_a_connection_that_breaks_after_the_250_sends_nothing_again(steps: Steps, sink: Sink) -> None:
    """FreeScout sent one answer 13 to 25 times."""
    queue(steps, 20)
    sink.trick("accepted", DROP)
    sink.trick("QUIT", DROP)
    steps.send()
    for _ in range(10):
        steps.clock.ahead += timedelta(hours=1)
        steps.send()
    assert len(sink.mails) == 20 and {state for state, _ in told(steps)} == {"sent"}


def test_g3_after_the_database_was_away_the_other_daemons_may_write_down_what_they_sent_first(
    steps: Steps, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(steps, 1)
    with steps.engine.begin() as connection:
        outbox.lease(connection, "another", steps.clock(), steps.clock() + timedelta(seconds=60), 10, 10_000)
    steps.clock.ahead += timedelta(minutes=5)
    # For this daemon too the database was silent all the while.
    steps.sender._contact -= 300
    steps.send()
    assert sink.mails == []
    steps.sender._grace_until = 0.0
    steps.send()
    assert len(sink.mails) == 1
