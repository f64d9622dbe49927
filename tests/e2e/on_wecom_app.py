"""A person at the double of WeCom's self-built app.

What the program says in one go may come as several messages there: a long text in parts, a file
after the words under it, a card with the buttons after a text that it can't hold. A reader takes
that for one message, and so does this side (`Bundle`): the parts joined as they were before they
were cut, the text without signs of formatting, the whole label of each button.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.wecom.cards import OPTIONS
from bot.wecom.texts import as_text, in_bytes
from templates import wecom_words as words
from templates.markup import escaped
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.person import Person
from tests.doubles.wecom.seen import CardSeen, Seen
from tests.e2e.on_wecom import LISTED, LOOK, MARKED, Choice, OnWecom, fits, userid_of
from tests.e2e.persons import WAIT, File, Shown
from tests.e2e.settled import Settled

HINTS = frozenset({words.NUMBER, words.NUMBER_ONLY, words.BELOW})
# from this line on a text has choices to be typed
TYPED = frozenset({words.REPLY, words.NUMBER_OR_LETTER, words.NUMBER_ONLY})
LINK = re.compile(r'<a href="[^"]*">(.*?)</a>', re.DOTALL)


@dataclass(slots=True)
class Bundle:
    """Messages that say one thing: texts, then a file, then cards."""

    parts: list[Seen]

    @property
    def id(self) -> int:
        return self.parts[0].id

    @property
    def version(self) -> int:
        """Of its last change that says anything: a card whose buttons were replaced by a label
        says no more than before."""
        return max((p.version for p in self.parts if not (p.card and p.card.state == "grey")),
                   default=0)  # fmt: skip

    @property
    def over(self) -> bool:
        """Whether no more of it can come."""
        last = self.parts[-1]
        if last.card is None:
            return last.kind == "textcard"
        return len(last.card.options) < OPTIONS

    def takes(self, following: Seen) -> bool:
        """Whether that is a further part."""
        last = self.parts[-1]
        if following.card is not None:
            return self._takes_card(following.card)
        if last.kind not in ("text", "markdown"):
            return False
        if following.file is not None or _only_choices(following):
            return True
        texts = [_plain(p) for p in (*self.parts, following)]
        return following.kind in ("text", "markdown") and _joined(texts) is not None

    def _takes_card(self, card: CardSeen) -> bool:
        last = self.parts[-1].card
        if last is not None:
            same = (last.title, "") == (card.title, card.sub_title or card.desc)
            return same and len(last.options) in (0, OPTIONS)
        if card.state not in ("live", "grey") or self.parts[0].card is not None:
            return False
        first = self._text().strip().split("\n")[0]
        return bool(card.title) and first.startswith(card.title.removesuffix("…"))

    # ------------------------------------------------------------------ as one message

    def shown(self) -> Shown:
        choices = self.choices()
        files = [p.file.name if p.kind == "file" else "" for p in self.parts if p.file]
        text, typed = self._typed()
        if not typed and any(MARKED.fullmatch(choice.text) for choice in choices):
            text = _without_list(text, [choice.label for choice in choices])
        return Shown(self.id, text, tuple(choice.label for choice in choices), tuple(files))

    def _text(self) -> str:
        choices = [_plain(p) for p in self.parts[1:] if _only_choices(p)]
        texts = [_plain(p) for p in self.parts if p.kind in ("text", "markdown")]
        texts = [text for text in texts if text not in choices]
        if texts:
            return "\n".join([_joined(texts) or "\n".join(texts), *choices])
        first = self.parts[0]
        if first.kind == "textcard":
            return _plain(first)
        return _on_card(first.card) if first.card else first.text if first.file is None else ""

    def _typed(self) -> tuple[str, list[Choice]]:
        """The text before the choices to be typed, and these, if it has any."""
        lines = self._text().split("\n")
        place = next((n for n, line in enumerate(lines) if line in TYPED), None)
        if place is None or self.parts[-1].card is not None:
            return self._text(), []
        found = [
            Choice(each[2], 0, each[1]) for each in map(LISTED.fullmatch, lines[place:]) if each
        ]
        return "\n".join(lines[:place]).rstrip("\n"), found

    def choices(self) -> list[Choice]:
        """What can be pressed or typed, in order."""
        if typed := self._typed()[1]:
            return typed
        whole = {found[1]: found[2] for found in map(LISTED.fullmatch, self._text().split("\n"))
                 if found}  # fmt: skip
        return [
            Choice(_label(text, whole), part.id, text)
            for part in self.parts
            if part.card is not None
            for text in part.card.labels
        ]


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


def _only_choices(message: Seen) -> bool:
    """Whether these are the choices to be typed for what stands before."""
    return message.card is None and _plain(message).split("\n")[0] in TYPED


def _plain(message: Seen) -> str:
    """A text, a markdown message or a text card as it is read."""
    if message.kind == "textcard":
        return message.text.replace("<br>", "\n").removeprefix(f"{words.CHOOSE}\n")
    if message.kind != "markdown":
        return LINK.sub(r"\1", message.text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", message.text)
    return re.sub(r"\*\*|`|^> ", "", text, flags=re.MULTILINE)


def _joined(texts: Sequence[str]) -> str | None:
    """The text that is cut into just these parts; None where no text is."""
    whole = texts[0]
    for place, following in enumerate(texts[1:], start=2):
        for between in ("\n", "\n\n", ""):
            candidate = f"{whole}{between}{following}"
            parts = [as_text(part) for part in in_bytes(escaped(candidate))]
            if parts[: place - 1] == list(texts[: place - 1]) and len(parts) >= place:
                whole = candidate
                break
        else:
            return None
    return whole


def _on_card(card: CardSeen) -> str:
    """The facts that a long text begins with stand below the others, as rows."""
    facts = [f"{name}：{value}" for name, value in card.rows]
    lines = [line for line in (card.desc or card.sub_title).split("\n") if line not in HINTS]
    return "\n".join(line for line in (card.title, *facts, *lines) if line)


def _label(text: str, whole: dict[str, str]) -> str:
    """The whole label, which is in the list where the card has but a mark and its beginning."""
    found = MARKED.fullmatch(text)
    if found is None:
        return text
    label = whole.get(found[1], "")
    return label if label.startswith(found[2].removesuffix("…")) and label else text


def _without_list(text: str, labels: Sequence[str]) -> str:
    lines = text.split("\n")
    kept = lines[: len(lines) - len(labels)]
    listed = [found[2] for found in map(LISTED.fullmatch, lines[len(kept) :]) if found]
    return "\n".join(kept).rstrip("\n") if listed == list(labels) else text


class OnWecomApp(OnWecom[Bundle]):
    def __init__(self, name: str, person: Person, settled: Settled) -> None:
        self.name = name
        self.person = person
        self._settled = settled

    @classmethod
    async def joins(cls, control: Control, name: str, settled: Settled) -> OnWecomApp:
        return cls(name, await control.person(userid_of(name), name=name), settled)

    # ------------------------------------------------------------------ acting

    async def enters(self, code: str) -> None:
        await self.says(f" {code.lower()} ")

    async def says(self, text: str) -> None:
        await self.person.says(text)

    def _choice(self, found: Sequence[Bundle], label: str) -> Choice | None:
        choices = (choice for bundle in reversed(found) for choice in bundle.choices())
        return next((c for c in choices if label == c.label or fits(c.text, label)), None)

    async def _press(self, choice: Choice) -> None:
        await self.person.presses(choice.text, choice.card)

    async def sends(self, *files: File, text: str = "") -> None:
        """One message each; the text goes first."""
        if text:
            await self.says(text)
        for file in files:
            if file.picture:
                await self.person.sends_image(file.data, name=file.name)
            else:
                await self.person.sends_file(file.data, name=file.name)

    # ------------------------------------------------------------------ seeing

    async def waits_for(self, words: str, patience: float = WAIT) -> Shown:
        since, loop = self.person.since, asyncio.get_running_loop()
        end = loop.time() + patience
        while True:
            settled = self._all_sent()  # before the look, which sees it all then
            version, found = await self._look()
            left = end - loop.time()
            fitting = (b for b in found if b.version > since and b.shown().holds(words))
            if (bundle := next(fitting, None)) is not None:
                if settled or bundle.over or bundle is not found[-1]:
                    return bundle.shown()
                await self._change(version, min(left, LOOK))
            elif left > 0:
                await self._change(version, left)
            if left <= 0:
                last = [bundle.shown() for bundle in found[-3:]]
                raise TimeoutError(f"{self.name} sees no {words!r}; last: {last}")

    def _all_sent(self) -> bool:
        return self._settled("wecom_app", self.person.id.lower())

    async def witnessed(self) -> Sequence[str]:
        return [re.sub(r"\*\*|`", "", LINK.sub(r"\1", text)) for text in await self.person.said()]

    async def opens(self, file: str) -> bytes:
        """A picture has no name there: it is found by the text before it."""
        title = file.removesuffix(".png")
        for bundle in reversed((await self._look())[1]):
            for part in bundle.parts:
                if part.file is None:
                    continue
                picture = part.kind == "image" and title in bundle.shown().text
                if picture or (part.kind == "file" and part.file.name == file):
                    return await self.person.control.media(part.file.media_id)
        raise AssertionError(f"{self.name} has no {file}")

    async def _look(self) -> tuple[int, list[Bundle]]:
        chat = await self.person.chat()
        return max((m.version for m in chat), default=0), bundles(chat)

    async def _change(self, since: int, seconds: float) -> None:
        await self.person.control.do(
            "wait_change", user=self.person.id, since=since, timeout=seconds
        )
