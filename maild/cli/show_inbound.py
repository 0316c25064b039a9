"""`maild inbound`: the ledger of every mail that came in."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from maild.cli import ends, hold
from maild.cli.plain_help import PlainCommand, PlainGroup
from maild.cli.where import ConfigFile

app = typer.Typer(
    cls=PlainGroup,
    no_args_is_help=True,
    help="Look at the mails that came in, let one in that was held, drop one, or have one decided again.",
)

Number = Annotated[
    int, typer.Argument(metavar="NUMBER", help="Number of the mail in the ledger.", min=1, show_default=False)
]
Fate = Literal["ticketed", "handled", "ignored", "held", "quarantined", "waiting"]
_STYLES = {"quarantined": "red", "held": "yellow", "waiting": "yellow", "ignored": "dim"}


@app.command("list", cls=PlainCommand)
def listing(
    fate: Annotated[
        Fate | None,
        typer.Option(
            metavar="FATE",
            help="One of ticketed, ignored, held, quarantined, waiting (not decided yet).",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="COUNT", help="At most so many, newest first.", min=1, max=10_000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON array.")] = False,
    config: ConfigFile = None,
) -> None:
    """The newest mails, what became of each, and why.

    ticketed: it made a ticket or joined one. ignored: a machine, a copy, or
    dropped. held: kept for people to look at. quarantined: it could not be
    read. waiting: not decided yet.

    Example:  maild inbound list --fate quarantined
    """
    from maild.cli.desk_open import opened
    from maild.cli.terminal import moment, print_json, table, text
    from maild.store import ledger_lists
    from maild.store.engine import reading

    settings, engine = opened(config)
    with reading(engine) as connection:
        rows = ledger_lists.listing(connection, fate, limit)
    if as_json:
        print_json([_record(row) for row in rows])
        return
    prefix = settings.policy.desk.prefix
    table(
        ("No", "Received", "Fate", "Ticket", "From", "Subject", "Why"),
        (
            (
                row.id, moment(row.received), text(_fate(row), _STYLES.get(_fate(row), "")),
                f"{prefix}-{row.ticket}" if row.ticket else "", row.sender, row.subject, row.reason,
            )
            for row in rows
        ),
    )  # fmt: skip
    if any(_fate(row) in ("held", "quarantined", "waiting") for row in rows):
        print(
            "\n`maild inbound show NUMBER` tells more of one, and how to let it in, drop it or have it decided again."
        )


@app.command(cls=PlainCommand)
def show(
    number: Number,
    raw: Annotated[
        Path | None,
        typer.Option(
            "--raw", metavar="FILE", help="Write the mail's bytes, as they came, to FILE (- for standard output)."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")] = False,
    config: ConfigFile = None,
) -> None:
    """Everything that is on record about one mail.

    Example:  maild inbound show 4711 --raw strange.eml
    """
    from maild.cli.desk_open import opened
    from maild.cli.terminal import print_json, table
    from maild.store import ledger, ledger_lists
    from maild.store.engine import reading

    _, engine = opened(config)
    with reading(engine) as connection:
        row = ledger_lists.get(connection, number)
        if row is None:
            raise ends.end(ends.NO_INPUT, f"there is no inbound mail {number}; `maild inbound list` shows the newest")
        data = ledger.raw(connection, number) if raw is not None else b""
    if raw is not None:
        _write(raw, data, complete=row.complete)
        if str(raw) == "-":
            return
    if as_json:
        print_json(_record(row))
        return
    table(("", ""), ((name, value) for name, value in _record(row).items() if _worth_a_line(name, value)))
    for line in _next_steps(row):
        print(line)


@app.command(cls=PlainCommand)
def replay(number: Number, config: ConfigFile = None) -> None:
    """Have a mail decided again that made no ticket: after a config change, or when a mistake was mended.

    The same rules apply to it as the first time; `release` lets a mail in
    against them. A mail that made a ticket is not replayed, since nothing may
    happen twice.

    Example:  maild inbound replay 4711
    """
    from maild.cli.desk_open import opened
    from maild.doorbell import ring
    from maild.store import ledger, ledger_lists

    settings, engine = opened(config)
    with engine.begin() as connection:
        row = ledger_lists.get(connection, number)
        done = row is not None and ledger.replay(connection, number)
    if row is None:
        raise ends.end(ends.NO_INPUT, f"there is no inbound mail {number}; `maild inbound list` shows the newest")
    if not done:
        why = (
            "it waits already" if row.state != "done" else f"it made ticket {settings.policy.desk.prefix}-{row.ticket}"
        )
        raise ends.end(ends.DATA, f"inbound mail {number} is not replayed: {why}")
    heard = ring(settings.state_dir)
    print(f"Mail {number} is decided again {'now' if heard else 'within half a minute, or when `maild run` starts'}.")


app.command(cls=PlainCommand)(hold.release)
app.command(cls=PlainCommand)(hold.drop)


def _worth_a_line(name: str, value: object) -> bool:
    return value not in (None, "") and (name != "released" or bool(value))


def _next_steps(row: Any) -> list[str]:
    """What a person can do about this mail, a line each."""
    from maild.store.ledger_hold import why_not_released

    if row.state != "done":
        return ["", "It waits to be decided.", f"  maild inbound drop {row.id}     ignore it instead"]
    release = f"  maild inbound release {row.id}  let it in"
    drop = f"  maild inbound drop {row.id}     ignore it for good"
    replay = f"  maild inbound replay {row.id}   decide again by the same rules"
    if row.fate in ("held", "quarantined"):
        return ["", release, drop, replay]
    if row.fate == "ignored" and not why_not_released(row, ""):
        return ["", release, replay]
    return []


def _write(target: Path, data: bytes, complete: bool) -> None:
    if not complete:
        ends.say("only the header of this mail is on record: it was larger than [limits] store_bytes")
    if str(target) == "-":
        sys.stdout.buffer.write(data)
        return
    with target.open("xb") as file:
        file.write(data)
    print(f"{len(data)} bytes written to {target}")


def _fate(row: Any) -> str:
    return str(row.fate) if row.state == "done" else "waiting"


def _record(row: Any) -> dict[str, Any]:
    waits = row.waits_until is not None and row.waits_until > datetime.now(UTC)
    return {
        "number": row.id,
        "fate": _fate(row),
        "reason": row.reason,
        "from": row.sender,
        "subject": row.subject,
        "received": row.received,
        "decided": row.done,
        "ticket": row.ticket,
        "screening": row.screening,
        "trust": row.trust,
        "trust_reason": row.trust_reason,
        "evidence": row.evidence,
        "thread_by": row.thread_by,
        "message_id": row.message_id,
        "size": row.size,
        "complete": row.complete,
        "released": row.released,
        "source": row.source,
        "mailbox": row.mailbox,
        "uidvalidity": row.uidvalidity,
        "uid": row.uid,
        "filed": row.filed,
        "attempts": row.attempts,
        "waits_until": row.waits_until if waits else None,
    }
