"""Which files came with the mails of a ticket. Only reads."""

from sqlalchemy import Connection, bindparam, select

from maild.store.schema import attachment, entry

_OF = (
    select(attachment.c.sha256)
    .join(entry, entry.c.id == attachment.c.entry)
    .where(entry.c.ticket == bindparam("number"), attachment.c.sha256 != "")
    .distinct()
)


def hashes(connection: Connection, number: int) -> frozenset[str]:
    """The SHA-256 of every file that somebody has sent on a ticket, in hexadecimal digits."""
    return frozenset(connection.execute(_OF, {"number": number}).scalars())
