"""Evidence that is worth nothing any more: letters and buttons that others have seen, and mails that are sent again.

A signed Message-ID or a button proves who writes only as long as nobody but its reader knows it. Who answers a notice
with somebody in copy shows them both (PRODUCT §3.4: the quote goes past maild). From then on that letter proves
nothing: its reader is asked, unless their mail server vouches for them. And whoever got a mail that a mail server
vouches for can send it again with another Message-ID, which not every signature covers (RFC 6376 §5.4).
"""

from datetime import date, datetime

from sqlalchemy import Connection

from maild.ingest.thread import Keys
from maild.model import MailArrived, Message, Policy, SignedId
from maild.store import upkeep
from maild.tokens import Tokens

_LETTER = "shown letter "
_BUTTONS = "shown buttons "


def unseen(connection: Connection, keys: Keys) -> tuple[SignedId, ...]:
    """The signed ids of a mail that nobody but their readers has seen, as far as the desk knows."""
    shown = upkeep.used(connection, [_LETTER + one for one, _ in keys.ours])
    return tuple(signed for one, signed in keys.ours if _LETTER + one not in shown)


def button_was_seen(connection: Connection, made: datetime, writer: str, ticket: int, now: datetime) -> bool:
    """Whether somebody else may know a button that was `made` for its agent: they have shown a letter of that day or
    later about this ticket. A button that holds is at most 30 days old."""
    days = [date.fromordinal(day) for day in range(made.date().toordinal(), now.date().toordinal() + 1)]
    return bool(upkeep.used(connection, [_buttons(writer, ticket, day) for day in days]))


def note_shown(
    connection: Connection, event: MailArrived, keys: Keys, policy: Policy, tokens: Tokens, now: datetime
) -> None:
    """Remember which letters and buttons of agents a mail has shown to others: an agent's own mail that goes to people
    outside, or somebody else's mail that hangs on a letter to an agent."""
    if not keys.ours:
        return
    message = event.message
    writer = (message.sender.identity or "").lower()
    agent = policy.agent(writer)
    if agent is None:
        seen = [one for one, signed in keys.ours if not (writer and tokens.was_sent_to(signed, writer))]
        upkeep.note_used(connection, [_LETTER + one for one in seen], now)
    elif event.trust.verdict == "agent" and _others(message, policy):
        # Who only says to be an agent has shown nobody anything.
        own = [_buttons(each, event.thread.ticket or 0, now.date()) for each in (agent.address, *agent.aliases)]
        upkeep.note_used(connection, [*own, *(_LETTER + one for one, _ in keys.ours)], now)


def _others(message: Message, policy: Policy) -> bool:
    """Whether the mail went to anybody beside the desk and its agents."""
    own = policy.desk.own_addresses | {policy.desk.address.lower()}
    readers = (*message.to, *message.cc)
    return any(each.key not in own and policy.agent(each.address) is None for each in readers)


def _buttons(writer: str, ticket: int, day: date) -> str:
    return f"{_BUTTONS}{writer} {ticket} {day.isoformat()}"
