"""Putting a desk together from its settings: database, keys, letters, worker, doors. The daemon, the demo and the
stories all build it here.
"""

import fcntl
import os
import secrets
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import DBAPIError

from maild import __version__
from maild.apply import Writer
from maild.chores import Health
from maild.config import ConfigError, Settings, read_secret
from maild.config.calendar import unknown_days
from maild.fetch import Fetcher, Limits
from maild.ingest.mailbox import Mailbox
from maild.ingest.mailbox_account import Account
from maild.logins import Logins
from maild.model import Policy
from maild.outbound.compose import Composer
from maild.outbound.smtp import Courier, Relay
from maild.send import Sender
from maild.store import migrate, tickets, timers, upkeep
from maild.store.engine import open_engine, reading, trouble
from maild.tokens import Tokens
from maild.workflow import reconfigured

# THREATS F08: Exchange Online takes 3 connections and 30 mails a minute.
_PROFILES = {"own": (8, 0), "exchange": (3, 30)}


class NotReady(Exception):
    """The desk cannot start; `code` is a sysexits number, the text one line with the remedy."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


def utc_now() -> datetime:
    return datetime.now(UTC)


def database_url(settings: Settings) -> str:
    """The URL with its password put in, if it stands elsewhere."""
    url = make_url(settings.database.url)
    if settings.database.password_from:
        url = url.set(password=read_secret(settings.database.password_from))
    return url.render_as_string(hide_password=False)


def open_database(settings: Settings) -> Engine:
    """The database, if its schema is this version's. Raises NotReady: 75 if it is away, 78 if the schema is another."""
    engine = open_engine(database_url(settings))
    try:
        state = migrate.state(engine)
    except DBAPIError as error:
        raise NotReady(trouble(error), 75) from error
    if state == "current":
        return engine
    if state == "future":
        raise NotReady("the database was written by a newer maild: install that version, or restore the backup", 78)
    raise NotReady(
        f"the database is {'empty' if state == 'empty' else 'older than this maild'}: run `maild db upgrade`", 78
    )


def tokens(settings: Settings) -> Tokens:
    """The desk's keys. Without a configured one, a key of the desk's own is made in the state folder, once."""
    domain = settings.policy.desk.address.rpartition("@")[2]
    if settings.secrets.signing_key_from:
        keys = [read_secret(settings.secrets.signing_key_from).encode()]
        if settings.secrets.former_signing_key_from:
            keys.append(read_secret(settings.secrets.former_signing_key_from).encode())
        return Tokens(keys, domain)
    if make_url(settings.database.url).get_backend_name() != "sqlite":
        raise NotReady(
            "[secrets] signing_key_from is missing: several daemons on one database must share one key;"
            " make one with `maild init --key FILE`", 78,
        )  # fmt: skip
    return Tokens([own_key(settings.state_dir / "signing.key")], domain)


def own_key(path: Path) -> bytes:
    """The key in this file, readable by its owner alone; made if there is none yet."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip().encode()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
    return path.read_text().strip().encode()


def writer(settings: Settings, keys: Tokens) -> Writer:
    """Rules, keys and letters; every letter is rendered once with sample data. Raises NotReady (78) on a mistake."""
    override = Path(settings.templates.dir) if settings.templates.dir else None
    composer = Composer(settings.policy, keys, override)
    mistakes = composer.check_templates() if override is not None else []
    if mistakes:
        raise NotReady("; ".join(mistakes), 78)
    return Writer(settings.policy, keys, composer)


def check_codes(settings: Settings, engine: Engine) -> None:
    """Live tickets may not name a category or team that config.toml has no more (PRODUCT §5). Raises ConfigError."""
    with reading(engine) as connection:
        categories, teams, _ = tickets.codes_in_use(connection)
    policy = settings.policy
    renamed = {old for old, new in policy.renamed.items() if new in policy.categories}
    mistakes = [
        f'categories.{code}: open tickets are in it; keep it, or name its successor: [renamed] {code} = "…"'
        for code in sorted(categories - set(policy.categories) - renamed)
    ]
    renamed = {old for old, new in policy.renamed.items() if new in policy.teams}
    mistakes += [
        f'teams.{code}: open tickets belong to it; keep it, or name its successor: [renamed] {code} = "…"'
        # Without any [teams] the shipped categories name teams that nobody has to set up.
        for code in sorted(teams - set(policy.teams) - renamed if policy.teams else ())
    ]
    if mistakes:
        raise ConfigError(settings.path, mistakes)


def note_config(policy: Policy, engine: Engine, now: datetime) -> bool:
    """Let every ticket that is being worked on hear of settings that concern it, where these have changed since maild
    last read them: the calendar, who is an agent, what codes are called. Whether they have."""
    concerns = (
        policy.calendar.zone, policy.calendar.hours, sorted(policy.calendar.weekdays),
        sorted(policy.calendar.holidays), sorted(policy.calendar.workdays),
        policy.warn_at, policy.repeat_at, sorted(policy.agents), sorted(policy.renamed.items()),
    )  # fmt: skip
    with engine.begin() as connection:
        changed = upkeep.note_config(connection, sha256(repr(concerns).encode()).hexdigest(), now)
        if changed:
            timers.for_all_live(connection, reconfigured.KIND, now)
    return changed


def holidays(settings: Settings, now: datetime) -> Health:
    """A year whose swapped working days (调休) nobody has told us is one alarm, until they are known."""
    missing = settings.swapped_days_unknown(now.astimezone(ZoneInfo(settings.policy.desk.zone)).date())
    detail, remedy = unknown_days(settings.country, missing)
    return Health("holidays", now if missing else None, detail, remedy, patience=timedelta())


def fetchers(
    settings: Settings, engine: Engine, clock: Callable[[], datetime] = utc_now, logins: Logins | None = None
) -> list[tuple[Fetcher, float]]:
    """One Fetcher a mailbox, each with how often it polls (seconds). `logins`: those that the relay uses too."""
    logins = logins or Logins(settings, engine, clock)
    made = []
    watched = [(box, box.name, box.folder) for box in settings.mailboxes]
    watched += [(box, f"{box.name}/{junk}", junk) for box in settings.mailboxes for junk in box.also_watch]
    for box, name, folder in watched:
        account = Account(
            name=name,
            host=box.host,
            port=box.port,
            security=box.security,
            login=box.login,
            password=partial(read_secret, box.password_from) if box.password_from else None,
            token=logins.mailbox(box.name),
            folder=folder,
            processed=box.processed,
            quarantine=box.quarantine,
            ca_file=box.tls_ca,
            timeout_s=box.timeout.total_seconds(),
        )
        made.append(
            (
                Fetcher(
                    engine,
                    Mailbox(account, __version__),
                    Limits(settings.limits.parse_bytes, settings.limits.store_bytes),
                    clock,
                    box.backlog,
                    settings.limits.backlog_age,
                    # What is held because of its folder stays there for people to see.
                    box.file_away if folder == box.folder else False,
                ),
                box.poll.total_seconds(),
            )
        )
    return made


def relay(settings: Settings, logins: Logins) -> Relay:
    """The relay as the SMTP door wants it. Raises NotReady (78) without one."""
    section = settings.relay
    if section is None:
        raise NotReady("[relay] is missing: without it no mail can leave", 78)
    connections, per_minute = _PROFILES[section.profile]
    return Relay(
        host=section.host,
        port=section.port,
        security=section.security,
        login=section.login or next((box.login for box in settings.mailboxes if box.name == section.oauth_of), ""),
        password=partial(read_secret, section.password_from) if section.password_from else None,
        token=logins.relay(),
        ca_file=section.tls_ca,
        connections=section.connections if section.connections is not None else connections,
        per_minute=section.per_minute if section.per_minute is not None else per_minute,
        reply_timeout_s=section.timeout.total_seconds(),
        helo=settings.policy.desk.address.rpartition("@")[2],
    )


def sender(
    settings: Settings, engine: Engine, clock: Callable[[], datetime] = utc_now, logins: Logins | None = None
) -> Sender:
    """The door out, with a name of its own for its leases."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    null = {"auto": None, "yes": True, "no": False}[settings.relay.null_sender if settings.relay else "no"]
    logins = logins or Logins(settings, engine, clock)
    return Sender(engine, Courier(relay(settings, logins)), owner, settings.policy.desk.address, null, clock)


def lock(settings: Settings) -> int | None:
    """Keep a second daemon off an SQLite database: a handle to keep open, None on PostgreSQL. Raises NotReady (75)."""
    url = make_url(settings.database.url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    try:
        handle = os.open(f"{url.database}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NotReady(
            f"cannot write {url.database}.lock: {error.strerror}: make room there, or see that the daemon's user"
            " may write in this folder", 75,
        ) from error  # fmt: skip
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise NotReady(
            f"another maild is running on {url.database}; several daemons on one desk need PostgreSQL", 75
        ) from error
    return handle
