"""/admin → 科室, as conversations; each also with a restart between all lines."""

from __future__ import annotations

import pytest

import templates
from handlers.access import NotAllowed
from storage import people, sections
from tests.chat import Centre, User
from tests.support.audited import acted

ROWS = (
    "线上帮办；线下帮办；咨询服务；服务评价；窗口业务支撑；办理协同顺畅度；窗口服务规范化；"
    "在线办理成熟度；两集中两到位；工作纪律；“一网通办”有创新亮点的；政务服务有突出表现的；"
    "信息录用、新闻宣传；其他表现突出的加分项"
)


def office(centre: Centre) -> sections.Section:
    with centre.database.read() as connection:
        found = sections.find_section(connection, centre.section_id)
    assert found is not None
    return found


def add(centre: Centre, name: str = "督查科") -> int:
    with centre.database.begin() as connection:
        return sections.add_section(connection, name=name)


def owned(centre: Centre, section_id: int) -> list[str]:
    with centre.database.read() as connection:
        return sections.rows_of(connection, section_id)


def opened(centre: Centre, zhao: User) -> None:
    zhao.presses(f"ad.sec:{centre.section_id}")
    zhao.hears  # noqa: B018


def test_a_section_is_added_and_its_card_says_what_is_missing(centre: Centre, zhao: User):
    centre.person("王芳", "evaluator")
    zhao.says("/admin")
    zhao.clicks("科室")
    assert zhao.hears[-1] == "科室，共1个\n考核办公室：考核项14个，考核员1名"
    zhao.clicks("添加科室")
    assert zhao.hears == ["请发送科室名称，如“督查科”。"]
    zhao.says("督查科")
    assert zhao.hears == [
        "督查科\n联系人：未填，电话：未填\n考核员：还没有\n"
        "代审人：未指定（本科室考核员须回避时，由代审人审核、评分）\n考核项0个"
    ]
    assert zhao.buttons == [
        "添加考核员", "代审人", "联系人和电话", "接收考核项", "改名称", "移除", "返回",
    ]  # fmt: skip
    zhao.clicks("返回")
    assert zhao.hears == [
        "科室，共2个\n考核办公室：考核项14个，考核员1名\n督查科：考核项0个，考核员0名，未填联系人"
    ]
    zhao.clicks("考核办公室")
    assert zhao.hears == [
        "考核办公室\n联系人：周老师，电话：021-56001234\n考核员：王芳\n"
        f"代审人：未指定（本科室考核员须回避时，由代审人审核、评分）\n考核项14个：{ROWS}"
    ]
    assert "评分席位" in zhao.buttons
    zhao.clicks("王芳")
    assert zhao.hears[-1].startswith("王芳\n角色：考核办公室考核员")
    assert acted(centre) == ["section.add"]


def test_a_taken_name_asks_again(centre: Centre, zhao: User):
    zhao.presses("ad.secadd")
    zhao.says("考核办公室")
    zhao.says("督查科")
    assert zhao.hears[1] == "已有名为“考核办公室”的科室，请换一个名称。"
    zhao.clicks("改名称")
    assert zhao.hears[-1] == "请发送督查科改后的名称。"
    zhao.says("综合科")
    assert zhao.hears[0].startswith("综合科\n")
    assert acted(centre) == ["section.add", "section.rename"]


@pytest.mark.parametrize(
    ("typed", "contact", "phone"),
    [
        ("周明 021-1234 转8", "周明", "021-1234 转8"),
        ("021-1234，周明", "周明", "021-1234"),
        ("（021）66660000", "周老师", "（021）66660000"),
        ("吴老师", "吴老师", "021-56001234"),
    ],
)
def test_contact_and_phone_are_told_apart(
    centre: Centre, zhao: User, typed: str, contact: str, phone: str
):
    opened(centre, zhao)
    zhao.clicks("联系人和电话")
    assert zhao.hears == [
        "请发送考核办公室的联系人和电话，如“周老师 021-56001234”。只改一项的，只发那一项。"
    ]
    zhao.says("，")
    assert len(zhao.hears) == 1
    zhao.says(typed)
    found = office(centre)
    assert (found.contact, found.phone) == (contact, phone)
    assert zhao.hears[0].splitlines()[1] == f"联系人：{contact}，电话：{phone}"


def test_rows_are_moved_one_press_each(centre: Centre, zhao: User):
    other = add(centre)
    zhao.presses(f"ad.sec:{other}")
    zhao.clicks("接收考核项")
    heard = zhao.hears[-1].splitlines()
    assert heard[:2] == ["请选择要转到督查科的考核项：", "线上帮办（现属考核办公室）"]
    assert len(heard) == 15
    old = zhao.button("工作纪律")
    zhao.clicks("工作纪律")
    zhao.presses(old)
    zhao.clicks("线上帮办")
    assert len(zhao.hears[-1].splitlines()) == 13
    assert owned(centre, other) == ["discipline", "online_help"]
    assert acted(centre) == ["row.assign", "row.assign"]
    zhao.clicks("返回")
    assert zhao.hears[-1].splitlines()[-1] == "考核项2个：线上帮办；工作纪律"


def test_a_section_with_all_rows_has_none_to_take(centre: Centre, zhao: User):
    opened(centre, zhao)
    zhao.clicks("接收考核项")
    assert zhao.hears == ["所有考核项都已属于考核办公室。"]
    assert zhao.buttons == ["返回"]
    zhao.presses(f"ad.rowto:{centre.section_id}:0:nothing")
    assert zhao.hears == [templates.say_error(NotAllowed())]


def test_a_row_of_nobody_can_be_taken(centre: Centre, zhao: User):
    from storage.models import section_row

    with centre.database.begin() as connection:
        connection.execute(section_row.delete().where(section_row.c.indicator == "discipline"))
    opened(centre, zhao)
    zhao.clicks("接收考核项")
    assert zhao.hears == ["请选择要转到考核办公室的考核项：\n工作纪律（现属无）"]
    zhao.clicks("工作纪律")
    assert len(owned(centre, centre.section_id)) == 14


def test_a_substitute_comes_from_another_section(centre: Centre, zhao: User):
    centre.person("王芳", "evaluator")
    opened(centre, zhao)
    zhao.clicks("代审人")
    assert zhao.hears == ["还没有其他科室的考核员可以代审考核办公室。请先添加另一科室和考核员。"]
    sun = centre.person("孙伟", "evaluator", section=add(centre))
    zhao.clicks("代审人")
    assert zhao.hears == ["本科室考核员须回避时，由谁为考核办公室代审？可选其他科室的考核员。"]
    assert zhao.buttons == ["孙伟", "不设代审人", "返回"]
    old = zhao.button("孙伟")
    zhao.clicks("孙伟")
    assert zhao.hears[0].splitlines()[3] == (
        "代审人：孙伟（本科室考核员须回避时，由代审人审核、评分）"
    )
    assert office(centre).substitute_id == sun.person_id
    zhao.clicks("代审人")
    zhao.clicks("不设代审人")
    assert office(centre).substitute_id is None
    with centre.database.begin() as connection:
        people.remove_person(connection, sun.person_id, now=centre.now)
    zhao.presses(old)
    assert zhao.toast == "这张卡片已有变化，下面是最新情况。"
    assert office(centre).substitute_id is None


def test_a_section_is_removed_once_it_is_empty(centre: Centre, zhao: User):
    opened(centre, zhao)
    zhao.clicks("移除")
    assert zhao.hears == ["确认移除考核办公室？以后添加同名科室会恢复它。"]
    zhao.clicks("确认移除")
    assert zhao.hears == ["考核办公室还有14个考核项，不能移除。请先把它们转走。"]
    other = add(centre)
    zhao.presses(f"ad.sec:{other}")
    zhao.clicks("移除")
    again = zhao.button("确认移除")
    zhao.clicks("确认移除")
    assert zhao.hears[-1] == "科室，共1个\n考核办公室：考核项14个，考核员0名"
    for old in (again, f"ad.sec:{other}", "ad.sec:999"):
        zhao.presses(old)
        assert zhao.toast == "这张卡片已有变化，下面是最新情况。"
    assert acted(centre) == ["section.remove"]
