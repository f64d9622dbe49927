"""Whom an office with a paper calendar would have reminded of what, worked out day by day.

Written from the rules in words, with a calendar of its own and without a line of the program: what
the program did in a simulated year is compared with this. A reminder is a set of claims, as
tuples; `tests.e2e.year_told` reads the same from the messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

DAY = timedelta(days=1)
Claim = tuple[object, ...]


def _span(*parts: tuple[int, int, int]) -> set[date]:
    """Days of 2026: month, first, last."""
    return {date(2026, month, day) for month, a, b in parts for day in range(a, b + 1)}


# 国务院办公厅关于2026年部分节假日安排的通知
OFF_2026 = _span(
    (1, 1, 3), (2, 15, 23), (4, 4, 6), (5, 1, 5), (6, 19, 21), (9, 25, 27), (10, 1, 7)
)
WORKED_2026 = _span((1, 4, 4), (2, 14, 14), (2, 28, 28), (5, 9, 9), (9, 20, 20), (10, 10, 10))
# no plan yet: the days fixed by law, as far as this year goes
OFF_2027 = {date(2027, 1, 1), *(date(2027, 2, day) for day in (5, 6, 7, 8)), date(2027, 4, 5)}


def works(day: date) -> bool:
    if day in WORKED_2026:
        return True
    return day.weekday() < 5 and day not in OFF_2026 | OFF_2027


def after(day: date, n: int) -> date:
    """The n-th working day after a day that doesn't count."""
    while n:
        day += DAY
        n -= works(day)
    return day


def before(day: date, n: int) -> date:
    while n:
        day -= DAY
        n -= works(day)
    return day


@dataclass(frozen=True)
class Quarter:
    year: int
    number: int

    @property
    def code(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def words(self) -> str:
        return f"{self.year}年第{'一二三四'[self.number - 1]}季度"

    @property
    def first(self) -> date:
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def last(self) -> date:
        return self.next().first - DAY

    def next(self) -> Quarter:
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def report_until(self) -> date:
        return after(self.last, 3)

    @property
    def supplement_until(self) -> date:
        return after(self.last, 5)

    @property
    def score_until(self) -> date:
        return after(self.last, 12)

    def workday(self, n: int) -> date:
        """The n-th working day of the quarter."""
        return after(self.first - DAY, n)


FIRST = Quarter(2026, 1)


@dataclass(eq=False)
class Item:
    department: str
    quarter: Quarter
    receipt: str
    submitted: date
    state: str = "submitted"
    came_back: date = date.min
    until: date = date.min


@dataclass
class Department:
    """`liaison` '' has none; one who isn't `linked` can't be reached."""

    name: str
    liaison: str
    linked: bool = True


@dataclass
class Office:
    """The year's facts as they become known, and the reminders that follow from them."""

    departments: list[Department]
    rows: dict[str, int]  # evaluator -> rows of the section
    reviewer: str  # the evaluator whose section owns the row that everything is reported to
    admins: list[str]
    director: str
    items: list[Item] = field(default_factory=list)
    drafts: set[tuple[str, Quarter]] = field(default_factory=set)
    nothing: set[tuple[str, Quarter]] = field(default_factory=set)
    later: dict[tuple[str, Quarter], tuple[date, date]] = field(default_factory=dict)
    scored: set[Quarter] = field(default_factory=set)
    proposed: dict[Quarter, date] = field(default_factory=dict)
    released: set[Quarter] = field(default_factory=set)
    expected: dict[tuple[str, date], set[Claim]] = field(default_factory=dict)
    _told: dict[tuple[object, ...], date] = field(default_factory=dict)
    _looked: date = date.min

    # ------------------------------------------------------------ a look

    def look(self, today: date) -> None:
        """At a moment of this day's working hours, if it is a working day at all. Once looked at,
        a day is not looked at again until another was."""
        if not works(today) or self._looked == today:
            return
        self._looked = today
        self._expire(today)
        found: dict[str, list[tuple[Claim, list[tuple[object, ...]]]]] = {}
        for quarter in self._in_hand(today):
            for person, claim, keys in self._of(quarter, today):
                found.setdefault(person, []).append((claim, keys))
        for person, claim, keys in self._plan(today):
            found.setdefault(person, []).append((claim, keys))
        for person, matters in found.items():
            if (person, today) in self.expected:
                continue  # one message a person a day
            self.expected[person, today] = {claim for claim, _ in matters}
            for _, keys in matters:
                for key in keys:
                    self._told[key] = today

    def _expire(self, today: date) -> None:
        for item in self.items:
            if item.state == "returned" and today > item.until:
                item.state = "rejected"

    def _in_hand(self, today: date) -> Iterator[Quarter]:
        quarter = FIRST
        while quarter.first <= today:
            if quarter not in self.released:
                yield quarter
            quarter = quarter.next()

    def _of(
        self, quarter: Quarter, today: date
    ) -> Iterator[tuple[str, Claim, list[tuple[object, ...]]]]:
        if quarter in self.proposed:
            yield from self._release(quarter, today)
            return
        unreached: list[tuple[str, tuple[object, ...]]] = []
        for department in self.departments:
            yield from self._department(department, quarter, today, unreached)
        closed = today > quarter.supplement_until
        yield from self._judges(quarter, today, closed=closed)
        yield from self._late(quarter, today)
        for admin in self.admins:
            fresh = [
                (name, (admin, *key)) for name, key in unreached if not self._was((admin, *key))
            ]
            if fresh:
                names = tuple(name for name, _ in fresh)
                yield admin, ("不到", quarter.words, names), [key for _, key in fresh]
        if today > quarter.score_until:
            for admin in self.admins:
                key = (admin, "overdue", quarter)
                if self._again(key, after(quarter.score_until, 1), today):
                    rows = 0 if quarter in self.scored else sum(self.rows.values())
                    yield admin, ("过期", quarter.words, rows), [key]

    def _was(self, key: tuple[object, ...], since: date = date.min) -> bool:
        return key in self._told and self._told[key] >= since

    def _again(self, key: tuple[object, ...], start: date, today: date) -> bool:
        """A rhythm of two working days."""
        return today >= start and (key not in self._told or after(self._told[key], 2) <= today)

    # ------------------------------------------------------------ departments

    def dates(self, department: str, quarter: Quarter) -> tuple[date, date]:
        usual = (quarter.report_until, quarter.supplement_until)
        return self.later.get((department, quarter), usual)

    def stages(self, department: str, quarter: Quarter) -> list[tuple[str, date]]:
        """In order, the first days on which a department hears of its deadlines."""
        report, supplement = self.dates(department, quarter)
        last = before(supplement, 1)
        return [
            ("opens", after(quarter.first - DAY, 1)),
            ("ten", before(report, 10)),
            ("three", before(report, 3)),
            ("day", report),
            ("supplement", last if last > report else after(report, 1)),
        ]

    def owes(self, department: str, quarter: Quarter, today: date) -> tuple[bool, list[Item], int]:
        mine = [i for i in self.items if (i.department, i.quarter) == (department, quarter)]
        open_ = today <= self.dates(department, quarter)[1]
        report = open_ and not mine and (department, quarter) not in self.nothing
        back = [item for item in mine if item.state == "returned"]
        return report, back, int(open_ and (department, quarter) in self.drafts)

    def _department(
        self,
        department: Department,
        quarter: Quarter,
        today: date,
        unreached: list[tuple[str, tuple[object, ...]]],
    ) -> Iterator[tuple[str, Claim, list[tuple[object, ...]]]]:
        report, back, drafts = self.owes(department.name, quarter, today)
        if not report and not back and not drafts:
            return
        keys: list[tuple[object, ...]] = []
        kind = ""
        if today <= self.dates(department.name, quarter)[1]:
            begun = [s for s in self.stages(department.name, quarter) if s[1] <= today]
            if begun:
                kind, day = begun[-1]
                key: tuple[object, ...] = (department.liaison, department.name, quarter, kind)
                if department.linked and department.liaison:
                    if not self._was(key, day):
                        keys.append(key)
                else:
                    unreached.append((department.name, (department.name, quarter, kind)))
        opening = kind == "opens" and bool(keys)
        for item in back:
            key = (department.liaison, item.receipt, quarter)
            if after(item.came_back, 2) <= today and not self._was(key, after(item.came_back, 2)):
                keys.append(key)
        if keys and department.linked and department.liaison:
            dates = ("", "")
            if report or drafts:
                dates = _said(*self.dates(department.name, quarter), today)
            yield (
                department.liaison,
                (
                    "部门", quarter.words, department.name,
                    opening, report and not opening, *dates,
                    tuple(item.receipt for item in back), drafts,
                ),
                keys,
            )  # fmt: skip

    # ------------------------------------------------------------ the centre

    def _judges(
        self, quarter: Quarter, today: date, *, closed: bool
    ) -> Iterator[tuple[str, Claim, list[tuple[object, ...]]]]:
        waiting = [i for i in self.items if i.quarter == quarter and i.state == "submitted"]
        if not closed:
            key = (self.reviewer, "reviews", quarter)
            if waiting:
                oldest = min(item.submitted for item in waiting)
                if self._again(key, after(oldest, 2), today):
                    yield self.reviewer, ("考核", quarter.words, len(waiting), 0), [key]
            return
        start = after(quarter.supplement_until, 3)
        for evaluator, rows in self.rows.items():
            count = len(waiting) if evaluator == self.reviewer else 0
            left = 0 if quarter in self.scored else rows * len(self.departments)
            key = (evaluator, "rows", quarter)
            if (count or left) and self._again(key, start, today):
                yield evaluator, ("考核", quarter.words, count, left), [key]

    def _late(
        self, quarter: Quarter, today: date
    ) -> Iterator[tuple[str, Claim, list[tuple[object, ...]]]]:
        names = []
        for department in self.departments:
            report, supplement = self.dates(department.name, quarter)
            if report < today <= supplement and self.owes(department.name, quarter, today)[0]:
                names.append(department.name)
        for admin in self.admins if names else ():
            key = (admin, "late", quarter)
            if self._again(key, today, today):
                yield admin, ("未报", quarter.words, len(names), tuple(names[:10])), [key]

    def _release(
        self, quarter: Quarter, today: date
    ) -> Iterator[tuple[str, Claim, list[tuple[object, ...]]]]:
        key = (self.director, "release", quarter)
        if self._again(key, after(self.proposed[quarter], 2), today):
            yield self.director, ("审定", quarter.words), [key]

    def _plan(self, today: date) -> Iterator[tuple[str, Claim, list[tuple[object, ...]]]]:
        """2027's holidays: asked for each week of December and January, then each month."""
        if today < date(2026, 12, 1):
            return
        if today.month in (12, 1):
            span = (today - today.weekday() * DAY, today.month)
        else:
            span = (today.replace(day=1), today.month)
        for admin in self.admins:
            key = (admin, "plan", span)
            if not self._was(key):
                yield admin, ("放假", 2027), [key]


def _said(report: date, supplement: date, today: date) -> tuple[str, str]:
    """Both deadlines in words, the first only while it is ahead."""

    def word(day: date) -> str:
        return "今天24:00" if day == today else f"{day.month}月{day.day}日"

    return (word(report) if today <= report else "", word(supplement))


def days(first: date, last: date) -> Iterable[date]:
    while first <= last:
        yield first
        first += DAY
