"""量化评分表: one department's sheet, the notice's annex form filled in, as .docx.

Rows, standards and labels are the edition's, in the form's order; sums are the report's. What
the form has no place for (不涉及, a rescaled base, why a department is 不参评) stands in words
under the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rubric import edition as editions
from rubric import report as reports
from rubric.edition import BASE_TOTAL, Category, Edition, Indicator
from rubric.report import DepartmentResult, Report, RowResult
from rubric.scoring import Score, aggregate, in_words
from templates import words
from templates.documents import Arguments
from templates.word import (
    Align,
    Cell,
    Face,
    Look,
    Margins,
    add_page_break,
    add_paragraph,
    add_table,
    new_document,
    save,
)

TITLE: Final = "宝山区行政服务中心常驻部门考核量化评分表"
MARK: Final = "*"

# category, row, points, standard, score, remark; millimetres, 156 in all as GB/T 9704 has it
_WIDTHS: Final = (19.0, 22.0, 11.0, 59.0, 15.0, 30.0)
_MARGINS: Final = Margins(top=30, right=27, bottom=27, left=27)
_HEAD: Final = Look(Face.HEAD, 10.5, Align.CENTRE)
_LABEL: Final = Look(Face.BODY, 10.5, Align.CENTRE)
_TEXT: Final = Look(Face.BODY, 10, Align.BOTH)
_SCORE: Final = Look(Face.BODY, 12, Align.CENTRE)
_NARROW_SCORE: Final = Look(Face.BODY, 10.5, Align.CENTRE)
_REMARK: Final = Look(Face.SONG, 9, Align.LEFT)


def from_arguments(arguments: Arguments) -> bytes:
    """`report` (canonical JSON) and `department` (its code)."""
    report = reports.from_json(str(arguments["report"]))
    return render(report, str(arguments["department"]))


def render(report: Report, department_code: str) -> bytes:
    """The department's sheet; KeyError for a department that the report doesn't know."""
    department = report.department(department_code)
    edition = editions.find(report.edition)
    document = new_document(
        title=f"{TITLE}（{report.quarter.label}）{department.name}", margins=_MARGINS
    )
    add_paragraph(document, "附件", Look(Face.HEAD, 16), after=4)
    add_paragraph(document, TITLE, Look(Face.TITLE, 18, Align.CENTRE), after=2)
    period = f"（{report.quarter.label}）"
    add_paragraph(document, period, Look(Face.BODY, 14, Align.CENTRE), after=6)
    add_paragraph(document, f"部门名称：{department.name}", Look(size=12))
    day = report.generated_at.astimezone(words.CENTRE_ZONE)
    filled_in = f"填写时间：{day.year}年{day.month}月{day.day}日"
    add_paragraph(document, filled_in, Look(size=12), after=4)
    results = {row.indicator: row for row in department.rows}
    # as the notice prints it: the last category begins the second page
    *first, last = edition.categories
    add_table(document, list(_base_rows(first, results)), widths=_WIDTHS)
    add_page_break(document)
    rest = [*_base_rows([last], results), _sum_row(department)]
    add_table(document, rest, widths=_WIDTHS)
    cap = edition.bonus.cap if edition.bonus else 0
    bonus_title = f"附加分评分项 ({cap}分)"
    add_paragraph(document, bonus_title, Look(Face.HEAD, 12, Align.CENTRE), before=10, after=4)
    rows = [*_bonus_rows(edition, results), _total_row(edition, department)]
    add_table(document, rows, widths=_WIDTHS)
    for number, note in enumerate(_notes(edition, department)):
        add_paragraph(document, note, Look(), before=0 if number else 8)
    return save(document)


_HEADER: Final = [
    Cell("评分内容", _HEAD, span=2),
    Cell("分值", _HEAD),
    Cell("参照标准", _HEAD),
    Cell("评分", _HEAD),
    Cell("备注", _HEAD),
]


def _base_rows(
    categories: Sequence[Category], results: dict[str, RowResult]
) -> Iterator[list[Cell]]:
    yield _HEADER
    for category in categories:
        label = Cell(f"{category.name} ({category.points}分)", _LABEL, down=True)
        for number, row in enumerate(category.indicators):
            first = Cell(below=True) if number else label
            yield [first, Cell(row.form_label, _LABEL), *_judged(row, results.get(row.id))]


def _bonus_rows(edition: Edition, results: dict[str, RowResult]) -> Iterator[list[Cell]]:
    yield _HEADER
    for row in edition.bonus_indicators:
        yield [Cell(row.form_label, _LABEL, span=2), *_judged(row, results.get(row.id))]


def _judged(row: Indicator, result: RowResult | None) -> Iterator[Cell]:
    """分值, 参照标准, 评分, 备注; the last two stay empty for a department that is 不参评."""
    yield Cell(str(row.points), _LABEL)
    yield Cell(row.standard, _TEXT)
    if result is None:
        yield from (Cell(), Cell())
    else:
        applicable = result.hundredths is not None
        yield Cell(_score_words(result), _SCORE if applicable else _NARROW_SCORE)
        yield Cell("\n".join(_remarks(result)), _REMARK)


def _score_words(result: RowResult) -> str:
    if result.hundredths is None:
        return words.NOT_APPLICABLE + MARK
    return in_words(result.hundredths)


def _remarks(result: RowResult) -> Iterator[str]:
    if result.reason:
        yield result.reason
    if result.evidence:
        yield "佐证："
        yield from result.evidence


def _sum_row(department: DepartmentResult) -> list[Cell]:
    mark = MARK if department.rescaled else ""
    base = "" if department.base is None else in_words(department.base) + mark
    return _closing_row("合计分值", BASE_TOTAL, "得分", base)


def _total_row(edition: Edition, department: DepartmentResult) -> list[Cell]:
    total = "" if department.total is None else in_words(department.total)
    return _closing_row("总分值", edition.total, "总得分", total)


def _closing_row(label: str, points: int, result_label: str, result: str) -> list[Cell]:
    return [
        Cell(label, _HEAD, span=2),
        Cell(str(points), _LABEL),
        Cell(result_label, _HEAD),
        Cell(result, _SCORE, span=2),
    ]


def _notes(edition: Edition, department: DepartmentResult) -> Iterator[str]:
    if department.excluded:
        yield f"注：本季度不参评，{department.excluded}。"
    if not department.rows:
        return
    scores = {row.indicator: Score(row.hundredths, row.reason) for row in department.rows}
    totals = aggregate(edition, scores)
    if department.base is not None and totals.rescaled:
        earned = sum(category.earned for category in totals.categories)
        applicable = sum(category.applicable for category in totals.categories)
        yield (
            f"{MARK} 标“{words.NOT_APPLICABLE}”的评分项不计分，基础分按适用分值折算："
            f"{in_words(earned)}÷{applicable}×{BASE_TOTAL}＝{in_words(department.base)}分"
            "（保留两位小数）。"
        )
    if totals.capped and edition.bonus:
        yield f"附加分合计超过上限，按{edition.bonus.cap}分计入。"
