"""The operator's commands against a real SQLite desk; a quiet one's each in a process of its own, as an operator runs
them."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update

from maild import desk
from maild.cli.backup import copy_sqlite
from maild.store import ledger, ledger_lists, schema
from maild.store.engine import open_engine, reading
from tests import servers
from tests.office import ROOT, Desk, Indoors

MAIL = (
    "From: Li Lei <li.lei@corp.example>\r\nTo: it@corp.example\r\nSubject: 打印机坏了 [bold]\x1b[31m\r\n"
    "Message-ID: <a@corp.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    "三楼的打印机坏了\x1b]0;title\x07。\r\n部门：财务部\r\n"
).encode()
ROBOT = b"From: robot@far.example\r\nSubject: gone\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n"


@pytest.fixture
def office(tmp_path: Path) -> Desk:
    """A desk with an empty database of this test's own."""
    made = Indoors(tmp_path)
    made.told("db", "upgrade")
    return made


@pytest.fixture(scope="module")
def quiet_office(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One for all the tests that only look."""
    made = Desk(tmp_path_factory.mktemp("quiet"))
    made.told("db", "upgrade")
    return made


def test_a_delivered_mail_becomes_a_ticket_that_every_command_shows(office: Desk) -> None:
    office.told("deliver", "--mailbox", "pipe", stdin=MAIL)
    (waiting,) = office.json("inbound", "list", "--fate", "waiting")
    assert (waiting["number"], waiting["source"], waiting["mailbox"], waiting["size"]) == (
        1,
        "deliver",
        "pipe",
        len(MAIL),
    )
    assert office.told("inbound", "show", "1", "--raw", "-").encode() == MAIL
    assert office.decide() == 1

    (ticket,) = office.json("tickets")
    assert (ticket["ticket"], ticket["state"], ticket["requester"]) == ("IT-1", "new", "li.lei@corp.example")
    assert office.json("tickets", "--state", "closed") == []
    assert office.json("tickets", "--team", "network") == []
    whole = office.json("show", "it-1")
    assert whole["fields"]["department"] == {"value": "财务部", "source": "label"}
    assert [entry["visibility"] for entry in whole["conversation"]] == ["public"]
    assert {line["what"] for line in whole["history"]} >= {"registered", "category", "priority"}
    assert {mail["letter"] for mail in whole["outgoing"]} == {"requester/acknowledged", "agent/new_ticket"}
    page = office.told("show", "1")
    assert "三楼的打印机坏了" in page and "财务部" in page and "[public]" in page
    for out in (page, office.told("tickets"), office.told("inbound", "list"), office.told("outbox", "list")):
        assert "\x1b" not in out and "\x07" not in out
        assert "打印机坏了 [bold]" in out or out == page


def test_the_fate_of_each_mail_is_listed_and_only_one_without_ticket_is_replayed(office: Desk) -> None:
    office.told("deliver", stdin=MAIL)
    office.told("deliver", stdin=ROBOT)
    office.decide()
    assert [row["number"] for row in office.json("inbound", "list", "--fate", "ignored")] == [2]
    assert "it made ticket IT-1" in office.run("inbound", "replay", "1").stderr.decode()
    assert office.run("inbound", "replay", "1").returncode == 65
    office.told("inbound", "replay", "2")
    assert office.run("inbound", "replay", "2").returncode == 65
    assert [row["number"] for row in office.json("inbound", "list", "--fate", "waiting")] == [2]
    assert office.decide() == 1
    assert office.json("inbound", "show", "2")["fate"] == "ignored"
    office.told("inbound", "replay", "9", code=66)
    office.told("inbound", "show", "9", code=66)


def test_a_failed_mail_is_queued_again_and_a_sent_one_is_not(office: Desk) -> None:
    office.told("deliver", stdin=MAIL)
    office.decide()
    engine = desk.open_database(office.settings)
    with engine.begin() as connection:
        connection.execute(update(schema.outbox).where(schema.outbox.c.id == 1).values(state="failed", last_code=550))
        connection.execute(update(schema.outbox).where(schema.outbox.c.id == 2).values(state="sent"))
    assert [row["number"] for row in office.json("outbox", "list", "--state", "failed")] == [1]
    assert office.json("status", code=1)["level"] == "warn"
    office.told("outbox", "retry", "1")
    assert office.json("outbox", "list", "--state", "queued")[0]["number"] == 1
    office.told("outbox", "retry", "2", code=65)
    office.told("outbox", "retry", "99", code=66)


def test_a_letter_that_the_mode_holds_back_is_not_queued_by_mistake(office: Desk) -> None:
    office.file.write_text(office.file.read_text("utf-8").replace('"live"', '"observe"'), "utf-8")
    office.told("deliver", stdin=MAIL)
    office.decide()
    rows = {row["letter"]: row["number"] for row in office.json("outbox", "list", "--state", "held")}
    letter, notice = rows["requester/acknowledged"], rows["agent/new_ticket"]
    refused = office.run("outbox", "retry", str(letter))
    assert refused.returncode == 65
    assert (
        'mode is observe: this letter to li.lei@corp.example would leave; set mode = "live" first, or --force'
        in refused.stderr.decode()
    )
    assert office.json("outbox", "list", "--state", "queued") == []
    office.file.write_text(office.file.read_text("utf-8").replace('"observe"', '"agents"'), "utf-8")
    assert office.run("outbox", "retry", str(letter)).returncode == 65
    office.told("outbox", "retry", str(notice))
    office.told("outbox", "retry", str(letter), "--force")
    assert {row["number"] for row in office.json("outbox", "list", "--state", "queued")} == {letter, notice}


def test_an_outgoing_mail_is_shown_as_it_can_be_read(office: Desk) -> None:
    office.told("deliver", stdin=MAIL)
    office.decide()
    (number,) = [row["number"] for row in office.json("outbox", "list") if row["letter"] == "requester/acknowledged"]
    page = office.told("outbox", "show", str(number))
    assert "queued" in page and "To: " in page and "li.lei@corp.example" in page and "打印机坏了" in page
    assert "IT-1" in page and "\x1b" not in page
    whole = office.json("outbox", "show", str(number))
    assert whole["state"] == "queued" and "IT-1" in whole["text"]
    raw = office.told("outbox", "show", str(number), "--raw", "-").encode()
    assert whole["message_id"].encode() in raw
    office.told("outbox", "show", str(number), "--raw", "one.eml")
    assert b"Subject:" in (office.folder / "one.eml").read_bytes()
    office.told("outbox", "show", "99", code=66)


def test_status_says_when_nobody_reads_the_mailbox(tmp_path: Path) -> None:
    office = Desk(tmp_path, '[[mailbox]]\nhost = "127.0.0.1"\nlogin = "it"\npassword_from = "env:NONE"\n')
    office.told("db", "upgrade")
    found = office.json("status", code=2)
    assert found["level"] == "critical" and "never read" in found["troubles"][0]["what"]
    assert "CRITICAL" in office.told("status", code=2)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 64),
        (("frobnicate",), 64),
        (("show",), 64),
        (("show", "IT-x"), 64),
        (("show", "IT-7"), 66),
        (("tickets", "--state", "lost"), 64),
        (("inbound", "list", "--fate", "lost"), 64),
        (("--config", "/nonexistent/config.toml", "status"), 78),
        (("version",), 0),
        (("db", "state"), 0),
        (("status",), 0),
    ],
)
def test_every_end_has_its_sysexits_code(quiet_office: Desk, arguments: tuple[str, ...], code: int) -> None:
    done = quiet_office.run(*arguments)
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


def test_a_desk_without_database_or_with_mistakes_is_told_in_a_line_with_its_code(tmp_path: Path) -> None:
    office = Desk(tmp_path)
    for command in (("status",), ("run",), ("tickets",)):
        done = office.run(*command)
        assert done.returncode == 78 and done.stderr.count(b"\n") == 1, done.stderr
    assert office.told("db", "state", code=78) == "empty\n"
    office.file.write_text("[nonsense]\n")
    done = office.run("run")
    assert done.returncode == 78 and b"[nonsense]" in done.stderr and b"[desk]" in done.stderr


# ── deliver ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_deliver_never_lets_a_mail_bounce_for_a_fault_of_ours(tmp_path: Path) -> None:
    office = Desk(tmp_path)
    assert office.run("deliver", stdin=MAIL).returncode == 75
    office.told("db", "upgrade")
    assert office.run("deliver", stdin=b" \n").returncode == 65
    office.file.write_text("[nonsense]\n")
    assert office.run("deliver", stdin=MAIL).returncode == 75
    office.file.unlink()
    assert office.run("deliver", stdin=MAIL).returncode == 75


def test_of_a_mail_over_the_store_limit_only_the_header_is_kept(tmp_path: Path) -> None:
    office = Desk(tmp_path, "[limits]\nparse_bytes = 100000\nstore_bytes = 1000000\n")
    office.told("db", "upgrade")
    huge = MAIL + b"x" * 1_200_000
    office.told("deliver", stdin=huge)
    with reading(desk.open_database(office.settings)) as connection:
        row = ledger_lists.get(connection, 1)
        kept = ledger.raw(connection, 1)
    assert (row.complete, row.size, row.message_id) == (False, len(huge), "<a@corp.example>")
    assert kept == huge[: 64 * 1024]


# ── db ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_database_from_the_future_is_left_alone(office: Desk) -> None:
    assert "up to date" in office.told("db", "upgrade")
    with desk.open_database(office.settings).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert office.told("db", "state", code=78) == "future\n"
    office.told("db", "upgrade", code=78)
    office.told("status", code=78)


def test_the_copy_of_a_database_in_use_is_whole_and_private(office: Desk) -> None:
    office.told("deliver", stdin=MAIL)
    engine = desk.open_database(office.settings)
    with engine.begin() as connection:
        ledger.begin_attempt(connection, [1])
        copy = copy_sqlite(engine)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with reading(open_engine(f"sqlite:///{copy}")) as connection:
        assert ledger.raw(connection, 1) == MAIL


# ── inspect ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_inspect_prints_one_ascii_line_a_file_in_order_and_nothing_else(tmp_path: Path) -> None:
    office = Desk(tmp_path)
    names = []
    for name, raw in (
        ("b", MAIL),
        ("bomb", b"Subject: bomb\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\nhello"),
        ("a", ROBOT),
    ):
        (tmp_path / f"{name}.eml").write_bytes(raw)
        names.append(f"{name}.eml")
    names.insert(1, "none.eml")
    done = office.run("inspect", "--json", *names)
    assert done.returncode == 0 and done.stdout.isascii()
    found = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [each["file"] for each in found] == names
    assert [each["screening"]["verdict"] for each in found] == ["person", "quarantine", "quarantine", "out_of_office"]
    assert [each["error"] is None for each in found] == [True, False, True, True]
    assert (found[2]["subject"], found[2]["text"]) == ("bomb", "hello")
    assert not (tmp_path / "var").exists()
    page = office.told("inspect", *names)
    assert "\x1b" not in page and "财务部" in page and "requester/acknowledged" in page


def test_inspect_works_without_any_config(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MAIL)
    environment = {key: value for key, value in os.environ.items() if key != "MAILD_CONFIG"}
    done = subprocess.run(
        [sys.executable, "-m", "maild", "inspect", "--json", "a.eml"],
        capture_output=True, cwd=tmp_path, env={**environment, "PYTHONPATH": str(ROOT)}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    assert json.loads(done.stdout)["category"] == "hardware"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.eml"]


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_commands_work_on_postgresql_as_well(postgres: servers.Postgres, tmp_path: Path) -> None:
    office = Desk(tmp_path)
    text = office.file.read_text(encoding="utf-8")
    key = tmp_path / "signing.key"
    office.told("init", "--key", str(key))
    office.file.write_text(
        text.replace(f"sqlite:///{tmp_path}/var/maild.db", postgres.database())
        + f'[secrets]\nsigning_key_from = "file:{key}"\n',
        encoding="utf-8",
    )
    assert office.told("db", "state", code=78) == "empty\n"
    assert "is ready" in office.told("db", "upgrade")
    office.told("deliver", stdin=MAIL)
    assert office.decide() == 1
    assert [ticket["ticket"] for ticket in office.json("tickets")] == ["IT-1"]
    assert office.json("show", "IT-1")["fields"]["department"]["value"] == "财务部"
    assert office.json("status")["level"] == "ok"
