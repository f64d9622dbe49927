"""`kaohe import` on a real installation: words, exit codes, effects, all or nothing."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import departments, people, schema
from storage.db import Database, sqlite_url
from storage.models import audit
from tests.bot.command_line import ROOT, kaohe
from tests.chat import MORNING
from tests.support.workbooks import changed, rows_of, workbook

HEADER = ("部门全称", "简称", "代码")
TWO = workbook({"部门": [HEADER, ("司法局",), ("民政局", "民政", "MZ")]})
LINES = "新增部门司法局，简称司法局，代码SF\n新增部门民政局，简称民政，代码MZ\n"


@dataclass
class House:
    folder: Path
    database: Database

    def runs(self, *arguments: str) -> tuple[int, str, str]:
        return kaohe(*arguments, cwd=self.folder, KAOHE_DATA_DIR=str(self.folder / "data"))

    def file(self, content: bytes, name: str = "部门.xlsx") -> str:
        (self.folder / name).write_bytes(content)
        return name

    def codes(self) -> list[str]:
        with self.database.read() as connection:
            return [each.code for each in departments.departments(connection)]


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    (tmp_path / "data").mkdir(mode=0o700)
    database = Database(sqlite_url(tmp_path / "data" / "kaohe.sqlite"))
    schema.bring_up_to_date(database)
    with database.begin() as connection:
        for name in ("张伟", "李敏"):
            person_id = people.add_person(connection, name=name, now=MORNING)
            role = "admin" if name == "张伟" else "auditor"
            people.grant_role(connection, person_id=person_id, role_name=role, now=MORNING)
    yield House(tmp_path, database)
    database.close()


def test_differences_then_yes(house):
    file = house.file(TWO)
    assert house.runs("import", "departments", file) == (
        1,
        LINES,
        "还没有导入：核对无误后，请加 --yes 再运行一次。\n",
    )
    assert house.codes() == []
    told = (0, f"{LINES}已导入，共 2 处变化。\n", "")
    assert house.runs("import", "departments", file, "--yes") == told
    assert house.codes() == ["SF", "MZ"]
    again = (0, "与现有内容一致，没有需要导入的变化。\n", "")
    assert house.runs("import", "departments", file, "--yes") == again


@pytest.mark.parametrize(
    ("answer", "codes", "last"),
    [("y", ["SF", "MZ"], "已导入，共 2 处变化。"), ("n", [], "已放弃，什么都没有改动。")],
)
def test_on_a_terminal_it_asks(answer, codes, last, house):
    near, far = pty.openpty()
    environ = {key: value for key, value in os.environ.items() if not key.startswith("KAOHE_")}
    os.write(near, f"{answer}\n".encode())
    data = str(house.folder / "data")
    variables = {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "KAOHE_DATA_DIR": data}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "import", "departments", house.file(TWO)],
        cwd=house.folder,
        env=environ | variables,
        stdin=far,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    os.close(near)
    os.close(far)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"确认导入请输入 y：{last}")
    assert house.codes() == codes


def test_who_did_it_is_written_down(house):
    file = house.file(TWO)
    assert house.runs("import", "departments", file, "--yes", "--by", "张伟")[0] == 0
    with house.database.read() as connection:
        [zhang] = people.persons_named(connection, "张伟")
        acts = connection.execute(select(audit.c.action, audit.c.person_id).order_by(audit.c.id))
        assert acts.all() == [
            ("department.add", zhang.id),
            ("department.add", zhang.id),
            ("import.apply", zhang.id),
        ]


@pytest.mark.parametrize("name", ["李敏", "无名"])
def test_nobody_who_may_not_is_named(name, house):
    assert house.runs("import", "departments", house.file(TWO), "--yes", "--by", name) == (
        1,
        "",
        f"没有姓名为{name}、可以导入的人员（管理员），请核对 --by。\n",
    )
    assert house.codes() == []


def test_all_faults_and_nothing_done(house):
    rows = [(None, f"x{n}") for n in range(30)]
    code, out, errors = house.runs(
        "import",
        "departments",
        house.file(workbook({"部门": [HEADER, ("司法局",), *rows]})),
        "--yes",
    )
    lines = errors.splitlines()
    assert (code, out, len(lines)) == (1, "", 31)
    assert lines[0] == "部门 第3行A列：“部门全称”没有填，请补上。"
    assert lines[-1] == "共 30 处需要改，全部都没有导入，请改好后再试。"
    assert house.codes() == []


def test_a_sheet_that_is_missing(house):
    assert house.runs("import", "people", house.file(TWO, "a.xlsx")) == (
        1,
        "",
        "人员：缺少名为“人员”的工作表，请用取到的表格填写，不要改工作表名称。\n"
        "共 1 处需要改，全部都没有导入，请改好后再试。\n",
    )


BAD = {
    "没有的.xlsx": (None, "没有文件 没有的.xlsx，请检查路径。"),
    "a.csv": (b"x", "“a.csv”不是 .xlsx 表格，没有读取。"),
    "b.xlsx": (
        TWO[:2000],
        "“b.xlsx”打不开，可能没有传完整、设有打开密码，或其实不是 .xlsx 表格。",
    ),
    "c.xlsx": (changed(TWO, "xl/workbook.xml", b"<x>"), "“c.xlsx”打不开，"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read(name, house):
    content, said = BAD[name]
    if content is not None:
        house.file(content, name)
    code, out, errors = house.runs("import", "departments", name, "--yes")
    assert (code, out, errors.startswith(said)) == (1, "", True)


def test_the_template_goes_round(house):
    house.runs("import", "departments", house.file(TWO), "--yes")
    told = house.runs("import", "departments", "--template", "表.xlsx")
    assert told == (
        0,
        "已写 表.xlsx，现有内容已填在里面。填好后用 kaohe import departments 表.xlsx 导入。\n",
        "",
    )
    written = (house.folder / "表.xlsx").read_bytes()
    assert rows_of(written, "部门")[1:] == [
        ["司法局", "司法局", "SF", None, None],
        ["民政局", "民政", "MZ", None, None],
    ]
    unchanged = (0, "与现有内容一致，没有需要导入的变化。\n", "")
    assert house.runs("import", "departments", "表.xlsx") == unchanged
    refused = (1, "", "表.xlsx 已经存在，没有覆盖，请换一个文件名。\n")
    assert house.runs("import", "departments", "--template", "表.xlsx") == refused
    code, _, errors = house.runs("import", "people", "--template", "没有的目录/表.xlsx")
    assert (code, errors) == (
        1,
        "读不出或写不进文件（No such file or directory），请检查路径和权限。\n",
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("import",),
        ("import", "departments"),
        ("import", "nothing", "a.xlsx"),
        ("import", "departments", "a.xlsx", "--template", "b.xlsx"),
        ("import", "departments", "a.xlsx", "--quarter", "Q9"),
    ],
)
def test_wrong_usage(arguments, house):
    code, out, errors = house.runs(*arguments)
    assert (code, out, errors.startswith("命令不完整或有误：")) == (2, "", True)


def test_before_there_is_a_database(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(TWO)
    code, _, errors = kaohe(
        "import", "departments", "a.xlsx", cwd=tmp_path, KAOHE_DATA_DIR=str(tmp_path / "none")
    )
    assert (code, errors.startswith("还没有数据库，请先运行 kaohe init")) == (1, True)
