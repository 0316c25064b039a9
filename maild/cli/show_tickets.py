"""`maild tickets` and `maild show`: what the desk is working on."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maild.cli import ends
from maild.cli.status import OPEN_STATES
from maild.cli.where import ConfigFile

if TYPE_CHECKING:
    from maild.config import Settings
    from maild.model import Ticket

_STATES = (*OPEN_STATES, "closed")
_STYLES = {"P1": "bold red", "P2": "yellow", "P4": "dim"}
_NUMBER = re.compile(r"\[?(?:[A-Za-z][A-Za-z0-9]{0,9}-)?(\d{1,15})\]?")


def tickets(
    state: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STATE",
            help=f"One of {', '.join(_STATES)}, or all. May be repeated. Default: all but closed.",
            show_default=False,
        ),
    ] = None,
    team: Annotated[str, typer.Option(metavar="CODE", help="Only tickets of this team.", show_default=False)] = "",
    assignee: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Only tickets of this agent.", show_default=False)
    ] = "",
    limit: Annotated[
        int, typer.Option(metavar="COUNT", help="At most so many, newest first.", min=1, max=100_000)
    ] = 100,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON array.")] = False,
    config: ConfigFile = None,
) -> None:
    """The tickets of the desk, newest first.

    Example:  maild tickets --state open --team network
    """
    wanted = _states(state or list(OPEN_STATES))
    from maild.cli.desk_open import opened
    from maild.cli.terminal import moment, print_json, table, text
    from maild.store import tickets as store
    from maild.store.engine import reading

    settings, engine = opened(config)
    narrowed = {name: value for name, value in (("team", team), ("assignee", assignee.lower())) if value}
    with reading(engine) as connection:
        found = store.listing(connection, wanted, limit, **narrowed)
    if as_json:
        print_json([_summary(ticket, settings) for ticket in found])
        return
    table(
        ("Ticket", "State", "", "Category", "Team", "Assignee", "Created", "Requester", "Subject"),
        (
            (
                _tag(ticket.key, settings), ticket.state,
                text(ticket.priority, _STYLES.get(ticket.priority, "")),
                ticket.category, ticket.team, ticket.assignee or "", moment(ticket.created), ticket.requester.address,
                ticket.subject,
            )
            for ticket in found
        ),
    )  # fmt: skip


def show(
    which: Annotated[
        str, typer.Argument(metavar="TICKET", help="Its tag or number: IT-1042 or 1042.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="One JSON object.")] = False,
    config: ConfigFile = None,
) -> None:
    """One ticket with its fields, conversation, history, timers and outgoing mail.

    Internal entries are marked: they never reach the requester.

    Example:  maild show IT-1042
    """
    number = ticket_number(which)
    from maild.cli.desk_open import opened
    from maild.cli.show_outbox import record
    from maild.cli.terminal import print_json
    from maild.store import links, outbox_lists, participants, timers
    from maild.store import tickets as store
    from maild.store.engine import reading

    settings, engine = opened(config)
    with reading(engine) as connection:
        ticket = store.load(connection, number) if number < 2**63 else None
        if ticket is None:
            raise ends.end(
                ends.NO_INPUT, f"there is no ticket {_tag(number, settings)}; `maild tickets --state all` lists them"
            )
        files = store.attachments_of(connection, number)
        whole = {
            **_summary(ticket, settings),
            **_details(ticket),
            "participants": [
                {"address": who.address, "name": who.name, "may_write": writes, "gets_mail": reads}
                for who, writes, reads in participants.of(connection, number)
            ],
            "links": [{"from": row.source, "to": row.target, "kind": row.kind} for row in links.of(connection, number)],
            "conversation": [_entry(row, files) for row in store.entries(connection, number)],
            "history": [
                {"at": row.at, "what": row.what, "was": row.was, "becomes": row.becomes, "who": row.who, "why": row.why}
                for row in store.history_of(connection, number)
            ],
            "timers": [
                {"kind": row.kind, "due": row.due, "data": dict(row.data)} for row in timers.of(connection, number)
            ],
            "outgoing": [record(row) for row in outbox_lists.of_ticket(connection, number)],
        }
    if as_json:
        print_json(whole)
        return
    from maild.cli.ticket_page import page

    page(whole, settings.policy.desk.prefix)


def ticket_number(which: str) -> int:
    """The number in IT-1042, [IT-1042] or 1042. Ends the command (64) on anything else."""
    match = _NUMBER.fullmatch(which.strip())
    if match is None:
        raise ends.end(ends.USAGE, f"{which!r} is no ticket; write it like IT-1042 or 1042")
    return int(match[1])


def _states(given: list[str]) -> Sequence[str]:
    wanted = [each.strip().lower() for each in given]
    if "all" in wanted:
        return _STATES
    for each in wanted:
        if each not in _STATES:
            raise ends.end(ends.USAGE, f"{each!r} is no state; use one of {', '.join(_STATES)}, or all")
    return wanted


def _tag(number: int, settings: "Settings") -> str:
    return f"{settings.policy.desk.prefix}-{number}"


def _summary(ticket: "Ticket", settings: "Settings") -> dict[str, Any]:
    return {
        "ticket": _tag(ticket.key, settings),
        "number": ticket.key,
        "state": ticket.state,
        "outcome": ticket.outcome,
        "priority": ticket.priority,
        "category": ticket.category,
        "team": ticket.team,
        "assignee": ticket.assignee,
        "requester": ticket.requester.address,
        "requester_name": ticket.requester.name,
        "subject": ticket.subject,
        "created": ticket.created,
        "promise": ticket.promise,
    }


def _details(ticket: "Ticket") -> dict[str, Any]:
    return {
        "internal": ticket.internal,
        "language": ticket.language,
        "zone": ticket.zone,
        "urgency": ticket.urgency,
        "impact": ticket.impact,
        "importance": ticket.importance,
        "reasons": [reason.en for reason in ticket.reasons],
        "restricted": ticket.restricted,
        "tier": ticket.tier,
        "owes": ticket.owes,
        "responded": ticket.responded,
        "resolved": ticket.resolved,
        "closed": ticket.closed,
        "hold_until": ticket.hold_until,
        "response_clock": asdict(ticket.response),
        "resolution_clock": asdict(ticket.resolution),
        "reopened": ticket.reopened,
        "rating": ticket.rating,
        "merged_into": ticket.merged_into,
        "summary": ticket.summary,
        "missing": list(ticket.asked),
        "fields": {name: {"value": each.value, "source": each.source} for name, each in ticket.fields.items()},
    }


def _entry(row: Any, files: Sequence[Any]) -> dict[str, Any]:
    return {
        "n": row.n,
        "at": row.at,
        "direction": row.direction,
        "visibility": row.visibility,
        "role": row.role,
        "author": row.author,
        "author_name": row.author_name,
        "text": row.new_text or row.text,
        "inbound": row.inbound,
        "attachments": [
            {"filename": each.filename, "content_type": each.content_type, "size": each.size}
            for each in files
            if each.entry == row.id and not each.decoration
        ],
    }
