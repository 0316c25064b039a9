"""Folders that are gone, renamed, full or read-only, and people who read the mail first (THREATS F18, F19)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from maild import failpoint, loops
from maild.ingest.mailbox import FolderMissing, Mailbox, Refused
from tests import servers
from tests.desks import Box, Clock, Steps, ask, looking, mail, prepared, running
from tests.sink import Sink

Lines = Callable[[str], list[str]]


def tickets(engine: Engine, count: int) -> bool:
    return ask(engine, "SELECT count(*) FROM ticket") == [(count,)]


def test_f19_what_people_have_read_flagged_or_unread_again_is_new_all_the_same(steps: Steps, box: Box) -> None:
    """Also C2: a mail that was opened in another program first is a ticket like any other."""
    steps.fetch()
    box.deliver(mail("read"), mail("flagged"), mail("answered"), mail("deleted"), mail("unread"))
    for uid, flag in ((1, "\\Seen"), (2, "\\Flagged"), (3, "\\Answered"), (4, "\\Deleted")):
        box.dovecot.doveadm("flags", "add", "-u", box.login, flag, "mailbox", "INBOX", "uid", str(uid))
    steps.cycle()
    assert steps.rows("SELECT count(*) FROM ticket") == [(5,)]
    # maild itself has marked none as read.
    steps.fetch()
    flags = box.dovecot.doveadm("-f", "flow", "fetch", "-u", box.login, "flags", "mailbox", "maild/Processed", "all")
    assert flags.count("\\Seen") == 1


def test_f19_a_folder_that_is_renamed_is_missed_with_its_name_and_watched_again_when_it_is_back(
    tmp_path: Path, box: Box, sink: Sink, monkeypatch: pytest.MonkeyPatch, lines: Lines
) -> None:
    monkeypatch.setattr(loops, "_FIRST_RECONNECT_S", 0.1)
    monkeypatch.setattr(loops, "_LONGEST_RECONNECT_S", 0.3)
    box.dovecot.deliver(box.login, mail("one"), "Desk")
    settings = prepared(tmp_path, box, sink.port, mailbox={"folder": "Desk", "file_away": False})
    with looking(settings.database.url) as engine, running(settings):
        tickets = "SELECT count(*) FROM ticket"
        servers.wait_until(lambda: ask(engine, tickets) == [(1,)], "the first ticket")
        box.dovecot.doveadm("mailbox", "rename", "-u", box.login, "Desk", "Elsewhere")
        servers.wait_until(lambda: bool(lines("check `folder`")), "the folder is missed")
        box.dovecot.doveadm("mailbox", "rename", "-u", box.login, "Elsewhere", "Desk")
        box.dovecot.deliver(box.login, mail("two"), "Desk")
        servers.wait_until(lambda: ask(engine, tickets) == [(2,)], "the second ticket")
        assert ask(engine, "SELECT count(*) FROM inbound") == [(2,)]
    # Nothing that can lock an account: a missing folder is looked for like a server that is away.
    assert not FolderMissing.permanent


def test_f19_a_full_archive_folder_stops_nothing_and_is_tried_again_every_hour(
    tmp_path: Path, sink: Sink, lines: Lines, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, asked = True, 0
    real = Mailbox.file_away

    def file_away(self: Mailbox, *arguments: object) -> object:
        nonlocal asked
        asked += 1
        if full:
            raise Refused("mailbox main: [OVERQUOTA] Quota exceeded")
        return real(self, *arguments)  # type: ignore[arg-type]  # handed through as it came

    monkeypatch.setattr(Mailbox, "file_away", file_away)
    clock = Clock()
    with Steps(prepared(tmp_path, box, sink.port), clock) as desk:
        for n in range(4):
            box.deliver(mail(f"m{n}"))
            desk.cycle()
        desk.fetch()
        assert desk.rows("SELECT count(*) FROM ticket") == [(4,)] and box.count() == 4
        assert asked == 1 and len(lines("OVERQUOTA")) == 1
        clock.ahead = timedelta(hours=1, minutes=1)
        desk.fetch()
        assert asked == 2 and len(lines("OVERQUOTA")) == 1
        full = False
        clock.ahead = timedelta(hours=2, minutes=2)
        desk.fetch()
        assert (box.count(), box.count("maild/Processed")) == (0, 4)
        assert len(lines("takes mails again")) == 1


def test_f19_a_refused_quarantine_folder_does_not_keep_the_others_in_the_inbox(
    tmp_path: Path, sink: Sink, box: Box
) -> None:
    poison = b"From: u-poison@corp.example\r\n" + b"X: y\r\n" * 1000 + b"\r\nhi\r\n"
    box.deliver(poison, mail("one"))
    # A name that no Maildir takes.
    with Steps(prepared(tmp_path, box, sink.port, mailbox={"quarantine": "bad//name"})) as desk:
        desk.cycle()
        desk.fetch()
        assert box.count() == 1 and box.count("maild/Processed") == 1
        assert desk.rows("SELECT fate, filed FROM inbound ORDER BY id") == [
            ("quarantined", None), ("ticketed", "maild/Processed"),
        ]  # fmt: skip


def test_f19_a_kill_between_copy_and_commit_copies_at_most_one_group_twice(
    tmp_path: Path, sink: Sink, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = 0

    class Killed(Exception):
        pass

    def kill(place: str) -> None:
        nonlocal passed
        passed += place == "filed"
        if place == "filed" and passed == 2:
            raise Killed

    box.deliver(*[mail(f"m{n}") for n in range(120)])
    settings = prepared(tmp_path, box, sink.port, mailbox={"file_away": "copy"})
    with Steps(settings) as desk:
        desk.fetch()
        desk.receive()
        monkeypatch.setattr(failpoint, "reach", kill)
        desk.fetch()
        with pytest.raises(Killed):
            desk.fetch()
        monkeypatch.undo()
    with Steps(settings) as desk:
        for _ in range(3):
            desk.fetch()
        assert desk.rows("SELECT count(*) FROM inbound WHERE filed = 'maild/Processed'") == [(120,)]
    assert box.count() == 120 and box.count("maild/Processed") == 120 + 50


def test_f18_a_read_only_folder_is_watched_and_told_once(tmp_path: Path, sink: Sink, lines: Lines, box: Box) -> None:
    with Steps(prepared(tmp_path, box, sink.port)) as desk:
        for n in range(3):
            box.deliver(mail(f"m{n}"))
            if not desk.fetcher.mailbox.connected:
                desk.fetcher.mailbox.connect()
            desk.fetcher.mailbox.read_only = True
            desk.cycle()
        desk.fetch()
        assert desk.rows("SELECT count(*) FROM ticket") == [(3,)] and box.count() == 3
        assert len(lines("this login may only read it")) == 1


def test_f19_an_archive_folder_that_the_server_cannot_write_stops_nothing(
    tmp_path: Path, box: Box, sink: Sink, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real NO [SERVERBUG], which could mean that the whole server is ill: it is taken as that once."""
    monkeypatch.setattr(loops, "_FIRST_RECONNECT_S", 0.1)
    monkeypatch.setattr(loops, "_LONGEST_RECONNECT_S", 0.2)
    box.dovecot.doveadm("mailbox", "create", "-u", box.login, "maild/Processed")
    folder = box.dovecot.folder / "mail" / box.login / "Maildir" / ".maild.Processed"
    closed = [folder / name for name in ("cur", "new", "tmp")] + [folder]
    for path in closed:
        path.chmod(0o500)
    settings = prepared(tmp_path, box, sink.port)
    with looking(settings.database.url) as engine, running(settings):
        for n in range(4):
            box.deliver(mail(f"m{n}"))
            servers.wait_until(partial(tickets, engine, n + 1), f"ticket {n}")
        servers.wait_until(lambda: bool(lines("are filed away later")), "the folder is given up for now")
        box.deliver(mail("last"))
        servers.wait_until(lambda: ask(engine, "SELECT count(*) FROM ticket") == [(5,)], "the last ticket")
        for path in closed:
            path.chmod(0o700)
    with Steps(settings) as desk:
        desk.fetch()
    assert (box.count(), box.count("maild/Processed")) == (0, 5)
