"""/start, /help, /cancel, and the code for the web."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import templates
from handlers.dialog import Dialog, Goto, Outcome, Stay
from handlers.dialogs import menu
from handlers.discovery import Registry, discover
from handlers.dispatch import Desk
from handlers.linking import CodeRefused, authenticate
from handlers.premises import Premises
from handlers.turn import Turn
from rubric.quarter import Quarter as Named
from rubric.quarter import QuarterState, WorkCalendar
from storage import people, quarters, sections
from storage.models import evidence
from tests.chat import ZONE, Centre, User

toy = Dialog("toy")


@toy.command(
    "submit", words=("上报", "报送"), title="上报材料", order=10, roles=("liaison", "head")
)
def begin(turn: Turn) -> Outcome:
    turn.say("menu.no_web")
    return Goto("wait")


@toy.step("wait")
def wait(turn: Turn, draft: object) -> Outcome:
    turn.say("menu.no_web")
    return Stay()


silent = Dialog("silent")


@silent.command("quiet", words=(), title="静", order=95, roles=("auditor",), hidden=True)
def quiet(turn: Turn) -> Outcome:
    return Goto("wait")


@silent.step("wait")
def quiet_wait(turn: Turn, draft: object) -> Outcome:
    return Stay()


class Small(Centre):
    """An installation with the menu and a toy in place of the dialogs."""

    premises = Premises(b"key", telegram_name="kaohe_bot", public_url="https://k.example")

    def _desk(self) -> Desk:
        registry = Registry()
        for dialog in (menu.dialog, toy, silent):
            registry.add(dialog)
        return Desk(registry, self.premises, "test-worker")


@pytest.fixture(params=[False, True], ids=["", "restart"])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Small]:
    made = Small(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", restart=request.param)
    yield made
    made.database.close()


def evidence_row(centre: Centre, by: User, **values: object) -> None:
    given = {
        "department_id": centre.departments["SCJG"],
        "quarter": "2026Q4",
        "indicator": "enquiries",
        "title": "一件",
        "state": "submitted",
        "created_by": by.person_id,
        "created_at": centre.now,
        "updated_at": centre.now,
    }
    with centre.database.begin() as connection:
        connection.execute(evidence.insert(), given | values)


def test_the_first_look_says_who_what_until_when(centre: Small):
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("/start")
    assert li.hears == [
        "李敏您好，您是市场监管局联络员。\n"
        "2026年第四季度：收集中，报送截止1月6日（星期三），补报截止1月8日（星期五）（暂定）\n"
        "请选择："
    ]
    assert li.buttons == ["上报材料", "帮助", "网页登录码"]
    assert [len(row) for row in li.chat[-1].buttons] == [2, 1]


@pytest.mark.parametrize("typed", ["/start", "/START", "菜单", "随便什么", "/start 乱码"])
def test_the_menu_comes_by_word_by_slash_and_when_nothing_else_fits(centre: Small, typed: str):
    zhao = centre.person("赵强", "admin", "auditor")
    zhao.says(typed)
    assert zhao.hears[0].startswith("赵强您好，您是管理员、审计员。\n2026年第四季度：收集中")
    assert zhao.buttons == ["帮助", "网页登录码"]


def test_a_person_without_a_role_is_greeted_all_the_same(centre: Small):
    wu = centre.person("吴", "member")
    with centre.database.begin() as connection:
        (held,) = people.held_roles(connection, wu.person_id)
        people.revoke_role(connection, held.id, person_id=wu.person_id)
    wu.says("/start")
    assert wu.hears[0].startswith("吴您好。\n2026年第四季度")


def test_what_waits_is_counted(centre: Small):
    li = centre.person("李敏", "liaison", department="SCJG")
    wang = centre.person("王芳", "evaluator")
    own = centre.person("孙", "evaluator", department="SCJG")
    for number, state in enumerate(["submitted", "returned", "returned", "accepted"]):
        evidence_row(centre, li, state=state, number=number + 1)
    evidence_row(centre, li, state="draft", quarter=None)
    li.says("/start")
    assert li.hears[0].splitlines()[2:] == [
        "待补充：2件材料被退回",
        "未提交：1份草稿",
        "请选择：",
    ]
    wang.says("/start")
    assert wang.hears[0].splitlines()[2:] == ["待审核：1件材料", "请选择："]
    own.says("/start")
    assert own.hears[0].splitlines()[2:] == ["请选择："]


def test_a_substitute_counts_what_nobody_else_may_judge(centre: Small):
    li = centre.person("李敏", "liaison", department="SCJG")
    centre.person("孙", "evaluator", department="SCJG")
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科")
    stand_in = centre.person("周", "evaluator", section=other)
    with centre.database.begin() as connection:
        sections.set_substitute(connection, centre.section_id, person_id=stand_in.person_id)
    evidence_row(centre, li)
    evidence_row(centre, li, department_id=centre.departments["GA"])  # 孙 may judge this one
    stand_in.says("/start")
    assert "待审核：1件材料" in stand_in.hears[0].splitlines()


@pytest.mark.parametrize(
    ("moment", "line"),
    [
        (
            datetime(2026, 12, 31, 23, 59, tzinfo=ZONE),
            "2026年第四季度：收集中，报送截止1月6日（星期三），补报截止1月8日（星期五）（暂定）",
        ),
        (
            datetime(2027, 1, 7, 9, tzinfo=ZONE),
            "2026年第四季度：收集中，补报截止1月8日（星期五）（暂定）",
        ),
        (datetime(2027, 1, 9, 0, 0, tzinfo=ZONE), "2026年第四季度：已截止"),
    ],
)
def test_dates_are_named_while_they_are_ahead(centre: Small, moment: datetime, line: str):
    li = centre.person("李敏", "liaison", department="SCJG")
    with centre.database.begin() as connection:
        quarters.ensure(
            connection,
            Named.parse("2026Q4"),
            calendar=WorkCalendar(off=frozenset({datetime(2027, 1, 1, tzinfo=ZONE).date()})),
            timezone=ZONE,
            now=centre.now,
        )
    centre.now = moment
    li.says("/start")
    assert li.hears[0].splitlines()[1] == line


def test_a_quarter_stays_in_sight_until_it_is_published(centre: Small):
    li = centre.person("李敏", "liaison", department="SCJG")
    with centre.database.begin() as connection:
        for code in ("2026Q2", "2026Q3", "2026Q4", "2027Q1"):
            quarters.ensure(
                connection,
                Named.parse(code),
                calendar=WorkCalendar(),
                timezone=ZONE,
                now=centre.now,
            )
        quarters.set_state(connection, "2026Q2", QuarterState.PUBLISHED)
        quarters.set_state(connection, "2026Q3", QuarterState.PROPOSED)
    li.says("/start")
    assert [line.split("，")[0] for line in li.hears[0].splitlines()[1:-1]] == [
        "2026年第三季度：待审定",
        "2026年第四季度：收集中",
    ]


def test_the_help_is_the_persons_own(centre: Small):
    li = centre.person("李敏", "liaison", department="SCJG")
    zhao = centre.person("赵强", "admin")
    tail = (
        "随时发送“取消”可退出正在做的事，已保存的内容都在。\n咨询考核办公室：周老师 021-56001234"
    )
    li.says("帮助")
    assert li.hears == [
        "您可以做的事\n"
        "菜单：发送“菜单”或 /start。看待办和本季度截止日期\n"
        "上报材料：发送“上报”或 /submit。报送一件佐证材料，如“3月5日帮办案例”加照片\n"
        "帮助：发送“帮助”或 /help。看这一页\n\n"
        "有材料时，直接把文字、照片或文件发来就行，不用先选菜单。\n\n" + tail
    ]
    assert li.buttons == ["菜单"]
    with centre.database.begin() as connection:
        sections.set_contact(connection, centre.section_id, contact="")
    zhao.says("/help")
    assert zhao.hears == [
        "您可以做的事\n"
        "菜单：发送“菜单”或 /start。看待办和本季度截止日期\n"
        "帮助：发送“帮助”或 /help。看这一页\n\n" + tail.replace("周老师 ", "")
    ]
    with centre.database.begin() as connection:
        sections.set_contact(connection, centre.section_id, phone="")
    zhao.says("/help")
    assert zhao.hears[0].endswith("已保存的内容都在。")


def test_cancel_leaves_what_runs_and_says_so(centre: Small):
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("/cancel")
    assert li.hears == ["现在没有正在进行的操作。"]
    li.says("/submit")
    li.says("/start")
    assert "“上报材料”还没做完：直接发送内容可继续，发送“取消”可退出。" in li.hears[-1]
    li.says("取消")
    assert li.hears == ["已退出“上报材料”，已保存的内容都在。"]
    li.clicks("菜单")
    assert "还没做完" not in li.hears[0]


def test_what_runs_without_a_title_can_be_left_too(centre: Small):
    zhao = centre.person("赵强", "auditor")
    zhao.says("/quiet")
    zhao.says("/cancel")
    assert zhao.hears == ["已退出“静”，已保存的内容都在。"]


def test_a_menu_from_a_button_comes_below_and_edits_nothing(centre: Small):
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("/start")
    li.clicks("帮助")
    li.clicks("菜单")
    li.clicks("上报材料")
    assert [message.edited for message in li.chat] == [0, 0, 0, 0]
    assert len(li.chat) == 4


def test_a_login_code_opens_the_web_for_the_same_person(centre: Small):
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("/start")
    li.clicks("网页登录码")
    text = li.hears[-1]
    code = text.splitlines()[0].removeprefix("网页登录码：")
    assert text == (
        f"网页登录码：{code}\n"
        "11月3日 10:10前有效，只能用一次，请勿转给他人。\n"
        f"在电脑上打开：https://k.example/login#code={code.replace('-', '')}"
    )
    with centre.database.begin() as connection:
        account_id = authenticate(
            connection, centre.premises, code=code, guard="192.0.2.1", now=centre.now
        )
        found = people.find_listed(connection, li.person_id)
        assert found is not None
        assert account_id != li.account_id
    li.clicks("网页登录码", on=li.chat[0])
    again = li.hears[0].splitlines()[0].removeprefix("网页登录码：")
    centre.now += timedelta(minutes=11)
    with centre.database.begin() as connection, pytest.raises(CodeRefused):
        authenticate(connection, centre.premises, code=again, guard="192.0.2.1", now=centre.now)


def test_without_a_public_address_the_code_is_typed_at_the_login_page(centre: Small):
    centre.premises = Premises(b"key")
    centre.desk = centre._desk()
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("/start")
    li.clicks("网页登录码")
    assert li.hears[-1].endswith("请在电脑上打开网页登录页，输入此码。")


def test_without_the_web_chat_there_is_no_code_for_it(centre: Small):
    li = centre.person("李敏", "liaison", department="SCJG")
    li.says("/start")
    old = li.chat[-1]
    centre.premises = Premises(b"key", web_chat=False)
    centre.desk = centre._desk()
    li.says("/start")
    assert li.buttons == ["上报材料", "帮助"]
    li.hears  # noqa: B018 - forget the menus
    li.clicks("网页登录码", on=old)
    assert li.hears == ["中心没有开通网页登录，请继续在这里使用。"]


# from PRODUCT.md, "Commands": who may run what, in the order of the menu
TABLE = {
    "liaison": ["submit", "mine", "progress", "result", "leave", "settings", "help"],
    "head": ["submit", "mine", "progress", "result", "leave", "settings", "help"],
    "evaluator": ["submit", "review", "score", "progress", "result", "leave", "settings", "help"],
    "director": ["progress", "ranking", "publish", "result", "leave", "settings", "help"],
    "admin": [
        "submit",
        "progress",
        "ranking",
        "publish",
        "result",
        "leave",
        "admin",
        "audit",
        "settings",
        "help",
    ],
    "auditor": ["result", "audit", "settings", "help"],
    "member": ["result", "settings", "help"],
}


@pytest.mark.parametrize("role", TABLE)
def test_each_role_sees_what_it_may_do_and_nothing_else(role: str, tmp_path: Path):
    centre = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    user = centre.person("李敏", role, department="SCJG")
    user.says("/start")
    shown = [action for row in user.chat[-1].buttons for _, action in row]
    exist = discover().commands
    assert sorted(shown) == sorted(
        [f"cmd:{name}" + ":0" for name in TABLE[role] if name in exist] + ["mn.login::0"]
    )
    centre.database.close()


def test_the_help_has_a_sentence_for_each_command():
    commands = [each for each in discover().commands.values() if not each.hidden]
    assert [each.name for each in commands if not templates.has(f"menu.help_{each.name}")] == []
