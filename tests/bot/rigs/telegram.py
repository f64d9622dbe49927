"""Telegram, polled, at the Bot API double."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.settings import TelegramSettings
from bot.secret import Secret
from tests.bot.desk import Desk, listening, until
from tests.bot.rigs.rig import Rig, Shown, Traits, Trouble, broken
from tests.doubles.botapi import BotApi
from tests.doubles.client import Control
from tests.doubles.person import Person


class TelegramRig:
    traits = Traits(asks=True)
    troubles: Mapping[Trouble, float] = {
        Trouble.CONTENT: 0, Trouble.SECRET: 0, Trouble.AWAY: 0, Trouble.SILENT: 0,
        Trouble.TOO_MANY: 7,
    }  # fmt: skip

    def __init__(self, channel: Telegram, desk: Desk, control: Control, person: Person) -> None:
        self.channel = channel
        self.desk = desk
        self.account = str(person.id)
        self.secrets = (control.token, control.token.partition(":")[2])
        self._control = control
        self._person = person

    async def says(self, text: str, *, twice: bool = False) -> None:
        await self._twice(twice)
        await self._person.says(text)

    async def sends(self, name: str, data: bytes) -> None:
        await self._person.sends_document(data, name=name, mime=None)

    async def presses(self, number: int, *, twice: bool = False) -> None:
        await self._twice(twice)
        last = [each for each in await self._person.chat() if each.out and each.buttons][-1]
        button = [each for row in last.buttons for each in row][number]
        assert button.data is not None
        await self._person.presses(button.data, last.id)

    async def _twice(self, twice: bool) -> None:
        """What was not taken is handed in once more: of what was, Telegram is told."""
        self.desk.busy = int(twice)

    async def chat(self) -> list[Shown]:
        return [
            Shown(
                each.text,
                tuple(button.text for row in each.buttons for button in row),
                (each.file.name or "") if each.file else None,
                each.file.sha256 if each.file else "",
            )
            for each in await self._person.chat()
            if each.out
        ]

    async def lost(self) -> str:
        await self._person.blocks()
        return self.account

    async def removed(self, message_ref: str) -> str:
        await self._person.deletes(int(message_ref.partition(":")[2]))
        return message_ref

    async def expired(self) -> None:
        await self._control.fault("error", "getFile", description="Bad Request: invalid file_id")

    async def troubled(self, trouble: Trouble) -> None:
        if trouble is Trouble.SECRET:
            await self._control.revoke()
        elif trouble is Trouble.AWAY:
            await self._control.refuse(1.5)
            await broken(self.channel.identify)
        elif trouble is Trouble.CONTENT:
            await self._control.fault("error", "sendMessage", description="Bad Request: no")
        elif trouble is Trouble.SILENT:
            await self._control.fault("execute_then_reset", "sendMessage")
        else:
            await self._control.fault("429", "sendMessage", retry_after=7)

    async def mended(self) -> None:
        await self._control.revoke(revoked=False)


@asynccontextmanager
async def telegram_rig(_folder: Path) -> AsyncIterator[Rig]:
    async with BotApi() as api, Control(api.control_url) as control:
        await control.settings(scale=0.02)
        channel = Telegram(TelegramSettings(Secret(api.token), api.base_url, api.base_file_url))
        desk, person = Desk(), await control.person("李倩", contact="started")
        async with listening(channel, desk):
            await person.says("您好")
            await until(lambda: desk.texts == ["您好"])
            yield TelegramRig(channel, desk, control, person)
        await channel.close()
