"""A bare client of the long connection, for the double's own tests: frames as they are."""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
from collections import deque
from typing import Any, Self

import aiohttp

Json = dict[str, Any]
ENDS = (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.ERROR)
_numbers = itertools.count(1)


class Wire:
    """Acks come back from `ask`; callbacks wait in the order in which they came."""

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None) -> None:
        self._url = url
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None
        self._ws: aiohttp.ClientWebSocketResponse | None = None
        self._callbacks: deque[Json] = deque()

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        try:
            self._ws = await self._session.ws_connect(
                self._url, ssl=self._tls or True, timeout=aiohttp.ClientWSTimeout(ws_close=0.2)
            )
        except aiohttp.ClientError:
            await self._session.close()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._ws is not None:
            await self._ws.close()
        if self._session is not None:
            await self._session.close()

    @property
    def ws(self) -> aiohttp.ClientWebSocketResponse:
        assert self._ws is not None
        return self._ws

    async def sends(self, cmd: str, body: Json | None = None, req_id: str = "") -> str:
        req_id = req_id or f"{cmd}-{next(_numbers)}"
        frame: Json = {"cmd": cmd, "headers": {"req_id": req_id}}
        await self.ws.send_str(json.dumps(frame if body is None else frame | {"body": body}))
        return req_id

    async def ask(self, cmd: str, body: Json | None = None, req_id: str = "") -> Json:
        """The ack."""
        wanted = await self.sends(cmd, body, req_id)
        while True:
            frame = await self.frame()
            if "cmd" in frame:
                self._callbacks.append(frame)
            elif frame["headers"]["req_id"] == wanted:
                return frame

    async def code(self, cmd: str, body: Json | None = None, req_id: str = "") -> int:
        return int((await self.ask(cmd, body, req_id))["errcode"])

    async def frame(self, *, wait: float = 5.0) -> Json:
        async with asyncio.timeout(wait):  # one of `receive` begins anew with each ping
            message = await self.ws.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError(f"{message.type.name} {self.ws.close_code}")
        found: Json = json.loads(message.data, strict=False)
        return found

    async def callback(self, *, wait: float = 5.0) -> Json:
        if self._callbacks:
            return self._callbacks.popleft()
        frame = await self.frame(wait=wait)
        assert "cmd" in frame, frame
        return frame

    async def subscribes(self, bot_id: str, secret: str) -> int:
        return await self.code("aibot_subscribe", {"bot_id": bot_id, "secret": secret})

    async def closed(self) -> int | None:
        """Reads to the end; the code it ended with."""
        while True:
            message = await self.ws.receive(timeout=5)
            if message.type is aiohttp.WSMsgType.CLOSE:
                return int(message.data)
            if message.type in ENDS:
                return self.ws.close_code

    # ------------------------------------------------------------------ what is often sent

    async def tells(self, chatid: str, text: str) -> int:
        body = {"chatid": chatid, "chat_type": 1, **markdown(text)}
        return await self.code("aibot_send_msg", body)

    async def shows(self, chatid: str, card: Json) -> int:
        body = {"chatid": chatid, "msgtype": "template_card", "template_card": card}
        return await self.code("aibot_send_msg", body)

    async def renews(self, callback: Json, card: Json, **more: Any) -> int:
        body = {"response_type": "update_template_card", "template_card": card, **more}
        return await self.code("aibot_respond_update_msg", body, callback["headers"]["req_id"])


def markdown(text: str) -> Json:
    return {"msgtype": "markdown", "markdown": {"content": text}}


def buttons(task_id: str, *labels: str, title: str = "请选择") -> Json:
    return {
        "card_type": "button_interaction",
        "task_id": task_id,
        "main_title": {"title": title},
        "button_list": [{"text": label, "style": 1, "key": f"key:{label}"} for label in labels],
    }


def vote(task_id: str, *labels: str, mode: int = 0) -> Json:
    return {
        "card_type": "vote_interaction",
        "task_id": task_id,
        "main_title": {"title": "请选择"},
        "checkbox": {
            "question_key": "q",
            "mode": mode,
            "option_list": [{"id": f"id:{label}", "text": label} for label in labels],
        },
        "submit_button": {"text": "确定", "key": "submit"},
    }


def notice(title: str, **more: Any) -> Json:
    return {
        "card_type": "text_notice",
        "main_title": {"title": title},
        "card_action": {"type": 1, "url": "https://example.com"},
        **more,
    }
