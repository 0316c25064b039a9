"""Several daemons on one desk: PostgreSQL under the whole pipeline, one daemon killed, the server taken away."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text

from maild import loops
from maild.chores import Chores
from maild.daemon import Daemon
from maild.outbound.budget import COLLAPSED
from maild.outbound.relay import Result
from maild.record import Book
from maild.store import ledger, locks, migrate, outbox, upkeep
from maild.store.engine import open_engine
from tests import servers
from tests.conftest import USERS, need
from tests.crash.history import Death, check, in_hand
from tests.crash.rounds import ROOT, Rounds
from tests.desks import SUPPORT, Clock, Steps, ask, looking, mail, prepare, sections
from tests.sink import Sink


@pytest.fixture(scope="session")
def template(postgres: servers.Postgres) -> str:
    """A database with the schema in it, to be copied."""

    def fill(url: str) -> None:
        engine = open_engine(url)
        migrate.upgrade(engine)
        engine.dispose()

    return postgres.template("maild_template", fill)


@pytest.fixture
def url(postgres: servers.Postgres, template: str) -> Iterator[str]:
    made = postgres.database(template)
    yield made
    postgres.drop(made)


@pytest.fixture
def dovecot(tmp_path: Path) -> Iterator[servers.Dovecot]:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    with servers.Dovecot(tmp_path / "dovecot", USERS) as server:
        yield server


@contextlib.contextmanager
def daemons(count: int, folder: Path, dovecot: servers.Dovecot, sink: Sink, url: str) -> Iterator[list[Daemon]]:
    """So many daemons on one desk, each with a state folder of its own and the same keys."""
    running: list[tuple[Daemon, threading.Thread]] = []
    try:
        for n in range(count):
            tables = sections(folder / "desk", dovecot.imap_port, sink.port, url)
            tables["daemon"]["state_dir"] = str(folder / f"state{n}")
            daemon = Daemon(prepare(tables), Clock())
            thread = threading.Thread(target=daemon.run)
            thread.start()
            running.append((daemon, thread))
        for daemon, _ in running:
            assert daemon.ready.wait(30)
        yield [daemon for daemon, _ in running]
    finally:
        for daemon, _ in running:
            daemon.stop()
        for _, thread in running:
            thread.join(30)
    assert not any(thread.is_alive() for _, thread in running)


@pytest.fixture
def steps(tmp_path: Path, dovecot: servers.Dovecot, sink: Sink, url: str) -> Iterator[Callable[[], Steps]]:
    """Makes desks on one database, driven step by step."""
    made: list[Steps] = []

    def make() -> Steps:
        made.append(Steps(prepare(sections(tmp_path / "desk", dovecot.imap_port, sink.port, url))))
        return made[-1]

    yield make
    for desk in made:
        desk.__exit__(None, None, None)


def done(engine: Engine, mails: int) -> bool:
    return ask(engine, "SELECT count(*) FROM inbound WHERE state = 'done'") == [(mails,)] and not ask(
        engine, "SELECT 1 FROM outbox WHERE state IN ('queued', 'leased', 'unknown') LIMIT 1"
    )


def test_the_migrations_make_the_schema_of_the_code_and_run_twice_without_harm(postgres: servers.Postgres) -> None:
    made = postgres.database()
    engine = open_engine(made)
    assert migrate.state(engine) == "empty"
    migrate.upgrade(engine)
    migrate.upgrade(engine)
    assert migrate.state(engine) == "current"
    engine.dispose()
    postgres.drop(made)


def test_a_conversation_runs_through_the_whole_pipeline(
    steps: Callable[[], Steps], dovecot: servers.Dovecot, sink: Sink
) -> None:
    desk = steps()
    dovecot.deliver(SUPPORT, mail("one", sender="li.lei@corp.example", body="三楼的打印机卡纸了，请帮忙。"))
    desk.cycle()
    (acknowledged,) = [each for each in sink.mails if each.recipients == ("li.lei@corp.example",)]
    head = acknowledged.raw.partition(b"\r\n\r\n")[0].decode("ascii")
    (message,) = [line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith("message-id:")]
    dovecot.deliver(
        SUPPORT,
        mail("two", sender="li.lei@corp.example", Subject="Re: [IT-1]", In_Reply_To=message, body="还有墨盒也空了。"),
    )
    desk.cycle()
    assert desk.rows("SELECT ticket, fate, thread_by FROM inbound ORDER BY id")[1] == (1, "ticketed", "token")
    assert desk.rows("SELECT count(*) FROM ticket") == [(1,)]
    assert desk.rows("SELECT DISTINCT state FROM outbox") == [("sent",)]


@pytest.mark.timeout(120)
def test_f11_two_daemons_on_one_desk_make_one_ticket_and_one_acknowledgement_of_each_mail(
    tmp_path: Path, dovecot: servers.Dovecot, sink: Sink, url: str
) -> None:
    """Also G1, G2, C5."""
    sent = {f"mark{n}": mail(f"mark{n}") for n in range(60)}
    with daemons(2, tmp_path, dovecot, sink, url), looking(url) as engine:
        dovecot.deliver_many(SUPPORT, sent.values())
        servers.wait_until(lambda: done(engine, 60), "all is sent", 60)
        verdict = check(engine, sent, sink.mails, [])
        # Nobody was killed: nothing may have gone out twice, and no mail has a strike.
        assert (verdict.faults, verdict.second_copies) == ([], 0)
        assert ask(engine, "SELECT DISTINCT attempts FROM inbound") == [(1,)]


@pytest.mark.timeout(180)
def test_f11_one_of_two_daemons_is_killed_and_the_other_finishes_its_work(
    tmp_path: Path, dovecot: servers.Dovecot, sink: Sink, url: str
) -> None:
    """Also F01, G3."""
    rounds = Rounds(tmp_path / "desk", dovecot, sink, url)
    try:
        rounds.start("answered:6")
        servers.wait_until(lambda: rounds.said("ready"), "the daemon to be killed is ready", 30)
        with daemons(1, tmp_path, dovecot, sink, url) as (other,), looking(url) as engine:
            # A daemon holds the mails of a dead one back until the lease runs out; the test's clock goes faster.
            rounds.deliver(60)
            clock = other._clock
            assert isinstance(clock, Clock)
            assert rounds.process is not None
            servers.wait_until(lambda: rounds.process is not None and rounds.process.poll() is not None, "it dies", 60)
            # What the other one had in hand as the clock goes ahead it would take for a dead one's.
            idle = (
                "SELECT (SELECT count(*) FROM inbound WHERE state = 'done') = 60"
                " AND NOT EXISTS (SELECT 1 FROM outbox WHERE state = 'queued'"
                f" OR (state = 'leased' AND lease_owner NOT LIKE '%:{rounds.process.pid}:%'))"
            )
            servers.wait_until(lambda: bool(ask(engine, idle)[0][0]), "the other one has nothing in hand", 60)
            rounds.deaths.append(Death("answered", len(sink.mails), in_hand(engine)))
            clock.ahead = timedelta(seconds=61)
            other._sending.ring()
            servers.wait_until(lambda: done(engine, 60), "the other one finishes", 60)
            verdict = check(engine, rounds.sent, sink.mails, rounds.deaths)
        assert verdict.faults == []
        assert rounds.deaths[0].in_hand
    finally:
        rounds.close()


def decide_all(*desks: Steps) -> None:
    """Let several daemons decide about all that waits, at once and mail by mail."""
    barrier = threading.Barrier(len(desks))
    errors: list[BaseException] = []

    def work(desk: Steps) -> None:
        try:
            barrier.wait(10)
            while ask(desk.engine, "SELECT 1 FROM inbound WHERE state = 'received' LIMIT 1"):
                desk.receiver.step(lambda: None)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(desk,)) for desk in desks]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("maild.receive.AHEAD_MAILS", 1)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert errors == []


def test_f23_the_same_mail_twice_on_two_daemons_at_once_is_one_ticket(
    steps: Callable[[], Steps], dovecot: servers.Dovecot
) -> None:
    """Also F11, C5."""
    one, two = steps(), steps()
    twice = [mail(f"same{n}") for n in range(12)]
    dovecot.deliver_many(SUPPORT, [raw for raw in twice for _ in (1, 2)])
    one.fetch()
    decide_all(one, two)
    assert one.rows("SELECT fate, count(*) FROM inbound GROUP BY fate ORDER BY fate") == [
        ("ignored", 12), ("ticketed", 12),
    ]  # fmt: skip
    assert one.rows("SELECT count(*) FROM ticket") == [(12,)]


def test_f23_an_original_and_its_reply_on_two_daemons_at_once_meet_on_one_ticket(
    steps: Callable[[], Steps], dovecot: servers.Dovecot
) -> None:
    """Also F11."""
    one, two = steps(), steps()
    pairs = 12
    for n in range(pairs):
        dovecot.deliver_many(
            SUPPORT,
            [
                mail(f"first{n}", sender=f"p{n}@corp.example"),
                mail(f"reply{n}", sender=f"p{n}@corp.example", Subject=f"Re: Printer broken first{n}",
                     In_Reply_To=f"<first{n}@corp.example>"),
            ],
        )  # fmt: skip
    one.fetch()
    decide_all(one, two)
    assert one.rows("SELECT count(*) FROM ticket") == [(pairs,)]
    assert one.rows("SELECT count(*) FROM inbound GROUP BY ticket") == [(2,)] * pairs
    assert one.rows("SELECT max(attempts) FROM inbound")[0][0] <= 1


def test_f11_a_daemon_leaves_alone_what_another_one_has_in_hand(
    steps: Callable[[], Steps], dovecot: servers.Dovecot
) -> None:
    one, two = steps(), steps()
    dovecot.deliver_many(SUPPORT, [mail("a"), mail("b")])
    one.fetch()
    with locks.holding(one.engine) as holder:
        assert [row.id for row in ledger.hold(holder, 1)] == [1]
        assert two.receive() == 1
        assert two.rows("SELECT id, state, attempts FROM inbound ORDER BY id") == [(1, "received", 0), (2, "done", 1)]
    assert two.receive() == 1
    # A daemon that dies lets go by its death: the connection ends.
    dovecot.deliver(SUPPORT, mail("c"))
    one.fetch()
    connection = one.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    assert [row.id for row in ledger.hold(connection, 1)] == [3]
    assert two.receive() == 0
    connection.invalidate()
    connection.close()
    servers.wait_until(lambda: two.receive() == 1, "the dead daemon's mail is free")


def test_f11_a_session_that_stands_still_in_a_pipeline_is_ended_by_whoever_waits_for_its_locks(
    steps: Callable[[], Steps], dovecot: servers.Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also G8. PostgreSQL before 17 has no time limit for it."""
    monkeypatch.setattr(locks, "IDLE_S", 1)
    one = steps()
    dovecot.deliver(SUPPORT, mail("a"))
    one.fetch()
    # An ordinary role may do so as well.
    with one.engine.begin() as connection:
        connection.execute(text("CREATE ROLE clerk LOGIN"))
        connection.execute(text("GRANT SELECT, UPDATE ON inbound TO clerk"))
    clerk = one.engine.url.set(username="clerk")
    url = clerk.set(drivername="postgresql").render_as_string(hide_password=False)
    with (
        contextlib.closing(psycopg.connect(url, application_name="maild")) as frozen,
        looking(clerk.render_as_string(hide_password=False)) as engine,
    ):
        frozen.pgconn.enter_pipeline_mode()
        for statement in (b"BEGIN", b"UPDATE inbound SET attempts = attempts"):
            frozen.pgconn.send_query_params(statement, None)
        frozen.pgconn.send_flush_request()
        frozen.pgconn.flush()
        ask = "SELECT state FROM pg_stat_activity WHERE wait_event = 'ClientRead' AND query LIKE 'UPDATE inbound SET %'"
        servers.wait_until(lambda: one.rows(ask) == [("active",)], "it is in the middle of its pipeline")
        assert locks.end_silent(engine) == 0, "one that spoke just now is left alone"
        servers.wait_until(lambda: locks.end_silent(engine) == 1, "the silent session is ended")
        assert one.receive() == 1


def test_f11_two_first_looks_at_once_agree_on_what_was_there_before(steps: Callable[[], Steps]) -> None:
    one = steps()
    with one.engine.begin() as connection:
        upkeep.first_look(connection, "main", uidvalidity=7, first_uid=10, first_start=one.clock())
        upkeep.first_look(connection, "main", uidvalidity=7, first_uid=11, first_start=one.clock())
        assert upkeep.mailbox(connection, "main").first_uid == 10


def test_f11_a_lease_that_ran_out_is_taken_over_and_the_late_result_changes_nothing(
    steps: Callable[[], Steps], dovecot: servers.Dovecot, sink: Sink
) -> None:
    """Also G3."""
    one, two = steps(), steps()
    dovecot.deliver(SUPPORT, mail("one"))
    one.fetch()
    one.receive()
    now = one.clock()
    with one.engine.begin() as connection:
        rows = outbox.lease(connection, "dead", now, now + timedelta(seconds=60), 64, 10**9)
    assert two.send() == 0 and sink.mails == []
    two.clock.ahead = timedelta(seconds=61)
    assert two.send() == len(rows) == len(sink.mails)
    late = [outbox.Fate(number=row.id, state="queued", code=451, text="late", due=now) for row in rows]
    with one.engine.begin() as connection:
        outbox.record(connection, "dead", late)
        assert outbox.renew(connection, "dead", now, now + timedelta(days=1)) == 0
    assert one.rows("SELECT DISTINCT state FROM outbox") == [("sent",)]


def test_f11_a_refusal_that_comes_after_the_lease_was_lost_is_not_told_to_the_agents_again(
    steps: Callable[[], Steps], dovecot: servers.Dovecot, sink: Sink
) -> None:
    """Also F08, G2."""
    one, two = steps(), steps()
    sink.trick("RCPT", "550 5.1.1 no such user", match=lambda argument: "u-one@" in argument)
    dovecot.deliver(SUPPORT, mail("one"))
    one.fetch()
    one.receive()
    now = one.clock()
    with one.engine.begin() as connection:
        rows = outbox.lease(connection, "slow", now, now + timedelta(seconds=60), 64, 10**9)
    two.clock.ahead = timedelta(seconds=61)
    two.send()
    two.tick()
    two.send()
    told = "SELECT recipient FROM outbox WHERE template = 'agent/delivery_failed'"
    once = one.rows(told)
    assert once
    (refused,) = [row for row in rows if row.recipient == "u-one@corp.example"]
    book = Book(one.engine, "slow", {refused.id: refused}, one.clock, lambda: None)
    book.add(Result(refused.id, "refused", 550, "5.1.1 no such user"))
    book.write()
    assert one.rows("SELECT kind FROM timer WHERE kind LIKE 'delivery_failed%'") == []
    two.tick()
    assert one.rows(told) == once


def test_f11_a_chore_is_done_by_one_daemon_only(
    steps: Callable[[], Steps], dovecot: servers.Dovecot, sink: Sink
) -> None:
    """Also G2."""
    one, two = steps(), steps()
    dovecot.deliver(SUPPORT, b"Subject: x\r\n" + b"X: y\r\n" * 1000 + b"\r\nprinter\r\n")
    one.fetch()
    one.receive()
    assert one.rows("SELECT fate FROM inbound") == [("quarantined",)]
    long_ago = one.clock() - timedelta(minutes=20)
    held = [
        outbox.Letter(
            ticket=None, inbound=None, template="agent/new_ticket", audience="agent", reply="internal",
            recipient="wang.wei@corp.example", subject="s", automatic=True, message_id=f"<{n}>", reference="", raw=b"",
            state="held", reason=COLLAPSED, created=long_ago,
        )
        for n in range(3)
    ]  # fmt: skip
    with one.engine.begin() as connection:
        outbox.add(connection, held)
    chores = [Chores(desk.engine, desk.writer, desk.clock, lambda: [], timedelta(minutes=1)) for desk in (one, two)]
    barrier = threading.Barrier(2)

    def work(each: Chores) -> None:
        barrier.wait(10)
        each.tell_set_aside()
        each.alarm("relay", "nothing listens", "start it")
        each.summarise()

    threads = [threading.Thread(target=work, args=(each,)) for each in chores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(one.rows("SELECT template, count(*) FROM outbox WHERE state = 'queued' GROUP BY template")) == [
        ("admin/alarm", 1), ("admin/quarantined", 1), ("agent/summary", 1),
    ]  # fmt: skip


def test_f11_a_mail_that_another_daemon_fetched_is_filed_away_only_by_a_connection_that_knows_of_it(
    steps: Callable[[], Steps], dovecot: servers.Dovecot
) -> None:
    """Also G1, C1."""
    one, two = steps(), steps()
    one.fetch()
    seen = one.fetcher.mailbox.state()
    dovecot.deliver(SUPPORT, mail("late"))
    two.fetch()
    two.receive()
    one.fetcher._filing.step(seen.uidvalidity, seen.uidnext)
    assert one.rows("SELECT filed FROM inbound") == [(None,)]
    one.fetch()
    assert one.rows("SELECT filed FROM inbound") == [("maild/Processed",)]
    assert (dovecot.count(SUPPORT), dovecot.count(SUPPORT, "maild/Processed")) == (0, 1)


@pytest.mark.timeout(120)
def test_f07_work_goes_on_by_itself_when_the_database_comes_back(
    tmp_path: Path, dovecot: servers.Dovecot, sink: Sink, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Also G8."""
    need("initdb", "postgresql")
    monkeypatch.setattr(logging.getLogger("maild"), "propagate", True)
    caplog.set_level(logging.INFO, "maild")
    monkeypatch.setattr(loops, "_FIRST_PAUSE_S", 0.1)
    monkeypatch.setattr(loops, "_LONGEST_PAUSE_S", 0.5)

    def told(words: str) -> list[str]:
        return [record.getMessage() for record in list(caplog.records) if words in record.getMessage()]

    with servers.Postgres() as server:
        url = server.database()
        engine = open_engine(url)
        migrate.upgrade(engine)
        engine.dispose()
        sent: dict[str, bytes] = {}
        with daemons(1, tmp_path, dovecot, sink, url):
            for n in range(3):
                more = {f"r{n}m{k}": mail(f"r{n}m{k}") for k in range(8)}
                sent |= more
                dovecot.deliver_many(SUPPORT, more.values())
                server.stop()
                servers.wait_until(lambda: bool(told("the database is away")), "the database is missed", 30)
                server.start()
                with looking(url) as onlooker:
                    servers.wait_until(lambda: done(onlooker, len(sent)), "all is done", 60)  # noqa: B023  # used at once
        with looking(url) as onlooker:
            verdict = check(onlooker, sent, sink.mails, [])
    assert verdict.faults == []
    assert all("work goes on by itself" in line for line in told("the database is away"))
    assert not [record for record in caplog.records if record.exc_info], "no traceback for an outage"


def test_f20_a_daemon_that_starts_without_its_database_says_so_and_ends_with_75(
    tmp_path: Path, dovecot: servers.Dovecot, sink: Sink
) -> None:
    """Also F07."""
    tables = sections(tmp_path / "desk", dovecot.imap_port, sink.port)
    tables["database"]["url"] = f"postgresql+psycopg://maild@127.0.0.1:{servers.free_port()}/none"
    config = tmp_path / "sections.json"
    config.write_text(json.dumps(tables))
    ended = subprocess.run(
        [sys.executable, "-m", "tests.crash.daemon", str(config)], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert ended.returncode == 75, ended.stderr
    assert "the database is away" in ended.stderr and "Traceback" not in ended.stderr
