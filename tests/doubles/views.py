"""How a chat, a call, a press look from outside: plain JSON for the control client."""

from __future__ import annotations

from tests.doubles import markup
from tests.doubles.calls import Call
from tests.doubles.world import Bot, Chat, Json, Message, Press

KINDS = (
    "photo", "animation", "document", "video", "voice", "audio", "video_note", "sticker",
    "contact", "location", "venue", "poll", "dice",
)  # fmt: skip


def message_view(message: Message) -> Json:
    raw = message.raw
    kind = next((k for k in KINDS if k in raw), "text")
    text = str(raw.get("text", raw.get("caption", "")))
    entities = raw.get("entities") or raw.get("caption_entities") or []
    keyboard = raw.get("reply_markup", {}).get("inline_keyboard", ())
    blob = message.blob
    return {
        "id": message.id,
        "out": message.outgoing,
        "kind": kind,
        "text": text,
        "html": markup.to_html(text, entities),
        "buttons": [
            [{"text": b["text"], "data": b.get("callback_data"), "url": b.get("url")} for b in row]
            for row in keyboard
        ],
        "file": None
        if blob is None
        else {
            "name": blob.name,
            "mime": blob.mime,
            "size": blob.size,
            "sha256": blob.content.sha256,
            "file_id": blob.file_id,
            "unique_id": blob.unique_id,
        },
        "edited": "edit_date" in raw,
        "date": raw["date"],
        "reply_to": raw.get("reply_to_message", {}).get("message_id"),
        "album": raw.get("media_group_id"),
        "forward_origin": raw.get("forward_origin"),
        "silent": message.silent,
        "reaction": [r.get("emoji") for r in message.reaction],
        "from_id": raw.get("from", {}).get("id"),
        "version": message.version,
    }


def call_view(call: Call) -> Json:
    return {
        "number": call.number,
        "method": call.method,
        "params": call.params,
        "at": call.at,
        "outcome": call.outcome,
        "executed": call.executed,
        "error": call.error,
        "took": call.took,
        "via": call.via,
    }


def press_view(press: Press) -> Json:
    return {
        "id": press.id,
        "message_id": press.message_id,
        "data": press.data,
        "answer": press.answer,
    }


def chat_view(bot: Bot, chat: Chat) -> Json:
    action = chat.action
    return {
        "id": chat.id,
        "version": chat.version,
        "messages": [message_view(m) for m in chat.messages.values()],
        "reply_keyboard": [[str(b["text"]) for b in row] for row in chat.reply_keyboard or ()],
        "pinned": list(chat.pinned),
        "bot_status": chat.bot_status,
        "action": action[0] if action and action[1] > bot.clock.now() else None,
    }
