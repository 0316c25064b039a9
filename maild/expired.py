"""What an agent hears of mails that waited in vain for their word: one letter, whatever their number (PRODUCT §2.5)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from maild.model import Address, Mail, Policy
from maild.store import outbox_lists

# The letter shows the oldest of them.
_ROWS = 20


def expired_mails(connection: Connection, rows: Sequence[Any], policy: Policy) -> list[Mail]:
    """The letters about expired mails, rows of (id, sender, ticket, received); none about one that nobody asked about:
    of what came in an agent's name beyond three a day they have heard nothing either."""
    asked = outbox_lists.were_asked_about(connection, [row.id for row in rows])
    theirs: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        agent = policy.agent(row.sender)
        if row.id in asked and agent is not None:
            theirs[agent.address].append(row)
    return [_letter(agent, rows, policy) for agent, rows in theirs.items()]


def _letter(address: str, rows: Sequence[Any], policy: Policy) -> Mail:
    agent = policy.agents[address]
    tag = f"{policy.desk.prefix}-"
    return Mail(
        template="agent/expired",
        to=Address(agent.address, agent.name),
        audience="agent",
        language=agent.language,
        reply="internal",
        values={
            "rows": tuple((row.received, f"{tag}{row.ticket}" if row.ticket else "") for row in rows[:_ROWS]),
            "count": len(rows),
        },
        subject="等待您确认的邮件已作废"
        if agent.language.startswith("zh")
        else "mails that waited for your word expired",
    )
