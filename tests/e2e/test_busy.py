"""SQLite has one writer: whoever comes while another one writes for long is told so, in a sentence
and without a trace, has changed nothing and may simply try again."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.support.program import Program
from tests.support.workbooks import workbook

BUSY = "数据库正忙，没有做成，请稍后再试一次；总是这样的，请停掉占用它的程序（如备份、查看工具）。"
SHEETS = {"部门": [("部门全称",), ("司法局",)]}

pytestmark = pytest.mark.slow


async def test_a_busy_database_is_said_in_a_sentence(tmp_path: Path):
    program = Program(tmp_path)
    await program.admin_code("张伟")
    file = tmp_path / "部门.xlsx"
    file.write_bytes(workbook(SHEETS))
    importing = ("import", "departments", str(file), "--yes")
    verbs = (importing, ("tick",), ("init", "--admin", "张伟"), ("outbox", "retry", "--all"))
    other = sqlite3.connect(program.data / "kaohe.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    *ended, doctor = await asyncio.gather(*(program.verb(*each) for each in (*verbs, ("doctor",))))
    for code, out, errors in ended:
        assert code == 1
        assert errors.splitlines()[-1] == BUSY
        assert "Traceback" not in out + errors
    assert doctor[0] == 1
    assert f"不行  数据库：{BUSY}" in doctor[1].splitlines()
    other.execute("ROLLBACK")
    other.close()
    code, out, _ = await program.verb(*importing)
    assert (code, out.splitlines()[-1]) == (0, "已导入，共 1 处变化。")


async def test_verbs_and_the_running_program_take_turns(tmp_path: Path):
    """None of them fails: each waits for the others."""
    async with Program(tmp_path) as program:
        await program.admin_code("张伟")
        await program.start()
        files = []
        for number in range(4):
            files.append(tmp_path / f"{number}.xlsx")
            files[-1].write_bytes(
                workbook({"部门": [("部门全称",), (f"{'甲乙丙丁'[number]}局",)]})
            )
        ended = await asyncio.gather(
            *(program.verb("import", "departments", str(each), "--yes") for each in files),
            program.verb("tick"),
            program.verb("init", "--admin", "张伟"),
        )
        assert [code for code, _, _ in ended] == [0] * 6
        assert await program.stop() == 0
        assert not any("Traceback" in line for line in program.log)
