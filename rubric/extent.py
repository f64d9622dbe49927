"""How much of an outcome is public, and to whom: 本中心规定, the notice is silent.

All places, the first so many, or the 先进集体 alone; to everyone, or in full to departments and
sections only, and then everyone else hears of the 先进集体. What a department earned itself it
always sees; its place only where that is public.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rubric.edition import Edition
from rubric.ranking import tie_sentences
from rubric.recount import places_of
from rubric.report import DepartmentResult, Report
from rubric.settings import (
    PUBLICATION_AUDIENCE,
    PUBLICATION_EXTENT,
    PUBLICATION_FIRST,
    Plain,
)

ALL: Final = "all"
FIRST: Final = "first"
AWARDS: Final = "awards"
ASK: Final = "ask"


@dataclass(frozen=True, slots=True)
class Extent:
    """`kind` ALL, FIRST or AWARDS; `first` counts for FIRST only. `insiders`: members, auditors
    and groups get the 先进集体 alone."""

    kind: str
    first: int = 0
    insiders: bool = False

    def for_outsiders(self) -> Extent:
        """What those get who belong neither to a department's reporting nor to a section."""
        return Extent(AWARDS) if self.insiders else self

    def shows(self, department: DepartmentResult) -> bool:
        """Whether the department's place is public."""
        if department.rank is None:
            return self.kind == ALL
        return self.kind == ALL or (self.kind == FIRST and department.rank <= self.first)


def extent_of(values: Mapping[str, Plain]) -> Extent | None:
    """By the settings; None while nobody has said."""
    kind = PUBLICATION_EXTENT.of(values)
    if kind == ASK:
        return None
    first = PUBLICATION_FIRST.of(values) if kind == FIRST else 0
    return Extent(kind, first, PUBLICATION_AUDIENCE.of(values) != "everyone")


def published_extent(report: Report) -> Extent:
    """As the report was released; reports from before this was asked show all places."""
    return extent_of(report.settings) or Extent(ALL)


def shown_departments(report: Report, extent: Extent) -> tuple[DepartmentResult, ...]:
    """Those whose places are public, by rank; with ALL also those that are 不参评."""
    return tuple(each for each in report.departments if extent.shows(each))


def shown_ties(report: Report, extent: Extent, edition: Edition) -> tuple[str, ...]:
    """Ties among what is public, in words: nobody else's name or total is in them."""
    if extent.kind == ALL:
        return report.ties
    public = {each.code for each in shown_departments(report, extent)}
    return tie_sentences(
        [each for each in places_of(report, edition) if each.entry.code in public]
    )


def shown_awards(report: Report, extent: Extent) -> tuple[str, ...]:
    """Short names of the 先进集体: by rank where their places are public, else by code, which says
    nothing of their order."""
    codes = report.awards
    if not all(extent.shows(report.department(code)) for code in codes):
        codes = tuple(sorted(codes))
    return tuple(report.department(code).short_name for code in codes)
