"""A report that an agent makes for somebody else: by phone, in a chat, in person, or as a forward (manual 2.2.1)."""

from dataclasses import dataclass
from typing import Literal

from maild.model.message import Message
from maild.model.person import Person
from maild.model.ticket import Channel, Field


@dataclass(frozen=True, slots=True)
class Wish:
    """For whom an agent's fresh mail is, as it stands there.

    how      by the command `#for`, or because it forwards somebody's mail
    words    whom it names, as written: an address, a name; behind a command the words of a report may follow
    address  the address among them, in lower case; empty: none
    """

    how: Literal["command", "forward"]
    words: str
    address: str
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Behalf:
    """An agent's fresh mail as the report that it is for somebody else.

    wish     whom it names
    found    whom the desk knows by that: one, or several to choose from, or nobody
    report   the report as if it were that person's own mail; its From is empty where nobody is certain
    fields   what was read in that
    own      what the agent wrote above a forward, for colleagues alone
    by_hand  who entered it at the terminal; empty: it came as a mail
    """

    wish: Wish
    found: tuple[Person, ...]
    report: Message
    fields: tuple[Field, ...] = ()
    own: str = ""
    by_hand: str = ""

    @property
    def certain(self) -> bool:
        """Whether it is known for whom the report is."""
        return bool(self.report.from_.address)
