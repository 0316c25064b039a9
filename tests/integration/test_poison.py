"""Mails that should never have been sent: each ends as a ticket or aside with its bytes, and its neighbours live."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from maild.store import ledger
from maild.store.engine import reading
from tests import servers
from tests.desks import Box, Steps, ask, looking, mail, prepared
from tests.pressed import Pressed, memory
from tests.sink import Sink


def deep(levels: int) -> bytes:
    """A multipart in a multipart in a multipart …"""
    text = "\r\n".join(f"--b{n}\r\nContent-Type: multipart/mixed; boundary=b{n + 1}\r\n" for n in range(levels))
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
def test_f10_a_poison_mail_ends_as_ticket_or_aside_with_its_bytes_and_its_neighbours_are_handled_in_the_same_cycle(
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
    for name, raw, row in zip([name for name in POISON for _ in (0, 1)], mails, rows, strict=False):
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


@pytest.mark.timeout(180)
def test_c03_poison_that_comes_first_holds_up_no_mail_behind_it_also_over_restarts(
    tmp_path: Path, imap: servers.Dovecot, sink: Sink
) -> None:
    """Also F10, F15, G4, G7: a real daemon, whose supervisor and memory notice nothing."""
    box = Box(imap)
    desk = Pressed(tmp_path / "desk", imap, sink, mailbox={"login": box.login})
    good = {f"good{n}": mail(f"good{n}") for n in range(len(POISON))}
    try:
        desk.start("attempts")
        desk.ready()
        small = memory(desk.pid)
        for raw, behind in zip(POISON.values(), good.values(), strict=True):
            box.deliver(raw, behind)
        # Killed with the first of them in hand; the next one finds out which mail was to blame, if any.
        desk.dead("attempts")
        desk.start()
        desk.ready()
        everything = 2 * len(POISON)
        with looking(desk.url) as engine:

            def done(count: int) -> bool:
                return bool(ask(engine, "SELECT count(*) >= :n FROM inbound WHERE state = 'done'", n=count)[0][0])

            servers.wait_until(lambda: done(3), "a few are done", 60)
            desk.stop()
            desk.start()
            desk.ready()
            servers.wait_until(lambda: done(everything), f"all are done: {desk.tail()}", 60)
            tickets = {row[0].rpartition(" ")[2] for row in ask(engine, "SELECT subject FROM ticket")}
            assert ask(engine, "SELECT max(attempts) <= 3 FROM inbound") == [(1,)]
        assert set(good) <= tickets
        assert desk.systemd.silent_for() < 3
        assert memory(desk.pid) < small + 100_000_000
        desk.stop()
        text = desk.log.read_text()
        assert "Traceback" not in text and "eats the paper" not in text
    finally:
        desk.close()


def test_g4_a_mail_with_nul_bytes_that_came_by_a_pipe_is_a_ticket_with_its_bytes(steps: Steps) -> None:
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


def test_f10_a_mail_on_which_the_parser_hangs_is_put_aside_and_those_behind_it_are_read(
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
        rows = desk.rows("SELECT fate, reason FROM inbound ORDER BY uid")
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


def test_f10_a_mail_that_the_database_refuses_for_what_it_holds_is_put_aside_after_three_strikes(
    steps: Steps, box: Box, lines: Callable[[str], list[str]]
) -> None:
    """Also G9."""
    box.deliver(mail("good1"), mail("refused"), mail("good2"))
    steps.fetch()

    def refuse(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.startswith("INSERT INTO ticket") and "refused" in str(parameters):
            # PostgreSQL adds the whole row, the mail's text with it.
            raise sqlite3.DataError("string or blob too big\nDETAIL: Failing row contains (eats the paper).")

    event.listen(steps.engine, "before_cursor_execute", refuse)
    steps.receive()
    assert lines("deciding failed") and not lines("eats the paper")
    assert not [row for row in steps.rows("SELECT reason FROM inbound") if "eats the paper" in row[0]]
    assert [row[0] for row in steps.rows("SELECT fate FROM inbound ORDER BY id")] == [
        "ticketed", "quarantined", "ticketed",
    ]  # fmt: skip
