"""A suggestion counts items by the centre's own values, stops at the row, and is never a score."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric.edition import find
from rubric.settings import Plain
from rubric.suggestion import NEWS_ROW, Part, Suggestion, highest, suggest

EDITION = find("2023-17")
NEWS = EDITION.indicator("bonus_news")
LEVELS = ("city", "district", "centre", "other")


@pytest.mark.parametrize(
    ("level", "hundredths"), [("centre", 50), ("district", 100), ("city", 200)]
)
def test_one_item_of_each_level_by_default(level, hundredths):
    assert suggest(NEWS, [level], values={}) == Suggestion(
        hundredths, (Part(level, 1, hundredths),), capped=False
    )


def test_levels_are_told_from_the_highest_down_whatever_came_first():
    given_values: dict[str, Plain] = {"news.city": 120, "news.district": 60, "news.centre": 30}
    found = suggest(NEWS, ["centre", "city", "centre", "district"], values=given_values)
    # 1.2 + 0.6 + 2 × 0.3 = 2.4
    assert found == Suggestion(
        240,
        (Part("city", 1, 120), Part("district", 1, 60), Part("centre", 2, 30)),
        capped=False,
    )


@pytest.mark.parametrize(
    ("values", "suggestion"),
    [
        # nothing set: the items are told, but nobody has said what they are worth
        ({}, Suggestion(50, (Part("centre", 1, 50), Part("other", 2, None)), capped=False)),
        (
            {"news.other": None},
            Suggestion(50, (Part("centre", 1, 50), Part("other", 2, None)), capped=False),
        ),
        (
            {"news.other": 0},
            Suggestion(50, (Part("centre", 1, 50), Part("other", 2, 0)), capped=False),
        ),
        # 0.5 + 2 × 1.5 = 3.5
        (
            {"news.other": 150},
            Suggestion(350, (Part("centre", 1, 50), Part("other", 2, 150)), capped=False),
        ),
    ],
)
def test_other_levels_count_only_by_a_value_of_the_centre(values, suggestion):
    assert suggest(NEWS, ["other", "centre", "other"], values=values) == suggestion


def test_other_levels_alone_suggest_nothing_without_a_value():
    assert suggest(NEWS, ["other"], values={}) == Suggestion(
        0, (Part("other", 1, None),), capped=False
    )


@pytest.mark.parametrize(
    ("count", "hundredths", "capped"), [(1, 200, False), (2, 400, False), (3, 400, True)]
)
def test_the_row_s_points_are_the_most(count, hundredths, capped):
    assert suggest(NEWS, ["city"] * count, values={}) == Suggestion(
        hundredths, (Part("city", count, 200),), capped=capped
    )


def test_no_item_and_no_other_row_suggest_anything():
    assert NEWS.id == NEWS_ROW
    assert suggest(NEWS, [], values={}) is None
    others = [row for row in EDITION.indicators if row is not NEWS]
    assert [suggest(row, ["city"], values={}) for row in others] == [None] * 13


@given(
    st.lists(st.sampled_from(LEVELS), min_size=1),
    st.fixed_dictionaries({f"news.{level}": st.integers(0, 400) for level in LEVELS}),
    st.randoms(),
)
def test_a_suggestion_is_the_sum_of_its_parts_up_to_four_points(levels, values, random):
    found = suggest(NEWS, levels, values=values)
    assert found is not None
    whole = sum(values[f"news.{level}"] for level in levels)
    assert (found.hundredths, found.capped) == (min(whole, 400), whole > 400)
    assert sum(part.count for part in found.parts) == len(levels)
    assert [part.level for part in found.parts] == [each for each in LEVELS if each in levels]
    random.shuffle(levels)
    assert suggest(NEWS, iter(levels), values=values) == found


@pytest.mark.parametrize(
    ("levels", "counts"),
    [
        (("centre", "city", "district"), "city"),
        (("other", "centre"), "centre"),
        (("other",), "other"),
    ],
)
def test_of_several_levels_the_highest_counts(levels, counts):
    assert highest(iter(levels)) == counts
