"""`maild init`: a config.toml of one's own, and signing keys."""

import os
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from maild.cli import ends
from maild.cli.init_ask import Wanted, ask, ask_secret, refuse
from maild.cli.init_text import Answers, OAuthAnswers, config_text
from maild.cli.providers import PROVIDERS, OAuth, Provider, machine_zone, usual_country
from maild.cli.server_name import split, usual_security
from maild.data import data_dir

Known = Literal["exmail", "163", "m365", "google", "exchange", "other"]

_SYSTEM = Path("/etc")
_SYSTEM_STATE = "/var/lib/maild"


def init(
    provider: Annotated[
        Known | None, typer.Option(help="Who runs the mailbox: sets hosts, ports and limits.", show_default=False)
    ] = None,
    address: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The support address, e.g. it@corp.example.", show_default=False)
    ] = "",
    name_en: Annotated[
        str, typer.Option(metavar="NAME", help="What the desk calls itself in English.")
    ] = "IT Service Desk",
    name_zh: Annotated[str, typer.Option(metavar="NAME", help="… and in Chinese.")] = "IT服务台",
    domain: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DOMAIN",
            help="Mail domain of your own people; may be repeated. Default: that of the address.",
            show_default=False,
        ),
    ] = None,
    imap_host: Annotated[
        str, typer.Option(metavar="HOST", help="HOST or HOST:PORT. Default: the provider's.", show_default=False)
    ] = "",
    smtp_host: Annotated[
        str, typer.Option(metavar="HOST", help="HOST or HOST:PORT. Default: the provider's.", show_default=False)
    ] = "",
    imap_port: Annotated[
        int | None,
        typer.Option(metavar="PORT", help="993 speaks tls, 143 starttls.", min=1, max=65535, show_default=False),
    ] = None,
    smtp_port: Annotated[
        int | None,
        typer.Option(metavar="PORT", help="465 speaks tls, 587 starttls.", min=1, max=65535, show_default=False),
    ] = None,
    login: Annotated[str, typer.Option(metavar="LOGIN", help="Default: the address.", show_default=False)] = "",
    password_from: Annotated[
        str,
        typer.Option(
            metavar="SOURCE",
            help="Where the password stands: file:/path, credential:NAME or env:VARIABLE. "
            "Default: asked for, and kept in a file beside config.toml; below /etc systemd's credentials "
            "imap_password and smtp_password.",
            show_default=False,
        ),
    ] = "",
    client_id: Annotated[
        str,
        typer.Option(
            metavar="ID", help="For OAuth 2.0 (m365, google): the id of the registered application.", show_default=False
        ),
    ] = "",
    tenant: Annotated[
        str,
        typer.Option(metavar="TENANT", help="For m365: tenant id, or the organisation's domain.", show_default=False),
    ] = "",
    agent: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=ADDRESS", help="An agent; may be repeated. The first one leads the teams.", show_default=False
        ),
    ] = None,
    admin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=ADDRESS",
            help="Who hears of alarms; may be repeated. Default: the first agent.",
            show_default=False,
        ),
    ] = None,
    zone: Annotated[
        str,
        typer.Option(
            metavar="ZONE", help="Time zone of the working hours. Default: this machine's.", show_default=False
        ),
    ] = "",
    country: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="Country of the holidays, e.g. CN; empty: none. Default: CN in China.",
            show_default=False,
        ),
    ] = None,
    state_dir: Annotated[
        str,
        typer.Option(
            metavar="DIR",
            help="For database and signing key. Default: var beside config.toml, /var/lib/maild for one in /etc.",
            show_default=False,
        ),
    ] = "",
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="The file to write; an existing one is never overwritten.")
    ] = Path("config.toml"),
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Only write a new signing key to FILE.", show_default=False)
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", metavar="", help="Ask nothing; what is missing gets its default.")
    ] = False,
) -> None:
    """Write a short config.toml for your mailbox: asks what it needs to know, or takes it from the options.

    No password is ever written into config.toml: it goes into a file of its
    own that nobody else can read.

    Example:  maild init --provider exmail --address it@corp.example --agent 王伟=wang.wei@corp.example
    """
    if key is not None:
        _write(key, secrets.token_hex(32) + "\n")
        print(
            f"Signing key written to {key}. Name it in config.toml:\n"
            f'  [secrets]\n  signing_key_from = "file:{key.absolute()}"'
        )
        return
    if out.exists():
        raise ends.end(ends.DATA, _is_there(out))
    wanted = Wanted(
        provider=provider or "",
        address=address,
        domains=tuple(domain or ()),
        imap_host=imap_host,
        smtp_host=smtp_host,
        login=login,
        agents=tuple(agent or ()),
        zone=zone,
        country=country,
        client_id=client_id,
        tenant=tenant,
        by_password=bool(password_from),
    )
    admins = tuple(_person(each, "--admin") for each in admin or [])
    refuse(wanted)
    if not yes:
        wanted = ask(wanted)
    chosen = PROVIDERS[wanted.provider or "other"]
    by_oauth = chosen.oauth if not password_from else None
    lacking = [
        option
        for option, value in (
            ("--address", wanted.address),
            ("--agent", wanted.agents),
            ("--imap-host", wanted.imap_host or chosen.imap_host),
            ("--smtp-host", wanted.smtp_host or chosen.smtp_host),
            ("--client-id", wanted.client_id or by_oauth is None),
            ("--tenant", wanted.tenant or by_oauth is None or not by_oauth.of_tenant),
        )
        if not value
    ]
    if lacking:
        raise ends.end(ends.USAGE, f"{', '.join(lacking)} must be given with --yes")
    folder = out.absolute().parent
    # What stands below /etc is for the daemon of systemd, which hands it the secrets as credentials.
    system = folder.is_relative_to(_SYSTEM)
    agents = tuple(_person(each, "--agent") for each in wanted.agents)
    there = _with_servers(chosen, wanted, imap_port, smtp_port)
    its_zone = wanted.zone or machine_zone(chosen)
    own_source = "credential:imap_password" if system else f"file:{folder / 'mailbox.password'}"
    answers = Answers(
        address=wanted.address,
        name_en=name_en,
        name_zh=name_zh,
        domains=tuple(each.lower().lstrip("@") for each in wanted.domains)
        or (wanted.address.rpartition("@")[2].lower(),),
        zone=its_zone,
        country=wanted.country if wanted.country is not None else usual_country(its_zone),
        provider=there,
        imap_host=there.imap_host,
        smtp_host=there.smtp_host,
        login=wanted.login or wanted.address,
        password_from=password_from or own_source,
        relay_password_from="credential:smtp_password" if system and not password_from else "",
        agents=agents,
        admins=admins or agents[:1],
        state_dir=state_dir or (_SYSTEM_STATE if system else str(folder / "var")),
        signing_key_from="credential:signing_key" if system else "",
        oauth=_oauth(by_oauth, wanted, None if system else folder) if by_oauth is not None else None,
    )
    _write_config(out, config_text(answers))
    secrets_wanted = {} if password_from or system else _secrets(answers)
    if secrets_wanted and not yes and not any(path.exists() for path in secrets_wanted):
        for path, what in secrets_wanted.items():
            _write(path, ask_secret(what) + "\n")
        if typer.confirm("Test the logins now?", default=True):
            _test_logins(out)
    country_told = f"holidays of {answers.country}" if answers.country else "no holidays"
    print(f"Written: {out} (mode observe: nothing leaves until you say so; hours of {its_zone}, {country_told}).")
    for hint in chosen.hints if yes else ():
        print(f"  · {hint}")
    if system:
        out.chmod(0o644)
        _next_steps_of_systemd(out, answers.oauth)
    else:
        _next_steps(out, secrets_wanted)


def _oauth(preset: OAuth, wanted: Wanted, folder: Path | None) -> OAuthAnswers:
    """The login of this provider; its secrets lie in the folder, or are systemd's credentials if there is none."""
    secret, token = (
        f"file:{folder / name}" if folder is not None else f"credential:{name}"
        for name in ("oauth_client_secret", "oauth_refresh_token")
    )
    return OAuthAnswers(
        flow=preset.flow,
        token_url=preset.token_url.replace("{tenant}", wanted.tenant),
        client_id=wanted.client_id,
        client_secret_from=secret,
        refresh_token_from=token if preset.flow == "refresh_token" else "",
        scope=preset.scope,
    )


def _secrets(answers: Answers) -> dict[Path, str]:
    """The files that the secrets of the login are to lie in, and what each one is."""
    if answers.oauth is None:
        return {Path(answers.password_from.removeprefix("file:")): f"Password of {answers.login}"}
    found = {answers.oauth.client_secret_from: "Client secret", answers.oauth.refresh_token_from: "Refresh token"}
    return {Path(source.removeprefix("file:")): what for source, what in found.items() if source}


def _is_there(out: Path) -> str:
    """Why nothing is written to a file that exists; the one of a checkout is nobody's own work."""
    if out.is_file() and out.read_bytes() == (data_dir() / "config.toml").read_bytes():
        return f"{out} here is the shipped one of the checkout; go to an empty folder, or name another with --out FILE"
    return f"{out} is there already and is not overwritten: name another with --out FILE"


def _with_servers(chosen: Provider, wanted: Wanted, imap_port: int | None, smtp_port: int | None) -> Provider:
    """The provider with the hosts and ports that were given; a port tells what is spoken there."""
    imap = split(wanted.imap_host or chosen.imap_host, chosen.imap_port, chosen.imap_security)
    smtp = split(wanted.smtp_host or chosen.smtp_host, chosen.smtp_port, chosen.smtp_security)
    if imap_port is not None:
        imap = imap[0], imap_port, usual_security(imap_port, imap[2])
    if smtp_port is not None:
        smtp = smtp[0], smtp_port, usual_security(smtp_port, smtp[2])
    return replace(
        chosen, imap_host=imap[0], imap_port=imap[1], imap_security=imap[2],
        smtp_host=smtp[0], smtp_port=smtp[1], smtp_security=smtp[2],
    )  # fmt: skip


def _write_config(out: Path, text: str) -> None:
    """Write the file, and take it away again if it is not what `maild check` accepts."""
    from maild.config import ConfigError, load

    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("x", encoding="utf-8") as file:
        file.write(text)
    try:
        load(out)
    except ConfigError as error:
        out.unlink()
        raise ends.end(ends.DATA, *(f"nothing was written: {mistake}" for mistake in error.mistakes)) from error


def _test_logins(out: Path) -> None:
    from datetime import UTC, datetime

    from maild.cli.check import show
    from maild.config import load
    from maild.doctor.doors import mailboxes, relay
    from maild.doctor.oauth import logins, tokens

    settings, now = load(out), datetime.now(UTC)
    with logins(settings, lambda: now) as its_logins:
        show([*tokens(settings, its_logins), *mailboxes(settings, now, its_logins), *relay(settings, its_logins)])


def _write(path: Path, text: str) -> None:
    """A secret into a new file that its owner alone can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ends.end(ends.DATA, f"{path} is there already and is not overwritten") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _person(given: str, option: str) -> tuple[str, str]:
    name, equals, address = given.partition("=")
    if not equals or "@" not in address or not name.strip():
        raise ends.end(ends.USAGE, f"{option} {given!r}: write it as NAME=ADDRESS, like 王伟=wang.wei@corp.example")
    return name.strip(), address.strip()


def _next_steps(out: Path, secrets_wanted: dict[Path, str]) -> None:
    option = "" if str(out) == "config.toml" else f"-c {out} "
    for path, what in secrets_wanted.items():
        if path.exists():
            print(f"{what.split(' of ')[0]}: {path}, readable by you alone.")
    print("Next:")
    for path, what in secrets_wanted.items():
        if not path.exists():
            print(f"  (umask 077; cat > {path})      # type it ({what[0].lower()}{what[1:]}), Enter, Ctrl-D")
    print(f"  maild {option}db upgrade")
    print(f"  maild {option}check")
    print(f"  maild {option}run")


def _next_steps_of_systemd(out: Path, oauth: OAuthAnswers | None) -> None:
    """docs/admin.md in short; the paths are those of the shipped unit."""
    from maild.doctor.finding import unit_check, unit_program

    folder, program = out.absolute().parent, unit_program()
    names = ["imap_password", "smtp_password"]
    if oauth is not None:
        sources = (oauth.client_secret_from, oauth.refresh_token_from)
        names = [source.partition(":")[2] for source in sources if source]
    print(f"Next, as root; {' and '.join(names)}: type each in, Enter, Ctrl-D:")
    for name in names:
        print(f"  (umask 077; cat > {folder}/{name})")
    print(f"  {program} init --key {folder}/signing_key")
    print(f"  install -d -o maild -g maild -m 0700 {_SYSTEM_STATE}")
    print(f"  runuser -u maild -- {program} --config {out.absolute()} db upgrade")
    print(f"  {unit_check(out, (*names, 'signing_key'))}")
    if oauth is not None:
        print("  systemctl edit maild      # the unit names passwords; these lines take their place:")
        print("      [Service]\n      LoadCredential=")
        for name in (*names, "signing_key"):
            print(f"      LoadCredential={name}:{folder}/{name}")
    print("  systemctl enable --now maild")
