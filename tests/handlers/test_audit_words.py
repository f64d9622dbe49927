"""Everything that is written into the audit log can be read there: no code is without words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.audit_entry import Reader, outcome
from handlers.discovery import discover
from rubric.errors import UserError
from storage.audit_log import Entry
from templates import audit_words
from tests.chat import Centre
from tests.handlers.evidence_desk import report
from tests.test_guards import sources

# no detail of the entry, but who and what it is about
OWN = {"acting_for", "now", "action", "object_", "result", "person_id", "account_id", "detail"}


KNOWN = {("occasion", "note"), ("turn", "note"), ("audit", "record")}


def calls() -> Iterator[ast.Call]:
    """`turn.audit(...)`, `occasion.note(...)`, `audit.record(...)` of the whole program."""
    for name, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            known = (owner, node.func.attr) in KNOWN or node.func.attr == "audit"
            if known and name not in ("handlers/turn.py", "handlers/occasion.py"):
                yield node


def patterns(node: ast.expr) -> Iterator[str]:
    """What the action can be, as patterns: a part that is put in may be any word."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)
    elif isinstance(node, ast.IfExp):
        yield from patterns(node.body)
        yield from patterns(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+"
            for part in node.values
        )


def actions() -> set[str]:
    found = set()
    for call in calls():
        named = next((each.value for each in call.keywords if each.arg == "action"), None)
        first = named or (call.args[0] if call.args else None)
        if first is not None:
            found |= set(patterns(first))
    return found


def details() -> set[str]:
    found = set()
    for call in calls():
        for each in call.keywords:
            if each.arg == "detail" and isinstance(each.value, ast.Dict):
                found |= {
                    str(key.value) for key in each.value.keys if isinstance(key, ast.Constant)
                }
            elif each.arg is not None and each.arg not in OWN:
                found.add(each.arg)
    return found


def test_every_action_has_words():
    there = actions()
    assert len(there) > 80
    assert {
        each
        for each in there
        if not any(re.fullmatch(each, known) for known in audit_words.ACTIONS)
    } == set()


def test_no_words_stand_for_an_action_that_nobody_writes():
    there = actions() | {"audit\\.search"}
    assert {
        known
        for known in audit_words.ACTIONS
        if known != "unknown" and not any(re.fullmatch(each, known) for each in there)
    } == set()


def test_every_detail_has_a_label():
    assert details() - set(audit_words.DETAILS) == set()


def test_every_refusal_says_why():
    def codes(cls: type[UserError]) -> Iterator[str]:
        if "code" in vars(cls) and not cls.__module__.startswith("tests."):
            yield cls.code
        for each in cls.__subclasses__():
            yield from codes(each)

    discover()
    assert {each for each in codes(UserError) if audit_words.refusal(each) == "不合要求"} == set()
    assert audit_words.refusal("of.another.version") == "不合要求"


@pytest.fixture
def reader(centre: Centre) -> Iterator[Reader]:
    with centre.database.read() as connection:
        yield Reader(connection, discover())


def entry(action: str, object_: str = "", **more: object) -> Entry:
    values: dict[str, object] = {
        "person_id": 1, "account_id": 1, "result": "ok", "detail": {}
    } | more  # fmt: skip
    moment = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
    return Entry(1, moment, action=action, object=object_, **values)  # type: ignore[arg-type]


def test_whatever_is_refused_says_where(reader: Reader):
    found = discover()
    routes = [
        *(f"command.{name}" for name in found.commands),
        *(f"{verb}:1" for verb in found.actions),
        *(f"{each.name}.{step}" for each in found.dialogs.values() for step in each.steps),
    ]
    vague = {audit_words.OLD_BUTTON, audit_words.UNKNOWN_COMMAND, ""}
    assert {each for each in routes if reader.what(entry(each)) in vague} == set()


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("command.admin", "打开“管理”"),
        ("command.unknown", "发送未知命令"),
        ("command.code", "输入邀请码"),
        ("ad.depname:3", "点“管理”里的按钮"),
        ("gone.verb:3", "点旧按钮"),
        ("admin.dep_add", "填写“管理”"),
        ("gone.step", "点旧按钮"),
        ("unknown", "使用没有的或无权的功能"),
    ],
)
def test_where_a_refusal_was(reader: Reader, action: str, words: str):
    assert reader.what(entry(action)) == words


def test_who(reader: Reader, centre: Centre):
    assert reader.who(entry("x", person_id=99)) == "（已不存在）"
    assert reader.who(entry("x", person_id=None)) == "未绑定的账号"
    nobody: dict[str, Any] = {"person_id": None, "account_id": None}
    assert reader.who(entry("x", "", **nobody)) == "系统"
    assert reader.who(entry("x", "", **nobody, detail={"by": "init"})) == "安装程序"
    assert reader.who(entry("x", "", **nobody, detail={"by": "cron"})) == "系统"
    assert reader.who(entry("x", "", **nobody, detail={"by": 3})) == "系统"


def test_how_it_ended():
    assert outcome(entry("x")) == ""
    assert outcome(entry("x", result="failed")) == "失败"
    denied = entry("x", result="denied", detail={"code": "review.barred"})
    assert outcome(denied) == "被拒绝（须回避）"


def test_what_it_is_about(centre: Centre):
    zhao = centre.person("赵强", "admin")
    li = centre.person("李敏", "liaison", department="SCJG")
    report(li)
    li.clicks("查看")
    li.clicks("修改")
    li.says("/submit")
    li.clicks("其他")
    group = centre.group("工作群")
    group.joins()
    with centre.database.read() as connection:
        reader = Reader(connection, discover())

        def about(action: str, object_: object, **detail: object) -> str:
            return reader.about(entry(action, str(object_), detail=detail))

        assert about("evidence.submit", 1) == "市场监管局1号（2026Q4-SCJG-001）"
        assert about("evidence.amend", 2) == "市场监管局1号（2026Q4-SCJG-001）"
        assert about("evidence.begin", 3) == "市场监管局的草稿"
        assert about("evidence.begin", 99) == "（已不存在）"
        assert about("department.add", centre.departments["GA"]) == "公安"
        assert about("department.add", 99) == "（已不存在）"
        assert about("person.add", zhao.person_id) == "赵强"
        assert about("deputy.set", zhao.person_id) == about("leave.end", zhao.person_id) == "赵强"
        assert about("role.grant", "x") == "（已不存在）"
        assert about("section.add", centre.section_id) == "考核办公室"
        assert about("section.add", 99) == "（已不存在）"
        assert about("invite.issue", 7, person=li.person_id) == "李敏"
        assert about("account.link", li.account_id) == "fake账号"
        assert about("account.link", 99) == "（已不存在）"
        assert about("group.join", group.account_id, title="旧名") == "旧名"
        assert about("group.move", group.account_id) == "工作群"
        assert about("group.move", 99) == "（已不存在）"
        assert about("quarter.dates", "2026Q4") == "2026年第四季度"
        assert about("publish.pick", "nonsense") == "nonsense"
        assert about("score.rest", "2026Q4.discipline~2") == "2026年第四季度 工作纪律"
        cell = f"2026Q4.discipline.{centre.departments['YB']}"
        assert about("score.give", cell) == "2026年第四季度 工作纪律 医保局"
        assert about("seat.add", "discipline") == "工作纪律"
        assert about("row.assign", "gone") == "gone"
        assert about("setting.set", "score.step") == "评分的最小间隔"
        assert about("setting.set", "gone") == "gone"
        assert about("calendar.remove", "20270206-20270212") == "2027年2月6日-2027年2月12日"
        assert about("outbox.retry", 12) == "第12号"
        assert about("audit.search", "") == ""
        assert about("audit.search", "p0x") == "系统；只看失败和被拒"
        assert about("update.parked", "tg:1:2") == ""


def test_details(centre: Centre):
    zhao = centre.person("赵强", "admin")
    with centre.database.read() as connection:
        reader = Reader(connection, discover())

        def said(action: str, object_: str = "", **detail: object) -> list[tuple[str, str]]:
            return reader.details(entry(action, object_, detail=detail))

        assert said("x", reason="", before=None, row="discipline") == [
            ("理由", "无"), ("原为", "无"), ("考核项", "工作纪律"),
        ]  # fmt: skip
        assert said("publish.correct", rows="discipline,bonus_news") == [
            ("考核项", "工作纪律、信息录用、新闻宣传")
        ]
        assert said("role.grant", role="liaison", department=1, section=None) == [
            ("角色", "联络员"), ("部门", "市场监管局"), ("科室", "无"),
        ]  # fmt: skip
        assert said(
            "quarter.dates", before={"report": "2027-01-06"}, after={"odd": "2027-01-07"}
        ) == [
            ("原为", "报送截止2027年1月6日（星期三）"),
            ("改为", "odd2027年1月7日（星期四）"),
        ]
        assert said("setting.set", "score.step", before=50, after=100) == [
            ("原为", "0.5分"), ("改为", "1分"),
        ]  # fmt: skip
        assert said("setting.set", "gone", before=50) == [("原为", "50")]
        assert said("seat.add", before=[], after=[zhao.person_id]) == [
            ("原为", "无"), ("改为", "赵强"),
        ]  # fmt: skip
        assert said("group.confirm", before="waiting") == [("原为", "待登记")]
        assert said("group.refuse", before="odd") == [("原为", "odd")]
        assert said("outbox.retry", before="failed", by="command line") == [
            ("原为", "未送达"), ("由", "命令行"),
        ]  # fmt: skip
        assert said("group.join", by=zhao.person_id) == [("由", "赵强")]
        assert said("row.assign", before=centre.section_id) == [("原为", "考核办公室")]
        assert said("score.give", hundredths=850, version=2) == [("分数", "8.5分"), ("版本", "2")]
        assert said("evidence.accept", second_use=False) == [("一事两用", "否")]
        assert said("evidence.begin", kind="case", copied=9) == [
            ("类别", "帮办案例"), ("复制自", "（已不存在）"),
        ]  # fmt: skip
        assert said("evidence.carry", quarter="2027Q1", code="x") == [
            ("季度", "2027年第一季度"), ("原因", "不合要求"),
        ]  # fmt: skip
        assert said("x", of_another_version="一句话") == [("of_another_version", "一句话")]
        instead: dict[str, Any] = {"for": zhao.person_id}
        assert said("evidence.accept", "", **instead) == [("代替", "赵强")]
        denied = entry("x", result="denied", detail={"code": "access.not_allowed"})
        assert reader.details(denied) == []
