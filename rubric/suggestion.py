"""What the rows of a quarter suggest by themselves: a proposal with its reasons, never a score.

本中心规定, the notice leaves it open: an item of 信息录用 counts by the highest level that took it
up, the sum up to the row's points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from rubric.edition import Indicator
from rubric.scoring import ONE
from rubric.settings import NEWS_CENTRE, NEWS_CITY, NEWS_DISTRICT, NEWS_OTHER, Plain

NEWS_ROW: Final = "bonus_news"
# the highest first, as the sum is told
_LEVELS: Final = (
    ("city", NEWS_CITY),
    ("district", NEWS_DISTRICT),
    ("centre", NEWS_CENTRE),
    ("other", NEWS_OTHER),
)


@dataclass(frozen=True, slots=True)
class Part:
    """So many items of one level, each worth `each` hundredths; None: the centre set nothing."""

    level: str
    count: int
    each: int | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`hundredths` is at most the row's points; `capped` says that there would be more."""

    hundredths: int
    parts: tuple[Part, ...]
    capped: bool


def highest(levels: Iterable[str]) -> str:
    """Of several levels that took up the same, the one that counts; 'other' is below the named."""
    order = [level for level, _ in _LEVELS]
    return min(levels, key=order.index)


def suggest(
    row: Indicator, levels: Iterable[str], *, values: Mapping[str, Plain]
) -> Suggestion | None:
    """From the levels of the accepted items, by the quarter's settings; None where the row
    suggests nothing: another row, or no item."""
    counted = Counter(levels)
    if row.id != NEWS_ROW or not counted:
        return None
    parts = tuple(
        Part(level, counted[level], worth.of(values)) for level, worth in _LEVELS if counted[level]
    )
    whole = sum(part.count * (part.each or 0) for part in parts)
    most = row.points * ONE
    return Suggestion(min(whole, most), parts, capped=whole > most)
