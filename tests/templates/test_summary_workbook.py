"""考核得分汇总表: every number as the report has it, and no word that becomes anything else."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from rubric import report as reports
from rubric.report import Report
from templates import documents
from templates.documents import summary_workbook
from tests.support import needs, office
from tests.support.outcomes import (
    EDITION,
    LONG_NAME,
    TWENTY_LINES,
    department,
    odd,
    outcome,
    quarter_of,
)

FIRST_ROW = 5
BASE, MARK, BONUS, TOTAL, AWARD = 13, 14, 19, 20, 21
SCORES = [*range(3, 13), *range(15, 19)]


def opened(report: Report, *, values: bool = True):
    """`values`: what programs show that don't calculate; else the formulas."""
    content = summary_workbook.render(report)
    return load_workbook(io.BytesIO(content), data_only=values)


def ranked(report: Report):
    return [each for each in report.departments if each.rank is not None]


def shown(hundredths: int | None) -> float | str:
    return "不涉及" if hundredths is None else hundredths / 100


REPORTS = pytest.mark.parametrize(
    "report", [odd(), quarter_of(5), quarter_of(40)], ids=["odd", "5", "40"]
)


@REPORTS
def test_the_summary_has_every_number_of_the_report(report):
    sheet = opened(report)["汇总"]
    for row, each in enumerate(ranked(report), start=FIRST_ROW):
        cells = [cell.value for cell in sheet[row]]
        assert cells[:2] == [each.rank, each.name]
        assert [cells[column - 1] for column in SCORES] == [
            shown(result.hundredths) for result in each.rows
        ]
        sums = [cells[column - 1] for column in (BASE, BONUS, TOTAL)]
        assert sums == [shown(value) for value in (each.base, each.bonus, each.total)]
        assert cells[MARK - 1] == ("*" if each.rescaled else None)
        assert cells[AWARD - 1] == ("先进集体" if each.code in report.awards else None)
        assert ("并列" in sheet.cell(row, 1).number_format) is each.shared
        assert {sheet.cell(row, column).number_format for column in (BASE, TOTAL)} == {"0.0#"}
    assert sheet.cell(FIRST_ROW + len(ranked(report)), 1).value is None


@REPORTS
def test_the_details_have_a_line_a_score(report):
    sheet = opened(report)["明细"]
    lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    category = {row.id: each.name for each in EDITION.categories for row in each.indicators}
    assert lines == [
        [
            "不参评" if each.rank is None else each.rank,
            each.name,
            category.get(row.indicator, "附加分"),
            EDITION.indicator(row.indicator).name,
            EDITION.indicator(row.indicator).points,
            shown(row.hundredths),
            row.reason or None,
            "\n".join(row.evidence) or None,
            "考核办公室",
            "王芳",
        ]
        for each in report.departments
        for row in each.rows
    ]


@REPORTS
def test_a_formula_stands_only_where_it_gives_the_reports_number(report):
    shown_by, stated = opened(report)["汇总"], opened(report, values=False)
    formulas = {
        (sheet.title, cell.coordinate): cell
        for sheet in stated.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }
    places = ranked(report)
    assert {key[0] for key in formulas} == {"汇总"}
    assert {cell.column for cell in formulas.values()} == {BASE, BONUS, TOTAL}
    for row, each in enumerate(places, start=FIRST_ROW):
        assert (("汇总", f"M{row}") not in formulas) is each.rescaled

    def numbers(cells: str) -> list[float]:
        first, last = cells.split(":")
        values = [cell.value for cell in shown_by[first:last][0]]
        return [value for value in values if not isinstance(value, str)]

    for (_, place), cell in formulas.items():
        if match := re.fullmatch(r"=SUM\((.*)\)", cell.value):
            result = sum(numbers(match[1]))
        elif match := re.fullmatch(r"=MIN\(SUM\((.*)\),20\)", cell.value):
            result = min(sum(numbers(match[1])), 20)
        else:
            result = sum(shown_by[part].value for part in cell.value[1:].split("+"))
        assert result == pytest.approx(shown_by[place].value, abs=1e-9)


def test_a_bonus_beyond_its_row_is_no_formula():
    sheet = opened(outcome([department("GA", {"bonus_news": 5})]), values=False)["汇总"]
    assert [sheet.cell(FIRST_ROW, column).value for column in (18, BONUS)] == [0, 4]
    assert sheet.cell(FIRST_ROW, TOTAL).value == "=M5+S5"


def test_below_the_table_stands_what_it_cannot_say():
    sheet = opened(odd())["汇总"]
    assert sheet["A1"].value == "2026年第四季度常驻部门考核得分汇总表"
    assert sheet["A2"].value == (
        "宝山区行政服务中心　　依据：宝行政中心〔2023〕17号（2023-17版）　　"
        "生成时间：2027年1月12日 06:00"
    )
    notes = [
        (sheet.cell(row, 1).value, sheet.cell(row, 3).value)
        for row in range(FIRST_ROW + 8, sheet.max_row + 1)
    ]
    assert notes == [
        ("先进集体", "=1+1、-税务局、民政局 😀\u200b㛃"),
        (
            "同分说明",
            "-税务局、@科委与民政局 😀\u200b㛃同为100分，基础分及各方面得分率均相同，并列第2名",
        ),
        ("主任办公会决定", "=经研究，同意"),
        ("折算（*）", "有评分项不涉及的部门，基础分＝得分合计÷适用分值×100，保留两位小数。"),
        ("不能评为先进集体", "+区公安局：发生重大投诉"),
        ("不参评", "档案服务点：季度最后一天不在中心"),
        (None, "图书服务点：基础评分项均不涉及"),
        ("本中心规定", "评分的最小间隔：0.5分"),
        (None, "单项指标的最小间隔：线上帮办0.25分、gone0.1分"),
        (None, "报送截止（季度结束后第几个工作日）：3个工作日"),
        (None, "补报截止（季度结束后第几个工作日）：5个工作日"),
        (None, "评分截止（季度结束后第几个工作日）：12个工作日"),
        (None, "退回后补充材料的期限：3个工作日"),
        (None, "每条佐证最多退回次数：2次"),
        (None, "信息录用建议分：中心：0.5分"),
        (None, "信息录用建议分：区级：1分"),
        (None, "信息录用建议分：市级：2分"),
        (None, "信息录用建议分：其他：不设"),
        (None, "启用取消评先资格：否"),
        ("咨询", "考核办公室 周老师 56001234"),
    ]


def test_an_outcome_without_oddities_says_no_more_than_it_must():
    book = opened(outcome([department("GA")], values={}))
    assert book.sheetnames == ["汇总", "明细"]
    sheet = book["汇总"]
    assert [sheet.cell(row, 1).value for row in range(7, sheet.max_row + 1)] == [
        "先进集体",
        "咨询",
    ]


def test_those_without_a_place_have_a_sheet_of_their_own():
    sheet = opened(odd())["不参评"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["部门", "不参评原因"],
        ["档案服务点", "季度最后一天不在中心"],
        ["图书服务点", "基础评分项均不涉及"],
    ]


def test_a_quarter_in_which_nobody_takes_part():
    report = outcome([department("GA", excluded="尚未入驻")], values={})
    book = opened(report)
    assert book.sheetnames == ["汇总", "明细", "不参评"]
    assert book["明细"].max_row == 1
    assert [book["汇总"].cell(6, column).value for column in (1, 3)] == ["先进集体", "无"]


def test_words_that_look_like_formulas_stay_words():
    book = opened(odd(), values=False)
    wild = {"=1+1", "+区公安局", "-税务局", "@科委", "=未开通", "@迟到1次", "=经研究，同意"}
    found = set()
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value in wild:
                    found.add(cell.value)
                    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert found == wild


def test_what_a_file_cannot_hold_is_left_out_and_too_much_is_cut():
    wild = "_x0041_ <&> ]]> \x00\x07\x1f\ufffe\ud800 {=A1} http://a.test\r\n第二行\t完"
    report = outcome(
        [
            department(
                "GA",
                {"online_help": 9, "discipline": 9},
                reasons={"online_help": wild, "discipline": "长" * 40_000},
            )
        ]
    )
    sheet = opened(report, values=False)["明细"]
    assert sheet["G2"].value == "_x0041_ <&> ]]>  {=A1} http://a.test\n第二行 完"
    assert sheet["G2"].hyperlink is None
    assert sheet["G11"].value == "长" * 15_999 + "…"
    assert sheet.row_dimensions[11].height > 400


def test_a_row_is_as_high_as_its_longest_text():
    report = odd()
    sheet = opened(report)["明细"]
    rows = {cell.value: cell.row for cell in sheet["G"]}
    assert sheet.row_dimensions[rows[TWENTY_LINES]].height > 20 * 12
    names = [cell.row for cell in opened(report)["汇总"]["B"] if cell.value == LONG_NAME]
    assert opened(report)["汇总"].row_dimensions[names[0]].height > 3 * 12


def test_it_is_set_for_print_and_for_the_screen():
    book = opened(quarter_of(5))
    headers = {"汇总": ("$3:$4", "C5", "A4:U9"), "明细": ("$1:$1", "C2", "A1:J71"),
               "不参评": ("$1:$1", "A2", "A1:B2")}  # fmt: skip
    assert book.sheetnames == list(headers)
    for name, (repeated, frozen, filtered) in headers.items():
        sheet = book[name]
        page = sheet.page_setup
        assert (page.orientation, page.paperSize) == ("landscape", 9)
        # one page wide is what a file means that doesn't say how wide
        assert (page.fitToWidth, page.fitToHeight) == (None, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == repeated
        assert sheet.freeze_panes == frozen
        assert sheet.auto_filter.ref == filtered
        assert sheet.column_dimensions["B"].width > 20


def test_equal_reports_give_equal_bytes_and_none_of_the_hour():
    report = odd()
    content = documents.render("summary_workbook", {"report": reports.to_json(report)})
    assert content == summary_workbook.render(report)
    assert content != summary_workbook.render(quarter_of(5))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert {part.date_time for part in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = load_workbook(io.BytesIO(content)).properties
    assert properties.title == "2026年第四季度常驻部门考核得分汇总表"
    assert properties.created == properties.modified == report.generated_at.replace(tzinfo=None)
    assert properties.creator in (None, "")


# ---------------------------------------------------------------- as an office program sees it


@pytest.fixture(scope="module")
def calc() -> Path:
    soffice = needs.soffice()
    if not (soffice.resolve().parent / "libsclo.so").exists():
        needs.miss("LibreOffice Calc", remedy="apt install libreoffice-calc-nogui")
    return soffice


@pytest.mark.office
def test_forty_departments_are_printed_on_one_page(calc, tmp_path):
    report = quarter_of(40)
    pages = office.page_texts(office.to_pdf(calc, summary_workbook.render(report), tmp_path))
    assert pages[0].startswith("2026年第四季度常驻部门考核得分汇总表宝山区行政服务中心")
    assert [each.name for each in ranked(report) if each.name not in pages[0]] == []
    totals = [f"{(each.total or 0) / 100:.2f}".removesuffix("0") for each in ranked(report)]
    assert [total for total in totals if total not in pages[0]] == []
    assert "服务成效" in pages[1][:100]
    assert not any("#" in page or "Err:" in page for page in pages)


@pytest.mark.office
def test_long_names_and_reasons_are_printed_whole(calc, tmp_path):
    pages = office.page_texts(office.to_pdf(calc, summary_workbook.render(odd()), tmp_path))
    assert [f"第{n}条" in "".join(pages) for n in range(1, 21)] == [True] * 20
    assert "=1+1" in pages[0]
    assert pages[0].endswith(f"第1页，共{len(pages)}页")
    assert "档案服务点季度最后一天不在中心" in pages[-1]
