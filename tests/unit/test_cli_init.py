"""`maild init`: what it writes, and what it never does."""

import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maild.cli import main
from maild.cli.init_text import Answers, config_text
from maild.cli.providers import PROVIDERS
from maild.cli.server_name import split
from maild.config import load
from maild.data import data_dir
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
    lines = iter(["other", "nonsense", "it@corp.example", "", "imap.corp.example", "", "", "bad", AGENT, "", "", ""])
    monkeypatch.setattr("typer.prompt", lambda question, default=None, **_: next(lines) or default or "")
    tested: list[Path] = []
    monkeypatch.setattr("typer.confirm", lambda *_, **__: True)
    monkeypatch.setattr("maild.cli.init._test_logins", tested.append)
    monkeypatch.setattr("maild.cli.init.ask_secret", lambda _: "s3cret")
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


def answered(monkeypatch: pytest.MonkeyPatch, *lines: str) -> list[str]:
    """Give these answers, an empty one for the default; the questions as they are asked."""
    left, asked = iter(lines), []

    def prompt(question: str, default: str | None = None, **_: object) -> str:
        asked.append(f"{question} [{default or ''}]")
        return next(left) or default or ""

    monkeypatch.setattr("typer.prompt", prompt)
    return asked


def test_each_answer_is_judged_where_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "config.toml"
    monkeypatch.setenv("TZ", "Europe/Berlin")
    asked = answered(
        monkeypatch, "other", "it@corp", "it@corp.example", "corp", "", "mail.corp.example:x", "mail.corp.example:143",
        "smtp.corp.example:465", "", "", "A=it@corp.example", AGENT, AGENT, "", "Mars/Base", "", "XX", "de-by",
    )  # fmt: skip
    assert maild(monkeypatch, "init", "--password-from", "env:PASSWORD", "--out", str(out)) == 0
    told = capsys.readouterr().out
    for fault in (
        "it@corp is no e-mail address", "corp is no mail domain", "x is no port", "at least one agent",
        "it@corp.example is the desk's own address", "wang.wei@corp.example is listed already",
        "Mars/Base is no time zone", "no statutory holidays are known for 'XX'",
    ):  # fmt: skip
        assert fault in told
    assert "Time zone of the working hours [Europe/Berlin]" in asked
    assert "Country of the holidays (CN, DE …; empty: none) []" in asked
    settings = load(out)
    box, relay = settings.mailboxes[0], settings.relay
    assert (box.host, box.port, box.security) == ("mail.corp.example", 143, "starttls")
    assert relay is not None and (relay.host, relay.port, relay.security) == ("smtp.corp.example", 465, "tls")
    assert (settings.policy.calendar.zone, settings.country) == ("Europe/Berlin", "DE-BY")


@pytest.mark.parametrize(("given", "country"), [("", "CN"), ("-", "")])
def test_a_chinese_desk_is_asked_whether_its_holidays_are_china_s(
    given: str, country: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server that keeps UTC says nothing of where its people are.
    monkeypatch.setenv("TZ", "UTC")
    out = tmp_path / "config.toml"
    asked = answered(monkeypatch, "", given)
    options: tuple[str, ...] = (
        "--provider",
        "exmail",
        "--address",
        "it@corp.example",
        "--agent",
        AGENT,
        "--login",
        "it",
    )
    options += ("--domain", "corp.example", "--password-from", "env:PASSWORD")
    assert maild(monkeypatch, "init", *options, "--out", str(out)) == 0
    assert asked == [
        "Time zone of the working hours [Asia/Shanghai]",
        "Country of the holidays (CN, DE …; -: none) [CN]",
    ]
    assert load(out).country == country


@pytest.mark.parametrize(
    ("options", "imap", "smtp"),
    [
        ((), (993, "tls"), (587, "starttls")),
        (("--imap-port", "143", "--smtp-port", "465"), (143, "starttls"), (465, "tls")),
        (("--imap-port", "1993", "--smtp-port", "2525"), (1993, "tls"), (2525, "starttls")),
    ],
)
def test_a_port_tells_what_is_spoken_there(
    options: tuple[str, ...],
    imap: tuple[int, str],
    smtp: tuple[int, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "config.toml"
    given = ("--yes", "--address", "it@corp.example", "--agent", AGENT, "--imap-host", "h", "--smtp-host", "h")
    assert maild(monkeypatch, "init", *given, *options, "--out", str(out)) == 0
    settings = load(out)
    assert settings.relay is not None
    assert (settings.mailboxes[0].port, settings.mailboxes[0].security) == imap
    assert (settings.relay.port, settings.relay.security) == smtp


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("mail.corp.example", ("mail.corp.example", 1, "tls")),
        ("mail.corp.example:587", ("mail.corp.example", 587, "starttls")),
        ("[::1]:993", ("::1", 993, "tls")),
        ("[::1]", ("::1", 1, "tls")),
        ("fe80::1", ("fe80::1", 1, "tls")),
    ],
)
def test_a_server_is_read_with_or_without_its_port(given: str, meant: tuple[str, int, str]) -> None:
    assert split(given, 1, "tls") == meant


@pytest.mark.parametrize("given", ["", ":993", "imaps://h", "h:0", "h:65536", "h:", "a b"])
def test_what_is_no_server_is_refused_with_an_example(given: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        split(given, 1, "tls")


def test_for_a_config_of_the_system_the_secrets_are_credentials_and_no_password_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("maild.cli.init._SYSTEM", tmp_path)
    out = tmp_path / "maild" / "config.toml"
    options: tuple[str, ...] = (
        "--provider",
        "163",
        "--address",
        "it@163.com",
        "--agent",
        AGENT,
        "--login",
        "it@163.com",
    )
    options += ("--domain", "corp.example", "--zone", "Asia/Shanghai", "--country", "CN")
    assert maild(monkeypatch, "init", *options, "--out", str(out)) == 0
    settings = load(out)
    assert settings.relay is not None
    assert settings.mailboxes[0].password_from == "credential:imap_password"
    assert settings.relay.password_from == "credential:smtp_password"
    assert settings.secrets.signing_key_from == "credential:signing_key"
    assert settings.database.url == "sqlite:////var/lib/maild/maild.db"
    assert str(settings.state_dir) == "/var/lib/maild"
    assert stat.S_IMODE(out.stat().st_mode) == 0o644
    told = capsys.readouterr().out
    for file in ("imap_password", "smtp_password", "signing_key"):
        assert str(out.with_name(file)) in told
    assert "systemd-run --pipe --wait --uid=maild" in told


def test_the_shipped_config_in_a_checkout_is_not_called_somebody_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "config.toml"
    out.write_bytes((data_dir() / "config.toml").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert maild(monkeypatch, "init") == 65
    told = capsys.readouterr().err
    assert "config.toml here is the shipped one of the checkout; go to an empty folder" in told and "--out FILE" in told


def test_the_version_is_told_as_command_and_as_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert maild(monkeypatch, "--version") == 0
    told = capsys.readouterr().out
    assert told.startswith("maild ")
    assert maild(monkeypatch, "version") == 0
    assert capsys.readouterr().out == told


OAUTH = ("--provider", "m365", "--client-id", "1111-2222", "--tenant", "corp.example")


@pytest.mark.parametrize(
    ("given", "flow", "token_url", "scope"),
    [
        (
            OAUTH,
            "client_credentials",
            "https://login.microsoftonline.com/corp.example/oauth2/v2.0/token",
            "https://outlook.office365.com/.default",
        ),
        (
            ("--provider", "google", "--client-id", "7.apps.googleusercontent.com"),
            "refresh_token",
            "https://oauth2.googleapis.com/token",
            "",
        ),
    ],
)
def test_c07_providers_that_want_oauth_get_their_section_and_the_steps_to_it(
    given: tuple[str, ...],
    flow: str,
    token_url: str,
    scope: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "config.toml"
    more = ("--address", "it@corp.example", "--agent", AGENT, "--out", str(out))
    assert maild(monkeypatch, "init", "--yes", *given, *more) == 0
    settings = load(out)
    oauth = settings.mailboxes[0].oauth
    assert oauth is not None and settings.relay is not None
    assert (oauth.flow, oauth.token_url, oauth.scope) == (flow, token_url, scope)
    assert (settings.mailboxes[0].password_from, settings.relay.password_from, settings.relay.oauth_of) == (
        "",
        "",
        "main",
    )
    told = capsys.readouterr().out
    assert str(tmp_path / "oauth_client_secret") in told and "docs/admin.md" in told
    assert (str(tmp_path / "oauth_refresh_token") in told) == (flow == "refresh_token")
    # Below /etc they are credentials, and the unit must be told of them.
    monkeypatch.setattr("maild.cli.init._SYSTEM", tmp_path)
    below = tmp_path / "etc" / "config.toml"
    assert maild(monkeypatch, "init", "--yes", *given, *more[:-1], str(below)) == 0
    section = load(below).mailboxes[0].oauth
    assert section is not None and section.client_secret_from == "credential:oauth_client_secret"
    told = capsys.readouterr().out
    assert f"LoadCredential=oauth_client_secret:{below.with_name('oauth_client_secret')}" in told
    assert "imap_password" not in told


def test_an_app_password_is_still_a_way_into_google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "config.toml"
    given = ("--provider", "google", "--password-from", "env:P", "--address", "it@corp.example", "--agent", AGENT)
    assert maild(monkeypatch, "init", "--yes", *given, "--out", str(out)) == 0
    box = load(out).mailboxes[0]
    assert (box.oauth, box.password_from) == (None, "env:P")


def test_what_a_login_by_oauth_lacks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ("--address", "it@corp.example", "--agent", AGENT, "--out", str(tmp_path / "c.toml"))
    assert maild(monkeypatch, "init", "--yes", "--provider", "m365", *more) == 64
    assert "--client-id, --tenant must be given" in capsys.readouterr().err
    assert maild(monkeypatch, "init", "--yes", *OAUTH[:-1], "a/b", *more) == 64
    assert "a/b is no id" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_asked_for_a_login_by_oauth_the_secret_goes_into_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "config.toml"
    lines = iter(["m365", "it@corp.example", "", "", "1111-2222", "corp.example", AGENT, "", "", ""])
    monkeypatch.setattr("typer.prompt", lambda question, default=None, **_: next(lines) or default or "")
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    monkeypatch.setattr("maild.cli.init.ask_secret", lambda what: f"canary {what}")
    assert maild(monkeypatch, "init", "--out", str(out)) == 0
    secret = tmp_path / "oauth_client_secret"
    assert secret.read_text() == "canary Client secret\n" and stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert "canary" not in out.read_text(encoding="utf-8")
    assert not (tmp_path / "oauth_refresh_token").exists()
