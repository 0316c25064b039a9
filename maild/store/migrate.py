"""Bringing the schema up to date, and telling whether it is.

Alembic takes 0.6 s to import, so the daemon only compares the revision in the database with `HEAD`; a test keeps
`HEAD` true.
"""

from pathlib import Path
from typing import Literal

from sqlalchemy import Engine, inspect, select, table
from sqlalchemy import column as sql_column

HEAD = "0007"
FOLDER = Path(__file__).parent / "migrations"

State = Literal["empty", "behind", "current", "future"]


def state(engine: Engine) -> State:
    """Whether the database has maild's schema: none yet, an older one, this one, or one from the future."""
    with engine.connect().execution_options(maild_reading=True) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return "empty"
        found = connection.execute(select(sql_column("version_num")).select_from(table("alembic_version"))).scalar()
    if found == HEAD:
        return "current"
    return "behind" if found is None or found < HEAD else "future"


def upgrade(engine: Engine) -> None:
    """Apply every migration that the database lacks, all in one transaction. Raises RuntimeError on a newer schema."""
    if state(engine) == "future":
        raise RuntimeError("the database was written by a newer maild: install that version, or restore the backup")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
