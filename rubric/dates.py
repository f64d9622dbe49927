"""Dates as people type them, read by fixed rules and always echoed in full.

Nothing is guessed in silence. Every reading is relative to `today`:

- 今天, 昨天, 前天, 大前天.
- 周五 (星期五, 礼拜五): the latest Friday up to today. 本周五 and 上周五 name the calendar week,
  Monday to Sunday: 上周五 is the Friday of the week before this one.
- 3号, 3日: the latest 3rd up to today, in a month that has that day. 本月3号, 上月3号 name it.
- 11月3日, 11.3, 11-3, 11/3: the 3 November nearest to today. So 12.28 read in January is
  last December's, and tomorrow's date is the future, never a year ago.
- 2026年11月3日, 2026.11.3, 2026-11-03, 2026/11/3, 20261103: as written; years 20xx only.

What lies ahead, as of a leave, is read by `parse_ahead`: 周五 and 3号 are then the next ones, and
下月3号 is known; a month and a day are the next ones, or those of the past month.

Full-width characters, spaces and a weekday behind the date (as in the echo) are read too; a
weekday that contradicts the date makes it impossible.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final

from rubric.errors import UserError, shown

_WEEKDAYS: Final = "一二三四五六日"
_WORDS: Final = {
    "今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2, "前日": 2, "大前天": 3,
    "明天": -1, "明日": -1, "后天": -2,
}  # fmt: skip
_WEEKS: Final = {"上上": 2, "上": 1, "本": 0, "这": 0, "下": -1}
_WEEKDAY: Final = re.compile(r"(上上|上|本|这|下)?个?(?:周|星期|礼拜)([一二三四五六日天])")
_DAY: Final = re.compile(r"(?:(本|上|下)个?月)?([0-9]{1,2})[号日]")
_MONTH_DAY: Final = re.compile(r"([0-9]{1,2})(?:月([0-9]{1,2})[号日]?|[./-]([0-9]{1,2}))")
_FULL: Final = re.compile(
    r"(20[0-9]{2})(?:年([0-9]{1,2})月([0-9]{1,2})[号日]?"
    r"|([./-])([0-9]{1,2})\4([0-9]{1,2})|([0-9]{2})([0-9]{2}))"
)
_TAIL: Final = re.compile(r"(.+[^上本这下个(])[(]?(?:周|星期|礼拜)([一二三四五六日天])[)]?")
_LONGEST: Final = 40


@dataclass(eq=False)
class DateUnreadable(UserError):
    """No form of a date that is understood."""

    code: ClassVar[str] = "date.unreadable"
    typed: str


@dataclass(eq=False)
class DateImpossible(UserError):
    """A form that is understood, of a day that doesn't exist: 2月30日, 32号."""

    code: ClassVar[str] = "date.impossible"
    typed: str


@dataclass(eq=False)
class DateInFuture(UserError):
    code: ClassVar[str] = "date.future"
    day: date
    today: date


def echo(day: date) -> str:
    """2026年11月3日（星期二）: how every date that was read is said back."""
    return f"{day.year}年{day.month}月{day.day}日（星期{_WEEKDAYS[day.weekday()]}）"


def parse(typed: str, *, today: date) -> date:
    """The day that is meant, by the rules above; never after `today`."""
    day = _read(typed, today, _resolve)
    if day > today:
        raise DateInFuture(day=day, today=today)
    return day


def parse_ahead(typed: str, *, today: date) -> date:
    """The day that is meant by somebody who looks ahead from `today`."""
    return _read(typed, today, _resolve_ahead)


def _read(typed: str, today: date, resolve: Callable[[str, date], date | None]) -> date:
    # Cut short, a long text could become a date that nobody typed.
    text = _plain(typed) if len(typed) <= _LONGEST else ""
    weekday = None
    if tail := _TAIL.fullmatch(text):
        text, weekday = tail[1], _weekday(tail[2])
    try:
        day = resolve(text, today)
    except ValueError as error:
        raise DateImpossible(typed=shown(typed)) from error
    if day is None:
        raise DateUnreadable(typed=shown(typed))
    if weekday is not None and weekday != day.weekday():
        raise DateImpossible(typed=shown(typed))
    return day


def _plain(typed: str) -> str:
    text = "".join(unicodedata.normalize("NFKC", typed).split())
    return text.translate(str.maketrans("。–—−", ".---"))


def _weekday(numeral: str) -> int:
    return 6 if numeral == "天" else _WEEKDAYS.index(numeral)


def _resolve(text: str, today: date) -> date | None:
    """None for a form that is not understood, ValueError for a day that doesn't exist."""
    if text in _WORDS:
        return today - timedelta(days=_WORDS[text])
    if match := _WEEKDAY.fullmatch(text):
        return _of_week(match[1], _weekday(match[2]), today)
    if match := _DAY.fullmatch(text):
        return _of_month(match[1], int(match[2]), today)
    if match := _MONTH_DAY.fullmatch(text):
        return _nearest(int(match[1]), int(match[2] or match[3]), today)
    if match := _FULL.fullmatch(text):
        month, day = match[2] or match[5] or match[7], match[3] or match[6] or match[8]
        return date(int(match[1]), int(month), int(day))
    return None


def _resolve_ahead(text: str, today: date) -> date | None:
    """As `_resolve`, but what names no week, month or year is the next one."""
    if (match := _WEEKDAY.fullmatch(text)) and match[1] is None:
        return today + timedelta(days=(_weekday(match[2]) - today.weekday()) % 7)
    if (match := _DAY.fullmatch(text)) and match[1] is None:
        number = int(match[2])
        for n in range(62):
            day = today + timedelta(days=n)
            if day.day == number:
                return day
        raise ValueError(number)
    if match := _MONTH_DAY.fullmatch(text):
        return _next(int(match[1]), int(match[2] or match[3]), today)
    return _resolve(text, today)


def _next(month: int, day: int, today: date) -> date:
    """The first one from a month ago on; a leap day may be years ahead."""
    for year in range(today.year - 1, today.year + 9):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today - timedelta(days=31):
            return found
    raise ValueError(month)


def _of_week(which: str | None, weekday: int, today: date) -> date:
    if which is None:
        return today - timedelta(days=(today.weekday() - weekday) % 7)
    monday = today - timedelta(days=today.weekday() + 7 * _WEEKS[which])
    return monday + timedelta(days=weekday)


def _of_month(which: str | None, number: int, today: date) -> date:
    first = today.replace(day=1)
    if which is not None:
        months = {"上": first - timedelta(days=1), "本": first, "下": first + timedelta(days=31)}
        return months[which].replace(day=number)
    # Of two months in a row one has 31 days, so 62 days hold every number there is.
    for n in range(62):
        day = today - timedelta(days=n)
        if day.day == number:
            return day
    raise ValueError(number)


def _nearest(month: int, day: int, today: date) -> date:
    candidates = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            candidates.append(date(year, month, day))
        except ValueError:
            continue
    return min(candidates, key=lambda candidate: abs(candidate - today))
