"""What is no longer needed goes: once a day, in small batches, each counted in the audit log.

A day with much to remove takes several ticks. How long is the centre's own rule
(`retention.days`); what served only the moment (keys of updates, parked texts, files of drafts
thrown away, workbooks sent to be imported, lists and templates with names) goes earlier.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy.engine import Connection

from handlers.occasion import Occasion
from rubric.settings import RETENTION_DAYS
from storage import marks, retention
from storage.settings import read_settings

NAME: Final = "retention"
INBOX_DAYS: Final = 30
FILE_DAYS: Final = 90
CALL_DAYS: Final = 2  # no messenger knows a repeated call for longer
_Purge = Callable[..., int]
_LOGS: Final[tuple[tuple[str, _Purge], ...]] = (
    ("audit", retention.purge_audit),
    ("outbox", retention.purge_outbox),
    ("web_message", retention.purge_web_messages),
    ("web_session", retention.purge_sessions),
    ("invite", retention.purge_invites),
    ("leaver", retention.forget_leavers),
    ("channel_file", retention.purge_channel_files),
)
_FILES: Final[tuple[tuple[str, _Purge], ...]] = (
    ("draft_file", retention.purge_drafts),
    ("refused_file", retention.purge_refused),
    ("import", retention.purge_imports),
    ("rendered", retention.purge_rendered),
    ("blob", retention.purge_blobs),
)


def run(occasion: Occasion) -> None:
    today = occasion.premises.today(occasion.now).isoformat()
    connection = occasion.connection
    if (
        marks.read(connection, NAME) == today
        or marks.hold(connection, NAME, now=occasion.now) == today
    ):
        return
    gone = _purge(connection, occasion)
    if gone:
        occasion.note("retention.purge", detail=gone)
    if not any(number >= retention.BATCH for number in gone.values()):
        marks.set_mark(connection, NAME, today, now=occasion.now)


def _purge(connection: Connection, occasion: Occasion) -> dict[str, int]:
    """How many rows of each kind went."""
    days = RETENTION_DAYS.of(read_settings(connection))
    plan = [
        ("inbox", retention.purge_inbox, INBOX_DAYS),
        ("channel_call", retention.purge_calls, CALL_DAYS),
    ]
    plan += [(kind, purge, days) for kind, purge in _LOGS]
    plan += [(kind, purge, FILE_DAYS) for kind, purge in _FILES]
    gone = {
        kind: purge(connection, before=occasion.now - timedelta(days=kept))
        for kind, purge, kept in plan
    }
    return {kind: number for kind, number in gone.items() if number}
