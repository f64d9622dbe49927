"""Makes the pictures of the README anew: `python -m tests.e2e.pictures`.

From the demonstration, at a fixed moment, so that only what has changed in the page changes them.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Page, ViewportSize, async_playwright, expect

from templates import documents
from tests.support import needs
from tests.support.demonstration import (
    FLAGS,
    Sitting,
    accept_everything,
    complete_what_was_returned,
    demonstration,
    finish_scoring,
    release,
)
from tests.support.program import ROOT

FOLDER = ROOT / "templates" / "pictures"
MOMENT = "2026-10-12T09:30"
SIZE: ViewportSize = {"width": 970, "height": 860}
LARGEST = 150_000  # bytes
CASE = "到病房帮店主办执照延续\n店主住院，不能到窗口。窗口人员带设备到病房核验身份，当天办结。"


async def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        async with (
            demonstration(Path(folder), KAOHE_CLOCK=MOMENT) as demo,
            async_playwright() as playwright,
        ):
            browser = await playwright.chromium.launch(
                executable_path=needs.chromium(), args=FLAGS
            )
            page = await browser.new_page(viewport=SIZE, reduced_motion="reduce")
            someone = Sitting(page)
            await someone.open(demo.url)
            await _report(someone, Path(folder) / "病房办理.png")
            await _review(someone)
            await _score(someone)
            await complete_what_was_returned(someone)
            await accept_everything(someone)
            await finish_scoring(someone)
            await demo.enter()
            await demo.enter()
            await page.reload()
            await release(someone)
            await someone.sit("李敏")
            await someone.hears("市场监督管理局2026年第三季度考核量化评分表")
            await _take(page, "result")
            await browser.close()
    return 0


async def _report(someone: Sitting, photo: Path) -> None:
    content = documents.render("demo_picture", {"scene": "visit", "stamp": "2026-09-29 10:22"})
    await asyncio.to_thread(photo.write_bytes, content)
    await someone.click("上报材料")
    await someone.click("帮办案例")
    await someone.hears("还缺")
    await someone.type("9月29日")
    await someone.hears("计入2026年第三季度")
    await someone.attach(photo)
    await someone.type(CASE)
    await someone.hears("内容齐了")
    await someone.click("确认提交")
    await someone.hears("已收到，回执号")
    await _take(someone.page, "receipt")


async def _review(someone: Sitting) -> None:
    await someone.sit("王琳")
    await someone.click("审核材料")
    await someone.hears("审核 1/3")
    await someone.click("跳过")
    await someone.hears("审核 2/3")
    await someone.click("跳过")
    await someone.hears("审核 3/3")
    await someone.click("查看附件")
    await expect(someone.chat.locator("img.thumb")).to_have_count(1)
    await someone.hears("审核 3/3")
    await _take(someone.page, "review")
    await someone.click("采纳")
    await someone.hears("审核 1/2")


async def _score(someone: Sitting) -> None:
    await someone.type("评分")
    await someone.hears("请选择评分项")
    await someone.click("窗口业务支撑")
    await someone.hears("请选择部门")
    await someone.click("公积金中心")
    await someone.hears("公积金中心1号")
    await _take(someone.page, "score")
    await someone.click("返回")
    await someone.hears("请选择部门")
    await someone.click("返回")
    await someone.hears("请选择评分项")


async def _take(page: Page, name: str) -> None:
    await expect(page.locator(".button.chosen")).to_have_count(0)
    if await page.locator(".chat:not([hidden]) img.thumb").count():
        newest = page.locator(".chat:not([hidden]) img.thumb").last
        await expect(newest).to_have_js_property("complete", True)
    await page.mouse.move(5, 5)
    await page.evaluate("document.activeElement.blur()")
    await page.locator(".toast").first.wait_for(state="detached")
    taken = await page.screenshot(path=FOLDER / f"{name}.png")
    print(f"{name}.png {len(taken)}")
    if len(taken) > LARGEST:
        raise SystemExit(f"{name}.png is larger than {LARGEST} bytes")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
