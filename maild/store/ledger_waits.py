"""Mails that wait for their own writer's word: is it yours, is it to be sent all the same, was it meant otherwise?

Writes inbound, beside store/ledger.py: each of its statements names the state that it expects. A ticket of 0 is none.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, update

from maild.store.schema import inbound

_LOOK_THROUGH = 1000


def _on(ticket: int) -> ColumnElement[bool]:
    return inbound.c.ticket == ticket if ticket else inbound.c.ticket.is_(None)


def _from(senders: Sequence[str]) -> ColumnElement[bool]:
    """From one of these addresses, whatever stands behind a plus sign in it."""
    parts = [each.rpartition("@") for each in senders]
    tagged = [
        and_(
            inbound.c.sender.startswith(f"{local.partition('+')[0]}+", autoescape=True),
            inbound.c.sender.endswith(f"@{domain}", autoescape=True),
        )
        for local, _, domain in parts
    ]
    return or_(inbound.c.sender.in_(list(senders)), *tagged)


def held_of(connection: Connection, senders: Sequence[str], ticket: int) -> list[int]:
    """The newest mails in this agent's name, at any of their addresses, on the ticket that are held or were answered
    for: each may have been asked about, and a button may be pressed twice."""
    rows = connection.execute(
        select(inbound.c.id)
        .where(_from(senders), _on(ticket), or_(inbound.c.fate == "held", inbound.c.answer != ""))
        .order_by(inbound.c.id.desc())
        .limit(_LOOK_THROUGH)
    )
    return list(rows.scalars())


def _waits(number: int, senders: Sequence[str], ticket: int, now: datetime) -> tuple[Any, ...]:
    return (
        inbound.c.id == number,
        _from(senders),
        _on(ticket),
        inbound.c.fate == "held",
        inbound.c.waits_until > now,
    )


def waits(connection: Connection, number: int, senders: Sequence[str], ticket: int, now: datetime) -> bool:
    """Whether this mail in this agent's name waits on the ticket for an answer."""
    return connection.execute(select(inbound.c.id).where(*_waits(number, senders, ticket, now))).scalar() is not None


def release(
    connection: Connection, number: int, senders: Sequence[str], ticket: int, answer: str, now: datetime
) -> int:
    """A mail that its writer has answered for is to be decided again, and no other one; 1, or 0 if it waits no more."""
    return connection.execute(
        update(inbound)
        .where(*_waits(number, senders, ticket, now))
        .values(
            state="received", fate="", attempts=0, waits_until=None,
            answer=func.trim(inbound.c.answer + " " + answer),
        )
    ).rowcount  # fmt: skip


def drop(connection: Connection, number: int, senders: Sequence[str], ticket: int, now: datetime) -> None:
    """A mail that its writer disowned or does not want any more stays held for good, and says so."""
    connection.execute(
        update(inbound)
        .where(*_waits(number, senders, ticket, now))
        .values(reason=inbound.c.reason + "; disowned or dropped by the agent", waits_until=None)
    )


def expire(connection: Connection, now: datetime) -> Sequence[Any]:
    """Mails whose answer never came: they stay held for good, and say so. (id, sender, ticket, received) of each."""
    over = (inbound.c.waits_until < now, inbound.c.fate == "held")
    columns = (inbound.c.id, inbound.c.sender, inbound.c.ticket, inbound.c.received)
    rows = connection.execute(select(*columns).where(*over).order_by(inbound.c.id)).all()
    if rows:
        connection.execute(
            update(inbound)
            .where(*over, inbound.c.id.in_([row.id for row in rows]))
            .values(reason=inbound.c.reason + "; nobody confirmed in time", waits_until=None)
        )
    return rows


_ANSWERS = select(inbound.c.answer).where(inbound.c.id == bindparam("number"))


def answers(connection: Connection, number: int) -> frozenset[str]:
    """What its writer has answered about this mail, which waited for it; nothing for one that nobody asked about."""
    return frozenset((connection.execute(_ANSWERS, {"number": number}).scalar() or "").split())
