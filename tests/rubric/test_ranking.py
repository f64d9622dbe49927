"""The order is total, explained in words, and never settles a tie that it can't explain."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric.edition import find
from rubric.ranking import (
    Decision,
    DecisionMismatch,
    DecisionNeedless,
    DecisionUnreasoned,
    Entry,
    Place,
    TieAtCut,
    TieUndecided,
    margin_at_cut,
    nominate,
    order,
    tie_sentences,
    winners,
)
from rubric.scoring import CategorySum, Score, Totals, aggregate

EDITION = find("2023-17")
NAMES = ("服务成效", "综窗建设", "一网通办", "管理规范")


def totals(*earned: int, bonus: int = 0, of: tuple[int, ...] = (30, 30, 20, 20)) -> Totals:
    """Sums from four categories in hundredths."""
    applicable = sum(of)
    return Totals(
        base=round(Fraction(sum(earned) * 100, applicable)) if applicable else None,
        bonus=bonus,
        categories=tuple(map(CategorySum, NAMES, earned, of)),
        rescaled=applicable < 100,
        capped=False,
    )


def entry(name: str, *earned: int, bonus: int = 0, eligible: bool = True) -> Entry:
    return Entry(name, name, totals(*earned, bonus=bonus), eligible)


def ranks(places: tuple[Place, ...]) -> list[tuple[str, int, bool]]:
    return [(place.entry.name, place.rank, place.shared) for place in places]


JIA = entry("甲", 2850, 2800, 1800, 1800, bonus=1600)
YI = entry("乙", 2800, 2700, 1800, 1800, bonus=1750)
BING = entry("丙", 2800, 2850, 1800, 1800, bonus=1600)


def test_total_then_base_then_the_four_categories():
    assert ranks(order([BING, YI, JIA])) == [("甲", 1, False), ("丙", 2, False), ("乙", 3, False)]


@pytest.mark.parametrize(
    ("ahead", "behind", "words"),
    [
        (
            Entry("A", "甲", totals(2900, 2850, 1750, 1750, bonus=1600)),
            Entry("B", "乙", totals(2850, 2750, 1750, 1750, bonus=1750)),
            "甲与乙同为108.5分，按基础分92.5＞91列前",
        ),
        (
            Entry("A", "甲", totals(2850, 2800, 1800, 1800)),
            Entry("B", "乙", totals(2800, 2850, 1800, 1800)),
            "甲与乙同为92.5分，按服务成效28.5＞28列前",
        ),
        (
            Entry("A", "甲", totals(2800, 2850, 1750, 1800)),
            Entry("B", "乙", totals(2800, 2800, 1800, 1800)),
            "甲与乙同为92分，按综窗建设28.5＞28列前",
        ),
        (
            Entry("A", "甲", totals(2800, 2800, 1850, 1750)),
            Entry("B", "乙", totals(2800, 2800, 1800, 1800)),
            "甲与乙同为92分，按一网通办18.5＞18列前",
        ),
        (
            Entry("A", "甲", totals(2700, 2700, 1800, 1800)),
            Entry("B", "乙", totals(1710, 2700, 1800, 1890, of=(20, 30, 20, 20))),
            "甲与乙同为90分，按服务成效得分率27/30＞17.1/20列前",
        ),
        (
            Entry("A", "甲", totals(0, 2600, 1800, 1900, of=(0, 30, 20, 20))),
            Entry("B", "乙", totals(2600, 2700, 1700, 2000)),
            "甲与乙同为90分，按服务成效得分率63/70（该方面不涉及，按基础分得分率计）＞26/30列前",
        ),
        (
            Entry("A", "甲", totals(0, 2701, 1800, 901, of=(0, 30, 20, 10))),
            Entry("B", "乙", totals(0, 2702, 1800, 1800, of=(0, 30, 20, 20))),
            "甲与乙同为90.03分，按服务成效得分率54.02/60（该方面不涉及，按基础分得分率计）"
            "＞63.02/70（该方面不涉及，按基础分得分率计）列前",
        ),
    ],
)
def test_what_decided_a_tie_is_said(ahead, behind, words):
    places = order([behind, ahead])
    assert [place.entry for place in places] == [ahead, behind]
    assert [place.rank for place in places] == [1, 2]
    assert tie_sentences(places) == (words,)


def test_the_last_category_decides_where_rescaling_made_all_else_equal():
    ahead = Entry("B", "乙", totals(2571, 2571, 1715, 0, of=(30, 30, 20, 0)))
    behind = Entry("A", "甲", totals(2571, 2571, 1715, 1714))
    assert ahead.totals.base == behind.totals.base == 8571
    assert tie_sentences(order([behind, ahead])) == (
        "乙与甲同为85.71分，按管理规范得分率"
        "68.57/80（该方面不涉及，按基础分得分率计）＞17.14/20列前",
    )


def test_an_exhausted_chain_is_a_shared_rank():
    twin = entry("己", 2800, 2850, 1800, 1800, bonus=1600)
    places = order([entry("丁", 3000, 3000, 2000, 2000), BING, twin, YI])
    assert ranks(places) == [("丙", 1, True), ("己", 1, True), ("乙", 3, False), ("丁", 4, False)]
    assert tie_sentences(places) == (
        "丙与己同为108.5分，基础分及各方面得分率均相同，并列第1名",
        "丙、己与乙同为108.5分，按基础分92.5＞91，丙、己列前",
    )


def test_ranks_after_a_tie_are_skipped_and_each_pair_has_its_words():
    places = order(
        [
            entry("戊", 2700, 2700, 1800, 1800),
            entry("丁", 2750, 2750, 1800, 1800, bonus=100),
            entry("丙", 2750, 2750, 1800, 1800, bonus=100),
            entry("乙", 2800, 2700, 1800, 1800, bonus=100),
            entry("甲", 2800, 2800, 1800, 1800),
        ]
    )
    assert ranks(places) == [
        ("甲", 1, False),
        ("乙", 2, False),
        ("丁", 3, True),
        ("丙", 3, True),
        ("戊", 5, False),
    ]
    assert tie_sentences(places) == (
        "甲与乙同为92分，按基础分92＞91列前",
        "乙、丁与丙同为92分，按服务成效28＞27.5，乙列前",
        "丁与丙同为92分，基础分及各方面得分率均相同，并列第3名",
    )


def test_no_tie_needs_no_words():
    places = order([entry("甲", 3000, 3000, 2000, 2000), entry("乙", 0, 0, 0, 0)])
    assert tie_sentences(places) == ()
    assert order([]) == ()
    assert tie_sentences([]) == ()


def test_who_is_not_assessed_has_no_place():
    with pytest.raises(ValueError, match="甲 is not assessed"):
        order([Entry("甲", "甲", totals(0, 0, 0, 0, of=(0, 0, 0, 0)))])


SCORES = st.fixed_dictionaries(
    {
        row.id: st.sampled_from([0, row.points * 50, row.points * 100]).map(Score)
        if row.bonus
        else st.sampled_from([None, row.points * 50, row.points * 80, row.points * 100]).map(Score)
        for row in EDITION.indicators
    }
)
TOTALS = SCORES.map(lambda scores: aggregate(EDITION, scores)).filter(
    lambda sums: sums.base is not None
)
# Few values each, so that ties are common.
SMALL = st.builds(
    lambda a, b, c, d, bonus: totals(a, b, c, d, bonus=bonus),
    *[st.sampled_from([1700, 1800])] * 4,
    st.sampled_from([0, 100, 200]),
)
FIELDS = st.lists(st.one_of(TOTALS, SMALL), max_size=12).map(
    lambda sums: [Entry(f"D{n}", f"部门{n}", each) for n, each in enumerate(sums)]
)


@given(FIELDS, st.randoms())
def test_ranks_are_a_total_preorder_whatever_the_order_of_the_register(entries, random):
    places = order(entries)
    by_code = {place.entry.code: place.rank for place in places}
    mixed = list(entries)
    random.shuffle(mixed)
    assert {place.entry.code: place.rank for place in order(mixed)} == by_code
    for place in places:
        better = [other for other in places if other.rank < place.rank]
        assert place.rank == len(better) + 1
        assert place.shared is (list(by_code.values()).count(place.rank) > 1)
    scores = [place.entry.totals.total for place in places]
    assert scores == sorted(scores, key=lambda total: -(total or 0))


@given(FIELDS)
def test_names_and_codes_change_nothing(entries):
    renamed = [
        Entry(f"X{n}", f"{len(entries) - n}局", each.totals) for n, each in enumerate(entries)
    ]
    assert [(p.rank, p.shared, p.entry.totals) for p in order(renamed)] == [
        (p.rank, p.shared, p.entry.totals) for p in order(entries)
    ]


@given(FIELDS)
def test_every_tie_of_totals_has_its_words(entries):
    places = order(entries)
    equal_pairs = {
        (a.rank, b.rank)
        for a, b in pairwise(places)
        if a.entry.totals.total == b.entry.totals.total
    }
    assert len(tie_sentences(places)) == len(equal_pairs)


# ------------------------------------------------------------------ nominees


def field(*ranked: str, ineligible: str = "") -> tuple[Place, ...]:
    """Groups of equals from the top: "甲", "乙丙", …"""
    return order(
        entry(name, 3000 - n, 0, 0, 0, eligible=name not in ineligible)
        for n, group in enumerate(ranked)
        for name in group
    )


def names(places: tuple[Place, ...]) -> str:
    return "".join(place.entry.name for place in places)


@pytest.mark.parametrize(
    ("groups", "ineligible", "nominated"),
    [
        (("甲", "乙", "丙", "丁"), "", "甲乙丙"),
        (("甲", "乙", "丙", "丁"), "乙", "甲丙丁"),
        (("甲", "乙丙", "丁"), "", "甲乙丙"),
        (("甲乙丙", "丁"), "", "甲乙丙"),
        (("甲", "乙", "丙丁"), "丁", "甲乙丙"),
        (("甲", "乙"), "", "甲乙"),
        (("甲", "乙", "丙"), "甲乙丙", ""),
    ],
)
def test_the_first_three_eligible_are_nominated(groups, ineligible, nominated):
    places = field(*groups, ineligible=ineligible)
    found = nominate(places)
    assert not isinstance(found, TieAtCut)
    assert names(found) == names(winners(places, None)) == nominated


@pytest.mark.parametrize(
    ("groups", "ineligible", "sure", "contenders", "count"),
    [
        (("甲", "乙", "丙丁"), "", "甲乙", "丙丁", 1),
        (("甲", "乙丙丁"), "", "甲", "乙丙丁", 2),
        (("甲乙丙丁戊",), "", "", "甲乙丙丁戊", 3),
        (("甲", "乙丙丁戊"), "丙", "甲", "乙丁戊", 2),
    ],
)
def test_a_tie_at_the_cut_is_named(groups, ineligible, sure, contenders, count):
    places = field(*groups, ineligible=ineligible)
    found = nominate(places)
    assert isinstance(found, TieAtCut)
    assert (names(found.sure), names(found.contenders), found.places) == (sure, contenders, count)
    with pytest.raises(TieUndecided) as refused:
        winners(places, None)
    assert refused.value.facts() == {
        "sure": tuple(sure),
        "contenders": tuple(contenders),
        "places": count,
    }
    picked = tuple(contenders[-count:])
    assert names(winners(places, Decision(picked, "办件量大"))) == sure + contenders[-count:]


@pytest.mark.parametrize("picked", [(), ("丙", "丁"), ("甲",), ("丙", "甲"), ("丙", "丙")])
def test_a_pick_fits_the_places_and_the_contenders(picked):
    with pytest.raises(DecisionMismatch) as refused:
        winners(field("甲", "乙", "丙丁"), Decision(picked, "办件量大"))
    assert refused.value.facts() == {"contenders": ("丙", "丁"), "places": 1}


def test_a_decision_has_a_reason_and_a_tie():
    with pytest.raises(DecisionUnreasoned) as unreasoned:
        winners(field("甲", "乙", "丙丁"), Decision(("丙",), " "))
    assert unreasoned.value.facts() == {}
    with pytest.raises(DecisionNeedless):
        winners(field("甲", "乙", "丙", "丁"), Decision(("丙",), "办件量大"))


def test_the_margin_at_the_cut():
    """Between the last nominee and the eligible department behind, in hundredths."""
    first = entry("甲", 3000, 3000, 2000, 2000)
    second = entry("乙", 3000, 3000, 2000, 1950)
    third = entry("丙", 3000, 3000, 2000, 1900)
    fourth = entry("丁", 3000, 3000, 2000, 1825)
    assert margin_at_cut(order([first, second, third, fourth])) == 75
    assert margin_at_cut(order([first, second, third])) is None
    barred = replace(fourth, code="戊", eligible=False)
    assert margin_at_cut(order([first, second, third, barred])) is None
    tied = replace(third, code="己")
    assert margin_at_cut(order([first, second, third, tied])) is None
