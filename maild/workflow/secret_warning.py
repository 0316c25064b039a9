"""Whoever sends a password is told to change it."""

from maild.model import MailArrived
from maild.model.secrets_mask import mask_secrets
from maild.workflow.draft import WARNED, Draft


def warn_of_secret(draft: Draft, event: MailArrived, text: str) -> None:
    """Whoever sends a password is told once a ticket to change it (PRODUCT §3.1)."""
    if draft.facts.warned or event.backlog or not mask_secrets(text)[1]:
        return
    draft.note(WARNED, "", "", "the mail holds a password or a code")
    writer, language = event.message.from_, draft.ticket.language
    draft.write("requester/secret", writer, "requester", language, answers=event.message.message_id)
