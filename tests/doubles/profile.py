"""The methods about the bot itself and about chats: commands, texts, menu button, getChat."""

from __future__ import annotations

import re

from tests.doubles.forms import Params
from tests.doubles.world import PRIVATE, Bot, Chat, Json, bad

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
COMMANDS_MAX = 100
TEXT_LIMITS = {"name": 64, "description": 512, "short_description": 120}
SCOPES = frozenset({
    "default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat",
    "chat_administrators", "chat_member",
})  # fmt: skip
GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription",
         "gifts_from_channels")  # fmt: skip


def get_me(bot: Bot, params: Params) -> Json:
    return bot.user.raw() | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def _scope(bot: Bot, params: Params) -> tuple[str, str]:
    scope = params.json_object("scope") or {"type": "default"}
    if scope.get("type") not in SCOPES:
        raise bad("can't parse BotCommandScope: unsupported type specified")
    key = str(scope["type"])
    if key.startswith("chat"):
        chat = bot.find_chat(scope.get("chat_id"))
        if chat.kind == PRIVATE and not chat.started:
            raise bad("chat not found")
        key += f":{chat.id}"
        if scope["type"] == "chat_member":
            key += f":{scope.get('user_id')}"
    language = params.text("language_code").lower()
    if language and not re.fullmatch("[a-z]{2}", language):
        raise bad("invalid language code specified")
    return key, language


def set_my_commands(bot: Bot, params: Params) -> bool:
    where = _scope(bot, params)
    commands = params.json_objects("commands")
    if len(commands) > COMMANDS_MAX:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    kept = []
    for given in commands:
        name = str(given.get("command", "")).strip().removeprefix("/").lower()
        description = str(given.get("description", "")).strip()
        if not COMMAND.fullmatch(name):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(description) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        kept.append({"command": name, "description": description})
    if kept:
        bot.commands[where] = kept
    else:
        bot.commands.pop(where, None)
    return True


def get_my_commands(bot: Bot, params: Params) -> list[Json]:
    return bot.commands.get(_scope(bot, params), [])


def delete_my_commands(bot: Bot, params: Params) -> bool:
    bot.commands.pop(_scope(bot, params), None)
    return True


def menu_of(bot: Bot, chat: Chat, language_code: str | None) -> list[Json]:
    """The commands this chat's client lists: the first non-empty in Telegram's order."""
    language = (language_code or "")[:2].lower()
    group = "all_private_chats" if chat.kind == PRIVATE else "all_group_chats"
    for key in (f"chat:{chat.id}", group, "default"):
        for code in (language, ""):
            found = bot.commands.get((key, code))
            if found:
                return found
    return []


def set_chat_menu_button(bot: Bot, params: Params) -> bool:
    button = params.json_object("menu_button") or {"type": "default"}
    if button.get("type") not in ("commands", "default", "web_app"):
        raise bad("can't parse MenuButton: unsupported type specified")
    key = bot.find_chat(params.chat_id()).id if params.chat_id() else 0
    bot.menu_buttons[key] = button
    return True


def get_chat_menu_button(bot: Bot, params: Params) -> Json:
    key = bot.find_chat(params.chat_id()).id if params.chat_id() else 0
    fallback = bot.menu_buttons.get(0, {"type": "commands"})
    found = bot.menu_buttons.get(key, fallback)
    return fallback if found.get("type") == "default" and key else found


def _set_text(bot: Bot, params: Params, field: str) -> bool:
    value = params.text(field)
    if len(value) > TEXT_LIMITS[field]:
        raise bad(f"bot {field.replace('_', ' ')} is too long")
    key = field, params.text("language_code").lower()
    if value:
        bot.texts[key] = value
    else:
        bot.texts.pop(key, None)
    if key == ("name", "") and value:
        bot.user.first_name = value
    return True


def _get_text(bot: Bot, params: Params, field: str) -> Json:
    language = params.text("language_code").lower()
    fallback = bot.user.first_name if field == "name" else ""
    found = bot.texts.get((field, language)) or bot.texts.get((field, "")) or fallback
    return {field: found}


def set_my_name(bot: Bot, params: Params) -> bool:
    return _set_text(bot, params, "name")


def set_my_description(bot: Bot, params: Params) -> bool:
    return _set_text(bot, params, "description")


def set_my_short_description(bot: Bot, params: Params) -> bool:
    return _set_text(bot, params, "short_description")


def get_my_name(bot: Bot, params: Params) -> Json:
    return _get_text(bot, params, "name")


def get_my_description(bot: Bot, params: Params) -> Json:
    return _get_text(bot, params, "description")


def get_my_short_description(bot: Bot, params: Params) -> Json:
    return _get_text(bot, params, "short_description")


def get_chat(bot: Bot, params: Params) -> Json:
    chat = bot.find_chat(params.values.get("chat_id"))
    full = chat.raw | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, False),
    }
    if chat.pinned and chat.pinned[-1] in chat.messages:
        full["pinned_message"] = chat.messages[chat.pinned[-1]].raw
    if chat.kind != PRIVATE:
        full["permissions"] = {"can_send_messages": True}
    return full


def member(bot: Bot, chat: Chat, user_id: int) -> Json:
    if user_id == bot.user.id:
        shown: Json = {"user": bot.user.raw(), "status": chat.bot_status}
    else:
        user = bot.people.get(user_id)
        if user is None:
            raise bad("PARTICIPANT_ID_INVALID")
        status = "member" if user_id in chat.members else "left"
        shown = {"user": user.raw(), "status": status}
    if shown["status"] == "kicked":
        shown["until_date"] = 0
    return shown


def get_chat_member(bot: Bot, params: Params) -> Json:
    chat = bot.find_chat(params.values.get("chat_id"))
    return member(bot, chat, params.number("user_id"))


def get_chat_member_count(bot: Bot, params: Params) -> int:
    chat = bot.find_chat(params.values.get("chat_id"))
    return len(chat.members) + (chat.bot_status == "member")


def log_out(bot: Bot, params: Params) -> bool:
    return True


def close(bot: Bot, params: Params) -> bool:
    return True
