"""The methods that change what stands: edits, deletions, pins, reactions, answers to presses."""

from __future__ import annotations

from tests.doubles import keyboards, sending
from tests.doubles.forms import Params
from tests.doubles.world import DAY, PRIVATE, Bot, Chat, Json, Message, bad

DELETABLE_SECONDS = 2 * DAY
IDS_AT_ONCE = 100
ANSWER_LIMIT = 200
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
FILE_KEYS = ("photo", "document", "video", "voice", "audio", "animation")
REACTIONS = frozenset(  # those of one code point; combined ones are not modelled
    "👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐"
    "🍓🍾💋🖕😈😴😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾🤷😡"
)


def _to_edit(bot: Bot, params: Params) -> tuple[Chat, Message]:
    chat = bot.find_chat(params.values.get("chat_id"))
    if chat.kind != PRIVATE or chat.bot_status == "kicked":
        bot.writable(chat.id)
    found = chat.messages.get(params.number("message_id"))
    if found is None:
        raise bad("message to edit not found")
    if not found.outgoing or not found.editable:
        raise bad("message can't be edited")
    return chat, found


def _new_keyboard(chat: Chat, params: Params) -> Json | None:
    given = keyboards.read_markup(params.json("reply_markup"), private=chat.kind == PRIVATE)
    if not given.plain:
        raise bad("inline keyboard expected")
    return given.inline


def _apply(
    bot: Bot,
    chat: Chat,
    message: Message,
    *,
    fields: Json,
    gone: tuple[str, ...],
    keyboard: Json | None,
) -> Json:
    """Replaces `gone` keys by `fields` and the keyboard by the given one, or by none."""
    bot.limits.take(chat.id)
    raw = message.raw
    before = {k: raw[k] for k in gone if k in raw}
    same_content = before == fields
    if same_content and raw.get("reply_markup") == keyboard:
        raise bad(NOT_MODIFIED)
    changed = {k: v for k, v in raw.items() if k not in gone and k != "reply_markup"}
    changed |= fields
    if not same_content:
        changed["edit_date"] = bot.now()
    if keyboard is not None:
        changed["reply_markup"] = keyboard
    message.raw = changed
    chat.touch(message)
    return changed


def edit_message_text(bot: Bot, params: Params) -> Json:
    chat, found = _to_edit(bot, params)
    text, entities = sending.message_text(bot, params)
    keyboard = _new_keyboard(chat, params)
    if "text" not in found.raw:
        raise bad("there is no text in the message to edit")
    fields: Json = {"text": text}
    if entities:
        fields["entities"] = entities
    preview = params.json_object("link_preview_options")
    if preview:
        fields["link_preview_options"] = preview
    gone = ("text", "entities", "link_preview_options")
    return _apply(bot, chat, found, fields=fields, gone=gone, keyboard=keyboard)


def edit_message_caption(bot: Bot, params: Params) -> Json:
    chat, found = _to_edit(bot, params)
    keyboard = _new_keyboard(chat, params)
    if not any(k in found.raw for k in FILE_KEYS):
        raise bad("there is no caption in the message to edit")
    fields = sending.caption_fields(bot, params)
    gone = ("caption", "caption_entities")
    return _apply(bot, chat, found, fields=fields, gone=gone, keyboard=keyboard)


def edit_message_reply_markup(bot: Bot, params: Params) -> Json:
    chat, found = _to_edit(bot, params)
    keyboard = _new_keyboard(chat, params)
    return _apply(bot, chat, found, fields={}, gone=(), keyboard=keyboard)


def edit_message_media(bot: Bot, params: Params) -> Json:
    chat, found = _to_edit(bot, params)
    keyboard = _new_keyboard(chat, params)
    if found.raw.get("media_group_id") and keyboard is not None:
        raise bad("message can't be edited")
    kind, blob, fields = sending.album_part(bot, params, params.json("media"))
    gone = (*FILE_KEYS, "caption", "caption_entities", "text", "entities", "link_preview_options")
    if found.blob is blob and kind in found.raw:
        fields[kind] = found.raw[kind]
    edited = _apply(bot, chat, found, fields=fields, gone=gone, keyboard=keyboard)
    found.blob = blob
    return edited


def _delete(bot: Bot, chat: Chat, found: Message) -> None:
    if bot.clock.now() - found.raw["date"] > DELETABLE_SECONDS:
        raise bad("message can't be deleted for everyone")
    if not found.outgoing and chat.kind != PRIVATE:
        raise bad("message can't be deleted")
    chat.remove(found.id)


def delete_message(bot: Bot, params: Params) -> bool:
    chat = bot.writable(params.values.get("chat_id"))
    found = chat.messages.get(params.number("message_id"))
    if found is None:
        raise bad("message to delete not found")
    _delete(bot, chat, found)
    return True


def delete_messages(bot: Bot, params: Params) -> bool:
    chat = bot.writable(params.values.get("chat_id"))
    ids = params.json_array("message_ids")
    if not ids:
        raise bad("message identifiers are not specified")
    if not all(isinstance(i, int) for i in ids):
        raise bad("message identifier must be a Number")
    if len(ids) > IDS_AT_ONCE:
        raise bad("too many message identifiers specified")
    for found in [chat.messages[i] for i in ids if i in chat.messages]:
        _delete(bot, chat, found)
    return True


def answer_callback_query(bot: Bot, params: Params) -> bool:
    press = bot.presses.get(params.text("callback_query_id"))
    too_old = (
        press is None
        or press.answer is not None
        or bot.clock.now() - press.at > bot.settings.answer_seconds
    )
    if press is None or too_old:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    text = params.text("text")
    if len(text) > ANSWER_LIMIT:
        raise bad("MESSAGE_TOO_LONG")
    press.answer = {"text": text, "show_alert": params.flag("show_alert")}
    if params.text("url"):
        press.answer["url"] = params.text("url")
    bot.answers.append(press)
    chat = bot.chats.get(press.chat_id)
    if chat is not None:
        chat.touch()
    return True


def pin_chat_message(bot: Bot, params: Params) -> bool:
    chat = bot.writable(params.values.get("chat_id"))
    message_id = params.number("message_id")
    if message_id not in chat.messages:
        raise bad("message to pin not found")
    if message_id not in chat.pinned:
        chat.pinned.append(message_id)
        chat.touch()
    return True


def unpin_chat_message(bot: Bot, params: Params) -> bool:
    chat = bot.writable(params.values.get("chat_id"))
    message_id = params.number("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if message_id not in chat.pinned:
        raise bad("message to unpin not found")
    chat.pinned.remove(message_id)
    chat.touch()
    return True


def set_message_reaction(bot: Bot, params: Params) -> bool:
    chat = bot.writable(params.values.get("chat_id"))
    found = chat.messages.get(params.number("message_id"))
    if found is None:
        raise bad("message to react not found")
    wanted = params.json_objects("reaction")
    if len(wanted) > 1:
        raise bad("REACTIONS_TOO_MANY")
    if any(r.get("type") == "emoji" and r.get("emoji") not in REACTIONS for r in wanted):
        raise bad("REACTION_INVALID")
    found.reaction = wanted
    chat.touch(found)
    return True
