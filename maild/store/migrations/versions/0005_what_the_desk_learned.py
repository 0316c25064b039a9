"""what the desk has learned from its own corrections"""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise RuntimeError("what was learned would be lost: restore the backup that `db upgrade` made instead")
