"""How announced dates may move: in order, never into the past, and later for one department only
than for all.

A quarter's dates are opens ≤ 报送截止 ≤ 补报截止 ≤ 评分截止. Pure values; who may move them, and
who is told, is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import ClassVar, Final

from rubric.errors import UserError
from rubric.quarter import Windows


class Deadline(StrEnum):
    """The value is what a button carries."""

    REPORT = "report"
    SUPPLEMENT = "supplement"
    SCORE = "score"

    @property
    def label(self) -> str:
        return _LABELS[self]

    def of(self, dates: Windows) -> date:
        return {
            Deadline.REPORT: dates.report_until,
            Deadline.SUPPLEMENT: dates.supplement_until,
            Deadline.SCORE: dates.score_until,
        }[self]


_LABELS: Final = {
    Deadline.REPORT: "报送截止",
    Deadline.SUPPLEMENT: "补报截止",
    Deadline.SCORE: "评分截止",
}


@dataclass(eq=False)
class DeadlinePast(UserError):
    """Nobody can keep a deadline that was over before it was announced."""

    code: ClassVar[str] = "deadline.past"
    what: str
    day: date
    today: date


@dataclass(eq=False)
class DeadlineSame(UserError):
    code: ClassVar[str] = "deadline.same"
    what: str
    day: date


@dataclass(eq=False)
class DeadlinesDisordered(UserError):
    """`what` on `day` would lie on the wrong side of `other`, which is on `other_day`."""

    code: ClassVar[str] = "deadline.disordered"
    what: str
    day: date
    other: str
    other_day: date
    after: bool


@dataclass(eq=False)
class ExtensionNeedless(UserError):
    """An extension must be later than what all have."""

    code: ClassVar[str] = "deadline.extension_needless"
    what: str
    day: date
    own: date


def move_deadline(dates: Windows, which: Deadline, day: date, *, today: date) -> Windows:
    """The dates with one of them moved. Raises DeadlinePast, DeadlineSame, DeadlinesDisordered."""
    if day < today:
        raise DeadlinePast(which.label, day, today)
    if day == which.of(dates):
        raise DeadlineSame(which.label, day)
    for other, other_day in _before(dates, which):
        if day < other_day:
            raise DeadlinesDisordered(which.label, day, other, other_day, after=False)
    for other, other_day in _behind(dates, which):
        if day > other_day:
            raise DeadlinesDisordered(which.label, day, other, other_day, after=True)
    return _with(dates, which, day)


def extend(dates: Windows, own: Windows, which: Deadline, day: date, *, today: date) -> Windows:
    """One department's dates with 报送截止 or 补报截止 put off; `dates` are the quarter's, `own`
    what the department has by now. A 报送截止 behind the 补报截止 takes that along.

    Raises DeadlinePast, DeadlineSame, ExtensionNeedless, and DeadlinesDisordered behind 评分截止.
    """
    if day < today:
        raise DeadlinePast(which.label, day, today)
    if day == which.of(own):
        raise DeadlineSame(which.label, day)
    if day <= which.of(dates):
        raise ExtensionNeedless(which.label, day, which.of(dates))
    if which is Deadline.SUPPLEMENT and day < own.report_until:
        label = Deadline.REPORT.label
        raise DeadlinesDisordered(which.label, day, label, own.report_until, after=False)
    if day > dates.score_until:
        label = Deadline.SCORE.label
        raise DeadlinesDisordered(which.label, day, label, dates.score_until, after=True)
    found = _with(own, which, day)
    return replace(found, supplement_until=max(found.supplement_until, found.report_until))


def differences(before: Windows, after: Windows) -> tuple[tuple[Deadline, date, date], ...]:
    """Which dates differ, with what they were and what they are."""
    return tuple(
        (each, each.of(before), each.of(after))
        for each in Deadline
        if each.of(before) != each.of(after)
    )


def _before(dates: Windows, which: Deadline) -> list[tuple[str, date]]:
    order = list(Deadline)
    earlier = [(each.label, each.of(dates)) for each in order[: order.index(which)]]
    return [("季度开始", dates.opens), *earlier]


def _behind(dates: Windows, which: Deadline) -> list[tuple[str, date]]:
    order = list(Deadline)
    return [(each.label, each.of(dates)) for each in order[order.index(which) + 1 :]]


def _with(dates: Windows, which: Deadline, day: date) -> Windows:
    if which is Deadline.REPORT:
        return replace(dates, report_until=day)
    if which is Deadline.SUPPLEMENT:
        return replace(dates, supplement_until=day)
    return replace(dates, score_until=day)
