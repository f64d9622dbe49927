"""What the import dialog's parts share: its draft, who may import what, templates, buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import orjson

from handlers.access import NotAllowed
from handlers.dialog import Dialog, Done, Keep, Outcome
from handlers.imports import Importer, discover
from handlers.messages import Action, Button, DocumentRef
from handlers.turn import Turn
from rubric.quarter import Quarter
from storage import quarters
from storage.accounts import Person
from templates import admin_labels as labels
from templates import words
from templates.documents import XLSX

SUFFIX: Final = ".xlsx"
MENU: Final = Button(words.MENU, Action("cmd", "start"))


@dataclass(frozen=True, slots=True)
class Draft:
    """What the awaited workbook or quarter is for."""

    kind: str = ""
    quarter: str = ""


dialog = Dialog("import", draft=Draft)


@cache
def known() -> Mapping[str, Importer]:
    """Looked for when the first workbook comes, not while the program starts."""
    return discover()


def theirs(person: Person) -> list[Importer]:
    return [each for each in known().values() if person.has(*each.roles)]


def require(turn: Turn, kind: str) -> Importer:
    """The importer of this kind. NotAllowed if there is none, or not for this person."""
    found = known().get(kind)
    if found is None or not turn.person.has(*found.roles):
        raise NotAllowed
    return found


def rest(turn: Turn) -> Outcome:
    """Whatever another dialog waits for, it goes on waiting for."""
    return Keep() if turn.running not in ("", dialog.name) else Done()


def button(label: str, verb: str, object_: object = "", argument: str = "") -> Button:
    return Button(label, Action(verb, str(object_), 0, argument))


def panel(import_id: int) -> str:
    return f"import:{import_id}"


def open_quarters(turn: Turn) -> list[str]:
    """Those a workbook is most likely about: unpublished ones, this one, the one before."""
    today = Quarter.containing(turn.premises.today(turn.now))
    codes = {each.code for each in quarters.unpublished(turn.connection)}
    return sorted(codes | {today.code, today.previous().code}, reverse=True)[:4]


# ---------------------------------------------------------------- the template


def template_of(turn: Turn, importer: Importer, quarter: str) -> DocumentRef:
    """The workbook to fill in, with what there is already."""
    facts = importer.facts(turn, quarter=quarter)
    return DocumentRef(
        importer.template, plain_arguments(facts), f"{importer.title}{quarter}{SUFFIX}", XLSX
    )


def plain_arguments(facts: Mapping[str, object]) -> tuple[tuple[str, str | int], ...]:
    """As a document takes them: what is neither text nor number goes as JSON."""
    return tuple(
        (name, value if isinstance(value, (str, int)) else orjson.dumps(value).decode())
        for name, value in facts.items()
    )


def template_button(importer: Importer, quarter: str) -> Button:
    return button(labels.TEMPLATE, "im.tpl", importer.kind, quarter)
