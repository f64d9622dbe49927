"""What the page and the program say to each other about messages, as JSON; no state, no network.

A message or press comes with a UUID made by the page. The row under that key is written first and
is what counts: a repeated request is handled as the first one was, whatever it says now.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from bot.channels.base import Outgoing
from bot.channels.webchat.files import INLINE
from handlers.messages import Action, Attachment, Inbound, Kind
from storage.web import CHANNEL, Visitor, WebBody, WebButton, WebFile, WebMessage

FILES: Final = 50
_LABEL: Final = 40
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY: Final = "web:"


class Malformed(ValueError):
    """No page of ours sends this."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message or press as the page sent it, under its key."""

    key: str
    body: WebBody


def read_message(raw: bytes, redeem: Callable[[str], WebFile | None]) -> Said:
    """Raises Malformed."""
    data = _fields(raw)
    text, label, tokens = data.get("text", ""), data.get("label", ""), data.get("files", [])
    if not (isinstance(text, str) and isinstance(label, str) and isinstance(tokens, list)):
        raise Malformed("types")
    files = tuple(redeem(token) if isinstance(token, str) else None for token in tokens)
    known = tuple(file for file in files if file is not None)
    if len(known) < len(files) or len(files) > FILES or not (text.strip() or files):
        raise Malformed("content")
    return Said(_key(data), WebBody(text=text, label=label[:_LABEL], files=known))


def read_press(raw: bytes) -> Said:
    """Raises Malformed."""
    data = _fields(raw)
    action, message = data.get("action"), data.get("message", 0)
    if not isinstance(action, str) or not isinstance(message, int):
        raise Malformed("types")
    if Action.parse(action) is None:
        raise Malformed("action")
    return Said(_key(data), WebBody(press=action, pressed_on=message))


def read_text(raw: bytes, name: str, *, without: str | None = None) -> str:
    """One text field; `without` stands for one that isn't there. Raises Malformed."""
    value = _fields(raw).get(name, without)
    if not isinstance(value, str):
        raise Malformed(name)
    return value


def read_number(raw: bytes, name: str) -> int:
    """One whole number, not negative. Raises Malformed."""
    value = _fields(raw).get(name)
    if not isinstance(value, int) or value < 0:
        raise Malformed(name)
    return value


def inbound(message: WebMessage, visitor: Visitor) -> Inbound:
    """What the dialogs get of a row that the person wrote."""
    body = message.body
    return Inbound(
        key=message.key,
        channel=CHANNEL,
        account=visitor.external_id,
        kind=Kind.PRESS if body.press else Kind.MESSAGE,
        name=visitor.name,
        text=body.text,
        action=body.press,
        attachments=tuple(
            Attachment(file.blob, file.name, file.mime, file.size, file.blob)
            for file in body.files
        ),
        source=str(body.pressed_on) if body.press else "",
        acknowledge=message.key.removeprefix(_KEY) if body.press else "",
    )


def body_of(message: Outgoing, *, file_size: int) -> WebBody:
    """The row for what the program says."""
    file = message.file
    return WebBody(
        text=message.text,
        buttons=tuple(
            tuple(WebButton(button.label, str(button.action), button.style) for button in row)
            for row in message.buttons
        ),
        files=() if file is None else (WebFile(file.blob, file.name, file.mime, file_size),),
        silent=message.silent,
    )


def shown(message: WebMessage, reveal: Callable[[str], str]) -> dict[str, Any]:
    """A row as the page gets it. Presses come with nothing to show."""
    body = message.body
    common = {
        "id": message.id,
        "seq": message.seq,
        "mine": message.mine,
        "at": message.at.isoformat(),
        "text": body.text if message.mine else reveal(body.text),
        "files": [
            {
                "name": file.name,
                "size": file.size,
                "inline": file.mime in INLINE,
                "url": f"files/{message.id}/{number}",
            }
            for number, file in enumerate(body.files)
        ],
    }
    if not message.mine:
        buttons = [
            [{"label": b.label, "action": b.action, "style": b.style} for b in row]
            for row in body.buttons
        ]
        return {**common, "buttons": buttons, "silent": body.silent}
    uuid = message.key.removeprefix(_KEY)
    return {**common, "uuid": uuid, "label": body.label, "press": bool(body.press)}


def _fields(raw: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Malformed("json") from error
    if not isinstance(data, dict):
        raise Malformed("json")
    return data


def _key(data: dict[str, Any]) -> str:
    uuid = data.get("id")
    if not isinstance(uuid, str) or not _UUID.fullmatch(uuid):
        raise Malformed("id")
    return _KEY + uuid
