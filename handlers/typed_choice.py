"""Typing in the place of pressing: a button's label anywhere, its mark where marks are shown."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import normalize

from handlers.messages import Marks, marks_of


def marks(*, lettered: bool) -> Marks:
    """`lettered`: what is typed is a number of its own, so that choices have letters."""
    return Marks.LETTERS if lettered else Marks.NUMBERS


def chosen(typed: str, choices: Sequence[Sequence[str]], *, numbered: bool, lettered: bool) -> str:
    """The action of what was typed, of choices as (label, action); '' if it is none of them.
    `numbered` on channels that show marks; full-width ones count too."""
    labels = [label for label, _ in choices]
    if typed in labels:
        return choices[labels.index(typed)][1]
    if not numbered:
        return ""
    known = marks_of(labels, marks(lettered=lettered))
    mark = normalize("NFKC", typed).upper()
    return choices[known.index(mark)][1] if mark and mark in known else ""
