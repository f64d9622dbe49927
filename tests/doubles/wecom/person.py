"""One member at a test's command; see `tests.doubles.wecom.client` for how they come about."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.doubles.wecom.seen import Seen, ToldSeen, seen, told_seen

if TYPE_CHECKING:
    from tests.doubles.wecom.client import Control

WAIT = 10.0


class Person:
    """What is done returns the number under which the app is told of it (`sees_told`)."""

    def __init__(self, control: Control, userid: str) -> None:
        self.control = control
        self.id = userid
        self.since = 0

    async def says(self, text: str) -> int:
        return await self._do("says", text=text)

    async def sends_image(self, data: bytes, *, name: str = "图片.jpg") -> int:
        return await self._sends("image", data, name=name)

    async def sends_voice(self, data: bytes) -> int:
        return await self._sends("voice", data, name="语音.amr")

    async def sends_video(self, data: bytes, *, name: str = "视频.mp4") -> int:
        return await self._sends("video", data, name=name)

    async def sends_file(
        self, data: bytes, *, name: str = "材料.pdf", as_text: bool = False
    ) -> int:
        """`as_text`: the app gets the file's name as a text and nothing else, as was seen too."""
        return await self._sends("file", data, name=name, as_text=as_text)

    async def _sends(self, kind: str, data: bytes, **more: Any) -> int:
        return await self._do("sends", kind=kind, data=base64.b64encode(data).decode(), **more)

    async def sends_location(self, label: str, *, x: str = "31.405", y: str = "121.489") -> int:
        fields = [("Location_X", x), ("Location_Y", y), ("Scale", 15), ("Label", label),
                  ("AppType", "wxwork")]  # fmt: skip
        return await self._do("sends_fields", kind="location", fields=fields)

    async def sends_link(self, title: str, url: str, *, description: str = "") -> int:
        fields = [("Title", title), ("Description", description), ("Url", url), ("PicUrl", "")]
        return await self._do("sends_fields", kind="link", fields=fields)

    async def sends_fields(self, kind: str, fields: Sequence[tuple[str, Any]]) -> int:
        """A message of any kind with these elements of XML."""
        return await self._do("sends_fields", kind=kind, fields=list(fields))

    async def tells_event(
        self, event: str, fields: Sequence[tuple[str, Any]] = (("EventKey", ""),)
    ) -> int:
        return await self._do("tells_event", event=event, fields=list(fields))

    async def opens_app(self) -> int:
        return await self._do("opens_app")

    async def clicks_menu(self, label: str) -> int:
        return await self._do("clicks_menu", label=label)

    async def presses(
        self, label: str, message_id: int | None = None, *, chosen: Sequence[str] = ()
    ) -> int:
        """A button by its text or key on the latest card that has it; or an option, which is
        chosen and submitted; with `chosen` several options, and the submit button `label`."""
        more: dict[str, Any] = {"chosen": list(chosen)}
        if message_id is not None:
            more["message_id"] = message_id
        return await self._do("presses", label=label, **more)

    async def presses_again(self, press: int) -> int:
        """The same press once more, with a fresh ResponseCode."""
        return await self._do("presses_again", press=press)

    async def presses_corner(self, label: str) -> int:
        return await self._do("presses_corner", label=label)

    async def forges(
        self, key: str, *, task_id: str = "forged", selected: Sequence[str] = ()
    ) -> int:
        """A press on a card that is not there, with any key."""
        return await self._do("forges", key=key, task_id=task_id, selected=list(selected))

    async def leaves(self, *, corp: bool = False) -> int:
        """Out of the app's visible scope, or out of the enterprise."""
        return await self._do("leaves", corp=corp)

    async def enters_scope(self) -> int:
        return await self._do("enters_scope")

    async def follows(self, login: str) -> str:
        """Opens the login page in the client; where it sends the member on, '' if nowhere."""
        headers = {"X-Visitor": self.id}
        async with (
            aiohttp.ClientSession() as session,
            session.get(login, headers=headers, allow_redirects=False) as answer,
        ):
            return answer.headers.get("Location", "")

    # ------------------------------------------------------------------ seeing

    async def chat(self) -> list[Seen]:
        """The whole chat as it stands now."""
        return [seen(m) for m in await self.control.do("messages", user=self.id)]

    async def hears(self) -> list[Seen]:
        """What the app sent or changed since the person's last act."""
        found = await self.control.do("messages", user=self.id, since=self.since)
        return [seen(m) for m in found if m["out"]]

    async def said(self) -> list[str]:
        """Every text that was ever shown, also what was changed since."""
        found: list[str] = await self.control.do("said", user=self.id)
        return found

    async def waits_for(
        self,
        contains: str = "",
        *,
        since: int | None = None,
        timeout: float = WAIT,  # noqa: ASYNC109
    ) -> Seen:
        """The first message with these words (in text, card, button or file name) that the app
        sent or changed since the person's last act, or since version `since`."""
        return (await self._waits(1, contains, since, timeout))[0]

    async def waits_for_count(
        self,
        count: int,
        contains: str = "",
        *,
        since: int | None = None,
        timeout: float = WAIT,  # noqa: ASYNC109
    ) -> list[Seen]:
        return await self._waits(count, contains, since, timeout)

    async def _waits(
        self,
        count: int,
        contains: str,
        since: int | None,
        timeout: float,  # noqa: ASYNC109
    ) -> list[Seen]:
        found = await self.control.do(
            "wait_message", user=self.id, contains=contains, count=count, timeout=timeout,
            since=self.since if since is None else since,
        )  # fmt: skip
        return [seen(m) for m in found]

    async def sees_told(self, number: int, *, tries: int = 0, timeout: float = WAIT) -> ToldSeen:  # noqa: ASYNC109
        """Waits until the app has taken it, or WeCom has given up (or so many `tries`)."""
        found = await self.control.do("wait_told", number=number, tries=tries, timeout=timeout)
        return told_seen(found)

    async def dropped(self) -> int:
        """How many messages vanished beyond the limits."""
        return int(await self.control.do("dropped", user=self.id))

    async def _do(self, operation: str, **arguments: Any) -> int:
        made = await self.control.do(operation, user=self.id, **arguments)
        self.since = made["version"]
        return int(made["told"])
