"""/admin → 部门, as conversations; each also with a restart between all lines."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

import templates
from handlers.administration import proposals
from rubric.dates import DateImpossible
from storage import departments, people
from storage.models import audit, evidence
from tests.chat import Centre, User

NEW = """请发送部门全称，如“市场监督管理局”。简称和代码会自动拟好，之后可以改。
可一次发多行，每行一个部门；要自己定简称和代码的，写成“全称 简称 代码”。"""
CARD = """民政局（MZ）
全称：宝山区民政局
代码：MZ，材料编号如 2026Q4-MZ-001，首件材料编号前可以改
入驻日期：未填，视为早已入驻
人员：还没有"""


def known(centre: Centre) -> list[tuple[str, str, str]]:
    with centre.database.read() as connection:
        return [
            (each.name, each.short_name, each.code) for each in departments.departments(connection)
        ][3:]


def opened(centre: Centre, zhao: User, code: str = "GA") -> departments.Department:
    """The card of one of the first three departments."""
    zhao.presses(f"ad.dep:{centre.departments[code]}")
    zhao.hears  # noqa: B018
    with centre.database.read() as connection:
        found = departments.find_department(connection, centre.departments[code])
    assert found is not None
    return found


def actions(centre: Centre) -> list[tuple[str, str]]:
    with centre.database.read() as connection:
        return [
            (row.action, row.result)
            for row in connection.execute(
                select(audit.c.action, audit.c.result).order_by(audit.c.id)
            )
        ]


def test_a_name_is_enough(centre: Centre, zhao: User):
    zhao.says("/admin")
    zhao.clicks("部门")
    assert zhao.hears[-1] == (
        "部门，共3个\n市场监管局（SCJG）\n公安（GA）\n医保局（YB）\n发送名称可查找，曾用名也可以。"
    )
    zhao.clicks("添加部门")
    assert zhao.hears == [NEW]
    zhao.says("宝山区民政局")
    assert zhao.hears == [CARD]
    assert known(centre) == [("宝山区民政局", "民政局", "MZ")]
    assert actions(centre) == [("department.add", "ok")]
    assert zhao.buttons == [
        "添加人员", "改全称", "改简称", "改代码", "入驻日期", "撤出日期",
        "合并", "拆分", "移除", "返回",
    ]  # fmt: skip


def test_many_at_once_or_none_of_them(centre: Centre, zhao: User):
    zhao.presses("ad.depadd")
    zhao.says("民政局\n公安分局\n\n税务局, 税务, swj\n文旅局 文旅 SCJG")
    assert zhao.hears[-1] == (
        "有2行需要改，全部都还没有添加。改好后请整段重发：\n"
        "第2行：已有名为“公安分局”的部门，请换一个名称。\n"
        "第4行：代码 SCJG 已由市场监管局使用，请换一个。"
    )
    assert known(centre) == []
    zhao.says("民政局\n\n税务局, 税务, swj\n文旅局 文旅")
    assert zhao.hears == ["已添加3个部门：\n民政局（MZ）\n税务（SWJ）\n文旅（WL）"]
    assert known(centre) == [
        ("民政局", "民政局", "MZ"),
        ("税务局", "税务", "SWJ"),
        ("文旅局", "文旅", "WL"),
    ]
    assert zhao.buttons == ["添加人员", "部门", "返回"]


def test_too_many_lines_are_refused_whole(centre: Centre, zhao: User):
    zhao.presses("ad.depadd")
    zhao.says("\n".join(f"第{n}局" for n in range(61)))
    assert zhao.hears[-1] == "一次最多60行，您发了61行，都还没有处理。请分几次发送。"
    assert known(centre) == []
    zhao.says("，、")
    assert zhao.hears == [NEW]


def test_one_line_is_refused_in_its_own_words(centre: Centre, zhao: User):
    zhao.presses("ad.depadd")
    zhao.says("公安")
    assert zhao.hears[-1] == "已有名为“公安”的部门，请换一个名称。"
    zhao.says("长" * 81)
    assert zhao.hears == [f"部门名称最多80个字，您输入了81个（“{'长' * 20}…”），请缩短后再发。"]


@pytest.mark.parametrize(
    ("button", "question", "typed", "field", "value"),
    [
        (
            "改全称",
            "公安现在的全称是“公安分局”，请发送新的全称。",
            "公安 宝山分局",
            "name",
            "公安 宝山分局",
        ),
        (
            "改简称",
            "现在的简称是“公安”，请发送新的简称（最多20个字）。",
            "公安分局",
            "short_name",
            "公安分局",
        ),
        (
            "改代码",
            "公安现在的代码是 GA，请发送新的代码（2至6个字母）。首件材料编号后代码不能再改。",
            "gafj",
            "code",
            "GAFJ",
        ),
    ],
)
def test_names_are_changed(
    centre: Centre, zhao: User, button: str, question: str, typed: str, field: str, value: str
):
    opened(centre, zhao)
    zhao.clicks(button)
    assert zhao.hears == [question]
    zhao.clicks("返回")
    zhao.clicks(button)
    zhao.says(typed)
    assert getattr(opened(centre, zhao), field) == value
    with centre.database.read() as connection:
        (row,) = connection.execute(select(audit.c.detail))
    assert list(row.detail) == ["before"]


def test_a_bad_name_asks_again(centre: Centre, zhao: User):
    opened(centre, zhao)
    zhao.clicks("改代码")
    zhao.says("1")
    zhao.says("YB")
    zhao.says("gafj")
    assert zhao.hears[1:3] == [
        "部门代码须为2至6个大写字母，“1”不合要求，请重新输入。",
        "代码 YB 已由医保局使用，请换一个。",
    ]
    assert opened(centre, zhao).code == "GAFJ"


def test_a_code_on_a_receipt_stays(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    opened(centre, zhao)
    old = zhao.button("改代码")
    with centre.database.begin() as connection:
        connection.execute(
            evidence.insert(),
            {
                "department_id": centre.departments["GA"],
                "quarter": "2026Q4",
                "number": 1,
                "state": "submitted",
                "created_by": li.person_id,
                "created_at": centre.now,
                "updated_at": centre.now,
            },
        )
    opened(centre, zhao)
    assert "改代码" not in zhao.buttons
    assert "代码：GA，材料编号如 2026Q4-GA-001，已使用，不能再改" in zhao.card
    zhao.presses(old)
    zhao.says("GAFJ")
    assert zhao.hears[-1] == "公安已有材料使用代码 GA 编号，代码不能再改。"
    assert opened(centre, zhao).code == "GA"


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("3月1日", date(2026, 3, 1)),
        ("3.1", date(2026, 3, 1)),
        ("2027.3.1", date(2027, 3, 1)),
        ("昨天", date(2026, 11, 2)),
        ("明天", date(2026, 11, 4)),
        ("12月1日", date(2026, 12, 1)),
        ("无", None),
    ],
)
def test_the_first_day(centre: Centre, zhao: User, typed: str, day: date | None):
    opened(centre, zhao)
    zhao.clicks("入驻日期")
    assert zhao.hears == [
        "公安的入驻日期还没有填，视为早已入驻。\n请发送日期，如“3月1日”或“2026.3.1”。"
    ]
    assert zhao.buttons == ["返回"]
    zhao.says(typed)
    assert opened(centre, zhao).resident_from == day


def test_a_leap_day_to_come_stays_what_it_is(centre: Centre, zhao: User):
    centre.now = datetime(2027, 11, 3, 10, tzinfo=UTC)
    opened(centre, zhao)
    zhao.clicks("入驻日期")
    zhao.says("2月29日")
    assert opened(centre, zhao).resident_from == date(2028, 2, 29)


def test_the_last_day_is_set_shown_and_cleared(centre: Centre, zhao: User):
    opened(centre, zhao)
    zhao.clicks("撤出日期")
    zhao.says("3月31日")
    assert zhao.hears[-1] == (
        "公安（GA）\n全称：公安分局\n代码：GA，材料编号如 2026Q4-GA-001，首件材料编号前可以改\n"
        "入驻日期：未填，视为早已入驻\n撤出日期：2027年3月31日（星期三）\n人员：还没有"
    )
    zhao.clicks("入驻日期")
    zhao.says("2027.4.1")
    assert zhao.hears[-1] == (
        "撤出日期（2027年3月31日（星期三））早于入驻日期（2027年4月1日（星期四）），"
        "请核对后重新输入。"
    )
    zhao.says("32号")
    assert zhao.hears == [templates.say_error(DateImpossible("32号"))]
    zhao.clicks("返回")
    zhao.clicks("撤出日期")
    assert zhao.hears[-1] == (
        "公安的撤出日期现在是2027年3月31日（星期三）。\n"
        "请发送在中心的最后一天，如“3月31日”或“2026.3.31”。"
    )
    zhao.clicks("清空")
    assert opened(centre, zhao).resident_to is None
    zhao.presses(f"ad.depclear:{centre.departments['GA']}:0:sideways")
    assert zhao.hears[-1].startswith("公安（GA）")


def test_the_people_of_a_department_are_one_press_away(centre: Centre, zhao: User):
    centre.person("李敏", "liaison", "head", department="GA")
    opened(centre, zhao)
    assert zhao.card.splitlines()[-1] == "人员：李敏（联络员、部门负责人）"
    zhao.clicks("李敏")
    assert zhao.card.startswith("李敏\n角色：公安联络员、公安部门负责人")


def test_a_mistake_is_removed_and_comes_back(centre: Centre, zhao: User):
    opened(centre, zhao)
    zhao.clicks("移除")
    assert zhao.hears == [
        "确认移除公安？移除只用于误加的部门，之后可以恢复。\n"
        "部门撤出中心的，请填写撤出日期，不要移除。"
    ]
    again = zhao.button("确认移除")
    zhao.clicks("确认移除")
    assert zhao.hears[-1].startswith("公安（GA），已移除\n")
    assert zhao.buttons == ["恢复", "返回"]
    zhao.presses(again)  # pressed twice
    assert zhao.toast == "这张卡片已有变化，下面是最新情况。"
    assert zhao.hears[-1].startswith("公安（GA），已移除\n")
    zhao.clicks("返回")
    assert zhao.hears == ["已移除的部门，共1个\n公安（GA）"]
    zhao.clicks("返回")
    assert zhao.buttons == ["市场监管局", "医保局", "添加部门", "已移除的部门", "返回"]
    zhao.clicks("已移除的部门")
    zhao.clicks("公安")
    back = zhao.button("恢复")
    zhao.clicks("恢复")
    zhao.presses(back)
    assert opened(centre, zhao).removed_at is None
    assert [each for each in actions(centre) if each[1] == "ok"] == [
        ("department.remove", "ok"),
        ("department.restore", "ok"),
    ]


def test_a_department_with_people_stays(centre: Centre, zhao: User):
    centre.person("李敏", "liaison", department="GA")
    opened(centre, zhao)
    zhao.clicks("移除")
    zhao.clicks("确认移除")
    assert zhao.hears[-1] == "公安还有1名人员，不能移除。请先把它们转走。"
    assert opened(centre, zhao).removed_at is None


def test_one_that_never_was_shows_the_list(centre: Centre, zhao: User):
    zhao.presses("ad.dep:999")
    assert zhao.hears[-1].startswith("部门，共3个")


def test_the_list_is_paged_and_an_empty_one_says_what_to_do(tmp_path: Path):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", departments=())
    zhao = centre.person("赵强", "admin")
    zhao.presses("ad.deps")
    assert zhao.hears == ["部门，共0个\n还没有部门，请先添加。"]
    with centre.database.begin() as connection:
        for number in range(17):
            departments.add_department(
                connection,
                name=f"{number}局",
                short_name=f"{number}局",
                code=f"N{chr(65 + number)}",
            )
    zhao.presses("ad.deps")
    assert zhao.hears[-1].splitlines()[0] == "部门，共17个（第1/3页）"
    assert zhao.buttons[-4:] == ["7局", "下一页", "添加部门", "返回"]
    zhao.clicks("下一页")
    zhao.clicks("下一页")
    assert zhao.hears[-1] == (
        "部门，共17个（第3/3页）\n16局（NQ）\n发送名称可查找，曾用名也可以。"
    )
    assert zhao.buttons == ["16局", "上一页", "添加部门", "返回"]
    with centre.database.begin() as connection:
        last = departments.departments(connection)[-1]
        departments.remove_department(connection, last.id, now=centre.now)
    zhao.presses("ad.deps:2")
    assert zhao.hears[-1].splitlines()[0] == "部门，共16个（第2/2页）"


# ---------------------------------------------------------------- what is proposed


@pytest.mark.parametrize(
    ("name", "short", "code"),
    [
        ("上海市宝山区市场监督管理局", "市场监管局", "SCJG"),
        ("上海市公安局宝山分局", "公安分局", "GA"),
        ("人力资源和社会保障局", "人社局", "RS"),
        ("国家税务总局上海市宝山区税务局", "税务局", "SW"),
        ("宝山区卫生健康委员会", "卫健委", "WJ"),
        ("区域发展办公室", "区域发展办公室", "QYFZ"),
        ("区民政局", "民政局", "MZ"),
        ("ABC公司", "ABC公司", "ABC"),
        ("档", "档", "DX"),
        ("一二三四五六七八", "一二三四五六七八", "YESSWL"),
        ("1", "1", "XX"),
    ],
)
def test_short_names_and_codes(name: str, short: str, code: str):
    assert proposals.short_name(name, set()) == short
    assert proposals.code(name, set()) == code


def test_what_is_taken_is_not_proposed():
    assert proposals.short_name("宝山区民政局", {"民政局"}) == "宝山区民政局"
    assert proposals.short_name("民政局", {"民政局"}) == "民政局2"
    assert proposals.short_name("长" * 30, {"长" * 18 + "2"}) == "长" * 18 + "3"
    assert proposals.code("民政局", {"MZ"}) == "MZJ"
    assert proposals.code("民政局", {"MZ", "MZJ"}) == "MZA"
    taken = {"MZ", "MZJ", *(f"MZ{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
    assert proposals.code("民政局", taken) == "MZAA"


def test_two_admins_add_the_same_name(centre: Centre, zhao: User):
    qian = centre.person("钱伟", "admin")
    for admin in (zhao, qian):
        admin.presses("ad.depadd")
    zhao.says("民政局")
    qian.says("民政局")
    assert qian.hears[-1] == "已有名为“民政局”的部门，请换一个名称。"
    assert known(centre) == [("民政局", "民政局", "MZ")]
    with centre.database.read() as connection:
        assert len(people.holders_of(connection, "admin")) == 2
