"""Typing in the place of pressing: a button's label anywhere, its mark where marks are shown.

What is typed means what this very chat showed last; the number of a notice means that notice,
however long ago it came.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

from handlers.messages import Marks, marks_of, notice_marks
from handlers.turn import Turn
from storage import outbox
from storage.conversations import Conversation

_NOTICE: Final = re.compile(r"#([1-9]\d{0,17})[a-z]{0,2}", re.ASCII)


def marks(*, lettered: bool) -> Marks:
    """`lettered`: what is typed is a number of its own, so that choices have letters."""
    return Marks.LETTERS if lettered else Marks.NUMBERS


def chosen(turn: Turn, typed: str, state: Conversation) -> str:
    """The action of what was typed; '' if it is no choice."""
    offered = state.offered(turn.account.id)
    labels = [label for label, _ in offered.choices]
    if typed in labels:
        return offered.choices[labels.index(typed)][1]
    if not turn.inbound.numbered:
        return ""
    mark = normalize("NFKC", typed).strip()
    known = marks_of(labels, Marks(offered.marks))
    if mark and mark.upper() in known:
        return offered.choices[known.index(mark.upper())][1]
    return _of_notice(turn, mark.lower())


def _of_notice(turn: Turn, mark: str) -> str:
    """#41, #41b: a button of what this person was told, on whichever account."""
    found = _NOTICE.fullmatch(mark)
    if found is None:
        return ""
    number = int(found[1])
    actions = outbox.actions_of(turn.connection, number, person_id=turn.person.id)
    known = notice_marks(number, len(actions))
    return actions[known.index(mark)] if mark in known else ""
