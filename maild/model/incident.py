"""Mass incidents as values: the reports that are compared, what was found, and what stands on record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from maild.model.words import Words

IncidentState = Literal["proposed", "declined", "open", "over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A ticket as the detection sees it. `at`: when it was received, UTC. `person`: whose it is, the same for all
    addresses of one person; empty for a stranger, who counts for nothing. `words` are what `incident_words` found."""

    ticket: int
    at: datetime
    person: str
    words: frozenset[str]
    category: str = "other"
    team: str = ""
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What a report of an incident is known by: it names the thing that is out of order (`anchor`) and has one of the
    `pairs` of words that hardly any ordinary report has together, or enough of the `words`, each with its weight. An
    empty anchor: no report is known by itself."""

    anchor: str = ""
    words: Mapping[str, float] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Reports that are most likely one matter: more people than this desk has by chance.

    `reports` are ticket numbers, oldest first; `people` how many different persons wrote them; `expected` how many
    would have been usual in that time; `title` says it in words that most of them used, so it holds nothing of a
    single person's.
    """

    reports: tuple[int, ...]
    people: int
    since: datetime
    expected: float
    known_by: Signature
    title: Words
    category: str
    team: str
    restricted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What stands on record of a mass incident beside its ticket (`ticket` 0: not inserted yet).

    state     proposed → open (accepted, by reply, button or by hand) → over; or declined
    title     what reporters get to read
    known_by  what further reports of it are recognised by
    reports   the tickets that a proposal is about; those of an accepted one are its children (`Ticket.parent`)
    told      how many reports the lead has been told of
    contested how many reporters said that it is not solved
    """

    ticket: int
    state: IncidentState
    title: Words
    known_by: Signature
    reports: tuple[int, ...]
    since: datetime
    at: datetime
    told: int = 0
    contested: int = 0
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A report of an incident, as people of the desk see it in a list."""

    ticket: int
    title: str
    department: str
    at: datetime
    state: str
    restricted: bool = False
    team: str = ""
    parent: int | None = None
    kind: str = "report"
    merged: bool = False
    internal: bool = True
