"""Who hears of a decision: whoever reported the item, and for a 代录 the department itself."""

from __future__ import annotations

from handlers.evidence_rows import row_of
from handlers.messages import Action, Button, Rows
from handlers.occasion import Occasion
from storage import leaves, people, reviewing, sections
from storage.evidence import Item
from templates import words


def recipients(occasion: Occasion, item: Item) -> list[int]:
    """Who submitted and who began it, as long as they still report for the department (or have
    recorded it for it); where these two don't, its liaisons, and its heads if it has none. During
    a leave both hear of it: the deputy has to act within days, the item stays its author's."""
    day = occasion.today
    department = people.holders_of(
        occasion.connection, "liaison", "head", department_id=item.department_id, day=day
    )
    deputies = leaves.deputies_on(occasion.connection, day)
    theirs = [each.id for each in department]
    wrote = [id_ for id_ in (item.submitted_by, item.created_by) if id_]
    authors = list(dict.fromkeys([*wrote, *(deputies[id_] for id_ in wrote if id_ in deputies)]))
    if item.proxy:
        return list(dict.fromkeys([*authors, *theirs]))
    if still := [id_ for id_ in authors if id_ in theirs]:
        return still
    liaisons = people.holders_of(
        occasion.connection, "liaison", department_id=item.department_id, day=day
    )
    return [each.id for each in liaisons] or theirs


def tell(occasion: Occasion, item: Item, block: str, *, reason: str = "") -> int:
    """Say a block of `evidence` to the item's recipients, once a revision; how many it reaches.
    Each ends with the section's contact."""
    section = sections.section_of_row(occasion.connection, item.indicator)
    row = row_of(item, today=occasion.premises.today(occasion.now))
    return sum(
        occasion.notify(
            person_id,
            f"evidence.{block}",
            key=f"evidence:{block}:{item.id}:{item.revision}:{item.returns}",
            buttons=_ways_on(item),
            item=item,
            row=row,
            section=section,
            reason=reason,
        )
        for person_id in recipients(occasion, item)
    )


def expire(occasion: Occasion) -> int:
    """Returned items whose days are over become 不采纳（逾期未补充）, and their people are told;
    how many there were. Repeating it does nothing."""
    overdue = reviewing.expire(occasion.connection, now=occasion.now)
    for item in overdue:
        occasion.note("evidence.expire", str(item.id))
        tell(occasion, item, "expired")
    return len(overdue)


def _ways_on(item: Item) -> Rows:
    show = Button("查看", Action("mine.show", str(item.id)))
    if item.state == "returned":
        fix = Button(words.COMPLETE, Action("sub.fix", str(item.id), item.revision))
        return ((fix, show),)
    return ((show,),)
