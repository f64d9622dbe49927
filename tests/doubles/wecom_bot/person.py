"""One person at a test's command; see `tests.doubles.wecom_bot.client` for how they come about."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tests.doubles.wecom_bot.seen import Seen, seen

if TYPE_CHECKING:
    from tests.doubles.wecom_bot.client import Control

WAIT = 10.0
Data = bytes | int  # a file's bytes, or only how many


class Person:
    """Somebody of the enterprise; `group=` names a group in which they write to the bot."""

    def __init__(self, control: Control, userid: str) -> None:
        self.control = control
        self.userid = userid
        self.since = 0

    async def shown_id(self) -> str:
        """What the bot takes this person to be called."""
        return str(await self.control.do("shown_id", userid=self.userid))

    async def says(self, text: str, *, group: str | None = None, quoted: int | None = None) -> int:
        """The id of the new message; `quoted` is that of another."""
        return self._done(await self._do("says", text=text, group=group, quoted=quoted), group)

    async def sends_voice(self, text: str) -> int:
        """The bot gets the words only."""
        return self._done(await self._do("speaks", text=text))

    async def sends_image(self, data: Data, *, name: str = "", disposition: str = "none") -> int:
        return await self._sends("image", name, data, disposition=disposition)

    async def sends_video(self, data: Data, *, name: str = "视频.mp4") -> int:
        return await self._sends("video", name, data)

    async def sends_file(
        self,
        data: Data,
        *,
        name: str = "材料.pdf",
        disposition: str = "star",
        wrong_key: bool = False,
    ) -> int:
        """`disposition`: how the download is named, see `tests.doubles.wecom_bot.offers`."""
        return await self._sends("file", name, data, disposition=disposition, wrong_key=wrong_key)

    async def _sends(self, kind: str, name: str, data: Data, **more: Any) -> int:
        if isinstance(data, bytes):
            more["data"] = base64.b64encode(data).decode()
        else:
            more["size"] = data
        return self._done(await self._do("sends", kind=kind, name=name, **more))

    async def sends_mixed(self, *items: str | bytes, group: str | None = None) -> int:
        """Texts and pictures in one message."""
        given = [
            {"text": each}
            if isinstance(each, str)
            else {"name": "", "data": base64.b64encode(each).decode()}
            for each in items
        ]
        return self._done(await self._do("sends_mixed", items=given, group=group), group)

    async def opens_chat(self) -> bool:
        """Whether the bot was told, which it is once a day."""
        told: bool = await self._do("opens_chat")
        return told

    async def presses(
        self, *labels: str, message_id: int | None = None, group: str | None = None
    ) -> int:
        """A button, or choices of one card which are then submitted: by label, or by key or id. On
        the latest card that has them; the id of its message."""
        made = await self._do("presses", labels=list(labels), message_id=message_id, group=group)
        if group is None:
            self.since = made["version"]
        return int(made["id"])

    async def forges(self, key: str, *, task_id: str = "", **event: Any) -> None:
        """A press on a card as no client sends it."""
        given = {"card_type": "button_interaction", "event_key": key, "task_id": task_id, **event}
        await self._do("forges", event=given)

    async def gives_feedback(self, kind: int, words: str = "") -> None:
        await self._do("gives_feedback", kind=kind, words=words)

    async def leaves(self) -> None:
        await self._do("leaves")

    async def returns(self) -> None:
        await self._do("leaves", left=False)

    # ------------------------------------------------------------------ seeing

    async def chat(self) -> list[Seen]:
        """The whole conversation as it stands now."""
        return [seen(each) for each in await self.control.do("messages", chat=self.userid)]

    async def said(self) -> list[str]:
        """Every text that the bot ever showed here, also what was changed since."""
        found: list[str] = await self.control.do("said", chat=self.userid)
        return found

    async def hears(self) -> list[Seen]:
        """What the bot sent or changed since the person's last act."""
        found = await self.control.do("messages", chat=self.userid, since=self.since, out=True)
        return [seen(each) for each in found]

    async def waits_for(
        self,
        contains: str = "",
        *,
        since: int | None = None,
        timeout: float = WAIT,  # noqa: ASYNC109
    ) -> Seen:
        """The first message with these words (in text, a label or a file's name) that the bot sent
        or changed since the person's last act, or since version `since`."""
        return (await self.waits_for_count(1, contains, since=since, timeout=timeout))[0]

    async def waits_for_count(
        self,
        count: int,
        contains: str = "",
        *,
        since: int | None = None,
        timeout: float = WAIT,  # noqa: ASYNC109
    ) -> list[Seen]:
        found = await self.control.do(
            "wait_message", chat=self.userid, contains=contains, count=count, timeout=timeout,
            since=self.since if since is None else since,
        )  # fmt: skip
        return [seen(each) for each in found]

    async def file(self, message_id: int, index: int = 0) -> bytes:
        return await self.control.file(self.userid, message_id, index)

    async def _do(self, operation: str, **arguments: Any) -> Any:
        given = {key: value for key, value in arguments.items() if value is not None}
        return await self.control.do(operation, userid=self.userid, **given)

    def _done(self, made: dict[str, Any], group: str | None = None) -> int:
        if group is None:
            self.since = made["version"]
        return int(made["id"])
