"""`maild db`: the schema of the database."""

from typing import Annotated

import typer

from maild.cli import ends
from maild.cli.plain_help import PlainCommand, PlainGroup
from maild.cli.where import ConfigFile, settings

app = typer.Typer(cls=PlainGroup, no_args_is_help=True, help="Create the database, or bring it up to this version.")


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
