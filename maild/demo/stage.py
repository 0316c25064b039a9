"""The demo's stage: post office, daemon and database in a folder of their own, torn down at the end."""

import contextlib
import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from maild.config import Settings, load
from maild.daemon import Daemon
from maild.data import data_dir
from maild.demo import cast
from maild.demo.postoffice import Letter, PostOffice
from maild.store import ledger_lists, migrate, outbox_lists, tickets
from maild.store.engine import open_engine, reading

_READY_S = 30.0


@dataclass(frozen=True, slots=True)
class Stage:
    """A running demo."""

    post_office: PostOffice
    settings: Settings
    engine: Engine

    def undecided(self) -> int:
        """Mails that are in the ledger and not decided yet."""
        with reading(self.engine) as connection:
            return ledger_lists.counts(connection).get("waiting", 0)

    def decided(self) -> int:
        """Mails that have their fate."""
        with reading(self.engine) as connection:
            return sum(count for fate, count in ledger_lists.counts(connection).items() if fate != "waiting")

    def unsent(self) -> int:
        """Mails that are still on their way out."""
        with reading(self.engine) as connection:
            counts = outbox_lists.counts(connection)
        return counts.get("queued", 0) + counts.get("leased", 0)

    def state_of(self, number: int) -> str:
        """The state of a ticket, empty if there is none of that number."""
        with reading(self.engine) as connection:
            ticket = tickets.load(connection, number)
        return ticket.state if ticket is not None else ""


def place() -> Path:
    """Where a running demo says how to reach it, for `maild demo say`."""
    return Path(tempfile.gettempdir(), f"maild-demo-{os.getuid()}.json")


@contextlib.contextmanager
def built(on_mail: Callable[[Letter], None], imap_port: int = 0, smtp_port: int = 0) -> Iterator[Stage]:
    """The whole desk on loopback, with the shipped config.toml and only its doors put elsewhere."""
    folder = Path(tempfile.mkdtemp(prefix="maild-demo-"))
    office = PostOffice(dict.fromkeys(cast.PEOPLE, cast.PASSWORD), on_mail, imap_port, smtp_port)
    office.start()
    secret = folder / "password"
    secret.touch(0o600)
    secret.write_text(cast.PASSWORD)
    try:
        settings = load(_config(folder, office, secret))
        engine = open_engine(settings.database.url)
        migrate.upgrade(engine)
        daemon = Daemon(settings)
        thread = threading.Thread(target=daemon.run, name="daemon")
        thread.start()
        try:
            if not daemon.ready.wait(_READY_S):
                raise TimeoutError(f"the desk was not ready within {_READY_S:.0f} s; the log above says why")
            _write_place(office)
            yield Stage(office, settings, engine)
        finally:
            place().unlink(missing_ok=True)
            daemon.stop()
            thread.join()
            engine.dispose()
    finally:
        office.close()
        shutil.rmtree(folder, ignore_errors=True)


def _config(folder: Path, office: PostOffice, secret: Path) -> Path:
    """The shipped config.toml with its doors put onto the post office: a file that every `maild` command can name."""
    shipped = (data_dir() / "config.toml").read_text(encoding="utf-8")
    parts = re.split(r"(?m)^(?=\[)", shipped)
    kept = [part for part in parts if not part.startswith(("[[mailbox]]", "[relay]", "[database]", "[daemon]"))]
    path = folder / "config.toml"
    path.write_text("".join(kept) + _DOORS.format(folder=folder, office=office, desk=cast.DESK, secret=secret))
    return path


_DOORS = """
[[mailbox]]
name = "demo"
host = "127.0.0.1"
port = {office.imap_port}
security = "none"
login = "{desk}"
password_from = "file:{secret}"

[relay]
host = "127.0.0.1"
port = {office.smtp_port}
security = "none"

[database]
url = "sqlite:///{folder}/maild.db"

[daemon]
state_dir = "{folder}"
"""


def _write_place(office: PostOffice) -> None:
    path = place()
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"imap": office.imap_port, "smtp": office.smtp_port}, file)
