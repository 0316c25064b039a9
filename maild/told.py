"""Quiet success: the next notice about a ticket tells its reader what their own commands did there (PRODUCT §3.4)."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from maild.model import Done, Mail, Ticket
from maild.store import commands, commands_undo
from maild.workflow.commands.verbs import BY_NAME

TRANSCRIPT = "agent/transcript"
# Letters that are no notices about the ticket, and those that whoever may not see it gets.
_SILENT = frozenset({TRANSCRIPT, "agent/confirm_command", "agent/restricted", "agent/summary"})
# What a notice may name whose answer goes to the requester, with its quote: nothing that they do not hear of anyway.
_OPEN = frozenset({"take", "priority", "category", "ask", "use", "hold", "resolve", "close", "reopen", "out-of-scope"})
_LEVEL = re.compile(r"p\s?[1-4]", re.IGNORECASE)


def with_done(connection: Connection, mail: Mail, ticket: Ticket | None, now: datetime, moved: bool) -> Mail:
    """The mail with what its reader's own commands did on its ticket, if nobody has told them yet; it is told by it.

    `moved`: the decision that writes it changes the ticket, so that nothing can be taken back any more.
    """
    if ticket is None or mail.desk or mail.audience not in ("agent", "lead"):
        return mail
    if mail.template == TRANSCRIPT:
        commands.mark_told(connection, mail.to.key, number=ticket.key)
        return mail
    if mail.template in _SILENT:
        return mail
    rows = [
        row
        for row in commands.untold(connection, ticket.key, mail.to.key)
        if mail.reply == "internal" or row[1] in _OPEN
    ]
    if not rows:
        return mail
    commands.mark_told(connection, mail.to.key, number=ticket.key, verbs={verb for _, verb, _ in rows})
    undo = not moved and commands_undo.stands(connection, ticket.key, mail.to.key, now)
    return replace(mail, done=Done(rows[-1][0], tuple(dict.fromkeys(_names(rows, mail.language))), undo))


def _names(rows: Iterable[tuple[datetime, str, str]], language: str) -> Iterable[str]:
    """Each command by its name in the reader's language. What stood behind it stays away, but for a priority."""
    for _, verb, line in rows:
        known = BY_NAME.get(verb)
        name = known.chinese[0] if known is not None and language.startswith("zh") else verb
        level = _LEVEL.search(unicodedata.normalize("NFKC", line)) if verb == "priority" else None
        yield f"#{name} {level[0].upper()}" if level is not None else f"#{name}"
