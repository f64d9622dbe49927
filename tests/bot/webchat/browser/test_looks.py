"""How the page looks on a desk and a telephone, to axe, and as the demonstration."""

from __future__ import annotations

import asyncio

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, expect

from bot.channels.base import OutFile
from handlers.messages import Action, Button, Inbound, Kind, Toast, grid, rows
from tests.bot.webchat.browser.steps import (
    CARD,
    DESK,
    TELEPHONE,
    answer_presses,
    log_in,
    payload,
)
from tests.bot.webchat.house import House, Persona, eventually
from tests.support.samples import GOOD, png

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def furnish(house: House) -> None:
    """One of everything that a conversation can show."""
    stored = house.blobs.put(png(300, 200))
    picture = OutFile(house.blobs.path(stored.sha256), "现场照片.png", "image/png", stored.sha256)
    paper = house.blobs.put(GOOD["docx"])
    file = OutFile(
        house.blobs.path(paper.sha256), "很长的名字" * 12 + ".docx", "x/y", paper.sha256
    )
    await house.says("李敏", "您好，<b>李敏</b>。<code>2026Q4-SCJG-003</code>", buttons=CARD)
    await house.says("李敏", "", file=picture)
    await house.says("李敏", "请查收", file=file)
    await house.says(
        "李敏", "<blockquote>" + "连续不断的长词abc" * 20 + "</blockquote>", buttons=CARD
    )
    await house.says("李敏", "https://example.com/" + "a" * 200)


@pytest.mark.parametrize("size", [DESK, TELEPHONE, (320, 568)], ids=["desk", "telephone", "small"])
async def test_nothing_sticks_out_sideways(size, house, page):
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.goto(f"{house.origin}/login")
    assert await sideways(page) == []
    await log_in(page, house)
    await furnish(house)
    await page.locator(".picker").set_input_files(
        [payload("很长的文件名" * 15 + ".docx", GOOD["docx"]), payload("空.txt", b"")]
    )
    await expect(page.locator(".chip.bad")).to_have_count(1)
    await expect(page.locator(".log .file")).to_be_visible()
    await page.locator(".menu-button").click()
    assert await sideways(page) == []


async def sideways(page: Page) -> list[str]:
    """What reaches beyond the window, or can be scrolled sideways."""
    found: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll("body :not(.unseen, .unseen *)")].filter((node) => {
          const { display, overflowX } = getComputedStyle(node);
          const scrolls = overflowX === "visible" && !display.startsWith("inline")
            && node.scrollWidth > node.clientWidth + 1;
          return node.getBoundingClientRect().right > innerWidth + 1 || scrolls;
        }).map((node) => `${node.tagName}.${node.className}`)"""
    )
    wide: bool = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return found + (["the whole page"] if wide else [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, TELEPHONE], ids=["desk", "telephone"])
async def test_axe_finds_nothing_serious(scheme, size, make_house, page):
    await page.emulate_media(color_scheme=scheme)
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    house = await make_house()
    await page.goto(f"{house.origin}/login")
    assert await serious(page) == []
    await log_in(page, house)
    assert await serious(page) == []
    await furnish(house)
    await page.get_by_role("textbox", name="输入消息").fill("一段文字 https://example.com/x")
    await page.keyboard.press("Enter")
    house.open = False
    await page.get_by_role("textbox", name="输入消息").fill("未发出的")
    await page.keyboard.press("Enter")
    await page.locator(".picker").set_input_files(
        [payload("一.pdf", GOOD["pdf"]), payload("空.txt", b"")]
    )
    await expect(page.locator(".chip.bad")).to_have_count(1)
    await expect(page.get_by_role("button", name="未发出，点此重试")).to_be_visible()
    await house.chat.acknowledge(Inbound("web:y", "web", "李敏"), Toast("已截止", alert=True))
    await expect(page.locator(".toast")).to_be_visible()
    await page.locator(".menu-button").click()
    await expect(page.locator(".menu-item")).to_be_visible()
    assert await serious(page) == []
    await page.keyboard.press("Escape")
    await page.locator(".picture").click()
    assert await serious(page) == []


async def serious(page: Page) -> list[str]:
    results = await Axe().run(page)
    return [
        f"{violation['id']}: {node['html']} {node['failureSummary']}"
        for violation in results.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


# ---------------------------------------------------------------- large cards


def press(label: str) -> Button:
    return Button(label, Action("sc.set", label, 1))


SCORES = rows(
    *grid([press(f"{half / 2:g}") for half in range(40, -1, -1)], width=6),
    press("不涉及"),
    [press("跳过"), press("返回")],
)
DEPARTMENTS = rows(*grid([press(f"市场监管{n}局") for n in range(30)], width=3), press("返回"))


@pytest.mark.parametrize(
    ("width", "columns"), [(1100, 6), (360, 6), (320, 6)], ids=["desk", "telephone", "small"]
)
async def test_many_numbers_stand_in_columns(width, columns, house, page):
    await page.set_viewport_size({"width": width, "height": 700})
    await log_in(page, house)
    await house.says("李敏", "请直接输入分数", buttons=SCORES)
    await expect(page.get_by_role("button", name="跳过")).to_be_attached()
    places = await page.locator(".numbers .button").evaluate_all(
        """(all) => all.map((one) => one.getBoundingClientRect())
          .map(({ left, width, height }) => [left, width, height].map(Math.round))"""
    )
    assert len(places) == 41
    lefts, widths, heights = (set(each) for each in zip(*places, strict=True))
    assert len(lefts) == columns
    assert max(widths) - min(widths) <= 1
    assert min(widths) >= 40
    assert heights == {44}  # no number falls into two lines
    labels = await page.locator(".choices .button").all_text_contents()
    assert labels[-4:] == ["0", "不涉及", "跳过", "返回"]
    assert await sideways(page) == []


async def test_a_card_longer_than_the_window_is_shown_from_its_beginning(house, page):
    await page.set_viewport_size({"width": 360, "height": 700})
    await log_in(page, house)
    first = await house.says("李敏", "请选择部门", buttons=DEPARTMENTS)
    await expect(page.locator(".text", has_text="请选择部门")).to_be_in_viewport(ratio=1)
    # what it becomes at a press further down, too; and that is no news that hides it
    await page.get_by_role("button", name="市场监管29局").click()
    await eventually(lambda: house.received)
    await expect(page.locator(".text", has_text="请选择部门")).not_to_be_in_viewport()
    await house.chat.edit(house.out("李敏", "请直接输入分数", buttons=SCORES), str(first))
    await expect(page.locator(".text", has_text="请直接输入分数")).to_be_in_viewport(ratio=1)
    await expect(page.get_by_role("button", name="有新消息")).to_be_hidden()
    await house.says("李敏", "已评完")
    await expect(page.locator(".text", has_text="已评完")).to_be_in_viewport()


# ---------------------------------------------------------------- the demonstration


PERSONAS = (Persona("李敏", "李敏 · 联络员"), Persona("王建国", "王建国 · 考核员"))


async def test_one_tab_a_persona(make_house, page):
    house = await make_house(terms={"personas": PERSONAS}, web={"only_on_loopback": True})
    for persona in PERSONAS:
        house.account(persona.account)
    answer_presses(house)
    await page.goto(house.origin)
    li, wang = (page.get_by_role("tab", name=persona.label) for persona in PERSONAS)
    await expect(li).to_have_attribute("aria-selected", "true")
    assert await serious(page) == []
    await page.get_by_role("textbox", name="输入消息").fill("我是李敏")
    await page.keyboard.press("Enter")
    visible = page.locator(".chat:visible .text")
    await expect(visible).to_have_text(["我是李敏", "收到：0 个文件"])
    await house.says("王建国", "请审核", buttons=CARD[:1])
    await expect(wang.locator(".dot")).to_have_text("1")
    await expect(page).to_have_title("（1）季度考核助手")
    await wang.click()
    await expect(visible).to_have_text(["请审核"])
    await expect(page).to_have_title("季度考核助手")
    await page.get_by_role("button", name="确认提交").click()
    await expect(visible).to_have_text(["请审核", "您按了 go:1:1"])
    assert [(inbound.account, inbound.kind) for inbound in house.received] == [
        ("李敏", Kind.MESSAGE),
        ("王建国", Kind.PRESS),
    ]
    # the arrows walk through the tabs; a reload comes back to the same one
    await wang.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(li).to_be_focused()
    await wang.click()
    await page.reload()
    await expect(wang).to_have_attribute("aria-selected", "true")
    await expect(visible).to_have_text(["请审核", "您按了 go:1:1"])


async def test_a_tab_pressed_while_all_are_loading_is_the_one_that_opens(make_house, page):
    house = await make_house(terms={"personas": PERSONAS}, web={"only_on_loopback": True})
    for persona in PERSONAS:
        house.account(persona.account)
    await house.says("王建国", "请审核", buttons=CARD[:1])
    gate = asyncio.Event()

    async def hold(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await page.route("**/api/messages*", hold)
    await page.goto(house.origin)
    wang = page.get_by_role("tab", name=PERSONAS[1].label)
    await wang.click()
    await wang.press("ArrowLeft")
    gate.set()
    await expect(page.locator(".chat:visible .text")).to_have_text(["请审核"])
    await expect(wang).to_have_attribute("aria-selected", "true")
    await page.get_by_role("textbox", name="输入消息").fill("我是王建国")
    await page.keyboard.press("Enter")
    await eventually(lambda: house.received)
    assert [inbound.account for inbound in house.received] == ["王建国"]
