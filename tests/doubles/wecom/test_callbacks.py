"""What members do, as the app is told of it."""

from __future__ import annotations

from tests.doubles.wecom.client import Control
from tests.doubles.wecom.conftest import App, Caller, buttons
from tests.doubles.wecom.person import Person


async def test_a_text_and_its_answer(app: App, control: Control, call: Caller, li: Person):
    told = await li.sees_told(await li.says("提交佐证 & <测试> ]]>"))
    assert (told.state, told.tries, told.kind) == ("taken", ("200",), "text")
    [heard] = app.heard
    assert heard.pop("CreateTime").isdigit()
    assert heard.pop("MsgId").isdigit()
    assert heard == {
        "ToUserName": control.corp_id,
        "FromUserName": "LiQian",
        "MsgType": "text",
        "Content": "提交佐证 & <测试> ]]>",
        "AgentID": "1000002",
    }
    await call.says("liqian", "收到")
    assert (await li.waits_for("收到")).text == "收到"


async def test_a_press_tells_key_task_and_a_fresh_code(app: App, call: Caller, li: Person):
    given = await call.shows("LiQian", buttons("通过", "退回"))
    await li.waits_for("通过")
    for _ in range(2):
        await li.sees_told(await li.presses("退回"))
    first, second = app.heard
    assert first["Event"] == "template_card_event"
    assert (first["EventKey"], first["TaskId"]) == ("k2", "t1")
    codes = {given["response_code"], first["ResponseCode"], second["ResponseCode"]}
    assert len(codes) == 3
