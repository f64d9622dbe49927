"""Liaisons on WeCom's self-built app, the real program behind a balancer, and what the double has
recorded of it.

How fast liaisons are answered is not what is tried here: they type faster than WeCom lets an app
answer, so the program keeps no pace for them, and the double drops nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.doubles.seen import CallSeen
from tests.doubles.wecom.client import Control, child
from tests.doubles.wecom.seen import ToldSeen
from tests.e2e.balancer import balancing
from tests.e2e.ground import NAMES, enrol, founded_in
from tests.e2e.history import Finding, Meant, Told, held_against
from tests.e2e.on_wecom_app import OnWecomApp
from tests.e2e.settled import Settled
from tests.e2e.wecom_ground import (
    WecomGround,
    WecomLiaison,
    WecomRecord,
    card_says,
    keys_in,
    reads,
)
from tests.support.program import Program

SIGNS = re.compile(r"\*\*|`|^> |</?a[^>]*>", re.MULTILINE)
TAKEN_WITHIN = 60.0


@dataclass(slots=True)
class AppHands:
    """What is pushed again after a failure may be overtaken by what came later. Whoever is told of
    no arrival, because WeCom has given up, does it again."""

    chat: OnWecomApp
    database_url: str
    in_order: bool = False
    _under_way: list[tuple[int, Callable[[], Awaitable[int]]]] = field(default_factory=list)

    async def says(self, text: str) -> None:
        await self._does(lambda: self.chat.person.says(text))

    async def presses(self, label: str) -> None:
        await self.chat.presses(label)

    async def gives_document(self, content: bytes) -> int:
        await self._does(lambda: self.chat.person.sends_file(content))
        return 1

    async def gives_pictures(self, *contents: bytes) -> int:
        for content in contents:
            await self._does(partial(self.chat.person.sends_image, content))
        return len(contents)

    async def handed_over(self) -> None:
        while self._under_way:
            number, act = self._under_way[0]
            told = await self.chat.person.sees_told(number, timeout=TAKEN_WITHIN)
            if told.state != "taken" and key_of(told) not in keys_in(self.database_url):
                self._under_way.append((await act(), act))
            self._under_way.pop(0)

    async def sees(self, words: str, patience: float) -> str:
        found = await self.chat.waits_for(words, patience)
        self._under_way.clear()  # answered
        return found.text

    async def _does(self, act: Callable[[], Awaitable[int]]) -> None:
        self._under_way.append((await act(), act))


@dataclass(slots=True)
class AppGround(WecomGround[Control, AppHands]):
    async def examine(self, meant: list[Meant]) -> Finding:
        """After the program's end."""
        record = await AppRecord.of(self)
        return held_against(record, meant, database_url=self.database_url, files=self.files)


@asynccontextmanager
async def app_installed(
    folder: Path,
    *,
    database_url: str = "",
    environment: dict[str, str] | None = None,
    **settings: Any,
) -> AsyncIterator[AppGround]:
    """Founded, without people, not started; `settings` are the double's."""
    running: list[Program] = []
    async with (
        child() as control,
        balancing(lambda: [each.port for each in running]) as balancer,
        Program(
            folder,
            database_url=database_url,
            environment=control.environment()
            | {"KAOHE_PUBLIC_URL": balancer.url}
            | (environment or {}),
        ) as program,
    ):
        running.append(program)
        await control.settings(**settings)
        await control.set_url(f"{balancer.url}/wecom")
        await founded_in(program, database_url)
        url = database_url or f"sqlite:///{program.data / 'kaohe.sqlite'}"
        yield AppGround(control, program, url, [])


@asynccontextmanager
async def app_grounded(
    folder: Path, *, liaisons: int = 6, database_url: str = "", **settings: Any
) -> AsyncIterator[AppGround]:
    """With people, and without a pace."""
    async with app_installed(
        folder, database_url=database_url, limits=False, **settings
    ) as ground:
        ground.program.environment["KAOHE_WECOM_RATE"] = "1000"
        control, url = ground.control, ground.database_url
        judge = await control.person("ZhouLaoShi", name="周老师")
        chats = [await OnWecomApp.joins(control, name, Settled(url)) for name in NAMES[:liaisons]]
        enrolled = enrol(
            url,
            channel="wecom_app",
            liaisons=[each.person.id.lower() for each in chats],
            evaluator=judge.id.lower(),
        )
        ground.liaisons += [
            WecomLiaison(AppHands(chat, url), *ids)
            for chat, ids in zip(chats, enrolled, strict=True)
        ]
        yield ground


# ---------------------------------------------------------------- what the double has recorded


def key_of(told: ToldSeen) -> str:
    """A message's own key in the inbox; of an event the beginning of it."""
    if (number := _element(told, "MsgId")) is not None:
        return f"wa:{_element(told, 'AgentID')}:{number}"
    sender, when = told.user.lower(), _element(told, "CreateTime")
    return f"wa:{_element(told, 'AgentID')}:{sender}:{when}:"


def _element(told: ToldSeen, name: str) -> str | None:
    found = re.search(rf"<{name}>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</{name}>", told.plain, re.DOTALL)
    return found[1] if found else None


def _event(told: ToldSeen) -> tuple[str, ...]:
    """By what WeCom's documents tell one event from another, and which choice was made."""
    names = ("FromUserName", "CreateTime", "Event", "EventKey", "TaskId", "OptionId")
    return tuple(_element(told, name) or "" for name in names)


@dataclass(frozen=True, slots=True)
class AppRecord(WecomRecord):
    told: list[ToldSeen]

    @classmethod
    async def of(cls, ground: AppGround) -> AppRecord:
        calls = {
            each.number: each for each in await ground.control.calls("message/*", limit=20_000)
        }
        shown: Counter[Told] = Counter()
        stands: dict[str, set[str]] = {}
        for liaison in ground.liaisons:
            person = liaison.hands.chat.person
            account = person.id.lower()
            seen = [message for message in await person.chat() if message.out]
            shown.update((account, text) for m in seen for text in _sent(calls[m.call]))
            stands[account] = {reads(shown_.text) for shown_ in await liaison.hands.chat.chat()}
        for call in calls.values():
            if call.method == "message/update_template_card" and call.executed:
                shown.update(
                    (account, text) for account in call.params["userids"] for text in _sent(call)
                )
        return cls(shown, stands, await ground.control.told())

    def keys(self, got: set[str]) -> Iterator[tuple[str, str]]:
        """All that was answered 200 is there, and nothing but what was told; what WeCom has given
        up may have been committed."""
        ours = {key for key in got if key.startswith("wa:")}
        messages = [each for each in self.told if _element(each, "MsgId") is not None]
        for each in messages:
            if each.state == "taken" and key_of(each) not in ours:
                yield "lost", f"{each.kind} {key_of(each)}"
        events: dict[str, dict[tuple[str, ...], bool]] = {}
        for each in self.told:
            if _element(each, "MsgId") is None:
                alike = events.setdefault(key_of(each), {})
                alike[_event(each)] = alike.get(_event(each), False) or each.state == "taken"
        left = ours - {key_of(each) for each in messages}
        for beginning, alike in events.items():
            found = {key for key in left if key.startswith(beginning)}
            left -= found
            if len(found) < sum(alike.values()):
                yield "lost", f"{sum(alike.values()) - len(found)} events {beginning}"
            if len(found) > len(alike):
                yield "duplicated", f"{len(found)} effects of {len(alike)} events {beginning}"
        yield from (("unexpected", f"key {key}") for key in sorted(left))

    def recovered(self, got: set[str]) -> int:
        """Those that were taken at a repetition only."""
        return sum(each.state == "taken" and len(each.tries) > 1 for each in self.told)


def _sent(call: CallSeen) -> list[str]:
    """What a call's message says, [] for a file and for what only belongs to another message."""
    body = call.params
    if "template_card" in body:
        return card_says(body["template_card"])
    content = body.get(body.get("msgtype", ""), {}).get("content")
    return [reads(SIGNS.sub("", content))] if content else []
