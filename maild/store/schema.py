"""All tables of maild (SQLAlchemy Core). Which store module writes a table stands above it.

Ids are never used again. Columns are NOT NULL with defaults wherever an empty value has a meaning of its own.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from maild.store.types import CleanText, Json, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite knows AUTOINCREMENT for INTEGER alone, and its INTEGER has 64 bits anyway.
_Id = BigInteger().with_variant(Integer, "sqlite")
_EMPTY = text("''")
_ZERO = text("0")


def _id() -> Column[int]:
    return Column("id", _Id, primary_key=True, autoincrement=True)


def _ref(name: str, target: str, **options: object) -> Column[int]:
    return Column(name, _Id, ForeignKey(target), **options)  # type: ignore[arg-type]  # keyword pass-through


def _text(name: str, **options: object) -> Column[str]:
    return Column(name, CleanText, nullable=False, server_default=_EMPTY, **options)  # type: ignore[arg-type]  # ditto


# ── store/ledger.py ──────────────────────────────────────────────────────────────────────────────────────────────
inbound = Table(
    "inbound",
    metadata,
    _id(),
    # imap · deliver · import · demo, and for imap the mailbox with the UID that RFC 9051 §2.3.1.1 makes unique.
    _text("source"),
    _text("mailbox"),
    Column("uidvalidity", BigInteger),
    Column("uid", BigInteger),
    Column("received", Moment, nullable=False),
    Column("fetched", Moment, nullable=False),
    Column("size", BigInteger, nullable=False, server_default=_ZERO),
    Column("complete", Boolean, nullable=False, server_default=true()),
    _text("message_id"),
    _text("content_hash"),
    # Message-ID and content hash together, for the first row that has them; NULL in rows known to be copies.
    Column("dedupe", CleanText, unique=True),
    _text("sender"),
    _text("subject"),
    # received → done; what became of it: ticketed · ignored · held · quarantined.
    _text("state"),
    _text("fate"),
    _text("reason"),
    Column("attempts", Integer, nullable=False, server_default=_ZERO),
    Column("backlog", Boolean, nullable=False, server_default=false()),
    _text("screening"),
    _text("trust"),
    _text("trust_reason"),
    _text("thread_by"),
    Column("ticket", _Id, index=True),
    Column("done", Moment),
    # Where the mail was put after commit; NULL while that is still to be tried.
    Column("filed", CleanText),
    # A listed agent's mail that waits for a tap: until when.
    Column("waits_until", Moment),
    # Whether the admins were told of a mail that was quarantined or held.
    Column("told", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("mailbox", "uidvalidity", "uid"),
    Index(
        "ix_inbound_state",
        "state",
        "id",
        sqlite_where=text("state <> 'done'"),
        postgresql_where=text("state <> 'done'"),
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
    _ref("inbound", "inbound.id", primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("bytes", LargeBinary, nullable=False),
)

# ── store/tickets.py ─────────────────────────────────────────────────────────────────────────────────────────────
ticket = Table(
    "ticket",
    metadata,
    _id(),
    _text("state"),
    Column("outcome", CleanText),
    _text("subject"),
    _text("requester"),
    _text("requester_name"),
    Column("internal", Boolean, nullable=False, server_default=true()),
    _text("language"),
    _text("zone"),
    _text("category"),
    _text("urgency"),
    _text("impact"),
    _text("importance"),
    _text("priority"),
    Column("priority_locked", Boolean, nullable=False, server_default=false()),
    Column("reasons", Json, nullable=False),
    Column("restricted", Boolean, nullable=False, server_default=false()),
    _text("team"),
    Column("assignee", CleanText),
    _text("tier"),
    Column("created", Moment, nullable=False),
    Column("responded", Moment),
    Column("resolved", Moment),
    Column("closed", Moment),
    Column("response", Json, nullable=False),
    Column("resolution", Json, nullable=False),
    Column("promise", Moment),
    Column("hold_until", Moment),
    Column("asked", Json, nullable=False),
    _text("owes"),
    _text("summary"),
    Column("reopened", Integer, nullable=False, server_default=_ZERO),
    Column("rating", Integer),
    Column("chased", Moment),
    Column("escalations", Integer, nullable=False, server_default=_ZERO),
    Column("merged_into", _Id),
    Index("ix_ticket_state", "state", "team"),
    Index("ix_ticket_assignee", "assignee", "state"),
    Index("ix_ticket_requester", "requester", "id"),
    sqlite_autoincrement=True,
)

entry = Table(
    "entry",
    metadata,
    _id(),
    _ref("ticket", "ticket.id", nullable=False),
    Column("n", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    _text("direction"),
    _text("visibility"),
    _text("author"),
    _text("author_name"),
    _text("role"),
    _text("message_id"),
    Column("inbound", _Id),
    # Long columns stand last: SQLite walks through a row's overflow pages to reach what stands behind them.
    _text("new_text"),
    _text("text"),
    UniqueConstraint("ticket", "n"),
    Index("ix_entry_message_id", "message_id"),
    sqlite_autoincrement=True,
)

attachment = Table(
    "attachment",
    metadata,
    _id(),
    _ref("entry", "entry.id", nullable=False, index=True),
    Column("inbound", _Id),
    Column("part", Integer, nullable=False),
    Column("filename", CleanText),
    _text("content_type"),
    Column("size", BigInteger, nullable=False, server_default=_ZERO),
    _text("sha256"),
    Column("inline", Boolean, nullable=False, server_default=false()),
    Column("decoration", Boolean, nullable=False, server_default=false()),
    sqlite_autoincrement=True,
)

history = Table(
    "history",
    metadata,
    _id(),
    _ref("ticket", "ticket.id", nullable=False),
    Column("at", Moment, nullable=False),
    _text("what"),
    _text("was"),
    _text("becomes"),
    _text("who"),
    _text("why"),
    Column("inbound", _Id),
    # SHA-256 over the ticket's previous line and this one: a line changed or taken out breaks the chain.
    _text("chain"),
    Index("ix_history_ticket", "ticket", "id"),
    sqlite_autoincrement=True,
)

field = Table(
    "field",
    metadata,
    _ref("ticket", "ticket.id", primary_key=True, autoincrement=False),
    Column("name", CleanText, primary_key=True),
    _text("value"),
    _text("source"),
    Column("confidence", Float, nullable=False, server_default=text("1")),
    Column("at", Moment, nullable=False),
)

participant = Table(
    "participant",
    metadata,
    _ref("ticket", "ticket.id", primary_key=True, autoincrement=False),
    Column("address", CleanText, primary_key=True),
    _text("name"),
    Column("writes", Boolean, nullable=False, server_default=true()),
    Column("reads", Boolean, nullable=False, server_default=false()),
)

link = Table(
    "link",
    metadata,
    _ref("source", "ticket.id", primary_key=True, autoincrement=False),
    _ref("target", "ticket.id", primary_key=True, autoincrement=False),
    # child · duplicate · follow-up · related · claims
    Column("kind", CleanText, primary_key=True),
    Column("at", Moment, nullable=False),
)

# ── store/timers.py ──────────────────────────────────────────────────────────────────────────────────────────────
timer = Table(
    "timer",
    metadata,
    _ref("ticket", "ticket.id", primary_key=True, autoincrement=False),
    Column("kind", CleanText, primary_key=True),
    Column("due", Moment, nullable=False, index=True),
    Column("data", Json, nullable=False),
    Column("failures", Integer, nullable=False, server_default=_ZERO),
)

# ── store/outbox.py ──────────────────────────────────────────────────────────────────────────────────────────────
outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("ticket", _Id, index=True),
    Column("inbound", _Id),
    _text("template"),
    _text("audience"),
    _text("reply"),
    _text("recipient"),
    _text("subject"),
    Column("automatic", Boolean, nullable=False, server_default=true()),
    # One row, one recipient, one fate. The bytes and both ids never change once written.
    Column("message_id", CleanText, nullable=False, unique=True),
    _text("reference"),
    # queued · leased · sent · failed · unknown · held · cancelled
    _text("state"),
    _text("reason"),
    Column("created", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=_ZERO),
    Column("unknowns", Integer, nullable=False, server_default=_ZERO),
    Column("lease_owner", CleanText),
    Column("lease_until", Moment),
    Column("last_code", Integer),
    _text("last_text"),
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
    sqlite_autoincrement=True,
)

# ── store/people.py ──────────────────────────────────────────────────────────────────────────────────────────────
person = Table(
    "person",
    metadata,
    _id(),
    _text("name"),
    _text("language"),
    _text("zone"),
    _text("department"),
    _text("phone"),
    _text("location"),
    _text("manager"),
    Column("vip", Boolean, nullable=False, server_default=false()),
    Column("shared", Boolean, nullable=False, server_default=false()),
    _text("source"),
    sqlite_autoincrement=True,
)

address = Table(
    "address",
    metadata,
    Column("address", CleanText, primary_key=True),
    _ref("person", "person.id", index=True),
    # The RFC 3463 status of a permanent bounce; empty while mail may be sent there.
    _text("bounced"),
    Column("bounced_at", Moment),
    Column("answered", Moment),
)

agent_state = Table(
    "agent_state",
    metadata,
    Column("agent", CleanText, primary_key=True),
    Column("away_until", Moment),
    _text("deputy"),
    Column("assigned", Moment),
)

# ── store/knowledge.py ───────────────────────────────────────────────────────────────────────────────────────────
solution = Table(
    "solution",
    metadata,
    _id(),
    _ref("ticket", "ticket.id", nullable=False, unique=True),
    _text("title"),
    _text("text"),
    _text("category"),
    _text("language"),
    Column("restricted", Boolean, nullable=False, server_default=false()),
    Column("at", Moment, nullable=False, index=True),
    sqlite_autoincrement=True,
)

rating = Table(
    "rating",
    metadata,
    _ref("ticket", "ticket.id", primary_key=True, autoincrement=False),
    Column("stars", Integer, nullable=False),
    _text("text"),
    Column("at", Moment, nullable=False),
)

correction = Table(
    "correction",
    metadata,
    _id(),
    _ref("ticket", "ticket.id", nullable=False, index=True),
    _text("what"),
    _text("was"),
    _text("becomes"),
    _text("who"),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

incident = Table(
    "incident",
    metadata,
    _id(),
    _ref("parent", "ticket.id"),
    _text("title"),
    _text("state"),
    Column("members", Json, nullable=False),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

# ── store/upkeep.py ──────────────────────────────────────────────────────────────────────────────────────────────
token_use = Table(
    "token_use",
    metadata,
    Column("token", CleanText, primary_key=True),
    Column("at", Moment, nullable=False),
)

chore = Table(
    "chore",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("period", CleanText, primary_key=True),
    Column("at", Moment, nullable=False),
)

alarm = Table(
    "alarm",
    metadata,
    _id(),
    _text("kind"),
    _text("detail"),
    Column("opened", Moment, nullable=False),
    Column("closed", Moment),
    Index(
        "uq_alarm_open",
        "kind",
        unique=True,
        sqlite_where=text("closed IS NULL"),
        postgresql_where=text("closed IS NULL"),
    ),
    sqlite_autoincrement=True,
)

mailbox_state = Table(
    "mailbox_state",
    metadata,
    Column("mailbox", CleanText, primary_key=True),
    Column("uidvalidity", BigInteger),
    Column("uidnext", BigInteger),
    Column("present", BigInteger),
    # Everything below this UID was there when maild first looked and is left alone (backlog = "new").
    Column("first_uid", BigInteger),
    Column("first_start", Moment),
    Column("last_clean", Moment),
    Column("last_error", CleanText),
    Column("refresh_token", CleanText),
)
