"""One score and what it adds up to, exact to the hundredth.

A score is a whole number of hundredths of a point wherever it is stored or passed on; inside
the rules fractions are exact; rounded, half up to the hundredth, are only a rescaled base and
the mean over a cell's seats. Only here is anything capped or rescaled. 未评 (no score) is never 0.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar, Final

from rubric.edition import BASE_TOTAL, Edition, Indicator
from rubric.errors import UserError, shown

ONE: Final = 100
"""One point in hundredths."""

_TWO_NUMBERS: Final = re.compile(r"\d\s+\d")
_NUMBER: Final = re.compile(r"([+-]?[0-9]{1,9}(?:\.[0-9]{1,9})?)分?")


@dataclass(eq=False)
class ScoreUnreadable(UserError):
    """Not a number."""

    code: ClassVar[str] = "score.unreadable"
    typed: str
    row: str
    points: int


@dataclass(eq=False)
class ScoreOutOfRange(UserError):
    """Below 0 or above the row's points."""

    code: ClassVar[str] = "score.out_of_range"
    typed: str
    row: str
    points: int


@dataclass(eq=False)
class ScoreOffStep(UserError):
    """Between two legal values, `below` and `above`; all three as people write them."""

    code: ClassVar[str] = "score.off_step"
    typed: str
    row: str
    step: str
    below: str
    above: str


@dataclass(eq=False)
class ReasonMissing(UserError):
    """A base score below full marks, a bonus without evidence, or 不涉及 (`score` is empty)."""

    code: ClassVar[str] = "score.reason_missing"
    row: str
    bonus: bool
    score: str


@dataclass(eq=False)
class BonusNotApplicable(UserError):
    """不涉及 is for base rows only; a bonus row has 0 instead."""

    code: ClassVar[str] = "score.bonus_not_applicable"
    row: str


@dataclass(eq=False)
class CellsMissing(UserError):
    """Rows that are 未评, by name in the order of the form."""

    code: ClassVar[str] = "score.cells_missing"
    rows: tuple[str, ...]


# ------------------------------------------------------------------ hundredths


def to_decimal(hundredths: int) -> Decimal:
    """850 is 8.50; exact, two places."""
    return Decimal(hundredths).scaleb(-2)


def to_hundredths(points: Decimal) -> int:
    """8.5 is 850; ValueError for what no hundredth can hold."""
    # not by Decimal's own means: they round in silence beyond 28 digits
    hundredths = Fraction(points) * ONE
    if hundredths.denominator != 1:
        raise ValueError(f"{points} has more than two decimals")
    return int(hundredths)


def in_words(hundredths: int) -> str:
    """As people write it: 8.5, 92, 66.67."""
    whole = f"{to_decimal(hundredths):f}"
    return whole.rstrip("0").rstrip(".")


def _half_up(hundredths: Fraction) -> int:
    return math.floor(hundredths + Fraction(1, 2))


# ------------------------------------------------------------------ one score


@dataclass(frozen=True, slots=True)
class Score:
    """`hundredths` None is 不涉及."""

    hundredths: int | None
    reason: str = ""

    @property
    def not_applicable(self) -> bool:
        return self.hundredths is None


def parse_score(typed: str, indicator: Indicator, *, step: int) -> int:
    """Hundredths from what a person typed: 8.5, ８．５, 8分, 8,5, 8。5.

    `step` is in hundredths (50 is half a point). Raises ScoreUnreadable, ScoreOutOfRange,
    ScoreOffStep.
    """
    # ² and ① would become digits beside others, 1 5 one number
    odd = any(char.isdigit() and not char.isdecimal() for char in typed)
    unclear = len(typed) > 40 or odd or _TWO_NUMBERS.search(typed)
    text = unicodedata.normalize("NFKC", "" if unclear else typed)
    match = _NUMBER.fullmatch("".join(text.split()).translate(str.maketrans(",。", "..")))
    if match is None:
        raise ScoreUnreadable(typed=shown(typed), row=indicator.name, points=indicator.points)
    points = Decimal(match[1])
    if not 0 <= points <= indicator.points:
        raise ScoreOutOfRange(typed=shown(typed), row=indicator.name, points=indicator.points)
    steps, off = divmod(points * ONE, step)
    if off:
        below = int(steps) * step
        raise ScoreOffStep(
            typed=shown(typed),
            row=indicator.name,
            step=in_words(step),
            below=in_words(below),
            above=in_words(min(below + step, indicator.points * ONE)),
        )
    return int(points * ONE)


def legal_values(indicator: Indicator, *, step: int) -> tuple[int, ...]:
    """Every value a row may have, in hundredths, 0 first; `step` in hundredths."""
    return tuple(range(0, indicator.points * ONE + 1, step))


def check_score(indicator: Indicator, score: Score, *, accepted_evidence: bool = False) -> None:
    """Refuse 不涉及 for a bonus row, and a score that needs a reason and has none.

    `accepted_evidence`: the department has at least one accepted item in this row.
    """
    if score.hundredths is None:
        if indicator.bonus:
            raise BonusNotApplicable(row=indicator.name)
        if not score.reason.strip():
            raise ReasonMissing(row=indicator.name, bonus=False, score="")
    elif not score.reason.strip() and needs_reason(
        indicator, score.hundredths, accepted_evidence=accepted_evidence
    ):
        raise ReasonMissing(
            row=indicator.name, bonus=indicator.bonus, score=in_words(score.hundredths)
        )


def needs_reason(indicator: Indicator, hundredths: int, *, accepted_evidence: bool) -> bool:
    """A base score below full marks; a bonus above 0 that rests on no accepted evidence."""
    if indicator.bonus:
        return hundredths > 0 and not accepted_evidence
    return hundredths < indicator.points * ONE


def combine_seats(seats: Sequence[Score | None]) -> Score | None:
    """A cell's score from its seats, the owner section's first; None while one is 未评.

    不涉及 is the owner's to say and then holds for the cell. Otherwise the mean over the
    seats, half up; the reasons in order, equal ones once.
    """
    given = [seat for seat in seats if seat is not None]
    if not seats or len(given) < len(seats):
        return None
    if given[0].hundredths is None:
        return given[0]
    numbers = [(seat.hundredths, seat.reason) for seat in given if seat.hundredths is not None]
    reasons = dict.fromkeys(reason for _, reason in numbers if reason)
    mean = Fraction(sum(value for value, _ in numbers), len(numbers))
    return Score(_half_up(mean), "；".join(reasons))


# ------------------------------------------------------------------ sums


@dataclass(frozen=True, slots=True)
class CategorySum:
    """What one category earned, in hundredths, of its applicable whole points (0: 不涉及)."""

    name: str
    earned: int
    applicable: int


@dataclass(frozen=True, slots=True)
class Totals:
    """One department's sums in hundredths. No applicable base row at all: 不参评, no sums.

    `rescaled` puts an asterisk on the base; `capped` says that a cap took bonus points away.
    """

    base: int | None
    bonus: int
    categories: tuple[CategorySum, ...]
    rescaled: bool
    capped: bool

    @property
    def total(self) -> int | None:
        return None if self.base is None else self.base + self.bonus

    @property
    def share(self) -> Fraction:
        """The base's exact share of its applicable points, 0 … 1; 0 where none applies."""
        return _share(
            sum(category.earned for category in self.categories),
            sum(category.applicable for category in self.categories),
        )

    def category_share(self, category: CategorySum) -> Fraction:
        """A category wholly 不涉及 counts as the base's share."""
        if not category.applicable:
            return self.share
        return _share(category.earned, category.applicable)


def missing(edition: Edition, scores: Mapping[str, Score]) -> tuple[Indicator, ...]:
    """The rows that are 未评; `scores` by indicator id."""
    return tuple(row for row in edition.indicators if row.id not in scores)


def aggregate(edition: Edition, scores: Mapping[str, Score]) -> Totals:
    """A department's sums from all its rows; `scores` by indicator id.

    Raises CellsMissing while a row is 未评. ValueError for ids that are no rows, for values
    outside a base row, below 0, or 不涉及 in the bonus: these never get past `check_score`.
    """
    if absent := missing(edition, scores):
        raise CellsMissing(rows=tuple(row.name for row in absent))
    if len(scores) > len(edition.indicators) or edition.bonus is None:
        raise ValueError(f"{sorted(scores)} are not the rows of {edition.id}")
    categories = tuple(
        _category_sum(category.name, category.indicators, scores)
        for category in edition.categories
    )
    applicable = sum(category.applicable for category in categories)
    earned = sum(category.earned for category in categories)
    raw = [_bonus_value(row, scores[row.id]) for row in edition.bonus.indicators]
    within = [
        min(value, row.points * ONE)
        for value, row in zip(raw, edition.bonus.indicators, strict=True)
    ]
    bonus = min(sum(within), edition.bonus.cap * ONE)
    return Totals(
        base=_half_up(Fraction(earned * BASE_TOTAL, applicable)) if applicable else None,
        bonus=bonus,
        categories=categories,
        rescaled=0 < applicable < BASE_TOTAL,
        capped=bonus < sum(raw),
    )


def _category_sum(
    name: str, rows: Sequence[Indicator], scores: Mapping[str, Score]
) -> CategorySum:
    earned = applicable = 0
    for row in rows:
        value = scores[row.id].hundredths
        if value is None:
            continue
        if not 0 <= value <= row.points * ONE:
            raise ValueError(f"{value} hundredths in {row.id}")
        earned += value
        applicable += row.points
    return CategorySum(name=name, earned=earned, applicable=applicable)


def _bonus_value(row: Indicator, score: Score) -> int:
    if score.hundredths is None or score.hundredths < 0:
        raise ValueError(f"{score.hundredths} hundredths in {row.id}")
    return score.hundredths


def _share(earned: int, applicable: int) -> Fraction:
    return Fraction(earned, applicable * ONE) if applicable else Fraction(0)
