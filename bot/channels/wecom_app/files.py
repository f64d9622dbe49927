"""Files on their way out: uploaded once, named by WeCom for three days, and as what they go."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.channels.base import OutFile, Outgoing, Rejected
from bot.wecom.client import Client
from bot.wecom.http import Json, Upload
from bot.wecom.verdict import Refused
from templates import wecom_words as words
from templates.markup import escaped

MEGABYTE: Final = 1024 * 1024
PICTURE_BYTES: Final = 10 * MEGABYTE
FILE_BYTES: Final = 20 * MEGABYTE
LIFE: Final = timedelta(days=2.9)  # of the three days that WeCom keeps an upload
_PICTURES: Final = frozenset({"image/jpeg", "image/png"})
_KINDS: Final = ("image", "file")
_REMEMBERED: Final = 200


@dataclass(frozen=True, slots=True)
class Known:
    """An upload: what it goes as, WeCom's id, and when it was made."""

    kind: str
    media_id: str
    at: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.media_id}:{self.at}"

    @classmethod
    def parse(cls, text: str) -> Known | None:
        kind, _, rest = text.partition(":")
        media_id, _, at = rest.rpartition(":")
        if kind not in _KINDS or not media_id or not at.isdecimal():
            return None
        return cls(kind, media_id, int(at))

    @property
    def body(self) -> Json:
        return {"msgtype": self.kind, self.kind: {"media_id": self.media_id}}


class Files:
    def __init__(self, client: Client, *, now: Callable[[], datetime], web_chat: str) -> None:
        """`web_chat` is where files too big for WeCom can be seen, '' if nowhere."""
        self._client = client
        self._now = now
        self._web_chat = web_chat
        self._made: OrderedDict[str, Known] = OrderedDict()

    async def fitting(self, message: Outgoing) -> Outgoing:
        """With a sentence in place of a file that WeCom does not carry. Raises Rejected where
        the file can't be read."""
        file = message.file
        if file is None or await _size(file) <= FILE_BYTES:
            return message
        said = words.TOO_BIG.format(escaped(file.name), FILE_BYTES // MEGABYTE)
        if self._web_chat:
            said += words.TOO_BIG_ELSEWHERE.format(escaped(self._web_chat))
        text = "\n\n".join(filter(None, (message.text, said)))
        return replace(message, text=text, file=None)

    async def known(self, file: OutFile, *, spare: timedelta = timedelta(0)) -> Known:
        """An upload good for as long as `spare`, made now if there is none. Raises
        DeliveryError."""
        now = self._now()
        for found in (Known.parse(file.known), self._made.get(file.blob)):
            if found is not None and now.timestamp() - found.at < (LIFE - spare).total_seconds():
                return found
        made = await self._upload(file, at=int(now.timestamp()))
        if file.blob:
            self._made[file.blob] = made
            if len(self._made) > _REMEMBERED:
                self._made.popitem(last=False)
        return made

    def forget(self, file: OutFile) -> None:
        """WeCom knows nothing of that upload any more."""
        self._made.pop(file.blob, None)

    async def _upload(self, file: OutFile, *, at: int) -> Known:
        upload = Upload(file.path, file.name, file.mime)
        if file.mime in _PICTURES and await _size(file) <= PICTURE_BYTES:
            try:
                media_id = await self._client.upload("image", upload)
            except Refused:  # an older deployment takes smaller ones, or it is none
                pass
            else:
                return Known("image", media_id, at)
        media_id = await self._client.upload("file", upload)
        return Known("file", media_id, at)


async def _size(file: OutFile) -> int:
    try:
        return (await asyncio.to_thread(file.path.stat)).st_size
    except OSError as error:
        raise Rejected(f"file can't be read ({type(error).__name__})") from None
