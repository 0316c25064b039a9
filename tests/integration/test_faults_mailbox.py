"""A mailbox that is away, refuses, hands over nothing, or numbers its mails anew: work goes on, nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from maild import desk, loops
from maild.store import upkeep
from maild.store.engine import reading
from tests import servers
from tests.conftest import USERS, need
from tests.desks import SUPPORT, Box, Clock, Steps, mail, prepare, prepared, running, sections
from tests.sink import Sink


def grow_old() -> None:
    """INTERNALDATE has whole seconds: what came within the last one before the first look counts as new."""
    came = time.monotonic()
    servers.wait_until(lambda: time.monotonic() - came > 2, "the mail is older than the first look")


def test_g1_work_goes_on_by_itself_when_the_mailbox_comes_back(
    tmp_path: Path, sink: Sink, lines: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    monkeypatch.setattr(loops, "_LONGEST_RECONNECT_S", 0.3)
    monkeypatch.setattr(loops, "_FIRST_RECONNECT_S", 0.1)
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
def test_f09_a_mistake_in_the_mailbox_settings_is_one_line_with_its_remedy_and_tried_seldom(
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
    # `maild status` reads it there.
    engine = desk.open_database(settings)
    with reading(engine) as connection:
        assert remedy in upkeep.mailbox(connection, "main").last_error
    engine.dispose()
    (line,) = lines(remedy)
    assert line.count("\n") == 0
    if "host" not in change:
        # A login that was refused, or a wrong certificate, is tried at most twelve times an hour.
        assert min(pauses[:3]) >= 300


def test_f05_mail_that_the_server_cannot_hand_over_now_is_asked_for_again(
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


def test_f12_of_the_backlog_only_what_is_unseen_is_taken_and_later_nobody_asks_who_read_what(
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


def test_g1_a_login_that_failed_at_first_makes_no_old_mail_new(tmp_path: Path, box: Box, sink: Sink) -> None:
    settings = prepared(tmp_path, box, sink.port, mailbox={"backlog": "new", "file_away": False})
    box.deliver(mail("before"))
    grow_old()
    with Steps(settings) as desk:
        with desk.engine.begin() as connection:
            upkeep.note_mailbox_error(connection, "main", "the login was refused")
        assert desk.fetch() == 0
        assert desk.rows("SELECT last_error FROM mailbox_state") == [(None,)]
        box.deliver(mail("one"))
        assert desk.fetch() == 1
