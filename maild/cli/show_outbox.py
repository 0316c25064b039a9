"""`maild outbox`: the mails that are to leave, left, or could not."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from maild.cli import ends, hold
from maild.cli.free_address import free
from maild.cli.plain_help import PlainCommand, PlainGroup
from maild.cli.where import ConfigFile

app = typer.Typer(
    cls=PlainGroup,
    no_args_is_help=True,
    help="Look at the mails that go out, queue one again, or keep it from leaving.",
)

State = Literal["queued", "leased", "sent", "failed", "unknown", "held", "cancelled"]
_STYLES = {"failed": "red", "unknown": "yellow", "held": "yellow", "cancelled": "dim", "sent": "green"}

Number = Annotated[
    int, typer.Argument(metavar="NUMBER", help="Number of the mail in the outbox.", min=1, show_default=False)
]


@app.command("list", cls=PlainCommand)
def listing(
    state: Annotated[
        State | None,
        typer.Option(
            metavar="STATE", help="One of queued, leased, sent, failed, unknown, held, cancelled.", show_default=False
        ),
    ] = None,
    ticket: Annotated[str, typer.Option(metavar="TICKET", help="Of this ticket.", show_default=False)] = "",
    to: Annotated[str, typer.Option(metavar="ADDRESS", help="To this address.", show_default=False)] = "",
    letter: Annotated[
        str, typer.Option(metavar="LETTER", help="Of this kind, such as agent/new_ticket.", show_default=False)
    ] = "",
    limit: Annotated[int, typer.Option(metavar="COUNT", help="At most so many, newest first.", min=1, max=10_000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON array.")] = False,
    config: ConfigFile = None,
) -> None:
    """The newest mails that go out, one row a recipient, each with its state and why.

    queued: due, or waiting for its next try. leased: being sent right now.
    unknown: sent, but the answer was lost. held: kept back by the desk's mode
    or by a budget. cancelled: it will never leave.

    Example:  maild outbox list --ticket IT-12 --state failed
    """
    from maild.cli.desk_open import opened
    from maild.cli.show_tickets import ticket_number
    from maild.cli.terminal import moment, print_json, table, text
    from maild.store import outbox_lists
    from maild.store.engine import reading

    settings, engine = opened(config)
    with reading(engine) as connection:
        rows = outbox_lists.listing(connection, state, limit, ticket_number(ticket) if ticket else None, to, letter)
    if as_json:
        print_json([record(row) for row in rows])
        return
    prefix = settings.policy.desk.prefix
    table(
        ("No", "Created", "State", "Ticket", "To", "Letter", "Subject", "Why"),
        (
            (
                row.id, moment(row.created), text(row.state, _STYLES.get(row.state, "")),
                f"{prefix}-{row.ticket}" if row.ticket else "", row.recipient, row.template, row.subject, why(row),
            )
            for row in rows
        ),
    )  # fmt: skip


@app.command(cls=PlainCommand)
def show(
    number: Number,
    raw: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the mail's bytes to a new FILE; - for here.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")] = False,
    config: ConfigFile = None,
) -> None:
    """One outgoing mail: its state and why, its header, and its text as it can be read.

    Example:  maild outbox show 815 --raw 815.eml
    """
    from maild.cli.desk_open import opened
    from maild.cli.terminal import console, print_json, table, text
    from maild.store import outbox_lists
    from maild.store.engine import reading

    _, engine = opened(config)
    with reading(engine) as connection:
        row = outbox_lists.get(connection, number)
    if row is None:
        raise _no_such(number)
    if raw is not None:
        if str(raw) == "-":
            sys.stdout.buffer.write(row.raw)
            return
        with raw.open("xb") as file:
            file.write(row.raw)
        print(f"{len(row.raw)} bytes written to {raw}")
        return
    header, words = readable(row.raw)
    if as_json:
        print_json({**record(row), "header": header, "text": words})
        return
    told = {**record(row), "why": why(row)}
    out = console()
    table(("", ""), ((name, value) for name, value in told.items() if value not in (None, "", 0)))
    out.print()
    for name, value in header:
        out.print(text(f"{name}: {value}"), soft_wrap=True)
    out.print()
    for line in words.splitlines():
        out.print(text(line), soft_wrap=True)


@app.command(cls=PlainCommand)
def retry(
    number: Number,
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Let it leave although the desk's mode holds it back.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Queue a failed, held or waiting mail again, with the same bytes and the same Message-ID.

    A mail that the desk's mode holds back is refused without --force.

    Example:  maild outbox retry 815
    """
    from maild.cli.desk_open import opened
    from maild.outbound.budget import mode_lets_out
    from maild.store import outbox, outbox_lists

    settings, engine = opened(config)
    mode = settings.policy.mode
    with engine.begin() as connection:
        row = outbox_lists.get(connection, number)
        barred = row is not None and not force and not mode_lets_out(mode, row.audience)
        done = row is not None and not barred and outbox.retry(connection, number, datetime.now(UTC))
    if row is None:
        raise _no_such(number)
    if not done and row.state in ("sent", "leased", "cancelled"):
        raise ends.end(ends.DATA, f"outgoing mail {number} is not queued again: it is {row.state}")
    if barred:
        raise ends.end(
            ends.DATA,
            f'mode is {mode}: this letter to {row.recipient} would leave; set mode = "live" first, or --force',
        )
    if not done:
        raise ends.end(ends.DATA, f"outgoing mail {number} was taken in hand just now: look again")
    print(f"Mail {number} to {row.recipient} is queued; it leaves within half a minute while `maild run` is running.")


app.command(cls=PlainCommand)(free)


@app.command(cls=PlainCommand)
def cancel(
    numbers: Annotated[
        list[int],
        typer.Argument(metavar="NUMBER", help="Numbers of mails in the outbox.", min=1, show_default=False),
    ],
    reason: hold.Reason = "",
    config: ConfigFile = None,
) -> None:
    """Keep mails from leaving: queued, held, or with an unknown outcome. What was sent cannot be called back.

    The ticket's history says who did it and why.

    Exit code 0: all were cancelled. 65: some were not. 66: some do not exist.

    Example:  maild outbox cancel 815 816 --reason "written to the wrong person"
    """
    from maild.cli.desk_open import opened
    from maild.store import outbox_hold

    _, engine = opened(config)
    handled = []
    for number in dict.fromkeys(numbers):
        with engine.begin() as connection:
            who = f"the admin {hold.operator()}"
            handled.append(outbox_hold.cancel(connection, number, who, reason, datetime.now(UTC)))
    for each in handled:
        if each.done:
            print(f"Mail {each.number} {each.said}")
        elif each.known:
            ends.say(f"outgoing mail {each.number} is not cancelled: {each.said}")
        else:
            ends.say(f"there is no outgoing mail {each.number}; `maild outbox list` shows the newest")
    if not all(each.known for each in handled):
        raise typer.Exit(ends.NO_INPUT)
    if not all(each.done for each in handled):
        raise typer.Exit(ends.DATA)


def _no_such(number: int) -> typer.Exit:
    return ends.end(ends.NO_INPUT, f"there is no outgoing mail {number}; `maild outbox list` shows the newest")


def readable(raw: bytes) -> tuple[list[tuple[str, str]], str]:
    """Decoded header fields and the plain text of a mail of our own making."""
    from email import message_from_bytes, policy

    mail = message_from_bytes(raw, policy=policy.default)
    body = mail.get_body(("plain", "html"))
    return [(name, str(value)) for name, value in mail.items()], body.get_content() if body is not None else ""


def why(row: Any) -> str:
    """What the desk or the relay last said about an outgoing mail, and what will become of it."""
    from maild.store.outbox import LOST

    if row.state == "sent":
        return str(row.reason)
    said = f"{row.last_code or ''} {row.last_text}".strip()
    if row.state == "unknown" and row.unknowns >= LOST:
        return f"sent {row.unknowns} times and never answered: it may have arrived; not sent again"
    if row.state == "unknown":
        return f"its answer was lost: it may have arrived; the same bytes go again at {row.due:%H:%M} UTC"
    if row.state == "queued" and row.attempts:
        return f"try {row.attempts + 1} at {row.due:%H:%M} UTC: {said}" if said else f"try {row.attempts + 1}"
    if row.state == "queued" and said:
        return f"waits for the relay: {said}"
    return str(row.reason) or said


def record(row: Any) -> dict[str, Any]:
    """An outgoing mail for JSON, without its bytes."""
    return {
        "number": row.id,
        "state": row.state,
        "reason": row.reason,
        "to": row.recipient,
        "letter": row.template,
        "subject": row.subject,
        "ticket": row.ticket,
        "created": row.created,
        "due": row.due,
        "sent": row.sent,
        "attempts": row.attempts,
        "last_code": row.last_code,
        "last_text": row.last_text,
        "message_id": row.message_id,
    }
