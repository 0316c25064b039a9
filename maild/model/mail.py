"""A mail that is to be written, as a value: who gets which letter, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from maild.model.message import Address, Attachment

Audience = Literal["requester", "agent", "lead", "admin", "stranger", "approver"]


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
    subject     only for letters that bring their own (digests, reports, admin mail); else the ticket's
    copies      who else gets what is answered to this notice, for the agent who answers
    related     tickets that agents have linked with its own, for the desk's eyes
    desk        it belongs to no ticket, although a ticket's decision writes it (a transcript about several)
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
    subject: str = ""
    urgent: bool = False
    desk: bool = False
    copies: tuple[str, ...] = ()
    related: tuple[int, ...] = ()
