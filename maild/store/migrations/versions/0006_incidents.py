"""what mass incidents are recognised by"""

import sqlalchemy as sa
from alembic import op

from maild.store import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # The first schema's table was never written.
    op.drop_table("incident")
    op.create_table(
        "incident",
        sa.Column("ticket", _Id, sa.ForeignKey("ticket.id"), autoincrement=False, nullable=False),
        sa.Column("state", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("title_en", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("title_zh", types.CleanText(), server_default=sa.text("''"), nullable=False),
        sa.Column("known_by", types.Json(), nullable=False),
        sa.Column("reports", types.Json(), nullable=False),
        sa.Column("restricted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("told", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("contested", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("since", types.Moment(), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("ticket"),
    )
    op.create_index("ix_incident_state", "incident", ["state"])


def downgrade() -> None:
    raise RuntimeError("incidents would be forgotten: restore the backup that `db upgrade` made instead")
