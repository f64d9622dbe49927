"""考核结果图: the published order as a PNG that is read on a phone without opening a file.

Shows what is public and nothing else: of departments whose places aren't, no name, no number and
no tie. Forty departments stand in one picture; `pages` says how many pictures there are.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rubric import edition as editions
from rubric import report as reports
from rubric.edition import BASE_TOTAL, Edition
from rubric.extent import ALL, AWARDS, FIRST, Extent, shown_awards, shown_departments, shown_ties
from rubric.report import DepartmentResult, Report
from rubric.scoring import ONE, in_words
from templates import words
from templates.documents import Arguments
from templates.glyphs import drawable
from templates.typesetting import typeset

CENTRE: Final = "宝山区行政服务中心"
TITLE: Final = "常驻部门季度考核结果"
MARK: Final = "*"
IN_ONE: Final = 40

# what stands in a picture is cut here, so that it stays within what messengers take
_LONGEST_NAME: Final = 48
_LONGEST_NOTE: Final = 160
_MOST_NOTES: Final = 20
# points between two marks of the axis, and of the lowest base that are shown at least
_STEP: Final = 20
_MARGIN: Final = 10


def from_arguments(arguments: Arguments) -> bytes:
    """`report` (canonical JSON); `extent` (all, first, awards), with `first` as number; `page`
    from 1, the first if it isn't named."""
    report = reports.from_json(str(arguments["report"]))
    extent = Extent(str(arguments["extent"]), int(arguments.get("first", 0)))
    return render(report, extent, page=int(arguments.get("page", 1)))


def render(report: Report, extent: Extent, *, page: int = 1) -> bytes:
    """ValueError for a page that there isn't."""
    return typeset("ranking_picture", {"data": data(report, extent, page=page)}, form="png")


def pages(report: Report, extent: Extent) -> int:
    """How many pictures the public part of the order takes, at least one."""
    return max(1, math.ceil(len(_ranked(report, extent)) / IN_ONE))


def data(report: Report, extent: Extent, *, page: int = 1) -> str:
    """All that stands in the picture, as JSON; see ranking_picture.typ."""
    last = pages(report, extent)
    if not 1 <= page <= last:
        raise ValueError(f"no page {page} of {last}")
    edition = editions.find(report.edition)
    ranked = _ranked(report, extent)
    rows = ranked[(page - 1) * IN_ONE : page * IN_ONE]
    notes = list(_footnotes(report, rows))
    if page == last:
        notes += _notes(report, extent, edition)
    return json.dumps(
        {
            "title": TITLE,
            "quarter": report.quarter.label,
            "subtitle": " · ".join(_subtitle(edition, extent, ranked)),
            "page": f"第{page}张，共{last}张" if last > 1 else "",
            "awards": [_name(each) for each in shown_awards(report, extent)],
            "unordered": extent.kind == AWARDS,
            "rows": [_row(report, each) for each in rows],
            "axis": _axis(edition, ranked),
            "notes": [_note(note) for note in notes],
            "source": _source(report),
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def _ranked(report: Report, extent: Extent) -> list[DepartmentResult]:
    return [each for each in shown_departments(report, extent) if each.rank is not None]


def _name(short_name: str) -> str:
    return words.shorten(drawable(short_name), _LONGEST_NAME)


def _note(sentence: str) -> str:
    return words.shorten(drawable(sentence), _LONGEST_NOTE)


def _subtitle(
    edition: Edition, extent: Extent, ranked: Sequence[DepartmentResult]
) -> Iterator[str]:
    yield CENTRE
    if extent.kind == ALL:
        yield f"{len(ranked)}个部门参评"
    if extent.kind == FIRST:
        yield f"公布前{extent.first}名"
    if extent.kind != AWARDS:
        yield f"满分{edition.total}分"


def _row(report: Report, department: DepartmentResult) -> Mapping[str, object]:
    base, bonus = department.base or 0, department.bonus or 0
    return {
        "rank": department.rank,
        "shared": department.shared,
        "name": _name(department.short_name),
        "award": department.code in report.awards,
        "base": base / ONE,
        "bonus": bonus / ONE,
        "base_words": in_words(base) + (MARK if department.rescaled else ""),
        "bonus_words": f"+{in_words(bonus)}" if bonus else "",
        "total_words": in_words(department.total or 0),
    }


def _axis(edition: Edition, ranked: Sequence[DepartmentResult]) -> Mapping[str, int]:
    """Where the bars start and end, in points: on a mark, below every base with a margin, and the
    same in all pictures of one outcome."""
    lowest = min((each.base or 0 for each in ranked), default=0) // ONE
    start = max(0, (lowest - _MARGIN) // _STEP * _STEP)
    return {"start": start, "end": edition.total, "base": BASE_TOTAL, "step": _STEP}


def _footnotes(report: Report, rows: Sequence[DepartmentResult]) -> Iterator[str]:
    """What the signs beside these rows mean."""
    if any(each.rescaled for each in rows):
        yield f"{MARK} 有评分项{words.NOT_APPLICABLE}，基础分按适用分值折算（保留两位小数）。"


def _notes(report: Report, extent: Extent, edition: Edition) -> Iterator[str]:
    ties = shown_ties(report, extent, edition)
    for sentence in ties[:_MOST_NOTES]:
        yield f"同分：{sentence}。"
    if len(ties) > _MOST_NOTES:
        yield f"同分共{len(ties)}处，其余从略。"
    if report.decision and all(extent.shows(report.department(code)) for code in report.awards):
        yield f"并列名额由主任办公会决定：{report.decision}"
    absent = [each for each in shown_departments(report, extent) if each.rank is None]
    for each in absent[:_MOST_NOTES]:
        yield f"不参评：{_name(each.short_name)}，{each.excluded}。"
    if len(absent) > _MOST_NOTES:
        yield f"不参评共{len(absent)}个部门，其余从略。"


def _source(report: Report) -> str:
    day = report.generated_at.astimezone(words.CENTRE_ZONE)
    return f"依据：{report.document}　{day.year}年{day.month}月{day.day}日"
