"""What the desk learns from its agents: the tickets that teach it, and the weights of words that it judges by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WordWeights:
    """One learned word: how rare it is (at least 1), and by how much it speaks for (or against) each category."""

    rarity: float
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Learned:
    """A model. `tickets` is the number of tickets that it was learned from.

    `words` holds no word that fewer than two different people have written: what one person alone tells is not in it.
    """

    words: Mapping[str, WordWeights]
    tickets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A ticket that may teach: what its requester first wrote, and the category that a person has settled.

    corrected   an agent set the category (`agent`: who, in lower case; `at`: when); else an agent worked on it until it
                was solved and left the category as it was, and the requester confirmed (`at`: when it was closed)
    team        the team that had the ticket in the end
    """

    ticket: int
    subject: str
    text: str
    language: str
    category: str
    requester: str
    at: datetime
    corrected: bool
    agent: str = ""
    team: str = ""
