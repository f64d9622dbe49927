"""Temporary media: uploaded by the app or sent by members, three days long, and read in pieces."""

from __future__ import annotations

import mimetypes
import re

from aiohttp import web

from tests.doubles.wecom.asked import Asked, File
from tests.doubles.wecom.world import Corp, Json, Media, WecomError

MB = 2**20
LIMITS = {"image": 10 * MB, "voice": 2 * MB, "video": 10 * MB, "file": 20 * MB}
FIRST_BYTES = {
    "image": (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"),
    "voice": (b"#!AMR",),
    "video": (b"",),
    "file": (b"",),
}
WHOLE_MOST = 20 * MB  # of one answer; more only by Range
RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def upload(corp: Corp, asked: Asked) -> Json:
    kind = asked.query.get("type", "")
    file = checked(kind, asked.file())
    media = corp.keep(kind, file.name, file.data)
    return {
        "errcode": 0, "errmsg": "", "type": kind, "media_id": media.id,
        "created_at": str(int(corp.now())),
    }  # fmt: skip


def checked(kind: str, file: File) -> File:
    if kind not in LIMITS:
        raise WecomError(40004, "invalid media type")
    if len(file.data) <= 5:
        raise WecomError(44001, "empty media data")
    if len(file.data) > LIMITS[kind]:
        raise WecomError(45001, "media size out of limit")
    if not file.data.startswith(FIRST_BYTES[kind]):
        raise WecomError(40005, "invalid file type")
    return file


def uploadimg(corp: Corp, asked: Asked) -> Json:
    file = checked("image", asked.file())
    if len(file.data) > 2 * MB:
        raise WecomError(45001, "media size out of limit")
    media = corp.keep("picture", file.name, file.data)
    return {"errcode": 0, "errmsg": "ok", "url": f"{corp.base_url}/picture/{media.id}"}


def download(corp: Corp, asked: Asked) -> web.Response:
    media = corp.find_media(asked.query.get("media_id"))
    headers = {"Content-disposition": f'attachment; filename="{shown_name(media)}"'}
    kind = mimetypes.guess_type(media.name)[0] or "application/octet-stream"
    whole = len(media.data)
    wanted = RANGE.fullmatch(asked.headers.get("Range", ""))
    if wanted is None:
        if whole > WHOLE_MOST:
            raise WecomError(830002, "media too large, use Range")
        return web.Response(body=media.data, headers=headers, content_type=kind)
    start = int(wanted[1])
    end = min(int(wanted[2] or whole - 1), whole - 1)
    if start >= whole or end < start:
        headers["Content-Range"] = f"bytes */{whole}"
        return web.Response(status=416, headers=headers)
    if end + 1 - start > WHOLE_MOST:
        raise WecomError(830002, "media too large, use a smaller Range")
    headers["Content-Range"] = f"bytes {start}-{end}/{whole}"
    return web.Response(
        body=media.data[start : end + 1], status=206, headers=headers, content_type=kind
    )


def picture(corp: Corp, media_id: str) -> web.Response:
    """What a PicUrl leads to; whoever has the address may look."""
    found = corp.media.get(media_id)
    if found is None:
        return web.Response(status=404)
    return web.Response(body=found.data, content_type="image/png")


def shown_name(media: Media) -> str:
    """A file keeps the name it came with, anything else is called by its id."""
    if media.kind == "file":
        return media.name
    suffix = media.name.rpartition(".")[2]
    return f"{media.id}.{suffix}"
