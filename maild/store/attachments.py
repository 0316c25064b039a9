"""The attachments of a ticket, by the numbers under which people ask for them. Only reads."""

from sqlalchemy import Connection, bindparam, exists, func, select

from maild.model import Attachment, Filed
from maild.store.schema import attachment, entry, raw_chunk

# A signature's logos have no number: nobody asks for them.
_SHOWN = (entry.c.ticket == bindparam("number"), attachment.c.decoration.is_(False))
_FILED = (
    select(
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
    .order_by(entry.c.n, attachment.c.id)
)
_COUNT = select(func.count()).select_from(attachment).join(entry, attachment.c.entry == entry.c.id).where(*_SHOWN)


def of_ticket(connection: Connection, number: int) -> tuple[Filed, ...]:
    """Every attachment that came on a ticket, in the order in which they came; those whose mail is not kept any more
    have an `inbound` of 0."""
    rows = connection.execute(_FILED, {"number": number})
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
    return int(connection.execute(_COUNT, {"number": number}).scalar_one())


_HASHES = (
    select(attachment.c.sha256)
    .join(entry, entry.c.id == attachment.c.entry)
    .where(entry.c.ticket == bindparam("number"), attachment.c.sha256 != "")
    .distinct()
)


def hashes(connection: Connection, number: int) -> frozenset[str]:
    """The SHA-256 of every file that somebody has sent on a ticket, in hexadecimal digits."""
    return frozenset(connection.execute(_HASHES, {"number": number}).scalars())
