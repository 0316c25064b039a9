"""what the desk has learned from its own corrections"""

import sqlalchemy as sa
from alembic import op

from maild.store import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EMPTY, _ZERO = sa.text("''"), sa.text("0")


def upgrade() -> None:
    op.create_table(
        "learned",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("kind", types.CleanText(), server_default=_EMPTY, nullable=False),
        sa.Column("who", types.CleanText(), server_default=_EMPTY, nullable=False),
        sa.Column("why", types.CleanText(), server_default=_EMPTY, nullable=False),
        sa.Column("in_use", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("since", types.Moment(), nullable=True),
        sa.Column("tickets", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("corrections", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("upto", sa.BigInteger(), server_default=_ZERO, nullable=False),
        sa.Column("figures", types.Json(), nullable=False),
        sa.Column("words", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    raise RuntimeError("what was learned would be lost: restore the backup that `db upgrade` made instead")
