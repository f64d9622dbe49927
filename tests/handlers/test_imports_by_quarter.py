"""A workbook that is about a quarter: which one is asked before, or when it comes unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

import handlers.imports
from handlers import import_desk
from storage.models import audit
from tests.chat import Centre, File
from tests.support.workbooks import workbook

ROWS = workbook({"按季": [["甲"], ["乙"]]})


@pytest.fixture(autouse=True)
def _one_more_importer():
    folder = str(Path(__file__).parent / "importers")
    handlers.imports.__path__.append(folder)
    import_desk.known.cache_clear()
    yield
    handlers.imports.__path__.remove(folder)
    import_desk.known.cache_clear()


@pytest.fixture
def centre(tmp_path):
    return Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")


@pytest.fixture
def zhang(centre):
    zhang = centre.person("张伟", "admin")
    zhang.says("/admin")
    zhang.clicks("导入")
    return zhang


def noted(centre: Centre) -> list[str]:
    with centre.database.read() as connection:
        return list(
            connection.execute(
                select(audit.c.object).where(audit.c.action == "quarter.noted")
            ).scalars()
        )


def test_a_quarter_is_chosen(centre, zhang):
    zhang.clicks("按季")
    assert zhang.card == "请选择按季属于哪个季度，或直接发送，如“2026年第二季度”“2026Q2”。"
    assert zhang.buttons == ["2026年第四季度", "2026年第三季度", "返回"]
    zhang.clicks("2026年第三季度")
    assert zhang.card.startswith("导入按季（2026年第三季度）\n请把填好的表格")
    zhang.clicks("取表格")
    file = zhang.chat[-1].file
    assert file is not None
    assert file["name"] == "按季2026Q3.xlsx"
    zhang.sends(File("按季.xlsx", ROWS))
    centre.finish_readings()
    assert zhang.card == (
        "导入按季（2026年第三季度）？\n“按季.xlsx”会带来2处变化：\n1. 2026Q3 甲\n2. 2026Q3 乙\n"
        "请核对后确认，确认之前什么都不会改动。"
    )
    zhang.clicks("确认导入")
    assert noted(centre) == ["2026Q3 甲", "2026Q3 乙"]


def test_a_quarter_is_typed(centre, zhang):
    zhang.clicks("按季")
    zhang.says("很早以前")
    assert zhang.hears[-1] == ("没有看懂“很早以前”。季度请写成 2026Q4 或 2026年第四季度。")
    zhang.says("2024年第二季度")
    assert zhang.card.startswith("导入按季（2024年第二季度）")


def test_out_of_the_blue_it_is_asked_then(centre, zhang):
    zhang.says("菜单")
    zhang.sends(File("按季.xlsx", ROWS))
    centre.finish_readings()
    assert zhang.card == "“按季.xlsx”是要导入什么？请选择："
    assert zhang.buttons == ["导入按季：2026年第四季度", "导入按季：2026年第三季度", "放弃"]
    zhang.clicks("导入按季：2026年第四季度")
    zhang.clicks("确认导入")
    assert noted(centre) == ["2026Q4 甲", "2026Q4 乙"]


def test_what_the_importer_itself_refuses(centre, zhang):
    zhang.clicks("按季")
    zhang.clicks("2026年第三季度")
    zhang.sends(File("按季.xlsx", workbook({"按季": [["no"]]})))
    centre.finish_readings()
    assert zhang.card == "没有看懂“no”。季度请写成 2026Q4 或 2026年第四季度。"
    zhang.sends(File("按季.xlsx", ROWS))  # it is still awaited
    centre.finish_readings()
    assert zhang.buttons == ["确认导入", "放弃"]


@pytest.mark.parametrize("action", ["im.kind:quarterly:0:2026Q9", "im.tpl:quarterly"])
def test_a_forged_quarter(action, zhang):
    zhang.presses(action)
    assert zhang.hears[-1].startswith("没有找到这项内容，或您没有相应权限。")


def test_the_template_while_something_else_waits(centre, zhang):
    zhang.clicks("按季")
    zhang.clicks("2026年第三季度")
    template = zhang.button("取表格")
    zhang.says("/admin")
    zhang.clicks("部门")
    zhang.clicks("添加部门")
    zhang.presses(template)
    zhang.says("教育局")
    assert zhang.card.startswith("教育局（JY）")
