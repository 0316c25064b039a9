"""The attachments of a ticket, by the numbers under which people ask for them. Only reads.

Those of tickets that were merged into it count on behind what it had at that moment, so that no number changes.
"""

from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, select

from maild.model import Attachment, Filed
from maild.store.schema import attachment, entry, link, raw_chunk, ticket

# A signature's logos have no number: nobody asks for them.
_SHOWN = (entry.c.ticket.in_(bindparam("numbers", expanding=True)), attachment.c.decoration.is_(False))
_FILED = (
    select(
        entry.c.ticket,
        entry.c.at,
        attachment.c.inbound,
        attachment.c.part,
        attachment.c.filename,
        attachment.c.content_type,
        attachment.c.size,
        attachment.c.sha256,
        exists().where(raw_chunk.c.inbound == attachment.c.inbound).label("kept"),
    )
    .join(entry, attachment.c.entry == entry.c.id)
    .where(*_SHOWN)
    .order_by(entry.c.ticket, entry.c.n, attachment.c.id)
)
_COUNT = select(func.count()).select_from(attachment).join(entry, attachment.c.entry == entry.c.id).where(*_SHOWN)
_SECRECY = select(ticket.c.restricted, ticket.c.team).where(ticket.c.id == bindparam("number"))
# By the links, which are found by their target: each merged ticket is a duplicate of where it leads.
_MERGED = (
    select(ticket.c.id, ticket.c.merged_into, ticket.c.closed, ticket.c.restricted, ticket.c.team)
    .join(link, (link.c.source == ticket.c.id) & (link.c.target == ticket.c.merged_into))
    .where(link.c.target.in_(bindparam("numbers", expanding=True)), link.c.kind == "duplicate")
    .order_by(ticket.c.id)
)


def of_ticket(connection: Connection, number: int) -> tuple[Filed, ...]:
    """Every attachment that came on a ticket or on those merged into it, in the order in which the ticket got them;
    those whose mail is not kept any more have an `inbound` of 0."""
    came = _family(connection, number)
    rows = connection.execute(_FILED, {"numbers": sorted(came)}).all()
    rows = sorted(rows, key=lambda row: max(row.at, came[row.ticket] or row.at))
    return tuple(
        Filed(
            n,
            row.inbound if row.kept and row.inbound is not None else 0,
            Attachment(row.part, row.filename, row.content_type, row.size, row.sha256),
        )
        for n, row in enumerate(rows, 1)
    )


def count(connection: Connection, number: int) -> int:
    """How many attachments there are on a ticket: the next one has the number behind that."""
    return int(connection.execute(_COUNT, {"numbers": sorted(_family(connection, number))}).scalar_one())


def _family(connection: Connection, number: int) -> dict[int, datetime | None]:
    """The ticket, and those that lead to it, each with the moment since when it does: a merged ticket is closed.

    Whoever may see the ticket may see them: one restricted to another team than this one's is left out.
    """
    found: dict[int, datetime | None] = {number: None}
    own = connection.execute(_SECRECY, {"number": number}).one_or_none()
    hidden: set[int] = set()
    ahead = [number]
    while ahead:
        rows = connection.execute(_MERGED, {"numbers": ahead}).all()
        ahead = []
        for row in rows:
            if row.id in found:
                continue
            since = (found[row.merged_into], row.closed)
            found[row.id] = max((each for each in since if each is not None), default=None)
            ahead.append(row.id)
            if row.restricted and (own is None or not own.restricted or own.team != row.team):
                hidden.add(row.id)
    return {each: since for each, since in found.items() if each not in hidden}


_HASHES = (
    select(attachment.c.sha256)
    .join(entry, entry.c.id == attachment.c.entry)
    .where(entry.c.ticket == bindparam("number"), attachment.c.sha256 != "")
    .distinct()
)


def hashes(connection: Connection, number: int) -> frozenset[str]:
    """The SHA-256 of every file that somebody has sent on a ticket, in hexadecimal digits."""
    return frozenset(connection.execute(_HASHES, {"number": number}).scalars())
