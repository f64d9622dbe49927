"""Buttons as template cards (模板卡片): which kind, what stands on it, what may be typed. Pure.

Up to six buttons are a button card, more are a list to choose from with 「确定」, twenty a card.
Where a step takes a number, choices that are numbers themselves are typed and stand on no card. A
text that fits goes onto the card; else it goes before it, and the card says what it belongs to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from bot.channels.base import Outgoing
from bot.wecom.texts import cut
from handlers.messages import Marks, Style, marks_of, notice_marks
from templates import wecom_words as words
from templates.markup import escaped, plain

Json = dict[str, Any]

BUTTONS: Final = 6
OPTIONS: Final = 20
SUBMIT: Final = "choose"  # the key of 「确定」: what was chosen comes beside it
NOTHING: Final = "done"  # the key of a button that was greyed before anybody could press it
_STYLES: Final = {Style.PRIMARY: 1, Style.PLAIN: 2, Style.DANGER: 3}


@dataclass(frozen=True, slots=True)
class Room:
    """How many characters are shown: of title, text, the text of a card to choose from, a button's
    label, an option's."""

    title: int
    text: int
    desc: int
    button: int
    option: int


APP: Final = Room(title=36, text=160, desc=44, button=10, option=16)
BOT: Final = Room(title=26, text=112, desc=30, button=10, option=10)


@dataclass(frozen=True, slots=True)
class Choice:
    """`mark` is what may be typed for it, '' if nothing; `shown` false for one that stands on no
    card, since it is typed as it is."""

    mark: str
    label: str
    action: str
    style: Style
    shown: bool = True

    @property
    def numbered(self) -> bool:
        """Whether the label begins with the mark itself, as an item of a list."""
        return bool(self.mark) and self.label.startswith(f"{self.mark}. ")


@dataclass(frozen=True, slots=True)
class Card:
    """`body` without its task_id; `keys` are labels by action, to say later what was chosen."""

    body: Json
    keys: dict[str, str]


def choices(message: Outgoing) -> list[Choice]:
    """All buttons in order; the same action twice is one choice."""
    every = [button for row in message.buttons for button in row]
    lettered = message.marks is Marks.LETTERS
    found: dict[str, Choice] = {}
    for button, mark in zip(every, _marks(message, [b.label for b in every]), strict=True):
        action, shown = str(button.action), not (lettered and _is_number(button.label))
        found.setdefault(action, Choice(mark, button.label, action, button.style, shown))
    return list(found.values())


def _is_number(label: str) -> bool:
    return marks_of([label], Marks.LETTERS) == [""]


def _marks(message: Outgoing, labels: Sequence[str]) -> list[str]:
    if message.marks is Marks.NONE and message.number:
        return notice_marks(message.number, len(labels))
    return marks_of(labels, message.marks)


def listing(found: Sequence[Choice]) -> str:
    """The choices as lines to be typed, plain text; '' without any."""
    return "\n".join(
        each.label if each.numbered else f"{each.mark}. {each.label}"
        for each in found
        if each.mark
    )


def hint(message: Outgoing, found: Sequence[Choice]) -> str:
    """What a card says about answering it where its own text stands elsewhere."""
    if message.marks is Marks.LETTERS and any(not each.shown for each in found):
        return words.NUMBER if any(each.shown for each in found) else words.NUMBER_ONLY
    return words.BELOW


def told(message: Outgoing, room: Room) -> tuple[str, list[Card], bool]:
    """What goes before the cards as markup ('' if the first card holds it all), the cards, and
    whether the choices are listed in that text.

    What is typed for a notice is no part of this: its cards are the same for all who get it."""
    found = choices(message)
    pages = _pages([each for each in found if each.shown])
    if not pages:
        return message.text, [], False
    above = plain(message.text).split("\n")
    long = any(
        len(each.label) > _width(page, room) and not _is_listed(each, above)
        for page in pages
        for each in page
    )
    marked = long and message.marks is not Marks.NONE
    most = room.text if len(pages[0]) <= BUTTONS else room.desc
    title, text = _on_card(message, most, room.title)
    whole = not marked and bool(title) and message.file is None
    before = "" if whole else message.text
    if not whole:
        title = cut(plain(message.text).strip().split("\n")[0] or words.CHOOSE, room.title)
        text = hint(message, found)
    if marked:
        rest = [each for page in pages for each in page if not _is_listed(each, above)]
        before = f"{before}\n\n{escaped(listing(rest))}"
        text = f"{text}{words.TYPED}"
    made = [
        _card(page, title, text if not n else "", room, marked) for n, page in enumerate(pages)
    ]
    return before, made, marked


def _is_listed(choice: Choice, lines: Sequence[str]) -> bool:
    """Whether the text itself says behind this number what can be chosen."""
    return choice.numbered and any(line.startswith(f"{choice.mark}. ") for line in lines)


def without_choices(message: Outgoing, room: Room) -> Card | None:
    """A card that says it all; its one button is there to be greyed. None if it does not fit."""
    title, text = _on_card(message, room.text, room.title)
    if not title or message.file is not None:
        return None
    done = Choice("", words.DONE, NOTHING, Style.PLAIN)
    return Card(_card([done], title, text, room, marked=False).body, {})


def _pages(found: Sequence[Choice]) -> list[Sequence[Choice]]:
    return [found[at : at + OPTIONS] for at in range(0, len(found), OPTIONS)]


def _width(page: Sequence[Choice], room: Room) -> int:
    return room.button if len(page) <= BUTTONS else room.option


def _on_card(message: Outgoing, most: int, most_title: int) -> tuple[str, str]:
    """Title and text of a message that a card shows whole; ('', '') if none can."""
    if "<a " in message.text:
        return "", ""
    title, _, rest = plain(message.text).strip().partition("\n")
    rest = rest.strip()
    if not title or len(title) > most_title or len(rest) > most:
        return "", ""
    return title, rest


def _card(page: Sequence[Choice], title: str, text: str, room: Room, marked: bool) -> Card:
    keys = {each.action: each.label for each in page}
    main: Json = {"title": title}
    if len(page) <= BUTTONS:
        buttons = [
            {
                "text": cut(_label(each, marked), room.button),
                "style": _STYLES[each.style],
                "key": each.action,
            }
            for each in page
        ]
        body: Json = {"card_type": "button_interaction", "main_title": main}
        if text:
            body["sub_title_text"] = text
        return Card(body | {"button_list": buttons}, keys)
    if text:
        main["desc"] = text
    options = [
        {"id": each.action, "text": cut(_label(each, marked), room.option)} for each in page
    ]
    return Card(
        {
            "card_type": "vote_interaction",
            "main_title": main,
            "checkbox": {"question_key": SUBMIT, "mode": 0, "option_list": options},
            "submit_button": {"text": words.SUBMIT, "key": SUBMIT},
        },
        keys,
    )


def _label(choice: Choice, marked: bool) -> str:
    shown = marked and choice.mark and not choice.numbered
    return f"{choice.mark} {choice.label}" if shown else choice.label


def chosen(key: str, selected: Sequence[str]) -> str:
    """The action that a press on a card means: its button's, or what was selected."""
    if key != SUBMIT:
        return key
    return selected[0] if selected else ""


def task_ids(key: str) -> Iterator[str]:
    """Ids for the cards of the message with this key: the same at each try, and nowhere else."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    yield digest
    for number in count(1):
        yield f"{digest}_{number}"


def first_card(task: str) -> str:
    """Of the cards of one message the first, which stands for them all."""
    return task.partition("_")[0]
