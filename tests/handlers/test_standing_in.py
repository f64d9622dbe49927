"""What a B角 may do while the A角 is on leave, and what stays barred; each also with a restart
between all lines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from storage import accounts, leaves, people, sections
from tests.chat import MORNING, Centre, User
from tests.support.audited import audited
from tests.support.scoring import AFTER, FULL, score_all

NOT_ALLOWED = "没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"
TODAY = MORNING.date()


def away(centre: Centre, person: User, deputy: User, *, days: int = 1) -> None:
    """From the centre's today on."""
    with centre.database.begin() as connection:
        leaves.enter(
            connection,
            person_id=person.person_id,
            deputy_id=deputy.person_id,
            first=centre.now.date(),
            last=centre.now.date() + timedelta(days=days - 1),
            by=person.person_id,
            now=centre.now,
        )


def report(user: User, title: str, *, kind: str = "帮办案例") -> None:
    user.says("/submit")
    user.clicks(kind)
    user.says(f"{title}\n经过")
    user.clicks("今天")
    user.clicks("确认提交")


def acts_for(centre: Centre) -> list[tuple[str, object]]:
    """What was done in somebody's place: the action and whose."""
    return [(action, detail["for"]) for action, _, detail in audited(centre) if "for" in detail]


def test_a_liaisons_deputy_reports_and_hears_of_it_for_these_days_only(centre: Centre, li: User):
    wu, wang = centre.person("吴用", "member", department="GA"), centre.person("王芳", "evaluator")
    wu.says("/submit")
    assert wu.hears == [NOT_ALLOWED]
    away(centre, li, wu, days=2)
    wu.says("菜单")
    assert wu.hears[-1].splitlines()[1] == "您正在代理李敏，至11月4日（星期三）；其任务也在下面。"
    report(wu, "代办的一件")
    assert any("市场监管局1号" in each for each in wu.hears)
    li.hears  # noqa: B018
    wang.says("/review")
    wang.clicks("退回补充")
    wang.clicks("佐证不足")
    assert "市场监管局1号" in wu.hears[-1]
    assert li.hears == []  # the deputy's own
    report(li, "本人的一件")
    li.hears, wu.hears  # noqa: B018
    wang.says("/review")
    wang.clicks("退回补充")
    wang.clicks("佐证不足")
    assert li.hears == wu.hears
    centre.now += timedelta(days=2)
    wu.says("/mine")
    assert wu.hears == [NOT_ALLOWED]
    assert acts_for(centre) == [("evidence.submit", li.person_id)]


def test_what_a_liaisons_deputy_changes_is_kept_as_done_in_their_place(centre: Centre, li: User):
    wu = centre.person("吴用", "liaison", department="GA")
    away(centre, li, wu)
    report(li, "一件")
    wu.says("/mine")
    wu.clicks_containing("一件")
    wu.clicks("修改")
    wu.clicks("确认提交")
    wu.says("/mine")
    wu.clicks_containing("一件")
    wu.clicks("撤回")
    wu.clicks("确定撤回")
    assert acts_for(centre) == [
        (action, li.person_id)
        for action in ("evidence.amend", "evidence.submit", "evidence.withdraw")
    ]


def test_a_deputy_records_for_a_department_in_an_evaluators_place(centre: Centre, li: User):
    wang, wu = centre.person("王芳", "evaluator"), centre.person("吴用", "member")
    away(centre, wang, wu)
    wu.says("/submit")
    wu.clicks("市场监管局")
    wu.clicks("帮办案例")
    wu.says("代录的\n经过")
    wu.clicks("今天")
    wu.clicks("确认提交")
    assert acts_for(centre) == [("evidence.submit", wang.person_id)]


def test_an_evaluators_deputy_reviews_and_scores_in_their_own_name(centre: Centre, li: User):
    wang = centre.person("王芳", "evaluator")
    wu = centre.person("吴用", "member")
    report(li, "第一件")
    report(li, "第二件")
    away(centre, wang, wu)
    wu.says("/review")
    assert wu.hears[-1].splitlines()[2:4] == ["代王芳审核", "考核项：线下帮办（5 分）"]
    wu.clicks("采纳")
    wu.clicks("不采纳")
    wu.clicks("与考核项无关")
    wu.says("/score")
    wu.clicks_containing("线上帮办")
    assert wu.hears[-1].splitlines()[1] == "代王芳评分"
    wu.clicks_containing("公安")
    assert wu.hears[-1].splitlines()[1] == "代王芳评分"
    wu.clicks("返回")
    wu.clicks("全部记满分")
    wu.clicks("撤销")
    wu.clicks("全部记满分")
    wu.clicks("提交本行评分")
    wu.clicks("提交本行评分")
    assert acts_for(centre) == [
        (action, wang.person_id)
        for action in (
            "evidence.accept", "evidence.reject",
            "score.rest", "score.undo", "score.rest", "score.hand_in",
        )
    ]  # fmt: skip
    wang.says("/review")  # who is away may act all the same
    assert wang.hears[-1] != NOT_ALLOWED


def test_who_has_the_right_anyway_stands_in_for_nobody(centre: Centre, li: User):
    wang, wu = centre.person("王芳", "evaluator"), centre.person("吴用", "evaluator")
    away(centre, wang, wu)
    report(li, "一件")
    wu.says("/review")
    assert "代王芳" not in wu.hears[-1]
    wu.clicks("采纳")
    assert acts_for(centre) == []


def test_a_deputy_is_barred_where_either_of_the_two_is(centre: Centre, li: User):
    """王芳 belongs to 公安, her deputy 吴用 to 市场监管局; 方一 stands in for 市场监管局's
    liaison. So nobody but 易二 judges either."""
    sun = centre.person("孙警", "liaison", department="GA")
    wang = centre.person("王芳", "evaluator", department="GA")
    wu = centre.person("吴用", "member", department="SCJG")
    fang, yi = centre.person("方一", "evaluator"), centre.person("易二", "evaluator")
    report(li, "市监的一件")
    report(sun, "公安的一件")
    away(centre, wang, wu)
    away(centre, li, fang)
    day = centre.now.date()
    with centre.database.read() as connection:
        found = {
            code: people.judges_of(
                connection, section_id=centre.section_id, department_id=id_, day=day
            )
            for code, id_ in centre.departments.items()
        }
    names = {code: [each.name for each in judges] for code, judges in found.items()}
    assert names == {
        "SCJG": ["王芳", "易二"],
        "GA": ["方一", "易二"],
        "YB": ["王芳", "吴用", "方一", "易二"],
    }
    wu.says("/review")
    assert "采纳" not in wu.buttons
    yi.says("/review")
    assert "采纳" in yi.buttons


def test_nobody_of_the_section_is_left_so_the_substitute_is_asked(centre: Centre, li: User):
    """The only evaluator stands in for the department's liaison."""
    other = _section(centre, "法规科")
    wang = centre.person("王芳", "evaluator")
    shi = centre.person("石磊", "evaluator", section=other)
    with centre.database.begin() as connection:
        sections.set_substitute(connection, centre.section_id, person_id=shi.person_id)
    report(li, "一件")
    away(centre, li, wang)
    shi.says("/review")
    assert "采纳" in shi.buttons
    wang.says("/review")
    assert "采纳" not in wang.buttons
    report(li, "又一件")
    assert "还没有人" not in li.hears[-1]


def _section(centre: Centre, name: str) -> int:
    with centre.database.begin() as connection:
        return sections.add_section(connection, name=name)


def test_a_deputy_of_a_deputy_has_nothing(centre: Centre, li: User):
    wu, fang = centre.person("吴用", "member"), centre.person("方一", "member")
    away(centre, li, wu)
    away(centre, wu, fang)
    for each in (wu, fang):
        each.says("/mine")
        assert each.hears == [NOT_ALLOWED]
    assert _acting(centre, fang) == ["member", "member"]


def _acting(centre: Centre, user: User) -> list[str]:
    with centre.database.read() as connection:
        grants = accounts.grants_of(connection, user.person_id, day=centre.now.date())
        return [grant.role for grant in grants]


def test_a_removed_person_passes_nothing_on(centre: Centre, li: User):
    wu = centre.person("吴用", "member")
    away(centre, li, wu)
    assert _acting(centre, wu) == ["member", "liaison"]
    with centre.database.begin() as connection:
        people.remove_person(connection, li.person_id, now=centre.now)
    assert _acting(centre, wu) == ["member"]


# ---------------------------------------------------------------- the second person


@pytest.fixture
def ready(centre: Centre) -> Centre:
    """All handed in; 赵强 proposes, 陈主任 is the only director."""
    centre.now = AFTER
    wang = centre.person("王芳", "evaluator")
    score_all(centre, wang, {"SCJG": FULL, "GA": [9.5, *FULL[1:]], "YB": [9, *FULL[1:]]})
    return centre


def propose(user: User) -> None:
    user.says("/publish")
    user.clicks("提请审定")


def test_a_directors_deputy_releases_in_their_place(ready: Centre):
    zhao, chen = ready.person("赵强", "admin"), ready.person("陈主任", "director")
    wu = ready.person("吴用", "member")
    away(ready, chen, wu)
    propose(zhao)
    assert zhao.hears[-1].endswith("\n已通知吴用。")
    assert (len(wu.hears), chen.hears) == (1, [])
    wu.clicks("同意发布")
    assert ("publish.release", chen.person_id) in acts_for(ready)


def test_the_proposer_who_stands_in_for_the_director_cannot_release(ready: Centre):
    """The director is asked, on leave or not."""
    zhao, chen = ready.person("赵强", "admin"), ready.person("陈主任", "director")
    away(ready, chen, zhao)
    propose(zhao)
    assert len(chen.hears) == 1
    release = chen.button("同意发布")
    zhao.presses(release)
    assert zhao.hears[-1] == "这次结果由您提请，请由其他主任审定。"
    chen.presses(release)
    assert [action for action, _, _ in audited(ready) if action == "publish.release"] == [
        "publish.release"
    ]
    assert acts_for(ready) == []


def test_who_stands_in_for_the_proposer_cannot_release(ready: Centre):
    """赵强 proposes and is a director besides; on leave his deputy has that right, but not for
    this outcome."""
    zhao = ready.person("赵强", "admin", "director")
    chen, wu = ready.person("陈主任", "director"), ready.person("吴用", "member")
    qian = ready.person("钱伟", "admin")
    propose(zhao)
    away(ready, zhao, wu)
    release = chen.button("同意发布")
    qian.presses(release)
    assert qian.hears[-1] == NOT_ALLOWED
    wu.presses(release)
    assert wu.hears[-1] == "这次结果由赵强提请，您正代理其工作，请由其他主任审定。"
    wu.presses(chen.button("退回修改"))
    assert wu.hears[-1] == "这次结果由赵强提请，您正代理其工作，请由其他主任审定。"
    away(ready, chen, wu)  # the other director's deputy may
    wu.presses(release)
    assert "publish.release" in [action for action, _, _ in audited(ready)]


def test_a_director_sends_back_through_a_deputy(ready: Centre):
    zhao, chen = ready.person("赵强", "admin"), ready.person("陈主任", "director")
    wu = ready.person("吴用", "member")
    fang = ready.person("方一", "member")
    away(ready, chen, wu)
    away(ready, ready.people["王芳"], fang)
    propose(zhao)
    wu.clicks("退回修改")
    wu.clicks_containing("线上帮办")
    wu.clicks("下一步")
    wu.says("再核一下")
    assert acts_for(ready) == [
        ("publish.return", chen.person_id), ("score.reopen", chen.person_id),
    ]  # fmt: skip
    assert zhao.hears[-1].startswith("吴用（代陈主任）")
    assert fang.hears == [
        "吴用（代陈主任）退回了2026年第四季度“线上帮办”的评分，请修改后重新提交。\n理由：再核一下"
    ]
    assert fang.chat[-1].text == ready.people["王芳"].hears[-1]  # she handed it in


# ---------------------------------------------------------------- what it costs


def test_no_statement_more_an_update(tmp_path):
    """The rights of a deputy come with the person's own."""
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    li = centre.person("李敏", "liaison", department="SCJG")
    wu = centre.person("吴用", "member", department="SCJG")
    seen: list[str] = []
    event.listen(
        centre.database.writer,
        "checkout",
        lambda raw, *_: raw.set_trace_callback(seen.append),
    )
    li.says("/help")
    seen.clear()
    li.says("/help")
    before = list(seen)
    away(centre, li, wu)
    seen.clear()
    wu.says("/help")
    seen.clear()
    wu.says("/help")
    assert [each.split()[0] for each in seen] == [each.split()[0] for each in before]
    assert len([each for each in seen if "FROM leave" in each]) == 1
