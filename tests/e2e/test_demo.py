"""`kaohe demo`, started and used as a newcomer does: in a browser, tab by tab."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from docx import Document
from playwright.async_api import Browser, Page, async_playwright, expect
from sqlalchemy import func, select

from storage.db import Database, sqlite_url
from storage.models import outbox
from templates import documents
from tests.e2e.invariants import violations
from tests.support.demonstration import (
    FLAGS,
    Demo,
    Sitting,
    accept_everything,
    complete_what_was_returned,
    demonstration,
    finish_scoring,
    release,
    start,
)

CLICKS = """
    window.clicks = 0;
    addEventListener("click", (event) => { clicks += event.isTrusted ? 1 : 0; }, true);
"""
# who sits there, and a button that only this person's menu has
TABS = {
    "李敏": "上报材料",
    "陈刚": "我的上报",
    "吴建平": "我的上报",
    "王琳": "审核材料",
    "赵倩": "评分",
    "徐晨": "评分",
    "周敏": "管理",
    "孙宏": "发布",
    "程立": "考核结果",
    "任洁": "考核结果",
}
MORNING = datetime(2026, 10, 12, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
CASE = "帮盲人按摩师办健康证明\n按摩师看不见表格，窗口人员逐项念给他听，当天拿到。"

expect.set_options(timeout=20_000)


# ---------------------------------------------------------------- in the terminal


async def test_ctrl_c_ends_it_and_leaves_nothing(tmp_path):
    async with demonstration(tmp_path) as demo:
        assert len(list(tmp_path.glob("kaohe-demo-*"))) == 1
        assert "按 Ctrl-C 结束" in demo.said[0]
        assert await demo.interrupted() == 0
        assert await demo.complaints() == ""
    assert list(tmp_path.iterdir()) == []


async def test_a_port_in_use_is_said_in_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        demo = await start(tmp_path, KAOHE_HTTP_PORT=str(taken.getsockname()[1]))
        assert await demo.line() == ""
        assert await demo.process.wait() == 1
    assert (await demo.complaints()).splitlines()[-1] == (
        "端口已被占用，请停掉占用它的程序，或用 KAOHE_HTTP_PORT 换一个端口。"
    )


async def test_a_clock_before_the_notice_is_refused_in_one_sentence(tmp_path):
    demo = await start(tmp_path, KAOHE_CLOCK="2023-06-15T10:00")
    assert await demo.line() == ""
    assert await demo.process.wait() == 1
    said = await demo.complaints()
    assert said == "2023年第一季度还没有考核办法，请把 KAOHE_CLOCK 改晚一些。\n"


async def test_a_clock_that_is_given_is_kept(tmp_path):
    async with demonstration(tmp_path, KAOHE_CLOCK="2026-10-15T14:05") as demo:
        assert "10月15日 14:05" in demo.said[0]
        assert await demo.enter() == "现在是10月16日 09:30，请刷新页面。"
        assert await demo.enter() == "现在是10月19日 09:30，请刷新页面。"


async def test_what_it_has_lived_through_is_sound_and_the_morning_is_quiet(tmp_path):
    """What was told before the page opened is shown nowhere, and nothing comes by itself."""
    async with demonstration(tmp_path, KAOHE_CLOCK=MORNING.isoformat()):
        [folder] = tmp_path.glob("kaohe-demo-*")
        await asyncio.sleep(2.5)  # the timed rules have had their first say
        url = str(sqlite_url(folder / "kaohe.sqlite"))
        found = violations(url, folder / "files")
        assert [each for each in found if "was sent, nobody knows as what" not in each] == []
        database = Database(url)
        try:
            with database.read() as connection:
                last = connection.execute(select(func.max(outbox.c.created_at))).scalar_one()
        finally:
            database.close()
        assert last < MORNING


# ---------------------------------------------------------------- in the browser


@pytest_asyncio.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    async with demonstration(tmp_path) as demo:
        yield demo


@pytest_asyncio.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A fresh window; whatever the page complains of fails the test."""
    faults: list[str] = []
    context = await browser.new_context(
        viewport={"width": 1100, "height": 760}, reduced_motion="reduce", accept_downloads=True
    )
    page = await context.new_page()
    page.set_default_timeout(20_000)
    await page.add_init_script(CLICKS)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield page
    await context.close()
    assert faults == []


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "现场.png"
    path.write_bytes(documents.render("demo_picture", {"scene": "visit"}))
    return path


@pytest.mark.browser
@pytest.mark.slow
async def test_a_newcomer_submits_and_accepts_within_fourteen_clicks(demo, page, photo):
    someone = Sitting(page)
    await someone.open(demo.url)
    await someone.click("上报材料")
    await someone.click("帮办案例")
    await someone.hears("还缺")
    await someone.attach(photo)
    await someone.type(CASE)
    await someone.hears("附件（1）")
    await someone.click("今天")
    await someone.hears("内容齐了")
    await someone.click("确认提交")
    await someone.hears("已收到，回执号 市场监管局1号")
    await someone.sit("王琳")
    await someone.click("审核材料")
    await someone.click("看20")
    await someone.hears("帮盲人按摩师办健康证明")
    await someone.click("采纳")
    await expect(page.get_by_role("status").get_by_text("已采纳 市场监管局1号")).to_be_visible()
    assert await page.evaluate("clicks") == 9
    await someone.sit("李敏")
    await someone.hears("市场监管局1号 已采纳")
    await fits_a_telephone(page)
    assert await serious(page) == []


async def fits_a_telephone(page: Page) -> None:
    await page.set_viewport_size({"width": 360, "height": 700})
    wide = "document.documentElement.scrollWidth"
    assert await page.evaluate(wide) == 360
    chats = page.locator(".chat:not([hidden]) .scroll")
    assert await chats.evaluate("node => node.scrollWidth - node.clientWidth") == 0


async def serious(page: Page) -> list[str]:
    results = await Axe().run(page)
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in results.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.browser
async def test_every_tab_begins_with_a_menu(demo, page):
    someone = Sitting(page)
    await someone.open(demo.url)
    await expect(page.get_by_role("tab")).to_have_count(len(TABS))
    for name, label in TABS.items():
        await someone.sit(name)
        await someone.hears(f"{name}您好，您是")
        buttons = someone.chat.get_by_role("button", name=label, exact=True)
        await expect(buttons.last).to_be_visible()
    await someone.sit("李敏")
    await expect(someone.chat.locator(".message .text").first).to_contain_text("退回补充")
    await someone.sit("赵倩")
    recalled = someone.chat.locator(".message .text", has_text="税务局“服务评价”有新的材料")
    await expect(recalled).to_be_visible()
    await fits_a_telephone(page)
    assert await serious(page) == []


@pytest.mark.browser
async def test_the_published_quarter_is_there(demo, page):
    """The result, one's own sheet as a file that opens, and the quarter before on a card."""
    someone = Sitting(page)
    await someone.open(demo.url)
    await someone.click("考核结果")
    await someone.hears("市场监督管理局")
    await someone.hears("总分99分（基础分94.5分，加分4.5分），第7名")
    await someone.click("下载评分表")
    sheet = someone.chat.locator("a.file").last
    await expect(sheet).to_contain_text("市场监管局")
    async with page.expect_download() as downloading:
        await sheet.click()
    path = await (await downloading.value).path()
    scores = [row.cells[4].text for table in Document(str(path)).tables for row in table.rows]
    base = ["9.5", "5", "4.5", "9.5", "10", "10", "9", "19", "9.5", "8.5", "94.5"]
    bonus = ["4", "0", "0.5", "0", "99"]
    assert [each for each in scores if each != "评分"] == [*base, *bonus]
    await someone.sit("徐晨")
    await someone.type("/score")
    await someone.click("线上帮办")
    await someone.click("民政局")
    await someone.hears("上季度：不涉及")
    await someone.hears("沿用上季度")
    await someone.sit("任洁")
    await someone.click("考核结果")
    await someone.hears("1. 规划资源局 102.5分")
    assert await serious(page) == []


@pytest.mark.browser
@pytest.mark.slow
async def test_a_visitor_can_finish_the_quarter(demo, page):
    someone = Sitting(page)
    await someone.open(demo.url)
    await complete_what_was_returned(someone)
    await accept_everything(someone)
    await finish_scoring(someone)
    await someone.sit("周敏")
    await someone.hears("所有评分项都已提交")
    await someone.click("发布")
    await someone.hears("报送还没有结束")
    await demo.enter()
    await demo.enter()
    await release(someone)
    for name in TABS:
        await someone.sit(name)
        title = someone.chat.locator(".message b", has_text="季度常驻部门考核结果")
        await expect(title.first).to_be_visible()
    await someone.sit("陈刚")
    sheet = someone.chat.locator("a.file").last
    await expect(sheet).to_contain_text("公安分局")
    async with page.expect_download() as downloading:
        await sheet.click()
    download = await downloading.value
    assert download.suggested_filename.endswith("考核量化评分表.docx")
    assert await download.failure() is None
    assert await serious(page) == []
