"""What is looked for in the audit log, and how a button carries it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from storage import audit_log

_PACKED = re.compile(
    r"(?:p(?P<p>\d{1,9}))?(?:d(?P<d>\d{1,6}))?(?:i(?P<i>\d{1,9}))?(?:q(?P<q>20\d\d[1-4]))?"
    r"(?:t(?P<t>\d{12}))?(?P<x>x)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """`person` 0 is the program itself, None anybody; `first` and `last` days are included."""

    person: int | None = None
    department: int = 0
    item: int = 0
    quarter: str = ""
    first: date | None = None
    last: date | None = None
    refused: bool = False

    def __bool__(self) -> bool:
        return self != Criteria()


def pack(wanted: Criteria) -> str:
    """p12d3i45q20264t261101261103x"""
    days = f"t{wanted.first:%y%m%d}{wanted.last:%y%m%d}" if wanted.first and wanted.last else ""
    return "".join(
        (
            "" if wanted.person is None else f"p{wanted.person}",
            f"d{wanted.department}" if wanted.department else "",
            f"i{wanted.item}" if wanted.item else "",
            f"q{wanted.quarter.replace('Q', '')}" if wanted.quarter else "",
            days,
            "x" if wanted.refused else "",
        )
    )


def unpack(text: str) -> Criteria:
    """Everything for what no button of ours carries."""
    match = _PACKED.fullmatch(text)
    if match is None:
        return Criteria()
    first = last = None
    if days := match["t"]:
        try:
            first, last = (date.fromisoformat(f"20{part}") for part in (days[:6], days[6:]))
        except ValueError:
            return Criteria()
    return Criteria(
        int(match["p"]) if match["p"] else None,
        int(match["d"] or 0),
        int(match["i"] or 0),
        f"{match['q'][:4]}Q{match['q'][4]}" if match["q"] else "",
        first,
        last,
        refused=bool(match["x"]),
    )


def conditions(wanted: Criteria, zone: ZoneInfo) -> audit_log.Wanted:
    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), zone)

    return audit_log.Wanted(
        wanted.person,
        wanted.department,
        wanted.item,
        wanted.quarter,
        midnight(wanted.first) if wanted.first else None,
        midnight(wanted.last + timedelta(days=1)) if wanted.last else None,
        wanted.refused,
    )
