"""The templates of scores and of the register, filled in as clerks do and sent back by chat."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from handlers.imports.scores import importer
from handlers.occasion import Occasion
from rubric import edition as editions
from storage import scores, sections
from templates.documents import render
from tests.chat import Centre, File, User
from tests.handlers.test_import_register import items
from tests.support import needs
from tests.support.scoring import FULL, ROWS, score_all
from tests.support.workbooks import saved

VALUES: list[list[float]] = [
    [10, 5, 5, 10, 10, 10, 10, 20, 10, 10, 0, 0, 0, 0],
    [8.5, 5, 5, 10, 10, 10, 10, 20, 10, 10, 2, 0, 0, 1],
]


def fetched(user: User) -> bytes:
    """The workbook that was sent to this person last."""
    sent: list[dict[str, Any]] = [each.file for each in user.chat if each.file]
    return render(sent[-1]["document"], dict(sent[-1]["arguments"]))


def filled(content: bytes, fill: Callable[[Workbook], None]) -> bytes:
    workbook = load_workbook(BytesIO(content))
    fill(workbook)
    return saved(workbook)


def sends(centre: Centre, user: User, name: str, content: bytes) -> None:
    user.sends(File(name, content))
    centre.finish_readings()


@pytest.fixture
def wang(centre: Centre) -> User:
    return centre.person("王琳", "evaluator")


def template(user: User, *, quarter: str = "2026年第四季度") -> bytes:
    user.says("/admin")
    user.clicks("导入")
    user.clicks("评分")
    if quarter in user.buttons:
        user.clicks(quarter)
    else:
        user.says(quarter)
    user.clicks("取表格")
    return fetched(user)


def test_a_workbook_for_every_row_goes_round(centre: Centre, zhao: User, wang: User):
    def fill(workbook: Workbook) -> None:
        for row, (first, second) in zip(ROWS, zip(*VALUES, strict=True), strict=True):
            sheet = workbook[row.name]
            assert [cell.value for cell in sheet[1]] == ["部门", "代码", "满分", "得分", "理由"]
            assert [cell.value for cell in sheet[2]][:3] == ["市场监管局", "SCJG", row.points]
            sheet["D2"], sheet["D3"] = first, second
            full = second == (0 if row.bonus else row.points)
            sheet["E3"] = None if full else f"{row.name}情况"

    content = filled(template(zhao), fill)
    sends(centre, zhao, "评分2026Q4.xlsx", content)
    zhao.clicks("确认导入")
    with centre.database.read() as connection:
        found = scores.of_quarter(connection, "2026Q4")
    for code, values in zip(("SCJG", "GA"), VALUES, strict=True):
        of_department = found[centre.departments[code]]
        assert [of_department[row.id][1].hundredths for row in ROWS] == [v * 100 for v in values]
    assert centre.departments["YB"] not in found
    # what stands is filled in the next time, so sending that back changes nothing
    again = template(zhao)
    assert load_workbook(BytesIO(again))["线上帮办"]["D3"].value == 8.5
    sends(centre, zhao, "评分2026Q4.xlsx", again)
    assert zhao.card == (
        "“评分2026Q4.xlsx”与现有内容一致，没有需要导入的变化。\n"
        "没有变化的：28个得分\n"
        "如有需要，请改好后再发一次。"
    )


def test_an_evaluator_gets_the_own_rows_and_never_the_own_department(
    centre: Centre, zhao: User, wang: User
):
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="业务科")
        sections.assign_row(connection, indicator="onsite_help", section_id=other)
    score_all(centre, wang, {code: FULL for code in centre.departments}, handed=False)
    chen = centre.person("陈晨", "evaluator", "member", section=other, department="GA")
    chen.says("/score")
    chen.clicks("用表格评分")
    chen.clicks("取表格")
    workbook = load_workbook(BytesIO(fetched(chen)))
    assert workbook.sheetnames == ["线下帮办", "评分说明"]
    assert [row[:4] for row in workbook["线下帮办"].iter_rows(values_only=True)][1:] == [
        ("市场监管局", "SCJG", 5, 5),
        ("医保局", "YB", 5, 5),
    ]


def test_a_quarter_of_before_comes_as_one_table(centre: Centre, zhao: User, wang: User):
    content = template(zhao, quarter="2026Q2")
    assert load_workbook(BytesIO(content)).sheetnames == ["评分总表", "理由", "评分说明"]

    def fill(workbook: Workbook) -> None:
        table = workbook["评分总表"]
        rows: list[list[float]] = [*VALUES, [10, *FULL[1:]]]
        for line, values in enumerate(rows, start=2):
            for column, value in enumerate(values, start=3):
                table.cell(line, column, value)
        table["C4"] = "不涉及"
        workbook["理由"].append(["公安", "线上帮办", "解决率不高"])

    sends(centre, zhao, "历史.xlsx", filled(content, fill))
    zhao.clicks("确认导入")
    again = load_workbook(BytesIO(template(zhao, quarter="2026Q2")))
    assert [cell.value for cell in again["评分总表"][3]][2:] == VALUES[1]
    assert again["评分总表"]["C4"].value == "不涉及"
    assert [tuple(cell.value for cell in row) for row in again["理由"]][1:] == [
        ("公安", "线上帮办", "解决率不高"),
        ("公安", "“一网通办”有创新亮点的", "据历史台账导入"),
        ("公安", "其他表现突出的加分项", "据历史台账导入"),
        ("医保局", "线上帮办", "据历史台账导入"),
    ]


def lines(workbook: Workbook) -> None:
    register = workbook["信息录用台账"]
    assert [cell.value for cell in register[1]] == [
        "日期",
        "部门",
        "标题",
        "载体",
        "级别",
        "链接",
        "备注",
    ]
    for column, value in enumerate(
        (date(2026, 10, 12), "市场监管局、公安", "一业一证", "宝山报", "区级"), start=1
    ):
        register.cell(2, column, value)


def test_the_register_goes_round(centre: Centre, wang: User, li: User):
    wang.says("/submit")
    wang.clicks("导入信息录用台账")
    wang.clicks("取表格")
    content = fetched(wang)
    assert load_workbook(BytesIO(content)).sheetnames == ["信息录用台账", "说明"]
    sends(centre, wang, "台账.xlsx", filled(content, lines))
    assert wang.card == (
        "导入信息录用台账？\n"
        "“台账.xlsx”会带来2处变化：\n"
        "1. 市场监管局 10月12日（星期一） “一业一证”（宝山报，区级）→ 2026年第四季度\n"
        "2. 公安 10月12日（星期一） “一业一证”（宝山报，区级）→ 2026年第四季度\n"
        "请核对后确认，确认之前什么都不会改动。"
    )
    wang.clicks("确认导入")
    assert [item[:2] for item in items(centre)] == [("SCJG", 1), ("GA", 1)]
    assert len(li.hears) == 1
    # out of the blue it is known by its sheet
    sends(centre, wang, "台账.xlsx", filled(content, lines))
    assert "以前录入过，跳过：1行" in wang.card


def test_the_register_is_not_empty_by_its_form(centre: Centre, wang: User):
    """The template sent back as it came: bordered cells are no lines, examples none either."""
    wang.says("/submit")
    wang.clicks("导入信息录用台账")
    wang.clicks("取表格")
    sends(centre, wang, "台账.xlsx", fetched(wang))
    assert "没有需要导入的变化" in wang.card


@pytest.mark.office
def test_copies_saved_by_another_program_are_read_alike(
    centre: Centre, zhao: User, wang: User, tmp_path: Path
):
    if centre.restart:
        pytest.skip("the same without a restart")
    soffice = needs.soffice()

    def as_saved(content: bytes, name: str) -> bytes:
        source, out = tmp_path / name, tmp_path / "out"
        source.write_bytes(content)
        subprocess.run(
            [
                soffice,
                f"-env:UserInstallation=file://{tmp_path / 'profile'}",
                *("--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"),
                *("--outdir", out, source),
            ],
            env={**os.environ, "HOME": str(tmp_path)},
            check=True,
            capture_output=True,
            timeout=120,
        )
        return (out / name).read_bytes()

    def fill(workbook: Workbook) -> None:
        workbook["线上帮办"]["D2"] = 9.5
        workbook["线上帮办"]["E2"] = "响应超时"

    sends(centre, zhao, "a.xlsx", as_saved(filled(template(zhao), fill), "a.xlsx"))
    assert "1. 市场监管局 线上帮办：未评 → 9.5，理由：响应超时" in zhao.card
    zhao.clicks("确认导入")
    register = render("register_template", {"at": centre.now.isoformat()})
    wang.says("/start")
    sends(centre, wang, "b.xlsx", as_saved(filled(register, lines), "b.xlsx"))
    assert "会带来2处变化" in wang.card


def test_where_nobody_is_named_the_template_holds_everything(centre: Centre, wang: User):
    score_all(centre, wang, {code: FULL for code in centre.departments}, handed=False)
    with centre.database.read() as connection:
        occasion = Occasion(connection, centre.now, centre.desk.premises)
        facts = importer.facts(occasion, quarter="2026Q4")
    content = render("score_template", {name: str(value) for name, value in facts.items()})
    workbook = load_workbook(BytesIO(content))
    assert len(workbook.sheetnames) == 15
    assert [row[3] for row in workbook["线上帮办"].iter_rows(values_only=True)][1:] == [10] * 3


def test_every_row_has_a_sheet_of_its_own_name():
    names = {row.name for each in editions.catalog() for row in each.indicators}
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\'") for name in names)
