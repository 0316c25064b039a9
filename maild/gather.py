"""Needs → Facts: everything that a decision wants to know, read in the transaction that will carry it out."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from maild import beside, experience, lookup, whoever
from maild.ingest.thread import Keys, Known
from maild.model import (
    Address,
    DeliveryFailed,
    Event,
    Facts,
    Field,
    Filed,
    MailArrived,
    Message,
    Needs,
    Participant,
    Policy,
    Solved,
    Thread,
    Ticket,
)
from maild.model.aside import AdminFacts
from maild.store import (
    attachments,
    awaited,
    blocked,
    commands,
    commands_undo,
    deeds,
    incidents,
    ledger_hold,
    ledger_lists,
    ledger_waits,
    links,
    outbox_lists,
    participants,
    people,
    people_directory,
    tickets,
)
from maild.tokens import Tokens
from maild.workflow import admin_mail, owner_asked
from maild.workflow.draft import WARNED

# The button under a colleague's words: it stands for that colleague alone.
ACCEPT = "accept"
# References of a mail name at most so many of what went before: older ones help no client.
_THREAD_IDS = 10


def known(connection: Connection, keys: Keys) -> Known:
    """What the database knows of a mail's threading keys."""
    by_id: dict[str, int] = {}
    if keys.ids and not keys.signed:
        by_id = {
            **ledger_lists.tickets_of_ids(connection, keys.ids),
            **outbox_lists.tickets_of_ids(connection, keys.ids),
        }
    early = {} if by_id or keys.signed else awaited.tickets_of_ids(connection, (*keys.ids, keys.own))
    asked = {*keys.tags, *by_id.values(), *early.values(), *(each.ticket for each in keys.signed)}
    existing = tickets.existing(connection, asked)
    merged = {number: into for number, into in existing.items() if into is not None}
    return Known(by_id, frozenset(existing), merged, early)


def led(connection: Connection, thread: Thread) -> Thread:
    """A thread by the number of a ticket, led on to where that was merged."""
    if thread.ticket is None:
        return thread
    merged, number = tickets.existing(connection, (thread.ticket,)), thread.ticket
    seen = {number}
    while (into := merged.get(number)) is not None and into not in seen:
        number = into
        seen.add(number)
    return replace(thread, ticket=number, via=thread.ticket if number != thread.ticket else 0)


def taken_off(connection: Connection, ticket: Ticket, message: Message, policy: Policy) -> bool:
    """Whether an agent took the writer off the ticket."""
    return beside.taken_off(connection, ticket.key, message.from_.key, policy)


def speakers(connection: Connection, ticket: Ticket, policy: Policy) -> frozenset[str]:
    """Who may speak on a ticket: its requester and the accepted participants at all of their addresses, and who writes
    for the shared mailbox that is its requester; plain, as `policy.plain` makes addresses."""
    requester = {ticket.requester.key, policy.plain(ticket.requester.key)}
    written = {who.key for who, writes, _ in participants.of(connection, ticket.key) if writes}
    people = people_directory.same(connection, requester | written | {policy.plain(each) for each in written})
    everybody = people | people_directory.members(connection, requester)
    # A mass incident's own ticket has no requester: a mail without a From is nobody's.
    return frozenset(policy.plain(each) for each in everybody if each)


def facts(
    connection: Connection,
    event: Event,
    ticket: Ticket | None,
    claimed: Ticket | None,
    needs: Needs,
    now: datetime,
    policy: Policy,
    button: str = "",
    asked_about: int = 0,
) -> Facts:
    """The facts for one decision. `claimed` is a ticket that the mail names without a right to it; `asked_about` what
    a pressed button confirms."""
    earlier: Mapping[str, Field] = {}
    language = zone = ""
    person = behind = None
    if needs.person:
        person, earlier, language, zone = whoever.person(connection, whoever.writer(event, needs.person), policy)
    if needs.behind:
        row = people_directory.person_of(connection, needs.behind, policy.plain(needs.behind))
        behind = row[0] if row is not None else None
    absent: dict[str, str] = {}
    turn: dict[str, datetime] = {}
    load: Mapping[str, int] = {}
    if needs.team:
        for address, row in people.agents(connection).items():
            if row.away_until is not None and row.away_until > now:
                absent[address] = row.deputy
            if row.assigned is not None:
                turn[address] = row.assigned
        if any(team.assign == "least_loaded" for team in policy.teams.values()):
            load = tickets.load_by_agent(connection)
    similar: tuple[Solved, ...] = ()
    if needs.similar:
        similar = experience.similar(connection, needs.similar)
    threads: Mapping[str, tuple[str, ...]] = {}
    readers: tuple[Address, ...] = ()
    wrote: frozenset[str] = frozenset()
    on: tuple[Participant, ...] = ()
    related: tuple[int, ...] = ()
    if ticket is not None:
        threads, wrote = _conversation(connection, ticket.key)
        on = beside.on_ticket(connection, ticket.key, policy)
        readers = beside.readers(on, whoever.mine(connection, ticket, policy), policy) if on else ()
        related = links.related(connection, ticket.key)
    waiting = tickets.waiting(connection, ticket.key) if needs.waiting and ticket is not None else ()
    accepts, asked_about = (asked_about, 0) if button == ACCEPT else (0, asked_about)
    asked_today, asked_no_more, asked_by, waits = 0, False, "", False
    if not (isinstance(event, MailArrived) and (event.trust.verdict == "agent" or event.trust.admin)):
        asked_about = 0
    elif asked_about or not button:
        if not asked_about:
            asked_about, asked_by = _question(connection, event, policy)
        # A mail that waits on a ticket which was merged meanwhile waits there still.
        where = event.thread.via or (ticket.key if ticket is not None else 0)
        waits = ledger_waits.waits(connection, asked_about, policy.own(event.message.from_.key), where, now)
    if isinstance(event, MailArrived) and event.trust.verdict == "unverified":
        agent = policy.agent(event.message.from_.address)
        asked = agent.address if agent is not None else event.message.from_.key
        asked_today, asked_no_more = outbox_lists.asked_since(connection, asked, now - timedelta(days=1))
    failed = _failed(connection, event) if needs.bounced else ()
    number = ticket.id if ticket is not None else None
    report = tickets.report_of(connection, number) if needs.report and number is not None else ""
    was_split = tickets.has_history(connection, number, "split") if needs.report and number is not None else False
    warned = tickets.has_history(connection, number, WARNED) if needs.warned and number is not None else False
    return Facts(
        known=earlier,
        person=person,
        behind=behind,
        same=whoever.same(connection, event, ticket, policy),
        group=whoever.group(connection, event, ticket, policy),
        language=language,
        zone=zone,
        absent=absent,
        load=load,
        turn=turn,
        similar=similar,
        solutions=experience.solutions(connection, needs.solutions) if needs.solutions else {},
        threads=threads,
        claimed=claimed,
        readers=readers,
        wrote=wrote,
        button=button,
        asked_today=asked_today,
        asked_no_more=asked_no_more,
        asked_about=asked_about,
        asked_by=asked_by,
        **(_beside_others(connection, event, ticket, needs, now, policy) if ticket is not None else {}),
        waits=waits,
        waiting=waiting,
        accepts=accepts,
        failed=failed,
        dead=_dead(connection, (event,) if isinstance(event, DeliveryFailed) else failed),
        incidents=incidents.are_open(connection) if needs.incidents else (),
        named=incidents.members(connection, needs.named) if needs.named else (),
        participants=on,
        related=related,
        others=beside.others(connection, ticket, needs.others, policy) if needs.others else {},
        errand=commands.of(connection, needs.errand) if needs.errand else (),
        admin=_admin(connection, event, needs, now) if needs.admin else None,
        **(_undo(connection, event, ticket, needs) if needs.undo[0] else {}),
        matches=lookup.matches(connection, needs.queries) if needs.queries else {},
        dossiers=lookup.dossiers(connection, needs.dossiers, needs.asker) if needs.dossiers else {},
        learned=experience.learned(connection, now) if needs.learned else None,
        manager=people.manager_of(connection, needs.manager) if needs.manager else None,
        colleagues={key: people.colleague_of(connection, key) for key in needs.colleagues},
        report=report,
        warned=warned,
        was_split=was_split,
        urgent=tickets.urgent_of(connection, needs.urgent_of) if needs.urgent_of else (),
        files=_files(connection, event, ticket),
        called=people_directory.called(connection, needs.called) if needs.called else {},
        filed=_filed(connection, needs.filed),
        has_files=_has_files(connection, event, ticket),
        past=deeds.of(connection, ticket.key) if needs.past and ticket is not None else (),
        **(_incident(connection, ticket, needs) if ticket is not None else {}),
    )


def _files(connection: Connection, event: Event, ticket: Ticket | None) -> frozenset[str]:
    """The files that the ticket has, where an agent's mail may bring some of them back."""
    if ticket is None or not isinstance(event, MailArrived) or event.trust.verdict != "agent":
        return frozenset()
    inline = any(each.inline for each in event.message.attachments)
    return attachments.hashes(connection, ticket.key) if inline else frozenset()


def _filed(connection: Connection, numbers: tuple[int, ...]) -> dict[int, tuple[Ticket, tuple[Filed, ...]]]:
    """The tickets of these numbers that there are, with their attachments."""
    found = {number: tickets.load(connection, number) for number in numbers}
    return {
        number: (one, attachments.of_ticket(connection, number)) for number, one in found.items() if one is not None
    }


def _has_files(connection: Connection, event: Event, ticket: Ticket | None) -> int:
    """How many attachments the ticket has, where a mail brings more of them."""
    if ticket is None or not isinstance(event, MailArrived) or not event.message.attachments:
        return 0
    return attachments.count(connection, ticket.key)


def _undo(connection: Connection, event: Event, ticket: Ticket | None, needs: Needs) -> dict[str, Any]:
    """What an agent takes back: on their ticket, or, in a mail on none, wherever their last command mail was done."""
    agent, inbound = needs.undo
    if ticket is not None:
        return {"before": commands_undo.before(connection, ticket.key, agent, inbound)}
    answered = event.message.answered[:_THREAD_IDS] if isinstance(event, MailArrived) else ()
    inbound, rows = commands.last_of(connection, agent, answered)
    return {"undo_of": rows, "undo_inbound": inbound}


def _incident(connection: Connection, ticket: Ticket, needs: Needs) -> dict[str, Any]:
    """What concerns a mass incident's own ticket, or the one that a report belongs to; nothing for any other."""
    if ticket.kind == "incident":
        record = incidents.load(connection, ticket.key)
        found: dict[str, Any] = {"incident": record, "left": incidents.not_closed(connection, ticket.key)}
        if needs.members and record is not None:
            proposed = record.state == "proposed"
            found["members"] = (
                incidents.members(connection, record.reports)
                if proposed
                else incidents.members_of(connection, ticket.key)
            )
        return found
    if ticket.parent is None:
        return {}
    return {
        "incident": incidents.load(connection, ticket.parent),
        "parent": tickets.load(connection, ticket.parent),
    }


def button(
    connection: Connection,
    keys: Keys,
    writer: str | None,
    ticket: int,
    tokens: Tokens,
    now: datetime,
    policy: Policy,
) -> tuple[str, int]:
    """The verb of a pressed button if its token was made for this writer, an agent at any of their addresses, and this
    ticket, else an empty string; and the inbound mail that it confirms or accepts, where it does."""
    if keys.button is None or writer is None:
        return "", 0
    verb, token = keys.button
    own = policy.own(writer)

    def holds(what: str) -> bool:
        return any(tokens.button_holds(token, each, ticket, what, now) for each in own)

    if verb == ACCEPT:
        for each in tickets.waiting(connection, ticket):
            if holds(f"{verb} {each.inbound}"):
                return verb, each.inbound
    if verb not in owner_asked.BUTTONS:
        return (verb if holds(f"{verb} {keys.argument}".rstrip()) else ""), 0
    # This button stands for one mail alone: whoever confirms their own must not confirm a forged one beside it.
    for number in ledger_waits.held_of(connection, own, ticket):
        if holds(f"{verb} {number}"):
            return verb, number
    return "", 0


def asked_for_approval(connection: Connection, message: Message, ticket: int, since: datetime) -> str:
    """Who was asked for an approval by the letter that a mail answers; empty if it answers none."""
    newest_first = message.answered[:_THREAD_IDS]
    return outbox_lists.asked_for_approval(connection, newest_first, ticket, since) if newest_first else ""


def _question(connection: Connection, event: MailArrived, policy: Policy) -> tuple[int, str]:
    """The mail that the answered question asks about, and the question: "1" under any other notice is a word like
    others."""
    message = event.message
    newest_first = message.answered[:_THREAD_IDS]
    own = policy.own(message.from_.key)
    return outbox_lists.asked_about(connection, newest_first, own) if newest_first else (0, "")


def _beside_others(
    connection: Connection, event: Event, ticket: Ticket, needs: Needs, now: datetime, policy: Policy
) -> dict[str, Any]:
    """What other agents have said of late, and how much of the conversation an agent had seen who writes now."""
    if not (needs.spoken and policy.collision):
        return {}
    said = deeds.spoken(connection, ticket.key, needs.spoken, now - policy.collision)
    if not said or not isinstance(event, MailArrived):
        return {"spoken": said}
    ids = event.message.answered[:_THREAD_IDS]
    return {
        "spoken": said,
        "read": outbox_lists.newest_answered(connection, ids, ticket.key, policy.own(event.message.from_.key)),
    }


def _admin(connection: Connection, event: Event, needs: Needs, now: datetime) -> AdminFacts | None:
    if not isinstance(event, MailArrived):
        return None
    message = event.message
    day = now - timedelta(days=1)
    return AdminFacts(
        asides=ledger_hold.asides(connection, needs.asides, lock=True),
        blocked=blocked.among(connection, needs.senders),
        letter=outbox_lists.template_of(connection, message.answered[:_THREAD_IDS], message.from_.key),
        told=outbox_lists.count_to(connection, message.from_.key, admin_mail.ANSWER, day),
    )


def bounced_ticket(connection: Connection, event_message_id: str | None) -> int | None:
    """The ticket of the mail of ours that a delivery report speaks of."""
    row = outbox_lists.of_message(connection, event_message_id) if event_message_id else None
    return row.ticket if row is not None else None


def _conversation(connection: Connection, number: int) -> tuple[Mapping[str, tuple[str, ...]], frozenset[str]]:
    """Message-IDs that each person has seen or written on a ticket, oldest first; and the agents who wrote."""
    seen: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    wrote: set[str] = set()
    for row in tickets.entry_ids(connection, number):
        seen[row.author.lower()].append((row.at, row.message_id))
        if row.role == "agent":
            wrote.add(row.author.lower())
    for row in outbox_lists.ids_to(connection, number):
        seen[row.recipient.lower()].append((row.created, row.message_id))
    return {
        # What somebody wrote and what they got for it bear the same moment: the sort leaves the answer behind.
        address: tuple(message_id for _, message_id in sorted(ids, key=_moment)[-_THREAD_IDS:])
        for address, ids in seen.items()
    }, frozenset(wrote)


def _moment(one: tuple[datetime, str]) -> datetime:
    return one[0]


def _dead(connection: Connection, failed: tuple[DeliveryFailed, ...]) -> frozenset[str]:
    """Those of the recipients that were known before to take no mail."""
    if not failed:
        return frozenset()
    states = people.state_of(connection, {each.recipient.key for each in failed})
    return frozenset(key for key, (bounced, _) in states.items() if bounced)


def _failed(connection: Connection, event: Event) -> tuple[DeliveryFailed, ...]:
    """A delivery report counts only for a mail of ours to that very recipient (THREATS A29)."""
    if not isinstance(event, MailArrived) or event.message.bounce is None:
        return ()
    bounce = event.message.bounce
    row = outbox_lists.of_message(connection, bounce.message_id or "")
    if row is None:
        return ()
    return tuple(
        DeliveryFailed(
            Address(row.recipient),
            each.status,
            event.screening.reason,
            each.permanent and each.action == "failed",
            row.template,
            automatic=row.automatic,
        )
        for each in bounce.recipients
        if each.address.lower() == row.recipient.lower()
    )
