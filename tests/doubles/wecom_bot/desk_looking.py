"""Control operations: seeing what stands, and waiting for it."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from tests.doubles.changes import Changes
from tests.doubles.reach import WaitedInVain
from tests.doubles.wecom_bot import views
from tests.doubles.wecom_bot.frames import Frame
from tests.doubles.wecom_bot.links import Link
from tests.doubles.wecom_bot.world import Chat, Json

if TYPE_CHECKING:
    from tests.doubles.wecom_bot.server import WecomBot

WAIT = 10.0
T = TypeVar("T")


async def until(
    changes: Changes,
    look: Callable[[], T | None],
    *,
    timeout: float,  # noqa: ASYNC109 - a control argument
    missing: Callable[[], str],
) -> T:
    """What `look` finds, as soon as that is not None."""
    end = time.monotonic() + timeout
    while (found := look()) is None:
        left = end - time.monotonic()
        if left <= 0:
            raise WaitedInVain(missing())
        await changes.changed(left)
    return found


class LookingDesk:
    def __init__(self, double: WecomBot) -> None:
        self._it = double

    def about(self) -> Json:
        return self._it.about()

    def shown_id(self, userid: str) -> str:
        return self._it.world.shown_id(userid)

    def messages(
        self, chat: str, *, userid: str = "", since: int = 0, out: bool | None = None
    ) -> list[Json]:
        """Of a person's or a group's conversation: what came or changed after version `since`."""
        found = self._chat(chat).changed_since(since)
        wanted = [each for each in found if out is None or each.out is out]
        return [views.message_view(each, userid or chat) for each in wanted]

    def said(self, chat: str) -> list[str]:
        """Every text that the bot ever showed there, also what was changed since."""
        return self._chat(chat).said

    def file(self, chat: str, message_id: int, *, index: int = 0) -> str:
        return base64.b64encode(self._chat(chat).messages[message_id].files[index].data).decode()

    def frames(
        self, cmd: str = "*", *, out: bool | None = None, after: int = 0, limit: int = 10_000
    ) -> list[Json]:
        """The last `limit` that fit, oldest first. An ack has the cmd ""."""
        return [views.frame_view(each) for each in self._frames(cmd, out, after)[-limit:]]

    def _frames(self, cmd: str, out: bool | None, after: int) -> list[Frame]:
        return list(self._it.log.find(cmd, out=out, after=after))

    def state(self) -> Json:
        """`link`: the number of the connection that counts, 0 for none; `waiting`: callbacks kept
        for it; `dropped`: messages nobody was shown, by conversation."""
        links = self._it.links
        return {
            "link": links.current.number if links.current is not None else 0,
            "open": sorted(links.open),
            "waiting": len(links.waiting),
            "lost": links.lost,
            "failed_subscribes": links.failed_subscribes,
            "dropped": dict(self._it.world.dropped),
            "uploads": len(self._it.uploads.sessions),
            "media": len(self._it.uploads.media),
            "fetched": sum(each.fetched for each in self._it.offers.offered.values()),
        }

    def oddities(self) -> list[str]:
        return list(self._it.world.oddities)

    def bugs(self) -> list[str]:
        return list(self._it.world.bugs)

    def _chat(self, chat: str) -> Chat:
        world = self._it.world
        if chat not in world.chats and chat in world.members:
            return world.single(chat)
        return world.chats[chat]

    # ------------------------------------------------------------------ waiting

    async def wait_message(
        self,
        chat: str,
        *,
        userid: str = "",
        contains: str = "",
        since: int = 0,
        count: int = 1,
        timeout: float = WAIT,  # noqa: ASYNC109 - a control argument
    ) -> list[Json]:
        """`count` messages of the bot, new or changed after version `since`, with these words in
        text, label or a file's name."""
        where, reader = self._chat(chat), userid or chat

        def look() -> list[Json] | None:
            found = [
                each
                for each in where.changed_since(since)
                if each.out and views.holds(each, reader, contains)
            ]
            return [views.message_view(m, reader) for m in found] if len(found) >= count else None

        def missing() -> str:
            last = [views.words(each, reader) for each in list(where.messages.values())[-3:]]
            return f"no {contains!r} for {chat}; last there: {last}"

        return await until(where.changes, look, timeout=timeout, missing=missing)

    async def wait_change(
        self,
        chat: str,
        *,
        since: int,
        timeout: float = WAIT,  # noqa: ASYNC109 - a control argument
    ) -> int:
        """The version, as soon as it is more than `since`, or after `timeout`."""
        where = self._chat(chat)
        if where.version <= since:
            await where.changes.changed(timeout)
        return where.version

    async def wait_frames(
        self,
        cmd: str = "*",
        *,
        count: int = 1,
        after: int = 0,
        out: bool | None = None,
        timeout: float = WAIT,  # noqa: ASYNC109 - a control argument
    ) -> list[Json]:
        log = self._it.log

        def look() -> list[Frame] | None:
            found = self._frames(cmd, out, after)
            return found if len(found) >= count else None

        def missing() -> str:
            return f"{len(self._frames(cmd, out, after))} of {count} frames {cmd}"

        found = await until(log.changes, look, timeout=timeout, missing=missing)
        return [views.frame_view(each) for each in found]

    async def wait_subscribed(
        self,
        *,
        after: int = 0,
        timeout: float = WAIT,  # noqa: ASYNC109 - a control argument
    ) -> int:
        """The number of the connection that counts, once that is more than `after`."""
        links = self._it.links

        def look() -> Link | None:
            current = links.current
            return current if current is not None and current.number > after else None

        def missing() -> str:
            return f"no connection is subscribed: {self.state()}"

        return (await until(self._it.log.changes, look, timeout=timeout, missing=missing)).number

    async def wait_closed(
        self,
        link: int,
        *,
        timeout: float = WAIT,  # noqa: ASYNC109 - a control argument
    ) -> None:
        links = self._it.links

        def look() -> bool | None:
            return None if link in links.open else True

        await until(self._it.log.changes, look, timeout=timeout, missing=lambda: f"{link} is open")

    async def wait_idle(
        self,
        *,
        quiet: float = 0.15,
        timeout: float = 30.0,  # noqa: ASYNC109 - a control argument
    ) -> None:
        """Until nothing waits for the bot and no frame but pings came for `quiet` seconds."""
        end = time.monotonic() + timeout
        while True:
            rest = quiet - (time.monotonic() - self._it.log.last_at)
            if not self._it.links.waiting and rest <= 0:
                return
            if time.monotonic() > end:
                raise WaitedInVain(f"not idle: {self.state()}")
            await asyncio.sleep(max(0.01, min(rest, 0.05)))
