"""One person at a test's command; see `tests.doubles.client` for how they come about."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tests.doubles.seen import Answer, Pressed, Seen, seen

if TYPE_CHECKING:
    from tests.doubles.client import Control

WAIT = 10.0

# a file's bytes; or what `Control.keep` made of them; or only a size in bytes, not downloadable
Data = bytes | str | int


def _given(data: Data) -> dict[str, Any]:
    if isinstance(data, int):
        return {"size": data}
    if isinstance(data, str):
        return {"kept": data}
    return {"data": base64.b64encode(data).decode()}


class Person:
    """Somebody with a private chat to the bot; `chat=` names a group instead."""

    def __init__(self, control: Control, user: int) -> None:
        self.control = control
        self.id = user
        self.since = 0

    async def says(
        self, text: str, *, chat: int | None = None, reply_to: int | None = None, ago: float = 0.0
    ) -> int:
        """The id of the new message."""
        return self._done(
            await self._do("says", text=text, chat=chat, reply_to=reply_to, ago=ago), chat
        )

    async def starts(self, payload: str = "") -> int:
        """Presses Start, from a deep link if there is a payload."""
        return await self.says(f"/start {payload}".strip())

    async def _sends(self, kind: str, data: Data, *, chat: int | None = None, **more: Any) -> int:
        made = await self._do("sends", kind=kind, chat=chat, **_given(data), **more)
        return self._done(made, chat)

    async def sends_photo(
        self, data: Data, *, caption: str | None = None, chat: int | None = None
    ) -> int:
        return await self._sends("photo", data, caption=caption, chat=chat)

    async def sends_document(
        self,
        data: Data,
        *,
        name: str = "材料.pdf",
        mime: str | None = "application/pdf",
        caption: str | None = None,
        chat: int | None = None,
    ) -> int:
        return await self._sends(
            "document", data, name=name, mime=mime, caption=caption, chat=chat
        )

    async def sends_voice(self, data: Data, *, duration: int = 3) -> int:
        extra = {"duration": duration}
        return await self._sends("voice", data, mime="audio/ogg", extra=extra)

    async def sends_audio(self, data: Data, *, name: str = "录音.mp3") -> int:
        return await self._sends("audio", data, name=name, mime="audio/mpeg")

    async def sends_video(
        self, data: Data, *, name: str = "视频.mp4", caption: str | None = None
    ) -> int:
        return await self._sends("video", data, name=name, mime="video/mp4", caption=caption)

    async def sends_album(
        self,
        *items: tuple[str, Data],
        caption: str | None = None,
        names: Iterable[str] = (),
        pause: float = 0.0,
    ) -> list[int]:
        """Items are (kind, data), kind photo, video or document; the caption is on the first.

        `pause` seconds between the items, or `control.settings(batch=...)`, split the album.
        """
        named = [*names, *[None] * len(items)]
        given = [
            {"kind": kind, "name": named[n], **_given(data)}
            for n, (kind, data) in enumerate(items)
        ]
        made = await self._do("sends_album", items=given, caption=caption, pause=pause)
        return [self._done(m, None) for m in made]

    async def sends_contact(self, phone: str, first_name: str, user: int | None = None) -> int:
        contact: dict[str, Any] = {"phone_number": phone, "first_name": first_name}
        if user is not None:
            contact["user_id"] = user
        return await self.sends({"contact": contact})

    async def sends_location(self, latitude: float, longitude: float) -> int:
        return await self.sends({"location": {"latitude": latitude, "longitude": longitude}})

    async def sends(self, fields: dict[str, Any], *, chat: int | None = None) -> int:
        """Any content as the Bot API spells it, e.g. {"dice": {"emoji": "🎲", "value": 3}}."""
        return self._done(await self._do("sends_fields", fields=fields, chat=chat), chat)

    async def forwards(
        self, message_id: int, *, from_chat: int | None = None, hidden: bool = False
    ) -> int:
        """A message of another chat (the own one by default) into the own chat with the bot."""
        source = self.id if from_chat is None else from_chat
        return self._done(
            await self._do("forwards", message_id=message_id, from_chat=source, hidden=hidden),
            None,
        )

    async def edits(
        self, message_id: int, text: str | None = None, *, caption: str | None = None
    ) -> None:
        self.since = await self._do("edits", message_id=message_id, text=text, caption=caption)

    async def presses(
        self,
        button: str,
        message_id: int | None = None,
        *,
        forge: bool = False,
        chat: int | None = None,
    ) -> Pressed:
        """A button by its text or data, on the latest message that shows it or on the given one.

        `forge` sends `button` as data whatever is shown; `chat` may then be anybody's.
        """
        made = await self._do(
            "presses", button=button, message_id=message_id, forge=forge, chat=chat
        )
        if chat is None:
            self.since = made["version"]
        return Pressed(made["id"], made["message_id"])

    async def presses_again(self, press: Pressed) -> Pressed:
        """The client repeats a press it saw no answer to: a new query, a new update."""
        made = await self._do("presses_again", press=press.id)
        return Pressed(made["id"], made["message_id"])

    async def sees_answer(self, press: Pressed, *, timeout: float = WAIT) -> Answer:  # noqa: ASYNC109
        """Waits for the toast of a press."""
        return Answer(**await self.control.ask("wait_answer", press=press.id, timeout=timeout))

    async def answers(self) -> list[Answer]:
        """All toasts the person has seen, oldest first."""
        return [Answer(**p["answer"]) for p in await self._do("answers")]

    async def deletes(self, message_id: int) -> None:
        await self._do("deletes", message_id=message_id)

    async def blocks(self) -> None:
        await self._do("blocks")

    async def unblocks(self) -> None:
        await self._do("unblocks")

    async def deactivates(self) -> None:
        await self.control.do("deactivates", user=self.id)

    async def chat(self) -> list[Seen]:
        """The whole chat as it stands now."""
        view = await self.control.ask("chat", chat=self.id)
        return [seen(m) for m in view["messages"]]

    async def around(self) -> dict[str, Any]:
        """What stands around the messages: reply_keyboard, pinned, action, bot_status."""
        view: dict[str, Any] = await self.control.ask("chat", chat=self.id)
        del view["messages"]
        return view

    async def hears(self) -> list[Seen]:
        """What the bot sent or edited since the person's last action."""
        found = await self.control.ask("messages", chat=self.id, since=self.since, out=True)
        return [seen(m) for m in found]

    async def waits_for(
        self,
        contains: str = "",
        *,
        after_id: int = 0,
        since: int | None = None,
        timeout: float = WAIT,  # noqa: ASYNC109
    ) -> Seen:
        """The first message with these words (in text, caption, file name or a button) that the
        bot sent or edited since the person's last action, or since version `since`."""
        found = await self.control.ask(
            "wait_message",
            chat=self.id,
            contains=contains,
            after_id=after_id,
            since=self.since if since is None else since,
            timeout=timeout,
        )
        return seen(found[0])

    async def waits_for_count(
        self,
        count: int,
        contains: str = "",
        *,
        timeout: float = WAIT,  # noqa: ASYNC109
    ) -> list[Seen]:
        found = await self.control.ask(
            "wait_message", chat=self.id, contains=contains, since=self.since, count=count,
            timeout=timeout,
        )  # fmt: skip
        return [seen(m) for m in found]

    async def menu(self) -> list[str]:
        """The commands the client lists for this person."""
        return [c["command"] for c in await self._do("menu")]

    async def _do(self, operation: str, **arguments: Any) -> Any:
        return await self.control.ask(operation, user=self.id, **arguments)

    def _done(self, made: dict[str, Any], chat: int | None) -> int:
        if chat is None:
            self.since = made["version"]
        return int(made["id"])
