"""All tables of maild (SQLAlchemy Core). Which store module writes a table stands above it.

Ids are never used again. Columns are NOT NULL with defaults wherever an empty value has a meaning of its own.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from maild.store.columns import ZERO, Id, id_, metadata, ref, text_
from maild.store.schema_desk import (
    address,
    agent_state,
    alarm,
    blocked,
    chore,
    command,
    correction,
    incident,
    learned,
    mailbox_state,
    member,
    oauth_token,
    person,
    rating,
    solution,
    token_use,
    undo,
)
from maild.store.types import CleanText, Json, Moment

__all__ = [
    "address",
    "agent_state",
    "alarm",
    "attachment",
    "awaited",
    "blocked",
    "chore",
    "command",
    "correction",
    "entry",
    "field",
    "history",
    "inbound",
    "incident",
    "learned",
    "link",
    "mailbox_state",
    "member",
    "metadata",
    "oauth_token",
    "outbox",
    "participant",
    "person",
    "rating",
    "raw_chunk",
    "solution",
    "ticket",
    "timer",
    "token_use",
    "undo",
]

# ── store/ledger.py, ledger_hold.py, ledger_waits.py ─────────────────────────────────────────────────────────────
inbound = Table(
    "inbound",
    metadata,
    id_(),
    # imap · deliver · import · demo, and for imap the mailbox with the UID that RFC 9051 §2.3.1.1 makes unique.
    text_("source"),
    text_("mailbox"),
    Column("uidvalidity", BigInteger),
    Column("uid", BigInteger),
    Column("received", Moment, nullable=False),
    Column("fetched", Moment, nullable=False),
    Column("size", BigInteger, nullable=False, server_default=ZERO),
    Column("complete", Boolean, nullable=False, server_default=true()),
    text_("message_id"),
    text_("content_hash"),
    # Message-ID and content hash together, for the first row that has them; NULL in rows known to be copies.
    Column("dedupe", CleanText, unique=True),
    text_("sender"),
    text_("subject"),
    # received → done; what became of it: ticketed · ignored · held · quarantined.
    text_("state"),
    text_("fate"),
    text_("reason"),
    Column("attempts", Integer, nullable=False, server_default=ZERO),
    Column("backlog", Boolean, nullable=False, server_default=false()),
    # Lay in the mailbox when maild first looked: decided after everything that has come since.
    Column("pile", Boolean, nullable=False, server_default=false()),
    # A person has let it in: what the screening or a limit had against it counts no more.
    Column("released", Boolean, nullable=False, server_default=false()),
    text_("screening"),
    text_("trust"),
    text_("trust_reason"),
    # What the verdict rests on: server · button · letter · own word · admin's word, joined by plus signs.
    text_("evidence"),
    text_("thread_by"),
    Column("ticket", Id, index=True),
    Column("done", Moment),
    # Where the mail was put after commit; NULL while that is still to be tried.
    Column("filed", CleanText),
    # A listed agent's mail that waits for a tap: until when.
    Column("waits_until", Moment),
    # Whether the admins were told of a mail that was quarantined or held.
    Column("told", Boolean, nullable=False, server_default=false()),
    # What its writer answered when they were asked about it: confirmed · anyway · as_text · corrected.
    text_("answer"),
    UniqueConstraint("mailbox", "uidvalidity", "uid"),
    Index(
        "ix_inbound_state",
        "state",
        "id",
        sqlite_where=text("state <> 'done'"),
        postgresql_where=text("state <> 'done'"),
    ),
    Index(
        "ix_inbound_waiting",
        "attempts",
        "pile",
        "id",
        sqlite_where=text("state = 'received'"),
        postgresql_where=text("state = 'received'"),
    ),
    Index("ix_inbound_message_id", "message_id"),
    Index("ix_inbound_content_hash", "content_hash"),
    Index(
        "ix_inbound_aside",
        "fate",
        "id",
        sqlite_where=text("fate IN ('quarantined', 'held')"),
        postgresql_where=text("fate IN ('quarantined', 'held')"),
    ),
    Index(
        "ix_inbound_unfiled",
        "mailbox",
        "id",
        sqlite_where=text("filed IS NULL"),
        postgresql_where=text("filed IS NULL"),
    ),
    sqlite_autoincrement=True,
)

raw_chunk = Table(
    "raw_chunk",
    metadata,
    ref("inbound", "inbound.id", primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("bytes", LargeBinary, nullable=False),
)

# ── store/awaited.py ─────────────────────────────────────────────────────────────────────────────────────────────
awaited = Table(
    "awaited",
    metadata,
    # A Message-ID that a mail of the ticket answers and that nobody has seen yet: the mail of that name joins it.
    Column("message_id", CleanText, primary_key=True),
    Column("ticket", Id, primary_key=True),
    Column("inbound", Id, nullable=False),
    Column("since", Moment, nullable=False, index=True),
)

# ── store/tickets.py ─────────────────────────────────────────────────────────────────────────────────────────────
ticket = Table(
    "ticket",
    metadata,
    id_(),
    text_("state"),
    Column("outcome", CleanText),
    text_("subject"),
    text_("requester"),
    text_("requester_name"),
    Column("internal", Boolean, nullable=False, server_default=true()),
    text_("language"),
    text_("zone"),
    text_("category"),
    text_("urgency"),
    text_("impact"),
    text_("importance"),
    text_("priority"),
    Column("priority_locked", Boolean, nullable=False, server_default=false()),
    # The agent who set the priority; empty while it follows from the report.
    text_("priority_by"),
    Column("reasons", Json, nullable=False),
    Column("restricted", Boolean, nullable=False, server_default=false()),
    text_("team"),
    Column("assignee", CleanText),
    text_("tier"),
    Column("created", Moment, nullable=False),
    Column("responded", Moment),
    Column("resolved", Moment),
    Column("closed", Moment),
    Column("response", Json, nullable=False),
    Column("resolution", Json, nullable=False),
    Column("promise", Moment),
    Column("hold_until", Moment),
    Column("asked", Json, nullable=False),
    text_("owes"),
    text_("summary"),
    Column("reopened", Integer, nullable=False, server_default=ZERO),
    Column("rating", Integer),
    Column("chased", Moment),
    Column("escalations", Integer, nullable=False, server_default=ZERO),
    Column("merged_into", Id),
    Column("kind", CleanText, nullable=False, server_default=text("'report'")),
    Column("parent", Id),
    text_("approver"),
    # How it was reported: mail · phone · chat · visit (manual 2.2.1).
    Column("channel", CleanText, nullable=False, server_default=text("'mail'")),
    Index("ix_ticket_state", "state", "team"),
    Index("ix_ticket_assignee", "assignee", "state"),
    Index("ix_ticket_requester", "requester", "id"),
    Index("ix_ticket_parent", "parent"),
    # What came and went in a time is counted from these.
    Index("ix_ticket_created", "created"),
    Index("ix_ticket_closed", "closed"),
    sqlite_autoincrement=True,
)

entry = Table(
    "entry",
    metadata,
    id_(),
    ref("ticket", "ticket.id", nullable=False),
    Column("n", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    text_("direction"),
    text_("visibility"),
    text_("author"),
    text_("author_name"),
    text_("role"),
    text_("message_id"),
    Column("inbound", Id),
    # Long columns stand last: SQLite walks through a row's overflow pages to reach what stands behind them.
    text_("new_text"),
    text_("text"),
    UniqueConstraint("ticket", "n"),
    Index("ix_entry_message_id", "message_id"),
    sqlite_autoincrement=True,
)

attachment = Table(
    "attachment",
    metadata,
    id_(),
    ref("entry", "entry.id", nullable=False, index=True),
    Column("inbound", Id),
    Column("part", Integer, nullable=False),
    Column("filename", CleanText),
    text_("content_type"),
    Column("size", BigInteger, nullable=False, server_default=ZERO),
    text_("sha256"),
    Column("inline", Boolean, nullable=False, server_default=false()),
    Column("decoration", Boolean, nullable=False, server_default=false()),
    sqlite_autoincrement=True,
)

history = Table(
    "history",
    metadata,
    id_(),
    ref("ticket", "ticket.id", nullable=False),
    Column("at", Moment, nullable=False),
    text_("what"),
    text_("was"),
    text_("becomes"),
    text_("who"),
    text_("why"),
    Column("inbound", Id),
    # SHA-256 over the ticket's previous line and this one: a line changed or taken out breaks the chain.
    text_("chain"),
    Index("ix_history_ticket", "ticket", "id"),
    sqlite_autoincrement=True,
)

field = Table(
    "field",
    metadata,
    ref("ticket", "ticket.id", primary_key=True, autoincrement=False),
    Column("name", CleanText, primary_key=True),
    text_("value"),
    text_("source"),
    Column("confidence", Float, nullable=False, server_default=text("1")),
    # The values it had before: a quoted letter may still show one.
    Column("former", Json, nullable=False, server_default=text("'[]'")),
    Column("at", Moment, nullable=False),
)

participant = Table(
    "participant",
    metadata,
    ref("ticket", "ticket.id", primary_key=True, autoincrement=False),
    Column("address", CleanText, primary_key=True),
    text_("name"),
    Column("writes", Boolean, nullable=False, server_default=true()),
    Column("reads", Boolean, nullable=False, server_default=false()),
)

link = Table(
    "link",
    metadata,
    ref("source", "ticket.id", primary_key=True, autoincrement=False),
    ref("target", "ticket.id", primary_key=True, autoincrement=False),
    # child · duplicate · follow-up · related · claims
    Column("kind", CleanText, primary_key=True),
    Column("at", Moment, nullable=False),
)

# ── store/timers.py ──────────────────────────────────────────────────────────────────────────────────────────────
timer = Table(
    "timer",
    metadata,
    ref("ticket", "ticket.id", primary_key=True, autoincrement=False),
    Column("kind", CleanText, primary_key=True),
    Column("due", Moment, nullable=False, index=True),
    Column("data", Json, nullable=False),
    Column("failures", Integer, nullable=False, server_default=ZERO),
)

# ── store/outbox.py ──────────────────────────────────────────────────────────────────────────────────────────────
outbox = Table(
    "outbox",
    metadata,
    id_(),
    Column("ticket", Id, index=True),
    Column("inbound", Id),
    text_("template"),
    text_("audience"),
    text_("reply"),
    text_("recipient"),
    text_("subject"),
    Column("automatic", Boolean, nullable=False, server_default=true()),
    # One row, one recipient, one fate. The bytes and both ids never change once written.
    Column("message_id", CleanText, nullable=False, unique=True),
    text_("reference"),
    # queued · leased · sent · failed · unknown · held · cancelled
    text_("state"),
    text_("reason"),
    Column("created", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=ZERO),
    Column("unknowns", Integer, nullable=False, server_default=ZERO),
    Column("lease_owner", CleanText),
    Column("lease_until", Moment),
    Column("last_code", Integer),
    text_("last_text"),
    Column("sent", Moment),
    Column("raw", LargeBinary, nullable=False),
    Index(
        "ix_outbox_due",
        "state",
        "due",
        sqlite_where=text("state IN ('queued', 'leased', 'unknown')"),
        postgresql_where=text("state IN ('queued', 'leased', 'unknown')"),
    ),
    # Budgets are counted from this index alone.
    Index("ix_outbox_recipient", "recipient", "created", "automatic", "state"),
    Index("ix_outbox_reference", "reference"),
    # Mails a minute are counted from this one.
    Index("ix_outbox_sent", "sent"),
    sqlite_autoincrement=True,
)
