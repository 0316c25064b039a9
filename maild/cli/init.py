"""`maild init`: a config.toml of one's own, and signing keys."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from maild.cli import ends
from maild.cli.init_text import Answers, config_text
from maild.cli.providers import PROVIDERS, Provider

Known = Literal["exmail", "163", "m365", "google", "exchange", "other"]

_SYSTEM = Path("/etc")
_SYSTEM_STATE = "/var/lib/maild"
_CHINESE_ZONES = ("Asia/Shanghai", "Asia/Chongqing", "Asia/Urumqi", "PRC")


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
    imap_host: Annotated[str, typer.Option(metavar="HOST", help="Default: the provider's.", show_default=False)] = "",
    smtp_host: Annotated[str, typer.Option(metavar="HOST", help="Default: the provider's.", show_default=False)] = "",
    login: Annotated[str, typer.Option(metavar="LOGIN", help="Default: the address.", show_default=False)] = "",
    password_from: Annotated[
        str,
        typer.Option(
            metavar="SOURCE",
            help="Where the password stands: file:/path, credential:NAME or env:VARIABLE. "
            "Default: asked for, and kept in a file beside config.toml.",
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
        raise ends.end(ends.DATA, f"{out} is there already and is not overwritten: name another with --out FILE")
    chosen = PROVIDERS[provider or "other"]
    if not yes:
        from maild.cli.init_ask import ask

        wanted = ask(provider, address, domain or [], imap_host, smtp_host, login, agent or [])
        chosen, address, domain = PROVIDERS[wanted.provider], wanted.address, wanted.domains
        imap_host, smtp_host, login, agent = wanted.imap_host, wanted.smtp_host, wanted.login, wanted.agents
    lacking = [
        option
        for option, value in (
            ("--address", address),
            ("--agent", agent),
            ("--imap-host", imap_host or chosen.imap_host),
            ("--smtp-host", smtp_host or chosen.smtp_host),
        )
        if not value
    ]
    if lacking:
        raise ends.end(ends.USAGE, f"{', '.join(lacking)} must be given with --yes")
    folder = out.absolute().parent
    agents = tuple(_person(each, "--agent") for each in agent or [])
    zone = zone or _machine_zone(chosen)
    answers = Answers(
        address=address,
        name_en=name_en,
        name_zh=name_zh,
        domains=tuple(each.lower() for each in domain or []) or (address.rpartition("@")[2].lower(),),
        zone=zone,
        country=country if country is not None else "CN" if zone in _CHINESE_ZONES else "",
        provider=chosen,
        imap_host=imap_host or chosen.imap_host,
        smtp_host=smtp_host or chosen.smtp_host,
        login=login or address,
        password_from=password_from or f"file:{folder / 'mailbox.password'}",
        agents=agents,
        admins=tuple(_person(each, "--admin") for each in admin or []) or agents[:1],
        state_dir=state_dir or (_SYSTEM_STATE if folder.is_relative_to(_SYSTEM) else str(folder / "var")),
    )
    _write_config(out, config_text(answers))
    password = None if password_from else folder / "mailbox.password"
    if password is not None and not yes and not password.exists():
        from maild.cli.init_ask import ask_password

        _write(password, ask_password(answers.login) + "\n")
        if typer.confirm("Test the logins now?", default=True):
            _test_logins(out)
    _next_steps(out, chosen.hints if yes else (), password)


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

    settings = load(out)
    show(mailboxes(settings, datetime.now(UTC)))
    show(relay(settings))


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


def _machine_zone(provider: Provider) -> str:
    """This machine's time zone by the name of the file that /etc/localtime leads to."""
    named = os.environ.get("TZ", "").lstrip(":")
    if not named:
        target = os.path.realpath("/etc/localtime")
        named = target.partition("/zoneinfo/")[2]
    if named in ("", "Etc/UTC", "UTC", "Universal", "Zulu", "Etc/UCT"):
        # A server that keeps UTC says nothing of where its people are; a Chinese mailbox does.
        return "Asia/Shanghai" if provider.imap_host.endswith(("qq.com", "163.com")) else named or "UTC"
    return named


def _next_steps(out: Path, hints: Sequence[str], password: Path | None) -> None:
    option = "" if str(out) == "config.toml" else f"-c {out} "
    print(f"Written: {out} (mode observe: nothing leaves until you say so).")
    if password is not None and password.exists():
        print(f"Password: {password}, readable by you alone.")
    for hint in hints:
        print(f"  · {hint}")
    print("Next:")
    if password is not None and not password.exists():
        print(f"  (umask 077; cat > {password})      # type the mailbox's password, Enter, Ctrl-D")
    print(f"  maild {option}db upgrade")
    print(f"  maild {option}check")
    print(f"  maild {option}run")
