"""/publish as conversations: what is missing, the preview, ties, two persons, the broadcast."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from rubric import report as reports
from storage import accounts, leaves, publications, sections
from storage.models import audit, department, outbox, proposal, publication, quarter, role
from tests.chat import ZONE, Centre, User
from tests.handlers.stage import values
from tests.support.audited import audited
from tests.support.evidence import lies
from tests.support.scoring import AFTER, ROWS, score_all

CODES = ("SCJG", "GA", "YB", "RS")
NO_RIGHT = "没有找到这项内容，或您没有相应权限。发送“菜单”可查看您能做的事。"


CLEAR = {"SCJG": values(10, 4), "GA": values(9.5, 2), "YB": values(9, 1), "RS": values(8)}
TIED = {"SCJG": values(10, 4), "GA": values(9), "YB": values(9), "RS": values(9)}


@pytest.fixture(params=[False, True], ids=["", "restarted"])
def centre(request, tmp_path):
    made = Centre(
        f"sqlite:///{tmp_path / 'kaohe.sqlite'}",
        now=AFTER,
        restart=request.param,
        departments=CODES,
    )
    made.person("王芳", "evaluator")
    scored(made, {})
    return made


def admin(centre: Centre) -> User:
    return centre.person("张伟", "admin")


def scored(centre: Centre, table=CLEAR) -> None:
    score_all(centre, centre.people["王芳"], table)


def state(centre: Centre) -> str:
    with centre.database.read() as connection:
        return str(
            connection.execute(
                select(quarter.c.state).where(quarter.c.code == "2026Q4")
            ).scalar_one()
        )


def published(centre: Centre) -> reports.Report | None:
    with centre.database.read() as connection:
        found = publications.find(connection, "2026Q4")
    if found is None:
        return None
    report = reports.from_json(found.report)
    assert reports.digest(report) == found.digest
    return report


def proposals(centre: Centre) -> list[tuple[str, list[str], str, str]]:
    with centre.database.read() as connection:
        rows = connection.execute(select(proposal).order_by(proposal.c.number))
        return [(row.outcome, row.picked, row.reason, row.remark) for row in rows]


def notices(centre: Centre) -> list[str]:
    """Keys of the broadcast's rows, in the order they were written."""
    with centre.database.read() as connection:
        return list(
            connection.execute(
                select(outbox.c.key)
                .where(outbox.c.key.startswith("publication:"))
                .order_by(outbox.c.id)
            ).scalars()
        )


# ---------------------------------------------------------------- what is missing


def test_an_empty_quarter_says_what_is_missing(centre):
    zhang = admin(centre)
    zhang.says("发布")
    assert zhang.hears == [
        "2026年第四季度 · 还不能提请审定\n\n"
        "未评 56 个分数，涉及 14 个评分项：\n"
        + "\n".join(f"{row.name}（考核办公室）：市场监管局、公安等4个部门" for row in ROWS)
    ]
    assert zhang.buttons == ["刷新"]


def test_nothing_is_proposed_before_the_reporting_is_over(centre):
    scored(centre)
    centre.now = datetime(2027, 1, 8, 23, 59, tzinfo=ZONE)
    zhang = admin(centre)
    zhang.says("/publish")
    assert zhang.hears == [
        "2026年第四季度 · 还不能提请审定\n"
        "报送还没有结束：补报截止 1月8日（星期五），之后才能提请审定。"
    ]
    centre.now = datetime(2027, 1, 9, 0, 0, tzinfo=ZONE)
    zhang.clicks("刷新")
    assert zhang.card.startswith("2026年第四季度 · 结果预览")


def test_open_evidence_blocks_until_it_is_decided_or_its_days_are_over(centre):
    scored(centre)
    soon = datetime(2027, 1, 14, 0, 0, tzinfo=ZONE)
    lies(centre, "SCJG", "bonus_news", "待审", state="submitted")
    lies(centre, "GA", "bonus_news", "退回", state="returned", complete_until=soon)
    for number in range(10):
        lies(centre, "YB", "bonus_news", f"待审{number}", state="submitted")
    zhang = admin(centre)
    zhang.says("/publish")
    assert zhang.hears == [
        "2026年第四季度 · 还不能提请审定\n\n"
        "待处理的佐证 12 件：\n"
        "市场监管局1号 待审核，由考核办公室审核\n"
        "公安1号 退回补充，等部门补充至1月13日（星期三）\n"
        + "\n".join(f"医保局{n}号 待审核，由考核办公室审核" for n in range(1, 9))
        + "\n另有 2 件。"
    ]


def test_cells_that_nobody_may_score_are_named(centre):
    zhang = admin(centre)
    with centre.database.begin() as connection:
        connection.execute(
            role.update()
            .where(role.c.person_id == centre.people["王芳"].person_id)
            .values(department_id=centre.departments["GA"])
        )
    scored(centre, {code: CLEAR[code] for code in ("SCJG", "YB", "RS")})
    zhang.says("/publish")
    assert zhang.card == (
        "2026年第四季度 · 还不能提请审定\n\n"
        "未评 14 个分数，涉及 14 个评分项：\n"
        + "\n".join(f"{row.name}（考核办公室）：公安" for row in ROWS)
        + "\n以下没有人可以评，请在“管理”中为科室添加考核员或指定代评人：\n"
        + "\n".join(f"{row.name}：公安" for row in ROWS[:10])
    )


def test_a_row_without_an_owner_is_named(centre):
    zhang = admin(centre)
    scored(centre)
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科")
        sections.assign_row(connection, indicator="discipline", section_id=other)
        connection.exec_driver_sql("DELETE FROM score WHERE indicator = 'discipline'")
        connection.exec_driver_sql("DELETE FROM section_row WHERE indicator = 'discipline'")
    zhang.says("/publish")
    assert zhang.card == (
        "2026年第四季度 · 还不能提请审定\n\n"
        "未评 4 个分数，涉及 1 个评分项：\n"
        "工作纪律（没有责任科室）：市场监管局、公安、医保局、人社局\n"
        "以下没有人可以评，请在“管理”中为科室添加考核员或指定代评人：\n"
        "工作纪律：市场监管局、公安、医保局、人社局"
    )


def test_without_departments_there_is_nothing_to_publish(centre):
    with centre.database.begin() as connection:
        connection.execute(department.update().values(removed_at=AFTER))
    zhang = admin(centre)
    zhang.says("/publish")
    assert zhang.card == "2026年第四季度 · 还不能提请审定\n没有参评部门。"


# ---------------------------------------------------------------- without a director


def test_an_admin_without_a_director_types_the_quarter(centre):
    zhang, li = admin(centre), centre.person("李敏", "liaison", department="SCJG")
    zhao = centre.person("小赵", department="GA")
    scored(centre)
    zhang.says("/publish")
    assert zhang.hears == [
        "2026年第四季度 · 结果预览（发布前仅管理员和主任可见）\n"
        "1. 市场监管局 104分（基础分100，加分4）\n"
        "2. 公安 101.5分（基础分99.5，加分2）\n"
        "3. 医保局 100分（基础分99，加分1）\n"
        "4. 人社局 98分（基础分98，加分0）\n\n"
        "先进集体：市场监管局、公安、医保局\n\n"
        "公布范围：全部名次，面向全体人员\n"
        "参评部门 4 个；将通知 4 人，另发部门评分表 1 份、汇总表 2 份。\n\n"
        "请核对。同意发布后立即生效，不能撤回。"
    ]
    assert zhang.buttons == ["同意发布", "公布范围", "发样稿", "退回修改"]
    zhang.clicks("同意发布")
    assert zhang.hears == [
        "2026年第四季度 · 确认发布\n"
        "将通知 4 人，另发部门评分表 1 份、汇总表 2 份。发布后不能撤回。\n"
        "请输入“2026Q4”或“2026年第四季度”确认。"
    ]
    zhang.says("好的")
    zhang.says("2026Q3")
    assert zhang.hears[1] == (
        "您输入的是2026年第三季度，要发布的是2026年第四季度，没有发布。请重新输入，或点“返回”。"
    )
    assert published(centre) is None
    assert li.hears == []
    zhang.says("2026年第四季度")
    assert zhang.hears == [
        "2026年第四季度的结果已发布。\n正在通知 4 人，另发部门评分表 1 份、汇总表 2 份。",
        PICTURE,
        RANKING,
        SUMMARY,
    ]
    report = published(centre)
    assert report is not None
    assert report.awards == ("SCJG", "GA", "YB")
    assert state(centre) == "published"
    assert proposals(centre) == []
    assert li.hears == [
        PICTURE,
        RANKING,
        "市场监督管理局2026年第四季度考核量化评分表\n总分104分（基础分100分，加分4分），第1名。",
    ]
    assert zhao.hears == [PICTURE, RANKING]
    assert centre.people["王芳"].hears == [PICTURE, RANKING, SUMMARY]


PICTURE = "2026年第四季度常驻部门考核结果\n先进集体：市场监管局、公安、医保局"
SUMMARY = "2026年第四季度常驻部门考核结果汇总表：各部门各项得分、理由和佐证编号。"
RANKING = """2026年第四季度常驻部门考核结果

先进集体：市场监管局、公安、医保局

1. 市场监管局 104分
2. 公安 101.5分
3. 医保局 100分
4. 人社局 98分

咨询考核办公室：周老师 021-56001234"""


def released(centre: Centre, table=CLEAR) -> User:
    """Publish the shortest way; the admin who did."""
    zhang = admin(centre)
    scored(centre, table)
    zhang.says("/publish")
    zhang.clicks("同意发布")
    zhang.says("2026Q4")
    return zhang


def test_each_part_once_for_each_person_whatever_their_roles(centre):
    many = centre.person("李敏", "liaison", "head", department="SCJG")
    two = centre.person("孙丽", "head", department="GA")
    gone = centre.person("走了", "liaison", department="RS")
    with centre.database.begin() as connection:
        connection.execute(
            role.insert(),
            {
                "person_id": two.person_id,
                "role": "liaison",
                "department_id": centre.departments["YB"],
                "created_at": AFTER,
            },
        )
        accounts.mark_unreachable(connection, gone.account_id, "blocked")
    zhang = released(centre)
    wang = centre.people["王芳"].person_id
    with centre.database.read() as connection:
        id_ = connection.execute(select(publication.c.id)).scalar_one()
    assert sorted(notices(centre)) == sorted(
        [
            f"publication:{id_}:{part}:{person}"
            for person in (wang, many.person_id, two.person_id, zhang.person_id)
            for part in ("picture", "ranking")
        ]
        + [
            f"publication:{id_}:summary:{wang}",
            f"publication:{id_}:summary:{zhang.person_id}",
            f"publication:{id_}:sheet.SCJG:{many.person_id}",
            f"publication:{id_}:sheet.GA:{two.person_id}",
            f"publication:{id_}:sheet.YB:{two.person_id}",
        ]
    )
    assert [m.file["name"] for m in two.chat if m.file] == [
        "2026年第四季度常驻部门考核结果.png",
        "公安2026年第四季度考核量化评分表.docx",
        "医保局2026年第四季度考核量化评分表.docx",
    ]
    assert [m.file for m in many.chat if m.file] == [
        {
            "document": "ranking_picture",
            "arguments": {"publication": id_, "extent": "all", "first": 0},
            "name": "2026年第四季度常驻部门考核结果.png",
            "mime": "image/png",
            "secret": False,
        },
        {
            "document": "annex_sheet",
            "arguments": {"publication": id_, "department": "SCJG"},
            "name": "市场监管局2026年第四季度考核量化评分表.docx",
            "mime": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "secret": False,
        },
    ]


def test_outside_office_hours_the_broadcast_waits_unless_sent_at_once(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    centre.now = datetime(2027, 1, 15, 18, 30, tzinfo=ZONE)  # a Friday evening
    zhang = released(centre)
    assert zhang.hears[-1] == (
        "2026年第四季度的结果已发布。\n将在1月18日 09:00起通知 3 人，"
        "另发部门评分表 1 份、汇总表 2 份。"
    )
    assert (state(centre), li.hears) == ("published", [])
    zhang.clicks("立即发送")
    assert zhang.hears == [
        "2026年第四季度的结果正在发送，共 9 条。", PICTURE, RANKING, SUMMARY,
    ]  # fmt: skip
    assert len(li.hears) == 3
    zhang.clicks("立即发送")
    assert zhang.hears == ["2026年第四季度的结果没有等待发送的消息。"]


def test_a_broadcast_that_waits_for_the_morning_holds_up_nothing_else(centre):
    centre.now = datetime(2027, 1, 15, 18, 30, tzinfo=ZONE)
    li = centre.person("李敏", "liaison", department="GA")
    released(centre)
    assert li.hears == []
    li.says("/submit")
    li.clicks("帮办案例")
    li.says("夜里的一件\n上门办理")
    li.says("今天")
    li.clicks("确认提交")
    wang = centre.people["王芳"]
    wang.says("/review")
    wang.clicks("退回补充")
    wang.clicks("缺时间")
    assert li.hears[-1].startswith("公安1号")
    centre.now = datetime(2027, 1, 18, 9, 0, tzinfo=ZONE)
    centre.deliver_notices()
    assert li.hears[:2] == [PICTURE, RANKING]


def test_before_nine_on_a_working_day_it_waits_until_nine(centre):
    centre.now = datetime(2027, 1, 15, 7, 30, tzinfo=ZONE)
    zhang = released(centre)
    assert "将在1月15日 09:00起通知" in zhang.hears[-1]
    centre.now = datetime(2027, 1, 15, 9, 0, tzinfo=ZONE)
    centre.deliver_notices()
    assert zhang.hears == [PICTURE, RANKING, SUMMARY]


def test_a_waiting_broadcast_makes_a_sound_and_one_at_night_would_not(centre):
    centre.now = datetime(2027, 1, 15, 7, 30, tzinfo=ZONE)
    released(centre)
    with centre.database.read() as connection:
        bodies = connection.execute(
            select(outbox.c.body).where(outbox.c.key.startswith("publication:"))
        ).scalars()
        assert [body.get("silent", False) for body in bodies] == [False] * 6


def test_what_is_published_stays_as_it_was(centre):
    li = centre.person("李敏", "liaison", department="SCJG")
    released(centre)
    li.hears  # noqa: B018
    with centre.database.begin() as connection:
        connection.execute(department.update().values(short_name=department.c.code))
    li.says("/result")
    assert li.hears[0] == RANKING


def test_a_second_confirmation_finds_it_done(centre):
    zhang = released(centre)
    zhang.hears  # noqa: B018
    zhang.presses("pb.go:2026Q4:1:x")
    assert zhang.hears == ["2026年第四季度的结果已经发布，不能再改。"]
    zhang.presses("pb.show:2026Q4")
    assert zhang.hears == ["2026年第四季度的结果已经发布，不能再改。"]
    assert len(notices(centre)) == 6


def test_what_changed_since_the_preview_is_shown_anew(centre):
    zhang = admin(centre)
    scored(centre)
    zhang.says("/publish")
    score_all(centre, centre.people["王芳"], {"RS": values(10)})
    zhang.clicks("同意发布")
    assert zhang.toast == "这张卡片已有变化，下面是最新情况。"
    assert "3. 医保局 100分（基础分99，加分1）" not in zhang.card
    assert "3. 人社局 100分（基础分100，加分0）" in zhang.card
    assert "人社局与医保局同为100分，按基础分100＞99列前" in zhang.card
    zhang.clicks("同意发布")
    score_all(centre, centre.people["王芳"], {"RS": values(8)})
    zhang.hears  # noqa: B018
    zhang.says("2026Q4")
    assert zhang.hears[0] == "这张卡片已有变化，下面是最新情况。"
    assert zhang.card.startswith("2026年第四季度 · 结果预览")
    assert published(centre) is None


def test_a_gap_that_opened_since_the_preview_is_shown(centre):
    zhang = admin(centre)
    scored(centre)
    zhang.says("/publish")
    with centre.database.begin() as connection:
        connection.execute(
            department.insert(), {"code": "MZ", "name": "民政局", "short_name": "民政局"}
        )
    zhang.clicks("同意发布")
    assert zhang.card.startswith("2026年第四季度 · 还不能提请审定\n\n未评 14 个分数")
    assert published(centre) is None


def test_a_director_named_after_the_question_is_asked_first(centre):
    zhang = admin(centre)
    scored(centre)
    zhang.says("/publish")
    zhang.clicks("同意发布")
    centre.person("陈主任", "director")
    zhang.says("2026Q4")
    assert zhang.buttons == ["提请审定", "公布范围", "发样稿", "退回修改"]
    assert published(centre) is None


def test_the_second_person_can_be_switched_off(centre):
    zhang, chen = admin(centre), centre.person("陈主任", "director")
    scored(centre)
    with centre.database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO setting (key, value, reason, at) VALUES"
            " ('release.second_person', 'false', '', '2027-01-01 00:00:00')"
        )
    chen.says("/publish")
    assert chen.buttons == ["刷新"]
    assert chen.card.endswith("等管理员提请审定。")
    zhang.says("/publish")
    zhang.clicks("同意发布")
    zhang.says("2026Q4")
    assert state(centre) == "published"


# ---------------------------------------------------------------- with a director


def test_the_director_agrees_to_what_the_admin_proposed(centre):
    zhang, chen = admin(centre), centre.person("陈主任", "director")
    scored(centre)
    zhang.says("/publish")
    assert zhang.buttons == ["提请审定", "公布范围", "发样稿", "退回修改"]
    zhang.clicks("提请审定")
    assert zhang.hears[-1] == "2026年第四季度已提请审定，分数不再变动。\n已通知陈主任。"
    assert state(centre) == "proposed"
    assert chen.hears == [
        "2026年第四季度 · 待审定（发布前仅管理员和主任可见）\n"
        "张伟于1月12日 10:00提请审定。\n"
        "1. 市场监管局 104分（基础分100，加分4）\n"
        "2. 公安 101.5分（基础分99.5，加分2）\n"
        "3. 医保局 100分（基础分99，加分1）\n"
        "4. 人社局 98分（基础分98，加分0）\n\n"
        "先进集体：市场监管局、公安、医保局\n\n"
        "公布范围：全部名次，面向全体人员\n"
        "参评部门 4 个；将通知 3 人，另发部门评分表 0 份、汇总表 3 份。\n\n"
        "请核对。同意发布后立即生效，不能撤回。"
    ]
    assert chen.buttons == ["同意发布", "退回修改"]
    chen.clicks("同意发布")
    assert chen.hears == [
        "2026年第四季度的结果已发布。\n正在通知 3 人，另发部门评分表 0 份、汇总表 3 份。",
        PICTURE,
        RANKING,
        SUMMARY,
    ]
    assert state(centre) == "published"
    assert proposals(centre) == [("released", [], "", "")]
    with centre.database.read() as connection:
        done = connection.execute(
            select(audit.c.action, audit.c.person_id).where(audit.c.action.startswith("publish."))
        ).all()
    assert [tuple(row) for row in done] == [
        ("publish.propose", zhang.person_id),
        ("publish.release", chen.person_id),
    ]


def test_the_proposer_waits_and_cannot_release(centre):
    zhang = centre.person("张伟", "admin", "director")
    chen = centre.person("陈主任", "director")
    scored(centre)
    zhang.says("/publish")
    zhang.clicks("提请审定")
    agree = chen.button("同意发布")
    zhang.hears  # noqa: B018
    zhang.presses(agree)
    assert zhang.hears == ["这次结果由您提请，请由其他主任审定。"]
    zhang.says("/publish")
    assert zhang.card.endswith("等主任审定。")
    assert zhang.buttons == ["刷新"]
    assert state(centre) == "proposed"
    zhang.clicks("刷新")
    assert zhang.card.endswith("等主任审定。")


def test_another_admin_is_no_second_person(centre):
    zhang, chen = admin(centre), centre.person("陈主任", "director")
    other = centre.person("钱进", "admin")
    scored(centre)
    zhang.says("/publish")
    zhang.clicks("提请审定")
    agree, back = chen.button("同意发布"), chen.button("退回修改")
    other.presses(agree)
    other.presses(back)
    assert other.hears == [NO_RIGHT, NO_RIGHT]
    assert state(centre) == "proposed"


def test_the_only_director_lets_another_admin_propose(centre):
    zhang = centre.person("张伟", "admin", "director")
    scored(centre)
    qian = centre.person("钱进", "admin")
    zhang.says("/publish")
    assert zhang.card.endswith("您是唯一的主任，请由其他管理员提请审定，再由您同意发布。")
    assert zhang.buttons == ["刷新", "公布范围", "发样稿", "退回修改"]
    qian.says("/publish")
    qian.clicks("提请审定")
    zhang.clicks("同意发布")
    assert state(centre) == "published"


def test_the_only_director_and_only_admin_types_the_quarter(centre):
    zhang = centre.person("张伟", "admin", "director")
    scored(centre)
    zhang.says("/publish")
    zhang.clicks("同意发布")
    zhang.says("2026Q4")
    assert state(centre) == "published"


def test_a_director_who_is_not_linked_is_missed(centre):
    zhang, chen = admin(centre), centre.person("陈主任", "director")
    with centre.database.begin() as connection:
        accounts.mark_unreachable(connection, chen.account_id, "blocked")
    scored(centre)
    zhang.says("/publish")
    zhang.clicks("提请审定")
    assert zhang.hears[-1].endswith("主任还没有绑定账号，没能通知，请尽快发邀请码。")
    chen.says("/publish")
    assert chen.buttons == ["同意发布", "退回修改"]


def test_the_director_sends_back_with_a_reason(centre):
    zhang, chen = admin(centre), centre.person("陈主任", "director")
    scored(centre)
    zhang.says("/publish")
    ask = zhang.button("提请审定")
    zhang.presses(ask)
    agree = chen.button("同意发布")
    chen.clicks("退回修改")
    assert chen.hears[-1] == (
        "2026年第四季度 · 退回修改\n"
        "请选择要退回修改的评分项，没有选的仍算已提交。\n"
        "不需要改分的，也可以只退回。"
    )
    chen.clicks("线下帮办")
    chen.clicks("线上帮办")
    chen.clicks("✓ 线下帮办")
    assert chen.hears[-1] == (
        "2026年第四季度 · 退回修改\n"
        "已选1项：线上帮办\n"
        "请选择要退回修改的评分项，没有选的仍算已提交。"
    )
    chen.clicks("下一步")
    assert chen.hears[-1] == ("2026年第四季度 · 退回修改\n退回1项：线上帮办\n请输入退回的理由。")
    chen.says("\u200b")
    chen.says("长" * 501)
    assert chen.hears == [
        "请用文字写明理由。",
        "理由共501字，最多500字，没有记下，请删减后再发。",
    ]
    zhang.hears  # noqa: B018
    chen.says("公安的线上帮办请再核对")
    assert chen.hears == [
        "已退回2026年第四季度，理由已告知管理员和考核员。\n"
        "线上帮办可以修改，其余的仍算已提交。\n"
        "改后由管理员重新提请。"
    ]
    assert zhang.hears == [
        "陈主任退回了2026年第四季度的结果。\n"
        "理由：公安的线上帮办请再核对\n"
        "退回修改的评分项：线上帮办，已通知考核员。改好并重新提交后，请再提请审定。"
    ]
    assert centre.people["王芳"].hears == [
        "陈主任退回了2026年第四季度“线上帮办”的评分，请修改后重新提交。\n"
        "理由：公安的线上帮办请再核对"
    ]
    assert state(centre) == "closed"
    assert proposals(centre) == [("returned", [], "", "公安的线上帮办请再核对")]
    # old buttons of both show how things stand
    chen.presses(agree)
    assert chen.card.startswith("2026年第四季度 · 还不能提请审定")
    zhang.presses(ask)
    assert zhang.hears[-1] == (
        "2026年第四季度 · 还不能提请审定\n\n已评完、还没有提交的评分项：\n线上帮办（考核办公室）"
    )
    assert state(centre) == "closed"
    wang = centre.people["王芳"]
    wang.clicks("评分")
    assert "由陈主任退回修改：公安的线上帮办请再核对" in wang.card
    wang.says("公安 10")
    wang.clicks("提交本行评分")
    wang.clicks("提交本行评分")
    assert zhang.hears == ["2026年第四季度所有评分项都已提交，可以查看排名预览、提请审定。"]
    zhang.clicks("发布")
    zhang.clicks("提请审定")
    assert "2. 公安 102分（基础分100，加分2）" in chen.card
    chen.clicks("同意发布")
    assert state(centre) == "published"
    assert [each[0] for each in proposals(centre)] == ["returned", "released"]


def test_a_remark_for_what_was_settled_meanwhile(centre):
    zhang = admin(centre)
    chen, lin = centre.person("陈主任", "director"), centre.person("林主任", "director")
    scored(centre)
    zhang.says("/publish")
    zhang.clicks("提请审定")
    chen.clicks("退回修改")
    chen.clicks("只退回，不改评分")
    lin.clicks("同意发布")
    chen.hears  # noqa: B018
    chen.says("再核对")
    assert chen.hears == [
        "这张卡片已有变化，下面是最新情况。",
        "2026年第四季度的结果已经发布，不能再改。",
    ]
    assert state(centre) == "published"


def test_a_director_looking_before_the_proposal(centre):
    chen = centre.person("陈主任", "director")
    admin(centre)
    scored(centre, TIED)
    chen.says("/publish")
    assert chen.card.endswith("等管理员提请审定。")
    assert chen.buttons == ["刷新"]
    chen.presses("pb.pick:2026Q4:1:GA,YB")
    assert chen.toast == "这张卡片已有变化，下面是最新情况。"


def test_what_became_missing_after_the_proposal_can_only_be_sent_back(centre):
    zhang, chen = admin(centre), centre.person("陈主任", "director")
    scored(centre)
    zhang.says("/publish")
    zhang.clicks("提请审定")
    with centre.database.begin() as connection:
        connection.execute(
            department.insert(), {"code": "MZ", "name": "民政局", "short_name": "民政局"}
        )
    chen.clicks("同意发布")
    assert chen.card.startswith("2026年第四季度 · 还不能提请审定\n\n未评 14 个分数")
    assert chen.buttons == ["退回修改"]
    zhang.says("/publish")
    assert zhang.buttons == ["刷新", "退回修改"]
    chen.clicks("退回修改")
    chen.clicks("只退回，不改评分")
    chen.says("新增了部门")
    assert state(centre) == "closed"


def test_a_centre_that_lost_its_director_goes_on_alone(centre):
    zhang, chen = admin(centre), centre.person("陈主任", "director")
    scored(centre)
    zhang.says("/publish")
    zhang.clicks("提请审定")
    with centre.database.begin() as connection:
        connection.execute(role.delete().where(role.c.person_id == chen.person_id))
    zhang.says("/publish")
    assert zhang.buttons == ["同意发布", "退回修改"]
    zhang.clicks("同意发布")
    zhang.says("2026Q4")
    assert state(centre) == "published"
    assert proposals(centre) == [("released", [], "", "")]


# ---------------------------------------------------------------- a tie at the cut


ORDER = (
    "1. 市场监管局 104分（基础分100，加分4）\n"
    "2. 公安 99分（基础分99，加分0），并列\n"
    "2. 医保局 99分（基础分99，加分0），并列\n"
    "2. 人社局 99分（基础分99，加分0），并列\n"
    "公安、医保局与人社局同为99分，基础分及各方面得分率均相同，并列第2名\n\n"
)


def test_at_a_tie_the_director_picks_with_the_meetings_reason(centre):
    zhang, chen = admin(centre), centre.person("陈主任", "director")
    scored(centre, TIED)
    zhang.says("/publish")
    assert zhang.hears == [
        "2026年第四季度 · 结果预览（发布前仅管理员和主任可见）\n"
        + ORDER
        + "先进集体已确定：市场监管局\n"
        "公安、医保局、人社局并列，名额 2 个。\n\n"
        "公布范围：全部名次，面向全体人员\n"
        "参评部门 4 个；将通知 3 人，另发部门评分表 0 份、汇总表 3 份。\n\n"
        "请核对后提请主任审定，由主任按主任办公会的决定选定。"
    ]
    zhang.presses("pb.pick:2026Q4:1:GA,YB")
    assert zhang.toast == "这张卡片已有变化，下面是最新情况。"
    zhang.clicks("提请审定")
    assert chen.card.endswith("请先按主任办公会的决定选定先进集体，还要选 2 个：")
    assert chen.buttons == ["公安", "医保局", "人社局", "退回修改"]
    head = (
        "2026年第四季度 · 先进集体待定（发布前仅管理员和主任可见）\n"
        + ORDER
        + "先进集体已确定：市场监管局\n公安、医保局、人社局并列，名额 2 个。\n\n"
    )
    chen.clicks("人社局")
    assert chen.card == head + "请按主任办公会的决定选定，还要选 1 个："
    assert chen.buttons == ["公安", "医保局", "✓ 人社局", "刷新", "退回修改"]
    chen.clicks("✓ 人社局")
    assert chen.buttons == ["公安", "医保局", "人社局", "刷新", "退回修改"]
    chen.clicks("人社局")
    chen.clicks("公安")
    assert chen.card == (
        "2026年第四季度 · 先进集体\n选定：公安、人社局\n请输入主任办公会决定的理由。"
    )
    chen.clicks("返回")
    chen.clicks("医保局")
    chen.clicks("人社局")
    chen.hears  # noqa: B018
    chen.says("")
    chen.says("长" * 501)
    assert [text[:8] for text in chen.hears] == ["请用文字写明理由", "理由共501字，"]
    chen.says("上季度投诉为零")
    assert "先进集体：市场监管局、医保局、人社局\n主任办公会决定：上季度投诉为零" in chen.card
    assert chen.buttons == ["同意发布", "退回修改", "重新选定"]
    assert proposals(centre) == [("", ["YB", "RS"], "上季度投诉为零", "")]
    chen.clicks("重新选定")
    chen.clicks("公安")
    chen.clicks("医保局")
    chen.says("办件量最多")
    assert proposals(centre) == [("", ["GA", "YB"], "办件量最多", "")]
    zhang.says("/publish")
    assert "先进集体：市场监管局、公安、医保局\n主任办公会决定：办件量最多" in zhang.card
    assert zhang.card.endswith("等主任审定。")
    chen.clicks("同意发布")
    report = published(centre)
    assert report is not None
    assert (report.awards, report.decision) == (("SCJG", "GA", "YB"), "办件量最多")
    assert proposals(centre) == [("released", ["GA", "YB"], "办件量最多", "")]
    assert "并列名额由主任办公会决定：办件量最多" in centre.people["王芳"].hears[1]


def test_a_tie_without_a_director(centre):
    zhang = admin(centre)
    scored(centre, TIED)
    zhang.says("/publish")
    zhang.clicks("公安")
    zhang.clicks("医保局")
    zhang.says("办件量最多")
    assert zhang.buttons == ["同意发布", "公布范围", "发样稿", "重新选定", "退回修改"]
    zhang.clicks("同意发布")
    zhang.says("2026Q4")
    report = published(centre)
    assert report is not None
    assert (report.awards, report.decision) == (("SCJG", "GA", "YB"), "办件量最多")
    assert proposals(centre) == [("released", ["GA", "YB"], "办件量最多", "")]


def test_a_deputy_picks_in_the_directors_place(centre):
    zhang, chen = admin(centre), centre.person("陈主任", "director")
    wu = centre.person("吴用", "member")
    scored(centre, TIED)
    with centre.database.begin() as connection:
        leaves.enter(
            connection,
            person_id=chen.person_id,
            deputy_id=wu.person_id,
            first=centre.now.date(),
            last=centre.now.date(),
            by=chen.person_id,
            now=centre.now,
        )
    zhang.says("/publish")
    zhang.clicks("提请审定")
    wu.clicks("公安")
    wu.clicks("医保局")
    wu.says("办件量最多")
    assert [each for each in audited(centre) if each[0] == "publish.pick"] == [
        ("publish.pick", "2026Q4", {"picked": "GA,YB", "for": chen.person_id})
    ]


def test_picks_that_no_longer_fit_are_forgotten(centre):
    zhang = admin(centre)
    scored(centre, TIED)
    zhang.says("/publish")
    zhang.clicks("公安")
    zhang.clicks("医保局")
    zhang.says("办件量最多")
    score_all(centre, centre.people["王芳"], {"GA": values(9.5)})
    zhang.clicks("同意发布")
    assert zhang.card.endswith("请按主任办公会的决定选定，还要选 1 个：")
    zhang.clicks("人社局")
    score_all(centre, centre.people["王芳"], {"YB": values(8)})
    zhang.says("整改最快")
    assert "先进集体：市场监管局、公安、人社局" in zhang.card
    assert zhang.buttons == ["同意发布", "公布范围", "发样稿", "退回修改"]
    zhang.presses("pb.pick:2026Q4:1:GA")
    assert zhang.card.startswith("2026年第四季度 · 结果预览")
    zhang.clicks("同意发布")
    zhang.says("2026Q4")
    report = published(centre)
    assert report is not None
    assert (report.awards, report.decision) == (("SCJG", "GA", "RS"), "")


@pytest.mark.parametrize("argument", ["GA,YB,RS", "XX,YY,ZZ,GA,YB,RS"])
def test_forged_picks_show_the_card_again(centre, argument):
    zhang = admin(centre)
    scored(centre, TIED)
    zhang.says("/publish")
    zhang.presses(f"pb.pick:2026Q4:1:{argument}")
    assert zhang.toast == "这张卡片已有变化，下面是最新情况。"
    assert proposals(centre) == []


def test_not_assessed_departments_are_told_with_the_reason(centre):
    zhang = admin(centre)
    head = centre.person("何局", "head", department="RS")
    with centre.database.begin() as connection:
        connection.execute(
            department.update()
            .where(department.c.code == "RS")
            .values(resident_to=datetime(2026, 12, 30, tzinfo=ZONE).date())
        )
        connection.execute(
            department.insert(),
            {
                "code": "OLD",
                "name": "早已撤出",
                "short_name": "早已撤出",
                "resident_to": datetime(2025, 1, 1, tzinfo=ZONE).date(),
            },
        )
    scored(centre, {code: CLEAR[code] for code in ("SCJG", "GA", "YB")})
    zhang.says("/publish")
    assert "参评部门 3 个；将通知 3 人，另发部门评分表 0 份、汇总表 2 份。" in zhang.card
    zhang.clicks("同意发布")
    zhang.says("2026Q4")
    assert head.hears == [
        PICTURE,
        RANKING.replace("4. 人社局 98分", "不参评：人社局，季度最后一天不在中心"),
    ]


# ---------------------------------------------------------------- rights


@pytest.mark.parametrize(
    "action",
    [
        "pb.show:2026Q4",
        "pb.pick:2026Q4:1:GA",
        "pb.ask:2026Q4:1:x",
        "pb.go:2026Q4:1:x",
        "pb.back:2026Q4:1",
        "pb.now:2026Q4",
    ],
)
@pytest.mark.parametrize("name", ["liaison", "head", "evaluator", "auditor", "member"])
def test_nobody_else_sees_or_does_anything(centre, name, action):
    scored(centre)
    user = centre.person("某人", name, department="SCJG")
    user.says("/publish")
    user.presses(action)
    assert user.hears == [NO_RIGHT, NO_RIGHT]
    assert (state(centre), published(centre)) == ("collecting", None)


@pytest.mark.parametrize(
    "action", ["pb.show:1999Q1", "pb.ask:1999Q1:1:x", "pb.now:2026Q4", "pb.now:", "pb.go:"]
)
def test_forged_quarters_find_nothing(centre, action):
    zhang = admin(centre)
    scored(centre)
    zhang.presses(action)
    assert zhang.hears == [NO_RIGHT]


def test_a_role_that_was_taken_away_confirms_nothing(centre):
    zhang = admin(centre)
    scored(centre)
    zhang.says("/publish")
    zhang.clicks("同意发布")
    with centre.database.begin() as connection:
        connection.execute(role.delete().where(role.c.person_id == zhang.person_id))
    zhang.says("2026Q4")
    assert zhang.hears[-1] == NO_RIGHT
    assert published(centre) is None


# ---------------------------------------------------------------- buttons and answers too late


def test_two_admins_confirm_one_after_the_other(centre):
    zhang, qian = admin(centre), centre.person("钱进", "admin")
    scored(centre)
    for user in (zhang, qian):
        user.says("/publish")
        user.clicks("同意发布")
    zhang.says("2026Q4")
    qian.hears  # noqa: B018
    qian.says("2026Q4")
    assert qian.hears == [
        "这张卡片已有变化，下面是最新情况。",
        "2026年第四季度的结果已经发布，不能再改。",
    ]
    assert len(notices(centre)) == 9


def test_agreeing_alone_after_a_director_was_named(centre):
    zhang = admin(centre)
    scored(centre)
    zhang.says("/publish")
    centre.person("陈主任", "director")
    zhang.clicks("同意发布")
    assert zhang.buttons == ["提请审定", "公布范围", "发样稿", "退回修改"]
    assert published(centre) is None


def test_proposing_after_the_director_has_gone(centre):
    zhang, chen = admin(centre), centre.person("陈主任", "director")
    scored(centre)
    zhang.says("/publish")
    with centre.database.begin() as connection:
        connection.execute(role.delete().where(role.c.person_id == chen.person_id))
    zhang.clicks("提请审定")
    assert zhang.buttons == ["同意发布", "公布范围", "发样稿", "退回修改"]
    assert state(centre) == "collecting"


def test_sending_back_what_is_not_proposed(centre):
    chen = centre.person("陈主任", "director")
    scored(centre)
    chen.presses("pb.back:2026Q4:1")
    assert chen.card.startswith("2026年第四季度 · 结果预览")


def test_a_publication_that_is_there_already_is_not_made_twice(centre):
    zhang = admin(centre)
    scored(centre)
    zhang.says("/publish")
    zhang.clicks("同意发布")
    with centre.database.begin() as connection:
        publications.publish(
            connection,
            quarter="2026Q4",
            revision=1,
            report="{}",
            digest="",
            person_id=zhang.person_id,
            now=AFTER,
        )
    zhang.says("2026Q4")
    assert zhang.card.startswith("2026年第四季度 · 结果预览")
    assert (state(centre), notices(centre)) == ("collecting", [])


def test_a_quarter_that_has_not_begun_is_not_looked_at(centre):
    zhang = admin(centre)
    centre.now = datetime(2026, 12, 28, 10, 0, tzinfo=ZONE)
    with centre.database.begin() as connection:
        connection.exec_driver_sql("UPDATE quarter SET code = '2027Q1', opens = '2027-01-01'")
    zhang.says("/publish")
    assert zhang.card.startswith("2026年第四季度 · 还不能提请审定")
