"""Every method of the Bot API that the program may use, called by the real library."""

from __future__ import annotations

import hashlib

import pytest
from telegram import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    MenuButtonCommands,
    MenuButtonDefault,
    ReactionTypeEmoji,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)  # fmt: skip
from telegram.constants import ChatAction, ParseMode

from tests.doubles.client import Control
from tests.doubles.conftest import png
from tests.doubles.person import Person
from tests.doubles.seen import Button

KEYS = InlineKeyboardMarkup(
    [
        [
            InlineKeyboardButton("接受", callback_data="acc:1"),
            InlineKeyboardButton("退回", callback_data="ret:1"),
        ]
    ]
)


async def test_get_me(bot):
    me = await bot.get_me()
    assert (me.id, me.is_bot, me.username) == (7000001, True, "kaohe_7000001_bot")
    assert (me.can_join_groups, me.can_read_all_group_messages) == (True, False)


async def test_send_message(bot, li: Person):
    sent = await bot.send_message(
        li.id,
        "<b>回执</b> 2023-17-0001 &lt;已存&gt; 🙂 <i>谢谢</i>",
        parse_mode=ParseMode.HTML,
        reply_markup=KEYS,
        disable_notification=True,
        protect_content=True,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
    assert sent.text == "回执 2023-17-0001 <已存> 🙂 谢谢"
    assert [(e.type, e.offset, e.length) for e in sent.entities] == [
        ("bold", 0, 2),
        ("italic", 24, 2),
    ]
    assert sent.parse_entity(sent.entities[1]) == "谢谢"
    assert sent.reply_markup == KEYS
    assert sent.has_protected_content is True
    assert sent.link_preview_options == LinkPreviewOptions(is_disabled=True)
    assert (sent.chat.id, sent.chat.type, sent.from_user.id) == (li.id, "private", bot.id)
    seen = (await li.chat())[-1]
    assert (seen.id, seen.html, seen.silent, seen.edited) == (
        sent.message_id, "<b>回执</b> 2023-17-0001 &lt;已存&gt; 🙂 <i>谢谢</i>", True, False,
    )  # fmt: skip
    assert seen.buttons == ((Button("接受", "acc:1", None), Button("退回", "ret:1", None)),)


async def test_message_ids_grow_in_each_chat(bot, li: Person, wang: Person):
    ids = [(await bot.send_message(p.id, "一")).message_id for p in (li, wang, li, wang)]
    assert ids == [1, 1, 2, 2]


async def test_reply(bot, li: Person):
    asked = await li.says("我的材料呢")
    sent = await bot.send_message(li.id, "在这里", reply_parameters=ReplyParameters(asked))
    assert sent.reply_to_message.text == "我的材料呢"
    lenient = ReplyParameters(999, allow_sending_without_reply=True)
    sent = await bot.send_message(li.id, "在那里", reply_parameters=lenient)
    assert sent.reply_to_message is None


async def test_reply_keyboard_is_shown_but_not_echoed(bot, li: Person):
    sent = await bot.send_message(
        li.id, "选", reply_markup=ReplyKeyboardMarkup([["甲", "乙"]], resize_keyboard=True)
    )
    assert sent.reply_markup is None
    assert (await li.around())["reply_keyboard"] == [["甲", "乙"]]
    await bot.send_message(li.id, "好", reply_markup=ReplyKeyboardRemove())
    assert (await li.around())["reply_keyboard"] == []


async def test_button_kinds(bot, li: Person):
    keys = InlineKeyboardMarkup(
        [
            [InlineKeyboardButton("网页", url="https://example.org/a?b=1")],
            [InlineKeyboardButton("本机", url="http://127.0.0.1:8080/chat")],
            [InlineKeyboardButton("复制编号", copy_text=CopyTextButton("2023-17-0001"))],
            [InlineKeyboardButton("发布", callback_data="pub", style="danger")],
        ]
    )
    sent = await bot.send_message(li.id, "选", reply_markup=keys)
    assert sent.reply_markup == keys
    assert sent.reply_markup.inline_keyboard[3][0].style == "danger"


async def test_send_photo_by_upload_and_again_by_id(bot, li: Person, wang: Person):
    picture = png(640, 480)
    sent = await bot.send_photo(
        li.id, picture, caption="<b>现场</b>", parse_mode="HTML", has_spoiler=True
    )
    sizes = [(s.width, s.height) for s in sent.photo]
    assert sizes == [(90, 67), (320, 240), (640, 480)]
    assert len({s.file_unique_id for s in sent.photo}) == 3
    assert (sent.caption, sent.caption_entities[0].type) == ("现场", "bold")
    assert sent.has_media_spoiler is True
    again = await bot.send_photo(wang.id, sent.photo[-1].file_id)
    assert again.photo[-1].file_unique_id == sent.photo[-1].file_unique_id
    seen = (await wang.chat())[-1].file
    assert seen is not None
    assert seen.sha256 == hashlib.sha256(picture).hexdigest()


async def test_send_document_with_thumbnail_and_download(bot, li: Person):
    sent = await bot.send_document(
        li.id, b"%PDF-1.7 ...", filename='佐证 "一".pdf', thumbnail=png(), caption="材料"
    )
    assert sent.document.file_name == "佐证 _一_.pdf"
    assert (sent.document.mime_type, sent.document.file_size) == ("application/pdf", 12)
    found = await bot.get_file(sent.document.file_id)
    assert found.file_unique_id == sent.document.file_unique_id
    assert (found.file_path or "").endswith(".pdf")
    assert await found.download_as_bytearray() == bytearray(b"%PDF-1.7 ...")


async def test_one_content_has_one_unique_id(bot, li: Person):
    first = await bot.send_document(li.id, b"same", filename="a.txt")
    second = await bot.send_document(li.id, b"same", filename="b.txt")
    assert first.document.file_id != second.document.file_id
    assert first.document.file_unique_id == second.document.file_unique_id


@pytest.mark.parametrize("kind", ["video", "voice", "audio", "animation"])
async def test_other_files(bot, li: Person, kind: str):
    send = getattr(bot, f"send_{kind}")
    sent = await send(li.id, b"\0\1\2" * 10, duration=7, caption="录")
    attached = getattr(sent, kind)
    assert attached.to_dict()["duration"] == 7  # the attribute warns of a coming change
    assert (attached.file_size, sent.caption) == (30, "录")
    again = await send(li.id, attached.file_id)
    assert getattr(again, kind).file_unique_id == attached.file_unique_id


async def test_album(bot, li: Person):
    first = await bot.send_photo(li.id, png(10, 10))
    sent = await bot.send_media_group(
        li.id,
        [InputMediaPhoto(png(), caption="<i>两张</i>", parse_mode="HTML"),
         InputMediaPhoto(first.photo[-1].file_id)],
    )  # fmt: skip
    assert len({m.media_group_id for m in sent}) == 1
    assert [m.caption for m in sent] == ["两张", None]
    assert sent[1].photo[-1].file_id == first.photo[-1].file_id


async def test_edit_text_takes_the_keyboard_away(bot, li: Person):
    sent = await bot.send_message(li.id, "待审", reply_markup=KEYS)
    kept = await bot.edit_message_text("在审", li.id, sent.message_id, reply_markup=KEYS)
    assert (kept.reply_markup, kept.edit_date is not None) == (KEYS, True)
    bare = await bot.edit_message_text("<b>已接受</b>", li.id, sent.message_id, parse_mode="HTML")
    assert (bare.text, bare.reply_markup, bare.entities[0].type) == ("已接受", None, "bold")
    seen = (await li.chat())[-1]
    assert (seen.html, seen.rows, seen.edited) == ("<b>已接受</b>", [], True)


async def test_edit_markup_alone_leaves_no_edit_mark(bot, li: Person):
    sent = await bot.send_message(li.id, "待审")
    changed = await bot.edit_message_reply_markup(li.id, sent.message_id, reply_markup=KEYS)
    assert (changed.reply_markup, changed.edit_date) == (KEYS, None)


async def test_edit_caption_and_media(bot, li: Person):
    sent = await bot.send_document(li.id, b"a", filename="a.txt", caption="一")
    changed = await bot.edit_message_caption(li.id, sent.message_id, caption="二")
    assert (changed.caption, changed.document) == ("二", sent.document)
    media = InputMediaDocument(b"b", filename="b.txt", caption="三")
    changed = await bot.edit_message_media(media, li.id, sent.message_id)
    assert (changed.caption, changed.document.file_name) == ("三", "b.txt")


async def test_delete(bot, li: Person):
    sent = [await bot.send_message(li.id, str(n)) for n in range(4)]
    own = await li.says("多余")
    assert await bot.delete_message(li.id, sent[0].message_id)
    assert await bot.delete_message(li.id, own)
    assert await bot.delete_messages(li.id, [sent[1].message_id, 777, sent[2].message_id])
    assert [m.text for m in await li.chat()] == ["3"]


async def test_answer_callback_query(bot, li: Person):
    await bot.send_message(li.id, "审", reply_markup=KEYS)
    press = await li.presses("接受")
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert query is not None
    assert (query.id, query.data, query.from_user.id) == (press.id, "acc:1", li.id)
    assert (query.message.message_id, query.message.text) == (press.message_id, "审")
    assert await query.answer("已记录", show_alert=True)
    answer = await li.sees_answer(press)
    assert (answer.text, answer.show_alert) == ("已记录", True)
    assert await li.answers() == [answer]


async def test_chat_action_lasts_five_seconds(bot, control: Control, li: Person):
    await control.clock(frozen=True)
    await bot.send_chat_action(li.id, ChatAction.UPLOAD_DOCUMENT)
    assert (await li.around())["action"] == "upload_document"
    await control.clock(advance=6)
    assert (await li.around())["action"] is None


async def test_copy_and_forward(bot, li: Person, wang: Person):
    said = await li.says("原话")
    copied = await bot.copy_message(wang.id, li.id, said)
    forwarded = await bot.forward_message(wang.id, li.id, said)
    assert copied.message_id == 1
    assert forwarded.forward_origin.type == "user"
    assert forwarded.forward_origin.sender_user.id == li.id
    assert [m.text for m in await wang.chat()] == ["原话", "原话"]


async def test_pin_and_reaction(bot, li: Person):
    said = await li.says("材料")
    assert await bot.pin_chat_message(li.id, said, disable_notification=True)
    assert (await li.around())["pinned"] == [said]
    assert (await bot.get_chat(li.id)).pinned_message.message_id == said
    assert await bot.unpin_chat_message(li.id, said)
    assert await bot.set_message_reaction(li.id, said, ReactionTypeEmoji("👍"))
    assert (await li.chat())[0].reaction == ("👍",)


async def test_contact_and_location(bot, li: Person):
    contact = (await bot.send_contact(li.id, "010-12345", "窗口")).contact
    assert (contact.phone_number, contact.first_name) == ("010-12345", "窗口")
    place = (await bot.send_location(li.id, 39.9, 116.4)).location
    assert (place.latitude, place.longitude) == (39.9, 116.4)


async def test_commands_by_scope_and_language(bot, li: Person, wang: Person):
    everyone = [BotCommand("help", "帮助")]
    private = [BotCommand("start", "开始"), BotCommand("help", "帮助")]
    own = [BotCommand("review", "审核")]
    await bot.set_my_commands(everyone)
    assert await li.menu() == ["help"]
    await bot.set_my_commands(private, BotCommandScopeAllPrivateChats(), "zh")
    assert await li.menu() == ["start", "help"]
    await bot.set_my_commands(own, BotCommandScopeChat(li.id))
    assert (await li.menu(), await wang.menu()) == (["review"], ["start", "help"])
    assert await bot.get_my_commands(BotCommandScopeChat(li.id)) == tuple(own)
    assert await bot.get_my_commands() == tuple(everyone)
    await bot.delete_my_commands(BotCommandScopeChat(li.id))
    assert await li.menu() == ["start", "help"]
    assert await bot.get_my_commands(BotCommandScopeChat(li.id)) == ()


async def test_menu_button(bot, control: Control, li: Person):
    await bot.set_chat_menu_button(li.id, MenuButtonCommands())
    assert await control.ask("menu_button", user=li.id) == {"type": "commands"}
    await bot.set_chat_menu_button(menu_button=MenuButtonDefault())
    assert (await bot.get_chat_menu_button(li.id)).type == "commands"


async def test_texts_of_the_bot(bot):
    await bot.set_my_name("考核助手")
    await bot.set_my_description("请点开始", language_code="zh")
    await bot.set_my_short_description("季度考核")
    assert (await bot.get_my_name()).name == "考核助手"
    assert (await bot.get_my_description("zh")).description == "请点开始"
    assert (await bot.get_my_description()).description == ""
    assert (await bot.get_my_short_description("zh")).short_description == "季度考核"


async def test_chat_and_member(bot, control: Control, li: Person, wang: Person):
    chat = await bot.get_chat(li.id)
    assert (chat.id, chat.first_name, chat.max_reaction_count) == (li.id, "李倩", 11)
    assert (await bot.get_chat_member(li.id, li.id)).status == "member"
    group = await control.group(-1001234, li)
    assert (await bot.get_chat(group)).type == "supergroup"
    assert (await bot.get_chat_member(group, wang.id)).status == "left"
    assert await bot.get_chat_member_count(group) == 2


async def test_log_out_and_close(bot):
    assert await bot.log_out()
    assert await bot.close()


async def test_get_and_json_bodies_and_any_case(control: Control, li: Person):
    import aiohttp

    url = f"{control.base_url}{control.token}"
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/SENDmessage?chat_id={li.id}&text=a") as answer:
            assert (await answer.json())["result"]["text"] == "a"
        body = {
            "chat_id": li.id,
            "text": "b",
            "entities": [{"type": "bold", "offset": 0, "length": 1}],
        }
        async with session.post(f"{url}/sendMessage", json=body) as answer:
            result = (await answer.json())["result"]
    assert (result["text"], result["entities"]) == ("b", body["entities"])


async def test_the_log_of_calls(bot, control: Control, li: Person):
    await bot.send_message(li.id, "一")
    await bot.send_document(li.id, b"abc", filename="a.txt")
    calls = await control.calls("send*", chat_id=li.id)
    assert [(c.method, c.outcome, c.executed) for c in calls] == [
        ("sendMessage", "200", True),
        ("sendDocument", "200", True),
    ]
    assert calls[0].params == {"chat_id": str(li.id), "text": "一"}
    assert calls[1].params["_files"]["document"] == {
        "name": "a.txt",
        "mime": "text/plain",
        "size": 3,
    }
    assert (await control.counts())["calls"] == {
        "getMe 200": 1, "sendMessage 200": 1, "sendDocument 200": 1,
    }  # fmt: skip
