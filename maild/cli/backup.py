"""Copies of the database that are whole even while somebody writes to it: `maild backup`, and before `db upgrade`."""

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maild.cli import ends
from maild.cli.where import ConfigFile, settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

_NAME = re.compile(r"maild-\d{8}T\d{6}Z\.(?:db|dump)")


class Damaged(Exception):
    """A copy that is not whole; the text says what was found."""


def backup(
    target: Annotated[
        Path, typer.Argument(metavar="FILE|FOLDER", help="A new file, or a folder for one with the time in its name.")
    ],
    keep: Annotated[
        int, typer.Option(metavar="COUNT", help="In a FOLDER: keep so many, delete older ones; 0: all.", min=0)
    ] = 0,
    force: Annotated[bool, typer.Option("--force", metavar="", help="Overwrite FILE.")] = False,
    config: ConfigFile = None,
) -> None:
    """Copy the database, every mail included, at any time: the daemon goes on working.

    The copy is one moment of the database, is checked before it gets its name,
    and only its owner may read it. PostgreSQL is copied by pg_dump. How to go
    back to it: docs/admin.md, "Backup and restore"; `maild db restored`.

    Exit code 0: the copy is there and whole. 73: it cannot be written there.

    Example:  maild backup /srv/backup --keep 14
    """
    found = settings(config)
    from maild.desk import database_url
    from maild.store import migrate
    from maild.store.engine import open_engine

    url = database_url(found)
    sqlite = url.startswith("sqlite")
    if sqlite:
        _must_exist(url)
    engine = open_engine(url)
    if migrate.state(engine) == "empty":
        raise ends.end(ends.CONFIG, "the database is empty: there is nothing to copy; make it with `maild db upgrade`")
    folder = target if target.is_dir() else None
    if keep and folder is None:
        raise ends.end(ends.USAGE, f"--keep counts the backups in a folder, and {target} is none")
    file = target
    if folder is not None:
        file = folder / f"maild-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{'db' if sqlite else 'dump'}"
    if file.exists() and not force:
        raise ends.end(ends.CANNOT_CREATE, f"{file} is there already: name a new file, or --force")
    try:
        size = save(engine, url, file, force)
    except Damaged as error:
        raise ends.end(ends.DATA, f"the copy is not whole, so it was deleted: {error}") from error
    except OSError as error:
        raise ends.end(ends.CANNOT_CREATE, f"{error.filename or file}: {error.strerror or error}") from error
    finally:
        engine.dispose()
    print(f"{file}: {size} bytes, checked")
    for old in older(folder, keep) if folder is not None and keep else []:
        old.unlink()
        print(f"{old}: deleted, being older than the newest {keep}")
    if not found.secrets.signing_key_from:
        print(f"Keep a copy of {found.state_dir / 'signing.key'} as well: without it old mails' tags are not believed.")


def save(engine: "Engine", url: str, file: Path, force: bool) -> int:
    """Copy the database into a file that gets its name only when it is whole and on disk; its bytes.

    Raises Damaged, OSError (FileExistsError without `force`).
    """
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        if engine.dialect.name == "sqlite":
            _copy(Path(str(engine.url.database)), partial)
        else:
            _dump(url, partial)
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
            size = os.fstat(written.fileno()).st_size
        if force:
            os.replace(partial, file)
        else:
            # A link is refused where somebody was quicker with that name; a rename would overwrite theirs.
            os.link(partial, file)
        handle = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        return size
    finally:
        for left in (partial, *(partial.with_name(partial.name + end) for end in ("-journal", "-wal", "-shm"))):
            with suppress(FileNotFoundError):
                left.unlink()


def copy_sqlite(engine: "Engine") -> Path:
    """Copy the database file beside itself with the time in its name, readable by its owner alone."""
    source = Path(str(engine.url.database))
    target = source.with_name(f"{source.name}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup")
    save(engine, "", target, force=False)
    return target


def older(folder: Path, keep: int) -> list[Path]:
    """The backups in a folder beyond the newest `keep`, by the time in their names; nothing else is touched."""
    found = sorted(each for each in folder.iterdir() if _NAME.fullmatch(each.name))
    return found[:-keep] if keep else []


def _copy(source: Path, target: Path) -> None:
    """SQLite's own backup in one step: a reader of one moment, for whom no writer waits (WAL)."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        # In many steps it would begin again after every commit of the daemon, and under load never end.
        old.backup(new, pages=-1)
        # One file, without a -wal beside it, wherever it is carried.
        new.execute("PRAGMA journal_mode=DELETE")
        said = [row[0] for row in new.execute("PRAGMA integrity_check(3)")]
        if said != ["ok"]:
            raise Damaged("; ".join(map(str, said))[:300])


def _dump(url: str, target: Path) -> None:
    """pg_dump in its custom format. The password goes by the environment: everybody may read a command line."""
    from sqlalchemy import URL, make_url

    parsed = make_url(url)
    # URL.set() takes a password of None for none given, and keeps the old one.
    plain = URL.create(
        "postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database, parsed.query
    ).render_as_string()
    command = ["pg_dump", "--format=custom", "--no-password", f"--file={target}", f"--dbname={plain}"]
    if shutil.which("pg_dump") is None:
        by_hand = shlex.join([*command[:3], "--file=FILE", command[4]])
        raise ends.end(
            ends.UNAVAILABLE,
            "pg_dump is missing here: apt install postgresql-client, or run elsewhere, with PGPASSWORD set:",
            by_hand,
        )
    environment = dict(os.environ)
    if parsed.password:
        environment["PGPASSWORD"] = str(parsed.password)
    done = subprocess.run(command, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"it ended with {done.returncode}"]
        raise ends.end(ends.UNAVAILABLE, f"pg_dump: {said[0]}")
    listed = subprocess.run(["pg_restore", "--list", str(target)], capture_output=True, check=False)
    if listed.returncode or b" inbound " not in listed.stdout:
        raise Damaged(
            listed.stderr.decode("utf-8", "replace").strip()[:300] or "pg_restore finds no table inbound in it"
        )


def _must_exist(url: str) -> None:
    """Opening an SQLite file that is missing would make an empty one."""
    from sqlalchemy import make_url

    database = make_url(url).database
    if not database or not Path(database).is_file():
        raise ends.end(ends.NO_INPUT, f"there is no database at {database}")
