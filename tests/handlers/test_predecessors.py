"""What is left of departments that were renamed or merged: names, published results, scores of the
quarter before; each also with a restart between all lines."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from handlers.jobs import successions as job
from handlers.occasion import Occasion
from storage import departments, people
from storage.models import publication, quarter, role
from tests.chat import ZONE, Centre, User
from tests.handlers.evidence_desk import rows, silence
from tests.handlers.test_admin_people import roles
from tests.handlers.test_result import released
from tests.handlers.test_successions import card, merged
from tests.support.audited import audited
from tests.support.scoring import AFTER, FULL, score_all

# ---------------------------------------------------------------- former names


def test_a_department_is_found_by_what_it_was_called(centre: Centre, zhao: User):
    card(zhao, "SCJG")
    zhao.clicks("改全称")
    zhao.says("市场监管总局")
    zhao.clicks("改简称")
    zhao.says("市监局")
    centre.now = datetime(2026, 12, 5, 10, 0, tzinfo=ZONE)
    zhao.clicks("改简称")
    zhao.says("总局")
    assert zhao.hears[-1].splitlines()[3:5] == [
        "入驻日期：未填，视为早已入驻",
        "曾用名：市监局（至2026年12月5日）、市场监管局（至2026年11月3日）、"
        "市场监督管理局（至2026年11月3日）",
    ]
    for typed in ("市场监督管理局", "市场监督", "市监", "scjg"):
        zhao.presses("ad.deps")
        zhao.says(typed)
        assert zhao.hears[-1].startswith("总局（SCJG）\n")
    zhao.says("/admin")
    zhao.clicks("人员")
    zhao.says("孙新 联络员 市场监管局")
    assert roles(centre) == {"孙新": ["liaison 总局"]}


def test_a_name_in_use_goes_before_a_former_one(centre: Centre, zhao: User):
    card(zhao, "GA")
    zhao.clicks("改简称")
    zhao.says("公安局")
    zhao.presses("ad.depadd")
    zhao.says("公安")
    with centre.database.read() as connection:
        found = departments.match_department(connection, "公安")
    assert found is not None
    assert found.name == "公安"
    card(zhao, "GA")
    zhao.clicks("改简称")
    zhao.says("公安局")  # the same again
    assert "曾用名：公安（至2026年11月3日）\n" in zhao.hears[-1]


def test_the_list_is_searched(centre: Centre, zhao: User):
    zhao.presses("ad.deps")
    zhao.says("局")
    assert zhao.hears[-1] == ("部门，名称含“局”\n市场监管局（SCJG）\n公安（GA）\n医保局（YB）")
    assert zhao.buttons == ["市场监管局", "公安", "医保局", "返回"]
    zhao.says("没有的")
    assert zhao.hears[-1] == "没有名称含“没有的”的部门，可换几个字再发，曾用名也可以。"
    zhao.says("\n")
    assert zhao.hears[-1].startswith("部门，共3个\n")
    zhao.presses("ad.depadd")
    zhao.says("\n".join(f"第{n}局" for n in range(12)))
    zhao.presses("ad.deps")
    zhao.says("局")
    assert zhao.hears[-1].endswith("还有其他部门，请多写几个字再找。")
    assert len(zhao.buttons) == 13


# ---------------------------------------------------------------- afterwards


def passes(centre: Centre) -> None:
    with centre.database.begin() as connection:
        job.run(Occasion(connection, centre.now, centre.desk.premises))


def test_old_roles_go_with_the_last_published_quarter(centre: Centre, zhao: User, li: User):
    centre.person("吴用", "evaluator", department="SCJG")
    stays = centre.person("沈清", "member", department="SCJG")
    merged(zhao)
    zhao.clicks("人员一并转入")
    with centre.database.begin() as connection:
        connection.execute(
            role.delete().where(
                role.c.person_id == stays.person_id,
                role.c.department_id == centre.departments["GA"],
            )
        )
    passes(centre)
    assert roles(centre)["李敏"] == ["liaison 市场监管局", "liaison 公安"]
    with centre.database.begin() as connection:
        connection.execute(
            quarter.insert(),
            {
                "code": "2026Q4", "edition": "2023-17", "state": "published",
                "opens": date(2026, 10, 1), "report_until": date(2027, 1, 6),
                "supplement_until": date(2027, 1, 8), "score_until": date(2027, 1, 19),
                "provisional": True, "settings": {}, "created_at": centre.now,
            },
        )  # fmt: skip
    passes(centre)
    passes(centre)
    assert roles(centre) == {
        "李敏": ["liaison 公安"],
        "吴用": ["evaluator 考核办公室", "member 公安"],
        "沈清": ["member 市场监管局"],
    }
    assert [each[:2] for each in audited(centre) if each[0] == "role.lapse"] == [
        ("role.lapse", str(li.person_id)),
        ("role.lapse", str(centre.people["吴用"].person_id)),
    ]
    with centre.database.read() as connection:
        held = people.belonging_to(connection, centre.departments["SCJG"])
    assert [each.name for each in held] == ["沈清"]


@pytest.mark.parametrize("change", ["rename", "merge"])
def test_what_was_published_stays_as_it_was(centre: Centre, zhao: User, li: User, change: str):
    centre.now = AFTER
    released(centre)
    hao = centre.person("孙警", "liaison", department="GA")
    silence(li)
    li.says("/result")
    before = li.hears
    frozen = rows(centre, publication.c.report, publication.c.digest)
    if change == "rename":
        card(zhao, "SCJG")
        zhao.clicks("改全称")
        zhao.says("市场监管总局")
        zhao.clicks("改简称")
        zhao.says("总局")
        note = "现名市场监管总局。"
    else:
        merged(zhao, day="2027.1.1")
        zhao.clicks("人员一并转入")
        passes(centre)
        assert roles(centre)["李敏"] == ["liaison 公安"]
        note = "2027年1月1日（星期五）起并入公安。"
    silence(li, hao)
    assert rows(centre, publication.c.report, publication.c.digest) == frozen
    li.says("/result")
    listed, own = before
    if change == "rename":
        assert li.hears == [listed, own.replace("\n", f"\n{note}\n", 1)]
        return
    assert li.hears == [listed]
    assert li.buttons[:2] == ["市场监管局得分", "公安得分"]
    li.clicks("市场监管局得分")
    assert li.hears == [own.replace("\n", f"\n{note}\n", 1)]
    hao.says("/result")
    assert hao.buttons[0] == "市场监管局得分"


def scored_before(centre: Centre, **values: list[float | None]) -> User:
    wang = centre.person("王芳", "evaluator")
    score_all(centre, wang, values, quarter="2026Q3", handed=False)
    return wang


def test_the_score_of_the_quarter_before_is_the_predecessors(centre: Centre, zhao: User):
    low: list[float | None] = [*FULL]
    low[0] = 8
    wang = scored_before(centre, SCJG=low, YB=[*FULL])
    with centre.database.begin() as connection:
        connection.execute(quarter.update().values(state="published"))
    zhao.presses("ad.depadd")
    zhao.says("数据局 数据局 SJ")
    with centre.database.read() as connection:
        centre.departments["SJ"] = departments.departments(connection)[-1].id
    merged(zhao, "GA", "数据局", "2026.11.20")  # was not scored
    zhao.clicks("确认合并")
    merged(zhao, "SCJG", "数据局", "2026.12.1")
    zhao.clicks("确认合并")
    wang.says("/score")
    wang.clicks_containing("线上帮办")
    wang.clicks_containing("数据局")
    assert "\n上季度（前身市场监管局）：8分，情况说明\n" in wang.card
    wang.clicks("返回")
    wang.clicks_containing("医保局")
    assert "\n上季度：10分\n" in wang.card


def test_nobody_is_a_predecessor_before_the_day(centre: Centre, zhao: User):
    wang = scored_before(centre, SCJG=[*FULL])
    with centre.database.begin() as connection:
        connection.execute(quarter.update().values(state="published"))
    merged(zhao, day="2027.1.1")
    zhao.clicks("确认合并")
    wang.says("/score")
    wang.clicks_containing("线上帮办")
    wang.clicks_containing("公安")
    assert "上季度" not in wang.card


def test_a_score_of_its_own_goes_before(centre: Centre, zhao: User):
    wang = scored_before(centre, SCJG=[*FULL], GA=[*FULL])
    with centre.database.begin() as connection:
        connection.execute(quarter.update().values(state="published"))
    merged(zhao, "SCJG", "公安", "2026.12.1")
    zhao.clicks("确认合并")
    wang.says("/score")
    wang.clicks_containing("线上帮办")
    wang.clicks_containing("公安")
    assert "\n上季度：10分\n" in wang.card
