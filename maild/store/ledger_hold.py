"""A person's word on mails that were put aside: let one in, or drop it. The words of refusal are for that person.

Writes inbound, beside store/ledger.py: each of its statements names the state that it expects.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from maild.model import aside as model
from maild.model.aside import Aside, Ruling
from maild.store import blocked, ledger_lists
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


def rule(connection: Connection, ruling: Ruling, when: datetime, prefix: str) -> None:
    """Carry out an admin's word that nothing spoke against when it was decided, in the same transaction.

    Raises RuntimeError where something does now: nothing of it is to be done then.
    """
    word = {"release": release, "drop": drop}.get(ruling.verb)
    if ruling.verb == "block":
        blocked.add(connection, ruling.sender, ruling.who, when)
    elif ruling.verb == "unblock":
        blocked.remove(connection, ruling.sender)
    elif word is not None:
        handled = word(connection, ruling.number, f"the admin {ruling.who}", ruling.why, when, prefix)
        if not handled.done:
            raise RuntimeError(
                f"inbound {ruling.number}: {ruling.verb} was decided, and is refused now: {handled.said}"
            )


def aside(connection: Connection, number: int, lock: bool = False) -> Aside | None:
    """One mail of the ledger as whoever has a word on it needs to know it; `lock` keeps others from deciding it."""
    return asides(connection, (number,), lock).get(number)


def asides(connection: Connection, numbers: Sequence[int], lock: bool = False) -> dict[int, Aside]:
    """Those of the mails that there are, by number."""
    statement = select(*_ASIDE).where(inbound.c.id.in_(numbers)).order_by(inbound.c.id)
    rows = connection.execute(statement.with_for_update() if lock else statement) if numbers else ()
    return {row.id: _aside(row) for row in rows}


def why_not_released(row: Any, prefix: str) -> str:
    """Why a mail cannot be let in, for whoever is at the keyboard; empty when it can."""
    refused = model.why_not_released(_aside(row), prefix)
    return refused.en if refused is not None else ""


def why_not_dropped(row: Any, prefix: str) -> str:
    """Why a mail cannot be dropped; empty when it can."""
    refused = model.why_not_dropped(_aside(row), prefix)
    return refused.en if refused is not None else ""


_ASIDE = (
    inbound.c.id, inbound.c.sender, inbound.c.subject, inbound.c.received, inbound.c.state, inbound.c.fate,
    inbound.c.reason, inbound.c.screening, inbound.c.ticket,
)  # fmt: skip


def _aside(row: Any) -> Aside:
    return Aside(
        row.id, row.sender, row.subject, row.received, row.state != "done", row.fate, row.reason, row.screening,
        row.ticket,
    )  # fmt: skip


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


def out_of_junk(connection: Connection, row: Waiting, original: int) -> bool:
    """Whether `original` was held for nothing but its junk folder, and somebody has put it into the mailbox: that says
    that it is none, and the same mail there, `row`, takes its place."""
    if row.source != "imap" or "/" in row.mailbox:
        return False
    moved = update(inbound).where(inbound.c.id == original, inbound.c.fate == "held", inbound.c.mailbox.contains("/"))
    word = inbound.c.reason + f"; somebody put it into the mailbox: inbound {row.id}"
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
