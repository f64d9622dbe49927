"""From an `Outgoing` to the calls that show it: pure, and each keyboard encoded once.

Our markup is a subset of Telegram's HTML, so texts go as they are; what is longer than a message
or a caption may be goes in parts. Buttons stand under the last part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from bot.channels.base import OutFile, Outgoing
from handlers.messages import Rows
from templates.markup import plain, split

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
PHOTO_BYTES: Final = 10 * 1024 * 1024
_PHOTO_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
_NO_PREVIEW: Final = {"is_disabled": True}  # a card with links must not sprout their pages
_NAME_TROUBLE = re.compile(r'[\x00-\x1f\x7f"\\/]')

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One call; `file` goes along under the name of its kind (`photo`, `document`)."""

    method: str
    fields: Fields
    file: OutFile | None = None


def parts(message: Outgoing) -> list[Part]:
    """At least one."""
    texts = _texts(message.text, TEXT_LIMIT)
    found: list[Part] = []
    if message.file is not None:
        captions = _texts(message.text, CAPTION_LIMIT)
        fields: Fields = {"chat_id": message.account}
        if len(captions) == 1:
            fields |= {"caption": captions[0], "parse_mode": "HTML"}
        if len(captions) <= 1:
            texts = []
        found.append(Part("sendDocument", fields, message.file))
    for text in texts:
        found.append(Part("sendMessage", {"chat_id": message.account} | _text_fields(text)))
    if not found:
        found = [Part("sendMessage", {"chat_id": message.account} | _text_fields(message.text))]
    if message.silent:
        for part in found:
            part.fields["disable_notification"] = True
    if message.buttons:
        found[-1].fields["reply_markup"] = keyboard(message.buttons)
    return found


def edit_fields(message: Outgoing, message_id: int) -> Fields | None:
    """For editMessageText; None for what no edit can show. Without a keyboard the old one goes."""
    if message.file is not None or len(_texts(message.text, TEXT_LIMIT)) > 1:
        return None
    return {
        "chat_id": message.account,
        "message_id": message_id,
        **_text_fields(message.text),
        "reply_markup": keyboard(message.buttons),
    }


def keyboard(rows: Rows) -> Fields:
    return {
        "inline_keyboard": [
            [
                {"text": button.label, "callback_data": str(button.action)}
                | ({"style": button.style.value} if button.style else {})
                for button in row
            ]
            for row in rows
        ]
    }


def unformatted(fields: Fields) -> Fields:
    """The same without markup, for texts whose markup Telegram can't read."""
    bare = {name: value for name, value in fields.items() if name != "parse_mode"}
    for name, limit in (("text", TEXT_LIMIT), ("caption", CAPTION_LIMIT)):
        if name in bare:
            bare[name] = plain(bare[name])[:limit]
    return bare


def shown_as_photo(file: OutFile) -> bool:
    """By its type and size alone; what Telegram then refuses as a photo goes as a document."""
    return file.mime in _PHOTO_TYPES and file.path.stat().st_size <= PHOTO_BYTES


def file_name(file: OutFile) -> str:
    return _NAME_TROUBLE.sub("_", file.name).strip() or "file"


def _texts(text: str, limit: int) -> list[str]:
    """Parts that show something: Telegram refuses blank ones."""
    found = [text] if len(text) <= limit else split(text, limit)
    if len(found) == 1:
        return found if found[0].strip() else []
    return [part for part in found if plain(part).strip()]


def _text_fields(text: str) -> Fields:
    return {"text": text, "parse_mode": "HTML", "link_preview_options": _NO_PREVIEW}
