"""The annex form: every cell as the notice prints it, with the scores of a frozen report."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import UTC, datetime

import pytest
from docx import Document
from docx.oxml.ns import qn

from rubric import report as reports
from rubric.quarter import Quarter
from rubric.report import Contact, DepartmentInput, Report
from templates import documents
from templates.documents import annex_sheet
from tests.support import needs, office
from tests.support.outcomes import EDITION, LONG_NAME, TWENTY_LINES, department

HEADER = ["评分内容", "评分内容", "分值", "参照标准", "评分", "备注"]
TITLE = "宝山区行政服务中心常驻部门考核量化评分表"


def report(*inputs: DepartmentInput) -> Report:
    return reports.freeze(
        edition=EDITION,
        quarter=Quarter(2026, 4),
        revision=1,
        generated_at=datetime(2027, 1, 11, 22, 0, tzinfo=UTC),
        settings={},
        departments=inputs,
        contacts=[Contact("考核办公室", "周老师", "56001234")],
    )


def tables(content: bytes) -> list[list[list[str]]]:
    """All cells of all tables; a merged cell's text stands at each of its places."""
    document = Document(io.BytesIO(content))
    return [[[cell.text for cell in row.cells] for row in each.rows] for each in document.tables]


def paragraphs(content: bytes) -> list[str]:
    return [each.text for each in Document(io.BytesIO(content)).paragraphs if each.text]


POINTS = {
    "online_help": 9.5,
    "window_standards": 8,
    "bonus_innovation": 2,
    "bonus_service": 0.5,
    "bonus_news": 3,
}
FILLED = department(
    "SCJG",
    POINTS,
    reasons={"online_help": "3月12日未签到", "window_standards": "超时受理1件"},
    evidence={
        "bonus_news": ("2026Q4-SCJG-003", "2026Q4-SCJG-005"),
        "onsite_help": ("2026Q4-SCJG-001",),
    },
    name="市场监督管理局",
)


def test_every_cell_is_the_notices():
    content = annex_sheet.render(report(FILLED, department("GA")), "SCJG")
    first, second, bonus = tables(content)
    standard = {row.id: row.standard for row in EDITION.indicators}
    service, windows = "服务成效 (30分)", "综窗建设 (30分)"
    management = "管理规范 (20分)"
    assert first == [
        HEADER,
        [service, "线上帮办", "10", standard["online_help"], "9.5", "3月12日未签到"],
        [service, "线下帮办", "5", standard["onsite_help"], "5", "佐证：\n2026Q4-SCJG-001"],
        [service, "咨询服务", "5", standard["enquiries"], "5", ""],
        [service, "服务评价", "10", standard["service_ratings"], "10", ""],
        [windows, "窗口业务支撑", "10", standard["window_support"], "10", ""],
        [windows, "办理协同顺畅度", "10", standard["coordination"], "10", ""],
        [
            windows, "窗口服务规范化 (10分)", "10", standard["window_standards"], "8",
            "超时受理1件",
        ],
        [
            "一网通办 (20分)", "在线办理成熟度 (20分)", "20", standard["online_maturity"],
            "20", "",
        ],
    ]  # fmt: skip
    assert second == [
        HEADER,
        [management, "两集中两到位", "10", standard["presence"], "10", ""],
        [management, "工作纪律", "10", standard["discipline"], "10", ""],
        ["合计分值", "合计分值", "100", "得分", "97.5", "97.5"],
    ]
    labels = ["“一网通办”有创新亮点的", "政务服务有突出表现的", "信息录用、新闻宣传"]
    assert bonus == [
        HEADER,
        [labels[0], labels[0], "6", standard["bonus_innovation"], "2", ""],
        [labels[1], labels[1], "6", standard["bonus_service"], "0.5", ""],
        [
            labels[2], labels[2], "4", standard["bonus_news"], "3",
            "佐证：\n2026Q4-SCJG-003\n2026Q4-SCJG-005",
        ],
        ["其他表现突出的加分项", "其他表现突出的加分项", "4", standard["bonus_other"], "0", ""],
        ["总分值", "总分值", "120", "总得分", "103", "103"],
    ]  # fmt: skip
    assert paragraphs(content) == [
        "附件",
        TITLE,
        "（2026年第四季度）",
        "部门名称：市场监督管理局",
        "填写时间：2027年1月12日",
        "附加分评分项 (20分)",
    ]


def test_rows_that_do_not_apply_have_a_star_and_its_meaning():
    sheet = report(department("YB", {"online_help": None, "enquiries": 4.5}))
    content = annex_sheet.render(sheet, "YB")
    first, second, bonus = tables(content)
    assert first[1][4] == "不涉及*"
    assert second[-1] == ["合计分值", "合计分值", "100", "得分", "99.44*", "99.44*"]
    assert bonus[-1] == ["总分值", "总分值", "120", "总得分", "99.44", "99.44"]
    assert paragraphs(content)[-1] == (
        "* 标“不涉及”的评分项不计分，基础分按适用分值折算：89.5÷90×100＝99.44分（保留两位小数）。"
    )


def test_a_department_that_is_not_assessed_says_why():
    absent = department("GA", excluded="季度最后一天不在中心")
    content = annex_sheet.render(report(FILLED, absent), "GA")
    first, second, bonus = tables(content)
    assert [row[4] for row in first[1:]] == [""] * 8
    assert (second[-1][4], bonus[-1][4]) == ("", "")
    assert paragraphs(content)[-1] == "注：本季度不参评，季度最后一天不在中心。"


def test_a_department_to_which_no_row_applies():
    nothing = department("GA", {row.id: None for row in EDITION.base_indicators})
    content = annex_sheet.render(report(FILLED, nothing), "GA")
    first, second, _ = tables(content)
    assert [row[4] for row in first[1:]] == ["不涉及*"] * 8
    assert second[-1][4] == ""
    assert paragraphs(content)[-1] == "注：本季度不参评，基础评分项均不涉及。"


def test_equal_reports_give_equal_bytes_and_none_of_the_hour():
    sheet = report(FILLED, department("GA"))
    arguments = {"report": reports.to_json(sheet), "department": "SCJG"}
    content = documents.render("annex_sheet", arguments)
    assert content == annex_sheet.render(sheet, "SCJG")
    assert content != annex_sheet.render(sheet, "GA")
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert {part.date_time for part in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = Document(io.BytesIO(content)).core_properties
    assert properties.title == f"{TITLE}（2026年第四季度）市场监督管理局"
    assert (properties.author, properties.last_modified_by) == ("", "")
    assert properties.created == properties.modified


def test_an_unknown_department_or_document_is_an_error():
    with pytest.raises(KeyError):
        annex_sheet.render(report(FILLED), "XX")
    with pytest.raises(KeyError):
        documents.render("os", {})


def test_whatever_people_wrote_stays_text():
    wild = "<w:t>&amp; {{ x }} ]]> \x00\x07\x1f\ufffe \ud800 😀\r\n第二行\t完"
    sheet = report(
        department("GA", {"online_help": 9}, reasons={"online_help": wild}, name="甲<&>乙\x01")
    )
    content = annex_sheet.render(sheet, "GA")
    assert tables(content)[0][1][5] == "<w:t>&amp; {{ x }} ]]>   😀\n第二行 完"
    assert paragraphs(content)[3] == "部门名称：甲<&>乙"


def test_fonts_are_named_for_chinese_too_and_columns_are_fixed():
    document = Document(io.BytesIO(annex_sheet.render(report(FILLED), "SCJG")))
    fonts = set()
    for properties in document.element.body.iter(qn("w:rPr")):
        named = properties.find(qn("w:rFonts"))
        faces = {named.get(qn(f"w:{kind}")) for kind in ("ascii", "hAnsi", "eastAsia", "cs")}
        assert len(faces) == 1
        assert named.get(qn("w:hint")) == "eastAsia"
        fonts |= faces
    assert fonts == {"方正小标宋简体", "仿宋_GB2312", "黑体", "宋体"}
    for table in document.tables:
        grid = [int(each.get(qn("w:w"))) for each in table._tbl.tblGrid.iter(qn("w:gridCol"))]
        assert sum(grid) == pytest.approx(156 / 25.4 * 1440, abs=6)
        assert table._tbl.tblPr.find(qn("w:tblLayout")).get(qn("w:type")) == "fixed"
        for row in table._tbl.tr_lst:
            widths = [int(each.get(qn("w:w"))) for each in row.iter(qn("w:tcW"))]
            assert sum(widths) == pytest.approx(sum(grid), abs=6)
        repeated = [any(True for _ in row.iter(qn("w:tblHeader"))) for row in table._tbl.tr_lst]
        assert repeated == [True] + [False] * (len(repeated) - 1)
    width, height = document.sections[0].page_width, document.sections[0].page_height
    assert width is not None
    assert height is not None
    assert (round(width.mm), round(height.mm)) == (210, 297)


# ---------------------------------------------------------------- as an office program sees it


def size_of(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.office
def test_it_is_printed_on_two_pages_as_the_form_is(soffice, tmp_path):
    pdf = office.to_pdf(soffice, annex_sheet.render(report(FILLED), "SCJG"), tmp_path)
    first, second = office.page_texts(pdf)
    assert first.startswith(
        f"附件{TITLE}（2026年第四季度）部门名称：市场监督管理局填写时间：2027年1月12日"
    )
    assert "管理规范" not in first
    assert first.endswith("—1—")
    assert second.startswith("评分内容分值参照标准评分备注")
    assert "合计分值100得分97.5" in second
    assert "附加分评分项(20分)评分内容分值参照标准评分备注" in second
    assert "总分值120总得分103" in second
    shown = office.pictures(needs.pdftoppm(), pdf)
    assert [size_of(page) for page in shown] == [(827, 1170), (827, 1170)]


@pytest.mark.office
def test_long_names_and_reasons_go_on_over_the_page(soffice, tmp_path):
    sheet = report(
        department(
            "RS",
            {"service_ratings": 4, "online_help": None},
            reasons={"service_ratings": TWENTY_LINES, "online_help": "未开通"},
            name=LONG_NAME,
        )
    )
    pdf = office.to_pdf(soffice, annex_sheet.render(sheet, "RS"), tmp_path)
    pages = office.page_texts(pdf)
    assert len(pages) == 4
    assert f"部门名称：{LONG_NAME}" in pages[0]
    assert [f"第{n}条" in "".join(pages) for n in range(1, 21)] == [True] * 20
    assert pages[1].startswith("评分内容分值参照标准评分备注")
