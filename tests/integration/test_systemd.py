"""Under systemd: the unit file, the notify protocol on a real datagram socket, and `maild run` as systemd sees it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from maild import notify as protocol
from maild.demo.postoffice import PostOffice
from tests.conftest import need
from tests.servers import free_port, wait_until
from tests.supervisor import Systemd

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "systemd" / "maild.service"
SUPPORT, LI_LEI = "support@corp.example", "li.lei@corp.example"

# ── the unit file ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The shipped unit with a program that exists: verify looks for it."""
    need("systemd-analyze", "systemd")
    text = UNIT.read_text(encoding="utf-8")
    assert "ExecStart=/opt/maild/bin/maild " in text
    copy = tmp_path / "maild.service"
    copy.write_text(text.replace("/opt/maild/bin/maild ", "/bin/true "), encoding="utf-8")
    return copy


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_COLORS": "0"},
    )  # fmt: skip


def test_systemd_finds_nothing_to_say_about_the_unit(unit: Path) -> None:
    done = analyze("verify", "--recursive-errors=no", "--man=no", str(unit))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_unit_exposes_little(unit: Path) -> None:
    done = analyze("security", "--offline=true", "--threshold=15", str(unit))
    assert done.returncode == 0, done.stdout[-500:]


def settings_of_unit() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def test_a_start_that_cannot_succeed_is_not_repeated() -> None:
    """78 is what maild run ends with on a mistake in config.toml or a schema that is not its own."""
    assert settings_of_unit()["RestartPreventExitStatus"] == ["78"]


def test_the_unit_never_migrates_the_database() -> None:
    """`maild db upgrade` belongs to whoever has just made the backup."""
    assert "ExecStartPre" not in settings_of_unit()


def test_the_user_of_the_unit_can_read_its_config() -> None:
    """The folder belongs to root, and systemd gives it this mode at each start."""
    assert settings_of_unit()["ConfigurationDirectoryMode"] == ["0755"]


def test_the_commands_of_the_manual_name_the_credentials_of_the_unit() -> None:
    manual = (ROOT / "docs" / "admin.md").read_text(encoding="utf-8")
    loaded = settings_of_unit()["LoadCredential"]
    assert loaded and all(f"-p LoadCredential={each} " in manual for each in loaded)


# ── the protocol ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    listener = Systemd(str(tmp_path / "notify"))
    yield listener
    listener.close()


@pytest.fixture(params=["a path", "an abstract name"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    name = str(tmp_path / "notify") if request.param == "a path" else f"@maild-test-{os.getpid()}-{id(request)}"
    made = Systemd(name)
    yield made
    made.close()


def test_one_call_is_one_datagram_of_lines(listener: Systemd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", listener.address)
    assert protocol.notify("READY=1", "STATUS=运行中")
    assert protocol.notify("WATCHDOG=1")
    wait_until(lambda: len(listener.heard) == 2, "two datagrams")
    assert listener.heard == ["READY=1\nSTATUS=运行中", "WATCHDOG=1"]


def test_a_status_of_two_lines_cannot_become_a_second_assignment(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", systemd.address)
    protocol.notify("STATUS=the server said: no\nMAINPID=1")
    wait_until(lambda: len(systemd.heard) == 1, "a datagram")
    assert systemd.heard == ["STATUS=the server said: no MAINPID=1"]


def test_f15_without_systemd_notifying_is_silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not protocol.notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    assert not protocol.notify("READY=1")


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [
        ("120000000", None, 120.0),
        ("120000000", "own", 120.0),
        ("120000000", "1", None),
        ("", None, None),
        ("soon", None, None),
        (None, None, None),
    ],
)
def test_f15_the_watchdog_is_asked_for_by_two_variables(
    monkeypatch: pytest.MonkeyPatch, usec: str | None, pid: str | None, seconds: float | None
) -> None:
    for name, value in (("WATCHDOG_USEC", usec), ("WATCHDOG_PID", pid)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, str(os.getpid()) if value == "own" else value)
    assert protocol.watchdog_seconds() == seconds


# ── maild run ────────────────────────────────────────────────────────────────────────────────────────────────────────

CONFIG = """
[desk]
address = "{support}"
internal_domains = ["corp.example"]
prefix = "{prefix}"
mode = "live"

[[mailbox]]
host = "127.0.0.1"
port = {imap_port}
security = "none"
login = "{support}"
password_from = "credential:imap_password"

[relay]
host = "127.0.0.1"
port = {smtp_port}
security = "none"

[database]
url = "sqlite:///{state}/maild.db"

[daemon]
state_dir = "{state}"

[teams.service_desk]
title_en = "Service desk"
title_zh = "服务台"

[teams.network]
title_en = "Network"
title_zh = "网络组"

[teams.applications]
title_en = "Applications"
title_zh = "应用组"

[teams.security]
title_en = "Security"
title_zh = "安全组"

[[agents]]
address = "wang.wei@corp.example"
name = "王伟"
teams = ["service_desk"]
"""


class Maild:
    """`maild run` as the unit starts it, with its post office (opened by the test) and systemd at the other end."""

    def __init__(self, folder: Path, systemd: Systemd) -> None:
        self.folder, self.systemd = folder, systemd
        self.office = PostOffice(
            {SUPPORT: "pw", LI_LEI: "pw", "wang.wei@corp.example": "pw"}, None, free_port(), free_port()
        )
        self.log = folder / "log"
        self.config = folder / "config.toml"
        (folder / "credentials").mkdir()
        (folder / "credentials" / "imap_password").write_text("pw\n", encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None
        self.configure("IT")

    def configure(self, prefix: str) -> None:
        text = CONFIG.format(
            support=SUPPORT, prefix=prefix, state=self.folder / "state",
            imap_port=self.office.imap_port, smtp_port=self.office.smtp_port,
        )  # fmt: skip
        self.config.write_text(text, encoding="utf-8")

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "NOTIFY_SOCKET": self.systemd.address,
            "WATCHDOG_USEC": "1500000",
            "CREDENTIALS_DIRECTORY": str(self.folder / "credentials"),
            "PYTHONPATH": str(ROOT),
        }

    def upgrade(self) -> None:
        subprocess.run(
            [sys.executable, "-m", "maild", "db", "upgrade", "--config", str(self.config)],
            env=self.environment(), cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip

    def start(self) -> None:
        # The arguments of ExecStart, with this test's file.
        arguments = settings_of_unit()["ExecStart"][0].replace("/etc/maild/config.toml", str(self.config)).split()[1:]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "maild", *arguments],
                env=self.environment(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def signal(self, which: signal.Signals) -> None:
        assert self.process is not None
        os.kill(self.process.pid, which)

    def ended(self) -> int:
        assert self.process is not None
        return self.process.wait(40)

    def family(self) -> bool:
        """Whether any process of its group still lives."""
        assert self.process is not None
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def logged(self, text: str) -> Callable[[], bool]:
        return lambda: text in self.log.read_text(encoding="utf-8")

    def close(self) -> None:
        if self.process is not None:
            if self.family():
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        self.office.close()

    def report(self, subject: str) -> None:
        lines = (
            f"From: Li Lei <{LI_LEI}>",
            f"To: {SUPPORT}",
            f"Subject: {subject}",
            f"Message-ID: <{subject.replace(' ', '.')}@corp.example>",
            "Date: Mon, 05 Jan 2026 09:00:00 +0800",
            "",
            "The printer in room 301 jams again.",
            "",
        )
        self.office.put(SUPPORT, "\r\n".join(lines).encode())

    def acknowledged(self, tag: str) -> None:
        wait_until(
            lambda: any(tag.encode() in raw for raw in self.office.mails(LI_LEI)), f"a mail with {tag} to {LI_LEI}", 30
        )


@pytest.fixture
def maild(tmp_path: Path, systemd: Systemd) -> Iterator[Maild]:
    folder = tmp_path / "maild"
    folder.mkdir()
    (folder / "state").mkdir(mode=0o700)
    daemon = Maild(folder, systemd)
    yield daemon
    daemon.close()


def test_f20_ready_comes_only_when_the_mailbox_has_answered(maild: Maild) -> None:
    maild.upgrade()
    maild.start()
    heard = maild.systemd

    def told_why() -> bool:
        return any(line.startswith("STATUS=waiting for mailbox main: ") for line in heard.lines())

    wait_until(told_why, "a status line that says what is missing", 30)
    heard.wait("WATCHDOG=1")
    # systemd must not give up while the server is away.
    heard.wait("EXTEND_TIMEOUT_USEC=30000000")
    assert "READY=1" not in heard.lines()
    status = next(line for line in heard.lines() if line.startswith("STATUS=waiting for mailbox main: "))
    assert "127.0.0.1" in status and str(maild.office.imap_port) in status

    maild.office.start()
    heard.wait("READY=1")
    assert "STATUS=running" in heard.lines()[heard.lines().index("READY=1") :]


def test_f20_a_database_without_maild_s_schema_ends_the_start_with_78_and_the_remedy(maild: Maild) -> None:
    maild.office.start()
    maild.start()
    assert maild.ended() == 78
    assert "run `maild db upgrade`" in maild.log.read_text(encoding="utf-8")
    assert "READY=1" not in maild.systemd.lines()


def test_f20_a_mistake_in_config_toml_ends_the_start_with_78(maild: Maild) -> None:
    maild.config.write_text("[desk]\n", encoding="utf-8")
    maild.start()
    assert maild.ended() == 78
    assert "desk.address: is missing" in maild.log.read_text(encoding="utf-8")


def test_f16_sigterm_ends_maild_and_its_parser_and_says_so(maild: Maild) -> None:
    maild.office.start()
    maild.upgrade()
    maild.start()
    maild.systemd.wait("READY=1")
    maild.report("Printer jam")
    maild.acknowledged("[IT-1]")
    maild.signal(signal.SIGTERM)
    maild.systemd.wait("STOPPING=1")
    assert maild.ended() == 0
    # KillMode=mixed relies on this: nobody else ends the parsing process.
    assert not maild.family()


def test_f16_sigterm_is_heard_while_the_mailbox_is_away(maild: Maild) -> None:
    maild.upgrade()
    maild.start()
    maild.systemd.wait("WATCHDOG=1")
    since = time.monotonic()
    maild.signal(signal.SIGTERM)
    maild.systemd.wait("STOPPING=1")
    assert maild.ended() == 0
    assert time.monotonic() - since < 10


@pytest.mark.parametrize("away", [False, True], ids=["ready", "waiting for the mailbox"])
def test_f15_the_watchdog_is_fed_at_its_own_pace_while_nothing_happens(maild: Maild, away: bool) -> None:
    if not away:
        maild.office.start()
    maild.upgrade()
    maild.start()
    maild.systemd.wait("WATCHDOG=1" if away else "READY=1")
    so_far = maild.systemd.lines().count("WATCHDOG=1")
    since = time.monotonic()
    maild.systemd.wait("WATCHDOG=1", so_far + 4)
    # Every half second, as WatchdogSec=1.5 asks for: more often than needed, but no flood.
    assert 0.9 < time.monotonic() - since < 10


def test_f20_a_good_config_counts_from_sighup_on_and_a_bad_one_changes_nothing(maild: Maild) -> None:
    maild.office.start()
    maild.upgrade()
    maild.start()
    maild.systemd.wait("READY=1")

    maild.configure("HELP")
    maild.signal(signal.SIGHUP)
    maild.systemd.wait("RELOADING=1")
    maild.systemd.wait("READY=1", 2)
    assert maild.logged("config reloaded")()
    maild.report("Printer jam")
    maild.acknowledged("[HELP-1]")

    maild.configure("X1")
    with maild.config.open("a", encoding="utf-8") as file:
        file.write('\n[daemons]\ntick = "1s"\n')
    maild.signal(signal.SIGHUP)
    maild.systemd.wait("READY=1", 3)
    wait_until(maild.logged("config not reloaded, the old one stays: "), "a log line")
    assert maild.logged("[daemons] is no section of config.toml; did you mean daemon?")()
    assert "STATUS=config not reloaded: it has mistakes" in maild.systemd.lines()
    maild.report("Another jam")
    maild.acknowledged("[HELP-2]")
