"""Reminds everybody who owes something: all of a person's matters in one message, once a day.

What was told is kept in the transaction that queues the message, and only then: whoever can't be
reached today is owed it still. A rule or a person that fails is left out and logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError

from handlers import reminder_round, reminding_departments, reminding_judges, reminding_leaders
from handlers.messages import Button, Rows, grid
from handlers.occasion import Occasion
from handlers.reminder_round import Piece, Round
from storage import reminders, sections
from storage.db import savepoint
from storage.sections import Section

log = logging.getLogger(__name__)
T = TypeVar("T")

BUTTONS: Final = 6
MATTERS: Final = 10  # of one message, which a messenger would cut if it was longer
_OF_A_QUARTER: Final = (
    reminding_departments.pieces, reminding_judges.pieces, reminding_leaders.pieces,
)  # fmt: skip


def remind(occasion: Occasion, *, deputies: Mapping[int, int]) -> int:
    """What is due at this moment of a working day; how many people were reminded. `deputies` hear
    what those are to hear for whom they stand in."""
    round_ = reminder_round.begin(occasion, deputies=deputies)
    section = sections.whom_to_ask(occasion.connection)
    count = 0
    for person_id, pieces in _by_recipient(round_).items():
        tell = partial(_tell, round_, person_id, pieces, section)
        count += bool(_kept_apart(occasion, f"person {person_id}", tell))
    if count:
        occasion.note("reminder.tell", detail={"people": count})
    return count


def _kept_apart(occasion: Occasion, what: str, do: Callable[[], T]) -> T | None:
    """What `do` returns; None if it failed, with all that it wrote taken back. A database that is
    away is no failure of its own: all is tried again at the next tick."""
    try:
        with savepoint(occasion.connection):
            return do()
    except DBAPIError:
        raise
    except Exception as error:
        log.exception("reminders: %s failed", what)
        problem = {"problem": type(error).__name__}
        occasion.note("reminder.fail", what, result="failed", detail=problem)
        return None


def _gather(round_: Round) -> Iterator[Piece]:
    for term in round_.terms:
        for rule in _OF_A_QUARTER:
            name = rule.__module__.rpartition("_")[2]
            yield from (
                _kept_apart(round_.occasion, f"{term.code} {name}", partial(rule, round_, term))
                or ()
            )
    plan = partial(reminding_leaders.plan_pieces, round_)
    yield from _kept_apart(round_.occasion, "plan", plan) or ()


def _by_recipient(round_: Round) -> dict[int, list[Piece]]:
    found: dict[int, list[Piece]] = {}
    for piece in _gather(round_):
        hears = round_.recipient(piece.person_id) if piece.passes else piece.person_id
        found.setdefault(hears, []).append(piece)
    return {person_id: found[person_id] for person_id in sorted(found)}


def _tell(round_: Round, person_id: int, pieces: Sequence[Piece], section: Section | None) -> bool:
    """False for somebody out of reach, or who has had today's message."""
    # a deputy may owe the same as whom they stand in for
    distinct: list[Piece] = []
    for piece in pieces:
        if piece.of not in [each.of for each in distinct]:
            distinct.append(piece)
    queued = round_.occasion.notify(
        person_id,
        "reminder.message",
        key=f"reminder:{round_.today}",
        buttons=_buttons(distinct),
        matters=[piece.of for piece in distinct],
        most=MATTERS,
        today=round_.today,
        section=section,
    )
    for piece in pieces if queued else ():
        for key in piece.keys:
            reminders.remember(
                round_.occasion.connection,
                person_id=piece.person_id,
                kind=key.kind,
                subject=key.subject,
                due=key.due,
                now=round_.occasion.now,
            )
    return queued


# ---------------------------------------------------------------- the buttons of one message


def _buttons(pieces: Sequence[Piece]) -> Rows:
    """The first few of all matters; what would read alike says which it is for."""
    alike: dict[str, list[tuple[Button, tuple[str, str]]]] = {}
    for piece in pieces:
        for button in piece.buttons:
            places = alike.setdefault(button.label, [])
            if button.action not in [known.action for known, _ in places]:
                places.append((button, piece.place))
    found = [
        button if len(same) == 1 else _named(button, place, [each for _, each in same])
        for same in alike.values()
        for button, place in same
    ]
    return tuple(grid(found[:BUTTONS], width=2))


def _named(button: Button, place: tuple[str, str], others: Sequence[tuple[str, str]]) -> Button:
    """With whatever of its place tells it from the others."""
    differing = (len(set(each)) > 1 for each in zip(*others, strict=True))
    words = "".join(part for part, differs in zip(place, differing, strict=True) if differs)
    return replace(button, label=f"{button.label}（{words}）")
