"""What the desk has learned, and the tickets that it learns from. Writes learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update

from maild.model import Learned, Lesson, WordWeights
from maild.store.schema import correction, entry, learned, ticket

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The newest word on learning: a model was trained, or what was learned was forgotten.

    tickets, corrections   from how many tickets it was learned, of how many an agent had corrected the category
    since                  since when what was learned decides, without a break; None: it does not
    horizon                what happened before teaches nothing any more
    figures                what cross-validation found, by name (workflow/trial.py)
    """

    id: int
    at: datetime
    kind: str
    who: str
    why: str
    in_use: bool
    since: datetime | None
    tickets: int
    corrections: int
    upto: int
    figures: Mapping[str, float]
    horizon: datetime


def standing(connection: Connection) -> Standing | None:
    """How it stands; None: nothing was ever learned."""
    row = connection.execute(select(learned).order_by(learned.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    reset = connection.execute(select(func.max(learned.c.at)).where(learned.c.kind == "reset")).scalar()
    return Standing(
        id=row.id,
        at=row.at,
        kind=row.kind,
        who=row.who,
        why=row.why,
        in_use=row.in_use,
        since=row.since,
        tickets=row.tickets,
        corrections=row.corrections,
        upto=row.upto,
        figures=row.figures,
        horizon=reset or BEGINNING,
    )


_NEWEST = select(learned.c.id, learned.c.in_use).order_by(learned.c.id.desc()).limit(1)


def newest(connection: Connection) -> tuple[int, bool]:
    """The number of the newest model or reset and whether it is in use; (0, False) as long as there is none."""
    row = connection.execute(_NEWEST).one_or_none()
    return (row.id, row.in_use) if row is not None else (0, False)


def load(connection: Connection, number: int) -> Learned:
    """The model of that number; without words if it is an old one, or a reset."""
    row = connection.execute(select(learned.c.words, learned.c.tickets).where(learned.c.id == number)).one()
    return Learned({word: WordWeights(rarity, weights) for word, (rarity, weights) in row.words.items()}, row.tickets)


def put(connection: Connection, kind: str, who: str, why: str, when: datetime, **values: Any) -> int:
    """Note a model (`words`: a Learned) or a reset, which is the newest word from now on; its number."""
    model: Learned | None = values.pop("model", None)
    words = {word: (row.rarity, dict(row.weights)) for word, row in model.words.items()} if model else {}
    connection.execute(update(learned).where(learned.c.words != {}).values(words={}))
    row = {"figures": {}, "tickets": model.tickets if model else 0, **values, "words": words}
    key = connection.execute(insert(learned).values(at=when, kind=kind, who=who, why=why, **row)).inserted_primary_key
    if key is None:
        raise RuntimeError("the database gave no number to what was learned")
    return int(key[0])


def corrections_after(connection: Connection, number: int) -> tuple[int, int]:
    """How many corrections of a category came after the correction of that number, and the number of the newest."""
    row = connection.execute(
        select(func.count(), func.max(correction.c.id)).where(correction.c.id > number, correction.c.what == "category")
    ).one()
    return int(row[0]), int(row[1] or number)


# What a ticket must be to teach: a person of ours wrote it, it is a report of its own, and it is no spam.
_TEACHES = and_(
    ticket.c.internal,
    ticket.c.kind == "report",
    ticket.c.merged_into.is_(None),
    func.coalesce(ticket.c.outcome, "") != "spam",
)
_FIRST_MAIL = and_(entry.c.ticket == ticket.c.id, entry.c.n == 1, entry.c.role == "requester")
_COLUMNS = (
    ticket.c.id, ticket.c.subject, ticket.c.language, ticket.c.category, ticket.c.requester, ticket.c.team,
    ticket.c.closed, entry.c.new_text,
)  # fmt: skip
# Solved by an agent, whatever the requester then said; an automatic closing without a solution is nobody's work.
_HANDLED = and_(
    ticket.c.state == "closed",
    ticket.c.outcome.in_(("confirmed", "unconfirmed", "by_agent")),
    ticket.c.responded.is_not(None),
    ticket.c.resolved.is_not(None),
    ~select(correction.c.id).where(correction.c.ticket == ticket.c.id, correction.c.what == "category").exists(),
)


def lessons(connection: Connection, horizon: datetime, limit: int) -> tuple[list[Lesson], float]:
    """The newest tickets that may teach, at most `limit` corrected and as many confirmed; and for how many tickets that
    agents solved without correcting them one confirmed ticket stands (at least 1)."""
    last = (
        select(func.max(correction.c.id).label("id"))
        .where(correction.c.what == "category", correction.c.at > horizon)
        .group_by(correction.c.ticket)
        .order_by(func.max(correction.c.id).desc())
        .limit(limit)
        .subquery()
    )
    rows = connection.execute(
        select(*_COLUMNS, correction.c.becomes, correction.c.who, correction.c.at)
        .join_from(last, correction, correction.c.id == last.c.id)
        .join(ticket, ticket.c.id == correction.c.ticket)
        .join(entry, _FIRST_MAIL)
        .where(_TEACHES)
        .order_by(correction.c.id)
    )
    found = [_lesson(row, row.becomes, row.at, row.who) for row in rows]
    # Backwards along the numbers, so that a million old tickets are not looked through.
    rows = connection.execute(
        select(*_COLUMNS)
        .join(entry, _FIRST_MAIL)
        .where(_TEACHES, _HANDLED, ticket.c.outcome == "confirmed", ticket.c.closed > horizon)
        .order_by(ticket.c.id.desc())
        .limit(limit)
    )
    seen = [_lesson(row, row.category, row.closed, "") for row in rows]
    if not seen:
        return found, 1.0
    handled = connection.execute(
        select(func.count()).where(
            _TEACHES, _HANDLED, ticket.c.closed > horizon, ticket.c.id >= min(each.ticket for each in seen)
        )
    ).scalar_one()
    return [*found, *seen], max(1.0, handled / len(seen))


def _lesson(row: Any, category: str, at: datetime, agent: str) -> Lesson:
    return Lesson(
        ticket=row.id,
        subject=row.subject,
        text=row.new_text,
        language=row.language,
        category=category,
        requester=row.requester.lower(),
        at=at,
        corrected=bool(agent),
        agent=agent.lower(),
        team=row.team,
    )


def history(connection: Connection, limit: int) -> Sequence[Any]:
    """(at, kind, who, why, in_use, tickets, corrections, figures), newest first."""
    columns = (learned.c[name] for name in ("at", "kind", "who", "why", "in_use", "tickets", "corrections", "figures"))
    return connection.execute(select(*columns).order_by(learned.c.id.desc()).limit(limit)).all()
