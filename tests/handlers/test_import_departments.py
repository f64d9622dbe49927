"""Departments and sections from a workbook: added and changed, every fault with its place."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from handlers.import_desk import known, plain_arguments
from handlers.imports.section_sheet import named_rows
from rubric import edition as editions
from storage import departments, sections
from storage.models import audit
from templates import documents
from tests.chat import Centre
from tests.support.importing import faults_of, lines_of, occasion_of, plan_of, take_in
from tests.support.workbooks import rows_of, workbook

HEADER = ("部门全称", "简称", "代码", "入驻日期", "撤出日期")
JUDGES = ("科室名称", "联系人", "电话", "负责的考核项")


@pytest.fixture
def centre(tmp_path):
    return Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")


def only(*rows: tuple[Any, ...]) -> bytes:
    return workbook({"部门": [HEADER, *rows]})


def judged(*rows: tuple[Any, ...]) -> bytes:
    return workbook({"科室": [JUDGES, *rows]})


def found(centre: Centre) -> dict[str, tuple[Any, ...]]:
    with centre.database.read() as connection:
        return {
            each.code: (each.name, each.short_name, each.resident_from, each.resident_to)
            for each in departments.departments(connection)
        }


# ---------------------------------------------------------------- departments


def test_new_ones_get_what_is_not_filled_in(centre):
    content = only(
        ("上海市宝山区教育局",),
        ("司法局", "司法", "sf", date(2025, 3, 1), "2026.9.30"),
        ("税务局分局", None, None, 20260301),
    )
    assert take_in(centre, "departments", content) == [
        "新增部门上海市宝山区教育局，简称教育局，代码JY",
        "新增部门司法局，简称司法，代码SF，"
        "入驻日期2025年3月1日（星期六），撤出日期2026年9月30日（星期三）",
        "新增部门税务局分局，简称税务局分局，代码SWJ，入驻日期2026年3月1日（星期日）",
    ]
    assert {
        code: row for code, row in found(centre).items() if code not in centre.departments
    } == {
        "JY": ("上海市宝山区教育局", "教育局", None, None),
        "SF": ("司法局", "司法", date(2025, 3, 1), date(2026, 9, 30)),
        "SWJ": ("税务局分局", "税务局分局", date(2026, 3, 1), None),
    }


def test_a_code_is_of_the_short_name_that_is_given(centre):
    content = only(
        ("上海市公积金管理中心宝山区管理部", "公积金中心"), ("消防救援支队", "消防支队")
    )
    assert take_in(centre, "departments", content) == [
        "新增部门上海市公积金管理中心宝山区管理部，简称公积金中心，代码GJJ",
        "新增部门消防救援支队，简称消防支队，代码XF",
    ]


def test_known_ones_are_found_by_code_or_name_and_changed(centre):
    content = only(
        ("市场监督管理局", "市监局"),
        ("公安", None, "GAF"),
        ("医疗保障管理局", None, "YB", date(2026, 1, 5)),
    )
    assert take_in(centre, "departments", content) == [
        "部门市场监管局：简称 市场监管局 → 市监局",
        "部门公安：代码 GA → GAF",
        "部门医保局：全称 医疗保障局 → 医疗保障管理局，入驻日期 （空） → 2026-01-05",
    ]
    assert found(centre) == {
        "SCJG": ("市场监督管理局", "市监局", None, None),
        "GAF": ("公安分局", "公安", None, None),
        "YB": ("医疗保障管理局", "医保局", date(2026, 1, 5), None),
    }
    assert lines_of(centre, "departments", content) == []
    with centre.database.read() as connection:
        acts = connection.execute(select(audit.c.action, audit.c.detail).order_by(audit.c.id))
        assert [(action, detail["by"]) for action, detail in acts] == [
            ("department.name", "import"),
            ("department.code", "import"),
            ("department.name", "import"),
            ("department.residence", "import"),
        ]


def test_an_empty_cell_changes_nothing_and_nothing_is_removed(centre):
    take_in(centre, "departments", only(("公安分局", None, None, date(2026, 1, 5))))
    assert lines_of(centre, "departments", only(("公安分局", None, None, None))) == []
    assert len(found(centre)) == 3


def test_the_code_stands_once_a_receipt_carries_it(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("/submit")
    li.clicks("帮办案例")
    li.says("帮老人办证\n上门两次")
    li.says("今天")
    li.clicks("确认提交")
    assert faults_of(centre, "departments", only(("市场监督管理局", None, "SCJ"))) == [
        ("部门", 2, "C", "市场监管局已有材料使用代码 SCJG 编号，代码不能再改。")
    ]


def test_every_fault_at_once(centre):
    with centre.database.begin() as connection:
        gone = departments.add_department(connection, name="旧局", short_name="旧局", code="JJ")
        departments.remove_department(connection, gone, now=centre.now)
    content = only(
        (None, "没名字"),
        ("司法局", "司法", "S1"),
        ("公安分局", "市场监管局"),
        ("公安局", "公安新", "SCJG", date(2026, 3, 1), date(2026, 2, 1)),
        ("旧局",),
        ("教育局", None, None, date(2026, 3, 1), date(2026, 2, 1)),
        ("体育局",),
        ("体育局",),
        ("医疗保障局", None, "GA"),
        ("医疗保障局",),
        ("医保局",),
        ("😀",),
        ("长" * 81, "短" * 21),
        ("文旅局", None, "YB2"),
        ("水务局", None, "SW"),
        ("税务局", None, "SW"),
        ("绿化局", "公安分局"),
    )
    assert faults_of(centre, "departments", content) == [
        ("部门", 2, "A", "“部门全称”没有填，请补上。"),
        ("部门", 3, "C", "部门代码须为2至6个大写字母，“S1”不合要求，请重新输入。"),
        ("部门", 4, "B", "“市场监管局”已经是另一个部门的名称，请换一个。"),
        (
            "部门",
            5,
            "E",
            "撤出日期（2026年2月1日（星期日））早于入驻日期（2026年3月1日（星期日）），"
            "请核对后重新输入。",
        ),
        (
            "部门",
            6,
            "A",
            "“旧局”是已移除的部门，请先在“管理 - 部门 - 已移除的部门”中恢复，再导入。",
        ),
        (
            "部门",
            7,
            "E",
            "撤出日期（2026年2月1日（星期日））早于入驻日期（2026年3月1日（星期日）），"
            "请核对后重新输入。",
        ),
        ("部门", 9, "A", "与第8行重复，请只留一行。"),
        (
            "部门",
            10,
            "C",
            "代码 GA 和名称“医疗保障局”是两个部门的，请核对后改正其中一个。",
        ),
        ("部门", 12, "A", "与第11行重复，请只留一行。"),
        ("部门", 13, "A", "部门名称里没有文字，请重新输入。"),
        ("部门", 14, "A", f"部门名称最多80个字，您输入了81个（“{'长' * 20}…”），请缩短后再发。"),
        ("部门", 14, "B", f"部门简称最多20个字，您输入了21个（“{'短' * 20}…”），请缩短后再发。"),
        ("部门", 15, "C", "部门代码须为2至6个大写字母，“YB2”不合要求，请重新输入。"),
        ("部门", 17, "C", "与第16行重复，请只留一行。"),
        ("部门", 18, "B", "“公安分局”已经是另一个部门的名称，请换一个。"),
    ]
    assert len(found(centre)) == 3


# ---------------------------------------------------------------- sections


def test_sections_take_over_their_rows(centre):
    content = judged(
        ("督查科", "高老师", "021-5600", "工作纪律、信息录用、新闻宣传"),
        ("考核办公室", "周老师", "021-1111", "线上帮办"),
        ("法规科",),
    )
    assert take_in(centre, "departments", content) == [
        "新增科室督查科，联系人高老师，电话021-5600，负责：工作纪律；信息录用、新闻宣传",
        "科室考核办公室：电话 021-56001234 → 021-1111",
        "新增科室法规科",
    ]
    with centre.database.read() as connection:
        known_ = {each.name: each for each in sections.sections(connection)}
        owners = sections.row_owners(connection)
    watch = known_["督查科"].id
    assert {row for row, owner in owners.items() if owner == watch} == {"discipline", "bonus_news"}
    assert (known_["考核办公室"].contact, known_["考核办公室"].phone) == ("周老师", "021-1111")
    moved = judged(("考核办公室", None, None, "工作纪律"))
    assert take_in(centre, "departments", moved) == ["科室考核办公室：接收考核项：工作纪律"]
    assert lines_of(centre, "departments", moved) == []
    with centre.database.read() as connection:
        acts = connection.execute(select(audit.c.action).order_by(audit.c.id)).scalars().all()
    assert acts == [
        "section.add",
        "row.assign",
        "row.assign",
        "section.contact",
        "section.add",
        "row.assign",
    ]


def test_faults_of_sections(centre):
    content = judged(
        ("督查科", "长" * 41, None, "工作纪律、没有的项"),
        ("法规科", None, None, "工作纪律"),
        ("督查科",),
        (None, "x"),
    )
    names = "、".join(row.name for row in editions.find("2023-17").indicators)
    assert faults_of(centre, "departments", content) == [
        ("科室", 2, "B", f"联系人最多40个字，您输入了41个（“{'长' * 20}…”），请缩短后再发。"),
        (
            "科室",
            2,
            "D",
            f"没有看懂“没有的项”，请照考核项的名称填写，用顿号隔开。考核项有：{names}。",
        ),
        ("科室", 3, "D", "“工作纪律”在第2行已给了另一个科室，每项只能属于一个科室，请只留一处。"),
        ("科室", 4, "A", "与第2行重复，请只留一行。"),
        ("科室", 5, "A", "“科室名称”没有填，请补上。"),
    ]


@pytest.mark.parametrize(
    ("text", "rows", "left"),
    [
        ("", [], ""),
        ("线上帮办、线下帮办", ["online_help", "onsite_help"], ""),
        ("在线服务成熟度", ["online_maturity"], ""),
        (
            "一网通办有创新亮点的；信息录用、新闻宣传\n工作纪律",
            ["discipline", "bonus_innovation", "bonus_news"],
            "",
        ),
        ("线上帮办、新闻宣传", ["online_help"], "新闻宣传"),
    ],
)
def test_rows_are_named_with_a_sign_inside_their_names(text, rows, left):
    found_, rest = named_rows(text, editions.find("2023-17"))
    assert ([row.id for row in found_], rest) == (rows, left)


# ---------------------------------------------------------------- the sheet


def test_the_template_goes_round(centre):
    take_in(centre, "departments", only(("司法局", "司法", "SF", date(2025, 3, 1))))
    with centre.database.read() as connection:
        facts = known()["departments"].facts(occasion_of(centre, connection), quarter="")
    content = documents.render("import_template", dict(plain_arguments(facts)))
    assert [row[:3] for row in rows_of(content, "部门")] == [
        ["部门全称", "简称", "代码"],
        ["市场监督管理局", "市场监管局", "SCJG"],
        ["公安分局", "公安", "GA"],
        ["医疗保障局", "医保局", "YB"],
        ["司法局", "司法", "SF"],
    ]
    assert [row[0] for row in rows_of(content, "科室")] == ["科室名称", "考核办公室"]
    assert rows_of(content, "说明")[0][0] == "部门：填写说明"
    plan = plan_of(centre, "departments", content)
    assert (plan.lines, getattr(plan, "notes", None)) == ((), ())


def test_a_row_of_the_template_grows_with_what_is_typed(centre):
    """None has a height of its own but those with long texts in them."""
    with centre.database.read() as connection:
        facts = known()["departments"].facts(occasion_of(centre, connection), quarter="")
    content = documents.render("import_template", dict(plain_arguments(facts)))
    book = load_workbook(BytesIO(content))
    found = {name: [*_heights(book[name])] for name in ("部门", "科室")}
    assert found == {"部门": [], "科室": [2]}


def _heights(sheet) -> Iterator[int]:
    assert not sheet.sheet_format.customHeight
    yield from (row for row in range(1, sheet.max_row + 1) if sheet.row_dimensions[row].height)


def test_without_any_of_its_sheets(centre):
    assert faults_of(centre, "departments", workbook({"a": [["x"]], "b": [["y"]]})) == [
        (
            "部门",
            0,
            "",
            "缺少名为“部门”的工作表，请用取到的表格填写，不要改工作表名称。",
        )
    ]


@pytest.mark.office
def test_the_template_saved_by_another_program(centre, soffice, tmp_path):
    """As an office does it that has no Excel: opened, saved, sent back."""
    with centre.database.read() as connection:
        facts = known()["departments"].facts(occasion_of(centre, connection), quarter="")
    (tmp_path / "表.xlsx").write_bytes(
        documents.render("import_template", dict(plain_arguments(facts)))
    )
    (tmp_path / "saved").mkdir()
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    convert = ("--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "saved"))
    subprocess.run(
        [soffice, profile, "--headless", *convert, str(tmp_path / "表.xlsx")],
        check=True,
        capture_output=True,
        timeout=120,
    )
    saved = (tmp_path / "saved" / "表.xlsx").read_bytes()
    assert lines_of(centre, "departments", saved) == []
    assert rows_of(saved, "部门")[1][:3] == ["市场监督管理局", "市场监管局", "SCJG"]
