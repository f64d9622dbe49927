"""“税务 8.5”: a department and its score in one line, with a reason behind it if one is wanted."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar, Final

from handlers.score_cells import Share
from rubric.errors import UserError, shown
from storage.departments import Department

_SCORE: Final = re.compile(
    r"[:：\s]*([+-]?[0-9]+(?:[.,。][0-9]+)?|不涉及)\s*分?(?:[\s，,：:；;]+(.*))?", re.DOTALL
)


@dataclass(eq=False)
class DepartmentUnclear(UserError):
    """No department of this row is called so, or more than one begins so (`several`)."""

    code: ClassVar[str] = "score.department_unclear"
    typed: str
    several: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """`value` as typed, or 不涉及; '' when only the department was named."""

    department: Department
    value: str
    reason: str


def names_department(share: Share, text: str) -> bool:
    """Whether a text begins with a department of the row rather than with a number."""
    return bool(_matches(share, _plain(text)))


def read_typed(share: Share, text: str) -> Typed:
    """Raises DepartmentUnclear. The longest name wins: 税务局 before 税务."""
    plain = _plain(text)
    found = _matches(share, plain)
    longest = max((length for length, _ in found), default=0)
    fitting = {each.id: each for length, each in found if length == longest}
    if len(fitting) != 1:
        several = tuple(each.short_name for each in fitting.values())
        raise DepartmentUnclear(typed=shown(text), several=several)
    (department,) = fitting.values()
    rest = plain[longest:].strip()
    if not rest:
        return Typed(department, "", "")
    match = _SCORE.fullmatch(rest)
    if match is None:
        raise DepartmentUnclear(typed=shown(text), several=())
    return Typed(department, match[1], (match[2] or "").strip())


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _matches(share: Share, plain: str) -> list[tuple[int, Department]]:
    """Departments with the length of the name that the text begins with: the full name, the short
    one, the short one without 局, or the code."""
    found = []
    for each in share.mine:
        names = {each.name, each.short_name, each.short_name.removesuffix("局"), each.code}
        for name in (unicodedata.normalize("NFKC", one) for one in names if one):
            if plain.casefold().startswith(name.casefold()):
                found.append((len(name), each))
    return found
