"""A mail as read: what the parsing worker hands to the daemon, and the three verdicts that the daemon adds."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox (RFC 5322 §3.4): display name, decoded and cleaned, and addr-spec as written."""

    address: str
    name: str = ""

    @property
    def key(self) -> str:
        """The addr-spec in lower case: how addresses are compared everywhere."""
        return self.address.lower()

    @property
    def domain(self) -> str:
        """What stands behind the last @, in lower case; empty when there is none."""
        return self.key.rpartition("@")[2] if "@" in self.address else ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a mail says it is from, judged strictly (THREATS A03).

    `identity` is set only if there is exactly one From field holding exactly one clean ASCII addr-spec of at most
    254 characters, in a header block without bare CR or NUL; else it is None and `defect` says why. Only `identity`
    may ever give rights; `Message.from_` is for showing and answering.
    """

    identity: str | None
    defect: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One leaf of a mail that is not its body. `index` counts the leaves in the order that the parser lists them,
    and fetches the bytes again; `size` is in decoded bytes; `decoration` marks logos of signatures."""

    index: int
    filename: str | None
    content_type: str
    size: int
    sha256: str
    inline: bool = False
    decoration: bool = False
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The original mail inside a forward: its sender and subject, and what else of it there is.

    from_       its sender; the address is empty where the header block names people alone, as Exchange does
    text        what it said, with all that it quoted itself; `new_text` and `signature` as of a mail
    own         what whoever forwarded it wrote above
    message_id  its Message-ID, where it was attached as a mail; the lines of a header block bear none
    """

    from_: Address
    subject: str
    text: str = ""
    new_text: str = ""
    signature: str = ""
    own: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """One recipient of a delivery report (RFC 3464 §2.3); `status` is an RFC 3463 code such as 5.1.1."""

    address: str
    action: Literal["failed", "delayed"]
    status: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery report: who was not reached, and the Message-ID of the mail that failed, when it tells."""

    recipients: tuple[FailedRecipient, ...]
    message_id: str | None


Verdict = Literal[
    "person", "own", "bounce", "auto_reply", "out_of_office", "auto_generated", "bulk", "spam", "blocked", "quarantine"
]


@dataclass(frozen=True, slots=True)
class Automatic:
    """What a mail's own bytes say about its being made by a machine (RFC 3834 and its kin), without any policy.

    `verdict` is one of bounce, auto_reply, out_of_office, auto_generated, bulk, or person; `reason` names the header
    or the words that decided. `until` is the return date named by an out-of-office answer.
    """

    verdict: Verdict
    reason: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Screening:
    """The verdict of PRODUCT §2.3 on a mail, with the reason that stands in the ledger."""

    verdict: Verdict
    reason: str


ONLY_QUOTED = "nothing but quoted text"
"""The note of a mail whose text is history and signature alone."""
ONLY_SIGNED = "nothing but a signature"
"""The note of a mail whose text is a signature alone, or what a mail server has put there."""

NO_ORIGINAL = "called a forward, without an original in it"
"""The note of a mail that calls itself a forward but holds no mail of anybody."""


BETWEEN_QUOTES = "words between quoted lines"
"""The note of a mail whose own words stand between lines that it quotes: without these they may say something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A parsed mail. All text is free of NUL, other control characters (but newline and tab) and lone surrogates.

    `headers` holds every field as (lower-case name, unfolded raw value as text), in order, bounded; `message_id`,
    `in_reply_to` and `references` keep their angle brackets and hold only well-formed ids (`<…@…>` or at least
    `<…>` without white space); an empty tuple or string means none. `text` is the whole body, `new_text` the part
    without quoted history and signature (corpus README, "Conventions"). `html_text` is the new
    text of the HTML form where the text form was read and one of the two holds a `#`; None: there is no second form.
    `date` is for showing only (THREATS A60).
    """

    from_: Address
    sender: Sender
    subject: str = ""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    date: datetime | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    language: str = "en"
    text: str = ""
    new_text: str = ""
    html_text: str | None = None
    signature: str = ""
    attachments: tuple[Attachment, ...] = ()
    forwarded: Forwarded | None = None
    automatic: Automatic = Automatic("person", "no sign of a machine")
    bounce: Bounce | None = None
    encrypted: bool = False
    has_plain_text: bool = True
    notes: tuple[str, ...] = ()

    @property
    def only_quoted(self) -> bool:
        """Whether the mail holds no word of its own: then `new_text` is the whole text, and nobody said it now."""
        return ONLY_QUOTED in self.notes

    @property
    def between_quotes(self) -> bool:
        """Whether its own words stand between lines that it quotes."""
        return BETWEEN_QUOTES in self.notes

    @property
    def own_text(self) -> str:
        """What its sender typed for it: nothing where that would be a quote, or the signature that a phone appends to
        a command that stands in the subject."""
        return "" if self.only_quoted or ONLY_SIGNED in self.notes else self.new_text.strip()

    @property
    def answered(self) -> tuple[str, ...]:
        """Message-IDs of the mails that this one answers: the one it replies to, then those before it, newest first."""
        return tuple(dict.fromkeys([*self.in_reply_to, *reversed(self.references)]))

    def header(self, name: str) -> str:
        """The first field of that name (lower case), or an empty string."""
        return next((value for key, value in self.headers if key == name), "")

    def header_all(self, name: str) -> tuple[str, ...]:
        """Every field of that name (lower case), topmost first."""
        return tuple(value for key, value in self.headers if key == name)


@dataclass(frozen=True, slots=True)
class SignedId:
    """One of our own Message-IDs whose HMAC holds: which ticket it spoke of, to whom it went, and on which day.

    `audience` is public when an answer to it reaches the requester, internal when it does not. `recipient` is a
    keyed digest of the address it was sent to; `Tokens.was_sent_to` compares it. `second` tells the one that stands in
    the References of the mail itself from its Message-ID, which a relay may have rewritten.
    """

    ticket: int
    audience: Literal["public", "internal"]
    recipient: str
    day: date
    second: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """Which ticket a mail claims to belong to, and by what; a claim gives no rights (PRODUCT §2.4).

    by "desk": it answers a letter that belongs to no ticket (a list, a digest), sent to this very writer.
    `late`: others on the ticket have answered this mail before it came. `via`: the ticket that the mail names, where
    that was merged and leads to `ticket`; 0: none.
    """

    ticket: int | None = None
    by: Literal["token", "references", "tag", "desk", "none"] = "none"
    signed: SignedId | None = None
    note: str = ""
    late: bool = False
    via: int = 0


@dataclass(frozen=True, slots=True)
class Trust:
    """Who the writer is to the claimed ticket (PRODUCT §2.5), with the reason.

    agent · requester (of this ticket, or an accepted participant) · stranger · failed (authentication failed) ·
    unverified (a listed agent without the evidence) · approver (answers our question whether they agree, sent to this
    very address) · none (an internal person without a claim on a ticket).
    `authenticated` tells whether the site's own mail server vouched for the From. `colleague`: of verdict none, vouched
    for, and answers a letter of ours to somebody of the ticket (PRODUCT §2.4). `admin`: a listed admin, with the same
    evidence that an agent needs. `evidence` names what the verdict rests on, in this order, joined by a plus sign:
    server (the mail server vouches), button, letter (answers a signed letter that was sent to them), own word (said so
    when asked), admin's word; empty where there is nothing but the From field.
    """

    verdict: Literal["agent", "requester", "stranger", "failed", "unverified", "approver", "none"]
    reason: str
    internal: bool = False
    authenticated: bool = False
    colleague: bool = False
    admin: bool = False
    evidence: str = ""
