"""the pile of the first day, mails let in by hand, awaited mails, refresh tokens"""

import sqlalchemy as sa
from alembic import op

from maild.store import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EMPTY = sa.text("''")


def upgrade() -> None:
    # Added one by one, not in a batch: a batch copies the table, and with it every byte of every mail's row.
    op.add_column("inbound", sa.Column("pile", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("inbound", sa.Column("released", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_inbound_waiting",
        "inbound",
        ["attempts", "pile", "id"],
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_index("ix_outbox_sent", "outbox", ["sent"])
    op.create_table(
        "awaited",
        sa.Column("message_id", types.CleanText(), nullable=False),
        sa.Column("ticket", _Id, nullable=False),
        sa.Column("inbound", _Id, nullable=False),
        sa.Column("since", types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "ticket", name=op.f("pk_awaited")),
    )
    op.create_index("ix_awaited_since", "awaited", ["since"])
    op.create_table(
        "oauth_token",
        sa.Column("name", types.CleanText(), nullable=False),
        sa.Column("given", types.CleanText(), server_default=_EMPTY, nullable=False),
        sa.Column("refresh_token", types.CleanText(), server_default=_EMPTY, nullable=False),
        sa.Column("renewed", types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_oauth_token")),
    )
    with op.batch_alter_table("mailbox_state") as batch:
        batch.add_column(sa.Column("pile_below", sa.BigInteger(), nullable=True))
        batch.drop_column("refresh_token")


def downgrade() -> None:
    raise RuntimeError("mails let in by hand would be held again: restore the backup that `db upgrade` made instead")
