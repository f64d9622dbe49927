"""The bot's callbacks as `Inbound` values: a pure function over raw JSON.

Promises: nothing but `Unparsable` is ever raised, whatever the JSON holds; what is not meant for
us (groups, feedback, events we know nothing of) is None. A message of a kind that we can't take is
handed on without text, so that the person gets an answer. What somebody quotes is not theirs to
say, and is passed over.

A file comes as an address that is dead after five minutes, with a key of its own and no name: it
is `Media` here, and becomes an attachment once it has been looked at.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final

from bot.channels.wecom_bot.frames import Json, req_id_of
from bot.fields import Unparsable, obj, objects, present, text
from bot.wecom.cards import chosen
from handlers.messages import Inbound, Kind

NAME: Final = "wecom_bot"
MESSAGE: Final = "aibot_msg_callback"
EVENT: Final = "aibot_event_callback"
_ID_LENGTH = 64
_ACCOUNT_LENGTH = 128
_URL_LENGTH = 4096
_ITEMS = 100
_URL = re.compile(r"https?://[!-~]+")
_KEY = re.compile(r"[A-Za-z0-9+/=_-]{1,200}")
_MEDIA: Final = ("image", "file", "video")


@dataclass(frozen=True, slots=True)
class Media:
    """A file to be fetched: `kind` is image, file or video."""

    kind: str
    url: str
    aes_key: str


@dataclass(frozen=True, slots=True)
class Heard:
    """`req_id` is what is answered in the same breath: a press, or somebody opening the chat;
    `task_id` that of the pressed card."""

    inbound: Inbound
    media: tuple[Media, ...] = ()
    req_id: str = ""
    task_id: str = ""


def parse(frame: object, *, bot_id: str) -> Heard | None:
    """One callback, or None if there is nothing in it for us. Raises Unparsable."""
    if not isinstance(frame, dict):
        raise Unparsable("frame")
    command = text(frame, "cmd")
    if command not in (MESSAGE, EVENT):
        return None
    body = obj(frame, "body")
    if _in_group(body):
        return None
    if command == MESSAGE:
        return _message(body, bot_id=bot_id)
    return _event(body, bot_id=bot_id, req_id=req_id_of(frame))


def displaces(frame: object) -> bool:
    """Whether it says that another program has taken over. Raises nothing."""
    try:
        return (
            isinstance(frame, dict)
            and frame.get("cmd") == EVENT
            and text(obj(obj(frame, "body"), "event"), "eventtype") == "disconnected_event"
        )
    except Unparsable:
        return False


def message_ref(task_id: str) -> str:
    """The message whose card this is: all cards of one message begin alike."""
    return task_id.rpartition("-")[0] or task_id


def _message(body: Json, *, bot_id: str) -> Heard:
    words, media = _content(body, depth=1)
    inbound = Inbound(
        key=_key(body, bot_id),
        channel=NAME,
        account=_account(body),
        text=words,
        numbered=True,
        appends=True,
    )
    return Heard(inbound, media)


def _content(item: Json, *, depth: int) -> tuple[str, tuple[Media, ...]]:
    kind = text(item, "msgtype")
    if kind in ("text", "voice"):
        return text(obj(item, kind), "content"), ()
    if kind in _MEDIA:
        return "", (_file(kind, obj(item, kind)),)
    if kind != "mixed" or not depth:
        return "", ()
    items = objects(obj(item, "mixed"), "msg_item")
    if len(items) > _ITEMS:
        raise Unparsable("msg_item")
    parts = [_content(each, depth=0) for each in items]
    return (
        "\n".join(words for words, _ in parts if words),
        tuple(media for _, found in parts for media in found),
    )


def _file(kind: str, item: Json) -> Media:
    url, key = text(item, "url"), text(item, "aeskey")
    if len(url) > _URL_LENGTH or not _URL.fullmatch(url):
        raise Unparsable("url")
    if not _KEY.fullmatch(key):
        raise Unparsable("aeskey")
    return Media(kind, url, key)


def _event(body: Json, *, bot_id: str, req_id: str) -> Heard | None:
    event = obj(body, "event")
    kind = text(event, "eventtype")
    if kind == "enter_chat":
        return Heard(_of_event(body, bot_id, Kind.OPENED), req_id=req_id)
    if kind == "template_card_event":
        return _press(body, obj(event, kind), bot_id=bot_id, req_id=req_id)
    return None


def _press(body: Json, card: Json, *, bot_id: str, req_id: str) -> Heard:
    task_id = text(card, "task_id")
    if not 0 < len(task_id) <= _ACCOUNT_LENGTH:
        raise Unparsable("task_id")
    inbound = _of_event(
        body,
        bot_id,
        Kind.PRESS,
        action=chosen(text(card, "event_key"), _selected(card)),
        source=message_ref(task_id),
    )
    return Heard(inbound, req_id=req_id, task_id=task_id)


def _of_event(
    body: Json, bot_id: str, kind: Kind, *, action: str = "", source: str = ""
) -> Inbound:
    return Inbound(
        key=_key(body, bot_id),
        channel=NAME,
        account=_account(body),
        kind=kind,
        action=action,
        source=source,
        numbered=True,
    )


def _selected(card: Json) -> list[str]:
    """What was chosen in a list, in order; a single one may come without its list."""
    if not present(card, "selected_items"):
        return []
    found = []
    for item in _several(obj(card, "selected_items").get("selected_item")):
        if not isinstance(item, dict):
            raise Unparsable("selected_item")
        if present(item, "option_ids"):
            ids = _several(obj(item, "option_ids").get("option_id"))
            found += [text({"option_id": id_}, "option_id") for id_ in ids]
    return found


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _in_group(body: Json) -> bool:
    """Only single chats are heard; events need not say where they are from."""
    kind = text(body, "chattype") if present(body, "chattype") else ""
    return kind == "group" or (kind != "single" and present(body, "chatid"))


def _account(body: Json) -> str:
    """As it is given: which case counts is not for us to say."""
    found = text(obj(body, "from"), "userid")
    if not 0 < len(found) <= _ACCOUNT_LENGTH:
        raise Unparsable("userid")
    return found


def _key(body: Json, bot_id: str) -> str:
    """Short enough for any row, also where the ids are not."""
    id_ = text(body, "msgid")
    if not id_:
        raise Unparsable("msgid")
    return f"wb:{_short(bot_id)}:{_short(id_)}"


def _short(id_: str) -> str:
    return id_ if len(id_) <= _ID_LENGTH else hashlib.sha256(id_.encode()).hexdigest()[:40]
