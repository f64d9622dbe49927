"""A score is exact, its limits hold, and sums come out as a person computes them by hand."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric.edition import find
from rubric.scoring import (
    BonusNotApplicable,
    CategorySum,
    CellsMissing,
    ReasonMissing,
    Score,
    ScoreOffStep,
    ScoreOutOfRange,
    ScoreUnreadable,
    Totals,
    aggregate,
    check_score,
    combine_seats,
    in_words,
    legal_values,
    missing,
    needs_reason,
    parse_score,
    to_decimal,
    to_hundredths,
)

EDITION = find("2023-17")
TEN = EDITION.indicator("online_help")
TWENTY = EDITION.indicator("online_maturity")
FOUR = EDITION.indicator("bonus_news")
ABSENT = Score(None, "无此类事项")


def full(**changed: Score) -> dict[str, Score]:
    """Full base marks, no bonus, but for what is said."""
    scores = {row.id: Score(0 if row.bonus else row.points * 100) for row in EDITION.indicators}
    return scores | changed


# ------------------------------------------------------------------ hundredths


@given(st.integers(0, 12_000))
def test_hundredths_decimals_and_words_are_one_number(hundredths):
    assert to_hundredths(to_decimal(hundredths)) == hundredths
    assert Decimal(in_words(hundredths)) == to_decimal(hundredths)


def test_words_are_short():
    assert [in_words(n) for n in (0, 850, 9200, 10000, 6667, 5)] == [
        "0", "8.5", "92", "100", "66.67", "0.05",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="more than two decimals"):
        to_hundredths(Decimal("8.505"))


# ------------------------------------------------------------------ one score


@pytest.mark.parametrize(
    ("typed", "hundredths"),
    [
        ("8.5", 850),
        ("８．５", 850),
        ("8分", 800),
        ("8.5 分", 850),
        ("8,5", 850),
        ("8，5", 850),
        ("8。5", 850),
        ("8.50", 850),
        ("0", 0),
        ("-0", 0),
        ("+3", 300),
        ("010", 1000),
        ("10.0", 1000),
    ],
)
def test_scores_as_people_type_them(typed, hundredths):
    assert parse_score(typed, TEN, step=50) == hundredths


@pytest.mark.parametrize(
    "typed",
    [
        "1 5",
        "9 .5 5",
        "1²",
        "①",
        "",
        "八",
        "8.",
        ".5",
        "8.5.1",
        "1e1",
        "8/10",
        "八点五",
        "8分5",
        "٨",
        "9" * 5000,
    ],
)
def test_what_is_no_number(typed):
    with pytest.raises(ScoreUnreadable) as refused:
        parse_score(typed, TEN, step=50)
    assert refused.value.facts() == {
        "typed": typed if len(typed) <= 20 else typed[:20] + "…",
        "row": "线上帮办",
        "points": 10,
    }


@pytest.mark.parametrize("typed", ["10.5", "-1", "-0.5", "11", "85", "999999999"])
def test_a_score_stays_within_the_row_s_points(typed):
    with pytest.raises(ScoreOutOfRange) as refused:
        parse_score(typed, TEN, step=50)
    assert refused.value.facts() == {"typed": typed, "row": "线上帮办", "points": 10}


@pytest.mark.parametrize(
    ("typed", "step", "below", "above"),
    [
        ("8.3", 50, "8", "8.5"),
        ("8.51", 50, "8.5", "9"),
        ("9.5", 300, "9", "10"),
        ("0.1", 25, "0", "0.25"),
    ],
)
def test_a_score_keeps_to_the_step(typed, step, below, above):
    with pytest.raises(ScoreOffStep) as refused:
        parse_score(typed, TEN, step=step)
    assert refused.value.facts() == {
        "typed": typed,
        "row": "线上帮办",
        "step": in_words(step),
        "below": below,
        "above": above,
    }


def test_the_grid_holds_every_legal_value():
    assert legal_values(FOUR, step=50) == (0, 50, 100, 150, 200, 250, 300, 350, 400)
    assert len(legal_values(TWENTY, step=50)) == 41


@given(st.sampled_from(EDITION.indicators), st.sampled_from([10, 25, 50, 100]), st.data())
def test_every_legal_value_can_be_typed_and_nothing_else(row, step, data):
    values = legal_values(row, step=step)
    value = data.draw(st.sampled_from(values))
    assert parse_score(in_words(value), row, step=step) == value
    other = data.draw(st.integers(-100, 2500).filter(lambda n: n not in values))
    with pytest.raises((ScoreOutOfRange, ScoreOffStep)):
        parse_score(f"{Decimal(other) / 100}", row, step=step)


@pytest.mark.parametrize(
    ("row", "hundredths", "evidence", "needed"),
    [
        (TEN, 1000, False, False),
        (TEN, 950, True, True),
        (TEN, 0, False, True),
        (FOUR, 0, False, False),
        (FOUR, 50, True, False),
        (FOUR, 50, False, True),
        (FOUR, 400, False, True),
    ],
)
def test_when_a_reason_is_needed(row, hundredths, evidence, needed):
    assert needs_reason(row, hundredths, accepted_evidence=evidence) is needed
    check_score(row, Score(hundredths, "有依据"), accepted_evidence=evidence)
    if not needed:
        check_score(row, Score(hundredths), accepted_evidence=evidence)
        return
    with pytest.raises(ReasonMissing) as refused:
        check_score(row, Score(hundredths, " "), accepted_evidence=evidence)
    assert refused.value.facts() == {
        "row": row.name,
        "bonus": row.bonus,
        "score": in_words(hundredths),
    }


def test_not_applicable_is_for_base_rows_and_needs_a_reason():
    check_score(TEN, ABSENT)
    assert ABSENT.not_applicable
    assert not Score(0).not_applicable
    with pytest.raises(ReasonMissing) as unreasoned:
        check_score(TEN, Score(None))
    assert unreasoned.value.facts() == {"row": "线上帮办", "bonus": False, "score": ""}
    with pytest.raises(BonusNotApplicable) as refused:
        check_score(FOUR, ABSENT)
    assert refused.value.facts() == {"row": "信息录用、新闻宣传"}


# ------------------------------------------------------------------ seats


@pytest.mark.parametrize(
    ("seats", "cell"),
    [
        ([], None),
        ([None], None),
        ([Score(800, "少一次"), None], None),
        ([Score(850)], Score(850)),
        ([Score(850, "甲"), Score(900, "乙"), Score(900, "甲")], Score(883, "甲；乙")),
        ([Score(0), Score(1)], Score(1)),
        ([ABSENT, Score(900)], ABSENT),
        ([Score(900), ABSENT], Score(900)),
    ],
)
def test_a_cell_is_the_mean_over_its_seats(seats, cell):
    assert combine_seats(seats) == cell


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=7))
def test_the_mean_is_rounded_half_up(values):
    exact = Decimal(sum(values)) / len(values)
    assert combine_seats([Score(value) for value in values]) == Score(
        int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    )


# ------------------------------------------------------------------ sums


def test_a_form_added_by_hand():
    scores = full(
        online_help=Score(950),
        enquiries=Score(450),
        coordination=Score(800),
        online_maturity=Score(1850),
        bonus_innovation=Score(300),
        bonus_news=Score(150),
    )
    totals = aggregate(EDITION, scores)
    assert totals == Totals(
        base=9550,
        bonus=450,
        categories=(
            CategorySum("服务成效", 2900, 30),
            CategorySum("综窗建设", 2800, 30),
            CategorySum("一网通办", 1850, 20),
            CategorySum("管理规范", 2000, 20),
        ),
        rescaled=False,
        capped=False,
    )
    assert totals.total == 10_000
    assert totals.category_share(totals.categories[0]) == Fraction(29, 30)


def test_the_most_there_is():
    best = full(**{row.id: Score(row.points * 100) for row in EDITION.bonus_indicators})
    assert aggregate(EDITION, best).total == 12_000


def test_bonus_rows_are_capped_one_by_one_and_in_all():
    over = full(bonus_news=Score(900), bonus_other=Score(100))
    totals = aggregate(EDITION, over)
    assert (totals.bonus, totals.capped) == (500, True)
    everything = full(**{row.id: Score(1000) for row in EDITION.bonus_indicators})
    assert aggregate(EDITION, everything).bonus == 2000


def test_rows_that_do_not_apply_are_rescaled_by_hand():
    # 100 - 10 = 90 applicable points; 85.5 of them: 85.5 / 90 * 100 = 95
    one = aggregate(EDITION, full(online_help=ABSENT, presence=Score(550)))
    assert (one.base, one.rescaled, one.categories[0]) == (
        9500,
        True,
        CategorySum("服务成效", 2000, 20),
    )
    # 70 applicable, 66.5 earned: 95; the whole category counts as the base's share
    category = aggregate(
        EDITION,
        full(
            window_support=ABSENT,
            coordination=ABSENT,
            window_standards=ABSENT,
            online_maturity=Score(1650),
        ),
    )
    assert category.base == 9500
    assert category.category_share(category.categories[1]) == Fraction(665, 700)
    # 85 applicable, 80 earned: 94.117… is 94.12
    assert (
        aggregate(EDITION, full(online_help=ABSENT, onsite_help=ABSENT, enquiries=Score(0))).base
        == 9412
    )


def test_a_department_to_which_no_row_applies_is_not_assessed():
    totals = aggregate(EDITION, full(**{row.id: ABSENT for row in EDITION.base_indicators}))
    assert (totals.base, totals.total, totals.rescaled) == (None, None, False)
    assert totals.share == 0
    assert totals.category_share(totals.categories[0]) == 0


def test_a_missing_score_is_never_zero():
    scores = full()
    del scores["presence"], scores["bonus_other"]
    assert [row.id for row in missing(EDITION, scores)] == ["presence", "bonus_other"]
    with pytest.raises(CellsMissing) as refused:
        aggregate(EDITION, scores)
    assert refused.value.facts() == {"rows": ("两集中两到位", "其他表现突出的加分项")}


@pytest.mark.parametrize(
    "scores",
    [
        full(nothing=Score(1)),
        full(presence=Score(1001)),
        full(presence=Score(-1)),
        full(bonus_news=Score(-1)),
        full(bonus_news=ABSENT),
    ],
)
def test_what_no_check_lets_through_is_a_fault_of_the_program(scores):
    with pytest.raises(ValueError, match=r"hundredths in|are not the rows"):
        aggregate(EDITION, scores)


def test_a_record_cannot_be_scored():
    with pytest.raises(ValueError, match="are not the rows of 2014-3"):
        aggregate(find("2014-3"), {})


BASE_SCORES = st.fixed_dictionaries(
    {
        row.id: st.one_of(st.integers(0, row.points * 100).map(Score), st.just(ABSENT))
        for row in EDITION.base_indicators
    }
)
BONUS_SCORES = st.fixed_dictionaries(
    {row.id: st.integers(0, 1500).map(Score) for row in EDITION.bonus_indicators}
)


@given(BASE_SCORES, BONUS_SCORES)
def test_sums_stay_within_100_and_20_and_are_exact(base, bonus):
    totals = aggregate(EDITION, base | bonus)
    caps = {"bonus_innovation": 6, "bonus_service": 6, "bonus_news": 4, "bonus_other": 4}
    within = [min(points(bonus[row]), Decimal(cap)) for row, cap in caps.items()]
    assert to_decimal(totals.bonus) == sum(within, Decimal(0))
    applicable = sum(
        row.points for row in EDITION.base_indicators if not base[row.id].not_applicable
    )
    earned = sum((points(score) for score in base.values()), Decimal(0))
    assert totals.rescaled is (0 < applicable < 100)
    if not applicable:
        assert totals.base is None
        return
    # 28 places are exact enough to see on which side of a half a quotient of two digits lies
    exact = earned / applicable * 100
    assert totals.base is not None
    assert totals.base == exact.quantize(Decimal("0.01"), ROUND_HALF_UP) * 100
    assert 0 <= totals.base <= 10_000
    assert totals.share == Fraction(earned) / applicable


def points(score: Score) -> Decimal:
    return Decimal(score.hundredths or 0) / 100


@given(BASE_SCORES, BONUS_SCORES, st.sampled_from(EDITION.indicators))
def test_more_points_never_lower_a_total(base, bonus, row):
    scores = base | bonus
    before = aggregate(EDITION, scores)
    if scores[row.id].hundredths is None:
        return
    after = aggregate(EDITION, scores | {row.id: Score(row.points * 100)})
    assert (after.total or 0) >= (before.total or 0)
