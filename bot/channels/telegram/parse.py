"""Telegram's updates as `Inbound` values: a pure function over raw JSON.

Promises: nothing but `Unparsable` is ever raised, whatever the JSON holds; what is not meant for
us (channels, other bots, kinds of update we did not ask for) is None. People are heard in private
chats only, so the chat's id is the person's; of a group we take that the bot came or went, its
title, and its new id when it becomes a supergroup. The library's `Update.de_json` costs ten times
as much, and one odd field makes it raise whatever it likes.

A forwarded message is somebody else's words: `forwarded_from` is set and a command in it stays
plain text. A message without text and attachments is content that we can't take, such as a
sticker; it is handed on, so that the person gets an answer.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Any, Final

from bot.channels.telegram.files import attachments
from bot.fields import Unparsable, number, obj, objects, present, text
from handlers.messages import Inbound, Kind
from templates.words import CENTRE_ZONE

NAME: Final = "telegram"
ALLOWED: Final = ("message", "edited_message", "callback_query", "my_chat_member")
_COMMAND = re.compile(r"(/[A-Za-z0-9_]{1,32})@[A-Za-z0-9_]{3,64}(?=\s|$)")
_NAME_LENGTH = 80
_TITLE_LENGTH = 128
_ID_LENGTH = 64
_GROUPS: Final = ("group", "supergroup")
# what Telegram itself says in a private chat; everything else is a person's doing and is answered
_SERVICE: Final = frozenset({
    "boost_added", "chat_background_set", "checklist_tasks_added", "checklist_tasks_done",
    "connected_website", "forum_topic_closed", "forum_topic_created", "forum_topic_edited",
    "forum_topic_reopened", "gift", "gift_upgrade_sent", "managed_bot_created",
    "message_auto_delete_timer_changed", "passport_data", "pinned_message",
    "proximity_alert_triggered", "refunded_payment", "successful_payment", "unique_gift",
    "write_access_allowed",
})  # fmt: skip


def parse(raw: object, *, bot_id: int, zone: tzinfo = CENTRE_ZONE) -> Inbound | None:
    """One update, or None if there is nothing in it for us. Raises Unparsable."""
    if not isinstance(raw, dict):
        raise Unparsable("update")
    key = f"tg:{bot_id}:{number(raw, 'update_id')}"
    if "message" in raw:
        return _message(obj(raw, "message"), key=key, kind=Kind.MESSAGE, zone=zone)
    if "edited_message" in raw:
        return _message(obj(raw, "edited_message"), key=key, kind=Kind.EDITED, zone=zone)
    if "callback_query" in raw:
        return _press(obj(raw, "callback_query"), key=key)
    if "my_chat_member" in raw:
        return _membership(obj(raw, "my_chat_member"), key=key)
    return None


def _message(message: dict[str, Any], *, key: str, kind: Kind, zone: tzinfo) -> Inbound | None:
    if _elsewhere(message):
        return _of_group(message, key=key) if kind is Kind.MESSAGE else None
    if not _SERVICE.isdisjoint(message):
        return None
    sender = _person(message)
    if sender is None:
        return None
    sent = _moment(message, zone)
    files = attachments(message, sent=sent)
    forwarded_from = _origin(message)
    words = _words(message)
    if not forwarded_from and words.startswith("/"):
        words = _COMMAND.sub(r"\1", words, count=1)
    if kind is Kind.EDITED and not words and not files:
        return None  # a live location moves every few seconds
    return Inbound(
        key=key,
        channel=NAME,
        account=sender[0],
        kind=kind,
        name=sender[1],
        text=words,
        attachments=files,
        group=_short(message, "media_group_id") if present(message, "media_group_id") else "",
        source=_source(message),
        forwarded_from=forwarded_from,
    )


def _press(query: dict[str, Any], *, key: str) -> Inbound | None:
    if present(query, "inline_message_id") or not present(query, "data"):
        return None
    source = ""
    if present(query, "message"):
        message = obj(query, "message")  # ids at least, also when it is too old to be shown
        if _elsewhere(message):
            return None
        source = _source(message)
    sender = _sender(query)
    if sender is None:
        return None
    return Inbound(
        key=key,
        channel=NAME,
        account=sender[0],
        kind=Kind.PRESS,
        name=sender[1],
        action=text(query, "data"),
        source=source,
        acknowledge=_short(query, "id"),
    )


def _membership(change: dict[str, Any], *, key: str) -> Inbound | None:
    """In a private chat there are two: the bot was blocked, or is allowed again."""
    if _elsewhere(change):
        return _presence(change, key=key)
    sender = _person(change)
    status = text(obj(change, "new_chat_member"), "status")
    kind = {"kicked": Kind.BLOCKED, "member": Kind.UNBLOCKED}.get(status)
    if sender is None or kind is None:
        return None
    return Inbound(key=key, channel=NAME, account=sender[0], kind=kind, name=sender[1])


def _of_group(message: dict[str, Any], *, key: str) -> Inbound | None:
    """What Telegram itself says in a group of the group; what people say there is not for us."""
    here = _group(message)
    if here is None:
        return None
    if present(message, "migrate_to_chat_id"):
        return _moved(here, str(number(message, "migrate_to_chat_id")), key=key)
    if present(message, "migrate_from_chat_id"):  # the same, told in the new chat
        return _moved(str(number(message, "migrate_from_chat_id")), here, key=key)
    if present(message, "new_chat_title"):
        title = text(message, "new_chat_title")[:_TITLE_LENGTH]
        return Inbound(key=key, channel=NAME, account=here, kind=Kind.JOINED, name=title)
    return None


def _moved(account: str, to: str, *, key: str) -> Inbound:
    return Inbound(key=key, channel=NAME, account=account, kind=Kind.MOVED, moved_to=to)


def _presence(change: dict[str, Any], *, key: str) -> Inbound | None:
    """The bot came into a group, went, or has other rights there; muted is as good as gone."""
    here = _group(change)
    if here is None:
        return None
    bot = obj(change, "new_chat_member")
    status = text(bot, "status")
    there = status in ("member", "administrator") or (
        status == "restricted"
        and bot.get("is_member") is True
        and bot.get("can_send_messages") is True
    )
    sender = _sender(change)
    return Inbound(
        key=key,
        channel=NAME,
        account=here,
        kind=Kind.JOINED if there else Kind.LEFT,
        name=_title(obj(change, "chat"))[:_TITLE_LENGTH],
        by=sender[0] if sender else "",
    )


def _group(item: dict[str, Any]) -> str | None:
    """The id of the group that it is from; None for a channel."""
    chat = obj(item, "chat")
    if text(chat, "type") not in _GROUPS:
        return None
    id_ = number(chat, "id")
    if id_ >= 0:
        raise Unparsable("chat.id")
    return str(id_)


def _elsewhere(message: dict[str, Any]) -> bool:
    return text(obj(message, "chat"), "type") != "private"


def _person(message: dict[str, Any]) -> tuple[str, str] | None:
    sender = _sender(message)
    if sender and sender[0] != str(number(obj(message, "chat"), "id")):
        raise Unparsable("chat.id")
    return sender


def _sender(item: dict[str, Any]) -> tuple[str, str] | None:
    """Account and name; None for a bot."""
    user = obj(item, "from")
    if user.get("is_bot") is not False:
        if user.get("is_bot") is True:
            return None
        raise Unparsable("from.is_bot")
    id_ = number(user, "id")
    if id_ <= 0:
        raise Unparsable("from.id")
    return str(id_), _name(user)


def _name(user: dict[str, Any]) -> str:
    last = text(user, "last_name") if present(user, "last_name") else ""
    return f"{text(user, 'first_name')} {last}".strip()[:_NAME_LENGTH]


def _source(message: dict[str, Any]) -> str:
    return f"{number(obj(message, 'chat'), 'id')}:{number(message, 'message_id')}"


def _short(item: dict[str, Any], name: str) -> str:
    value = text(item, name)
    if not 0 < len(value) <= _ID_LENGTH:
        raise Unparsable(name)
    return value


def _moment(message: dict[str, Any], zone: tzinfo) -> datetime:
    try:
        return datetime.fromtimestamp(number(message, "date"), zone)
    except (OverflowError, OSError, ValueError):
        raise Unparsable("date") from None


# ---------------------------------------------------------------- what was said


def _words(message: dict[str, Any]) -> str:
    """The text or caption, hidden links shown; a place in words, for it can be evidence too."""
    if present(message, "text"):
        return _with_links(text(message, "text"), objects(message, "entities"))
    if present(message, "caption"):
        return _with_links(text(message, "caption"), objects(message, "caption_entities"))
    if not present(message, "location"):
        return ""
    place = obj(message, "location")
    parts = [f"位置：{_degrees(place, 'latitude')},{_degrees(place, 'longitude')}"]
    if present(message, "venue"):
        venue = obj(message, "venue")
        parts += [text(venue, "title"), text(venue, "address")]
    return " ".join(part for part in parts if part)


def _degrees(place: dict[str, Any], name: str) -> str:
    value = place.get(name)
    if not isinstance(value, int | float) or not -180 <= value <= 180:
        raise Unparsable(name)
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _with_links(words: str, entities: list[dict[str, Any]]) -> str:
    """Adds behind each linked text the address it hides. Offsets count UTF-16 units."""
    hidden: list[tuple[int, str]] = []
    for entity in entities:
        if text(entity, "type") == "text_link":
            end = number(entity, "offset") + number(entity, "length")
            hidden.append((end, text(entity, "url")))
    if not hidden:
        return words
    units = words.encode("utf-16-le")
    for end, url in sorted(hidden, reverse=True):
        shown = units.decode("utf-16-le", "ignore")
        if end < 0 or url.rstrip("/") in shown:
            continue
        note = f"（{url}）".encode("utf-16-le")
        units = units[: end * 2] + note + units[end * 2 :]
    return units.decode("utf-16-le", "replace")


def _origin(message: dict[str, Any]) -> str:
    """Whose words a forwarded message holds, as a name to show; "" if it is nobody else's."""
    if not present(message, "forward_origin"):
        return ""
    origin = obj(message, "forward_origin")
    match text(origin, "type"):
        case "user":
            name = _name(obj(origin, "sender_user"))
        case "hidden_user":
            name = text(origin, "sender_user_name")
        case "chat":
            name = _title(obj(origin, "sender_chat"))
        case "channel":
            name = _title(obj(origin, "chat"))
        case _:
            name = ""
    return name[:_NAME_LENGTH] or "未知来源"


def _title(chat: dict[str, Any]) -> str:
    return text(chat, "title") if present(chat, "title") else ""
