"""Group chats: known, waiting for the administrator, registered or not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.db import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_group",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=True),
        sa.Column("added_at", Moment(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_chat_group_account_id")
        ),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"], name=op.f("fk_chat_group_added_by")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["person.id"], name=op.f("fk_chat_group_decided_by")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_chat_group")),
    )


def downgrade() -> None:
    op.drop_table("chat_group")
