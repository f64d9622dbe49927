"""The card by which an evaluator decides about one item, and what becomes of it afterwards."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

import templates
from handlers import evidence_card, review_queue
from handlers.judging import judged_for_name
from handlers.messages import Action, Button, Rows, Style
from handlers.review_queue import Queue
from handlers.turn import Turn
from rubric import settings
from rubric.edition import Indicator
from storage import attachments, quarters, submission
from storage.evidence import Item
from templates import words

PANEL: Final = "review"  # all goes on in one message, so that nothing changes out of sight
STANDARD_SHOWN: Final = 60
DESCRIPTION_SHOWN: Final = 800


def button(label: str, verb: str, item: Item, argument: str = "", **more: Style) -> Button:
    return Button(label, Action(verb, str(item.id), item.revision, argument), **more)


def show(turn: Turn, item: Item, queue: Queue, *, above: str = "", whole: bool = False) -> None:
    """`above`: markup of what was decided just before. `whole`: the row's standard in full."""
    card = evidence_card.read(turn, item)
    returns_left = _returns_left(turn, item)
    long = _long(card.row) or len(item.description) > DESCRIPTION_SHOWN
    turn.say(
        "review.card",
        panel=PANEL,
        buttons=(
            *_buttons(
                item,
                returns_left=returns_left,
                files=len(card.files),
                expand=long and not whole,
            ),
            *_switches(queue),
        ),
        above=Markup(above),  # noqa: S704 - our markup
        card=card,
        item=item,
        position=queue.position(item),
        total=len(queue.items),
        standard_length=10_000 if whole else STANDARD_SHOWN,
        description_length=DESCRIPTION_SHOWN,
        alike=_alike(turn, item),
        returns_left=returns_left,
        barred=queue.barred,
        in_place_of=judged_for_name(turn, item.indicator),
    )


def _switches(queue: Queue) -> Rows:
    """To the other quarters in which something waits."""
    return tuple(
        (Button(f"看{words.quarter(code)}（{count}）", Action("rev.q", code)),)
        for code, count in queue.others
    )


def _returns_left(turn: Turn, item: Item) -> int:
    term = quarters.find(turn.connection, item.quarter or "")
    return settings.RETURNS_MAX.of(term.settings if term else {}) - item.returns


def _long(row: Indicator | None) -> bool:
    return row is not None and len(row.standard) > STANDARD_SHOWN


def _alike(turn: Turn, item: Item) -> list[submission.Duplicate]:
    """Others with the same file or text, whichever department and row: one fact counts once."""
    files = attachments.of_evidence(turn.connection, item.id)
    return submission.duplicates(turn.connection, item, files, anywhere=True)


def counted_before(turn: Turn, item: Item) -> list[Item]:
    """The department's accepted items with the same file or text: one fact is scored in one row,
    so a second use needs a reason (本中心规定)."""
    return [
        each.item
        for each in _alike(turn, item)
        if each.item.state == "accepted" and each.item.department_id == item.department_id
    ]


def _buttons(item: Item, *, returns_left: int, files: int, expand: bool) -> Rows:
    looks = []
    if files:
        looks.append(button(words.VIEW, "rev.files", item))
    if expand:
        looks.append(button("参照标准", "rev.std", item))
    first = [button(words.ACCEPT, "rev.acc", item, style=Style.PRIMARY)]
    if returns_left > 0:
        first.append(button(words.RETURN, "rev.ret", item))
    second = [
        button(words.REJECT, "rev.rej", item),
        button(words.MOVE, "rev.mov", item),
        button(words.SKIP, "rev.skip", item),
    ]
    return tuple(tuple(row) for row in (looks, first, second) if row)


def outcome(turn: Turn, item: Item, *, told: bool = True) -> str:
    """Markup: what was decided, by whom, when. `told`: whether the department could be."""
    card = evidence_card.read(turn, item)
    return templates.say("review.outcome", item=item, card=card, told=told)


def show_next(turn: Turn, after: Item, *, above: str) -> None:
    """The next of the same quarter, under what became of the one before; of another quarter, if
    nothing is left in this one."""
    queue = review_queue.read(turn, quarter=after.quarter or "")
    following = queue.after(after)
    if following is None and queue.others:
        queue = review_queue.read(turn, quarter=queue.others[0][0])
        following = queue.items[0]
    if following is None:
        show_empty(turn, queue, above=above)
    else:
        show(turn, following, queue, above=above)


def show_empty(turn: Turn, queue: Queue, *, above: str = "") -> None:
    turn.say(
        "review.empty",
        panel=PANEL,
        buttons=((Button("刷新", Action("rev.q")), Button("菜单", Action("cmd", "start"))),),
        above=Markup(above),  # noqa: S704 - our markup
        barred=queue.barred,
    )
