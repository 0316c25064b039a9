"""What `maild check` says of settings and clocks, without any server."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from maild.config import Settings, load
from maild.doctor.doors import clock, plain
from maild.doctor.examine import examine
from maild.doctor.finding import Finding, exit_code
from maild.doctor.rules import rules

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
TODAY = NOW.date()
DESK = {"address": "it@corp.example", "internal_domains": ["corp.example"], "mode": "live"}


def settings(**sections: Any) -> Settings:
    return load(None, {"desk": DESK, **sections})


def levels(found: Settings, today: date = TODAY) -> dict[str, str]:
    return {each.what: each.level for each in rules(found, today)}


@pytest.mark.parametrize(
    ("sections", "what", "level"),
    [
        ({}, "mode", "ok"),
        ({"desk": {**DESK, "mode": "observe"}}, "mode", "warn"),
        ({}, "trust", "warn"),
        ({"trust": {"authserv_id": "mx.corp.example"}}, "trust", "ok"),
        ({}, "on call", "warn"),
        ({"alarm": {"on_call": True}}, "on call", "ok"),
        ({"targets": {"P1": {"calendar": "business"}}, "alarm": {}}, "on call", ""),
        ({}, "agents", "ok"),
        ({"agents": [], "teams": {}}, "agents", "warn"),
        ({"admins": []}, "admins", "warn"),
        ({"mailbox": []}, "mailbox", "fail"),
        ({}, "mailbox", ""),
    ],
)
def test_each_setting_is_judged(sections: dict[str, Any], what: str, level: str) -> None:
    assert levels(settings(**sections)).get(what, "") == level


def test_a_missing_authserv_id_is_shown_loudly() -> None:
    assert [each.loud for each in rules(settings(), TODAY) if each.what == "trust"] == [True]


@pytest.mark.parametrize(
    ("sections", "what", "level", "told"),
    [
        ({}, "hours", "ok", "Mon–Fri 09:00-12:00 13:00-18:00 Asia/Shanghai"),
        ({"desk": {**DESK, "zone": "UTC"}}, "hours", "warn", "UTC: few people work by this clock"),
        (
            {"calendar": {"weekdays": ["mon", "wed", "sat"], "hours": ["08:00-16:00"]}},
            "hours",
            "ok",
            "Mon, Wed, Sat 08",
        ),
        ({"calendar": {"country": ""}}, "holidays", "warn", "no country is set"),
        ({}, "holidays", "ok", "CN, known for 2026"),
        ({}, "on call", "warn", "P1 targets are counted in business time until there is an [[on_call]]"),
    ],
)
def test_hours_and_holidays_are_told_as_people_write_them(
    sections: dict[str, Any], what: str, level: str, told: str
) -> None:
    (found,) = [each for each in rules(settings(**sections), TODAY) if each.what == what]
    assert (found.level, told in found.detail) == (level, True), found.detail


@pytest.mark.parametrize(("mode", "following"), [("observe", "agents"), ("agents", "live")])
def test_a_mode_names_the_one_that_comes_next(mode: str, following: str) -> None:
    (found,) = [each for each in rules(settings(desk={**DESK, "mode": mode}), TODAY) if each.what == "mode"]
    assert f'next: mode = "{following}"' in found.remedy


def test_next_years_holidays_are_missed_from_december_on() -> None:
    found = settings()
    first_missing = min(found.holidays_missing)
    before = date(first_missing - 1, 11, 30)
    assert levels(found, before)["holidays"] == "ok"
    assert levels(found, date(first_missing - 1, 12, 1))["holidays"] == "warn"
    assert levels(found, date(first_missing, 1, 1))["holidays"] == "warn"


@pytest.mark.parametrize(
    ("newest", "synchronised", "level"),
    [
        (None, True, "ok"),
        (None, False, "skip"),
        (NOW - timedelta(hours=1), False, "skip"),
        (NOW + timedelta(minutes=1), True, "ok"),
        (NOW + timedelta(minutes=9), True, "fail"),
    ],
)
def test_mail_from_the_future_tells_a_slow_clock(newest: datetime | None, synchronised: bool, level: str) -> None:
    assert clock(newest, NOW, synchronised).level == level


def test_a_file_to_mend_outweighs_a_server_that_is_away() -> None:
    away = Finding("fail", "relay", "away")
    assert exit_code([Finding("warn", "x", "y"), Finding("ok", "x", "y")]) == 0
    assert exit_code([away]) == 69
    assert exit_code([away, Finding("fail", "config", "bad", "", 78)]) == 78


def test_every_mistake_of_a_config_is_a_line_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[desk]\naddress = "nobody"\n[nonsense]\n')
    found = list(examine(file, NOW))
    assert {each.level for each in found} == {"fail"}
    assert exit_code(found) == 78
    told = "\n".join(each.detail for each in found)
    assert "desk.address" in told and "desk.internal_domains" in told and "[nonsense]" in told


def test_a_config_that_cannot_be_read_is_one_failure(tmp_path: Path) -> None:
    found = list(examine(tmp_path / "none.toml", NOW))
    assert [(each.level, each.code) for each in found] == [("fail", 78)]


def test_places_are_judged_without_making_anything(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    other = tmp_path / "other.password"
    other.write_text("pw")
    other.chmod(0o644)
    file.write_text(
        f'[desk]\naddress = "it@corp.example"\ninternal_domains = ["corp.example"]\n'
        f'[database]\nurl = "sqlite:///{tmp_path}/var/maild.db"\n[daemon]\nstate_dir = "{tmp_path}/var"\n'
        f'[[mailbox]]\nhost = "127.0.0.1"\nlogin = "it"\npassword_from = "file:{other}"\n'
        f'[relay]\nhost = "127.0.0.1"\n[secrets]\nsigning_key_from = "file:{tmp_path}/none.key"\n'
        f'[templates]\ndir = "{tmp_path}/none"\n'
    )
    fails = {each.what: each for each in examine(file, NOW, doors=False) if each.level == "fail"}
    assert set(fails) == {"templates", "signing key", "database", "password of mailbox main"}
    assert fails["database"].remedy == "run `maild db upgrade`"
    assert "chmod 600" in fails["password of mailbox main"].detail
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.toml", "other.password"]


def test_outside_systemd_its_credentials_are_skipped_with_the_command_that_checks_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.setattr("sys.argv", ["pytest"])
    file = tmp_path / "config.toml"
    file.write_text(
        f'[desk]\naddress = "it@corp.example"\ninternal_domains = ["corp.example"]\n'
        f'[database]\nurl = "sqlite:///{tmp_path}/maild.db"\n[daemon]\nstate_dir = "{tmp_path}"\n'
        '[[mailbox]]\nhost = "127.0.0.1"\nport = 1\nlogin = "it"\npassword_from = "credential:imap_password"\n'
        '[relay]\nhost = "127.0.0.1"\nport = 1\nlogin = "it"\npassword_from = "credential:smtp_password"\n'
        '[secrets]\nsigning_key_from = "credential:signing_key"\n'
    )
    found = list(examine(file, NOW))
    assert {each.what for each in found if each.level == "fail"} == {"database"}
    skipped = {each.what: each for each in found if each.level == "skip"}
    assert set(skipped) >= {"credentials", "signing key", "mailbox main", "relay"}
    assert skipped["credentials"].remedy == (
        "as root: systemd-run --pipe --wait --uid=maild"
        f" -p LoadCredential=imap_password:{tmp_path}/imap_password"
        f" -p LoadCredential=smtp_password:{tmp_path}/smtp_password"
        f" -p LoadCredential=signing_key:{tmp_path}/signing_key /opt/maild/bin/maild --config {file} check"
    )
    for name in ("imap_password", "smtp_password", "signing_key"):
        (tmp_path / name).write_text("0123456789abcdef")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    under = {each.what: each.level for each in examine(file, NOW)}
    assert "credentials" not in under
    assert (under["signing key"], under["mailbox main"], under["relay"]) == ("ok", "fail", "fail")


def test_the_remedy_for_a_config_with_many_mistakes_stands_once(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[desk]\naddress = "nobody"\n[nonsense]\n')
    found = list(examine(file, NOW))
    assert len(found) == 3
    assert [each.remedy for each in found] == ["", "", f"mend it in {file}"]


def test_an_error_of_the_system_is_told_without_its_number() -> None:
    assert plain("127.0.0.1:1: [Errno 111] Connection refused") == "127.0.0.1:1: Connection refused"


def test_the_secrets_of_a_login_by_oauth_are_looked_for_like_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    empty = tmp_path / "grant"
    empty.touch(0o600)
    file = tmp_path / "config.toml"
    file.write_text(
        '[desk]\naddress = "it@corp.example"\ninternal_domains = ["corp.example"]\n'
        f'[database]\nurl = "sqlite:///{tmp_path}/maild.db"\n[daemon]\nstate_dir = "{tmp_path}"\n'
        '[[mailbox]]\nhost = "127.0.0.1"\nport = 1\nlogin = "it"\n[mailbox.oauth]\nflow = "refresh_token"\n'
        'token_url = "https://login.corp.example/token"\nclient_id = "c"\n'
        'client_secret_from = "credential:oauth_client_secret"\n'
        f'refresh_token_from = "file:{empty}"\n[relay]\nhost = "127.0.0.1"\nport = 1\noauth_of = "main"\n'
    )
    found = {each.what: each for each in examine(file, NOW, doors=False)}
    assert found["client secret of mailbox main"].level == "skip"
    assert found["refresh token of mailbox main"].remedy == "put the refresh token there"
    assert f"LoadCredential=oauth_client_secret:{tmp_path}/oauth_client_secret" in found["credentials"].remedy
    # At the doors nothing is tried that would need what cannot be read, nor without a place for a new refresh token.
    found = {each.what: each for each in examine(file, NOW)}
    assert {found[what].level for what in ("oauth", "mailbox main", "relay")} == {"skip"}
