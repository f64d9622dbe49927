"""Every form that people are promised is read by its rule, and everything else is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric.dates import DateImpossible, DateInFuture, DateUnreadable, echo, parse

# a Wednesday
TODAY = date(2026, 11, 4)
DAYS = st.dates(date(2001, 1, 1), date(2098, 12, 31))


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("今天", date(2026, 11, 4)),
        (" 昨 天 ", date(2026, 11, 3)),
        ("前天", date(2026, 11, 2)),
        ("大前天", date(2026, 11, 1)),
        ("周三", date(2026, 11, 4)),
        ("周二", date(2026, 11, 3)),
        ("星期四", date(2026, 10, 29)),
        ("礼拜天", date(2026, 11, 1)),
        ("本周一", date(2026, 11, 2)),
        ("这个星期一", date(2026, 11, 2)),
        ("上周五", date(2026, 10, 30)),
        ("上周一", date(2026, 10, 26)),
        ("上个周日", date(2026, 11, 1)),
        ("上上周五", date(2026, 10, 23)),
        ("3号", date(2026, 11, 3)),
        ("4日", date(2026, 11, 4)),
        ("5号", date(2026, 10, 5)),
        ("31号", date(2026, 10, 31)),
        ("本月3号", date(2026, 11, 3)),
        ("上个月3日", date(2026, 10, 3)),
        ("11月3日", date(2026, 11, 3)),
        ("11月3", date(2026, 11, 3)),
        ("１１月３号", date(2026, 11, 3)),
        ("11.3", date(2026, 11, 3)),
        ("11．03", date(2026, 11, 3)),
        ("11。3", date(2026, 11, 3)),
        ("11-3", date(2026, 11, 3)),
        ("11—3", date(2026, 11, 3)),
        ("11/3", date(2026, 11, 3)),
        ("6.1", date(2026, 6, 1)),
        ("2026.11.3", date(2026, 11, 3)),
        ("2026-11-03", date(2026, 11, 3)),
        ("2026/11/3", date(2026, 11, 3)),
        ("2026年11月3日", date(2026, 11, 3)),
        ("2026年11月3日（星期二）", date(2026, 11, 3)),
        ("11月3日周二", date(2026, 11, 3)),
        ("11.3 (周二)", date(2026, 11, 3)),
        ("今天星期三", date(2026, 11, 4)),
        ("20261103", date(2026, 11, 3)),
        ("２０２６１１０３", date(2026, 11, 3)),
        ("2024.2.29", date(2024, 2, 29)),
    ],
)
def test_forms_that_are_read(typed, day):
    assert parse(typed, today=TODAY) == day


def test_a_day_without_a_year_is_the_nearest_one():
    assert parse("12.28", today=date(2027, 1, 5)) == date(2026, 12, 28)
    assert parse("2.29", today=date(2025, 2, 1)) == date(2024, 2, 29)
    with pytest.raises(DateInFuture) as refused:
        parse("1.2", today=date(2026, 12, 30))
    assert refused.value.facts() == {"day": date(2027, 1, 2), "today": date(2026, 12, 30)}


def test_a_number_alone_skips_months_that_lack_it():
    assert parse("31号", today=date(2027, 3, 5)) == date(2027, 1, 31)
    assert parse("30号", today=date(2027, 3, 1)) == date(2027, 1, 30)
    assert parse("29号", today=date(2028, 3, 1)) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("明天", date(2026, 11, 5)),
        ("后天", date(2026, 11, 6)),
        ("本周五", date(2026, 11, 6)),
        ("下周一", date(2026, 11, 9)),
        ("本月30号", date(2026, 11, 30)),
        ("11.5", date(2026, 11, 5)),
        ("2027年1月1日", date(2027, 1, 1)),
        ("20991231", date(2099, 12, 31)),
    ],
)
def test_the_future_is_an_error_of_its_own(typed, day):
    with pytest.raises(DateInFuture) as refused:
        parse(typed, today=TODAY)
    assert refused.value.facts() == {"day": day, "today": TODAY}


@pytest.mark.parametrize(
    "typed",
    [
        "2月30日",
        "13.1",
        "0.3",
        "32号",
        "0号",
        "2025.2.29",
        "20261301",
        "2026年11月3日（星期三）",
        "2.29",
    ],
)
def test_days_that_do_not_exist(typed):
    with pytest.raises(DateImpossible) as refused:
        parse(typed, today=TODAY)
    assert refused.value.facts() == {"typed": typed}


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "周八",
        "大后天了",
        "11",
        "1103",
        "26.11.3",
        "1999.1.1",
        "2026.11-3",
        "2026.11",
        "１１月",
        "😀",
        "‮3号",
        "昨天下午",
        "3" * 100_000,
        "3号" + " " * 40 + "不对",
    ],
)
def test_what_is_no_date(typed):
    with pytest.raises(DateUnreadable) as refused:
        parse(typed, today=TODAY)
    assert len(str(refused.value.facts()["typed"])) <= 21


@given(day=DAYS, later=st.integers(0, 4000))
def test_the_echo_and_every_full_form_are_read_back(day, later):
    today = min(day + timedelta(days=later), date(2099, 12, 31))
    forms = (
        echo(day),
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
    )
    assert {parse(form, today=today) for form in forms} == {day}


@given(today=DAYS, back=st.integers(0, 180))
def test_half_a_year_back_needs_no_year(today, back):
    day = today - timedelta(days=back)
    assert parse(f"{day.month}月{day.day}日", today=today) == day


@given(today=DAYS, back=st.integers(0, 6))
def test_a_bare_weekday_is_within_the_last_seven_days(today, back):
    day = today - timedelta(days=back)
    assert parse("周" + "一二三四五六日"[day.weekday()], today=today) == day


@given(st.text(max_size=60), DAYS)
def test_any_text_is_a_past_day_or_a_sentence(typed, today):
    try:
        outcome = parse(typed, today=today) <= today
    except (DateUnreadable, DateImpossible, DateInFuture) as refused:
        outcome = len(refused.facts()) > 0
    assert outcome
