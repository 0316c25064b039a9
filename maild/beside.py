"""What stands beside a ticket: who else is on it, and other tickets that a command names.

Read for `gather`, in its transaction.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from maild.model import Address, Other, Participant, Policy, Ticket
from maild.store import participants, people_directory, tickets


def on_ticket(connection: Connection, number: int, policy: Policy) -> tuple[Participant, ...]:
    """Everybody who is or was on a ticket beside its requester, each with all of their addresses."""
    found = []
    for who, writes, reads in participants.of(connection, number):
        same = people_directory.same(connection, {who.key, policy.plain(who.key)})
        every = frozenset(policy.plain(each) for each in same) | same
        found.append(Participant(address=who, writes=writes, reads=reads, same=every))
    return tuple(found)


def readers(on: Iterable[Participant], requester: frozenset[str], policy: Policy) -> tuple[Address, ...]:
    """Who gets the desk's words beside the requester, each person once: nobody has a second letter at an alias."""
    had = {policy.plain(each) for each in requester}
    found = []
    for each in on:
        if each.reads and not each.same & had:
            found.append(each.address)
            had |= each.same
    return tuple(found)


def taken_off(connection: Connection, number: int, writer: str, policy: Policy) -> bool:
    """Whether an agent took this person off the ticket."""
    return any(not each.writes and policy.plain(writer) in each.same for each in on_ticket(connection, number, policy))


def others(
    connection: Connection, ticket: Ticket | None, numbers: Iterable[int], policy: Policy
) -> Mapping[int, Other]:
    """The tickets of these numbers and those into which they were merged; numbers that there are not are left out."""
    mine: frozenset[str] = frozenset()
    if ticket is not None and ticket.requester.address:
        mine = _all_of(connection, ticket.requester, policy)
    found: dict[int, Other] = {}
    ahead = list(dict.fromkeys(numbers))
    while ahead:
        number = ahead.pop(0)
        other = tickets.load(connection, number) if number not in found else None
        if other is None:
            continue
        found[number] = Other(
            ticket=other,
            same=bool(mine & _all_of(connection, other.requester, policy)),
            participants=on_ticket(connection, number, policy),
            report=tickets.report_of(connection, number),
        )
        if other.merged_into is not None:
            ahead.append(other.merged_into)
    return found


def _all_of(connection: Connection, who: Address, policy: Policy) -> frozenset[str]:
    if not who.address:
        return frozenset()
    same = people_directory.same(connection, {who.key, policy.plain(who.key)})
    agent = policy.agent(who.address)
    own = (agent.address, *agent.aliases) if agent is not None else ()
    return frozenset(policy.plain(each) for each in (*same, *own))
