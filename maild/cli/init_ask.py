"""The questions of `maild init`."""

from collections.abc import Callable
from dataclasses import dataclass
from getpass import getpass

import typer

from maild.cli import ends
from maild.cli.providers import PROVIDERS


@dataclass(frozen=True, slots=True)
class Wanted:
    """The answers; `provider` is a key of PROVIDERS."""

    provider: str
    address: str
    domains: list[str]
    imap_host: str
    smtp_host: str
    login: str
    agents: list[str]


def ask(
    provider: str | None,
    address: str,
    domains: list[str],
    imap_host: str,
    smtp_host: str,
    login: str,
    agents: list[str],
) -> Wanted:
    """Ask for what was not given. Raises typer.Abort at Ctrl-C or the end of input."""
    if provider is None:
        for code, known in PROVIDERS.items():
            print(f"  {code:9} {known.title}")
        provider = _until(
            "Who runs the mailbox?", "other", lambda given: given in PROVIDERS, f"one of {', '.join(PROVIDERS)}"
        )
    preset = PROVIDERS[provider]
    for hint in preset.hints:
        print(f"  · {hint}")
    address = address or _until("The support address", "", _is_address, "like it@corp.example")
    domains = (
        domains
        or typer.prompt("Mail domains of your own people", default=address.rpartition("@")[2]).replace(",", " ").split()
    )
    imap_host = imap_host or preset.imap_host or typer.prompt("IMAP server")
    smtp_host = smtp_host or preset.smtp_host or typer.prompt("SMTP server", default=imap_host)
    login = login or typer.prompt("Login", default=address)
    if not agents:
        print("Agents, the first one leads; an empty line ends.")
        while given := typer.prompt("  NAME=ADDRESS", default="", show_default=False).strip():
            name, _, mail = given.partition("=")
            if name.strip() and _is_address(mail.strip()):
                agents.append(given)
            else:
                print("  write it like 王伟=wang.wei@corp.example")
    if not agents:
        raise ends.end(ends.USAGE, "a desk needs at least one agent; nothing was written")
    return Wanted(provider, address, domains, imap_host, smtp_host, login, agents)


def ask_password(login: str) -> str:
    """The mailbox's password, not shown. Raises typer.Abort without one."""
    try:
        given = getpass(f"Password of {login} (not shown): ")
    except EOFError:
        given = ""
    if not given:
        raise typer.Abort
    return given


def _until(question: str, default: str, right: Callable[[str], bool], hint: str) -> str:
    while not right(given := str(typer.prompt(question, default=default or None)).strip()):
        print(f"  {hint}")
    return given


def _is_address(given: str) -> bool:
    local, at, domain = given.rpartition("@")
    return bool(local and at and "." in domain) and not any(c.isspace() for c in given)
