"""Test copies of an outcome before it is published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.db import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_draft",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_report_draft")),
    )


def downgrade() -> None:
    op.drop_table("report_draft")
