"""What an agent sends along with commands, or with a note, goes where their words go; in doubt it stays inside."""

from dataclasses import replace

from maild.model import Attachment, Entry, Words
from maild.workflow import files
from maild.workflow.draft import Draft

# Letters that bear an agent's own words to the requester, and to who reads along.
_WORDS = frozenset(
    {
        "requester/reply",
        "requester/resolved",
        "requester/info_requested",
        "requester/out_of_scope",
        "requester/approval",
    }
)
_STAYS = Words(
    "what you attached stays inside: to send it, write a line of text with it",
    "附件已留在内部，没有发给用户；要发给用户，请附上一行正文",
)


def enclose(draft: Draft, brought: tuple[Attachment, ...]) -> None:
    """Put the attachments of a mail to the words that its commands sent; to a note where there is one.

    To be called once its entries and letters stand. A reply that was relayed has taken them already.
    """
    if not brought or any(each.attachments for each in draft.entries):
        return
    noted = any(line.what == "note" for line in draft.history)
    letters = (
        [] if noted else [each for each in draft.mails if each.audience == "requester" and each.template in _WORDS]
    )
    if letters:
        draft.mails[:] = [replace(each, attach=brought) if each in letters else each for each in draft.mails]
    elif noted:
        carried = files.carried(brought, draft.policy.notice_attachment_bytes)
        draft.mails[:] = [
            replace(each, attach=carried) if each.template == "agent/note" else each for each in draft.mails
        ]
    else:
        draft.remarks.append(_STAYS)
    _on_record(draft, bool(letters))


def _on_record(draft: Draft, public: bool) -> None:
    """Mark the entry that they came with: what the requester got is public, anything else is not."""
    wanted = "public" if public else "internal"
    at = next((n for n, each in enumerate(draft.entries) if each.visibility == wanted and _theirs(each)), None)
    if at is None:
        at = next((n for n, each in enumerate(draft.entries) if _theirs(each)), None)
    if at is not None:
        draft.entries[at] = replace(draft.entries[at], attachments=True)


def _theirs(entry: Entry) -> bool:
    return entry.role == "agent"
