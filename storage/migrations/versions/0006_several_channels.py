"""WeCom: calls that can be made again, when a person is not to be disturbed, choices by account;
accounts by their channel's name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.db import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("doubt", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_call")),
    )
    op.add_column("outbox", sa.Column("call_id", sa.Integer(), nullable=True))
    op.add_column("person", sa.Column("quiet_from", sa.Integer(), nullable=True))
    op.add_column("person", sa.Column("quiet_to", sa.Integer(), nullable=True))
    # members of the directory were imported before there was a channel to reach them by
    op.execute(
        "UPDATE account SET channel = 'wecom_app', external_id = lower(external_id)"
        " WHERE channel = 'wecom' AND id IN (SELECT min(id) FROM account WHERE channel = 'wecom'"
        " GROUP BY lower(external_id))"
    )
    # what was offered is kept by account now; the buttons themselves go on working
    op.execute("UPDATE conversation SET choices = NULL")


def downgrade() -> None:
    op.execute("UPDATE conversation SET choices = NULL")
    op.execute("UPDATE account SET channel = 'wecom' WHERE channel = 'wecom_app'")
    op.drop_column("person", "quiet_to")
    op.drop_column("person", "quiet_from")
    op.drop_column("outbox", "call_id")
    op.drop_table("channel_call")
