"""Buttons as cards: whatever a dialog says, all its choices can be made, and typed as it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.base import Outgoing
from bot.wecom import cards
from bot.wecom.cards import APP, BOT, Card, Room, chosen, first_card, task_ids, told
from handlers.messages import Action, Button, Marks, Rows, Style, grid, marks_of
from templates import wecom_words as words

# a busy machine takes its time
BUSY = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
rooms = pytest.mark.parametrize("room", [APP, BOT], ids=["app", "bot"])
LABELS = st.one_of(
    st.sampled_from(
        ["采纳", "3", "4.5", "退回补充", "上一页", "继续草稿：高龄老人社保认证上门帮办"]
    ),
    st.text("甲乙丙丁戊", min_size=1, max_size=24),
)


def button(label: str, number: int, style: Style = Style.PLAIN) -> Button:
    return Button(label, Action("do", str(number)), style)


def message(text: str, *labels: str, marks: Marks = Marks.NUMBERS, number: int = 41) -> Outgoing:
    buttons = [button(label, n) for n, label in enumerate(labels)]
    rows: Rows = tuple(grid(buttons, width=2))
    return Outgoing("k", "li", text, rows, marks=marks, number=number)


def on_cards(made: list[Card]) -> list[str]:
    return [action for card in made for action, _ in _entries(card.body)]


def _entries(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for each in body.get("button_list", ()):
        yield each["key"], each["text"]
    if "checkbox" in body:
        for each in body["checkbox"]["option_list"]:
            yield each["id"], each["text"]


def test_a_short_message_is_one_card():
    before, made, listed = told(message("是否提交？\n共2个文件。", "确认提交", "修改"), APP)
    assert (before, listed) == ("", False)
    assert [card.body for card in made] == [
        {
            "card_type": "button_interaction",
            "main_title": {"title": "是否提交？"},
            "sub_title_text": "共2个文件。",
            "button_list": [
                {"text": "确认提交", "style": 2, "key": "do:0:0"},
                {"text": "修改", "style": 2, "key": "do:1:0"},
            ],
        }
    ]
    assert made[0].keys == {"do:0:0": "确认提交", "do:1:0": "修改"}


def test_more_than_six_are_a_list_to_choose_from():
    before, [card], _ = told(message("请选择部门", *[f"部门{n}" for n in range(7)]), APP)
    assert before == ""
    assert card.body["card_type"] == "vote_interaction"
    assert card.body["checkbox"]["option_list"][6] == {"id": "do:6:0", "text": "部门6"}
    assert card.body["submit_button"] == {"text": "确定", "key": "choose"}


def test_a_long_text_goes_before_the_card():
    text = "<b>我的上报</b>\n" + "一" * 200
    before, [card], _ = told(message(text, "查看"), APP)
    assert before == text
    assert card.body["main_title"] == {"title": "我的上报"}
    assert card.body["sub_title_text"] == words.BELOW


DRAFT = (
    "<b>上报草稿 · 市场监管局</b>\n类别：帮办案例\n标题：帮助老人办理居住证\n"
    f"说明：{'群众行动不便，' * 20}\n\n内容齐了，可以提交。"
)


def test_the_facts_that_a_long_text_begins_with_are_rows():
    before, [card], _ = told(message(DRAFT, "确认提交"), APP)
    assert before == ""
    assert card.body["main_title"] == {"title": "上报草稿 · 市场监管局"}
    assert card.body["horizontal_content_list"] == [
        {"keyname": "类别", "value": "帮办案例"},
        {"keyname": "标题", "value": "帮助老人办理居住证"},
    ]
    rest = f"说明：{'群众行动不便，' * 20}\n\n内容齐了，可以提交。"
    assert card.body["sub_title_text"] == rest
    assert len(rest) <= APP.text


@pytest.mark.parametrize(
    "lines",
    [
        ["发生的日期间：" + "一" * 20],  # too long a name
        ["说明：" + "一" * 31],  # too long for a row
        ["您好。", "标题：" + "一" * 20],  # it does not come first
        [f"第{n}项：一一一" for n in range(9)],  # more than a card has rows
    ],
)
def test_what_is_no_fact_stays_where_it_is(lines):
    text = "\n".join(["上报草稿", *lines, "", "一" * 140])
    before, [card], _ = told(message(text, "查看"), APP)
    assert before == text
    assert "horizontal_content_list" not in card.body


def test_a_card_that_has_no_rows_has_none():
    assert told(message(DRAFT, "确认提交"), BOT)[0] == DRAFT
    before, [card], _ = told(message(DRAFT, *"甲乙丙丁戊己庚"), APP)
    assert before == DRAFT
    assert "horizontal_content_list" not in card.body


def test_labels_that_do_not_fit_are_listed_before_it():
    before, [card], listed = told(message("请选择", "继续草稿：高龄老人社保认证", "重新上报"), APP)
    assert before == "请选择\n\n1. 继续草稿：高龄老人社保认证\n2. 重新上报"
    assert listed
    assert [b["text"] for b in card.body["button_list"]] == ["1 继续草稿：高龄…", "2 重新上报"]
    assert card.body["sub_title_text"] == words.BELOW + words.TYPED


def test_items_of_a_list_are_chosen_by_their_own_numbers():
    """What the text has behind a number is not listed again, and may be cut on the card."""
    text = "我的上报（第2/2页）\n9. 医保局1号 · 草稿 · 一件事\n10. 医保局2号 · 草稿 · 老人换证"
    labels = ("9. 一件事", "10. 老人换证一次办好不用跑")
    before, [card], listed = told(message(text, *labels, "再报一份"), APP)
    assert (before, listed) == ("", False)
    assert [b["text"] for b in card.body["button_list"]] == [
        "9. 一件事", "10. 老人换证一…", "再报一份",
    ]  # fmt: skip
    long = "继续草稿：高龄老人社保认证"
    before, [card], listed = told(message(text, *labels, long), APP)
    assert (before, listed) == (f"{text}\n\n11. {long}", True)
    assert [b["text"] for b in card.body["button_list"]] == [
        "9. 一件事", "10. 老人换证一…", "11 继续草稿：高…",
    ]  # fmt: skip
    before, _, _ = told(message("请选择", *labels), APP)
    assert before == "请选择\n\n9. 一件事\n10. 老人换证一次办好不用跑"


def test_where_a_number_is_asked_for():
    """What is a number itself is typed and stands on no card."""
    text = "线下帮办：满分6分\n请直接输入分数，或点选。"
    labels = ("0", "3", "6", "不涉及", "上一页")
    before, [card], _ = told(message(text, *labels, marks=Marks.LETTERS), APP)
    assert before == ""
    assert card.body["sub_title_text"] == "请直接输入分数，或点选。"
    assert [b["text"] for b in card.body["button_list"]] == ["不涉及", "上一页"]
    long = f"{text}\n{'一' * 200}"
    before, [card], _ = told(message(long, *labels, marks=Marks.LETTERS), APP)
    assert (before, card.body["sub_title_text"]) == (long, words.NUMBER)
    assert [b["text"] for b in card.body["button_list"]] == ["不涉及", "上一页"]


def test_with_numbers_alone_there_is_no_card():
    asked = message("满分6分", "0", "3", "6", marks=Marks.LETTERS)
    assert told(asked, APP) == ("满分6分", [], False)


def test_the_cards_of_a_notice_are_the_same_for_all():
    """What is typed for it holds its number, which is another one for each of them."""
    long = ("继续草稿：高龄老人社保认证", "查看")
    one, other = (message("已退回", *long, marks=Marks.NONE, number=n) for n in (41, 42))
    assert told(one, APP) == told(other, APP)
    assert [c.mark for c in cards.choices(one)] == ["#41a", "#41b"]
    assert [c.mark for c in cards.choices(message("x", "查看", marks=Marks.NONE))] == ["#41"]


def test_one_action_twice_is_one_choice():
    twice = Outgoing(
        "k", "li", "x", ((button("查看", 1), button("详情", 1)),), marks=Marks.NUMBERS
    )
    assert [choice.label for choice in cards.choices(twice)] == ["查看"]


@rooms
@BUSY
@given(
    text=st.text("一二三：，。\n<b>", max_size=400).map(lambda t: re.sub(r"<b?|>", "", t)),
    labels=st.lists(LABELS, max_size=50),
    marks=st.sampled_from(Marks),
)
def test_all_that_holds_for_any_message(room: Room, text, labels, marks):
    said = message(text, *labels, marks=marks)
    before, made, _ = told(said, room)
    every = {str(b.action): b.label for row in said.buttons for b in row}
    typed = {
        action: label
        for action, label in every.items()
        if marks is Marks.LETTERS and re.fullmatch(r"\d+(\.\d+)?", label)
    }
    shown = on_cards(made)
    assert sorted([*shown, *typed]) == sorted(every)
    assert len(set(shown)) == len(shown)
    if not made:
        assert before == text
    for card in made:
        _check(card.body, room)
    _typed_as_it_says(said, every)


def _check(body: dict[str, Any], room: Room) -> None:
    """As WeCom demands and advises it."""
    main = body["main_title"]
    assert 0 < len(main["title"]) <= room.title
    assert len(main.get("desc", "")) <= room.desc
    assert len(body.get("sub_title_text", "")) <= room.text
    rows = body.get("horizontal_content_list", [])
    assert len(rows) <= (6 if room.row else 0)
    assert all(0 < len(r["keyname"]) <= 5 and 0 < len(r["value"]) <= room.row for r in rows)
    if body["card_type"] == "button_interaction":
        assert 1 <= len(body["button_list"]) <= 6
        assert all(0 < len(b["text"]) <= room.button for b in body["button_list"])
    else:
        assert not rows
        assert 7 <= len(body["checkbox"]["option_list"]) <= 20
        assert all(0 < len(o["text"]) <= room.option for o in body["checkbox"]["option_list"])
        assert all(len(o["id"].encode()) <= 128 for o in body["checkbox"]["option_list"])


def _typed_as_it_says(said: Outgoing, every: dict[str, str]) -> None:
    """The marks are those by which the dialogs know what was typed."""
    if said.marks is not Marks.NONE:
        known = marks_of(list(every.values()), said.marks)
        assert [choice.mark for choice in cards.choices(said)] == known


@pytest.mark.parametrize(
    ("key", "selected", "action"),
    [
        ("accept:7:1", [], "accept:7:1"),
        ("choose", ["row:4"], "row:4"),
        ("choose", ["row:4", "row:5"], "row:4"),
        ("choose", [], ""),
    ],
)
def test_what_a_press_means(key, selected, action):
    assert chosen(key, selected) == action


def test_the_ids_of_cards():
    ids = task_ids("wa:1000002:7432101234567890123#0")
    first, second = next(ids), next(ids)
    assert first == next(task_ids("wa:1000002:7432101234567890123#0"))
    assert (first_card(first), first_card(second)) == (first, first)
    assert first != second
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert first != next(task_ids("wa:1000002:7432101234567890123#1"))


def test_a_card_without_choices_is_there_to_be_greyed():
    card = cards.without_choices(Outgoing("k", "li", "<b>已采纳</b>\n谢谢"), APP)
    assert card is not None
    assert card.body["main_title"] == {"title": "已采纳"}
    assert [b["key"] for b in card.body["button_list"]] == [cards.NOTHING]
    assert card.keys == {}
    assert cards.without_choices(Outgoing("k", "li", "一" * 300), APP) is None
