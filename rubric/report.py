"""The frozen outcome of a quarter: everything its documents and messages will ever need.

A report holds no references, only values, so that what was published reads the same after
departments are renamed and scores reopened. Its JSON is canonical (sorted keys, whole
hundredths, no fractions), so that equal outcomes have one digest; `rubric.recount` works
every number out again from the rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import ClassVar, Final, NoReturn, TypeVar

from rubric.edition import Edition
from rubric.errors import UserError
from rubric.quarter import Quarter
from rubric.ranking import (
    Decision,
    Entry,
    Place,
    order,
    tie_sentences,
    winners,
)
from rubric.scoring import Score, Totals, aggregate, in_words, missing
from rubric.settings import Plain
from rubric.tables import Fault, Table

_T = TypeVar("_T")

NOTHING_APPLIES: Final = "基础评分项均不涉及"
SCHEMA: Final = 1


@dataclass(eq=False)
class OutcomeIncomplete(UserError):
    """`cells`: each department's name with the names of its rows that are 未评."""

    code: ClassVar[str] = "report.incomplete"
    cells: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class RowResult:
    """One cell as published. `hundredths` None: 不涉及. `evidence`: numbers on file."""

    indicator: str
    hundredths: int | None
    reason: str = ""
    scorer: str = ""
    section: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DepartmentInput:
    """What a department brings to `freeze`. `excluded`: why it is 不参评, empty if it takes
    part; `ineligible`: why it can't be 先进集体, empty if it can."""

    code: str
    name: str
    short_name: str
    rows: tuple[RowResult, ...]
    excluded: str = ""
    ineligible: str = ""


@dataclass(frozen=True, slots=True)
class DepartmentResult:
    """Sums in hundredths, None where 不参评; `rescaled` is the base's asterisk; rows in the
    order of the form, none for a department that was excluded from the start."""

    code: str
    name: str
    short_name: str
    rows: tuple[RowResult, ...]
    excluded: str
    ineligible: str
    base: int | None
    bonus: int | None
    total: int | None
    rescaled: bool
    rank: int | None
    shared: bool
    words: str


@dataclass(frozen=True, slots=True)
class Contact:
    """联系人 and 电话 of a section."""

    section: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Report:
    """Departments by rank, then those 不参评. `awards` are codes in the order of rank;
    `decision` is 主任办公会's reason where it picked among equals, else empty."""

    quarter: Quarter
    edition: str
    document: str
    revision: int
    generated_at: datetime
    settings: Mapping[str, Plain]
    departments: tuple[DepartmentResult, ...]
    ties: tuple[str, ...]
    awards: tuple[str, ...]
    decision: str
    contacts: tuple[Contact, ...]

    def department(self, code: str) -> DepartmentResult:
        """KeyError for a code that the report doesn't know."""
        for department in self.departments:
            if department.code == code:
                return department
        raise KeyError(code)


def freeze(
    *,
    edition: Edition,
    quarter: Quarter,
    revision: int,
    generated_at: datetime,
    settings: Mapping[str, Plain],
    departments: Sequence[DepartmentInput],
    contacts: Iterable[Contact],
    decision: Decision | None = None,
) -> Report:
    """The outcome with its order, ties in words and 先进集体; departments in register order.

    Raises OutcomeIncomplete, and what `ranking.winners` raises about a tie at the cut.
    """
    if generated_at.tzinfo is None:
        raise ValueError("generated_at has no timezone")
    check_rows(edition, departments)
    totals = totals_by_code(edition, departments)
    places = order(entries(departments, totals))
    by_code = {place.entry.code: place for place in places}
    ranked = {department.code: department for department in departments}
    results = [_ranked(ranked[code], place, edition) for code, place in by_code.items()]
    results += [
        _not_assessed(department, edition)
        for department in departments
        if department.code not in by_code
    ]
    awarded = winners(places, decision)
    return Report(
        quarter=quarter,
        edition=edition.id,
        document=edition.document,
        revision=revision,
        generated_at=generated_at,
        settings=dict(settings),
        departments=tuple(results),
        ties=tie_sentences(places),
        awards=tuple(place.entry.code for place in awarded),
        decision=decision.reason.strip() if decision else "",
        contacts=tuple(contacts),
    )


def check_rows(edition: Edition, departments: Sequence[DepartmentInput]) -> None:
    if len({department.code for department in departments}) < len(departments):
        raise ValueError("two departments of one code")
    incomplete = []
    for department in departments:
        scores = _scores(department.rows)
        if len(scores) < len(department.rows):
            raise ValueError(f"{department.code} has two results for one row")
        if not department.excluded and (rows := missing(edition, scores)):
            incomplete.append((department.name, tuple(row.name for row in rows)))
    if incomplete:
        raise OutcomeIncomplete(cells=tuple(incomplete))


def _scores(rows: Iterable[RowResult]) -> dict[str, Score]:
    return {row.indicator: Score(row.hundredths, row.reason) for row in rows}


def totals_by_code(edition: Edition, departments: Iterable[DepartmentInput]) -> dict[str, Totals]:
    """By code, of those that take part."""
    return {
        department.code: aggregate(edition, _scores(department.rows))
        for department in departments
        if not department.excluded
    }


def entries(departments: Iterable[DepartmentInput], totals: Mapping[str, Totals]) -> list[Entry]:
    return [
        Entry(
            code=department.code,
            name=department.short_name,
            totals=totals[department.code],
            eligible=not department.ineligible,
        )
        for department in departments
        if department.code in totals and totals[department.code].base is not None
    ]


def _ranked(department: DepartmentInput, place: Place, edition: Edition) -> DepartmentResult:
    sums = place.entry.totals
    base, total = sums.base or 0, sums.total or 0
    mark = "*" if sums.rescaled else ""
    rank = f"{'并列' if place.shared else ''}第{place.rank}名"
    return DepartmentResult(
        code=department.code,
        name=department.name,
        short_name=department.short_name,
        rows=_in_order(department.rows, edition),
        excluded="",
        ineligible=department.ineligible,
        base=base,
        bonus=sums.bonus,
        total=total,
        rescaled=sums.rescaled,
        rank=place.rank,
        shared=place.shared,
        words=f"总分{in_words(total)}分（基础分{in_words(base)}{mark}分，"
        f"加分{in_words(sums.bonus)}分），{rank}",
    )


def _not_assessed(department: DepartmentInput, edition: Edition) -> DepartmentResult:
    reason = department.excluded or NOTHING_APPLIES
    return DepartmentResult(
        code=department.code,
        name=department.name,
        short_name=department.short_name,
        rows=() if department.excluded else _in_order(department.rows, edition),
        excluded=reason,
        ineligible=department.ineligible,
        base=None,
        bonus=None,
        total=None,
        rescaled=False,
        rank=None,
        shared=False,
        words=f"不参评：{reason}",
    )


def _in_order(rows: Iterable[RowResult], edition: Edition) -> tuple[RowResult, ...]:
    by_id = {row.indicator: row for row in rows}
    return tuple(by_id[indicator.id] for indicator in edition.indicators)


# ------------------------------------------------------------------ JSON


def to_json(report: Report) -> str:
    """Canonical: equal reports, and only those, have equal text."""
    data = asdict(report) | {
        "schema": SCHEMA,
        "quarter": report.quarter.code,
        "generated_at": report.generated_at.isoformat(),
    }
    return _canonical(data)


def digest(report: Report) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(to_json(report).encode()).hexdigest()


def from_json(text: str) -> Report:
    """The report that `to_json` wrote; ValueError for any other text."""
    try:
        data = json.loads(text, parse_float=_no_fraction, parse_constant=_no_fraction)
    except RecursionError as error:
        raise ValueError("no report: nested too deep") from error
    faults: list[Fault] = []
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ValueError("no report of this schema")
    try:
        report = _report(Table("", data, faults))
    except UserError as refused:
        raise ValueError("no report: " + refused.code) from refused
    if faults or to_json(report) != text:
        raise ValueError(f"no canonical report: {faults[:3]}")
    return report


def _no_fraction(number: str) -> NoReturn:
    raise ValueError(f"{number} is no whole number")


def _canonical(data: Mapping[str, object]) -> str:
    return json.dumps(
        data, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def _report(top: Table) -> Report:
    return _build(
        Report,
        top,
        quarter=Quarter.parse(_text(top, "quarter")),
        generated_at=datetime.fromisoformat(_text(top, "generated_at")),
        settings=top.get("settings", dict) or {},
        departments=tuple(
            _build(
                DepartmentResult,
                table,
                rows=tuple(_build(RowResult, row) for row in table.tables("rows")),
            )
            for table in top.tables("departments")
        ),
        contacts=tuple(_build(Contact, table) for table in top.tables("contacts")),
    )


def _build(kind: type[_T], table: Table, **given: object) -> _T:
    """A value of the dataclass from the table's keys, all but `given` read by declared type."""
    read = {
        field.name: _READERS[str(field.type)](table, field.name)
        for field in fields(kind)  # type: ignore[arg-type]  # only dataclasses come here
        if field.name not in given
    }
    return kind(**read, **given)


def _text(table: Table, key: str) -> str:
    return table.get(key, str) or ""


def _number(table: Table, key: str) -> int | None:
    return None if table.data.get(key) is None else table.get(key, int)


_READERS: Final[Mapping[str, Callable[[Table, str], object]]] = {
    "str": _text,
    "bool": lambda table, key: table.get(key, bool),
    "int": lambda table, key: table.get(key, int),
    "int | None": _number,
    "tuple[str, ...]": Table.texts,
}
