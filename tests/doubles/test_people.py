"""What people do and see: presses, forgeries, edits, the view of the chat, waits."""

from __future__ import annotations

import asyncio

import pytest
import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from tests.doubles.client import Control
from tests.doubles.people import NotPossible
from tests.doubles.person import Person


def keys(*pairs: tuple[str, str]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(t, callback_data=d)] for t, d in pairs])


async def pressed(bot):
    """The latest press."""
    (update,) = await bot.get_updates(offset=-1)
    return update.callback_query


async def test_a_press_names_what_the_message_shows_now(bot, li: Person):
    old = await bot.send_message(li.id, "旧", reply_markup=keys(("接受", "a:1")))
    new = await bot.send_message(li.id, "新", reply_markup=keys(("接受", "a:2"), ("退回", "r:2")))
    assert (await li.presses("接受")).message_id == new.message_id
    assert (await li.presses("接受", old.message_id)).message_id == old.message_id
    assert (await li.presses("r:2")).message_id == new.message_id
    queries = [u.callback_query for u in await bot.get_updates()]
    assert [q.data for q in queries] == ["a:2", "a:1", "r:2"]
    await bot.edit_message_text("完", li.id, new.message_id)
    with pytest.raises(NotPossible, match="no message here shows a button '退回'"):
        await li.presses("退回")
    assert (await li.presses("接受")).message_id == old.message_id


async def test_a_forged_press_sends_anything(bot, li: Person, wang: Person):
    card = await bot.send_message(li.id, "卡", reply_markup=keys(("接受", "a:1")))
    await wang.presses("a:1", card.message_id, forge=True, chat=li.id)
    query = await pressed(bot)
    assert (query.from_user.id, query.data, query.message.chat.id) == (wang.id, "a:1", li.id)
    await wang.presses("drop table", forge=True)
    query = await pressed(bot)
    assert (query.data, query.message.is_accessible) == ("drop table", False)


async def test_the_message_of_an_old_press_is_out_of_reach(bot, control: Control, li: Person):
    card = await bot.send_message(li.id, "卡", reply_markup=keys(("接受", "a:1")))
    await control.clock(advance=49 * 3600)
    await li.presses("接受")
    query = await pressed(bot)
    assert query.message.is_accessible is False
    assert query.message.message_id == card.message_id


async def test_a_press_sent_again_is_a_new_query(bot, li: Person):
    await bot.send_message(li.id, "卡", reply_markup=keys(("接受", "a:1")))
    first = await li.presses("接受")
    second = await li.presses_again(first)
    updates = await bot.get_updates()
    assert [u.callback_query.id for u in updates] == [first.id, second.id]
    assert len({u.update_id for u in updates}) == 2
    assert {u.callback_query.data for u in updates} == {"a:1"}
    for update in updates:
        await update.callback_query.answer("好")
    assert len(await li.answers()) == 2


async def test_a_button_that_sends_nothing(bot, li: Person):
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("网页", url="https://example.org")]])
    await bot.send_message(li.id, "选", reply_markup=markup)
    with pytest.raises(NotPossible, match="sends nothing"):
        await li.presses("网页")


async def test_one_edits_only_what_is_ones_own(bot, li: Person):
    said = await li.says("一")
    file = await li.sends_document(b"a", caption="旧")
    sent = await bot.send_message(li.id, "二")
    await li.edits(said, "改")
    await li.edits(file, caption="新")
    with pytest.raises(NotPossible):
        await li.edits(sent.message_id, "改")
    edited = [u.edited_message for u in await bot.get_updates()][2:]
    assert [m.text or m.caption for m in edited] == ["改", "新"]
    assert [(m.text, m.edited) for m in await li.chat()] == [
        ("改", True), ("新", True), ("二", False),
    ]  # fmt: skip


async def test_what_a_client_would_not_send(li: Person):
    with pytest.raises(NotPossible):
        await li.says("  ")
    with pytest.raises(NotPossible):
        await li.says("字" * 4097)
    with pytest.raises(NotPossible):
        await li.says("答", reply_to=99)


async def test_hearing_begins_with_ones_last_action(bot, li: Person):
    first = await bot.send_message(li.id, "面板", reply_markup=keys(("下一页", "p:2")))
    await bot.send_message(li.id, "通知")
    await li.presses("下一页")
    assert await li.hears() == []
    await bot.edit_message_text("第二页", li.id, first.message_id)
    await bot.send_message(li.id, "另外")
    assert [(m.id, m.text) for m in await li.hears()] == [
        (first.message_id, "第二页"),
        (3, "另外"),
    ]


async def test_waiting(bot, control: Control, li: Person):
    waits = asyncio.create_task(li.waits_for("回执"))
    await bot.send_message(li.id, "收到了")
    await bot.send_message(li.id, "回执 1")
    assert (await waits).text == "回执 1"
    with pytest.raises(
        TimeoutError, match=r"no '没有' in chat \d+; last there: \['收到了', '回执 1'\]"
    ):
        await li.waits_for("没有", timeout=0.05)
    counted = asyncio.create_task(li.waits_for_count(3))
    await bot.send_message(li.id, "三")
    assert len(await counted) == 3
    await bot.send_message(li.id, "选", reply_markup=keys(("退回", "r")))
    assert (await li.waits_for("退回")).rows == [["退回"]]


async def test_waiting_for_calls_and_quiet(bot, control: Control, li: Person):
    await li.says("一")
    with pytest.raises(TimeoutError, match="1 updates pending"):
        await control.wait_idle(timeout=0.1)
    await bot.get_updates()
    await bot.get_updates(offset=-1)
    await control.settings(scale=0)
    await bot.get_updates(offset=846210002)
    await control.wait_idle(quiet=0.05)
    waits = asyncio.create_task(control.wait_calls("sendMessage", count=2))
    for _ in range(2):
        await bot.send_message(li.id, "一")
    assert [c.outcome for c in await waits] == ["200", "200"]


async def test_many_actions_in_one_request(control: Control, bot, li: Person):
    made = await control.do_all(("says", {"user": li.id, "text": str(n)}) for n in range(50))
    assert [m["id"] for m in made] == list(range(1, 51))
    content = await control.keep(b"x" * 1000)
    first, second = await li.sends_document(content), await li.sends_document(content)
    files = [m.file for m in await li.chat() if m.id in (first, second)]
    assert files[0] is not None
    assert files[1] is not None
    assert files[0].unique_id == files[1].unique_id
    assert await control.file(files[0].file_id) == b"x" * 1000


async def test_saying_something_unblocks_and_starts(bot, control: Control):
    zhao = await control.person("赵六")
    await zhao.starts()
    await zhao.blocks()
    await zhao.says("我回来了")
    kinds = [
        "message" if u.message else u.my_chat_member.new_chat_member.status
        for u in await bot.get_updates()
    ]
    assert kinds == ["message", "kicked", "member", "message"]


async def test_two_bots_in_one_double():
    from tests.doubles.botapi import BotApi

    tokens = ("11:AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "12:BBBBBBBBBBBBBBBBBBBBBBBBBBBB")
    async with (
        BotApi(*tokens) as api,
        Control(api.control_url, bot=tokens[0]) as one,
        Control(api.control_url, bot=tokens[1]) as two,
        telegram.Bot(tokens[1], base_url=api.base_url) as second,
    ):
        li = await one.person("李倩")
        await li.starts()
        assert await second.get_updates() == ()
        await two.known(li.id).starts()
        assert len(await second.get_updates()) == 1
        await second.send_message(li.id, "第二")
        assert [m.text for m in await two.known(li.id).chat()] == ["/start", "第二"]
        assert [m.text for m in await li.chat()] == ["/start"]
