"""/audit, as conversations; each also with a restart between all lines."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from handlers import audit_criteria, audit_export
from handlers.audit_criteria import Criteria, pack, unpack
from handlers.discovery import discover
from storage import audit as audit_rows
from storage import departments, people
from storage.models import audit, evidence, person
from templates.documents import audit_workbook
from tests.chat import Centre, User
from tests.handlers.evidence_desk import report, silence

HINT = (
    "\n\n发送姓名、部门、材料编号、季度或日期可查找，可以一起写，"
    "如“李敏 2026Q4 失败”“11月1日-11月3日”。"
)


@pytest.fixture
def shen(centre: Centre) -> User:
    return centre.person("沈清", "auditor")


@pytest.fixture
def told(centre: Centre, shen: User, li: User) -> User:
    """李敏 has reported one item and tried what is not hers; 公安 has reported another one."""
    report(li)
    li.says("/admin")
    report(centre.person("孙警", "liaison", department="GA"), "公安的一件\n经过")
    silence(shen)
    return shen


def lines(user: User) -> list[str]:
    """The conditions and the entries of the list, without what stands around them."""
    return user.hears[-1].removesuffix(HINT).splitlines()[1:]


def searches(centre: Centre) -> list[str]:
    with centre.database.read() as connection:
        found = select(audit.c.action, audit.c.object).where(audit.c.action.startswith("audit."))
        return [f"{row.action} {row.object}" for row in connection.execute(found)]


def test_newest_first_in_plain_words(told: User):
    told.says("审计")
    assert told.hears == [
        "审计\n"
        "1. 11月3日 10:00 孙警：提交材料 公安1号（2026Q4-GA-001）\n"
        "2. 11月3日 10:00 孙警：新建草稿 公安1号（2026Q4-GA-001）\n"
        "3. 11月3日 10:00 李敏：使用没有的或无权的功能，被拒绝（没有权限）\n"
        "4. 11月3日 10:00 李敏：提交材料 市场监管局1号（2026Q4-SCJG-001）\n"
        "5. 11月3日 10:00 李敏：新建草稿 市场监管局1号（2026Q4-SCJG-001）" + HINT
    ]
    assert told.buttons == [
        "1", "2", "3", "4", "5", "今天", "近7天", "只看失败和被拒", "导出", "菜单",
    ]  # fmt: skip


def test_an_empty_log_says_so(shen: User):
    shen.says("/audit")
    assert shen.hears == ["审计\n没有记录。" + HINT]
    assert shen.buttons == ["今天", "近7天", "只看失败和被拒", "菜单"]
    shen.says("系统")
    assert shen.hears == ["审计\n条件：系统\n没有符合条件的记录。" + HINT]


def test_conditions_come_together_and_go_at_once(told: User):
    told.says("/audit")
    told.says("李敏")
    assert lines(told) == [
        "条件：李敏",
        "1. 11月3日 10:00 李敏：使用没有的或无权的功能，被拒绝（没有权限）",
        "2. 11月3日 10:00 李敏：提交材料 市场监管局1号（2026Q4-SCJG-001）",
        "3. 11月3日 10:00 李敏：新建草稿 市场监管局1号（2026Q4-SCJG-001）",
    ]
    told.clicks("只看失败和被拒")
    assert lines(told) == [
        "条件：李敏；只看失败和被拒",
        "1. 11月3日 10:00 李敏：使用没有的或无权的功能，被拒绝（没有权限）",
    ]
    assert "只看失败和被拒" not in told.buttons
    told.clicks("今天")
    assert lines(told)[0] == "条件：李敏；2026年11月3日；只看失败和被拒"
    told.clicks("近7天")
    assert lines(told)[0] == "条件：李敏；2026年10月28日至2026年11月3日；只看失败和被拒"
    told.clicks("清除条件")
    assert lines(told)[0].startswith("1. 11月3日 10:00 沈清：查阅审计记录 李敏；2026年10月28日至")
    told.says("李敏 公安")
    assert lines(told) == ["条件：李敏；公安", "没有符合条件的记录。"]
    told.says("审计")
    assert lines(told)[0].startswith("1. ")


@pytest.mark.parametrize(
    ("typed", "condition", "entries"),
    [
        ("公安", "公安", 2),
        ("市场监督管理局", "市场监管局", 2),
        ("市场监管局1号", "市场监管局1号（2026Q4-SCJG-001）", 2),
        ("2026q4-scjg-001", "市场监管局1号（2026Q4-SCJG-001）", 2),
        ("2026年第四季度", "2026年第四季度", 4),
        ("2026Q3", "2026年第三季度", 0),
        ("11月3日", "2026年11月3日", 5),
        ("11.1-11.3", "2026年11月1日至2026年11月3日", 5),
        ("11月5日至11月4日", "2026年11月4日至2026年11月5日", 0),
        ("失败/被拒", "只看失败和被拒", 1),
        ("被拒，孙警", "孙警；只看失败和被拒", 0),
        ("李", "李敏", 3),
    ],
)
def test_what_can_be_typed(told: User, typed: str, condition: str, entries: int):
    told.says(f"/audit {typed}")
    first, *rest = lines(told)
    assert first == f"条件：{condition}"
    assert len(rest) == entries or (entries, rest) == (0, ["没有符合条件的记录。"])


@pytest.mark.parametrize("typed", ["没有的人", "公安99号", "2026Q4-XX-001", "2-3-", "长" * 61])
def test_what_names_nothing_is_said_and_changes_nothing(told: User, typed: str):
    told.says("/audit")
    told.says("李敏")
    silence(told)
    told.says(typed)
    shown = typed if len(typed) <= 20 else f"{typed[:20]}…"
    assert told.hears == [
        f"没有找到叫“{shown}”的人员、部门、材料编号、季度或日期，请核对后再发，"
        "如“李敏”“市场监管局3号”“2026Q4”“11月3日”。"
    ]
    told.says("失败")
    assert lines(told)[0] in (
        "条件：李敏；只看失败和被拒",
        "条件：李敏；2026年10月9日；只看失败和被拒",
    )


def test_several_of_one_name_are_told_apart(centre: Centre, told: User):
    with centre.database.begin() as connection:
        twin = people.add_person(connection, name="李敏", now=centre.now)
        people.grant_role(
            connection,
            person_id=twin,
            role_name="head",
            department_id=centre.departments["GA"],
            now=centre.now,
        )
    told.says("/audit")
    told.says("失败")
    silence(told)
    told.says("李敏")
    assert told.hears == [
        "您说的是哪一项？\n"
        "1. 李敏；只看失败和被拒（市场监管局联络员）\n"
        "2. 李敏；只看失败和被拒（公安部门负责人）"
    ]
    assert told.buttons == ["第1项", "第2项", "返回"]
    first, way_back = told.button("第1项"), told.button("返回")
    told.clicks("第2项")
    assert lines(told) == ["条件：李敏；只看失败和被拒", "没有符合条件的记录。"]
    told.presses(first)
    assert len(lines(told)) == 2
    told.presses(way_back)
    assert lines(told)[0] == "条件：只看失败和被拒"


def test_a_receipt_of_several_quarters(centre: Centre, told: User):
    with centre.database.begin() as connection:
        first = connection.execute(select(evidence).where(evidence.c.id == 1)).one()._asdict()
        connection.execute(evidence.insert(), first | {"id": 77, "quarter": "2026Q3"})
    told.says("/audit 市场监管局1号")
    assert told.hears == [
        "您说的是哪一项？\n"
        "1. 市场监管局1号（2026Q4-SCJG-001）\n"
        "2. 市场监管局1号（2026Q3-SCJG-001）"
    ]


def test_removed_people_and_former_names_are_found(centre: Centre, told: User, li: User):
    with centre.database.begin() as connection:
        people.remove_person(connection, li.person_id, now=centre.now)
        departments.rename_department(
            connection, centre.departments["GA"], short_name="公安局", now=centre.now
        )
    told.says("/audit 李敏")
    assert len(lines(told)) == 4
    told.says("/audit 公安")
    assert lines(told)[0] == "条件：公安局"


def many(centre: Centre, count: int) -> None:
    with centre.database.begin() as connection:
        for number in range(count):
            audit_rows.record(
                connection,
                now=centre.now - timedelta(days=400),
                action="person.rename",
                object_=str(number),
            )


def test_pages_back_and_forth(centre: Centre, shen: User):
    many(centre, 20)
    shen.says("/audit")
    first = lines(shen)
    assert first[0] == "1. 2025年9月29日 10:00 系统：修改姓名 （已不存在）"
    assert shen.buttons[8:10] == ["下一页", "今天"]
    shen.clicks("下一页")
    shen.clicks("下一页")
    assert len(lines(shen)) == 4
    assert shen.buttons[4:6] == ["上一页", "今天"]
    shen.clicks("上一页")
    assert len(lines(shen)) == 8
    assert shen.buttons[8:10] == ["上一页", "下一页"]
    shen.clicks("上一页")
    assert lines(shen) == first
    shen.clicks("上一页")  # to the search itself
    assert lines(shen)[0].endswith("沈清：查阅审计记录")
    assert shen.buttons[8] == "下一页"
    assert searches(centre) == ["audit.search "]
    shen.presses("au.page:a1:0:p0")
    assert shen.buttons[8] == "上一页"
    shen.presses("au.page:x9")
    shen.presses("au.page:a")
    assert shen.buttons[8] == "下一页"
    shen.presses("au.page:b1")
    assert lines(shen) == ["没有记录。"]


def test_one_entry_in_full(centre: Centre, told: User, zhao: User):
    zhao.says("/admin")
    zhao.clicks("部门")
    zhao.clicks("公安")
    zhao.clicks("改简称")
    zhao.says("公安局")
    told.says("/audit")
    silence(told)
    told.clicks("1")
    assert told.hears == [
        "修改部门简称 公安局\n时间：2026年11月3日 10:00:16\n人员：赵强\n结果：完成\n原为：公安"
    ]
    assert told.buttons == ["返回"]
    told.clicks("返回")
    assert lines(told)[0] == "1. 11月3日 10:00 赵强：修改部门简称 公安局"
    told.clicks("4")
    assert told.hears[-1].endswith("人员：李敏\n结果：被拒绝（没有权限）")
    told.presses("au.one:99:0:p1")
    assert told.toast == "这张卡片已有变化，下面是最新情况。"


def test_reading_is_audited_once_a_search(centre: Centre, told: User, li: User):
    told.says("/audit")
    told.clicks("1")
    told.clicks("返回")
    told.says("李敏")
    told.clicks("导出")
    who = f"p{li.person_id}"
    assert searches(centre) == ["audit.search ", f"audit.search {who}", f"audit.export {who}"]


def test_the_export_holds_what_was_found(centre: Centre, told: User, li: User):
    told.says("/audit 李敏")
    told.clicks("导出")
    message = told.chat[-1]
    assert message.text == "审计记录（李敏），最多5000条，最近的在前。"
    assert message.file is not None
    assert message.file["name"] == "审计记录20261103.xlsx"
    content: Any = message.file
    arguments = content["arguments"]
    assert (message.file["document"], arguments["audit"]) == ("audit_workbook", f"p{li.person_id}")
    with centre.database.read() as connection:
        given = audit_export.entries(
            connection,
            registry=discover(),
            wanted=str(arguments["audit"]),
            newest=int(arguments["newest"]),
        )
    book = load_workbook(BytesIO(audit_workbook.from_arguments({"entries": given})))
    rows = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert rows[1][0] == "条件：李敏　　共3条，最近的在前"
    assert rows[2] == ["时间", "人员", "操作", "对象", "结果", "详情"]
    assert rows[3] == [
        "2026年11月3日 10:00:06", "李敏", "使用没有的或无权的功能", None,
        "被拒绝（没有权限）", None,
    ]  # fmt: skip
    assert rows[5][5] == "类别：帮办案例"
    assert len(rows) == 6


def test_an_export_has_a_limit(centre: Centre, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(audit_export, "MOST", 3)
    many(centre, 5)
    with centre.database.read() as connection:
        given = audit_export.entries(connection, registry=discover(), wanted="", newest=4)
        nothing = audit_export.entries(connection, registry=discover(), wanted="x", newest=4)
    assert (len(json.loads(given)["rows"]), json.loads(given)["more"]) == (3, True)
    book = load_workbook(BytesIO(audit_workbook.from_arguments({"entries": given})))
    assert book.active["A2"].value == "只列最近的3条，请缩小范围后再导出其余的"
    book = load_workbook(BytesIO(audit_workbook.from_arguments({"entries": nothing})))
    assert book.active["A2"].value == "条件：只看失败和被拒　　共0条，最近的在前"


def test_a_button_carries_all_that_is_looked_for(centre: Centre):
    day = centre.now.date()
    whole = Criteria(123456789, 123456, 123456789, "2026Q4", day, day, refused=True)
    assert unpack(pack(whole)) == whole
    assert (
        len(
            f"au.one:{10**7}:{10**7}:{pack(Criteria(12345, 123, 12345, '2026Q4', day, day, True))}"
        )
        <= 64
    )
    assert unpack(pack(Criteria())) == Criteria()
    for forged in ("x1", "t269999269999", "p", "q20265", "p1;drop"):
        assert unpack(forged) == Criteria()
    assert not Criteria()
    assert Criteria(person=0)
    assert audit_criteria.conditions(Criteria(), centre.desk.premises.zone).since is None


def test_who_may_not_read_learns_nothing(centre: Centre, told: User, li: User):
    told.says("/audit")
    pressed = told.button("1")
    silence(li)
    for forged in (pressed, "au.find", "au.page:b9", "au.file:9", "cmd:audit"):
        li.presses(forged)
    assert set(li.hears) == {"没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"}
    with centre.database.begin() as connection:
        connection.execute(person.update().values(removed_at=None))
        for role in people.held_roles(connection, told.person_id):
            people.revoke_role(connection, role.id, person_id=told.person_id)
    silence(told)
    told.says("李敏")
    assert told.hears == ["没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"]


def test_the_same_on_every_database(database_url: str):
    centre = Centre(database_url)
    shen = centre.person("沈清", "auditor")
    report(centre.person("李敏", "liaison", department="SCJG"))
    for typed, found in (
        ("李敏", 2), ("市场监管局", 2), ("市场监管局1号", 2), ("2026Q4", 2), ("失败", 0),
        ("公安", 0), ("11月3日", 2), ("系统", 0),
    ):  # fmt: skip
        silence(shen)
        shen.says(f"/audit {typed} 李敏" if typed != "系统" else "/audit 系统")
        shown = lines(shen)[1:]
        assert (len(shown), typed) == (max(found, 1), typed)
        assert (shown == ["没有符合条件的记录。"]) == (not found)
    with centre.database.read() as connection:
        given = audit_export.entries(connection, registry=discover(), wanted="", newest=10**6)
    assert len(json.loads(given)["rows"]) == 10
