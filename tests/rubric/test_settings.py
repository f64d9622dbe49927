"""Every silent point of the notice has a legal default, and no illegal value gets in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric.settings import (
    CATALOGUE,
    COMPLETION_DAYS,
    NEWS_OTHER,
    PUBLICATION_EXTENT,
    RETURNS_MAX,
    SCORE_STEP,
    SCORE_STEP_BY_ROW,
    SECOND_PERSON,
    Plain,
    SettingInvalid,
    SettingsDisordered,
    SettingUnknown,
    check,
    check_together,
    effective,
    setting,
    step_for,
)

DEFAULTS: dict[str, Plain] = {
    "score.step": 50,
    "score.step_by_row": {},
    "deadline.report_days": 3,
    "deadline.supplement_days": 5,
    "deadline.score_days": 12,
    "evidence.completion_days": 3,
    "evidence.returns_max": 2,
    "evidence.files_max": 20,
    "evidence.file_mb": 20,
    "evidence.web_file_mb": 100,
    "news.centre": 50,
    "news.district": 100,
    "news.city": 200,
    "news.other": None,
    "awards.disqualification": False,
    "hours.start": "09:00",
    "hours.end": "17:00",
    "release.second_person": True,
    "publication.extent": "ask",
    "publication.first": 10,
    "publication.audience": "everyone",
    "words.head": "部门负责人",
    "retention.days": 400,
}


def test_the_defaults_are_those_of_the_contract_and_legal():
    assert effective({}) == DEFAULTS
    assert [check(key, value) for key, value in DEFAULTS.items()] == list(DEFAULTS.values())
    check_together(DEFAULTS)
    assert json.loads(json.dumps(effective({}))) == DEFAULTS


def test_nothing_is_passed_off_as_the_notice_s_word():
    assert [each.key for each in CATALOGUE if each.basis is not None] == []


def test_only_procedural_settings_count_at_once():
    assert [each.key for each in CATALOGUE if each.procedural] == [
        "evidence.files_max",
        "evidence.file_mb",
        "evidence.web_file_mb",
        "hours.start",
        "hours.end",
        "release.second_person",
        "publication.extent",
        "publication.first",
        "publication.audience",
        "words.head",
        "retention.days",
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("score.step", 100),
        ("score.step_by_row", {"online_maturity": 100}),
        ("deadline.report_days", 1),
        ("deadline.score_days", 60),
        ("news.other", 0),
        ("news.city", 400),
        ("hours.end", "23:59"),
        ("release.second_person", False),
        ("publication.extent", "awards"),
        ("words.head", "首席代表"),
    ],
)
def test_legal_values(key, value):
    assert check(key, value) == value
    assert setting(key).of({key: value}) == value
    assert effective({key: value})[key] == value


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("score.step", 30),
        ("score.step", True),
        ("score.step", "50"),
        ("score.step_by_row", {"online_maturity": 30}),
        ("score.step_by_row", {"online_maturity": "50"}),
        ("score.step_by_row", [50]),
        ("deadline.report_days", 0),
        ("deadline.report_days", True),
        ("deadline.report_days", None),
        ("news.other", -1),
        ("news.centre", None),
        ("hours.start", "24:00"),
        ("hours.start", "9:00"),
        ("hours.start", 9),
        ("release.second_person", 1),
        ("publication.extent", ["all"]),
        ("words.head", "长" * 30),
    ],
)
def test_illegal_values_are_told_with_what_would_do(key, value):
    with pytest.raises(SettingInvalid) as refused:
        check(key, value)
    wanted = setting(key)
    found = str(value) if len(str(value)) <= 20 else str(value)[:20] + "…"
    assert refused.value.facts() == {
        "key": key,
        "words": wanted.words,
        "expects": wanted.expects,
        "found": found,
    }
    with pytest.raises(ValueError, match=key):
        wanted.of({key: value})


def test_an_unknown_key():
    with pytest.raises(SettingUnknown) as refused:
        check("score.stpe", 50)
    assert refused.value.facts() == {"key": "score.stpe"}


@pytest.mark.parametrize(
    ("values", "earlier", "later"),
    [
        ({"deadline.report_days": 6}, "deadline.report_days", "deadline.supplement_days"),
        ({"deadline.score_days": 4}, "deadline.supplement_days", "deadline.score_days"),
        ({"hours.end": "08:30"}, "hours.start", "hours.end"),
        ({"hours.end": "09:00"}, "hours.start", "hours.end"),
    ],
)
def test_deadlines_and_hours_stay_in_order(values, earlier, later):
    with pytest.raises(SettingsDisordered) as refused:
        check_together(values)
    assert refused.value.facts() == {
        "earlier": setting(earlier).words,
        "later": setting(later).words,
    }


def test_equal_deadlines_are_in_order():
    check_together({"deadline.report_days": 5, "deadline.score_days": 5})


def test_a_row_may_have_a_step_of_its_own():
    values: dict[str, Plain] = {"score.step": 100, "score.step_by_row": {"bonus_news": 25}}
    assert step_for("bonus_news", values) == 25
    assert step_for("presence", values) == 100
    assert step_for("presence", {}) == 50


def test_values_in_words():
    assert SCORE_STEP.say(50) == "0.5分"
    assert COMPLETION_DAYS.say(3) == "3个工作日"
    assert RETURNS_MAX.say(2) == "2次"
    assert NEWS_OTHER.say(None) == "不设"
    assert NEWS_OTHER.say(300) == "3分"
    assert SECOND_PERSON.say(False) == "否"
    assert PUBLICATION_EXTENT.say("awards") == "仅先进集体"
    assert SCORE_STEP_BY_ROW.say({}) == "无"
    assert SCORE_STEP_BY_ROW.say({"a": 25, "b": 50}) == "a0.25分、b0.5分"


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("score.step", "0.5分", 50),
        ("score.step", "0.25分", 25),
        ("deadline.report_days", "４ 个工作日", 4),
        ("deadline.report_days", "4", 4),
        ("news.centre", "0.5", 50),
        ("news.centre", "0.05分", 5),
        ("news.other", "不设", None),
        ("news.other", "0", 0),
        ("hours.start", "8:30", "08:30"),
        ("hours.start", "8：30", "08:30"),
        ("hours.end", "18点", "18:00"),
        ("hours.end", "17点30分", "17:30"),
        ("release.second_person", "否", False),
        ("words.head", "首席代表", "首席代表"),
    ],
)
def test_values_as_they_are_typed(key, typed, value):
    assert setting(key).read(typed) == value
    assert setting(key).read(setting(key).say(value)) == value


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("score.step", "0.3"),
        ("score.step_by_row", "0.5"),
        ("deadline.report_days", "三"),
        ("deadline.report_days", "2.5"),
        ("deadline.report_days", "61"),
        ("deadline.report_days", ""),
        ("news.centre", "0.555"),
        ("news.centre", "4.01"),
        ("news.centre", "-1"),
        ("news.centre", "不设"),
        ("hours.start", "25:00"),
        ("hours.start", "早上"),
        ("release.second_person", "1"),
        ("words.head", "8:30"),
    ],
)
def test_what_is_typed_and_cannot_be(key, typed):
    with pytest.raises(SettingInvalid) as refused:
        setting(key).read(typed)
    assert refused.value.found == typed


@given(
    st.sampled_from(CATALOGUE),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-10, 600), st.text(max_size=8)),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
        max_leaves=4,
    ),
)
def test_whatever_is_accepted_is_read_back(wanted, value):
    if wanted.accepts(value):
        assert wanted.of({wanted.key: value}) == value
        assert wanted.say(value) != ""
    else:
        with pytest.raises(SettingInvalid):
            check(wanted.key, value)
