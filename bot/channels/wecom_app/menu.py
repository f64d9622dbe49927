"""The app's menu at the bottom of the chat: the commands there are, three titles of up to five.

Everybody sees the same one; clicking what is not one's own is answered by the program.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any, Final

from bot.channels.base import DeliveryError
from bot.episodes import Episode
from bot.wecom.client import Client
from bot.wecom.http import Json, encoded
from bot.wecom.verdict import Refused
from handlers.messages import Action
from templates import wecom_words as words

log = logging.getLogger(__name__)

AGAIN_FIRST, AGAIN_MOST = 60.0, 3600.0  # seconds
_TROUBLE: Final = "the app's menu"
NO_MENU: Final = 46003


def wanted(commands: Collection[str]) -> list[Json]:
    """Titles without a command fall away."""
    found: list[Json] = []
    for title, entries in words.MENU:
        below = [
            {"type": "click", "name": label, "key": str(Action("cmd", command))}
            for command, label in entries
            if command in commands
        ]
        if below:
            found.append({"name": title, "sub_button": below})
    return found


async def keep_menu(client: Client, commands: Collection[str], *, agent: str) -> None:
    """Creates it where it differs; tries until it stands."""
    trouble = Episode(_TROUBLE, log)
    while True:
        try:
            await _set(client, wanted(commands), agent=agent)
        except DeliveryError as error:
            await trouble.wait("not set", str(error), first=AGAIN_FIRST, most=AGAIN_MOST)
        else:
            trouble.over()
            return


async def _set(client: Client, menu: list[Json], *, agent: str) -> None:
    try:
        there = await client.get("menu/get", agentid=agent)
    except Refused as refusal:
        if refusal.code != NO_MENU:
            raise
        there = {}
    if _plain(there.get("button")) != menu:
        await client.post("menu/create", encoded({"button": menu}), agentid=agent)


def _plain(buttons: Any) -> list[Json]:
    """What WeCom tells of a menu, without the empty fields it adds."""
    found: list[Json] = []
    for button in buttons if isinstance(buttons, list) else ():
        if not isinstance(button, dict):
            return []
        kept = {name: button[name] for name in ("type", "name", "key") if button.get(name)}
        if below := _plain(button.get("sub_button")):
            kept["sub_button"] = below
        found.append(kept)
    return found
