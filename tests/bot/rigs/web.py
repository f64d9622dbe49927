"""The web chat: a page without a browser at the program's own server, on a real database."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

from bot.channels.webchat import WebChat
from handlers.messages import Inbound, Receipt
from tests.bot.desk import Desk, until
from tests.bot.rigs.rig import Rig, Shown, Traits, Trouble
from tests.bot.webchat.house import House, Page

TAG = re.compile(r"</?[a-z]+[^<>]*>")
NAME = "李倩"


@dataclass
class DeskHouse(House):
    """With a desk in the place of its own small program."""

    desk: Desk = field(default_factory=Desk)

    async def _receive(self, inbound: Inbound) -> Receipt:
        return await self.desk.intake.receive(inbound)


class WebRig:
    traits = Traits(names_pictures=True)
    # nothing lies between it and its pages that could refuse
    troubles: Mapping[Trouble, float] = {}
    account = NAME

    def __init__(self, house: DeskHouse, page: Page) -> None:
        self.channel: WebChat = house.chat
        self.desk = house.desk
        self.secrets = (page.token,)
        self._page = page

    async def says(self, text: str, *, twice: bool = False) -> None:
        await self._post("messages", {"text": text}, twice=twice)

    async def sends(self, name: str, data: bytes) -> None:
        uploaded = await (await self._page.upload(name, data)).json()
        await self._post("messages", {"text": "", "files": [uploaded["token"]]})

    async def presses(self, number: int, *, twice: bool = False) -> None:
        last = [each for each in await self._all() if each["buttons"]][-1]
        button = [each for row in last["buttons"] for each in row][number]
        what = {"action": button["action"], "message": last["id"]}
        await self._post("press", what, twice=twice)

    async def _post(self, path: str, what: dict[str, Any], *, twice: bool = False) -> None:
        whole = {"id": str(uuid4()), **what}
        for _ in range(1 + twice):
            answer = await self._page.post(f"api/{path}", whole)
            assert answer.status == 200

    async def chat(self) -> list[Shown]:
        return [await self._shown(each) for each in await self._all()]

    async def _shown(self, message: dict[str, Any]) -> Shown:
        labels = tuple(button["label"] for row in message["buttons"] for button in row)
        shown = Shown(unescape(TAG.sub("", message["text"])), labels)
        for file in message["files"]:
            data = await (await self._page.get(file["url"])).read()
            shown = replace(shown, file=file["name"], digest=sha256(data).hexdigest())
        return shown

    async def _all(self) -> list[dict[str, Any]]:
        return [each for each in await self._page.messages() if not each["mine"]]

    async def lost(self) -> str:
        return "nobody"

    async def removed(self, message_ref: str) -> str:
        return f"{message_ref}99"

    async def expired(self) -> None:
        """What is stored stays."""

    async def troubled(self, trouble: Trouble) -> None:
        raise AssertionError(trouble)

    async def mended(self) -> None:
        """Nothing is ever wrong."""


@asynccontextmanager
async def web_rig(folder: Path) -> AsyncIterator[Rig]:
    house = DeskHouse(folder)
    await house.start()
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=house.origin)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        page = await Page(house, session).log_in(NAME)
        rig = WebRig(house, page)
        await rig.says("您好")
        await until(lambda: house.desk.texts == ["您好"])
        yield rig
    await house.stop()
    house.close()
