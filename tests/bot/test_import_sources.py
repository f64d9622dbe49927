"""`kaohe import scores` and `register`, under a name, on a real installation, from a template."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from storage import departments, people, quarters, schema, scores
from storage.db import Database, sqlite_url
from storage.models import evidence
from tests.bot.command_line import kaohe
from tests.chat import MORNING
from tests.support.workbooks import saved, workbook

CLOCK = "2026-11-03T10:00:00+08:00"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "data").mkdir(mode=0o700)
    database = Database(sqlite_url(tmp_path / "data" / "kaohe.sqlite"))
    schema.bring_up_to_date(database)
    with database.begin() as connection:
        person_id = people.add_person(connection, name="周敏", now=MORNING)
        people.grant_role(connection, person_id=person_id, role_name="admin", now=MORNING)
        departments.add_department(connection, name="公安分局", short_name="公安", code="GA")
    yield database
    database.close()


def runs(folder: Path, *arguments: str) -> tuple[int, str, str]:
    return kaohe(
        "import", *arguments, cwd=folder, KAOHE_DATA_DIR=str(folder / "data"), KAOHE_CLOCK=CLOCK
    )


def test_scores_of_an_earlier_quarter_from_its_template(tmp_path: Path, database: Database):
    quarter = ("--quarter", "2026Q2")
    code, _, err = runs(tmp_path, "scores", "--template", "空表.xlsx", *quarter)
    assert (code, err) == (0, "")
    book = load_workbook(BytesIO((tmp_path / "空表.xlsx").read_bytes()))
    book["评分总表"]["C2"] = 8
    (tmp_path / "评分.xlsx").write_bytes(saved(book))
    code, out, err = runs(tmp_path, "scores", "评分.xlsx", *quarter, "--yes")
    assert (code, out) == (1, "")
    assert "--by" in err
    code, out, err = runs(tmp_path, "scores", "评分.xlsx", *quarter, "--by", "周敏", "--yes")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "公安 线上帮办：未评 → 8，理由：据历史台账导入"
    with database.read() as connection:
        (given,) = scores.of_row(connection, quarter="2026Q2", indicator="online_help").values()
        term = quarters.find(connection, "2026Q2")
    assert (given.hundredths, given.person, given.handed) == (800, "周敏", True)
    assert term is not None
    assert term.history


def test_the_register_under_a_name(tmp_path: Path, database: Database):
    lines = [
        ("日期", "部门", "标题", "载体", "级别"),
        ("2026-10-12", "公安", "一业一证", "宝山报", "区级"),
    ]
    (tmp_path / "台账.xlsx").write_bytes(workbook({"信息录用台账": lines}))
    for expected in (
        "公安 10月12日（星期一） “一业一证”（宝山报，区级）→ 2026年第四季度",
        "以前录入过，跳过：1行",
    ):
        code, out, err = runs(tmp_path, "register", "台账.xlsx", "--by", "周敏", "--yes")
        assert (code, err) == (0, "")
        assert out.splitlines()[0] == expected
    with database.read() as connection:
        rows = connection.execute(evidence.select()).mappings().all()
    assert [(row["title"], row["quarter"], row["number"]) for row in rows] == [
        ("一业一证", "2026Q4", 1)
    ]
