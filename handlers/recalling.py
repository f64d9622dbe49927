"""New evidence for a row that is handed in: the department's cell is open again, and whoever
judges it is told. So no point is given or withheld on what nobody has looked at.
"""

from __future__ import annotations

from handlers.evidence_rows import row_of
from handlers.messages import Action, Button, rows
from handlers.occasion import Occasion
from storage import handing, leaves, people, sections
from storage.accounts import Person
from storage.evidence import Item


def recall(occasion: Occasion, item: Item) -> None:
    """After an item was submitted, completed, changed or moved to its row. The quarter is held."""
    if not take_back(occasion, item):
        return
    quarter = item.quarter or ""
    for judge in judges_of_cell(occasion, item):
        occasion.notify(
            judge.id,
            "score.recalled",
            key=f"recall:{item.id}:{item.revision}:{item.indicator}",
            buttons=rows(
                [
                    Button("审核材料", Action("rev.show", str(item.id), item.revision)),
                    Button("评分", Action("sc.row", f"{quarter}.{item.indicator}")),
                ]
            ),
            item=item,
            row=row_of(item, today=occasion.today),
        )


def take_back(occasion: Occasion, item: Item) -> bool:
    """Open the item's cell again, without telling anybody; whether it was handed in."""
    quarter = item.quarter or ""
    back = handing.take_back(
        occasion.connection,
        quarter=quarter,
        indicator=item.indicator,
        department_id=item.department_id,
    )
    if back:
        cell = f"{quarter}.{item.indicator}.{item.department_id}"
        occasion.audit("score.recall", cell, item=item.id)
    return back


def judges_of_cell(occasion: Occasion, item: Item) -> list[Person]:
    """Who scores the item's department in its row, as long as they are there."""
    section = sections.section_of_row(occasion.connection, item.indicator)
    if section is None:
        return []
    judges = people.judges_of(
        occasion.connection,
        section_id=section.id,
        department_id=item.department_id,
        day=occasion.today,
    )
    return leaves.on_duty(occasion.connection, judges, day=occasion.today)
