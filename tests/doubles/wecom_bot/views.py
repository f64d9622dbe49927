"""How messages, frames and the state of things look from outside: plain JSON."""

from __future__ import annotations

from dataclasses import asdict

from tests.doubles.wecom_bot import cards, markdown
from tests.doubles.wecom_bot.frames import Frame
from tests.doubles.wecom_bot.world import File, Json, Message

MARKED = ("markdown", "stream")


def words(message: Message, userid: str) -> str:
    card = message.card_for(userid)
    if card is not None:
        return cards.words(card)
    return markdown.plain(message.text) if message.kind in MARKED else message.text


def labels(message: Message, userid: str) -> list[str]:
    card = message.card_for(userid)
    if card is None:
        return []
    submit = card.get("submit_button", {}).get("key")
    return [each.label for each in cards.targets(card) if each.option or each.key != submit]


def message_view(message: Message, userid: str) -> Json:
    return {
        "id": message.id,
        "out": message.out,
        "kind": message.kind,
        "text": words(message, userid),
        "raw": message.text,
        "labels": labels(message, userid),
        "card": message.card_for(userid),
        "files": [_file(each) for each in message.files],
        "author": message.author,
        "edited": message.edited,
        "at": message.at,
        "version": message.version,
    }


def _file(file: File) -> Json:
    return {
        "name": file.name, "kind": file.kind, "size": len(file.data), "sha256": file.sha256,
    }  # fmt: skip


def holds(message: Message, userid: str, part: str) -> bool:
    shown = (
        words(message, userid),
        *labels(message, userid),
        *(each.name for each in message.files),
    )
    return not part or any(part in text for text in shown)


def frame_view(frame: Frame) -> Json:
    return asdict(frame)
