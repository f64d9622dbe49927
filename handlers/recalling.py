"""New evidence for a row that is handed in: the department's cell is open again, and whoever
judges it is told. So no point is given or withheld on what nobody has looked at.
"""

from __future__ import annotations

from handlers.evidence_rows import row_of
from handlers.messages import Action, Button, rows
from handlers.turn import Turn
from storage import handing, leaves, people, sections
from storage.evidence import Item


def recall(turn: Turn, item: Item) -> None:
    """After an item was submitted, completed, changed or moved to its row. The quarter is held."""
    quarter = item.quarter or ""
    back = handing.take_back(
        turn.connection,
        quarter=quarter,
        indicator=item.indicator,
        department_id=item.department_id,
    )
    if not back:
        return
    turn.audit("score.recall", f"{quarter}.{item.indicator}.{item.department_id}", item=item.id)
    section = sections.section_of_row(turn.connection, item.indicator)
    judges = (
        people.judges_of(
            turn.connection,
            section_id=section.id,
            department_id=item.department_id,
            day=turn.today,
        )
        if section
        else []
    )
    for judge in leaves.on_duty(turn.connection, judges, day=turn.today):
        turn.notify(
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
            row=row_of(item, today=turn.today),
        )
