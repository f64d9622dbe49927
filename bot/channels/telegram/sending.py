"""Sends and edits: a message in all its parts, each part once even when the whole is tried again.

A text too long for one message goes as several. When the third fails, the two before it have been
read; `Outgoing.key` is the same at the next attempt, which then goes on with the third. That
memory is the process's own: after a crash the outbox decides what happens to a row in doubt.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import IO, Any, Final

from telegram import InputFile

from bot.begun import Begun
from bot.channels.base import InDoubt, OutFile, Outgoing, Rejected, Sent
from bot.channels.telegram.groups import Groups
from bot.channels.telegram.render import (
    Part,
    edit_fields,
    file_name,
    parts,
    shown_as_photo,
    unformatted,
)
from bot.channels.telegram.transport import Client
from bot.channels.telegram.verdict import Moved, mentions

log = logging.getLogger(__name__)

_METHODS: Final = {"photo": "sendPhoto", "document": "sendDocument"}
_BAD_MARKUP: Final = "can't parse entities"
_FILE_KINDS: Final = ("document", "animation", "video", "audio", "voice")
_NOT_EDITABLE: Final = (
    "message to edit not found",
    "message can't be edited",
    "no text in the message to edit",
    "message_id_invalid",
    "message identifier is not specified",
)
_NO_PHOTO: Final = ("photo_", "image_process_failed", "file is too big", "wrong type of the web")


class Sender:
    def __init__(self, client: Client, groups: Groups) -> None:
        self._client = client
        self._groups = groups
        self._begun = Begun()

    async def send(self, message: Outgoing) -> Sent:
        """Raises DeliveryError; what was sent before it stays counted."""
        calls = parts(message)
        done, known = self._begun.of(message.key)
        message_id = 0
        for number, part in enumerate(calls[done:], done + 1):
            result = await self._part(part)
            message_id = _message_id(result)
            if part.file is not None:
                known = _known(part.file, result)
            if number < len(calls):
                self._begun.note(message.key, number, known)
        self._begun.over(message.key)
        return Sent(message_ref=f"{message.account}:{message_id}", known=known)

    async def edit(self, message: Outgoing, message_ref: str) -> Sent:
        """Raises DeliveryError."""
        id_ = message_ref.rpartition(":")[2]
        fields = edit_fields(message, int(id_)) if id_.isdecimal() else None
        if fields is None:
            return await self.send(message)
        try:
            await self._part(Part("editMessageText", fields))
        except Rejected as refusal:
            if mentions(refusal, "message is not modified"):
                return Sent(message_ref)
            if mentions(refusal, *_NOT_EDITABLE):
                return await self.send(message)
            raise
        return Sent(message_ref)

    async def _part(self, part: Part) -> Any:
        """Once more to where a group has moved."""
        account = str(part.fields["chat_id"])
        self._groups.take(account)
        try:
            return await self._read(part)
        except Moved as moved:
            self._groups.moved(account, moved.to)
            there = part.fields | {"chat_id": moved.to}
        return await self._read(replace(part, fields=there))

    async def _read(self, part: Part) -> Any:
        """Once more without markup if Telegram can't read it: a plain text beats none."""
        try:
            return await self._once(part)
        except Rejected as refusal:
            if not mentions(refusal, _BAD_MARKUP):
                raise
        log.error("markup that Telegram can't read, sent as plain text")
        return await self._once(replace(part, fields=unformatted(part.fields)))

    async def _once(self, part: Part) -> Any:
        if part.file is None:
            return await self._client.call(part.method, part.fields)
        kind, _, id_ = part.file.known.partition(":")
        if id_ and kind in _METHODS:
            try:
                return await self._client.call(_METHODS[kind], {**part.fields, kind: id_})
            except Rejected as refusal:
                if mentions(refusal, _BAD_MARKUP):
                    raise
                log.info("a file sent before has to be uploaded again: %s", refusal)
        try:
            if await asyncio.to_thread(shown_as_photo, part.file):
                try:
                    return await self._upload("photo", part.fields, part.file)
                except Rejected as refusal:
                    if not mentions(refusal, *_NO_PHOTO):
                        raise
            return await self._upload("document", part.fields, part.file)
        except OSError as error:
            raise Rejected(f"file can't be read ({type(error).__name__})") from None

    async def _upload(self, kind: str, fields: dict[str, Any], file: OutFile) -> Any:
        """Streams the bytes from disk. Raises OSError if they can't be had."""
        handle: IO[bytes] = await asyncio.to_thread(file.path.open, "rb")
        try:
            upload = InputFile(handle, filename=file_name(file), read_file_handle=False)
            upload.mimetype = file.mime or upload.mimetype
            # a film or sound sent as a document stays one, so that its id can be sent again
            extra = {"disable_content_type_detection": True} if kind == "document" else {}
            return await self._client.call(_METHODS[kind], {**fields, kind: upload, **extra})
        finally:
            handle.close()


def _message_id(result: Any) -> int:
    id_ = result.get("message_id") if isinstance(result, dict) else None
    if type(id_) is not int:
        raise InDoubt("answer without a message")
    return id_


def _known(file: OutFile, result: dict[str, Any]) -> str:
    """What to store for the next time: the kind and Telegram's id."""
    if result.get("photo"):
        return f"photo:{result['photo'][-1]['file_id']}"
    for kind in _FILE_KINDS:
        if kind in result:
            return f"document:{result[kind]['file_id']}"
    return file.known
