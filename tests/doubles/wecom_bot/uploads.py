"""Uploading in three steps, and the media ids that come of it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from tests.doubles.wecom_bot.world import DAY, HOUR, MINUTE, BotError, Code, File, Json, World

CHUNK: Final = 512 * 1024
CHUNKS: Final = 100
SESSION: Final = 30 * MINUTE
MEDIA: Final = 3 * DAY
LEAST: Final = 5
# bytes; those of the HTTP API, since the long connection's are not written down
MOST: Final = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}
HEADS: Final = {
    "image": (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8"),
    "voice": (b"#!AMR",),
}


@dataclass(slots=True)
class Session:
    kind: str
    name: str
    size: int
    chunks: int
    md5: str
    at: float
    parts: dict[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Media:
    file: File
    at: float


class Uploads:
    """Sessions belong to the bot, so they outlive a connection."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.sessions: dict[str, Session] = {}
        self.media: dict[str, Media] = {}
        self._begun: deque[float] = deque(maxlen=1000)

    def begin(self, body: Json) -> Json:
        kind, name, md5 = body.get("type"), body.get("filename"), body.get("md5")
        size, chunks = body.get("total_size"), body.get("total_chunks")
        if kind not in MOST:
            raise BotError(Code.TYPE, "invalid media type")
        if not isinstance(name, str) or not name or len(name.encode()) > 256:
            raise BotError(Code.PARAMETER, "invalid filename")
        if type(size) is not int or size < LEAST:
            raise BotError(Code.PARAMETER, "invalid total_size")
        if size > MOST[kind]:
            raise BotError(Code.TOO_BIG, "media size out of limit")
        if type(chunks) is not int or not 1 <= chunks <= CHUNKS or size > chunks * CHUNK:
            raise BotError(Code.PARAMETER, "invalid total_chunks")
        if not isinstance(md5, str) or len(md5) != 32:
            raise BotError(Code.PARAMETER, "invalid md5")
        self._count()
        upload_id = self._world.fresh("up")
        self.sessions[upload_id] = Session(kind, name, size, chunks, md5, self._world.now())
        return {"upload_id": upload_id}

    def _count(self) -> None:
        if not self._world.settings.limited:
            return
        now = self._world.now()
        lately = [at for at in self._begun if at > now - HOUR]
        if len(lately) >= 1000 or sum(at > now - MINUTE for at in lately) >= 30:
            raise BotError(Code.TOO_OFTEN, "api freq out of limit")
        self._begun.append(now)

    def chunk(self, body: Json) -> None:
        session = self._session(body)
        base = self._world.settings.index_base
        index = body.get("chunk_index")
        if type(index) is not int or not base <= index < base + session.chunks:
            raise BotError(Code.PARAMETER, "invalid chunk_index")
        try:
            data = base64.b64decode(str(body.get("base64_data", "")), validate=True)
        except (binascii.Error, ValueError):
            raise BotError(Code.PARAMETER, "invalid base64_data") from None
        if not data or len(data) > CHUNK:
            raise BotError(Code.TOO_BIG, "chunk size out of limit")
        session.parts.setdefault(index, data)

    def finish(self, body: Json) -> Json:
        session = self._session(body)
        if len(session.parts) < session.chunks:
            raise BotError(Code.PARAMETER, "chunks missing")
        data = b"".join(session.parts[index] for index in sorted(session.parts))
        if len(data) != session.size:
            raise BotError(Code.PARAMETER, "total_size mismatch")
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != session.md5.lower():
            raise BotError(Code.PARAMETER, "md5 mismatch")
        heads = HEADS.get(session.kind)
        if heads and not data.startswith(heads):
            self._world.note(f"{session.name} is no {session.kind}")
        del self.sessions[str(body["upload_id"])]
        media_id, now = self._world.fresh("me"), self._world.now()
        self.media[media_id] = Media(File(session.name, session.kind, data), now)
        return {"type": session.kind, "media_id": media_id, "created_at": int(now)}

    def _session(self, body: Json) -> Session:
        session = self.sessions.get(str(body.get("upload_id")))
        if session is None or self._world.now() > session.at + SESSION:
            raise BotError(Code.PARAMETER, "invalid upload_id")
        return session

    def given(self, body: Json, kind: str) -> File:
        """The file that a message names."""
        part = body.get(kind)
        media = self.media.get(str(part.get("media_id"))) if isinstance(part, dict) else None
        if media is None or media.file.kind != kind or self._world.now() > media.at + MEDIA:
            raise BotError(Code.MEDIA, "invalid media_id")
        return media.file
