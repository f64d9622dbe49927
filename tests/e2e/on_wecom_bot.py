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

from bot.wecom.cards import OPTIONS
from templates import wecom_words as words
from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person
from tests.doubles.wecom_bot.seen import Seen
from tests.e2e.on_wecom import LISTED, LOOK, MARKED, Choice, OnWecom, fits, userid_of
from tests.e2e.persons import WAIT, File, Shown
from tests.e2e.settled import Settled

HINTS = (words.NUMBER, words.NUMBER_ONLY, words.BELOW)
SETTLED = re.compile(f"{re.escape(words.CHOSEN.format(''))}.*|{re.escape(words.DONE)}")
TEXTS = ("text", "markdown")


@dataclass(slots=True)
class Bundle:
    """Messages that say one thing: a file, then texts, then cards."""

    parts: list[Seen]

    @property
    def id(self) -> int:
        return self.parts[0].id

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
        return Shown(self.id, text, tuple(labels), tuple(files))

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
    """What the program has said, oldest first. A notice may come between parts of an answer."""
    found: list[Bundle] = []
    since = 0  # bundles that stood there when the person last spoke
    for message in chat:
        if not message.out:
            since = len(found)
            continue
        begun = next((each for each in reversed(found[since:]) if each.takes(message)), None)
        if begun is not None:
            begun.parts.append(message)
        else:
            found.append(Bundle([message]))
    return found


def _title(message: Seen) -> str:
    return message.text.split("\n")[0]


def _settled(message: Seen) -> bool:
    return message.edited and not message.labels and bool(SETTLED.fullmatch(message.text))


def _label(text: str, whole: dict[str, str]) -> str:
    """The whole label, which is in the list where the card has but a mark and its beginning."""
    found = MARKED.fullmatch(text)
    label = whole.get(found[1], "") if found else ""
    return label if found and label and fits(found[2], label) else text


class OnWecomBot(OnWecom[Bundle]):
    """`account` is what the bot takes this person to be called."""

    def __init__(self, name: str, person: Person, *, account: str, settled: Settled) -> None:
        self.name = name
        self.person = person
        self._account = account
        self._settled = settled

    @classmethod
    async def joins(cls, control: Control, name: str, settled: Settled) -> OnWecomBot:
        person = await control.person(name, userid=userid_of(name))
        return cls(name, person, account=await person.shown_id(), settled=settled)

    # ------------------------------------------------------------------ acting

    async def enters(self, code: str) -> None:
        """Whoever writes has opened the chat before."""
        await self.person.opens_chat()
        await self.says(f" {code.lower()} ")

    async def says(self, text: str) -> None:
        await self.person.says(text)

    def _choice(self, found: Sequence[Bundle], label: str) -> Choice | None:
        """On a card, else in a list of what may be typed."""
        for bundle in reversed(found):
            for choice in bundle.choices():
                if label == choice.label or fits(choice.text, label):
                    return choice
            for mark, listed in bundle.listed():
                if label == listed:
                    return Choice(label, 0, mark)
        return None

    async def _press(self, choice: Choice) -> None:
        await self.person.presses(choice.text, message_id=choice.card)

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
        sent = False  # all of it, since its beginning was seen
        while True:
            version, found = await self._look()
            left = end - loop.time()
            fitting = (b for b in found if b.version > since and b.shown().holds(words))
            if (bundle := next(fitting, None)) is not None:
                if sent or bundle.over:
                    return bundle.shown()
                sent = self._all_sent()
                await self._change(version, 0 if sent else min(left, LOOK))
            elif left > 0:
                sent = False
                await self._change(version, left)
            if left <= 0:
                last = [bundle.shown() for bundle in found[-3:]]
                raise TimeoutError(f"{self.name} sees no {words!r}; last: {last}")

    def _all_sent(self) -> bool:
        return self._settled("wecom_bot", self._account)

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

    async def _change(self, since: int, seconds: float) -> None:
        control, chat = self.person.control, self.person.userid
        await control.do("wait_change", chat=chat, since=since, timeout=seconds)
