"""One line of a command mail, as it stands on record."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandRow:
    """What one line of an agent's command mail became on one ticket.

    n       its place among the rows of its mail: a line that names three tickets has three rows
    ticket  0: it concerned the desk itself
    line    as it was written
    done    None: still to be decided on, in a transaction of that ticket's own
    why     why it was not done, in the words that its agent was told
    """

    n: int
    ticket: int
    verb: str
    line: str
    done: bool | None = None
    why: str = ""
