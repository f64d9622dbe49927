"""WeCom's AI bot at the double of its long connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.channels.wecom_bot.channel import WecomBot
from bot.channels.wecom_bot.parse import message_ref
from bot.channels.wecom_bot.settings import WecomBotSettings
from bot.secret import Secret
from storage.blobs import Blobs
from tests.bot.desk import Desk, listening, until
from tests.bot.rigs.rig import Rig, Shown, Traits, Trouble
from tests.doubles.wecom_bot import server
from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person
from tests.doubles.wecom_bot.seen import Seen


def keys_of(seen: Seen) -> list[str]:
    card = seen.card or {}
    options = card.get("checkbox", {}).get("option_list", ())
    return [*(b["key"] for b in card.get("button_list", ())), *(o["id"] for o in options)]


class BotRig:
    traits = Traits(marked=True, edits_unpressed=False, asks=True)
    troubles: Mapping[Trouble, float] = {
        Trouble.CONTENT: 0, Trouble.SECRET: 0, Trouble.AWAY: 0, Trouble.SILENT: 0,
        Trouble.TOO_MANY: 60,
    }  # fmt: skip

    def __init__(self, channel: WecomBot, desk: Desk, control: Control, person: Person) -> None:
        self.channel = channel
        self.desk = desk
        self.account = person.userid
        self.secrets = (control.secret,)
        self._control = control
        self._person = person

    async def says(self, text: str, *, twice: bool = False) -> None:
        await self._twice(twice)
        await self._person.says(text)

    async def sends(self, name: str, data: bytes) -> None:
        await self._person.sends_file(data, name=name)

    async def presses(self, number: int, *, twice: bool = False) -> None:
        await self._twice(twice)
        cards = [(each, each.card) for each in await self._person.chat() if each.card]
        message = message_ref(cards[-1][1]["task_id"])
        mine = [each for each, card in cards if message_ref(card["task_id"]) == message]
        message_id, key = [(each.id, key) for each in mine for key in keys_of(each)][number]
        await self._person.presses(key, message_id=message_id)

    async def _twice(self, twice: bool) -> None:
        if twice:
            await self._control.fault("duplicate", "callback")

    async def chat(self) -> list[Shown]:
        return [
            Shown(
                each.text,
                each.labels,
                each.files[0].name if each.files else None,
                each.files[0].sha256 if each.files else "",
            )
            for each in await self._person.chat()
            if each.out
        ]

    async def lost(self) -> str:
        return (await self._control.person("新人", userid="NeverWrote")).userid

    async def removed(self, message_ref: str) -> str:
        return f"{message_ref[:-2]}zz"

    async def expired(self) -> None:
        await self._control.clock(advance=301)

    async def troubled(self, trouble: Trouble) -> None:
        link = (await self._control.state()).link
        if trouble is Trouble.SECRET:
            await self._control.change_secret("another")
            await self._control.drop()
            await until(lambda: self.channel.trouble() != "")
        elif trouble is Trouble.AWAY:
            await self._control.refuse(1.5)
            await self._control.wait_closed(link)
        elif trouble is Trouble.CONTENT:
            await self._control.fault("error", "aibot_send_msg", code=40058, description="quoted")
        elif trouble is Trouble.SILENT:
            await self._control.fault("execute_then_no_ack", "aibot_send_msg")
        else:
            await self._control.fault("error", "aibot_send_msg", code=45009)

    async def mended(self) -> None:
        link = (await self._control.state()).link
        await self._control.change_secret(self.secrets[0])
        if not link:
            await self._control.wait_subscribed()


@asynccontextmanager
async def wecom_bot_rig(folder: Path) -> AsyncIterator[Rig]:
    async with server.WecomBot() as double, Control(double.control_url) as control:
        settings = WecomBotSettings(
            id=control.bot_id, secret=Secret(control.secret), url=control.bot_url
        )
        channel = WecomBot(
            settings, blobs=Blobs(folder / "files", reserve=0), now=lambda: datetime.now(UTC)
        )
        desk, person = Desk(), await control.person("李倩", userid="LiQian")
        async with listening(channel, desk):
            await person.says("您好")
            await until(lambda: desk.texts == ["您好"])
            yield BotRig(channel, desk, control, person)
        assert await control.oddities() == []
        await channel.close()
