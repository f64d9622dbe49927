"""本中心规定 rule by rule, each with an example that a reader can work out with a pencil.

The docstrings quote the rules as they were agreed. Days off are those of the State Council's
plans for 2025 and 2026. Points are in hundredths: 950 is 9.5分.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rubric.edition import NoEdition, catalog, edition_for, find
from rubric.quarter import (
    EventTooOld,
    Placement,
    Quarter,
    WorkCalendar,
    completion_until,
    place,
    windows,
)
from rubric.ranking import Decision, TieUndecided
from rubric.recount import verify
from rubric.report import DepartmentInput, Report, RowResult, freeze
from rubric.residence import Absence, absence
from rubric.scoring import (
    ReasonMissing,
    Score,
    ScoreOffStep,
    aggregate,
    check_score,
    combine_seats,
    in_words,
    parse_score,
)
from rubric.settings import Plain, step_for
from rubric.suggestion import Part, Suggestion, suggest

SHANGHAI = ZoneInfo("Asia/Shanghai")
EDITION = find("2023-17")


def days(first: date, last: date) -> set[date]:
    return {first + timedelta(days=n) for n in range((last - first).days + 1)}


CALENDAR = WorkCalendar(
    known_years=frozenset({2025, 2026}),
    off=frozenset(
        days(date(2025, 10, 1), date(2025, 10, 8))  # 国庆节、中秋节
        | days(date(2026, 1, 1), date(2026, 1, 3))  # 元旦
        | days(date(2026, 2, 15), date(2026, 2, 23))  # 春节
        | days(date(2026, 4, 4), date(2026, 4, 6))  # 清明节
    ),
    # 调休: Sundays and Saturdays that are worked instead
    worked=frozenset(
        {
            date(2025, 9, 28),
            date(2025, 10, 11),
            date(2026, 1, 4),
            date(2026, 2, 14),
            date(2026, 2, 28),
        }
    ),
)


def moment(month: int, day: int, *time: int) -> datetime:
    return datetime(2026, month, day, *time, tzinfo=SHANGHAI)  # type: ignore[misc,arg-type]


# ------------------------------------------------------------------ dates


def test_the_deadlines_over_national_day():
    """报送截止 = 3rd working day after the quarter, 补报截止 = 5th, 评分截止 = 12th; State
    Council calendar with 调休."""
    dates = windows(Quarter(2025, 3), CALENDAR, timezone=SHANGHAI)
    # October 2025: 1st to 8th off. 9 Thu (1), 10 Fri (2), 11 Sat worked (3),
    # 13 Mon (4), 14 (5), 15 (6), 16 (7), 17 Fri (8), 20 Mon (9), 21 (10), 22 (11), 23 (12)
    assert (dates.report_until, dates.supplement_until, dates.score_until) == (
        date(2025, 10, 11),
        date(2025, 10, 14),
        date(2025, 10, 23),
    )
    assert dates.opens == date(2025, 7, 1)
    assert not dates.provisional


def test_the_deadlines_over_new_year():
    """The same in January: the first working day is a Sunday."""
    dates = windows(Quarter(2025, 4), CALENDAR, timezone=SHANGHAI)
    # January 2026: 1st to 3rd off. 4 Sun worked (1), 5 Mon (2), 6 (3), 7 (4), 8 (5), 9 Fri (6),
    # 12 Mon (7), 13 (8), 14 (9), 15 (10), 16 Fri (11), 19 Mon (12)
    assert (dates.report_until, dates.supplement_until, dates.score_until) == (
        date(2026, 1, 6),
        date(2026, 1, 8),
        date(2026, 1, 19),
    )


def test_an_item_of_new_year_s_eve_from_day_to_day():
    """补报截止 (counts, marked 补报); after it an item may be reported once in the next quarter,
    marked. Each deadline ends at 24:00 of its day."""
    own = windows(Quarter(2025, 4), CALENDAR, timezone=SHANGHAI)
    following = windows(Quarter(2026, 1), CALENDAR, timezone=SHANGHAI)
    # April 2026: 1 Wed (1), 2 (2), 3 Fri (3), 4th to 6th off, 7 Tue (4), 8 Wed (5)
    for now, quarter, supplement, carried in (
        (moment(1, 6, 23, 59, 59), own.quarter, False, False),
        (moment(1, 7), own.quarter, True, False),
        (moment(1, 8, 23, 59, 59), own.quarter, True, False),
        (moment(1, 9), following.quarter, False, True),
        (moment(4, 3, 23, 59, 59), following.quarter, False, True),
        (moment(4, 8, 23, 59, 59), following.quarter, True, True),
    ):
        assert place(date(2025, 12, 31), now=now, own=own, following=following) == Placement(
            quarter=quarter, supplement=supplement, carried=carried
        )
    with pytest.raises(EventTooOld):
        place(date(2025, 12, 31), now=moment(4, 9), own=own, following=following)


@pytest.mark.parametrize(
    ("returned", "until"),
    [
        # Friday: Sat 14 worked (1), 15th to 23rd off, Tue 24 (2), Wed 25 (3)
        (moment(2, 13, 16), date(2026, 2, 25)),
        # the worked Saturday itself doesn't count: 24 (1), 25 (2), 26 (3)
        (moment(2, 14, 9), date(2026, 2, 26)),
        # on the first day of the lunar year: the same
        (moment(2, 17, 9), date(2026, 2, 26)),
        # Wednesday: Thu 26 (1), Fri 27 (2), Sat 28 worked (3)
        (moment(2, 25, 23, 59), date(2026, 2, 28)),
    ],
)
def test_three_working_days_over_spring_festival(returned, until):
    """A returned item may be completed for 3 working days."""
    assert completion_until(returned, calendar=CALENDAR, timezone=SHANGHAI) == until


# ------------------------------------------------------------------ edition


def test_the_first_quarter_under_the_notice():
    """The edition in force on the quarter's last day (2023Q2 is the first under 2023-17)."""
    # from 9 June 2023: 30 June lies behind it, 31 March before it; 1 April is not asked
    assert edition_for(Quarter(2023, 2).last_day) is EDITION
    with pytest.raises(NoEdition):
        edition_for(Quarter(2023, 1).last_day)


def test_a_notice_in_mid_quarter_governs_the_whole_of_it(monkeypatch):
    """The same rule once there is a second scorable edition, from 15 February 2027."""
    later = replace(EDITION, id="2027-3", effective_from=date(2027, 2, 15))
    editions = (later, *catalog())
    monkeypatch.setattr("rubric.edition.catalog", lambda: editions)
    assert edition_for(Quarter(2026, 4).last_day) is EDITION
    assert edition_for(Quarter(2027, 1).last_day) is later


# ------------------------------------------------------------------ who is assessed


@pytest.mark.parametrize(
    ("came", "left", "why"),
    [
        # 12, 13, 14 February: 3; 24 to 28 February: 5; March: 22. 30 of 59, more than half
        (date(2026, 2, 12), None, None),
        # one day less: 29 of 59. By weekdays alone it would be 33 of 64
        (date(2026, 2, 13), None, Absence.TOO_SHORT),
        # on the worked Saturday before the festival: 28
        (date(2026, 2, 14), None, Absence.TOO_SHORT),
        # 58 of 59, but not there on 31 March
        (None, date(2026, 3, 30), Absence.GONE),
        (date(2025, 12, 31), date(2026, 3, 31), None),
    ],
)
def test_half_of_a_quarter_with_spring_festival(came, left, why):
    """Assessed: resident on the quarter's last day and for half its working days; else 不参评."""
    quarter = Quarter(2026, 1)
    # January: 22 weekdays - 1st, 2nd + Sunday 4th = 21. February: 20 weekdays
    # - 16th to 20th, 23rd + Saturdays 14th, 28th = 16. March: 22. 21 + 16 + 22 = 59
    assert CALENDAR.workdays_between(quarter.first_day, quarter.last_day) == 59
    assert absence(quarter, CALENDAR, resident_from=came, resident_to=left) == why


# ------------------------------------------------------------------ one score, one reason


def test_a_step_of_its_own_for_one_row():
    """0 to the row's points, step 0.5 (by row), stored as whole hundredths."""
    values: dict[str, Plain] = {"score.step_by_row": {"bonus_news": 25}}
    news, discipline = EDITION.indicator("bonus_news"), EDITION.indicator("discipline")
    # 0.75 = 3 × 0.25, but 9.75 = 19.5 × 0.5
    assert parse_score("0.75", news, step=step_for("bonus_news", values)) == 75
    with pytest.raises(ScoreOffStep) as refused:
        parse_score("9.75", discipline, step=step_for("discipline", values))
    assert (refused.value.below, refused.value.above) == ("9.5", "10")


def test_which_cells_of_a_form_want_a_reason():
    """A base score below full marks has a reason; a bonus score above 0 rests on accepted
    evidence or a written reason, 0 needs none."""
    evidence = {"online_help", "bonus_innovation"}
    typed = {
        "online_help": "9.5",  # below 10: accepted evidence is no reason for a deduction
        "online_maturity": "20",  # full marks
        "discipline": "0",  # below 10
        "bonus_innovation": "3",  # above 0, with accepted evidence
        "bonus_service": "0.5",  # above 0, without
        "bonus_other": "0",
    }
    wanting = []
    for name, words in typed.items():
        row = EDITION.indicator(name)
        score = Score(parse_score(words, row, step=50))
        try:
            check_score(row, score, accepted_evidence=name in evidence)
        except ReasonMissing as missing:
            wanting.append((missing.row, missing.score))
    assert wanting == [("线上帮办", "9.5"), ("工作纪律", "0"), ("政务服务有突出表现的", "0.5")]


@pytest.mark.parametrize(
    ("seats", "cell", "base"),
    [
        # (8.5 + 9 + 9) ÷ 3 = 26.5 ÷ 3 = 8.8333…; 90 for the other rows
        ((850, 900, 900), "8.83", 9883),
        # (8.5 + 9 + 9 + 9) ÷ 4 = 35.5 ÷ 4 = 8.875: half up 8.88
        ((850, 900, 900, 900), "8.88", 9888),
        # (8.5 + 8.5 + 8.5 + 9) ÷ 4 = 34.5 ÷ 4 = 8.625: half up 8.63 (half to even: 8.62)
        ((850, 850, 850, 900), "8.63", 9863),
    ],
)
def test_three_or_four_scorers_of_one_row(seats, cell, base):
    """The cell's score is the mean over its seats, 2 decimals."""
    combined = combine_seats([Score(value, "超时受理") for value in seats])
    assert combined is not None
    assert combined.reason == "超时受理"
    assert in_words(combined.hundredths or 0) == cell
    others = {row.id: Score(0 if row.bonus else row.points * 100) for row in EDITION.indicators}
    assert aggregate(EDITION, others | {"window_standards": combined}).base == base


def test_what_the_news_row_suggests():
    """中心 0.5, 区级 1, 市级 2 an item, up to the row's points; a suggestion, never a score."""
    levels = ["centre", "city", "centre", "district", "centre"]
    # 1 × 2 + 1 × 1 + 3 × 0.5 = 4.5, of which the row has 4
    assert suggest(EDITION.indicator("bonus_news"), levels, values={}) == Suggestion(
        400, (Part("city", 1, 200), Part("district", 1, 100), Part("centre", 3, 50)), capped=True
    )


# ------------------------------------------------------------------ a whole quarter


Cells = dict[str, int | None]


def columns(service: int | None, windows: int, online: int, rules: int, *, of: int = 20) -> Cells:
    """Cells that add up to these categories; service None: the whole of it 不涉及, `of` 10:
    工作纪律 不涉及."""
    cells: Cells = {
        "window_support": windows - 2000,
        "online_maturity": online,
        "presence": rules - (of - 10) * 100,
    }
    if service is None:
        cells |= dict.fromkeys((row.id for row in EDITION.categories[0].indicators), None)
    else:
        cells["online_help"] = service - 2000
    return cells if of == 20 else cells | {"discipline": None}


def form(
    name: str, changed: Cells, *, bonus_service: int = 0, ineligible: str = ""
) -> DepartmentInput:
    """Full base marks and no other bonus, but for what is said."""
    rows: Cells = {row.id: 0 if row.bonus else row.points * 100 for row in EDITION.indicators}
    rows |= {**changed, "bonus_service": bonus_service}
    return DepartmentInput(
        code=name,
        name=f"区{name}局",
        short_name=name,
        rows=tuple(RowResult(row, hundredths) for row, hundredths in rows.items()),
        ineligible=ineligible,
    )


def outcome(departments: Iterable[DepartmentInput], decision: Decision | None = None) -> Report:
    report = freeze(
        edition=EDITION,
        quarter=Quarter(2026, 4),
        revision=1,
        generated_at=datetime(2027, 1, 20, 9, 30, tzinfo=SHANGHAI),
        settings={},
        departments=tuple(departments),
        contacts=(),
        decision=decision,
    )
    assert verify(report, EDITION) == ()
    return report


def test_a_whole_category_does_not_apply():
    """Base = sum ÷ applicable points × 100 (2 decimals, half up), shown with an asterisk."""
    # without 在线办理成熟度 80 points apply; 80 - 2 - 3.5 = 74.5 are earned:
    # 74.5 ÷ 80 × 100 = 93.125, half up 93.13; the bonus is never rescaled: 93.13 + 2 = 95.13
    report = outcome(
        [
            form(
                "甲",
                {"online_maturity": None, "presence": 800, "coordination": 650},
                bonus_service=200,
            )
        ]
    )
    assert report.departments[0].words == "总分95.13分（基础分93.13*分，加分2分），第1名"


def test_one_total_and_every_link_of_the_chain():
    """Equal totals by base, then by 服务成效, 综窗建设, 一网通办, 管理规范 (each as score ÷
    applicable points; a category wholly 不涉及 counts as the base's share); still equal:
    shared rank (1, 2, 2, 4)."""
    register = [
        form("壬", columns(2800, 2900, 1900, 1900), bonus_service=500),  # 95 + 5
        form("辛", columns(None, 2800, 1950, 1900), bonus_service=500),  # 66.5 of 70 = 95*, + 5
        form("己", columns(2900, 2800, 1900, 1900), bonus_service=500),  # 95 + 5
        form("庚", columns(2900, 2800, 1900, 950, of=10), bonus_service=500),  # 85.5 of 90 = 95*
        form("戊", columns(3000, 2700, 1900, 1900), bonus_service=500),  # 95 + 5
        form("丁", columns(3000, 2700, 2000, 1800), bonus_service=500),  # 95 + 5
        form("丙", columns(3000, 2800, 1900, 850, of=10), bonus_service=500),  # 85.5 of 90 = 95*
        form("乙", columns(3000, 2800, 1900, 1800), bonus_service=500),  # 95 + 5
        form("甲", columns(3000, 2800, 1900, 1900), bonus_service=400),  # 96 + 4
    ]
    report = outcome(register)
    assert {department.total for department in report.departments} == {10_000}
    assert [(d.code, d.base, d.rescaled, d.rank, d.shared) for d in report.departments] == [
        ("甲", 9600, False, 1, False),
        ("乙", 9500, False, 2, False),
        ("丙", 9500, True, 3, False),
        ("丁", 9500, False, 4, False),
        ("戊", 9500, False, 5, False),
        ("己", 9500, False, 6, True),
        ("庚", 9500, True, 6, True),
        ("辛", 9500, True, 8, False),
        ("壬", 9500, False, 9, False),
    ]
    share = "66.5/70（该方面不涉及，按基础分得分率计）"
    # 18/20 = 0.9 and 8.5/10 = 0.85; 29/30 = 0.967, 66.5/70 = 0.95 and 28/30 = 0.933
    assert report.ties == (
        "甲与乙同为100分，按基础分96＞95列前",
        "乙与丙同为100分，按管理规范得分率18/20＞8.5/10列前",
        "丙与丁同为100分，按综窗建设28＞27列前",
        "丁与戊同为100分，按一网通办20＞19列前",
        "戊、己与庚同为100分，按服务成效30＞29，戊列前",
        "己与庚同为100分，基础分及各方面得分率均相同，并列第6名",
        f"己、庚与辛同为100分，按服务成效得分率29/30＞{share}，己、庚列前",
        f"辛与壬同为100分，按服务成效得分率{share}＞28/30列前",
    )
    assert report.awards == ("甲", "乙", "丙")


def test_the_third_of_three_is_picked_by_the_meeting():
    """Exactly three: the first three eligible are nominees; a tie at the cut is decided by
    主任办公会 and recorded with its reason."""
    nine_tenths: Cells = {row.id: row.points * 90 for row in EDITION.base_indicators}
    register = [
        form("戊", nine_tenths | {"discipline": None}),  # 81 of 90 = 90*
        form("己", nine_tenths | {"discipline": 800}),  # 89
        form("丁", nine_tenths),  # 90, and every category 0.9, as with 戊
        form("丙", {}, bonus_service=200),  # 100 + 2
        form("乙", {}, bonus_service=400, ineligible="按本中心文件取消评先资格"),  # 100 + 4
        form("甲", {}, bonus_service=600),  # 100 + 6
    ]
    with pytest.raises(TieUndecided) as undecided:
        outcome(register)
    assert undecided.value.facts() == {
        "sure": ("甲", "丙"),
        "contenders": ("戊", "丁"),
        "places": 1,
    }
    report = outcome(register, Decision(("丁",), "全部评分项均参评"))
    assert [(d.code, d.rank, d.shared) for d in report.departments] == [
        ("甲", 1, False),
        ("乙", 2, False),
        ("丙", 3, False),
        ("戊", 4, True),
        ("丁", 4, True),
        ("己", 6, False),
    ]
    assert (report.awards, report.decision) == (("甲", "丙", "丁"), "全部评分项均参评")
