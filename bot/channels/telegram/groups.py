"""What sending to groups takes besides: their own limit, and that they move to another id.

A group that becomes a supergroup tells so in a message of its own; should that be lost, the next
send learns of it, goes to the new id, and hands it in as if it had been told.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Final

from bot.channels.base import Busy, Intake, RetryLater
from bot.channels.telegram.parse import NAME
from handlers.messages import Inbound, Kind

A_MINUTE: Final = 20  # messages that Telegram lets a bot send to one group
MINUTE = 61.0  # seconds, with one for the way there
BUSY_SECONDS = 1.0


class Groups:
    def __init__(self, *, bot_id: int) -> None:
        self._bot_id = bot_id
        self._sent: dict[str, deque[float]] = {}
        self._learnt: asyncio.Queue[Inbound] = asyncio.Queue()

    def take(self, account: str) -> None:
        """Counts a message to a group; people have no such limit. Raises RetryLater."""
        if not account.startswith("-"):
            return
        sent = self._sent.setdefault(account, deque(maxlen=A_MINUTE))
        now = time.monotonic()
        if len(sent) == A_MINUTE and now - sent[0] < MINUTE:
            raise RetryLater("group has had its share", after=sent[0] + MINUTE - now)
        sent.append(now)

    def moved(self, account: str, to: str) -> None:
        key = f"tg:{self._bot_id}:moved:{account}:{to}"
        self._learnt.put_nowait(
            Inbound(key=key, channel=NAME, account=account, kind=Kind.MOVED, moved_to=to)
        )

    async def tell(self, intake: Intake) -> None:
        """Hand in what sends have learnt. Until cancelled."""
        while True:
            inbound = await self._learnt.get()
            while True:
                try:
                    await intake.receive(inbound)
                except Busy:
                    await asyncio.sleep(BUSY_SECONDS)
                    continue
                break
