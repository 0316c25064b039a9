"""A disk that is full, limited, read-only or broken, under a real daemon with a real mailbox and relay."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from maild import fetch
from maild.store import engine as stores
from tests import servers
from tests.conftest import USERS, need
from tests.crash.history import Death, in_hand
from tests.crash.rounds import ROOT
from tests.desks import SUPPORT, Box, Steps, looking, mail, prepared
from tests.pressed import Disk, Pressed, limit_files, small_disk
from tests.shim import Shim
from tests.sink import Sink

BULKY = "The printer on floor 3 eats the paper.\r\n" * 5_000


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
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as made:
        yield made


def deliver(desk: Pressed, count: int, body: str) -> None:
    """Mails of which each one needs more room than is left anywhere in the database's files."""
    marks = [f"big{len(desk.sent) + n}" for n in range(count)]
    mails = {mark: mail(mark, body=body) for mark in marks}
    desk.dovecot.deliver_many(SUPPORT, mails.values())
    desk.sent |= mails


def outage(desk: Pressed, begin: Callable[[], None], end: Callable[[], None], says: str, lasts: float = 2.0) -> float:
    """Mail comes in while nothing can be written, and again when it can; the seconds until all of it is done."""
    desk.deliver(3)
    desk.start()
    desk.settle()
    servers.wait_until(lambda: desk.waiting() == 0, "the first mails are put away", 60)
    begin()
    deliver(desk, 4, BULKY)
    servers.wait_until(lambda: says in desk.systemd.status(), f"STATUS says {says}: {desk.tail()}", 60)
    assert desk.systemd.status().startswith("degraded: ")
    servers.wait_until(lambda: bool(desk.alarms()), "the alarm program", 60)
    # Long enough for several tries.
    time.sleep(lasts)
    assert desk.process is not None and desk.process.poll() is None, desk.tail()
    assert desk.waiting() == 4, "no mail may be moved while nothing can be written down"
    seen = desk.dovecot.doveadm("-f", "flow", "fetch", "-u", SUPPORT, "flags", "mailbox", "INBOX", "all")
    assert "\\Seen" not in seen and "\\Deleted" not in seen and "\\Flagged" not in seen
    assert len(desk.lines(says)) <= 8, "a full disk must not be filled by lines about it"
    assert desk.systemd.silent_for() < 3
    end()
    since = time.monotonic()
    desk.well(60)
    took = time.monotonic() - since
    servers.wait_until(lambda: desk.systemd.status() == "running", "STATUS says running", 60)
    servers.wait_until(lambda: len(desk.alarms()) == 2, "the word that it is over", 60)
    first, second = desk.alarms()
    assert first.startswith("database|the database is away: ") and says in first
    assert second.startswith("recovered: database|")
    desk.stop()
    return took


@pytest.mark.timeout(240)
def test_f06_a_full_disk_moves_no_mail_is_told_once_and_work_resumes_by_itself_when_there_is_room(
    tmp_path: Path, dovecot: servers.Dovecot, sink: Sink, disk: Disk
) -> None:
    """Also F16, G8, G9."""
    desk = Pressed(tmp_path / "desk", dovecot, sink, f"sqlite:///{disk.folder / 'maild.db'}")
    try:
        took = outage(
            desk, lambda: disk.fill(desk.pid), lambda: disk.room(desk.pid),
            "make room on the disk" if disk.real else "file",
        )  # fmt: skip
    finally:
        desk.close()
    assert took < 60


@pytest.mark.timeout(240)
def test_f06_files_that_may_not_grow_are_a_full_disk_like_any_other(desk: Pressed) -> None:
    outage(desk, lambda: limit_files(desk.pid, 4096), lambda: limit_files(desk.pid, None), "disk", lasts=1)


@pytest.mark.timeout(120)
def test_f06_after_a_failed_fsync_the_daemon_ends_and_the_next_one_loses_nothing(desk: Pressed, tmp_path: Path) -> None:
    """Also F16: what the kernel could not write may be gone though a second fsync says all is well."""
    shim = Shim(tmp_path / "shim")
    desk.environment = dict(shim.environment)
    desk.deliver(2)
    desk.start()
    desk.settle()
    shim.break_fsync()
    desk.deliver(3)
    assert desk.process is not None
    assert desk.process.wait(30) == 74, desk.tail()
    assert desk.said("fsync failed, so maild ends here")
    servers.wait_until(lambda: sink_rests(desk), "the relay's connections are closed")
    with looking(desk.url) as engine:
        desk.deaths.append(Death("fsync", len(desk.sink.mails), in_hand(engine)))
    shim.mend_fsync()
    desk.start()
    desk.well()
    desk.stop()


def sink_rests(desk: Pressed) -> bool:
    return desk.sink.open == 0


@pytest.mark.timeout(120)
def test_f06_a_database_that_may_only_be_read_is_told_with_its_remedy_and_taken_up_again(
    desk: Pressed,
) -> None:
    if servers.ROOT:
        # Root may write everywhere, unless it gives up that very power.
        need("setpriv", "util-linux")
        desk.before = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--")
    database = Path(desk.url.removeprefix("sqlite:///"))
    database.chmod(0o400)
    desk.folder.chmod(0o500)
    desk.deliver(2)
    desk.start()
    assert desk.process is not None
    assert desk.process.wait(30) == 75, desk.tail()
    assert desk.said("give the daemon's user the right to write") or desk.said("may write"), desk.tail()
    assert "Traceback" not in desk.log.read_text()
    desk.folder.chmod(0o700)
    desk.start()
    servers.wait_until(lambda: desk.said("give the daemon's user the right to write"), desk.tail(), 30)
    assert desk.waiting() == 2 and desk.process.poll() is None
    # Connections that are open already keep what they were; the next ones find the file as it is now.
    database.chmod(0o600)
    desk.well()
    desk.stop()


@pytest.mark.timeout(120)
def test_f06_a_disk_without_inodes_is_told_at_the_start_and_works_when_there_are_some(
    tmp_path: Path, dovecot: servers.Dovecot, sink: Sink
) -> None:
    with small_disk(tmp_path / "disk", "size=8m,nr_inodes=20") as disk:
        if not disk.real:
            pytest.skip("no tmpfs may be mounted here, and nothing else runs out of inodes")
        desk = Pressed(tmp_path / "desk", dovecot, sink, f"sqlite:///{disk.folder / 'maild.db'}")
        try:
            (disk.folder / "maild.db.lock").touch()
            for n in range(20):
                with contextlib.suppress(OSError):
                    (disk.folder / f"eater{n}").touch()
            desk.deliver(2)
            desk.start()
            assert desk.process is not None
            assert desk.process.wait(30) == 75, desk.tail()
            assert "Traceback" not in desk.log.read_text() and desk.said("the database is away")
            for eater in disk.folder.glob("eater*"):
                eater.unlink()
            desk.start()
            desk.well()
            desk.stop()
        finally:
            desk.close()


def test_f06_a_full_temporary_folder_keeps_a_large_mail_in_the_mailbox_and_no_other_mail_waits_for_it(
    tmp_path: Path, box: Box, sink: Sink, lines: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "WINDOW_UIDS", 2)
    large = mail("large", body="x" * 70 + ("\r\n" + "y" * 70) * 30_000)
    box.deliver(mail("one"), large, mail("two"), mail("three"))
    with small_disk(tmp_path / "temporary", "size=1m") as disk:
        if not disk.real:
            pytest.skip("no tmpfs may be mounted here")
        monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
        with Steps(prepared(tmp_path, box, sink.port, limits={"parse_bytes": 100_000})) as steps:
            for _ in range(3):
                steps.cycle()
            assert steps.rows("SELECT count(*) FROM ticket") == [(3,)]
            assert (box.count(), box.count("maild/Processed")) == (1, 3)
            assert len(lines("make room in")) == 1
            subprocess.run(["mount", "-o", "remount,size=10m", str(disk.folder)], check=True)
            steps.fetcher._arrivals._spool_again = 0.0
            steps.cycle()
            assert steps.rows("SELECT fate, complete FROM inbound ORDER BY id DESC LIMIT 1") == [("quarantined", 1)]


def test_f06_the_write_ahead_log_shrinks_again_after_a_long_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "WAL_BYTES", 1_000_000)
    engine = stores.open_engine(f"sqlite:///{tmp_path / 'd.db'}")
    wal = tmp_path / "d.db-wal"
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x BLOB)")
    with stores.reading(engine) as reader:
        reader.exec_driver_sql("SELECT count(*) FROM t").scalar()
        for _ in range(12):
            with engine.begin() as connection:
                connection.exec_driver_sql("INSERT INTO t VALUES (randomblob(1000000))")
        assert wal.stat().st_size > 10_000_000
    for _ in range(3):
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO t VALUES (randomblob(1000000))")
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (randomblob(10))")
    assert wal.stat().st_size < 6_000_000
    engine.dispose()


def test_f06_a_lock_file_that_cannot_be_made_ends_the_start_with_75_and_the_remedy(desk: Pressed) -> None:
    database = Path(desk.url.removeprefix("sqlite:///"))
    lock = database.with_name(database.name + ".lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.daemon", str(desk.config)], cwd=ROOT, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 75 and "Traceback" not in done.stderr
    assert str(lock) in done.stderr
