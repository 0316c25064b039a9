"""`maild init`: what it writes, and what it never does."""

import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maild.cli import main
from maild.cli.init_text import Answers, config_text
from maild.cli.providers import PROVIDERS
from maild.config import load
from maild.doctor.examine import examine

AGENT = "王伟=wang.wei@corp.example"


def maild(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["maild", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


@pytest.mark.parametrize("name", list(PROVIDERS))
def test_the_file_of_every_provider_is_a_config_that_loads(name: str, tmp_path: Path) -> None:
    provider = PROVIDERS[name]
    answers = Answers(
        address="it@corp.example",
        name_en='The "Desk"',
        name_zh="IT服务台",
        domains=("corp.example", "corp.test"),
        zone="Europe/Berlin",
        country="",
        provider=provider,
        imap_host=provider.imap_host or "mail.corp.example",
        smtp_host=provider.smtp_host or "mail.corp.example",
        login="CORP\\it\\support",
        password_from="credential:mailbox",
        agents=(("王伟", "wang.wei@corp.example"), ("Anna Berg", "anna@corp.example")),
        admins=(("Root", "root@corp.example"),),
        state_dir="/var/lib/maild",
        signing_key_from="credential:key",
    )
    file = tmp_path / "config.toml"
    file.write_text(config_text(answers), encoding="utf-8")
    settings = load(file)
    assert settings.policy.desk.name.en == 'The "Desk"'
    assert settings.policy.mode == "observe"
    assert settings.mailboxes[0].login == "CORP\\it\\support"
    assert settings.mailboxes[0].port == provider.imap_port
    assert settings.relay is not None and settings.relay.port == provider.smtp_port
    assert {agent.language for agent in settings.policy.agents.values()} == {"zh-CN", "en"}
    assert all(len(agent.teams) == 4 for agent in settings.policy.agents.values())


def test_without_questions_it_writes_a_config_that_check_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "config.toml"
    given = ("--yes", "--provider", "exmail", "--address", "it@corp.example", "--agent", AGENT, "--out", str(out))
    assert maild(monkeypatch, "init", *given) == 0
    assert f"maild -c {out} check" in capsys.readouterr().out
    password = tmp_path / "mailbox.password"
    assert not password.exists()
    password.write_text("secret\n")
    password.chmod(0o600)
    assert maild(monkeypatch, "--config", str(out), "db", "upgrade") == 0
    findings = list(examine(out, datetime.now(UTC), doors=False))
    assert [each for each in findings if each.level == "fail"] == []
    assert "secret" not in out.read_text(encoding="utf-8")


def test_an_existing_file_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "config.toml"
    out.write_text("mine")
    assert (
        maild(monkeypatch, "init", "--yes", "--address", "it@corp.example", "--agent", AGENT, "--out", str(out)) == 65
    )
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--provider", "163"), "--address, --agent"),
        (("--address", "it@corp.example", "--agent", AGENT), "--imap-host, --smtp-host"),
        (("--provider", "163", "--address", "it@corp.example", "--agent", "wang.wei@corp.example"), "NAME=ADDRESS"),
        (("--provider", "gmx"), "--provider"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    arguments: tuple[str, ...],
    word: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert maild(monkeypatch, "init", "--yes", *arguments, "--out", str(tmp_path / "c.toml")) == 64
    assert word in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_in_the_answers_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--provider", "163", "--address", "it@corp.example", "--agent", AGENT, "--zone", "Mars/Base")
    assert maild(monkeypatch, "init", "--yes", *given, "--out", str(tmp_path / "c.toml")) == 65
    assert "desk.zone: is no time zone" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_signing_key_is_its_owners_alone_and_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "keys" / "signing.key"
    assert maild(monkeypatch, "init", "--key", str(key)) == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_text()
    assert len(before.strip()) == 64
    assert maild(monkeypatch, "init", "--key", str(key)) == 65
    assert key.read_text() == before


def test_asked_questions_and_password_end_in_config_and_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "config.toml"
    lines = iter(["other", "nonsense", "it@corp.example", "", "imap.corp.example", "", "", "bad", AGENT, ""])
    monkeypatch.setattr("typer.prompt", lambda question, default=None, **_: next(lines) or default or "")
    tested: list[Path] = []
    monkeypatch.setattr("typer.confirm", lambda *_, **__: True)
    monkeypatch.setattr("maild.cli.init._test_logins", tested.append)
    monkeypatch.setattr("maild.cli.init_ask.getpass", lambda _: "s3cret")
    assert maild(monkeypatch, "init", "--out", str(out)) == 0
    settings = load(out)
    assert settings.mailboxes[0].host == "imap.corp.example"
    assert settings.relay is not None and settings.relay.host == "imap.corp.example"
    assert settings.policy.desk.internal_domains == {"corp.example"}
    assert tested == [out]
    password = tmp_path / "mailbox.password"
    assert password.read_text() == "s3cret\n"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert "s3cret" not in out.read_text(encoding="utf-8")
