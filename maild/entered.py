"""`maild new`: a report that somebody at the shell enters for a person, as a mail for the ledger.

It goes the way of every mail. What it bears in its head counts only because the ledger says where it came from: in a
mail from outside these fields mean nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from uuid import uuid4

from maild.ingest.prescan import glance
from maild.model import Address, Message
from maild.model.ticket import Channel
from maild.store.ledger import Arrival

# The ledger's word for where it came from.
SOURCE = "new"

_FOR, _CHANNEL, _BY = "X-Maild-For", "X-Maild-Channel", "X-Maild-Entered-By"


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands in the head of such a mail: whom it is for, how it was reported, and who was at the keyboard."""

    address: str
    channel: str
    by: str


def told(message: Message) -> Entered:
    return Entered(*(message.header(name.lower()).strip() for name in (_FOR, _CHANNEL, _BY)))


def arrival(
    who: Address, agent: Address | None, channel: Channel, subject: str, text: str, by: str, desk: str, now: datetime
) -> Arrival:
    """A report as a row for the ledger. `agent` takes the report, if one of the list does; `by` is the login at the
    keyboard, `desk` the desk's address."""
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    author = agent or who
    mail["From"] = Mailbox(author.name, addr_spec=author.address)
    mail["To"] = desk
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{uuid4().hex}.entered@{desk.partition('@')[2]}>"
    mail[_FOR], mail[_CHANNEL], mail[_BY] = who.address, channel, " ".join(by.split())
    mail.set_content(text, cte="base64")
    raw = mail.as_bytes()
    seen = glance(raw)
    return Arrival(
        source=SOURCE,
        mailbox="terminal",
        received=now,
        fetched=now,
        size=len(raw),
        raw=raw,
        message_id=seen.message_id,
        content_hash=seen.content_hash,
        sender=seen.sender,
        subject=seen.subject,
    )
