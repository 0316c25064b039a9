"""Whether the button that a mail presses holds: made for this writer, ticket and verb, not too old, not used up.

A button that does not hold today is nobody's evidence and no command; who else is proved to be the agent is told why.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from maild import gather
from maild.ingest.thread import Keys
from maild.model import NOT_PRESSED, Policy, Press
from maild.store import upkeep
from maild.tokens import Tokens

# A second press of these would do harm: what leaves the desk twice, or ends something that has begun again meanwhile.
SINGLE_USE = frozenset(
    {
        "spam",
        "close",
        "out-of-scope",
        "resolve",
        "accept",
        "decline",
        "not-approved",
        "confirm",
        "use",
        "ask",
        "release",
        "drop",
        "block",
        "update",
        "reopen",
    }
)


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button that holds, by its verb ("" where none does), the inbound mail that it speaks of, and the press."""

    verb: str
    about: int
    press: Press


def judge(
    connection: Connection,
    keys: Keys,
    writer: str | None,
    ticket: int,
    tokens: Tokens,
    now: datetime,
    policy: Policy,
) -> Pressed:
    """What a mail's button is worth, if it presses any. `ticket` is 0 for the desk itself."""
    if keys.button is None:
        return Pressed("", 0, NOT_PRESSED)
    verb, token = keys.button
    press = Press(verb, keys.argument)
    if writer is None:
        return Pressed("", 0, replace(press, denied="foreign"))
    agent = policy.agent(writer)
    uses = f"{agent.address if agent is not None else writer.lower()} {ticket} {token}"
    used = upkeep.token_used(connection, uses)
    if used is not None:
        return Pressed("", 0, replace(press, denied="used", used=used))
    found, about = gather.button(connection, keys, writer, ticket, tokens, now, policy)
    bound = f"{verb} {keys.argument}".rstrip() if not about else f"{verb} {about}"
    made = next(filter(None, (tokens.button_made(token, each, ticket, bound) for each in policy.own(writer))), None)
    if not found:
        return Pressed("", 0, replace(press, denied="expired" if made is not None else "foreign"))
    return Pressed(found, about, replace(press, made=made, uses=uses if verb in SINGLE_USE else ""))
