"""`maild deliver`: one mail on standard input, from an MTA's pipe."""

import sys
import traceback
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from maild.cli import ends
from maild.cli.where import ConfigFile, settings

_PIECE = 1 << 20
# What is kept of a mail that is larger than [limits] store_bytes.
_HEADER_BYTES = 64 * 1024


def deliver(
    mailbox: Annotated[
        str, typer.Option(metavar="NAME", help="The name that the ledger keeps for this way in.")
    ] = "deliver",
    config: ConfigFile = None,
) -> None:
    """Take one mail on standard input, for a mail server's pipe.

    Exit code 0: the mail is in the database, on disk. 75: something is wrong
    with config or database, and the mail server is to keep the mail and to try
    again, so that no mail bounces for it. 65: the input was empty.

    Example (Postfix, master.cf):  maild unix - n n - 4 pipe user=maild argv=maild deliver
    """
    try:
        _deliver(sys.stdin.buffer, mailbox, config)
    except typer.Exit as wanted:
        raise typer.Exit(wanted.exit_code if wanted.exit_code == ends.DATA else ends.TRY_AGAIN) from wanted
    # Any other code would make the mail server send the mail back to its writer.
    except Exception as error:
        known = ends.told(error)
        if known is None:
            traceback.print_exc()
        lines = known[0] if known is not None else [f"{type(error).__name__}: {error}"]
        raise ends.end(ends.TRY_AGAIN, *lines, "the mail server keeps the mail and tries again") from error


def _deliver(source: BinaryIO, mailbox: str, config: Path | None) -> None:
    from datetime import UTC, datetime

    found = settings(config)
    raw, size = _read(source, found.limits.store_bytes)
    if not raw.strip():
        raise ends.end(ends.DATA, "nothing came on standard input; give one mail, as in `maild deliver < mail.eml`")
    from maild.desk import open_database
    from maild.ingest.prescan import glance
    from maild.store import ledger

    whole = size == len(raw)
    kept = raw if whole else raw[:_HEADER_BYTES]
    seen = glance(kept, None if whole else size)
    now = datetime.now(UTC)
    arrival = ledger.Arrival(
        source="deliver",
        mailbox=mailbox,
        received=now,
        fetched=now,
        size=size,
        raw=kept,
        message_id=seen.message_id,
        content_hash=seen.content_hash,
        sender=seen.sender,
        subject=seen.subject,
        complete=whole,
    )
    with open_database(found).begin() as connection:
        ledger.add(connection, [arrival])
    # On record; the rest only saves the daemon half a minute.
    from maild.doorbell import ring

    ring(found.state_dir)


def _read(source: BinaryIO, limit: int) -> tuple[bytes, int]:
    """Standard input to its end: at most `limit` bytes of it, and how many came."""
    pieces: list[bytes] = []
    size = kept = 0
    while piece := source.read(_PIECE):
        size += len(piece)
        if kept < limit:
            pieces.append(piece[: limit - kept])
            kept += len(pieces[-1])
    return b"".join(pieces), size
