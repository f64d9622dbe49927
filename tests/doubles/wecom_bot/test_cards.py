"""Which cards are refused, and which are only odd."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.doubles.wecom_bot import cards
from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person
from tests.doubles.wecom_bot.wire import Json, Wire, buttons, notice, vote
from tests.doubles.wecom_bot.world import BotError

BUTTONS = buttons("t1", "采纳", "退回")
VOTE = vote("t1", "公安", "税务")
SELECTS: Json = {
    "card_type": "multiple_interaction",
    "task_id": "t1",
    "main_title": {"title": "请选择"},
    "select_list": [{"question_key": "q", "option_list": [{"id": "1", "text": "一"}]}],
    "submit_button": {"text": "确定", "key": "go"},
}
NEWS = {
    "card_type": "news_notice",
    "main_title": {"title": "公告"},
    "card_image": {"url": "https://example.com/1.png"},
    "card_action": {"type": 1, "url": "https://example.com"},
}
ITEM = {"keyname": "部门", "value": "公安"}


def changed(card: Json, path: str, value: Any) -> Json:
    """A copy with one thing other, or gone where the value is None."""
    made = deepcopy(card)
    *way, last = path.split(".")
    place: Any = made
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    if value is None:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return made


def many(count: int) -> list[Json]:
    return [{"id": str(n), "text": str(n)} for n in range(count)]


def keyed(count: int) -> list[Json]:
    return [{"key": str(n), "text": str(n)} for n in range(count)]


@pytest.mark.parametrize(
    "card",
    [
        BUTTONS, VOTE, SELECTS, NEWS, notice("已处理"),
        changed(BUTTONS, "button_list", keyed(6)),
        changed(BUTTONS, "task_id", "aZ09_-@" + "x" * 121),
        changed(BUTTONS, "button_list.0.key", "k" * 1024),
        changed(VOTE, "checkbox.option_list", many(20)),
        changed(SELECTS, "select_list.0.option_list", many(10)),
        changed(SELECTS, "select_list.0.option_list.0.id", "i" * 128),
        changed(BUTTONS, "horizontal_content_list", [ITEM] * 6),
        {**notice(""), "sub_title_text": "已处理"},
    ],
)  # fmt: skip
def test_sound_cards(card):
    odd: list[str] = []
    assert cards.check(card, odd.append) == card
    assert odd == []


@pytest.mark.parametrize(
    ("card", "why"),
    [
        (None, "missing"),
        ({"card_type": "poster"}, "card_type"),
        (changed(BUTTONS, "task_id", None), "task_id"),
        (changed(BUTTONS, "task_id", "有中文"), "task_id"),
        (changed(BUTTONS, "task_id", "x" * 129), "task_id"),
        (changed(VOTE, "task_id", None), "task_id"),
        (changed(BUTTONS, "main_title.title", ""), "title"),
        (changed(BUTTONS, "main_title", "请选择"), "main_title"),
        (changed(BUTTONS, "main_title.title", 5), "title"),
        (changed(BUTTONS, "button_list", keyed(7)), "button_list size"),
        (changed(BUTTONS, "button_list", []), "button_list size"),
        (changed(BUTTONS, "button_list", None), "button_list"),
        (changed(BUTTONS, "button_list.0.key", "key:退回"), "key twice"),
        (changed(BUTTONS, "button_list.0.key", "k" * 1025), "key"),
        (changed(BUTTONS, "button_list.0.key", None), "key"),
        (changed(BUTTONS, "button_list.0.text", ""), "text"),
        (changed(BUTTONS, "button_list.0.style", 5), "style"),
        (changed(BUTTONS, "card_action", {}) | {"card_action": {"type": 1}}, "nowhere"),
        (changed(VOTE, "checkbox.option_list", many(21)), "option_list size"),
        (changed(VOTE, "checkbox.option_list.0.id", "id:税务"), "id twice"),
        (changed(VOTE, "checkbox.option_list.0.id", "i" * 129), "option id"),
        (changed(VOTE, "checkbox.question_key", None), "question_key"),
        (changed(VOTE, "checkbox.mode", 2), "mode"),
        (changed(VOTE, "submit_button", None), "submit"),
        (changed(SELECTS, "select_list", SELECTS["select_list"] * 4), "select_list size"),
        (changed(SELECTS, "select_list", SELECTS["select_list"] * 2), "twice"),
        (changed(SELECTS, "select_list.0.option_list", many(11)), "option_list size"),
        (changed(notice("好"), "card_action", None), "card_action"),
        (changed(notice("好"), "card_action.type", 0), "card_action.type"),
        (changed(notice("好"), "card_action.url", ""), "nowhere"),
        (changed(NEWS, "card_image", None), "card_image"),
        (changed(BUTTONS, "horizontal_content_list", [ITEM] * 7), "size"),
        (changed(BUTTONS, "horizontal_content_list", [{**ITEM, "type": 2}]), "horizontal"),
        (changed(BUTTONS, "action_menu", {"action_list": keyed(4)}), "action_list size"),
    ],
)  # fmt: skip
def test_refused_cards(card, why):
    with pytest.raises(BotError, match=why) as found:
        cards.check(card, print)
    assert found.value.code == 40058


@pytest.mark.parametrize(
    ("card", "odd"),
    [
        (changed(BUTTONS, "main_title.title", "字" * 27), "title of 27 characters, 26 are shown"),
        (changed(BUTTONS, "main_title.desc", "字" * 31), "desc of 31 characters, 30 are shown"),
        (changed(BUTTONS, "sub_title_text", "字" * 113),
         "sub_title_text of 113 characters, 112 are shown"),
        (changed(BUTTONS, "button_list.0.text", "字" * 11),
         "button text of 11 characters, 10 are shown"),
        (changed(BUTTONS, "button_list.0.url", "x"), "a button has no url"),
        (changed(VOTE, "checkbox.option_list.0.text", "字" * 12),
         "option text of 12 characters, 11 are shown"),
        (changed(VOTE, "sub_title_text", "x"), "a vote_interaction has no sub_title_text"),
        (changed(BUTTONS, "replace_text", "x"), "a button_interaction has no replace_text"),
    ],
)  # fmt: skip
def test_odd_cards(card, odd):
    notes: list[str] = []
    cards.check(card, notes.append)
    assert notes == [odd]


async def test_a_task_id_serves_once(control: Control, wire: Wire, li: Person):
    await li.says("菜单")
    await wire.callback()
    assert await wire.shows("LiQian", BUTTONS) == 0
    assert await wire.shows("LiQian", changed(BUTTONS, "main_title.title", "又")) == 40058
    await control.clock(advance=30 * 86_400)
    assert await wire.shows("LiQian", VOTE) == 40058
    assert await wire.shows("LiQian", changed(VOTE, "task_id", "t2")) == 0
    assert [m.text for m in await li.hears()] == ["请选择", "请选择"]


async def test_oddities_are_kept(control: Control, wire: Wire, li: Person):
    await li.says("菜单")
    assert await wire.shows("LiQian", changed(BUTTONS, "button_list.0.type", 0)) == 0
    assert await control.oddities() == ["a button has no type"]


def test_what_is_read_of_a_card():
    card = {
        **BUTTONS, "main_title": {"title": "标题", "desc": "说明"}, "sub_title_text": "正文",
        "horizontal_content_list": [ITEM], "quote_area": {"title": "引", "quote_text": "文"},
    }  # fmt: skip
    assert cards.words(card) == "标题\n说明\n引\n文\n正文\n部门 公安"
