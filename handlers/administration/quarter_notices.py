"""Who hears of dates that moved: whoever reports or scores by them, each once a change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from handlers.drafting import REPORTERS
from handlers.messages import Action, Button, rows
from handlers.term import assessed_departments
from handlers.turn import Turn
from rubric.deadlines import Deadline
from storage import people, sections
from storage.extensions import Extension
from storage.quarters import Term


def tell_moved(turn: Turn, term: Term, moved: Sequence[tuple[Deadline, date, date]]) -> int:
    """The quarter's new dates, to liaisons and heads of the assessed departments and to all
    evaluators; how many it reaches."""
    assessed = {each.id for each in assessed_departments(turn, term)}
    reporting = [
        each
        for each in people.holders_of(turn.connection, *REPORTERS, day=turn.today)
        if assessed.intersection(each.departments(*REPORTERS))
    ]
    judging = people.holders_of(turn.connection, "evaluator", day=turn.today)
    ids = [each.id for each in (*reporting, *judging)]
    return sum(
        turn.notify(
            person_id,
            "quarter.moved",
            key=f"dates:{term.code}:{term.revision}",
            term=term,
            moved=moved,
            section=sections.whom_to_ask(turn.connection),
        )
        for person_id in dict.fromkeys(ids)
    )


def tell_extension(turn: Turn, term: Term, extension: Extension, *, ended: bool = False) -> int:
    """One department's later dates, or that they are no more, to its liaisons and heads."""
    holders = people.holders_of(
        turn.connection, *REPORTERS, department_id=extension.department_id, day=turn.today
    )
    place = f"{term.code}:{extension.department_id}:{extension.at.isoformat()}"
    return sum(
        turn.notify(
            person.id,
            "quarter.extension_ended" if ended else "quarter.extended",
            key=f"extension:{place}{':ended' if ended else ''}",
            buttons=rows(Button("上报材料", Action("cmd", "submit"))),
            term=term,
            extension=extension,
            section=sections.whom_to_ask(turn.connection),
        )
        for person in holders
    )
