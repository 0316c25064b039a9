"""Questions about the ledger that change nothing: for people who look, and for threading."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from maild.store.ledger import NAMELESS_COPY
from maild.store.schema import inbound


def listing(connection: Connection, fate: str | None, limit: int) -> Sequence[Any]:
    """The newest rows for people, optionally of one fate (or "waiting")."""
    statement = select(inbound).order_by(inbound.c.id.desc()).limit(limit)
    if fate == "waiting":
        statement = statement.where(inbound.c.state != "done")
    elif fate:
        statement = statement.where(inbound.c.fate == fate)
    return connection.execute(statement).all()


def get(connection: Connection, number: int) -> Any:
    return connection.execute(select(inbound).where(inbound.c.id == number)).one_or_none()


def known(connection: Connection, mails: Sequence[tuple[str, str, datetime]]) -> list[bool]:
    """Of each (Message-ID, content hash, received): whether the ledger has this very mail, from wherever it came.

    By the rule for copies (PRODUCT §2.1): without a Message-ID only one of about the same time counts.
    """
    rows = connection.execute(
        select(inbound.c.message_id, inbound.c.content_hash, inbound.c.received).where(
            inbound.c.content_hash.in_({content_hash for _, content_hash, _ in mails})
        )
    )
    there: dict[tuple[str, str], list[datetime]] = {}
    for message_id, content_hash, received in rows:
        there.setdefault((message_id, content_hash), []).append(received)
    return [
        any(message_id or abs(each - received) <= NAMELESS_COPY for each in there.get((message_id, content_hash), ()))
        for message_id, content_hash, received in mails
    ]


def counts(connection: Connection) -> dict[str, int]:
    """How many rows there are of each fate, and how many wait."""
    rows = connection.execute(
        select(inbound.c.state, inbound.c.fate, func.count()).group_by(inbound.c.state, inbound.c.fate)
    )
    found: dict[str, int] = {}
    for state, fate, number in rows:
        key = fate if state == "done" else "waiting"
        found[key] = found.get(key, 0) + number
    return found


_ASIDE = (
    select(
        inbound.c.id, inbound.c.sender, inbound.c.subject, inbound.c.reason, inbound.c.screening, inbound.c.received,
    )
    .where(inbound.c.fate.in_(("quarantined", "held")), inbound.c.waits_until.is_(None))
    .order_by(inbound.c.id)
)  # fmt: skip


def set_aside(connection: Connection, limit: int) -> Sequence[Any]:
    """(id, sender, subject, reason, screening, received) of quarantined and held mails that nobody has been told of
    yet."""
    return connection.execute(_ASIDE.where(inbound.c.told.is_(False)).limit(limit)).all()


def still_aside(connection: Connection, since: datetime, before: datetime, limit: int) -> Sequence[Any]:
    """As set_aside(), those that were told of and that nobody has had a word on, received between two moments."""
    lying = (inbound.c.told.is_(True), inbound.c.received > since, inbound.c.received < before)
    return connection.execute(_ASIDE.where(*lying, ~inbound.c.reason.contains("disowned")).limit(limit)).all()


def sent_before(connection: Connection, number: int) -> bool:
    """Whether a mail of the same Date, From and text as this one was decided before it; a copy of it bears the same
    Message-ID too and is never decided, so this is somebody's who sends it again."""
    this = select(inbound.c.content_hash).where(inbound.c.id == number).scalar_subquery()
    same = select(inbound.c.id).where(inbound.c.content_hash == this, inbound.c.id < number, inbound.c.state == "done")
    return connection.execute(same.limit(1)).scalar() is not None


def tickets_of_ids(connection: Connection, message_ids: Iterable[str]) -> dict[str, int]:
    """Ticket by the Message-ID of inbound mails on record."""
    wanted = list(message_ids)
    if not wanted:
        return {}
    rows = connection.execute(
        select(inbound.c.message_id, inbound.c.ticket).where(
            inbound.c.message_id.in_(wanted), inbound.c.ticket.is_not(None)
        )
    )
    return {row[0]: row[1] for row in rows}
