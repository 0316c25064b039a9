"""What the admin's program is told when a ticket is or becomes a P1 (PRODUCT §3.3)."""

from maild.model import Mail, Outcome, Policy, Ticket, Words
from maild.model.secrets_mask import mask_secrets
from maild.outbound.subject import bare_subject, tag

KIND = "P1"
# Before the addresses of who is to be called.
TO = " → "
_SUBJECT_CHARS = 60


def call_for(outcome: Outcome, ticket: Ticket, policy: Policy) -> tuple[str, str] | None:
    """The alarm's kind and text if this outcome made the ticket a P1 and there is a program to tell."""
    became = any(line.what == "priority" and line.becomes == "P1" for line in outcome.history)
    if not (policy.alarm_program and became and ticket.priority == "P1" and ticket.state != "closed"):
        return None
    return f"{KIND} {tag(ticket, policy)}", _text(ticket, outcome.mails, policy)


def _text(ticket: Ticket, mails: tuple[Mail, ...], policy: Policy) -> str:
    """Codes of ours, and of the requester's words the subject's letters alone; none of a restricted ticket's."""
    language = policy.desk.languages[0]
    category, team = policy.categories.get(ticket.category), policy.teams.get(ticket.team)
    parts = [
        (category.title if category else Words(ticket.category, ticket.category)).for_(language),
        (team.title if team else Words(ticket.team, ticket.team)).for_(language),
    ]
    if not ticket.restricted:
        parts.append(_harmless(bare_subject(ticket.subject, policy)))
    told = " ".join(dict.fromkeys(mail.to.address for mail in mails if mail.audience == "agent"))
    return f"{tag(ticket, policy)} P1: {' · '.join(part for part in parts if part)}{TO}{told}"


def _harmless(subject: str) -> str:
    """Letters and digits of any script, and blanks: no link, no markup, no @all, no password."""
    masked, _ = mask_secrets(subject)
    return " ".join("".join(c if c.isalnum() else " " for c in masked).split())[:_SUBJECT_CHARS]
