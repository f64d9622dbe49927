"""/admin as a whole: who may, the overview, and that every button leads somewhere and back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

import templates
from handlers.access import NotAllowed
from handlers.discovery import discover
from storage import (
    calendar,
    departments,
    extensions,
    groups,
    leaves,
    people,
    quarters,
    seats,
    sections,
    settings,
)
from storage.disqualification import disqualified
from storage.models import audit
from tests.chat import Centre, File, User
from tests.support.undelivered import BLOCKED, LOST, publish, row

NOT_ALLOWED = templates.say_error(NotAllowed())
VERBS = [
    "ad.home", "ad.deps", "ad.depgone", "ad.dep", "ad.depadd", "ad.depname", "ad.depshort",
    "ad.depcode", "ad.depin", "ad.depout", "ad.depclear", "ad.deprm", "ad.deprm2", "ad.depback",
    "ad.sucm", "ad.sucto", "ad.sucs", "ad.sucday", "ad.sucok", "ad.sucundo", "ad.sucundo2",
    "ad.hand", "ad.handw", "ad.handto", "ad.handok", "ad.handnew",
    "ad.ppl", "ad.per", "ad.peradd", "ad.twin", "ad.pername", "ad.perrm", "ad.perrm2", "ad.role",
    "ad.dpty", "ad.dptyok", "ad.lvs", "ad.lvok", "ad.lvoff",
    "ad.indep", "ad.insec", "ad.grant", "ad.roleoff", "ad.inv", "ad.login", "ad.qr", "ad.invs",
    "ad.slips", "ad.slipd", "ad.slips2", "ad.slip", "ad.slipgo", "ad.slipday", "ad.slippr",
    "ad.slip1", "ad.join", "ad.joinnew", "ad.joinday", "ad.joinpdf", "ad.joinrm", "ad.joinppl",
    "ad.invone", "ad.invagain", "ad.invrm", "ad.secs", "ad.sec", "ad.secadd", "ad.secname",
    "ad.seccon", "ad.secrows", "ad.rowto", "ad.secsub", "ad.subset", "ad.secrm", "ad.secrm2",
    "ad.seats", "ad.seat", "ad.seatadd", "ad.seatto", "ad.seatrm", "ad.qtrs", "ad.qtr",
    "ad.qdates", "ad.qdate", "ad.qcalc", "ad.qexts", "ad.qext", "ad.qextd", "ad.qextrm",
    "ad.qbars", "ad.qbar", "ad.qunbar", "ad.cal", "ad.calday", "ad.caladd", "ad.calsrc",
    "ad.calrm", "ad.grps", "ad.grp", "ad.grpok", "ad.grpno",
    "ad.dlv", "ad.dlvs", "ad.dlvo", "ad.dlvre", "ad.dlvall", "ad.dlvyes",
    "ad.sets", "ad.setg", "ad.set", "ad.setrow", "ad.sett", "ad.setv", "ad.setno", "ad.setdef",
]  # fmt: skip


MAKING_CODES = ("ad.inv", "ad.slipgo", "ad.joinnew")


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    made = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    yield made
    made.database.close()


def facts(centre: Centre) -> list[object]:
    """Everything that /admin can change."""
    with centre.database.read() as connection:
        return [
            departments.departments(connection),
            departments.departments(connection, removed=True),
            sections.sections(connection),
            sections.row_owners(connection),
            people.people(connection),
            quarters.unpublished(connection),
            extensions.span(connection, "2026Q1", "2027Q4"),
            disqualified(connection, "2026Q4"),
            calendar.overrides(connection),
            settings.rules(connection),
            seats.further(connection),
            leaves.deputies_on(connection, date(2026, 12, 28)),
            groups.groups(connection),
        ]


def test_the_verbs_here_are_all_there_are():
    assert sorted(verb for verb in discover().actions if verb.startswith("ad.")) == sorted(VERBS)


def test_the_overview_counts(centre: Centre):
    zhao = centre.person("赵强", "admin")
    for typed in ("/admin", "管理"):
        zhao.says(typed)
        assert zhao.hears == ["管理\n部门3个，人员1名，科室1个，待使用的邀请码0个。\n请选择："]
    assert zhao.buttons == [
        "部门", "人员", "科室", "邀请码", "季度", "日历", "本中心规定", "群", "发送情况",
        "导入", "菜单",
    ]  # fmt: skip
    zhao.clicks("菜单")
    assert zhao.hears[0].startswith("赵强您好")
    zhao.clicks("管理")
    zhao.clicks("部门")
    zhao.clicks("返回")
    assert zhao.card == "管理\n部门3个，人员1名，科室1个，待使用的邀请码0个。\n请选择："


@pytest.mark.parametrize("role", ["liaison", "head", "evaluator", "director", "auditor", "member"])
def test_nobody_else_sees_or_changes_anything(centre: Centre, role: str):
    centre.person("赵强", "admin")
    li = centre.person("李敏", role, department="SCJG")
    before = facts(centre)
    li.says("/admin")
    assert li.hears == [NOT_ALLOWED]
    for verb in VERBS:
        for object_, argument in (("1", ""), ("1", "a")):
            li.presses(f"{verb}:{object_}:0:{argument}".rstrip(":"))
    assert set(li.hears) == {NOT_ALLOWED}
    assert facts(centre) == before
    with centre.database.read() as connection:
        results = connection.execute(select(audit.c.result).distinct()).scalars().all()
    assert results == ["denied"]


def test_the_right_is_asked_for_again_when_the_words_come(centre: Centre):
    centre.person("赵强", "admin")
    qian = centre.person("钱伟", "admin")
    qian.says("/admin")
    qian.clicks("部门")
    qian.clicks("添加部门")
    with centre.database.begin() as connection:
        (held,) = people.held_roles(connection, qian.person_id)
        people.revoke_role(connection, held.id, person_id=qian.person_id)
    before = facts(centre)
    qian.says("民政局")
    assert qian.hears[-1] == NOT_ALLOWED
    assert facts(centre) == before


def test_every_button_answers_and_leads_on(centre: Centre):
    """From the overview along every button there is, forms and confirmations included."""
    zhao = centre.person("赵强", "admin")
    wang = centre.person("王芳", "evaluator", "liaison", department="GA")
    with centre.database.begin() as connection:
        other = sections.add_section(connection, name="督查科")
        departments.set_residence(
            connection,
            centre.departments["GA"],
            resident_from=date(2026, 1, 1),
            resident_to=date(2026, 12, 1),
        )
        gone = departments.add_department(connection, name="误", short_name="误", code="WW")
        departments.remove_department(connection, gone, now=centre.now)
        for number in range(10):
            departments.add_department(
                connection,
                name=f"第{number}部门",
                short_name=f"{number}部",
                code=f"N{'ABCDEFGHIJ'[number]}",
            )
            people.add_person(connection, name=f"张{number}", now=centre.now)
    centre.person("周", "evaluator", section=other)
    _prepare_a_quarter(centre, zhao)
    of_people = (
        "ad.per:", "ad.perrm:", "ad.pername:", "ad.role:", "ad.indep:", "ad.grant:",
        "ad.dpty:", "ad.dptyok:", "ad.lvs:",
    )  # fmt: skip
    zhao.presses(f"ad.inv:{wang.person_id}")
    zhao.says("/admin")
    once = (*MAKING_CODES, "ad.sucto")
    seen: set[str] = set()
    waiting = [action for row in zhao.chat[-1].buttons for _, action in row]
    while waiting:
        action = waiting.pop()
        # not the end of oneself, which is tested elsewhere
        if action in seen or action.startswith(("cmd:", "ad.perrm2", "ad.roleoff")):
            continue
        if action.startswith(of_people) and f":{wang.person_id}:" not in action:
            continue  # one person's card is like another's
        # each makes a code, whose card has a button for the next one; any two departments are
        # merged alike
        verb = action.split(":")[0]
        if verb in once and any(each.startswith(f"{verb}:") for each in seen):
            continue
        seen.add(action)
        zhao.hears  # noqa: B018 - forget what was said so far
        zhao.presses(action)
        heard = zhao.hears
        assert heard, action
        for message in zhao.chat:
            waiting += [found for row in message.buttons for _, found in row]
        # a refusal leaves the card with its buttons where it is
        answer = next(each for each in reversed(zhao.chat) if each.text == heard[-1])
        assert answer.buttons or zhao.toast == heard[-1], (action, heard)
    ours = {action.split(":")[0] for action in seen if not action.startswith("im.")}
    assert ours == set(VERBS) - {
        "ad.perrm2",
        "ad.roleoff",
        "ad.twin",  # asks only for a name that exists
        "ad.handto",
        "ad.handok",
        "ad.handnew",  # to a colleague, or to a name that is typed
        "ad.joinppl",  # nobody has joined
        "ad.seatto",  # every seat has its holder
    }


def _prepare_a_quarter(centre: Centre, zhao: User) -> None:
    """Something to take back of everything that can be taken back."""
    zhao.presses("ad.setv:awards.disqualification:0:true")
    zhao.says("细则第八条")
    zhao.presses(f"ad.qextd:2026Q4:0:report.{centre.departments['GA']}")
    zhao.says("2027.1.7")
    zhao.says("搬迁")
    zhao.presses(f"ad.qbar:2026Q4:0:{centre.departments['YB']}")
    zhao.says("通报批评")
    zhao.presses("ad.caladd")
    zhao.says("2027.1.4 放假")
    wang = centre.people["王芳"]
    zhao.presses(f"ad.dptyok:{wang.person_id}:0:{zhao.person_id}")
    zhao.presses(f"ad.lvs:{wang.person_id}")
    zhao.says("12.28-1.3")
    zhao.clicks("确认请假")
    zhao.presses(f"ad.lvs:{wang.person_id}")
    zhao.says("1.10")
    for title in ("工作群", "学习群"):
        centre.group(title).joins()
    zhao.clicks("查看")
    zhao.clicks("登记")
    publish(centre)
    key = f"publication:{publish(centre, revision=2)}"
    row(centre, f"{key}:picture", wang, "failed", BLOCKED)
    row(centre, f"{key}:ranking", wang, "unknown", LOST)
    row(centre, "evidence:returned:1", wang, "failed", BLOCKED)


def test_a_file_or_a_forward_at_any_form_changes_nothing(centre: Centre):
    zhao = centre.person("赵强", "admin")
    department, section = centre.departments["GA"], centre.section_id
    for form in (
        "ad.depadd", f"ad.depname:{department}", f"ad.depcode:{department}",
        f"ad.depin:{department}", f"ad.depout:{department}", "ad.peradd", "ad.ppl",
        f"ad.pername:{zhao.person_id}", "ad.secadd", f"ad.secname:{section}",
        f"ad.seccon:{section}", "ad.qdate:2026Q4:0:report", "ad.qcalc:2026Q4",
        f"ad.qextd:2026Q4:0:report.{department}", "ad.caladd", "ad.sett:evidence.returns_max",
        "ad.setv:score.step:0:100", "ad.setno:score.step:0:100",
    ):  # fmt: skip
        before = facts(centre)
        zhao.presses(form)
        zhao.hears  # noqa: B018
        zhao.sends(File("a.pdf"))
        assert zhao.hears, form
        assert facts(centre) == before, form


@pytest.mark.parametrize(
    "typed", ["", "。" * 100_000, "😀😀", "\u202eabc", "<b>x</b>", "\x00\x01", "/nothing"]
)
def test_odd_texts_at_every_form_get_a_sentence(centre: Centre, typed: str):
    zhao = centre.person("赵强", "admin")
    department, section = centre.departments["GA"], centre.section_id
    for form in (
        "ad.depadd", f"ad.depname:{department}", f"ad.depshort:{department}",
        f"ad.depcode:{department}", f"ad.depin:{department}", f"ad.depout:{department}",
        "ad.peradd", "ad.ppl", f"ad.pername:{zhao.person_id}", "ad.secadd",
        f"ad.secname:{section}", f"ad.seccon:{section}", "ad.qdate:2026Q4:0:report",
        "ad.qcalc:2026Q4", f"ad.qextd:2026Q4:0:report.{department}", "ad.caladd",
        "ad.sett:evidence.returns_max", "ad.setv:score.step:0:100", "ad.setno:score.step:0:100",
    ):  # fmt: skip
        zhao.presses(form)
        zhao.hears  # noqa: B018
        zhao.says(typed)
        assert zhao.hears, form
