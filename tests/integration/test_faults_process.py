"""Descriptors, threads, clocks, signals and hung peers, under a real daemon with a real mailbox and relay."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from maild import condition, loops
from tests import servers
from tests.conftest import USERS, need
from tests.desks import SUPPORT, Box, Clock, ask, looking, mail, prepare, prepared, running, sections
from tests.fake_imap import FakeImap
from tests.pressed import Pressed, limit_descriptors
from tests.shim import Shim
from tests.sink import Sink
from tests.supervisor import Systemd

DAY = 86_400


@pytest.fixture
def dovecot(tmp_path: Path) -> Iterator[servers.Dovecot]:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    # Without IDLE a look comes every second.
    with servers.Dovecot(tmp_path / "dovecot", USERS, "IMAP4rev1 UIDPLUS MOVE") as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path, dovecot: servers.Dovecot, sink: Sink) -> Iterator[Pressed]:
    made = Pressed(tmp_path / "desk", dovecot, sink)
    yield made
    made.close()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    """The supervisor of a daemon in this process, which hears WATCHDOG=1 every 0.2 s."""
    made = Systemd(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", made.address)
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    yield made
    made.close()


@pytest.mark.timeout(180)
def test_f21_a_daemon_without_descriptors_backs_off_lives_and_takes_up_its_work_when_it_has_some(desk: Pressed) -> None:
    """Also G8, G9."""
    desk.deliver(2)
    desk.start()
    desk.settle()
    # The mailbox is lost too, so that everything must be opened anew; the parser has to be started anew as well.
    limit_descriptors(desk.pid, 3)
    parser = subprocess.run(["pgrep", "-P", str(desk.pid)], capture_output=True, text=True).stdout.split()
    for pid in parser:
        os.kill(int(pid), signal.SIGKILL)
    desk.dovecot.stop()
    desk.dovecot.start()
    desk.deliver(3)
    servers.wait_until(lambda: desk.systemd.status().startswith("degraded"), f"STATUS: {desk.tail()}", 30)
    time.sleep(3)
    assert desk.process is not None and desk.process.poll() is None, desk.tail()
    assert desk.systemd.silent_for() < 3, "systemd must hear that it lives though no descriptor is left"
    limit_descriptors(desk.pid, None)
    desk.well(60)
    servers.wait_until(lambda: desk.systemd.status() == "running", "STATUS says running", 60)
    with looking(desk.url) as engine:
        # Not the mails' fault.
        assert ask(engine, "SELECT max(attempts) FROM inbound") == [(1,)]
    desk.stop()


@pytest.mark.timeout(180)
def test_f21_neither_descriptors_nor_threads_nor_memory_grow_with_the_mails(desk: Pressed) -> None:
    """Also G7. The long form: python -m tests.soak leaks 10000."""
    from tests.soak.leaks import play

    play(desk, 300, 100)


@pytest.mark.timeout(180)
def test_f14_a_clock_that_jumps_a_day_ahead_and_two_back_delays_no_mail_and_repeats_nothing(
    desk: Pressed, tmp_path: Path
) -> None:
    """The whole process has the wrong clock: Python, SQLite, schedule. Also F15."""
    shim = Shim(tmp_path / "shim")
    desk.environment = dict(shim.environment)
    desk.deliver(2)
    desk.start()
    desk.settle()
    for jump in (DAY, -DAY, 0):
        before = len(desk.sink.mails)
        shim.put_clock(jump)
        desk.deliver(2)
        since = time.monotonic()
        desk.well(60)
        assert time.monotonic() - since < 60
        assert desk.systemd.silent_for() < 3
        # Each mail has an acknowledgement and the agents' notices; no timer of the skipped day fires twice.
        new = len(desk.sink.mails) - before
        assert new <= 40, [each.recipients for each in desk.sink.mails[before:]]
    with looking(desk.url) as engine:
        twice = ask(
            engine,
            "SELECT ticket, template, recipient, count(*) FROM outbox WHERE template LIKE 'agent/sla%'"
            " GROUP BY ticket, template, recipient HAVING count(*) > 2",
        )
    assert twice == []
    assert 1 <= len(desk.lines("periodic work is planned anew")) <= 3
    desk.stop()


@pytest.mark.timeout(120)
def test_f14_the_relay_s_rest_and_the_leases_last_as_long_as_they_should_when_the_clock_was_put_back(
    tmp_path: Path, box: Box, sink: Sink
) -> None:
    clock = Clock()
    settings = prepared(tmp_path, box, sink.port)
    with running(settings, clock) as daemon, looking(settings.database.url) as engine:
        assert daemon.ready.wait(30)
        sink.trick("connect", "421 4.3.2 closing")
        box.deliver(mail("one"))
        servers.wait_until(lambda: daemon._sender.failing_since is not None, "the relay is missed")
        clock.ahead = -timedelta(days=1)
        sink.forgive()
        box.deliver(mail("two"))
        daemon._sending.ring()
        # What was queued before the jump is dated ahead of the clock, until periodic work brings it back.
        daemon._chores.expire()
        sink.wait_for(lambda mails: {b"u-one@", b"u-two@"} <= {n for n in (b"u-one@", b"u-two@") for m in mails
                                                             if n in m.raw}, 60)  # fmt: skip
        servers.wait_until(
            lambda: not ask(engine, "SELECT 1 FROM outbox WHERE state IN ('queued', 'leased') LIMIT 1"), "all left", 60
        )
        assert ask(engine, "SELECT max(attempts) FROM inbound") == [(1,)]


@pytest.mark.timeout(120)
def test_f15_a_fetch_thread_that_hangs_silences_the_watchdog_though_all_others_live(
    tmp_path: Path, sink: Sink, systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that stalls in the middle of an answer, for longer than the thread's own limit."""
    monkeypatch.setattr(condition, "FETCH_SILENT_S", 2.0)
    stalled = [False]

    def noop(line: str) -> str:
        return "" if stalled[0] else "{tag} OK nothing\r\n"

    with FakeImap(SEARCH="* SEARCH\r\n{tag} OK done\r\n", NOOP=noop, SELECT="* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
                  "* OK [UIDNEXT 13] ok\r\n{tag} OK [READ-WRITE] selected\r\n",
                  CAPABILITY="* CAPABILITY IMAP4rev1 UIDPLUS MOVE\r\n{tag} OK done\r\n", STATUS="",
                  ) as fake:  # fmt: skip
        settings = prepare(sections(tmp_path / "desk", fake.port, sink.port, mailbox={"timeout": "15s"}))
        with running(settings) as daemon:
            assert daemon.ready.wait(30)
            systemd.wait("WATCHDOG=1", 3)
            stalled[0] = True
            servers.wait_until(lambda: systemd.silent_for() > 1.5, "silence", 30)
            assert "mailbox main" in daemon._condition.hanging()
            hung = [each for each in daemon._health() if each.failing_since is not None]
            assert [each.name for each in hung] == ["mailbox main"] and "no sign of life" in hung[0].detail


@pytest.mark.timeout(180)
def test_f16_a_daemon_that_is_stopped_and_started_twenty_times_under_load_loses_and_doubles_nothing(
    tmp_path: Path, box: Box, sink: Sink
) -> None:
    """Also G1, G2, G3: a stop is no excuse for a second copy, and takes 20 s at most."""
    from tests.crash.history import check

    settings = prepared(tmp_path, box, sink.port)
    sent: dict[str, bytes] = {}
    slowest = 0.0
    for number in range(20):
        more = {f"s{number}m{n}": mail(f"s{number}m{n}") for n in range(5)}
        sent |= more
        with running(settings) as daemon:
            box.deliver(*more.values())
            # Into the middle of the work, each time a little later.
            daemon._stop.wait(0.02 * number)
            begun = time.monotonic()
            daemon.stop()
        slowest = max(slowest, time.monotonic() - begun)
    with running(settings), looking(settings.database.url) as engine:
        servers.wait_until(
            lambda: ask(engine, "SELECT count(*) FROM inbound WHERE state = 'done'") == [(100,)]
            and not ask(engine, "SELECT 1 FROM outbox WHERE state <> 'sent' LIMIT 1"), "all is done", 60,
        )  # fmt: skip
        verdict = check(engine, sent, sink.mails, [])
        assert (verdict.faults, verdict.second_copies) == ([], 0)
        assert ask(engine, "SELECT max(attempts) FROM inbound")[0][0] <= 1, "no strike for a stop"
    assert slowest < 20


@pytest.mark.timeout(120)
def test_g9_no_password_no_key_and_no_mail_s_text_reaches_a_log_that_tells_everything(
    tmp_path: Path, sink: Sink
) -> None:
    """Also F09, F17: at level debug, while mailbox, relay and database all fail."""
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    words = {"mailbox": "canary-of-the-mailbox", "relay": "canary-of-the-relay"}
    sink.users["desk"] = words["relay"]
    for name, word in words.items():
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text(word)
    users = {**USERS, SUPPORT: words["mailbox"]}
    with servers.Dovecot(tmp_path / "dovecot", users, "IMAP4rev1 UIDPLUS MOVE") as dovecot:
        desk = Pressed(
            tmp_path / "desk", dovecot, sink, daemon={"tick": "1s", "log_level": "debug"},
            mailbox={"password_from": f"file:{tmp_path / 'mailbox'}"},
            relay={"login": "desk", "password_from": f"file:{tmp_path / 'relay'}"},
        )  # fmt: skip
        try:
            desk.deliver(2)
            desk.start()
            desk.settle()
            database = sqlite3.connect(desk.url.removeprefix("sqlite:///"), isolation_level=None)
            sink.trick("AUTH", "535 5.7.8 no", times=2)
            sink.trick("MAIL", "451 4.3.0 not now", times=1)
            dovecot.stop()
            dovecot.start()
            desk.deliver(2)
            database.execute("BEGIN IMMEDIATE")
            time.sleep(1)
            database.execute("ROLLBACK")
            database.close()
            sink.stop()
            desk.deliver(1)
            servers.wait_until(lambda: "nothing listens there" in desk.log.read_text(), "the relay is missed", 60)
            sink.start()
            sink.forgive()
            desk.well(60)
            desk.stop()
            told = desk.log.read_text()
            assert [word for word in (*words.values(), "eats the paper") if word in told] == []
            # The log did tell of it all.
            assert "mailbox main" in told and "relay" in told
        finally:
            desk.close()


@pytest.mark.timeout(120)
def test_f20_a_secret_that_goes_missing_later_a_broken_template_and_a_lost_database_end_no_running_desk(
    desk: Pressed, tmp_path: Path
) -> None:
    """Also F09, G8, G9."""
    desk.deliver(1)
    desk.start()
    desk.settle()
    secret = desk.folder / "password"
    kept = secret.read_text()
    secret.unlink()
    desk.dovecot.stop()
    desk.dovecot.start()
    servers.wait_until(lambda: desk.said("cannot read the secret in"), desk.tail(), 30)
    assert desk.process is not None
    # The file that this daemon was started from is no TOML: a mistake like any other.
    desk.process.send_signal(signal.SIGHUP)
    servers.wait_until(lambda: desk.said("config not reloaded, the old one stays"), desk.tail(), 30)
    servers.wait_until(lambda: "READY=1" in desk.systemd.lines(), "systemd hears that the reload is over", 30)
    desk.deliver(1)
    secret.touch(0o600)
    secret.write_text(kept)
    desk.well(60)
    assert "Traceback" not in desk.log.read_text()
    desk.stop()


def test_f20_a_broken_template_at_a_reload_leaves_the_old_letters_and_the_desk_running(
    tmp_path: Path, box: Box, sink: Sink, lines: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    override = tmp_path / "letters"
    (override / "en" / "requester").mkdir(parents=True)
    settings = prepared(tmp_path, box, sink.port, templates={"dir": str(override)})
    monkeypatch.setattr("maild.daemon.load", lambda path: settings)
    with running(settings) as daemon:
        assert daemon.ready.wait(30)
        (override / "en" / "requester" / "acknowledged.txt").write_text("{% if %}{{ v.nothing }")
        assert not daemon.reload()
        assert lines("config not reloaded, the old one stays")
        # What nobody foresaw is no reason to end either.
        monkeypatch.setattr("maild.daemon.load", boom)
        assert not daemon.reload()
        box.deliver(mail("after"))
        sink.wait_for(lambda mails: any(b"u-after@" in each.raw for each in mails), 30)


def boom(path: object) -> Any:
    raise RecursionError("unforeseen")


@pytest.mark.timeout(120)
def test_g8_a_mailbox_that_is_away_is_told_by_mail_once_and_a_relay_that_is_away_by_the_alarm_program(
    desk: Pressed,
) -> None:
    """Also F17, G9: the way of each alarm needs nothing of what has failed; and one word each when it is over."""
    desk.deliver(1)
    desk.start()
    desk.settle()
    desk.dovecot.stop()

    def mails_to_root() -> list[bytes]:
        return [each.raw for each in desk.sink.mails if each.recipients == ("root@corp.example",)]

    servers.wait_until(lambda: len(mails_to_root()) == 1, f"the alarm: {desk.tail()}", 30)
    assert b"mailbox main" in mails_to_root()[0]
    desk.dovecot.start()
    servers.wait_until(lambda: len(mails_to_root()) == 2, f"the word that it is over: {desk.tail()}", 60)
    assert desk.alarms() == [line for line in desk.alarms() if line.startswith("mailbox main|")]
    desk.sink.stop()
    desk.deliver(1)
    servers.wait_until(
        lambda: any(line.startswith("relay|") for line in desk.alarms()), f"the program: {desk.tail()}", 30
    )
    desk.sink.start()
    desk.well(60)
    desk.stop()
    assert len(desk.alarms()) == len({line.partition("|")[0] for line in desk.alarms()}), "each alarm once"


def test_f21_no_thread_for_the_alarm_program_costs_neither_the_alarm_nor_the_loop(
    monkeypatch: pytest.MonkeyPatch, lines: Callable[[str], list[str]]
) -> None:
    from maild.alarm import raise_alarm

    def refuse(self: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("maild.alarm.threading.Thread.start", refuse)
    raise_alarm("/bin/true", "relay", "nothing listens")
    assert lines("was not started: can't start new thread")


def test_f06_a_trouble_that_comes_and_goes_is_told_once_in_ten_minutes(
    lines: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "_FIRST_PAUSE_S", 0.001)
    turns = [0]

    def step() -> None:
        turns[0] += 1
        if turns[0] % 2:
            raise OSError(28, f"No space left on device {turns[0] % 4}")

    import threading

    stop = threading.Event()
    loop = loops.Loop("tick", step, lambda: None, stop)
    loop.start()
    servers.wait_until(lambda: turns[0] > 200, "two hundred turns")
    stop.set()
    assert loop.join(10)
    assert len(lines("No space left")) == 2 and len(lines("works again")) == 2
