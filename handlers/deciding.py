"""Whether this person may decide about this item now, and what is true if not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from handlers import review_card, review_queue
from handlers.access import NotAllowed
from handlers.dialog import Done, Keep, Outcome, Outdated
from handlers.judging import judges_of
from handlers.placing import QuarterClosed
from handlers.turn import Turn
from rubric.errors import UserError
from storage import evidence, people, quarters, reviewing, sections
from storage.evidence import Item

NAME: Final = "review"


@dataclass(eq=False)
class AlreadyDecided(Outdated):
    """Somebody decided before; the card is shown as it is now."""

    code: ClassVar[str] = "review.decided"
    item: Item | None = None

    def facts(self) -> dict[str, object]:
        return {"item": self.item}


@dataclass(eq=False)
class Barred(UserError):
    """In rows of one's own section, but of one's own department or recorded by oneself."""

    code: ClassVar[str] = "review.barred"
    receipt: str
    judges: tuple[str, ...]


def in_hand(turn: Turn, item_id: int, revision: int) -> Item:
    """The item, locked, submitted, at this revision, the person's to decide about, its quarter
    open until this transaction ends. Else raises what is true."""
    item = evidence.lock(turn.connection, item_id)
    if item is None or item.number is None:
        raise NotAllowed
    judges = judges_of(turn.connection, item, day=turn.today)
    if turn.person.id not in [each.id for each in judges]:
        raise _refusal(turn, item, tuple(each.name for each in judges))
    if item.state != "submitted":
        raise AlreadyDecided(show=lambda turn: _show_truth(turn, item), item=item)
    if item.revision != revision:
        raise Outdated(show=lambda turn: show_again(turn, item))
    term = quarters.hold(turn.connection, item.quarter or "")
    if term is not None and not term.open:
        raise QuarterClosed(term.code)
    return item


def _refusal(turn: Turn, item: Item, judges: tuple[str, ...]) -> UserError:
    """Why not: moved away from one's rows, one's own department, or none of one's business."""
    own = sections.rows_of(turn.connection, *turn.person.sections)
    stand_in = people.substituted_sections(turn.connection, turn.person.id)
    rows = {*own, *sections.rows_of(turn.connection, *stand_in)}
    moved = {row for row, _ in reviewing.moved_before(turn.connection, item.id)}
    if item.state == "submitted" and item.indicator in own:
        return Barred(item.receipt, judges)
    if item.state != "submitted" and item.indicator in rows:
        return AlreadyDecided(show=lambda turn: _show_truth(turn, item), item=item)
    if not moved.isdisjoint(rows):
        return Outdated(show=lambda turn: _show_truth(turn, item))
    return NotAllowed()


def _show_truth(turn: Turn, item: Item) -> Outcome:
    review_card.show_next(turn, item, above=review_card.outcome(turn, item))
    return over(turn)


def show_again(turn: Turn, item: Item) -> Outcome:
    review_card.show(turn, item, review_queue.read(turn, quarter=item.quarter or ""))
    return over(turn)


def over(turn: Turn) -> Outcome:
    """Wait for no reason any more; whatever else is running goes on."""
    return Done() if turn.running == NAME else Keep()
