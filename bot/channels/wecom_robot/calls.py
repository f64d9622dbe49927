"""From an `Outgoing` to what a group robot is told: pure but for reading the file. No buttons:
nobody can answer a robot."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bot.channels.base import OutFile, Outgoing
from bot.wecom.http import Json, Upload
from bot.wecom.texts import TEXT_BYTES, as_markdown, in_bytes
from templates.markup import escaped, plain
from templates.wecom_words import TOO_BIG

MARKDOWN_BYTES: Final = 4096
PICTURE_BYTES: Final = 2 * 1024 * 1024
FILE_BYTES: Final = 20 * 1024 * 1024
_PICTURES: Final = frozenset({"image/jpeg", "image/png"})


@dataclass(frozen=True, slots=True)
class Call:
    """One message; `file` is uploaded before it."""

    body: Json
    file: Upload | None = None


def calls(message: Outgoing) -> list[Call]:
    """One or more where there is anything to show. Raises OSError if the file can't be read."""
    found, text = [], message.text
    if message.file is not None:
        size = message.file.path.stat().st_size
        if size > FILE_BYTES:
            text = f"{text}\n\n{too_big(message.file)}".lstrip("\n")
        else:
            found.append(_of_file(message.file, size))
    return [*found, *_of_text(text)]


def too_big(file: OutFile) -> str:
    return escaped(TOO_BIG.format(file.name, FILE_BYTES // 1024**2))


def _of_text(markup: str) -> list[Call]:
    """All parts of one kind: where the whole may be markdown, so may each part."""
    if not plain(markup).strip():
        return []
    if as_markdown(markup) is None:
        return _parts(markup, "text", TEXT_BYTES, shown=plain)
    return _parts(markup, "markdown", MARKDOWN_BYTES, shown=_as_markdown)


def _parts(markup: str, kind: str, most: int, *, shown: Callable[[str], str]) -> list[Call]:
    parts = in_bytes(markup, most, shown=shown)
    return [Call({"msgtype": kind, kind: {"content": shown(part)}}) for part in parts]


def _as_markdown(part: str) -> str:
    return as_markdown(part) or plain(part)


def _of_file(file: OutFile, size: int) -> Call:
    if file.mime in _PICTURES and size <= PICTURE_BYTES:
        content = file.path.read_bytes()
        image: dict[str, Any] = {
            "base64": base64.b64encode(content).decode(),
            "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        }
        return Call({"msgtype": "image", "image": image})
    upload = Upload(file.path, file.name, file.mime)
    return Call({"msgtype": "file"}, upload)
