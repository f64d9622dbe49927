"""A file that arrives when whoever sent it is linked no more: settled, and nobody is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from handlers.messages import Download
from storage import attachments, imports


def settle(connection: Connection, download: Download, *, now: datetime) -> None:
    if download.blob is None:
        attachments.mark_refused(connection, download.attachment_id, problem=download.problem)
    else:
        attachments.mark_stored(
            connection,
            download.attachment_id,
            sha256=download.blob,
            size=download.size,
            now=now,
            name=download.name,
            mime=download.mime,
        )
    import_id = imports.of_attachment(connection, download.attachment_id)
    if import_id is not None:
        imports.end(connection, import_id, state=imports.DROPPED, now=now)
