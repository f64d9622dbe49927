"""Files that a channel has been brought once, under the channel's own names for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from storage.db import insert_once
from storage.models import channel_file


def known(connection: Connection, *, channel: str, blob: str) -> str:
    """The channel's own id of an earlier upload, or ''."""
    found = connection.execute(
        select(channel_file.c.file_ref).where(
            channel_file.c.channel == channel, channel_file.c.blob == blob
        )
    ).scalar()
    return found or ""


def remember(
    connection: Connection, *, channel: str, blob: str, file_ref: str, now: datetime
) -> None:
    connection.execute(
        channel_file.delete().where(channel_file.c.channel == channel, channel_file.c.blob == blob)
    )
    insert_once(
        connection,
        channel_file,
        key=("channel", "blob"),
        values={"channel": channel, "blob": blob, "file_ref": file_ref, "at": now},
    )
