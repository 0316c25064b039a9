"""What was done on a ticket so far, out of its history and its conversation. Only reads."""

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, case, or_, select, union_all

from maild.model import Address, Deed, Spoken
from maild.store.schema import entry, history

# Lines of the history that tell of work, as `workflow/past.py` words them.
_WORK = ("assignee", "responded", "state", "priority", "team", "tier", "note", "chased", "reminded")
# More than are shown, since some of them say the same.
_LAST = 12

_LINES = select(history.c.at, history.c.what, history.c.becomes, history.c.who, history.c.id).where(
    history.c.ticket == bindparam("number"),
    history.c.what.in_(_WORK),
    # The priority that a ticket was born with nobody has set.
    or_(history.c.what != "priority", history.c.was != ""),
)
# The first words of a ticket are the report itself.
_WORDS = select(
    entry.c.at,
    case((entry.c.direction == "out", "said"), else_="heard").label("what"),
    entry.c.visibility.label("becomes"),
    entry.c.author.label("who"),
    entry.c.id,
).where(
    entry.c.ticket == bindparam("number"),
    entry.c.n > 1,
    entry.c.visibility == "public",
    or_(and_(entry.c.direction == "out", entry.c.role == "agent"), entry.c.role == "requester"),
)
_ALL = union_all(_LINES, _WORDS).subquery()
_OF = select(_ALL).order_by(_ALL.c.at.desc(), _ALL.c.id.desc()).limit(_LAST)


def of(connection: Connection, number: int) -> tuple[Deed, ...]:
    """The last things that were done, oldest first."""
    rows = connection.execute(_OF, {"number": number}).all()
    return tuple(Deed(row.at, row.what, row.becomes, row.who) for row in reversed(rows))


# More colleagues than these do not answer one ticket within half an hour.
_SPOKEN = 5


def spoken(connection: Connection, number: int, but: str, since: datetime) -> tuple[Spoken, ...]:
    """What agents but this one have said to the requester since then, oldest first."""
    rows = connection.execute(
        select(entry.c.at, entry.c.author, entry.c.author_name, entry.c.new_text, entry.c.message_id)
        .where(
            entry.c.ticket == number,
            entry.c.visibility == "public",
            entry.c.direction == "out",
            entry.c.role == "agent",
            entry.c.author != but,
            entry.c.at > since,
        )
        .order_by(entry.c.id.desc())
        .limit(_SPOKEN)
    ).all()
    return tuple(
        Spoken(row.at, Address(row.author, row.author_name), row.new_text, row.message_id) for row in reversed(rows)
    )
