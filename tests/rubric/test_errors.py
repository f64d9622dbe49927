"""The tree that errors.py draws is the tree there is."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import rubric
from rubric import errors
from rubric.errors import UserError, shown

MODULES = [
    importlib.import_module(f"rubric.{m.name}") for m in pkgutil.iter_modules(rubric.__path__)
]
CLASSES = {
    thing
    for module in MODULES
    for thing in vars(module).values()
    if isinstance(thing, type) and issubclass(thing, UserError) and thing is not UserError
}


def test_every_class_is_drawn_beside_its_module():
    drawn: dict[str, str] = {}
    module = ""
    for line in (errors.__doc__ or "").splitlines():
        if match := re.search(r"── (rubric\.\w+)", line):
            module = match[1]
        elif "──" in line:
            module = ""
        for name in re.findall(r"\b[A-Z][a-z]+[A-Z]\w+", line) if module else []:
            drawn[name] = module
    assert drawn == {cls.__name__: cls.__module__ for cls in CLASSES}


def test_codes_are_stable_and_unique():
    assert sorted(cls.code for cls in CLASSES) == [
        "date.future",
        "date.impossible",
        "date.unreadable",
        "deadline.disordered",
        "deadline.extension_needless",
        "deadline.past",
        "deadline.same",
        "edition.faults",
        "edition.none_in_force",
        "edition.unknown",
        "edition.unknown_indicator",
        "leave.over",
        "leave.reversed",
        "leave.too_far",
        "leave.unreadable",
        "quarter.event_too_old",
        "quarter.future_event",
        "quarter.illegal_move",
        "quarter.unreadable",
        "quiet.unreadable",
        "ranking.decision_mismatch",
        "ranking.decision_needless",
        "ranking.decision_unreasoned",
        "ranking.tie_undecided",
        "report.incomplete",
        "score.bonus_not_applicable",
        "score.cells_missing",
        "score.off_step",
        "score.out_of_range",
        "score.reason_missing",
        "score.unreadable",
        "settings.disordered",
        "settings.invalid",
        "settings.unknown",
    ]


@pytest.mark.parametrize(
    ("typed", "quoted"),
    [
        ("8.5", "8.5"),
        (" 一\n二\x00\u202e三 ", "一二三"),
        ("长" * 20, "长" * 20),
        ("长" * 21, "长" * 20 + "…"),
        ("\n", ""),
    ],
)
def test_typed_text_is_quoted_short_and_printable(typed, quoted):
    assert shown(typed) == quoted
