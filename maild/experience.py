"""What the desk knows from its work, kept in memory for each database: the newest solutions, so that a new report is
compared with them in a moment, and what was learned of categories.

Rows decide, memory only proposes: what the index finds is read again in the transaction that asks, so that a solution
that was withdrawn, purged or restricted meanwhile, by whatever daemon, is not shown.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from maild.model import Learned, Solution, Solved
from maild.store import knowledge
from maild.store import learned as models
from maild.workflow.knowledge import nameless
from maild.workflow.similar import Experience, Index

# Only so many are looked through (MEASURED: similar tickets must not search all tickets).
NEWEST = 2000
# Ids are given before the commit, so a row may appear below one that was seen: as many are looked at again.
_IN_FLIGHT = 64


class _Memory:
    """The index, and which row of the table each of its solutions came from."""

    def __init__(self) -> None:
        self.index = Index()
        self.row_of: dict[int, int] = {}
        self.newest = (0, 0)
        self.lock = Lock()

    def follow(self, connection: Connection) -> None:
        """Take in what was written since the last look."""
        newest = knowledge.newest_solution(connection)
        if newest == self.newest:
            return
        after = max(min(self.newest[0], newest[0]) - _IN_FLIGHT, 0) if self.row_of else 0
        for row in reversed(knowledge.solutions_after(connection, after, NEWEST)):
            if self.row_of.get(row.ticket) != row.id:
                self.row_of[row.ticket] = row.id
                self.index.put(_experience(row))
        for number in sorted(self.row_of, key=self.row_of.__getitem__)[: max(len(self.row_of) - NEWEST, 0)]:
            self.forget(number)
        self.newest = newest

    def forget(self, number: int) -> None:
        del self.row_of[number]
        self.index.drop(number)


_MEMORIES: WeakKeyDictionary[Engine, _Memory] = WeakKeyDictionary()
_MAKING = Lock()


def similar(connection: Connection, report: str) -> tuple[Solved, ...]:
    """The solved tickets most like a report (its first line is the subject), best first.

    Some may be restricted: who may see them is for the decision to say.
    """
    with _MAKING:
        memory = _MEMORIES.setdefault(connection.engine, _Memory())
    with memory.lock:
        memory.follow(connection)
        found = memory.index.search(report)
        rows = {row.ticket: row for row in knowledge.solutions_of(connection, [each.ticket for each in found])}
        for each in found:
            if each.ticket not in rows:
                memory.forget(each.ticket)
    return tuple(_solved(rows[each.ticket]) for each in found if each.ticket in rows)


def solutions(connection: Connection, numbers: Sequence[int]) -> dict[int, Solution]:
    """The solutions of these tickets, by number; those that hold no more are missing."""
    return {row.ticket: Solution(_solved(row), row.text) for row in knowledge.solutions_of(connection, numbers)}


def _solved(row: Any) -> Solved:
    # Titles were kept as they were written by earlier versions.
    title = nameless(row.title, (row.requester_name,))
    return Solved(row.ticket, title, row.category, row.team if row.restricted else "")


def _experience(row: Any) -> Experience:
    return Experience(
        solved=_solved(row),
        report=row.report or "",
        solution=row.text,
        poor=row.rating is not None and row.rating <= 2,
        confirmed=row.outcome == "confirmed",
    )


# When each database's model was last looked at, its number, and the model if it is in use.
_MODELS: WeakKeyDictionary[Engine, tuple[datetime, int, Learned | None]] = WeakKeyDictionary()
# A new model (or a reset) is in force within a minute; asking for each mail would cost more than it is worth.
_MODEL_LOOK = timedelta(minutes=1)


def learned(connection: Connection, now: datetime) -> Learned | None:
    """What the desk has learned, if that is in use: read once, and again when there is another."""
    had = _MODELS.get(connection.engine)
    if had is not None and timedelta() <= now - had[0] < _MODEL_LOOK:
        return had[2]
    number, in_use = models.newest(connection)
    model = had[2] if had is not None and had[1] == number else None
    if model is None and in_use:
        model = models.load(connection, number)
    _MODELS[connection.engine] = now, number, model
    return model
