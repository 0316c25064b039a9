"""Desks for tests: settings for given servers, mails with a mark that can be followed, a desk driven step by step."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Engine, text

from maild import desk
from maild.config import Settings, load
from maild.daemon import Daemon
from maild.ingest.worker import Worker
from maild.receive import Receiver
from maild.send import Sender
from maild.store import migrate
from maild.store.engine import open_engine
from maild.tick import Ticker
from tests import servers

SUPPORT = "support@corp.example"


def sections(
    folder: Path, imap_port: int, relay_port: int, url: str = "", **changes: Mapping[str, Any]
) -> dict[str, Any]:
    """What to lay over the shipped config.toml for a desk on loopback servers; `changes` by section go on top.

    The mailbox's password is that of tests.conftest.USERS. Budgets are wide, so that nothing is held back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in (("password", "pw"), ("key", "k" * 64)):
        secret = folder / name
        if not secret.exists():
            secret.touch(0o600)
            secret.write_text(value)
    tables: dict[str, dict[str, Any]] = {
        "desk": {"address": SUPPORT, "internal_domains": ["corp.example"], "mode": "live"},
        "mailbox": {
            "host": "127.0.0.1",
            "port": imap_port,
            "security": "none",
            "login": SUPPORT,
            "password_from": f"file:{folder / 'password'}",
            "backlog": "all",
            "poll": "1s",
            "timeout": "20s",
        },
        "relay": {"host": "127.0.0.1", "port": relay_port, "security": "none", "null_sender": "no", "timeout": "20s"},
        "database": {"url": url or f"sqlite:///{folder / 'maild.db'}"},
        "daemon": {"state_dir": str(folder), "tick": "1s"},
        "secrets": {"signing_key_from": f"file:{folder / 'key'}"},
        "budgets": {
            "internal_per_hour": 100_000,
            "internal_per_day": 100_000,
            "unanswered_limit": 100_000,
            "notices_per_10_minutes": 100_000,
        },
        "limits": {},
    }
    for name, values in changes.items():
        tables[name] = {**tables.get(name, {}), **values}
    return {**tables, "mailbox": [tables["mailbox"]]}


def prepare(tables: Mapping[str, Any]) -> Settings:
    """Settings from these sections, with the schema put into their database."""
    settings = load(None, tables)
    engine = open_engine(settings.database.url)
    try:
        if migrate.state(engine) == "empty":
            migrate.upgrade(engine)
    finally:
        engine.dispose()
    return settings


def mail(mark: str, sender: str = "", body: str = "The printer on floor 3 eats the paper.", **headers: str) -> bytes:
    """A mail that carries `mark` in its subject, its body and its Message-ID, with CRLF line ends."""
    lines = {
        "From": sender or f"u-{mark}@corp.example",
        "To": SUPPORT,
        "Subject": f"Printer broken {mark}",
        "Date": format_datetime(datetime.now(UTC)),
        "Message-ID": f"<{mark}@corp.example>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{head}\r\n{body}\r\n{mark}\r\n".encode()


class Box:
    """One test's mailbox on a Dovecot that has the users `Box.users`; each is used once."""

    users: Mapping[str, str] = {f"desk{n}@corp.example": "pw" for n in range(1, 200)}
    used = 0

    def __init__(self, dovecot: servers.Dovecot) -> None:
        Box.used += 1
        self.dovecot, self.login = dovecot, f"desk{Box.used}@corp.example"

    def deliver(self, *mails: bytes) -> None:
        self.dovecot.deliver_many(self.login, mails)

    def count(self, folder: str = "INBOX") -> int:
        return self.dovecot.count(self.login, folder)


def prepared(folder: Path, box: Box, relay_port: int, url: str = "", **changes: Any) -> Settings:
    """A desk that watches this mailbox."""
    mailbox = {"login": box.login, **changes.pop("mailbox", {})}
    return prepare(sections(folder / "desk", box.dovecot.imap_port, relay_port, url, mailbox=mailbox, **changes))


class Clock:
    """The wall clock, put forward at will."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Steps:
    """A desk whose loops are called by the test, one step at a time."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings, self.clock = settings, clock or Clock()
        self.engine: Engine = desk.open_database(settings)
        self.writer = desk.writer(settings, desk.tokens(settings))
        self.worker = Worker()
        self.receiver = Receiver(self.engine, self.writer, self.worker, self.clock, settings.limits.parse_bytes)
        self.ticker = Ticker(self.engine, self.writer, self.clock)
        self.sender: Sender = desk.sender(settings, self.engine, self.clock)
        ((self.fetcher, _),) = desk.fetchers(settings, self.engine, self.clock)

    def fetch(self) -> int:
        return self.fetcher.step(lambda: None)

    def receive(self) -> int:
        done = 0
        while more := self.receiver.step(lambda: None):
            done += more
        return done

    def tick(self) -> int:
        return self.ticker.step(lambda: None)

    def send(self) -> int:
        sent = 0
        while more := self.sender.step():
            sent += more
        return sent

    def cycle(self) -> None:
        """Everything once, in the order in which a mail moves."""
        self.fetch()
        self.receive()
        self.tick()
        self.send()

    def states(self) -> list[tuple[str, str]]:
        """(template, state) of every outgoing mail, oldest first."""
        return [(row[0], row[1]) for row in self.rows("SELECT template, state FROM outbox ORDER BY id")]

    def rows(self, statement: str, **values: object) -> list[Any]:
        return ask(self.engine, statement, **values)

    def __enter__(self) -> Steps:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.worker.close()
        self.fetcher.mailbox.close()
        # The database or the relay may be away at the end of a test that took it away.
        with contextlib.suppress(Exception):
            self.sender.close()
        self.engine.dispose()


def ask(engine: Engine, statement: str, **values: object) -> list[Any]:
    """The rows of one SELECT."""
    with engine.connect().execution_options(maild_reading=True) as connection:
        return list(connection.execute(text(statement), values).all())


@contextlib.contextmanager
def looking(url: str) -> Iterator[Engine]:
    """An engine beside the daemon's own, for looking on."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextlib.contextmanager
def running(settings: Settings, clock: Clock | None = None) -> Iterator[Daemon]:
    """The daemon with all its loops, in a thread."""
    daemon = Daemon(settings, clock or Clock())
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        yield daemon
    finally:
        daemon.stop()
        thread.join(30)
    assert not thread.is_alive()
