"""config.toml: the shipped one works and is the manual, and every mistake is named at once with its key and remedy."""

import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from maild.config import ConfigError, SecretMissing, Settings, load, read_secret
from maild.config import sections as s
from maild.config.durations import business_minutes, parse_duration
from maild.config.load import _LISTS, _SECTIONS, _TABLES
from maild.data import data_dir

SHIPPED = (data_dir() / "config.toml").read_text(encoding="utf-8")

SMALL = """
[desk]
address = "it@corp.example"
internal_domains = ["corp.example"]
"""


@pytest.fixture
def read(tmp_path: Path) -> "Reader":
    return Reader(tmp_path / "config.toml")


class Reader:
    """Writes config.toml and reads it as maild does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, text: str) -> Settings:
        self.path.write_text(text, encoding="utf-8")
        return load(self.path)

    def mistakes(self, text: str) -> tuple[str, ...]:
        with pytest.raises(ConfigError) as caught:
            self(text)
        assert all(line.startswith(f"{self.path}: ") for line in str(caught.value).split("\n"))
        return caught.value.mistakes


def only(mistakes: tuple[str, ...]) -> str:
    assert len(mistakes) == 1, mistakes
    return mistakes[0]


# ── the shipped file ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_shipped_config_loads() -> None:
    settings = load(None)
    assert settings.policy.desk.address == "it@corp.example"
    assert {agent.address for agent in settings.policy.agents.values()} >= {"wang.wei@corp.example"}
    assert settings.mailboxes and settings.relay is not None


def test_a_config_of_three_lines_is_enough_and_observes_only(read: Reader) -> None:
    settings = read(SMALL)
    assert settings.policy.mode == "observe"
    assert settings.policy.categories.keys() == load(None).policy.categories.keys()
    assert settings.relay is None


def keys() -> Iterator[tuple[str, type[s.Section], str]]:
    for name, kind in {**_SECTIONS, **_LISTS, **_TABLES}.items():
        for key in kind.model_fields:
            yield name, kind, key


def parts(name: str) -> list[str]:
    """The text of each shipped section called `name`, from its heading to the next."""
    heading = rf"^\[+{re.escape(name)}(?:\.[A-Za-z0-9_]+)?\]+\n(.*?)(?=^\[|\Z)"
    return re.findall(heading, SHIPPED, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("name", "kind", "key"), [pytest.param(*each, id=f"{each[0]}.{each[2]}") for each in keys()])
def test_every_key_stands_in_config_toml(name: str, kind: type[s.Section], key: str) -> None:
    """Set, shown in a comment (`# connections = 8`), or explained by its name in a comment (`aliases: …`)."""
    shown = re.compile(rf"^(?:# ?)?{key} ?=", re.MULTILINE)
    explained = re.compile(rf"^#.*\b{key}:", re.MULTILINE)
    assert any(shown.search(part) for part in parts(name)) or explained.search(SHIPPED)


@pytest.mark.parametrize(("name", "kind"), list(_SECTIONS.items()))
def test_what_config_toml_shows_is_the_default(name: str, kind: type[s.Section]) -> None:
    """Sections that a desk fills in itself (addresses, servers) excepted: the file says what happens without it."""
    table = tomllib.loads(SHIPPED).get(name)
    assert table is not None, f"[{name}] is missing in config.toml"
    own = {"desk": {"address", "internal_domains", "mode"}, "relay": {"host", "login", "password_from"}}
    made = kind.model_validate(table)
    for key, field in kind.model_fields.items():
        if key in table and key not in own.get(name, set()):
            assert getattr(made, key) == default(kind, key), f"{name}.{key} (default {field.default!r})"


def test_what_is_not_the_default_says_so_on_its_line() -> None:
    marked = {
        (line.split(" = ")[0], line.partition("# default: ")[2])
        for line in SHIPPED.splitlines()
        if "# default: " in line and not line.startswith("#")
    }
    none = "none, it must be set"
    assert marked == {
        ("address", none), ("internal_domains", none), ("mode", '"observe"'), ("host", none), ("login", none),
        ("login", '"", no login'), ("password_from", none), ("password_from", '""'),
    }  # fmt: skip
    small = s.DeskSection.model_validate({"address": "a@b.example", "internal_domains": []})
    relay = s.RelaySection.model_validate({"host": "h"})
    assert (small.mode, relay.login, relay.password_from) == ("observe", "", "")


def default(kind: type[BaseModel], key: str) -> object:
    given = {"desk": {"address": "a@b.example", "internal_domains": []}, "relay": {"host": "h"}}
    section = next(name for name, each in _SECTIONS.items() if each is kind)
    return getattr(kind.model_validate(given.get(section, {})), key)


# ── mistakes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_mistakes_are_told_at_once(read: Reader) -> None:
    found = read.mistakes(
        """
        [desk]
        address = "not an address"
        internal_domains = ["corp.example"]
        prefix = "it"
        zone = "Mars/Olympus"
        [daemon]
        tick = "soon"
        log = "xml"
        [limits]
        parse_bytes = 1
        [colour]
        """
    )
    assert [line.split(":")[0] for line in found] == [
        "[colour] is no section of config.toml; config.toml lists all settings",
        "desk.address", "desk.prefix", "desk.zone", "daemon.log", "daemon.tick", "limits.parse_bytes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[desk]\naddres = "it@corp.example"', "desk.addres: is no setting; did you mean address?"),
        ("[desc]\n", "[desc] is no section of config.toml; did you mean desk?"),
        ("[daemon]\nfrobnicate = 1", "daemon.frobnicate: is no setting; config.toml lists all settings"),
        ('[[mailbox]]\nhost = "h"\nlogin = "l"\npassword_form = "env:P"', "mailbox.1.password_form: is no setting"),
        ('[[mailbox]]\nhost = "h"\nlogin = "l"\n', "mailbox.1.password_from: is missing; say where the password"),
        ("", "[desk] is missing: it names the desk and its address"),
        ('mailbox = "x"', "mailbox must be written with double brackets: [[mailbox]]"),
        ('teams = "x"', "teams must be a table of tables: [teams.NAME]"),
        ("[triage]\nlearn_margin = 2", "triage.learn_margin: must be at most 0.5 (here: 2)"),
        ("[triage]\nlearn_from_tickets = 1", "triage.learn_from_tickets: must be at least 2"),
        ('[triage]\nlearn_not_from = ["wang"]', "triage.learn_not_from.1: is no e-mail address"),
        ("[daemon]\ntick = 10", "daemon.tick: not a duration: 10; write it like 30s, 15m, 4h, 1d12h or 2w"),
        ('[calendar]\nhours = ["18:00-09:00"]', "calendar.hours.1: is no span of hours; write it like 09:00-12:00"),
        ('[targets.P9]\nresponse = "1h"\nresolution = "1h"', "targets.P9: the priorities are P1, P2, P3 and P4"),
        ('[targets.P1]\nresponse = "1 hour"\nresolution = "1h"', "targets.P1.response: not a duration"),
        ('[teams.x]\ntitle_en = "x"\ntitle_zh = "x"\nlead = "a@b.example"', "is not in [[agents]]; list the lead"),
        ('[[agents]]\naddress = "a@b.example"\nname = "A"\nteams = ["y"]', "agents.1.teams: there is no [teams.y]"),
        ('[[agents]]\naddress = "a@b.example"\nname = "A"\nteams = []', "agents.1.teams"),
    ],
)
def test_a_mistake_names_its_key_and_the_remedy(read: Reader, text: str, told: str) -> None:
    own_desk = "[desk]" in text or not text
    assert told in "\n".join(read.mistakes(text if own_desk else text + SMALL))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[database]\npassword_from = "hunter2"', "database.password_from: does not say where the secret stands"),
        ('[relay]\nhost = "h"\npassword_from = "hunter2"', "relay.password_from: does not say where"),
        ('[relay]\nhost = "h"\npassword_from = 4711', "relay.password_from: must be text in quotes"),
        ('[relay]\nhost = "h"\nport = 99999', "relay.port: must be at most 65535 (here: 99999)"),
        ('[relay]\nhost = "h"\nport = "x"', "relay.port: must be a whole number (here: 'x')"),
        ("relay = 1", "relay: must be a table"),
        ('[calendar]\ncountry = "China"', "calendar.country: is no country code; write it like CN or DE-BY"),
        ('[calendar]\ncountry = "QQ"', "calendar: no statutory holidays are known for 'QQ'"),
        ('[calendar]\nextra_holidays = ["x"]', "calendar.extra_holidays.1: is no day; write it like 2026-12-24"),
        ('[calendar]\nweekdays = "mon"', 'calendar.weekdays: must be a list: ["…"]'),
        ('[trust]\nagents = "maybe"', "trust.agents: must be one of 'either', 'both' (here: 'maybe')"),
        ('[trust]\nanswer_strangers = "x"', "trust.answer_strangers: must be true or false (here: 'x')"),
        ('[teams.x]\ntitle_en = "x"\ntitle_zh = "x"\nlead = "z"', "teams.x.lead: is no e-mail address"),
        ("[escalation]\nwarn_at = 2.0", "escalation.warn_at: must be less than 1.0 (here: 2.0)"),
        ("[trust]\n[trust]\n", "is no TOML: [trust] stands there twice"),
    ],
)
def test_a_mistake_is_one_line_in_plain_words(read: Reader, text: str, told: str) -> None:
    (mistake,) = [line for line in read.mistakes(text + SMALL) if not line.startswith("categories.")]
    assert mistake.startswith(told)
    assert not re.search(r"hunter2|4711|function-|literal\[|Input should|valid", mistake)


def test_no_mistake_hides_another(read: Reader) -> None:
    found = read.mistakes(
        '[colour]\n[desc]\n[targets.P1]\nresponse = "1 hour"\nresolution = "soon"\n'
        '[targets.P2]\nresponse = "x"\n[targets.P9]\nresponse = "1h"\nresolution = "1h"\n'
        '[calendar]\ncountry = "QQ"\n'
    )
    assert [line.split(":")[0].split(" ")[0] for line in found] == [
        "[colour]", "[desc]", "[desk]", "targets.P1.response", "targets.P1.resolution", "targets.P2.response",
        "targets.P9", "calendar",
    ]  # fmt: skip


def test_a_target_of_ones_own_is_laid_over_the_shipped_one_key_by_key(read: Reader) -> None:
    shipped, own = load(None).policy.targets, read(SMALL + '[targets.P1]\nresponse = "10m"\n').policy.targets
    assert own["P1"].response == 10
    assert (own["P1"].resolution, own["P1"].calendar) == (shipped["P1"].resolution, "24x7")
    assert own["P2"] == shipped["P2"]


@pytest.mark.parametrize("country", ["CN", "DE-BY", ""])
def test_a_country_may_be_named_with_its_part_or_left_out(read: Reader, country: str) -> None:
    assert read(SMALL + f'[calendar]\ncountry = "{country}"\n').country == country


def test_two_mailboxes_of_one_name_are_refused(read: Reader) -> None:
    box = '\n[[mailbox]]\nhost = "h"\nlogin = "l"\npassword_from = "env:P"\n'
    assert "the name main is used twice" in only(read.mistakes(SMALL + box + box))


def test_an_agent_cannot_be_the_desk_itself(read: Reader) -> None:
    team = '\n[teams.service_desk]\ntitle_en = "x"\ntitle_zh = "x"\n'
    agent = '[[agents]]\naddress = "IT@corp.example"\nname = "A"\nteams = ["service_desk"]\n'
    assert any("is an address of the desk itself" in line for line in read.mistakes(SMALL + team + agent))


def test_broken_toml_and_wrong_bytes_are_told_with_their_place(read: Reader) -> None:
    assert "is no TOML" in only(read.mistakes("[desk\n"))
    assert "line 1" in only(read.mistakes("[desk\n"))
    read.path.write_bytes(b'[desk]\nname_zh = "\xb7\xfe"\n')
    with pytest.raises(ConfigError, match=r"is not UTF-8: .* at byte 18"):
        load(read.path)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "config.toml")


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────────────────────────

BOX = '\n[[mailbox]]\nhost = "h"\nlogin = "l"\n'


def test_a_password_in_config_toml_is_refused_and_not_repeated(read: Reader) -> None:
    told = only(read.mistakes(SMALL + BOX + 'password_from = "hunter2"\n'))
    assert told.startswith("mailbox.1.password_from: does not say where the secret stands")
    assert '"credential:NAME"' in told and "hunter2" not in told


def test_a_key_called_password_is_refused_and_not_repeated(read: Reader) -> None:
    found = read.mistakes(SMALL + BOX + 'password_from = "env:P"\npassword = "hunter2"\n')
    assert "mailbox.1.password: is no setting; did you mean password_from?" in found
    assert "hunter2" not in "\n".join(found)


@pytest.mark.parametrize("source", ["credential:../shadow", "credential:..", "file:", "env:", "vault:x"])
def test_a_source_that_names_no_place_is_refused(read: Reader, source: str) -> None:
    assert only(read.mistakes(SMALL + BOX + f'password_from = "{source}"\n')).startswith("mailbox.1.password_from: ")


def test_a_secret_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("  se cret \n", encoding="utf-8")
    path.chmod(0o600)
    assert read_secret(f"file:{path}") == "  se cret "


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_secret_file_that_others_may_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "password"
    path.write_text("secret\n", encoding="utf-8")
    path.chmod(mode)
    with pytest.raises(SecretMissing, match=f"other users may read {path}: run `chmod 600 {path}`"):
        read_secret(f"file:{path}")


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretMissing, match=f"cannot read the secret in {tmp_path}/none: No such file"):
        read_secret(f"file:{tmp_path}/none")


def test_a_credential_is_read_from_systemd_s_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The mode that systemd gives it: the folder is what keeps others out.
    (tmp_path / "imap_password").write_text("secret\n", encoding="utf-8")
    (tmp_path / "imap_password").chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secret("credential:imap_password") == "secret"


def test_a_credential_without_systemd_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(SecretMissing, match="LoadCredential=imap_password"):
        read_secret("credential:imap_password")


def test_a_secret_from_the_environment_is_read_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILD_TEST_SECRET", "one")
    assert read_secret("env:MAILD_TEST_SECRET") == "one"
    monkeypatch.setenv("MAILD_TEST_SECRET", "two")
    assert read_secret("env:MAILD_TEST_SECRET") == "two"
    monkeypatch.delenv("MAILD_TEST_SECRET")
    with pytest.raises(SecretMissing, match="the environment has no MAILD_TEST_SECRET"):
        read_secret("env:MAILD_TEST_SECRET")


# ── durations ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("4h", timedelta(hours=4)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("2w", timedelta(weeks=2)),
        ("1D 12H", timedelta(days=1, hours=12)),
        ("0s", timedelta()),
    ],
)
def test_durations_are_read_as_people_write_them(text: str, meant: timedelta) -> None:
    assert parse_duration(text) == meant


NO_DURATIONS = ["", "10", "ten minutes", "4h?", "h", "-4h", "1.5h", "4h4", 10, None, True, "9" * 40 + "s"]


@pytest.mark.parametrize("text", NO_DURATIONS)
def test_what_is_no_duration_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match="write it like 30s, 15m, 4h, 1d12h or 2w"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "minutes"), [("15m", 15), ("8h", 480), ("1d", 480), ("3d", 1440), ("1w", 2400), ("1d4h", 720)]
)
def test_in_targets_a_day_is_a_working_day(text: str, minutes: int) -> None:
    assert business_minutes(text, 480) == minutes


# ── logins by OAuth2 ─────────────────────────────────────────────────────────────────────────────────────────────────

OAUTH = (
    '[mailbox.oauth]\nflow = "client_credentials"\ntoken_url = "https://login.corp.example/token"\nclient_id = "c"\n'
    'client_secret_from = "env:S"\n'
)
RELAY = '[relay]\nhost = "h"\n'


def test_a_login_by_oauth_takes_the_place_of_the_password(read: Reader) -> None:
    settings = read(SMALL + BOX + OAUTH + RELAY + 'oauth_of = "main"\n')
    (box,) = settings.mailboxes
    assert box.oauth is not None and box.oauth.timeout == timedelta(seconds=20) and not box.password_from
    assert settings.relay is not None and settings.relay.oauth_of == "main"
    own = OAUTH.replace("mailbox", "relay")
    settings = read(SMALL + BOX + OAUTH + RELAY + 'login = "l"\n' + own)
    assert settings.relay is not None and settings.relay.oauth == settings.mailboxes[0].oauth


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOX + 'password_from = "env:P"\n' + OAUTH, ["mailbox.1.password_from: stands beside [mailbox.oauth]"]),
        (
            BOX + '[mailbox.oauth]\nflow = "device"\ntoken_url = "http://login.corp.example/"\nclient_id = "a b"\n',
            [
                "mailbox.1.oauth.flow: must be one of",
                "mailbox.1.oauth.token_url: would send the secrets in clear text",
                "mailbox.1.oauth.client_id: must be the id of the client",
            ],
        ),
        (BOX + "[mailbox.oauth]\n", [
            "mailbox.1.oauth.flow: is missing", "mailbox.1.oauth.token_url: is missing",
            "mailbox.1.oauth.client_id: is missing",
        ]),
        (BOX + OAUTH.replace("client_credentials", "refresh_token"), [
            "mailbox.1.oauth.refresh_token_from: is missing: the flow refresh_token begins with",
        ]),
        (BOX + OAUTH.replace('client_secret_from = "env:S"\n', ""), [
            "mailbox.1.oauth.client_secret_from: is missing: the flow client_credentials",
        ]),
        (BOX + OAUTH + 'refresh_token_from = "env:R"\n', [
            "mailbox.1.oauth.refresh_token_from: has no use in the flow client_credentials",
        ]),
        (BOX + OAUTH.replace("env:S", "hunter2"), ["mailbox.1.oauth.client_secret_from: does not say where"]),
        (BOX + OAUTH + 'client_secret = "hunter2"\n', [
            "mailbox.1.oauth.client_secret: is no setting; did you mean client_secret_from?",
        ]),
        (BOX + OAUTH + 'refresh_token = "hunter2"\n', ["mailbox.1.oauth.refresh_token: is no setting"]),
        (BOX + OAUTH + RELAY + 'oauth_of = "mian"\n', [
            "relay.oauth_of: no [[mailbox]] called mian has a [mailbox.oauth]; did you mean main?",
        ]),
        (BOX + OAUTH + RELAY + 'oauth_of = "main"\npassword_from = "env:P"\n', [
            "relay.password_from: stands beside oauth_of",
        ]),
        (BOX + OAUTH + RELAY + 'oauth_of = "main"\n' + OAUTH.replace("mailbox", "relay"), [
            "relay.oauth_of: stands beside [relay.oauth]",
        ]),
        (BOX + OAUTH + RELAY + OAUTH.replace("mailbox", "relay"), ["relay.login: is missing; a token is good for"]),
        (BOX + 'password_from = "env:P"\noauth = "main"\n', ["mailbox.1.oauth: must be a table"]),
    ],
)  # fmt: skip
def test_every_mistake_in_a_login_by_oauth_is_named_by_its_key(read: Reader, text: str, told: list[str]) -> None:
    found = read.mistakes(SMALL + text)
    assert [line for line in told if not any(each.startswith(line) for each in found)] == [], found
    assert len(found) == len(told) and "hunter2" not in "\n".join(found)


@pytest.mark.parametrize("key", list(s.OAuthSection.model_fields))
def test_every_key_of_a_login_by_oauth_stands_in_config_toml(key: str) -> None:
    block = SHIPPED[SHIPPED.index("# [mailbox.oauth]") : SHIPPED.index("# The one relay")]
    assert re.search(rf"^# {key} = ", block, re.MULTILINE)


def test_what_config_toml_shows_of_a_login_by_oauth_is_right() -> None:
    block = SHIPPED[SHIPPED.index("# [mailbox.oauth]") : SHIPPED.index("# The one relay")]
    lines = [line.removeprefix("# ") for line in block.splitlines() if re.match(r"# [a-z_]+ = ", line)]
    shown = tomllib.loads("\n".join(lines))
    section = s.OAuthSection.model_validate({**shown, "flow": "refresh_token"})
    for key, line in zip(shown, lines, strict=True):
        required = s.OAuthSection.model_fields[key].is_required()
        assert line.endswith("# default: none, it must be set") == required
        if "# default" not in line:
            assert getattr(section, key) == default_of_oauth(key)


def default_of_oauth(key: str) -> object:
    least = {"flow": "refresh_token", "token_url": "https://h/", "client_id": "c", "refresh_token_from": "env:R"}
    return getattr(s.OAuthSection.model_validate(least), key)


# ── the directory ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[directory]\nsource = "csv"', "directory.csv: is missing"),
        ('[directory]\nsource = "ldap"', "directory.ldap: is missing"),
        ('[directory]\nsource = "excel"', "directory.source: must be one of '', 'csv', 'ldap'"),
        ('[directory]\nevery = "5s"', "directory.every: is too often"),
        ("[directory]\nmost_gone = 2", "directory.most_gone: must be at most 1"),
        ('[directory.ldap]\nbase = "dc=x"', "directory.ldap.host: is missing"),
        ('[directory.ldap]\nhost = "h"\nbase = "dc=x"\nsecurity = "none"', "directory.ldap.security: is for this"),
        ('[directory.ldap]\nhost = "h"\nbase = "dc=x"\nlogin = "cn=x"', "directory.ldap.password_from: and `login` go"),
        ('[directory.ldap]\nhost = "h"\nbase = "dc=x"\nfilter = "mail=*"', "directory.ldap.filter: is no LDAP filter"),
        ('[directory.ldap]\nhost = "h"\nbase = "dc=x"\nfilters = "x"', "directory.ldap.filters: is no setting"),
        (
            '[directory.ldap]\nhost = "h"\nbase = "dc=x"\n[directory.ldap.attributes]\nphones = ["x"]',
            "directory.ldap.attributes.phones: is no setting; did you mean phone?",
        ),
    ],
)  # fmt: skip
def test_mistakes_in_the_directory_are_named(read: Reader, text: str, told: str) -> None:
    assert told in only(read.mistakes(SMALL + text))


def test_a_directory_by_ldap_needs_few_lines(read: Reader) -> None:
    settings = read(
        SMALL + '[directory]\nsource = "ldap"\n[directory.ldap]\nhost = "dc1.corp.example"\nbase = "dc=corp"\n'
    )
    assert settings.directory.ldap is not None
    assert (settings.directory.ldap.port, settings.directory.ldap.security) == (636, "tls")
