"""What is no longer needed goes, a small batch at a time; each function says how many rows went.

Never: evidence and its versions, scores, publications, who got what of them, what documents of a
publication looked like, files that any of these rest on. Whatever guards against a repetition
(keys of updates and messages) stays longer than the repetition can come.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    delete,
    exists,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.engine import Connection

from storage.models import (
    account,
    attachment,
    audit,
    blob,
    channel_call,
    channel_file,
    evidence,
    evidence_version,
    import_file,
    inbox,
    invite,
    outbox,
    person,
    rendered,
    web_message,
    web_session,
)

BATCH: Final = 500
_SETTLED: Final = ("sent", "failed", "passed", "unknown", "superseded")
_PUBLISHED: Final = "publication:"
_LATER_ROW = outbox.alias("later_row")
_LATER_MESSAGE = web_message.alias("later_message")


def purge_audit(connection: Connection, *, before: datetime) -> int:
    return _delete(connection, audit, audit.c.at < before)


def purge_inbox(connection: Connection, *, before: datetime) -> int:
    """Keys of updates, and what was parked: no messenger offers an update for so long."""
    return _delete(connection, inbox, inbox.c.received_at < before)


def purge_outbox(connection: Connection, *, before: datetime) -> int:
    """Messages that were settled, but for those of a publication (who got what) and the one that
    shows a panel now."""
    newer = exists().where(
        _LATER_ROW.c.account_id == outbox.c.account_id,
        _LATER_ROW.c.panel == outbox.c.panel,
        _LATER_ROW.c.id > outbox.c.id,
        _LATER_ROW.c.state == "sent",
    )
    return _delete(
        connection,
        outbox,
        and_(
            outbox.c.created_at < before,
            outbox.c.state.in_(_SETTLED),
            ~outbox.c.key.startswith(_PUBLISHED, autoescape=True),
            or_(outbox.c.panel == "", newer),
        ),
    )


def purge_web_messages(connection: Connection, *, before: datetime) -> int:
    """But for each account's last: by its number the pages know what they have seen."""
    newer = exists().where(
        _LATER_MESSAGE.c.account_id == web_message.c.account_id,
        _LATER_MESSAGE.c.seq > web_message.c.seq,
    )
    return _delete(connection, web_message, and_(web_message.c.at < before, newer))


def purge_sessions(connection: Connection, *, before: datetime) -> int:
    return _delete(
        connection,
        web_session,
        or_(web_session.c.ended_at < before, web_session.c.seen_at < before),
    )


def purge_invites(connection: Connection, *, before: datetime) -> int:
    """Used, taken back or run out."""
    ends = (invite.c.used_at, invite.c.revoked_at, invite.c.expires_at)
    return _delete(connection, invite, or_(*(end < before for end in ends)))


def forget_leavers(connection: Connection, *, before: datetime) -> int:
    """What a removed person's accounts called themselves; decisions keep the person's own name."""
    gone = select(person.c.id).where(person.c.removed_at < before)
    chosen = select(account.c.id).where(account.c.person_id.in_(gone), account.c.name != "")
    return connection.execute(
        update(account).where(account.c.id.in_(chosen.limit(BATCH))).values(name="")
    ).rowcount


def purge_drafts(connection: Connection, *, before: datetime) -> int:
    """Files of drafts that were thrown away and never submitted."""
    thrown_away = select(evidence.c.id).where(
        evidence.c.state == "discarded",
        evidence.c.updated_at < before,
        ~exists().where(evidence_version.c.evidence_id == evidence.c.id),
    )
    return _delete(connection, attachment, attachment.c.evidence_id.in_(thrown_away))


def purge_refused(connection: Connection, *, before: datetime) -> int:
    """What was said of files that were not taken in."""
    imported = exists().where(import_file.c.attachment_id == attachment.c.id)
    return _delete(
        connection,
        attachment,
        and_(attachment.c.state == "refused", attachment.c.created_at < before, ~imported),
    )


def purge_imports(connection: Connection, *, before: datetime) -> int:
    """Workbooks that were sent to be imported, whatever became of them: what was taken in lies
    where it belongs, and the audit log keeps who imported which file."""
    chosen = connection.execute(
        select(import_file.c.id, import_file.c.attachment_id)
        .where(import_file.c.created_at < before)
        .order_by(import_file.c.id)
        .limit(BATCH)
    ).all()
    _delete(connection, import_file, import_file.c.id.in_([row.id for row in chosen]))
    files = [row.attachment_id for row in chosen]
    _delete(connection, attachment, attachment.c.id.in_(files))
    return len(chosen)


def purge_rendered(connection: Connection, *, before: datetime) -> int:
    """Documents that can be made again; those of a publication stay as people got them."""
    published = rendered.c.key.contains("|publication=", autoescape=True)
    return _delete(connection, rendered, and_(rendered.c.at < before, ~published))


def purge_channel_files(connection: Connection, *, before: datetime) -> int:
    """A messenger's names of files; one that is needed again is uploaded again."""
    return _delete(connection, channel_file, channel_file.c.at < before)


def purge_calls(connection: Connection, *, before: datetime) -> int:
    """Kept calls that nothing is waiting to make again."""
    wanted = exists().where(
        text("outbox.state IN ('queued', 'sending')"),  # the partial index
        outbox.c.call_id == channel_call.c.id,
    )
    return _delete(connection, channel_call, and_(channel_call.c.at < before, ~wanted))


def purge_blobs(connection: Connection, *, before: datetime) -> int:
    """Files that nothing rests on. Their bytes go with the next sweep of the folder."""
    return _delete(
        connection,
        blob,
        and_(
            blob.c.created_at < before,
            ~exists().where(attachment.c.blob == blob.c.sha256),
            ~exists().where(rendered.c.blob == blob.c.sha256),
        ),
    )


def known_blobs(connection: Connection) -> set[str]:
    """All files that the database knows of."""
    return set(connection.execute(select(blob.c.sha256)).scalars())


def _delete(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    key = list(table.primary_key.columns)
    chosen = connection.execute(select(*key).where(which).order_by(*key).limit(BATCH)).all()
    if not chosen:
        return 0
    these = tuple_(*key).in_([tuple(row) for row in chosen])
    return connection.execute(delete(table).where(these)).rowcount
