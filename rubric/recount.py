"""A published outcome counted a second time, from its rows alone.

Takes from the report only what can't be computed: rows, who was excluded, the picks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from rubric.edition import Edition
from rubric.errors import UserError
from rubric.ranking import Decision, Place, TieAtCut, nominate, order
from rubric.report import (
    NOTHING_APPLIES,
    DepartmentInput,
    Report,
    check_rows,
    entries,
    freeze,
    totals_by_code,
)


def verify(report: Report, edition: Edition) -> tuple[str, ...]:
    """What a recomputation from the rows finds different, by path; empty when all is right.

    Takes from the report only what can't be computed: rows, who was excluded, the picks.
    """
    inputs = _inputs_of(report)
    try:
        again = freeze(
            edition=edition,
            quarter=report.quarter,
            revision=report.revision,
            generated_at=report.generated_at,
            settings=report.settings,
            departments=inputs,
            contacts=report.contacts,
            decision=_decision(report, edition, inputs),
        )
    except UserError as refused:
        return (refused.code,)
    except ValueError as fault:
        return (f"rows: {fault}",)
    return tuple(_differences(report, again))


def _inputs_of(report: Report) -> list[DepartmentInput]:
    return [
        DepartmentInput(
            code=department.code,
            name=department.name,
            short_name=department.short_name,
            rows=department.rows,
            excluded="" if department.excluded == NOTHING_APPLIES else department.excluded,
            ineligible=department.ineligible,
        )
        for department in report.departments
    ]


def places_of(report: Report, edition: Edition) -> tuple[Place, ...]:
    """The order worked out again from the rows; ValueError for rows that are none."""
    inputs = _inputs_of(report)
    check_rows(edition, inputs)
    return order(entries(inputs, totals_by_code(edition, inputs)))


def _decision(
    report: Report, edition: Edition, inputs: Sequence[DepartmentInput]
) -> Decision | None:
    """The picks among equals that the report's awards contain."""
    if not report.decision:
        return None
    check_rows(edition, inputs)
    nominated = nominate(order(entries(inputs, totals_by_code(edition, inputs))))
    equals = nominated.contenders if isinstance(nominated, TieAtCut) else ()
    codes = {place.entry.code for place in equals}
    return Decision(tuple(code for code in report.awards if code in codes), report.decision)


def _differences(report: Report, again: Report) -> Iterator[str]:
    """The same departments are in both, so only their order and their values can differ."""
    for computed in again.departments:
        stated = report.department(computed.code)
        for field in fields(computed):
            was, is_now = getattr(stated, field.name), getattr(computed, field.name)
            if was != is_now:
                yield f"departments.{computed.code}.{field.name}: {was!r}, not {is_now!r}"
    codes = [[each.code for each in one.departments] for one in (report, again)]
    if codes[0] != codes[1]:
        yield f"departments: {codes[0]}, not {codes[1]}"
    for name in ("edition", "document", "ties", "awards", "decision"):
        was, is_now = getattr(report, name), getattr(again, name)
        if was != is_now:
            yield f"{name}: {was!r}, not {is_now!r}"
