"""Group robots (消息推送): an address with a key, through which a group is written to."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from tests.doubles.wecom import media
from tests.doubles.wecom.asked import Asked
from tests.doubles.wecom.world import (
    MEDIA_SECONDS,
    Corp,
    Json,
    Media,
    Message,
    Robot,
    WecomError,
    bad,
)

A_MINUTE = 20
TEXT_BYTES, MARKDOWN_BYTES, IMAGE_BYTES = 2048, 4096, 2 * 2**20


def send(corp: Corp, asked: Asked) -> Json:
    robot, body = _robot(corp, asked), asked.json()
    kind = body.get("msgtype")
    if kind not in ("text", "markdown", "markdown_v2", "image", "file", "voice"):
        raise WecomError(40008, "invalid message type")
    fields = body.get(kind)
    if not isinstance(fields, dict):
        raise bad(kind)
    message = Message(0, out=True, kind=kind, fields=fields, at=corp.now(), call=asked.number)
    if kind in ("text", "markdown", "markdown_v2"):
        most = TEXT_BYTES if kind == "text" else MARKDOWN_BYTES
        message.fields = {**fields, "content": _content(corp, fields, kind, most)}
    elif kind == "image":
        message.media = _picture(fields)
        message.fields = {}
    else:
        message.media = _uploaded(corp, robot, kind, fields.get("media_id"))
    limit = {"a_minute": A_MINUTE, "an_hour": A_MINUTE * 60}
    if corp.settings.limits and not robot.windows.room(**limit, minute=corp.settings.minute):
        raise WecomError(45009, "api freq out of limit")
    robot.chat.add(message)
    return {"errcode": 0, "errmsg": "ok"}


def _robot(corp: Corp, asked: Asked) -> Robot:
    found = corp.robots.get(asked.query.get("key", ""))
    if found is None:
        raise WecomError(93000, "invalid webhook url")
    return found


def _content(corp: Corp, fields: Json, kind: str, most: int) -> str:
    content = fields.get("content")
    if not isinstance(content, str) or not content.strip():
        raise WecomError(44004, "empty content")
    if len(content.encode()) > most:
        corp.notes.append(f"{kind} for a group was too long: {content[:40]}…")
        raise WecomError(40058, f"markdown.content exceed max length {most}")
    return content


def _picture(fields: Json) -> Media:
    try:
        data = base64.b64decode(str(fields.get("base64", "")), validate=True)
    except binascii.Error:
        raise bad("image.base64") from None
    if hashlib.md5(data).hexdigest() != fields.get("md5"):  # noqa: S324 - the protocol's
        raise WecomError(301019, "image md5 not match")
    if len(data) > IMAGE_BYTES:
        raise WecomError(40009, "invalid image size")
    if not data.startswith(media.FIRST_BYTES["image"]):
        raise WecomError(40005, "invalid file type")
    return Media("", "image", "", data, 0)


def _uploaded(corp: Corp, robot: Robot, kind: str, media_id: Any) -> Media:
    found = robot.media.get(str(media_id))
    if found is None or found.kind != kind or corp.now() >= found.until:
        raise WecomError(40007, "invalid media_id")
    return found


def upload(corp: Corp, asked: Asked) -> Json:
    robot, kind = _robot(corp, asked), asked.query.get("type", "")
    if kind not in ("file", "voice"):
        raise WecomError(40004, "invalid media type")
    file = media.checked(kind, asked.file())
    made = corp.keep(kind, file.name, file.data)
    del corp.media[made.id]  # good for this robot only
    robot.media[made.id] = made
    made.until = corp.now() + MEDIA_SECONDS
    return {
        "errcode": 0, "errmsg": "ok", "type": kind, "media_id": made.id,
        "created_at": str(int(corp.now())),
    }  # fmt: skip
