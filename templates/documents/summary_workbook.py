"""考核得分汇总表: the whole outcome of a quarter as a workbook to sort, filter and print.

汇总 has a row a department, 明细 a row a score, 不参评 those without a place. Every number is
the report's; a formula stands only where it gives that number exactly and shows how it came
about, so a base rescaled for 不涉及 rows, which the rules round, is a plain number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from rubric import edition as editions
from rubric import report as reports
from rubric import settings
from rubric.edition import BASE_TOTAL, Edition, Indicator
from rubric.report import Contact, DepartmentResult, Report, RowResult
from rubric.scoring import ONE
from rubric.settings import Plain, Setting
from templates import words
from templates.documents import Arguments
from templates.workbook import HEAD, HEADER_FILL, POINTS, Book, Look, Sheet

CENTRE: Final = "宝山区行政服务中心"
TITLE: Final = "常驻部门考核得分汇总表"
MARK: Final = "*"
AWARD: Final = "先进集体"

_EVERY_OTHER: Final = "#F7F9FB"
_AWARD_FILL: Final = "#FDF0E7"
_MUTED: Final = "#5D6B78"
_TITLE: Final = Look(HEAD, 16, "center", ruled=False)
_SOURCE: Final = Look(size=10, align="center", colour=_MUTED, ruled=False)
_HEADER: Final = Look(HEAD, 9, "center", fill=HEADER_FILL)
_TYPED: Final = Look(typed=True)
_SMALL: Final = Look(size=9, align="center", typed=True)
_SCORE: Final = Look(align="center", number=POINTS)
_SUM: Final = Look(align="center", number=POINTS, bold=True)
_RANK: Final = Look(align="center", bold=True)
_SHARED: Final = replace(_RANK, number='"并列"0')
_NONE: Final = Look(size=9, align="center", colour=_MUTED)
_LABEL: Final = Look(HEAD, 9, "left", fill="#F2F5F8")

_RESCALED: Final = (
    f"有评分项{words.NOT_APPLICABLE}的部门，基础分＝得分合计÷适用分值×{BASE_TOTAL}，保留两位小数。"
)
_HEADER_ROWS: Final = (2, 3)
_FIRST_ROW: Final = 4
_RANK_COLUMN, _NAME_COLUMN, _SCORES_COLUMN = 0, 1, 2


def from_arguments(arguments: Arguments) -> bytes:
    """`report` (canonical JSON)."""
    return render(reports.from_json(str(arguments["report"])))


def render(report: Report) -> bytes:
    edition = editions.find(report.edition)
    title = f"{report.quarter.label}{TITLE}"
    book = Book(title=title, made_at=report.generated_at)
    _summary(book, report, edition)
    _details(book, report, edition)
    _absent(book, report)
    return book.save()


# ------------------------------------------------------------------ 汇总


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where what stands on 汇总, for an edition's rows."""

    base_rows: int
    bonus_rows: int

    @property
    def base(self) -> int:
        return _SCORES_COLUMN + self.base_rows

    @property
    def mark(self) -> int:
        return self.base + 1

    @property
    def bonus_scores(self) -> int:
        return self.mark + 1

    @property
    def bonus(self) -> int:
        return self.bonus_scores + self.bonus_rows

    @property
    def total(self) -> int:
        return self.bonus + 1

    @property
    def award(self) -> int:
        return self.total + 1

    @property
    def widths(self) -> list[float]:
        """In half-width characters."""
        scores = [8.5] * self.base_rows, [11.0] * self.bonus_rows
        return [7, 24, *scores[0], 9, 5.5, *scores[1], 9, 9, 10]


def _summary(book: Book, report: Report, edition: Edition) -> None:
    columns = _Columns(len(edition.base_indicators), len(edition.bonus_indicators))
    sheet = book.sheet("汇总", widths=columns.widths, header=_HEADER_ROWS)
    sheet.across((0, 0), (0, columns.award), f"{report.quarter.label}{TITLE}", _TITLE)
    sheet.height(0, 30)
    sheet.across((1, 0), (1, columns.award), _source(report), _SOURCE)
    sheet.height(1, 18)
    _summary_header(sheet, columns, edition)
    ranked = [each for each in report.departments if each.rank is not None]
    for number, department in enumerate(ranked):
        award = department.code in report.awards
        _summary_row(sheet, _FIRST_ROW + number, columns, edition, department, award=award)
    end = _FIRST_ROW + len(ranked)
    sheet.freeze(_FIRST_ROW, _SCORES_COLUMN)
    sheet.filter(_HEADER_ROWS[1], max(end - 1, _FIRST_ROW), columns.award + 1)
    row = end + 1
    for label, texts in _notes(report, edition):
        sheet.across((row, 0), (row + len(texts) - 1, 1), label, _LABEL)
        for text in texts:
            sheet.across((row, _SCORES_COLUMN), (row, columns.award), text, _TYPED)
            row += 1


def _source(report: Report) -> str:
    made_at = report.generated_at.astimezone(words.CENTRE_ZONE)
    return (
        f"{CENTRE}　　依据：{report.document}（{report.edition}版）　　"
        f"生成时间：{made_at.year}年{words.moment(made_at)}"
    )


def _summary_header(sheet: Sheet, columns: _Columns, edition: Edition) -> None:
    top, bottom = _HEADER_ROWS
    cap = edition.bonus.cap if edition.bonus else 0
    for column, label in (
        (_RANK_COLUMN, "名次"),
        (_NAME_COLUMN, "部门"),
        (columns.base, f"基础分\n（{BASE_TOTAL}分）"),
        (columns.mark, "折算"),
        (columns.bonus, f"附加分\n（{cap}分）"),
        (columns.total, f"总分\n（{edition.total}分）"),
        (columns.award, AWARD),
    ):
        sheet.across((top, column), (bottom, column), label, _HEADER)
    column = _SCORES_COLUMN
    for category in edition.categories:
        last = column + len(category.indicators) - 1
        label = f"{category.name}\n（{category.points}分）"
        sheet.across((top, column), (top, last), label, _HEADER)
        column = last + 1
    first, last = columns.bonus_scores, columns.bonus - 1
    sheet.across((top, first), (top, last), f"附加分评分项\n（最多{cap}分）", _HEADER)
    for column, row in _score_columns(columns, edition):
        sheet.text(bottom, column, f"{row.name}\n（{row.points}分）", _HEADER)
    sheet.height(top, 28)
    sheet.height(bottom, 54)


def _score_columns(columns: _Columns, edition: Edition) -> Iterator[tuple[int, Indicator]]:
    yield from enumerate(edition.base_indicators, start=_SCORES_COLUMN)
    yield from enumerate(edition.bonus_indicators, start=columns.bonus_scores)


def _summary_row(
    sheet: Sheet,
    row: int,
    columns: _Columns,
    edition: Edition,
    department: DepartmentResult,
    *,
    award: bool,
) -> None:
    fill = _AWARD_FILL if award else ""
    score, sum_, small = (replace(look, fill=fill) for look in (_SCORE, _SUM, _SMALL))
    rank = replace(_SHARED if department.shared else _RANK, fill=fill)
    sheet.count(row, _RANK_COLUMN, department.rank or 0, rank)
    sheet.text(row, _NAME_COLUMN, department.name, replace(_TYPED, fill=fill))
    results = {result.indicator: result for result in department.rows}
    for column, indicator in _score_columns(columns, edition):
        _score(sheet, row, column, results[indicator.id], score)
    base, bonus = _sums(row, columns, edition, department)
    _sum(sheet, row, columns.base, base, department.base or 0, sum_)
    _sum(sheet, row, columns.bonus, bonus, department.bonus or 0, sum_)
    both = [xl_rowcol_to_cell(row, column) for column in (columns.base, columns.bonus)]
    _sum(sheet, row, columns.total, f"={'+'.join(both)}", department.total or 0, sum_)
    sheet.text(row, columns.mark, MARK if department.rescaled else "", small)
    sheet.text(row, columns.award, AWARD if award else "", replace(small, bold=True))


def _score(sheet: Sheet, row: int, column: int, result: RowResult, look: Look) -> None:
    if result.hundredths is None:
        sheet.text(row, column, words.NOT_APPLICABLE, replace(_NONE, fill=look.fill))
    else:
        sheet.points(row, column, result.hundredths, look)


def _sums(
    row: int, columns: _Columns, edition: Edition, department: DepartmentResult
) -> tuple[str, str]:
    """The formulas of base and bonus; empty where they wouldn't give the report's number."""
    given = {result.indicator: result.hundredths or 0 for result in department.rows}
    base = sum(given[each.id] for each in edition.base_indicators)
    bonus = sum(given[each.id] for each in edition.bonus_indicators)
    cap = edition.bonus.cap if edition.bonus else 0
    base_cells = xl_range(row, _SCORES_COLUMN, row, columns.base - 1)
    bonus_cells = xl_range(row, columns.bonus_scores, row, columns.bonus - 1)
    plain = not department.rescaled and base == department.base
    return (
        f"=SUM({base_cells})" if plain else "",
        f"=MIN(SUM({bonus_cells}),{cap})" if min(bonus, cap * ONE) == department.bonus else "",
    )


def _sum(sheet: Sheet, row: int, column: int, formula: str, hundredths: int, look: Look) -> None:
    if formula:
        sheet.formula(row, column, formula, hundredths, look)
    else:
        sheet.points(row, column, hundredths, look)


# ------------------------------------------------------------------ below 汇总


def _notes(report: Report, edition: Edition) -> Iterator[tuple[str, list[str]]]:
    """What the table can't say: a label and its lines, at least one."""
    winners = [report.department(code).name for code in report.awards]
    departments = report.departments
    groups = (
        (AWARD, ["、".join(winners) or "无"]),
        ("同分说明", list(report.ties)),
        ("主任办公会决定", [report.decision] if report.decision else []),
        (
            f"折算（{MARK}）",
            [_RESCALED] if any(each.rescaled for each in departments) else [],
        ),
        (
            f"不能评为{AWARD}",
            [f"{each.name}：{each.ineligible}" for each in departments if each.ineligible],
        ),
        ("不参评", [f"{each.name}：{each.excluded}" for each in departments if each.excluded]),
        ("本中心规定", list(_rules(report, edition))),
        ("咨询", [_contact(each) for each in report.contacts]),
    )
    yield from (group for group in groups if group[1])


def _contact(contact: Contact) -> str:
    return " ".join(filter(None, (contact.section, contact.name, contact.phone)))


def _rules(report: Report, edition: Edition) -> Iterator[str]:
    """The rules that this outcome rests on; procedural ones don't bear on it."""
    for setting in settings.CATALOGUE:
        if setting.key in report.settings and not setting.procedural:
            value = _setting_words(setting, report.settings[setting.key], edition)
            yield f"{setting.words}：{value}"


def _setting_words(setting: Setting[Plain], value: Plain, edition: Edition) -> str:
    """The rule as people read it; steps by row bear the rows' names instead of their ids."""
    if isinstance(value, Mapping):
        names = {row.id: row.name for row in edition.indicators if row.id in value}
        known = {name: value[id_] for id_, name in names.items()}
        # rows of another edition, in an order that equal reports have in common
        value = known | {key: value[key] for key in sorted(value) if key not in names}
    return setting.say(value)


# ------------------------------------------------------------------ 明细, 不参评


_DETAILS: Final = (
    ("名次", 7.0),
    ("部门", 26.0),
    ("方面", 12.0),
    ("评分项", 24.0),
    ("分值", 6.0),
    ("得分", 8.0),
    ("理由", 46.0),
    ("佐证编号", 19.0),
    ("责任科室", 15.0),
    ("考核员", 10.0),
)
_ABSENT: Final = (("部门", 40.0), ("不参评原因", 90.0))


def _details(book: Book, report: Report, edition: Edition) -> None:
    sheet = _list(book, "明细", _DETAILS, f"{report.quarter.label}常驻部门考核得分明细")
    categories = {
        row.id: category.name for category in edition.categories for row in category.indicators
    }
    row = 0
    for number, department in enumerate(report.departments):
        fill = _EVERY_OTHER if number % 2 else ""
        for result in department.rows:
            row += 1
            indicator = edition.indicator(result.indicator)
            _detail_of(sheet, row, department, fill)
            sheet.text(
                row, 2, categories.get(indicator.id, "附加分"), Look(align="center", fill=fill)
            )
            sheet.text(row, 3, indicator.name, Look(fill=fill))
            sheet.count(row, 4, indicator.points, Look(align="center", number="0", fill=fill))
            _score(sheet, row, 5, result, replace(_SCORE, fill=fill))
            _detail_typed(sheet, row, result, fill)
    sheet.freeze(1, 2)
    sheet.filter(0, max(row, 1), len(_DETAILS))


def _detail_of(sheet: Sheet, row: int, department: DepartmentResult, fill: str) -> None:
    """Whose score it is."""
    if department.rank is None:
        sheet.text(row, 0, "不参评", replace(_NONE, fill=fill))
    else:
        look = _SHARED if department.shared else _RANK
        sheet.count(row, 0, department.rank, replace(look, fill=fill))
    sheet.text(row, 1, department.name, replace(_TYPED, fill=fill))


def _detail_typed(sheet: Sheet, row: int, result: RowResult, fill: str) -> None:
    """What was written to the score, and by whom."""
    sheet.text(row, 6, result.reason, replace(_TYPED, fill=fill))
    sheet.text(row, 7, "\n".join(result.evidence), replace(_SMALL, fill=fill))
    sheet.text(row, 8, result.section, replace(_TYPED, fill=fill))
    sheet.text(row, 9, result.scorer, replace(_TYPED, fill=fill))


def _absent(book: Book, report: Report) -> None:
    """Only where there is somebody to name."""
    absent = [each for each in report.departments if each.rank is None]
    if not absent:
        return
    sheet = _list(book, "不参评", _ABSENT, f"{report.quarter.label}不参评部门")
    for row, department in enumerate(absent, start=1):
        sheet.text(row, 0, department.name, _TYPED)
        sheet.text(row, 1, department.excluded, _TYPED)
    sheet.freeze(1, 0)
    sheet.filter(0, len(absent), len(_ABSENT))


def _list(book: Book, name: str, columns: Sequence[tuple[str, float]], title: str) -> Sheet:
    """A sheet whose first row is its header; `columns`: label and width."""
    sheet = book.sheet(name, widths=[width for _, width in columns], header=(0, 0))
    sheet.page_title(title)
    for column, (label, _) in enumerate(columns):
        sheet.text(0, column, label, _HEADER)
    sheet.height(0, 24)
    return sheet
