"""Callbacks as the reference has them, one of each kind."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
BOT_ID = "aib0T"
KEY = "BRAbJjE8R1JdaHN+iZSfqrXAy9bh7PcCDRgjLjlET1o="
FILE = {"url": "https://files.example/a?sign=1", "aeskey": KEY}


def message(kind: str, content: Json, **more: Any) -> Json:
    body = {
        "msgid": "m1",
        "aibotid": BOT_ID,
        "chattype": "single",
        "from": {"userid": "LiQian"},
        "create_time": 1733980800,
        "msgtype": kind,
        kind: content,
    }
    return {
        "cmd": "aibot_msg_callback",
        "headers": {"req_id": "r1"},
        "body": body | more,
    }


def event(kind: str, content: Json | None = None, **more: Any) -> Json:
    told: Json = {"eventtype": kind}
    if content is not None:
        told[kind] = content
    body: Json = {
        "msgid": "e1",
        "aibotid": BOT_ID,
        "create_time": 1733980800,
        "from": {"userid": "LiQian"},
        "msgtype": "event",
        "event": told,
    }
    return {
        "cmd": "aibot_event_callback",
        "headers": {"req_id": "r2"},
        "body": body | more,
    }


def chosen(ids: Any) -> Json:
    return {"selected_item": [{"question_key": "choose", "option_ids": {"option_id": ids}}]}


PRESS = {"card_type": "button_interaction", "event_key": "accept:41:4", "task_id": "abc-0"}
CHOICE = {
    "card_type": "vote_interaction",
    "event_key": "choose",
    "task_id": "abc-1",
    "selected_items": chosen(["row:2", "row:3"]),
}
GOOD: dict[str, Json] = {
    "text": message("text", {"content": "您好"}),
    "voice": message("voice", {"content": "语音的字"}),
    "image": message("image", FILE),
    "file": message("file", FILE),
    "video": message("video", FILE),
    "mixed": message(
        "mixed",
        {
            "msg_item": [
                {"msgtype": "text", "text": {"content": "看图"}},
                {"msgtype": "image", "image": FILE},
                {"msgtype": "text", "text": {"content": "完"}},
            ]
        },
    ),
    "quote": message(
        "text", {"content": "是这个"}, quote={"msgtype": "text", "text": {"content": "原话"}}
    ),
    "group": message("text", {"content": "@助手 菜单"}, chattype="group", chatid="wr1"),
    "enter_chat": event("enter_chat"),
    "press": event("template_card_event", PRESS, chattype="single"),
    "choice": event("template_card_event", CHOICE),
    "feedback": event("feedback_event", {"id": "f", "type": 2, "content": "不对"}),
}
