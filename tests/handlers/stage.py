"""A whole centre for the tests that go across dialogs: everybody there is, at stages of a quarter.

    stage = stages.at("evidence")          # a copy of its own, in a database of its own
    with rehearsal(stage):                 # whatever happens inside is taken back
        stage.people["李敏"].says("/mine")

A stage is built once a run and copied: building it takes many messages, copying it takes none.
"""

from __future__ import annotations

import copy
import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from rubric.quarter import Quarter
from storage import departments, people, quarters, sections
from storage.calendar import read_calendar
from storage.db import Database, metadata, savepoint
from storage.models import account, outbox, publication
from storage.prepared import run_sql
from tests.chat import MORNING, OPEN, ZONE, Centre, File, User
from tests.support.scoring import AFTER, FULL, ROWS, score_all

CODES = ("SCJG", "GA", "YB", "RS")
EVENING = AFTER.replace(hour=20)
# what is no fact of the assessment: the messages themselves, and how they came and went
MESSAGES = {
    "account", "audit", "channel_file", "conversation", "inbox", "lease", "outbox", "rendered",
    "web_message", "web_session",
}  # fmt: skip

Facts = dict[str, list[Any]]


def facts_of(connection: Connection, *, moments: bool = True) -> Facts:
    """Every row of every table that holds facts, as the driver gives it; without the moments of
    the last touch if they are not wanted. SQLite only."""
    cursor = connection.connection.cursor()
    found: Facts = {}
    for name, statement in _statements(moments).items():
        cursor.execute(statement)
        found[name] = list(cursor.fetchall())
    cursor.close()
    return found


def facts(centre: Centre) -> Facts:
    """As committed, seen by another session."""
    with centre.database.read() as connection:
        return facts_of(connection)


@cache
def _statements(moments: bool) -> dict[str, str]:
    made = {
        table.name: select(*(c for c in table.c if moments or c.name != "updated_at")).order_by(
            *table.primary_key
        )
        for table in metadata.sorted_tables
        if table.name not in MESSAGES
    }
    linked = select(account.c.id, account.c.person_id).where(account.c.person_id.is_not(None))
    made["account"] = linked.order_by(account.c.id)
    return {name: str(statement) for name, statement in made.items()}


# ---------------------------------------------------------------- who there is


def populate(centre: Centre) -> None:
    """考核办公室 owns all rows but 工作纪律, which is 督查科's, whose only evaluator belongs to
    市场监管局; 石磊 of 法规科 stands in for 督查科. 法规科 owns 服务评价. 周全 reports for two
    departments and judges for 法规科 besides."""
    with centre.database.begin() as connection:
        watch = sections.add_section(connection, name="督查科")
        law = sections.add_section(connection, name="法规科")
        for id_ in (watch, law):
            sections.set_contact(connection, id_, contact="高老师", phone="021-56005678")
        sections.assign_row(connection, indicator="discipline", section_id=watch)
        sections.assign_row(connection, indicator="service_ratings", section_id=law)
    centre.person("李敏", "liaison", department="SCJG")
    centre.person("钱局", "head", department="SCJG")
    centre.person("孙警", "liaison", department="GA")
    centre.person("何局", "head", department="GA")
    centre.person("王芳", "evaluator")
    centre.person("赵强", "evaluator")
    centre.person("吴用", "evaluator", department="SCJG")
    centre.person("顾平", "evaluator", department="SCJG", section=watch)
    stand_in = centre.person("石磊", "evaluator", section=law)
    centre.person("周全", "liaison", "evaluator", department="YB", section=law)
    centre.person("陈主任", "director")
    centre.person("张伟", "admin")
    centre.person("沈清", "auditor")
    centre.person("任远", "member", department="SCJG")
    centre.person("林木", "member", department="SCJG")
    gone = centre.person("郑旧", "liaison", "evaluator", "director", "admin", department="SCJG")
    centre.stranger("路人")
    centre.stranger("手机")
    with centre.database.begin() as connection:
        sections.set_substitute(connection, watch, person_id=stand_in.person_id)
        people.grant_role(
            connection,
            person_id=centre.people["周全"].person_id,
            role_name="liaison",
            department_id=centre.departments["RS"],
            now=centre.now,
        )
        people.remove_person(connection, gone.person_id, now=centre.now)
        open_quarter(connection, centre.now)


def open_quarter(connection: Connection, now: datetime, code: str = "2026Q4") -> None:
    quarters.ensure(
        connection,
        Quarter.parse(code),
        calendar=read_calendar(connection),
        timezone=ZONE,
        now=now,
    )


# ---------------------------------------------------------------- stages


def _morning(centre: Centre) -> None:
    """A working morning of the quarter; nothing has been reported."""


def _evidence(centre: Centre) -> None:
    """市场监管局 has evidence in every state, two of them with files; 公安 has one that waits."""
    li, wang = centre.people["李敏"], centre.people["王芳"]
    for number, title in enumerate(("采纳的一件", "不采纳的一件", "退回的一件"), 1):
        _report(li, f"{title}\n第{number}件的经过", File(f"{number}.jpg", title.encode()))
    wang.says("/review")
    wang.clicks("采纳")
    wang.clicks("不采纳")
    wang.clicks("与考核项无关")
    wang.clicks("退回补充")
    wang.clicks("佐证不足")
    _report(li, "撤回的一件\n第4件的经过")
    li.clicks("查看")
    li.clicks("撤回")
    li.clicks("确定撤回")
    _report(li, "待审核的一件\n第5件的经过", File("5.pdf", b"%PDF five"))
    _report(li, "宝山汇报道\n见附件", File("6.png", b"six"), kind="信息录用、新闻宣传")
    li.clicks("媒体名称")
    li.says("宝山汇")
    li.clicks("确认提交")
    _report(li, "纪律的一件\n第7件的经过", kind="工作佐证", row="工作纪律")
    li.says("/submit")
    li.clicks("其他")
    li.says("删掉的草稿")
    li.clicks("取消")
    li.clicks("删除草稿")
    li.says("/submit")
    li.clicks("帮办案例")
    li.says("没写完的草稿\n写到一半")
    li.sends(File("草稿.jpg", b"draft"))
    centre.finish_downloads()
    li.says("取消")
    _report(centre.people["孙警"], "公安的一件\n第8件的经过")
    wang.says("/submit")
    wang.clicks("公安")
    wang.clicks("工作佐证")
    wang.says("代录的一件\n第9件的经过")
    wang.says("今天")
    wang.clicks("确认提交")


def _report(user: User, text: str, *files: File, kind: str = "帮办案例", row: str = "") -> None:
    user.says("/submit")
    user.clicks(kind)
    user.says(text)
    if files:
        user.sends(*files)
        user.centre.finish_downloads()
    if row:
        user.clicks("换一行")
        user.clicks("全部评分行")
        user.clicks(row)
    user.says("今天")
    user.clicks("确认提交")


def values(online_help: float, news: float = 0) -> list[float]:
    """Full marks everywhere but in the first row and the news row."""
    found: list[float] = list(FULL)
    found[0] = online_help
    found[[row.id for row in ROWS].index("bonus_news")] = news
    return found


CLEAR = {"SCJG": values(10, 4), "GA": values(9.5, 2), "YB": values(9, 1), "RS": values(8)}
TIED = {"SCJG": values(10, 4), "GA": values(9), "YB": values(9), "RS": values(9)}


def _scored(centre: Centre) -> None:
    """After 补报截止, every cell has its score: the admin may put it before the director."""
    centre.now = AFTER
    score_all(centre, centre.people["王芳"], CLEAR)


def _tied(centre: Centre) -> None:
    """Three departments are equal at the cut, for two places."""
    centre.now = AFTER
    score_all(centre, centre.people["王芳"], TIED)


def _pages(centre: Centre) -> None:
    """Evidence, in a centre whose pages have an address."""
    _evidence(centre)
    centre.public_url = "https://kaohe.example"
    centre.desk = centre._desk()


def _alone(centre: Centre) -> None:
    """Scored, in a centre without a director, after office hours."""
    _scored(centre)
    centre.now = EVENING
    with centre.database.begin() as connection:
        people.remove_person(connection, centre.people["陈主任"].person_id, now=centre.now)


def _proposed(centre: Centre) -> None:
    _scored(centre)
    zhang = centre.people["张伟"]
    zhang.says("/publish")
    zhang.clicks("提请审定")


def _published(centre: Centre) -> None:
    """Released after office hours: the broadcast waits for the morning."""
    _proposed(centre)
    centre.now = EVENING
    chen = centre.people["陈主任"]
    chen.clicks("同意发布")


def _undelivered(centre: Centre) -> None:
    """Sent in the morning: not all of it arrived, nor did another notice; then published anew."""
    _published(centre)
    centre.now = EVENING + timedelta(days=1)
    centre.deliver_notices()
    with centre.database.begin() as connection:
        for name, state, problem in (
            ("任远", "failed", "Forbidden: bot was blocked by the user"),
            ("林木", "unknown", "worker lost"),
        ):
            mine = outbox.c.account_id == centre.people[name].account_id
            undone = {"state": state, "problem": problem}
            connection.execute(outbox.update().where(mine).values(undone))
        connection.execute(
            outbox.update()
            .where(outbox.c.key.startswith("proposal:"))
            .values(state="failed", problem="Bad Request: chat not found")
        )
        first = connection.execute(select(publication)).one()
        again = first._asdict() | {"revision": first.revision + 1}
        del again["id"]
        connection.execute(publication.insert(), again)


def _many(centre: Centre) -> None:
    """More departments and people than one card shows."""
    with centre.database.begin() as connection:
        for number in range(9):
            letter = chr(ord("A") + number)
            departments.add_department(
                connection, name=f"第{letter}号管理局", short_name=f"{letter}局", code=f"J{letter}"
            )
            people.add_person(connection, name=f"干部{letter}", now=centre.now)


STAGES: dict[str, Callable[[Centre], None]] = {
    "morning": _morning,
    "evidence": _evidence,
    "many": _many,
    "pages": _pages,
    "scored": _scored,
    "tied": _tied,
    "alone": _alone,
    "proposed": _proposed,
    "published": _published,
    "undelivered": _undelivered,
}


class Stages:
    """Builds each stage when it is first asked for and hands out copies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built: dict[str, Centre] = {}
        self._numbers = itertools.count(1)

    def at(self, name: str, *, restart: bool = False) -> Centre:
        if name not in self._built:
            self._built[name] = self._build(name)
        path = self._folder / f"copy{next(self._numbers)}.sqlite"
        shutil.copyfile(self._folder / f"{name}.sqlite", path)
        return _copy(self._built[name], f"sqlite:///{path}", restart=restart)

    def _build(self, name: str) -> Centre:
        url = f"sqlite:///{self._folder / f'{name}.sqlite'}"
        made = Centre(url, now=MORNING, departments=CODES)
        populate(made)
        STAGES[name](made)
        for user in made.people.values():
            user.heard.clear()
        made.database.close()  # so that its log is folded into the one file
        return made


def _copy(centre: Centre, url: str, *, restart: bool) -> Centre:
    made = copy.copy(centre)
    made.url, made.restart = url, restart
    made.database = Database(url)
    OPEN.append(made)
    made.pending = list(centre.pending)
    made._keys = itertools.count(1_000_000)
    made.people = {
        name: replace(user, centre=made, chat=[replace(each) for each in user.chat], heard=[])
        for name, user in centre.people.items()
    }
    made._by_account = {each.account_id: each for each in made.people.values() if each.account_id}
    return made


# ---------------------------------------------------------------- rehearsals


class _Rehearsed:
    """Stands in for the database: transactions are savepoints of one that is never committed."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with savepoint(self.connection):
            yield self.connection

    read = begin


@contextmanager
def rehearsal(centre: Centre) -> Iterator[Connection]:
    """What happens inside is taken back afterwards, in the database and in everybody's chat.
    One may stand inside another."""
    before = centre.now, list(centre.pending)
    chats = {
        name: ([replace(each) for each in user.chat], list(user.heard), user.toast)
        for name, user in centre.people.items()
    }
    with _taken_back(centre) as connection:
        yield connection
    centre.now, centre.pending = before
    for name, (chat, heard, toast) in chats.items():
        user = centre.people[name]
        user.chat, user.heard, user.toast = chat, heard, toast


@contextmanager
def _taken_back(centre: Centre) -> Iterator[Connection]:
    database: Any = centre.database
    if isinstance(database, _Rehearsed):
        run_sql(database.connection, "SAVEPOINT rehearsal")
        yield database.connection
        run_sql(database.connection, "ROLLBACK TO SAVEPOINT rehearsal")
        run_sql(database.connection, "RELEASE SAVEPOINT rehearsal")
        return
    with database.writer.connect() as connection, connection.begin() as transaction:
        centre.database = _Rehearsed(connection)  # type: ignore[assignment]
        try:
            yield connection
        finally:
            centre.database = database
            transaction.rollback()
