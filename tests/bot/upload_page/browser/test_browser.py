"""The upload page in a real browser: by finger and by keyboard, through refusals and restarts."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import FileChooser, Page, Route, expect

from tests.bot.upload_page.bureau import Bureau
from tests.bot.webchat.browser.steps import payload
from tests.bot.webchat.house import eventually
from tests.support.samples import GOOD, png

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SIZES = {"telephone": (360, 700), "desk": (1280, 800)}


async def open_page(page: Page, bureau: Bureau) -> None:
    await page.goto(f"{bureau.origin}/upload/{bureau.token()}")
    await expect(page.get_by_role("button", name="选文件")).to_be_visible()


async def choose(page: Page, *files: tuple[str, bytes]) -> None:
    await page.locator("#choose-input").set_input_files([payload(*file) for file in files])


async def test_files_go_up_each_for_itself_and_the_chat_shows_them(bureau, page):
    await open_page(page, bureau)
    await expect(page.locator("#what")).to_have_text("市场监管局 · （未写标题）")
    await choose(
        page,
        ("现场.png", png(40, 30)),
        ("情况说明.docx", GOOD["docx"]),
        ("空.txt", b""),
        ("程序.exe", b"MZ"),
        ("假.pdf", b"<html>"),
    )
    await expect(page.locator("#sum")).to_have_text("已收到 2 个，没有收下 3 个")
    await expect(page.locator(".upload.done .upload-name")).to_have_text(
        ["现场.png", "情况说明.docx"]
    )
    await expect(page.locator(".upload.bad .upload-state")).to_have_text(
        [re.compile("是空文件"), re.compile("不是可以接收的类型"), re.compile("与扩展名不一致")]
    )
    assert sorted(bureau.files()) == ["情况说明.docx", "现场.png"]
    await eventually(bureau.cards)
    [card] = bureau.cards()
    assert "附件（2）" in card
    await page.get_by_role("button", name="移除 程序.exe").click()
    await expect(page.locator(".upload.bad")).to_have_count(2)
    await expect(page.get_by_role("button", name="选文件")).to_be_focused()
    # a second look finds them in the draft
    await page.reload()
    await expect(page.locator(".upload-state")).to_have_text([re.compile("已在草稿里")] * 2)


async def test_the_camera(bureau, page):
    await open_page(page, bureau)
    async with page.expect_file_chooser() as opened:
        await page.get_by_role("button", name="拍照").tap()
    chooser = await opened.value
    assert await chooser.element.get_attribute("capture") == "environment"
    assert await chooser.element.get_attribute("accept") == "image/*"
    await chooser.set_files([payload("image.jpg", GOOD["jpg"])])
    await expect(page.locator(".upload-state")).to_have_text([re.compile("已收到")])
    assert bureau.files() == ["image.jpg"]


async def test_by_keyboard(bureau, page):
    opened: list[FileChooser] = []
    # before any key: a key does not wait until the browser knows of the listener
    page.on("filechooser", lambda chooser: opened.append(chooser))
    await open_page(page, bureau)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="拍照")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="选文件")).to_be_focused()
    await page.keyboard.press("Enter")
    await eventually(lambda: opened)
    assert opened[0].is_multiple()
    await opened[0].set_files([payload("空.txt", b""), payload("a.png", png())])
    await expect(page.locator("#sum")).to_have_text("已收到 1 个，没有收下 1 个")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="重试 空.txt")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".upload")).to_have_count(1)
    await expect(page.get_by_role("button", name="选文件")).to_be_focused()


async def test_progress_and_a_program_that_is_restarted_meanwhile(bureau, page):
    await open_page(page, bureau)
    held: list[Route] = []

    async def hold(route):
        if len(held) < 2:
            held.append(route)
        else:
            await route.continue_()

    await page.route("**/files", hold)
    await choose(page, ("a.png", png()), ("b.png", png(3)), ("c.png", png(4)))
    await eventually(lambda: len(held) == 2)
    await expect(page.locator("progress")).to_have_count(2)
    await expect(page.locator("#sum")).to_have_text("正在上传 3 个")
    await bureau.stop()
    for route in held:
        await route.abort()
    await expect(page.locator("#sum")).to_have_text("正在上传 3 个")
    assert bureau.files() == []
    await bureau.start()
    await expect(page.locator("#sum")).to_have_text("已收到 3 个")
    assert sorted(bureau.files()) == ["a.png", "b.png", "c.png"]
    await eventually(lambda: any("附件（3）" in card for card in bureau.cards()))


async def test_an_answer_that_is_lost_is_asked_for_again(bureau, page):
    """The file was taken, the page didn't learn it: it is not sent twice."""
    await open_page(page, bureau)
    lost: list[Route] = []

    async def lose(route):
        if not lost:
            await route.fetch()
            lost.append(route)
            await route.abort()
        else:
            await route.continue_()

    await page.route("**/files", lose)
    await choose(page, ("a.png", png()))
    await expect(page.locator("#sum")).to_have_text("已收到 1 个")
    assert (bureau.files(), len(lost)) == (["a.png"], 1)


async def test_a_refused_file_can_be_tried_again(bureau, page):
    await open_page(page, bureau)
    bureau.app.blobs.reserve = 1 << 60
    await choose(page, ("a.png", png()))
    await expect(page.locator(".upload.bad .upload-state")).to_have_text(
        re.compile("服务器存储空间不足")
    )
    bureau.app.blobs.reserve = 0
    await page.get_by_role("button", name="重试 a.png").click()
    await expect(page.locator("#sum")).to_have_text("已收到 1 个")


async def test_a_link_that_ends_while_the_page_is_open(bureau, page):
    await open_page(page, bureau)
    bureau.later(minutes=31)
    await choose(page, ("a.png", png()))
    await expect(page.get_by_role("alert").first).to_have_text(
        "链接已过期，请回到聊天里再点一次“上传材料”。"
    )
    await expect(page.get_by_role("button", name="选文件")).to_be_disabled()
    await page.reload()
    await expect(page.locator(".closed")).to_have_text(
        "链接已过期，请回到聊天里再点一次“上传材料”。"
    )


DROP = """
(files) => {
  const carried = new DataTransfer();
  for (const [name, bytes] of files) {
    carried.items.add(new File([new Uint8Array(bytes)], name));
  }
  for (const type of ["dragover", "drop"]) {
    document.body.dispatchEvent(
      new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }));
    if (type === "dragover") {
      window.curtain = getComputedStyle(document.querySelector(".drop")).display;
    }
  }
}
"""


async def test_files_dropped(bureau, page):
    await open_page(page, bureau)
    await page.evaluate(DROP, [["一.pdf", list(GOOD["pdf"])], ["二.jpg", list(GOOD["jpg"])]])
    assert await page.evaluate("window.curtain") == "grid"
    await expect(page.locator(".drop")).to_be_hidden()
    await expect(page.locator("#sum")).to_have_text("已收到 2 个")


async def test_whoever_leaves_in_the_middle_finds_the_card_all_the_same(bureau, page):
    await open_page(page, bureau)
    passed: list[Route] = []

    async def one(route):
        if not passed:
            passed.append(route)
            await route.continue_()

    await page.route("**/files", one)
    await choose(page, ("a.png", png()), ("b.png", png(3)))
    await expect(page.locator(".upload.done")).to_have_count(1)
    assert bureau.cards() == []
    await page.goto("about:blank")
    await eventually(bureau.cards)
    [card] = bureau.cards()
    assert "附件（1）" in card


# ---------------------------------------------------------------- how it looks


async def furnish(page: Page, bureau: Bureau) -> None:
    await bureau.upload(bureau.token(), "早先的照片.jpg", GOOD["jpg"])
    await open_page(page, bureau)
    await choose(
        page,
        ("现场照片.png", png(300, 200)),
        ("很长的文件名" * 15 + ".docx", GOOD["docx"]),
        ("空.txt", b""),
        ("程序" * 20 + ".exe", b"MZ"),
    )
    await expect(page.locator("#sum")).to_have_text("已收到 2 个，没有收下 2 个")

    async def hold(_route):
        pass

    await page.route("**/files", hold)
    await choose(page, ("会议纪要.pdf", GOOD["pdf"]))
    await expect(page.locator("progress")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_how_it_looks(size, scheme, bureau, browser, tmp_path):
    width, height = SIZES[size]
    in_hand = size == "telephone"
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        has_touch=in_hand,
        is_mobile=in_hand,
    )
    page = await context.new_page()
    await furnish(page, bureau)
    # a machine with a mouse has no camera to take a picture with
    await expect(page.get_by_role("button", name="拍照")).to_be_visible(visible=in_hand)
    await page.screenshot(path=tmp_path / f"upload-{size}-{scheme}.png")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await serious(page) == []
    await page.goto(f"{bureau.origin}/upload/x")
    await page.screenshot(path=tmp_path / f"closed-{size}-{scheme}.png")
    assert await serious(page) == []
    await context.close()


async def serious(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [
        f"{each['id']}: {[node['target'] for node in each['nodes']]}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
    ]
