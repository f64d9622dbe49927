"""What to look for in the audit log, as it is typed:

李敏 市场监管局3号 2026年第四季度 11月1日-11月3日 失败
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Final

from handlers.administration.typed import any_day
from handlers.audit_criteria import Criteria
from handlers.turn import Turn
from rubric.dates import DateImpossible, DateUnreadable
from rubric.errors import UserError, shown
from rubric.quarter import Quarter, QuarterUnreadable
from storage import audit_log, departments
from templates import audit_words

MOST_ALTERNATIVES: Final = 6
_LONGEST: Final = 60
_BETWEEN = re.compile(r"[\s,，、;；]+")
_ON_FILE = re.compile(r"(20\d\dQ[1-4])-([A-Z]{2,6})-(\d{1,6})", re.ASCII | re.IGNORECASE)
_RECEIPT = re.compile(r"(.+?)(\d{1,6})号", re.ASCII)
_TO = re.compile("[-至到~—–]")
_REFUSED = frozenset({"失败", "被拒", "被拒绝", "失败/被拒", "拒绝"})


@dataclass(eq=False)
class NothingNamedSo(UserError):
    """A word that names no person, place, receipt, quarter or date."""

    code: ClassVar[str] = "audit.nothing_named_so"
    typed: str


# ---------------------------------------------------------------- as typed


def read(turn: Turn, base: Criteria) -> list[Criteria]:
    """What was typed, added to what was looked for before; several where a word may mean several
    things. Raises NothingNamedSo, DateImpossible."""
    found = [Criteria() if turn.words == audit_words.ALL else base]
    for word in _BETWEEN.split(turn.words):
        if word and word != audit_words.ALL:
            found = [each for one in found for each in _with(turn, one, word)]
    return found[:MOST_ALTERNATIVES]


def _with(turn: Turn, base: Criteria, word: str) -> list[Criteria]:
    if len(word) > _LONGEST:
        raise NothingNamedSo(shown(word))
    if word in _REFUSED:
        return [replace(base, refused=True)]
    if word == audit_words.PROGRAM:
        return [replace(base, person=0)]
    department = departments.match_department(turn.connection, word)
    if department is not None:
        return [replace(base, department=department.id)]
    if quarter := _quarter(word):
        return [replace(base, quarter=quarter)]
    if days := _days(turn, word):
        return [replace(base, first=min(days), last=max(days))]
    items = list(_items(turn, word))
    if items:
        return [replace(base, item=each) for each in items]
    named = audit_log.everybody_named(turn.connection, word, limit=MOST_ALTERNATIVES)
    if not named:
        raise NothingNamedSo(shown(word))
    return [replace(base, person=id_) for id_, _ in named]


def _quarter(word: str) -> str:
    try:
        return Quarter.parse(word).code
    except QuarterUnreadable:
        return ""


def _days(turn: Turn, word: str) -> tuple[date, date] | None:
    """One day, or two with a dash or 至 between them; None for other words."""
    today = turn.premises.today(turn.now)
    try:
        day = any_day(word, today=today)
        return day, day
    except DateUnreadable:
        pass
    for match in _TO.finditer(word):
        try:
            first = any_day(word[: match.start()], today=today)
            return first, any_day(word[match.end() :], today=today)
        except (DateUnreadable, DateImpossible):
            continue
    return None


def _items(turn: Turn, word: str) -> Iterator[int]:
    """By receipt, 市场监管局3号 in any quarter, the newest first, or 2026Q4-SCJG-003."""
    on_file, receipt = _ON_FILE.fullmatch(word), _RECEIPT.fullmatch(word)
    name = on_file[2] if on_file else receipt[1] if receipt else ""
    department = departments.match_department(turn.connection, name) if name else None
    if department is None:
        return
    yield from audit_log.receipts(
        turn.connection,
        department.id,
        number=int(on_file[3] if on_file else receipt[2] if receipt else 0),
        quarter=on_file[1].upper() if on_file else "",
    )
