"""The test's hand on the double: people who write and press, what they see, faults, clock, waits.

    async with child() as control:                      # the double as a process of its own
        start_the_program({**environment, **control.environment})
        await control.wait_subscribed()
        li = await control.person("李倩")
        await li.says("菜单")
        await li.waits_for("请选择")
        await li.presses("上报佐证")                     # the latest card with that label
        assert await control.oddities() == []

With `WecomBot` in process, `Control(double.control_url)` gives the very same. A wait that runs out
raises `TimeoutError` with the end of the conversation; an impossible act raises `NotPossible`.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

from tests.doubles.hand import Hand, launched
from tests.doubles.wecom_bot.person import WAIT, Person
from tests.doubles.wecom_bot.seen import FrameSeen, Seen, State, seen


class Control(Hand):
    def __init__(self, control_url: str) -> None:
        super().__init__(control_url)
        self.bot_url = ""
        self.bot_id = ""
        self.secret = ""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        about = await self.do("about")
        self.bot_url, self.bot_id = about["url"], about["bot_id"]
        self.secret = about["secret"]
        return self

    @property
    def environment(self) -> dict[str, str]:
        """With which the program connects to this bot."""
        return {
            "KAOHE_WECOM_BOT_ID": self.bot_id,
            "KAOHE_WECOM_BOT_SECRET": self.secret,
            "KAOHE_WECOM_BOT_URL": self.bot_url,
        }

    async def person(self, name: str = "某某", *, userid: str = "") -> Person:
        """Somebody new, who has never written to the bot."""
        return Person(self, await self.do("add_person", name=name, userid=userid))

    async def group(self, chatid: str, *members: Person) -> str:
        made: str = await self.do("add_group", chatid=chatid, members=[m.userid for m in members])
        return made

    # ------------------------------------------------------------------ looking and waiting

    async def state(self) -> State:
        found = await self.do("state")
        return State(**{**found, "open": tuple(found["open"])})

    async def oddities(self) -> list[str]:
        """What the service would let pass, but a sound client would not do."""
        found: list[str] = await self.do("oddities")
        return found

    async def frames(
        self, cmd: str = "*", *, out: bool | None = None, after: int = 0
    ) -> list[FrameSeen]:
        return [FrameSeen(**f) for f in await self.do("frames", cmd=cmd, out=out, after=after)]

    async def wait_frames(
        self,
        cmd: str = "*",
        *,
        count: int = 1,
        after: int = 0,
        out: bool | None = None,
        timeout: float = WAIT,  # noqa: ASYNC109
    ) -> list[FrameSeen]:
        found = await self.do(
            "wait_frames", cmd=cmd, count=count, after=after, out=out, timeout=timeout
        )
        return [FrameSeen(**f) for f in found]

    async def wait_subscribed(self, *, after: int = 0, timeout: float = WAIT) -> int:  # noqa: ASYNC109
        """The number of the connection that counts, once that is more than `after`."""
        return int(await self.do("wait_subscribed", after=after, timeout=timeout))

    async def wait_closed(self, link: int, *, timeout: float = WAIT) -> None:  # noqa: ASYNC109
        await self.do("wait_closed", link=link, timeout=timeout)

    async def wait_idle(self, *, quiet: float = 0.15, timeout: float = 30.0) -> None:  # noqa: ASYNC109
        await self.do("wait_idle", quiet=quiet, timeout=timeout)

    async def group_messages(self, chatid: str) -> list[Seen]:
        return [seen(each) for each in await self.do("messages", chat=chatid)]

    async def file(self, chat: str, message_id: int, index: int = 0) -> bytes:
        data: str = await self.do("file", chat=chat, message_id=message_id, index=index)
        return base64.b64decode(data)

    # ------------------------------------------------------------------ trouble and time

    async def settings(self, **values: float | bool) -> None:
        """Fields of `tests.doubles.wecom_bot.world.Settings`."""
        await self.do("settings", **values)

    async def drop(self) -> None:
        """The connection is reset (1006)."""
        await self.do("drop")

    async def hang_up(self, code: int = 1000) -> None:
        await self.do("hang_up", code=code)

    async def silence(self) -> None:
        """The connection stays open, and nothing is read or sent on it any more."""
        await self.do("silence")

    async def stall(self) -> None:
        """Acks go on, but no callback comes until `resume` or the next subscribe."""
        await self.do("stall")

    async def resume(self) -> None:
        await self.do("resume")

    async def forget(self) -> None:
        """846609 for all but pings, on the connection that is there."""
        await self.do("forget")

    async def kick(self) -> None:
        """As if another program had subscribed as this bot, and gone again."""
        await self.do("kick")

    async def change_secret(self, secret: str) -> None:
        await self.do("change_secret", secret=secret)

    async def inject(self, frame: dict[str, Any] | str) -> None:
        """A frame to the bot; a string goes out as it is."""
        await self.do("inject", frame=frame)


@contextlib.asynccontextmanager
async def child(
    *, port: int = 0, certificate: Path | None = None, key: Path | None = None
) -> AsyncIterator[Control]:
    """The double as a child process that ends with this block, or with this process."""
    arguments = ["--port", str(port)]
    if certificate is not None:
        arguments += ["--certificate", str(certificate), "--key", str(key or certificate)]
    async with (
        launched("tests.doubles.wecom_bot.server", *arguments) as line,
        Control(line["control_url"]) as control,
    ):
        yield control
