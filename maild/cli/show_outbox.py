"""`maild outbox`: the mails that are to leave, left, or could not."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from maild.cli import ends
from maild.cli.plain_help import PlainCommand, PlainGroup
from maild.cli.where import ConfigFile

app = typer.Typer(cls=PlainGroup, no_args_is_help=True, help="Look at the mails that go out, and queue one again.")

State = Literal["queued", "leased", "sent", "failed", "unknown", "held", "cancelled"]
_STYLES = {"failed": "red", "unknown": "yellow", "held": "yellow", "cancelled": "dim", "sent": "green"}


@app.command("list", cls=PlainCommand)
def listing(
    state: Annotated[
        State | None,
        typer.Option(
            metavar="STATE", help="One of queued, leased, sent, failed, unknown, held, cancelled.", show_default=False
        ),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="COUNT", help="At most so many, newest first.", min=1, max=10_000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON array.")] = False,
    config: ConfigFile = None,
) -> None:
    """The newest mails that go out, one row a recipient, each with its state and why.

    queued: due, or waiting for its next try. leased: being sent right now.
    unknown: sent, but the answer was lost. held: kept back by the desk's mode
    or by a budget. cancelled: it will never leave.

    Example:  maild outbox list --state failed
    """
    from maild.cli.desk_open import opened
    from maild.cli.terminal import moment, print_json, table, text
    from maild.store import outbox
    from maild.store.engine import reading

    settings, engine = opened(config)
    with reading(engine) as connection:
        rows = outbox.listing(connection, state, limit)
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
def retry(
    number: Annotated[
        int, typer.Argument(metavar="NUMBER", help="Number of the mail in the outbox.", min=1, show_default=False)
    ],
    config: ConfigFile = None,
) -> None:
    """Queue a failed, held or waiting mail again, with the same bytes and the same Message-ID.

    Example:  maild outbox retry 815
    """
    from maild.cli.desk_open import opened
    from maild.store import outbox

    _, engine = opened(config)
    with engine.begin() as connection:
        row = outbox.get(connection, number)
        done = row is not None and outbox.retry(connection, number, datetime.now(UTC))
    if row is None:
        raise ends.end(ends.NO_INPUT, f"there is no outgoing mail {number}; `maild outbox list` shows the newest")
    if not done:
        raise ends.end(ends.DATA, f"outgoing mail {number} is not queued again: it is {row.state}")
    print(f"Mail {number} to {row.recipient} is queued; it leaves within half a minute while `maild run` is running.")


def why(row: Any) -> str:
    """What the desk or the relay last said about an outgoing mail."""
    said = f"{row.last_code or ''} {row.last_text}".strip() if row.state != "sent" else ""
    return row.reason or said or (f"try {row.attempts}" if row.state == "queued" and row.attempts else "")


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
