"""Makes the pictures of both READMEs anew: `python -m tests.e2e.pictures`.

From the demonstration, at a fixed moment, so that only what has changed in the page changes them.
Each is small, and shows what one of the roles gets or does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl import load_workbook
from playwright.async_api import FloatRect, Locator, Page, ViewportSize, async_playwright, expect

from templates import documents
from tests.support import needs
from tests.support.demonstration import (
    FLAGS,
    Sitting,
    accept_everything,
    complete_what_was_returned,
    demonstration,
    finish_scoring,
    propose,
)
from tests.support.program import ROOT

FOLDER = ROOT / "templates" / "pictures"
MOMENT = "2026-10-12T09:30"
SIZE: ViewportSize = {"width": 970, "height": 860}
LARGEST = 150_000  # bytes
TALL: ViewportSize = {"width": 970, "height": 1500}
CARD: FloatRect = {"x": 62, "y": 149, "width": 600, "height": 640}  # of the page in SIZE
NEWCOMERS = (  # name, roles, departments
    ("冯洁", "联络员", "交通委"),
    ("常青", "部门负责人", "交通委"),
    ("董洁", "联络员", "生态环境局、水务局"),
    ("于波", "部门负责人", "生态环境局"),
    ("乔丽", "联络员", "科委"),
    ("段鹏", "部门负责人", "科委"),
    ("雷敏", "审计员", ""),
)
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
            await _take_message(someone, "提醒 ", "reminder")
            await _own_progress(someone)
            await _report(someone, Path(folder) / "病房办理.png")
            await _review(someone)
            await _score(someone)
            await complete_what_was_returned(someone)
            await accept_everything(someone)
            await finish_scoring(someone)
            await demo.enter()
            await demo.enter()
            await page.reload()
            await propose(someone)
            await _take_end(page, "release")
            await someone.click("同意发布")
            await someone.sit("李敏")
            await someone.hears("市场监督管理局2026年第三季度考核量化评分表")
            await _take(page, "result")
            await someone.sit("任洁")
            await someone.hears("2026年第三季度常驻部门考核结果")
            ranking = someone.chat.locator(".message").filter(has=page.locator("img.thumb"))
            await _take_alone(page, ranking.last, "member")
            await _audit(someone)
            await _import(someone, Path(folder))
            await _slips(Path(folder))
            await browser.close()
    return 0


async def _own_progress(someone: Sitting) -> None:
    await someone.sit("吴建平")
    await someone.type("进度")
    await someone.hears("2026年第三季度进度")
    await someone.click("切换到2026年第四季度")
    await someone.hears("还没有上报过材料")
    await _take_message(someone, "还没有上报过材料", "head")
    await someone.sit("李敏")


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


async def _audit(someone: Sitting) -> None:
    await someone.sit("程立")
    await someone.type("审计")
    await someone.hears("可查找")
    await someone.type("李敏 2026Q3")
    await someone.hears("条件：")
    await _take_message(someone, "条件：", "audit")


async def _import(someone: Sitting, folder: Path) -> None:
    """Newcomers by a workbook."""
    await someone.sit("周敏")
    await someone.type("管理")
    await someone.hears("待使用的邀请码")
    await someone.click("导入")
    await someone.hears("请选择要导入什么")
    await someone.click("人员")
    await someone.hears("请把填好的表格")
    await someone.click("取表格")
    await someone.hears("人员表格")
    template = await _downloaded(someone, folder)
    await asyncio.to_thread(_fill, template)
    await someone.attach(template)
    await someone.chat.get_by_role("button", name="发送").click()
    await someone.hears("请核对后确认")
    await _take_message(someone, "请核对后确认", "import")


async def _slips(folder: Path) -> None:
    """The demonstration is open to this machine only, so its slips have no QR codes."""
    groups: dict[str, list[dict[str, object]]] = {}
    for number, (name, role, departments) in enumerate(NEWCOMERS):
        place = departments.split("、")[0]
        code = f"KAOHE{number}-EXAMPL-EEEEEE"
        slip: dict[str, object] = {
            "name": name,
            "roles": "、".join(f"{each}{role}" for each in departments.split("、")),
            "code": code,
            "links": {"web": f"https://kaohe.example/login#code={code.replace('-', '')}"},
            "until": "2026年10月28日（星期三）",
        }
        groups.setdefault(place or "中心", []).append(slip)
    listed = [{"name": name, "slips": slips} for name, slips in groups.items()]
    given: dict[str, str | int] = {"slips": json.dumps(listed), "login": 1}
    pdf = folder / "slips.pdf"
    content = await asyncio.to_thread(documents.render, "invite_slips", given)
    await asyncio.to_thread(pdf.write_bytes, content)
    await _take_page(pdf, "slips")


async def _downloaded(someone: Sitting, folder: Path) -> Path:
    """The newest file in the chat."""
    async with someone.page.expect_download() as downloading:
        await someone.chat.locator("a.file").last.click()
    download = await downloading.value
    path = folder / download.suggested_filename
    await download.save_as(path)
    return path


def _fill(path: Path, people: Sequence[tuple[str, str, str]] = NEWCOMERS) -> None:
    book = load_workbook(path)
    sheet = book["人员"]
    row = 1 + sum(bool(cell.value) for cell in sheet["B"])
    for name, roles, departments in people:
        for column, text in zip("BCD", (name, roles, departments), strict=True):
            sheet[f"{column}{row}"] = text or None
        row += 1
    book.save(path)


async def _take_page(pdf: Path, name: str) -> None:
    """The upper half of the first page."""
    away = ["-png", "-r", "80", "-singlefile", "-x", "0", "-y", "0", "-W", "662", "-H", "570"]
    child = await asyncio.create_subprocess_exec(needs.pdftoppm(), *away, pdf, FOLDER / name)
    if await child.wait():
        raise SystemExit(f"{pdf.name} can't be shown")
    _weigh(name)


async def _take_message(someone: Sitting, text: str, name: str) -> None:
    """The newest message with this text, alone."""
    message = someone.chat.locator(".message", has_text=text).last
    await _take_alone(someone.page, message, name)


async def _take_alone(page: Page, message: Locator, name: str) -> None:
    await page.set_viewport_size(TALL)
    await _quiet(page)
    await message.screenshot(path=FOLDER / f"{name}.png")
    await page.set_viewport_size(SIZE)
    _weigh(name)


async def _take_end(page: Page, name: str) -> None:
    """A long message's end, with its buttons."""
    await page.locator(".chat:not([hidden]) .scroll").evaluate("s => s.scrollTo(0, 1e6)")
    await _quiet(page)
    await page.screenshot(path=FOLDER / f"{name}.png", clip=CARD)
    _weigh(name)


async def _take(page: Page, name: str) -> None:
    await _quiet(page)
    await page.screenshot(path=FOLDER / f"{name}.png")
    _weigh(name)


async def _quiet(page: Page) -> None:
    await expect(page.locator(".button.chosen")).to_have_count(0)
    if await page.locator(".chat:not([hidden]) img.thumb").count():
        newest = page.locator(".chat:not([hidden]) img.thumb").last
        await expect(newest).to_have_js_property("complete", True)
    await page.mouse.move(5, 5)
    await page.evaluate("document.activeElement.blur()")
    await page.locator(".toast").first.wait_for(state="detached")


def _weigh(name: str) -> None:
    size = (FOLDER / f"{name}.png").stat().st_size
    print(f"{name}.png {size}")
    if size > LARGEST:
        raise SystemExit(f"{name}.png is larger than {LARGEST} bytes")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
