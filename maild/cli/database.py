"""`maild db`: the schema of the database."""

import os
from typing import Annotated

import typer

from maild.cli import ends, hold
from maild.cli.plain_help import PlainCommand, PlainGroup
from maild.cli.where import ConfigFile, settings

app = typer.Typer(
    cls=PlainGroup,
    no_args_is_help=True,
    help="Create the database, bring it up to this version, or make a restored one safe.",
)


@app.command(cls=PlainCommand)
def upgrade(
    backup: Annotated[
        bool, typer.Option("--backup/--no-backup", metavar="", help="Copy an SQLite file before it is changed.")
    ] = True,
    config: ConfigFile = None,
) -> None:
    """Create the database, or bring an older one up to this version of maild; all or nothing.

    Before an SQLite file is changed it is copied beside itself. A PostgreSQL
    database is yours to back up, with pg_dump.

    Example:  maild db upgrade
    """
    found = settings(config)
    from maild.desk import database_url
    from maild.store import migrate
    from maild.store.engine import open_engine

    engine = open_engine(database_url(found))
    shown = engine.url.render_as_string(hide_password=True)
    state = migrate.state(engine)
    if state == "current":
        print(f"{shown} is up to date ({migrate.HEAD}).")
        return
    if state == "future":
        raise ends.end(
            ends.CONFIG, "the database was written by a newer maild: install that version, or restore the backup"
        )
    if state == "behind" and backup and engine.dialect.name == "sqlite":
        from maild.cli.backup import copy_sqlite

        print(f"Backup: {copy_sqlite(engine)}")
    migrate.upgrade(engine)
    print(f"{shown} is {'ready' if state == 'empty' else 'upgraded'} ({migrate.HEAD}).")


@app.command(cls=PlainCommand)
def restored(
    skip: Annotated[
        int,
        typer.Option(
            metavar="COUNT", help="Go on behind so many ticket numbers: more than were given since the backup.", min=1
        ),
    ] = 1000,
    yes: hold.Yes = False,
    config: ConfigFile = None,
) -> None:
    """Make a database safe that was put back from a backup, before `maild run` starts on it.

    It knows nothing of what happened since. So this holds every mail that was
    about to leave (it may have left), goes on with ticket numbers that nobody
    has seen yet, puts off what would happen by itself for an hour, and says how
    to bring back the mails that came in since.

    Exit code 75: a daemon is running on this database; stop it first.

    Example:  maild db restored
    """
    found = settings(config)
    from datetime import UTC, datetime

    from maild.desk import lock, open_database
    from maild.store import restored as store

    engine = open_database(found)
    # So that no daemon starts meanwhile.
    handle = lock(found)
    try:
        hold.confirmed("Was this database just put back from a backup? Its queued mails will be held", yes)
        with engine.begin() as connection:
            if others := store.others(connection):
                raise ends.end(
                    ends.TRY_AGAIN, f"{others} connections of maild are open on this database: stop the daemons first"
                )
            done = store.make_safe(connection, datetime.now(UTC), skip)
    finally:
        if handle is not None:
            os.close(handle)
    prefix = found.policy.desk.prefix
    newest = f"{done.newest:%Y-%m-%d %H:%M} UTC" if done.newest else "never"
    print(f"The newest mail in this database came in: {newest}")
    print(f"{done.held} mails that were about to leave are held, since they may have left already.")
    print(f"The next ticket is {prefix}-{done.next_ticket}; {done.put_off} timers wait until {done.until:%H:%M} UTC.")
    print()
    print("What to do next:")
    step = 1
    for box in found.mailboxes:
        folders = " and ".join(dict.fromkeys((box.processed, box.quarantine)))
        print(f"{step}. In the mailbox {box.login}, with any mail program: move what came since then from")
        print(f"   {folders} back to {box.folder}. What this database knows is skipped.")
        step += 1
    print(f"{step}. maild run")
    print(f"{step + 1}. maild outbox list --state held; `maild outbox retry NUMBER` lets one leave.")


@app.command(cls=PlainCommand)
def state(config: ConfigFile = None) -> None:
    """Tell whether the database fits this version: current, behind, empty or future; exit code 0 only for current.

    Example:  maild db state
    """
    found = settings(config)
    from maild.desk import database_url
    from maild.store import migrate
    from maild.store.engine import open_engine

    engine = open_engine(database_url(found))
    told = migrate.state(engine)
    print(told)
    if told != "current":
        raise typer.Exit(ends.CONFIG)
