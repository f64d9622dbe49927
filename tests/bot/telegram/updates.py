"""Updates as Telegram words them, for the parser's tests."""

from __future__ import annotations

from typing import Any

from tests.doubles.people import ADMINISTERS

Json = dict[str, Any]

BOT_ID = 7000001
LI: Json = {"id": 501, "is_bot": False, "first_name": "倩", "last_name": "李"}
CHAT: Json = {"id": 501, "type": "private", "first_name": "倩"}
SENT = 1795401612  # 2026-11-23 10:40:12 in Shanghai

PHOTO: Json = {
    "photo": [
        {"file_id": "small", "file_unique_id": "s", "width": 90, "height": 60, "file_size": 900},
        {
            "file_id": "big",
            "file_unique_id": "b",
            "width": 1280,
            "height": 960,
            "file_size": 90000,
        },
        {"file_id": "mid", "file_unique_id": "m", "width": 320, "height": 240},
    ]
}
DOCUMENT: Json = {
    "document": {
        "file_id": "doc",
        "file_unique_id": "d",
        "file_name": "情况说明.pdf",
        "mime_type": "application/pdf",
        "file_size": 250_000,
    }
}


def message(**fields: Any) -> Json:
    return {"message_id": 17, "from": LI, "chat": CHAT, "date": SENT, **fields}


def update(kind: Any = "message", payload: Any = None, **fields: Any) -> Json:
    return {"update_id": 9001, kind: message(**fields) if payload is None else payload}


def press(data: Any = "score:41:4", **fields: Any) -> Json:
    query = {
        "id": "4382bfdwdsb323b2d9",
        "from": LI,
        "chat_instance": "-77",
        "message": message(text="卡片", **{"from": {**LI, "id": BOT_ID, "is_bot": True}}),
        "data": data,
        **fields,
    }
    return update("callback_query", query)


def membership(status: str, **fields: Any) -> Json:
    bot = {"id": BOT_ID, "is_bot": True, "first_name": "考核"}
    old = {"kicked": "member", "member": "kicked"}.get(status, "member")
    change = {
        "chat": CHAT,
        "from": LI,
        "date": SENT,
        "old_chat_member": {"user": bot, "status": old, "until_date": 0},
        "new_chat_member": {"user": bot, "status": status, "until_date": 0},
        **fields,
    }
    return update("my_chat_member", change)


GROUP: Json = {"id": -44, "type": "group", "title": "工作群"}
SUPERGROUP: Json = {"id": -10044, "type": "supergroup", "title": "工作群"}

GOOD: dict[str, Json] = {
    "text": update(text="您好"),
    "command": update(
        text="/start abc", entities=[{"type": "bot_command", "offset": 0, "length": 6}]
    ),
    "link": update(
        text="详见报道",
        entities=[{"type": "text_link", "offset": 2, "length": 2, "url": "https://a.example/1"}],
    ),
    "photo": update(**PHOTO, caption="现场"),
    "album": update(**PHOTO, media_group_id="13500000000001"),
    "document": update(**DOCUMENT),
    "animation": update(
        animation={
            "file_id": "gif",
            "file_unique_id": "g",
            "width": 1,
            "height": 1,
            "duration": 2,
            "mime_type": "video/mp4",
        },
        document={"file_id": "gif", "file_unique_id": "g"},
    ),
    "video": update(
        video={
            "file_id": "vid",
            "file_unique_id": "v",
            "width": 1,
            "height": 1,
            "duration": 2,
            "file_name": "办件.mp4",
        }
    ),
    "voice": update(voice={"file_id": "voc", "file_unique_id": "o", "duration": 2}),
    "audio": update(audio={"file_id": "aud", "file_unique_id": "a", "duration": 2}),
    "video_note": update(
        video_note={"file_id": "vno", "file_unique_id": "n", "length": 240, "duration": 2}
    ),
    "location": update(location={"latitude": 31.230416, "longitude": 121.473701}),
    "venue": update(
        location={"latitude": 31.23, "longitude": 121.5},
        venue={
            "location": {"latitude": 31.23, "longitude": 121.5},
            "title": "政务服务中心",
            "address": "人民路1号",
        },
    ),
    "contact": update(contact={"phone_number": "13800000000", "first_name": "王"}),
    "forward": update(
        text="/submit",
        forward_origin={"type": "user", "sender_user": {**LI, "id": 77}, "date": SENT},
    ),
    "edited": update("edited_message", message(text="改过", edit_date=SENT + 5)),
    "press": press(),
    "blocked": membership("kicked"),
    "unblocked": membership("member"),
    "joined": membership("member", chat=GROUP),
    "promoted": membership(
        "administrator",
        chat=SUPERGROUP,
        new_chat_member={
            "user": {"id": BOT_ID, "is_bot": True, "first_name": "考核"},
            "status": "administrator",
            **dict.fromkeys(ADMINISTERS, False),
        },
    ),
    "left": membership("left", chat=GROUP),
    "kicked": membership("kicked", chat=SUPERGROUP),
    "renamed": update(chat=GROUP, new_chat_title="大群"),
    "moved": update(chat=GROUP, migrate_to_chat_id=-10044),
    "moved here": update(chat=SUPERGROUP, migrate_from_chat_id=-44),
}
