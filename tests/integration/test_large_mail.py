"""Mails that are too large (THREATS F13): kept or left where they are, told to the sender once, never fetched again."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maild.ingest.mailbox import Mailbox
from maild.store import ledger
from maild.store.engine import reading
from tests import servers
from tests.conftest import USERS, need
from tests.crash.rounds import Rounds
from tests.desks import SUPPORT, Box, Steps, ask, looking, mail, prepared
from tests.maildir import fill_folder
from tests.process import children, peak_kb, resident_kb
from tests.sink import Accepted, Sink

MB = 1_000_000
# Bytes stream through: what the daemon may need beside them is the margin of the promise (kB).
DAEMON_KB = 60 * 1024
WORKER_KB = 512 * 1024


def large(mark: str, size: int, **headers: str) -> bytes:
    """A mail of about so many bytes."""
    line = "x" * 98 + "\r\n"
    return mail(mark, body=line * (size // len(line)), **headers)


def carrying(mark: str, size: int) -> bytes:
    """A mail of about so many bytes with one attachment."""
    data = base64.encodebytes(bytes(range(256)) * (size * 3 // 4 // 256)).replace(b"\n", b"\r\n")
    head = mail(mark, MIME_Version="1.0", Content_Type='multipart/mixed; boundary="b"')
    text, _, _ = head.partition(b"\r\n\r\n")
    return (
        text + b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nThe printer is broken.\r\n--b\r\n"
        b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=dump.bin\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + data + b"\r\n--b--\r\n"
    )


def to(name: str, mails: list[Accepted]) -> list[Accepted]:
    return [each for each in mails if f"u-{name}@corp.example" in each.recipients]


@pytest.fixture
def rounds(tmp_path: Path, sink: Sink) -> Iterator[Rounds]:
    need("dovecot", "dovecot-imapd dovecot-lmtpd")
    with servers.Dovecot(tmp_path / "dovecot", USERS) as dovecot:
        made = Rounds(tmp_path / "desk", dovecot, sink)
        yield made
        made.close()


@pytest.mark.timeout(240)
def test_f13_mails_of_50_and_200_mb_are_kept_or_left_and_the_daemon_stays_small(rounds: Rounds, sink: Sink) -> None:
    """Also G1: their neighbours are tickets; and a mail of 24 MB is read, in the worker."""
    inbox = rounds.dovecot.folder / "mail" / SUPPORT / "Maildir"
    rounds.dovecot.deliver(SUPPORT, mail("first"))
    rounds.start()
    assert rounds.process is not None
    pid = rounds.process.pid
    sink.wait_for(lambda mails: bool(to("first", mails)), 60)
    before = resident_kb(pid)
    fifty = large("fifty", 50 * MB)
    # In one go, as a pile of neighbours: fetched in this order.
    fill_folder(inbox, [mail("two"), fifty, carrying("read", 24 * MB), large("huge", 200 * MB), mail("three")], age_s=5)
    with looking(rounds.url) as engine:
        servers.wait_until(
            lambda: ask(engine, "SELECT count(*) FROM inbound WHERE state = 'done'") == [(6,)], "all six", 180, 0.2
        )
        worker = max((peak_kb(child) for child in children(pid)), default=0)
        grown = peak_kb(pid) - before
        rows = {row[0]: row for row in ask(engine, "SELECT message_id, id, fate, complete, size FROM inbound")}
        with reading(engine) as connection:
            assert ledger.raw(connection, rows["<fifty@corp.example>"].id) == fifty
            kept = ledger.raw(connection, rows["<huge@corp.example>"].id)
        assert rows["<huge@corp.example>"].size > 200 * MB * 0.99 and len(kept) < 64 * 1024
        assert {name: (row.fate, bool(row.complete)) for name, row in rows.items()} == {
            "<first@corp.example>": ("ticketed", True),
            "<two@corp.example>": ("ticketed", True),
            "<fifty@corp.example>": ("quarantined", True),
            "<read@corp.example>": ("ticketed", True),
            "<huge@corp.example>": ("quarantined", False),
            "<three@corp.example>": ("ticketed", True),
        }
        sink.wait_for(lambda mails: bool(to("fifty", mails) and to("huge", mails)), 60)
        servers.wait_until(
            lambda: ask(engine, "SELECT count(*) FROM inbound WHERE filed IS NULL") == [(0,)], "all filed", 60
        )
    print(f"daemon {before} kB and {grown} kB more, worker {worker} kB at most")
    assert grown <= DAEMON_KB
    assert 0 < worker <= WORKER_KB
    rounds.stop()
    for name in ("fifty", "huge"):
        (told,) = to(name, sink.mails)
        assert b"mail is too big" in told.raw
    assert rounds.dovecot.count(SUPPORT) == 1 and rounds.dovecot.count(SUPPORT, "maild/Quarantine") == 1


def test_f13_a_giant_is_fetched_once_and_its_sender_told_once_though_it_is_decided_again(
    tmp_path: Path, box: Box, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []

    def note(name: str) -> None:
        real = getattr(Mailbox, name)

        def noting(self: Mailbox, *arguments: Any) -> Any:
            fetched.append(name)
            return real(self, *arguments)

        monkeypatch.setattr(Mailbox, name, noting)

    for name in ("header", "fetch_large"):
        note(name)
    limits = {"parse_bytes": 4_500_000, "store_bytes": 6 * MB}
    box.deliver(large("kept", 5 * MB), large("left", 7 * MB), mail("one"))
    settings = prepared(tmp_path, box, sink.port, limits=limits)
    for _ in range(2):
        with Steps(settings) as desk:
            for _ in range(3):
                desk.cycle()
            with desk.engine.begin() as connection:
                for row in desk.rows("SELECT id FROM inbound WHERE fate = 'quarantined'"):
                    ledger.replay(connection, row.id)
            desk.cycle()
            assert desk.rows("SELECT message_id, fate FROM inbound WHERE fate = 'quarantined' ORDER BY uid") == [
                ("<kept@corp.example>", "quarantined"), ("<left@corp.example>", "quarantined"),
            ]  # fmt: skip
    assert fetched == ["header", "fetch_large", "header"]
    assert len(to("kept", sink.mails)) == len(to("left", sink.mails)) == 1
    assert box.count() == 1


@pytest.mark.parametrize(
    ("headers", "template"),
    [
        ({}, "requester/cannot_read"),
        ({"sender": "eve@far.example"}, "stranger/received"),
        ({"Auto_Submitted": "auto-replied"}, ""),
        ({"Precedence": "bulk", "List_Id": "<news.far.example>"}, ""),
        ({"X_Maild_Loop": "support@corp.example;hops=1"}, ""),
        ({"sender": "support@corp.example"}, ""),
    ],
)
def test_f13_who_is_told_of_a_mail_that_is_too_large_is_who_would_be_answered_anyway(
    tmp_path: Path, box: Box, sink: Sink, headers: dict[str, str], template: str
) -> None:
    """Machines, lists, loops and our own mail get nothing, strangers their one fixed text."""
    box.deliver(large("big", 150_000, **headers))
    with Steps(prepared(tmp_path, box, sink.port, limits={"parse_bytes": 100_000})) as desk:
        desk.cycle()
        assert desk.rows("SELECT fate FROM inbound") == [("quarantined",)]
        told = [row[0] for row in desk.rows("SELECT template FROM outbox WHERE audience IN ('requester', 'stranger')")]
        assert told == ([template] if template else [])
