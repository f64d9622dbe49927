"""/admin → 科室 → 评分席位, as conversations; each also with a restart between all lines."""

from __future__ import annotations

import pytest

import templates
from handlers.access import NotAllowed
from storage import seats, sections
from storage.models import section_row
from tests.chat import Centre, User
from tests.support.audited import audited


@pytest.fixture
def sun(centre: Centre) -> User:
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科")
    return centre.person("孙伟", "evaluator", section=other)


def held(centre: Centre) -> dict[str, list[tuple[int, str]]]:
    with centre.database.read() as connection:
        return {
            row: [(each.number, each.person) for each in found]
            for row, found in seats.further(connection).items()
        }


def test_a_seat_is_added_and_taken_away(centre: Centre, zhao: User, sun: User):
    centre.person("王芳", "evaluator")
    zhao.presses(f"ad.sec:{centre.section_id}")
    zhao.clicks("评分席位")
    assert zhao.hears[-1] == (
        "考核办公室的评分席位\n"
        "每个考核项由本科室评分；另设席位的，各席位分别评分，取平均分。\n请选择考核项："
    )
    zhao.clicks("线上帮办")
    assert zhao.hears[-1] == (
        "线上帮办由考核办公室评分。\n"
        "要增设席位，请选择其他科室的考核员；增设后，未发布的季度也须由其评完。"
    )
    assert zhao.buttons == ["孙伟", "返回"]
    again = zhao.button("孙伟")
    zhao.clicks("孙伟")
    assert zhao.hears[-1] == "线上帮办由考核办公室评分，另有席位：孙伟。"
    assert zhao.buttons == ["取消席位：孙伟", "返回"]
    assert sun.hears == ["您现在也为“线上帮办”评分，各席位取平均分。发送“评分”可开始。"]
    zhao.presses(again)
    assert held(centre) == {"online_help": [(2, "孙伟")]}
    zhao.clicks("返回")
    assert "\n线上帮办：另有孙伟\n" in zhao.hears[-1]
    zhao.clicks("返回")
    assert zhao.hears[-1].endswith("\n另设席位：线上帮办（孙伟）")
    zhao.presses("ad.seat:online_help")
    off = zhao.button("取消席位：孙伟")
    for _ in range(2):
        zhao.presses(off)
        assert zhao.hears[-1].startswith("线上帮办由考核办公室评分。\n")
    assert sun.hears == ["您不再为“线上帮办”评分，已评的分数不再计入。"]
    assert held(centre) == {}
    id_ = sun.person_id
    assert audited(centre) == [
        ("seat.add", "online_help", {"person": id_, "seat": 2, "before": [], "after": [id_]}),
        ("seat.remove", "online_help", {"person": id_, "seat": 2, "before": [id_], "after": []}),
    ]


def test_the_owners_own_have_the_first_seat(centre: Centre, zhao: User):
    wang = centre.person("王芳", "evaluator")
    zhao.presses("ad.seat:discipline")
    assert zhao.hears[-1] == ("工作纪律由考核办公室评分。\n还没有其他科室的考核员可以增设席位。")
    assert zhao.buttons == ["返回"]
    for forged in (
        f"ad.seatadd:discipline:0:{wang.person_id}",
        f"ad.seatadd:nothing:0:{wang.person_id}",
        "ad.seat:nothing",
    ):
        zhao.presses(forged)
        assert zhao.hears[-1] == templates.say_error(NotAllowed())
    assert held(centre) == {}


def test_a_row_of_nobody_has_no_seats(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        connection.execute(section_row.delete().where(section_row.c.indicator == "discipline"))
    zhao.presses("ad.seat:discipline")
    assert zhao.hears == [templates.say_error(NotAllowed())]
