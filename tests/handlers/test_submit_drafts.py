"""Where drafts begin, who goes on with them, and how they are left."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from storage.models import audit, department, evidence, role
from tests.chat import File
from tests.handlers.evidence_desk import (
    CASE,
    also,
    begin,
    line,
    lines,
    rows,
    silence,
    states,
)

# ---------------------------------------------------------------- out of the blue


def test_content_out_of_the_blue_is_kept_first(centre, li):
    li.sends(File("a.jpg"), text="窗口业务培训")
    assert lines(li) == [
        "上报草稿 · 市场监管局",
        "标题：窗口业务培训",
        "日期：—",
        "附件（1）：a.jpg（保存中）",
        "",
        "内容已保存。请选择类别：",
    ]
    li.clicks("工作佐证")
    assert line(li, "考核项：") == "考核项：窗口业务支撑"
    li.says("今天")
    centre.finish_downloads()
    li.clicks("确认提交")
    assert states(centre) == [("submitted",)]


def test_nothing_out_of_the_blue_makes_nothing(centre, li):
    for text in ("", "🎉", "32号"):
        li.says(text)
    assert states(centre) == []


def test_a_second_thought_can_be_put_into_the_older_draft(centre, li):
    begin(li)
    li.says(CASE)
    li.says("取消")
    li.sends(File("a.jpg"), text="补充：老人很满意")
    li.says("昨天")
    li.clicks("并入：上门帮老人办医保")
    assert rows(centre, evidence.c.state, evidence.c.description, evidence.c.event_date) == [
        (
            "draft",
            "老人行动不便，科长带设备上门，当场办结。\n补充：老人很满意",
            date(2026, 11, 2),
        ),
        ("discarded", "", date(2026, 11, 2)),
    ]
    centre.finish_downloads()
    assert line(li, "附件") == "附件（1）：a.jpg"


def test_joining_takes_what_the_older_draft_lacks(centre, li):
    li.says("第一份内容")
    li.clicks("取消")
    li.says(
        "第二份内容：这一段文字足够长，长到标题只取它的第一小句，整段作为说明保存下来，什么都不会丢"
    )
    li.clicks("并入：第一份内容")
    li.says("昨天")
    li.clicks("取消")
    li.sends(File("a.jpg"))
    li.clicks("并入：第一份内容")
    assert rows(centre, evidence.c.title, evidence.c.description, evidence.c.event_date)[0] == (
        "第一份内容",
        "第二份内容：这一段文字足够长，长到标题只取它的第一小句，整段作为说明保存下来，什么都不会丢",
        date(2026, 11, 2),
    )


def test_joining_minds_limits_and_old_buttons(centre, li):
    begin(li)
    li.sends(*(File(f"{n}.jpg", str(n).encode()) for n in range(15)))
    li.says("老草稿")
    li.says("取消")
    li.sends(*(File(f"{n}.jpg", str(n).encode()) for n in range(10, 21)), text="新的一份内容")
    join = li.button("并入：老草稿")
    silence(li)
    li.clicks("并入：老草稿")
    assert li.hears == [
        "一份材料最多20个附件，“新的一份内容”没有收下；之前的都在。多出的请合并，或另报一份。"
    ]
    assert states(centre) == [("draft",), ("draft",)]
    li.presses(join.rsplit(":", 1)[0] + ":x")
    li.presses(join.rsplit(":", 1)[0] + ":2")
    assert states(centre) == [("draft",), ("draft",)]
    li.clicks("取消")
    li.clicks("删除草稿")
    li.presses(join)
    assert li.card == "草稿“新的一份内容”已删除。"
    li.clicks("恢复草稿")
    li.presses("sub.drop:1:1")
    li.presses(join)
    assert li.hears[-1].splitlines()[1] == "标题：新的一份内容"


def test_with_several_departments_the_department_comes_first(centre):
    both = centre.person("赵兼", "liaison", department="SCJG")
    also(centre, both, "GA")
    both.says("/submit")
    assert both.buttons == ["市场监管局", "公安"]
    both.clicks("公安")
    both.clicks("其他")
    assert lines(both)[0] == "上报草稿 · 公安"
    both.says("取消")
    both.says("群众送来锦旗")
    assert lines(both) == [
        "内容已保存：群众送来锦旗。",
        "请选择这份材料属于哪个部门：",
    ]
    both.sends(File("a.jpg"))
    assert lines(both)[0] == "内容已保存：群众送来锦旗（附件 1 个）。"
    both.clicks("公安")
    assert lines(both)[0] == "上报草稿 · 公安"
    both.clicks("其他")
    both.clicks("修改")
    both.clicks("部门")
    both.clicks("市场监管局")
    assert lines(both)[0] == "上报草稿 · 市场监管局"


# ---------------------------------------------------------------- drafts, colleagues, leaving


def test_a_colleague_goes_on_with_a_draft(centre, li):
    head = centre.person("钱局", "head", department="SCJG")
    other = centre.person("孙警", "liaison", department="GA")
    begin(li)
    li.says(CASE)
    head.says("/submit")
    assert head.buttons[-1] == "继续草稿：上门帮老人办医保（李敏）"
    other.says("/submit")
    assert other.buttons[-1] == "其他"
    go_on = head.button("继续草稿：上门帮老人办医保（李敏）")
    head.clicks("继续草稿：上门帮老人办医保（李敏）")
    assert lines(head)[0] == "上报草稿 · 市场监管局（李敏起草）"
    head.says("昨天")
    head.clicks("确认提交")
    assert rows(centre, evidence.c.submitted_by, evidence.c.created_by) == [
        (head.person_id, li.person_id)
    ]
    silence(li, other)
    li.says("还有一句")
    assert li.hears[0].splitlines()[0] == "已收到，回执号 市场监管局1号"
    assert lines(li)[1] == "标题：还有一句"
    other.presses(go_on)
    assert other.hears == ["没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"]


def test_who_confirmed_gets_the_receipt_though_a_colleague_sent_the_file(centre, li):
    head = centre.person("钱局", "head", department="SCJG")
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    li.sends(File("a.jpg"))
    head.says("/submit")
    head.clicks("继续草稿：上门帮老人办医保（李敏）")
    head.clicks("确认提交")
    silence(li, head)
    centre.finish_downloads()
    assert lines(head)[0] == "已收到，回执号 市场监管局1号"
    assert rows(centre, evidence.c.submitted_by) == [(head.person_id,)]


def test_a_kind_pressed_twice_begins_one_draft(centre, li):
    li.says("/submit")
    begin_case = li.button("帮办案例")
    li.presses(begin_case)
    li.presses(begin_case)
    li.clicks("修改")
    assert rows(centre, evidence.c.state, evidence.c.kind) == [("draft", "case")]


def test_leaving_keeps_the_draft_and_says_how_to_go_on(centre, li):
    begin(li)
    li.says(CASE)
    li.sends(File("a.jpg"))
    li.clicks("今天")
    li.clicks("确认提交")
    stop = f"sub.stop:{rows(centre, evidence.c.id)[0][0]}:1"
    li.presses(stop)
    assert li.card == "草稿“上门帮老人办医保”已保留，没有提交。随时可以接着写。"
    assert li.buttons == ["继续草稿：上门帮老人办医保", "删除草稿", "再报一份"]
    centre.finish_downloads()
    assert states(centre) == [("draft",)]
    li.clicks("删除草稿")
    assert li.card == "草稿“上门帮老人办医保”已删除。"
    li.presses(stop)
    li.clicks("恢复草稿")
    undo = f"sub.undo:{rows(centre, evidence.c.id)[0][0]}"
    assert line(li, "附件") == "附件（1）：a.jpg"
    li.presses(undo)
    li.clicks("确认提交")
    li.presses(undo)
    assert states(centre) == [("submitted",)]


def test_a_command_in_the_middle_leaves_the_draft_open(centre, li):
    begin(li)
    li.says(CASE)
    li.says("/help")
    li.says("/mine")
    li.says("昨天")
    assert line(li, "日期：") == "日期：2026年11月2日（星期一），计入2026年第四季度"
    li.says("/cancel")
    assert li.card == "已退出“上报材料”，已保存的内容都在。"
    assert li.buttons == ["继续草稿：上门帮老人办医保", "菜单"]
    li.clicks("继续草稿：上门帮老人办医保")
    li.clicks("取消")
    li.says("/cancel")
    assert li.buttons == ["菜单"]
    li.says("/submit")
    li.clicks("继续草稿：上门帮老人办医保")
    li.clicks("确认提交")
    assert states(centre) == [("submitted",)]


def test_forged_and_misplaced_presses_do_nothing(centre, li):
    other = centre.person("孙警", "liaison", department="GA")
    member = centre.person("路人")
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    item = rows(centre, evidence.c.id)[0][0]
    for action in (
        f"sub.ok:{item}:1",
        f"sub.go:{item}:1",
        f"sub.drop:{item}:1",
        f"sub.row:{item}:1:presence",
        f"mine.show:{item}:1",
        "sub.kind:1::case",
        "sub.dep:1",
        "sub.deps",
        "sub.ok:999:1",
        "mine.list",
        "sub.new",
    ):
        for user in (other, member):
            if user is other and action in ("mine.list", "sub.new"):
                continue
            silence(user)
            user.presses(action)
            assert user.hears == [
                "没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"
            ], action
    for action in (
        f"sub.row:{item}:1:no_such_row",
        f"sub.setk:{item}:1:no_such_kind",
        f"sub.lvl:{item}:1:no_such_level",
        f"sub.ask:{item}:1:state",
        f"sub.setd:{item}:1:2",
        "sub.kind:1::nothing",
        "sub.dep:2",
    ):
        silence(li)
        li.presses(action)
        assert li.hears == ["没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"], (
            action
        )
    assert rows(centre, evidence.c.state, evidence.c.indicator) == [("draft", "onsite_help")]
    li.clicks("确认提交")
    for verb in [
        "go",
        "setk",
        "day",
        "lvl",
        "carry",
        "join",
        "rows",
        "row",
        "edit",
        "kinds",
        "lvls",
        "setds",
        "setd",
        "files",
        "rm",
        "hold",
        "stop",
        "drop",
    ]:
        silence(li)
        li.presses(f"sub.{verb}:{item}:1:1")
        assert li.hears[0].splitlines()[0] == "已收到，回执号 市场监管局1号", verb
    silence(li)
    li.presses(f"sub.ask:{item}:1:title")
    li.presses(f"sub.copy:{item}:1")
    assert [each.splitlines()[0] for each in li.hears] == ["已收到，回执号 市场监管局1号"] * 2


# ---------------------------------------------------------------- 代录


def test_an_evaluator_records_for_a_department(centre, li):
    evaluator = centre.person("张三", "evaluator")
    evaluator.says("/submit")
    assert evaluator.buttons == ["市场监管局", "公安", "医保局", "导入信息录用台账"]
    evaluator.clicks("市场监管局")
    evaluator.clicks("工作佐证")
    evaluator.says("现场检查\n服务规范")
    evaluator.clicks("今天")
    evaluator.says("/submit")
    assert evaluator.buttons[-2:] == ["继续草稿：现场检查", "导入信息录用台账"]
    evaluator.clicks("继续草稿：现场检查")
    evaluator.clicks("确认提交")
    assert lines(evaluator)[2] == "2026年第四季度 · 窗口业务支撑 · 代录"
    assert rows(centre, evidence.c.proxy, evidence.c.created_by) == [(True, evaluator.person_id)]
    li.says("/mine")
    li.clicks_containing("现场检查")
    assert lines(li)[0] == "市场监管局1号 · 待审核 · 张三代录"
    # who recorded it has no list of the department's: the way back is the menu
    evaluator.clicks("查看")
    assert evaluator.buttons == ["修改", "撤回", "菜单"]
    evaluator.clicks("菜单")
    assert lines(evaluator)[0] == "张三您好，您是考核办公室考核员。"


def test_departments_to_record_for_come_in_pages(centre):
    admin = centre.person("管理员", "admin")
    with centre.database.begin() as connection:
        for n in range(15):
            connection.execute(
                department.insert(),
                {"code": f"D{chr(65 + n)}", "name": f"部门{n}", "short_name": f"部{n}"},
            )
    admin.says("/submit")
    assert admin.buttons[-3:] == ["部4", "下一页", "导入信息录用台账"]
    admin.clicks("下一页")
    assert admin.buttons[-3:] == ["上一页", "下一页", "导入信息录用台账"]
    admin.clicks("下一页")
    assert admin.buttons == ["部13", "部14", "上一页", "导入信息录用台账"]
    admin.clicks("上一页")
    assert lines(admin)[-1] == "第 2/3 页"


def test_who_is_liaison_and_evaluator_may_do_both(centre):
    both = centre.person("周全", "liaison", "evaluator", department="SCJG")
    both.says("/submit")
    assert both.buttons[-1] == "为其他部门代录"
    both.clicks("为其他部门代录")
    both.clicks("公安")
    both.clicks("其他")
    assert lines(both)[0] == "上报草稿 · 公安"
    also(centre, both, "YB")
    both.says("/submit")
    assert both.buttons == ["市场监管局", "医保局", "为其他部门代录"]


def test_a_right_that_was_taken_away_ends_the_draft(centre, li):
    begin(li)
    li.says(CASE)
    also(centre, li, "GA")
    with centre.database.begin() as connection:
        connection.execute(role.delete().where(role.c.department_id == centre.departments["SCJG"]))
    li.says("再补一句")
    assert lines(li)[0] == "上报草稿 · 公安"
    with centre.database.begin() as connection:
        connection.execute(role.delete())
        connection.execute(
            role.insert(),
            {"person_id": li.person_id, "role": "head", "created_at": centre.now},
        )
    silence(li)
    li.says("/submit")
    li.says("/mine")
    li.says("取消")
    li.says("内容")
    assert li.hears == [
        "没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。",
        "没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。",
        "已退出“上报材料”，已保存的内容都在。",
        "没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。",
    ]
    with centre.database.read() as connection:
        denied = connection.execute(
            select(audit.c.action).where(audit.c.result == "denied").order_by(audit.c.id)
        ).scalars()
        assert list(denied) == ["command.submit", "command.mine", "submit.catch"]
