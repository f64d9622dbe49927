"""The command menu beside the input field: one for everybody, one for each linked person.

A menu is only a help for the eye; every command is checked when it comes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from bot.channels.base import DeliveryError
from bot.channels.telegram.transport import Client

Commands = Sequence[tuple[str, str]]
DEFAULT: Final[Commands] = (("start", "开始使用"), ("help", "使用帮助"))
_REMEMBERED = 5000
_AGAIN_SECONDS = 60.0


class Menus:
    """Remembers what was set, so that an unchanged menu costs no call."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._set: OrderedDict[str, tuple[tuple[str, str], ...]] = OrderedDict()

    def shows(self, account: str, commands: Commands) -> bool:
        return self._set.get(account) == tuple(commands)

    async def set(self, account: str, commands: Commands) -> None:
        """Commands (without slash) with descriptions, in order; none takes the person's own away.

        Raises DeliveryError; the same menu may then be set again.
        """
        wanted = tuple(commands)
        if self.shows(account, wanted):
            return
        await self._tell({"type": "chat", "chat_id": account}, wanted)
        self._set[account] = wanted
        self._set.move_to_end(account)
        if len(self._set) > _REMEMBERED:
            self._set.popitem(last=False)

    async def keep_default(self) -> None:
        """Sets what everybody else sees; tries until it stands."""
        while True:
            try:
                await self._tell({"type": "default"}, DEFAULT)
            except DeliveryError:
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                return

    async def _tell(self, scope: dict[str, str], commands: Commands) -> None:
        fields: dict[str, Any] = {"scope": scope}
        if commands:
            fields["commands"] = [
                {"command": name, "description": words} for name, words in commands
            ]
        await self._client.call("setMyCommands" if commands else "deleteMyCommands", fields)
