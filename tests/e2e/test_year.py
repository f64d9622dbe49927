"""A year of thirty departments through the real program: every reminder that each person got,
against a list worked out by hand (`tests.e2e.year_by_hand`).

The program is the composition root itself, on a clock in a file; people act through dispatch, and
messages are read where the web chat's page would read them. Over the year the program is started
again and again, runs twice side by side, is away for ten days, and its clock goes a day ahead and
a day back. The year has 春节 and 国庆节 with 调休, a 31 December, and ends in one without a plan.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, or_, select, update

from bot.app import App
from bot.clock import Clock
from bot.config import load
from handlers.messages import Action
from storage import extensions, quarters, schema, sections
from storage.db import Database
from storage.models import account, department, evidence, outbox, web_message
from tests.chat import ZONE, Centre, User
from tests.e2e import year_by_hand as hand
from tests.e2e.year_by_hand import Department, Item, Office, Quarter, after, before
from tests.e2e.year_told import claims, is_reminder
from tests.support.scoring import FULL, ROWS, score_all

FIRST_DAY, LAST_DAY = date(2026, 1, 5), date(2027, 2, 3)
COUNT = 30
NO_LIAISON, UNLINKED, EXTENDED = 29, 28, 4
AWAY = (date(2026, 6, 25), date(2026, 7, 4))
TWICE = (date(2026, 3, 23), date(2026, 4, 12))
AHEAD = date(2026, 9, 29)  # the clock shows the day of 报送截止's third reminder a day too early
BACK = date(2026, 10, 10)  # 报送截止; in the afternoon the clock goes back to the day before
NUMERALS = "一二三四五六七八九十"

pytestmark = pytest.mark.slow


def name_of(number: int) -> str:
    tens, ones = divmod(number, 10)
    return f"{NUMERALS[tens]}{NUMERALS[ones]}局"


class YearCentre(Centre):
    """Its people act at once; whatever waits for delivery is the program's to deliver."""

    def deliver_notices(self) -> None:
        pass


class Running:
    """One process's worth of the program."""

    def __init__(self, folder: Path, clock: Path) -> None:
        self.config = load(
            {
                "KAOHE_DATA_DIR": str(folder),
                "KAOHE_HTTP_PORT": "0",
                "KAOHE_WEB_CHAT": "on",
                "KAOHE_CLOCK": str(clock),
            }
        )

    async def start(self) -> None:
        self.app = App(self.config, clock=Clock(self.config.timezone, self.config.clock))
        self.stop_asked = asyncio.Event()
        up = asyncio.Event()
        self.task = asyncio.ensure_future(self.app.run(self.stop_asked, started=up.set))
        await asyncio.wait(
            [self.task, waiting := asyncio.ensure_future(up.wait())],
            return_when=asyncio.FIRST_COMPLETED,
        )
        waiting.cancel()
        if self.task.done():
            await self.task

    async def stop(self) -> None:
        self.stop_asked.set()
        await self.task


class Year:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = folder / "clock"
        database = Database(f"sqlite:///{folder / 'kaohe.sqlite'}")
        schema.bring_up_to_date(database)
        database.close()
        self.centre = YearCentre(
            f"sqlite:///{folder / 'kaohe.sqlite'}", now=at(FIRST_DAY, 8), departments=()
        )
        self.running: list[Running] = []
        self.acts: dict[date, list[Callable[[date], None]]] = {}
        self.li: dict[str, User] = {}
        self._settle_down()
        self._write_script()

    # ------------------------------------------------------------ who there is

    def _settle_down(self) -> None:
        centre = self.centre
        with centre.database.begin() as connection:
            for number in range(COUNT):
                name = name_of(number)
                code = "J" + chr(ord("A") + number // 26) + chr(ord("A") + number % 26)
                centre.departments[code] = connection.execute(
                    department.insert().returning(department.c.id),
                    {"code": code, "name": name, "short_name": name},
                ).scalar_one()
            watch = sections.add_section(connection, name="督查科", contact="高老师", phone="6001")
            for row in ROWS[7:]:
                sections.assign_row(connection, indicator=row.id, section_id=watch)
        self.codes = list(centre.departments)
        for number, code in enumerate(self.codes):
            if number != NO_LIAISON:
                who = f"联络员{name_of(number)}"
                self.li[name_of(number)] = self._person(who, "liaison", department=code)
            if number % 3 == 0:
                self._person(f"负责人{name_of(number)}", "head", department=code)
        self.judges = [
            self._person("王芳", "evaluator"),
            self._person("顾平", "evaluator", section=watch),
        ]
        self.admin = self._person("张伟", "admin")
        self.director = self._person("陈主任", "director")
        self._person("任远", "member", department=self.codes[0])
        self._person("沈清", "auditor")
        self.link(UNLINKED, linked=False)
        self.office = Office(
            departments=[
                Department(
                    name_of(number),
                    "" if number == NO_LIAISON else f"联络员{name_of(number)}",
                    number != UNLINKED,
                )
                for number in range(COUNT)
            ],
            rows={"王芳": 7, "顾平": len(ROWS) - 7},
            reviewer="王芳",
            admins=["张伟"],
            director="陈主任",
        )

    def _person(self, name: str, *roles: str, **place: object) -> User:
        return self.centre.person(name, *roles, channel="web", **place)  # type: ignore[arg-type]

    def link(self, number: int, *, linked: bool = True) -> None:
        user = self.li[name_of(number)]
        with self.centre.database.begin() as connection:
            connection.execute(
                update(account)
                .where(account.c.id == user.account_id)
                .values(person_id=user.person_id if linked else None)
            )

    # ------------------------------------------------------------ what they do

    def on(self, day: date, act: Callable[[date], None]) -> None:
        self.acts.setdefault(day, []).append(act)

    def _write_script(self) -> None:
        quarter = hand.FIRST
        while quarter.first <= LAST_DAY:
            for number in range(COUNT):
                self._plan(number, name_of(number), quarter)
            self._plan_centre(quarter)
            quarter = quarter.next()
        self.on(date(2026, 6, 10), self._is_linked)
        self.on(date(2026, 9, 15), self._extends)

    def _plan(self, number: int, name: str, quarter: Quarter) -> None:
        """What a department does in every quarter; a third of them never say a word."""
        report, supplement = quarter.report_until, quarter.supplement_until
        if number in (NO_LIAISON, UNLINKED):
            return
        match number % 6:
            case 0:  # early; half of them wait long to be reviewed
                day = quarter.workday(15)
                self.on(day, lambda _day: self.reports(name, quarter))
                wait = 1 if number % 12 == 0 else 6
                self.on(after(day, wait), lambda _day: self.accepts(name, quarter))
            case 1:
                day = before(report, 10)
                if quarter != Quarter(2026, 2):
                    self.on(day, lambda _day: self.has_nothing(name, quarter))
            case 2:  # a draft, handed in on the last day of 补报
                self.on(quarter.workday(20), lambda _day: self.drafts(name, quarter))
                self.on(supplement, lambda _day: self.finishes(name, quarter))
                self.on(after(supplement, 1), lambda _day: self.accepts(name, quarter))
            case 3:  # returned; half of them don't complete it
                day = before(report, 12)
                self.on(day, lambda _day: self.reports(name, quarter))
                self.on(after(day, 1), lambda day: self.returns(name, quarter, day))
                if number % 12 == 3:
                    self.on(after(day, 3), lambda day: self.completes(name, quarter, day))
                    self.on(after(day, 4), lambda _day: self.accepts(name, quarter))
            case 5:  # on the very day
                self.on(report, lambda _day: self.reports(name, quarter, quarter.last))
                self.on(after(report, 1), lambda _day: self.accepts(name, quarter))

    def _plan_centre(self, quarter: Quarter) -> None:
        odd = quarter.number % 2
        scored = after(quarter.supplement_until, 4)
        if not odd:  # late, with the admin to be told
            scored = after(quarter.score_until, 4)
        self.on(scored, lambda _day: self.scores(quarter))
        self.on(after(scored, 1), lambda day: self.proposes(quarter, day))
        self.on(after(scored, 2 if odd else 7), lambda _day: self.releases(quarter))

    # ------------------------------------------------------------ one act each

    def reports(self, name: str, quarter: Quarter, event: date | None = None) -> None:
        self._begin(name, quarter, event)
        self.li[name].clicks("确认提交")
        self._is_reported(name, quarter)

    def drafts(self, name: str, quarter: Quarter) -> None:
        self._begin(name, quarter, None)
        self.li[name].says("取消")
        self.office.drafts.add((name, quarter))

    def _begin(self, name: str, quarter: Quarter, event: date | None) -> None:
        li = self.li[name]
        li.says("/submit")
        li.clicks("帮办案例")
        li.says(f"{name}{quarter.words}的一件\n帮群众把事办成的经过，{name}，{quarter.code}。")
        li.says(f"{event:%Y.%m.%d}" if event else "今天")

    def finishes(self, name: str, quarter: Quarter) -> None:
        item_id = self._item(name, "draft")
        self.li[name].presses(str(Action("sub.go", str(item_id))))
        self.li[name].clicks("确认提交")
        self.office.drafts.discard((name, quarter))
        self._is_reported(name, quarter)

    def _is_reported(self, name: str, quarter: Quarter) -> None:
        receipt = self._receipt(name, quarter)
        self.office.items.append(
            Item(name, quarter, receipt, self.centre.now.astimezone(ZONE).date())
        )

    def has_nothing(self, name: str, quarter: Quarter) -> None:
        li = self.li[name]
        li.says("/progress")
        li.clicks("本季度无可报")
        self.office.nothing.add((name, quarter))

    def accepts(self, name: str, quarter: Quarter) -> None:
        item = self._submitted(name, quarter)
        self.judges[0].presses(self._press("rev.acc", name, quarter))
        item.state = "accepted"

    def returns(self, name: str, quarter: Quarter, day: date) -> None:
        item = self._submitted(name, quarter)
        self.judges[0].presses(self._press("rev.ret", name, quarter))
        self.judges[0].says("请补充办结时间")
        item.state, item.came_back, item.until = "returned", day, after(day, 3)

    def completes(self, name: str, quarter: Quarter, day: date) -> None:
        li = self.li[name]
        li.presses(self._press("sub.fix", name, quarter))
        li.says("办结时间是当天下午")
        li.clicks("确认提交")
        item = next(i for i in self.office.items if (i.department, i.quarter) == (name, quarter))
        item.state, item.submitted = "submitted", day

    def _submitted(self, name: str, quarter: Quarter) -> Item:
        return next(
            item
            for item in self.office.items
            if (item.department, item.quarter, item.state) == (name, quarter, "submitted")
        )

    def scores(self, quarter: Quarter) -> None:
        values = {
            code: (FULL[0] - min(number, 4), *FULL[1:]) for number, code in enumerate(self.codes)
        }
        score_all(self.centre, self.judges[0], values, quarter=quarter.code)
        self.office.scored.add(quarter)

    def proposes(self, quarter: Quarter, day: date) -> None:
        self.admin.says("/publish")
        self.admin.clicks("提请审定")
        self.office.proposed[quarter] = day

    def releases(self, quarter: Quarter) -> None:
        self.director.says("/publish")
        self.director.clicks("同意发布")
        self.office.released.add(quarter)

    def _is_linked(self, _day: date) -> None:
        self.link(UNLINKED)
        self.office.departments[UNLINKED].linked = True

    def _extends(self, _day: date) -> None:
        """Two more working days for one that never reports anyway."""
        quarter, name = Quarter(2026, 3), name_of(EXTENDED)
        report, supplement = (
            after(quarter.report_until, 2), after(quarter.supplement_until, 2),
        )  # fmt: skip
        with self.centre.database.begin() as connection:
            term = quarters.lock(connection, quarter.code)
            assert term is not None
            dates = term.dates(ZONE)
            extensions.grant(
                connection,
                code=term.code,
                department_id=self.centre.departments[self.codes[EXTENDED]],
                dates=type(dates)(
                    dates.quarter, dates.opens, report, supplement,
                    dates.score_until, dates.provisional, ZONE,
                ),
                reason="系统升级",
                person_id=self.admin.person_id,
                now=self.centre.now,
            )  # fmt: skip
        self.office.later[name, quarter] = (report, supplement)

    def _item(self, name: str, state: str, quarter: Quarter | None = None) -> int:
        with self.centre.database.read() as connection:
            wanted = select(evidence.c.id).where(
                evidence.c.department_id == self._department_id(name), evidence.c.state == state
            )
            if quarter is not None:
                wanted = wanted.where(evidence.c.quarter == quarter.code)
            return int(connection.execute(wanted).scalar_one())

    def _department_id(self, name: str) -> int:
        number = next(n for n in range(COUNT) if name_of(n) == name)
        return self.centre.departments[self.codes[number]]

    def _press(self, verb: str, name: str, quarter: Quarter) -> str:
        state = "returned" if verb == "sub.fix" else "submitted"
        item_id = self._item(name, state, quarter)
        with self.centre.database.read() as connection:
            revision = connection.execute(
                select(evidence.c.revision).where(evidence.c.id == item_id)
            ).scalar_one()
        return str(Action(verb, str(item_id), revision))

    def _receipt(self, name: str, quarter: Quarter) -> str:
        with self.centre.database.read() as connection:
            number = connection.execute(
                select(func.max(evidence.c.number)).where(
                    evidence.c.department_id == self._department_id(name),
                    evidence.c.quarter == quarter.code,
                )
            ).scalar_one()
        return f"{name}{number}号"

    # ------------------------------------------------------------ the program

    async def start(self, count: int = 1) -> None:
        self.running = [Running(self.folder, self.clock) for _ in range(count)]
        for each in self.running:
            await each.start()

    async def stop(self) -> None:
        for each in self.running:
            await each.stop()
        self.running = []

    async def moment(self, day: date, hour: int, minute: int = 0, *, acting: bool = False) -> None:
        """The clock shows this; the program ticks, and sends what is due."""
        now = at(day, hour, minute)
        draft = self.folder / "clock.new"
        draft.write_text(now.isoformat())
        draft.rename(self.clock)
        self.centre.now = now
        if acting:
            for act in self.acts.pop(day, []):
                act(day)
        if not self.running:
            return
        await asyncio.gather(*(each.app.ticker.tick() for each in self.running))
        async with asyncio.timeout(60):
            while True:
                if not self._undelivered(now):
                    return
                await asyncio.sleep(0.005)

    def _undelivered(self, now: datetime) -> int:
        with self.centre.database.read() as connection:
            return int(
                connection.execute(
                    select(func.count())
                    .select_from(outbox)
                    .where(
                        outbox.c.state.in_(("queued", "sending")),
                        or_(outbox.c.not_before.is_(None), outbox.c.not_before <= now),
                    )
                ).scalar_one()
            )

    def reminders(self) -> dict[tuple[str, date], list[str]]:
        """By person and day, as they stand on the person's page."""
        names = {user.account_id: name for name, user in self.centre.people.items()}
        found: dict[tuple[str, date], list[str]] = {}
        with self.centre.database.read() as connection:
            rows = connection.execute(
                select(web_message.c.account_id, web_message.c.body, web_message.c.at)
                .where(~web_message.c.mine)
                .order_by(web_message.c.id)
            )
            for row in rows:
                if is_reminder(row.body["text"]):
                    day = row.at.astimezone(ZONE).date()
                    found.setdefault((names[row.account_id], day), []).append(row.body["text"])
        return found


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), ZONE)


async def test_every_reminder_of_a_year(tmp_path: Path):
    year = Year(tmp_path)
    year.clock.write_text(at(FIRST_DAY, 8).isoformat())
    await year.start()
    try:
        for day in hand.days(FIRST_DAY, LAST_DAY):
            await one_day(year, day)
    finally:
        await year.stop()
    told = year.reminders()
    assert {key: len(texts) for key, texts in told.items() if len(texts) > 1} == {}
    got = {key: claims(texts[0]) for key, texts in told.items()}
    expected = year.office.expected
    wrong = [key for key in sorted({*got, *expected}) if got.get(key) != expected.get(key)]
    assert [(key, got.get(key), expected.get(key)) for key in wrong[:10]] == []
    assert len(expected) > 400
    kinds = Counter(str(claim[0]) for found in expected.values() for claim in found)
    assert set(kinds) == {"部门", "考核", "未报", "不到", "过期", "审定", "放假"}
    assert not [name for name, _ in told if name.startswith("负责人")]


async def one_day(year: Year, day: date) -> None:
    if AWAY[0] <= day <= AWAY[1]:
        if day == AWAY[0]:
            await year.stop()
        await year.moment(day, 14, acting=True)
        if day == AWAY[1]:
            await year.start()
        return
    if day == TWICE[0] or (day.day == 17 and not TWICE[0] <= day <= TWICE[1]):
        await year.stop()
        await year.start(2 if day == TWICE[0] else 1)
    elif day == TWICE[1]:
        await year.stop()
        await year.start()
    await year.moment(day, 8, 30)
    year.office.look(day)
    await year.moment(day, 9)
    if day == AHEAD:
        year.office.look(day + timedelta(days=1))
        await year.moment(day + timedelta(days=1), 10)
        year.office.look(day)
    await year.moment(day, 14, acting=True)
    if day == BACK:
        await year.moment(day - timedelta(days=1), 15)
        year.office.look(day - timedelta(days=1))
        year.office.look(day)
    await year.moment(day, 18)
