"""what mass incidents are recognised by"""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise RuntimeError("incidents would be forgotten: restore the backup that `db upgrade` made instead")
