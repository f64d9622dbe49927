"""What holds for every score, every field and every quarter, against sums written a second time.

The form stands here once more, copied from the annex by hand, and nothing below asks the
rules for a number that it can work out itself.
"""

from __future__ import annotations

import ast
import re
from dataclasses import astuple, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from importlib import resources
from itertools import permutations, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import rubric
from rubric.edition import find
from rubric.quarter import Quarter
from rubric.ranking import (
    Decision,
    DecisionMismatch,
    DecisionNeedless,
    Entry,
    TieAtCut,
    TieUndecided,
    nominate,
    order,
    tie_sentences,
    winners,
)
from rubric.recount import verify
from rubric.report import (
    Contact,
    DepartmentInput,
    Report,
    RowResult,
    digest,
    freeze,
    from_json,
    to_json,
)
from rubric.scoring import (
    BonusNotApplicable,
    ReasonMissing,
    Score,
    aggregate,
    check_score,
    combine_seats,
    in_words,
    parse_score,
    to_decimal,
    to_hundredths,
)
from rubric.settings import effective

EDITION = find("2023-17")
BASE = (
    {"online_help": 10, "onsite_help": 5, "enquiries": 5, "service_ratings": 10},
    {"window_support": 10, "coordination": 10, "window_standards": 10},
    {"online_maturity": 20},
    {"presence": 10, "discipline": 10},
)
BASE_ROWS = {row: points for category in BASE for row, points in category.items()}
BONUS = {"bonus_innovation": 6, "bonus_service": 6, "bonus_news": 4, "bonus_other": 4}
ROWS = st.sampled_from(EDITION.indicators)

BASE_CELLS = st.fixed_dictionaries(
    {row: st.none() | st.integers(0, points * 100) for row, points in BASE_ROWS.items()}
)
BONUS_CELLS = st.fixed_dictionaries(
    {row: st.integers(0, points * 100) for row, points in BONUS.items()}
)
OVER = st.fixed_dictionaries({row: st.integers(0, 1500) for row in BONUS})

Cells = dict[str, int | None]


def scores(cells: Cells) -> dict[str, Score]:
    return {row: Score(value) for row, value in cells.items()}


def earned(cells: Cells) -> int:
    return sum(cells[row] or 0 for row in BASE_ROWS)


def applicable(cells: Cells) -> int:
    return sum(points for row, points in BASE_ROWS.items() if cells[row] is not None)


# ------------------------------------------------------------------ caps


def with_cap(cap: int):
    assert EDITION.bonus is not None
    return replace(EDITION, bonus=replace(EDITION.bonus, cap=cap))


FULL: Cells = {row: points * 100 for row, points in BASE_ROWS.items()}


@given(raw=OVER, cap=st.integers(1, 20))
def test_the_bonus_never_exceeds_a_row_s_points_nor_the_cap_in_all(raw, cap):
    totals = aggregate(with_cap(cap), scores(FULL | raw))
    rows = [min(Decimal(raw[row]) / 100, Decimal(points)) for row, points in BONUS.items()]
    assert to_decimal(totals.bonus) == min(sum(rows, Decimal(0)), Decimal(cap))
    assert totals.capped is (totals.bonus != sum(raw.values()))
    assert totals.total == 10_000 + totals.bonus


@given(
    raw=OVER, cap=st.integers(1, 20), row=st.sampled_from(list(BONUS)), more=st.integers(0, 900)
)
def test_more_in_one_bonus_row_never_takes_away_and_never_adds_more_than_itself(
    raw, cap, row, more
):
    before = aggregate(with_cap(cap), scores(FULL | raw))
    after = aggregate(with_cap(cap), scores(FULL | raw | {row: raw[row] + more}))
    assert before.bonus <= after.bonus <= before.bonus + more
    assert after.capped >= before.capped


# ------------------------------------------------------------------ 不涉及


@given(base=BASE_CELLS, bonus=BONUS_CELLS)
def test_a_base_is_the_nearest_hundredth_and_the_upper_one_of_two_as_near(base, bonus):
    totals = aggregate(EDITION, scores(base | bonus))
    points, sum_of_rows = applicable(base), earned(base)
    if not points:
        assert (totals.base, totals.total) == (None, None)
        return
    assert totals.base is not None
    # base - ½ ≤ earned ÷ points × 100 < base + ½, without a division
    assert (2 * totals.base - 1) * points <= 200 * sum_of_rows < (2 * totals.base + 1) * points
    assert totals.rescaled is (points != 100)
    assert 0 <= totals.base <= 10_000


@given(
    base=st.fixed_dictionaries({row: st.integers(0, p * 100) for row, p in BASE_ROWS.items()}),
    bonus=BONUS_CELLS,
)
def test_where_every_row_applies_the_total_is_the_plain_sum(base, bonus):
    totals = aggregate(EDITION, scores(base | bonus))
    assert (totals.base, totals.rescaled) == (sum(base.values()), False)
    assert totals.total == sum((base | bonus).values())


@given(twentieths=st.integers(0, 20), absent=st.sets(st.sampled_from(list(BASE_ROWS))))
def test_equal_shares_give_the_same_base_whatever_does_not_apply(twentieths, absent):
    cells: Cells = {
        row: None if row in absent else points * 5 * twentieths
        for row, points in BASE_ROWS.items()
    }
    totals = aggregate(EDITION, scores(cells | dict.fromkeys(BONUS, 0)))
    if len(absent) == len(BASE_ROWS):
        assert totals.base is None
        return
    assert totals.base == twentieths * 500
    assert {totals.category_share(category) for category in totals.categories} == {
        Fraction(twentieths, 20)
    }


@given(base=BASE_CELLS, row=st.sampled_from(list(BASE_ROWS)))
def test_a_row_that_no_longer_applies_takes_its_own_share_along(base, row):
    rest = base | {row: None}
    if base[row] is None or not applicable(rest):
        return
    bonus: Cells = dict.fromkeys(BONUS, 0)
    with_it, without = (aggregate(EDITION, scores(cells | bonus)) for cells in (base, rest))
    own = Fraction(base[row], BASE_ROWS[row] * 100)
    low, high = sorted([own, without.share])
    assert low <= with_it.share <= high
    assert (without.share == with_it.share) is (own == with_it.share)


# ------------------------------------------------------------------ order

# 90 % of everything, a point of it moved from one category to another, or to the bonus, and at
# times without a row or a category: totals are often equal, and any link of the chain decides.
NINETY: Cells = {row: points * 90 for row, points in BASE_ROWS.items()}
MOVED = ("online_help", "window_support", "online_maturity", "presence")
MOVES = {way for moves in ((100, -100, 0, 0), (-100, 0, 0, 0)) for way in permutations(moves)}
ABSENT = ((), ("discipline",), ("presence", "discipline"), tuple(BASE[0]))


def near(moves: tuple[int, ...], bonus: int, absent: tuple[str, ...]) -> Cells:
    cells = NINETY | {row: (NINETY[row] or 0) + n for row, n in zip(MOVED, moves, strict=True)}
    cells |= dict.fromkeys(BONUS, 0) | {"bonus_news": bonus - sum(moves)}
    return cells | dict.fromkeys(absent, None)


NEAR = st.sampled_from(
    [near(*each) for each in product([(0, 0, 0, 0), *sorted(MOVES)], (0, 100), ABSENT)]
)
WILD = st.builds(dict.__or__, BASE_CELLS, BONUS_CELLS).filter(applicable)
# forms come twice: many have an equal
FIELDS = st.lists(st.one_of(NEAR, NEAR, NEAR, WILD), min_size=1, max_size=7).flatmap(
    lambda pool: st.lists(st.sampled_from(pool), max_size=2).map(lambda twins: pool + twins)
)
MANY = settings(max_examples=400)


def entries(field: list[Cells]) -> list[Entry]:
    """Letters as names: no sentence has letters of its own."""
    return [
        Entry(letter, letter, aggregate(EDITION, scores(cells)))
        for letter, cells in zip("ABCDEFGHI", field, strict=False)
    ]


def chain(cells: Cells) -> tuple[Fraction, ...]:
    """Total, base, and the four shares: the more the better at each step."""
    whole = Decimal(earned(cells)) / applicable(cells)
    base = whole.quantize(Decimal("0.01"), ROUND_HALF_UP)
    bonus = Decimal(sum(cells[row] or 0 for row in BONUS)) / 100
    shares = []
    for category in BASE:
        rows = [row for row in category if cells[row] is not None] or [
            row for row in BASE_ROWS if cells[row] is not None
        ]
        points = sum(BASE_ROWS[row] for row in rows)
        shares.append(Fraction(sum(cells[row] or 0 for row in rows), points))
    return (Fraction(base + bonus), Fraction(base), *shares)


def ahead(one: Cells, other: Cells) -> bool:
    for mine, theirs in zip(chain(one), chain(other), strict=True):
        if mine != theirs:
            return mine > theirs
    return False


@MANY
@given(FIELDS)
def test_a_rank_is_one_more_than_the_number_of_departments_ahead(field):
    by_letter = {place.entry.code: place for place in order(entries(field))}
    assert len(by_letter) == len(field)
    for letter, cells in zip("ABCDEFGHI", field, strict=False):
        equals = [other for other in field if not ahead(other, cells) and not ahead(cells, other)]
        place = by_letter[letter]
        assert place.rank == 1 + sum(ahead(other, cells) for other in field)
        assert place.shared is (len(equals) > 1)


@given(st.tuples(*[NEAR] * 3))
def test_two_departments_stand_to_each_other_as_in_every_field(three):
    field = entries(list(three))

    def not_behind(one: Entry, other: Entry) -> bool:
        rank = {place.entry.code: place.rank for place in order([one, other])}
        return rank[one.code] <= rank[other.code]

    whole = {place.entry.code: place.rank for place in order(field)}
    for one, other in product(field, field):
        if one is other:
            continue
        assert not_behind(one, other) or not_behind(other, one)
        assert not_behind(one, other) is (whole[one.code] <= whole[other.code])
    for one, two, third in permutations(field):
        if not_behind(one, two) and not_behind(two, third):
            assert not_behind(one, third)
    twin = replace(field[0], code="twin")
    assert [(place.rank, place.shared) for place in order([field[0], twin])] == [(1, True)] * 2


@given(FIELDS, st.randoms())
def test_equals_keep_the_order_of_the_register_and_new_names_change_nothing(field, random):
    register = entries(field)
    ranks = {place.entry.code: place.rank for place in order(register)}
    random.shuffle(register)
    expected = sorted(register, key=lambda entry: ranks[entry.code])
    assert [place.entry for place in order(register)] == expected
    renamed = [replace(each, code=f"X{-n}", name="同名") for n, each in enumerate(register)]
    assert [(p.rank, p.entry.totals) for p in order(renamed)] == [
        (ranks[entry.code], entry.totals) for entry in expected
    ]


def number(words: str) -> Fraction:
    above, _, below = words.partition("/")
    return Fraction(above) / Fraction(below or 1)


TIED = re.compile(r"([A-I与、]+)同为([0-9.]+)分，")
DECIDED = re.compile(r"([0-9./]+)(?:（该方面不涉及，按基础分得分率计）)?＞([0-9./]+)")
NO_SERVICE: Cells = {**dict.fromkeys(BASE[0], None), **dict.fromkeys(BONUS, 0)}


@MANY
@given(FIELDS)
@example(
    # both without the first category and with one base, 90.03: 63.02/70 is less than 54.02/60
    [
        NINETY | NO_SERVICE | {"presence": 902},
        NINETY | NO_SERVICE | {"presence": 902, "discipline": None},
    ]
)
def test_sentences_name_those_of_equal_totals_and_nobody_else(field):
    places = order(entries(field))
    expected: dict[Fraction, set[str]] = {}
    for letter, cells in zip("ABCDEFGHI", field, strict=False):
        expected.setdefault(chain(cells)[0], set()).add(letter)
    named: dict[Fraction, set[str]] = {}
    for sentence in tie_sentences(places):
        tied = TIED.match(sentence)
        assert tied is not None
        named.setdefault(Fraction(tied[2]), set()).update(re.findall("[A-I]", tied[1]))
        decided = DECIDED.search(sentence)
        assert (decided is None) is ("均相同" in sentence)
        assert decided is None or number(decided[1]) > number(decided[2])
    assert named == {total: who for total, who in expected.items() if len(who) > 1}


# ------------------------------------------------------------------ the cut


@MANY
@given(FIELDS, st.sets(st.sampled_from("ABCDEFGHI"), max_size=3), st.data())
def test_nobody_is_nominated_before_an_equal(field, barred, data):
    places = order([replace(e, eligible=e.code not in barred) for e in entries(field)])
    eligible = [place for place in places if place.entry.code not in barred]
    found = nominate(places)
    if not isinstance(found, TieAtCut):
        assert list(found) == eligible[:3]
        assert {p.rank for p in found}.isdisjoint(p.rank for p in eligible[3:])
        assert winners(places, None) == found
        with pytest.raises(DecisionNeedless):
            winners(places, Decision(tuple(place.entry.code for place in found), "按办件量"))
        return
    ranks = {place.rank for place in found.contenders}
    assert len(ranks) == 1
    assert [*found.sure, *found.contenders] == [p for p in eligible if p.rank <= max(ranks)]
    assert len(found.sure) + found.places == 3 < len(found.sure) + len(found.contenders)
    assert all(place.rank < min(ranks) for place in found.sure)
    codes = [place.entry.code for place in found.contenders]
    picked = [*data.draw(st.permutations(codes)), "ZZ"]
    for count in range(len(picked) + 1):
        decision = Decision(tuple(picked[:count]), "按办件量")
        if count != found.places:
            with pytest.raises(DecisionMismatch):
                winners(places, decision)
            continue
        with pytest.raises(DecisionMismatch):
            winners(places, replace(decision, picked=(*decision.picked, "ZZ")))
        awarded = winners(places, decision)
        assert len(awarded) == 3
        assert awarded[: len(found.sure)] == found.sure
        chosen = [place.entry.code for place in awarded[len(found.sure) :]]
        assert chosen == [code for code in codes if code in decision.picked]


# ------------------------------------------------------------------ exact numbers


@given(st.integers(-(10**12), 10**12))
def test_hundredths_are_exact_both_ways_and_words_are_the_shortest(hundredths):
    assert to_hundredths(to_decimal(hundredths)) == hundredths
    words = in_words(hundredths)
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]?[1-9])?", words)
    assert Fraction(words) == Fraction(hundredths, 100)


@given(st.integers(-(10**6), 10**6), st.integers(3, 40))
def test_what_lies_between_two_hundredths_is_refused(hundredths, places):
    off = Decimal(f"{abs(hundredths)}.00{'0' * (places - 3)}1")
    with pytest.raises(ValueError, match="more than two decimals"):
        to_hundredths(off)


@given(ROWS, st.data())
def test_every_hundredth_is_read_as_it_was_written(row, data):
    hundredths = data.draw(st.integers(0, row.points * 100))
    words = in_words(hundredths)
    wide = words.translate(
        {ord(a): ord(b) for a, b in zip("0123456789.", "０１２３４５６７８９。", strict=True)}
    )
    for typed in (
        words,
        f"{to_decimal(hundredths)}",
        f" {words} 分",
        wide,
        words.replace(".", ","),
    ):
        assert parse_score(typed, row, step=1) == hundredths


SEAT = st.builds(Score, st.integers(0, 2000), st.sampled_from(["", "甲", "乙"]))
SEATS = st.lists(
    st.one_of(SEAT, SEAT, SEAT, SEAT, st.just(Score(None, "丙")), st.none()), max_size=5
)


@given(SEATS)
def test_a_cell_waits_for_every_seat_then_is_the_mean(seats):
    cell = combine_seats(seats)
    if not seats or None in seats:
        assert cell is None
        return
    assert cell is not None
    if seats[0].hundredths is None:
        assert cell == seats[0]
        return
    values = [seat.hundredths for seat in seats if seat.hundredths is not None]
    mean = (Decimal(sum(values)) / len(values)).quantize(Decimal(1), ROUND_HALF_UP)
    assert cell.hundredths == mean
    assert min(values) <= mean <= max(values)
    given_reasons = {seat.reason for seat in seats if seat.hundredths is not None} - {""}
    assert set(cell.reason.split("；")) - {""} == given_reasons


def test_no_fraction_of_a_binary_kind_stands_in_the_rules():
    found = [
        f"{file.name}:{node.lineno}"
        for file in resources.files(rubric).iterdir()
        if file.name.endswith(".py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id in ("float", "round"))
        or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div))
    ]
    assert [where for where in found if not where.startswith("edition.py")] == []


# ------------------------------------------------------------------ the reason rule


@given(
    ROWS, st.booleans(), st.sampled_from(["", " ", "\n\t", "　", "同上", "无此类事项"]), st.data()
)
def test_exactly_what_the_rule_names_needs_a_reason(row, evidence, reason, data):
    value = data.draw(
        st.none() | st.sampled_from([0, row.points * 100]) | st.integers(0, row.points * 100)
    )
    most = BASE_ROWS.get(row.id)
    if most is None and value is None:
        expected: type[Exception] | None = BonusNotApplicable
    elif reason.split():
        expected = None
    elif most is None:
        expected = ReasonMissing if value and not evidence else None
    else:
        expected = None if value == most * 100 else ReasonMissing
    if expected is None:
        check_score(row, Score(value, reason), accepted_evidence=evidence)
        return
    with pytest.raises(expected):
        check_score(row, Score(value, reason), accepted_evidence=evidence)


# ------------------------------------------------------------------ frozen outcomes

NOW = datetime(2027, 1, 20, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
NOTHING: Cells = {**dict.fromkeys(BASE_ROWS, None), **dict.fromkeys(BONUS, 100)}


@st.composite
def registers(draw) -> tuple[DepartmentInput, ...]:
    """Up to seven departments, some of one form; some are 不参评, some may not be 先进集体."""
    pool = draw(st.lists(st.one_of(NEAR, WILD, st.just(NOTHING)), min_size=1, max_size=3))
    departments = []
    for n in range(draw(st.sampled_from([0, 3, 4, 5, 6, 7]))):
        cells = draw(st.sampled_from(pool))
        reason, scorer = draw(TEXT), draw(TEXT)
        rows = tuple(RowResult(row, value, reason, scorer) for row, value in cells.items())
        departments.append(
            DepartmentInput(
                code=f"D{n}",
                name=draw(TEXT),
                short_name=f"{n}局",
                rows=rows,
                excluded=draw(st.sampled_from(["", "", "", "季度最后一天不在中心"])),
                ineligible=draw(st.sampled_from(["", "", "按本中心文件"])),
            )
        )
    return tuple(departments)


def frozen(departments: tuple[DepartmentInput, ...], *, reverse: bool = False) -> Report:
    """With `reverse` the same outcome, told the other way round wherever no order is meant."""
    values = list(effective({}).items())
    if reverse:
        values.reverse()
        departments = tuple(replace(each, rows=each.rows[::-1]) for each in departments)

    def with_decision(decision: Decision | None) -> Report:
        return freeze(
            edition=EDITION,
            quarter=Quarter(2026, 4),
            revision=1,
            generated_at=NOW,
            settings=dict(values),
            departments=departments,
            contacts=(Contact("考核办公室", "周敏", "021-0000"),),
            decision=decision,
        )

    try:
        return with_decision(None)
    except TieUndecided as tie:
        picked = [f"D{name[0]}" for name in tie.contenders[-tie.places :]]
        return with_decision(Decision(tuple(picked[:: -1 if reverse else 1]), "按办件量"))


@settings(max_examples=60)
@given(registers())
def test_a_quarter_survives_its_json_and_its_recomputation(departments):
    report = frozen(departments)
    again = from_json(to_json(report))
    assert again == report
    assert verify(again, EDITION) == ()
    assert digest(frozen(departments, reverse=True)) == digest(again) == digest(report)
    for department in departments:
        cells = {row.indicator: row.hundredths for row in department.rows}
        result = report.department(department.code)
        numbers = [result.base, result.bonus, result.total, result.rank]
        if department.excluded or not applicable(cells):
            assert (numbers, len(result.rows)) == ([None] * 4, 0 if department.excluded else 14)
            continue
        total, base, *_ = chain(cells)
        hundredths = tuple(Fraction(number or 0) for number in numbers[:3])
        assert hundredths == (base * 100, (total - base) * 100, total * 100)
        assert [row.indicator for row in result.rows] == [row.id for row in EDITION.indicators]
        assert result.rescaled is ("*" in result.words) is (applicable(cells) < 100)
        assert {type(value) for value in astuple(result)} <= {str, int, bool, tuple}


@settings(max_examples=60)
@given(registers(), st.data())
def test_another_score_is_another_digest(departments, data):
    assessed = [n for n, each in enumerate(departments) if not each.excluded]
    if not assessed:
        return
    changed = list(departments)
    at, row = data.draw(st.sampled_from(assessed)), data.draw(st.integers(0, 13))
    rows = list(changed[at].rows)
    rows[row] = replace(rows[row], hundredths=1 if rows[row].hundredths == 0 else 0)
    changed[at] = replace(changed[at], rows=tuple(rows))
    assert digest(frozen(tuple(changed))) != digest(frozen(departments))
