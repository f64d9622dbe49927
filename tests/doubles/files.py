"""Files at the double: ids, sizes, links, and what each kind of upload must be.

A file_id belongs to one upload of one bot, is reusable for sending for ever; the unique id depends
on kind and content alone. Content is kept as given (Telegram re-encodes pictures; nothing here
relies on that).
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import struct
from pathlib import PurePosixPath

from tests.doubles.forms import Params, Upload
from tests.doubles.world import Blob, Bot, Content, Json, bad

LINK_SECONDS = 3600
FOLDERS = {
    "photo": "photos", "document": "documents", "video": "videos", "voice": "voice",
    "audio": "music", "animation": "animations", "video_note": "video_notes",
    "sticker": "stickers",
}  # fmt: skip
SUFFIXES = {"photo": ".jpg", "voice": ".oga", "audio": ".mp3", "video": ".mp4",
            "animation": ".mp4", "video_note": ".mp4", "sticker": ".webp"}  # fmt: skip
PREFIXES = {"photo": "AgACAgQAAx", "document": "BQACAgQAAx", "video": "BAACAgQAAx",
            "voice": "AwACAgQAAx", "audio": "CQACAgQAAx", "animation": "CgACAgQAAx",
            "video_note": "DQACAgQAAx", "sticker": "CAACAgQAAx"}  # fmt: skip
TYPE_NAMES = {"photo": "Photo", "document": "Document", "video": "Video", "voice": "VoiceNote",
              "audio": "Audio", "animation": "Animation", "video_note": "VideoNote",
              "sticker": "Sticker"}  # fmt: skip
INTERCHANGEABLE = frozenset({"document", "video", "audio", "animation"})


def _short(seed: str, n: int) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(seed.encode()).digest())[:n].decode()


def store(
    bot: Bot,
    kind: str,
    content: Content,
    *,
    size: int | None = None,
    name: str | None = None,
    mime: str | None = None,
    tag: str = "",
) -> Blob:
    """A file under a new id; `tag` sets smaller sizes of one photo apart."""
    number = len(bot.blobs) + 1
    blob = Blob(
        number=number,
        file_id=PREFIXES[kind] + _short(f"{bot.token}{number}", 40) + f"{number:x}Q",
        unique_id="AgAD" + _short(f"{kind} {tag} {content.sha256}", 12),
        kind=kind,
        size=content.size if size is None else size,
        content=content,
        name=name,
        mime=mime,
    )
    bot.blobs[blob.file_id] = blob
    return blob


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the head of a PNG, JPEG, GIF or WebP; None for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return width, height
    if data[:2] == b"\xff\xd8":
        return _jpeg_size(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return 512, 512
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def given(bot: Bot, source: Upload | str | None, kind: str) -> Blob:
    """The file a send names: an upload stored now, or an id known to this bot."""
    if source is None:
        raise bad(f"there is no {kind.replace('_', ' ')} in the request")
    if isinstance(source, str):
        return _known(bot, source, kind)
    if not source.data:
        raise bad("file must be non-empty")
    if kind == "photo":
        return _photo(bot, source)
    name = _safe_name(source.name)
    return store(bot, kind, bot.keep(source.data), name=name, mime=_mime(source, name))


def _known(bot: Bot, file_id: str, kind: str) -> Blob:
    blob = bot.blobs.get(file_id)
    if blob is None:
        if "://" in file_id:
            raise bad("failed to get HTTP URL content")
        if "." in file_id:
            raise bad("wrong file identifier/HTTP URL specified")
        raise bad(
            "wrong remote file identifier specified: can't unserialize it. Wrong last symbol"
        )
    if blob.kind != kind and not {blob.kind, kind} <= INTERCHANGEABLE:
        raise bad(f"can't use file of type {TYPE_NAMES[blob.kind]} as {TYPE_NAMES[kind]}")
    return blob


def _photo(bot: Bot, source: Upload) -> Blob:
    if len(source.data) > bot.settings.photo_limit:
        raise bad("file is too big")
    size = picture_size(source.data)
    if size is None:
        raise bad("IMAGE_PROCESS_FAILED")
    width, height = size
    if not width or not height or width + height > 10_000 or max(size) > 20 * min(size):
        raise bad("PHOTO_INVALID_DIMENSIONS")
    blob = store(bot, "photo", bot.keep(source.data))
    blob.width, blob.height = width, height
    return blob


def _safe_name(name: str) -> str:
    """Telegram keeps the last path part and replaces what no file system likes."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join("_" if c in '<>:"|?*' or ord(c) < 32 else c for c in last).strip() or "file"


def _mime(source: Upload, name: str) -> str:
    by_name = mimetypes.guess_type(name)[0]
    return by_name or source.mime or "application/octet-stream"


def described(blob: Blob) -> Json:
    """file_id, unique id, size, as every kind of attachment shows them."""
    return {"file_id": blob.file_id, "file_unique_id": blob.unique_id, "file_size": blob.size}


def photo_sizes(bot: Bot, blob: Blob) -> list[Json]:
    """Two smaller sizes and the picture itself, smallest first, each with ids of its own."""
    width, height = blob.width or 1280, blob.height or 960
    sizes: list[Json] = []
    for tag, edge in (("s", 90), ("m", 320)):
        scale = edge / max(width, height)
        if scale >= 1:
            continue
        size = max(1, int(blob.size * scale))
        small = store(bot, "photo", blob.content, size=size, tag=tag)
        small.width, small.height = max(1, int(width * scale)), max(1, int(height * scale))
        sizes.append(described(small) | {"width": small.width, "height": small.height})
    sizes.append(described(blob) | {"width": width, "height": height})
    return sizes


def content(bot: Bot, blob: Blob, kind: str, extra: Json) -> Json:
    """The part of a message that shows the file, e.g. {"document": {...}}."""
    if kind == "photo":
        return {"photo": photo_sizes(bot, blob)}
    shown = described(blob)
    if blob.mime:
        shown["mime_type"] = blob.mime
    if blob.name and kind != "voice":
        shown["file_name"] = blob.name
    if kind in ("video", "animation"):
        shown |= {"width": 640, "height": 360, "duration": 1}
    elif kind == "video_note":
        shown |= {"length": 240, "duration": 1}
        shown.pop("file_name", None)
    elif kind in ("voice", "audio"):
        shown["duration"] = 1
    shown |= extra
    if kind == "animation":
        return {"animation": shown, "document": described(blob) | {"mime_type": blob.mime}}
    return {kind: shown}


def get_file(bot: Bot, params: Params) -> Json:
    file_id = params.text("file_id")
    if not file_id:
        raise bad("file_id not specified")
    blob = bot.blobs.get(file_id)
    if blob is None:
        raise bad("invalid file_id")
    if blob.size > bot.settings.download_limit:
        raise bad("file is too big")
    if blob.content.data is None:
        raise bad("wrong file_id or the file is temporarily unavailable")
    suffix = PurePosixPath(blob.name or "").suffix or SUFFIXES.get(blob.kind, "")
    path = f"{FOLDERS[blob.kind]}/file_{blob.number}{suffix}"
    bot.paths[path] = (blob, bot.clock.now() + LINK_SECONDS)
    return described(blob) | {"file_path": path}


def open_path(bot: Bot, path: str) -> Blob | None:
    """The file behind a download link, None where the link never was or is over an hour old."""
    found = bot.paths.get(path)
    if found is None or found[1] < bot.clock.now():
        return None
    return found[0]
