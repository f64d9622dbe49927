"""How many taps a row costs, counted at the real program: on Telegram and in the web chat.

35 departments. A command or a word that is typed counts as a tap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rubric import edition as editions
from storage import departments, people, sections
from storage.db import Database
from storage.models import score
from storage.scores import OWNER_SEAT
from tests.doubles.client import child
from tests.e2e.expected import quoted
from tests.e2e.on_page import OnPage, browsing
from tests.e2e.on_telegram import OnTelegram
from tests.e2e.persons import Person, Shown
from tests.support.program import BotApi, Program
from tests.support.scoring import ROWS

MANY = 35
ADMIN = "周敏"
CLOCK = "2026-11-03T10:00:00+08:00"
NAMES = [f"第{number:02d}分局" for number in range(1, MANY + 1)]
FULL_WITH_EXCEPTIONS, JUDGED_EACH, WHOLE_FORM = 20, 3, 600
EXCEPTIONS = NAMES[3:8]
JUDGED = ("service_ratings", "discipline")  # rows in which each department is judged


@dataclass
class Counted:
    """A person whose taps are counted."""

    person: Person
    taps: int = 0

    async def says(self, text: str, then: str) -> Shown:
        self.taps += 1
        await self.person.says(text)
        return await self.person.waits_for(then)

    async def presses(self, label: str, then: str) -> Shown:
        self.taps += 1
        await self.person.presses(label)
        return await self.person.waits_for(then)

    def so_far(self) -> int:
        """Taps since last asked."""
        taken, self.taps = self.taps, 0
        return taken


def _furnish(url: str) -> None:
    """The departments, and the administrator as the evaluator of every row."""
    now = datetime.now(UTC)
    database = Database(url)
    with database.begin() as connection:
        (office,) = sections.sections(connection)
        for number, name in enumerate(NAMES):
            code = f"A{chr(ord('A') + number // 26)}{chr(ord('A') + number % 26)}"
            departments.add_department(connection, name=f"{name}机关", short_name=name, code=code)
        (admin,) = people.persons_named(connection, ADMIN)
        people.grant_role(
            connection, person_id=admin.id, role_name="evaluator", section_id=office.id, now=now
        )
    database.close()


def _installation(folder: Path, telegram: BotApi | None = None) -> Program:
    return Program(
        folder,
        telegram=telegram,
        environment={
            "KAOHE_CLOCK": CLOCK,
            "KAOHE_TELEGRAM_RATE": "1000",
            "KAOHE_TELEGRAM_CHAT_RATE": "1000",
        },
    )


async def _full_marks_with_exceptions(user: Counted, row: str) -> None:
    """All at once, then five that are worse, then handed in."""
    card = await user.says("评分", "请选择评分项")
    card = await user.presses(card.button(f"{row} 0/"), f"还有{MANY}个部门未评")
    card = await user.presses("全部记满分", f"已为{MANY}个未评部门记")
    for name in EXCEPTIONS:
        card = await user.presses(card.button(f"{name} "), "请直接输入分数")
        card = await _worse(user, card, name)
    await _hands_in(user, row)


async def _worse(user: Counted, card: Shown, name: str) -> Shown:
    """The second best value, with the first of the reasons."""
    value = next(label for label in card.buttons if label.replace(".", "").isdecimal())
    worse = card.buttons[card.buttons.index(value) + 1]
    question = await user.presses(worse, "请选择或输入理由")
    return await user.presses(question.buttons[0], f"✓ {name}：{worse}分，已记下。")


async def _each_judged(user: Counted, row: str) -> None:
    card = await user.says("评分", "请选择评分项")
    card = await user.presses(card.button(f"{row} 0/"), f"还有{MANY}个部门未评")
    card = await user.presses(f"{NAMES[0]} 未评", "请直接输入分数")
    for name in NAMES:
        card = await _worse(user, card, name)
    await _hands_in(user, row)


async def _nothing_in_the_bonus(user: Counted, row: str) -> None:
    card = await user.says("评分", "请选择评分项")
    await user.presses(card.button(f"{row} 0/"), f"还有{MANY}个部门未评")
    await user.presses("其余记0分", f"已为{MANY}个未评部门记0分")
    await _hands_in(user, row)


async def _hands_in(user: Counted, row: str) -> None:
    await user.presses("提交本行评分", "提交后计入结果")
    await user.presses("提交本行评分", f"{quoted(row)}已提交。")


async def _whole_form(user: Counted, url: str) -> None:
    whole = 0
    for row in ROWS:
        if row.bonus:
            await _nothing_in_the_bonus(user, row.name)
            bound = FULL_WITH_EXCEPTIONS
        elif row.id in JUDGED:
            await _each_judged(user, row.name)
            bound = MANY * JUDGED_EACH
        else:
            await _full_marks_with_exceptions(user, row.name)
            bound = FULL_WITH_EXCEPTIONS
        taken = user.so_far()
        assert taken <= bound, (row.name, taken)
        whole += taken
    assert whole <= WHOLE_FORM
    _check_what_is_kept(url)


def _check_what_is_kept(url: str) -> None:
    """490 cells, all handed in, with the values that were meant."""
    database = Database(url)
    with database.read() as connection:
        rows = connection.execute(score.select().where(score.c.latest, ~score.c.open)).all()
    database.close()
    assert len(rows) == len(ROWS) * MANY
    assert {row.seat for row in rows} == {OWNER_SEAT}
    assert all(row.handed_at for row in rows)
    for row in editions.find("2023-17").indicators:
        full = 0 if row.bonus else row.points * 100
        values = [each.hundredths for each in rows if each.indicator == row.id]
        worse = MANY if row.id in JUDGED else 0 if row.bonus else len(EXCEPTIONS)
        assert values.count(full - 50) == worse
        assert values.count(full) == MANY - worse


@pytest.mark.slow
async def test_taps_on_telegram(tmp_path: Path):
    async with child() as control, _installation(tmp_path, control) as program:
        code = await program.admin_code(ADMIN)
        url = f"sqlite:///{program.data / 'kaohe.sqlite'}"
        _furnish(url)
        await program.start()
        person = await OnTelegram.joins(control, ADMIN)
        await person.enters(code)
        await person.waits_for("请选择")
        await _whole_form(Counted(person), url)
        assert await control.bugs() == []


@pytest.mark.slow
@pytest.mark.browser
async def test_taps_in_the_web_chat(tmp_path: Path, chromium: Path):
    async with _installation(tmp_path) as program, browsing(chromium) as browser:
        code = await program.admin_code(ADMIN)
        url = f"sqlite:///{program.data / 'kaohe.sqlite'}"
        _furnish(url)
        await program.start()
        page = await OnPage.joins(browser, ADMIN, program.url)
        await page.enters(code)
        await page.waits_for("请选择")
        await _whole_form(Counted(page), url)
        assert page.faults == []
