"""Raw updates to `Inbound`: what each kind of content becomes, and what is not for us."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Update

from bot.channels.telegram.parse import parse
from bot.fields import Unparsable
from handlers.messages import Attachment, Inbound, Kind
from tests.bot.telegram.updates import (
    BOT_ID,
    CHAT,
    DOCUMENT,
    GOOD,
    GROUP,
    LI,
    PHOTO,
    SENT,
    Json,
    membership,
    message,
    press,
    update,
)


def read(raw: Json) -> Inbound | None:
    return parse(raw, bot_id=BOT_ID)


def said(**fields: Any) -> Inbound:
    return Inbound(
        **{
            "key": "tg:7000001:9001",
            "channel": "telegram",
            "account": "501",
            "name": "倩 李",
            "source": "501:17",
        }
        | fields
    )


def told(kind: Kind, account: str = "-44", **fields: Any) -> Inbound:
    return Inbound("tg:7000001:9001", "telegram", account, kind, **fields)


PICTURE = Attachment(
    reference="big", name="照片-20261123-104012-17.jpg", mime="image/jpeg", size=90000
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("text", said(text="您好")),
        ("command", said(text="/start abc")),
        ("link", said(text="详见报道（https://a.example/1）")),
        ("photo", said(text="现场", attachments=(PICTURE,))),
        ("album", said(attachments=(PICTURE,), group="13500000000001")),
        (
            "document",
            said(attachments=(Attachment("doc", "情况说明.pdf", "application/pdf", 250_000),)),
        ),
        (
            "animation",
            said(attachments=(Attachment("gif", "动图-20261123-104012-17.mp4", "video/mp4"),)),
        ),
        ("video", said(attachments=(Attachment("vid", "办件.mp4", "video/mp4"),))),
        (
            "voice",
            said(attachments=(Attachment("voc", "语音-20261123-104012-17.ogg", "audio/ogg"),)),
        ),
        (
            "audio",
            said(attachments=(Attachment("aud", "音频-20261123-104012-17.mp3", "audio/mpeg"),)),
        ),
        (
            "video_note",
            said(attachments=(Attachment("vno", "视频-20261123-104012-17.mp4", "video/mp4"),)),
        ),
        ("location", said(text="位置：31.230416,121.473701")),
        ("venue", said(text="位置：31.23,121.5 政务服务中心 人民路1号")),
        ("contact", said()),
        ("forward", said(text="/submit", forwarded_from="倩 李")),
        ("edited", said(text="改过", kind=Kind.EDITED)),
        ("press", said(kind=Kind.PRESS, action="score:41:4", acknowledge="4382bfdwdsb323b2d9")),
        ("blocked", said(kind=Kind.BLOCKED, source="")),
        ("unblocked", said(kind=Kind.UNBLOCKED, source="")),
        ("joined", told(Kind.JOINED, name="工作群", by="501")),
        ("promoted", told(Kind.JOINED, "-10044", name="工作群", by="501")),
        ("left", told(Kind.LEFT, name="工作群", by="501")),
        ("kicked", told(Kind.LEFT, "-10044", name="工作群", by="501")),
        ("renamed", told(Kind.JOINED, name="大群")),
        ("moved", told(Kind.MOVED, moved_to="-10044")),
        ("moved here", told(Kind.MOVED, moved_to="-10044")),
    ],
)
def test_each_kind_of_update(name: str, expected: Inbound):
    assert read(GOOD[name]) == expected


@pytest.mark.parametrize("name", sorted(GOOD))
def test_the_samples_are_what_the_library_takes_too(name: str):
    found = Update.de_json(GOOD[name], None)
    assert found.update_id == 9001
    assert found.effective_user is not None
    assert found.effective_user.id == 501


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/submit@kaohe_bot", "/submit"),
        ("/submit@kaohe_bot 帮办", "/submit 帮办"),
        ("/submit@kaohe_bot\n帮办", "/submit\n帮办"),
        ("/submit 帮办@kaohe_bot", "/submit 帮办@kaohe_bot"),
        ("/submit@帮办", "/submit@帮办"),
        ("  空格 \n\n", "  空格 \n\n"),
        ("请发 /submit@kaohe_bot", "请发 /submit@kaohe_bot"),
    ],
)
def test_only_a_commands_addressee_is_taken_off(text: str, expected: str):
    assert read(update(text=text)) == said(text=expected)


def test_a_forwarded_command_keeps_every_letter():
    origin = {"type": "hidden_user", "sender_user_name": "王芳", "date": SENT}
    forwarded = read(update(text="/start@kaohe_bot x", forward_origin=origin))
    assert forwarded == said(text="/start@kaohe_bot x", forwarded_from="王芳")


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        (
            {"type": "channel", "chat": {"id": -100, "type": "channel", "title": "区发布"}},
            "区发布",
        ),
        (
            {"type": "chat", "sender_chat": {"id": -5, "type": "group", "title": "工作群"}},
            "工作群",
        ),
        ({"type": "chat", "sender_chat": {"id": -5, "type": "group"}}, "未知来源"),
        ({"type": "of a later year"}, "未知来源"),
    ],
)
def test_where_a_forward_comes_from(origin: Json, name: str):
    forward = {**origin, "date": SENT, "message_id": 3}
    assert read(update(text="转", forward_origin=forward)) == said(text="转", forwarded_from=name)


@pytest.mark.parametrize(
    ("text", "entities", "expected"),
    [
        # the grinning face takes two UTF-16 units
        ("😀报道", [(2, 2, "https://a.example/")], "😀报道（https://a.example/）"),
        ("一 二", [(0, 1, "u:1"), (2, 1, "u:2")], "一（u:1） 二（u:2）"),
        ("https://a.example", [(0, 17, "https://a.example/")], "https://a.example"),
        ("短", [(0, 500, "https://a.example")], "短（https://a.example）"),
        ("负", [(-9, 1, "https://a.example")], "负"),
    ],
)
def test_hidden_addresses_are_shown(
    text: str, entities: list[tuple[int, int, str]], expected: str
):
    given = [
        {"type": "text_link", "offset": offset, "length": length, "url": url}
        for offset, length, url in entities
    ]
    bold = {"type": "bold", "offset": 0, "length": 1}
    assert read(update(text=text, entities=[bold, *given])) == said(text=expected)
    captioned = read(update(**DOCUMENT, caption=text, caption_entities=given))
    assert captioned is not None
    assert captioned.text == expected


@pytest.mark.parametrize("content", ["sticker", "poll", "dice", "story", "made_up_in_2030"])
def test_content_that_we_cannot_take_is_still_answered(content: str):
    assert read(update(**{content: {"id": 1}})) == said()


@pytest.mark.parametrize(
    "raw",
    [
        {"update_id": 9001},
        update("channel_post", {"whatever": 1}),
        update("poll", {"id": "1"}),
        update(text="在群里", chat=GROUP),
        update(text="/start", chat=GROUP),
        update(new_chat_members=[LI], chat=GROUP),
        update("edited_message", message(chat=GROUP, new_chat_title="群")),
        update(text="频道", chat={"id": -44, "type": "channel", "title": "频道"}),
        update(text="机器人", **{"from": {**LI, "is_bot": True}}),
        update(pinned_message={"message_id": 1}),
        update("edited_message", message(location={"latitude": 1.0, "longitude": 2.0}), text="")
        | {"edited_message": message(sticker={"file_id": "x"})},
        membership("left"),
        membership("kicked", chat={"id": -44, "type": "channel", "title": "频道"}),
        update(migrate_to_chat_id=-5, chat={"id": -44, "type": "channel", "title": "频道"}),
        press(message=message(chat=GROUP)),
        press(inline_message_id="17"),
        press(data=None, game_short_name="棋"),
    ],
)
def test_not_for_us(raw: Json):
    assert read(raw) is None


@pytest.mark.parametrize(
    ("bot", "kind"),
    [
        ({"status": "restricted", "is_member": True, "can_send_messages": True}, Kind.JOINED),
        ({"status": "restricted", "is_member": True, "can_send_messages": False}, Kind.LEFT),
        ({"status": "restricted", "is_member": False, "can_send_messages": True}, Kind.LEFT),
        ({"status": "restricted"}, Kind.LEFT),
        ({"status": "of a later year"}, Kind.LEFT),
    ],
)
def test_what_the_bot_may_do_in_a_group(bot: Json, kind: Kind):
    raw = membership("member", chat=GROUP, new_chat_member=bot)
    assert read(raw) == told(kind, name="工作群", by="501")


def test_a_group_that_another_bot_manages():
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    added = membership("member", chat=GROUP, **{"from": anonymous})
    assert read(added) == told(Kind.JOINED, name="工作群")
    nameless = membership("member", chat={"id": -44, "type": "group"})
    assert read(nameless) == told(Kind.JOINED, by="501")
    long = update(chat=GROUP, new_chat_title="长" * 300)
    assert read(long) == told(Kind.JOINED, name="长" * 128)


def test_a_press_on_a_message_too_old_to_be_shown():
    query = press(message={"chat": CHAT, "message_id": 4, "date": 0})
    expected = said(
        kind=Kind.PRESS, action="score:41:4", acknowledge="4382bfdwdsb323b2d9", source="501:4"
    )
    assert read(query) == expected


def test_a_nameless_document_is_called_after_its_type():
    found = read(update(document={"file_id": "d", "mime_type": "application/pdf"}))
    assert found == said(
        attachments=(Attachment("d", "文件-20261123-104012-17.pdf", "application/pdf"),)
    )


def test_long_names_keep_their_suffix_and_fit_the_columns():
    name = "很" * 300 + ".docx"
    found = read(
        update(
            document={"file_id": "d", "file_name": name, "mime_type": "a/" + "b" * 200},
            **{"from": {**LI, "first_name": "名" * 64, "last_name": "姓" * 64}},
        )
    )
    assert found == said(
        name="名" * 64 + " " + "姓" * 15,
        attachments=(Attachment("d", "很" * 195 + ".docx"),),
    )


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ([], "update"),
        (None, "update"),
        ({"message": message(text="无号")}, "update_id"),
        ({"update_id": "9001", "message": message(text="a")}, "update_id"),
        ({"update_id": True, "message": message(text="a")}, "update_id"),
        ({"update_id": 1.0, "message": message(text="a")}, "update_id"),
        ({"update_id": 1, "message": []}, "message"),
        ({"update_id": 1, "message": None}, "message"),
        (update(text=["a"]), "text"),
        (update(text="a\0b"), "text"),
        (update(text="\ud83d"), "text"),
        (update(text="a", chat="501"), "chat"),
        (update(text="a", chat={"id": 501}), "type"),
        (update(text="a", chat={"id": 502, "type": "private"}), "chat.id"),
        (update(text="a", message_id="17"), "message_id"),
        (update(text="a", date=10**15), "date"),
        (update(text="a", date="now"), "date"),
        (update(text="a", **{"from": None}), "from"),
        (update(text="a", **{"from": {**LI, "id": "501"}}), "id"),
        (update(text="a", **{"from": {**LI, "id": -501}}), "from.id"),
        (update(text="a", **{"from": {**LI, "is_bot": 0}}), "from.is_bot"),
        (update(text="a", **{"from": {"id": 501, "is_bot": False}}), "first_name"),
        (update(text="a", entities={"type": "bold"}), "entities"),
        (update(text="a", entities=["bold"]), "entities"),
        (update(text="a", entities=[{"type": "text_link", "offset": 0}]), "length"),
        (update(photo=[]), "photo"),
        (update(photo=[{"file_id": "x", "width": 1}]), "height"),
        (update(document={"file_id": 7}), "file_id"),
        (update(document={"file_id": ""}), "file_id"),
        (update(document={"file_id": "x", "file_size": -1}), "file_size"),
        (update(document={"file_id": "x", "file_size": "9"}), "file_size"),
        (update(document=[1]), "document"),
        (update(**PHOTO, media_group_id="x" * 65), "media_group_id"),
        (update(location={"latitude": float("nan"), "longitude": 1}), "latitude"),
        (update(text="a", forward_origin="?"), "forward_origin"),
        (press(id=5), "id"),
        (press(id=""), "id"),
        (press(data=5), "data"),
        (press(message=7), "message"),
        (membership("kicked", new_chat_member={"status": None}), "status"),
        (membership("member", chat={**GROUP, "id": 44}), "chat.id"),
        (membership("member", chat={**GROUP, "title": 5}), "title"),
        (update(chat=GROUP, migrate_to_chat_id="-5"), "migrate_to_chat_id"),
        (update(chat=GROUP, migrate_from_chat_id=True), "migrate_from_chat_id"),
        (update(chat=GROUP, new_chat_title=["群"]), "new_chat_title"),
    ],
)
def test_malformed(raw: object, field: str):
    with pytest.raises(Unparsable) as caught:
        parse(raw, bot_id=BOT_ID)
    assert str(caught.value) == field
