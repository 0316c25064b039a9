"""A person's word on mails that are to leave: keep one back for good. The words of refusal are for that person."""

from datetime import datetime

from sqlalchemy import Connection

from maild.model import History
from maild.store import outbox, outbox_lists, tickets
from maild.store.ledger_hold import Handled

_TOO_LATE = {
    "sent": "it was sent",
    "failed": "it failed and does not leave by itself",
    "cancelled": "it is cancelled already",
    "leased": "it is being sent right now: look again in a minute",
}


def cancel(connection: Connection, number: int, who: str, why: str, now: datetime) -> Handled:
    """Keep a queued, held or unknown mail from leaving, and have its ticket's history say so (PRODUCT §4)."""
    row = outbox_lists.get(connection, number)
    if row is None:
        return Handled(number, False, "there is no such mail", known=False)
    # The ticket's row comes first, as everywhere: its history is a chain.
    ticket = tickets.load(connection, row.ticket, lock=True) if row.ticket is not None else None
    because = f": {why}" if why else ""
    if not outbox.cancel(connection, number, now, f"cancelled by {who}{because}"[:400]):
        row = outbox_lists.get(connection, number)
        return Handled(number, False, _TOO_LATE.get(row.state, f"it is {row.state}: look again"))
    if ticket is not None:
        line = History("mail cancelled", row.state, f"{row.template} to {row.recipient}", who, why)
        tickets.add_history(connection, ticket.key, [line], None, now, False)
    said = f"to {row.recipient} is cancelled"
    if row.state in ("leased", "unknown"):
        said += "; it may have left before: what was in hand when a daemon or a connection died cannot be called back"
    return Handled(number, True, said)
