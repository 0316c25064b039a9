"""Where a story is played: in memory, or on real servers. Each keeps a clock that only mails and `~` move."""

import shutil
import threading
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, func, select, update

from maild import desk
from maild.apply import Writer
from maild.chores import Chores
from maild.config import Settings, load
from maild.daemon import Daemon
from maild.data import data_dir
from maild.ingest.prescan import content_hash, message_id_of
from maild.ingest.read import parts, read
from maild.ingest.worker import ParseCrash, Worker
from maild.model import Message
from maild.receive import Receiver
from maild.store import ledger, migrate, timers
from maild.store.engine import open_engine, reading
from maild.store.schema import inbound, outbox, timer
from maild.tick import Ticker
from tests import servers

# A Monday morning in Shanghai, long past: servers stamp mail with the real time, and maild takes the earlier one.
START = datetime(2024, 3, 4, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
PASSWORD = "pw"
# Nothing waits so long unless it hangs; a busy machine may take a while.
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Out:
    """A mail of ours: what the outbox says of it, and its bytes as they left (held ones: as they would have left)."""

    number: int
    template: str
    audience: str
    recipient: str
    ticket: int | None
    automatic: bool
    message_id: str
    state: str
    reason: str
    at: datetime
    raw: bytes
    envelope_sender: str | None = None


def settings_for(story: Mapping[str, Any], **more: Any) -> Settings:
    """The shipped config.toml without statutory holidays, under the story's own settings and `more` sections."""
    shipped = tomllib.loads((data_dir() / "config.toml").read_text(encoding="utf-8"))
    # Digests leave where a story says at what time.
    sections: dict[str, Any] = {"calendar": {**shipped["calendar"], "country": ""}, "digest": {"at": ""}}
    for name, values in story.items():
        under = sections.get(name, shipped.get(name, {}))
        sections[name] = _added(under, values) if isinstance(values, list) else _laid_over(under, values)
    return load(None, {**sections, **more})


def _added(under: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A list like [[agents]] with more rows; one with an address that is there changes that one."""
    made = deepcopy(list(under))
    for row in rows:
        same = [each for each in made if "address" in row and each.get("address") == row["address"]]
        if same:
            same[0].update(row)
        else:
            made.append(row)
    return made


def _laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    made = deepcopy(dict(under))
    for key, value in over.items():
        made[key] = (
            _laid_over(made[key], value) if isinstance(value, dict) and isinstance(made.get(key), dict) else value
        )
    return made


class Stage(ABC):
    """The desk of one story. `step` is over when nothing is left to do at this moment of its clock."""

    def __init__(self, settings: Settings, engine: Engine, writer: Writer) -> None:
        self.settings, self.engine, self.writer = settings, engine, writer
        self.now = START
        self.delivered = 0
        self._seen = 0
        self._chores = Chores(engine, writer, self.clock, list, timedelta(minutes=15))

    def clock(self) -> datetime:
        return self.now

    @abstractmethod
    def _hand_in(self, raw: bytes) -> None:
        """Put a mail into the desk's mailbox."""

    @abstractmethod
    def settle(self) -> None:
        """Let the desk do all that there is to do now."""

    @abstractmethod
    def _as_sent(self, rows: Sequence[Any]) -> list[Out]:
        """Rows of the outbox with their bytes as they left."""

    @abstractmethod
    def close(self) -> None: ...

    def deliver(self, raw: bytes) -> None:
        """A mail arrives, one minute after whatever was before."""
        self.now += timedelta(minutes=1)
        self.delivered += 1
        self._hand_in(raw)
        self.settle()

    def wait_until(self, target: datetime) -> None:
        """Let time pass up to a moment; whatever falls due on the way happens at its own time."""
        while True:
            with reading(self.engine) as connection:
                due = timers.next_due(connection)
            if due is None or due > target:
                break
            self.now = max(self.now, due)
            self.settle()
        self.now = target
        for chore in (
            self._chores.watch_incidents,
            self._chores.expire,
            self._chores.summarise,
            self._chores.tell_set_aside,
            self._chores.digest,
            self._chores.observed,
            self._chores.learn,
        ):
            chore()
        self.settle()

    def letters(self) -> list[Out]:
        """What has left, or was held back, since the last time this was asked."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(outbox).where(outbox.c.id > self._seen).order_by(outbox.c.id)).all()
        if rows:
            self._seen = rows[-1].id
        return self._as_sent(rows)


def _out(row: Any, raw: bytes, envelope_sender: str | None = None) -> Out:
    return Out(
        row.id, row.template, row.audience, row.recipient, row.ticket, row.automatic, row.message_id, row.state,
        row.reason, row.created, raw, envelope_sender,
    )  # fmt: skip


# ── in memory ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _HereAndNow:
    """Stands for the parsing process: the same functions, called in this one."""

    def submit(self, raw: bytes, timeout_s: float | None = None) -> "Future[Message]":
        future: Future[Message] = Future()
        try:
            future.set_result(read(raw))
        # The real worker hands over whatever the parser raises as ParseCrash, and so does this one.
        except Exception as error:
            future.set_exception(ParseCrash(repr(error)))
        return future

    def parts(self, raw: bytes, indices: Sequence[int]) -> list[bytes]:
        return parts(raw, indices)


class Memory(Stage):
    """A database of its own and the desk's steps called one after the other; the outbox counts as sent."""

    def __init__(self, settings: Settings, engine: Engine, writer: Writer) -> None:
        super().__init__(settings, engine, writer)
        self._receiver = Receiver(engine, writer, cast(Worker, _HereAndNow()), self.clock, settings.limits.parse_bytes)
        self._ticker = Ticker(engine, writer, self.clock)

    def use(self, writer: Writer) -> None:
        """Decide by another policy from the next mail on."""
        self._receiver.use(writer)

    def _hand_in(self, raw: bytes) -> None:
        arrival = ledger.Arrival(
            source="imap",
            mailbox="main",
            uidvalidity=1,
            uid=self.delivered,
            received=self.now,
            fetched=self.now,
            size=len(raw),
            raw=raw,
            message_id=message_id_of(raw),
            content_hash=content_hash(raw),
        )
        with self.engine.begin() as connection:
            ledger.add(connection, [arrival])

    def settle(self) -> None:
        while self._receiver.step(_nothing) or self._ticker.step(_nothing):
            pass
        with self.engine.begin() as connection:
            connection.execute(update(outbox).where(outbox.c.state == "queued").values(state="sent", sent=self.now))

    def _as_sent(self, rows: Sequence[Any]) -> list[Out]:
        return [_out(row, row.raw) for row in rows]

    def close(self) -> None:
        self.engine.dispose()


def _nothing() -> None:
    """The steps wake nobody here."""


def sqlite_template(folder: Path) -> Path:
    """An SQLite file with maild's schema, to be copied for each story."""
    path = folder / "template.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    engine.dispose()
    return path


# ── on real servers ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Street:
    """The servers that all stories share: mailboxes, the relay's port, and where its mail ends up."""

    dovecot: servers.Dovecot
    relay_port: int
    sink: servers.Sink


class SharedWorker:
    """Stands where a daemon makes its parsing worker: one real one, whose process outlives the story."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def __call__(self) -> "SharedWorker":
        return self

    def submit(self, raw: bytes, timeout_s: float | None = None) -> "Future[Message]":
        return self._worker.submit(raw, timeout_s)

    def parts(self, raw: bytes, indices: Sequence[int]) -> list[bytes]:
        return self._worker.parts(raw, indices)

    def close(self) -> None:
        """The worker is closed at the end of the session."""


class Real(Stage):
    """The daemon in a thread: Dovecot by LMTP and IMAP, a database, and a relay whose mail is caught at its end."""

    def __init__(self, settings: Settings, street: Street, login: str) -> None:
        self._street, self._login = street, login
        keys = desk.tokens(settings)
        super().__init__(settings, open_engine(desk.database_url(settings)), desk.writer(settings, keys))
        self._trouble: list[BaseException] = []
        self._daemon = Daemon(settings, self.clock)
        self._thread = threading.Thread(target=self._run, name=f"daemon {login}")
        self._thread.start()
        servers.wait_until(
            lambda: self._daemon.ready.is_set() or bool(self._trouble), "the daemon is ready", _PATIENCE_S
        )
        self._raise()

    def _run(self) -> None:
        try:
            self._daemon.run()
        # Whatever ends the daemon must end the story in the test's own thread.
        except BaseException as error:
            self._trouble.append(error)

    def _raise(self) -> None:
        if self._trouble:
            raise self._trouble[0]

    def _hand_in(self, raw: bytes) -> None:
        self._street.dovecot.deliver(self._login, raw)

    def settle(self) -> None:
        servers.wait_until(self._quiet, f"{self._login}: the desk is done with what there is", _PATIENCE_S, 0.02)
        self._raise()

    def _quiet(self) -> bool:
        """All mails decided, no mail that should leave still here, no timer due.

        Asked in one statement: on PostgreSQL each has a view of its own, and between two of them a timer may have
        become a mail.
        """
        if self._trouble:
            return True
        wanted = select(
            select(func.count()).where(inbound.c.state == "done").scalar_subquery(),
            select(func.count()).select_from(inbound).scalar_subquery(),
            select(func.count()).where(outbox.c.state.in_(("queued", "leased", "unknown"))).scalar_subquery(),
            select(func.count()).where(timer.c.due <= self.now).scalar_subquery(),
        )
        with reading(self.engine) as connection:
            done, every, leaving, due = connection.execute(wanted).one()
        return bool(done == every == self.delivered and not leaving and not due)

    def _as_sent(self, rows: Sequence[Any]) -> list[Out]:
        wanted = {row.message_id for row in rows if row.state == "sent"}
        arrived: dict[str, servers.Accepted] = {}

        def all_there(mails: list[servers.Accepted]) -> bool:
            arrived.update((message_id_of(mail.raw), mail) for mail in mails)
            return wanted <= arrived.keys()

        self._street.sink.wait_for(all_there, _PATIENCE_S)
        outs = []
        for row in rows:
            if row.state != "sent":
                outs.append(_out(row, row.raw))
                continue
            mail = arrived[row.message_id]
            if [each.lower() for each in mail.recipients] != [row.recipient]:
                raise AssertionError(f"{row.template} for {row.recipient} went to {mail.recipients}")
            outs.append(_out(row, mail.raw, mail.sender))
        return outs

    def close(self) -> None:
        self._daemon.stop()
        self._thread.join(30)
        self.engine.dispose()
        if self._thread.is_alive():
            raise AssertionError(f"{self._login}: the daemon did not stop")
        self._raise()


def copy_template(template: Path, to: Path) -> str:
    """A copy of the migrated SQLite file; its URL."""
    shutil.copyfile(template, to)
    return f"sqlite:///{to}"
