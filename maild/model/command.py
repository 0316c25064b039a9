"""Command mails as they stand on record: what each line became, and what a ticket was like before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from maild.model.message import Address
from maild.model.ticket import Field, Ticket, Timer


@dataclass(frozen=True, slots=True)
class CommandRow:
    """What one line of an agent's command mail became on one ticket.

    n       its place among the rows of its mail: a line that names three tickets has three rows
    ticket  0: it concerned the desk itself
    line    as it was written
    done    None: still to be decided on, in a transaction of that ticket's own
    why     why it was not done, or what is to be known of it though it was, in the words that its agent was told
    told    its agent was told that it is done
    """

    n: int
    ticket: int
    verb: str
    line: str
    done: bool | None = None
    why: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True)
class Since:
    """What happened on a ticket after a command mail: `who` (an agent, a requester, "maild") did what, and when."""

    at: datetime
    what: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A ticket before an agent's command mail and as its commands left it, so that `#undo` can take them back.

    inbound     the command mail, 0 for the one that is being decided on; `agent` wrote it, `at` it was carried out
    lines       its commands as they were written, with their `verbs`
    fields      the rows that it changed, as they were; one that there was not yet has no value
    timers      the timers that it set or cancelled, as they were before; None: there was none of that kind
    told        whom its commands wrote to as requester or reader
    colleagues  the agents whom it told
    said        the agent's own words to the requester went with it
    reaches     it was decided on for other tickets too, or opened one
    used        it was taken back already
    since       what followed on the ticket, by anybody else or by itself; None: nothing
    """

    agent: str
    was: Ticket
    left: Ticket
    verbs: tuple[str, ...]
    lines: tuple[str, ...]
    fields: tuple[Field, ...] = ()
    timers: Mapping[str, Timer | None] = field(default_factory=dict)
    told: tuple[Address, ...] = ()
    colleagues: tuple[str, ...] = ()
    said: bool = False
    reaches: bool = False
    inbound: int = 0
    at: datetime = datetime.min
    used: bool = False
    since: Since | None = None
