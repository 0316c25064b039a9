"""what kind of ticket it is, its parent, who is to approve, who set its priority"""

import sqlalchemy as sa
from alembic import op

from maild.store import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("ticket", sa.Column("kind", types.CleanText(), server_default=sa.text("'report'"), nullable=False))
    op.add_column("ticket", sa.Column("parent", _Id, nullable=True))
    op.add_column("ticket", sa.Column("approver", types.CleanText(), server_default=sa.text("''"), nullable=False))
    op.add_column("ticket", sa.Column("priority_by", types.CleanText(), server_default=sa.text("''"), nullable=False))
    op.create_index("ix_ticket_parent", "ticket", ["parent"])


def downgrade() -> None:
    raise RuntimeError("mass incidents would lose their reports: restore the backup that `db upgrade` made instead")
