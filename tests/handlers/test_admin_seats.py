"""/admin → 科室 → 评分席位, as conversations; each also with a restart between all lines."""

from __future__ import annotations

import pytest

import templates
from handlers.access import NotAllowed
from storage import people, seats, sections
from storage.models import section_row
from tests.chat import Centre, User
from tests.support.audited import acted, audited


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


# ---------------------------------------------------------------- a seat that nobody sits on


def seated(centre: Centre, user: User, *rows: str) -> None:
    with centre.database.begin() as connection:
        for row in rows:
            seats.add(connection, indicator=row, person_id=user.person_id, now=centre.now)


def takes_role_of(admin: User, user: User, label: str) -> None:
    admin.presses(f"ad.per:{user.person_id}")
    admin.clicks(label)


VACANT = (
    "孙伟{}，其在“线上帮办”、“工作纪律”的评分席位空着；已评的分数仍有效，"
    "未评的部门会影响提请审定。请选择由谁接替，或取消席位："
)


def test_the_admins_hear_of_a_seat_whose_holder_is_no_evaluator_any_more(
    centre: Centre, zhao: User, sun: User
):
    other = centre.person("钱伟", "admin")
    zhou = centre.person("周明", "evaluator", section=_section_of(centre, "督查科"))
    wang = centre.person("王芳", "evaluator")
    seated(centre, sun, "online_help", "discipline")
    sun.says("/score")
    sun.clicks_containing("线上帮办")
    sun.clicks("市场监管局 未评")
    sun.clicks("10")
    cell = sun.button("10")
    row = sun.button("返回")
    takes_role_of(zhao, sun, "取消督查科考核员")
    assert other.hears == [VACANT.format("已不是考核员")]
    assert other.buttons == ["线上帮办", "工作纪律"]
    assert VACANT.format("已不是考核员") in zhao.hears
    for old in (cell, row):  # what stands on an old card gives no right
        sun.presses(old)
        assert sun.hears[-1] == templates.say_error(NotAllowed())
    other.clicks("线上帮办")
    assert other.hears[-1] == (
        "线上帮办由考核办公室评分，另有席位：孙伟（已不是考核员）。\n"
        "孙伟已不是考核员，席位上未评的部门会影响提请审定。"
        "请选择由谁接替（已评的分数仍有效），或取消席位（已评的分数不再计入）。\n"
        "要增设席位，请选择其他科室的考核员；增设后，未发布的季度也须由其评完。"
    )
    assert other.buttons == ["取消席位：孙伟", "由周明接替孙伟", "周明", "返回"]
    press = other.button("由周明接替孙伟")
    for _ in range(2):
        other.presses(press)
        assert other.hears[-1] == "线上帮办由考核办公室评分，另有席位：周明。"
    assert zhou.hears == ["您现在也为“线上帮办”评分，各席位取平均分。发送“评分”可开始。"]
    assert audited(centre)[-1] == (
        "seat.pass",
        "online_help",
        {
            "person": zhou.person_id, "seat": 2,
            "before": [sun.person_id], "after": [zhou.person_id],
        },
    )  # fmt: skip
    zhou.says("/score")
    zhou.clicks_containing("线上帮办")
    assert "市场监管局 10分" in zhou.buttons  # what the seat gave stays
    other.presses(f"ad.seatto:discipline:0:3.{zhou.person_id}")  # no such seat
    assert other.hears[-1].startswith("工作纪律由考核办公室评分，另有席位：孙伟（已不是考核员）")
    other.presses(f"ad.seatto:discipline:0:2.{wang.person_id}")  # who scores on the first one
    assert other.hears[-1] == templates.say_error(NotAllowed())


def test_a_removed_holders_seat_stays_until_the_admin_decides(
    centre: Centre, zhao: User, sun: User
):
    centre.person("王芳", "evaluator")
    seated(centre, sun, "online_help", "discipline")
    zhao.presses(f"ad.per:{sun.person_id}")
    zhao.clicks("移除")
    zhao.clicks("确认移除")
    assert VACANT.format("已移除") in zhao.hears
    assert held(centre) == {"online_help": [(2, "孙伟")], "discipline": [(2, "孙伟")]}
    zhao.presses("ad.seat:discipline")
    zhao.clicks("取消席位：孙伟")
    assert held(centre) == {"online_help": [(2, "孙伟")]}


def test_who_keeps_another_section_keeps_the_seat(centre: Centre, zhao: User, sun: User):
    with centre.database.begin() as connection:
        law = sections.add_section(connection, name="法规科")
        people.grant_role(
            connection,
            person_id=sun.person_id,
            role_name="evaluator",
            section_id=law,
            now=centre.now,
        )
    seated(centre, sun, "discipline")
    takes_role_of(zhao, sun, "取消法规科考核员")
    zhao.presses("ad.seat:discipline")
    assert zhao.hears[-1].startswith("工作纪律由考核办公室评分，另有席位：孙伟。")
    assert "role.revoke" in acted(centre)


def _section_of(centre: Centre, name: str) -> int:
    with centre.database.read() as connection:
        return next(each.id for each in sections.sections(connection) if each.name == name)
