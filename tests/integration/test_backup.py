"""`maild backup`, and the way back that docs/admin.md describes (PRODUCT §5)."""

from __future__ import annotations

import re
import shutil
import sqlite3
import stat
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from maild.cli import backup as backing
from maild.store import restored, timers
from maild.store.engine import open_engine
from tests import servers
from tests.conftest import need
from tests.crash.rounds import Rounds
from tests.desks import SUPPORT, ask, looking, mail
from tests.office import Indoors


@pytest.fixture(scope="module", autouse=True)
def _worker() -> Iterator[None]:
    yield
    Indoors.close()


@pytest.fixture
def office(tmp_path: Path) -> Indoors:
    made = Indoors(tmp_path)
    made.told("db", "upgrade")
    return made


def on_postgres(folder: Path, url: str) -> Indoors:
    office = Indoors(folder)
    key = folder / "key"
    key.touch(0o600)
    key.write_text("k" * 64)
    office.file.write_text(
        office.file.read_text("utf-8").replace(f"sqlite:///{folder}/var/maild.db", url)
        + f'[secrets]\nsigning_key_from = "file:{key}"\n',
        "utf-8",
    )
    office.told("db", "upgrade")
    return office


# ── the copy ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_g1_a_backup_is_whole_private_and_never_overwrites(office: Indoors) -> None:
    office.told("deliver", stdin=mail("one"))
    file = office.folder / "copy.db"
    said = office.told("backup", str(file))
    assert "checked" in said and "signing.key" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    office.told("deliver", stdin=mail("two"))
    refused = office.run("backup", str(file))
    assert refused.returncode == 73 and b"is there already" in refused.stderr
    assert file.read_bytes() == before
    office.told("backup", str(file), "--force")
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as copy:
        assert copy.execute("SELECT count(*) FROM inbound").fetchone() == (2,)
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    copy.close()
    assert sorted(each.name for each in office.folder.iterdir()) == ["config.toml", "copy.db", "var"]
    gone = office.run("backup", str(office.folder / "no" / "such" / "copy.db"))
    assert gone.returncode == 73 and b"No such file" in gone.stderr


def test_g1_a_folder_of_backups_keeps_the_newest_and_nothing_else_is_deleted(office: Indoors) -> None:
    folder = office.folder / "backups"
    folder.mkdir()
    names = [f"maild-2026010{n}T000000Z.db" for n in range(1, 5)]
    for name in (*names, "maild-mine.db", "other.db"):
        (folder / name).write_text("x")
    said = office.told("backup", str(folder), "--keep", "2")
    left = sorted(each.name for each in folder.iterdir())
    assert left[0] == names[-1] and left[2:] == ["maild-mine.db", "other.db"]
    assert re.fullmatch(r"maild-\d{8}T\d{6}Z\.db", left[1]) and said.count("deleted") == 3


def test_f21_a_copy_that_is_damaged_gets_no_name(office: Indoors, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(source: Path, target: Path) -> None:
        raise backing.Damaged("page 7 is never used")

    monkeypatch.setattr(backing, "_copy", spoil)
    done = office.run("backup", str(office.folder / "copy.db"))
    assert done.returncode == 65 and b"page 7" in done.stderr
    assert not list(office.folder.glob("*copy.db*"))


def test_f21_a_source_with_a_broken_page_is_told(office: Indoors) -> None:
    for n in range(30):
        office.told("deliver", stdin=mail(f"b{n}", body="y" * 3000))
    database = office.folder / "var" / "maild.db"
    with open_engine(f"sqlite:///{database}").connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    sqlite3.connect(database).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    with database.open("r+b") as file:
        file.seek(4096 * 12)
        file.write(b"\xff" * 4096 * 4)
    done = office.run("backup", str(office.folder / "copy.db"))
    assert done.returncode in (65, 75) and not (office.folder / "copy.db").exists()


def test_g9_the_postgresql_password_never_stands_in_a_command_line(
    postgres: servers.Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("pg_dump", "postgresql-client")
    office = on_postgres(tmp_path, postgres.database())
    office.told("deliver", stdin=mail("one"))
    said = office.told("backup", str(tmp_path / "copy.dump"))
    assert "checked" in said and stat.S_IMODE((tmp_path / "copy.dump").stat().st_mode) == 0o600
    listed = subprocess.run(["pg_restore", "--list", tmp_path / "copy.dump"], capture_output=True, check=True).stdout
    assert b"TABLE DATA public inbound" in listed
    seen: list[list[str]] = []
    environments: list[dict[str, str]] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        seen.append(command)
        environments.append(dict(options.get("env") or {}))  # type: ignore[call-overload]  # what subprocess takes
        return subprocess.CompletedProcess(command, 0, b" inbound ", b"")

    monkeypatch.setattr(subprocess, "run", run)
    backing._dump("postgresql+psycopg://maild:s3cret@db.corp.example/maild", tmp_path / "x")
    assert "s3cret" not in " ".join(map(str, seen[0])) and environments[0]["PGPASSWORD"] == "s3cret"
    assert "--dbname=postgresql://maild@db.corp.example/maild" in seen[0]


def test_g1_without_pg_dump_the_command_to_run_is_told(
    postgres: servers.Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = on_postgres(tmp_path, postgres.database())
    monkeypatch.setenv("PATH", str(tmp_path))
    done = office.run("backup", str(tmp_path / "copy.dump"))
    assert done.returncode == 69 and b"pg_dump --format=custom --no-password --file=FILE --dbname=" in done.stderr
    assert not (tmp_path / "copy.dump").exists()


# ── the way back ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_g2_a_restored_database_holds_what_may_have_left_and_gives_no_number_twice(office: Indoors) -> None:
    for mark in ("one", "two"):
        office.told("deliver", stdin=mail(mark))
    office.decide()
    refused = office.run("db", "restored")
    assert refused.returncode == 64 and b"--yes" in refused.stderr
    said = office.told("db", "restored", "--yes", "--skip", "1500")
    assert "4 mails that were about to leave are held" in said and "The next ticket is IT-2001" in said
    assert {(row["state"], row["reason"]) for row in office.json("outbox", "list")} == {("held", restored.RESTORED)}
    with looking(office.settings.database.url) as engine, engine.connect() as connection:
        due = timers.next_due(connection)
        assert due is not None and due > datetime.now(UTC) + timedelta(minutes=50)
    office.told("deliver", stdin=mail("three"))
    office.decide()
    assert {row["ticket"] for row in office.json("tickets")} == {"IT-1", "IT-2", "IT-2001"}
    assert office.json("inbound", "list")[0]["number"] == 2001
    office.told("outbox", "retry", "1")
    assert office.json("outbox", "show", "1")["state"] == "queued"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_g2_a_database_on_which_a_daemon_runs_is_not_touched(
    kind: str, tmp_path: Path, sink: servers.Sink, fresh_dovecot: servers.Dovecot, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres").database() if kind == "postgresql" else ""
    rounds = Rounds(tmp_path / "desk", fresh_dovecot, sink, url)
    office = Indoors(tmp_path)
    (tmp_path / "config.toml").write_text(
        office.file.read_text("utf-8").replace(f"sqlite:///{tmp_path}/var/maild.db", rounds.url), "utf-8"
    )
    rounds.start()
    try:
        servers.wait_until(lambda: rounds.said("ready"), "the daemon is ready", 30)
        done = office.run("db", "restored", "--yes")
        assert done.returncode == 75, done
        rounds.stop()
        done = office.run("db", "restored", "--yes")
        assert done.returncode == 0 and b"maild/Processed" not in done.stderr, done
    finally:
        rounds.close()


def marks_on_the_wire(sink: servers.Sink) -> dict[str, list[tuple[str, str]]]:
    """Per mark of a mail that came in: (ticket number, Message-ID) of each acknowledgement that its writer got."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for accepted in sink.mails:
        made = message_from_bytes(accepted.raw, policy=policy.default)
        mark = re.match(r"u-(m\d{4}x\w+)@", str(made["To"].addresses[0].addr_spec))
        tag = re.search(r"\[IT-(\d+)\]", str(made["Subject"]))
        if mark and tag:
            found[mark[1]].append((tag[1], str(made["Message-ID"])))
    return found


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_g1_restored_from_a_backup_made_under_load_nothing_is_lost_and_nothing_old_is_sent_again(
    kind: str, tmp_path: Path, sink: servers.Sink, fresh_dovecot: servers.Dovecot, request: pytest.FixtureRequest
) -> None:
    """Also G2, F20: backup while running, more mail, kill -9, restore, `db restored`, mails moved back, start."""
    url = ""
    if kind == "postgresql":
        need("pg_dump", "postgresql-client")
        url = request.getfixturevalue("postgres").database()
    rounds = Rounds(tmp_path / "desk", fresh_dovecot, sink, url)
    copy = tmp_path / "copy"
    try:
        rounds.start()
        loading = threading.Thread(target=lambda: [rounds.deliver(5) or time.sleep(0.02) for _ in range(10)])  # type: ignore[func-returns-value]  # the pause between two loads
        loading.start()
        with looking(rounds.url) as engine:
            servers.wait_until(lambda: ask(engine, "SELECT count(*) FROM ticket")[0][0] >= 10, "load", 60)
            backing.save(engine, rounds.url, copy, force=False)
        loading.join()
        rounds.deliver(10)
        rounds.settle()
        rounds.kill("after the backup")
        before = marks_on_the_wire(sink)
        assert set(before) == set(rounds.sent)

        put_back(rounds.url, copy)
        with looking(rounds.url) as engine:
            with engine.begin() as connection:
                # As if the copy had been made while these were on their way, queued and in hand.
                connection.exec_driver_sql("UPDATE outbox SET state = 'queued', sent = NULL WHERE id <= 3")
                connection.exec_driver_sql("UPDATE outbox SET state = 'leased', sent = NULL WHERE id IN (4, 5)")
            known = {row[0].split()[-1] for row in ask(engine, "SELECT subject FROM inbound WHERE fate = 'ticketed'")}
            with engine.begin() as connection:
                done = restored.make_safe(connection, datetime.now(UTC), 1000)
            assert 0 < len(known) < len(rounds.sent) and done.next_ticket == 2001 and done.held >= 5
        # New mail comes first: had numbers not been left out, it would get those of mails that the copy does not know.
        fresh = set(rounds.deliver(5))
        rounds.start()
        with looking(rounds.url) as engine:

            def tickets() -> list[str]:
                return sorted(row[0].split()[-1] for row in ask(engine, "SELECT subject FROM ticket"))

            servers.wait_until(lambda: fresh <= set(tickets()), "new mail has its tickets", 60)
            fresh_dovecot.doveadm("move", "-u", SUPPORT, "INBOX", "mailbox", "maild/Processed", "all")
            servers.wait_until(lambda: len(set(tickets())) == len(rounds.sent), "every mail has its ticket", 60)
            quiet = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'leased', 'unknown')"
            servers.wait_until(lambda: ask(engine, quiet)[0][0] == 0, "all is sent", 60)
            # Nothing lost, and one ticket a mail.
            assert tickets() == sorted(rounds.sent)
        rounds.stop()
        after = marks_on_the_wire(sink)
        ids = [message_id for letters in after.values() for _, message_id in letters]
        # No mail left twice; nobody whose ticket the backup knows was answered again.
        assert len(ids) == len(set(ids))
        assert all(len(after[mark]) == 1 for mark in known), {mark: after[mark] for mark in known}
        # No ticket number was given to two mails.
        owners = defaultdict(set)
        for mark, letters in after.items():
            for number, _ in letters:
                owners[number].add(mark)
        assert all(len(marks) == 1 for marks in owners.values())
    finally:
        rounds.close()


def put_back(url: str, copy: Path) -> None:
    """As docs/admin.md says: the copy takes the database's place."""
    if url.startswith("sqlite"):
        database = Path(url.removeprefix("sqlite:///"))
        for end in ("-wal", "-shm"):
            database.with_name(database.name + end).unlink(missing_ok=True)
        shutil.copy(copy, database)
        return
    plain = url.replace("postgresql+psycopg", "postgresql")
    subprocess.run(
        ["pg_restore", "--clean", "--if-exists", "--no-owner", f"--dbname={plain}", str(copy)],
        check=True, capture_output=True,
    )  # fmt: skip
