"""Questions by mail → what the books say (PRODUCT §3.4): read in the transaction that will carry out the answer."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from maild import experience
from maild.model import Dossier, Matches, Query
from maild.store import deeds, outbox_lists, questions, tickets

# So many solved tickets are shown beside one, each with what solved it.
_SIMILAR = 3
# As much of a report is compared with solved ones.
_REPORT_CHARS = 400
# References of a mail name at most so many of what went before.
_THREAD_IDS = 10


def matches(connection: Connection, queries: Iterable[Query]) -> Mapping[Query, Matches]:
    """What was found for each query."""
    return {query: questions.matches(connection, query) for query in dict.fromkeys(queries)}


def dossiers(connection: Connection, numbers: Iterable[int], asker: str) -> Mapping[int, Dossier]:
    """Those of the tickets that there are, with all that stands on record; who may see it is for the decision to say.

    asker  the address of whoever asks, whose thread the answer hangs on
    """
    found = (dossier(connection, number, asker) for number in dict.fromkeys(numbers))
    return {each.ticket.key: each for each in found if each is not None}


def dossier(connection: Connection, number: int, asker: str) -> Dossier | None:
    ticket = tickets.load(connection, number)
    if ticket is None:
        return None
    report = f"{' '.join(ticket.subject.split())}\n{tickets.report_of(connection, number)[:_REPORT_CHARS]}"
    alike = [each for each in experience.similar(connection, report) if each.ticket != number][:_SIMILAR]
    texts = experience.solutions(connection, [each.ticket for each in alike]) if alike else {}
    return Dossier(
        ticket=ticket,
        said=questions.said(connection, number),
        past=deeds.of(connection, number),
        similar=tuple(texts[each.ticket] for each in alike if each.ticket in texts),
        links=questions.links(connection, number),
        files=questions.files(connection, number),
        people=tuple(tickets.participants(connection, number)),
        seen=_seen(connection, number, asker),
    )


def _seen(connection: Connection, number: int, who: str) -> tuple[str, ...]:
    """The newest Message-IDs of a ticket's conversation with somebody, oldest first."""
    written = [(row.at, row.message_id) for row in tickets.entry_ids(connection, number) if row.author.lower() == who]
    got = [
        (row.created, row.message_id) for row in outbox_lists.ids_to(connection, number) if row.recipient.lower() == who
    ]
    return tuple(message_id for _, message_id in sorted([*written, *got])[-_THREAD_IDS:])
