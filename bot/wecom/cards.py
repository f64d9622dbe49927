"""Buttons as template cards (模板卡片): which kind, what stands on it, what may be typed. Pure.

Up to six buttons are a button card, more are a list to choose from with 「确定」, twenty a card.
Where a step takes a number, choices that are numbers themselves are typed and stand on no card. A
text that fits goes onto the card, if need be with the facts it begins with (类别：帮办案例) as its
rows; else it goes before it, and the card says what it belongs to.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, Final, NamedTuple

from bot.channels.base import Outgoing
from bot.wecom.texts import cut
from handlers.messages import Marks, Style, marks_of, notice_marks
from templates import wecom_words as words
from templates.markup import escaped, plain

Json = dict[str, Any]

BUTTONS: Final = 6
OPTIONS: Final = 20
ROWS: Final = 6
SUBMIT: Final = "choose"  # the key of 「确定」: what was chosen comes beside it
NOTHING: Final = "done"  # the key of a button that was greyed before anybody could press it
_FACT: Final = re.compile(r"([^：\n]{1,5})：([^\n]+)")
_STYLES: Final = {Style.PRIMARY: 1, Style.PLAIN: 2, Style.DANGER: 3}


@dataclass(frozen=True, slots=True)
class Room:
    """How many characters are shown: of title, text, the text of a card to choose from, a button's
    label, an option's, a row; 0 for a card without rows."""

    title: int
    text: int
    desc: int
    button: int
    option: int
    row: int = 0


APP: Final = Room(title=36, text=160, desc=44, button=10, option=16, row=30)
BOT: Final = Room(title=26, text=112, desc=30, button=10, option=10)


class Choice(NamedTuple):
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


class _Words(NamedTuple):
    """What a card says beside its choices; nothing else is shown whole where it has no title."""

    title: str = ""
    text: str = ""
    rows: Sequence[Json] = ()


class Card(NamedTuple):
    """`body` without its task_id; `keys` are labels by action, to say later what was chosen."""

    body: Json
    keys: dict[str, str]


def choices(message: Outgoing) -> list[Choice]:
    """All buttons in order; the same action twice is one choice."""
    every = [button for row in message.buttons for button in row]
    lettered = message.marks is Marks.LETTERS
    found: dict[str, Choice] = {}
    for button, mark in zip(every, _marks(message, [b.label for b in every]), strict=True):
        action = str(button.action)
        if action not in found:
            shown = not (lettered and _is_number(button.label))
            found[action] = Choice(mark, button.label, action, button.style, shown)
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
    whole = plain(message.text)
    above = whole.split("\n")
    long = any(_is_long(page, room, above) for page in pages)
    marked = long and message.marks is not Marks.NONE
    said = _Words()
    if not marked and _holds(message):
        said = _on_card(whole, room, listed=len(pages[0]) > BUTTONS)
    before = "" if said.title else message.text
    if not said.title:
        title = cut(whole.strip().split("\n")[0] or words.CHOOSE, room.title)
        said = _Words(title, hint(message, found) + (words.TYPED if marked else ""))
    if marked:
        rest = [each for page in pages for each in page if not _is_listed(each, above)]
        before = f"{before}\n\n{escaped(listing(rest))}"
    made = [
        _card(page, said if not n else _Words(said.title), room, marked)
        for n, page in enumerate(pages)
    ]
    return before, made, marked


def _is_listed(choice: Choice, lines: Sequence[str]) -> bool:
    """Whether the text itself says behind this number what can be chosen."""
    return choice.numbered and any(line.startswith(f"{choice.mark}. ") for line in lines)


def without_choices(message: Outgoing, room: Room) -> Card | None:
    """A card that says it all; its one button is there to be greyed. None if it does not fit."""
    said = _on_card(plain(message.text), room) if _holds(message) else _Words()
    if not said.title:
        return None
    done = Choice("", words.DONE, NOTHING, Style.PLAIN)
    return Card(_card([done], said, room, marked=False).body, {})


def _pages(found: Sequence[Choice]) -> list[Sequence[Choice]]:
    return [found[at : at + OPTIONS] for at in range(0, len(found), OPTIONS)]


def _is_long(page: Sequence[Choice], room: Room, above: Sequence[str]) -> bool:
    """Whether a label does not fit on what is to be pressed, and stands nowhere else."""
    most = room.button if len(page) <= BUTTONS else room.option
    return any(len(each.label) > most and not _is_listed(each, above) for each in page)


def _holds(message: Outgoing) -> bool:
    """Whether a card may hold it at all: neither a file nor a link stands on one."""
    return message.file is None and "<a " not in message.text


def _on_card(text: str, room: Room, *, listed: bool = False) -> _Words:
    """A message's plain text that a card shows whole: a card to choose from is `listed`. Without a
    title if none can."""
    most = room.desc if listed else room.text
    title, _, rest = text.strip().partition("\n")
    rest = rest.strip()
    if not title or len(title) > room.title:
        return _Words()
    rows: list[Json] = []
    if len(rest) > most and room.row and not listed:
        rows, rest = _facts(rest, room.row)
    if len(rest) > most:
        return _Words()
    return _Words(title, rest, rows)


def _facts(text: str, most: int) -> tuple[list[Json], str]:
    """The facts at the beginning of a text, each a line of its own, as rows; and the rest."""
    rows: list[Json] = []
    lines = text.split("\n")
    for line in lines[:ROWS]:
        found = _FACT.fullmatch(line)
        if found is None or len(found[2]) > most:
            break
        rows.append({"keyname": found[1], "value": found[2]})
    return rows, "\n".join(lines[len(rows) :]).strip()


def _card(page: Sequence[Choice], said: _Words, room: Room, marked: bool) -> Card:
    keys = {each.action: each.label for each in page}
    main: Json = {"title": said.title}
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
        if said.text:
            body["sub_title_text"] = said.text
        if said.rows:
            body["horizontal_content_list"] = list(said.rows)
        return Card(body | {"button_list": buttons}, keys)
    if said.text:
        main["desc"] = said.text
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
    first = first_id(key)
    yield first
    for number in count(1):
        yield f"{first}_{number}"


@lru_cache(maxsize=256)  # asked for again when the card has been sent
def first_id(key: str) -> str:
    """Of the cards of the message with this key."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def first_card(task: str) -> str:
    """Of the cards of one message the first, which stands for them all."""
    return task.partition("_")[0]
