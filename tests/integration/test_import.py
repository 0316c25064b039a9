"""`maild import`: mbox files and Maildirs into the ledger, nothing twice, nothing missing (PRODUCT §2.1)."""

from __future__ import annotations

import mailbox
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maild import desk, failpoint
from maild.bring import Bringer, Brought
from maild.ingest.mailfiles import mails_in
from maild.store import ledger, ledger_lists
from tests import servers
from tests.desks import Box, Steps, ask, looking, mail, prepared, running
from tests.office import ROOT, Indoors

NOW = datetime.now(UTC)


@pytest.fixture(scope="module", autouse=True)
def _worker() -> Iterator[None]:
    yield
    Indoors.close()


@pytest.fixture
def office(tmp_path: Path) -> Indoors:
    made = Indoors(tmp_path)
    made.told("db", "upgrade")
    return made


def unix(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n")


def put_mbox(path: Path, *mails: bytes, when: str = "Mon Jan  5 10:00:00 2026") -> Path:
    """An mbox as Python's own library writes it, with this moment in every From line."""
    box = mailbox.mbox(path)
    for raw in mails:
        made = mailbox.mboxMessage(unix(raw))
        made.set_from(f"somebody@corp.example {when}")
        box.add(made)
    box.flush()
    box.close()
    return path


def put_maildir(path: Path, mails: dict[str, bytes]) -> Path:
    """A Maildir with these files, by name; those with flags in their name lie in cur."""
    for folder in ("new", "cur", "tmp"):
        (path / folder).mkdir(parents=True, exist_ok=True)
    for name, raw in mails.items():
        (path / ("cur" if ":2," in name else "new") / name).write_bytes(unix(raw))
    return path


def bodies(path: Path) -> list[bytes]:
    return [each.read() for each in mails_in(path)]


# ── the files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_f13_an_mbox_is_cut_where_mails_begin_and_nowhere_else(tmp_path: Path) -> None:
    text = (
        b"From a@b Mon Jan  5 10:00:00 2026\nSubject: one\n\n>From here on\n>>From there\nFrom me to you\n\n"
        b"From the meeting at 10:30 in 2025\nwe learned nothing\n\n"
        b"From - Mon Jan 05 10:00:00 2026\r\nSubject: two\r\n\r\nb\r\n"
        b"From 123@xxx Mon Apr 03 09:12:33 +0000 2023\nX-GM: 1\nSubject: three\n\nno blank line before me\n\n"
        b"From \nSubject: four\n\n"
    )
    file = tmp_path / "a.mbox"
    file.write_bytes(text)
    assert bodies(file) == [
        b"Subject: one\n\nFrom here on\n>From there\nFrom me to you\n\n"
        b"From the meeting at 10:30 in 2025\nwe learned nothing\n",
        b"Subject: two\r\n\r\nb\r\n",
        b"X-GM: 1\nSubject: three\n\nno blank line before me\n",
        b"Subject: four\n",
    ]


@pytest.mark.parametrize("size", [1, 1023, 2047, 2048, 2049, 4000, 1_048_500, 1_048_576, 1_050_000])
def test_f13_a_mail_begins_wherever_the_reading_happens_to_be_cut(tmp_path: Path, size: int) -> None:
    file = tmp_path / "a.mbox"
    line = b"From a@b Mon Jan  5 10:00:00 2026\n"
    mails = [b"Subject: %d\n\n%s\n" % (n, b"x" * (size + n * 7)) for n in range(4)]
    file.write_bytes(b"".join(line + each + b"\n" for each in mails))
    assert bodies(file) == mails
    assert b"".join(next(iter(mails_in(file))).pieces(1000)).rstrip() == mails[0].rstrip()


def test_f13_what_is_no_file_of_mails_names_itself(office: Indoors) -> None:
    (office.folder / "notes.txt").write_text("From what I hear, all is well.\n" * 100)
    (office.folder / "one.eml").write_bytes(mail("one"))
    (office.folder / "empty.mbox").touch()
    for name, code, words in (
        ("one.eml", 65, "one.eml is no mbox"),
        ("var", 65, "var is no Maildir"),
        ("gone.mbox", 66, "gone.mbox: No such file"),
        ("empty.mbox", 0, ""),
    ):
        done = office.run("import", str(office.folder / name))
        assert done.returncode == code and words in done.stderr.decode(), done
    # It begins like an mbox, and holds no mail: said, and nothing is made of it.
    assert "0 new" in office.told("import", str(office.folder / "notes.txt"))
    assert office.json("inbound", "list") == []


# ── what becomes of them ─────────────────────────────────────────────────────────────────────────────────────────────


def test_c01_imported_mails_become_tickets_and_no_mail_leaves_for_them(office: Indoors) -> None:
    old = put_mbox(office.folder / "old.mbox", mail("one"), mail("two"))
    inside = put_maildir(
        office.folder / "旧邮件" / "支持箱", {"1767600000.M1.host": mail("three"), "1767600001.中文:2,S": mail("four")}
    )
    assert "2 new, 0 known already" in office.told("import", str(old), str(inside))
    rows = office.json("inbound", "list")
    assert {(row["source"], row["mailbox"], row["fate"]) for row in rows} == {
        ("import", "old.mbox", "waiting"),
        ("import", "支持箱", "waiting"),
    }
    assert office.decide() == 4
    assert len(office.json("tickets")) == 4
    assert office.json("outbox", "list") == []
    assert [office.json("show", f"IT-{n}")["timers"] for n in range(1, 5)] == [[]] * 4
    (line,) = [each for each in office.json("show", "IT-1")["history"] if each["what"] == "not written"]
    assert "requester/acknowledged" in line["becomes"] or "agent/new_ticket" in line["becomes"]


def test_c01_with_acknowledge_young_mails_are_answered_and_old_ones_are_not(office: Indoors) -> None:
    young = (datetime.now(UTC) - timedelta(hours=2)).strftime("%a %b %d %H:%M:%S %Y")
    put_mbox(office.folder / "a.mbox", mail("young"), when=young)
    put_mbox(office.folder / "a.mbox", mail("old"))
    office.told("import", "--acknowledge", str(office.folder / "a.mbox"))
    office.decide()
    assert len(office.json("tickets")) == 2
    assert {row["ticket"] for row in office.json("outbox", "list")} == {1}
    assert {row["letter"] for row in office.json("outbox", "list")} == {"requester/acknowledged", "agent/new_ticket"}


def test_f13_when_a_mail_came_is_told_by_received_then_envelope_then_file_then_date(office: Indoors) -> None:
    stamp = "from a by b; Thu, 1 Jan 2026 08:00:00 +0800"
    put_mbox(office.folder / "a.mbox", mail("one", Received=stamp), mail("two"))
    box = put_maildir(
        office.folder / "m", {"1.a": mail("three"), "2.b": mail("four", Date="1 Feb 2026 00:00:00 +0000")}
    )
    os.utime(box / "new" / "1.a", (1_767_600_000, 1_767_600_000))
    os.utime(box / "new" / "2.b", (0, 0))
    office.told("import", str(office.folder / "a.mbox"), str(box))
    moments = {row["subject"].split()[-1]: row["received"][:19] for row in office.json("inbound", "list")}
    assert moments == {
        "one": "2026-01-01T00:00:00",
        "two": "2026-01-05T10:00:00",
        "three": "2026-01-05T08:00:00",
        "four": "2026-02-01T00:00:00",
    }


def test_g1_the_same_mail_in_mailbox_and_import_makes_one_ticket(tmp_path: Path, box: Box, sink: servers.Sink) -> None:
    """Also when it came in by import first, and without a Message-ID; from Dovecot's own Maildir, too."""
    nameless = mail("c").replace(b"Message-ID: <c@corp.example>\r\n", b"")
    big = mail("big", body="y" * 300_000)
    settings = prepared(tmp_path, box, sink.port, limits={"parse_bytes": 100_000, "store_bytes": 1_000_000})
    with Steps(settings) as steps:
        box.deliver(mail("a"), nameless, big)
        steps.fetch()
        folder = Path(box.dovecot.doveadm("user", "-f", "home", box.login).strip()) / "Maildir"
        bringer = Bringer(steps.engine, 100_000, 1_000_000, steps.clock, timedelta(days=3))
        done = list(bringer.bring(folder))[-1]
        assert (done.new, done.known, done.aside) == (0, 3, 0)
        put_mbox(tmp_path / "b.mbox", first := mail("b"))
        assert list(bringer.bring(tmp_path / "b.mbox"))[-1].new == 1
        box.deliver(first)
        steps.fetch()
        steps.receive()
        fates = steps.rows("SELECT fate, count(*) FROM inbound GROUP BY fate ORDER BY fate")
        assert [tuple(row) for row in fates] == [("ignored", 1), ("quarantined", 1), ("ticketed", 3)]


def test_f11_large_mails_are_brought_in_by_the_rules_of_the_mailbox(tmp_path: Path, office: Indoors) -> None:
    office.file.write_text(
        office.file.read_text("utf-8") + "[limits]\nparse_bytes = 100000\nstore_bytes = 1000000\n", "utf-8"
    )
    large, huge = mail("large", body="From x\n" + "y" * 300_000), mail("huge", body="z" * 1_200_000)
    put_mbox(tmp_path / "a.mbox", large, mail("small"), huge)
    assert "3 new, 0 known already, 2 of the new ones too large" in office.told("import", str(tmp_path / "a.mbox"))
    assert "0 new, 3 known already" in office.told("import", str(tmp_path / "a.mbox"))
    with looking(office.settings.database.url) as engine, engine.connect() as connection:
        rows = {row.subject.split()[-1]: row for row in ledger_lists.listing(connection, None, 9)}
        assert ledger.raw(connection, rows["large"].id).rstrip() == unix(large).rstrip()
        assert [rows[name].complete for name in ("large", "small", "huge")] == [True, True, False]
        assert len(ledger.raw(connection, rows["huge"].id)) < 1000
    office.decide()
    assert {row["fate"] for row in office.json("inbound", "list", "--fate", "quarantined")} == {"quarantined"}


def test_f13_an_unreadable_file_names_itself_and_the_others_come_in(
    office: Indoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = put_maildir(office.folder / "m", {"1.a": mail("one"), "2.b": mail("two"), "3.c": b""})
    os.symlink(office.folder / "nowhere", box / "new" / "4.d")
    done = office.run("import", str(box))
    assert done.returncode == 66
    assert "4.d: No such file or directory" in done.stderr.decode()
    assert "2 new, 0 known already, 1 empty, 1 could not be read" in done.stdout.decode()


def test_f09_a_mail_that_is_read_while_it_is_imported_is_found_under_its_new_name(tmp_path: Path) -> None:
    box = put_maildir(tmp_path / "m", {"1.a": mail("one"), "2.b": mail("two")})
    found = mails_in(box)
    first = next(found)
    for name in ("1.a", "2.b"):
        os.rename(box / "new" / name, box / "cur" / f"{name}:2,S")
    assert first.read() == unix(mail("one")) or b"one" in first.read()
    assert b"two" in next(found).read()


def test_f13_a_dry_run_counts_and_writes_nothing(office: Indoors) -> None:
    once = mail("one")
    file = put_mbox(office.folder / "a.mbox", once, mail("two"), *(mail(f"m{n}") for n in range(60)), once)
    assert "62 would be new, 1 known already" in office.told("import", "--dry-run", str(file))
    assert office.json("inbound", "list") == []
    assert "62 new, 1 known already" in office.told("import", str(file))
    assert "0 would be new, 63 known already" in office.told("import", "--dry-run", str(file))


# ── killed, and beside a daemon ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_g1_an_import_that_is_killed_and_run_again_brings_each_mail_once(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Also F15: SIGKILL with a commit open, and behind one; then to the end."""
    office = Indoors(tmp_path)
    if kind == "postgresql":
        url = request.getfixturevalue("postgres").database()
        text = office.file.read_text("utf-8").replace(f"sqlite:///{tmp_path}/var/maild.db", url)
        office.file.write_text(text, "utf-8")
    office.told("db", "upgrade")
    count = 230
    file = put_mbox(tmp_path / "a.mbox", *(mail(f"k{n:03d}") for n in range(count)))

    def there() -> int:
        with looking(office.settings.database.url) as engine:
            return int(ask(engine, "SELECT count(*) FROM inbound")[0][0])

    for point, expected in (("import-uncommitted:2", 50), ("imported:2", 150)):
        done = subprocess.run(
            [sys.executable, "-m", "maild", "import", str(file)],
            env={**os.environ, "PYTHONPATH": str(ROOT), "MAILD_CONFIG": str(office.file), failpoint.ENV: point},
            capture_output=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        assert there() == expected
    assert "80 new, 150 known already" in office.told("import", str(file))
    with looking(office.settings.database.url) as engine:
        assert [row[0] for row in ask(engine, "SELECT message_id FROM inbound ORDER BY id")] == [
            f"<k{n:03d}@corp.example>" for n in range(count)
        ]


def test_g1_two_imports_and_a_mailbox_beside_a_running_daemon_make_one_ticket_a_mail(
    tmp_path: Path, box: Box, sink: servers.Sink
) -> None:
    """Also F14: the daemon hears of it by its doorbell and decides while the import goes on."""
    settings = prepared(tmp_path, box, sink.port)
    mails = [mail(f"p{n:03d}") for n in range(300)]
    file = put_mbox(tmp_path / "a.mbox", *mails)
    told: list[Brought] = []

    def bring() -> None:
        with looking(settings.database.url) as engine:
            bringer = Bringer(engine, 10**7, 10**7, desk.utc_now, timedelta(days=3), on_commit=daemon._received.ring)
            told.append(list(bringer.bring(file))[-1])

    with running(settings) as daemon:
        threads = [threading.Thread(target=bring) for _ in range(2)]
        for thread in threads:
            thread.start()
        box.deliver(*mails[:40], mail("fresh"))
        for thread in threads:
            thread.join()
        assert [each.seen for each in told] == [300, 300]
        with looking(settings.database.url) as engine:

            def count(condition: str) -> int:
                return int(ask(engine, f"SELECT count(*) FROM {condition}")[0][0])

            servers.wait_until(lambda: count("inbound WHERE state <> 'done'") == 0, "all is decided", 60)
            servers.wait_until(lambda: count("ticket") == 301, "one ticket a mail", 30)
            servers.wait_until(lambda: count("outbox WHERE state = 'sent' AND ticket IS NOT NULL") > 0, "sent", 30)
            assert count("inbound WHERE fate NOT IN ('ticketed', 'ignored')") == 0


def test_f11_memory_stays_flat_however_large_the_file_is(tmp_path: Path, office: Indoors) -> None:
    file = tmp_path / "a.mbox"
    with file.open("wb") as out:
        for n in range(40):
            out.write(b"From a@b Mon Jan  5 10:00:00 2026\n" + unix(mail(f"x{n}", body="y" * 1_500_000)) + b"\n")
    engine = desk.open_database(office.settings)
    bringer = Bringer(engine, 25_000_000, 100_000_000, desk.utc_now, timedelta(days=3), dry_run=True)
    tracemalloc.start()
    try:
        done = list(bringer.bring(file))[-1]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        engine.dispose()
    assert done.new == 40
    # A batch of 8 MB, one mail more, and what hashing copies of it; the file has 60 MB.
    assert peak < 30_000_000, peak
