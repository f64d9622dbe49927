"""信息录用台账: what the centre wrote down as taken up becomes evidence of the departments named
(代录), as if somebody had typed it line by line, with the same rules and receipts.

A line is taken in once, however often the register is sent. The same title of a department in one
quarter is one item, at the highest level. What a department has reported by itself is left alone
and named. The liaisons of each department are told once; they may change or withdraw an item
until it is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from handlers import registering
from handlers.collecting import DESCRIPTION_LENGTH, OUTLET_LENGTH, TITLE_LENGTH
from handlers.drafting import RECORDERS
from handlers.imports import By, Importer
from handlers.imports.acting import ChangedMeanwhile, actor, deed, fingerprint
from handlers.imports.book import Book, Faults
from handlers.imports.tables import Column, Kind, Row, Table, error_words, read_table
from handlers.occasion import Occasion
from handlers.placing import Placed
from handlers.registering import Entry, Placer, said
from rubric.quarter import Quarter
from rubric.suggestion import NEWS_ROW, highest
from storage import departments, quarters, registers
from storage.departments import Department
from storage.evidence import Item
from storage.submission import Report, plain_text

SHEET: Final = "信息录用台账"
COLUMNS: Final = (
    Column("day", "日期", ("录用日期", "发布日期", "刊发日期", "时间"), Kind.DATE, True, True),
    Column(
        "places", "部门", ("单位", "报送部门", "报送单位", "部门名称"), needed=True, filled=True
    ),
    Column("title", "标题", ("信息标题", "题目", "信息名称"), needed=True, filled=True),
    Column(
        "outlet",
        "载体",
        ("媒体", "载体/媒体", "录用载体", "刊物", "媒体名称"),
        Kind.TEXT,
        True,
        True,
    ),
    Column("level", "级别", ("录用级别", "媒体级别", "层级"), needed=True, filled=True),
    Column("link", "链接", ("网址", "原文链接", "链接地址")),
    Column("remark", "备注", ("说明",)),
)
_LENGTHS: Final = (
    ("title", "标题", TITLE_LENGTH),
    ("outlet", "载体", OUTLET_LENGTH),
    ("link", "链接", DESCRIPTION_LENGTH // 2),
    ("remark", "备注", DESCRIPTION_LENGTH // 2 - 100),
)
_LEVELS: Final = {
    "中心": "centre",
    "区": "district",
    "市": "city",
    "其他": "other",
    "其它": "other",
}
_AROUND_LEVEL: Final = ("录用", "媒体", "报道", "级", "层面")


# ---------------------------------------------------------------- reading the lines


def read(occasion: Occasion, book: Book, *, quarter: str, by: By) -> Plan:
    """`quarter` is not asked for: the dates say it. Raises WorkbookFaulty and NotAllowed."""
    actor(occasion, by, *RECORDERS)
    faults = Faults()
    today = occasion.premises.today(occasion.now)
    table = read_table(book, SHEET, COLUMNS, faults, today=today)
    entries = tuple(_entries(occasion, table, faults)) if table else ()
    faults.stop()
    plan = _sorted_out(occasion, entries)
    return Plan(
        plan.entries, plan.twins, plan.known, fingerprint(book), table.unused if table else ()
    )


def _entries(occasion: Occasion, table: Table, faults: Faults) -> Iterator[Entry]:
    """One for each department that a line names."""
    known: dict[str, Department | None] = {}
    placer = Placer(occasion)
    for row in table:
        day, level = row.day("day"), _level(row, faults)
        _check_texts(row, faults)
        for department in _departments(occasion, row, known, faults):
            if day is None:
                continue
            placed = placer.place(day, department.id)
            if placed.problem is not None and "day" not in row.bad:
                row.fault(faults, "day", error_words(placed.problem))
            if not row.bad:
                yield _entry(row, day, department, level, placed)


def _entry(row: Row, day: date, department: Department, level: str, placed: Placed) -> Entry:
    title, outlet = (" ".join(row.text(key).split()) for key in ("title", "outlet"))
    report = Report(
        department_id=department.id,
        quarter=placed.quarter.code,
        kind="news",
        indicator=NEWS_ROW,
        title=title,
        event_date=day,
        description=_description(row.text("link"), row.text("remark")),
        outlet=outlet,
        level=level,
        late=placed.late,
        carried=placed.carried,
    )
    line = registers.digest(day=day, department_id=department.id, title=title, outlet=outlet)
    return Entry(department, report, placed, (row.number,), (line,), row.text("link"))


@lru_cache(maxsize=16)
def _description(link: str, remark: str) -> str:
    return said("description", link=link, remark=remark)


def _level(row: Row, faults: Faults) -> str:
    typed = row.text("level")
    plain = plain_text(typed)
    for around in _AROUND_LEVEL:
        plain = plain.removesuffix(around)
    if typed and plain not in _LEVELS:
        row.fault(faults, "level", said("no_level", typed=typed))
    return _LEVELS.get(plain, "")


def _check_texts(row: Row, faults: Faults) -> None:
    for key, what, limit in _LENGTHS:
        text = row.text(key)
        if len(text) > limit:
            said_ = said("too_long", what=what, length=len(text), limit=limit)
            row.fault(faults, key, said_)
        elif text and key in ("title", "outlet") and not plain_text(text):
            row.fault(faults, key, said("wordless", what=what))


def _departments(
    occasion: Occasion, row: Row, known: dict[str, Department | None], faults: Faults
) -> list[Department]:
    found: dict[int, Department] = {}
    for name in row.words("places"):
        if name not in known:
            known[name] = departments.match_department(occasion.connection, name)
        department = known[name]
        if department is None:
            row.fault(faults, "places", said("no_department", typed=name))
        else:
            found[department.id] = department
    return list(found.values())


# ---------------------------------------------------------------- what is new


@dataclass(frozen=True, slots=True)
class Twin:
    """An entry that the department has reported by itself, as it seems; `linked`: by the address,
    else by the title."""

    entry: Entry
    item: Item
    linked: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """`known` lines were taken in before."""

    entries: tuple[Entry, ...]
    twins: tuple[Twin, ...]
    known: int
    content: str
    unused: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(
            said(
                "item",
                department=each.department.short_name,
                day=each.report.event_date,
                title=each.report.title,
                outlet=each.report.outlet,
                level=each.report.level,
                quarter=each.placed.quarter.code,
                late=each.placed.late,
                carried=each.placed.carried,
                rows=each.rows,
            )
            for each in self.entries
        )

    @property
    def notes(self) -> tuple[str, ...]:
        left = [_twin_words(each) for each in self.twins]
        before = [said("known", lines=self.known)] if self.known else []
        unused = [said("unused", columns=self.unused)] if self.unused else []
        return (*left, *before, *unused)

    def apply(self, occasion: Occasion, by: By) -> None:
        person = actor(occasion, by, *RECORDERS)
        for code in sorted({each.placed.quarter.code for each in self.entries}):
            quarters.hold(occasion.connection, code)
        placer = Placer(occasion)
        for each in self.entries:
            if placer.place(each.report.event_date, each.department.id) != each.placed:
                raise ChangedMeanwhile
        act = deed(occasion, person, by)
        registering.record(act, self.entries, person)
        act.audit(
            "register.import",
            items=len(self.entries),
            known=self.known,
            twins=len(self.twins),
            content=self.content,
        )
        occasion.notices += act.notices


def _twin_words(twin: Twin) -> str:
    mine, theirs = twin.entry.report.level, twin.item.level
    return said(
        "twin",
        rows=twin.entry.rows,
        department=twin.entry.department.short_name,
        title=twin.entry.report.title,
        item=twin.item,
        linked=twin.linked,
        level=mine,
        differs=mine != theirs,
    )


def _sorted_out(occasion: Occasion, entries: Iterable[Entry]) -> Plan:
    """Lines that are known by their digest are left out, equal titles made one, and what the
    departments have reported set aside."""
    found = list(entries)
    digests = {each.digests[0] for each in found}
    known = registers.known(occasion.connection, digests)
    fresh = [each for each in found if each.digests[0] not in known]
    whole = _highest_only(fresh)
    theirs = _Reported.of(occasion, whole)
    new, twins = [], []
    for each in whole:
        twin = theirs.twin(each)
        if twin is None:
            new.append(each)
        else:
            twins.append(twin)
    new.sort(key=lambda each: (each.report.event_date, each.rows))
    before = {each.rows for each in found if each.digests[0] in known}
    return Plan(tuple(new), tuple(twins), len(before), "")


def _highest_only(entries: Iterable[Entry]) -> list[Entry]:
    """One of each title a department has in a quarter: the highest level, of equals the first."""
    groups: dict[tuple[int, str, str], list[Entry]] = {}
    for each in entries:
        title = plain_text(each.report.title)
        groups.setdefault((each.department.id, title, each.placed.quarter.code), []).append(each)
    return [_joined(group) for group in groups.values()]


def _joined(group: list[Entry]) -> Entry:
    level = highest(each.report.level for each in group)
    best = next(each for each in group if each.report.level == level)
    rows = tuple(number for each in group for number in each.rows)
    digests = tuple(dict.fromkeys(line for each in group for line in each.digests))
    return Entry(best.department, best.report, best.placed, rows, digests, best.link)


@dataclass(frozen=True, slots=True)
class _Reported:
    """What stands in the quarters of these entries, by title and by address."""

    titles: Mapping[tuple[int, str, Quarter], Item]
    links: Mapping[tuple[int, str], Item]

    @classmethod
    def of(cls, occasion: Occasion, entries: list[Entry]) -> _Reported:
        titles: dict[tuple[int, str, Quarter], Item] = {}
        links: dict[tuple[int, str], Item] = {}
        if entries:
            spans = [Quarter.containing(each.report.event_date) for each in entries]
            found = registers.reported(
                occasion.connection,
                sorted({each.department.id for each in entries}),
                first=min(spans).first_day,
                last=max(spans).last_day,
            )
            for item, day in [(each, each.event_date) for each in found if each.event_date]:
                own = Quarter.containing(day)
                titles.setdefault((item.department_id, plain_text(item.title), own), item)
                for link in registering.links_in(item.description):
                    links.setdefault((item.department_id, link), item)
        return cls(titles, links)

    def twin(self, entry: Entry) -> Twin | None:
        for link in registering.links_in(entry.link):
            if item := self.links.get((entry.department.id, link)):
                return Twin(entry, item, linked=True)
        own = Quarter.containing(entry.report.event_date)
        item = self.titles.get((entry.department.id, plain_text(entry.report.title), own))
        return None if item is None else Twin(entry, item, linked=False)


def facts(occasion: Occasion, *, quarter: str) -> Mapping[str, object]:
    """Nothing stands in an empty register."""
    return {"at": occasion.now.isoformat()}


importer = Importer(
    kind="register",
    title=SHEET,
    sheet=SHEET,
    template="register_template",
    read=read,
    facts=facts,
    roles=RECORDERS,
    named=True,
)
