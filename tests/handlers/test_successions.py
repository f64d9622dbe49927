"""Departments renamed, merged and split, as conversations; each also with a restart between all
lines. What was published stays as it was."""

from __future__ import annotations

from datetime import date

import pytest

from storage import departments, people, successions
from storage.models import succession as succession_rows
from storage.successions import Open
from tests.chat import Centre, User
from tests.handlers.evidence_desk import begin, report, rows, silence
from tests.handlers.test_admin_people import roles
from tests.handlers.test_result import released
from tests.support.audited import audited
from tests.support.scoring import AFTER

OUTDATED = "这张卡片已有变化，下面是最新情况。"


def card(zhao: User, code: str) -> None:
    zhao.presses(f"ad.dep:{zhao.centre.departments[code]}")
    silence(zhao)


def merged(zhao: User, code: str = "SCJG", into: str = "公安", day: str = "2027.1.1") -> None:
    """Up to the confirmation."""
    card(zhao, code)
    zhao.clicks("合并")
    zhao.clicks(into)
    silence(zhao)
    zhao.says(day)


def resident(centre: Centre, code: str) -> tuple[date | None, date | None]:
    with centre.database.read() as connection:
        found = departments.find_department(connection, centre.departments[code])
    assert found is not None
    return found.resident_from, found.resident_to


# ---------------------------------------------------------------- merging


def test_told_before_done_and_told_to_all_concerned(centre: Centre, zhao: User, li: User):
    head = centre.person("何局", "head", department="GA")
    member = centre.person("任远", "member", department="SCJG")
    judge = centre.person("吴用", "evaluator", department="SCJG")
    report(li)
    centre.person("周五", "evaluator").presses("rev.why:1:1:r0")
    begin(li)
    li.says("没写完的一件\n写到一半")
    silence(li)
    card(zhao, "SCJG")
    zhao.clicks("合并")
    assert zhao.hears == ["市场监管局并入哪个部门？"]
    assert zhao.buttons == ["公安", "医保局", "返回"]
    zhao.clicks("公安")
    assert zhao.hears == [
        "市场监管局从哪一天起并入公安？\n请点选或发送日期，如“1月1日”“2027.1.1”。"
        "这一天的前一天是市场监管局在中心的最后一天。"
    ]
    assert zhao.buttons == ["2027年1月1日起", "返回"]
    zhao.clicks("2027年1月1日起")
    assert zhao.hears == [
        "确认合并\n市场监管局自2027年1月1日（星期五）起并入公安。\n"
        "市场监管局2026年第四季度照常参评。\n"
        "还有1份草稿、1份退回补充的材料，由市场监管局的联络员在2026年第四季度结果发布前办完。\n"
        "人员：李敏、任远、吴用。一并转入后，即可为公安办事；"
        "市场监管局的权限保留到2026年第四季度结果发布。\n"
        "市场监管局的材料、评分和已发布的结果都保留原名。"
    ]
    assert zhao.buttons == ["人员一并转入", "只合并，人员不转", "返回"]
    assert resident(centre, "SCJG") == (None, None)
    zhao.clicks("人员一并转入")
    assert zhao.toast == "已办理，已通知2人"
    assert zhao.hears[-1].splitlines()[3:6] == [
        "入驻日期：未填，视为早已入驻",
        "撤出日期：2026年12月31日（星期四）",
        "自2027年1月1日起并入公安",
    ]
    assert zhao.buttons[-6:] == [
        "改全称", "改简称", "入驻日期", "撤销合并或拆分", "移除", "返回",
    ]  # fmt: skip
    assert resident(centre, "SCJG") == (None, date(2026, 12, 31))
    assert roles(centre) == {
        "李敏": ["liaison 市场监管局", "liaison 公安"],
        "何局": ["head 公安"],
        "任远": ["member 市场监管局", "member 公安"],
        "吴用": ["evaluator 考核办公室", "member 公安"],
        "周五": ["evaluator 考核办公室"],
    }
    told = (
        "市场监管局自2027年1月1日（星期五）起并入公安。\n"
        "市场监管局2026年第四季度照常参评；没办完的材料，请在该季度结果发布前由原联络员办完。\n"
        "市场监管局的人员现在起也可为公安办事。"
    )
    assert (li.hears, head.hears, member.hears, judge.hears) == ([told], [told], [], [])
    detail = {
        "successor": centre.departments["GA"],
        "day": "2027-01-01",
        "with_people": True,
        "roles": 3,
    }
    assert audited(centre)[-1] == ("department.merge", str(centre.departments["SCJG"]), detail)
    card(zhao, "GA")
    zhao.presses(f"ad.dep:{centre.departments['GA']}")
    assert "前身：市场监管局（2027年1月1日并入）\n" in zhao.hears[-1]


def test_in_mid_quarter_it_is_not_assessed_any_more(centre: Centre, zhao: User):
    merged(zhao, day="12月1日")
    assert zhao.hears[-1].splitlines()[1:3] == [
        "市场监管局自2026年12月1日（星期二）起并入公安。",
        "市场监管局2026年第四季度不参评（季度最后一天不在中心）。",
    ]
    assert zhao.buttons == ["确认合并", "返回"]
    zhao.clicks("确认合并")
    assert resident(centre, "SCJG") == (None, date(2026, 11, 30))


def test_without_their_people(centre: Centre, zhao: User, li: User):
    merged(zhao)
    zhao.clicks("只合并，人员不转")
    assert roles(centre) == {"李敏": ["liaison 市场监管局"]}
    assert "也可为公安办事" not in li.hears[-1]


def test_who_holds_the_role_already_and_who_does_it(centre: Centre, zhao: User, li: User):
    with centre.database.begin() as connection:
        for person_id in (li.person_id, zhao.person_id):
            people.grant_role(
                connection,
                person_id=person_id,
                role_name="liaison",
                department_id=centre.departments["GA"],
                now=centre.now,
            )
    merged(zhao)
    zhao.clicks("人员一并转入")
    assert roles(centre)["李敏"] == ["liaison 市场监管局", "liaison 公安"]
    assert len(li.hears) == 1
    assert len(zhao.hears) == 2  # the question and the card


def test_more_departments_than_a_card_shows(centre: Centre, zhao: User):
    zhao.presses("ad.depadd")
    zhao.says("\n".join(f"第{n}局" for n in range(12)))
    card(zhao, "SCJG")
    zhao.clicks("合并")
    assert zhao.buttons[-2:] == ["下一页", "返回"]
    zhao.clicks("下一页")
    assert zhao.buttons[-2:] == ["上一页", "返回"]


def test_a_centre_with_one_department(centre: Centre, zhao: User):
    with centre.database.begin() as connection:
        for code in ("GA", "YB"):
            departments.remove_department(connection, centre.departments[code], now=centre.now)
    card(zhao, "SCJG")
    zhao.clicks("合并")
    assert zhao.hears[-1].endswith("没有其他部门可以并入，请先到“部门”中添加。")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("没有日期", "没有看懂“没有日期”这个日期。"),
        ("2026.3.1", "撤出日期（2026年2月28日（星期六））早于入驻日期（2026年3月1日（星期日））"),
        ("2027.3.1", "2027年3月1日（星期一）公安不在中心，不能并入。"),
        ("2026.9.1", "2026年9月1日（星期二）公安不在中心，不能并入。"),
    ],
)
def test_days_that_will_not_do(centre: Centre, zhao: User, typed: str, answer: str):
    with centre.database.begin() as connection:
        for code, first, last in (
            ("SCJG", date(2026, 3, 1), None),
            ("GA", date(2026, 10, 1), date(2027, 1, 31)),
        ):
            departments.set_residence(
                connection, centre.departments[code], resident_from=first, resident_to=last
            )
    merge = f"{centre.departments['GA']}.20270201.n"
    zhao.presses(f"ad.sucok:{centre.departments['SCJG']}:0:{merge}")
    assert zhao.hears[-1].startswith("2027年2月1日（星期一）公安不在中心，不能并入。")
    card(zhao, "SCJG")
    zhao.clicks("合并")
    assert "公安" not in zhao.buttons  # it leaves itself
    with centre.database.begin() as connection:
        departments.set_residence(
            connection, centre.departments["GA"], resident_from=date(2026, 10, 1), resident_to=None
        )
    zhao.clicks("返回")
    zhao.clicks("合并")
    zhao.clicks("公安")
    with centre.database.begin() as connection:
        departments.set_residence(
            connection,
            centre.departments["GA"],
            resident_from=date(2026, 10, 1),
            resident_to=date(2027, 1, 31),
        )
    zhao.says(typed)
    assert zhao.hears[-1].startswith(answer)
    assert rows(centre, succession_rows.c.id) == []


def test_a_department_that_is_awaited_cannot_end_before(centre: Centre, zhao: User):
    merged(zhao, "SCJG", "公安", "2027.4.1")
    zhao.clicks("确认合并")
    merged(zhao, "GA", "医保局", "2027.1.1")
    assert zhao.hears[-1] == (
        "市场监管局自2027年4月1日（星期四）起并入公安，公安不能在这之前结束。"
        "请换一个更晚的日期，或先撤销市场监管局的合并。"
    )
    zhao.says("2027.7.1")
    zhao.clicks("确认合并")
    with centre.database.read() as connection:
        ids = centre.departments
        assert successions.lineage(connection, (ids["YB"],), on=date(2027, 7, 1)) == (
            ids["YB"], ids["GA"], ids["SCJG"],
        )  # fmt: skip
        assert successions.lineage(connection, (ids["YB"],), on=date(2027, 1, 1)) == (ids["YB"],)


def test_a_quarter_that_is_decided_stays_as_it_is(centre: Centre, zhao: User):
    centre.now = AFTER
    released(centre)
    merged(zhao, day="2026.12.1")
    assert zhao.hears[-1] == (
        "2026年12月1日（星期二）所在的2026年第四季度或以后的季度已提请审定或发布，不能改。"
        "请发送以后的日期。"
    )
    zhao.says("2027.1.1")
    assert zhao.hears[-1].splitlines()[2] == "市场监管局2026年第四季度照常参评。"


def test_pressed_twice_and_older_cards(centre: Centre, zhao: User, li: User):
    merged(zhao)
    once = zhao.button("人员一并转入")
    zhao.presses(once)
    silence(zhao, li)
    zhao.presses(once)
    assert zhao.hears[-1].startswith("市场监管局（SCJG）")
    assert li.hears == []
    ids = centre.departments
    for forged in (
        f"ad.sucm:{ids['SCJG']}",
        f"ad.sucs:{ids['SCJG']}",
        f"ad.sucto:{ids['GA']}:0:{ids['SCJG']}",
        f"ad.depout:{ids['SCJG']}",
        f"ad.depclear:{ids['SCJG']}:0:out",
        f"ad.depclear:{ids['GA']}:0:odd",
        f"ad.sucundo:{ids['GA']}",
        f"ad.sucundo2:{ids['GA']}",
        f"ad.sucday:{ids['SCJG']}:0:0.20270101",
        f"ad.sucok:{ids['SCJG']}:0:{ids['YB']}.20270101.n",
    ):
        zhao.presses(forged)
        assert zhao.toast == OUTDATED, forged
    for forged in ("x", "1.20270230.n", f"{ids['GA']}.20270101.n"):
        zhao.presses(f"ad.sucok:{ids['GA']}:0:{forged}")
        assert zhao.hears[-1].startswith("没有找到这项内容"), forged
    assert len(rows(centre, succession_rows.c.id)) == 1


def test_a_last_day_that_was_filled_in_stands_in_the_way(centre: Centre, zhao: User):
    card(zhao, "SCJG")
    zhao.clicks("合并")
    zhao.clicks("公安")
    with centre.database.begin() as connection:
        departments.set_residence(
            connection,
            centre.departments["SCJG"],
            resident_from=None,
            resident_to=date(2026, 12, 31),
        )
        with pytest.raises(successions.AlreadyLeaving):
            successions.check_day(connection, centre.departments["SCJG"], day=date(2027, 1, 1))
    zhao.says("2027.1.1")
    assert zhao.toast == "" or zhao.hears[-1].startswith("市场监管局（SCJG）")
    assert "合并" not in zhao.buttons


# ---------------------------------------------------------------- splitting


def test_split_into_several(centre: Centre, zhao: User, li: User):
    card(zhao, "SCJG")
    zhao.clicks("拆分")
    assert zhao.hears[-1].startswith("市场监管局从哪一天起拆分？\n")
    zhao.says("2026年12月1日")
    assert zhao.hears == [
        "市场监管局自2026年12月1日（星期二）起拆分\n"
        "市场监管局2026年第四季度不参评（季度最后一天不在中心）。\n"
        "新部门自2027年第一季度起参评。\n"
        "请发送新部门的全称，每行一个，至少两行；要自己定简称和代码的，写成“全称 简称 代码”。"
        "发送后即完成拆分，有误可以撤销。"
    ]
    zhao.says("药品监督管理局")
    assert zhao.hears == [
        "拆分至少要有两个新部门，请每行写一个，整段重发。只是改名的，请用“改全称”。"
    ]
    assert rows(centre, succession_rows.c.id) == []
    zhao.says("药品监督管理局\n公安")
    assert "第2行：已有名为“公安”的部门" in zhao.hears[-1]
    zhao.says("药品监督管理局\n质量管理局 质管局 ZG")
    assert zhao.hears == [
        "市场监管局自2026年12月1日（星期二）起拆分为：\n药品监督管理局（YPJDGL）\n质管局（ZG）\n"
        "已通知有关的1名联络员和负责人。\n请为新部门安排人员。市场监管局现有：李敏"
    ]
    assert zhao.buttons == ["药品监督管理局", "质管局", "返回"]
    assert li.hears[-1] == (
        "市场监管局自2026年12月1日（星期二）起拆分为药品监督管理局、质管局。\n"
        "市场监管局2026年第四季度不参评（季度最后一天不在中心）；"
        "没办完的材料，请在该季度结果发布前由原联络员办完。\n"
        "新部门的联络员由管理员另行安排，请留意通知。"
    )
    zhao.clicks("药品监督管理局")
    assert (
        "入驻日期：2026年12月1日（星期二）\n前身：市场监管局（2026年12月1日拆分）\n"
        in (zhao.hears[-1])
    )


def test_new_departments_that_were_there_for_half_of_the_quarter(centre: Centre, zhao: User):
    card(zhao, "YB")
    zhao.clicks("拆分")
    zhao.says("2026.10.9")
    assert "新部门自2026年第四季度起参评。" in zhao.hears[-1]
    zhao.says("医保一局\n医保二局")
    assert zhao.hears == [
        "医保局自2026年10月9日（星期五）起拆分为：\n医保一局（YBY）\n医保二局（YBE）\n"
        "请为新部门添加人员。"
    ]


# ---------------------------------------------------------------- taking it back


def test_a_merger_is_taken_back_with_the_roles_it_gave(centre: Centre, zhao: User, li: User):
    sun = centre.person("孙警", "liaison", department="GA")
    merged(zhao)
    zhao.clicks("人员一并转入")
    silence(zhao, li, sun)
    zhao.clicks("撤销合并或拆分")
    assert zhao.hears == [
        "确认撤销市场监管局并入公安？撤销后市场监管局照旧，由此转入的人员不再为公安办事。"
    ]
    zhao.clicks("确认撤销")
    assert resident(centre, "SCJG") == (None, None)
    assert roles(centre) == {"李敏": ["liaison 市场监管局"], "孙警": ["liaison 公安"]}
    told = ["市场监管局并入公安一事已撤销，市场监管局照旧，请放心。"]
    assert (li.hears, sun.hears) == (told, told)
    assert audited(centre)[-1][0] == "department.merge_undo"
    assert zhao.buttons[-4:] == ["合并", "拆分", "移除", "返回"]


def test_a_split_is_taken_back_and_made_again(centre: Centre, zhao: User):
    for names in ("医保一局\n医保二局", "医保二局\n医保一局"):
        card(zhao, "YB")
        zhao.clicks("拆分")
        zhao.clicks("2027年1月1日起")
        zhao.says(names)
        made = zhao.hears[-1].splitlines()[1:3]
        assert sorted(made) == ["医保一局（YBY）", "医保二局（YBE）"]
        zhao.clicks("返回")
        zhao.clicks("撤销合并或拆分")
        assert zhao.hears[-1].endswith("撤销后医保局照旧，新部门移除。")
        zhao.clicks("确认撤销")
    with centre.database.read() as connection:
        assert len(departments.departments(connection)) == 3
        assert len(departments.departments(connection, removed=True)) == 2


def test_what_has_begun_is_not_taken_back(centre: Centre, zhao: User):
    card(zhao, "YB")
    zhao.clicks("拆分")
    zhao.clicks("2027年1月1日起")
    zhao.says("医保一局\n医保二局")
    zhao.clicks("返回")
    zhao.clicks("撤销合并或拆分")
    surely = zhao.button("确认撤销")
    zhao.presses("ad.ppl")
    zhao.says("孙新 联络员 医保一局")
    silence(zhao)
    zhao.presses(surely)
    assert zhao.hears == ["医保一局已有人员、材料或评分，不能撤销。请先把它们转走。"]
    card(zhao, "YB")
    assert "撤销合并或拆分" not in zhao.buttons
    assert "撤出日期" not in zhao.buttons


def test_what_nobody_succeeds_has_nothing_left(centre: Centre):
    with centre.database.read() as connection:
        assert successions.left_open(connection, 99) == Open(0, 0)
        with pytest.raises(LookupError):
            successions.check_day(connection, 99, day=date(2027, 1, 1))
        with pytest.raises(LookupError):
            successions.check_merger(connection, from_id=1, to_id=99, day=date(2027, 1, 1))


def test_the_same_on_every_database(database_url: str):
    centre = Centre(database_url)
    zhao, li = centre.person("赵强", "admin"), centre.person("李敏", "liaison", department="SCJG")
    card(zhao, "SCJG")
    zhao.clicks("改简称")
    zhao.says("市监局")
    zhao.presses("ad.deps")
    zhao.says("市场监管局")
    assert zhao.hears[-1].startswith("市监局（SCJG）\n")
    merged(zhao)
    zhao.clicks("人员一并转入")
    zhao.clicks("撤销合并或拆分")
    zhao.clicks("确认撤销")
    assert roles(centre) == {"李敏": ["liaison 市监局"]}
    card(zhao, "SCJG")
    zhao.clicks("拆分")
    zhao.clicks("2027年1月1日起")
    zhao.says("药监局\n质监局")
    zhao.clicks("返回")
    zhao.clicks("撤销合并或拆分")
    zhao.clicks("确认撤销")
    assert resident(centre, "SCJG") == (None, None)
    assert li.hears[-1].endswith("照旧，请放心。")
