"""A database server that restarts, stands by, quarrels, hangs up or stands still, and an SQLite that is locked."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from maild import condition, loops
from maild.store import engine as stores
from maild.store import migrate
from maild.store.engine import conflict, open_engine
from tests import servers
from tests.conftest import USERS, need
from tests.crash.history import check
from tests.cut import Cut
from tests.desks import SUPPORT, Box, ask, looking, mail, prepare, prepared, running, sections
from tests.pressed import Pressed
from tests.sink import Sink
from tests.soak.database import durable, play
from tests.supervisor import Systemd


@pytest.fixture
def dovecot(tmp_path: Path) -> Iterator[servers.Dovecot]:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    with servers.Dovecot(tmp_path / "dovecot", USERS, "IMAP4rev1 UIDPLUS MOVE") as server:
        yield server


@pytest.fixture
def server() -> Iterator[servers.Postgres]:
    need("initdb", "postgresql")
    with durable() as made:
        yield made


@pytest.fixture
def url(server: servers.Postgres) -> str:
    made = server.database()
    engine = open_engine(made)
    migrate.upgrade(engine)
    engine.dispose()
    return made


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off in tenths of seconds."""
    monkeypatch.setattr(loops, "_FIRST_PAUSE_S", 0.1)
    monkeypatch.setattr(loops, "_LONGEST_PAUSE_S", 0.5)


def say(server: servers.Postgres, *statements: str, database: str = "postgres") -> None:
    """As the superuser, each statement in a transaction of its own."""
    with psycopg.connect(
        host="127.0.0.1", port=server.port, user="maild", dbname=database, autocommit=True
    ) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def quiet(engine: object, mails: int) -> bool:
    """Whether so many mails are decided and nothing is left to send or to tell."""
    return ask(engine, "SELECT count(*) FROM inbound WHERE state = 'done'") == [(mails,)] and not (  # type: ignore[arg-type]  # an Engine
        ask(engine, "SELECT 1 FROM outbox WHERE state IN ('queued', 'leased', 'unknown') LIMIT 1")  # type: ignore[arg-type]  # an Engine
        or ask(engine, "SELECT 1 FROM timer WHERE kind LIKE 'delivery_failed:%' LIMIT 1")  # type: ignore[arg-type]  # an Engine
    )


@pytest.mark.timeout(240)
def test_f07_a_postgresql_that_is_restarted_under_load_fast_or_at_once_loses_nothing_and_doubles_nothing(
    tmp_path: Path, dovecot: servers.Dovecot, sink: Sink, server: servers.Postgres, url: str
) -> None:
    """Also G1, G2, G8, G9. The long form: python -m tests.soak database 20."""
    desk = Pressed(tmp_path / "desk", dovecot, sink, url)
    try:
        figures = play(desk, server, int(os.environ.get("MAILD_DATABASE_RESTARTS", "2")), "1")
    finally:
        desk.close()
    assert max(figures.recovered) <= 60


@pytest.mark.timeout(180)
def test_f07_a_connection_lost_during_commit_loses_nothing_doubles_nothing_and_tells_nothing_twice(
    tmp_path: Path, dovecot: servers.Dovecot, sink: Sink, server: servers.Postgres, url: str, quick: None
) -> None:
    """Also G1, G2, G3: the server has committed, and the daemon cannot know."""
    sent = {f"m{n}": mail(f"m{n}") for n in range(12)}
    refused = [f"u-m{n}@corp.example" for n in range(0, 12, 4)]
    sink.trick("RCPT", "550 5.1.1 no such user", match=lambda to: any(each in to for each in refused))
    with Cut(server.port, b"COMMIT", every=6, times=10) as cut:
        settings = prepare(
            sections(tmp_path / "desk", dovecot.imap_port, sink.port, url.replace(str(server.port), str(cut.port)))
        )
        with running(settings) as daemon, looking(url) as engine:
            assert daemon.ready.wait(60)
            for raw in sent.values():
                dovecot.deliver(SUPPORT, raw)
            servers.wait_until(lambda: quiet(engine, 12), "all is done", 90, 0.1)
            told = ask(
                engine, "SELECT ticket, count(*) FROM outbox WHERE template = 'agent/delivery_failed' GROUP BY 1"
            )
            verdict = check(engine, sent, sink.mails, [])
    assert cut.cuts >= 5
    assert (verdict.faults, verdict.second_copies) == ([], 0)
    per_ticket = {count for _, count in told}
    assert len(told) == len(refused) and len(per_ticket) == 1, told


@pytest.mark.timeout(120)
def test_f07_a_server_that_only_reads_is_degraded_and_no_crash_and_is_left_when_it_writes_again(
    tmp_path: Path, dovecot: servers.Dovecot, sink: Sink, server: servers.Postgres, url: str
) -> None:
    """Also G8: what a fail-over looks like from a daemon that is still connected to the old primary."""
    desk = Pressed(tmp_path / "desk", dovecot, sink, url)
    try:
        desk.deliver(2)
        desk.start()
        desk.settle()
        say(server, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
        desk.deliver(3)
        servers.wait_until(lambda: "standby" in desk.systemd.status(), "STATUS names the standby", 60)
        servers.wait_until(lambda: bool(desk.alarms()), "the alarm program", 60)
        assert desk.process is not None and desk.process.poll() is None
        assert desk.waiting() >= 3 and "Traceback" not in desk.log.read_text()
        say(server, "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
        desk.well()
        desk.stop()
    finally:
        desk.close()


@pytest.mark.timeout(120)
def test_f07_a_server_whose_default_is_serializable_makes_no_difference(
    tmp_path: Path, dovecot: servers.Dovecot, sink: Sink, server: servers.Postgres, url: str,
    lines: Callable[[str], list[str]],
) -> None:  # fmt: skip
    name = url.rpartition("/")[2]
    say(server, f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    sent = {f"m{n}": mail(f"m{n}") for n in range(30)}
    dovecot.deliver_many(SUPPORT, sent.values())
    tables = [sections(tmp_path / "desk", dovecot.imap_port, sink.port, url) for _ in range(2)]
    tables[1]["daemon"]["state_dir"] = str(tmp_path / "second")
    with running(prepare(tables[0])), running(prepare(tables[1])), looking(url) as engine:
        servers.wait_until(lambda: quiet(engine, 30), "all is done", 90, 0.1)
        verdict = check(engine, sent, sink.mails, [])
    assert (verdict.faults, verdict.second_copies) == ([], 0)
    assert lines("could not serialize") == []


def test_f07_what_postgresql_and_sqlite_say_of_conflicts_is_known_as_one(
    tmp_path: Path, server: servers.Postgres
) -> None:
    engine = create_engine(server.database())
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a int)"))
        connection.execute(text("INSERT INTO t VALUES (1), (2)"))
    one = engine.connect().execution_options(isolation_level="REPEATABLE READ")
    one.execute(text("SELECT * FROM t")).all()
    with engine.begin() as two:
        two.execute(text("UPDATE t SET a = a + 1"))
    with pytest.raises(DBAPIError) as caught:
        one.execute(text("UPDATE t SET a = a + 1"))
    assert conflict(caught.value)
    one.close()
    with engine.connect() as three, pytest.raises(DBAPIError) as caught:
        three.execute(text("SELECT * FROM nowhere"))
    assert not conflict(caught.value)
    engine.dispose()
    lite = create_engine(f"sqlite:///{tmp_path / 'd.db'}")
    with lite.connect() as first, lite.connect() as second:
        for each in (first, second):
            each.connection.driver_connection.isolation_level = None  # type: ignore[union-attr]  # a sqlite3.Connection
        first.exec_driver_sql("PRAGMA journal_mode=WAL")
        first.exec_driver_sql("CREATE TABLE t (a)")
        second.exec_driver_sql("BEGIN")
        second.exec_driver_sql("SELECT * FROM t").all()
        first.exec_driver_sql("INSERT INTO t VALUES (1)")
        with pytest.raises(DBAPIError) as caught:
            second.exec_driver_sql("INSERT INTO t VALUES (2)")
        assert conflict(caught.value)
    lite.dispose()


def test_f07_a_conflict_that_does_not_end_is_trouble_after_five_tries() -> None:
    stop = threading.Event()
    tries: list[int] = []
    error = DBAPIError("UPDATE", {}, sqlite3.OperationalError("database is locked"))
    error.orig.sqlite_errorcode = 517  # type: ignore[union-attr]  # as sqlite3 sets it

    def step() -> None:
        tries.append(1)
        if loop.trouble:
            stop.set()
        raise error

    loop = loops.Loop("tick", step, lambda: None, stop)
    loop.start()
    servers.wait_until(lambda: bool(loop.trouble), "the trouble is told")
    stop.set()
    assert loop.join(10)
    assert len(tries) == 6 and "locked" in loop.trouble


@pytest.mark.timeout(120)
def test_f07_maild_needs_no_superuser_only_a_schema_of_its_own(
    tmp_path: Path, dovecot: servers.Dovecot, sink: Sink, server: servers.Postgres
) -> None:
    say(server, "CREATE ROLE desk LOGIN PASSWORD 'canary-of-the-database'", "CREATE DATABASE company")
    say(
        server, "REVOKE ALL ON SCHEMA public FROM PUBLIC", "CREATE SCHEMA maild AUTHORIZATION desk",
        "REVOKE CREATE, TEMPORARY ON DATABASE company FROM PUBLIC",
        "ALTER ROLE desk IN DATABASE company SET search_path = maild", database="company",
    )  # fmt: skip
    url = f"postgresql+psycopg://desk:canary-of-the-database@127.0.0.1:{server.port}/company"
    desk = Pressed(tmp_path / "desk", dovecot, sink, url)
    try:
        desk.deliver(3)
        desk.start()
        desk.well()
        server.stop()
        servers.wait_until(lambda: desk.systemd.status().startswith("degraded"), "the outage is noticed", 30)
        server.start()
        desk.deliver(1)
        desk.well()
        desk.stop()
        assert "canary-of-the-database" not in desk.log.read_text()
    finally:
        desk.close()


@pytest.mark.timeout(120)
def test_f15_a_database_that_stands_still_silences_the_watchdog_and_a_living_one_feeds_it(
    tmp_path: Path, dovecot: servers.Dovecot, sink: Sink, server: servers.Postgres, url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Also F07. The kernel answers for a stopped process, so no time-out of TCP ends the wait."""
    systemd = Systemd(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", systemd.address)
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    monkeypatch.setattr(condition, "SILENT_S", {"receive": 1.5, "tick": 1.5, "send": 1.5})
    monkeypatch.setattr("maild.daemon._REST_S", 0.5)
    settings = prepare(sections(tmp_path / "desk", dovecot.imap_port, sink.port, url))
    try:
        with running(settings) as daemon:
            assert daemon.ready.wait(30)
            systemd.wait("WATCHDOG=1", 3)
            stopped = [server._child.process.pid] if server._child else []
            stopped += backends(server)
            for pid in stopped:
                os.kill(pid, signal.SIGSTOP)
            try:
                servers.wait_until(lambda: systemd.silent_for() > 2.0, "silence", 30)
            finally:
                for pid in reversed(stopped):
                    os.kill(pid, signal.SIGCONT)
            servers.wait_until(lambda: systemd.silent_for() < 0.5, "the watchdog is fed again", 30)
    finally:
        systemd.close()


def backends(server: servers.Postgres) -> list[int]:
    """The server's processes that hold connections."""
    with psycopg.connect(host="127.0.0.1", port=server.port, user="maild", dbname="postgres") as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return [row[0] for row in rows]


def test_f07_a_database_locked_for_longer_than_it_is_waited_for_is_told_once_and_taken_up_again(
    tmp_path: Path,
    box: Box,
    sink: Sink,
    lines: Callable[[str], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    quick: None,
) -> None:
    monkeypatch.setattr(stores, "BUSY_TIMEOUT_MS", 200)
    settings = prepared(tmp_path, box, sink.port)
    with running(settings) as daemon:
        assert daemon.ready.wait(20)
        other = sqlite3.connect(settings.database.url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        box.deliver(mail("one"))
        servers.wait_until(lambda: bool(lines("another program is writing")), "the lock is told", 20)
        # For many times as long as one try takes.
        assert not daemon._stop.wait(3)
        told = lines("another program is writing")
        other.execute("ROLLBACK")
        other.close()
        sink.wait_for(lambda mails: any(b"u-one@" in each.raw for each in mails), 20)
    assert len(told) <= 4, "each loop says it once"
    assert box.count() <= 1
