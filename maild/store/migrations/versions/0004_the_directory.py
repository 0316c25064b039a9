"""people as the company's directory knows them"""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    raise RuntimeError("the directory's people would be lost: restore the backup that `db upgrade` made instead")
