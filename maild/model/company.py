"""Other tickets and other people, as a decision about one ticket knows them."""

from dataclasses import dataclass

from maild.model.message import Address
from maild.model.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Somebody beside the requester who is, or was, on a ticket.

    writes  may write on it
    reads   gets what the desk writes to the requester
    same    all addresses of this person in lower case, also without what stands behind a plus sign

    Neither of both: taken off by an agent, and does not come back by themselves.
    """

    address: Address
    writes: bool = True
    reads: bool = False
    same: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another ticket that a decision speaks of.

    same         its requester is the one of the ticket in hand, at whichever address
    participants who else is on it
    report       the words with which it was reported
    """

    ticket: Ticket
    same: bool = False
    participants: tuple[Participant, ...] = ()
    report: str = ""
