"""A mail that is to be written, as a value: who gets which letter, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from maild.model.message import Address, Attachment
from maild.model.ticket import Ticket

Audience = Literal["requester", "agent", "lead", "admin", "stranger", "approver"]


@dataclass(frozen=True, slots=True)
class Filed:
    """An attachment of a ticket, by the `number` under which people ask for it.

    inbound  the mail of the ledger that it came in; 0 where that is not kept any more
    """

    number: int
    inbound: int
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class Done:
    """Commands that were carried out: when, by which names, and whether they can still be taken back."""

    at: datetime
    commands: tuple[str, ...]
    undo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One letter to one person.

    template    "<audience folder>/<name>", e.g. requester/acknowledged
    reply       where an answer to it goes: public reaches the requester, internal does not
    automatic   False only for a person's own words relayed (an agent's reply): no Auto-Submitted, no budget
    author      the display name that it is sent under; empty: the desk's
    answers     Message-ID that In-Reply-To names; `references` the ids before it, oldest first
    values      what this letter says beside the ticket itself; plain text, never markup
    attach      attachments of the inbound mail that decided this, to be sent along as opaque bytes
    filed       attachments of earlier mails, which somebody has asked for
    subject     only for letters that bring their own (digests, reports, admin mail); else the ticket's
    done        what the reader's own commands did on the ticket, where nothing has told them yet
    desk        it belongs to no ticket, although a ticket's decision writes it (a transcript about several)
    of          the ticket that it belongs to, where that is another one than the decided one (an answer about it)
    """

    template: str
    to: Address
    audience: Audience
    language: str
    reply: Literal["public", "internal"] = "public"
    automatic: bool = True
    author: str = ""
    answers: str = ""
    references: tuple[str, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    attach: tuple[Attachment, ...] = ()
    filed: tuple[Filed, ...] = ()
    subject: str = ""
    urgent: bool = False
    desk: bool = False
    done: Done | None = None
    of: Ticket | None = None
