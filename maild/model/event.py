"""What can happen to a ticket, what a decision wants to know, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from maild.model.aside import AdminFacts, Ruling
from maild.model.behalf import Behalf
from maild.model.button import NOT_PRESSED, Press
from maild.model.command import Before, CommandRow
from maild.model.company import Other, Participant
from maild.model.incident import Incident, Member
from maild.model.learned import Learned
from maild.model.mail import Filed, Mail
from maild.model.message import Address, Message, Screening, Thread, Trust
from maild.model.person import Person
from maild.model.question import Deed, Dossier, Matches, Query, Solution, Solved, Spoken
from maild.model.ticket import Entry, Field, History, Ticket, Timer


@dataclass(frozen=True, slots=True, kw_only=True)
class MailArrived:
    """A mail was screened, threaded and judged. `received` is the server's receive time (INTERNALDATE), UTC.

    `backlog` marks a mail older than the limit at first start: a ticket, but no automatic answer. `fields` is what was
    read in it (manual 2.1.3), with the answers to the form that the ticket last asked with. `too_large` is the size in
    bytes of a mail of which only the header was read, since it is larger than what is parsed; 0: it was read.

    `let_in` says which admin let in a mail that was held, and why; empty: nobody had to. `quiet` keeps mails back:
    "writer", nothing goes to whoever wrote it (a machine that an admin let in); "all", nothing leaves (an old mail
    that was imported). `sent_by` is the one clean address of its Sender field (RFC 5322 §3.6.2) where that is another
    than its From, in lower case: who has written it in somebody's name. `asked` is the address that was asked for an
    approval by the letter of ours that this mail answers, or its writer's, who is the approver of the ticket that it
    names without that evidence; empty: it answers none. `answers` is what its writer has answered when they were asked
    about this very mail, which waited for it: see `Answer`. `press` is the button that it presses, holding or not.
    `behalf` makes it the report of somebody else.
    """

    message: Message
    screening: Screening
    thread: Thread
    trust: Trust
    received: datetime
    inbound: int = 0
    mailbox: str = ""
    backlog: bool = False
    fields: tuple[Field, ...] = ()
    too_large: int = 0
    let_in: str = ""
    quiet: Literal["no", "writer", "all"] = "no"
    sent_by: str = ""
    asked: str = ""
    answers: frozenset[str] = frozenset()
    press: Press = NOT_PRESSED
    behalf: Behalf | None = None


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer of the ticket fell due."""

    kind: str
    data: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    """A mail of this ticket was not delivered: refused by the relay or bounced (RFC 3463 `status`).

    permanent   it was refused; else it was given up, or `unknown`: every answer to it was lost, so it may have arrived
    automatic   no person wrote it
    """

    recipient: Address
    status: str
    detail: str
    permanent: bool
    template: str
    unknown: bool = False
    automatic: bool = True


@dataclass(frozen=True, slots=True)
class Followed:
    """What the decision about another ticket, `origin`, means for this one: `what` happened there, with its data."""

    what: str
    origin: int
    data: Mapping[str, str | int] = field(default_factory=dict)


# What becomes of a mail; handled: a question or command to the desk itself, on no ticket.
Fate = Literal["ticketed", "handled", "ignored", "held", "quarantined"]
# What the writer of a mail that waited says about it.
Answer = Literal["confirmed", "anyway", "as_text", "corrected"]

Event = MailArrived | TimerFired | DeliveryFailed | Followed


@dataclass(frozen=True, slots=True)
class Follow:
    """A decision that concerns another ticket: its event is stored, due now, and decided on in its own transaction.

    `what` and `data` become the event's; its `origin` is the ticket whose decision this is.
    """

    ticket: int
    what: str
    data: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Needs:
    """What `decide` wants to know before it thinks; `gather` reads it in the same transaction.

    person     the address whose directory record, earlier fields and language are wanted; empty: nobody's
    team       the team whose agents' absence, load and turn are wanted; empty: none; "*": of every team
    similar    a report (its first line the subject) to compare with the solved tickets; empty: do not look
    solutions  the tickets whose solutions the mail names
    bounced    the Message-ID of the mail that a delivery report speaks of
    waiting    the words of colleagues on the ticket that an agent may accept
    behind     the address of whoever wrote it in that person's name, whose directory record is wanted; empty: nobody's
    learned    what the desk has learned of categories is wanted
    manager    the address of whoever's manager is wanted
    colleagues addresses of people whose name and language the directory is asked for
    report     the words with which the ticket was reported are wanted
    warned     whether the requester was told already to change a password
    past       what was done on the ticket so far
    urgent_of  the agent whose urgent tickets are wanted; empty: nobody's
    incidents  whether a new report may belong to a mass incident that is open
    members    whether the reports of this mass incident are wanted
    named      tickets that a command names
    errand     the command mail whose rows are wanted, locked; 0: none
    others     tickets that are wanted whole, with those into which they were merged
    spoken     the address of an agent who may be about to answer beside others; empty: nobody
    asides     mails of the ledger that an admin names, locked; `senders` whom they name, to block or unblock
    admin      an admin writes: what their mail answers is wanted
    called     words that name people, of whom the desk is asked whom it knows by them
    filed      tickets of which the attachments are asked for
    undo       the agent who takes back what they had done, and the command mail that is meant (0: their last one)
    queries    what the questions of the mail ask of the books
    dossiers   tickets of which all that stands on record is wanted
    asker      the address of whoever asks for them; for a requester's question also the person it is about
    """

    person: str = ""
    behind: str = ""
    team: str = ""
    similar: str = ""
    solutions: tuple[int, ...] = ()
    bounced: str = ""
    waiting: bool = False
    learned: bool = False
    manager: str = ""
    colleagues: tuple[str, ...] = ()
    report: bool = False
    warned: bool = False
    past: bool = False
    urgent_of: str = ""
    incidents: bool = False
    members: bool = False
    named: tuple[int, ...] = ()
    errand: int = 0
    others: tuple[int, ...] = ()
    spoken: str = ""
    asides: tuple[int, ...] = ()
    senders: tuple[str, ...] = ()
    admin: bool = False
    called: tuple[str, ...] = ()
    filed: tuple[int, ...] = ()
    undo: tuple[str, int] = ("", 0)
    queries: tuple[Query, ...] = ()
    dossiers: tuple[int, ...] = ()
    asker: str = ""


@dataclass(frozen=True, slots=True)
class Colleague:
    """An internal person as the directory knows them; `language` is empty where it does not say."""

    address: Address
    language: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail of a colleague who is not on the ticket, whose words stay inside until an agent accepts them."""

    author: Address
    inbound: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What `gather` found.

    known       fields that the directory or the same person's earlier tickets gave, by name
    person      the directory's record of the writer; None: it knows nobody of that address
    behind      the directory's record of whoever wrote it in that person's name
    same        all addresses of the ticket's requester that the directory knows
    group       who writes for the shared mailbox that is the ticket's requester, plain as `policy.plain` makes them
    language, zone   what the directory or an earlier ticket says of the person; empty when nothing does
    absent      agents (address) who are away now, with the address of their deputy or an empty string
    load        open tickets per agent address
    turn        when each agent was last given a ticket, by address (round-robin)
    similar     solved tickets that resemble this one, best first
    solutions   the named solutions that there are, by ticket
    threads     Message-IDs of the ticket's conversation with each person, oldest first, by address
    claimed     the ticket that the mail names but has no right to join
    readers     accepted participants who get the conversation by mail too
    wrote       agents who have written on the ticket, by address
    button      the verb of a valid button token in the mail (bound to this writer and ticket), else ""
    asked_today how many confirmations were asked of this agent in the last 24 hours
    asked_no_more whether they were told within these hours that no more will be asked
    asked_about the inbound mail in this agent's name about which the question asks that this mail answers; 0: none
    asked_by    the letter that asks so
    spoken      what other agents have said to the requester of late, oldest first
    read        when the newest of our letters to this agent was written that the mail answers; None: it answers none
    waits       that mail still waits for its confirmation on this ticket
    waiting     words of colleagues that an agent may accept, oldest first
    accepts     the inbound mail whose writer a pressed button accepts; 0: none
    failed      what a delivery report says of mails of ours, one event a recipient, with the ticket it belongs to
    dead        addresses of the failed mails that were known before to take no mail
    learned     what the desk has learned of categories, while that is in use; None: the rules alone decide
    manager     the manager of the person who was asked about, if the directory names one
    colleagues  who was asked about, by address; one whom the directory does not know has no name
    report      what the requester wrote when the ticket was opened
    warned      the requester of this ticket was told to change a password
    was_split   a ticket of its own was opened already for a second problem in the report
    past        what was done on the ticket so far, oldest first
    urgent      the urgent tickets (P1, P2) that an agent has in work, by number
    incidents   the mass incidents that are open, when a new report may be one of theirs
    incident    what stands on record of this mass incident, or of the one that this report belongs to
    members     the reports of this mass incident, oldest first
    left        how many of its reports are not closed yet
    parent      the mass incident's ticket that this report belongs to
    named       the tickets that a command names
    errand      the rows of the command mail that this is a part of, in their order
    participants everybody who is or was on the ticket beside its requester
    related     the tickets that agents have linked with this one
    others      the tickets that were asked for, and those into which they were merged, by number
    matches     what was found for each of the queries
    dossiers    those of the wanted tickets that there are, by number
    admin       what an admin's mail makes worth knowing; None: no admin writes
    files       SHA-256 of the files that the ticket has, where an agent's mail holds pictures: a quoted notice brings
                those that it showed
    called      whom the desk knows by the words that were asked about
    filed       the tickets whose attachments were asked for, with those
    has_files   how many attachments the ticket has: the next one gets the number behind that
    before      this ticket before the commands that are to be taken back
    undo_of     the agent's last command mail, where their mail on no ticket takes it back: its rows; `undo_inbound` is
                its number
    """

    known: Mapping[str, Field] = field(default_factory=dict)
    person: Person | None = None
    behind: Person | None = None
    same: frozenset[str] = frozenset()
    group: frozenset[str] = frozenset()
    language: str = ""
    zone: str = ""
    absent: Mapping[str, str] = field(default_factory=dict)
    load: Mapping[str, int] = field(default_factory=dict)
    turn: Mapping[str, datetime] = field(default_factory=dict)
    similar: tuple[Solved, ...] = ()
    solutions: Mapping[int, Solution] = field(default_factory=dict)
    threads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    claimed: Ticket | None = None
    readers: tuple[Address, ...] = ()
    wrote: frozenset[str] = frozenset()
    button: str = ""
    asked_today: int = 0
    asked_no_more: bool = False
    asked_about: int = 0
    asked_by: str = ""
    spoken: tuple[Spoken, ...] = ()
    read: datetime | None = None
    waits: bool = False
    waiting: tuple[Waiting, ...] = ()
    accepts: int = 0
    failed: tuple[DeliveryFailed, ...] = ()
    dead: frozenset[str] = frozenset()
    learned: Learned | None = None
    manager: Colleague | None = None
    colleagues: Mapping[str, Colleague] = field(default_factory=dict)
    report: str = ""
    warned: bool = False
    was_split: bool = False
    past: tuple[Deed, ...] = ()
    urgent: tuple[int, ...] = ()
    incidents: tuple[Incident, ...] = ()
    incident: Incident | None = None
    members: tuple[Member, ...] = ()
    left: int = 0
    parent: Ticket | None = None
    named: tuple[Member, ...] = ()
    errand: tuple[CommandRow, ...] = ()
    participants: tuple[Participant, ...] = ()
    related: tuple[int, ...] = ()
    others: Mapping[int, Other] = field(default_factory=dict)
    matches: Mapping[Query, Matches] = field(default_factory=dict)
    dossiers: Mapping[int, Dossier] = field(default_factory=dict)
    admin: AdminFacts | None = None
    files: frozenset[str] = frozenset()
    called: Mapping[str, tuple[Person, ...]] = field(default_factory=dict)
    filed: Mapping[int, tuple[Ticket, tuple[Filed, ...]]] = field(default_factory=dict)
    has_files: int = 0
    before: Before | None = None
    undo_of: tuple[CommandRow, ...] = ()
    undo_inbound: int = 0


@dataclass(frozen=True, slots=True)
class Absence:
    """An agent (address) is away until then; None: they are back. `deputy` is the address of who stands in for them,
    empty: the one of config.toml."""

    agent: str
    until: datetime | None
    deputy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is to be done about one event: the only thing that `apply` carries out.

    `fate` is what the ledger says of the mail (None for other events); `reason` says why, in plain English, for the
    ledger, the history and `maild inspect`. A `ticket` of None leaves no ticket changed.

    writers        internal people who may write on the ticket from now on
    readers        participants who have written, and get the desk's words to the requester from now on
    gone           people who are on the ticket no more and do not come back by themselves
    unlinked       tickets that are related to this one no more
    published      inbound mails of colleagues whose words were inside and are public now
    members        (shared mailbox, address) of whoever writes for it and may write on its tickets from now on
    away           agents' absences that begin or end
    rating         1–5 stars with the words beside them
    corrections    (what, was, becomes) that an agent set right: the learner's food
    undeliverable  (address, RFC 3463 status) to which no more mail goes
    wait_until     a listed agent's mail waits for a tap until then
    release        the inbound mail that waited for its writer's answer: it is decided again; 0: none
    answer         what that answer is: it is theirs, it is to be sent anyway, it is text and no command, or the command
                   is the one that was proposed
    drop           the inbound mail that the agent disowned: it stays held for good; 0: none
    follow         what this means for other tickets, each decided on by itself
    also           new tickets that are opened beside this one, in the same transaction: each is a blank ticket's own
                   outcome (a report that was split)
    incident       what is to stand on record of the mass incident whose ticket this is
    commands       rows of a command mail that are to stand on record, those decided before anew; `commands_of` is that
                   mail's inbound number and `commands_by` its agent
    rulings        an admin's words on mails that were put aside, and on senders
    uses           the single-use button that is used up by this, as `Press.uses` names it
    before         the ticket before an agent's commands, kept for `#undo`
    undone         the command mail whose commands on this ticket are taken back; 0: none
    """

    reason: str
    fate: Fate | None = None
    ticket: Ticket | None = None
    entries: tuple[Entry, ...] = ()
    fields: tuple[Field, ...] = ()
    mails: tuple[Mail, ...] = ()
    timers: tuple[Timer, ...] = ()
    history: tuple[History, ...] = ()
    links: tuple[tuple[int, str], ...] = ()
    writers: tuple[Address, ...] = ()
    readers: tuple[Address, ...] = ()
    gone: tuple[Address, ...] = ()
    unlinked: tuple[int, ...] = ()
    published: tuple[int, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    away: tuple[Absence, ...] = ()
    rating: tuple[int, str] | None = None
    corrections: tuple[tuple[str, str, str], ...] = ()
    undeliverable: tuple[tuple[str, str], ...] = ()
    wait_until: datetime | None = None
    release: int = 0
    answer: Answer = "confirmed"
    drop: int = 0
    follow: tuple[Follow, ...] = ()
    also: tuple["Outcome", ...] = ()
    incident: Incident | None = None
    commands: tuple[CommandRow, ...] = ()
    commands_of: int = 0
    commands_by: str = ""
    rulings: tuple[Ruling, ...] = ()
    uses: str = ""
    before: Before | None = None
    undone: int = 0
