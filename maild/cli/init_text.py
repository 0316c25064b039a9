"""The config.toml that `maild init` writes: short, commented, and nothing in it that is as shipped. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from maild.cli.providers import Provider

# The teams that the shipped categories go to.
_TEAMS = (
    ("service_desk", "Service desk", "服务台"),
    ("network", "Network", "网络组"),
    ("applications", "Applications", "应用组"),
    ("security", "Security", "安全组"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthAnswers:
    """A login by OAuth2; where its secrets stand (`file:…` and the like), `refresh_token_from` empty without one."""

    flow: str
    token_url: str
    client_id: str
    client_secret_from: str
    refresh_token_from: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What `maild init` was told. `agents` and `admins`: (name, address); the secrets' sources: `file:…` and the like;
    `country`: ISO 3166 code of the holidays, empty for none; `relay_password_from`: empty for that of the mailbox;
    `oauth`: logs in at both in place of a password."""

    address: str
    name_en: str
    name_zh: str
    domains: tuple[str, ...]
    zone: str
    country: str
    provider: Provider
    imap_host: str
    smtp_host: str
    login: str
    password_from: str
    agents: tuple[tuple[str, str], ...]
    admins: tuple[tuple[str, str], ...]
    state_dir: str
    signing_key_from: str = ""
    relay_password_from: str = ""
    oauth: OAuthAnswers | None = None


def config_text(answers: Answers) -> str:
    """The whole file."""
    return "\n".join(line for block in _blocks(answers) for line in (*block, "")) + "\n"


def _blocks(a: Answers) -> Iterable[Iterable[str]]:
    p = a.provider
    yield (
        "# Made by `maild init`. What is not here has its default: the shipped config.toml lists all settings.",
        "# Secrets never stand here, only where they are: file:/path, credential:NAME (systemd) or env:VARIABLE.",
    )
    yield (
        "[desk]",
        "# The address that people write to.",
        f"address = {_quoted(a.address)}",
        f"name_en = {_quoted(a.name_en)}",
        f"name_zh = {_quoted(a.name_zh)}",
        "# Mail domains of your own people; everybody else is a stranger.",
        f"internal_domains = [{', '.join(_quoted(each) for each in a.domains)}]",
        f"zone = {_quoted(a.zone)}",
        "# observe: nothing leaves but a daily mail to the admins that shows what would have been sent.",
        "# Then agents (notices only), then live (everything).",
        'mode = "observe"',
    )
    yield (
        *(f"# {hint}" for hint in p.hints),
        "[[mailbox]]",
        f"host = {_quoted(a.imap_host)}",
        f"port = {p.imap_port}",
        f"security = {_quoted(p.imap_security)}",
        f"login = {_quoted(a.login)}",
        *([f"password_from = {_quoted(a.password_from)}"] if a.oauth is None else []),
        "# What to do at the first start with mail that is there already: new (leave it alone), unseen or all.",
        'backlog = "new"',
    )
    if a.oauth is not None:
        yield _oauth(a.oauth)
    yield (
        "# The server that takes our mail.",
        "[relay]",
        f"host = {_quoted(a.smtp_host)}",
        f"port = {p.smtp_port}",
        f"security = {_quoted(p.smtp_security)}",
        *(
            ("# The same login as that of the mailbox called main.", 'oauth_of = "main"')
            if a.oauth is not None
            else (
                f"login = {_quoted(a.login)}",
                f"password_from = {_quoted(a.relay_password_from or a.password_from)}",
            )
        ),
        *([f"profile = {_quoted(p.profile)}"] if p.profile != "own" else []),
        *([f"connections = {p.connections}"] if p.connections is not None else []),
        *(["# 0: no limit.", f"per_minute = {p.per_minute}"] if p.per_minute is not None else []),
    )
    yield ("[database]", f"url = {_quoted(f'sqlite:///{a.state_dir}/maild.db')}")
    yield ("[daemon]", "# For the database and the signing key; the daemon's own user must be able to write here.",
           f"state_dir = {_quoted(a.state_dir)}")  # fmt: skip
    if a.signing_key_from:
        yield ("[secrets]", f"signing_key_from = {_quoted(a.signing_key_from)}")
    yield (
        "[trust]",
        "# The name that your own mail server writes into Authentication-Results. Look into the header of a mail from",
        "# a colleague; while it is empty, agents prove themselves only by answering a notice of theirs.",
        'authserv_id = ""',
    )
    yield ("# Statutory holidays of this country; empty: none.", "[calendar]", f"country = {_quoted(a.country)}")
    lead = a.agents[0][1] if a.agents else ""
    yield ("# Categories go to these teams. lead: who hears of breaches; assign: take, round_robin or least_loaded.",)
    for code, english, chinese in _TEAMS:
        yield (
            f"[teams.{code}]",
            f"title_en = {_quoted(english)}",
            f"title_zh = {_quoted(chinese)}",
            f"lead = {_quoted(lead)}",
        )
    yield ("# Who is an agent stands here alone. Leave in `teams` what each one works on.",)
    for name, address in a.agents:
        yield (
            "[[agents]]",
            f"address = {_quoted(address)}",
            f"name = {_quoted(name)}",
            f"teams = [{', '.join(_quoted(code) for code, _, _ in _TEAMS)}]",
            f"language = {_quoted(_language(name))}",
        )
    yield ("# Who hears of alarms and of mail that could not be read.",)
    for name, address in a.admins:
        yield (
            "[[admins]]",
            f"address = {_quoted(address)}",
            f"name = {_quoted(name)}",
            f"language = {_quoted(_language(name))}",
        )


def _oauth(oauth: OAuthAnswers) -> Iterable[str]:
    yield "# The login by OAuth2. The secrets are read anew for each token, so a new one needs no restart."
    yield "[mailbox.oauth]"
    yield f"flow = {_quoted(oauth.flow)}"
    yield f"token_url = {_quoted(oauth.token_url)}"
    yield f"client_id = {_quoted(oauth.client_id)}"
    yield f"client_secret_from = {_quoted(oauth.client_secret_from)}"
    if oauth.refresh_token_from:
        yield "# The first one; those that the provider hands out later are kept in the database."
        yield f"refresh_token_from = {_quoted(oauth.refresh_token_from)}"
    if oauth.scope:
        yield f"scope = {_quoted(oauth.scope)}"


def _quoted(value: str) -> str:
    # A JSON string is a TOML basic string but for DEL, which no value here may hold anyway.
    return json.dumps(value, ensure_ascii=False)


def _language(name: str) -> str:
    return "zh-CN" if any("\u4e00" <= c <= "\u9fff" for c in name) else "en"
