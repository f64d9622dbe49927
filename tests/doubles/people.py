"""What people do: each action changes the chat as their client would and queues the update.

Everything here acts on one bot. A person is known to the bot from the first message or group seen
together; only a message of one's own makes the private chat writable.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from tests.doubles import files, markup, sending
from tests.doubles.updates import MESSAGE_SECONDS, PRESS_SECONDS
from tests.doubles.world import (
    GROUP,
    PRIVATE,
    SUPERGROUP,
    Blob,
    Bot,
    Chat,
    Content,
    Json,
    Message,
    Press,
    User,
)  # fmt: skip

MUTED = (
    "can_change_info", "can_edit_tag", "can_invite_users", "can_pin_messages", "can_manage_topics",
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos",
    "can_send_videos", "can_send_video_notes", "can_send_voice_notes", "can_send_polls",
    "can_send_other_messages", "can_add_web_page_previews", "can_react_to_messages",
)  # fmt: skip


ADMINISTERS = (
    "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages",
    "can_manage_video_chats", "can_restrict_members", "can_promote_members", "can_change_info",
    "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
)  # fmt: skip


class NotPossible(Exception):
    """The person's client would not have offered this, so the test is wrong (or uses `forge`)."""


def chat_of(bot: Bot, user: User, chat_id: int | None) -> Chat:
    if chat_id is None or chat_id == user.id:
        return bot.private_chat(user)
    chat = bot.chats.get(chat_id)
    if chat is None:
        raise NotPossible(f"there is no chat {chat_id}")
    return chat


def _queue(bot: Bot, kind: str, payload: Json, *, life: float, key: tuple[str, int]) -> int | None:
    return bot.updates.push(kind, orjson.dumps(payload), expires=bot.clock.now() + life, key=key)


def new_message(
    bot: Bot,
    user: User,
    chat: Chat,
    fields: Json,
    *,
    blob: Blob | None = None,
    reply_to: int | None = None,
    ago: float = 0.0,
) -> Message:
    """A message of the person in the chat; the bot hears of it unless it is not in the group.

    `ago` dates it back, so that it has less than its 24 hours left at the server.
    """
    raw: Json = {
        "message_id": chat.take_id(),
        "from": user.raw(),
        "chat": chat.raw,
        "date": int(bot.clock.now() - ago),
    }
    if reply_to is not None:
        if reply_to not in chat.messages:
            raise NotPossible(f"there is no message {reply_to} to reply to")
        raw["reply_to_message"] = sending.without_reply(chat.messages[reply_to].raw)
    raw |= fields
    message = chat.add(Message(raw, outgoing=False, blob=blob))
    if chat.kind == PRIVATE:
        chat.started = True
        if chat.bot_status == "kicked":
            unblock(bot, user)
    elif user.id not in bot.chats:
        bot.private_chat(user)
    if _there(chat) and _heard(bot, chat, raw):
        _queue(bot, "message", raw, life=MESSAGE_SECONDS - ago, key=("message", chat.id))
    return message


def _there(chat: Chat) -> bool:
    return chat.bot_status in ("member", "administrator", "restricted")


def _heard(bot: Bot, chat: Chat, raw: Json) -> bool:
    """With privacy mode on, a group's bot hears commands, replies to it, mentions and service;
    one that is an administrator hears everything."""
    if chat.kind == PRIVATE or not {"text", "caption"} & raw.keys():
        return True
    if chat.bot_status == "administrator":
        return True
    text = str(raw.get("text") or raw.get("caption"))
    answered = raw.get("reply_to_message", {}).get("from", {}).get("id") == bot.user.id
    return text.startswith("/") or answered or f"@{bot.user.username}" in text


def text_fields(bot: Bot, text: str, *, entities: list[Json] | None = None) -> Json:
    """A person's text as the bot gets it: trimmed, marked, not empty."""
    shown, spans = markup.clean(text, entities or [])
    if not shown:
        raise NotPossible("a client sends no blank message")
    if len(shown) > markup.TEXT_LIMIT:
        raise NotPossible("a client splits a text of more than 4096 characters")
    fields: Json = {"text": shown}
    if spans:
        fields["entities"] = spans
    return fields


def caption_fields(caption: str | None) -> Json:
    if not caption:
        return {}
    shown, spans = markup.clean(caption, [])
    fields: Json = {"caption": shown} if shown else {}
    if spans:
        fields["caption_entities"] = spans
    return fields


def file_fields(
    bot: Bot,
    kind: str,
    content: Content,
    *,
    name: str | None,
    mime: str | None,
    extra: Json,
) -> tuple[Json, Blob]:
    """What a message with that file shows, and the file as kept."""
    blob = files.store(bot, kind, content, name=name, mime=mime)
    dimensions = files.picture_size(content.data or b"")
    if dimensions is not None:
        blob.width, blob.height = dimensions
    return files.content(bot, blob, kind, extra), blob


def edit(bot: Bot, user: User, chat: Chat, message_id: int, fields: Json) -> None:
    """Changes the person's own message; a text by `text`, a file's caption by `caption`."""
    message = chat.messages.get(message_id)
    if message is None or message.outgoing or message.raw["from"]["id"] != user.id:
        raise NotPossible(f"{message_id} is no message of this person")
    names = ("text", "entities") if "text" in fields else ("caption", "caption_entities")
    kept = {k: v for k, v in message.raw.items() if k not in names}
    message.raw = kept | fields | {"edit_date": bot.now()}
    chat.touch(message)
    if _there(chat):
        _queue(bot, "edited_message", message.raw, life=MESSAGE_SECONDS, key=("message", chat.id))


def press(
    bot: Bot,
    user: User,
    chat: Chat,
    *,
    message_id: int | None,
    button: str,
    forge: bool,
) -> Press:
    """Presses the button of that text or data; on the latest message that has it if none is named.

    With `forge` the data goes out as given, whatever the message shows, whoever's chat it is in.
    """
    message: Message | None
    if forge:
        message = chat.messages.get(message_id or 0)
        data = button
    else:
        message, data = _find_button(chat, message_id, button)
    press_id = bot.next_press_id()
    shown: Json = {"chat": chat.raw, "message_id": message_id or 0, "date": 0}
    if message is not None:
        shown = message.raw
        if bot.clock.now() - shown["date"] > 2 * 86_400:
            shown = {"chat": chat.raw, "message_id": message.id, "date": 0}
    raw: Json = {
        "id": press_id,
        "from": user.raw(),
        "message": shown,
        "chat_instance": str(-7_000_000_000_000 - chat.id),
        "data": data,
    }
    made = Press(press_id, user.id, chat.id, int(shown["message_id"]), data, bot.clock.now(), raw)
    bot.remember(made)
    _queue(bot, "callback_query", raw, life=PRESS_SECONDS, key=("press", user.id))
    return made


def press_again(bot: Bot, user: User, press_id: str) -> Press:
    """The client that saw no answer sends the same press anew: new query id, new update id."""
    first = bot.presses.get(press_id)
    if first is None or first.user_id != user.id:
        raise NotPossible("no such press of this person")
    raw = first.raw | {"id": bot.next_press_id()}
    again = Press(
        raw["id"], user.id, first.chat_id, first.message_id, first.data, bot.clock.now(), raw
    )
    bot.remember(again)
    _queue(bot, "callback_query", raw, life=PRESS_SECONDS, key=("press", user.id))
    return again


def _find_button(chat: Chat, message_id: int | None, button: str) -> tuple[Message, str]:
    if message_id is not None:
        found = chat.messages.get(message_id)
        candidates: Sequence[Message] = [found] if found is not None else []
    else:
        candidates = list(reversed(chat.messages.values()))
    for message in candidates:
        for row in message.raw.get("reply_markup", {}).get("inline_keyboard", ()):
            for shown in row:
                if button in (shown["text"], shown.get("callback_data")):
                    if "callback_data" not in shown:
                        raise NotPossible(f"button {button!r} sends nothing to the bot")
                    return message, str(shown["callback_data"])
    raise NotPossible(f"no message here shows a button {button!r}")


def forward_fields(found: Message, *, hidden: bool) -> Json:
    """`hidden`: the author does not let forwards link to the account, only the name is shown."""
    fields = {k: v for k, v in found.raw.items() if k in sending.CONTENT}
    origin = sending.origin_of(found)
    if hidden and origin["type"] == "user":
        name = origin["sender_user"]["first_name"]
        origin = {"type": "hidden_user", "sender_user_name": name, "date": origin["date"]}
    return fields | {"forward_origin": origin}


def _membership(bot: Bot, user: User, chat: Chat, status: str) -> None:
    def shown(value: str) -> Json:
        member: Json = {"user": bot.user.raw(), "status": value}
        if value == "restricted":
            member |= {"is_member": True} | dict.fromkeys(MUTED, False)
        if value == "administrator":
            member |= dict.fromkeys(ADMINISTERS, False)
        return member | {"until_date": 0} if value in ("kicked", "restricted") else member

    old, chat.bot_status = chat.bot_status, status
    if old == status:
        return
    payload: Json = {
        "chat": chat.raw,
        "from": user.raw(),
        "date": bot.now(),
        "old_chat_member": shown(old),
        "new_chat_member": shown(status),
    }
    _queue(bot, "my_chat_member", payload, life=MESSAGE_SECONDS, key=("my_chat_member", chat.id))
    chat.touch()


def block(bot: Bot, user: User) -> None:
    _membership(bot, user, bot.private_chat(user), "kicked")


def unblock(bot: Bot, user: User) -> None:
    _membership(bot, user, bot.private_chat(user), "member")


def make_group(bot: Bot, chat_id: int, *, title: str, members: Sequence[User], by: User) -> Chat:
    """A group (or supergroup by its -100… id) that the bot has just been added to."""
    kind = SUPERGROUP if str(chat_id).startswith("-100") else GROUP
    chat = bot.chats[chat_id] = Chat(chat_id, kind, {"id": chat_id, "title": title, "type": kind})
    chat.members |= {u.id for u in members} | {by.id}
    for user in (*members, by):
        bot.private_chat(user)
    chat.bot_status = "left"
    _membership(bot, by, chat, "member")
    return chat


def set_group_status(bot: Bot, chat: Chat, *, by: User, status: str) -> None:
    _membership(bot, by, chat, status)


def _service(bot: Bot, chat: Chat, by: User, fields: Json) -> None:
    message: Json = {"message_id": chat.take_id(), "from": by.raw(), "chat": chat.raw}
    message |= {"date": bot.now()} | fields
    chat.add(Message(message, outgoing=False))
    if _there(chat):
        _queue(bot, "message", message, life=MESSAGE_SECONDS, key=("message", chat.id))


def rename_group(bot: Bot, chat: Chat, *, by: User, title: str) -> None:
    chat.raw = chat.raw | {"title": title}
    _service(bot, chat, by, {"new_chat_title": title})


def migrate(bot: Bot, chat: Chat, new_id: int, *, by: User) -> Chat:
    """The group becomes a supergroup: the bot joins that and never leaves this (issue 266 of the
    Bot API server), both chats tell it, the old one refuses from now on."""
    raw = chat.raw | {"id": new_id, "type": SUPERGROUP}
    new = bot.chats[new_id] = Chat(new_id, SUPERGROUP, raw)
    new.members |= chat.members
    new.bot_status = "left"
    _membership(bot, by, new, chat.bot_status)
    _service(bot, chat, by, {"migrate_to_chat_id": new_id})
    _service(bot, new, by, {"migrate_from_chat_id": chat.id})
    chat.migrated_to = new_id
    return new


def shared_users(user_ids: Sequence[int], request_id: int) -> Json:
    users = [{"user_id": u} for u in user_ids]
    return {"users_shared": {"request_id": request_id, "users": users}}


def keyboard_texts(chat: Chat) -> list[list[str]]:
    """The reply keyboard under the input field, if one is shown."""
    return [[str(b["text"]) for b in row] for row in chat.reply_keyboard or ()]
