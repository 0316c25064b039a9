"""What the desk answers to a question, part by part; outbound words it for a letter."""

from dataclasses import dataclass

from maild.model.words import Words


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One ticket of a list, or with number 0 something else that has a title. `take`: nobody has it yet."""

    number: int
    title: str
    lines: tuple[Words, ...] = ()
    take: bool = False


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """The answer to one question: what it comes to in a sentence, what is to be said, and a list under it. `more` is
    how many rows were left out."""

    headline: Words
    lines: tuple[Words, ...] = ()
    rows: tuple[AnswerRow, ...] = ()
    more: int = 0
