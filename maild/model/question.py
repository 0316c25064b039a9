"""What a question asks of the books, and what was found there: values between `needs`, `gather` and `decide`."""

from dataclasses import dataclass
from datetime import datetime

from maild.model.message import Address
from maild.model.ticket import Priority, State, Ticket


@dataclass(frozen=True, slots=True)
class Word:
    """Something to look for. A text that holds `whole` has it; so has one that holds at least `least` of the `parts`
    into which a run of Chinese was cut, since nobody writes the same words twice."""

    whole: str
    parts: tuple[str, ...] = ()
    least: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which tickets are asked for: every part that is set narrows it.

    assignee    in this agent's hands
    teams       of one of these teams
    people      reported by this person, at any of their addresses, or with them as a participant
    states, priorities, words, numbers   of one of these; with all of the words; with one of the numbers
    since, until   opened or closed in this time; `until` is not part of it
    sees        restricted tickets only of these teams; None: all, for somebody's own
    limit       so many are read, those with the highest number first
    """

    assignee: str = ""
    teams: tuple[str, ...] = ()
    people: str = ""
    states: tuple[State, ...] = ()
    priorities: tuple[Priority, ...] = ()
    words: tuple[Word, ...] = ()
    numbers: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    sees: tuple[str, ...] | None = ()
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Matches:
    """The tickets of a query, without their fields, newest first; `more` is how many others there are."""

    tickets: tuple[Ticket, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done on a ticket: a line of its history, or "said" and "heard" for public words."""

    at: datetime
    what: str
    becomes: str
    who: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an agent has said to the requester. `message_id` is that of the agent's mail, where it was one."""

    at: datetime
    author: Address
    text: str
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Solved:
    """A solved ticket that resembles this one.

    `restricted_to` is the team that alone may see it; empty: anybody. `score` says how much it resembles the report
    that was compared: it tells apart what one search found, and nothing else.
    """

    ticket: int
    title: str
    category: str = ""
    restricted_to: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Solution:
    """What solved a ticket, in words that may be sent to others."""

    solved: Solved
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """One contribution to a ticket's conversation."""

    at: datetime
    author: Address
    role: str
    internal: bool
    text: str


@dataclass(frozen=True, slots=True)
class Linked:
    """A ticket that another one has to do with, and how; `ours`: the link was written on this side."""

    ticket: Ticket
    kind: str
    ours: bool


@dataclass(frozen=True, slots=True)
class File:
    """An attachment by the number under which it is asked for."""

    number: int
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that stands on record of one ticket, for those who may see it.

    said      the conversation, oldest first, internal notes among it
    past      what was done, as `Deed`s, oldest first
    similar   solved tickets that resemble it, best first, with what solved them
    people    who else is on it: (who, may write, gets mail)
    seen      Message-IDs of its conversation with whoever asks, oldest first
    """

    ticket: Ticket
    said: tuple[Said, ...] = ()
    past: tuple[Deed, ...] = ()
    similar: tuple[Solution, ...] = ()
    links: tuple[Linked, ...] = ()
    files: tuple[File, ...] = ()
    people: tuple[tuple[Address, bool, bool], ...] = ()
    seen: tuple[str, ...] = ()
