"""The methods that put messages into a chat: text, files, albums, contacts, copies, forwards."""

from __future__ import annotations

from tests.doubles import files, keyboards, markup
from tests.doubles.forms import Params
from tests.doubles.strict_html import ResolveUser
from tests.doubles.world import PRIVATE, Blob, Bot, Chat, Json, Message, bad

ALBUM_MAX = 10
ALBUM_FAMILIES = {"photo": "picture", "video": "picture", "live_photo": "picture"}
ACTIONS = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note",
    "upload_video_note", "record_audio", "upload_audio",
})  # fmt: skip
ACTION_SECONDS = 5


def resolver(bot: Bot) -> ResolveUser:
    def resolve(user_id: int) -> Json | None:
        user = bot.people.get(user_id)
        return user.raw() if user is not None and user_id in bot.chats else None

    return resolve


def message_text(bot: Bot, params: Params, name: str = "text") -> tuple[str, list[Json]]:
    """The text of a message, never empty."""
    given = params.text(name)
    if not given:
        raise bad("message text is empty")
    text, entities = markup.formatted(
        given,
        parse_mode=params.text("parse_mode"),
        entities=params.json("entities"),
        limit=markup.TEXT_LIMIT,
        too_long="message is too long",
        resolve_user=resolver(bot),
    )
    if not text:
        raise bad("text must be non-empty")
    return text, entities


def caption_fields(bot: Bot, params: Params) -> Json:
    return captioned(
        bot,
        caption=params.text("caption"),
        parse_mode=params.text("parse_mode"),
        entities=params.json("caption_entities"),
    )


def captioned(bot: Bot, *, caption: str, parse_mode: str, entities: object) -> Json:
    text, spans = markup.formatted(
        caption,
        parse_mode=parse_mode,
        entities=entities,
        limit=markup.CAPTION_LIMIT,
        too_long="message caption is too long",
        resolve_user=resolver(bot),
    )
    fields: Json = {"caption": text} if text else {}
    if spans:
        fields["caption_entities"] = spans
    return fields


def without_reply(raw: Json) -> Json:
    return {k: v for k, v in raw.items() if k != "reply_to_message"}


def reply_fields(bot: Bot, chat: Chat, params: Params) -> Json:
    wanted = params.json_object("reply_parameters")
    message_id = wanted.get("message_id") or params.number("reply_to_message_id")
    if not message_id:
        return {}
    target = bot.find_chat(wanted["chat_id"]) if "chat_id" in wanted else chat
    found = target.messages.get(message_id) if isinstance(message_id, int) else None
    if found is None:
        lenient = wanted.get("allow_sending_without_reply") or params.flag(
            "allow_sending_without_reply"
        )
        if lenient:
            return {}
        raise bad("message to be replied not found")
    return {"reply_to_message": without_reply(found.raw)}


def post(
    bot: Bot,
    chat: Chat,
    params: Params,
    fields: Json,
    *,
    blob: Blob | None = None,
    shown: keyboards.Markup = keyboards.NONE,
    editable: bool = True,
) -> Message:
    """The message as it stands in the chat from now on. The rate limit is the caller's to take."""
    raw: Json = {
        "message_id": chat.take_id(),
        "from": bot.user.raw(),
        "chat": chat.raw,
        "date": bot.now(),
    }
    raw |= fields
    if params.flag("protect_content"):
        raw["has_protected_content"] = True
    if shown.inline is not None:
        raw["reply_markup"] = shown.inline
    if shown.reply is not None:
        chat.reply_keyboard = shown.reply
    elif shown.removes:
        chat.reply_keyboard = None
    chat.action = None
    message = Message(
        raw,
        outgoing=True,
        blob=blob,
        editable=editable and shown.plain,
        silent=params.flag("disable_notification"),
        reply_keyboard=shown.reply,
    )
    return chat.add(message)


def _markup(chat: Chat, params: Params) -> keyboards.Markup:
    return keyboards.read_markup(params.json("reply_markup"), private=chat.kind == PRIVATE)


def send_message(bot: Bot, params: Params) -> Json:
    text, entities = message_text(bot, params)
    chat = bot.writable(params.values.get("chat_id"))
    shown = _markup(chat, params)
    fields = reply_fields(bot, chat, params)
    bot.limits.take(chat.id)
    fields["text"] = text
    if entities:
        fields["entities"] = entities
    preview = params.json_object("link_preview_options")
    if preview:
        fields["link_preview_options"] = preview
    return post(bot, chat, params, fields, shown=shown).raw


MEDIA_FIELDS = ("duration", "width", "height", "performer", "title", "length")


def media_extra(params: Json) -> Json:
    extra: Json = {}
    for name in MEDIA_FIELDS:
        value = params.get(name)
        if value not in (None, ""):
            extra[name] = int(value) if str(value).isdigit() else value
    return extra


def _send_file(bot: Bot, params: Params, kind: str) -> Json:
    chat = bot.writable(params.values.get("chat_id"))
    source = params.file(kind)
    if source is None:
        raise bad(f"there is no {kind.replace('_', ' ')} in the request")
    params.attached(params.values.get("thumbnail"))
    shown = _markup(chat, params)
    fields = reply_fields(bot, chat, params)
    fields |= caption_fields(bot, params)
    blob = files.given(bot, source, kind)
    bot.limits.take(chat.id)
    fields |= files.content(bot, blob, kind, media_extra(params.values))
    if params.flag("has_spoiler"):
        fields["has_media_spoiler"] = True
    if params.flag("show_caption_above_media"):
        fields["show_caption_above_media"] = True
    return post(bot, chat, params, fields, blob=blob, shown=shown).raw


def send_photo(bot: Bot, params: Params) -> Json:
    return _send_file(bot, params, "photo")


def send_document(bot: Bot, params: Params) -> Json:
    return _send_file(bot, params, "document")


def send_video(bot: Bot, params: Params) -> Json:
    return _send_file(bot, params, "video")


def send_voice(bot: Bot, params: Params) -> Json:
    return _send_file(bot, params, "voice")


def send_audio(bot: Bot, params: Params) -> Json:
    return _send_file(bot, params, "audio")


def send_animation(bot: Bot, params: Params) -> Json:
    return _send_file(bot, params, "animation")


def album_part(bot: Bot, params: Params, item: object) -> tuple[str, Blob, Json]:
    """Kind, file and caption of one InputMedia object."""
    if not isinstance(item, dict):
        raise bad("can't parse InputMedia: expected an Object")
    kind = str(item.get("type"))
    if kind not in ("photo", "document", "video", "audio", "animation"):
        raise bad(f'can\'t parse InputMedia: type "{kind}" is not supported')
    source = params.attached(item.get("media"))
    if source is None:
        raise bad("can't parse InputMedia: media not found")
    blob = files.given(bot, source, kind)
    fields = captioned(
        bot,
        caption=item.get("caption") or "",
        parse_mode=item.get("parse_mode") or "",
        entities=item.get("caption_entities"),
    )
    return kind, blob, fields | files.content(bot, blob, kind, media_extra(item))


def send_media_group(bot: Bot, params: Params) -> list[Json]:
    chat = bot.writable(params.values.get("chat_id"))
    items = params.json_array("media")
    if not items:
        raise bad("there are no messages to send")
    if len(items) > ALBUM_MAX:
        raise bad("too many messages to send as an album")
    parts = [album_part(bot, params, item) for item in items]
    families = {ALBUM_FAMILIES.get(kind, kind) for kind, _, _ in parts}
    if len(families) > 1:
        odd = next(k for k, _, _ in parts if k in ("document", "audio"))
        raise bad(f"{odd} can't be mixed with other media types")
    reply = reply_fields(bot, chat, params)
    bot.limits.take(chat.id, len(parts))
    group = {"media_group_id": bot.next_group_id()} if len(parts) > 1 else {}
    return [
        post(bot, chat, params, fields | reply | group, blob=blob).raw for _, blob, fields in parts
    ]


def send_contact(bot: Bot, params: Params) -> Json:
    chat = bot.writable(params.values.get("chat_id"))
    contact: Json = {"phone_number": params.text("phone_number"),
                     "first_name": params.text("first_name")}  # fmt: skip
    if not contact["phone_number"]:
        raise bad("phone number must be non-empty")
    if not contact["first_name"]:
        raise bad("first name must be non-empty")
    if params.text("last_name"):
        contact["last_name"] = params.text("last_name")
    shown = _markup(chat, params)
    bot.limits.take(chat.id)
    return post(bot, chat, params, {"contact": contact}, shown=shown).raw


def send_location(bot: Bot, params: Params) -> Json:
    chat = bot.writable(params.values.get("chat_id"))
    place: Json = {}
    for name in ("latitude", "longitude"):
        try:
            place[name] = float(params.text(name))
        except ValueError:
            raise bad(f"{name} is empty") from None
    shown = _markup(chat, params)
    bot.limits.take(chat.id)
    return post(bot, chat, params, {"location": place}, shown=shown).raw


def send_chat_action(bot: Bot, params: Params) -> bool:
    action = params.text("action").lower()
    if action not in ACTIONS:
        raise bad("wrong parameter action in request")
    chat = bot.writable(params.values.get("chat_id"))
    chat.action = (action, bot.clock.now() + ACTION_SECONDS)
    chat.touch()
    return True


CONTENT = (
    "text", "entities", "photo", "document", "video", "voice", "audio", "animation", "video_note",
    "sticker", "caption", "caption_entities", "contact", "location", "link_preview_options",
    "has_media_spoiler", "venue", "poll", "dice",
)  # fmt: skip


def _source(bot: Bot, params: Params, purpose: str) -> Message:
    origin = bot.find_chat(params.values.get("from_chat_id"))
    found = origin.messages.get(params.number("message_id"))
    if found is None:
        raise bad(f"message to {purpose} not found")
    if found.raw.get("has_protected_content"):
        raise bad(f"message can't be {'copied' if purpose == 'copy' else 'forwarded'}")
    return found


def copy_message(bot: Bot, params: Params) -> Json:
    found = _source(bot, params, "copy")
    chat = bot.writable(params.values.get("chat_id"))
    shown = _markup(chat, params)
    fields = {k: v for k, v in found.raw.items() if k in CONTENT}
    if "caption" in params.values and "text" not in fields:
        fields.pop("caption", None)
        fields.pop("caption_entities", None)
        fields |= caption_fields(bot, params)
    fields |= reply_fields(bot, chat, params)
    bot.limits.take(chat.id)
    made = post(bot, chat, params, fields, blob=found.blob, shown=shown)
    return {"message_id": made.id}


def origin_of(found: Message) -> Json:
    """forward_origin of a message; a forward of a forward keeps the first origin."""
    earlier: Json | None = found.raw.get("forward_origin")
    if earlier is not None:
        return earlier
    return {"type": "user", "sender_user": found.raw["from"], "date": found.raw["date"]}


def forward_message(bot: Bot, params: Params) -> Json:
    found = _source(bot, params, "forward")
    chat = bot.writable(params.values.get("chat_id"))
    fields = {k: v for k, v in found.raw.items() if k in CONTENT}
    fields["forward_origin"] = origin_of(found)
    bot.limits.take(chat.id)
    return post(bot, chat, params, fields, blob=found.blob, editable=False).raw
