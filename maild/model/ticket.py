"""A ticket and its rows, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from maild.model.message import Address
from maild.model.words import Words

State = Literal["new", "open", "pending", "on_hold", "resolved", "closed"]
Close = Literal["confirmed", "unconfirmed", "out_of_scope", "duplicate", "withdrawn", "spam", "by_agent"]
Level = Literal["high", "medium", "low"]
Impact = Literal["company", "department", "person"]
Importance = Literal["high", "normal"]
Priority = Literal["P1", "P2", "P3", "P4"]
Tier = Literal["L1", "L2", "expert"]
Kind = Literal["report", "incident"]
Channel = Literal["mail", "phone", "chat", "visit"]

FIELD_NAMES: tuple[str, ...] = (
    "name",
    "department",
    "phone",
    "location",
    "when",
    "asset",
    "software",
    "version",
    "error",
    "steps",
    "reproducible",
    "impact",
    "tried",
)
"""The fields of manual 2.1.3, in the order in which they are shown and asked."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of manual 2.1.3: the sender's verbatim words, where they were read, and a confidence of 0–1.

    `former` are the values that it had before on this ticket: an old letter of ours, quoted, still shows one of them.
    """

    name: str
    value: str
    source: Literal["label", "text", "signature", "header", "directory", "history", "form", "agent"]
    confidence: float = 1.0
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Triage:
    """Classification and priority of a report (manual 2.2.2, 2.3.2), each with its reason in both languages.

    The five reasons stand in the order category, urgency, impact, importance, priority. `topic` is the code of the
    out-of-scope topic that matched, empty otherwise. `aside` is a word for the agents alone.
    """

    category: str
    urgency: Level
    impact: Impact
    importance: Importance
    priority: Priority
    reasons: tuple[Words, ...] = ()
    topic: str = ""
    aside: Words = Words("", "")


@dataclass(frozen=True, slots=True)
class Clock:
    """A stopwatch in working time. `target`, `spent`: minutes; `since`: when it last began to run, None: it stands.

    `calendar` is business or 24x7. The target is stored when set, so a changed policy never moves a promise. `told` is
    the highest share of this target that somebody has been told of (0.75: warned, 1.0: breach).
    """

    target: int = 0
    spent: float = 0.0
    since: datetime | None = None
    calendar: Literal["business", "24x7"] = "business"
    told: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The current state of one ticket; what happened stands in its history. `id` is None until it is inserted.

    `promise` is the response deadline as told to the requester. `priority_by` is the agent who set the priority, empty
    while it follows from the report; a lead's word is `priority_locked` as well. `asked` are the fields that the last
    form asked for. `owes` says whose word is due next: the desk's or the requester's. An `incident` is a mass
    incident's own ticket, the `parent` of the reports that belong to it; it has no requester, so nothing is mailed to
    one. `approver` is the address of whoever is to agree or disagree (PRODUCT §3.2), empty when nobody is asked.
    `channel` is how it was reported (manual 2.2.1).
    """

    id: int | None = None
    state: State = "new"
    outcome: Close | None = None
    subject: str = ""
    requester: Address = Address("")
    internal: bool = True
    language: str = "en"
    zone: str = "UTC"
    category: str = "other"
    urgency: Level = "medium"
    impact: Impact = "person"
    importance: Importance = "normal"
    priority: Priority = "P3"
    priority_locked: bool = False
    priority_by: str = ""
    reasons: tuple[Words, ...] = ()
    restricted: bool = False
    team: str = ""
    assignee: str | None = None
    tier: Tier = "L1"
    created: datetime | None = None
    responded: datetime | None = None
    resolved: datetime | None = None
    closed: datetime | None = None
    response: Clock = Clock()
    resolution: Clock = Clock()
    promise: datetime | None = None
    hold_until: datetime | None = None
    asked: tuple[str, ...] = ()
    owes: Literal["desk", "requester"] = "desk"
    summary: str = ""
    reopened: int = 0
    rating: int | None = None
    chased: datetime | None = None
    escalations: int = 0
    merged_into: int | None = None
    kind: Kind = "report"
    parent: int | None = None
    approver: str = ""
    channel: Channel = "mail"
    fields: Mapping[str, Field] = field(default_factory=dict)

    @property
    def key(self) -> int:
        """The id of a ticket that has been inserted; a blank one has none, and asking for it is a programming error."""
        if self.id is None:
            raise ValueError("this ticket has not been inserted yet, so it has no number")
        return self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One contribution to the conversation. `visibility` decides whether it may ever reach the requester."""

    direction: Literal["in", "out"]
    visibility: Literal["public", "internal"]
    author: Address
    role: Literal["requester", "agent", "desk", "stranger", "approver", "colleague"]
    text: str
    new_text: str
    message_id: str = ""
    attachments: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """One line of the append-only history: what changed, who did it, and why."""

    what: str
    was: str
    becomes: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that will happen by itself. `due` None cancels the timer of that kind."""

    kind: str
    due: datetime | None
    data: Mapping[str, str | int] = field(default_factory=dict)
