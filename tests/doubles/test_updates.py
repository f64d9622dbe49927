"""Polling: confirmation, redelivery, retention, conflicts, and what each update carries."""

from __future__ import annotations

import asyncio
import time

import pytest
import telegram
from telegram.error import BadRequest, Conflict

from tests.doubles.botapi import BotApi
from tests.doubles.client import Control
from tests.doubles.conftest import png
from tests.doubles.person import Person
from tests.doubles.updates import UpdateQueue

FIRST = 846_210_001


async def texts(bot, **how) -> list[str]:
    return [u.effective_message.text for u in await bot.get_updates(**how)]


async def test_nothing_is_confirmed_before_the_next_offset(bot, control: Control, li: Person):
    await control.settings(scale=0)
    for word in "一二三":
        await li.says(word)
    assert await texts(bot) == ["一", "二", "三"]
    assert await texts(bot, offset=FIRST) == ["一", "二", "三"]
    assert await texts(bot, offset=FIRST + 1, limit=1) == ["二"]
    assert await control.pending() == [FIRST + 1, FIRST + 2]
    assert await texts(bot, offset=FIRST + 3) == []
    assert await control.pending() == []


async def test_a_negative_offset_forgets_all_before(bot, control: Control, li: Person):
    for word in "一二三":
        await li.says(word)
    assert await texts(bot, offset=-1) == ["三"]
    assert await control.pending() == [FIRST + 2]


async def test_an_offset_beyond_the_end_starts_from_the_head(bot, li: Person):
    await li.says("一")
    assert await texts(bot, offset=FIRST + 1000) == ["一"]


async def test_the_same_offset_at_once_gives_one_update(bot, control: Control, li: Person):
    await control.settings(scale=20)  # ten seconds count as "at once"
    for word in "一二三":
        await li.says(word)
    assert await texts(bot, offset=FIRST) == ["一", "二", "三"]
    assert await texts(bot, offset=FIRST) == ["一"]


async def test_the_same_offset_within_three_seconds_waits(bot, control: Control):
    await control.settings(scale=0.1)
    await bot.get_updates(offset=FIRST)
    start = time.monotonic()
    await bot.get_updates(offset=FIRST)
    assert time.monotonic() - start > 0.25


async def test_a_long_poll_wakes_for_an_update(bot, li: Person):
    poll = asyncio.create_task(texts(bot, timeout=30))
    await asyncio.sleep(0.05)
    await li.says("醒")
    assert await asyncio.wait_for(poll, 2) == ["醒"]


async def test_messages_live_a_day_and_presses_150_seconds(bot, control: Control, li: Person):
    keyboard = telegram.InlineKeyboardMarkup.from_button(
        telegram.InlineKeyboardButton("甲", callback_data="a")
    )
    await bot.send_message(li.id, "选", reply_markup=keyboard)
    await li.says("一")
    await li.presses("甲")
    await li.says("旧", ago=86_000)
    await control.clock(advance=149)
    assert len(await control.pending()) == 3
    await control.clock(advance=2)
    assert [u.effective_message.text for u in await bot.get_updates()] == ["一", "旧"]
    await control.clock(advance=300)
    assert len(await control.pending()) == 1
    await control.clock(advance=86_400)
    assert await control.pending() == []
    assert (await control.counts())["expired"] == 3


async def test_an_edit_lives_a_day_from_its_own_date(bot, control: Control, li: Person):
    said = await li.says("一")
    await control.clock(advance=86_000)
    await li.edits(said, "改")
    await control.clock(advance=1000)
    (update,) = await bot.get_updates()
    assert (update.edited_message.text, update.message) == ("改", None)
    assert update.edited_message.edit_date is not None


async def test_what_a_dead_bot_had_read_comes_again(api: BotApi, control: Control, li: Person):
    async with telegram.Bot(api.token, base_url=api.base_url) as first:
        await li.says("一")
        assert await texts(first) == ["一"]
    await control.settings(scale=0)
    async with telegram.Bot(api.token, base_url=api.base_url) as second:
        assert await texts(second) == ["一"]


async def test_two_pollers(api: BotApi, control: Control):
    await control.settings(scale=0.4)
    async with (
        telegram.Bot(api.token, base_url=api.base_url) as first,
        telegram.Bot(api.token, base_url=api.base_url) as second,
    ):
        older = asyncio.create_task(first.get_updates(timeout=30))
        await asyncio.sleep(0.05)
        newer = asyncio.create_task(second.get_updates(timeout=30))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await asyncio.wait_for(older, 5)
        start = time.monotonic()
        newest = asyncio.create_task(first.get_updates(timeout=1))
        with pytest.raises(Conflict):
            await newer
        assert time.monotonic() - start > 1.1  # the second conflict within 3 s waits 3 s
        await newest


async def test_webhook_and_polling_exclude_each_other(bot, control: Control):
    await control.settings(scale=0)
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await asyncio.sleep(0.05)
    await bot.set_webhook("http://127.0.0.1:9/telegram")
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await poll
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_allowed_updates(bot, control: Control, li: Person):
    await bot.get_updates(allowed_updates=["message", "callback_query"])
    said = await li.says("一")
    await li.edits(said, "二")
    await li.blocks()
    assert len(await control.pending()) == 1
    await li.unblocks()
    await bot.get_updates(offset=FIRST + 1, allowed_updates=[])
    await li.edits(said, "三")
    assert len(await control.pending()) == 1


async def test_batches_are_limited(bot, control: Control, li: Person):
    await control.do_all(("says", {"user": li.id, "text": str(n)}) for n in range(250))
    assert len(await bot.get_updates()) == 100
    assert len(await bot.get_updates(offset=FIRST + 100, limit=30)) == 30
    await control.settings(batch=2)
    assert len(await bot.get_updates(offset=FIRST + 130)) == 2


async def test_an_album_comes_as_single_updates_and_may_straddle_batches(
    bot, control: Control, li: Person
):
    await control.settings(batch=2)
    await li.sends_album(
        ("photo", png()), ("photo", png(5, 5)), ("photo", png(6, 6)), caption="三"
    )
    batch = await bot.get_updates()
    rest = await bot.get_updates(offset=batch[-1].update_id + 1)
    messages = [u.message for u in (*batch, *rest)]
    assert [len(batch), len(rest)] == [2, 1]
    assert len({m.media_group_id for m in messages}) == 1
    assert [m.caption for m in messages] == ["三", None, None]


async def test_a_deep_link_is_a_command(bot, control: Control):
    zhang = await control.person("张三", username="zhang_san")
    await zhang.starts("AbC-123_x")
    (update,) = await bot.get_updates()
    message = update.message
    assert message.text == "/start AbC-123_x"
    assert [(e.type, e.offset, e.length) for e in message.entities] == [("bot_command", 0, 6)]
    assert (message.from_user.username, message.from_user.language_code) == (
        "zhang_san",
        "zh-hans",
    )


async def test_kinds_of_content(bot, control: Control, li: Person):
    await control.settings(scale=0)
    first = await li.says("看这里")
    await li.says("答", reply_to=first)
    await li.sends_photo(png(1000, 500), caption="图")
    await li.sends_document(b"%PDF", name="表 1.pdf", caption="见 https://example.org")
    await li.sends_voice(b"ogg", duration=9)
    await li.sends_audio(b"mp3")
    await li.sends_video(b"mp4", caption="录像")
    await li.sends_contact("13800000000", "王五", user=77)
    await li.sends_location(39.9, 116.4)
    await li.sends({"dice": {"emoji": "🎲", "value": 3}})
    await li.sends({"users_shared": {"request_id": 1, "users": [{"user_id": 77}]}})
    got = [u.message for u in await bot.get_updates()]
    assert got[1].reply_to_message.text == "看这里"
    assert [(s.width, s.height) for s in got[2].photo] == [(90, 45), (320, 160), (1000, 500)]
    assert (got[3].document.file_name, got[3].document.mime_type) == (
        "表 1.pdf",
        "application/pdf",
    )
    assert got[3].caption_entities[0].type == "url"
    assert (got[4].voice.file_size, got[5].audio.file_name) == (3, "录音.mp3")
    assert (got[6].video.width, got[6].caption) == (640, "录像")
    assert (got[7].contact.user_id, got[8].location.latitude) == (77, 39.9)
    assert (got[9].dice.value, got[10].users_shared.users[0].user_id) == (3, 77)
    found = await bot.get_file(got[2].photo[-1].file_id)
    assert await found.download_as_bytearray() == bytearray(png(1000, 500))


async def test_forwards_name_their_origin(bot, control: Control, li: Person, wang: Person):
    await control.settings(scale=0)
    said = await li.says("原话")
    await wang.forwards(said, from_chat=li.id)
    await wang.forwards(said, from_chat=li.id, hidden=True)
    await li.sends({
        "text": "/submit",
        "forward_origin": {
            "type": "channel", "date": 1_700_000_000, "message_id": 5,
            "chat": {"id": -1005, "type": "channel", "title": "新闻"},
        },
    })  # fmt: skip
    origins = [u.message.forward_origin for u in await bot.get_updates()][1:]
    assert [o.type for o in origins] == ["user", "hidden_user", "channel"]
    assert origins[0].sender_user.id == li.id
    assert origins[1].sender_user_name == "李倩"


async def test_block_and_unblock(bot, control: Control, li: Person):
    await li.blocks()
    await li.unblocks()
    changes = [u.my_chat_member for u in await bot.get_updates()]
    assert [(c.old_chat_member.status, c.new_chat_member.status) for c in changes] == [
        ("member", "kicked"),
        ("kicked", "member"),
    ]
    assert changes[0].from_user.id == li.id
    assert changes[0].chat.id == li.id


async def test_groups(bot, control: Control, li: Person, wang: Person):
    await control.settings(scale=0)
    group = await control.group(-100777, li, wang)
    await li.says("闲聊", chat=group)
    await li.says("/help", chat=group)
    sent = await bot.send_message(group, "在")
    await wang.says("谢谢", chat=group, reply_to=sent.message_id)
    added, command, reply = await bot.get_updates()
    assert added.my_chat_member.new_chat_member.status == "member"
    assert (command.message.text, command.message.chat.type) == ("/help", "supergroup")
    assert reply.message.reply_to_message.message_id == sent.message_id
    assert [m.text for m in await control.group_messages(group)] == [
        "闲聊", "/help", "在", "谢谢",
    ]  # fmt: skip


async def test_what_becomes_of_a_group(bot, control: Control, li: Person):
    """Renamed, promoted, muted; upgraded: the bot joins the new one and never leaves the old."""
    await control.settings(scale=0)
    group = await control.group(-77, li, title="旧群")
    await control.ask("rename_group", chat=group, title="新群", by=li.id)
    for status in ("administrator", "restricted", "administrator"):
        await control.ask("group_status", chat=group, status=status, by=li.id)
    await li.says("管理员听得到", chat=group)
    await control.ask("migrate", chat=group, new=-10077)
    await li.says("新群里也是", chat=-10077)
    added, renamed, *rights, heard, joined, moved, came, last = await bot.get_updates()
    assert (added.my_chat_member.chat.title, renamed.message.chat.title) == ("旧群", "新群")
    assert renamed.message.new_chat_title == "新群"
    assert [u.my_chat_member.new_chat_member.status for u in rights] == [
        "administrator", "restricted", "administrator",
    ]  # fmt: skip
    assert heard.message.text == "管理员听得到"
    change = joined.my_chat_member
    assert (change.chat.id, change.chat.type, change.chat.title) == (-10077, "supergroup", "新群")
    assert (change.old_chat_member.status, change.new_chat_member.status) == (
        "left", "administrator",
    )  # fmt: skip
    assert (moved.message.chat.id, moved.message.migrate_to_chat_id) == (group, -10077)
    assert (came.message.chat.id, came.message.migrate_from_chat_id) == (-10077, group)
    assert last.message.text == "新群里也是"


async def test_odd_updates(bot, control: Control, li: Person):
    import aiohttp

    await control.settings(scale=0)
    await control.inject({"message": {"nonsense": True}}, {"update_id": 5, "poll": []})
    await control.inject('{"update_id":{update_id},"message":17}', once=True)
    await li.says("好")
    url = f"{control.base_url}{control.token}/getUpdates"
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            first = (await answer.json())["result"]
        async with session.get(url) as answer:
            second = (await answer.json())["result"]
        await control.inject("b64:/wAi", once=True)
        async with session.get(url) as answer:
            broken = await answer.read()
    assert [u["update_id"] for u in first] == [FIRST, 5, FIRST + 2, FIRST + 3]
    assert first[2]["message"] == 17
    assert [u["update_id"] for u in second] == [FIRST, 5, FIRST + 3]
    assert b"\xff\x00\x22" in broken


async def test_ids_may_start_again_lower(bot, control: Control, li: Person):
    await control.settings(scale=0)
    await li.says("一")
    assert await texts(bot, offset=FIRST) == ["一"]
    await bot.get_updates(offset=FIRST + 1)
    await control.ask("restart_ids", next_id=1000)
    await li.says("二")
    assert await texts(bot, offset=FIRST + 1) == ["二"]  # an offset beyond the end


async def test_the_answer_is_cut_at_four_mebibytes():
    queue = UpdateQueue(time.time)
    for _ in range(5):
        queue.push("message", b'"' + b"x" * 2**20 + b'"', expires=2**40, key=("message", 1))
    assert len(await queue.poll(offset=0, limit=100, timeout=0, scale=1)) == 3


async def test_a_person_cannot_press_what_is_not_there(bot, control: Control, li: Person):
    with pytest.raises(BadRequest):
        await bot.edit_message_text("一", li.id, 1)
