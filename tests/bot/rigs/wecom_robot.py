"""A group robot at WeCom's double: it tells a group, and hears nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.channels.wecom_robot.channel import WecomRobot
from bot.channels.wecom_robot.settings import WecomRobotSettings
from bot.secret import Secret
from tests.bot.desk import Desk, listening, until
from tests.bot.rigs.rig import Rig, Shown, Traits, Trouble
from tests.bot.rigs.wecom_app import read
from tests.doubles.wecom.api import WecomApi
from tests.doubles.wecom.client import Control

KEY, HALL = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa", "大厅群"


class RobotRig:
    traits = Traits(hears=False, edits=False, edits_unpressed=False, links=False)
    troubles: Mapping[Trouble, float] = {
        Trouble.CONTENT: 0, Trouble.SECRET: 0, Trouble.AWAY: 0, Trouble.SILENT: 0,
        Trouble.TOO_MANY: 60,
    }  # fmt: skip
    account = HALL
    secrets = (KEY,)

    def __init__(self, channel: WecomRobot, desk: Desk, control: Control) -> None:
        self.channel = channel
        self.desk = desk
        self._control = control

    async def says(self, text: str, *, twice: bool = False) -> None:
        raise AssertionError(text)

    async def sends(self, name: str, data: bytes) -> None:
        raise AssertionError(name)

    async def presses(self, number: int, *, twice: bool = False) -> None:
        raise AssertionError(number)

    async def chat(self) -> list[Shown]:
        return [
            Shown(
                read(each),
                (),
                each.file.name if each.file else None,
                each.file.sha256 if each.file else "",
            )
            for each in await self._control.group(KEY)
        ]

    async def lost(self) -> str:
        return "撤销的群"

    async def removed(self, message_ref: str) -> str:
        return message_ref

    async def expired(self) -> None:
        """No file ever comes."""

    async def troubled(self, trouble: Trouble) -> None:
        method = "webhook/send"
        if trouble is Trouble.SECRET:
            await self._control.fault("error", method, code=93000)
        elif trouble is Trouble.AWAY:
            await self._control.refuse(1.5)
        elif trouble is Trouble.CONTENT:
            await self._control.fault("error", method, code=40058, description="quoted")
        elif trouble is Trouble.SILENT:
            await self._control.fault("execute_then_reset", method)
        else:
            await self._control.fault("error", method, code=45009)

    async def mended(self) -> None:
        """The next call goes through."""


@asynccontextmanager
async def wecom_robot_rig(_folder: Path) -> AsyncIterator[Rig]:
    async with WecomApi() as api, Control(api.control_url) as control:
        await control.robot(KEY)
        channel = WecomRobot(WecomRobotSettings(Secret(f"{HALL}={KEY}"), control.base_url))
        desk = Desk()
        async with listening(channel, desk):
            await until(lambda: len(desk.received) == 1)
            yield RobotRig(channel, desk, control)
        assert await control.notes() == []
        await channel.close()
