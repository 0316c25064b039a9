"""What questions ask of the books (PRODUCT §3.4): lists of tickets, words that are looked for, all of one ticket. Only
reads."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    false,
    func,
    or_,
    select,
    union_all,
)

from maild.model import Address, File, Linked, Matches, Query, Said, Word
from maild.store import attachments, people_directory, tickets
from maild.store.schema import address, entry, field, link, member, participant, ticket
from maild.store.types import clean

# So many of a ticket's newest contributions are shown, and so many of its other rows.
_SAID = 30
_ROWS = 50


def matches(connection: Connection, query: Query) -> Matches:
    """The tickets of a query, newest first, and how many more there are."""
    # All of them are counted on the way, since looking for words twice takes twice as long. The sum keeps SQLite from
    # walking through every ticket for the order's sake, where an index finds the few.
    whole = func.count().over().label("whole")
    newest = (ticket.c.id + 0).desc()
    some = select(ticket.c.id, whole).where(*_conditions(connection, query)).order_by(newest).limit(query.limit)
    chosen = some.subquery()
    rows = connection.execute(
        select(ticket, chosen.c.whole).join(chosen, chosen.c.id == ticket.c.id).order_by(newest)
    ).all()
    return Matches(tuple(tickets.from_row(row) for row in rows), rows[0].whole - len(rows) if rows else 0)


def _conditions(connection: Connection, query: Query) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.assignee:
        wanted.append(ticket.c.assignee == query.assignee)
    if query.states:
        wanted.append(ticket.c.state.in_(query.states))
    if query.teams:
        wanted.append(ticket.c.team.in_(query.teams))
    if query.priorities:
        wanted.append(ticket.c.priority.in_(query.priorities))
    if query.people:
        wanted.append(_concerns(_addresses(connection, query.people)))
    if query.since is not None and query.until is not None:
        spans = (and_(column >= query.since, column < query.until) for column in (ticket.c.created, ticket.c.closed))
        wanted.append(or_(*spans))
    if query.numbers or query.words:
        named = [ticket.c.id.in_(query.numbers)] if query.numbers else []
        folds = connection.dialect.name == "sqlite"
        wanted.append(or_(*named, *([ticket.c.id.in_(_with_words(query.words, folds))] if query.words else [])))
    if query.sees is not None:
        wanted.append(or_(ticket.c.restricted == false(), ticket.c.team.in_(query.sees)))
    return wanted


def _addresses(connection: Connection, who: str) -> frozenset[str]:
    """All addresses of a person, and those of the shared mailboxes for which they write."""
    mine = people_directory.same(connection, {who}) | {who}
    shared = (
        select(address.c.address).join(member, member.c.person == address.c.person).where(member.c.address.in_(mine))
    )
    return frozenset({*mine, *connection.execute(shared).scalars()})


def _concerns(addresses: Collection[str]) -> ColumnElement[bool]:
    takes_part = select(participant.c.ticket).where(participant.c.address.in_(addresses), participant.c.writes)
    return or_(ticket.c.requester.in_(addresses), ticket.c.id.in_(takes_part))


def _with_words(words: Sequence[Word], folds: bool) -> Select[Any]:
    """The numbers of the tickets that hold every word, in whichever of their texts each of them stands. `folds`: the
    database's LIKE is the same for small and capital letters, which costs less than to change them first."""
    blank = " "
    head = ticket.c.subject + blank + ticket.c.requester + blank + ticket.c.requester_name
    texts = union_all(
        select(ticket.c.id.label("ticket"), (head if folds else func.lower(head)).label("text")),
        select(entry.c.ticket, entry.c.new_text if folds else func.lower(entry.c.new_text)),
        select(field.c.ticket, field.c.value if folds else func.lower(field.c.value)),
    ).subquery()
    return select(texts.c.ticket).group_by(texts.c.ticket).having(*(_has(texts.c.text, word) for word in words))


def _has(text: ColumnElement[str], word: Word) -> ColumnElement[bool]:
    whole = _holds(text, word.whole) == 1
    if not word.parts:
        return whole
    some = sum((_holds(text, part) for part in word.parts[1:]), _holds(text, word.parts[0]))
    return or_(whole, some >= word.least)


def _holds(text: ColumnElement[str], wanted: str) -> ColumnElement[int]:
    # What somebody looks for is no pattern: `%`, `_` and the sign that escapes them stand for themselves.
    return func.max(case((text.contains(clean(wanted).lower(), autoescape=True), 1), else_=0))


# ── one ticket ───────────────────────────────────────────────────────────────────────────────────────────────────────


def said(connection: Connection, number: int) -> tuple[Said, ...]:
    """The newest contributions to a ticket, oldest of them first."""
    rows = connection.execute(
        select(entry.c.at, entry.c.author, entry.c.author_name, entry.c.role, entry.c.visibility, entry.c.new_text)
        .where(entry.c.ticket == number)
        .order_by(entry.c.n.desc())
        .limit(_SAID)
    ).all()
    return tuple(
        Said(row.at, Address(row.author, row.author_name), row.role, row.visibility == "internal", row.new_text)
        for row in reversed(rows)
    )


def links(connection: Connection, number: int) -> tuple[Linked, ...]:
    """The tickets that this one has to do with."""
    found = []
    for here, there, ours in ((link.c.source, link.c.target, True), (link.c.target, link.c.source, False)):
        rows = connection.execute(
            select(link.c.kind, ticket)
            .join(ticket, ticket.c.id == there)
            .where(here == number)
            .order_by(there)
            .limit(_ROWS)
        ).all()
        found += [Linked(tickets.from_row(row), row._mapping[link.c.kind], ours) for row in rows]
    return tuple(found)


def files(connection: Connection, number: int) -> tuple[File, ...]:
    """What was attached to a ticket and to those merged into it, by the numbers under which people ask for it."""
    return tuple(
        File(each.number, each.attachment.filename or each.attachment.content_type, each.attachment.size)
        for each in attachments.of_ticket(connection, number)[:_ROWS]
    )
