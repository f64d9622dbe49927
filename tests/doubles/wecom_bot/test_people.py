"""What people do and see: messages of every kind, events, presses on every kind of card, waits."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.doubles.people import NotPossible
from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person
from tests.doubles.wecom_bot.wire import Json, Wire, buttons, markdown, notice, vote


async def event(wire: Wire) -> Json:
    callback = await wire.callback()
    assert callback["cmd"] == "aibot_event_callback"
    found: Json = callback["body"]["event"]
    return found


async def test_a_text_as_the_bot_gets_it(control: Control, wire: Wire, li: Person):
    await control.clock(to=1_790_000_000, frozen=True)
    await li.says("菜单")
    callback = await wire.callback()
    assert callback["cmd"] == "aibot_msg_callback"
    body = callback["body"]
    assert body.pop("msgid").startswith("ms")
    assert body == {
        "aibotid": control.bot_id,
        "chattype": "single",
        "from": {"userid": "LiQian"},
        "create_time": 1_790_000_000,
        "msgtype": "text",
        "text": {"content": "菜单"},
    }


async def test_control_characters_go_out_as_they_are(control: Control, wire: Wire, li: Person):
    await li.says("a\x0bb \\u000b\n")
    raw = (await wire.ws.receive()).data
    assert "a\x0bb" in raw
    assert json.loads(raw, strict=False)["body"]["text"]["content"] == "a\x0bb \\u000b\n"


async def test_other_kinds(wire: Wire, li: Person):
    await li.sends_voice("我要上报")
    assert (await wire.callback())["body"]["voice"] == {"content": "我要上报"}
    for kind in ("image", "video", "file"):
        await getattr(li, f"sends_{kind}")(b"12345")
        body = (await wire.callback())["body"]
        assert (body["msgtype"], sorted(body[kind])) == (kind, ["aeskey", "url"])
    await li.sends_mixed("两张", b"one", b"two")
    items = (await wire.callback())["body"]["mixed"]["msg_item"]
    assert [each["msgtype"] for each in items] == ["text", "image", "image"]
    assert items[0]["text"] == {"content": "两张"}
    assert sorted(items[1]["image"]) == ["aeskey", "url"]
    shown = await li.chat()
    assert [(m.kind, m.text, len(m.files)) for m in shown] == [
        ("voice", "我要上报", 0), ("image", "", 1), ("video", "", 1), ("file", "", 1),
        ("mixed", "两张", 2),
    ]  # fmt: skip
    assert await li.file(shown[-1].id, 1) == b"two"


async def test_quoting(wire: Wire, li: Person):
    first = await li.says("旧话")
    file = await li.sends_file(b"12345")
    await li.says("这个", quoted=first)
    await li.says("和这个", quoted=file)
    bodies = [(await wire.callback())["body"] for _ in range(4)]
    assert bodies[2]["quote"] == {"msgtype": "text", "text": {"content": "旧话"}}
    assert bodies[3]["quote"]["msgtype"] == "file"
    assert bodies[3]["quote"]["file"]["url"] != bodies[1]["file"]["url"]


async def test_opening_the_chat_is_told_once_a_day(control: Control, wire: Wire, li: Person):
    await control.clock(to=1_790_000_000)  # 22:13 in Shanghai
    assert await li.opens_chat()
    assert await event(wire) == {"eventtype": "enter_chat"}
    assert not await li.opens_chat()
    await control.clock(advance=2 * 3600)
    assert await li.opens_chat()
    assert await event(wire) == {"eventtype": "enter_chat"}


async def test_in_a_group_a_bot_hears_what_names_it(
    control: Control, wire: Wire, li: Person, wang: Person
):
    await control.group("wrGroup1", li)
    await li.says("早", group="wrGroup1")
    body = (await wire.callback())["body"]
    assert (body["chattype"], body["chatid"]) == ("group", "wrGroup1")
    assert body["text"] == {"content": "@考核助手 早"}
    with pytest.raises(NotPossible, match="in no group"):
        await wang.says("早", group="wrGroup1")
    group = {"chatid": "wrGroup1", "chat_type": 2, **markdown("各位早")}
    assert await wire.code("aibot_send_msg", group) == 0
    assert await wire.tells("wrGroup1", "早") == 93006  # as a person's
    told = await control.group_messages("wrGroup1")
    assert [(m.out, m.text) for m in told] == [(False, "早"), (True, "各位早")]
    assert await li.chat() == []


async def test_a_press_on_a_button(wire: Wire, li: Person):
    await li.says("菜单")
    await wire.callback()
    await wire.shows("LiQian", buttons("t1", "上报", "取消", title="旧"))
    await wire.shows("LiQian", buttons("t2", "上报", "查看", title="新"))
    card = await li.waits_for("查看")
    assert (card.text, card.labels) == ("新", ("上报", "查看"))
    await li.presses("上报")
    assert await event(wire) == {
        "eventtype": "template_card_event",
        "template_card_event": {
            "card_type": "button_interaction", "event_key": "key:上报", "task_id": "t2",
        },
    }  # fmt: skip
    await li.presses("取消")
    assert (await event(wire))["template_card_event"]["task_id"] == "t1"
    await li.presses("key:查看")
    assert (await event(wire))["template_card_event"]["event_key"] == "key:查看"
    with pytest.raises(NotPossible, match="no card here shows '退回'"):
        await li.presses("退回")


async def test_choosing_and_submitting(wire: Wire, li: Person):
    await li.says("菜单")
    await wire.callback()
    await wire.shows("LiQian", vote("t1", "公安", "税务", "民政"))
    assert (await li.waits_for("税务")).labels == ("公安", "税务", "民政")
    await li.presses("税务")
    assert (await event(wire))["template_card_event"] == {
        "card_type": "vote_interaction",
        "event_key": "submit",
        "task_id": "t1",
        "selected_items": {
            "selected_item": [{"question_key": "q", "option_ids": {"option_id": ["id:税务"]}}]
        },
    }
    await li.presses("确定")
    assert "selected_items" not in (await event(wire))["template_card_event"]
    await wire.shows("LiQian", vote("t2", "公安", "税务", "民政", mode=1))
    await li.presses("公安", "民政")
    [item] = (await event(wire))["template_card_event"]["selected_items"]["selected_item"]
    assert item["option_ids"] == {"option_id": ["id:公安", "id:民政"]}


async def test_choosing_from_lists(wire: Wire, li: Person):
    await li.says("菜单")
    await wire.callback()

    def options(key: str) -> list[dict[str, str]]:
        return [{"id": f"{key}{n}", "text": f"{key}项{n}"} for n in (1, 2)]

    lists = [{"question_key": key, "option_list": options(key)} for key in ("甲", "乙")]
    card = {
        "card_type": "multiple_interaction", "task_id": "t1", "main_title": {"title": "选"},
        "select_list": lists, "submit_button": {"text": "确定", "key": "go"},
    }  # fmt: skip
    await wire.shows("LiQian", card)
    await li.presses("乙项2")
    assert (await event(wire))["template_card_event"]["selected_items"] == {
        "selected_item": [
            {"question_key": "甲", "option_ids": {"option_id": ["甲1"]}},
            {"question_key": "乙", "option_ids": {"option_id": ["乙2"]}},
        ]
    }


async def test_the_list_on_a_card_of_buttons_and_the_menu(wire: Wire, li: Person):
    await li.says("菜单")
    await wire.callback()
    options = [{"id": "1", "text": "一"}, {"id": "2", "text": "二"}]
    selection = {"question_key": "q", "option_list": options, "selected_id": "2"}
    menu = {"desc": "更多", "action_list": [{"text": "不再提醒", "key": "mute"}]}
    card = buttons("t1", "好") | {"button_selection": selection, "action_menu": menu}
    assert await wire.shows("LiQian", card) == 0
    await li.presses("好")
    assert (await event(wire))["template_card_event"]["selected_items"] == {
        "selected_item": [{"question_key": "q", "option_ids": {"option_id": ["2"]}}]
    }
    await li.presses("不再提醒")
    assert (await event(wire))["template_card_event"] == {
        "card_type": "button_interaction", "event_key": "mute", "task_id": "t1",
    }  # fmt: skip


async def test_a_forged_press(wire: Wire, li: Person):
    await li.forges("drop table", task_id="nowhere")
    callback = await wire.callback()
    assert callback["body"]["event"]["template_card_event"] == {
        "card_type": "button_interaction", "event_key": "drop table", "task_id": "nowhere",
    }  # fmt: skip
    assert await wire.renews(callback, notice("好", task_id="nowhere")) == 40058


async def test_feedback(wire: Wire, li: Person):
    await li.says("菜单")
    await wire.callback()
    with pytest.raises(NotPossible, match="asks for feedback"):
        await li.gives_feedback(1)
    body = {"chatid": "LiQian", "msgtype": "markdown"}
    content = {"content": "答复", "feedback": {"id": "f1"}}
    assert await wire.code("aibot_send_msg", body | {"markdown": content}) == 0
    await li.gives_feedback(2, "不清楚")
    assert await event(wire) == {
        "eventtype": "feedback_event",
        "feedback_event": {"id": "f1", "type": 2, "content": "不清楚"},
    }


async def test_under_another_id(control: Control, wire: Wire, li: Person):
    await control.settings(encrypted=True)
    await li.says("菜单")
    shown = (await wire.callback())["body"]["from"]["userid"]
    assert shown == await li.shown_id()
    assert shown.startswith("wo")
    assert "LiQian" not in shown
    assert await wire.tells("LiQian", "早") == 93006
    assert await wire.tells(shown, "早") == 0
    await wire.shows(shown, buttons("t1", "好"))
    await li.presses("好")
    card = notice("已选：好", task_id="t1")
    assert await wire.renews(await wire.callback(), card, userids=[shown]) == 0
    assert [m.text for m in await li.hears()] == ["已选：好"]


async def test_who_has_left(wire: Wire, li: Person):
    await li.says("菜单")
    await li.leaves()
    assert await wire.tells("LiQian", "早") == 93006
    with pytest.raises(NotPossible, match="has left"):
        await li.says("在吗")
    await li.returns()
    assert await wire.tells("LiQian", "早") == 0


async def test_what_a_client_would_not_send(control: Control, li: Person):
    await control.group("wrGroup1", li)
    for text in (" ", "字" * 4001):
        with pytest.raises(NotPossible):
            await li.says(text)
    with pytest.raises(NotPossible, match="no message 99"):
        await li.says("这", quoted=99)
    with pytest.raises(NotPossible, match="nobody"):
        await Person(control, "Nobody").says("早")


async def test_waiting(wire: Wire, li: Person):
    await li.says("菜单")
    waits = asyncio.create_task(li.waits_for("回执"))
    await wire.tells("LiQian", "收到了")
    await wire.tells("LiQian", "回执 **1**")
    assert (await waits).text == "回执 1"
    with pytest.raises(TimeoutError, match=r"no '没有' for LiQian; last there: \['菜单', '"):
        await li.waits_for("没有", timeout=0.05)
    assert [m.text for m in await li.waits_for_count(2)] == ["收到了", "回执 1"]
    await li.says("再来")
    assert await li.hears() == []


async def test_waiting_for_frames_and_quiet(control: Control, wire: Wire, li: Person):
    waits = asyncio.create_task(control.wait_frames("aibot_send_msg", count=2))
    await li.says("一")
    for _ in range(2):
        await wire.tells("LiQian", "早")
    assert [(each.errcode, each.executed) for each in await waits] == [(0, True)] * 2
    await control.wait_idle(quiet=0.05)
    await control.drop()
    await control.wait_closed(1)
    await li.says("二")
    with pytest.raises(TimeoutError, match="not idle"):
        await control.wait_idle(timeout=0.1)
    with pytest.raises(TimeoutError, match="no connection is subscribed"):
        await control.wait_subscribed(timeout=0.05)
