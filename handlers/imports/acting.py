"""Whoever takes a workbook in: a person, whose name stands on all that comes of it; and that
nothing has moved between the differences that were shown and the confirmation.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import ClassVar

from handlers.access import NotAllowed
from handlers.imports import By
from handlers.imports.book import Book, to_json
from handlers.occasion import Deed, Occasion
from rubric.errors import UserError
from storage.accounts import Person, find_person


@dataclass(eq=False)
class ChangedMeanwhile(UserError):
    """What was shown is not what would be done now; nothing was done."""

    code: ClassVar[str] = "import.changed_meanwhile"


def actor(occasion: Occasion, by: By, *roles: str) -> Person:
    """Who takes it in. Raises NotAllowed for others than these, and for nobody."""
    person = find_person(occasion.connection, by.person_id or 0)
    if person is None or not person.has(*roles):
        raise NotAllowed
    return person


def deed(occasion: Occasion, person: Person, by: By) -> Deed:
    return Deed(
        occasion.connection,
        occasion.now,
        occasion.premises,
        person_id=person.id,
        account_id=by.account_id,
    )


def fingerprint(book: Book) -> str:
    """Of the rows that were taken in, for the audit log: equal workbooks, equal fingerprints."""
    content = json.dumps(to_json(book), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()
