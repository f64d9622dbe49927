"""The order of a quarter as of now: sums, ties and nominees, before anything is frozen.

Only admins and directors ever see it, and only once every row is handed in. It reads bare values,
so that hundreds of departments cost little; the frozen report is `handlers.outcome`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from handlers.score_cells import edition_of
from handlers.score_table import ScoreTable
from handlers.term import visiting_departments
from handlers.turn import Turn
from rubric import report as reports
from rubric.edition import Edition
from rubric.quarter import Quarter
from rubric.ranking import Entry, Place, TieAtCut, margin_at_cut, nominate, order, tie_sentences
from rubric.report import NOTHING_APPLIES
from rubric.scoring import Score, aggregate
from rubric.settings import DISQUALIFICATION
from storage import disqualification, publications
from storage.quarters import Term


@dataclass(frozen=True, slots=True)
class Standings:
    """`out` are departments that are 不参评, with why; `barred` those whose 评先资格 is taken
    away; `margin` in hundredths between the last nominee and who follows, None where nobody does;
    `earlier` the 先进集体 of the quarter before, as they were published."""

    places: tuple[Place, ...]
    out: tuple[tuple[str, str], ...]
    ties: tuple[str, ...]
    nominated: tuple[Place, ...] | TieAtCut
    barred: tuple[tuple[str, str], ...]
    margin: int | None
    earlier: tuple[str, ...]


def barred_departments(turn: Turn, term: Term) -> dict[int, str]:
    """Department id -> why its 评先资格 is taken away; none while the centre has no such rule."""
    if not DISQUALIFICATION.of(term.settings):
        return {}
    return disqualification.disqualified(turn.connection, term.code)


def read_standings(turn: Turn, term: Term, table: ScoreTable) -> Standings:
    """Of a quarter in which every row is handed in."""
    edition = edition_of(term)
    barred = barred_departments(turn, term)
    entries = []
    out = [
        (department.short_name, absent.value)
        for department, absent in visiting_departments(turn, term)
        if absent is not None
    ]
    for department in table.departments:
        totals = aggregate(edition, _scores(table, edition, department.id))
        if totals.base is None:
            out.append((department.short_name, NOTHING_APPLIES))
            continue
        eligible = department.id not in barred
        entries.append(Entry(department.code, department.short_name, totals, eligible))
    places = order(entries)
    nominated = nominate(places)
    return Standings(
        places=places,
        out=tuple(out),
        ties=tie_sentences(places),
        nominated=nominated,
        barred=tuple(
            (department.short_name, barred[department.id])
            for department in table.departments
            if department.id in barred
        ),
        margin=margin_at_cut(places),
        earlier=_earlier_winners(turn, term),
    )


def _scores(table: ScoreTable, edition: Edition, department_id: int) -> dict[str, Score]:
    found = ((row.id, table.cell(row.id, department_id)) for row in edition.indicators)
    return {row_id: score for row_id, score in found if score is not None}


def _earlier_winners(turn: Turn, term: Term) -> tuple[str, ...]:
    published = publications.find(turn.connection, Quarter.parse(term.code).previous().code)
    if published is None:
        return ()
    report = reports.from_json(published.report)
    return tuple(report.department(code).short_name for code in report.awards)
