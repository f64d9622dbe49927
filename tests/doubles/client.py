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

import asyncio
import base64
import contextlib
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp
import orjson

from tests.doubles.people import NotPossible

ROOT = Path(__file__).resolve().parents[2]
WAIT = 10.0


@dataclass(frozen=True, slots=True)
class Button:
    text: str
    data: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class FileSeen:
    name: str | None
    mime: str | None
    size: int
    sha256: str
    file_id: str
    unique_id: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One message as the client shows it now. `out`: sent by the bot. `version` grows with every
    change in the chat."""

    id: int
    out: bool
    kind: str
    text: str
    html: str
    buttons: tuple[tuple[Button, ...], ...]
    file: FileSeen | None
    edited: bool
    date: int
    reply_to: int | None
    album: str | None
    forward_origin: dict[str, Any] | None
    silent: bool
    reaction: tuple[str, ...]
    from_id: int | None
    version: int

    @property
    def rows(self) -> list[list[str]]:
        """The keyboard as words."""
        return [[b.text for b in row] for row in self.buttons]


@dataclass(frozen=True, slots=True)
class Pressed:
    id: str
    message_id: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the presser saw: a toast, or a box with `show_alert`."""

    text: str
    show_alert: bool
    url: str | None = None


@dataclass(frozen=True, slots=True)
class CallSeen:
    number: int
    method: str
    params: dict[str, Any]
    at: float
    outcome: str
    executed: bool
    error: str | None
    took: float
    via: str


def seen(view: dict[str, Any]) -> Seen:
    rows = tuple(tuple(Button(**b) for b in row) for row in view.pop("buttons"))
    attached = view.pop("file")
    reaction = tuple(view.pop("reaction"))
    return Seen(
        **view,
        buttons=rows,
        file=FileSeen(**attached) if attached else None,
        reaction=reaction,
    )


class Control:
    """One bot's double over HTTP. `bot` chooses a token where the double has several."""

    def __init__(self, url: str, bot: str | None = None) -> None:
        self.url = url
        self.bot = bot
        self.base_url = ""
        self.base_file_url = ""
        self.token = bot or ""
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
        )
        about = await self.do("about")
        self.base_url, self.base_file_url = about["base_url"], about["base_file_url"]
        self.token = self.bot or about["tokens"][0]
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def do(self, operation: str, **arguments: Any) -> Any:
        """Any operation of `tests.doubles.desk.Desk`."""
        return await self._post(operation, arguments)

    async def do_all(self, operations: Iterable[tuple[str, dict[str, Any]]]) -> list[Any]:
        """Many operations in one request, in order; for injecting hundreds of updates."""
        result: list[Any] = await self._post("batch", list(operations))
        return result

    async def _post(self, operation: str, arguments: Any) -> Any:
        if self._session is None:
            raise RuntimeError("use `async with Control(...)`")
        async with self._session.post(
            f"{self.url}/control/{operation}", data=orjson.dumps(arguments)
        ) as answer:
            given = orjson.loads(await answer.read())
        if given["ok"]:
            return given["result"]
        if answer.status == 408:
            raise TimeoutError(given["error"])
        raise NotPossible(given["error"])

    async def _do(self, operation: str, **arguments: Any) -> Any:
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
        made = await self._do(
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
        made: int = await self._do(
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
        found = await self._do(
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
        found = await self._do(
            "wait_calls", method=method, count=count, after=after, timeout=timeout
        )
        return [CallSeen(**c) for c in found]

    async def counts(self) -> dict[str, Any]:
        found: dict[str, Any] = await self._do("counts")
        return found

    async def pending(self) -> list[int]:
        found: list[int] = await self._do("pending")
        return found

    async def bugs(self) -> list[str]:
        """Failures inside the double; assert == [] at the end of a test with a child."""
        found: list[str] = await self._post("bugs", {})
        return found

    async def wait_idle(self, *, quiet: float = 0.15, timeout: float = 30.0) -> None:  # noqa: ASYNC109
        """Until all updates are confirmed and no call has come for `quiet` seconds."""
        await self._do("wait_idle", quiet=quiet, timeout=timeout)

    async def file(self, file_id: str) -> bytes:
        return base64.b64decode(await self._do("file", file_id=file_id))

    async def group_messages(self, chat: int, *, since: int = 0) -> list[Seen]:
        return [seen(m) for m in await self._do("messages", chat=chat, since=since)]

    # ------------------------------------------------------------------ trouble and time

    async def fault(self, kind: str, method: str = "*", **order: Any) -> int:
        """See `tests.doubles.faults`. By default the next fitting call is hit, once."""
        number: int = await self._post("fault", {"kind": kind, "method": method, **order})
        return number

    async def cancel_faults(self, number: int | None = None) -> None:
        await self._post("cancel_fault", {"number": number})

    async def fault_hits(self, number: int) -> int:
        return int((await self._post("faults", {}))[str(number)])

    async def refuse(self, seconds: float) -> None:
        """The Bot API's listener closes for so long; every open connection is reset."""
        await self._post("refuse", {"seconds": seconds})

    async def limits(self, mode: str, *, window: float = 1.0, lockout: float = 1.0) -> None:
        await self._do("limits", mode=mode, window=window, lockout=lockout)

    async def settings(self, **numbers: float) -> None:
        """scale, latency, answer_seconds, webhook_timeout, *_limit, batch, log_polls."""
        await self._do("settings", **numbers)

    async def clock(
        self, *, to: float | None = None, advance: float = 0.0, frozen: bool | None = None
    ) -> float:
        """Telegram's clock as unix time; returns what it shows now."""
        given: dict[str, Any] = {"advance": advance, "set": to, "frozen": frozen}
        shown: float = await self._post("clock", {k: v for k, v in given.items() if v is not None})
        return shown

    async def inject(
        self, *payloads: dict[str, Any] | str, once: bool = False, key: int = 0
    ) -> list[int]:
        """Updates as objects, or byte for byte as strings (`{update_id}` is filled in)."""
        raw = any(isinstance(p, str) for p in payloads)
        made: list[int] = await self._do(
            "inject", payloads=list(payloads), raw=raw, once=once, key=key
        )
        return made

    async def revoke(self, *, revoked: bool = True) -> None:
        await self._do("revoke", revoked=revoked)


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

    async def _sends(
        self, kind: str, data: bytes | None, *, chat: int | None = None, **more: Any
    ) -> int:
        content = None if data is None else base64.b64encode(data).decode()
        made = await self._do("sends", kind=kind, data=content, chat=chat, **more)
        return self._done(made, chat)

    async def sends_photo(
        self, data: bytes, *, caption: str | None = None, chat: int | None = None
    ) -> int:
        return await self._sends("photo", data, caption=caption, chat=chat)

    async def sends_document(
        self,
        data: bytes | None,
        *,
        name: str = "材料.pdf",
        mime: str | None = "application/pdf",
        size: int | None = None,
        caption: str | None = None,
        chat: int | None = None,
    ) -> int:
        """`data` None and a `size`: a file too big to be worth making."""
        return await self._sends(
            "document", data, name=name, mime=mime, size=size, caption=caption, chat=chat
        )

    async def sends_voice(self, data: bytes, *, duration: int = 3) -> int:
        extra = {"duration": duration}
        return await self._sends("voice", data, mime="audio/ogg", extra=extra)

    async def sends_audio(self, data: bytes, *, name: str = "录音.mp3") -> int:
        return await self._sends("audio", data, name=name, mime="audio/mpeg")

    async def sends_video(
        self, data: bytes, *, name: str = "视频.mp4", caption: str | None = None
    ) -> int:
        return await self._sends("video", data, name=name, mime="video/mp4", caption=caption)

    async def sends_album(
        self,
        *items: tuple[str, bytes],
        caption: str | None = None,
        names: Iterable[str] = (),
        pause: float = 0.0,
    ) -> list[int]:
        """Items are (kind, data), kind photo, video or document; the caption is on the first."""
        named = [*names, *[None] * len(items)]
        given = [
            {"kind": kind, "data": base64.b64encode(data).decode(), "name": named[n]}
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
        return Answer(**await self.control._do("wait_answer", press=press.id, timeout=timeout))

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
        await self.control._post("deactivates", {"user": self.id})

    async def chat(self) -> list[Seen]:
        """The whole chat as it stands now."""
        view = await self.control._do("chat", chat=self.id)
        return [seen(m) for m in view["messages"]]

    async def around(self) -> dict[str, Any]:
        """What stands around the messages: reply_keyboard, pinned, action, bot_status."""
        view: dict[str, Any] = await self.control._do("chat", chat=self.id)
        del view["messages"]
        return view

    async def hears(self) -> list[Seen]:
        """What the bot sent or edited since the person's last action."""
        found = await self.control._do("messages", chat=self.id, since=self.since, out=True)
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
        found = await self.control._do(
            "wait_message",
            chat=self.id,
            contains=contains,
            after_id=after_id,
            since=self.since if since is None else since,
            timeout=timeout,
        )
        return seen(found[0])

    async def waits_for_count(
        self, count: int, contains: str = "", *, timeout: float = WAIT
    ) -> list[Seen]:  # noqa: ASYNC109, E501
        found = await self.control._do(
            "wait_message", chat=self.id, contains=contains, since=self.since, count=count,
            timeout=timeout,
        )  # fmt: skip
        return [seen(m) for m in found]

    async def menu(self) -> list[str]:
        """The commands the client lists for this person."""
        return [c["command"] for c in await self._do("menu")]

    async def _do(self, operation: str, **arguments: Any) -> Any:
        return await self.control._do(operation, user=self.id, **arguments)

    def _done(self, made: dict[str, Any], chat: int | None) -> int:
        if chat is None:
            self.since = made["version"]
        return int(made["id"])


@contextlib.asynccontextmanager
async def child(
    *tokens: str, limits: str = "off", scale: float = 1.0, port: int = 0
) -> AsyncIterator[Control]:
    """The double as a child process that ends with this block, or with this process."""
    arguments = ["-m", "tests.doubles.botapi", "--with-parent", "--limits", limits]
    arguments += ["--scale", str(scale), "--port", str(port)]
    for token in tokens:
        arguments += ["--token", token]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        if process.stdout is None:
            raise RuntimeError("no output of the double")
        line = orjson.loads(await process.stdout.readline())
        async with Control(line["control_url"]) as control:
            yield control
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()
