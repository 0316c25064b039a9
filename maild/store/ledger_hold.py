"""A person's word on mails that were put aside: let one in, or drop it. The words of refusal are for that person.

Writes inbound, beside store/ledger.py: each of its statements names the state that it expects.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, update

from maild.store import ledger_lists
from maild.store.ledger import Waiting
from maild.store.schema import inbound

_TRACE = 600
_JUST_NOW = "it was decided just now: look again"


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a person's word on one mail. `done` or not, `said` tells why or what was before; `known` is False
    where the ledger has no such mail."""

    number: int
    done: bool
    said: str
    known: bool = True


def release(connection: Connection, number: int, who: str, why: str, when: datetime, prefix: str) -> Handled:
    """Have a held, quarantined or ignored mail decided again as if nothing had held it (PRODUCT §2.1).

    Never a mail that made a ticket, never a copy of one, never mail of the desk's own: nothing happens twice.
    """
    row = ledger_lists.get(connection, number)
    if row is None:
        return _unknown(number)
    refused = why_not_released(row, prefix)
    if refused:
        return Handled(number, False, refused)
    before = was(row)
    if not _let_in(connection, number, _trace("let in", who, why, when, before)):
        return Handled(number, False, _JUST_NOW)
    return Handled(number, True, before)


def drop(connection: Connection, number: int, who: str, why: str, when: datetime, prefix: str) -> Handled:
    """Ignore a held, quarantined or waiting mail for good. Its bytes stay, and `release` brings it back."""
    row = ledger_lists.get(connection, number)
    if row is None:
        return _unknown(number)
    refused = why_not_dropped(row, prefix)
    if refused:
        return Handled(number, False, refused)
    before = was(row)
    if not _drop(connection, number, when, _trace("dropped", who, why, when, before)):
        return Handled(number, False, _JUST_NOW)
    return Handled(number, True, before)


def why_not_released(row: Any, prefix: str) -> str:
    """Why a mail cannot be let in; empty when it can."""
    if row.state != "done":
        return "it waits to be decided anyway"
    if row.fate == "ticketed":
        return f"it made ticket {prefix}-{row.ticket}"
    if row.fate == "handled":
        return "what it asked for was done or answered"
    if row.screening == "own":
        return "it came out of the desk itself: an answer to it would go round in circles"
    if row.fate == "ignored" and row.reason.startswith("a copy of inbound "):
        return f"it is {row.reason}: release that one"
    return ""


def why_not_dropped(row: Any, prefix: str) -> str:
    """Why a mail cannot be dropped; empty when it can."""
    if row.state != "done" or row.fate in ("held", "quarantined"):
        return ""
    if row.fate == "ticketed":
        return f"it made ticket {prefix}-{row.ticket}"
    if row.fate == "handled":
        return "what it asked for was done or answered"
    return f"it is ignored already: {row.reason}"


def was(row: Any) -> str:
    """What stood on record about a mail before a person spoke, in a few words."""
    if row.state != "done":
        return "not decided yet" + (f" ({row.reason})" if row.reason else "")
    reason = str(row.reason)
    return reason if reason.startswith(row.fate) else f"{row.fate}: {reason}"


def _trace(done: str, who: str, why: str, when: datetime, before: str) -> str:
    because = f": {why}" if why else ""
    return f"{done} by {who} on {when:%Y-%m-%d %H:%M} UTC{because}; before that {before}"[:_TRACE]


def _unknown(number: int) -> Handled:
    return Handled(number, False, f"there is no inbound mail {number}", known=False)


def _let_in(connection: Connection, number: int, trace: str) -> bool:
    """Have a mail that was put aside decided again, as one that a person has let in; False if it is none, or no more.

    `trace` says who did it, why, and what was against the mail. The screening stays: what was quarantined is not read
    by the parser again.
    """
    done = connection.execute(
        update(inbound)
        .where(
            inbound.c.id == number, inbound.c.state == "done", inbound.c.fate.in_(("held", "quarantined", "ignored"))
        )
        .values(
            state="received", fate="", released=True, reason=trace, attempts=0, dedupe=None, waits_until=None,
            told=False,
        )
    )  # fmt: skip
    return done.rowcount == 1


def take_out_of_junk(connection: Connection, number: int, successor: int) -> bool:
    """Whether this mail was held for nothing but its folder: then the same one in the mailbox takes its place."""
    moved = update(inbound).where(inbound.c.id == number, inbound.c.fate == "held", inbound.c.mailbox.contains("/"))
    word = inbound.c.reason + f"; somebody put it into the mailbox: inbound {successor}"
    return connection.execute(moved.values(fate="ignored", reason=word, dedupe=None)).rowcount == 1


def _drop(connection: Connection, number: int, when: datetime, trace: str) -> bool:
    """Ignore a mail that was put aside, or is not decided yet; its bytes stay. False if it is neither, or no more."""
    aside = inbound.c.fate.in_(("held", "quarantined"))
    done = connection.execute(
        update(inbound)
        .where(inbound.c.id == number, or_(inbound.c.state == "received", aside))
        .values(state="done", fate="ignored", reason=trace, done=when, waits_until=None)
    )
    return done.rowcount == 1


def read_as_is(row: Waiting) -> bool:
    """Whether a person let in a mail that was quarantined: what harmed the parser once is not given to it again."""
    return row.released and row.screening == "quarantine"


def silent(row: Waiting) -> bool:
    """Whether no mail leaves because of this one: imported, and old or not to be answered."""
    return row.source == "import" and row.backlog


def with_trace(row: Waiting, reason: str) -> str:
    """Why, with what a person did about the mail before."""
    return f"{reason}; {row.reason}" if row.released and row.reason else reason
