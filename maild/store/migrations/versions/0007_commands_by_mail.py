"""commands by mail, what they changed, senders blocked by mail, how a ticket was reported"""

import sqlalchemy as sa
from alembic import op

from maild.store import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EMPTY = sa.text("''")


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, types.CleanText(), server_default=_EMPTY, nullable=False)


def upgrade() -> None:
    op.add_column("inbound", _words("answer"))
    op.add_column("inbound", _words("evidence"))
    op.add_column("ticket", sa.Column("channel", types.CleanText(), server_default=sa.text("'mail'"), nullable=False))
    op.create_index("ix_ticket_created", "ticket", ["created"])
    op.create_index("ix_ticket_closed", "ticket", ["closed"])
    op.create_table(
        "command",
        sa.Column("inbound", _Id, autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ticket", _Id),
        _words("agent"),
        _words("verb"),
        _words("line"),
        sa.Column("done", sa.Boolean()),
        _words("why"),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("told", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("inbound", "n"),
    )
    op.create_index("ix_command_agent", "command", ["agent", "at"])
    op.create_index("ix_command_ticket", "command", ["ticket", "agent"])
    op.create_table(
        "undo",
        sa.Column("inbound", _Id, autoincrement=False, nullable=False),
        sa.Column("ticket", _Id, autoincrement=False, nullable=False),
        _words("agent"),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("before", types.Json(), nullable=False),
        sa.Column("history", _Id, nullable=False),
        sa.Column("used", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("inbound", "ticket"),
    )
    op.create_index("ix_undo_agent", "undo", ["agent", "at"])
    op.create_table(
        "blocked",
        sa.Column("sender", types.CleanText(), nullable=False),
        _words("who"),
        sa.Column("at", types.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("sender"),
    )


def downgrade() -> None:
    raise RuntimeError("nobody could undo a command any more: restore the backup that `db upgrade` made instead")
