"""The table of all methods the double knows, by lower-case name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.doubles import editing, files, profile, sending
from tests.doubles.forms import Params
from tests.doubles.world import Bot

Method = Callable[[Bot, Params], Any]

_ALL: tuple[Method, ...] = (
    sending.send_message, sending.send_photo, sending.send_document, sending.send_video,
    sending.send_voice, sending.send_audio, sending.send_animation, sending.send_media_group,
    sending.send_contact, sending.send_location, sending.send_chat_action, sending.copy_message,
    sending.forward_message, editing.edit_message_text, editing.edit_message_caption,
    editing.edit_message_reply_markup, editing.edit_message_media, editing.delete_message,
    editing.delete_messages, editing.answer_callback_query, editing.pin_chat_message,
    editing.unpin_chat_message, editing.set_message_reaction, files.get_file, profile.get_me,
    profile.set_my_commands, profile.get_my_commands, profile.delete_my_commands,
    profile.set_chat_menu_button, profile.get_chat_menu_button, profile.set_my_name,
    profile.get_my_name, profile.set_my_description, profile.get_my_description,
    profile.set_my_short_description, profile.get_my_short_description, profile.get_chat,
    profile.get_chat_member, profile.get_chat_member_count, profile.log_out, profile.close,
)  # fmt: skip


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


SYNC: dict[str, tuple[str, Method]] = {
    camel(m.__name__).lower(): (camel(m.__name__), m) for m in _ALL
}
LISTENING = {
    name.lower(): name for name in ("getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo")
}
