"""A tour through all scripts: what they pressed, where they stopped, what they said.

Taken once a run and shared by the tests that go across dialogs, here and in tests/templates.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import select
from sqlalchemy.engine import Connection

import templates
from storage.models import conversation, role
from tests.chat import Centre, User
from tests.handlers.scripts import SCRIPTS, Line, action_of, play
from tests.handlers.stage import Stages, rehearsal

# the fields of drafts that tell one kind of waiting from another; the rest are ids
_KINDS = ("field", "unplaced", "kind", "what")

Place: TypeAlias = tuple[str, str, str]
Facts: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Tour:
    """`places` are where somebody waits, as (dialog, step, kind), with the script and the number
    of lines that lead there, and who waits. `actions` is one of each kind of button."""

    pressed: set[str] = field(default_factory=set)
    typed_at: set[tuple[str, str]] = field(default_factory=set)
    places: dict[Place, tuple[str, int, str]] = field(default_factory=dict)
    actions: dict[tuple[str, str], str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    said: dict[str, list[Facts]] = field(default_factory=dict)
    heard: dict[str, list[str]] = field(default_factory=dict)


_TAKEN: list[Tour] = []
_STAGES: list[Stages] = []


def shared_stages(folder: Path) -> Stages:
    if not _STAGES:
        _STAGES.append(Stages(folder))
    return _STAGES[0]


def take(stages: Stages) -> Tour:
    if not _TAKEN:
        tour = Tour()
        with _recorded(tour.said):
            for script in SCRIPTS:
                centre = stages.at(script.stage)
                with rehearsal(centre) as connection:
                    for number, line in enumerate(script.lines):
                        _follow(tour, centre, connection, line)
                        _stop(tour, centre, connection, (script.name, number + 1, line.who))
                    _look_back(tour, centre)
                    tour.heard[script.name] = heard(centre)
                centre.database.close()
        _TAKEN.append(tour)
    return _TAKEN[0]


def heard(centre: Centre) -> list[str]:
    """Everything that anybody was told, by person."""
    return [f"{user.name}：{text}" for user in centre.people.values() for text in user.hears]


def _follow(tour: Tour, centre: Centre, connection: Connection, line: Line) -> None:
    if action := action_of(centre, line):
        tour.pressed.add(action.split(":")[0])
    elif line.what == "says":
        tour.typed_at.add(place(connection, centre.people[line.who])[:2])
    play(centre, line)


def _stop(tour: Tour, centre: Centre, connection: Connection, where: tuple[str, int, str]) -> None:
    if where[2] in centre.people:
        tour.places.setdefault(place(connection, centre.people[where[2]]), where)


def place(connection: Connection, user: User) -> Place:
    """Where this person's conversation waits; nowhere: by what they are."""
    row = connection.execute(
        select(conversation.c.dialog, conversation.c.step, conversation.c.draft).where(
            conversation.c.person_id == user.person_id
        )
    ).one_or_none()
    if row is None or not row.step:
        held = select(role.c.role).where(role.c.person_id == user.person_id).distinct()
        return ("", "", ",".join(sorted(connection.execute(held).scalars())))
    kinds = [f"{name}={row.draft[name]}" for name in _KINDS if (row.draft or {}).get(name)]
    return (row.dialog, row.step, ",".join(kinds))


def _look_back(tour: Tour, centre: Centre) -> None:
    for user in centre.people.values():
        for message in user.chat:
            for label, action in (button for row in message.buttons for button in row):
                verb, object_, _, argument, *_ = [*action.split(":"), "", "", ""]
                kind = object_ if verb == "cmd" else argument[:1]
                tour.actions.setdefault((verb, kind), action)
                tour.labels.setdefault(label, action)


@contextmanager
def _recorded(said: dict[str, list[Facts]]) -> Iterator[None]:
    """Every block that is rendered meanwhile, with its facts; rendered all the same."""
    render = templates.say

    def recorded(name: str, /, **facts: object) -> str:
        said.setdefault(name, []).append(facts)
        return render(name, **facts)

    templates.say = recorded
    try:
        yield
    finally:
        templates.say = render
