"""A frozen outcome says what was computed, survives its JSON, and can be recomputed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric.edition import find
from rubric.quarter import Quarter
from rubric.ranking import Decision, DecisionNeedless, TieUndecided
from rubric.recount import verify
from rubric.report import (
    Contact,
    DepartmentInput,
    DepartmentResult,
    OutcomeIncomplete,
    Report,
    RowResult,
    digest,
    freeze,
    from_json,
    to_json,
)
from rubric.settings import effective

EDITION = find("2023-17")
NOW = datetime(2027, 1, 20, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
CONTACTS = (Contact("考核办公室", "周敏", "021-0000"),)


def rows(**changed: int | None) -> tuple[RowResult, ...]:
    """Full base marks and no bonus, but for what is said; None is 不涉及."""
    return tuple(
        RowResult(
            indicator=row.id,
            hundredths=changed.get(row.id, 0 if row.bonus else row.points * 100),
            reason="按台账" if row.id in changed else "",
            scorer="陈立",
            section="考核办公室",
            evidence=("2026Q4-SCJG-003",) if row.id == "bonus_news" else (),
        )
        for row in EDITION.indicators
    )


def department(code: str, **changed: int | None) -> DepartmentInput:
    return DepartmentInput(code, f"{code}管理局", f"{code}局", rows(**changed))


FIELD = (
    department("AA", presence=800),
    department("BB", bonus_news=150),
    department("CC", online_help=None, presence=550),
    replace(department("DD"), excluded="2026年12月入驻，不足半个季度"),
    department("EE", presence=750, bonus_other=50),
    replace(department("FF", enquiries=400), ineligible="按本中心文件取消评先资格"),
    department("GG", **dict.fromkeys((row.id for row in EDITION.base_indicators), None)),
)


def frozen(departments=FIELD, decision=None, **changed) -> Report:
    return freeze(
        **{
            "edition": EDITION,
            "quarter": Quarter(2026, 4),
            "revision": 1,
            "generated_at": NOW,
            "settings": effective({}),
            "departments": departments,
            "contacts": CONTACTS,
            "decision": decision,
        }
        | changed
    )


def test_an_outcome_computed_by_hand():
    report = frozen()
    assert (report.quarter.label, report.edition, report.document, report.revision) == (
        "2026年第四季度",
        "2023-17",
        "宝行政中心〔2023〕17号",
        1,
    )
    assert [(d.code, d.base, d.bonus, d.total, d.rank, d.shared) for d in report.departments] == [
        ("BB", 10_000, 150, 10_150, 1, False),
        ("FF", 9900, 0, 9900, 2, False),
        ("AA", 9800, 0, 9800, 3, False),
        ("EE", 9750, 50, 9800, 4, False),
        ("CC", 9500, 0, 9500, 5, False),
        ("DD", None, None, None, None, False),
        ("GG", None, None, None, None, False),
    ]
    assert [d.words for d in report.departments] == [
        "总分101.5分（基础分100分，加分1.5分），第1名",
        "总分99分（基础分99分，加分0分），第2名",
        "总分98分（基础分98分，加分0分），第3名",
        "总分98分（基础分97.5分，加分0.5分），第4名",
        "总分95分（基础分95*分，加分0分），第5名",
        "不参评：2026年12月入驻，不足半个季度",
        "不参评：基础评分项均不涉及",
    ]
    assert report.ties == ("AA局与EE局同为98分，按基础分98＞97.5列前",)
    assert (report.awards, report.decision) == (("BB", "AA", "EE"), "")
    assert report.contacts == CONTACTS
    assert report.settings == effective({})
    assert verify(report, EDITION) == ()


def test_rows_are_kept_in_the_order_of_the_form():
    mixed = replace(department("AA"), rows=tuple(reversed(rows())))
    report = frozen((mixed,))
    assert report.department("AA") == DepartmentResult(
        code="AA",
        name="AA管理局",
        short_name="AA局",
        rows=rows(),
        excluded="",
        ineligible="",
        base=10_000,
        bonus=0,
        total=10_000,
        rescaled=False,
        rank=1,
        shared=False,
        words="总分100分（基础分100分，加分0分），第1名",
    )
    assert frozen().department("DD").rows == ()
    assert len(frozen().department("GG").rows) == 14
    with pytest.raises(KeyError):
        report.department("ZZ")


TIED = tuple(department(code) for code in ("AA", "BB", "CC", "DD"))


def test_a_tie_at_the_cut_needs_the_meeting():
    with pytest.raises(TieUndecided):
        frozen(TIED)
    report = frozen(TIED, Decision(("DD", "BB", "AA"), " 按办件量 "))
    assert (report.awards, report.decision) == (("AA", "BB", "DD"), "按办件量")
    assert [d.words for d in report.departments] == [
        "总分100分（基础分100分，加分0分），并列第1名"
    ] * 4
    assert report.ties == (
        "AA局、BB局、CC局与DD局同为100分，基础分及各方面得分率均相同，并列第1名",
    )
    assert verify(report, EDITION) == ()
    with pytest.raises(DecisionNeedless):
        frozen(FIELD, Decision(("AA",), "按办件量"))


def test_all_missing_cells_are_told_at_once():
    gap = tuple(row for row in rows() if row.indicator not in ("presence", "bonus_other"))
    with pytest.raises(OutcomeIncomplete) as refused:
        frozen(
            (
                replace(department("AA"), rows=gap),
                department("BB"),
                replace(department("CC"), rows=()),
                replace(department("DD"), rows=(), excluded="新入驻"),
            )
        )
    assert refused.value.facts() == {
        "cells": (
            ("AA管理局", ("两集中两到位", "其他表现突出的加分项")),
            ("CC管理局", tuple(row.name for row in EDITION.indicators)),
        )
    }


@pytest.mark.parametrize(
    ("departments", "changed", "words"),
    [
        (TIED[:1] * 2, {}, "two departments of one code"),
        (TIED[:1], {"generated_at": NOW.replace(tzinfo=None)}, "no timezone"),
        (
            (replace(TIED[0], rows=rows() + rows()[:1]),),
            {},
            "AA has two results for one row",
        ),
        ((department("AA", presence=1001),), {}, "1001 hundredths in presence"),
    ],
)
def test_what_no_caller_may_pass(departments, changed, words):
    with pytest.raises(ValueError, match=words):
        frozen(departments, **changed)


# ------------------------------------------------------------------ JSON


def test_the_json_is_canonical_and_its_digest_fixed():
    report = frozen((department("AA"),), settings={}, contacts=())
    text = to_json(report)
    assert text == json.dumps(
        json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    data = json.loads(text)
    cells = data["departments"][0].pop("rows")
    assert cells[0] == {
        "indicator": "online_help",
        "hundredths": 1000,
        "reason": "",
        "scorer": "陈立",
        "section": "考核办公室",
        "evidence": [],
    }
    assert data == {
        "schema": 1,
        "quarter": "2026Q4",
        "edition": "2023-17",
        "document": "宝行政中心〔2023〕17号",
        "revision": 1,
        "generated_at": "2027-01-20T09:30:00+08:00",
        "settings": {},
        "departments": [
            {
                "code": "AA",
                "name": "AA管理局",
                "short_name": "AA局",
                "excluded": "",
                "ineligible": "",
                "base": 10_000,
                "bonus": 0,
                "total": 10_000,
                "rescaled": False,
                "rank": 1,
                "shared": False,
                "words": "总分100分（基础分100分，加分0分），第1名",
            }
        ],
        "ties": [],
        "awards": ["AA"],
        "decision": "",
        "contacts": [],
    }
    assert digest(report) == hashlib.sha256(text.encode()).hexdigest()
    assert digest(report) != digest(replace(report, revision=2))


def test_a_frozen_outcome_survives_its_json():
    report = frozen()
    assert from_json(to_json(report)) == report
    assert verify(from_json(to_json(report)), EDITION) == ()


TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
NAMED = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
NUMBER = st.none() | st.integers(-1, 12_000)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
ROW = st.builds(RowResult, TEXT, NUMBER, TEXT, TEXT, TEXT, st.lists(NAMED, max_size=2).map(tuple))
DEPARTMENT = st.builds(
    DepartmentResult,
    code=TEXT,
    name=TEXT,
    short_name=TEXT,
    rows=st.lists(ROW, max_size=2).map(tuple),
    excluded=TEXT,
    ineligible=TEXT,
    base=NUMBER,
    bonus=NUMBER,
    total=NUMBER,
    rescaled=st.booleans(),
    rank=NUMBER,
    shared=st.booleans(),
    words=TEXT,
)
REPORT = st.builds(
    Report,
    quarter=st.builds(Quarter, st.integers(2000, 2099), st.integers(1, 4)),
    edition=TEXT,
    document=TEXT,
    revision=st.integers(0, 9),
    generated_at=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])),
    settings=st.dictionaries(TEXT, PLAIN, max_size=3),
    departments=st.lists(DEPARTMENT, max_size=3).map(tuple),
    ties=st.lists(NAMED, max_size=2).map(tuple),
    awards=st.lists(NAMED, max_size=3).map(tuple),
    decision=TEXT,
    contacts=st.lists(st.builds(Contact, TEXT, TEXT, TEXT), max_size=2).map(tuple),
)


@given(REPORT)
def test_every_report_survives_its_json_unchanged(report):
    again = from_json(to_json(report))
    assert again == report
    assert digest(again) == digest(report)


@given(REPORT, REPORT)
def test_digests_tell_reports_apart(one, other):
    assert (digest(one) == digest(other)) is (to_json(one) == to_json(other))


GOOD = to_json(frozen())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        pytest.param("[" * 100_000, id="deep"),
        GOOD[:-1],
        GOOD + " ",
        GOOD.replace('"schema":1', '"schema":2'),
        GOOD.replace('"revision":1', '"revision":1.0'),
        GOOD.replace('"revision":1', '"revision":NaN'),
        GOOD.replace('"revision":1', '"revision":"1"'),
        GOOD.replace('"revision":1', '"revision":1,"more":1'),
        GOOD.replace('"revision":1,', ""),
        GOOD.replace('"2026Q4"', '"2026Q5"'),
        GOOD.replace("2027-01-20T", "2027-13-20T"),
        GOOD.replace('"shared":false,', "", 1),
        GOOD.replace('"base":9800', '"base":"9800"'),
    ],
)
def test_what_is_no_report(text):
    with pytest.raises(ValueError, match=r"."):
        from_json(text)


# ------------------------------------------------------------------ recomputation


def tampered(code: str, **changed: object) -> Report:
    report = frozen()
    return replace(
        report,
        departments=tuple(
            replace(d, **changed) if d.code == code else d  # type: ignore[arg-type]
            for d in report.departments
        ),
    )


def swapped() -> Report:
    report = frozen()
    first, second, *others = report.departments
    return replace(report, departments=(second, first, *others))


@pytest.mark.parametrize(
    ("report", "found"),
    [
        (
            tampered("AA", total=9850, words="总分98.5分"),
            (
                "departments.AA.total: 9850, not 9800",
                "departments.AA.words: '总分98.5分', not '总分98分（基础分98分，加分0分），第3名'",
            ),
        ),
        (tampered("BB", rank=2), ("departments.BB.rank: 2, not 1",)),
        (tampered("DD", rows=rows()), (f"departments.DD.rows: {rows()!r}, not ()",)),
        (tampered("BB", rows=rows()[1:]), ("report.incomplete",)),
        (tampered("BB", rows=rows(presence=2000)), ("rows: 2000 hundredths in presence",)),
        (
            swapped(),
            (
                "departments: ['FF', 'BB', 'AA', 'EE', 'CC', 'DD', 'GG'],"
                " not ['BB', 'FF', 'AA', 'EE', 'CC', 'DD', 'GG']",
            ),
        ),
        (
            replace(frozen(), awards=("BB", "FF", "AA")),
            ("awards: ('BB', 'FF', 'AA'), not ('BB', 'AA', 'EE')",),
        ),
        (replace(frozen(), ties=()), (f"ties: (), not {frozen().ties!r}",)),
        (
            replace(frozen(), edition="2014-3", document="1号"),
            (
                "edition: '2014-3', not '2023-17'",
                "document: '1号', not '宝行政中心〔2023〕17号'",
            ),
        ),
        (replace(frozen(), decision="按办件量"), ("ranking.decision_needless",)),
    ],
)
def test_a_changed_number_is_found(report, found):
    assert verify(report, EDITION) == found


def test_a_changed_pick_is_found():
    report = frozen(TIED, Decision(("DD", "BB", "AA"), "按办件量"))
    assert verify(replace(report, awards=("AA", "BB")), EDITION) == ("ranking.decision_mismatch",)
    assert verify(replace(report, decision=""), EDITION) == ("ranking.tie_undecided",)
    # Another full set of picks is another decision, which only the meeting's minutes can tell.
    assert verify(replace(report, awards=("AA", "BB", "CC")), EDITION) == ()


CELLS = st.fixed_dictionaries(
    {
        row.id: st.integers(0, row.points * 2).map(lambda halves: halves * 50)
        if row.bonus
        else st.none() | st.integers(0, row.points * 2).map(lambda halves: halves * 50)
        for row in EDITION.indicators
    }
)


@given(st.lists(CELLS, max_size=5))
def test_every_frozen_outcome_can_be_recomputed(cells):
    inputs = tuple(department(f"D{n}", **each) for n, each in enumerate(cells))
    try:
        report = frozen(inputs)
    except TieUndecided as tie:
        codes = {d.short_name: d.code for d in inputs}
        picked = tuple(codes[name] for name in tie.contenders[: tie.places])
        report = frozen(inputs, Decision(picked, "按办件量"))
    assert verify(from_json(to_json(report)), EDITION) == ()
    assert len(report.awards) == min(3, sum(d.rank is not None for d in report.departments))
