"""Liaisons on WeCom's AI bot, the real program, and what the double has recorded of both.

WeCom offers nothing twice there: what has reached a connection and was not committed when the
program died is lost, and whoever gets no answer says it again. How fast they are answered is not
what is tried here (see `tests.e2e.app_ground`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from templates import wecom_words as words
from tests.doubles.wecom_bot import markdown
from tests.doubles.wecom_bot.client import Control, child
from tests.doubles.wecom_bot.seen import FrameSeen
from tests.e2e.ground import NAMES, enrol, founded_in
from tests.e2e.history import Finding, Meant, Told, held_against
from tests.e2e.on_wecom_bot import OnWecomBot
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

LOOK = 0.1  # seconds between two looks into the inbox
HANDED_OVER_WITHIN = 60.0
MESSAGE = "aibot_msg_callback"
SETTLED = (words.CHOSEN.format(""), words.DONE)


@dataclass(slots=True)
class BotHands:
    """What is lost on its way is done again; `lost` counts that."""

    chat: OnWecomBot
    database_url: str
    in_order: bool = False
    lost: int = 0
    _acts: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    _frames: list[FrameSeen] = field(default_factory=list)
    _answered: int = 0  # acts that nobody waits for any more

    async def says(self, text: str) -> None:
        await self._does(partial(self.chat.person.says, text))

    async def presses(self, label: str) -> None:
        await self.chat.presses(label)

    async def gives_document(self, content: bytes) -> int:
        await self._does(partial(self.chat.person.sends_file, content))
        return 1

    async def gives_pictures(self, *contents: bytes) -> int:
        if len(contents) == 1:
            await self._does(partial(self.chat.person.sends_image, contents[0]))
        else:
            await self._does(partial(self.chat.person.sends_mixed, *contents))
        return 1

    async def handed_over(self) -> None:
        async with asyncio.timeout(HANDED_OVER_WITHIN):
            while self._answered < len(self._acts):
                if await self._gone():
                    self.lost += 1
                    await self._does(self._acts[self._answered])
                    self._answered += 1
                elif self._committed():
                    self._answered += 1
                else:
                    await asyncio.sleep(LOOK)

    async def sees(self, words: str, patience: float) -> str:
        found = await self.chat.waits_for(words, patience)
        self._answered = len(self._acts)
        return found.text

    async def _does(self, act: Callable[[], Awaitable[object]]) -> None:
        self._acts.append(act)
        await act()

    def _committed(self) -> bool:
        """Of the act that is waited for first."""
        if self._answered >= len(self._frames):
            return False
        body = self._frames[self._answered].body or {}
        return any(key.endswith(f":{body['msgid']}") for key in keys_in(self.database_url))

    async def _gone(self) -> bool:
        """Whether it was given to a program that is dead, and not committed by it."""
        control, person = self.chat.person.control, self.chat.person
        open_ = (await control.state()).open  # before the look into the inbox
        after = self._frames[-1].number if self._frames else 0
        shown = await person.shown_id()
        self._frames += [
            each
            for each in await control.frames(MESSAGE, out=True, after=after)
            if (each.body or {})["from"]["userid"] == shown
        ]
        if self._answered >= len(self._frames):
            return False
        return self._frames[self._answered].link not in open_ and not self._committed()


@dataclass(slots=True)
class BotGround(WecomGround[Control, BotHands]):
    async def subscribed(self) -> int:
        """How often anybody has."""
        return len(await self.control.frames("aibot_subscribe", out=False))

    async def examine(self, meant: list[Meant]) -> Finding:
        """After the program's end."""
        record = await BotRecord.of(self)
        return held_against(record, meant, database_url=self.database_url, files=self.files)


@asynccontextmanager
async def bot_grounded(folder: Path, *, liaisons: int = 6) -> AsyncIterator[BotGround]:
    """Founded, not started."""
    async with child() as control, Program(folder, environment=control.environment) as program:
        await control.settings(limited=False)
        await founded_in(program, "")
        program.environment["KAOHE_WECOM_BOT_RATE"] = "1000"
        url = f"sqlite:///{program.data / 'kaohe.sqlite'}"
        settled = Settled(url)
        judge = await OnWecomBot.joins(control, "周老师", settled)
        chats = [await OnWecomBot.joins(control, name, settled) for name in NAMES[:liaisons]]
        enrolled = enrol(
            url,
            channel="wecom_bot",
            liaisons=[await each.person.shown_id() for each in chats],
            evaluator=await judge.person.shown_id(),
        )
        made = [
            WecomLiaison(BotHands(chat, url), *ids)
            for chat, ids in zip(chats, enrolled, strict=True)
        ]
        yield BotGround(control, program, url, made)


# ---------------------------------------------------------------- what the double has recorded


@dataclass(frozen=True, slots=True)
class BotRecord(WecomRecord):
    """`heard` are the msgids of all that was given to the program, `last` of what came over the
    last connection."""

    heard: frozenset[str]
    last: frozenset[str]

    @classmethod
    async def of(cls, ground: BotGround) -> BotRecord:
        frames = await ground.control.frames("aibot_*")
        told = [each for each in frames if each.out and each.body and "from" in each.body]
        whose = {each.req_id: str((each.body or {})["from"]["userid"]) for each in told}
        shown: Counter[Told] = Counter()
        for each in frames:
            body = each.body or {}
            if not each.out and each.executed and each.cmd != "aibot_subscribe":
                account = str(body.get("chatid") or whose.get(each.req_id, ""))
                shown.update((account, text) for text in _sent(body))
        stands = {}
        for liaison in ground.liaisons:
            chat = liaison.hands.chat
            texts = [each.text for each in await chat.chat()]
            texts += [each.text for each in await chat.person.chat() if each.out]
            stands[await chat.person.shown_id()] = {reads(text) for text in texts}
        latest = max(each.link for each in frames)
        return cls(
            shown,
            stands,
            frozenset(_msgid(each) for each in told),
            frozenset(_msgid(each) for each in told if each.link == latest),
        )

    def keys(self, got: set[str]) -> Iterator[tuple[str, str]]:
        """What came to the process that was not killed is there; nothing that was never told."""
        ours = {key.rpartition(":")[2] for key in got if key.startswith("wb:")}
        yield from (("lost", f"message {msgid}") for msgid in sorted(self.last - ours))
        yield from (("unexpected", f"message {msgid}") for msgid in sorted(ours - self.heard))

    def recovered(self, got: set[str]) -> int:
        return sum(key.startswith("wb:") for key in got)


def _msgid(frame: FrameSeen) -> str:
    return str((frame.body or {})["msgid"])


def _sent(body: dict[str, object]) -> list[str]:
    """What a command's message says, [] for a file and for what only belongs to another."""
    card, text = body.get("template_card"), body.get("markdown")
    if isinstance(card, dict):
        title = str(card["main_title"].get("title", ""))
        return [] if title.startswith(SETTLED) else card_says(card)
    return [reads(markdown.plain(str(text["content"])))] if isinstance(text, dict) else []
