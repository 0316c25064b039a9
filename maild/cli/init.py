"""`maild init`: a config.toml of one's own, and signing keys."""

import os
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from maild.cli import ends
from maild.cli.init_ask import Wanted, ask, ask_password, refuse
from maild.cli.init_text import Answers, config_text
from maild.cli.providers import PROVIDERS, Provider, machine_zone, usual_country
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
    )
    admins = tuple(_person(each, "--admin") for each in admin or [])
    refuse(wanted)
    if not yes:
        wanted = ask(wanted)
    chosen = PROVIDERS[wanted.provider or "other"]
    lacking = [
        option
        for option, value in (
            ("--address", wanted.address),
            ("--agent", wanted.agents),
            ("--imap-host", wanted.imap_host or chosen.imap_host),
            ("--smtp-host", wanted.smtp_host or chosen.smtp_host),
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
    )
    _write_config(out, config_text(answers))
    password = None if password_from or system else folder / "mailbox.password"
    if password is not None and not yes and not password.exists():
        _write(password, ask_password(answers.login) + "\n")
        if typer.confirm("Test the logins now?", default=True):
            _test_logins(out)
    country_told = f"holidays of {answers.country}" if answers.country else "no holidays"
    print(f"Written: {out} (mode observe: nothing leaves until you say so; hours of {its_zone}, {country_told}).")
    for hint in chosen.hints if yes else ():
        print(f"  · {hint}")
    if system:
        out.chmod(0o644)
        _next_steps_of_systemd(out)
    else:
        _next_steps(out, password)


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


def _next_steps(out: Path, password: Path | None) -> None:
    option = "" if str(out) == "config.toml" else f"-c {out} "
    if password is not None and password.exists():
        print(f"Password: {password}, readable by you alone.")
    print("Next:")
    if password is not None and not password.exists():
        print(f"  (umask 077; cat > {password})      # type the mailbox's password, Enter, Ctrl-D")
    print(f"  maild {option}db upgrade")
    print(f"  maild {option}check")
    print(f"  maild {option}run")


def _next_steps_of_systemd(out: Path) -> None:
    """docs/admin.md in short; the paths are those of the shipped unit."""
    from maild.doctor.finding import unit_check, unit_program

    folder, program = out.absolute().parent, unit_program()
    print("Next, as root; the two passwords are typed in, Enter, Ctrl-D:")
    print(f"  (umask 077; cat > {folder}/imap_password)")
    print(f"  (umask 077; cat > {folder}/smtp_password)")
    print(f"  {program} init --key {folder}/signing_key")
    print(f"  install -d -o maild -g maild -m 0700 {_SYSTEM_STATE}")
    print(f"  runuser -u maild -- {program} --config {out.absolute()} db upgrade")
    print(f"  {unit_check(out, ('imap_password', 'smtp_password', 'signing_key'))}")
    print("  systemctl enable --now maild")
