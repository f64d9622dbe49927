"""A scored quarter: seats, handing in, taking back; later dates, rules with their basis."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.db import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "row_seat",
        sa.Column("indicator", sa.String(length=40), nullable=False),
        sa.Column("seat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_row_seat_person_id")),
        sa.PrimaryKeyConstraint("indicator", "seat", name=op.f("pk_row_seat")),
    )
    op.create_table(
        "reopening",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.String(length=6), nullable=False),
        sa.Column("indicator", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["quarter"], ["quarter.code"], name=op.f("fk_reopening_quarter")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reopening_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reopening")),
    )
    op.create_index("ix_reopening_quarter", "reopening", ["quarter", "indicator"])
    for name in ("extension", "disqualification"):
        later = ("report_until", "supplement_until") if name == "extension" else ()
        op.create_table(
            name,
            sa.Column("quarter", sa.String(length=6), nullable=False),
            sa.Column("department_id", sa.Integer(), nullable=False),
            *(sa.Column(each, sa.Date(), nullable=False) for each in later),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("person_id", sa.Integer(), nullable=False),
            sa.Column("at", Moment(), nullable=False),
            sa.ForeignKeyConstraint(
                ["quarter"], ["quarter.code"], name=op.f(f"fk_{name}_quarter")
            ),
            sa.ForeignKeyConstraint(
                ["department_id"], ["department.id"], name=op.f(f"fk_{name}_department_id")
            ),
            sa.ForeignKeyConstraint(
                ["person_id"], ["person.id"], name=op.f(f"fk_{name}_person_id")
            ),
            sa.PrimaryKeyConstraint("quarter", "department_id", name=op.f(f"pk_{name}")),
        )
    no = sa.text("false")
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.add_column(sa.Column("open", sa.Boolean(), server_default=no, nullable=False))
        batch_op.add_column(sa.Column("carried", sa.Boolean(), server_default=no, nullable=False))
        batch_op.add_column(
            sa.Column("batch", sa.String(length=16), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("handed_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("handed_by", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_score_handed_by"), "person", ["handed_by"], ["id"]
        )
    with op.batch_alter_table("setting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("basis", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("quarter", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("dates_reason", sa.Text(), server_default="", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("quarter", schema=None) as batch_op:
        batch_op.drop_column("dates_reason")
    with op.batch_alter_table("setting", schema=None) as batch_op:
        batch_op.drop_column("basis")
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_score_handed_by"), type_="foreignkey")
        for name in ("handed_by", "handed_at", "batch", "carried", "open"):
            batch_op.drop_column(name)
    for name in ("disqualification", "extension"):
        op.drop_table(name)
    op.drop_index("ix_reopening_quarter", table_name="reopening")
    op.drop_table("reopening")
    op.drop_table("row_seat")
