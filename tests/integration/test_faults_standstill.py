"""A desk that stood still for days: nobody is reminded, closed or escalated for what the desk did not hear or do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from maild.model import Timer
from maild.store import tickets, timers
from maild.tick import Ticker
from maild.workflow.business_time import next_open
from tests import servers
from tests.desks import Box, Clock, Steps, ask, looking, mail, prepared, running
from tests.sink import Sink


def waiting_for_the_requester(steps: Steps, state: str = "pending") -> None:
    """Ticket 1, whose reminder and close are long overdue."""
    now = steps.clock()
    kinds = ("info_reminder", "info_close") if state == "pending" else ("confirm_reminder", "confirm_close")
    with steps.engine.begin() as connection:
        ticket = tickets.load(connection, 1, lock=True)
        assert ticket is not None
        tickets.save(connection, replace(ticket, state=state, owes="requester", asked=("device",)))  # type: ignore[arg-type]  # a State
        both = [Timer(kinds[0], now + timedelta(days=1), {"step": 1}), Timer(kinds[1], now + timedelta(days=7))]
        timers.put(connection, 1, both, new=False)


def due(steps: Steps, kind: str) -> datetime | None:
    with steps.engine.connect() as connection:
        return next((row.due for row in timers.of(connection, 1) if row.kind == kind), None)


def sent(steps: Steps, name: str) -> int:
    return int(steps.rows("SELECT count(*) FROM outbox WHERE template = :name", name=name)[0][0])


def test_f14_after_a_standstill_a_reminder_comes_first_and_leaves_the_time_to_answer_that_it_names(
    steps: Steps, box: Box
) -> None:
    """Never reminder, last warning and close within a minute. Also F16."""
    for state, reminder, close, template in (
        ("pending", "info_reminder", "info_close", "requester/reminder"),
        ("resolved", "confirm_reminder", "confirm_close", "requester/confirm_reminder"),
    ):
        if state == "pending":
            box.deliver(mail("one", sender="li.lei@corp.example"))
            steps.cycle()
        waiting_for_the_requester(steps, state)
        steps.clock.ahead += timedelta(days=30)
        for _ in range(3):
            steps.tick()
        assert sent(steps, template) == 1
        assert sent(steps, "requester/closed") == 0
        assert steps.rows("SELECT state FROM ticket") == [(state,)]
        closes = due(steps, close)
        assert closes is not None and closes - steps.clock() >= timedelta(days=1), reminder


def test_f14_targets_missed_while_the_desk_stood_still_are_told_once_each_and_not_as_a_storm(
    steps: Steps, box: Box
) -> None:
    box.deliver(*(mail(f"m{n}") for n in range(5)))
    steps.cycle()
    before = dict(steps.rows("SELECT template, count(*) FROM outbox GROUP BY template"))
    # Warnings at 75 %, breaches, and their repetitions at 150 and 200 % have all gone by. Outside working hours nobody
    # would be there to read of them.
    steps.clock.ahead += timedelta(days=60)
    steps.clock.ahead += next_open(steps.clock(), steps.writer.policy.calendar) - steps.clock() + timedelta(seconds=1)
    for _ in range(3):
        steps.tick()
    rows = steps.rows("SELECT template, ticket, recipient, count(*) FROM outbox GROUP BY template, ticket, recipient")
    assert {row[0] for row in rows} - set(before) == {"agent/sla_breach"}, "no warning of what has come already"
    # One for the response and one for the resolution.
    assert {row[3] for row in rows if row[0] == "agent/sla_breach"} == {2}


def test_f14_nobody_is_closed_for_silence_while_the_desk_could_not_hear(steps: Steps, box: Box) -> None:
    box.deliver(mail("one", sender="li.lei@corp.example"))
    steps.cycle()
    waiting_for_the_requester(steps)
    with steps.engine.begin() as connection:
        timers.drop(connection, 1, ["info_reminder"])
    steps.clock.ahead += timedelta(days=30)
    heard: list[datetime | None] = [None]
    deaf = Ticker(steps.engine, steps.writer, steps.clock, lambda: heard[0])
    assert deaf.step(lambda: None) == 0 or sent(steps, "requester/closed") == 0
    following = deaf.next_due()
    assert following is None or following > steps.clock(), "and it does not spin meanwhile"
    # The last look was before the time ran out: what the requester wrote since, nobody knows.
    heard[0] = steps.clock() - timedelta(days=29)
    deaf.step(lambda: None)
    assert sent(steps, "requester/closed") == 0
    heard[0] = steps.clock()
    deaf.step(lambda: None)
    assert steps.rows("SELECT state FROM ticket") == [("closed",)]


def test_f14_an_answer_that_lay_in_the_mailbox_during_the_standstill_counts_before_any_reminder_or_close(
    tmp_path: Path, box: Box, sink: Sink
) -> None:
    """The whole daemon, whose timers are overdue before it has had its first look at the mailbox."""
    settings = prepared(tmp_path, box, sink.port)
    with Steps(settings) as steps:
        box.deliver(mail("one", sender="li.lei@corp.example"))
        steps.cycle()
        waiting_for_the_requester(steps)
    box.deliver(
        mail("two", sender="li.lei@corp.example", Subject="Re: [IT-1] Printer", In_Reply_To="<one@corp.example>",
             body="It is the HP in room 301.")
    )  # fmt: skip
    clock = Clock()
    clock.ahead = timedelta(days=30)
    with running(settings, clock) as daemon, looking(settings.database.url) as engine:
        assert daemon.ready.wait(30)
        servers.wait_until(
            lambda: ask(engine, "SELECT count(*) FROM inbound WHERE state = 'done'") == [(2,)], "the answer", 30
        )
        daemon._ticking.ring()
        assert not daemon._stop.wait(1.5)
        assert ask(engine, "SELECT state FROM ticket") == [("open",)]
        letters = {row[0] for row in ask(engine, "SELECT template FROM outbox")}
        assert not letters & {"requester/reminder", "requester/closed"}
