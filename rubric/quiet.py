"""免打扰: from when to when a person is not to be disturbed, as people write it.

Both are minutes after midnight; the second may lie before the first, then it is the next day's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final
from unicodedata import normalize

from rubric.errors import UserError, shown

DAY: Final = 24 * 60
_TIME: Final = (
    r"(?:次日|第二天|当日)?(?P<{0}_when>凌晨|早上|早|上午|中午|下午|晚上|晚)?"
    r"(?P<{0}_hour>\d{{1,2}})(?:[:点时.](?:(?P<{0}_half>半)|(?P<{0}_minute>\d{{1,2}})分?)?)?"
)
_HOURS: Final = re.compile(
    rf"(?:每天|每晚)?从?{_TIME.format('from')}(?:[-‐‑–—~～至到]|--|——){_TIME.format('to')}",
    re.ASCII,
)
# added to an hour that is said with such a word: 晚上10点, 中午1点, 晚上12点
_SAID: Final = (
    ({"下午", "晚上", "晚"}, range(1, 12), 12),
    ({"中午"}, range(1, 3), 12),
    ({"凌晨", "晚上", "晚"}, range(12, 13), -12),
)


@dataclass(eq=False)
class HoursUnreadable(UserError):
    """No two times of day, or twice the same."""

    code: ClassVar[str] = "quiet.unreadable"
    typed: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """From the first minute to before the second."""

    first: int
    until: int

    def __post_init__(self) -> None:
        if not (0 <= self.first < DAY and 0 <= self.until < DAY) or self.first == self.until:
            raise ValueError("no hours of a day")

    def __str__(self) -> str:
        """22:00至次日7:00."""
        overnight = "次日" if self.until < self.first and self.until else ""
        until = self.until or DAY if self.first else self.until
        return f"{_clock(self.first)}至{overnight}{_clock(until)}"


def parse_hours(typed: str) -> Quiet:
    """22:00-7:00, 22-7, 晚上10点至早上7点半. Raises HoursUnreadable."""
    text = "".join(normalize("NFKC", typed).split())
    found = _HOURS.fullmatch(text)
    first, until = (_minutes(found, "from"), _minutes(found, "to")) if found else (None, None)
    if first is None or until is None or first == until:
        raise HoursUnreadable(shown(typed))
    return Quiet(first, until)


def _minutes(found: re.Match[str], end: str) -> int | None:
    """None for a time that no clock shows; 24:00 is 0:00."""
    hour, minute = int(found[f"{end}_hour"]), int(found[f"{end}_minute"] or 0)
    if found[f"{end}_half"]:
        minute = 30
    said = found[f"{end}_when"]
    hour += sum(more for words, hours, more in _SAID if said in words and hour in hours)
    minutes = hour * 60 + minute
    return minutes % DAY if minute < 60 and minutes <= DAY else None


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
