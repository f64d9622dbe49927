"""All year: reminders, leave, departments that change, workbooks that are taken in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.db import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.alter_column("evidence_id", existing_type=sa.Integer(), nullable=True)

    op.create_table(
        "job_mark",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("mark", sa.String(length=80), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_mark")),
    )
    op.create_table(
        "department_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("short_name", sa.String(length=20), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_department_name_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_department_name_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department_name")),
    )
    with op.batch_alter_table("department_name", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_department_name_department_id"), ["department_id"], unique=False
        )

    op.create_table(
        "deputy",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["deputy_id"], ["person.id"], name=op.f("fk_deputy_deputy_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_deputy_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_deputy")),
    )
    with op.batch_alter_table("deputy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deputy_deputy_id"), ["deputy_id"], unique=False)

    op.create_table(
        "leave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_leave_created_by")),
        sa.ForeignKeyConstraint(["deputy_id"], ["person.id"], name=op.f("fk_leave_deputy_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_leave_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave")),
    )
    with op.batch_alter_table("leave", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leave_deputy_id"), ["deputy_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_leave_person_id"), ["person_id"], unique=False)

    op.create_table(
        "nothing_to_report",
        sa.Column("quarter", sa.String(length=6), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_nothing_to_report_department_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_nothing_to_report_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["quarter"], ["quarter.code"], name=op.f("fk_nothing_to_report_quarter")
        ),
        sa.PrimaryKeyConstraint("quarter", "department_id", name=op.f("pk_nothing_to_report")),
    )
    op.create_table(
        "reminder",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reminder_person_id")),
        sa.PrimaryKeyConstraint("person_id", "kind", "subject", name=op.f("pk_reminder")),
    )
    op.create_table(
        "succession",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_id"], ["department.id"], name=op.f("fk_succession_from_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_succession_person_id")
        ),
        sa.ForeignKeyConstraint(["to_id"], ["department.id"], name=op.f("fk_succession_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_succession")),
    )
    with op.batch_alter_table("succession", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_succession_from_id"), ["from_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_succession_to_id"), ["to_id"], unique=False)

    op.create_table(
        "register_line",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_register_line_evidence_id")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_register_line")),
    )
    with op.batch_alter_table("register_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_register_line_evidence_id"), ["evidence_id"], unique=False
        )

    op.create_table(
        "import_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attachment_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), server_default="", nullable=False),
        sa.Column("quarter", sa.String(length=6), server_default="", nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("done_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_import_file_attachment_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_import_file_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_file")),
        sa.UniqueConstraint("attachment_id", name=op.f("uq_import_file_attachment_id")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_at", ["at"], unique=False)

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("joining", sa.Integer(), nullable=True))

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("joined_by", sa.Integer(), nullable=True))

    with op.batch_alter_table("quarter", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("told", sa.String(length=10), server_default="", nullable=False)
        )
    # not in a batch: that would make the table anew, and others point to it
    no = sa.text("false")
    op.add_column("quarter", sa.Column("history", sa.Boolean(), server_default=no, nullable=False))
    # who works in them knows that they are open
    op.execute("UPDATE quarter SET told = 'collecting'")


def downgrade() -> None:
    with op.batch_alter_table("quarter", schema=None) as batch_op:
        batch_op.drop_column("history")
        batch_op.drop_column("told")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("joined_by")

    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("joining")

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_at")

    op.drop_table("import_file")
    with op.batch_alter_table("register_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_register_line_evidence_id"))

    op.drop_table("register_line")
    with op.batch_alter_table("succession", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_succession_to_id"))
        batch_op.drop_index(batch_op.f("ix_succession_from_id"))

    op.drop_table("succession")
    op.drop_table("reminder")
    op.drop_table("nothing_to_report")
    with op.batch_alter_table("leave", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_leave_person_id"))
        batch_op.drop_index(batch_op.f("ix_leave_deputy_id"))

    op.drop_table("leave")
    with op.batch_alter_table("deputy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deputy_deputy_id"))

    op.drop_table("deputy")
    with op.batch_alter_table("department_name", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_department_name_department_id"))

    op.drop_table("department_name")
    op.drop_table("job_mark")
    op.execute("DELETE FROM attachment WHERE evidence_id IS NULL")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.alter_column("evidence_id", existing_type=sa.Integer(), nullable=False)
