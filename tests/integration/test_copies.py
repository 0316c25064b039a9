"""The same mail twice, by any two ways, and different mails that look alike: on SQLite and on PostgreSQL (F23)."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import inspect

from maild import desk as desks
from maild.config import Settings
from maild.daemon import Daemon
from maild.store.engine import open_engine
from tests import servers
from tests.crash.rounds import ROOT
from tests.desks import Box, Clock, Steps, ask, looking, mail, prepare, sections
from tests.sink import Sink

Deliver = Callable[[bytes], None]
NAMELESS = (
    b"From: tom.reed@corp.example\r\nTo: support@corp.example\r\nSubject: The scanner\r\n"
    b"Date: Mon, 02 Nov 2026 09:00:00 +0000\r\n\r\nIt scans nothing.\r\n"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the desk keeps its data; empty stands for an SQLite file of its own."""
    if request.param == "sqlite":
        yield ""
        return
    postgres: servers.Postgres = request.getfixturevalue("postgres")
    made = postgres.database()
    yield made
    postgres.drop(made)


@pytest.fixture
def tables(tmp_path: Path, box: Box, sink: Sink, url: str) -> dict[str, Any]:
    return sections(tmp_path / "desk", box.dovecot.imap_port, sink.port, url, mailbox={"login": box.login})


@pytest.fixture
def desk(tables: dict[str, Any]) -> Iterator[Steps]:
    """A desk on `box`, driven step by step."""
    with Steps(prepare(tables)) as made:
        yield made


@pytest.fixture
def pipe(tmp_path: Path, desk: Steps) -> Deliver:
    """`maild deliver` on that desk's database."""
    config = tmp_path / "config.toml"
    teams = "".join(f'[teams.{name}]\ntitle_en = "a"\ntitle_zh = "a"\n'
                    for name in ("service_desk", "network", "applications", "security"))  # fmt: skip
    config.write_text(
        '[desk]\naddress = "support@corp.example"\ninternal_domains = ["corp.example"]\n'
        f'[database]\nurl = "{desk.settings.database.url}"\n[daemon]\nstate_dir = "{tmp_path / "desk"}"\n{teams}'
        '[[agents]]\naddress = "wang.wei@corp.example"\nname = "W"\nteams = ["service_desk"]\n'
    )

    def deliver(raw: bytes) -> None:
        command = [sys.executable, "-m", "maild", "deliver", "--config", str(config)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(command, input=raw, cwd=tmp_path, env=environment, check=True, timeout=60)

    return deliver


def fates(desk: Steps) -> list[tuple[str, str]]:
    """(fate, reason up to a number) of every mail, in order of arrival."""
    rows = desk.rows("SELECT fate, reason FROM inbound ORDER BY id")
    return [(row[0], row[1].rstrip("0123456789") if row[0] == "ignored" else "") for row in rows]


TICKETED, COPY = ("ticketed", ""), ("ignored", "a copy of inbound ")


def answered(desk: Steps) -> list[int]:
    """How many acknowledgements each ticket has."""
    rows = desk.rows("SELECT count(*) FROM outbox WHERE template = 'requester/acknowledged' GROUP BY ticket")
    return [row[0] for row in rows]


def test_f23_the_same_mail_under_two_uids_is_one_ticket_and_is_acknowledged_once(desk: Steps, box: Box) -> None:
    """Also G2, C5."""
    one = mail("one")
    box.deliver(one, one)
    desk.cycle()
    box.deliver(mail("two"), one)
    # A copy that comes a day later is a copy all the same: nothing here hangs on a time.
    desk.clock.ahead = timedelta(days=1)
    desk.cycle()
    assert fates(desk) == [TICKETED, COPY, TICKETED, COPY]
    assert answered(desk) == [1, 1]


def test_c4_a_message_id_that_is_used_again_with_other_content_loses_nothing(desk: Steps, box: Box) -> None:
    """Also F23, G1."""
    first = mail("parcel", body="Your parcel 1 has come.", sender="shop@corp.example")
    second = mail("parcel", body="Your parcel 2 has come.", sender="shop@corp.example")
    third = mail("parcel", body="Your parcel 2 has come.", sender="bank@corp.example")
    box.deliver(first, second, third, second)
    desk.cycle()
    assert fates(desk) == [TICKETED, TICKETED, TICKETED, COPY]
    bodies = {row[0].split("\n")[0] for row in desk.rows("SELECT new_text FROM entry")}
    assert bodies == {"Your parcel 1 has come.", "Your parcel 2 has come."}
    assert desk.rows("SELECT count(*) FROM entry WHERE direction = 'in'") == [(3,)]


def test_f23_a_mail_without_a_message_id_is_a_copy_only_from_the_same_writer_and_within_ten_minutes(
    desk: Steps, box: Box
) -> None:
    """Also C4, C5."""
    begin = datetime.now(UTC) - timedelta(hours=1)
    other = NAMELESS.replace(b"tom.reed", b"mary.jones")
    arrivals = [(NAMELESS, 0), (NAMELESS, 9), (other, 9), (NAMELESS.replace(b"nothing", b"badly"), 9), (NAMELESS, 21)]
    with IMAPClient("127.0.0.1", box.dovecot.imap_port, ssl=False) as client:
        client.login(box.login, "pw")
        for raw, minutes in arrivals:
            client.append("INBOX", raw, msg_time=begin + timedelta(minutes=minutes))
    desk.cycle()
    assert fates(desk) == [TICKETED, COPY, TICKETED, TICKETED, TICKETED]


@pytest.mark.parametrize("pipe_first", [True, False])
def test_f23_the_same_mail_by_the_pipe_and_by_the_mailbox_is_one_ticket(
    desk: Steps, box: Box, pipe: Deliver, pipe_first: bool
) -> None:
    """Also C5, C15."""
    raw = mail("both")
    by_pipe = raw.replace(b"\r\n", b"\n")
    if pipe_first:
        pipe(by_pipe)
        desk.receive()
    box.deliver(raw)
    desk.cycle()
    if not pipe_first:
        pipe(by_pipe)
        desk.receive()
    assert fates(desk) == [TICKETED, COPY]
    assert answered(desk) == [1]


@contextlib.contextmanager
def at_work(*settings: Settings) -> Iterator[None]:
    """A daemon for each of these settings, in a thread."""
    daemons = [Daemon(each, Clock()) for each in settings]
    threads = [threading.Thread(target=each.run) for each in daemons]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for each in daemons:
            each.stop()
        for thread in threads:
            thread.join(30)


def test_c15_the_same_mail_in_two_mailboxes_of_one_desk_is_one_ticket_also_while_two_daemons_race(
    tmp_path: Path, tables: dict[str, Any], box: Box, url: str
) -> None:
    """Also F11, F23, G2, C5."""
    (first,) = tables["mailbox"]
    second = Box(box.dovecot)
    tables["mailbox"] = [first, {**first, "name": "second", "login": second.login}]
    settings = [prepare(tables)]
    if url:
        # SQLite has one daemon; on PostgreSQL another one works on the same desk.
        settings.append(prepare({**tables, "daemon": {"state_dir": str(tmp_path / "other"), "tick": "1s"}}))
    mails = [mail(f"m{n}") for n in range(12)]
    senders = [threading.Thread(target=each.deliver, args=mails) for each in (box, second)]
    with looking(settings[0].database.url) as engine, at_work(*settings):
        for thread in senders:
            thread.start()
        for thread in senders:
            thread.join(30)
        done = "SELECT count(*) FROM inbound WHERE state = 'done'"
        servers.wait_until(lambda: ask(engine, done) == [(24,)], "all 24 are decided", 60)
        assert ask(engine, "SELECT fate, count(*) FROM inbound GROUP BY fate ORDER BY fate") == [
            ("ignored", 12), ("ticketed", 12),
        ]  # fmt: skip
        assert ask(engine, "SELECT count(*) FROM ticket") == [(12,)]
        acknowledged = "SELECT count(*) FROM outbox WHERE template = 'requester/acknowledged'"
        assert ask(engine, acknowledged) == [(12,)]


def test_c15_a_reply_to_all_that_comes_before_anybody_knew_the_number_is_on_the_same_ticket(
    desk: Steps, box: Box
) -> None:
    """Also F23."""
    box.deliver(
        mail("vpn", sender="tom.reed@corp.example", Cc="mary.jones@corp.example"),
        mail("vpn2", sender="mary.jones@corp.example", Subject="Re: Printer broken vpn", Cc="tom.reed@corp.example",
             In_Reply_To="<vpn@corp.example>", body="Mine too."),
    )  # fmt: skip
    desk.cycle()
    assert fates(desk) == [TICKETED, TICKETED]
    assert desk.rows("SELECT count(*) FROM ticket") == [(1,)]


def test_f23_the_database_itself_refuses_a_second_decision_of_the_same_mail(tables: dict[str, Any]) -> None:
    """Also C5."""
    prepare(tables)
    engine = open_engine(desks.database_url(prepare(tables)))
    try:
        keys = [each["column_names"] for each in inspect(engine).get_unique_constraints("inbound")]
        keys += [[str(name) for name in each["column_names"]] for each in inspect(engine).get_indexes("inbound")
                 if each["unique"]]  # fmt: skip
    finally:
        engine.dispose()
    assert ["mailbox", "uidvalidity", "uid"] in keys and ["dedupe"] in keys
