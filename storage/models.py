"""All tables. Facts are never overwritten where history matters: versions are rows.

Scores are whole hundredths; moments are UTC; a quarter is its code (`2026Q4`); states are the
codes named beside each column. JSON columns hold plain values only.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from storage.db import Moment, metadata

# ---------------------------------------------------------------- people and places

department = Table(
    "department",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(6), nullable=False, unique=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("short_name", String(20), nullable=False, unique=True),
    Column("resident_from", Date),
    Column("resident_to", Date),
    Column("removed_at", Moment),
)

# what a department was called until then
department_name = Table(
    "department_name",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("department_id", ForeignKey("department.id"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("short_name", String(20), nullable=False),
    Column("until", Moment, nullable=False),
    Column("person_id", ForeignKey("person.id")),
)

# departments merged or split: what `from_id` did is carried on by `to_id` from `day` on; kind:
# merge split
succession = Table(
    "succession",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(6), nullable=False),
    Column("from_id", ForeignKey("department.id"), nullable=False, index=True),
    Column("to_id", ForeignKey("department.id"), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("at", Moment, nullable=False),
)

section = Table(
    "section",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("contact", String(40), nullable=False, server_default=""),
    Column("phone", String(40), nullable=False, server_default=""),
    Column("substitute_id", ForeignKey("person.id")),
    Column("removed_at", Moment),
)

section_row = Table(
    "section_row",
    metadata,
    Column("indicator", String(40), primary_key=True),
    Column("section_id", ForeignKey("section.id"), nullable=False, index=True),
)

person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(40), nullable=False),
    Column("preferred_account_id", Integer),  # no foreign key: accounts point here already
    Column("joined_by", Integer),  # the join code by which they came, if so; as above
    # 免打扰 in minutes after midnight at the centre, from the first to before the second; may
    # reach over midnight
    Column("quiet_from", Integer),
    Column("quiet_to", Integer),
    Column("created_at", Moment, nullable=False),
    Column("removed_at", Moment),
)

# role: liaison head evaluator director admin auditor member
role = Table(
    "role",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("role", String(12), nullable=False),
    Column("department_id", ForeignKey("department.id"), index=True),
    Column("section_id", ForeignKey("section.id"), index=True),
    Column("created_at", Moment, nullable=False),
)

# B角, who stands in while somebody (A角) is away: named by the admin
deputy = Table(
    "deputy",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("deputy_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
)

# 请假 from the first to the last day, both included: the deputy stands in; `ended_at`: taken back
leave = Table(
    "leave",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("deputy_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    Column("created_by", ForeignKey("person.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("ended_at", Moment),
)

# a person's account on one channel; an unlinked one is kept to count wrong codes
account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("external_id", String(128), nullable=False),
    Column("person_id", ForeignKey("person.id"), index=True),
    Column("name", String(80), nullable=False, server_default=""),
    Column("unreachable", String(40)),
    Column("wrong_codes", Integer, nullable=False, server_default="0"),
    Column("locked_until", Moment),
    Column("joining", Integer),  # the join code that waits for a name; invites point here already
    Column("linked_at", Moment),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("channel", "external_id"),
)

# a group chat that the bot is or was in, with an account of its own that is nobody's; state is
# what an administrator said: waiting (nothing yet), confirmed, refused
chat_group = Table(
    "chat_group",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("title", String(128), nullable=False),
    Column("state", String(10), nullable=False),
    Column("added_by", ForeignKey("person.id")),
    Column("added_at", Moment, nullable=False),
    Column("decided_by", ForeignKey("person.id")),
    Column("decided_at", Moment),
)

# kind: personal (links an account), login (again, ten minutes), join (a department's, many uses).
# The code itself is HMAC(server key, nonce); only its digest lies here.
invite = Table(
    "invite",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("nonce", String(32), nullable=False, unique=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("person_id", ForeignKey("person.id"), index=True),
    Column("department_id", ForeignKey("department.id")),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("used_by", ForeignKey("account.id")),
    Column("revoked_at", Moment),
    Column("created_by", ForeignKey("person.id")),
    Column("created_at", Moment, nullable=False),
)

web_session = Table(
    "web_session",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ended_at", Moment),
)

# ---------------------------------------------------------------- messages in, messages out

# keys, not work; a parked update keeps its raw text for the operator
inbox = Table(
    "inbox",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("received_at", Moment, nullable=False),
    Column("parked", Text),
    Column("problem", String(200)),
)

conversation = Table(
    "conversation",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("dialog", String(40), nullable=False, server_default=""),
    Column("step", String(40), nullable=False, server_default=""),
    Column("draft", JSON),
    Column("draft_version", Integer, nullable=False, server_default="0"),
    Column("choices", JSON),  # account -> how they are marked, [label, action] pairs
    Column("typed", Integer, nullable=False, server_default="0"),
    Column("typed_group", String(80), nullable=False, server_default=""),
    Column("updated_at", Moment),
)

# state: queued sending sent failed unknown superseded; passed: failed here, and a new row went to
# another account of the same person. `call_id`: the kept call by which it left, see channel_call
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("lane", String(6), nullable=False),
    Column("state", String(10), nullable=False),
    Column("body", JSON, nullable=False),
    Column("panel", String(80), nullable=False, server_default=""),
    Column("typed", Integer, nullable=False, server_default="0"),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("worker", String(40)),
    Column("not_before", Moment),
    Column("claimed_at", Moment),
    Column("sent_at", Moment),
    Column("message_ref", String(200)),
    Column("problem", String(200)),
    Column("call_id", Integer),
    Column("created_at", Moment, nullable=False),
    Index("ix_outbox_panel", "account_id", "panel", "id"),
    Index(
        "ix_outbox_queued",
        "id",
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
    Index(
        "ix_outbox_open",
        "account_id",
        "lane",
        "id",
        sqlite_where=text("state IN ('queued', 'sending')"),
        postgresql_where=text("state IN ('queued', 'sending')"),
    ),
)

# what the web page shows: both directions, one growing sequence; an edit takes a new `seq`
web_message = Table(
    "web_message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("key", String(200), nullable=False, unique=True),
    Column("mine", Boolean, nullable=False),
    Column("body", JSON, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_web_message_seq", "account_id", "seq", unique=True),
)

# what is to be asked of a messenger that knows a repeated call by its content: kept before it
# leaves, so that one in doubt can be made again exactly as it was; `at` is when it was first made,
# `doubt` whether it may have left
channel_call = Table(
    "channel_call",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("doubt", Boolean, nullable=False, server_default=false()),
)

# a channel's own id for a blob it has been given once
channel_file = Table(
    "channel_file",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("blob", String(64), primary_key=True),
    Column("file_ref", String(300), nullable=False),
    Column("at", Moment, nullable=False),
)

# a document that delivery has rendered: key = document and arguments
rendered = Table(
    "rendered",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("blob", ForeignKey("blob.sha256"), nullable=False),
    Column("at", Moment, nullable=False),
)

# how far a timed rule has come, so that a tick with nothing to do costs one look
job_mark = Table(
    "job_mark",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("mark", String(80), nullable=False),
    Column("at", Moment, nullable=False),
)

# what a person has been reminded of: a kind and what it was about, once; `due` is the day from
# which it was due, `at` when the merged message was queued
reminder = Table(
    "reminder",
    metadata,
    Column("person_id", ForeignKey("person.id"), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("subject", String(60), primary_key=True),
    Column("due", Date, nullable=False),
    Column("at", Moment, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("holder", String(40), nullable=False),
    Column("expires_at", Moment, nullable=False),
)

# result: ok denied failed
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("person_id", Integer, index=True),
    Column("account_id", Integer),
    Column("action", String(60), nullable=False),
    Column("object", String(80), nullable=False, server_default=""),
    Column("result", String(8), nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_audit_at", "at"),
)

# ---------------------------------------------------------------- evidence

blob = Table(
    "blob",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# state: draft submitted accepted returned rejected withdrawn
# (草稿 待审核 已采纳 退回补充 不采纳 已撤回); discarded: a draft thrown away; merged: a working
# copy (`amends_id`) whose content has replaced that of the item it was made from
evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("quarter", String(6)),
    Column("number", Integer),
    Column("kind", String(12), nullable=False, server_default=""),
    Column("indicator", String(40), nullable=False, server_default=""),
    Column("title", Text, nullable=False, server_default=""),
    Column("event_date", Date),
    Column("description", Text, nullable=False, server_default=""),
    Column("outlet", Text, nullable=False, server_default=""),
    Column("level", String(12), nullable=False, server_default=""),
    Column("state", String(10), nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("late", Boolean, nullable=False, server_default=text("false")),
    Column("carried", Boolean, nullable=False, server_default=text("false")),
    Column("proxy", Boolean, nullable=False, server_default=text("false")),
    Column("confirming", Boolean, nullable=False, server_default=text("false")),
    Column("returns", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("complete_until", Moment),
    Column("created_by", ForeignKey("person.id"), nullable=False),
    Column("submitted_by", ForeignKey("person.id")),
    Column("submitted_at", Moment),
    Column("decided_by", ForeignKey("person.id")),
    Column("decided_at", Moment),
    Column("content_key", String(64), nullable=False, server_default=""),
    Column("amends_id", ForeignKey("evidence.id"), index=True),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("department_id", "quarter", "number"),
    Index("ix_evidence_department", "department_id", "state"),
    Index("ix_evidence_state", "state", "quarter"),
    Index("ix_evidence_content", "content_key"),
)

# every version as it was submitted or changed: nothing is overwritten without a trace
evidence_version = Table(
    "evidence_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("evidence_id", ForeignKey("evidence.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("what", String(20), nullable=False),
    Column("snapshot", JSON, nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_evidence_version_evidence", "evidence_id", "revision"),
)

# which message gave which text of a draft, so that editing the message edits the draft
evidence_text = Table(
    "evidence_text",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("evidence_id", ForeignKey("evidence.id"), nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("source", String(200), nullable=False),
    Column("field", String(12), nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_evidence_text_source", "account_id", "source"),
)

# state: pending stored refused; without a piece of evidence it is a workbook to be imported
attachment = Table(
    "attachment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("evidence_id", ForeignKey("evidence.id"), index=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("state", String(8), nullable=False),
    Column("reference", Text, nullable=False, server_default=""),
    Column("name", String(200), nullable=False),
    Column("mime", String(100), nullable=False, server_default=""),
    Column("size", Integer),
    Column("blob", ForeignKey("blob.sha256"), index=True),
    Column("problem", String(60), nullable=False, server_default=""),
    Column("source", String(200), nullable=False, server_default=""),
    Column("removed_at", Moment),
    Column("created_at", Moment, nullable=False),
    Index(
        "ix_attachment_pending",
        "state",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)

# a workbook that was sent in to be imported; kind: departments people scores register, '' until it
# is known; state: reading, faulty, waiting (for the confirmation), done, dropped; `content` is the
# workbook as plain rows
import_file = Table(
    "import_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("attachment_id", ForeignKey("attachment.id"), nullable=False, unique=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("kind", String(12), nullable=False, server_default=""),
    Column("quarter", String(6), nullable=False, server_default=""),
    Column("state", String(8), nullable=False),
    Column("content", JSON),
    Column("created_at", Moment, nullable=False),
    Column("done_at", Moment),
)

# lines of the centre's 信息录用台账 that are evidence already: a line is taken in once
register_line = Table(
    "register_line",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("evidence_id", ForeignKey("evidence.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
)

# ---------------------------------------------------------------- the quarter and its outcome

# state: collecting closed proposed published (收集中 已截止 待审定 已发布); moments are the first
# instant after a deadline; `told`: the state by its dates that everybody was last told of;
# `history`: taken in from before the installation, so that it is nobody's quarter in hand
quarter = Table(
    "quarter",
    metadata,
    Column("code", String(6), primary_key=True),
    Column("edition", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("opens", Date, nullable=False),
    Column("report_until", Date, nullable=False),
    Column("supplement_until", Date, nullable=False),
    Column("score_until", Date, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("dates_reason", Text, nullable=False, server_default=""),
    Column("told", String(10), nullable=False, server_default=""),
    Column("history", Boolean, nullable=False, server_default=text("false")),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_at", Moment, nullable=False),
)

# 本季度无可报: the department has said so itself; no effect on points
nothing_to_report = Table(
    "nothing_to_report",
    metadata,
    Column("quarter", ForeignKey("quarter.code"), primary_key=True),
    Column("department_id", ForeignKey("department.id"), primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("at", Moment, nullable=False),
)

# later deadlines for one department in one quarter
extension = Table(
    "extension",
    metadata,
    Column("quarter", ForeignKey("quarter.code"), primary_key=True),
    Column("department_id", ForeignKey("department.id"), primary_key=True),
    Column("report_until", Date, nullable=False),
    Column("supplement_until", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("at", Moment, nullable=False),
)

# 取消评先资格: ranked, never nominated; only where the centre's own document provides for it
disqualification = Table(
    "disqualification",
    metadata,
    Column("quarter", ForeignKey("quarter.code"), primary_key=True),
    Column("department_id", ForeignKey("department.id"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("at", Moment, nullable=False),
)

calendar_override = Table(
    "calendar_override",
    metadata,
    Column("day", Date, primary_key=True),
    Column("workday", Boolean, nullable=False),
    Column("source", String(200), nullable=False, server_default=""),
)

setting = Table(
    "setting",
    metadata,
    Column("key", String(60), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("basis", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("person_id", ForeignKey("person.id")),
    Column("at", Moment, nullable=False),
)

# who scores a row besides its owner section, whose seat is 1: the admin names them
row_seat = Table(
    "row_seat",
    metadata,
    Column("indicator", String(40), primary_key=True),
    Column("seat", Integer, primary_key=True, autoincrement=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("at", Moment, nullable=False),
)

# the current version of a cell's seat has latest = true; older versions stay. `open`: a version
# by which a score was taken back, so that the cell is 未评 again; `carried`: 不涉及 taken over
# from the quarter before; `batch`: what one press wrote; `handed_at`: part of a row handed in
score = Table(
    "score",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("quarter", ForeignKey("quarter.code"), nullable=False),
    Column("department_id", ForeignKey("department.id"), nullable=False),
    Column("indicator", String(40), nullable=False),
    Column("seat", Integer, nullable=False, server_default="1"),
    Column("version", Integer, nullable=False),
    Column("latest", Boolean, nullable=False),
    Column("hundredths", Integer),
    Column("reason", Text, nullable=False, server_default=""),
    Column("open", Boolean, nullable=False, server_default=text("false")),
    Column("carried", Boolean, nullable=False, server_default=text("false")),
    Column("batch", String(16), nullable=False, server_default=""),
    Column("handed_at", Moment),
    Column("handed_by", ForeignKey("person.id")),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("quarter", "department_id", "indicator", "seat", "version"),
    Index(
        "uq_score_latest",
        "quarter",
        "indicator",
        "department_id",
        "seat",
        unique=True,
        sqlite_where=text("latest"),
        postgresql_where=text("latest"),
    ),
)

# a row sent back for changes: by the admin before 提请审定, or by the director's 退回修改
reopening = Table(
    "reopening",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("quarter", ForeignKey("quarter.code"), nullable=False),
    Column("indicator", String(40), nullable=False),
    Column("reason", Text, nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_reopening_quarter", "quarter", "indicator"),
)

publication = Table(
    "publication",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("quarter", ForeignKey("quarter.code"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("report", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("quarter", "revision"),
)

# an outcome that was not published: what test copies of its documents are made from
report_draft = Table(
    "report_draft",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("report", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

# an outcome put before the director; `picked` are codes of departments that got the places at a
# tie, `reason` the meeting's; outcome: prepared (the picks only, nothing proposed yet), '' (waits
# for the director), released, returned with a `remark`
proposal = Table(
    "proposal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("quarter", ForeignKey("quarter.code"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("picked", JSON, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("person_id", ForeignKey("person.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("outcome", String(8), nullable=False, server_default=""),
    Column("decided_by", ForeignKey("person.id")),
    Column("decided_at", Moment),
    Column("remark", Text, nullable=False, server_default=""),
    UniqueConstraint("quarter", "number"),
)
