"""The test's hand on the double: members who write and press, what they see, faults, waits.

    async with child() as control:                       # the double as a process of its own
        start_the_program(control.environment())
        assert await control.saves_url(f"{program.url}/wecom") == ""
        li = await control.person("LiQian", name="李倩")
        await li.says("上报")
        card = await li.waits_for("请选择类别")
        await li.presses("帮办案例")

With `WecomApi` in process, `Control(api.control_url)` gives the very same. A wait that runs out
raises `TimeoutError` with the end of the chat; an impossible action raises `NotPossible`.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Self

from tests.doubles.hand import Hand, launched
from tests.doubles.seen import CallSeen
from tests.doubles.wecom.person import WAIT, Person
from tests.doubles.wecom.seen import Seen, ToldSeen, seen, told_seen


class Control(Hand):
    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.base_url = ""
        self.corp_id = self.secret = self.token = self.aes_key = ""
        self.agent_id = 0

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        about = await self.do("about")
        self.base_url, self.corp_id = about["base_url"], about["corp_id"]
        self.secret, self.token = about["secret"], about["token"]
        self.aes_key, self.agent_id = about["aes_key"], about["agent_id"]
        return self

    def environment(self) -> dict[str, str]:
        """What the program is configured with to meet this server."""
        return {
            "KAOHE_WECOM_CORP_ID": self.corp_id,
            "KAOHE_WECOM_AGENT_ID": str(self.agent_id),
            "KAOHE_WECOM_SECRET": self.secret,
            "KAOHE_WECOM_TOKEN": self.token,
            "KAOHE_WECOM_AES_KEY": self.aes_key,
            "KAOHE_WECOM_BASE_URL": self.base_url,
            "KAOHE_WECOM_LOGIN_URL": self.login_url,
        }

    @property
    def login_url(self) -> str:
        return f"{self.base_url}/connect/oauth2/authorize"

    # ------------------------------------------------------------------ people and groups

    async def person(
        self, userid: str, *, name: str = "", in_scope: bool = True, licensed: bool = True
    ) -> Person:
        """Somebody new in the enterprise, by default within the app's visible scope."""
        await self.do("add_person", user=userid, name=name, in_scope=in_scope, licensed=licensed)
        return Person(self, userid)

    def known(self, userid: str) -> Person:
        """A handle on a person added before."""
        return Person(self, userid)

    async def robot(self, key: str) -> str:
        """A group with a robot of this key."""
        made: str = await self.do("add_robot", key=key)
        return made

    async def group(self, robot: str) -> list[Seen]:
        return [seen(m) for m in await self.do("messages", robot=robot)]

    async def waits_in_group(
        self,
        robot: str,
        contains: str = "",
        *,
        count: int = 1,
        timeout: float = WAIT,  # noqa: ASYNC109
    ) -> list[Seen]:
        found = await self.do(
            "wait_message", robot=robot, contains=contains, count=count, timeout=timeout
        )
        return [seen(m) for m in found]

    # ------------------------------------------------------------------ looking and waiting

    async def calls(self, method: str = "*", **which: Any) -> list[CallSeen]:
        """`after` a number, of a `user`, only those `executed`, the last `limit`."""
        return [CallSeen(**c) for c in await self.do("calls", method=method, **which)]

    async def wait_calls(
        self,
        method: str = "*",
        *,
        count: int = 1,
        after: int = 0,
        executed: bool | None = None,
        timeout: float = WAIT,  # noqa: ASYNC109
    ) -> list[CallSeen]:
        found = await self.do(
            "wait_calls", method=method, count=count, after=after, executed=executed,
            timeout=timeout,
        )  # fmt: skip
        return [CallSeen(**c) for c in found]

    async def counts(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.do("counts")
        return found

    async def told(self, *, after: int = 0, state: str = "") -> list[ToldSeen]:
        """What the app was told, in all states or in one."""
        return [told_seen(t) for t in await self.do("told", after=after, state=state)]

    async def notes(self) -> list[str]:
        """What WeCom would have shown cut off; assert == []."""
        found: list[str] = await self.do("notes")
        return found

    async def faulty_replies(self) -> list[str]:
        found: list[str] = await self.do("faulty_replies")
        return found

    async def menu(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.do("menu")
        return found

    async def media(self, media_id: str) -> bytes:
        return base64.b64decode(await self.do("media", media_id=media_id))

    async def wait_idle(self, *, quiet: float = 0.15, timeout: float = 30.0) -> None:  # noqa: ASYNC109
        """Until all that was told is settled and no call has come for `quiet` seconds."""
        await self.do("wait_idle", quiet=quiet, timeout=timeout)

    # ------------------------------------------------------------------ console, trouble, time

    async def saves_url(self, url: str) -> str:
        """'' if WeCom's check of the address went well, else what was wrong."""
        fault: str = await self.do("saves_url", url=url)
        return fault

    async def set_url(self, url: str = "") -> None:
        """The address without a check."""
        await self.do("set_url", url=url)

    async def settings(self, **values: Any) -> None:
        """Fields of `tests.doubles.wecom.world.Settings`."""
        await self.do("settings", **values)

    async def seal(self, plain: str, **changed: str) -> dict[str, Any]:
        """`query` and `body` of a callback with this text, see `desk_troubling`."""
        found: dict[str, Any] = await self.do("seal", plain=plain, **changed)
        return found

    async def posts(
        self, *, query: dict[str, str], body: str, headers: dict[str, str] | None = None
    ) -> tuple[str, str]:
        """Anything at all to the app's address: status, or what broke, and the body."""
        found = await self.do("posts", query=query, body=body, headers=headers)
        return found["status"], found["body"]

    async def replays(self, number: int, **how: Any) -> dict[str, int]:
        """A recorded callback again, see `desk_troubling`; how often which status."""
        found: dict[str, int] = await self.do("replays", number=number, **how)
        return found


@contextlib.asynccontextmanager
async def child(*, port: int = 0) -> AsyncIterator[Control]:
    """The double as a child process that ends with this block, or with this process."""
    async with (
        launched("tests.doubles.wecom.api", "--port", str(port)) as line,
        Control(line["control_url"]) as control,
    ):
        yield control
