"""A database that is locked, full or away, and a daemon told to end: nothing is half done, nothing is blamed."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from maild import loops
from maild.daemon import Daemon
from maild.desk import NotReady
from tests import servers
from tests.desks import Box, Steps, ask, looking, mail, prepared, running
from tests.sink import Sink


def test_f07_a_database_locked_by_another_program_for_some_seconds_delays_and_breaks_nothing(
    tmp_path: Path, box: Box, sink: Sink, lines: Callable[[str], list[str]]
) -> None:
    settings = prepared(tmp_path, box, sink.port)
    with running(settings) as daemon:
        assert daemon.ready.wait(20)
        other = sqlite3.connect(settings.database.url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        box.deliver(mail("one"))
        # The backup program that forgot to finish, for longer than a moment.
        assert not daemon._stop.wait(3)
        other.execute("ROLLBACK")
        other.close()
        sink.wait_for(lambda mails: any(b"u-one@" in each.raw for each in mails), 20)
    assert lines("locked") == []


def test_f06_a_full_disk_stops_nothing_for_ever_and_leaves_the_mail_in_the_mailbox(
    tmp_path: Path, box: Box, sink: Sink, lines: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "_FIRST_PAUSE_S", 0.1)
    monkeypatch.setattr(loops, "_LONGEST_PAUSE_S", 0.3)
    settings = prepared(tmp_path, box, sink.port)
    filler = random.Random(1).randbytes(600_000).hex()
    with running(settings) as daemon:
        assert daemon.ready.wait(20)
        full = [True]

        def limit(connection: Any, record: Any, proxy: Any) -> None:
            # SQLite's own limit says the same as a full disk: "database or disk is full".
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {pages if full[0] else 1_000_000}")

        event.listen(daemon._engine, "checkout", limit)
        box.deliver(mail("big", body=filler))
        servers.wait_until(lambda: bool(lines("make room on the disk")), "the disk is full")
        assert box.count() == 1, "the mail is where it was"
        full[0] = False
        sink.wait_for(lambda mails: any(b"u-big@" in each.raw for each in mails), 20)
        with looking(settings.database.url) as engine:
            assert ask(engine, "SELECT count(*) FROM ticket") == [(1,)]
            assert ask(engine, "PRAGMA integrity_check") == [("ok",)]
    assert len(lines("make room on the disk")) <= 2


def test_f11_a_second_daemon_on_the_same_sqlite_file_says_so_and_ends_with_75(
    tmp_path: Path, box: Box, sink: Sink
) -> None:
    settings = prepared(tmp_path, box, sink.port)
    with running(settings) as daemon:
        assert daemon.ready.wait(20)
        with pytest.raises(NotReady, match=r"another maild is running on .*need PostgreSQL") as refused:
            Daemon(settings)
        assert refused.value.code == 75


def test_f07_all_loops_write_at_once_and_none_finds_the_database_locked(
    tmp_path: Path, box: Box, sink: Sink, lines: Callable[[str], list[str]]
) -> None:
    box.deliver(*(mail(f"load{n}") for n in range(60)))
    settings = prepared(tmp_path, box, sink.port, daemon={"tick": "1s"})
    # Refused addresses give the timer loop something to do as well.
    sink.trick("RCPT", "550 5.1.1 no such user", times=20, match=lambda to: "u-load" in to)
    with running(settings) as daemon, looking(settings.database.url) as engine:

        def told() -> bool:
            notices = "SELECT count(*) FROM outbox WHERE template = 'agent/delivery_failed' AND state = 'sent'"
            left = "SELECT 1 FROM outbox WHERE state IN ('queued', 'leased') LIMIT 1"
            return bool(ask(engine, notices)[0][0] >= 20 and not ask(engine, left))

        servers.wait_until(told, "everything is sent and told", 60)
        assert daemon.ready.is_set()
        assert ask(engine, "SELECT count(*) FROM ticket") == [(60,)]
    assert lines("locked") == [] and lines("away") == []


def test_f07_a_database_that_goes_away_in_the_middle_is_no_strike_against_any_mail(steps: Steps, box: Box) -> None:
    box.deliver(*(mail(f"m{n}") for n in range(5)))
    steps.fetch()
    away = [True]

    def on_ticket(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if away[0] and statement.startswith("INSERT INTO outbox"):
            raise OperationalError(statement, {}, sqlite3.OperationalError("disk I/O error"))

    event.listen(steps.engine, "before_cursor_execute", on_ticket)
    for _ in range(5):
        with pytest.raises(OperationalError):
            steps.receive()
    assert steps.rows("SELECT DISTINCT attempts, state FROM inbound") == [(0, "received")]
    assert steps.rows("SELECT count(*) FROM ticket") == [(0,)]
    away[0] = False
    steps.receive()
    assert steps.rows("SELECT fate, count(*) FROM inbound GROUP BY fate") == [("ticketed", 5)]


def test_f16_a_daemon_that_is_told_to_end_finishes_what_is_on_its_way_and_leaves_the_rest_without_a_strike(
    tmp_path: Path, box: Box, sink: Sink
) -> None:
    box.deliver(*(mail(f"m{n}") for n in range(100)))
    with Steps(prepared(tmp_path, box, sink.port, relay={"connections": 1})) as steps:
        steps.fetch()
        assert 0 < steps.receiver.step(steps.receiver.finish) < 100
        assert steps.rows("SELECT state, min(attempts), max(attempts) FROM inbound GROUP BY state ORDER BY state") == [
            ("done", 1, 1), ("received", 0, 0),
        ]  # fmt: skip
        # The word comes with the first result: that one is on record, and no other mail is begun.
        steps.sender.step(steps.sender.finish)
        assert steps.sender.step() == 0 and len(sink.mails) == 1
        assert steps.rows("SELECT DISTINCT state, attempts FROM outbox ORDER BY state") == [("queued", 0), ("sent", 1)]
