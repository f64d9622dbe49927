"""How a message, a call, a callback look from outside: plain JSON for the control client."""

from __future__ import annotations

import hashlib

from tests.doubles.wecom.callbacks import Told
from tests.doubles.wecom.world import Json, Message


def message_view(message: Message) -> Json:
    media = message.media
    return {
        "id": message.id,
        "out": message.out,
        "kind": message.kind,
        "text": message.text,
        "url": str(message.fields.get("url", "")),
        "card": card_view(message) if message.kind == "template_card" else None,
        "file": None
        if media is None
        else {
            "name": media.name,
            "size": len(media.data),
            "sha256": hashlib.sha256(media.data).hexdigest(),
            "media_id": media.id,
        },
        "msgid": message.msgid,
        "call": message.call,
        "at": message.at,
        "version": message.version,
    }


def card_view(message: Message) -> Json:
    """Buttons and options as long as they can be pressed."""
    body = message.fields
    main = body.get("main_title", {})
    boxes = [body[name] for name in ("checkbox", "button_selection") if name in body]
    boxes += body.get("select_list", [])
    return {
        "type": body["card_type"],
        "title": main.get("title", ""),
        "desc": main.get("desc", ""),
        "sub_title": body.get("sub_title_text", ""),
        "rows": [
            [row["keyname"], row.get("value", "")]
            for row in body.get("horizontal_content_list", ())
        ],
        "state": message.state,
        "label": message.label,
        "task_id": body.get("task_id") or "",
        "buttons": [
            {
                "text": b["text"], "key": b.get("key", ""), "style": b.get("style", 1),
                "url": b.get("url", ""),
            }
            for b in body.get("button_list", ())
        ] if message.live else [],
        "options": [
            {"id": o["id"], "text": o["text"], "question": box["question_key"]}
            for box in boxes
            for o in box["option_list"]
        ] if message.live else [],
        "submit": body.get("submit_button", {}).get("text", "") if message.live else "",
        "corner": [e["text"] for e in body.get("action_menu", {}).get("action_list", ())],
    }  # fmt: skip


def told_view(told: Told) -> Json:
    return {
        "number": told.number,
        "user": told.member.userid,
        "kind": told.kind,
        "plain": told.plain,
        "state": told.state,
        "tries": told.tries,
        "took": told.took,
        "reply": told.reply,
    }


def has(message: Message, part: str) -> bool:
    """Whether a member sees these words on it."""
    if part in message.text:
        return True
    if message.media is not None and part in message.media.name:
        return True
    if message.kind != "template_card":
        return False
    if part in message.label:
        return True
    view = card_view(message)
    shown = [*view["buttons"], *view["options"]]
    return any(part in each["text"] for each in shown) or any(
        part in cell for row in view["rows"] for cell in row
    )
