"""From an `Outgoing` to the messages that show it: pure but for a look at the file's size.

A bot pushes markdown, cards, pictures and files. A text that fits stands on its card; a longer
one goes before it. All cards of one message have task ids that begin alike, by which a press names
the message; they follow from the message's key, so that whoever sends it again sends the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from bot.channels.base import OutFile, Outgoing
from bot.channels.wecom_bot.markdown import as_markdown
from bot.wecom.cards import BOT, Card, choices, listing, told
from bot.wecom.texts import TEXT_BYTES, cut, in_bytes
from templates.markup import escaped, plain
from templates.wecom_words import CHOSEN, DONE, TOO_BIG

MARKDOWN_BYTES: Final = 20_480
PICTURE_BYTES: Final = 10 * 1024 * 1024
FILE_BYTES: Final = 20 * 1024 * 1024
ADDRESS: Final = "https://work.weixin.qq.com"  # a card must lead somewhere
_PICTURES: Final = frozenset({"image/jpeg", "image/png"})

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One message: `body` as it is pushed. With `file` it is uploaded before, as `kind`. Of a card
    `instead` is the markup that says the same where cards are not taken."""

    body: Json
    file: OutFile | None = None
    kind: str = ""
    instead: str = ""

    @property
    def task_id(self) -> str:
        """'' of what is no card."""
        found = self.body.get("template_card", {}).get("task_id", "")
        return str(found)


@dataclass(frozen=True, slots=True)
class Rendered:
    """`labels` are those of the buttons, by action. `greeting` is what a person who has just
    opened the chat is shown in the same breath, in the place of the first `greeted` parts."""

    parts: tuple[Part, ...]
    labels: dict[str, str] = field(default_factory=dict)
    greeting: Json = field(default_factory=dict)
    greeted: int = 0


def message_ref(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def rendered(message: Outgoing) -> Rendered:
    """Raises OSError where the file can't be read."""
    before, cards, listed = told(message, BOT)
    files: list[Part] = []
    if message.file is not None:
        size = message.file.path.stat().st_size
        if size > FILE_BYTES:
            sentence = escaped(TOO_BIG.format(message.file.name, FILE_BYTES // 1024**2))
            before = f"{before}\n\n{sentence}".lstrip("\n")
        else:
            files.append(_of_file(message.file, size))
    texts = _texts(before)
    shown = [_of_card(message, card, n, listed, bool(before)) for n, card in enumerate(cards)]
    labels = {action: label for card in cards for action, label in card.keys.items()}
    parts = (*files, *map(markdown, texts), *shown)
    if files or not parts:
        return Rendered(parts, labels)
    if not texts:
        return Rendered(parts, labels, parts[0].body, 1)
    words = plain(in_bytes(before, TEXT_BYTES, shown=plain)[0])
    greeting = {"msgtype": "text", "text": {"content": words}}
    return Rendered(parts, labels, greeting, len(texts))


def in_place(message: Outgoing, task_id: str, url: str) -> Json | None:
    """The card that a pressed one becomes, if one card can say it all."""
    if message.file is not None:
        return None
    before, cards, _ = told(message, BOT)
    if not cards:
        return _notice_of(message, task_id, url)
    if before or len(cards) > 1:
        return None
    return cards[0].body | {"task_id": task_id}


def settled(label: str, task_id: str, url: str) -> Json:
    """What becomes of a pressed card whose answer stands elsewhere."""
    title = cut(CHOSEN.format(label), BOT.title) if label else DONE
    return _notice(title, "", task_id, url)


def markdown(markup: str) -> Part:
    return Part({"msgtype": "markdown", "markdown": {"content": as_markdown(markup)}})


def _texts(markup: str) -> list[str]:
    if not plain(markup).strip():
        return []
    return in_bytes(markup, MARKDOWN_BYTES, shown=as_markdown)


def _of_card(message: Outgoing, card: Card, number: int, listed: bool, apart: bool) -> Part:
    task_id = f"{message_ref(message.key)}-{number}"
    mine = [] if listed else [each for each in choices(message) if each.action in card.keys]
    said = "" if apart else message.text
    instead = "\n\n".join(filter(None, (said, escaped(listing(mine)))))
    body = {"msgtype": "template_card", "template_card": card.body | {"task_id": task_id}}
    return Part(body, instead=instead)


def _of_file(file: OutFile, size: int) -> Part:
    picture = file.mime in _PICTURES and size <= PICTURE_BYTES
    kind = "image" if picture else "file"
    return Part({"msgtype": kind}, file=file, kind=kind)


def _notice_of(message: Outgoing, task_id: str, url: str) -> Json | None:
    if "<a " in message.text:
        return None
    title, _, rest = plain(message.text).strip().partition("\n")
    rest = rest.strip()
    if not title or len(title) > BOT.title or len(rest) > BOT.text:
        return None
    return _notice(title, rest, task_id, url)


def _notice(title: str, text: str, task_id: str, url: str) -> Json:
    card: Json = {
        "card_type": "text_notice",
        "main_title": {"title": title},
        "card_action": {"type": 1, "url": url or ADDRESS},
        "task_id": task_id,
    }
    return card | ({"sub_title_text": text} if text else {})
