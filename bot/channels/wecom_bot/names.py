"""How a file from the bot is called: it comes with a name in a header, or with none. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from storage.filetypes import FileType, display_name
from templates.wecom_words import FILE, PICTURE, VIDEO

_EXTENDED = re.compile(r"filename\*\s*=\s*([\w-]+)'[^']*'([^;\s]+)", re.IGNORECASE)
_QUOTED = re.compile(r'filename\s*=\s*"((?:\\.|[^"\\])*)"', re.IGNORECASE)
_BARE = re.compile(r"filename\s*=\s*([^;]+)", re.IGNORECASE)
# where neither name nor content says what it is; the intake then says why it is refused
_WORDS: Final = {
    "image": (PICTURE, "jpg"),
    "video": (VIDEO, "mp4"),
    "file": (FILE, "pdf"),
}


def given_name(header: str) -> str:
    """From a Content-Disposition; '' where it names nothing. Path parts are dropped."""
    name = _extended(header) or _plain(header)
    return display_name(name) if name.strip(" ./\\") else ""


def shown_name(given: str, *, kind: str, found: FileType | None, at: datetime, number: int) -> str:
    """`found` is what the content is. People name their files, and those names stay; a picture is
    named by WeCom, which knows less than its content."""
    word, suffix = _WORDS[kind]
    suffix = found.extension if found else suffix
    if not given:
        return f"{word}-{at:%Y%m%d-%H%M%S}-{number}.{suffix}"
    own = PurePosixPath(given).suffix
    if own and (kind != "image" or found is None):
        return given
    if kind == "image" and own:
        same = own[1:].lower() in ((suffix, "jpeg") if suffix == "jpg" else (suffix,))
        return given if same else given.removesuffix(own) + f".{suffix}"
    return f"{given}.{suffix}"


def _extended(header: str) -> str:
    match = _EXTENDED.search(header)
    if match is None:
        return ""
    try:
        return unquote_to_bytes(match[2]).decode(match[1], errors="replace")
    except LookupError:
        return unquote(match[2])


def _plain(header: str) -> str:
    if quoted := _QUOTED.search(header):
        raw = re.sub(r"\\(.)", r"\1", quoted[1])
    elif bare := _BARE.search(header):
        raw = bare[1].strip()
    else:
        return ""
    data = unquote_to_bytes(raw.encode(errors="surrogateescape"))
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode(errors="replace")
