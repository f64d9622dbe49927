"""The files that a Telegram message announces, each with a name people can tell apart.

Telegram names documents only; a picture, a voice message and the like is called after its kind
and the moment it was sent. An attachment's `reference` is its file_id, which stays good for the
same bot for ever.
"""

from __future__ import annotations

import mimetypes
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from bot.fields import Unparsable, number, obj, objects, present, text
from handlers.messages import Attachment

_NAME_LENGTH = 200
_MIME_LENGTH = 100
_LONGEST_SUFFIX = 12
# field, what we call it, suffix, MIME type; an animation comes as a document too
_KINDS: Final = (
    ("animation", "动图", ".mp4", "video/mp4"),
    ("video", "视频", ".mp4", "video/mp4"),
    ("document", "文件", "", ""),
    ("audio", "音频", ".mp3", "audio/mpeg"),
    ("voice", "语音", ".ogg", "audio/ogg"),
    ("video_note", "视频", ".mp4", "video/mp4"),
)


def attachments(message: dict[str, Any], *, sent: datetime) -> tuple[Attachment, ...]:
    """At most one, as Telegram has it: an album comes as several messages. Raises Unparsable."""
    label = f"{sent:%Y%m%d-%H%M%S}-{message.get('message_id')}"
    if present(message, "photo"):
        sizes = objects(message, "photo")
        if not sizes:
            raise Unparsable("photo")
        largest = max(sizes, key=lambda size: number(size, "width") * number(size, "height"))
        return (_attachment(largest, name=f"照片-{label}.jpg", mime="image/jpeg"),)
    for field, word, suffix, mime in _KINDS:
        if present(message, field):
            file = obj(message, field)
            found = _attachment(file, name=f"{word}-{label}{suffix}", mime=mime)
            if field == "document" and not present(file, "file_name"):
                suffix = mimetypes.guess_extension(found.mime) or ""
                found = replace(found, name=f"{word}-{label}{suffix}")
            return (found,)
    return ()


def _attachment(file: dict[str, Any], *, name: str, mime: str) -> Attachment:
    """`name` and `mime` are used where the file brings none."""
    reference = text(file, "file_id")
    if not reference:
        raise Unparsable("file_id")
    size = number(file, "file_size") if present(file, "file_size") else None
    if size is not None and size < 0:
        raise Unparsable("file_size")
    given = text(file, "mime_type") if present(file, "mime_type") else ""
    named = text(file, "file_name") if present(file, "file_name") else ""
    return Attachment(
        reference=reference,
        name=_fitting(named or name),
        mime=given if given and len(given) <= _MIME_LENGTH else mime,
        size=size,
    )


def _fitting(name: str) -> str:
    """Cut in the middle if need be: what kind of file it is stands at the end."""
    if len(name) <= _NAME_LENGTH:
        return name
    suffix = PurePosixPath(name).suffix
    suffix = suffix if len(suffix) <= _LONGEST_SUFFIX else ""
    return name[: _NAME_LENGTH - len(suffix)] + suffix
