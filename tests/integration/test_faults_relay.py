"""A relay that is away, refuses, or keeps its answer to itself: the mail waits, and goes out as often as promised."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests import servers
from tests.desks import Box, Steps, mail, prepared
from tests.sink import DROP, Sink


def test_f08_a_relay_that_is_away_blames_no_mail_and_gets_it_all_when_it_is_back(
    steps: Steps, box: Box, sink: Sink, lines: Callable[[str], list[str]]
) -> None:
    box.deliver(mail("one"), mail("two"))
    sink.stop()
    steps.cycle()
    queued = steps.states()
    assert len(queued) >= 4 and {state for _, state in queued} == {"queued"}
    for _ in range(12):
        # More than two days: an outage counts against no mail.
        steps.clock.ahead += timedelta(hours=6)
        steps.send()
    assert steps.rows("SELECT DISTINCT attempts, state FROM outbox") == [(0, "queued")]
    assert len(lines("relay: ")) == 1
    sink.start()
    steps.clock.ahead += timedelta(minutes=6)
    steps.send()
    assert {state for _, state in steps.states()} == {"sent"} and len(sink.mails) == len(queued)


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"port": "free"}, "nothing listens there: check `host`, `port` and the firewall"),
        ({"host": "no-such-host.invalid", "security": "starttls"}, "check `host` and the DNS"),
        ({"security": "starttls"}, "set `host` to the certificate's name, or `tls_ca`"),
        ({"host": "localhost", "security": "starttls", "tls_ca": "ca", "login": "desk", "password_from": "wrong"},
         "login refused: 5.7.8 Authentication credentials invalid: check `login` and the password"),
    ],
)  # fmt: skip
def test_f20_a_mistake_in_the_relay_settings_is_one_line_with_its_remedy_and_the_mail_waits(
    change: dict[str, Any], remedy: str, tmp_path: Path, box: Box, certificates: servers.Certificates,
    lines: Callable[[str], list[str]],
) -> None:  # fmt: skip
    (tmp_path / "wrong").touch(0o600)
    (tmp_path / "wrong").write_text("not it")
    places = {"free": servers.free_port(), "ca": str(certificates.ca), "wrong": f"file:{tmp_path / 'wrong'}"}
    relay = {name: places.get(value, value) for name, value in change.items()}
    box.deliver(mail("one"))
    with Sink(users={"desk": "right"}, certificate=certificates.make("localhost")) as sink:
        with Steps(prepared(tmp_path, box, sink.port, relay=relay)) as steps:
            steps.cycle()
            steps.clock.ahead += timedelta(minutes=6)
            steps.send()
            assert {state for _, state in steps.states()} == {"queued"}
            assert steps.rows("SELECT DISTINCT attempts FROM outbox") == [(0,)]
        assert sink.mails == []
    (line,) = lines("relay: ")
    assert remedy in line and "\n" not in line


@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("connect", "421 4.3.2 closing"),
        ("connect", "554 5.7.1 go away"),
        ("MAIL", "421 4.7.0 slow down"),
        ("MAIL", "530 5.7.0 authenticate first"),
    ],
)
def test_f08_a_relay_that_refuses_everything_is_left_alone_for_a_while(
    steps: Steps, box: Box, sink: Sink, lines: Callable[[str], list[str]], stage: Any, reply: str
) -> None:
    sink.trick(stage, reply)
    box.deliver(mail("one"))
    steps.cycle()
    before = sink.connections
    assert steps.send() == 0 and sink.connections == before, "it is not asked again at once"
    assert {state for _, state in steps.states()} == {"queued"}
    assert len(lines(reply[:3])) == 1
    sink.forgive()
    steps.clock.ahead += timedelta(minutes=6)
    steps.send()
    assert {state for _, state in steps.states()} == {"sent"}


def test_f02_after_an_answer_that_was_lost_the_same_bytes_go_out_every_15_minutes_at_most_three_times_more(
    steps: Steps, box: Box, sink: Sink
) -> None:
    sink.trick("RCPT", "552 5.2.2 mailbox full", match=lambda to: "u-one@" not in to)
    sink.trick("dot", DROP)
    box.deliver(mail("one"))
    steps.fetch()
    steps.receive()
    steps.send()
    assert steps.rows("SELECT state, unknowns FROM outbox WHERE recipient = 'u-one@corp.example'") == [("unknown", 1)]
    for copies in (1, 2, 3):
        steps.clock.ahead += timedelta(minutes=14)
        steps.send()
        assert len(sink.mails) == copies, "not before 15 minutes have passed"
        steps.clock.ahead += timedelta(minutes=2)
        steps.send()
        assert len(sink.mails) == copies + 1
    for _ in range(10):
        steps.clock.ahead += timedelta(hours=1)
        steps.send()
    assert len({(each.raw, each.recipients) for each in sink.mails}) == 1 and len(sink.mails) == 4
    sink.forgive()
    steps.tick()
    steps.send()
    told = [each for each in sink.mails[4:] if "wang.wei@corp.example" in each.recipients]
    assert told and not any("u-one@corp.example" in each.recipients for each in sink.mails[4:])


def test_f08_greylisting_delays_a_mail_and_sends_it_once(steps: Steps, box: Box, sink: Sink) -> None:
    sink.trick("RCPT", "450 4.2.0 greylisted, come again", times=1, match=lambda to: "u-one@" in to)
    box.deliver(mail("one"))
    steps.cycle()
    assert not any("u-one@corp.example" in each.recipients for each in sink.mails)
    steps.clock.ahead += timedelta(minutes=2)
    steps.send()
    assert sum("u-one@corp.example" in each.recipients for each in sink.mails) == 1
    assert {state for _, state in steps.states()} == {"sent"}


@pytest.mark.parametrize("stage", ["RCPT", "dot"])
def test_c20_an_address_that_is_refused_for_good_is_told_to_the_agents_and_never_written_to_about_it(
    steps: Steps, box: Box, sink: Sink, stage: Any
) -> None:
    if stage == "RCPT":
        sink.trick(stage, "550 5.1.1 no such user", match=lambda to: "u-one@" in to)
    else:
        sink.trick(stage, "550 5.7.1 looks like spam", times=1)
    box.deliver(mail("one"))
    steps.fetch()
    steps.receive()
    steps.send()
    ((number, recipient),) = steps.rows("SELECT id, recipient FROM outbox WHERE state = 'failed'")
    before = len(sink.mails)
    assert steps.tick() == 1
    steps.send()
    told = [each.recipients for each in sink.mails[before:]]
    assert told and (recipient,) not in told
    assert steps.rows("SELECT DISTINCT template FROM outbox WHERE id > (SELECT max(outbox.id) FROM outbox JOIN ticket"
                      " ON ticket.id = outbox.ticket WHERE template <> 'agent/delivery_failed')") == [
        ("agent/delivery_failed",)
    ]  # fmt: skip
    assert steps.rows("SELECT state FROM outbox WHERE id = :number", number=number) == [("failed",)]


def test_c06_what_the_relay_said_is_kept_when_the_database_is_away_and_nothing_goes_out_twice(
    steps: Steps, box: Box, sink: Sink
) -> None:
    box.deliver(mail("one"), mail("two"))
    steps.fetch()
    steps.receive()
    away = [True]

    def refuse(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        # Only the results cannot be written: the leases could.
        if away[0] and "SET state" in statement and "last_code" in statement:
            raise sqlite3.OperationalError("disk I/O error")

    event.listen(steps.engine, "before_cursor_execute", refuse)
    with pytest.raises(OperationalError):
        steps.send()
    first = len(sink.mails)
    assert first >= 1
    steps.clock.ahead += timedelta(minutes=5)
    steps.sender.renew()
    with pytest.raises(OperationalError):
        steps.send()
    assert len(sink.mails) == first
    away[0] = False
    steps.send()
    assert {state for _, state in steps.states()} == {"sent"}
    assert len(sink.mails) == len(steps.states())


def test_f14_after_a_standstill_longer_than_its_lease_a_daemon_begins_no_further_mail(
    steps: Steps, box: Box, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.deliver(mail("one"))
    steps.fetch()
    steps.receive()
    real = steps.sender._parcel

    def slow(row: Any) -> Any:
        # The machine sleeps between the lease and the first mail.
        steps.clock.ahead += timedelta(minutes=2)
        return real(row)

    monkeypatch.setattr(steps.sender, "_parcel", slow)
    steps.sender.step()
    assert sink.mails == []
    assert {state for _, state in steps.states()} == {"queued"}
    monkeypatch.undo()
    steps.send()
    assert {state for _, state in steps.states()} == {"sent"} and len(sink.mails) == len(steps.states())
