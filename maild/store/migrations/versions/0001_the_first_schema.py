"""the first schema"""

import sqlalchemy as sa
from alembic import op

from maild.store import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


_APPEND_ONLY_SQLITE = """
CREATE TRIGGER history_{what} BEFORE {event} ON history
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END
"""

_APPEND_ONLY_POSTGRESQL = (
    """
    CREATE FUNCTION history_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'history is append-only'; END $$
    """,
    """
    CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE ON history
    FOR EACH ROW EXECUTE FUNCTION history_append_only()
    """,
)


def upgrade() -> None:
    op.create_table(
        "agent_state",
        sa.Column("agent", types.CleanText(), nullable=False),
        sa.Column("away_until", types.Moment(), nullable=True),
        sa.Column("deputy", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("assigned", types.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_agent_state")),
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("opened", types.Moment(), nullable=False),
        sa.Column("closed", types.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_alarm_open",
        "alarm",
        ["kind"],
        unique=True,
        sqlite_where=sa.text("closed IS NULL"),
        postgresql_where=sa.text("closed IS NULL"),
    )
    op.create_table(
        "chore",
        sa.Column("name", types.CleanText(), nullable=False),
        sa.Column("period", types.CleanText(), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", "period", name=op.f("pk_chore")),
    )
    op.create_table(
        "inbound",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("source", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("mailbox", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.BigInteger(), nullable=True),
        sa.Column("received", types.Moment(), nullable=False),
        sa.Column("fetched", types.Moment(), nullable=False),
        sa.Column("size", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("complete", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("message_id", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("content_hash", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("dedupe", types.CleanText(), nullable=True),
        sa.Column("sender", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("subject", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("fate", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("backlog", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("screening", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("trust", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("trust_reason", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("thread_by", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("done", types.Moment(), nullable=True),
        sa.Column("filed", types.CleanText(), nullable=True),
        sa.Column("waits_until", types.Moment(), nullable=True),
        sa.Column("told", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_inbound_dedupe")),
        sa.UniqueConstraint("mailbox", "uidvalidity", "uid", name=op.f("uq_inbound_mailbox_uidvalidity_uid")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_inbound_aside",
        "inbound",
        ["fate", "id"],
        unique=False,
        sqlite_where=sa.text("fate IN ('quarantined', 'held')"),
        postgresql_where=sa.text("fate IN ('quarantined', 'held')"),
    )
    op.create_index("ix_inbound_content_hash", "inbound", ["content_hash"], unique=False)
    op.create_index("ix_inbound_message_id", "inbound", ["message_id"], unique=False)
    op.create_index(
        "ix_inbound_state",
        "inbound",
        ["state", "id"],
        unique=False,
        sqlite_where=sa.text("state <> 'done'"),
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_index(op.f("ix_inbound_ticket"), "inbound", ["ticket"], unique=False)
    op.create_index(
        "ix_inbound_unfiled",
        "inbound",
        ["mailbox", "id"],
        unique=False,
        sqlite_where=sa.text("filed IS NULL"),
        postgresql_where=sa.text("filed IS NULL"),
    )
    op.create_table(
        "mailbox_state",
        sa.Column("mailbox", types.CleanText(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("uidnext", sa.BigInteger(), nullable=True),
        sa.Column("present", sa.BigInteger(), nullable=True),
        sa.Column("first_uid", sa.BigInteger(), nullable=True),
        sa.Column("first_start", types.Moment(), nullable=True),
        sa.Column("last_clean", types.Moment(), nullable=True),
        sa.Column("last_error", types.CleanText(), nullable=True),
        sa.Column("refresh_token", types.CleanText(), nullable=True),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_mailbox_state")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("inbound", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("template", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("audience", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("reply", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("recipient", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("subject", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("automatic", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("message_id", types.CleanText(), nullable=False),
        sa.Column("reference", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("created", types.Moment(), nullable=False),
        sa.Column("due", types.Moment(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unknowns", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_owner", types.CleanText(), nullable=True),
        sa.Column("lease_until", types.Moment(), nullable=True),
        sa.Column("last_code", sa.Integer(), nullable=True),
        sa.Column("last_text", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("sent", types.Moment(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["state", "due"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'leased', 'unknown')"),
        postgresql_where=sa.text("state IN ('queued', 'leased', 'unknown')"),
    )
    op.create_index("ix_outbox_recipient", "outbox", ["recipient", "created", "automatic", "state"], unique=False)
    op.create_index("ix_outbox_reference", "outbox", ["reference"], unique=False)
    op.create_index(op.f("ix_outbox_ticket"), "outbox", ["ticket"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("zone", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("department", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("phone", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("location", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("manager", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("vip", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("source", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("state", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("outcome", types.CleanText(), nullable=True),
        sa.Column("subject", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("requester", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("requester_name", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("internal", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("language", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("zone", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("category", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("urgency", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("impact", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("importance", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("priority", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("priority_locked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reasons", types.Json(), nullable=False),
        sa.Column("restricted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("team", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("assignee", types.CleanText(), nullable=True),
        sa.Column("tier", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("created", types.Moment(), nullable=False),
        sa.Column("responded", types.Moment(), nullable=True),
        sa.Column("resolved", types.Moment(), nullable=True),
        sa.Column("closed", types.Moment(), nullable=True),
        sa.Column("response", types.Json(), nullable=False),
        sa.Column("resolution", types.Json(), nullable=False),
        sa.Column("promise", types.Moment(), nullable=True),
        sa.Column("hold_until", types.Moment(), nullable=True),
        sa.Column("asked", types.Json(), nullable=False),
        sa.Column("owes", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("summary", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("reopened", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("chased", types.Moment(), nullable=True),
        sa.Column("escalations", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("merged_into", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ticket_assignee", "ticket", ["assignee", "state"], unique=False)
    op.create_index("ix_ticket_requester", "ticket", ["requester", "id"], unique=False)
    op.create_index("ix_ticket_state", "ticket", ["state", "team"], unique=False)
    op.create_table(
        "token_use",
        sa.Column("token", types.CleanText(), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_token_use")),
    )
    op.create_table(
        "address",
        sa.Column("address", types.CleanText(), nullable=False),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("bounced", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("bounced_at", types.Moment(), nullable=True),
        sa.Column("answered", types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_address_person")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_address")),
    )
    op.create_index(op.f("ix_address_person"), "address", ["person"], unique=False)
    op.create_table(
        "correction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("was", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("becomes", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("who", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_correction_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_correction_ticket"), "correction", ["ticket"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("direction", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("visibility", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("author", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("author_name", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("role", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("message_id", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("inbound", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("new_text", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("text", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_entry_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("ticket", "n", name=op.f("uq_entry_ticket_n")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_entry_message_id", "entry", ["message_id"], unique=False)
    op.create_table(
        "field",
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("name", types.CleanText(), nullable=False),
        sa.Column("value", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("source", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("confidence", sa.Float(), server_default=sa.text("1"), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_field_ticket")),
        sa.PrimaryKeyConstraint("ticket", "name", name=op.f("pk_field")),
    )
    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("what", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("was", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("becomes", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("who", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("why", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("inbound", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("chain", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_history_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_history_ticket", "history", ["ticket", "id"], unique=False)
    op.create_table(
        "incident",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("parent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("members", types.Json(), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["ticket.id"], name=op.f("fk_incident_parent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "link",
        sa.Column("source", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("target", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", types.CleanText(), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["ticket.id"], name=op.f("fk_link_source")),
        sa.ForeignKeyConstraint(["target"], ["ticket.id"], name=op.f("fk_link_target")),
        sa.PrimaryKeyConstraint("source", "target", "kind", name=op.f("pk_link")),
    )
    op.create_table(
        "participant",
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("address", types.CleanText(), nullable=False),
        sa.Column("name", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("writes", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("reads", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_participant_ticket")),
        sa.PrimaryKeyConstraint("ticket", "address", name=op.f("pk_participant")),
    )
    op.create_table(
        "rating",
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("text", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_rating_ticket")),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_rating")),
    )
    op.create_table(
        "raw_chunk",
        sa.Column("inbound", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["inbound"], ["inbound.id"], name=op.f("fk_raw_chunk_inbound")),
        sa.PrimaryKeyConstraint("inbound", "n", name=op.f("pk_raw_chunk")),
    )
    op.create_table(
        "solution",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("text", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("category", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("restricted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_solution_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_solution")),
        sa.UniqueConstraint("ticket", name=op.f("uq_solution_ticket")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_solution_at"), "solution", ["at"], unique=False)
    op.create_table(
        "timer",
        sa.Column("ticket", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", types.CleanText(), nullable=False),
        sa.Column("due", types.Moment(), nullable=False),
        sa.Column("data", types.Json(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_timer_ticket")),
        sa.PrimaryKeyConstraint("ticket", "kind", name=op.f("pk_timer")),
    )
    op.create_index(op.f("ix_timer_due"), "timer", ["due"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inbound", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("filename", types.CleanText(), nullable=True),
        sa.Column("content_type", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("size", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sha256", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("inline", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("decoration", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("fk_attachment_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_attachment_entry"), "attachment", ["entry"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(_APPEND_ONLY_SQLITE.format(what=event.lower(), event=event))
    else:
        for statement in _APPEND_ONLY_POSTGRESQL:
            op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is nothing before the first schema: restore a backup instead")
