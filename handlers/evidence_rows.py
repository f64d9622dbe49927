"""Which rows a kind of evidence is proposed for, and rows by their ids."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Final

from rubric.edition import Edition, Indicator, NoEdition, catalog, edition_for
from rubric.quarter import Quarter
from storage.evidence import Item

PROPOSED: Final = {
    "case": ("onsite_help", "bonus_service"),
    "news": ("bonus_news",),
    "innovation": ("bonus_innovation", "bonus_service"),
    "work": ("window_support", "coordination", "presence", "service_ratings"),
    "other": ("bonus_other",),
}


def edition_of(item: Item, *, today: date) -> Edition:
    """The edition whose rows the item chooses from; today's or the first, where its date
    fits none."""
    chosen = Quarter.parse(item.quarter) if item.quarter else None
    own = chosen or Quarter.containing(item.event_date or today)
    for quarter in (own, Quarter.containing(today)):
        with suppress(NoEdition):
            return edition_for(quarter.last_day)
    return min((each for each in catalog() if each.scorable), key=lambda each: each.id)


def row_of(item: Item, *, today: date) -> Indicator | None:
    return find_row(edition_of(item, today=today), item.indicator)


def find_row(edition: Edition, indicator_id: str) -> Indicator | None:
    """None for what no row is called: nothing chosen yet, or a forged button."""
    for row in edition.indicators:
        if row.id == indicator_id:
            return row
    return None


def proposed(edition: Edition, kind: str) -> list[Indicator]:
    """Rows that fit the kind, the likeliest first."""
    return [row for id_ in PROPOSED.get(kind, ()) for row in edition.indicators if row.id == id_]
