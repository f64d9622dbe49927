"""From an `Outgoing` to the messages that show it, in the form a deployment takes. Pure.

Texts go first, then a file, then the cards. Where no cards are taken, the choices stand in a text
card that leads to a page, or in a text, each behind what is typed for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from bot.channels.base import Outgoing
from bot.wecom import cards
from bot.wecom.cards import APP, Card, Choice
from bot.wecom.http import Json
from bot.wecom.texts import TEXT_BYTES, as_markdown, as_text, in_bytes
from handlers.messages import Marks
from templates import wecom_words as words
from templates.markup import escaped, plain

_TITLE_BYTES: Final = 128
_DESCRIPTION_BYTES: Final = 512


class Form(StrEnum):
    """How choices are shown, from the best down."""

    CARDS = "cards"
    TEXTCARD = "textcard"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Part:
    """One message without its receivers; that with the file gets its body when this is uploaded.
    `labels` of a card's buttons by action; `plain` is the text of a markdown message."""

    body: Json = field(default_factory=dict)
    is_file: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    plain: str = ""

    @property
    def kind(self) -> str:
        return str(self.body.get("msgtype", ""))


def parts(
    message: Outgoing,
    *,
    form: Form,
    link: str = "",
    said: bool = False,
    markdown: bool = True,
) -> list[Part]:
    """At least one. `link` leads to a page where the choices can be made too, '' if none does;
    `said` when the text and the file have been sent in another form before."""
    if form is Form.CARDS:
        before, made, _ = cards.told(message, APP)
    else:
        before, made = message.text, []
        if found := cards.choices(message):
            rest = replace(message, text="", file=None) if said else message
            textcard = _textcard(rest, found, link) if form is Form.TEXTCARD else None
            if textcard is not None:
                return [textcard]
            before = _listed(rest, found, link)
    shown = texts(before, markdown=markdown) if before else []
    if message.file is not None and not said:
        shown.append(Part(is_file=True))
    for task, card in zip(cards.task_ids(message.key), made, strict=False):
        body = {"msgtype": "template_card", "template_card": card.body | {"task_id": task}}
        shown.append(Part(body, labels=card.keys))
    return shown or [Part(_text_body(" "))]


def texts(markup: str, *, markdown: bool = True) -> list[Part]:
    found = []
    for piece in in_bytes(markup):
        text = as_text(piece)
        if not text.strip():
            continue
        formatted = as_markdown(piece) if markdown else None
        if formatted is not None and len(formatted.encode()) <= TEXT_BYTES:
            body = {"msgtype": "markdown", "markdown": {"content": formatted}}
            found.append(Part(body, plain=text))
        else:
            found.append(Part(_text_body(text)))
    return found


def as_plain(part: Part) -> Part:
    """A markdown message as the text it is."""
    return Part(_text_body(part.plain))


def whole(message: Outgoing) -> Card | None:
    """The one card that shows the message with all its choices; without choices it has one button,
    to be greyed. None if it takes more than a card."""
    if not message.buttons:
        return cards.without_choices(message, APP)
    before, made, _ = cards.told(message, APP)
    return made[0] if not before and len(made) == 1 else None


def _text_body(text: str) -> Json:
    return {"msgtype": "text", "text": {"content": text}}


def _textcard(message: Outgoing, found: list[Choice], link: str) -> Part | None:
    """None for what a text card can't show: a file, a link, much text, signs of its own markup."""
    title, _, rest = plain(message.text).strip().partition("\n")
    title = title or words.CHOOSE
    lines = [rest.strip(), _how(message, found), cards.listing(found)]
    text = "\n".join(filter(None, lines)).replace("\n", "<br>")
    odd = "<a " in message.text or any(sign in title + text.replace("<br>", "") for sign in "<>&")
    too_long = len(title.encode()) > _TITLE_BYTES or len(text.encode()) > _DESCRIPTION_BYTES
    if message.file is not None or odd or too_long or not link:
        return None
    card = {"title": title, "description": text, "url": link, "btntxt": words.OPEN_CARD}
    return Part({"msgtype": "textcard", "textcard": card})


def _listed(message: Outgoing, found: list[Choice], link: str) -> str:
    """The text with all choices to be typed, as markup."""
    way = f'<a href="{escaped(link)}">{words.OPEN_LINK}</a>' if link else ""
    lines = "\n".join(filter(None, (_how(message, found), escaped(cards.listing(found)), way)))
    return "\n\n".join(filter(None, (message.text, lines)))


def _how(message: Outgoing, found: list[Choice]) -> str:
    """Where a number is asked for, as the text itself says, choices are letters."""
    if message.marks is not Marks.LETTERS or all(each.shown for each in found):
        return words.REPLY
    return words.NUMBER_OR_LETTER if any(each.shown for each in found) else words.NUMBER_ONLY
