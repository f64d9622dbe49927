"""What waits for an evaluator: submitted items of the rows in hand that they may decide about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.judging import judges_of
from handlers.turn import Turn
from storage import people, reviewing, sections
from storage.evidence import Item


@dataclass(frozen=True, slots=True)
class Queue:
    """`items` of one quarter, the one that waits longest first; `others` are further quarters
    with the number of items in each. `barred` waits in the rows of the person's own sections,
    for others to decide: of their own department, or recorded by them; with who may."""

    quarter: str
    items: tuple[Item, ...]
    others: tuple[tuple[str, int], ...]
    barred: tuple[tuple[Item, tuple[str, ...]], ...]

    def after(self, item: Item) -> Item | None:
        """The next one behind this; from the front again behind the last."""
        behind = [each for each in self.items if _place(each) > _place(item)]
        ahead = [each for each in self.items if each.id != item.id]
        return next(iter(behind or ahead), None)

    def position(self, item: Item) -> int:
        """From 1; 0 for what does not wait here."""
        ids = [each.id for each in self.items]
        return ids.index(item.id) + 1 if item.id in ids else 0


def _place(item: Item) -> tuple[object, int]:
    return (item.submitted_at, item.id)


def read(turn: Turn, *, quarter: str = "") -> Queue:
    """The queue of this quarter; of the oldest with anything in it when none is named."""
    waiting = reviewing.waiting(turn.connection, _rows_in_hand(turn))
    mine, barred = _parted(turn, waiting)
    codes = sorted({each.quarter or "" for each in mine})
    chosen = quarter or (codes[0] if codes else "")
    return Queue(
        chosen,
        tuple(each for each in mine if each.quarter == chosen),
        tuple(
            (code, sum(each.quarter == code for each in mine)) for code in codes if code != chosen
        ),
        tuple(barred),
    )


def _rows_in_hand(turn: Turn) -> list[str]:
    stand_in = people.substituted_sections(turn.connection, turn.person.id)
    return sections.rows_of(turn.connection, *turn.person.sections, *stand_in)


def _parted(
    turn: Turn, waiting: Sequence[Item]
) -> tuple[list[Item], list[tuple[Item, tuple[str, ...]]]]:
    """Those that the person may decide about, and those of their own sections they may not."""
    own = frozenset(sections.rows_of(turn.connection, *turn.person.sections))
    known: dict[tuple[object, ...], list[tuple[int, str]]] = {}
    mine: list[Item] = []
    barred: list[tuple[Item, tuple[str, ...]]] = []
    for item in waiting:
        recorders = (item.created_by, item.submitted_by) if item.proxy else ()
        case = (item.indicator, item.department_id, recorders)
        if case not in known:
            judges = judges_of(turn.connection, item, day=turn.today)
            known[case] = [(each.id, each.name) for each in judges]
        if turn.person.id in [id_ for id_, _ in known[case]]:
            mine.append(item)
        elif item.indicator in own:
            barred.append((item, tuple(name for _, name in known[case])))
    return mine, barred
