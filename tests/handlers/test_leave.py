"""/leave and the B角 on the person's card, as conversations; each also with a restart between all
lines."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage import leaves, people, sections
from storage.models import leave as leave_table
from tests.chat import MORNING, Centre, User
from tests.handlers.test_outcome_races import press, race
from tests.support.audited import acted

LIST = (
    "请假\n没有登记请假。\nB角是王强。请假期间，提醒和审批转给B角，您仍可随时办理。\n"
    "要登记请假，请发送日期，如“明天”“11月3日”“11月3日-11月8日”。"
)
NOBODY = "请假\n您还没有B角，请假时没有人接手，暂不能登记。B角由管理员指定"


@pytest.fixture
def wang(centre: Centre) -> User:
    return centre.person("王强", "liaison", department="GA")


def named(centre: Centre, of: User, deputy: User | None) -> None:
    with centre.database.begin() as connection:
        leaves.set_deputy(
            connection,
            of.person_id,
            deputy_id=deputy.person_id if deputy else None,
            today=centre.now.date(),
            now=centre.now,
        )


def kept(centre: Centre) -> list[tuple[str, str, str, bool]]:
    """Whose, from when, to when, and whether it was ended."""
    with centre.database.read() as connection:
        rows = connection.execute(select(leave_table).order_by(leave_table.c.id))
        return [
            (
                people.name_of(connection, row.person_id),
                row.first.isoformat(),
                row.last.isoformat(),
                row.ended_at is not None,
            )
            for row in rows
        ]


def test_dates_are_said_back_confirmed_once_and_both_know(centre: Centre, li: User, wang: User):
    named(centre, li, wang)
    li.says("请假")
    assert (li.hears, li.buttons) == ([LIST], ["菜单"])
    li.says("11.4至11.8")
    assert li.hears == [
        "请假：2026年11月4日（星期三）至2026年11月8日（星期日），共5天（3个工作日）。\n"
        "期间由王强接手提醒和审批，操作记在王强名下并注明代理。\n日期不对的，请重新发送日期。"
    ]
    assert li.buttons == ["确认请假", "返回"]
    assert kept(centre) == []
    li.says("明天")  # corrected before it counts
    assert li.hears[0].startswith("请假：2026年11月4日（星期三），共1天（1个工作日）。\n")
    li.says("11.4至11.8")
    confirm = li.button("确认请假")
    li.hears  # noqa: B018 - the question again
    li.presses(confirm)
    assert li.hears == [
        "已登记，并已通知B角。祝一切顺利。\n\n请假\n"
        "2026年11月4日（星期三）至2026年11月8日（星期日），由王强代理\n"
        "B角是王强。请假期间，提醒和审批转给B角，您仍可随时办理。"
    ]
    assert li.buttons == ["取消：11月4日", "菜单"]
    assert wang.hears == [
        "李敏请假：2026年11月4日（星期三）至2026年11月8日（星期日），期间由您代理。"
        "提醒会发给您，您可以办理其审批和上报。"
    ]
    li.presses(confirm)  # tapped twice
    assert kept(centre) == [("李敏", "2026-11-04", "2026-11-08", False)]
    assert wang.hears == []
    li.hears  # noqa: B018
    li.clicks("取消：11月4日")
    assert li.hears[0].startswith("已取消这次请假，并已通知B角。\n\n请假\n没有登记请假。\n")
    assert wang.hears == [
        "李敏原定的请假取消：2026年11月4日（星期三）至2026年11月8日（星期日）。您不用代理了。"
    ]
    assert kept(centre) == [("李敏", "2026-11-04", "2026-11-08", True)]
    assert acted(centre) == ["leave.enter", "leave.end"]


def test_the_command_takes_dates_too(centre: Centre, li: User, wang: User):
    li.says("/leave 明天")
    assert li.hears[0].startswith(NOBODY)
    named(centre, li, wang)
    li.says("/leave 明天")
    assert li.hears[0].startswith("请假：2026年11月4日（星期三），共1天")


def test_nobody_named_yet_and_one_tap_tells_the_admin(centre: Centre, li: User, zhao: User):
    li.says("请假")
    assert li.hears == [f"{NOBODY}，可点下面的按钮告诉管理员。"]
    assert li.buttons == ["请管理员指定B角", "菜单"]
    ask = li.button("请管理员指定B角")
    li.presses(ask)
    li.presses(ask)
    assert li.hears == [f"已告诉管理员，指定后会通知您。\n\n{NOBODY}。"] * 2
    assert li.buttons == ["菜单"]
    assert zhao.hears == ["李敏（市场监管局联络员）要请假，还没有B角，请指定。"]
    wu = centre.person("吴用", "member", department="SCJG")
    zhao.clicks("指定B角")
    assert zhao.hears == [
        "李敏的B角：未指定\n1. 吴用（市场监管局工作人员）\n"
        "请选择李敏请假时由谁接手；也可发送姓名查找。"
    ]
    zhao.clicks("1. 吴用")
    assert zhao.hears == ["李敏\n角色：市场监管局联络员\n账号：已绑定\nB角：吴用"]
    assert li.hears == [
        "管理员指定吴用为您的B角：您请假期间，由其接手提醒和审批。要登记请假，请发送“请假”。"
    ]
    assert wu.hears == [
        "管理员指定您为李敏的B角：李敏请假期间，由您接手其提醒和审批，届时会通知您。"
    ]
    li.presses(ask)  # an old button
    assert li.hears[0].startswith("请假\n没有登记请假。\nB角是吴用。")
    assert zhao.hears == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("下下个月", "没有看懂“下下个月”。请发一天或起止日期，如"),
        ("2月30日", "“2月30日”不是存在的日期，请核对后再发。"),
        (
            "11.8至2026.11.4",
            "结束日期（2026年11月4日（星期三））早于开始日期（2026年11月8日（星期日））",
        ),
        (
            "10.20至11.2",
            "2026年11月2日（星期一）已经过去，请假只能填今天（11月3日（星期二））及以后",
        ),
        (
            "2026.12.1-2027.11.5",
            "2027年11月5日（星期五）太远了，请假最多填到2027年11月4日（星期四）",
        ),
    ],
)
def test_what_cannot_be_a_leave_says_why(
    centre: Centre, li: User, wang: User, typed: str, said: str
):
    named(centre, li, wang)
    li.says("请假")
    li.says(typed)
    assert li.hears[-1].startswith(said)
    li.says("明天")
    assert li.hears[-1].startswith("请假：2026年11月4日")
    assert kept(centre) == []


def test_dates_behind_the_command_that_are_refused_are_simply_sent_again(
    centre: Centre, li: User, wang: User
):
    named(centre, li, wang)
    li.says("/leave 去年")
    assert li.hears[-1].startswith("没有看懂“去年”")
    li.says("明天")
    assert li.hears[-1].startswith("请假：2026年11月4日")
    li.clicks("确认请假")
    li.says("/leave 明天")
    said = "2026年11月4日（星期三）已有请假，日期不能重叠。"
    assert li.hears[-1].startswith(said)
    li.says("11.9")
    assert li.hears[-1].startswith("请假：2026年11月9日")


def test_two_leaves_do_not_overlap(centre: Centre, li: User, wang: User):
    named(centre, li, wang)
    li.says("/leave 11.4至11.8")
    first = li.button("确认请假")
    li.says("11.8至11.10")
    second = li.button("确认请假")
    li.presses(first)
    li.presses(second)
    said = "2026年11月4日（星期三）至2026年11月8日（星期日）已有请假，日期不能重叠。"
    assert li.hears[-1].startswith(said)
    li.says("请假")
    li.says("11.8")
    assert li.hears[-1].startswith(said)
    li.says("11.9")
    li.clicks("确认请假")
    assert [each[1:] for each in kept(centre)] == [
        ("2026-11-04", "2026-11-08", False),
        ("2026-11-09", "2026-11-09", False),
    ]


def test_a_deputy_who_is_away_too_hands_it_back(centre: Centre, li: User, wang: User):
    sun = centre.person("孙警", "liaison", department="GA")
    named(centre, li, wang)
    named(centre, wang, sun)
    wang.says("/leave 11.6至11.7")
    wang.clicks("确认请假")
    li.says("/leave 11.4至11.8")
    assert li.hears[-1].splitlines()[2] == (
        "王强也请假：2026年11月6日（星期五）至2026年11月7日（星期六），这几天提醒仍发给您。"
    )
    li.clicks("确认请假")
    wang.hears, li.hears  # noqa: B018
    wang.says("/leave 11.8")
    assert wang.hears[-1].splitlines()[2] == (
        "您本要代理李敏，这几天改由其本人办理，将告知其本人。"
    )
    wang.clicks("确认请假")
    assert li.hears == [
        "您的B角王强2026年11月8日（星期日）也请假，这几天提醒仍发给您。需要另换B角的，请联系管理员。"
    ]
    wang.says("请假")
    assert "您代理李敏：2026年11月4日（星期三）至2026年11月8日（星期日）\n" in wang.hears[-1]
    with centre.database.read() as connection:
        found = [
            leaves.deputies_on(connection, MORNING.date().replace(day=day)) for day in range(3, 10)
        ]
    mine, his = {li.person_id: wang.person_id}, {wang.person_id: sun.person_id}
    assert found == [{}, mine, mine, his, his, his, {}]


def test_an_admin_on_leave_keeps_the_rights_over_the_centre(
    centre: Centre, zhao: User, wang: User
):
    named(centre, zhao, wang)
    zhao.says("/leave 今天")
    assert "管理员的权限不转给B角；请确认另有管理员在岗。" in zhao.hears[-1].splitlines()
    zhao.clicks("确认请假")
    wang.says("/admin")
    assert wang.hears[-1].startswith("没有找到这项内容，或您没有相应权限。")


def test_what_was_given_to_the_very_person_is_not_passed_on(centre: Centre, wang: User):
    fang = centre.person("方一", "evaluator")
    named(centre, fang, wang)
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科")
        sections.set_substitute(connection, other, person_id=fang.person_id)
    fang.says("/leave 今天")
    assert fang.hears[-1].splitlines()[2:] == [
        "评分席位和代审不转给B角；需要有人接手的，请管理员另行指定。",
        "日期不对的，请重新发送日期。",
    ]


def test_the_admin_enters_and_ends_it_for_somebody(
    centre: Centre, zhao: User, li: User, wang: User
):
    zhao.says("/admin")
    zhao.clicks("人员")
    zhao.says("李敏")
    zhao.clicks("请假")
    assert zhao.hears[-1].startswith("李敏的B角：未指定\n")  # first things first
    zhao.says("王强")
    zhao.clicks("1. 王强")
    zhao.clicks("请假")
    assert zhao.hears[-1].startswith("李敏的请假\n没有登记请假。\nB角是王强。")
    zhao.says("今天到11.8")
    assert zhao.hears[-1].startswith("李敏请假：2026年11月3日（星期二）至2026年11月8日（星期日）")
    li.hears, wang.hears  # noqa: B018
    zhao.clicks("确认请假")
    assert zhao.hears[-1].startswith("已为李敏登记请假，并已通知本人和B角。\n\n李敏的请假\n")
    assert li.hears == [
        "赵强为您登记了请假：2026年11月3日（星期二）至2026年11月8日（星期日），期间由王强代理。"
        "有误的，请发送“请假”取消。"
    ]
    assert wang.hears[0].endswith("现在起生效，发送“菜单”可查看。")
    zhao.clicks("返回")
    assert zhao.hears[-1].splitlines()[-1] == (
        "请假：2026年11月3日（星期二）至2026年11月8日（星期日），由王强代理"
    )
    zhao.clicks("请假")
    zhao.clicks("取消：11月3日")
    assert zhao.hears[-1].startswith("已取消这次请假，并已通知本人和B角。\n\n李敏的请假\n")
    assert li.hears == [
        "赵强取消了您的请假：2026年11月3日（星期二）至2026年11月8日（星期日）。"
        "提醒和审批仍由您办理。"
    ]
    assert wang.hears[0].endswith("您现在起不再代理。")


def test_another_deputy_takes_over_a_leave_that_runs(
    centre: Centre, zhao: User, li: User, wang: User
):
    named(centre, li, wang)
    li.says("/leave 今天到11.8")
    li.clicks("确认请假")
    sun = centre.person("孙警", "liaison", department="GA")
    wang.hears  # noqa: B018
    zhao.presses(f"ad.dptyok:{li.person_id}:0:{sun.person_id}")
    assert wang.hears[0].endswith("您现在起不再代理。")
    assert [each.split("：")[0] for each in sun.hears] == ["管理员指定您为李敏的B角", "李敏请假"]
    with centre.database.read() as connection:
        assert leaves.deputies_on(connection, centre.now.date()) == {li.person_id: sun.person_id}
    zhao.presses(f"ad.dpty:{li.person_id}")
    assert zhao.buttons == ["不设B角", "返回"]
    zhao.clicks("不设B角")
    assert "B角" not in zhao.hears[-1].split("请假：")[0]
    with centre.database.read() as connection:  # what was agreed stands
        assert leaves.deputies_on(connection, centre.now.date()) == {li.person_id: sun.person_id}
    old = f"lv.ok:{li.person_id}:0:20261120-20261120-{sun.person_id}"
    li.presses(old)
    assert li.hears[-1] == "李敏还没有B角，请假时没有人接手，没有登记。请管理员先指定B角。"
    named(centre, li, wang)
    li.presses(old)  # it showed somebody else
    assert li.hears[-1].splitlines()[1].startswith("期间由王强接手")
    assert len(kept(centre)) == 1


def test_who_may_be_a_deputy(centre: Centre, zhao: User, li: User, wang: User):
    chen = centre.person("陈主任", "director")
    tang = centre.person("唐主任", "director")
    zhao.presses(f"ad.dpty:{chen.person_id}")
    assert zhao.buttons == ["1. 唐主任", "返回"]
    fang, yi = centre.person("方一", "evaluator"), centre.person("易二", "evaluator")
    zhao.presses(f"ad.dpty:{fang.person_id}")
    assert zhao.buttons == ["1. 易二", "返回"]
    zhao.says("方一")  # oneself is never found
    assert zhao.hears[-1].splitlines()[1] == "没有找到“方一”。"
    zhao.says("王")
    assert zhao.buttons == ["1. 王强", "返回"]
    for forged in (str(fang.person_id), "", "x"):
        zhao.presses(f"ad.dptyok:{fang.person_id}:0:{forged}")
        assert zhao.hears[-1].startswith("没有找到这项内容")
    named(centre, fang, tang)
    with centre.database.begin() as connection:
        people.remove_person(connection, tang.person_id, now=centre.now)
    zhao.presses(f"ad.dptyok:{fang.person_id}:0:{tang.person_id}")
    assert zhao.hears[-1] == "这名人员已移除，或不存在。"
    with centre.database.read() as connection:
        assert leaves.deputy_of(connection, fang.person_id) is None
    zhao.presses(f"ad.dptyok:{fang.person_id}:0:{zhao.person_id}")  # oneself, for another
    assert fang.hears == [
        "管理员指定赵强为您的B角：您请假期间，由其接手提醒和审批。要登记请假，请发送“请假”。"
    ]
    zhao.presses(f"ad.dptyok:{fang.person_id}:0:{zhao.person_id}")
    assert fang.hears == yi.hears == []


def test_old_and_forged_buttons_end_nothing(centre: Centre, li: User, wang: User):
    named(centre, li, wang)
    li.says("/leave 明天")
    li.clicks("确认请假")
    off = li.button("取消：11月4日")
    wang.presses(off)
    assert wang.hears[-1].startswith("没有找到这项内容")
    wang.presses(off.replace(str(li.person_id), str(wang.person_id), 1))
    assert kept(centre) == [("李敏", "2026-11-04", "2026-11-04", False)]
    for forged in ("nonsense", "20261103", "2026-11-03", "20261340-20261341-1"):
        li.presses(f"lv.ok:{li.person_id}:0:{forged}")
        assert li.hears[-1].startswith("请假\n2026年11月4日")
    li.presses(off)
    li.presses(off)
    assert acted(centre) == ["leave.enter", "leave.end"]
    li.says("请假")
    li.clicks("菜单")
    assert li.hears[-1].startswith("李敏您好")


def test_a_button_leaves_what_waits_elsewhere_alone(centre: Centre, li: User, wang: User):
    named(centre, li, wang)
    li.says("/leave 明天")
    confirm = li.button("确认请假")
    li.says("/submit")
    li.clicks("帮办案例")
    li.presses(confirm)
    li.says("还在写材料\n第二行")
    assert "还在写材料" in li.hears[-1]


def test_a_deputy_without_an_account_takes_nothing_over(centre: Centre, li: User):
    with centre.database.begin() as connection:
        id_ = people.add_person(connection, name="钱新", now=centre.now)
        leaves.set_deputy(
            connection, li.person_id, deputy_id=id_, today=centre.now.date(), now=centre.now
        )
    li.says("/leave")
    assert "B角是钱新（还没有绑定账号，绑定前收不到提醒）。" in li.hears[-1]
    li.says("今天")
    assert "钱新还没有绑定账号，绑定前提醒仍发给您。" in li.hears[-1]
    li.clicks("确认请假")
    with centre.database.read() as connection:
        assert leaves.deputies_on(connection, centre.now.date()) == {}


def test_two_at_once_enter_one(database_url: str):
    """The person and the admin, held open so that the second must wait for the first."""
    centre = Centre(database_url)
    li, wang = centre.person("李敏", "liaison", department="SCJG"), centre.person("王强")
    zhao = centre.person("赵强", "admin")
    named(centre, li, wang)
    span = f"20261104-20261108-{wang.person_id}"
    own = press(centre, li, f"lv.ok:{li.person_id}:0:{span}", "a")
    other = press(centre, zhao, f"ad.lvok:{li.person_id}:0:20261105-{span[9:]}", "b")
    race(centre, own, other)
    assert kept(centre) == [("李敏", "2026-11-04", "2026-11-08", False)]
