"""The double in this process, an app to be told things, whose cipher is the program's own, and
somebody to call the API as a program does."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web
from defusedxml.ElementTree import fromstring

from bot.wecom.crypto import Cipher
from tests.doubles.wecom.api import AES_KEY, AGENT_ID, CORP_ID, TOKEN, WecomApi
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.person import Person
from tests.doubles.wecom.world import Settings

Json = dict[str, Any]


class App:
    """Takes callbacks at `url`; `heard` are their elements. `answers`: statuses to give, in turn,
    200 when they are used up; `reply`: XML to answer with, sealed."""

    def __init__(self) -> None:
        self.cipher = Cipher(token=TOKEN, aes_key=AES_KEY, receiver=CORP_ID)
        self.heard: list[dict[str, str]] = []
        self.plain: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.answers: list[int] = []
        self.reply = ""
        self.spoiled = False  # the reply was changed on its way
        self.echo = ""
        self.held: asyncio.Event | None = None
        self.url = ""

    async def handle(self, request: web.BaseRequest) -> web.Response:
        query = dict(request.query)
        if request.method == "GET":
            return web.Response(text=self._open(query, query["echostr"]) + self.echo)
        body = fromstring(await request.content.read())
        plain = self._open(query, str(body.findtext("Encrypt")))
        self.queries.append(query)
        self.plain.append(plain)
        self.heard.append({child.tag: child.text or "" for child in fromstring(plain)})
        if self.held is not None:
            await self.held.wait()
        if self.answers:
            return web.Response(status=self.answers.pop(0))
        return web.Response(text=self._sealed() if self.reply else "")

    def _open(self, query: dict[str, str], encrypted: str) -> str:
        return self.cipher.open(
            signature=query["msg_signature"], timestamp=query["timestamp"], nonce=query["nonce"],
            encrypted=encrypted,
        )  # fmt: skip

    def _sealed(self) -> str:
        sealed = self.cipher.seal(self.reply, timestamp="1733980805", nonce="372623")
        return (
            f"<xml><Encrypt><![CDATA[{sealed.encrypted}]]></Encrypt>"
            f"<MsgSignature>{sealed.signature}</MsgSignature>"
            f"<TimeStamp>{sealed.timestamp}</TimeStamp>"
            f"<Nonce>{sealed.nonce}{'1' * self.spoiled}</Nonce></xml>"
        )


class Caller:
    """Calls the API as a program does: with a token, in raw UTF-8."""

    def __init__(self, session: aiohttp.ClientSession, control: Control) -> None:
        self.session, self.control = session, control
        self.access = ""

    async def get(self, path: str, *, keyless: bool = False, **query: str) -> Json:
        given = query if keyless else {"access_token": await self.has_token(), **query}
        url = f"{self.control.base_url}/cgi-bin/{path}"
        async with self.session.get(url, params=given) as answer:
            found: Json = orjson.loads(await answer.read())
            return found

    async def post(self, path: str, body: Json | bytes, **query: str) -> Json:
        given = query if "key" in query else {"access_token": await self.has_token(), **query}
        url = f"{self.control.base_url}/cgi-bin/{path}"
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        async with self.session.post(url, params=given, data=data) as answer:
            found: Json = orjson.loads(await answer.read())
            return found

    async def upload(self, path: str, data: bytes, name: str, **query: str) -> Json:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field(
            "media", io.BytesIO(data), filename=name, content_type="application/octet-stream"
        )
        given = query if "key" in query else {"access_token": await self.has_token(), **query}
        url = f"{self.control.base_url}/cgi-bin/{path}"
        async with self.session.post(url, params=given, data=form) as answer:
            found: Json = orjson.loads(await answer.read())
            return found

    async def sends(self, touser: str, msgtype: str, content: Json, **more: Any) -> Json:
        return await self.post(
            "message/send",
            {"touser": touser, "msgtype": msgtype, "agentid": AGENT_ID, msgtype: content, **more},
        )

    async def says(self, touser: str, text: str, **more: Any) -> Json:
        return await self.sends(touser, "text", {"content": text}, **more)

    async def shows(self, touser: str, card: Json, **more: Any) -> Json:
        return await self.sends(touser, "template_card", card, **more)

    async def has_token(self) -> str:
        if not self.access:
            given = await self.get(
                "gettoken", keyless=True, corpid=CORP_ID, corpsecret=self.control.secret
            )
            self.access = given["access_token"]
        return self.access


def buttons(*labels: str, task: str = "t1", **more: Any) -> Json:
    """A card with buttons whose keys are k1, k2 …"""
    return {
        "card_type": "button_interaction",
        "main_title": {"title": "请选择"},
        "task_id": task,
        "button_list": [
            {"text": label, "key": f"k{n}"} for n, label in enumerate(labels, start=1)
        ],
        **more,
    }


def votes(*labels: str, task: str = "t1", mode: int = 0) -> Json:
    return {
        "card_type": "vote_interaction",
        "main_title": {"title": "请选择"},
        "task_id": task,
        "checkbox": {
            "question_key": "q",
            "mode": mode,
            "option_list": [
                {"id": f"o{n}", "text": label} for n, label in enumerate(labels, start=1)
            ],
        },
        "submit_button": {"text": "确定", "key": "submit"},
    }


@pytest.fixture
async def api() -> AsyncIterator[WecomApi]:
    async with WecomApi(settings=Settings(scale=0.01)) as api:
        yield api


@pytest.fixture
async def control(api: WecomApi) -> AsyncIterator[Control]:
    async with Control(api.control_url) as control:
        yield control


@pytest.fixture
async def app(control: Control) -> AsyncIterator[App]:
    """Known to the double already."""
    app = App()
    server = web.Server(app.handle, access_log=None)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    app.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/wecom"
    assert await control.saves_url(app.url) == ""
    try:
        yield app
    finally:
        if app.held is not None:
            app.held.set()
        listening.close()
        await server.shutdown(0.01)


@pytest.fixture
async def call(control: Control) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(session, control)


@pytest.fixture
async def li(control: Control) -> Person:
    return await control.person("LiQian", name="李倩")


@pytest.fixture
async def wang(control: Control) -> Person:
    return await control.person("wangqiang", name="王强")
