"""The tree of everything that a person can be told "no" about.

    Exception
    └── UserError                 code, facts(); its words stand in errors.j2 under its code
        ├── rubric.edition        EditionFaults, NoEdition, UnknownEdition, UnknownIndicator
        ├── rubric.quarter        QuarterUnreadable, FutureEvent, EventTooOld, IllegalMove
        ├── rubric.deadlines      DeadlinePast, DeadlineSame, DeadlinesDisordered,
        │                         ExtensionNeedless
        ├── rubric.dates          DateUnreadable, DateImpossible, DateInFuture
        ├── rubric.quiet          HoursUnreadable
        ├── rubric.leave          LeaveUnreadable, LeaveReversed, LeaveOver, LeaveTooFar
        ├── rubric.scoring        ScoreUnreadable, ScoreOutOfRange, ScoreOffStep,
        │                         ReasonMissing, BonusNotApplicable, CellsMissing
        ├── rubric.ranking        TieUndecided, DecisionUnreasoned, DecisionMismatch,
        │                         DecisionNeedless
        ├── rubric.report         OutcomeIncomplete
        ├── rubric.settings       SettingUnknown, SettingInvalid, SettingsDisordered
        └── storage, handlers     each beside the function that raises it

A UserError means: nothing was changed, the person can do something about it, and the
dialog stays where it was. Faults of the program are ValueError and the like instead.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

SHOWN = 20


@dataclass(eq=False)
class UserError(Exception):
    """Carries the data for a sentence, never the sentence.

    Concrete subclasses are dataclasses with a `code` that never changes: it names the
    block in errors.j2 and stands in audit rows. A class without a code of its own is a
    family, not an error.
    """

    code: ClassVar[str]

    def facts(self) -> dict[str, object]:
        """What the template may say; every field under its own name unless overridden."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __str__(self) -> str:
        # Facts may hold what a person typed, and exceptions end up in logs.
        return self.code


def shown(typed: str) -> str:
    """Typed text, fit to be quoted back: one printable line, at most SHOWN characters."""
    line = "".join(character for character in typed if character.isprintable()).strip()
    return line if len(line) <= SHOWN else line[:SHOWN] + "…"
