"""Who hears of a mail that did not arrive, and how an address is written to again."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

from maild.chores import Chores, Health
from maild.cli.show_outbox import readable
from maild.store import people
from tests import servers
from tests.desks import Box, Steps, mail
from tests.sink import DROP, Sink

NOTICE = "agent/delivery_failed"
# The shipped desk: two agents of the team, its lead, and the admin.
AGENTS = {"wang.wei@corp.example", "anna.berg@corp.example"}
LEAD, ADMIN = "chen.jing@corp.example", "admin@corp.example"


def rounds(steps: Steps, count: int = 4) -> None:
    """Send, and let what failed be told, as often as news can follow on news."""
    for _ in range(count):
        steps.send()
        steps.tick()
    steps.send()


def notices(steps: Steps) -> list[str]:
    """To whom went the news that something did not arrive, in order."""
    return [row[0] for row in steps.rows("SELECT recipient FROM outbox WHERE template = :t ORDER BY id", t=NOTICE)]


EVERYBODY = ("u-one@corp.example", *AGENTS, LEAD, ADMIN)


def text_of(raw: bytes) -> str:
    return readable(raw)[1]


def arrive(steps: Steps, box: Box, *mails: bytes) -> None:
    box.deliver(*mails)
    steps.fetch()
    steps.receive()


def test_c20_a_refused_answer_is_told_to_the_agents_once_and_the_address_gets_no_more_mail_until_it_writes(
    steps: Steps, box: Box, sink: Sink
) -> None:
    """Also F08."""
    sink.trick("RCPT", "550 5.1.1 no such user", match=lambda to: "u-one@" in to)
    arrive(steps, box, mail("one"))
    rounds(steps)
    assert set(notices(steps)) == {*AGENTS, LEAD} and len(notices(steps)) == 3
    assert not any("u-one@corp.example" in each.recipients for each in sink.mails)
    # From another mailbox program of the same person: a new ticket, and the acknowledgement is not even tried.
    with steps.engine.begin() as connection:
        assert [row.address for row in people.silenced(connection)] == ["u-one@corp.example"]
    sink.forgive()
    arrive(steps, box, mail("two", sender="u-one@corp.example"))
    rounds(steps)
    assert any("u-one@corp.example" in each.recipients for each in sink.mails), "whoever writes is there again"
    with steps.engine.begin() as connection:
        assert not people.silenced(connection)
        people.mark_bounced(connection, "u-one@corp.example", "5.1.1", steps.clock())
        assert people.mark_alive(connection, "u-one@corp.example")
        assert not people.mark_alive(connection, "u-one@corp.example")


def test_c20_news_of_a_failure_goes_up_from_agent_to_lead_to_admin_and_ends_there(
    steps: Steps, box: Box, sink: Sink
) -> None:
    """Also G6: nothing loops, not even when every address fails."""
    sink.trick("RCPT", "552 5.2.2 mailbox full")
    arrive(steps, box, mail("one"))
    rounds(steps, 8)
    assert set(notices(steps)) == {*AGENTS, LEAD, ADMIN}
    before = len(notices(steps))
    rounds(steps, 4)
    assert len(notices(steps)) == before and not sink.mails
    news = steps.rows("SELECT recipient, raw FROM outbox WHERE template = :t", t=NOTICE)
    about = {
        (address, row.recipient)
        for row in news
        for address in EVERYBODY
        if f"reach {address}" in text_of(row.raw) or f"送到 {address}" in text_of(row.raw)
    }
    agents = {(agent, LEAD) for agent in AGENTS}
    assert about == {("u-one@corp.example", told) for told in (*AGENTS, LEAD)} | agents | {(LEAD, ADMIN)}


def test_f02_of_what_was_never_answered_the_agent_hears_that_nobody_knows(steps: Steps, box: Box, sink: Sink) -> None:
    arrive(steps, box, mail("one"))
    steps.send()
    sink.clear()
    arrive(steps, box, mail("two"))
    sink.trick("dot", DROP, times=4, match=lambda sender: True)
    with steps.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET due = '2999-01-01' WHERE state = 'queued' AND audience = 'agent'")
    for _ in range(8):
        steps.send()
        steps.clock.ahead += timedelta(minutes=16)
    assert [each.recipients for each in sink.mails] == [("u-two@corp.example",)] * 4
    assert len({each.raw for each in sink.mails}) == 1
    assert steps.rows("SELECT state, unknowns FROM outbox WHERE recipient = 'u-two@corp.example'") == [("unknown", 4)]
    steps.tick()
    (row,) = steps.rows("SELECT raw FROM outbox WHERE template = :t AND recipient LIKE 'anna.berg%'", t=NOTICE)
    assert "nobody knows whether it arrived" in text_of(row.raw) and "refused" not in text_of(row.raw)


def test_f08_mail_that_cannot_leave_is_one_alarm_by_program_and_one_mail_when_it_is_over(
    steps: Steps, box: Box, sink: Sink, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "gateway"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$MAILD_ALARM_TEXT" >> {told}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def health() -> list[Health]:
        sender = steps.sender
        why = f"no mail can leave: {sender.last_relay_error}"
        return [Health("relay", sender.failing_since, why, "look", by_mail=False)]

    chores = Chores(steps.engine, steps.writer, steps.clock, health, timedelta(minutes=15), str(program))
    sink.trick("RCPT", "554 5.7.1 your address is on a block list")
    arrive(steps, box, mail("one"))
    for _ in range(6):
        steps.send()
        chores.watch_health()
        steps.clock.ahead += timedelta(minutes=10)
    servers.wait_until(told.exists, "the program was started")
    assert told.read_text().splitlines() == ["no mail can leave: 554 5.7.1 your address is on a block list"]
    assert not steps.rows("SELECT 1 FROM outbox WHERE audience = 'admin'"), "a mail would arrive when it is over"
    sink.forgive()
    steps.clock.ahead += timedelta(hours=1)
    steps.send()
    chores.watch_health()
    chores.watch_health()
    assert steps.rows("SELECT template FROM outbox WHERE audience = 'admin'") == [("admin/recovered",)]
    assert "block list" in text_of(steps.rows("SELECT raw FROM outbox WHERE audience = 'admin'")[0][0])
