"""Pushes, answers, welcomes, streams, limits: what goes, what is refused, what nobody sees."""

from __future__ import annotations

import pytest

from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person
from tests.doubles.wecom_bot.wire import Json, Wire, buttons, markdown, notice

TEXT = {"msgtype": "text", "text": {"content": "您好"}}


async def said(wire: Wire, person: Person, text: str = "菜单") -> str:
    """The req_id of what they said."""
    await person.says(text)
    req_id: str = (await wire.callback())["headers"]["req_id"]
    return req_id


async def opened(wire: Wire, person: Person) -> str:
    await person.opens_chat()
    req_id: str = (await wire.callback())["headers"]["req_id"]
    return req_id


async def pressed(wire: Wire, person: Person, label: str) -> Json:
    await person.presses(label)
    return await wire.callback()


def stream(text: str, *, id_: str = "s1", finish: bool = False) -> Json:
    return {"msgtype": "stream", "stream": {"id": id_, "finish": finish, "content": text}}


# ---------------------------------------------------------------------- pushes


async def test_only_who_wrote_before_is_reached(wire: Wire, li: Person, wang: Person):
    await said(wire, li)
    await opened(wire, wang)
    assert await wire.tells("LiQian", "早") == 0
    for chatid in ("liqian", "LIQIAN", "WangQiang", "Nobody"):
        assert await wire.tells(chatid, "早") == 93006
    assert await wire.code("aibot_send_msg", markdown("早")) == 40058
    body = {"chatid": "LiQian", "chat_type": 2, **markdown("早")}
    assert await wire.code("aibot_send_msg", body) == 93006
    assert await wire.code("aibot_send_msg", body | {"chat_type": 3}) == 40058
    assert await wire.code("aibot_send_msg", {"chatid": "LiQian", **markdown("好")}) == 0
    assert [m.text for m in await li.hears()] == ["早", "好"]
    assert await wang.chat() == []


async def test_a_window_for_pushes(control: Control, wire: Wire, li: Person):
    await control.settings(push_seconds=86_400)
    await said(wire, li)
    await control.clock(advance=86_000)
    assert await wire.tells("LiQian", "早") == 0
    await control.clock(advance=1000)
    assert await wire.tells("LiQian", "早") == 93006
    await said(wire, li)
    assert await wire.tells("LiQian", "早") == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (markdown("字" * 6826), 0),
        (markdown("字" * 6827), 45002),
        (markdown(" "), 44004),
        ({"msgtype": "markdown"}, 44004),
        (TEXT, 40008),
        (stream("早"), 40008),
        ({"msgtype": "news"}, 40008),
        ({}, 40008),
        ({"msgtype": "file", "file": {"media_id": "made up"}}, 40007),
        ({"msgtype": "image"}, 40007),
        ({"msgtype": "template_card"}, 40058),
    ],
)
async def test_what_can_be_pushed(wire: Wire, li: Person, body, code):
    await said(wire, li)
    assert await wire.code("aibot_send_msg", {"chatid": "LiQian", **body}) == code
    assert len(await li.hears()) == (code == 0)


# ---------------------------------------------------------------------- answers


async def test_answering_a_message(control: Control, wire: Wire, li: Person):
    req_id = await said(wire, li)
    assert await wire.code("aibot_respond_msg", markdown("好"), req_id) == 0
    assert await wire.code("aibot_respond_msg", markdown("还有"), req_id) == 0
    assert await wire.code("aibot_respond_msg", markdown("好"), "unknown") == 846605
    assert await wire.code("aibot_respond_msg", TEXT, req_id) == 40008
    await control.clock(advance=24 * 3600 + 1)
    assert await wire.code("aibot_respond_msg", markdown("晚了"), req_id) == 846604
    assert [m.text for m in await li.hears()] == ["好", "还有"]


async def test_events_have_no_answer_of_that_kind(wire: Wire, li: Person):
    event, message = await opened(wire, li), await said(wire, li)
    assert await wire.code("aibot_respond_msg", markdown("好"), event) == 846605
    assert await wire.code("aibot_respond_welcome_msg", TEXT, message) == 846605
    assert await wire.code("aibot_respond_update_msg", {}, message) == 846605


async def test_welcoming(control: Control, wire: Wire, li: Person, wang: Person):
    req_id = await opened(wire, li)
    assert await wire.code("aibot_respond_welcome_msg", markdown("您好"), req_id) == 40008
    assert await wire.code("aibot_respond_welcome_msg", TEXT, req_id) == 0
    assert await wire.code("aibot_respond_welcome_msg", TEXT, req_id) == 846605
    assert await wire.tells("LiQian", "早") == 93006  # who is welcomed has not written
    assert [m.text for m in await li.chat()] == ["您好"]
    req_id = await opened(wire, wang)
    await control.clock(advance=6)
    assert await wire.code("aibot_respond_welcome_msg", TEXT, req_id) == 846604
    assert await wang.chat() == []


async def test_a_stream(control: Control, wire: Wire, li: Person):
    req_id = await said(wire, li)
    assert await wire.code("aibot_respond_msg", stream("正在"), req_id) == 0
    assert await wire.code("aibot_respond_msg", stream("正在查询"), req_id) == 0
    assert [m.text for m in await li.hears()] == ["正在查询"]
    assert await wire.code("aibot_respond_msg", stream("查到了", finish=True), req_id) == 0
    assert await wire.code("aibot_respond_msg", stream("再查"), req_id) == 846608
    assert await wire.code("aibot_respond_msg", stream("二", id_="s2"), req_id) == 0
    await control.clock(advance=361)
    assert await wire.code("aibot_respond_msg", stream("三", id_="s2"), req_id) == 846608
    assert await wire.code("aibot_respond_msg", {"msgtype": "stream"}, req_id) == 40058
    assert [m.text for m in await li.hears()] == ["查到了", "二"]


# ---------------------------------------------------------------------- cards that are renewed


async def test_renewing_a_card(control: Control, wire: Wire, li: Person):
    await said(wire, li)
    assert await wire.shows("LiQian", buttons("t1", "采纳", "退回")) == 0
    click = await pressed(wire, li, "采纳")
    assert await wire.renews(click, notice("已采纳", task_id="t2")) == 40058
    assert await wire.renews(click, notice("已采纳")) == 40058
    assert await wire.renews(click, buttons("t1", "撤销", title="已采纳"), userids=["No"]) == 40058
    assert await wire.renews(click, buttons("t1", "撤销", title="已采纳")) == 0
    assert await wire.renews(click, notice("又", task_id="t1")) == 846605
    [card] = await li.hears()
    assert (card.text, card.labels, card.edited) == ("已采纳", ("撤销",), True)
    click = await pressed(wire, li, "撤销")
    await control.clock(advance=6)
    assert await wire.renews(click, notice("晚了", task_id="t1")) == 846604
    assert [m.text for m in await li.chat()][1:] == ["已采纳"]


async def test_a_press_that_was_kept_is_too_old_to_be_answered(
    control: Control, wire: Wire, li: Person
):
    await said(wire, li)
    await wire.shows("LiQian", buttons("t1", "采纳"))
    await control.stall()
    await li.presses("采纳")
    await control.clock(advance=10)
    await control.resume()
    assert await wire.renews(await wire.callback(), notice("已采纳", task_id="t1")) == 846604


async def test_in_a_group_one_sees_a_renewed_card_alone(
    control: Control, wire: Wire, li: Person, wang: Person
):
    await control.group("wrGroup1", li, wang)
    await li.says("早", group="wrGroup1")
    await wire.callback()
    await wire.shows("wrGroup1", buttons("t1", "采纳"))
    await li.presses("采纳", group="wrGroup1")
    click = await wire.callback()
    assert (click["body"]["chatid"], click["body"]["chattype"]) == ("wrGroup1", "group")
    assert await wire.renews(click, notice("已采纳", task_id="t1"), userids=["LiQian"]) == 0
    for person, text in ((li, "已采纳"), (wang, "请选择")):
        shown = await control.do("messages", chat="wrGroup1", userid=person.userid, out=True)
        assert [each["text"] for each in shown] == [text]


# ---------------------------------------------------------------------- limits


async def test_over_thirty_a_minute_nobody_sees_it(control: Control, wire: Wire, li: Person):
    req_id = await said(wire, li)
    await control.clock(frozen=True)
    for n in range(29):
        assert await wire.tells("LiQian", str(n)) == 0
    assert await wire.code("aibot_respond_msg", markdown("29"), req_id) == 0
    assert await wire.tells("LiQian", "30") == 0
    assert await wire.shows("LiQian", buttons("t1", "好")) == 0
    assert len(await li.hears()) == 30
    assert (await control.state()).dropped == {"LiQian": 2}
    await control.clock(advance=61)
    assert await wire.tells("LiQian", "31") == 0
    assert (await li.hears())[-1].text == "31"


async def test_a_thousand_an_hour(control: Control, wire: Wire, li: Person):
    await said(wire, li)
    for _ in range(34):
        for _ in range(30):
            await wire.sends("aibot_send_msg", {"chatid": "LiQian", **markdown("早")})
        await wire.code("ping")
        await control.clock(advance=61)
    assert len(await li.hears()) == 1000
    assert (await control.state()).dropped == {"LiQian": 20}


async def test_without_limits(control: Control, wire: Wire, li: Person):
    await control.settings(limited=False)
    await said(wire, li)
    for n in range(40):
        assert await wire.tells("LiQian", str(n)) == 0
    assert len(await li.hears()) == 40
