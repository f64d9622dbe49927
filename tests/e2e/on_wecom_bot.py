"""A person at the double of WeCom's AI bot.

What the program says in one go may come as several messages there: a file, the text, a card with
the buttons that the text's own card could not hold. A reader takes that for one message, and so
does this side (`Bundle`): the text as it is read, and the whole label of each button.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pypinyin import lazy_pinyin

from bot.wecom.cards import OPTIONS
from templates import wecom_words as words
from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person
from tests.doubles.wecom_bot.seen import Seen
from tests.e2e.persons import WAIT, File, Shown

# so long after the last part nothing more belongs to a message; a card ends it at once
QUIET = 0.4
HINTS = (words.NUMBER, words.NUMBER_ONLY, words.BELOW)
SETTLED = re.compile(f"{re.escape(words.CHOSEN.format(''))}.*|{re.escape(words.DONE)}")
MARK = r"(\d+|[A-Z]|#\d+[a-z]?)"
MARKED = re.compile(rf"{MARK} (.*)")
LISTED = re.compile(rf"{MARK}\. (.+)")
NUMBER = re.compile(r"\d+(\.\d+)?")
TEXTS = ("text", "markdown")


@dataclass(frozen=True, slots=True)
class Choice:
    """`label` is the program's, `text` what stands of it on the card."""

    label: str
    card: int
    text: str


@dataclass(slots=True)
class Bundle:
    """Messages that say one thing: a file, then texts, then cards."""

    parts: list[Seen]

    @property
    def version(self) -> int:
        """Of its last change that says anything: a card that now only says what was chosen says
        nothing new."""
        return max((each.version for each in self.parts if not _settled(each)), default=0)

    @property
    def over(self) -> bool:
        """Whether no more of it can come."""
        last = self.parts[-1]
        return last.card is not None and len(last.labels) != OPTIONS

    def takes(self, following: Seen) -> bool:
        """Whether that is a further part."""
        last = self.parts[-1]
        if following.card is None:
            return following.kind in TEXTS and all(each.files for each in self.parts)
        if last.card is not None:
            return following.text == _title(last) and len(last.labels) == OPTIONS
        return _settled(following) or self._announces(following)

    def _announces(self, card: Seen) -> bool:
        first = self.text.strip().split("\n")[0] or words.CHOOSE
        title, _, below = card.text.partition("\n")
        return first.startswith(title.removesuffix("…")) and below.startswith(HINTS)

    # ------------------------------------------------------------------ as one message

    def shown(self) -> Shown:
        labels = [each.label for each in self.choices()]
        text, listed = self.text, [label for _, label in self.listed()]
        if labels and listed == labels:
            text = "\n".join(text.split("\n")[: -len(listed)]).rstrip("\n")
        files = [
            each.name if part.kind == "file" else "" for part in self.parts for each in part.files
        ]
        return Shown(self.parts[0].id, text, tuple(labels), tuple(files))

    @property
    def text(self) -> str:
        texts = [each.text for each in self.parts if each.kind in TEXTS]
        if texts or not self.parts[-1].card:
            return "\n".join(texts)
        lines = self.parts[0].text.split("\n")
        return "\n".join(line for line in lines if line not in HINTS)

    def choices(self) -> list[Choice]:
        """What can be pressed, in order."""
        whole = dict(self.listed())
        return [
            Choice(_label(text, whole), part.id, text)
            for part in self.parts
            for text in part.labels
        ]

    def listed(self) -> Iterator[tuple[str, str]]:
        """Mark and label of what may be typed, where the text ends with that."""
        lines = self.text.split("\n")
        start = len(lines)
        while start and LISTED.fullmatch(lines[start - 1]):
            start -= 1
        for found in map(LISTED.fullmatch, lines[start:]):
            if found:
                yield found[1], found[2]


def bundles(chat: Sequence[Seen]) -> list[Bundle]:
    """What the program has said, oldest first."""
    found: list[Bundle] = []
    mine = True  # whether the person spoke last
    for message in chat:
        if not message.out:
            mine = True
        elif not mine and found[-1].takes(message):
            found[-1].parts.append(message)
        else:
            found.append(Bundle([message]))
            mine = False
    return found


def _title(message: Seen) -> str:
    return message.text.split("\n")[0]


def _settled(message: Seen) -> bool:
    return message.edited and not message.labels and bool(SETTLED.fullmatch(message.text))


def _label(text: str, whole: dict[str, str]) -> str:
    """The whole label, which is in the list where the card has but a mark and its beginning."""
    found = MARKED.fullmatch(text)
    label = whole.get(found[1], "") if found else ""
    return label if found and label and _is_cut(found[2], label) else text


def _is_cut(text: str, label: str) -> bool:
    return text == label or (text.endswith("…") and label.startswith(text.removesuffix("…")))


class OnWecomBot:
    """`userid` is the name in pinyin, as directories have it."""

    def __init__(self, name: str, person: Person) -> None:
        self.name = name
        self.person = person

    @classmethod
    async def joins(cls, control: Control, name: str, *, userid: str = "") -> OnWecomBot:
        userid = userid or "".join(syllable.title() for syllable in lazy_pinyin(name))
        return cls(name, await control.person(name, userid=userid))

    # ------------------------------------------------------------------ acting

    async def enters(self, code: str) -> None:
        """Whoever writes has opened the chat before."""
        await self.person.opens_chat()
        await self.says(f" {code.lower()} ")

    async def says(self, text: str) -> None:
        await self.person.says(text)

    async def presses(self, label: str) -> None:
        """A number that is asked for stands on no card: it is typed."""
        loop = asyncio.get_running_loop()
        end = loop.time() + WAIT
        while True:
            version, found = await self._look()
            if await self._pressed(found, label):
                return
            if NUMBER.fullmatch(label):
                await self.says(label)
                return
            left = end - loop.time()
            if left <= 0:
                raise AssertionError(f"{self.name} has no button {label}")
            await self._change(version, left)

    async def _pressed(self, found: Sequence[Bundle], label: str) -> bool:
        for bundle in reversed(found):
            for choice in bundle.choices():
                if label == choice.label or _is_cut(choice.text, label):
                    await self.person.presses(choice.text, message_id=choice.card)
                    return True
            for mark, listed in bundle.listed():
                if label == listed:
                    await self.says(mark)
                    return True
        return False

    async def sends(self, *files: File, text: str = "") -> None:
        """Pictures with their text in one message, other files in one each."""
        pictures = [each.data for each in files if each.picture]
        if len(pictures) + bool(text) > 1 and pictures:
            await self.person.sends_mixed(*([text] if text else []), *pictures)
        elif pictures:
            await self.person.sends_image(pictures[0])
        elif text:
            await self.says(text)
        for file in files:
            if not file.picture:
                await self.person.sends_file(file.data, name=file.name)

    # ------------------------------------------------------------------ seeing

    async def waits_for(self, words: str, patience: float = WAIT) -> Shown:
        since, loop = self.person.since, asyncio.get_running_loop()
        end = loop.time() + patience
        quiet = False
        while True:
            version, found = await self._look()
            for bundle in found:
                if bundle.version <= since or not bundle.shown().holds(words):
                    continue
                if bundle.over or quiet or bundle is not found[-1]:
                    return bundle.shown()
                quiet = not await self._change(version, QUIET)
                break
            else:
                quiet, left = False, end - loop.time()
                if left <= 0:
                    last = [bundle.shown() for bundle in found[-3:]]
                    raise TimeoutError(f"{self.name} sees no {words!r}; last: {last}")
                await self._change(version, left)

    async def chat(self) -> Sequence[Shown]:
        return [bundle.shown() for bundle in (await self._look())[1]]

    async def witnessed(self) -> Sequence[str]:
        return await self.person.said()

    async def opens(self, file: str) -> bytes:
        """A picture has no name there: it is found by the text that came with it."""
        title = file.removesuffix(".png")
        for bundle in reversed((await self._look())[1]):
            for part in bundle.parts:
                named = part.kind == "file" and part.files[0].name == file
                if named or (part.kind == "image" and title in bundle.text):
                    return await self.person.file(part.id)
        raise AssertionError(f"{self.name} has no {file}")

    async def _look(self) -> tuple[int, list[Bundle]]:
        chat = await self.person.chat()
        return max((m.version for m in chat), default=0), bundles(chat)

    async def _change(self, since: int, seconds: float) -> bool:
        """Waits for a change after this version; whether one came."""
        control, chat = self.person.control, self.person.userid
        now: int = await control.do("wait_change", chat=chat, since=since, timeout=seconds)
        return now > since
