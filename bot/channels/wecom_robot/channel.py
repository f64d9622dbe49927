"""Group robots (消息推送) as a channel: each configured one is a group that can be told things.

A robot hears nothing, so its group is announced when the program starts, for an administrator to
register it. Rows hold the group's name; the key is a secret of the configuration and stands in no
row, no log line and no error.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from bot.begun import Begun
from bot.channels.base import (
    Busy,
    InDoubt,
    Intake,
    Outgoing,
    Pace,
    RecipientGone,
    Rejected,
    RetryLater,
    Sent,
    Unavailable,
)
from bot.channels.wecom_robot.calls import Call, calls
from bot.channels.wecom_robot.settings import WecomRobotSettings
from bot.secret import Secret
from bot.wecom.http import Http, Json, decoded, encoded
from bot.wecom.pace import Windows
from bot.wecom.verdict import BUSY, REST_SECONDS, TOO_OFTEN
from handlers.messages import Inbound, Kind, Toast
from templates.wecom_bot_words import WRONG_KEYS

if TYPE_CHECKING:
    from aiohttp import web

NAME: Final = "wecom_robot"
A_MINUTE: Final = 20  # messages that a robot may send
MINUTE: Final = 61.0  # seconds, with one for the way there
BUSY_SECONDS = 1.0
_WRONG_KEY: Final = frozenset({93000, 40001, 40014, 41001, 42001})


class WecomRobot:
    name = NAME
    reveals = False
    appends = False
    circular = None
    here = True
    exclusive = False
    pace = Pace()

    def __init__(
        self,
        settings: WecomRobotSettings,
        *,
        proxy: Secret | None = None,
        ca_bundle: Path | None = None,
    ) -> None:
        """Raises OSError where the CA bundle can't be used."""
        self._keys = settings.keys()
        self._base = f"{settings.base_url.rstrip('/')}/cgi-bin/webhook"
        self._http = Http(proxy=proxy, ca_bundle=ca_bundle)
        self._windows = Windows(most=A_MINUTE, seconds=MINUTE)
        self._begun = Begun()
        self._wrong: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        return []

    async def listen(self, intake: Intake) -> None:
        """Announces the groups, once a start: one that was given up may be configured again."""
        for name, key in self._keys.items():
            digest = hashlib.sha256(f"{name}={key}".encode()).hexdigest()[:32]
            await _hand_in(
                Inbound(
                    key=f"wr:{digest}:{secrets.token_hex(4)}",
                    channel=NAME,
                    account=name,
                    kind=Kind.JOINED,
                    name=name,
                ),
                intake,
            )
        await asyncio.Event().wait()

    async def send(self, message: Outgoing) -> Sent:
        """Raises DeliveryError; what was sent before it stays counted."""
        key = self._keys.get(message.account)
        if key is None:
            raise RecipientGone("robot is not configured any more")
        try:
            every = await asyncio.to_thread(calls, message)
        except OSError as error:
            raise Rejected(f"file can't be read ({type(error).__name__})") from None
        done, _ = self._begun.of(message.key)
        for number, call in enumerate(every[done:], done + 1):
            await self._make(message.account, key, call)
            self._begun.note(message.key, number)
        self._begun.over(message.key)
        return Sent(message_ref=hashlib.sha256(message.key.encode()).hexdigest()[:32])

    async def edit(self, message: Outgoing, message_ref: str) -> Sent:
        """What a robot has said stays as it is."""
        return await self.send(message)

    async def acknowledge(self, inbound: Inbound, toast: Toast | None) -> None:
        """Nobody presses anything."""

    def fetch(self, reference: str) -> AsyncGenerator[bytes]:
        """Robots hear nothing, so no file ever came."""
        raise Rejected("robots bring no files")

    def hearing(self) -> None:
        return None

    def trouble(self) -> str:
        return WRONG_KEYS.format("、".join(sorted(self._wrong))) if self._wrong else ""

    async def close(self) -> None:
        await self._http.close()

    async def _make(self, name: str, key: str, call: Call) -> None:
        body = call.body
        if call.file is not None:
            url = f"{self._base}/upload_media?key={quote(key)}&type=file"
            try:
                answer = self._read(name, await self._http.upload(url, call.file))
            except InDoubt as error:
                raise RetryLater(str(error), after=2) from None  # uploading twice harms nobody
            media_id = answer.get("media_id")
            if not isinstance(media_id, str) or not media_id:
                raise RetryLater("upload without an id", after=10)
            body = body | {"file": {"media_id": media_id}}
        url = f"{self._base}/send?key={quote(key)}"
        with self._windows.place((name,)):
            self._read(name, await self._http.post(url, encoded(body)))

    def _read(self, name: str, payload: bytes) -> Json:
        """Raises DeliveryError for anything but a success; of a refusal the number alone is told,
        for its words may quote the message."""
        answer = decoded(payload)
        code = answer.get("errcode")
        if code in _WRONG_KEY:
            self._wrong.add(name)
            raise Unavailable(f"errcode {code}: wrong key")
        if code == BUSY:
            raise RetryLater("errcode -1", after=5)
        if code in TOO_OFTEN:
            raise RetryLater(f"errcode {code}", after=REST_SECONDS)
        if type(code) is not int:
            raise InDoubt("answer without errcode")
        self._wrong.discard(name)
        if code:
            raise Rejected(f"errcode {code}")
        return answer


async def _hand_in(inbound: Inbound, intake: Intake) -> None:
    while True:
        try:
            await intake.receive(inbound)
        except Busy:
            await asyncio.sleep(BUSY_SECONDS)
        else:
            return
