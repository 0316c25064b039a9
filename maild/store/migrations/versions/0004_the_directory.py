"""people as the company's directory knows them"""

import sqlalchemy as sa
from alembic import op

from maild.store import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEYED = sa.text("key <> ''")


def upgrade() -> None:
    op.add_column("person", sa.Column("key", types.CleanText(), server_default=sa.text("''"), nullable=False))
    op.add_column("person", sa.Column("changed", types.Moment(), nullable=True))
    op.create_index("uq_person_key", "person", ["key"], unique=True, sqlite_where=_KEYED, postgresql_where=_KEYED)
    op.add_column("address", sa.Column("place", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "member",
        sa.Column("person", _Id, nullable=False),
        sa.Column("address", types.CleanText(), nullable=False),
        sa.Column("since", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_member_person")),
        sa.PrimaryKeyConstraint("person", "address", name=op.f("pk_member")),
    )


def downgrade() -> None:
    raise RuntimeError("the directory's people would be lost: restore the backup that `db upgrade` made instead")
