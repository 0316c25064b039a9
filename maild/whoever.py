"""Who a writer is, and who a ticket's requester is at all of their addresses.

Read for `gather`, in its transaction.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from maild.model import Address, Event, Field, MailArrived, Person, Policy, Ticket
from maild.store import people_directory, tickets
from maild.workflow import persons

# Fields of an earlier ticket that are about the person, not about that problem.
# Where the last matter was need not be where the person sits: a place is the directory's to tell.
_REMEMBERED = ("name", "department", "phone")


def person(connection: Connection, who: Address, policy: Policy) -> tuple[Person | None, Mapping[str, Field], str, str]:
    """What the directory, else the person's latest ticket, says: record, fields, language; and the directory's zone."""
    row = people_directory.person_of(connection, who.key, policy.plain(who.key))
    found, changed = row if row is not None else (None, None)
    addresses = found.addresses if found is not None else (who.key, policy.plain(who.key))
    earlier: dict[str, Field] = {}
    language = zone = ""
    before = tickets.newest_of(connection, (who.key, *addresses))
    if before is not None:
        language = before.language
        earlier = {
            name: field for name, field in tickets.fields_of(connection, before.id).items() if name in _REMEMBERED
        }
    if found is not None:
        language, zone = found.language or language, found.zone
    told = before.created if before is not None else None
    return found, persons.known(found, changed, earlier, told, who), language, zone


def writer(event: Event, address: str) -> Address:
    """The person who is asked about, with the name that a mail of theirs bears."""
    if isinstance(event, MailArrived) and event.message.from_.key == address:
        return event.message.from_
    return Address(address)


def same(connection: Connection, event: Event, ticket: Ticket | None, policy: Policy) -> frozenset[str]:
    """All addresses of the ticket's requester, where a mail asks who that is."""
    if ticket is None or not isinstance(event, MailArrived):
        return frozenset()
    return mine(connection, ticket, policy)


def mine(connection: Connection, ticket: Ticket, policy: Policy) -> frozenset[str]:
    """All addresses of a ticket's requester."""
    return people_directory.same(connection, {ticket.requester.key, policy.plain(ticket.requester.key)})


def group(connection: Connection, event: Event, ticket: Ticket | None, policy: Policy) -> frozenset[str]:
    """Who writes for the shared mailbox that is the ticket's requester, where a mail asks whose word it is."""
    if ticket is None or not isinstance(event, MailArrived):
        return frozenset()
    requester = {ticket.requester.key, policy.plain(ticket.requester.key)}
    return frozenset(policy.plain(each) for each in people_directory.members(connection, requester))
