"""`maild outbox free`: let mail go again to an address that had bounced."""

from typing import Annotated

import typer

from maild.cli import ends
from maild.cli.where import ConfigFile


def free(
    address: Annotated[
        str | None, typer.Argument(metavar="[ADDRESS]", help="Whom to write to again.", show_default=False)
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Let mail go again to an address that had bounced; without ADDRESS: list those that get none.

    Mail to an address that does not exist is no longer sent. That ends by
    itself when a mail comes from there. What was cancelled stays cancelled.

    Example:  maild outbox free li.lei@corp.example
    """
    from maild.cli.desk_open import opened
    from maild.cli.terminal import moment, table
    from maild.store import people
    from maild.store.engine import reading

    _, engine = opened(config)
    if address is None:
        with reading(engine) as connection:
            rows = people.silenced(connection)
        table(("Address", "Since", "Because"), ((row.address, moment(row.bounced_at), row.bounced) for row in rows))
        return
    with engine.begin() as connection:
        done = people.mark_alive(connection, address.strip().lower())
    if not done:
        raise ends.end(ends.NO_INPUT, f"{address} gets its mail: it has not bounced, or was freed already")
    print(f"Mail goes to {address} again, from the next one on.")
