"""An edition: one notice's rows, points and standards, in the notice's own words.

Editions are package data (`editions/*.toml`), one file each; adding one touches nothing
else. `parse` promises to name every fault of a file at once. An edition that refers to a
notice whose text is not at hand is kept as a record, not scorable: nothing is invented.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import ClassVar

from rubric.errors import UserError, shown
from rubric.tables import Fault, Table

_QUOTES = str.maketrans("", "", "“”‘’\"'「」《》〈〉")


def _key(name: str) -> str:
    """Two names with one key are the same to a person: widths, spaces and quotes are dropped."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(folded.split()).translate(_QUOTES)


@dataclass(eq=False)
class NoEdition(UserError):
    """No scorable edition was in force on that day."""

    code: ClassVar[str] = "edition.none_in_force"
    day: date


@dataclass(eq=False)
class UnknownEdition(UserError):
    code: ClassVar[str] = "edition.unknown"
    typed: str
    known: tuple[str, ...]


@dataclass(eq=False)
class UnknownIndicator(UserError):
    """Neither name, alias nor id of a row; `rows` are the names that would be understood."""

    code: ClassVar[str] = "edition.unknown_indicator"
    typed: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One scored row. `id` stands in files and buttons for ever; `points` are whole points."""

    id: str
    name: str
    form_label: str
    points: int
    standard: str
    aliases: tuple[str, ...] = ()
    bonus: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Category:
    name: str
    points: int
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class Bonus:
    """`points` is the sum of the rows, `cap` the most that counts in all."""

    points: int
    cap: int
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence of the notice about what stood before it.

    `old` and `new` are names as that sentence prints them; points are None where it gives
    none. An empty `new` means deleted, an empty `old` that the sentence names nothing old.
    """

    clause: str
    words: str
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    old_points: int | None = None
    new_points: int | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """`id` is like 2023-17; `document` the 文号. Not scorable: no rows, no bonus, total 0."""

    id: str
    document: str
    title: str
    effective_from: date | None
    scorable: bool
    categories: tuple[Category, ...] = ()
    bonus: Bonus | None = None
    changes: tuple[Change, ...] = ()

    @property
    def total(self) -> int:
        base = sum(category.points for category in self.categories)
        return base + (self.bonus.cap if self.bonus else 0)

    @property
    def base_indicators(self) -> tuple[Indicator, ...]:
        return tuple(row for category in self.categories for row in category.indicators)

    @property
    def bonus_indicators(self) -> tuple[Indicator, ...]:
        return self.bonus.indicators if self.bonus else ()

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """Every row in the order of the form."""
        return self.base_indicators + self.bonus_indicators

    def indicator(self, indicator_id: str) -> Indicator:
        """The row with this id; KeyError for one that no row has, which is a program fault."""
        for row in self.indicators:
            if row.id == indicator_id:
                return row
        raise KeyError(indicator_id)

    def category_of(self, indicator: Indicator) -> Category | None:
        """None for a bonus row."""
        for category in self.categories:
            if indicator in category.indicators:
                return category
        return None

    def lookup(self, typed: str) -> Indicator:
        """The row that a person means by id, name, alias or the form's label."""
        wanted = _key(typed)
        for row in self.indicators:
            if wanted in {_key(name) for name in (row.id, *row.names, row.form_label)}:
                return row
        raise UnknownIndicator(typed=shown(typed), rows=tuple(row.name for row in self.indicators))


@dataclass(eq=False)
class EditionFaults(UserError):
    """The file is no edition; `faults` are all of them, in the order they were met."""

    code: ClassVar[str] = "edition.faults"
    faults: tuple[Fault, ...]


BASE_TOTAL = 100
_EDITION_ID = re.compile(r"[0-9]{4}-[0-9]{1,3}")
# 24 characters at most: a row's id must fit a button of 64 bytes beside other parts
_ROW_ID = re.compile(r"[a-z][a-z0-9_]{1,23}")
_LABEL_POINTS = re.compile(r"[（(](\d+)分[)）]")


def parse(text: str) -> Edition:
    """An edition from a TOML file's text; raises EditionFaults naming every fault at once."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise EditionFaults(faults=(Fault("syntax", "", found=str(error)),)) from error
    faults: list[Fault] = []
    edition = _edition(Table("", data, faults))
    if faults:
        raise EditionFaults(faults=tuple(faults))
    return edition


def _edition(top: Table) -> Edition:
    # Left out is one fault, not a file full of unknown keys.
    scorable = top.get("scorable", bool) is not False
    edition = Edition(
        id=top.text("edition", pattern=_EDITION_ID),
        document=top.text("document"),
        title=top.text("title"),
        effective_from=top.get("effective_from", date, required=scorable),
        scorable=scorable,
        categories=_categories(top) if scorable else (),
        bonus=_bonus(top) if scorable else None,
        changes=_changes(top),
    )
    if scorable:
        parts = [category.points for category in edition.categories]
        cap = edition.bonus.cap if edition.bonus else 0
        top.expect("total", top.points("total"), [*parts, cap])
    _check_names(edition, top)
    top.finish()
    return edition


def _categories(top: Table) -> tuple[Category, ...]:
    categories = tuple(_category(table) for table in top.tables("categories"))
    points = [category.points for category in categories]
    if 0 not in points and sum(points) != BASE_TOTAL:
        top.fault("sum", "categories", expected=BASE_TOTAL, found=sum(points))
    return categories


def _category(table: Table) -> Category:
    rows = tuple(_row(row, bonus=False) for row in table.tables("indicators"))
    points = table.points("points")
    table.expect("points", points, [row.points for row in rows])
    category = Category(name=table.text("name"), points=points, indicators=rows)
    table.finish()
    return category


def _bonus(top: Table) -> Bonus | None:
    table = top.table("bonus")
    if table is None:
        return None
    rows = tuple(_row(row, bonus=True) for row in table.tables("indicators"))
    points, cap = table.points("points"), table.points("cap")
    table.expect("points", points, [row.points for row in rows])
    if cap > points:
        table.fault("value", "cap", expected=f"…{points}", found=cap)
    table.finish()
    return Bonus(points=points, cap=cap, indicators=rows)


def _row(table: Table, *, bonus: bool) -> Indicator:
    row = Indicator(
        id=table.text("id", pattern=_ROW_ID),
        name=table.text("name"),
        form_label=table.text("form_label"),
        points=table.points("points"),
        standard=table.text("standard"),
        aliases=table.texts("aliases"),
        bonus=bonus,
    )
    if label := _LABEL_POINTS.search(row.form_label):
        table.expect("form_label", int(label[1]), [row.points])
    table.finish()
    return row


def _changes(top: Table) -> tuple[Change, ...]:
    changes = []
    for table in top.tables("changes", required=False):
        changes.append(
            Change(
                clause=table.text("clause"),
                words=table.text("words"),
                old=table.texts("old"),
                new=table.texts("new"),
                old_points=table.get("old_points", int, required=False),
                new_points=table.get("new_points", int, required=False),
            )
        )
        table.finish()
    return tuple(changes)


def _check_names(edition: Edition, top: Table) -> None:
    """Ids, rows and categories are unique, and no alias could mean two rows."""
    ids = [row.id for row in edition.indicators]
    names = [_key(row.name) for row in edition.indicators]
    categories = [_key(category.name) for category in edition.categories]
    for where, values in (("id", ids), ("name", names), ("categories", categories)):
        for value, times in Counter(values).items():
            if value and times > 1:
                top.fault("duplicate", where, found=value)
    aliases = [alias for row in edition.indicators for alias in row.aliases]
    taken = Counter([*ids, *names, *map(_key, aliases)])
    for alias in aliases:
        if taken[_key(alias)] > 1:
            top.fault("clash", "aliases", found=alias)


@cache
def catalog() -> tuple[Edition, ...]:
    """Every edition of the package, newest first by id."""
    files = (resources.files("rubric") / "editions").iterdir()
    editions = [parse(file.read_text("utf-8")) for file in files if file.name.endswith(".toml")]
    return tuple(sorted(editions, key=lambda edition: edition.id, reverse=True))


def find(edition_id: str) -> Edition:
    for edition in catalog():
        if edition.id == edition_id:
            return edition
    raise UnknownEdition(typed=shown(edition_id), known=tuple(edition.id for edition in catalog()))


def edition_for(day: date) -> Edition:
    """The scorable edition in force on that day; a quarter asks with its last day."""
    in_force = [
        (edition.effective_from, edition)
        for edition in catalog()
        if edition.scorable and edition.effective_from and edition.effective_from <= day
    ]
    if not in_force:
        raise NoEdition(day=day)
    return max(in_force, key=lambda pair: pair[0])[1]


def as_json(edition: Edition) -> dict[str, object]:
    """The shape of `kaohe rubric show --json`, plain values only.

    A record that is not scorable has no total and no bonus: null, since nobody knows them.
    """
    return {
        "edition": edition.id,
        "document": edition.document,
        "effective_from": edition.effective_from and edition.effective_from.isoformat(),
        "total": edition.total if edition.scorable else None,
        "categories": [
            {
                "name": category.name,
                "points": category.points,
                "indicators": [_row_as_json(row) for row in category.indicators],
            }
            for category in edition.categories
        ],
        "bonus": edition.bonus
        and {
            "points": edition.bonus.points,
            "cap": edition.bonus.cap,
            "indicators": [_row_as_json(row) for row in edition.bonus.indicators],
        },
    }


def _row_as_json(row: Indicator) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "form_label": row.form_label,
        "points": row.points,
        "standard": row.standard,
        "aliases": list(row.aliases),
    }
