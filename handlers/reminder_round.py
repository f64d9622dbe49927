"""One look at what everybody owes: what all reminders read, and what each of them comes to.

A rule (`handlers.reminding_*`) makes pieces, one a person and a matter; `handlers.reminding`
merges a person's pieces into one message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from handlers.messages import Button
from handlers.occasion import Occasion
from rubric.quarter import Quarter, QuarterState, WorkCalendar
from rubric.reminders import Kind, Stage
from storage import quarters, reminders
from storage.departments import Department
from storage.evidence import Item
from storage.quarters import Term


class Matter(Protocol):
    """What one piece of a message tells; `matter` names its words in reminder.j2."""

    @property
    def matter(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Key:
    """`subject` says what was told when, so that it is told once; `due` since when it was due."""

    kind: Kind
    subject: str
    due: date


@dataclass(frozen=True, slots=True)
class Piece:
    """What one person is reminded of in one matter; `place` is its department and its quarter, as
    they tell its buttons from those of another. Unless it `passes`, no deputy hears it instead:
    who judges is read as of today, and an administrator's office is not passed on."""

    person_id: int
    keys: tuple[Key, ...]
    of: Matter
    buttons: tuple[Button, ...]
    place: tuple[str, str] = ("", "")
    passes: bool = False


@dataclass(frozen=True, slots=True)
class Unreached:
    """A department that owes something, and nobody who could be told of it."""

    quarter: str
    department: Department
    stage: Stage


@dataclass(slots=True)
class Round:
    """`terms` are the quarters in hand, the oldest first; `deputies` who stands in for whom
    today; `unreached` is filled by the rules of departments for those of the admin."""

    occasion: Occasion
    today: date
    terms: tuple[Term, ...]
    deputies: Mapping[int, int]
    unreached: list[Unreached] = field(default_factory=list)
    _told: dict[tuple[int, str], dict[Kind, date]] = field(default_factory=dict)
    _drafts: list[Item] | None = None

    @property
    def calendar(self) -> WorkCalendar:
        return self.occasion.calendar

    def recipient(self, person_id: int) -> int:
        """Who hears what this person is to be reminded of."""
        return self.deputies.get(person_id, person_id)

    @property
    def drafts(self) -> list[Item]:
        """Those of all departments, see `storage.reminders.drafts`."""
        if self._drafts is None:
            self._drafts = reminders.drafts(self.occasion.connection)
        return self._drafts

    def told(self, person_id: int, about: str) -> Mapping[Kind, date]:
        """When the person was told last of each kind about this."""
        return self._told.get((person_id, about), {})

    def day_of(self, moment: datetime) -> date:
        return self.occasion.premises.today(moment)

    def know(self, found: list[reminders.Told]) -> None:
        """Subjects are nested by dots: what was told about 2026Q4.7.20270106 was told about
        2026Q4.7 and about 2026Q4 too."""
        for each in found:
            parts = each.subject.split(".")
            for length in range(1, len(parts) + 1):
                about = ".".join(parts[:length])
                days = self._told.setdefault((each.person_id, about), {})
                kind, day = Kind(each.kind), self.day_of(each.at)
                days[kind] = max(day, days.get(kind, day))


def begin(occasion: Occasion, *, deputies: Mapping[int, int]) -> Round:
    today = occasion.premises.today(occasion.now)
    made = Round(occasion, today, tuple(_terms(occasion, today)), deputies)
    about = [term.code for term in made.terms]
    made.know(reminders.told(occasion.connection, [*about, Kind.PLAN.value]))
    return made


def stamp(day: date) -> str:
    """A day in a subject."""
    return f"{day:%Y%m%d}"


def _terms(occasion: Occasion, today: date) -> list[Term]:
    """Those that have begun and aren't published; today's too if nobody has opened it yet."""
    opened = quarters.unpublished(occasion.connection)
    found = [each for each in opened if each.opens <= today and not each.history]
    present = quarters.look(
        occasion.connection,
        Quarter.containing(today),
        calendar=occasion.calendar,
        timezone=occasion.premises.zone,
    )
    if QuarterState(present.state) is not QuarterState.PUBLISHED and not present.revision:
        found.append(present)
    return found
