"""WeCom's self-built app at its double: callbacks in, API calls out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.channels.wecom_app.channel import WecomApp
from bot.channels.wecom_app.settings import WecomAppSettings
from bot.secret import Secret
from bot.wecom.cards import first_card
from tests.bot.desk import Desk, listening, until
from tests.bot.rigs.rig import Rig, Shown, Traits, Trouble, broken
from tests.bot.wecom_app.conftest import Notebook, Now, served
from tests.doubles.wecom.api import WecomApi
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.person import Person
from tests.doubles.wecom.seen import Seen
from tests.doubles.wecom.world import Settings

LINK = re.compile(r'<a href="[^"]*">(.*?)</a>')
SIGNS = re.compile(r"\*\*|`|^> ", re.MULTILINE)
NAMED = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def read(seen: Seen) -> str:
    """As the client shows it."""
    if seen.card is not None:
        lines = (seen.card.title, seen.card.sub_title or seen.card.desc)
        return "\n".join(filter(None, lines))
    if seen.kind == "markdown":
        return NAMED.sub(r"\1", SIGNS.sub("", seen.text))
    return LINK.sub(r"\1", seen.text)


class AppRig:
    traits = Traits(marked=True)
    troubles: Mapping[Trouble, float] = {
        Trouble.CONTENT: 0, Trouble.SECRET: 0, Trouble.AWAY: 0, Trouble.SILENT: 0,
        Trouble.TOO_MANY: 60,
    }  # fmt: skip

    def __init__(self, channel: WecomApp, desk: Desk, control: Control, person: Person) -> None:
        self.channel = channel
        self.desk = desk
        self.account = person.id.lower()
        self.secrets = (control.secret, control.token, control.aes_key)
        self._control = control
        self._person = person

    async def says(self, text: str, *, twice: bool = False) -> None:
        await self._told(await self._person.says(text), twice)

    async def sends(self, name: str, data: bytes) -> None:
        await self._told(await self._person.sends_file(data, name=name))

    async def presses(self, number: int, *, twice: bool = False) -> None:
        cards = [(each.id, each.card) for each in await self._person.chat() if each.card]
        message = first_card(cards[-1][1].task_id)
        choices = [
            (id_, key)
            for id_, card in cards
            if first_card(card.task_id) == message
            for key in [*(b.key for b in card.buttons), *(o.id for o in card.options)]
        ]
        message_id, key = choices[number]
        await self._told(await self._person.presses(key, message_id), twice)

    async def _told(self, number: int, twice: bool = False) -> None:
        await self._person.sees_told(number)
        if twice:
            assert await self._control.replays(number) == {"200": 1}

    async def chat(self) -> list[Shown]:
        return [
            Shown(
                read(each),
                tuple(each.card.labels) if each.card else (),
                each.file.name if each.file else None,
                each.file.sha256 if each.file else "",
            )
            for each in await self._person.chat()
            if each.out
        ]

    async def lost(self) -> str:
        await self._person.leaves()
        return self.account

    async def removed(self, message_ref: str) -> str:
        return f"{message_ref[:-2]}zz"

    async def expired(self) -> None:
        await self._control.do("expire_media")

    async def troubled(self, trouble: Trouble) -> None:
        method = "message/send"
        if trouble is Trouble.SECRET:
            await self._control.do("new_secret", secret="another")
        elif trouble is Trouble.AWAY:
            await self._control.refuse(1.5)
            await broken(lambda: self.channel.who("nobody"))
        elif trouble is Trouble.CONTENT:
            await self._control.fault("error", method, code=40058, description="quoted")
        elif trouble is Trouble.SILENT:
            await self._control.fault("execute_then_reset", method)
        else:
            await self._control.fault("error", method, code=45009)

    async def mended(self) -> None:
        await self._control.do("new_secret", secret=self._control.secret)


@asynccontextmanager
async def wecom_app_rig(_folder: Path) -> AsyncIterator[Rig]:
    async with WecomApi(settings=Settings(scale=0.01)) as api, Control(api.control_url) as control:
        settings = WecomAppSettings(
            corp_id=control.corp_id,
            agent_id=str(control.agent_id),
            secret=Secret(control.secret),
            token=Secret(control.token),
            aes_key=Secret(control.aes_key),
            base_url=control.base_url,
            login_url=control.login_url,
        )
        channel = WecomApp(
            settings, memory=Notebook(), now=Now(), public_url="https://kaohe.example"
        )
        desk, person = Desk(), await control.person("LiQian", name="李倩")
        async with served(channel) as url, listening(channel, desk):
            await control.wait_calls("menu/create", executed=True)  # so it listens
            assert await control.saves_url(url) == ""
            await person.says("您好")
            await until(lambda: desk.texts == ["您好"])
            yield AppRig(channel, desk, control, person)
        assert await control.notes() == []
        await channel.close()
