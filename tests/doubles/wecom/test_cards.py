"""What WeCom demands of a template card, and what becomes of one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.doubles.people import NotPossible
from tests.doubles.wecom.api import AGENT_ID
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.conftest import App, Caller, Json, buttons, votes
from tests.doubles.wecom.person import Person


def notice(**more: Any) -> Json:
    return {
        "card_type": "text_notice",
        "main_title": {"title": "已评分"},
        "card_action": {"type": 1, "url": "http://127.0.0.1/"},
        **more,
    }


def lists(*labels: str, task: str = "t1") -> Json:
    options = [{"id": f"o{n}", "text": label} for n, label in enumerate(labels)]
    return {
        "card_type": "multiple_interaction",
        "main_title": {"title": "请选择"},
        "task_id": task,
        "select_list": [{"question_key": "q", "title": "哪一项", "option_list": options}],
        "submit_button": {"text": "确定", "key": "submit"},
    }


SOUND = {
    "buttons": buttons("一", "二", "三", "四", "五", "六"),
    "twenty votes": votes(*[f"第{n}项" for n in range(20)]),
    "ten options": lists(*[f"第{n}项" for n in range(10)]),
    "notice": notice(),
    "notice with a menu": notice(
        action_menu={"action_list": [{"text": "看", "key": "look"}]}, task_id="t_1@-"
    ),
    "news": notice(
        card_type="news_notice", card_image={"url": "http://127.0.0.1/a.png"}
    ),
    "button that opens": buttons("一") | {
        "button_list": [{"type": 1, "text": "打开", "url": "http://127.0.0.1/"}]
    },
}  # fmt: skip
FAULTY = {
    "unknown type": notice(card_type="poem"),
    "seven buttons": buttons("一", "二", "三", "四", "五", "六", "七"),
    "no button": buttons(),
    "no title": buttons("一", main_title={}),
    "no task": {k: v for k, v in buttons("一").items() if k != "task_id"},
    "task of other characters": buttons("一", task="任务"),
    "task too long": buttons("一", task="t" * 129),
    "key too long": buttons("一") | {"button_list": [{"text": "一", "key": "k" * 1025}]},
    "no key": buttons("一") | {"button_list": [{"text": "一"}]},
    "key twice": buttons("一") | {"button_list": [{"text": t, "key": "k"} for t in "一二"]},
    "unknown style": buttons("一") | {"button_list": [{"text": "一", "key": "k", "style": 5}]},
    "21 votes": votes(*[f"第{n}项" for n in range(21)]),
    "option twice": votes("一") | {
        "checkbox": {"question_key": "q", "option_list": [{"id": "o", "text": t} for t in "一二"]}
    },
    "id too long": votes("一") | {
        "checkbox": {"question_key": "q", "option_list": [{"id": "o" * 129, "text": "一"}]}
    },
    "no question": votes("一") | {"checkbox": {"option_list": [{"id": "o", "text": "一"}]}},
    "no submit": {k: v for k, v in votes("一").items() if k != "submit_button"},
    "eleven options": lists(*[f"第{n}项" for n in range(11)]),
    "notice without action": {k: v for k, v in notice().items() if k != "card_action"},
    "action without url": notice(card_action={"type": 1}),
    "news without picture": notice(card_type="news_notice"),
    "menu without task": notice(action_menu={"action_list": [{"text": "看", "key": "look"}]}),
    "menu of four": notice(
        action_menu={"action_list": [{"text": "看", "key": str(n)} for n in range(4)]}, task_id="t"
    ),
    "seven rows": buttons("一", horizontal_content_list=[{"keyname": "项"}] * 7),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
async def test_sound(control: Control, app: App, call: Caller, li: Person, name):
    card = SOUND[name]
    given = await call.shows("LiQian", card)
    assert given["errcode"] == 0
    answered = card["card_type"].endswith("_interaction") or "action_menu" in card
    assert ("response_code" in given) == answered
    assert [m.card.type for m in await li.chat() if m.card] == [card["card_type"]]
    assert await control.notes() == []


@pytest.mark.parametrize("name", FAULTY)
async def test_faulty(app: App, call: Caller, li: Person, name):
    assert (await call.shows("LiQian", FAULTY[name]))["errcode"] == 40058
    assert await li.chat() == []


async def test_a_label_too_long_is_noted(control: Control, app: App, call: Caller, li: Person):
    await call.shows("LiQian", buttons("一二三四五六七八九十十一"))
    assert await control.notes() == [
        "button_list.text is longer than 10: 一二三四五六七八九十十一"
    ]


async def test_without_a_callback_address_no_card_that_calls_back(
    control: Control, call: Caller, li: Person
):
    assert (await call.shows("LiQian", buttons("一")))["errcode"] == 40058
    assert (await call.shows("LiQian", notice()))["errcode"] == 0


# ---------------------------------------------------------------------- pressing


async def test_an_option_is_chosen_and_submitted(app: App, call: Caller, li: Person):
    await call.shows("LiQian", votes("市场监管局", "公安"))
    await li.sees_told(await li.presses("公安"))
    assert app.heard[0]["EventKey"] == "submit"
    assert app.heard[0]["CardType"] == "vote_interaction"
    assert (
        "<SelectedItems><SelectedItem><QuestionKey><![CDATA[q]]></QuestionKey>"
        "<OptionIds><OptionId><![CDATA[o2]]></OptionId></OptionIds></SelectedItem></SelectedItems>"
    ) in app.plain[0]


async def test_several_options(app: App, call: Caller, li: Person):
    await call.shows("LiQian", votes("一", "二", "三", mode=1))
    await li.sees_told(await li.presses("确定", chosen=["一", "三"]))
    both = "<OptionId><![CDATA[o1]]></OptionId><OptionId><![CDATA[o3]]></OptionId>"
    assert both in app.plain[0]


async def test_a_list_to_drop_down_has_its_first_option_chosen(app: App, call: Caller, li: Person):
    selection = {"question_key": "q", "option_list": [{"id": "a", "text": "甲"}]}
    await call.shows("LiQian", buttons("通过", button_selection=selection))
    await li.sees_told(await li.presses("通过"))
    assert "<OptionId><![CDATA[a]]></OptionId>" in app.plain[0]
    await call.shows("LiQian", lists("一", "二", task="t2"))
    await li.sees_told(await li.presses("二"))
    assert "<OptionId><![CDATA[o1]]></OptionId>" in app.plain[1]


async def test_the_latest_card_that_has_the_button(app: App, call: Caller, li: Person):
    await call.shows("LiQian", buttons("通过", "退回", task="t1"))
    await call.shows("LiQian", buttons("通过", task="t2"))
    await li.presses("通过")
    await li.sees_told(await li.presses("退回"))
    assert [each["TaskId"] for each in app.heard] == ["t2", "t1"]
    with pytest.raises(NotPossible, match="no button"):
        await li.presses("没有")


async def test_the_corner_of_a_card(app: App, call: Caller, li: Person):
    menu = {"desc": "更多", "action_list": [{"text": "看", "key": "look"}]}
    await call.shows("LiQian", notice(action_menu=menu, task_id="t"))
    await li.sees_told(await li.presses_corner("看"))
    [heard] = app.heard
    assert (heard["Event"], heard["EventKey"], heard["TaskId"]) == (
        "template_card_menu_event", "look", "t",
    )  # fmt: skip
    assert "SelectedItems" not in heard


# ---------------------------------------------------------------------- updates


async def update(call: Caller, code: str, **change: Any) -> Json:
    return await call.post(
        "message/update_template_card", {"agentid": AGENT_ID, "response_code": code, **change}
    )


async def test_a_code_is_good_once_for_whom_it_names(
    app: App, call: Caller, li: Person, wang: Person
):
    sent = await call.shows("LiQian|wangqiang", buttons("通过", "退回"))
    grey = {"button": {"replace_name": "已选：通过"}, "userids": ["LIQIAN", "nobody"]}
    assert await update(call, sent["response_code"], **grey) == {
        "errcode": 0, "errmsg": "ok", "invaliduser": ["nobody"],
    }  # fmt: skip
    [mine], [other] = await li.chat(), await wang.chat()
    assert mine.card
    assert other.card
    assert (mine.card.state, mine.card.label, mine.card.labels) == ("grey", "已选：通过", [])
    assert (other.card.state, other.card.labels) == ("live", ["通过", "退回"])
    assert (await update(call, sent["response_code"], **grey))["errcode"] == 40058
    with pytest.raises(NotPossible):
        await li.presses("通过")


async def test_a_click_brings_a_code_to_replace_the_card(app: App, call: Caller, li: Person):
    await call.shows("LiQian", buttons("一", "二"))
    await li.sees_told(await li.presses("二"))
    code = app.heard[0]["ResponseCode"]
    other = {k: v for k, v in votes("甲", "乙").items() if k != "task_id"}
    assert (await update(call, code, userids=["LiQian"], template_card=other))["errcode"] == 0
    [shown] = await li.hears()
    assert shown.card is not None
    assert (shown.card.state, shown.card.labels, shown.card.task_id) == (
        "updated", ["甲", "乙"], "t1",
    )  # fmt: skip
    await li.sees_told(await li.presses("乙"))
    assert (app.heard[1]["TaskId"], app.heard[1]["CardType"]) == ("t1", "vote_interaction")


async def test_a_card_with_its_buttons_replaced_by_a_text(app: App, call: Caller, li: Person):
    sent = await call.shows("LiQian", buttons("一"))
    new = {
        "card_type": "button_interaction", "main_title": {"title": "完成"},
        "replace_text": "已完成",
    }  # fmt: skip
    await update(call, sent["response_code"], atall=1, template_card=new)
    [shown] = await li.chat()
    assert shown.card is not None
    assert (shown.text, shown.card.state, shown.card.label) == ("完成", "closed", "已完成")
    assert (await li.waits_for("已完成", since=0)).id == shown.id


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"button": {"replace_name": ""}},
        {"button": {"replace_name": "好"}, "template_card": notice()},
        {"template_card": buttons("一")},  # an update has no task_id
        {"template_card": {"card_type": "text_notice"}},
    ],
)
async def test_faulty_updates_use_no_code_up(app: App, call: Caller, li: Person, change):
    sent = await call.shows("LiQian", buttons("一"))
    given = await update(call, sent["response_code"], userids=["LiQian"], **change)
    assert given["errcode"] == 40058
    right = {"button": {"replace_name": "好"}, "userids": ["LiQian"]}
    assert (await update(call, sent["response_code"], **right))["errcode"] == 0


async def test_a_code_dies_after_72_hours(control: Control, app: App, call: Caller, li: Person):
    sent = [await call.shows("LiQian", buttons("一", task=task)) for task in ("t1", "t2")]
    grey = {"button": {"replace_name": "好"}, "userids": ["LiQian"]}
    await control.clock(advance=72 * 3600 - 10)
    call.access = ""
    assert (await update(call, sent[0]["response_code"], **grey))["errcode"] == 0
    await control.clock(advance=20)
    assert (await update(call, sent[1]["response_code"], **grey))["errcode"] == 40058
    assert (await update(call, "unknown", **grey))["errcode"] == 40058


async def test_a_notice_has_no_buttons_to_replace(app: App, call: Caller, li: Person):
    menu = {"desc": "更多", "action_list": [{"text": "看", "key": "look"}]}
    sent = await call.shows("LiQian", notice(action_menu=menu, task_id="t"))
    grey = {"button": {"replace_name": "好"}, "userids": ["LiQian"]}
    assert (await update(call, sent["response_code"], **grey))["errcode"] == 40058
