"""Periodic work on a real database: alarms, summaries, digests; each done once, whoever does it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from maild import desk
from maild.chores import Chores, Health
from maild.outbound.budget import COLLAPSED, OVER_BUDGET, UNANSWERED
from maild.store import ledger, outbox, outbox_counts, upkeep
from maild.store.engine import open_engine
from tests import desks, servers

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PATIENCE = timedelta(minutes=15)


class Watched:
    """Chores on a database of their own, with a clock and a health that the test sets."""

    def __init__(self, folder: Path, mode: str = "live", program: str = "") -> None:
        tables = desks.sections(folder, 1, 2, desk={"mode": mode})
        self.settings = desks.prepare({**tables, "admins": [{"address": "root@corp.example"}]})
        self.engine: Engine = open_engine(self.settings.database.url)
        self.now = NOW
        self.health: list[Health] = []
        self.program = program
        self.chores = self.another()

    def another(self) -> Chores:
        """A second daemon's chores on the same database."""
        writer = desk.writer(self.settings, desk.tokens(self.settings))
        return Chores(self.engine, writer, lambda: self.now, lambda: self.health, PATIENCE, self.program)

    def mails(self) -> list[tuple[str, str, str]]:
        """(template, recipient, state) of everything in the outbox, oldest first."""
        with self.engine.begin() as connection:
            rows = connection.execute(text("SELECT template, recipient, state FROM outbox ORDER BY id"))
            return [(row[0], row[1], row[2]) for row in rows]

    def hold(self, reason: str, recipient: str, audience: str, count: int, at: datetime) -> None:
        with self.engine.begin() as connection:
            first = connection.execute(text("SELECT count(*) FROM outbox")).scalar_one()
            outbox.add(
                connection,
                [
                    outbox.Letter(
                        ticket=None, inbound=None, template="agent/new_ticket", audience=audience, reply="public",
                        recipient=recipient, subject=f"Re: [IT-{n}] x", automatic=True,
                        message_id=f"<{first + n}@held>", reference="", raw=b"x", state="held", reason=reason,
                        created=at,
                    )
                    for n in range(count)
                ],
            )  # fmt: skip

    def aside(self, fate: str, count: int) -> None:
        with self.engine.begin() as connection:
            for n in range(count):
                arrival = ledger.Arrival(
                    source="deliver",
                    received=NOW,
                    fetched=NOW,
                    size=1,
                    raw=b"x",
                    message_id="",
                    content_hash=f"{fate}{n}",
                )
                (number,) = ledger.add(connection, [arrival])
                ledger.finish(connection, number, NOW, {"fate": fate, "reason": "too deep", "subject": "?"})


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.engine.dispose()


def _ill(since: datetime) -> list[Health]:
    return [Health("mailbox main", since, "login refused", "look at the password")]


def test_g8_an_alarm_goes_out_once_and_one_word_says_that_it_is_over(watched: Watched) -> None:
    watched.health = _ill(NOW - PATIENCE)
    watched.chores.watch_health()
    watched.chores.watch_health()
    watched.another().watch_health()
    assert watched.mails() == [("admin/alarm", "root@corp.example", "queued")]
    watched.health = [Health("mailbox main", None, "", "")]
    watched.chores.watch_health()
    watched.chores.watch_health()
    assert [template for template, _, _ in watched.mails()] == ["admin/alarm", "admin/recovered"]


def test_g8_one_daemon_s_trouble_is_not_over_because_another_one_is_well(watched: Watched) -> None:
    other = watched.another()
    other._health = lambda: [Health("mailbox main on beta", None, "", "")]
    watched.health = [Health("mailbox main on alpha", NOW - PATIENCE, "login refused", "look at the password")]
    for _ in range(3):
        watched.chores.watch_health()
        other.watch_health()
    assert [template for template, _, _ in watched.mails()] == ["admin/alarm"]
    watched.health = [Health("mailbox main on alpha", None, "", "")]
    other.watch_health()
    watched.chores.watch_health()
    assert [template for template, _, _ in watched.mails()] == ["admin/alarm", "admin/recovered"]


def test_g8_the_alarms_of_a_daemon_that_is_not_coming_back_end_after_a_day(watched: Watched) -> None:
    watched.chores._place, other = "alpha", watched.another()
    other._place = "beta"
    watched.chores.expire()
    other.expire()
    for kind in ("mailbox main on alpha", "relay on beta", "silent address x@corp.example"):
        watched.chores.alarm(kind, "detail", "remedy")
    watched.now += timedelta(hours=23)
    watched.chores.expire()
    with watched.engine.begin() as connection:
        assert len(upkeep.open_alarms(connection)) == 3
    watched.now += timedelta(hours=2)
    watched.chores.expire()
    with watched.engine.begin() as connection:
        assert [row.kind for row in upkeep.open_alarms(connection)] == [
            "mailbox main on alpha", "silent address x@corp.example",
        ]  # fmt: skip


@pytest.mark.parametrize("hours", [24, -24, 1, -1], ids=["a day on", "a day back", "summer time", "winter time"])
def test_f14_periodic_work_goes_on_at_its_pace_when_the_clock_jumps(
    watched: Watched, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The metronome's own clock is naive local time."""
    done: list[str] = []
    monkeypatch.setattr(watched.chores, "watch_health", lambda: done.append("health"))
    monkeypatch.setattr(watched.chores, "expire", lambda: done.append("expire"))
    watched.chores._make_plan()
    jumped = [timedelta(), timedelta()]

    class Jumping(datetime):
        @classmethod
        def now(cls, zone: Any = None) -> Any:
            return datetime.now(zone) + sum(jumped, timedelta())

    monkeypatch.setattr("maild.chores.datetime", Jumping)
    monkeypatch.setattr("schedule.datetime.datetime", Jumping)
    watched.chores.step()
    assert done == []
    jumped[0] = timedelta(hours=hours)
    for _ in range(3):
        watched.chores.step()
    assert sorted(done) == ["expire", "health"], "once each, whichever way it jumped"
    # Six seconds later by the new clock, without a jump: the plan is that of the new time.
    monkeypatch.setattr("maild.chores._JUMP_S", 3600.0)
    jumped[1] = timedelta(seconds=6)
    watched.chores.step()
    assert sorted(done) == ["expire", "health", "health"]


def test_f14_mails_and_notices_dated_by_a_clock_that_was_ahead_are_due_when_it_is_put_back(watched: Watched) -> None:
    watched.hold("x", "li.lei@corp.example", "requester", 2, NOW)
    ahead = NOW + timedelta(days=1)
    with watched.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET state = 'queued', due = :due WHERE id = 1"), {"due": stored(ahead)})
        later = NOW + timedelta(minutes=80)
        connection.execute(text("UPDATE outbox SET state = 'queued', due = :due WHERE id = 2"), {"due": stored(later)})
    watched.chores.expire()
    with watched.engine.begin() as connection:
        assert outbox.next_due(connection) == NOW
        # What merely waits for its next try keeps its time.
        dues = connection.execute(text("SELECT count(*) FROM outbox WHERE due = :due"), {"due": stored(later)})
        assert dues.scalar_one() == 1


def stored(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def test_f14_what_went_out_by_a_clock_that_was_ahead_does_not_use_up_the_budget_of_today(watched: Watched) -> None:
    watched.hold("x", "li.lei@corp.example", "requester", 5, NOW + timedelta(days=1))
    watched.hold("x", "li.lei@corp.example", "requester", 2, NOW - timedelta(minutes=5))
    with watched.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET state = 'sent'"))
        hour, day = NOW - timedelta(hours=1), NOW - timedelta(days=1)
        assert outbox_counts.automatic_in(connection, "li.lei@corp.example", hour, day, NOW) == (2, 2)


def test_g8_a_short_trouble_is_no_alarm(watched: Watched) -> None:
    watched.health = _ill(NOW - PATIENCE + timedelta(seconds=1))
    watched.chores.watch_health()
    assert watched.mails() == []


def test_g1_what_was_set_aside_is_told_once_by_one_daemon(watched: Watched) -> None:
    watched.aside("quarantined", 2)
    watched.aside("held", 1)
    watched.aside("ignored", 3)
    watched.chores.tell_set_aside()
    watched.another().tell_set_aside()
    assert watched.mails() == [("admin/quarantined", "root@corp.example", "queued")]
    watched.aside("quarantined", 1)
    watched.chores.tell_set_aside()
    assert len(watched.mails()) == 2


def test_notices_that_were_too_many_come_in_one_mail(watched: Watched) -> None:
    agent = next(iter(watched.settings.policy.agents))
    watched.hold(COLLAPSED, agent, "agent", 7, NOW - timedelta(minutes=11))
    watched.chores.summarise()
    watched.another().summarise()
    assert [row for row in watched.mails() if row[0] == "agent/summary"] == [("agent/summary", agent, "queued")]
    assert {state for template, _, state in watched.mails() if template == "agent/new_ticket"} == {"cancelled"}


def test_notices_held_a_moment_ago_wait_for_those_to_come(watched: Watched) -> None:
    agent = next(iter(watched.settings.policy.agents))
    watched.hold(COLLAPSED, agent, "agent", 7, NOW - timedelta(minutes=9))
    watched.chores.summarise()
    assert not [row for row in watched.mails() if row[0] == "agent/summary"]


def test_a_requester_gets_one_summary_a_day_and_strangers_none(watched: Watched) -> None:
    for _ in range(3):
        watched.hold(OVER_BUDGET, "li.lei@corp.example", "requester", 2, watched.now - timedelta(hours=2))
        watched.hold(OVER_BUDGET, "x@elsewhere.example", "stranger", 2, watched.now - timedelta(hours=2))
        watched.chores.summarise()
        watched.now += timedelta(hours=3)
    summaries = [row for row in watched.mails() if row[0] == "requester/summary"]
    assert summaries == [("requester/summary", "li.lei@corp.example", "queued")]
    watched.now = NOW + timedelta(days=1, hours=1)
    watched.chores.summarise()
    assert len([row for row in watched.mails() if row[0] == "requester/summary"]) == 2


def test_an_address_that_answers_everything_is_one_alarm(watched: Watched) -> None:
    watched.hold(UNANSWERED, "robot@corp.example", "requester", 5, NOW - timedelta(minutes=1))
    watched.chores.summarise()
    watched.chores.summarise()
    assert [row for row in watched.mails() if row[2] == "queued"] == [("admin/alarm", "root@corp.example", "queued")]


def test_observe_mode_shows_the_admins_once_a_day_what_would_have_left(tmp_path: Path) -> None:
    watched = Watched(tmp_path, mode="observe")
    watched.hold("mode observe", "li.lei@corp.example", "requester", 2, NOW - timedelta(hours=1))
    watched.chores.observed()
    watched.another().observed()
    assert [row for row in watched.mails() if row[2] == "queued"] == [("admin/observed", "root@corp.example", "queued")]
    watched.engine.dispose()


def test_g8_an_alarm_starts_the_admins_program_with_the_words_in_its_environment(tmp_path: Path) -> None:
    told = tmp_path / "told"
    program = tmp_path / "gateway"
    program.write_text(f'#!/bin/sh\nprintf "%s|%s" "$MAILD_ALARM" "$MAILD_ALARM_TEXT" > {told}.x\nmv {told}.x {told}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    watched = Watched(tmp_path / "desk", program=str(program))
    watched.health = _ill(NOW - PATIENCE)
    watched.chores.watch_health()
    servers.wait_until(told.exists, "the program to be started")
    assert told.read_text() == "mailbox main|login refused"
    watched.engine.dispose()


def test_a_confirmation_that_never_came_expires(watched: Watched) -> None:
    watched.aside("held", 1)
    with watched.engine.begin() as connection:
        values = {"waits_until": NOW - timedelta(minutes=1), "fate": "held", "reason": "waits"}
        ledger.finish(connection, 1, NOW, values)
    watched.chores.expire()
    with watched.engine.begin() as connection:
        row: Any = connection.execute(text("SELECT reason, waits_until FROM inbound")).one()
    assert "nobody confirmed" in row.reason
    assert row.waits_until is None
