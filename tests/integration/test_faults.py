"""Servers that are away or answer badly, and mails that should never have been sent: work goes on, nothing is lost."""

from __future__ import annotations

import base64
import contextlib
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from maild import loops
from maild.config import Settings
from maild.daemon import Daemon
from maild.desk import NotReady
from maild.store import ledger
from maild.store.engine import reading
from tests import servers
from tests.conftest import USERS, need
from tests.desks import SUPPORT, Clock, Steps, ask, looking, mail, prepare, sections
from tests.sink import DROP, Sink

Desks = Callable[..., Settings]


@pytest.fixture(scope="module")
def imap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Dovecot]:
    """A Dovecot with a fresh mailbox for each test (see `desks`)."""
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    users = {**USERS, **{f"desk{n}@corp.example": "pw" for n in range(100)}}
    with servers.Dovecot(tmp_path_factory.mktemp("dovecot"), users) as server:
        yield server


class Box:
    """One test's mailbox on a shared Dovecot."""

    used = 0

    def __init__(self, dovecot: servers.Dovecot) -> None:
        Box.used += 1
        self.dovecot, self.login = dovecot, f"desk{Box.used}@corp.example"

    def deliver(self, *mails: bytes) -> None:
        self.dovecot.deliver_many(self.login, mails)

    def count(self, folder: str = "INBOX") -> int:
        return self.dovecot.count(self.login, folder)


@pytest.fixture
def box(imap: servers.Dovecot) -> Box:
    return Box(imap)


@pytest.fixture
def steps(tmp_path: Path, box: Box, sink: Sink) -> Iterator[Steps]:
    """A desk on the servers, driven step by step."""
    with Steps(prepared(tmp_path, box, sink.port)) as desk:
        yield desk


def prepared(folder: Path, box: Box, relay_port: int, url: str = "", **changes: Any) -> Settings:
    mailbox = {"login": box.login, **changes.pop("mailbox", {})}
    return prepare(sections(folder / "desk", box.dovecot.imap_port, relay_port, url, mailbox=mailbox, **changes))


@contextlib.contextmanager
def running(settings: Settings, clock: Clock | None = None) -> Iterator[Daemon]:
    """The daemon with all its loops, in a thread."""
    daemon = Daemon(settings, clock or Clock())
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        yield daemon
    finally:
        daemon.stop()
        thread.join(30)
    assert not thread.is_alive()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[str], list[str]]:
    """The warnings and errors that were logged, those that hold these words."""
    logging.getLogger("maild").propagate = True
    caplog.set_level(logging.INFO, "maild")

    def holding(words: str) -> list[str]:
        return [
            record.getMessage()
            for record in list(caplog.records)
            if record.levelno >= logging.WARNING and words in record.getMessage()
        ]

    return holding


def grow_old() -> None:
    """INTERNALDATE has whole seconds: what came within the last one before the first look counts as new."""
    came = time.monotonic()
    servers.wait_until(lambda: time.monotonic() - came > 2, "the mail is older than the first look")


def states(steps: Steps) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in steps.rows("SELECT template, state FROM outbox ORDER BY id")]


# ─────────────────────────────────────────────────────────────────────────────────────────────── the mailbox


def test_work_goes_on_by_itself_when_the_mailbox_comes_back(
    tmp_path: Path, sink: Sink, lines: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    monkeypatch.setattr(loops, "_LONGEST_PAUSE_S", 0.3)
    monkeypatch.setattr(loops, "_FIRST_PAUSE_S", 0.1)
    with servers.Dovecot(tmp_path / "dovecot", USERS) as dovecot:
        dovecot.stop()
        settings = prepare(sections(tmp_path / "desk", dovecot.imap_port, sink.port))
        with running(settings) as daemon:
            servers.wait_until(lambda: bool(lines("nothing listens on port")), "the mailbox is missed")
            assert not daemon.ready.is_set()
            dovecot.start()
            assert daemon.ready.wait(20)
            dovecot.deliver(SUPPORT, mail("first"))
            sink.wait_for(lambda mails: any(b"u-first@" in each.raw for each in mails), 20)
            dovecot.stop()
            servers.wait_until(lambda: len(lines("mailbox main")) >= 3, "the mailbox is missed again")
            dovecot.start()
            dovecot.deliver(SUPPORT, mail("second"))
            sink.wait_for(lambda mails: any(b"u-second@" in each.raw for each in mails), 20)
    # One line when it went, one when it was back, and no more for all the tries in between.
    assert len(lines("check `port` and the firewall")) == len(set(lines("check `port` and the firewall"))) <= 2
    assert len(lines("works again")) == 2


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"password_from": "file:{}/wrong"}, "check `login` and the password"),
        ({"host": "no-such-host.invalid", "security": "tls"}, "has no address: check `host` and the DNS"),
        ({"security": "tls", "port": "imaps"}, "set `host` to the name in the certificate, or `tls_ca`"),
    ],
)
def test_a_mistake_in_the_mailbox_settings_is_one_line_with_its_remedy_and_tried_seldom(
    change: dict[str, str], remedy: str, tmp_path: Path, sink: Sink, certificates: servers.Certificates,
    lines: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    (tmp_path / "wrong").touch(0o600)
    (tmp_path / "wrong").write_text("not it")
    pauses: list[float] = []

    def shorter(self: loops.Loop, seconds: float) -> None:
        pauses.append(seconds)
        self._stop.wait(0.05)

    monkeypatch.setattr(loops.Loop, "_sit_out", shorter)
    with servers.Dovecot(tmp_path / "dovecot", USERS, certificate=certificates.make("other.example")) as dovecot:
        mailbox: dict[str, Any] = {name: value.format(tmp_path) for name, value in change.items()}
        if mailbox.get("port") == "imaps":
            mailbox["port"] = dovecot.imaps_port
        settings = prepare(sections(tmp_path / "desk", dovecot.imap_port, sink.port, mailbox=mailbox))
        with running(settings) as daemon:
            servers.wait_until(lambda: len(pauses) >= 3, "three tries")
            assert not daemon.ready.is_set()
    (line,) = lines(remedy)
    assert line.count("\n") == 0
    if "host" not in change:
        # A login that was refused, or a wrong certificate, is tried at most twelve times an hour.
        assert min(pauses[:3]) >= 300


def test_mail_that_the_server_cannot_hand_over_now_is_asked_for_again(
    steps: Steps, box: Box, lines: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    box.deliver(mail("one"), mail("two"), mail("three"))
    real = steps.fetcher.mailbox._bodies
    monkeypatch.setattr(
        steps.fetcher.mailbox, "_bodies",
        lambda uids, largest: {uid: raw for uid, raw in real(uids, largest).items() if b"<two@" not in raw},
    )  # fmt: skip
    assert steps.fetch() == 2
    assert steps.fetch() == 0
    monkeypatch.undo()
    box.deliver(mail("four"))
    assert steps.fetch() == 2
    assert len(lines("cannot be read now")) == 1
    assert {row[0] for row in steps.rows("SELECT message_id FROM inbound")} == {
        f"<{name}@corp.example>" for name in ("one", "two", "three", "four")
    }


# ─────────────────────────────────────────────────────────────────────────────────────────────── backlog, UIDVALIDITY


def test_a_daemon_that_is_told_to_end_finishes_what_is_on_its_way_and_leaves_the_rest_without_a_strike(
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


def test_of_the_backlog_only_what_is_unseen_is_taken_and_later_nobody_asks_who_read_what(
    tmp_path: Path, box: Box, sink: Sink
) -> None:
    box.deliver(mail("read"), mail("unread"))
    box.dovecot.doveadm("flags", "add", "-u", box.login, "\\Seen", "mailbox", "INBOX", "1")
    grow_old()
    settings = prepared(tmp_path, box, sink.port, mailbox={"backlog": "unseen", "file_away": False})
    clock = Clock()
    with Steps(settings, clock) as desk:
        assert desk.fetch() == 1
        # The hourly comparison does not take what was left alone at first.
        clock.ahead = timedelta(hours=2)
        assert desk.fetch() == 0
    # Mail that came while no daemon ran, and that somebody read meanwhile, is new all the same.
    box.deliver(mail("later"))
    box.dovecot.doveadm("flags", "add", "-u", box.login, "\\Seen", "mailbox", "INBOX", "3")
    with Steps(settings, clock) as desk:
        assert desk.fetch() == 1
        assert [row[0] for row in desk.rows("SELECT uid FROM inbound ORDER BY uid")] == [2, 3]


def test_a_new_uidvalidity_brings_nothing_twice_and_loses_nothing(tmp_path: Path, box: Box, sink: Sink) -> None:
    settings = prepared(tmp_path, box, sink.port, mailbox={"backlog": "new", "file_away": False})
    box.deliver(mail("before"))
    grow_old()
    with Steps(settings) as desk:
        assert desk.fetch() == 0
        box.deliver(mail("one"), mail("two"), mail("nameless").replace(b"Message-ID", b"X-None"))
        desk.cycle()
        assert desk.rows("SELECT count(*) FROM ticket") == [(3,)]
        wire = len(sink.mails)
        box.dovecot.doveadm("mailbox", "update", "-u", box.login, "--uid-validity", "4711", "INBOX")
        box.deliver(mail("three"))
        desk.cycle()
        # The mail from before the first start stays where it is; the known ones are copies; the new one is a ticket.
        assert desk.rows("SELECT fate, count(*) FROM inbound GROUP BY fate ORDER BY fate") == [
            ("ignored", 3), ("ticketed", 4),
        ]  # fmt: skip
        assert {mail.raw.count(b"three") > 0 for mail in sink.mails[wire:]} == {True}


# ─────────────────────────────────────────────────────────────────────────────────────────────── the relay


def test_a_relay_that_is_away_blames_no_mail_and_gets_it_all_when_it_is_back(
    steps: Steps, box: Box, sink: Sink, lines: Callable[[str], list[str]]
) -> None:
    box.deliver(mail("one"), mail("two"))
    sink.stop()
    steps.cycle()
    queued = states(steps)
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
    assert {state for _, state in states(steps)} == {"sent"} and len(sink.mails) == len(queued)


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
def test_a_mistake_in_the_relay_settings_is_one_line_with_its_remedy_and_the_mail_waits(
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
            assert {state for _, state in states(steps)} == {"queued"}
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
def test_a_relay_that_refuses_everything_is_left_alone_for_a_while(
    steps: Steps, box: Box, sink: Sink, lines: Callable[[str], list[str]], stage: Any, reply: str
) -> None:
    sink.trick(stage, reply)
    box.deliver(mail("one"))
    steps.cycle()
    before = sink.connections
    assert steps.send() == 0 and sink.connections == before, "it is not asked again at once"
    assert {state for _, state in states(steps)} == {"queued"}
    assert len(lines(reply[:3])) == 1
    sink.forgive()
    steps.clock.ahead += timedelta(minutes=6)
    steps.send()
    assert {state for _, state in states(steps)} == {"sent"}


def test_after_an_answer_that_was_lost_the_same_bytes_go_out_every_15_minutes_at_most_three_times_more(
    steps: Steps, box: Box, sink: Sink
) -> None:
    sink.trick("RCPT", "550 5.7.1 not today", match=lambda to: "u-one@" not in to)
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


def test_greylisting_delays_a_mail_and_sends_it_once(steps: Steps, box: Box, sink: Sink) -> None:
    sink.trick("RCPT", "450 4.2.0 greylisted, come again", times=1, match=lambda to: "u-one@" in to)
    box.deliver(mail("one"))
    steps.cycle()
    assert not any("u-one@corp.example" in each.recipients for each in sink.mails)
    steps.clock.ahead += timedelta(minutes=2)
    steps.send()
    assert sum("u-one@corp.example" in each.recipients for each in sink.mails) == 1
    assert {state for _, state in states(steps)} == {"sent"}


@pytest.mark.parametrize("stage", ["RCPT", "dot"])
def test_an_address_that_is_refused_for_good_is_told_to_the_agents_and_never_written_to_about_it(
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


def test_what_the_relay_said_is_kept_when_the_database_is_away_and_nothing_goes_out_twice(
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
    assert {state for _, state in states(steps)} == {"sent"}
    assert len(sink.mails) == len(states(steps))


def test_after_a_standstill_longer_than_its_lease_a_daemon_begins_no_further_mail(
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
    assert {state for _, state in states(steps)} == {"queued"}
    monkeypatch.undo()
    steps.send()
    assert {state for _, state in states(steps)} == {"sent"} and len(sink.mails) == len(states(steps))


# ─────────────────────────────────────────────────────────────────────────────────────────────── the database


def test_a_database_locked_by_another_program_for_some_seconds_delays_and_breaks_nothing(
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


def test_a_full_disk_stops_nothing_for_ever_and_leaves_the_mail_in_the_mailbox(
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


def test_a_second_daemon_on_the_same_sqlite_file_says_so_and_ends_with_75(tmp_path: Path, box: Box, sink: Sink) -> None:
    settings = prepared(tmp_path, box, sink.port)
    with running(settings) as daemon:
        assert daemon.ready.wait(20)
        with pytest.raises(NotReady, match=r"another maild is running on .*need PostgreSQL") as refused:
            Daemon(settings)
        assert refused.value.code == 75


def test_all_loops_write_at_once_and_none_finds_the_database_locked(
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


# ─────────────────────────────────────────────────────────────────────────────────────────────── poison


def deep(levels: int) -> bytes:
    """A multipart in a multipart in a multipart …"""
    text = "\r\n".join(
        f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n" for n in range(levels)
    )
    return (
        "From: u-deep@corp.example\r\nSubject: deep\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: multipart/mixed; boundary=b0\r\n\r\n{text}\r\n--b{levels}\r\n\r\nhello\r\n"
    ).encode()


def html_bomb() -> bytes:
    """A lot of nested tags, to be taken apart by the worker under its limits."""
    page = b"<div>" * 200_000 + b"printer" + b"</div>" * 200_000
    return (
        b"From: u-html@corp.example\r\nSubject: nested\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(page).replace(b"\n", b"\r\n")
    )


HEAD = b"From: u-poison@corp.example\r\nSubject: poison\r\nDate: Mon, 2 Mar 2026 10:00:00 +0800\r\n"
POISON = {
    "a NUL in the charset": HEAD + b'Content-Type: text/plain; charset="utf\\\x008"\r\n\r\nprinter\r\n',
    "no From": b"Subject: no sender\r\n\r\nThe printer is broken.\r\n",
    "no Date": b"From: u-nodate@corp.example\r\nSubject: no date\r\n\r\nThe printer is broken.\r\n",
    "an empty mail": b"",
    "a header and no body": HEAD,
    "a million 0xFF": HEAD + b"\r\n" + b"\xff" * 1_000_000 + b"\r\n",
    "1,000 multiparts": deep(1000),
    "30 multiparts": deep(30),
    "an unknown charset": HEAD + b"Content-Type: text/plain; charset=klingon-8859\r\n\r\nprinter \xe4\r\n",
    "a thousand header fields": HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(1000)) + b"\r\nprinter\r\n",
    "a subject of a megabyte": b"From: u-long@corp.example\r\nSubject: " + b"a " * 500_000 + b"\r\n\r\nprinter\r\n",
    "nested HTML": html_bomb(),
    "broken base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n@@@@====A\r\n",
    "an unclosed encoded word": b"From: =?utf-8?B?\r\nSubject: =?utf-8?Q?=\r\n\r\nprinter\r\n",
}


@pytest.mark.timeout(120)
def test_a_poison_mail_ends_as_ticket_or_aside_with_its_bytes_and_its_neighbours_are_handled_in_the_same_cycle(
    steps: Steps, box: Box
) -> None:
    mails: list[bytes] = []
    for n, raw in enumerate(POISON.values()):
        mails += [mail(f"before{n}"), raw]
    mails.append(mail("last"))
    box.deliver(*mails)
    assert steps.fetch() == len(mails)
    steps.receive()
    rows = steps.rows("SELECT id, state, fate, reason, attempts FROM inbound ORDER BY id")
    assert len(rows) == len(mails)
    for name, raw, row in zip(
        [name for name in POISON for _ in (0, 1)], mails, rows, strict=False
    ):
        with reading(steps.engine) as connection:
            kept = ledger.raw(connection, row.id)
        # LMTP ends the last line and puts trace lines in front, and Dovecot stores a NUL as 0x80 (RFC 3501 §4.3.1).
        there = (raw if raw.endswith(b"\r\n") else raw + b"\r\n").replace(b"\0", b"\x80")
        assert kept.endswith(there), f"{name}: other bytes"
        assert row.state == "done", f"{name}: {row}"
        if b"before" in raw:
            assert row.fate == "ticketed", f"before {name}: {row}"
        else:
            assert row.fate in ("ticketed", "quarantined", "ignored") and row.reason, f"{name}: {row}"
    assert rows[-1].fate == "ticketed"
    set_aside = {name for name, row in zip(POISON, rows[1::2], strict=False) if row.fate == "quarantined"}
    assert {"1,000 multiparts", "a thousand header fields", "a subject of a megabyte"} <= set_aside
    assert not {"no Date", "an unknown charset", "30 multiparts"} & set_aside


def test_a_mail_with_nul_bytes_that_came_by_a_pipe_is_a_ticket_with_its_bytes(steps: Steps) -> None:
    raw = mail("nul", body="a\0b").replace(b"To: ", b"X-Nul: \0\r\nTo: ")
    now = steps.clock()
    with steps.engine.begin() as connection:
        (number,) = ledger.add(
            connection,
            [
                ledger.Arrival(
                    source="deliver", received=now, fetched=now, size=len(raw), raw=raw,
                    message_id="<nul@corp.example>", content_hash="n",
                )
            ],
        )  # fmt: skip
    steps.receive()
    assert steps.rows("SELECT fate FROM inbound") == [("ticketed",)]
    with reading(steps.engine) as connection:
        assert ledger.raw(connection, number) == raw


def test_large_mails_are_stored_or_left_where_they_are_and_the_next_mail_is_handled(
    tmp_path: Path, box: Box, sink: Sink
) -> None:
    large = mail("large", body="\r\n".join(["x" * 70] * 420_000))
    huge = mail("huge", body="\r\n".join(["y" * 70] * 20_000))
    assert len(large) > 30_000_000
    box.deliver(mail("one"), large, mail("two"))
    with Steps(prepared(tmp_path, box, sink.port)) as desk:
        desk.cycle()
        rows = desk.rows("SELECT id, fate, reason FROM inbound ORDER BY id")
        assert [row[1] for row in rows] == ["ticketed", "ticketed", "quarantined"]
        with reading(desk.engine) as connection:
            assert ledger.raw(connection, rows[2][0]).endswith(large)
        desk.fetch()
        assert (box.count(), box.count("maild/Quarantine")) == (0, 1)
    limits = {"parse_bytes": 100_000, "store_bytes": 1_000_000}
    box.deliver(mail("three"), huge, mail("four"))
    with Steps(prepared(tmp_path, box, sink.port, limits=limits)) as desk:
        desk.cycle()
        desk.cycle()
        last = desk.rows("SELECT id, fate, complete FROM inbound WHERE id > 3 ORDER BY id")
        assert [row[1] for row in last] == ["ticketed", "ticketed", "quarantined"]
        with reading(desk.engine) as connection:
            kept = ledger.raw(connection, last[2][0])
        # A header record only: the mail itself stays in the mailbox.
        assert b"Subject: Printer broken huge" in kept and b"yyyy" not in kept
        assert box.count() == 1


def test_a_mail_on_which_the_parser_hangs_is_put_aside_and_those_behind_it_are_read(
    tmp_path: Path, box: Box, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = "\r\n".join(["a line of a very long mail that never ends"] * 150_000)
    box.deliver(mail("one"), mail("hangs", body=endless), mail("two"))
    with Steps(prepared(tmp_path, box, sink.port)) as desk:
        submit = desk.worker.submit

        def stopped(raw: bytes, timeout_s: float | None = None) -> Any:
            # A limit so short stands for a mail that takes for ever: the child is killed in the middle of it.
            return submit(raw, 0.01 if b"hangs" in raw else timeout_s)

        monkeypatch.setattr(desk.worker, "submit", stopped)
        desk.fetch()
        desk.receive()
        rows = desk.rows("SELECT fate, reason FROM inbound ORDER BY id")
        assert [row[0] for row in rows] == ["ticketed", "quarantined", "ticketed"]
        assert rows[1][1].startswith("no result within")


def test_a_copy_that_was_decided_first_does_not_block_the_mail_that_came_before_it(steps: Steps, box: Box) -> None:
    box.deliver(mail("same"))
    steps.fetch()
    # The earlier one has crashed once, so it comes last.
    with steps.engine.begin() as connection:
        ledger.begin_attempt(connection, [1])
    box.dovecot.doveadm("copy", "-u", box.login, "INBOX", "mailbox", "INBOX", "all")
    steps.fetch()
    steps.receive()
    assert steps.rows("SELECT fate, reason FROM inbound ORDER BY id") == [
        ("ignored", "a copy of inbound 2"),
        ("ticketed", steps.rows("SELECT reason FROM inbound WHERE id = 2")[0][0]),
    ]


def test_a_reply_waits_for_the_mail_that_it_answers(steps: Steps, box: Box) -> None:
    box.deliver(
        mail("first", sender="li.lei@corp.example"),
        mail("answer", sender="li.lei@corp.example", Subject="Re: broken", In_Reply_To="<first@corp.example>"),
    )
    steps.fetch()
    with steps.engine.begin() as connection:
        ledger.begin_attempt(connection, [1])
    for _ in range(3):
        steps.receive()
    assert steps.rows("SELECT ticket, fate FROM inbound ORDER BY id") == [(1, "ticketed"), (1, "ticketed")]
    assert steps.rows("SELECT count(*) FROM ticket") == [(1,)]


def test_a_mail_that_the_database_refuses_for_what_it_holds_is_put_aside_after_three_strikes(
    steps: Steps, box: Box
) -> None:
    box.deliver(mail("good1"), mail("refused"), mail("good2"))
    steps.fetch()

    def refuse(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.startswith("INSERT INTO ticket") and "refused" in str(parameters):
            raise sqlite3.DataError("string or blob too big")

    event.listen(steps.engine, "before_cursor_execute", refuse)
    steps.receive()
    assert [row[0] for row in steps.rows("SELECT fate FROM inbound ORDER BY id")] == [
        "ticketed", "quarantined", "ticketed",
    ]  # fmt: skip


def test_a_database_that_goes_away_in_the_middle_is_no_strike_against_any_mail(steps: Steps, box: Box) -> None:
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
