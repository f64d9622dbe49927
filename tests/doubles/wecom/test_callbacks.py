"""How an app is told: what members do, retries, passive replies, and what WeCom never sends."""

from __future__ import annotations

import asyncio

import pytest

from tests.doubles.conftest import png
from tests.doubles.people import NotPossible
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.conftest import App, Caller, buttons
from tests.doubles.wecom.person import Person


def reply(content: str, *, to: str = "LiQian", sender: str = "ww1234567890abcdef") -> str:
    return (
        f"<xml><ToUserName><![CDATA[{to}]]></ToUserName>"
        f"<FromUserName><![CDATA[{sender}]]></FromUserName>"
        f"<CreateTime>1733980805</CreateTime>{content}</xml>"
    )


TEXT = "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[好的]]></Content>"
GREY = (
    "<MsgType><![CDATA[update_button]]></MsgType>"
    "<Button><ReplaceName><![CDATA[已评分]]></ReplaceName></Button>"
)
CARD = (
    "<MsgType><![CDATA[update_template_card]]></MsgType><TemplateCard>"
    "<CardType>button_interaction</CardType><MainTitle><Title>还有</Title></MainTitle>"
    "<ButtonList><Text>甲</Text><Style>1</Style><Key>a</Key></ButtonList>"
    "<ButtonList><Text>乙</Text><Style>2</Style><Key>b</Key></ButtonList></TemplateCard>"
)


# ---------------------------------------------------------------------- what members do


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
    assert [m.text for m in await li.hears()] == ["收到"]


async def test_a_press_tells_key_task_and_a_fresh_code(app: App, call: Caller, li: Person):
    given = await call.shows("LiQian", buttons("通过", "退回"))
    press = await li.presses("退回")
    await li.sees_told(press)
    await li.sees_told(await li.presses_again(press))
    first, second = app.heard
    assert first["Event"] == "template_card_event"
    assert (first["EventKey"], first["TaskId"]) == ("k2", "t1")
    codes = {given["response_code"], first["ResponseCode"], second["ResponseCode"]}
    assert len(codes) == 3


async def test_a_forged_press_brings_a_code_that_changes_nothing(
    app: App, call: Caller, li: Person
):
    await li.sees_told(await li.forges("cmd:admin", selected=["x:1"]))
    [heard] = app.heard
    assert (heard["EventKey"], heard["TaskId"]) == ("cmd:admin", "forged")
    assert "<OptionId><![CDATA[x:1]]></OptionId>" in app.plain[0]
    assert await li.chat() == []


async def test_files_are_told_by_media_id(app: App, control: Control, call: Caller, li: Person):
    picture = png()
    await li.sends_image(picture)
    await li.sends_voice(b"#!AMR\n" + b"\0" * 20)
    await li.sends_video(b"\0\0\0\x20ftypmp42")
    await li.sees_told(await li.sends_file(b"%PDF-1.4 ...", name="佐证 材料.pdf"))
    image, voice, video, file = app.heard
    assert [each["MsgType"] for each in app.heard] == ["image", "voice", "video", "file"]
    async with call.session.get(image["PicUrl"]) as answer:
        assert await answer.read() == picture
    assert (voice["Format"], file["FileName"]) == ("amr", "佐证 材料.pdf")
    assert video["ThumbMediaId"]
    assert await control.media(image["MediaId"]) == picture
    await li.sees_told(await li.sends_file(b"%PDF-1.4 ...", name="材料.pdf", as_text=True))
    assert (app.heard[-1]["MsgType"], app.heard[-1]["Content"]) == ("text", "材料.pdf")


async def test_location_link_and_anything(app: App, li: Person):
    await li.sends_location("宝山区友谊路")
    await li.sends_link("报道", "http://127.0.0.1/news")
    await li.sees_told(await li.sends_fields("poem", [("Verse", "一"), ("Lines", 2)]))
    place, link, poem = app.heard
    assert (place["Label"], place["Location_X"], place["Scale"]) == (
        "宝山区友谊路",
        "31.405",
        "15",
    )
    assert (link["Title"], link["Url"]) == ("报道", "http://127.0.0.1/news")
    assert (poem["MsgType"], poem["Verse"], poem["Lines"]) == ("poem", "一", "2")


async def test_events(app: App, control: Control, call: Caller, li: Person):
    menu = {
        "button": [
            {"type": "click", "name": "上报", "key": "cmd:submit"},
            {"name": "更多", "sub_button": [
                {"type": "view", "name": "网页", "url": "http://127.0.0.1/"},
            ]},
        ]
    }  # fmt: skip
    assert (await call.post("menu/create", menu, agentid="1000002"))["errcode"] == 0
    await li.opens_app()
    await li.clicks_menu("上报")
    await li.clicks_menu("网页")
    await li.leaves()
    with pytest.raises(NotPossible, match="does not see the app"):
        await li.says("还在")
    assert (await call.says("LiQian", "还在"))["errcode"] == 81013
    await li.enters_scope()
    await li.tells_event("inactive_alert", [("EffectTime", 1733980900)])
    await control.settings(enters=False)
    await li.opens_app()
    await li.sees_told(await li.says("回来了"))
    assert [(each.get("Event"), each.get("EventKey")) for each in app.heard] == [
        ("enter_agent", ""),
        ("click", "cmd:submit"),
        ("view", "http://127.0.0.1/"),
        ("unsubscribe", ""),
        ("subscribe", ""),
        ("inactive_alert", None),
        (None, None),
    ]
    assert "MsgId" not in app.heard[0]


# ---------------------------------------------------------------------- the address


async def test_an_address_is_taken_only_if_it_answers_rightly(control: Control, app: App):
    app.echo = "\n"
    assert (await control.saves_url(app.url)).startswith("another text: b'")
    app.echo = ""
    await control.settings(check_seconds=0.05)
    await control.do("set_url")
    assert await control.saves_url("http://127.0.0.1:1/") == "not reached: ClientConnectorError"
    assert await control.saves_url(app.url) == ""


async def test_without_an_address_nothing_is_told(control: Control, li: Person):
    told = await li.sees_told(await li.says("有人吗"))
    assert (told.state, told.tries) == ("unheard", ())


# ---------------------------------------------------------------------- retries


async def test_the_same_message_again_sealed_anew(app: App, li: Person):
    app.answers = [503, 500, 204]
    told = await li.sees_told(await li.says("在吗"))
    assert (told.state, told.tries) == ("taken", ("503", "500", "204", "200"))
    assert len({each["MsgId"] for each in app.heard}) == 1
    assert len({each["nonce"] for each in app.queries}) == 4


async def test_given_up_after_three_more(app: App, li: Person):
    app.answers = [503] * 9
    told = await li.sees_told(await li.says("在吗"))
    assert (told.state, told.tries) == ("given_up", ("503",) * 4)


async def test_until_it_is_taken(app: App, control: Control, li: Person):
    await control.settings(until_taken=True)
    app.answers = [503] * 9
    told = await li.sees_told(await li.says("在吗"))
    assert (told.state, len(told.tries)) == ("taken", 10)


async def test_an_answer_that_takes_too_long_is_none(app: App, control: Control, li: Person):
    await control.settings(callback_seconds=0.05)
    app.held = asyncio.Event()
    told = await li.sees_told(await li.says("在吗"), tries=2)
    app.held.set()
    assert told.tries == ("timeout", "timeout")


async def test_a_dead_app_is_refused_and_told_later(app: App, control: Control, li: Person):
    await control.settings(until_taken=True)
    await control.set_url("http://127.0.0.1:1/")
    number = await li.says("在吗")
    assert set((await li.sees_told(number, tries=2)).tries) == {"refused"}
    await control.set_url(app.url)
    assert (await li.sees_told(number)).state == "taken"
    assert len(app.heard) == 1


async def test_one_persons_in_order_though_one_is_retried(app: App, li: Person, wang: Person):
    app.answers = [503]
    first = await li.says("一")
    await li.says("二")
    await li.sees_told(await li.says("三"))
    await li.sees_told(first)
    await wang.sees_told(await wang.says("别人"))
    heard = [each["Content"] for each in app.heard]
    assert [each for each in heard if each in "二三"] == ["二", "三"]
    assert heard.count("一") == 2


async def test_told_twice_although_it_was_taken(app: App, control: Control, li: Person):
    await control.fault("duplicate", "callback", contains="重复")
    told = await li.sees_told(await li.says("重复"))
    assert told.tries == ("200", "200")
    await li.sees_told(await li.says("重复"))
    assert [each["Content"] for each in app.heard] == ["重复"] * 3


# ---------------------------------------------------------------------- passive replies


async def test_a_passive_text(app: App, control: Control, li: Person):
    app.reply = reply(TEXT)
    told = await li.sees_told(await li.says("您好"))
    assert told.reply is not None
    assert told.reply["Content"] == "好的"
    assert [m.text for m in await li.hears()] == ["好的"]
    assert await control.faulty_replies() == []


@pytest.mark.parametrize(
    ("faulty", "why"),
    [
        (reply(TEXT, to="ww1234567890abcdef", sender="LiQian"), "not swapped"),
        (reply(TEXT, to="wangqiang"), "not swapped"),
        (reply(GREY), "MsgType update_button"),  # there is no card
    ],
)
async def test_a_faulty_reply_is_ignored(app: App, control: Control, li: Person, faulty, why):
    app.reply = faulty
    told = await li.sees_told(await li.says("您好"))
    assert (told.state, told.reply) == ("taken", None)
    [fault] = await control.faulty_replies()
    assert why in fault
    assert await li.hears() == []


async def test_a_reply_with_another_signature_is_ignored(app: App, control: Control, li: Person):
    app.reply, app.spoiled = reply(TEXT), True
    await li.sees_told(await li.says("您好"))
    assert await control.faulty_replies() == ["Unsound: signature"]
    assert await li.hears() == []


async def test_a_card_changed_in_the_answer_for_the_clicker_only(
    app: App, control: Control, call: Caller, li: Person, wang: Person
):
    await call.shows("LiQian|wangqiang", buttons("通过"))
    app.reply = reply(CARD)
    await li.sees_told(await li.presses("通过"))
    [mine], [other] = await li.chat(), await wang.chat()
    assert mine.card is not None
    assert other.card is not None
    assert (mine.card.state, mine.card.labels) == ("updated", ["甲", "乙"])
    assert (other.card.state, other.card.labels) == ("live", ["通过"])
    app.reply = reply(GREY)
    await li.sees_told(await li.presses("乙"))
    [mine] = await li.chat()
    assert mine.card is not None
    assert (mine.card.state, mine.card.label) == ("grey", "已评分")
    assert await control.faulty_replies() == []


# ---------------------------------------------------------------------- what WeCom never sends


async def test_a_recorded_callback_again(app: App, control: Control, li: Person):
    number = await li.says("在吗")
    await li.sees_told(number)
    assert await control.replays(number, times=50, at_once=10) == {"200": 50}
    assert len(app.heard) == 51
    assert len({each["nonce"] for each in app.queries}) == 1
    assert await control.replays(number, query={"nonce": "1"}) == {"500": 1}
    assert await control.replays(number, changes={"<Encrypt>": "<Encrypted>"}) == {"500": 1}
    with pytest.raises(NotPossible, match="is not in that body"):
        await control.replays(number, changes={"absent": ""})


async def test_anything_at_all(app: App, control: Control):
    sealed = await control.seal("<xml><MsgType>text</MsgType></xml>")
    assert await control.posts(**sealed) == ("200", "")
    assert app.heard == [{"MsgType": "text"}]
    for changed in (
        {"token": "another"},
        {"receiver": "ww0000000000000000"},
        {"aes_key": "A" * 43},
    ):
        sealed = await control.seal("<xml/>", **changed)
        assert (await control.posts(**sealed))[0] == "500"
    sealed = await control.seal("<xml/>", timestamp="1", nonce="2", to_user="x", agent_id="3")
    assert (sealed["query"]["timestamp"], sealed["query"]["nonce"]) == ("1", "2")
    assert "<ToUserName><![CDATA[x]]></ToUserName><AgentID><![CDATA[3]]>" in sealed["body"]
    assert (await control.posts(**sealed))[0] == "200"
