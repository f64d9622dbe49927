"""A workbook by the chat: fetched, read, its differences shown, confirmed, once and as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Connection

from handlers.messages import Attachment
from storage import departments, imports, people
from storage.models import attachment, audit, import_file
from templates.documents.score_template import GUIDE
from tests.chat import Centre, File, User
from tests.support.workbooks import Sheets, workbook

HEADER = ("部门全称", "简称", "代码", "入驻日期", "撤出日期")
TWO = workbook({"部门": [HEADER, ("司法局",), ("民政局", "民政", "MZ")]})
ONE = workbook({"部门": [HEADER, ("公安分局", "公安局")]})
LINES = "1. 新增部门司法局，简称司法局，代码SF\n2. 新增部门民政局，简称民政，代码MZ"
SURE = "请核对后确认，确认之前什么都不会改动。"
READING = "收到“部门.xlsx”，正在读取，请稍等。"
ASKED = f"导入部门？\n“部门.xlsx”会带来2处变化：\n{LINES}\n{SURE}"


@pytest.fixture
def centre(tmp_path) -> Centre:
    return Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")


@pytest.fixture
def zhang(centre):
    return centre.person("张伟", "admin")


def sends(user: User, content: bytes, name: str = "部门.xlsx", **more: Any) -> None:
    user.sends(File(name, content), **more)
    user.centre.finish_readings()


def row(centre: Centre) -> tuple[str, str, bool]:
    """Kind and state of the last workbook, and whether its rows are still there."""
    with centre.database.read() as connection:
        found = connection.execute(
            select(import_file).order_by(import_file.c.id.desc()).limit(1)
        ).one()
    return found.kind, found.state, found.content is not None


def codes(centre: Centre) -> list[str]:
    with centre.database.read() as connection:
        return [each.code for each in departments.departments(connection)]


def acts(connection: Connection) -> list[tuple[str, str, dict[str, Any]]]:
    rows = connection.execute(
        select(audit).where(audit.c.action.like("import.%")).order_by(audit.c.id)
    )
    return [(each.action, each.result, each.detail) for each in rows]


# ---------------------------------------------------------------- the whole way


def test_words_are_commands_while_only_a_file_is_waited_for(centre, zhang):
    zhang.says("/admin")
    zhang.clicks("导入")
    zhang.clicks("部门")
    zhang.says("不是文件")
    assert "导入部门" in zhang.hears[-1]
    zhang.says("进度")
    assert "进度 · 全中心" in zhang.hears[-1]
    sends(zhang, TWO)
    assert zhang.hears[-1] == ASKED


def test_from_the_menu_to_the_last_word(centre, zhang):
    zhang.says("/admin")
    zhang.clicks("导入")
    assert zhang.buttons == ["部门", "人员", "信息录用台账", "评分", "返回", "菜单"]
    zhang.clicks("部门")
    assert zhang.buttons == ["取表格", "返回", "菜单"]
    zhang.hears  # noqa: B018 - what was said so far is another test's
    sends(zhang, TWO)
    assert zhang.hears == [READING, ASKED]
    assert zhang.buttons == ["确认导入", "放弃"]
    assert codes(centre) == ["SCJG", "GA", "YB"]
    assert row(centre) == ("departments", "waiting", True)
    zhang.clicks("确认导入")
    assert zhang.hears == ["已导入部门，共2处变化（“部门.xlsx”）。接下来可点“导入人员”。"]
    assert zhang.buttons == ["导入人员", "导入", "菜单"]
    assert codes(centre) == ["SCJG", "GA", "YB", "SF", "MZ"]
    assert row(centre) == ("departments", "done", False)
    with centre.database.read() as connection:
        assert acts(connection) == [
            ("import.file", "ok", {"kind": "departments"}),
            (
                "import.apply",
                "ok",
                {"kind": "departments", "quarter": "", "changes": 2, "sha256": "f" * 64},
            ),
        ]
        assert connection.execute(select(attachment.c.evidence_id)).scalars().all() == [None]


def test_the_template_holds_what_there_is(zhang):
    zhang.says("/admin")
    zhang.clicks("导入")
    zhang.clicks("部门")
    zhang.clicks("取表格")
    file = zhang.chat[-1].file
    assert file is not None
    assert (file["document"], file["name"]) == ("import_template", "部门.xlsx")
    assert '["市场监督管理局","市场监管局","SCJG","",""]' in str(file["arguments"])
    sends(zhang, TWO)  # it is still awaited
    assert zhang.card == ASKED


@pytest.mark.parametrize("restart", [True])
def test_a_restart_between_any_two_lines(restart, tmp_path):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", restart=restart)
    zhang = centre.person("张伟", "admin")
    sends(zhang, TWO)
    zhang.clicks("确认导入")
    assert codes(centre) == ["SCJG", "GA", "YB", "SF", "MZ"]


def test_a_second_press_does_nothing_more(centre, zhang):
    sends(zhang, TWO)
    confirm = zhang.button("确认导入")
    zhang.clicks("确认导入")
    zhang.hears  # noqa: B018
    zhang.presses(confirm)
    assert zhang.hears == ["“部门.xlsx”已经处理完，不用再确认。"]
    assert zhang.toast == "这张卡片已有变化，下面是最新情况。"
    assert len(codes(centre)) == 5


def test_dropped_is_dropped(centre, zhang):
    sends(zhang, TWO)
    confirm = zhang.button("确认导入")
    zhang.clicks("放弃")
    assert zhang.card == "已放弃“部门.xlsx”，什么都没有改动。需要时可以重新发送。"
    assert row(centre) == ("departments", "dropped", False)
    zhang.presses(confirm)
    assert zhang.card == "“部门.xlsx”已经放弃，或已由后发的表格代替。需要时请重新发送。"
    assert codes(centre) == ["SCJG", "GA", "YB"]


def test_a_later_one_of_the_same_kind_takes_its_place(centre, zhang):
    sends(zhang, TWO)
    sends(zhang, TWO)
    first, second = (each for each in zhang.chat if each.text == ASKED)
    zhang.clicks("确认导入", on=first)
    assert codes(centre) == ["SCJG", "GA", "YB"]
    zhang.clicks("确认导入", on=second)
    assert len(codes(centre)) == 5


def test_nobody_waits_for_it_for_ever(centre, zhang):
    sends(zhang, TWO)
    centre.now += imports.KEPT
    sends(zhang, ONE)
    with centre.database.read() as connection:
        found = connection.execute(
            select(import_file.c.state, import_file.c.content).order_by(import_file.c.id)
        ).all()
    assert [(state, content is None) for state, content in found] == [
        ("dropped", True),
        ("waiting", False),
    ]


def test_what_changed_meanwhile_is_shown_anew(centre, zhang):
    sends(zhang, TWO)
    with centre.database.begin() as connection:
        departments.add_department(connection, name="民政局", short_name="民政", code="MZ")
    zhang.clicks("确认导入")
    assert zhang.toast == "这张卡片已有变化，下面是最新情况。"
    line = "1. 新增部门司法局，简称司法局，代码SF"
    assert zhang.card == f"导入部门？\n“部门.xlsx”会带来1处变化：\n{line}\n{SURE}"
    zhang.clicks("确认导入")
    assert codes(centre) == ["SCJG", "GA", "YB", "MZ", "SF"]


def test_what_became_a_fault_meanwhile_is_said(centre, zhang):
    sends(zhang, ONE)
    with centre.database.begin() as connection:
        departments.add_department(connection, name="公安局", short_name="公局", code="GAJ")
    zhang.clicks("确认导入")
    assert zhang.card == (
        "“部门.xlsx”有1处需要改，全部都还没有导入：\n"
        "1. 部门 第2行B列：“公安局”已经是另一个部门的名称，请换一个。\n"
        "请在表格里改好，再发一次。"
    )
    assert row(centre) == ("departments", "faulty", False)


def test_nothing_to_change(centre, zhang):
    sends(zhang, workbook({"部门": [(*HEADER, "别的"), ("公安分局",)]}))
    assert zhang.card == (
        "“部门.xlsx”与现有内容一致，没有需要导入的变化。\n"
        "没有用到的列：别的（工作表“部门”）。\n"
        "如有需要，请改好后再发一次。"
    )
    assert row(centre) == ("departments", "done", False)


# ---------------------------------------------------------------- faults and long lists


def test_faults_then_the_corrected_workbook(centre, zhang):
    sends(zhang, workbook({"部门": [HEADER, (None, "x"), ("司法局", None, "1")]}))
    zhang.says("/admin")
    zhang.clicks("导入")
    zhang.clicks("部门")
    zhang.hears  # noqa: B018
    sends(zhang, workbook({"部门": [HEADER, (None, "x"), ("司法局", None, "1")]}))
    assert zhang.hears == [
        READING,
        "“部门.xlsx”有2处需要改，全部都还没有导入：\n"
        "1. 部门 第2行A列：“部门全称”没有填，请补上。\n"
        "2. 部门 第3行C列：部门代码须为2至6个大写字母，“1”不合要求，请重新输入。\n"
        "请在表格里改好，再发一次。",
    ]
    assert row(centre) == ("departments", "faulty", False)
    sends(zhang, TWO)
    assert zhang.card == ASKED


def test_many_faults_come_as_a_list_too(zhang):
    sends(zhang, workbook({"部门": [HEADER, *[(None, f"x{n}") for n in range(205)]]}))
    listed, card = zhang.chat[-2], zhang.chat[-1]
    assert listed.text == "共205处需要改，这份清单列出前200处，请先改这些。"
    assert listed.file is not None
    assert listed.file["name"] == "需要改的地方.xlsx"
    assert card.text.splitlines()[0] == "“部门.xlsx”有205处需要改，全部都还没有导入："
    assert card.text.splitlines()[12:] == [
        "12. 部门 第13行A列：“部门全称”没有填，请补上。",
        "其余的见上面的清单。",
        "请在表格里改好，再发一次。",
    ]


def test_many_changes_come_as_a_list_too(zhang):
    sends(
        zhang, workbook({"部门": [HEADER, *[(f"{c}局",) for c in "甲乙丙丁戊己庚辛壬癸子丑寅"]]})
    )
    listed, card = zhang.chat[-2], zhang.chat[-1]
    assert (listed.text, listed.file and listed.file["name"]) == (
        "全部变化见这份清单，请核对。",
        "变化清单.xlsx",
    )
    assert card.text.splitlines()[-2:] == ["其余1处见上面的清单。", SURE]
    zhang.clicks("确认导入")
    assert zhang.card == "已导入部门，共13处变化（“部门.xlsx”）。接下来可点“导入人员”。"


# ---------------------------------------------------------------- what is sent


def test_what_is_no_workbook_is_said_at_once(centre, zhang):
    zhang.says("/admin")
    zhang.clicks("导入")
    zhang.clicks("人员")
    zhang.hears  # noqa: B018
    zhang.sends(File("人员.xls"))
    zhang.sends(File("人员.xlsx", b""))
    zhang.sends(File("a.xlsx"), File("b.xlsx"))
    zhang.says("在吗")
    assert zhang.hears == [
        "“人员.xls”不是 .xlsx 表格，没有读取。"
        "请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后再发。",
        "“人员.xlsx”是空文件，没有读取。请检查后重新发送。",
        "请一次只发一个表格文件（.xlsx），都还没有读取。",
        "导入人员\n请把填好的表格（.xlsx）发过来，确认之前什么都不会改动。\n"
        "还没有表格的，先点“取表格”：现有内容已经填在里面，直接修改、添加即可。",
    ]
    with centre.database.read() as connection:
        assert connection.execute(select(import_file.c.id)).all() == []


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        ("import.encrypted", "“部门.xlsx”设有打开密码，没有读取。请去掉密码，另存后再发。"),
        (
            "import.heavy",
            "“部门.xlsx”太复杂，没能读完。请把内容复制到新的表格里，另存后再发。",
        ),
    ],
)
def test_what_cannot_be_read(problem, said, centre, zhang):
    zhang.sends(File("部门.xlsx"))
    centre.finish_readings(problem=problem)
    assert zhang.hears == [READING, said]
    assert zhang.buttons == ["导入", "菜单"]
    assert row(centre) == ("", "faulty", False)


def test_what_cannot_be_fetched(centre, zhang):
    zhang.sends(File("部门.xlsx"))
    centre.finish_downloads(problem="file.mismatch")
    assert zhang.hears == [
        READING,
        "“部门.xlsx”打不开，可能没有传完整、设有打开密码，或其实不是 .xlsx 表格。"
        "请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后再发。",
    ]
    assert row(centre) == ("", "faulty", False)


def test_a_workbook_of_the_web_chat_is_here_already(centre, zhang):
    zhang.sends(File("部门.xlsx", TWO, stored=True))
    assert len(centre.pending) == 1  # to be read
    centre.finish_readings()
    assert zhang.card == ASKED


# ---------------------------------------------------------------- out of the blue


def test_one_of_two_kinds_is_asked_about(centre, zhang):
    both: Sheets = {"部门": [HEADER, ("司法局",)], "人员": [("姓名", "角色"), ("钱进", "主任")]}
    sends(zhang, workbook(both))
    assert zhang.card == "“部门.xlsx”是要导入什么？请选择："
    assert zhang.buttons == ["导入部门", "导入人员", "放弃"]
    zhang.clicks("导入人员")
    assert row(centre) == ("people", "waiting", True)
    zhang.clicks("确认导入")
    with centre.database.read() as connection:
        assert [each.name for each in people.persons_named(connection, "钱进")] == ["钱进"]
    assert zhang.buttons == ["批量发码", "导入", "菜单"]
    assert codes(centre) == ["SCJG", "GA", "YB"]


def test_a_workbook_of_another_kind_than_chosen_is_taken_as_that_with_one_press(centre, zhang):
    sends(zhang, ONE)  # one that waits is not replaced before it is known what the other is
    zhang.says("/admin")
    zhang.clicks("导入")
    zhang.clicks("部门")
    sends(zhang, workbook({"人员": [("姓名", "角色"), ("钱进", "主任")]}), name="人员.xlsx")
    assert zhang.card == "“人员.xlsx”与所选的不同，是人员的表格，还没有导入。请选择："
    assert zhang.buttons == ["改为导入人员", "放弃"]
    assert row(centre) == ("", "waiting", True)
    zhang.clicks("改为导入人员")
    zhang.clicks("确认导入")
    assert row(centre) == ("people", "done", False)
    with centre.database.read() as connection:
        assert [each.name for each in people.persons_named(connection, "钱进")] == ["钱进"]
        states = connection.execute(select(import_file.c.state).order_by(import_file.c.id))
        assert list(states.scalars()) == ["waiting", "done"]


def test_scores_sent_as_something_else_need_their_quarter(zhang):
    zhang.says("/admin")
    zhang.clicks("导入")
    zhang.clicks("部门")
    sends(zhang, workbook({GUIDE: [["说明"]]}), name="评分.xlsx")
    assert zhang.card == "“评分.xlsx”与所选的不同，是评分的表格，还没有导入。请选择："
    assert zhang.buttons == [
        "改为导入评分：2026年第四季度", "改为导入评分：2026年第三季度", "放弃",
    ]  # fmt: skip


def test_an_unknown_workbook_of_somebody_who_reports(centre):
    zhang = centre.person("张伟", "admin", "liaison", department="GA")
    sends(zhang, workbook({"Sheet1": [["别的"]]}))
    assert zhang.card == (
        "“部门.xlsx”里没有认识的工作表，没有导入。可以导入：部门、人员、信息录用台账、评分，"
        "请用“导入”中取的表格填写。"
    )
    assert zhang.buttons == ["作为材料上报", "导入", "菜单"]
    report = zhang.button("作为材料上报")
    zhang.clicks("作为材料上报")
    assert zhang.card.splitlines()[0] == "上报草稿 · 公安"
    assert "附件（1）：部门.xlsx" in zhang.card
    zhang.presses(report)
    assert zhang.toast == "这张卡片已有变化，下面是最新情况。"
    assert zhang.card.splitlines()[0] == "导入"


def test_an_unknown_workbook_of_somebody_who_does_not(zhang):
    sends(zhang, workbook({"Sheet1": [["别的"]]}))
    assert zhang.buttons == ["导入", "菜单"]


@pytest.mark.parametrize(
    "more", [{"text": "请看附件"}, {"name": "锦旗.jpg"}, {"forwarded_from": "群众"}]
)
def test_what_else_a_reporting_admin_sends_is_evidence(more, centre):
    zhang = centre.person("张伟", "admin", "liaison", department="GA")
    name = more.pop("name", "部门.xlsx")
    if "forwarded_from" in more:
        zhang.says("", attachments=(Attachment("r", name, size=3),), **more)
    else:
        zhang.sends(File(name), **more)
    assert zhang.card.splitlines()[0] == "上报草稿 · 公安"


def test_others_send_workbooks_as_ever(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    li.sends(File("部门.xlsx", TWO))
    assert li.card.splitlines()[0] == "上报草稿 · 市场监管局"
    ren = centre.person("任远", "member", department="SCJG")
    ren.sends(File("部门.xlsx", TWO))
    assert "没有收下" in ren.hears[0] or ren.card.startswith("任远您好")
    with centre.database.read() as connection:
        assert connection.execute(select(import_file.c.id)).all() == []


# ---------------------------------------------------------------- rights


def test_only_who_sent_it_confirms_it(centre, zhang):
    other = centre.person("周明", "admin")
    sends(zhang, TWO)
    other.presses(zhang.button("确认导入"))
    other.presses(zhang.button("放弃"))
    assert len(codes(centre)) == 3
    assert row(centre) == ("departments", "waiting", True)


def test_the_right_may_go_while_it_is_read(centre, zhang):
    centre.person("周明", "admin")
    zhang.says("/admin")
    zhang.clicks("导入")
    zhang.clicks("部门")
    zhang.sends(File("部门.xlsx", TWO))
    with centre.database.begin() as connection:
        [held] = people.held_roles(connection, zhang.person_id)
        people.revoke_role(connection, held.id, person_id=zhang.person_id)
    centre.finish_readings()
    assert zhang.card.startswith("没有找到这项内容，或您没有相应权限。")
    assert row(centre) == ("departments", "dropped", False)


def test_whoever_is_removed_while_it_is_fetched_is_told_nothing(centre, zhang):
    centre.person("周明", "admin")
    zhang.sends(File("部门.xlsx", TWO))
    zhang.hears  # noqa: B018
    with centre.database.begin() as connection:
        people.remove_person(connection, zhang.person_id, now=centre.now)
    centre.finish_readings()
    assert zhang.hears == []
    assert row(centre) == ("", "dropped", False)


@pytest.mark.parametrize(
    "action",
    [
        "im.kind:nothing",
        "im.tpl:nothing",
        "im.ok:999",
        "im.no:999",
        "im.take:999:0:people",
        "im.rep:999",
    ],
)
def test_forged_buttons(action, centre, zhang):
    zhang.presses(action)
    assert zhang.card.startswith("没有找到这项内容，或您没有相应权限。")


def test_a_forged_kind_for_a_workbook_of_ones_own(centre, zhang):
    sends(zhang, workbook({"部门": [HEADER], "人员": [("姓名",)]}))
    action = zhang.button("导入部门").removesuffix("departments")
    zhang.presses(f"{action}nothing")
    assert row(centre) == ("", "waiting", True)


def test_an_open_dialog_stays_open(centre, zhang):
    zhang.sends(File("部门.xlsx", TWO))
    zhang.says("/admin")
    zhang.clicks("部门")
    zhang.clicks("添加部门")
    centre.finish_readings()
    zhang.clicks("确认导入")
    zhang.says("教育局 教育 JY")
    assert codes(centre) == ["SCJG", "GA", "YB", "SF", "MZ", "JY"]


def test_nobody_else_gets_to_the_imports(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    for action in ("im.home", "im.kind:departments", "im.tpl:departments"):
        li.presses(action)
        assert li.hears[-1].startswith("没有找到这项内容，或您没有相应权限。")


def test_it_is_read_once(centre, zhang):
    sends(zhang, TWO)
    with centre.database.read() as connection:
        [found] = connection.execute(select(attachment.c.id)).scalars()
    centre.workbooks[found] = ONE
    centre.finish_readings()
    assert zhang.card == ASKED
    centre.workbooks[found] = ONE
    centre.finish_readings(problem="import.heavy")
    assert zhang.card == ASKED


def test_a_refusal_that_comes_too_late(centre, zhang):
    zhang.sends(File("部门.xlsx", TWO))
    with centre.database.begin() as connection:
        imports.end(connection, 1, state=imports.DROPPED, now=centre.now)
    zhang.hears  # noqa: B018
    centre.finish_downloads(problem="file.unavailable")
    assert zhang.hears == []


def test_whoever_is_removed_before_it_can_be_fetched(centre, zhang):
    centre.person("周明", "admin")
    zhang.sends(File("部门.xlsx", TWO))
    zhang.sends(File("另一份.xlsx", TWO))
    with centre.database.begin() as connection:
        people.remove_person(connection, zhang.person_id, now=centre.now)
    centre.finish_downloads(problem="file.unavailable")
    assert row(centre) == ("", "dropped", False)
