"""What is taken in from a workbook, one file a source: `read` checks the rows and says what would
change, `apply` of its plan does it, in one transaction. Importers are found by looking into this
package.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from handlers.imports.book import Book

if TYPE_CHECKING:  # the reading child needs rows, not the database
    from handlers.occasion import Occasion


@dataclass(frozen=True, slots=True)
class By:
    """Who takes it in: a person, or '' and None on the command line where nobody is named."""

    person_id: int | None = None
    account_id: int | None = None


class Plan(Protocol):
    """What a workbook without a fault would change. `lines` are plain sentences, the differences
    in full, worth reading before one confirmation; none: nothing would change. A plan may have
    `notes` besides, sentences that are said and change nothing: see `notes_of`."""

    @property
    def lines(self) -> tuple[str, ...]: ...

    def apply(self, occasion: Occasion, by: By) -> None:
        """All of it, audited. Raises UserError where something was changed since it was read."""


def notes_of(plan: Plan) -> tuple[str, ...]:
    """What was left aside, e.g. columns of which no use is made."""
    return tuple(getattr(plan, "notes", ()))


@dataclass(frozen=True, slots=True)
class Importer:
    """`kind` names it in commands and rows, `title` to people. `sheet` is by what a workbook is
    known to be one of these: the name of a sheet of its template. `template` is the document that
    writes the empty workbook, with `facts` for what stands filled in already. `roles` are of those
    who may take it in by the chat."""

    kind: str
    title: str
    sheet: str
    template: str
    read: ReadBook
    facts: TemplateFacts
    by_quarter: bool = False  # asks for a quarter besides
    options: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ("admin",)
    named: bool = False  # on the command line somebody has to be named, with --by
    onward: tuple[str, str] | None = None  # label and action of what usually comes next


class ReadBook(Protocol):
    def __call__(self, occasion: Occasion, book: Book, *, quarter: str, by: By) -> Plan:
        """Raises WorkbookFaulty with every fault there is."""


class TemplateFacts(Protocol):
    def __call__(self, occasion: Occasion, *, quarter: str) -> Mapping[str, object]:
        """What the template's document is rendered with: plain values."""


def discover() -> dict[str, Importer]:
    """Every importer by its kind."""
    found = {}
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importer = getattr(importlib.import_module(module.name), "importer", None)
        if isinstance(importer, Importer):
            found[importer.kind] = importer
    return found
