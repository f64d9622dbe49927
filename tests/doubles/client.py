"""The test's hand on the double: people who write and press, what they see, faults, clock, waits.

    async with child(limits="burst") as control:          # the double as a process of its own
        start_the_bot(control.base_url, control.base_file_url, control.token)
        li = await control.person("李倩")
        await li.says("/start")
        card = await li.waits_for("请选择")
        await li.presses("提交佐证")                        # the latest message with that button
        await li.waits_for("请发送")
        assert [m.text for m in await li.hears()] == [...]

`waits_for` and `hears` look at what the bot sent or edited since the person's own last action.
With `BotApi` in process, `Control(api.control_url)` gives the very same. A wait that runs out
raises `TimeoutError` with the end of the chat; an impossible action raises `NotPossible`.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Self

from tests.doubles.hand import Hand, launched
from tests.doubles.person import WAIT, Person
from tests.doubles.seen import CallSeen, Seen, seen


class Control(Hand):
    """One bot's double over HTTP. `bot` chooses a token where the double has several."""

    def __init__(self, url: str, bot: str | None = None) -> None:
        super().__init__(url)
        self.bot = bot
        self.base_url = ""
        self.base_file_url = ""
        self.token = bot or ""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        about = await self.do("about")
        self.base_url, self.base_file_url = about["base_url"], about["base_file_url"]
        self.token = self.bot or about["tokens"][0]
        return self

    async def ask(self, operation: str, **arguments: Any) -> Any:
        """The same for this bot; arguments that are None are left out."""
        given = {k: v for k, v in arguments.items() if v is not None}
        if self.bot is not None:
            given["bot"] = self.bot
        return await self._post(operation, given)

    # ------------------------------------------------------------------ people

    async def person(
        self,
        first_name: str = "某某",
        *,
        user: int | None = None,
        contact: str = "none",
        username: str | None = None,
        language_code: str | None = None,
    ) -> Person:
        """Somebody new. `contact` is none, seen or started: what the bot knows already."""
        made = await self.ask(
            "add_person",
            first_name=first_name,
            user=user,
            contact=contact,
            username=username,
            language_code=language_code,
        )
        return Person(self, made)

    def known(self, user: int) -> Person:
        """A handle on a person added before."""
        return Person(self, user)

    async def group(self, chat: int, *members: Person, title: str = "考核群") -> int:
        made: int = await self.ask(
            "add_group", chat=chat, title=title, members=[m.id for m in members]
        )
        return made

    # ------------------------------------------------------------------ looking and waiting

    async def calls(
        self,
        method: str = "*",
        *,
        chat_id: int | None = None,
        after: int = 0,
        executed: bool | None = None,
    ) -> list[CallSeen]:
        found = await self.ask(
            "calls", method=method, chat_id=chat_id, after=after, executed=executed
        )
        return [CallSeen(**c) for c in found]

    async def wait_calls(
        self,
        method: str = "*",
        *,
        count: int = 1,
        after: int = 0,
        timeout: float = WAIT,  # noqa: ASYNC109
    ) -> list[CallSeen]:
        found = await self.ask(
            "wait_calls", method=method, count=count, after=after, timeout=timeout
        )
        return [CallSeen(**c) for c in found]

    async def counts(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.ask("counts")
        return found

    async def pending(self) -> list[int]:
        found: list[int] = await self.ask("pending")
        return found

    async def wait_idle(self, *, quiet: float = 0.15, timeout: float = 30.0) -> None:  # noqa: ASYNC109
        """Until all updates are confirmed and no call has come for `quiet` seconds."""
        await self.ask("wait_idle", quiet=quiet, timeout=timeout)

    async def file(self, file_id: str) -> bytes:
        return base64.b64decode(await self.ask("file", file_id=file_id))

    async def keep(self, data: bytes) -> str:
        """Uploads content once; people send it by the name returned, as often as they like."""
        name: str = await self.ask("keep", data=base64.b64encode(data).decode())
        return name

    async def group_messages(self, chat: int, *, since: int = 0) -> list[Seen]:
        return [seen(m) for m in await self.ask("messages", chat=chat, since=since)]

    # ------------------------------------------------------------------ trouble and time

    async def limits(self, mode: str, *, window: float = 1.0, lockout: float = 1.0) -> None:
        await self.ask("limits", mode=mode, window=window, lockout=lockout)

    async def settings(self, **numbers: float) -> None:
        """scale, latency, answer_seconds, webhook_timeout, *_limit, batch, log_polls."""
        await self.ask("settings", **numbers)

    async def inject(
        self, *payloads: dict[str, Any] | str, once: bool = False, key: int = 0
    ) -> list[int]:
        """Updates as objects, or byte for byte as strings (`{update_id}` is filled in)."""
        raw = any(isinstance(p, str) for p in payloads)
        made: list[int] = await self.ask(
            "inject", payloads=list(payloads), raw=raw, once=once, key=key
        )
        return made

    async def revoke(self, *, revoked: bool = True) -> None:
        await self.ask("revoke", revoked=revoked)


@contextlib.asynccontextmanager
async def child(
    *tokens: str, limits: str = "off", scale: float = 1.0, port: int = 0
) -> AsyncIterator[Control]:
    """The double as a child process that ends with this block, or with this process."""
    arguments = ["--limits", limits, "--scale", str(scale), "--port", str(port)]
    for token in tokens:
        arguments += ["--token", token]
    async with (
        launched("tests.doubles.botapi", *arguments) as line,
        Control(line["control_url"]) as control,
    ):
        yield control
