"""Scores from a workbook, by the rules of the chat: step and range, a reason where one is due, the
rows of one's own section, never one's own department, nothing that is handed in.

The admin may fill every row, under their own name. A quarter from before the installation is
opened for it as history: a score without a reason rests on those records and says so, rows that
are complete are handed in with it, and two persons propose and release it as any other. An import
never publishes anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import orjson

from handlers.imports import By, Importer
from handlers.imports.acting import ChangedMeanwhile, actor, deed, fingerprint
from handlers.imports.book import Book, Faults
from handlers.imports.score_checks import Checked, Ground, check, shares_of
from handlers.imports.score_sheets import read_sheets, said
from handlers.occasion import Occasion
from handlers.score_cells import edition_of, require_open, row_step
from handlers.score_writing import Change, Seen, write
from handlers.term import assessed_departments, open_term
from rubric.quarter import Quarter
from storage import quarters, scores
from storage.accounts import find_person
from storage.quarters import Term
from storage.scores import OWNER_SEAT, Given
from templates import words
from templates.documents.score_template import GUIDE

ROLES: Final = ("admin", "evaluator")


def term_for(occasion: Occasion, typed: str) -> Term:
    """The quarter's row, or as it would be opened: as history where it ended before the first one
    that was worked on here. Raises QuarterUnreadable, NoEdition and ScoresClosed."""
    wanted = Quarter.parse(typed)
    zone = occasion.premises.zone
    term = quarters.look(occasion.connection, wanted, calendar=occasion.calendar, timezone=zone)
    if not term.revision:
        first = quarters.first_own(occasion.connection)
        over = occasion.now >= term.dates(zone).score_deadline
        term = replace(term, history=over and (not first or term.code < first))
    require_open(occasion, term)
    return term


def read(occasion: Occasion, book: Book, *, quarter: str, by: By) -> Plan:
    """Raises WorkbookFaulty, NotAllowed and what `term_for` raises."""
    person = actor(occasion, by, *ROLES)
    term = term_for(occasion, quarter)
    faults = Faults()
    sheets = read_sheets(
        occasion,
        book,
        edition=edition_of(term),
        quarter=term.code,
        step=lambda row: row_step(term, row),
        faults=faults,
    )
    ground = Ground.read(occasion, term, person)
    checked = check(ground, sheets, faults)
    faults.stop()
    return Plan(term, checked, ground.newest, sheets.unused, fingerprint(book))


@dataclass(frozen=True, slots=True)
class Plan:
    term: Term
    checked: Checked
    seen: Seen
    unused: tuple[str, ...]
    content: str

    @property
    def lines(self) -> tuple[str, ...]:
        """市场监管局 线上帮办：未评 → 8.5，理由：…"""
        return tuple(_line(each) for each in self.checked.changes)

    @property
    def notes(self) -> tuple[str, ...]:
        checked = self.checked
        history = self.term.history and checked.changes
        return tuple(
            each
            for each in (
                said("history", quarter=self.term.code) if history else "",
                said("records", cells=checked.unreasoned) if checked.unreasoned else "",
                said("same", cells=checked.same) if checked.same else "",
                said("unused", names=self.unused) if self.unused else "",
            )
            if each
        )

    def apply(self, occasion: Occasion, by: By) -> None:
        person = actor(occasion, by, *ROLES)
        act = deed(occasion, person, by)
        term = _opened(act, self.term)
        handed = write(
            act,
            term,
            self.checked.changes,
            seen=self.seen,
            by=person,
            batch=self.content[:12],
        )
        act.audit(
            "score.import",
            term.code,
            cells=len(self.checked.changes),
            handed=len(handed),
            history=term.history,
            content=self.content,
        )
        occasion.notices += act.notices


def _opened(occasion: Occasion, wanted: Term) -> Term:
    """The quarter, opened as it was shown, and open for scores until the transaction ends."""
    quarter = Quarter.parse(wanted.code)
    if wanted.history:
        quarters.ensure(
            occasion.connection,
            quarter,
            calendar=occasion.calendar,
            timezone=occasion.premises.zone,
            now=occasion.now,
            history=True,
        )
    else:
        open_term(occasion, quarter)
    term = quarters.hold(occasion.connection, wanted.code)
    if term is None or term.history != wanted.history:
        raise ChangedMeanwhile
    require_open(occasion, term)
    return term


def _line(change: Change) -> str:
    return said(
        "change",
        department=change.department,
        row=change.row,
        before=_value(change.before.hundredths) if change.before else "",
        after=_value(change.score.hundredths),
        reason=change.score.reason,
        reworded=change.before is not None and change.before.hundredths == change.score.hundredths,
    )


def _value(hundredths: int | None) -> str:
    return words.NOT_APPLICABLE if hundredths is None else words.points(hundredths)


# ---------------------------------------------------------------- the template


def facts(occasion: Occasion, *, quarter: str) -> Mapping[str, object]:
    """The departments, the rows that this person may fill, and what stands in them: theirs to see.
    On the command line, where nobody is named, everything. History comes as one table."""
    term = term_for(occasion, quarter)
    person_id, _ = occasion.actor
    person = find_person(occasion.connection, person_id) if person_id else None
    every = assessed_departments(occasion, term)
    rows = edition_of(term).indicators
    whole = frozenset(each.id for each in every)
    mine = {row.id: whole for row in rows}
    if person is not None:
        mine = {key: share.mine for key, share in shares_of(occasion, term, person).items()}
    newest = scores.newest(occasion.connection, term.code)
    content = {
        "quarter": term.code,
        "edition": term.edition,
        "table": term.history,
        "departments": [[each.short_name, each.code] for each in every],
        "rows": {
            row.id: {
                each.code: _standing(newest.get((each.id, row.id, OWNER_SEAT)))
                for each in every
                if each.id in mine[row.id]
            }
            for row in rows
            if mine[row.id]
        },
    }
    return {"content": orjson.dumps(content).decode(), "at": occasion.now.isoformat()}


def _standing(given: Given | None) -> list[object]:
    """Nothing, or the score in hundredths (None: 不涉及) and its reason."""
    return [] if given is None or given.open else [given.hundredths, given.reason]


importer = Importer(
    kind="scores",
    title="评分",
    sheet=GUIDE,
    template="score_template",
    read=read,
    facts=facts,
    by_quarter=True,
    roles=ROLES,
    named=True,
)
