"""How much of an outcome is public: never a place, a total or a name more than was decided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rubric.extent import (
    Extent,
    extent_of,
    published_extent,
    shown_awards,
    shown_departments,
    shown_ties,
)
from rubric.settings import effective
from tests.rubric.test_report import EDITION, frozen

# by rank: BB 101.5, FF 99 (never nominated), AA and EE 98, CC 95; DD and GG are 不参评
REPORT = frozen()
ALL, AWARDS = Extent("all"), Extent("awards")


def first(places: int) -> Extent:
    return Extent("first", places)


@pytest.mark.parametrize(
    ("extent", "codes"),
    [
        (ALL, ["BB", "FF", "AA", "EE", "CC", "DD", "GG"]),
        (first(3), ["BB", "FF", "AA"]),
        (first(4), ["BB", "FF", "AA", "EE"]),
        (first(100), ["BB", "FF", "AA", "EE", "CC"]),
        (AWARDS, []),
    ],
)
def test_whose_places_are_public(extent, codes):
    assert [each.code for each in shown_departments(REPORT, extent)] == codes


def test_ties_name_only_who_is_public():
    assert shown_ties(REPORT, ALL, EDITION) == REPORT.ties
    assert shown_ties(REPORT, first(3), EDITION) == ()
    assert shown_ties(REPORT, first(4), EDITION) == REPORT.ties
    assert shown_ties(REPORT, AWARDS, EDITION) == ()


def test_awards_stand_in_an_order_that_tells_nothing_unless_places_are_public():
    assert shown_awards(REPORT, ALL) == ("BB局", "AA局", "EE局")
    assert shown_awards(REPORT, first(4)) == ("BB局", "AA局", "EE局")
    assert shown_awards(REPORT, first(2)) == ("AA局", "BB局", "EE局")
    assert shown_awards(REPORT, AWARDS) == ("AA局", "BB局", "EE局")


def test_the_extent_by_the_settings():
    assert extent_of({}) is None
    assert extent_of({"publication.extent": "all", "publication.first": 7}) == ALL
    assert extent_of({"publication.extent": "first", "publication.first": 7}) == first(7)
    chosen = {"publication.extent": "first", "publication.audience": "departments"}
    assert extent_of(chosen) == Extent("first", 10, insiders=True)
    assert published_extent(REPORT) == ALL
    assert published_extent(replace(REPORT, settings=effective(chosen))) == extent_of(chosen)


def test_outsiders_get_the_awards_alone_where_only_insiders_get_more():
    assert Extent("all", insiders=True).for_outsiders() == AWARDS
    assert first(3).for_outsiders() == first(3)
