"""Workbooks sent to the real program: read in its child, confirmed once, with kills in between;
what no program should open is answered in a sentence, and it goes on serving."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from storage import departments, people
from storage.db import Database
from storage.models import import_file, inbox
from tests.doubles.client import child
from tests.doubles.person import Person
from tests.e2e.ground import Ground, grounded
from tests.support import workbooks
from tests.support.samples import office
from tests.support.workbooks import SHEET, changed, workbook

HEADER = ("部门全称", "简称", "代码")
TWO = workbook({"部门": [HEADER, ("司法局",), ("民政局", "民政", "MZ")]})
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PATIENT = 60.0


@asynccontextmanager
async def administered(folder: Path) -> AsyncIterator[tuple[Ground, Person]]:
    """The program's ground, and a liaison who is the administrator besides."""
    async with child() as control, grounded(folder, control, liaisons=1) as ground:
        liaison = ground.liaisons[0]
        with _database(ground).begin() as connection:
            people.grant_role(
                connection,
                person_id=liaison.person_id,
                role_name="admin",
                now=datetime.now(UTC),
            )
        yield ground, liaison.person


def _database(ground: Ground) -> Database:
    return Database(ground.database_url)


async def sends(person: Person, content: bytes, name: str = "部门.xlsx") -> None:
    await person.sends_document(content, name=name, mime=XLSX)


def codes(ground: Ground) -> list[str]:
    with _database(ground).read() as connection:
        return [each.code for each in departments.departments(connection)]


async def _killed_and_started(ground: Ground) -> None:
    ground.program.kill()
    await ground.program.ended()
    await ground.program.start()


async def test_a_kill_before_and_after_it_is_read(tmp_path: Path):
    async with administered(tmp_path) as (ground, admin):
        await ground.program.start()
        await sends(admin, TWO)
        await admin.waits_for("正在读取", timeout=PATIENT)
        await _killed_and_started(ground)
        card = await admin.waits_for("确认导入", timeout=PATIENT)
        assert "新增部门司法局，简称司法局，代码SF" in card.text
        await _killed_and_started(ground)
        await admin.presses("确认导入")
        await admin.waits_for("已导入部门，共2处变化", timeout=PATIENT)
        assert codes(ground) == ["SCJG", "GA", "YB", "SF", "MZ"]


WILD = {
    "炸弹.xlsx": (workbooks.many_cells(3_000_000), "“炸弹.xlsx”解压后大得不合常理，没有读取。"),
    "实体.xlsx": (workbooks.laughing(), "“实体.xlsx”打不开，"),
    "谎报.xlsx": (workbooks.lying(50_000_000), "“谎报.xlsx”打不开，"),
    "重叠.xlsx": (workbooks.overlapping(), "“重叠.xlsx”解压后大得不合常理，没有读取。"),
    "宏.xlsx": (office("xl", {"xl/vbaProject.bin": b"x"}), "“宏.xlsx”带有宏，没有读取。"),
    "断.xlsx": (TWO[: len(TWO) // 2], "“断.xlsx”打不开，"),
    "坏.xlsx": (changed(TWO, SHEET, b"<x"), "“坏.xlsx”打不开，"),
    "太大.xlsx": (workbook({"部门": [["x"]] * 20_001}), "“太大.xlsx”内容太多，没有读取。"),
}


async def test_nothing_that_is_sent_stops_it(tmp_path: Path):
    async with administered(tmp_path) as (ground, admin):
        await ground.program.start()
        for name, (content, said) in WILD.items():
            await sends(admin, content, name)
            await admin.waits_for(said, timeout=PATIENT)
        await sends(admin, TWO)
        await admin.waits_for("确认导入", timeout=PATIENT)
        assert codes(ground) == ["SCJG", "GA", "YB"]
        with _database(ground).read() as connection:
            states = connection.execute(select(import_file.c.state).order_by(import_file.c.id))
            assert states.scalars().all() == ["faulty"] * 8 + ["waiting"]
            parked = connection.execute(select(inbox.c.key).where(inbox.c.parked.is_not(None)))
            assert parked.all() == []
        assert not any("司法局" in line for line in ground.program.log)
