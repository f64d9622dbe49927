"""People from a workbook: roles, accounts and deputies; who is meant, and what can't be."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handlers.import_desk import known, plain_arguments
from handlers.imports import By, notes_of
from storage import accounts, enrolment, leaves, people, rosters, sections
from storage.models import account, audit, person
from templates import documents
from tests.chat import Centre
from tests.handlers.stage import CODES, populate
from tests.support.importing import faults_of, lines_of, occasion_of, plan_of, take_in
from tests.support.workbooks import rows_of, workbook

HEADER = ("编号", "姓名", "角色", "部门", "科室", "B角", "账号", "备注")


@pytest.fixture
def centre(tmp_path):
    made = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", departments=CODES)
    populate(made)
    return made


def only(*rows: tuple[Any, ...]) -> bytes:
    return workbook({"人员": [HEADER, *rows]})


def number(centre: Centre, name: str) -> int:
    return centre.people[name].person_id


def held(centre: Centre, name: str) -> list[list[tuple[str, str]]]:
    with centre.database.read() as connection:
        return [
            [(each.role, each.place) for each in people.held_roles(connection, one.id)]
            for one in people.persons_named(connection, name)
        ]


# ---------------------------------------------------------------- who there is then


def test_new_people_with_everything(centre):
    content = only(
        (None, "孙一", "联络员、负责人", "公安，市场监督管理局", None, "吴二", "Telegram：55"),
        (None, "吴二", "考核员", "公安", "法规科", "石磊", "wecom:WuEr、telegram:56", "备注"),
        (None, "郑三", None, None, "督查科"),
        (None, "王四", "主任、审计员"),
        (None, "冯五", "工作人员"),
    )
    assert take_in(centre, "people", content) == [
        "新增人员孙一：公安联络员、市场监管局联络员、公安部门负责人、市场监管局部门负责人，"
        "账号 telegram:55，B角吴二",
        "新增人员吴二：法规科考核员，账号 wecom:wuer、telegram:56，B角石磊",
        "新增人员郑三：督查科考核员",
        "新增人员王四：主任、审计员",
        "新增人员冯五：工作人员",
    ]
    assert held(centre, "孙一") == [
        [("liaison", "公安"), ("liaison", "市场监管局"), ("head", "公安"), ("head", "市场监管局")]
    ]
    assert held(centre, "吴二") == [[("evaluator", "法规科")]]
    assert held(centre, "郑三") == [[("evaluator", "督查科")]]
    with centre.database.read() as connection:
        sun, wu = (people.persons_named(connection, name)[0] for name in ("孙一", "吴二"))
        assert wu.belongs_to(centre.departments["GA"])
        assert rosters.deputies(connection) == {sun.id: wu.id, wu.id: number(centre, "石磊")}
        assert rosters.addresses(connection)[wu.id] == [("wecom_app", "wuer"), ("telegram", "56")]
        address = accounts.address_of(connection, wu.id)
        assert address is not None
        assert address.external_id == "wuer"
    assert lines_of(centre, "people", content) == []


MEMBERS = ("编号", "姓名", "角色", "部门", "企业微信账号", "账号")


def members(*rows: tuple[Any, ...]) -> bytes:
    return workbook({"人员": [MEMBERS, *rows]})


def test_a_member_of_the_directory_needs_no_code(centre):
    content = members(
        (None, "吴二", "主任", None, "WuEr", None),
        (None, "郑三", "联络员", "公安", "zheng.san、Zheng-San2", "wecom:ZHENG.SAN"),
        (None, "冯五", "主任", None, "wecom：FengWu", None),
    )
    assert take_in(centre, "people", content) == [
        "新增人员吴二：主任，账号 wecom:wuer",
        "新增人员郑三：公安联络员，账号 wecom:zheng.san、wecom:zheng-san2",
        "新增人员冯五：主任，账号 wecom:fengwu",
    ]
    assert lines_of(centre, "people", content) == []
    with centre.database.read() as connection:
        waiting = {each.name for each in enrolment.unlinked(connection, now=centre.now)}
    assert waiting.isdisjoint({"吴二", "郑三", "冯五"})
    wu = centre.stranger("wuer", channel="wecom_app")
    wu.opens()
    [greeting, menu] = wu.hears
    assert greeting == "吴二您好，已认出您的账号，可直接在这里办理。"
    assert menu.startswith("吴二您好，您是主任。\n")
    wu.opens()
    assert wu.hears == []
    zheng = centre.stranger("zheng.san", channel="wecom_app")
    zheng.says("我的上报")
    assert zheng.hears[0].startswith("我的上报\n")


def test_what_is_no_member_of_the_directory(centre):
    take_in(centre, "people", members((None, "吴二", "主任", None, "WuEr", None)))
    content = members(
        (None, "郑三", "主任", None, "wuer", None),
        (None, "冯五", "主任", None, "telegram:x", None),
        (None, "陈六", "主任", None, "chen", None),
        (None, "褚七", "主任", None, "CHEN", None),
        (None, "卫八", "主任", None, "x" * 65, None),
    )
    form = "没有看懂企业微信账号“{}”，请填通讯录中的账号（userid）。"
    assert faults_of(centre, "people", content) == [
        ("人员", 2, "E", "账号 wecom:wuer 已绑定吴二，请核对。"),
        ("人员", 3, "E", form.format("telegram:x")),
        ("人员", 5, "E", "账号 wecom:chen 在第4行已填过，每个账号只能属于一人。"),
        ("人员", 6, "E", form.format("x" * 20 + "…")),
    ]


def test_who_had_an_account_before_hears_of_the_new_one(centre):
    number_ = number(centre, "石磊")
    content = members((number_, "石磊", None, None, "ShiLei", None))
    assert take_in(centre, "people", content) == ["石磊：绑定账号 wecom:shilei"]
    centre.deliver_notices()
    assert centre.people["石磊"].hears == [
        "石磊您好，11月3日 10:00有一个企业微信账号关联到您名下，可以您的身份办理。\n"
        "不是您本人的，请点“设置”解除关联，并告诉管理员。"
    ]
    with centre.database.read() as connection:
        row = connection.execute(
            select(audit.c.object, audit.c.detail).where(audit.c.action == "account.link")
        ).one()
        new = accounts.find_account(connection, int(row.object))
    assert row.detail == {"person": number_, "by": "import"}
    assert new is not None
    assert (new.channel, new.external_id) == ("wecom_app", "shilei")


def test_known_people_get_more_and_lose_nothing(centre):
    content = only(
        (None, "李敏", "负责人", "市场监管局"),
        (number(centre, "王芳"), "王小芳", "审计员", None, None, "赵强"),
        (number(centre, "王芳"), "王小芳", "联络员", "公安"),
        (None, "陈主任"),
        (None, "石磊", None, None, None, None, "telegram:77"),
    )
    assert take_in(centre, "people", content) == [
        "李敏：新增角色市场监管局部门负责人",
        "王芳：改名为王小芳，新增角色审计员，B角改为赵强",
        "王芳：改名为王小芳，新增角色公安联络员",
        "石磊：绑定账号 telegram:77",
    ]
    assert held(centre, "李敏") == [[("liaison", "市场监管局"), ("head", "市场监管局")]]
    assert held(centre, "王小芳") == [
        [("evaluator", "考核办公室"), ("auditor", ""), ("liaison", "公安")]
    ]
    centre.deliver_notices()
    assert centre.people["李敏"].hears == [
        "您现在也是市场监管局部门负责人，发送“菜单”可查看能做的事。"
    ]
    again = only((number(centre, "王芳"), "王小芳", None, None, None, "赵强"))
    assert lines_of(centre, "people", again) == []
    other = only((number(centre, "王芳"), "王小芳", None, None, None, "石磊"))
    assert take_in(centre, "people", other) == ["王小芳：B角改为石磊"]


def test_a_leave_that_goes_on_passes_to_the_new_deputy(centre):
    wang, zhao, wu = (number(centre, name) for name in ("王芳", "赵强", "吴用"))
    today = centre.now.date()
    with centre.database.begin() as connection:
        leaves.set_deputy(connection, wang, deputy_id=zhao, today=today, now=centre.now)
        leaves.enter(
            connection,
            person_id=wang,
            deputy_id=zhao,
            first=today,
            last=today,
            by=wang,
            now=centre.now,
        )
    for by in (By(number(centre, "张伟")), By()):
        centre.now += timedelta(minutes=1)
        name, other = ("吴用", "赵强") if by.person_id else ("赵强", "吴用")
        content = only((wang, "王芳", None, None, None, name))
        assert take_in(centre, "people", content, by=by) == [f"王芳：B角改为{name}"]
        centre.deliver_notices()
        assert [len(centre.people[each].hears) for each in (name, other, "王芳")] == [2, 1, 1]
        with centre.database.read() as connection:
            [leave] = leaves.leaves_of(connection, wang, today=today)
            assert leave.deputy_id == (wu if by.person_id else zhao)


def test_the_importer_tells_nobody_of_their_own_act(centre):
    zhang = number(centre, "张伟")
    take_in(centre, "people", only((None, "张伟", "审计员、管理员")), by=By(zhang))
    centre.deliver_notices()
    assert centre.people["张伟"].hears == []
    with centre.database.read() as connection:
        acts = connection.execute(select(audit.c.action, audit.c.person_id, audit.c.detail)).all()
    assert acts == [
        (
            "role.grant",
            zhang,
            {"role": "auditor", "department": None, "section": None, "by": "import"},
        )
    ]


def test_an_account_that_wrote_before_is_linked(centre):
    centre.stranger("88", channel="telegram").says("您好")
    take_in(centre, "people", only((None, "孙一", "主任", None, None, None, "telegram:88")))
    with centre.database.read() as connection:
        found = accounts.holder(connection, channel="telegram", external_id="88")
        assert found is not None
        assert found.name == "孙一"
        preferred = connection.execute(
            select(person.c.preferred_account_id).where(person.c.id == found.id)
        ).scalar()
        assert (
            preferred
            == connection.execute(
                select(account.c.id).where(account.c.external_id == "88")
            ).scalar()
        )


def test_an_account_of_somebody_removed_is_free(centre):
    with centre.database.begin() as connection:
        gone = people.add_person(connection, name="旧人", now=centre.now)
        rosters.link(connection, [(gone, "telegram", "99")], now=centre.now)
        people.remove_person(connection, gone, now=centre.now)
    content = only((None, "孙一", "主任", None, None, None, "telegram:99"))
    assert take_in(centre, "people", content) == ["新增人员孙一：主任，账号 telegram:99"]
    assert lines_of(centre, "people", content) == []


def test_of_one_section_it_need_not_be_said_which(tmp_path):
    centre = Centre(f"sqlite:///{tmp_path / 'small.sqlite'}")
    take_in(centre, "people", only((None, "王芳", "考核员")))
    assert held(centre, "王芳") == [[("evaluator", "考核办公室")]]


def test_namesakes_in_other_places_are_different_people(centre):
    content = only(
        (None, "孙一", "联络员", "公安"),
        (None, "孙一", "联络员", "医保局", None, None, None),
        (None, "吴二", "联络员", "公安", None, "孙一"),
    )
    plan = plan_of(centre, "people", content)
    assert notes_of(plan) == (
        "表中有几位孙一，按不同的人添加；若是同一人，请写在一行，部门用顿号隔开。",
    )
    take_in(centre, "people", content)
    assert held(centre, "孙一") == [[("liaison", "公安")], [("liaison", "医保局")]]
    with centre.database.read() as connection:
        first, _ = people.persons_named(connection, "孙一")
        [wu] = people.persons_named(connection, "吴二")
        assert rosters.deputies(connection) == {wu.id: first.id}


def test_a_namesake_is_another_person_if_that_is_said(centre):
    content = only(("新", "李敏", "联络员", "公安"))
    assert take_in(centre, "people", content) == ["新增人员李敏：公安联络员"]
    assert len(held(centre, "李敏")) == 2


def test_somebody_without_a_role_is_the_one_of_that_name(centre):
    with centre.database.begin() as connection:
        people.add_person(connection, name="孙一", now=centre.now)
    assert lines_of(centre, "people", only((None, "孙一", "联络员", "公安"))) == [
        "孙一：新增角色公安联络员"
    ]


# ---------------------------------------------------------------- what can't be


def test_every_fault_at_once(centre):
    li, zhou = number(centre, "李敏"), number(centre, "周全")
    content = only(
        (None, None, "联络员", "公安"),
        (None, "😀", "主任"),
        (999, "孙一", "主任"),
        ("工号", "孙一", "主任"),
        (None, "孙二", "局长", "某局", "某科"),
        (None, "孙三", "书记"),
        (None, "孙四", None, "公安"),
        (None, "孙五"),
        (None, "孙六", "联络员"),
        (None, "孙七", "考核员"),
        (None, "孙八", "考核员", "公安、医保局", "法规科"),
        (None, "李敏", "联络员", "公安"),
        (None, "孙九", "主任", None, None, "孙九", "12345"),
        (None, "孙十", "主任", None, None, "无名", "telegram:李敏"),
        (None, "周一", "主任", None, None, None, "telegram:1"),
        (None, "周二", "主任", None, None, None, "telegram:1"),
        (None, "周三", "主任"),
        (None, "周三", "审计员"),
        (None, "周四", "联络员", "公安"),
        (None, "周四", "负责人", "公安"),
        (None, "王芳", "审计员"),
        (None, "王芳", "主任"),
        (None, "周五", "主任", None, None, "9999"),
    )
    unclear = (
        f"已有同名人员：编号{li}（市场监管局联络员）。"
        "是同一人的，请填编号；另有其人的，编号请填“新”。"
    )
    roles = "角色有：联络员、部门负责人、考核员、主任、管理员、审计员、工作人员。"
    assert faults_of(centre, "people", content) == [
        ("人员", 2, "B", "“姓名”没有填，请补上。"),
        ("人员", 3, "B", "姓名里没有文字，请重新输入。"),
        ("人员", 4, "A", "没有编号为“999”的人员，请核对；新增人员请空着。"),
        ("人员", 5, "A", "没有编号为“工号”的人员，请核对；新增人员请空着。"),
        ("人员", 6, "D", "没有名为“某局”的部门，请核对，或先导入部门。"),
        ("人员", 6, "E", "没有名为“某科”的科室，请核对，或先导入科室。"),
        ("人员", 7, "C", f"“书记”不是角色，也不是已有的部门或科室，请核对。{roles}"),
        ("人员", 8, "C", "没写孙四的角色，请写成“孙四 联络员 部门简称”的样子。"),
        ("人员", 9, "C", "“角色”没有填，请补上。"),
        ("人员", 10, "D", "没写孙六是哪个部门的联络员，请补上部门名称。"),
        ("人员", 11, "E", "没写孙七是哪个科室的考核员，请补上科室名称。"),
        ("人员", 12, "D", "孙八只是考核员，所属部门最多写一个，请修改。"),
        ("人员", 13, "B", unclear),
        ("人员", 14, "F", "孙九的B角不能是本人，请修改。"),
        (
            "人员",
            14,
            "G",
            "没有看懂账号“12345”，请写成“telegram:123456”或“wecom:账号”的样子。",
        ),
        ("人员", 15, "F", "没有“无名”这名人员，B角请填已有的或本表中的姓名。"),
        (
            "人员",
            15,
            "G",
            "没有看懂账号“telegram:李敏”，请写成“telegram:123456”或“wecom:账号”的样子。",
        ),
        ("人员", 17, "G", "账号 telegram:1 在第16行已填过，每个账号只能属于一人。"),
        ("人员", 19, "B", "与第18行重复，请只留一行。"),
        ("人员", 21, "B", "与第20行重复，请只留一行。"),
        ("人员", 23, "B", "与第22行重复，请只留一行。"),
        ("人员", 24, "F", "没有“9999”这名人员，B角请填已有的或本表中的姓名。"),
    ]
    assert zhou in {each.person_id for each in centre.people.values()}


def test_names_that_several_have(centre):
    take_in(centre, "people", only(("新", "李敏", "联络员", "公安")))
    with centre.database.read() as connection:
        first, second = people.persons_named(connection, "李敏")
    content = only(
        (None, "李敏", "审计员"),
        (None, "孙一", "主任", None, None, "李敏"),
        (None, "孙二", "联络员", "公安", None, "李敏"),
        (None, "孙三", "主任", None, None, first.id),
    )
    assert faults_of(centre, "people", content) == [
        (
            "人员",
            2,
            "B",
            f"已有同名人员：编号{first.id}（市场监管局联络员）、编号{second.id}（公安联络员）。"
            "是同一人的，请填编号；另有其人的，编号请填“新”。",
        ),
        ("人员", 3, "F", "有几位“李敏”，B角请填编号；新增的人员请先导入，再填B角。"),
    ]


def test_an_account_of_somebody_else(centre):
    with centre.database.begin() as connection:
        rosters.link(connection, [(number(centre, "李敏"), "telegram", "5")], now=centre.now)
    content = only((None, "孙一", "主任", None, None, None, "telegram:5"))
    assert faults_of(centre, "people", content) == [
        ("人员", 2, "G", "账号 telegram:5 已绑定李敏，请核对。")
    ]
    own = only((None, "李敏", None, "市场监管局", None, None, "telegram:5"))
    assert lines_of(centre, "people", own) == []


def test_a_copied_row_is_not_another_name(centre):
    li = number(centre, "李敏")
    content = only((li, "李敏", "联络员", "市场监管局"), (li, "孙新", "联络员", "市场监管局"))
    assert faults_of(centre, "people", content) == [
        ("人员", 3, "A", "这个编号在第2行是李敏的，请核对；新增人员的编号请空着。")
    ]


# ---------------------------------------------------------------- the sheet and its size


def test_the_template_goes_round(centre):
    take_in(centre, "people", only(("新", "李敏", "联络员", "公安", None, "孙警", "telegram:5")))
    with centre.database.begin() as connection:
        sun = number(centre, "孙警")
        watch = sections.match_section(connection, "督查科")
        assert watch is not None
        [second] = [
            each.id
            for each in people.persons_named(connection, "李敏")
            if each.id != number(centre, "李敏")
        ]
        leaves.set_deputy(
            connection, sun, deputy_id=second, today=centre.now.date(), now=centre.now
        )
        for role_name, where in (("member", None), ("head", "YB"), ("director", None)):
            people.grant_role(
                connection,
                person_id=sun,
                role_name=role_name,
                department_id=centre.departments[where] if where else None,
                now=centre.now,
            )
        facts = known()["people"].facts(occasion_of(centre, connection), quarter="")
    content = documents.render("import_template", dict(plain_arguments(facts)))
    rows = rows_of(content, "人员")
    assert [row for row in rows if row[1] in ("孙警", "周全", "吴用", "李敏")] == [
        ["1", "李敏", "联络员", "市场监管局", None, None, None, None, None],
        ["3", "孙警", "联络员、主任", "公安", None, str(second), None, None, None],
        ["3", "孙警", "工作人员", None, None, None, None, None, None],
        ["3", "孙警", "部门负责人", "医保局", None, None, None, None, None],
        ["7", "吴用", "考核员", "市场监管局", "考核办公室", None, None, None, None],
        ["10", "周全", "联络员、考核员", "医保局", "法规科", None, None, None, None],
        ["10", "周全", "联络员", "人社局", None, None, None, None, None],
        [str(second), "李敏", "联络员", "公安", None, "孙警", None, "telegram:5", None],
    ]
    assert lines_of(centre, "people", content) == []


def test_ten_thousand_people_within_seconds(centre):
    rows = [
        (None, f"人员{n}", "联络员", "公安", None, None, f"telegram:{1000 + n}")
        for n in range(10_000)
    ]
    content = only(*rows)
    start = time.monotonic()
    assert len(take_in(centre, "people", content)) == 10_000
    assert time.monotonic() - start < 60
    with centre.database.read() as connection:
        found = accounts.holder(connection, channel="telegram", external_id="10999")
        assert found is not None
        assert found.name == "人员9999"


def test_ten_thousand_faults_within_seconds(centre):
    start = time.monotonic()
    found = faults_of(centre, "people", only(*[(None, f"x{n}", "局长") for n in range(10_000)]))
    assert (len(found), time.monotonic() - start < 30) == (10_000, True)
