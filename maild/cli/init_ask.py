"""The questions of `maild init`. Each answer is judged where it is given, so that none is thrown away at the end."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from getpass import getpass
from zoneinfo import ZoneInfo

import typer

from maild.cli import ends
from maild.cli.providers import PROVIDERS, machine_zone, usual_country
from maild.cli.server_name import split

# What a question may say to an answer; empty when it is right.
Fault = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is known of the desk to be. Empty: not said yet; `provider` is a key of PROVIDERS, a host may end in
    `:PORT`, agents are NAME=ADDRESS, and `country` is None as long as nobody was asked for it. `client_id` and `tenant`
    are for a login by OAuth2, which `by_password` is not."""

    provider: str = ""
    address: str = ""
    domains: tuple[str, ...] = ()
    imap_host: str = ""
    smtp_host: str = ""
    login: str = ""
    agents: tuple[str, ...] = ()
    zone: str = ""
    country: str | None = None
    client_id: str = ""
    tenant: str = ""
    by_password: bool = False


def ask(given: Wanted) -> Wanted:
    """Ask for what was not given. Raises typer.Abort at Ctrl-C or the end of input."""
    provider = given.provider or _provider()
    preset = PROVIDERS[provider]
    for hint in preset.hints:
        print(f"  · {hint}")
    address = given.address or _until("The support address", "", address_fault)
    domains = given.domains or _domains(address.rpartition("@")[2])
    imap_host = given.imap_host or preset.imap_host or _until("IMAP server", "", split_fault)
    smtp_host = (
        given.smtp_host or preset.smtp_host or _until("SMTP server", split(imap_host, 993, "tls")[0], split_fault)
    )
    login = given.login or typer.prompt("Login", default=address)
    client_id, tenant = given.client_id, given.tenant
    if preset.oauth is not None and not given.by_password:
        client_id = client_id or _until("Client id (application id)", "", client_fault)
        if preset.oauth.of_tenant:
            tenant = tenant or _until("Tenant id, or the organisation's domain", "", client_fault)
    agents = given.agents or _agents(address)
    zone = given.zone or _until("Time zone of the working hours", machine_zone(preset), zone_fault)
    country = given.country if given.country is not None else _country(usual_country(zone))
    return replace(
        given, provider=provider, address=address, domains=domains, imap_host=imap_host, smtp_host=smtp_host,
        login=login, agents=agents, zone=zone, country=country, client_id=client_id, tenant=tenant,
    )  # fmt: skip


def _provider() -> str:
    for code, known in PROVIDERS.items():
        print(f"  {code:9} {known.title}")
    one_of = f"one of {', '.join(PROVIDERS)}"
    return _until("Who runs the mailbox?", "other", lambda given: "" if given in PROVIDERS else one_of)


def _domains(usual: str) -> tuple[str, ...]:
    def fault(given: str) -> str:
        wrong = [each for each in given.replace(",", " ").split() if "@" in each.lstrip("@") or "." not in each]
        return f"{wrong[0]} is no mail domain; write it like {usual}" if wrong else ""

    answer = _until("Mail domains of your own people", usual, fault)
    return tuple(answer.replace(",", " ").split())


def _agents(desk: str) -> tuple[str, ...]:
    print("Agents, the first one leads; an empty line ends.")
    agents: list[str] = []
    while True:
        given = str(typer.prompt("  NAME=ADDRESS", default="", show_default=False)).strip()
        if not given and agents:
            return tuple(agents)
        fault = agent_fault(given, desk, agents) if given else "a desk needs at least one agent"
        if fault:
            print(f"  {fault}")
        else:
            agents.append(given)


def _country(usual: str) -> str:
    none = "-: none" if usual else "empty: none"
    answer = _until(f"Country of the holidays (CN, DE …; {none})", usual, country_fault, empty=True)
    return "" if answer == "-" else answer.upper()


def ask_secret(what: str) -> str:
    """A password or the like, not shown. Raises typer.Abort without one."""
    try:
        given = getpass(f"{what} (not shown): ")
    except EOFError:
        given = ""
    if not given:
        raise typer.Abort
    return given


def _until(question: str, default: str, fault: Fault, empty: bool = False) -> str:
    """Ask until the answer is right, and say each time why it is not."""
    while True:
        given = str(typer.prompt(question, default=default if default or empty else None, show_default=bool(default)))
        told = fault(given.strip())
        if not told:
            return given.strip()
        print(f"  {told}")


def address_fault(given: str) -> str:
    """Why this is no e-mail address."""
    local, at, domain = given.rpartition("@")
    if local and at and "." in domain and given.isascii() and not any(c.isspace() or c in '<>,;"()@' for c in local):
        return ""
    return f"{given or 'this'} is no e-mail address; write it like it@corp.example"


def client_fault(given: str) -> str:
    """Why this is no client id nor tenant."""
    if given and given.isascii() and given.isprintable() and not set(given) & set(" /?#{}"):
        return ""
    return f"{given or 'this'} is no id; the provider shows it, like 11112222-bbbb-3333-cccc-4444dddd5555"


def agent_fault(given: str, desk: str, others: "list[str] | tuple[str, ...]") -> str:
    """Why this NAME=ADDRESS cannot be an agent of a desk that has the others already."""
    name, equals, address = given.partition("=")
    if not equals or not name.strip() or address_fault(address.strip()):
        return f"{given!r}: write it as NAME=ADDRESS, like 王伟=wang.wei@corp.example"
    if address.strip().lower() == desk.lower():
        return f"{address.strip()} is the desk's own address: an agent needs a mailbox of their own"
    if address.strip().lower() in {each.partition("=")[2].strip().lower() for each in others}:
        return f"{address.strip()} is listed already"
    return ""


def split_fault(given: str) -> str:
    """Why this is no HOST or HOST:PORT."""
    try:
        split(given, 0, "tls")
    except ValueError as error:
        return str(error)
    return ""


def zone_fault(given: str) -> str:
    """Why this is no time zone."""
    try:
        ZoneInfo(given)
    except (KeyError, ValueError, OSError):
        return f"{given} is no time zone; write it like Asia/Shanghai or Europe/Berlin"
    return ""


def country_fault(given: str) -> str:
    """Why no statutory holidays are known for this country."""
    if given in ("", "-"):
        return ""
    from maild.config.calendar import expand

    try:
        expand(given.upper(), (datetime.now(UTC).year,))
    except ValueError as error:
        return str(error)
    return ""


def refuse(wanted: Wanted) -> None:
    """End with the first option that is wrong, before any question is asked."""
    faults = [address_fault(wanted.address)] if wanted.address else []
    faults += [client_fault(each) for each in (wanted.client_id, wanted.tenant) if each]
    faults += [split_fault(host) for host in (wanted.imap_host, wanted.smtp_host) if host]
    for at, agent in enumerate(wanted.agents):
        fault = agent_fault(agent, wanted.address, wanted.agents[:at])
        faults.append(f"--agent {fault}" if fault else "")
    wrong = next(filter(None, faults), "")
    if wrong:
        raise ends.end(ends.USAGE, wrong)
