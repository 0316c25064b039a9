"""Tables of the desk beside its tickets: people, knowledge, upkeep. All are read through `schema`."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, false, text

from maild.store.columns import ZERO, Id, id_, metadata, ref, text_
from maild.store.types import CleanText, Json, Moment

# ── store/people.py, people_directory.py ─────────────────────────────────────────────────────────────────────────
person = Table(
    "person",
    metadata,
    id_(),
    text_("name"),
    text_("language"),
    text_("zone"),
    text_("department"),
    text_("phone"),
    text_("location"),
    text_("manager"),
    Column("vip", Boolean, nullable=False, server_default=false()),
    Column("shared", Boolean, nullable=False, server_default=false()),
    text_("source"),
    # What the directory calls them by, and when what it says of them last changed.
    text_("key"),
    Column("changed", Moment),
    Index("uq_person_key", "key", unique=True, sqlite_where=text("key <> ''"), postgresql_where=text("key <> ''")),
    sqlite_autoincrement=True,
)

# Who has written for a shared mailbox, or in whose name it has written: they may write on its tickets.
member = Table(
    "member",
    metadata,
    ref("person", "person.id", primary_key=True, autoincrement=False),
    Column("address", CleanText, primary_key=True),
    Column("since", Moment, nullable=False),
)

address = Table(
    "address",
    metadata,
    Column("address", CleanText, primary_key=True),
    ref("person", "person.id", index=True),
    # Its place among the addresses of that person; the first is the main one.
    Column("place", Integer, nullable=False, server_default=ZERO),
    # The RFC 3463 status of a permanent bounce; empty while mail may be sent there.
    text_("bounced"),
    Column("bounced_at", Moment),
    Column("answered", Moment),
)

agent_state = Table(
    "agent_state",
    metadata,
    Column("agent", CleanText, primary_key=True),
    Column("away_until", Moment),
    text_("deputy"),
    Column("assigned", Moment),
)

# ── store/knowledge.py ───────────────────────────────────────────────────────────────────────────────────────────
solution = Table(
    "solution",
    metadata,
    id_(),
    ref("ticket", "ticket.id", nullable=False, unique=True),
    text_("title"),
    text_("text"),
    text_("category"),
    text_("language"),
    Column("restricted", Boolean, nullable=False, server_default=false()),
    Column("at", Moment, nullable=False, index=True),
    sqlite_autoincrement=True,
)

rating = Table(
    "rating",
    metadata,
    ref("ticket", "ticket.id", primary_key=True, autoincrement=False),
    Column("stars", Integer, nullable=False),
    text_("text"),
    Column("at", Moment, nullable=False),
)

correction = Table(
    "correction",
    metadata,
    id_(),
    ref("ticket", "ticket.id", nullable=False, index=True),
    text_("what"),
    text_("was"),
    text_("becomes"),
    text_("who"),
    Column("at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

# ── store/incidents.py ───────────────────────────────────────────────────────────────────────────────────────────
incident = Table(
    "incident",
    metadata,
    # The mass incident's own ticket; the reports of an accepted one name it as their parent.
    ref("ticket", "ticket.id", primary_key=True, autoincrement=False),
    # proposed → open → over; or declined
    text_("state"),
    text_("title_en"),
    text_("title_zh"),
    # What its reports are known by: anchor, words with weights, pairs of words.
    Column("known_by", Json, nullable=False),
    # The tickets that a proposal is about.
    Column("reports", Json, nullable=False),
    Column("restricted", Boolean, nullable=False, server_default=false()),
    Column("told", Integer, nullable=False, server_default=text("0")),
    Column("contested", Integer, nullable=False, server_default=text("0")),
    Column("since", Moment, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_incident_state", "state"),
)

# ── store/learned.py ─────────────────────────────────────────────────────────────────────────────────────────────
learned = Table(
    "learned",
    metadata,
    id_(),
    Column("at", Moment, nullable=False),
    # trained: a model and how it did · reset: what was learned until then counts no more.
    text_("kind"),
    text_("who"),
    text_("why"),
    Column("in_use", Boolean, nullable=False, server_default=false()),
    # Since when the desk has been judging by what it learned, without a break.
    Column("since", Moment),
    Column("tickets", Integer, nullable=False, server_default=ZERO),
    Column("corrections", Integer, nullable=False, server_default=ZERO),
    # The newest correction that was there: those above it are new.
    Column("upto", BigInteger, nullable=False, server_default=ZERO),
    Column("figures", Json, nullable=False),
    # The weights of the newest model; earlier rows keep their figures only.
    Column("words", Json, nullable=False),
    sqlite_autoincrement=True,
)

# ── store/commands.py, commands_undo.py ──────────────────────────────────────────────────────────────────────────
command = Table(
    "command",
    metadata,
    # One line of a command mail, on one ticket; a line that names three tickets has three rows.
    Column("inbound", Id, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    # NULL: it concerns the desk itself.
    Column("ticket", Id),
    text_("agent"),
    text_("verb"),
    text_("line"),
    # NULL: still to be decided on.
    Column("done", Boolean),
    # Why not, in the words that its agent was told.
    text_("why"),
    Column("at", Moment, nullable=False),
    # Whether its agent was told that it is done.
    Column("told", Boolean, nullable=False, server_default=false()),
    Index("ix_command_agent", "agent", "at"),
    Index("ix_command_ticket", "ticket", "agent"),
)

undo = Table(
    "undo",
    metadata,
    # What a ticket was like before a command mail changed it, and how far its history went afterwards.
    Column("inbound", Id, primary_key=True, autoincrement=False),
    Column("ticket", Id, primary_key=True, autoincrement=False),
    text_("agent"),
    Column("at", Moment, nullable=False),
    Column("before", Json, nullable=False),
    Column("history", Id, nullable=False),
    # Taken back already.
    Column("used", Boolean, nullable=False, server_default=false()),
    Index("ix_undo_agent", "agent", "at"),
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
    id_(),
    text_("kind"),
    text_("detail"),
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
    # UIDs below this one lay there when maild first saw the present numbering.
    Column("pile_below", BigInteger),
    Column("last_clean", Moment),
    Column("last_error", CleanText),
)

# ── store/blocked.py ─────────────────────────────────────────────────────────────────────────────────────────────────
blocked = Table(
    "blocked",
    metadata,
    # A sender, or a domain behind an @, that an admin has blocked by mail; config.toml may block others.
    Column("sender", CleanText, primary_key=True),
    text_("who"),
    Column("at", Moment, nullable=False),
)

# ── store/oauth_tokens.py ────────────────────────────────────────────────────────────────────────────────────────
oauth_token = Table(
    "oauth_token",
    metadata,
    # Whose login it is: a mailbox's name, or "[relay]".
    Column("name", CleanText, primary_key=True),
    # Hash of the refresh token that the admin gave: another one given since then wins over what is stored here.
    text_("given"),
    # The newest refresh token that the provider has handed out.
    text_("refresh_token"),
    Column("renewed", Moment, nullable=False),
)
