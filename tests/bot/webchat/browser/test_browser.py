"""The page in a real browser: the whole task, with mouse or keyboard, also through a restart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markupsafe import escape
from playwright.async_api import expect

from bot.channels.base import Outgoing
from handlers.messages import Action, Button, Inbound, Style, Toast, rows
from tests.bot.webchat.browser.steps import CARD, answer_presses, bubbles, log_in, payload
from tests.bot.webchat.house import JOIN_CODE, House, eventually
from tests.support.samples import GOOD, png

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# ---------------------------------------------------------------- getting in and out


async def test_logging_in_by_a_link_and_out_again(house, page):
    code = house.code("李敏")
    await page.goto(f"{house.origin}/login#code={code}")
    await expect(page.get_by_label("登录码")).to_have_value(code)
    assert page.url == f"{house.origin}/login"
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_text("您好，这里是季度考核助手")).to_be_visible()
    assert page.url == f"{house.origin}/"
    # a link to the login page from elsewhere leads a known visitor on
    await page.goto(f"{house.origin}/login")
    await expect(page.get_by_text("您好，这里是季度考核助手")).to_be_visible()
    await page.get_by_role("button", name="退出登录").click()
    await expect(page.get_by_label("登录码")).to_be_visible()
    await page.goto(house.origin)
    assert page.url == f"{house.origin}/login"


async def test_a_wrong_code_is_said_where_it_was_typed(house, page):
    await page.goto(f"{house.origin}/login")
    await expect(page.get_by_label("登录码")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("请先输入登录码。")
    await page.keyboard.type("wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("invite.unknown")
    await expect(page.get_by_label("登录码")).to_be_focused()


async def test_a_departments_code_asks_for_the_name(house, page):
    await page.goto(f"{house.origin}/login#code={JOIN_CODE}")
    await expect(page.get_by_label("姓名")).to_be_hidden()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("linking.name_wanted")
    await expect(page.get_by_label("姓名")).to_be_focused()
    await page.keyboard.type("陆小路")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("textbox", name="输入消息")).to_be_focused()
    assert page.url == f"{house.origin}/"


async def test_a_session_that_ends_leads_to_the_login_page(house, page):
    await log_in(page, house)
    await page.get_by_role("textbox", name="输入消息").fill("写了一半")
    house.unlink("李敏")
    await expect(page.get_by_label("登录码")).to_be_visible()
    assert page.url == f"{house.origin}/login"


# ---------------------------------------------------------------- saying


async def test_texts_by_keyboard(house, page):
    answer_presses(house)
    await log_in(page, house)
    await page.keyboard.type("第一行")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("第二行")
    await page.keyboard.press("Enter")
    await expect(bubbles(page)).to_have_text(["第一行\n第二行", "收到：0 个文件"])
    assert [inbound.text for inbound in house.received] == ["第一行\n第二行"]
    await expect(page.get_by_role("textbox", name="输入消息")).to_have_value("")
    await page.keyboard.press("Enter")
    await page.reload()
    await expect(bubbles(page)).to_have_text(["第一行\n第二行", "收到：0 个文件"])
    assert len(house.received) == 1


async def test_enter_chooses_a_word_while_an_input_method_is_open(house, page):
    await log_in(page, house)
    box = page.get_by_role("textbox", name="输入消息")
    await box.fill("zhengwu")
    await box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await expect(box).to_have_value("zhengwu")
    assert house.received == []


NASTY = [
    "<img src=x onerror=\"document.title='broken'\">",
    "<script>document.title='broken'</script>",
    '<a href="javascript:document.title=1">x</a>',
    "&lt;b&gt; & &#60;",
    "**[x](javascript:1)**",
]


async def test_markup_that_people_type_is_text(house, page):
    def echo(inbound: Inbound) -> list[Outgoing]:
        return [house.out("李敏", f"<blockquote>{escape(inbound.text)}</blockquote>")]

    house.replies = echo
    await log_in(page, house)
    for number, text in enumerate(NASTY, start=1):
        await page.get_by_role("textbox", name="输入消息").fill(text)
        await page.keyboard.press("Enter")
        await expect(bubbles(page)).to_have_count(2 * number)
    shown = await bubbles(page).all_text_contents()
    assert shown == [text for text in NASTY for _ in range(2)]
    assert await page.locator(".log img:not(.avatar), .log script, .log a").count() == 0
    assert await page.title() == "季度考核助手"


async def test_the_markup_of_the_program(house, page):
    await log_in(page, house)
    text = (
        "<b>粗</b><i>斜</i> <code>A-1 &lt;b&gt;</code>\n<blockquote>引 <b>文</b></blockquote>"
        '<a href="https://example.com/?a=1&amp;b=2">链接</a> 见 https://example.com/news。'
        '<a href="javascript:alert(1)">坏</a> <u>x</u> <b>未关 &#39;&quot;&#x4e2d;'
    )
    await house.says("李敏", text)
    box = bubbles(page)
    await expect(box).to_have_text(
        "粗斜 A-1 <b>\n引 文链接 见 https://example.com/news。坏 <u>x</u> 未关 '\"中"
    )
    html = await box.inner_html()
    link = 'target="_blank" rel="noopener noreferrer"'
    assert html == (
        "<b>粗</b><i>斜</i> <code>A-1 &lt;b&gt;</code>\n<blockquote>引 <b>文</b></blockquote>"
        f'<a href="https://example.com/?a=1&amp;b=2" {link}>链接</a> 见 '
        f'<a href="https://example.com/news" {link}>https://example.com/news</a>。'
        "<span>坏</span> &lt;u&gt;x&lt;/u&gt; <b>未关 '\"中</b>"
    )


async def test_a_menu_by_keyboard(house, page):
    house.menu = [("submit", "上报材料"), ("mine", "我的上报")]
    await log_in(page, house)
    button = page.locator(".menu-button")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="上报材料")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(button).to_be_focused()
    await expect(button).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="上报材料")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(bubbles(page)).to_have_text(["我的上报"])
    await expect(page.locator(".unsent")).to_have_count(0)
    assert [inbound.text for inbound in house.received] == ["/mine"]


# ---------------------------------------------------------------- files


async def test_files_by_picker_each_for_itself(make_house, page):
    house = await make_house(terms={"file_bytes": 5_000})
    answer_presses(house)
    await log_in(page, house)
    await page.locator(".picker").set_input_files(
        [
            payload("现场.png", png(40, 30)),
            payload("情况说明.docx", GOOD["docx"]),
            payload("空.txt", b""),
            payload("程序.exe", b"MZ"),
            payload("假.pdf", b"<html>"),
            payload("大.txt", b"x" * 6_000),
        ]
    )
    chips = page.locator(".chip")
    await expect(chips).to_have_count(6)
    await expect(page.locator(".chip.bad .chip-state")).to_have_text(
        ["file.empty", "file.type", "file.mismatch", "file.too_big"]
    )
    await expect(page.locator(".chip:not(.bad) .chip-state")).to_have_text(
        [re.compile("已上传"), re.compile("已上传")]
    )
    await page.get_by_role("button", name="移除 程序.exe").click()
    await expect(chips).to_have_count(5)
    await page.get_by_role("textbox", name="输入消息").fill("材料如下")
    await page.get_by_role("button", name="发送").click()
    await expect(bubbles(page)).to_have_text(["材料如下", "收到：2 个文件"])
    assert [file.name for file in house.received[0].attachments] == ["现场.png", "情况说明.docx"]
    await expect(chips).to_have_count(0)
    # the picture is really drawn, and opens large
    picture = page.locator(".thumb")
    await expect(picture).to_have_js_property("naturalWidth", 40)
    await page.get_by_role("button", name="查看图片 现场.png").click()
    await expect(page.get_by_role("dialog", name="查看图片")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="查看图片 现场.png")).to_be_focused()
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="情况说明.docx").click()
    download = await waiting.value
    assert download.suggested_filename == "情况说明.docx"
    assert Path(await download.path()).read_bytes() == GOOD["docx"]  # noqa: ASYNC240


DROP = """
(files) => {
  const carried = new DataTransfer();
  for (const [name, bytes] of files) {
    carried.items.add(new File([new Uint8Array(bytes)], name));
  }
  const place = document.querySelector(".chat");
  for (const type of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true });
    place.dispatchEvent(event);
    if (type === "dragover") {
      window.curtain = getComputedStyle(document.querySelector(".drop")).display;
    }
  }
}
"""
PASTE = """
(bytes) => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], "image.png", { type: "image/png" }));
  document.querySelector("textarea").dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }));
}
"""


async def test_files_dropped_and_pasted(house, page):
    answer_presses(house)
    await log_in(page, house)
    await page.evaluate(DROP, [["一.pdf", list(GOOD["pdf"])], ["二.jpg", list(GOOD["jpg"])]])
    assert await page.evaluate("window.curtain") == "grid"
    await expect(page.locator(".drop")).to_be_hidden()
    await page.evaluate(PASTE, list(png()))
    await expect(page.locator(".chip-state")).to_have_text([re.compile("已上传")] * 3)
    await page.keyboard.press("Enter")
    await expect(bubbles(page)).to_have_text(["收到：3 个文件"])
    names = [file.name for file in house.received[0].attachments]
    assert names[:2] == ["一.pdf", "二.jpg"]
    assert re.fullmatch(r"截图\d{6}\.png", names[2])


async def test_sending_waits_for_what_is_still_going_up(house, page):
    answer_presses(house)
    await log_in(page, house)
    held = []

    async def hold(route):
        held.append(route)

    await page.route("**/api/uploads", hold)
    await page.locator(".picker").set_input_files([payload("一.pdf", GOOD["pdf"])])
    await eventually(lambda: held)
    await page.get_by_role("textbox", name="输入消息").fill("材料")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("文件还在上传")).to_be_visible()
    assert house.received == []
    await held[0].continue_()
    await expect(bubbles(page)).to_have_text(["材料", "收到：1 个文件"])


# ---------------------------------------------------------------- buttons


async def test_the_whole_task_by_keyboard(house, page):
    """From the box back to the card, press; the card changes in place and the focus stays."""
    answer_presses(house)
    await log_in(page, house)
    ref = await house.says("李敏", "预览", buttons=CARD)
    await expect(page.get_by_role("button", name="确认提交")).to_be_visible()

    house.replies = lambda _inbound: []
    for _ in ("文件", "菜单", "放弃"):
        await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_role("button", name="放弃")).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_role("button", name="修改日期")).to_be_focused()
    await page.keyboard.press("Enter")
    await eventually(lambda: house.received)
    assert house.received[0].action == "day:1:1"
    again = rows(
        Button("确认提交", Action("go", "1", 2), Style.PRIMARY),
        [Button("修改标题", Action("title", "1", 2)), Button("修改日期", Action("day", "1", 2))],
    )
    await house.chat.edit(house.out("李敏", "预览，日期已改", buttons=again), str(ref))
    await expect(bubbles(page)).to_have_text(["预览，日期已改"])
    await expect(page.get_by_role("button", name="修改日期")).to_be_focused()
    await page.keyboard.press("Space")
    await eventually(lambda: len(house.received) == 2)
    assert house.received[1].action == "day:1:2"
    # the button is gone in the next card: the focus goes to its neighbour, not to nowhere
    await house.chat.edit(house.out("李敏", "好了", buttons=CARD[:1]), str(ref))
    await expect(page.get_by_role("button", name="确认提交")).to_be_focused()


async def test_a_press_shows_that_it_is_under_way_and_counts_once(house, page):
    await log_in(page, house)
    await house.says("李敏", "预览", buttons=CARD)
    button = page.get_by_role("button", name="确认提交")
    await button.dblclick()
    await eventually(lambda: house.received)
    await house.says("李敏", "已提交，编号 市场监管局3号")
    await expect(bubbles(page)).to_have_count(2)
    await expect(button).not_to_have_attribute("aria-disabled", "true")
    assert [inbound.action for inbound in house.received] == ["go:1:1"]


async def test_old_cards_stay_pressable(house, page):
    answer_presses(house)
    await log_in(page, house)
    await house.says("李敏", "旧卡片", buttons=CARD[:1])
    await page.get_by_role("textbox", name="输入消息").fill("别的事")
    await page.keyboard.press("Enter")
    await expect(bubbles(page)).to_have_count(3)
    await house.says("李敏", "新卡片", buttons=CARD[1:2])
    old = page.locator(".message.past").filter(has_text="旧卡片")
    await old.get_by_role("button", name="确认提交").click()
    await expect(bubbles(page).last).to_have_text("您按了 go:1:1")


async def test_toasts(house, page):
    await log_in(page, house)
    await house.chat.acknowledge(Inbound("web:x", "web", "李敏"), Toast("已采纳"))
    await expect(page.locator("#toasts")).to_have_text("已采纳")
    await house.chat.acknowledge(Inbound("web:y", "web", "李敏"), Toast("已截止", alert=True))
    await page.get_by_role("button", name="知道了").click()
    await expect(page.locator("#alerts")).to_be_empty()


async def test_news_is_announced_once_and_history_is_not(house, page):
    await house_with_history(house, 3)
    await log_in(page, house)
    log = page.locator(".announcer")
    await expect(log).to_be_empty()
    ref = await house.says("李敏", "请<b>审核</b>", buttons=CARD[:1])
    await expect(log).to_have_text("请审核。可选：确认提交")
    await house.chat.edit(house.out("李敏", "已采纳"), str(ref))
    await expect(log.locator("p")).to_have_text(["请审核。可选：确认提交", "已更新：已采纳"])


async def house_with_history(house: House, count: int) -> None:
    house.account("李敏")
    for number in range(count):
        await house.says("李敏", f"第{number}条")


# ---------------------------------------------------------------- history and connection


async def test_history_comes_with_scrolling_up_and_stays_where_it_was(house, page):
    await house_with_history(house, 100)
    await log_in(page, house)
    await expect(bubbles(page)).to_have_count(40)
    await expect(bubbles(page).last).to_be_in_viewport()
    for count in (80, 100):
        await page.locator(".scroll").evaluate("(place) => { place.scrollTop = 0; }")
        await expect(bubbles(page)).to_have_count(count)
    assert await bubbles(page).all_text_contents() == [f"第{n}条" for n in range(100)]
    await expect(page.get_by_role("button", name="查看更早的消息")).to_be_hidden()
    # news while reading above: said, not jumped to
    await house.says("李敏", "新的一条")
    await page.get_by_role("button", name="有新消息").click()
    await expect(bubbles(page).last).to_be_in_viewport()
    await expect(page.get_by_role("button", name="有新消息")).to_be_hidden()


async def test_a_restart_of_the_server_loses_nothing(house, page):
    answer_presses(house)
    await log_in(page, house)
    await house.says("李敏", "一")
    await expect(bubbles(page)).to_have_text(["一"])
    await house.stop()
    box = page.get_by_role("textbox", name="输入消息")
    await box.fill("写在断线时")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="未发出，点此重试")).to_be_visible()
    await expect(page.get_by_text("连接中断")).to_be_visible()
    await box.fill("还没写完")
    await house.start()
    await house.says("李敏", "二")
    await expect(bubbles(page).filter(has_text="收到")).to_have_count(1)
    assert sorted(await bubbles(page).all_text_contents()) == sorted(
        ["一", "二", "写在断线时", "收到：0 个文件"]
    )
    await expect(page.get_by_text("连接中断")).to_be_hidden()
    await expect(box).to_have_value("还没写完")
    assert [inbound.text for inbound in house.received] == ["写在断线时"]


async def test_what_is_unsent_and_half_written_outlives_the_page(house, page):
    answer_presses(house)
    await log_in(page, house)
    house.open = False
    await page.locator(".picker").set_input_files([payload("一.pdf", GOOD["pdf"])])
    await expect(page.locator(".chip-state")).to_have_text(re.compile("已上传"))
    await page.get_by_role("textbox", name="输入消息").fill("第一条")
    await page.keyboard.press("Enter")
    await expect(page.locator(".unsent")).to_have_count(1)
    await page.locator(".picker").set_input_files([payload("二.pdf", GOOD["pdf"])])
    await expect(page.locator(".chip-state")).to_have_text(re.compile("已上传"))
    await page.get_by_role("textbox", name="输入消息").fill("第二条的草稿")
    await page.reload()
    await expect(page.locator(".chip-name")).to_have_text("二.pdf")
    await expect(page.get_by_role("textbox", name="输入消息")).to_have_value("第二条的草稿")
    house.open = True
    await expect(bubbles(page).filter(has_text="收到：1 个文件")).to_have_count(1)
    await page.get_by_role("textbox", name="输入消息").press("Enter")
    await expect(bubbles(page).filter(has_text="收到：1 个文件")).to_have_count(2)
    said = [(i.text, [file.name for file in i.attachments]) for i in house.received]
    assert said == [("第一条", ["一.pdf"]), ("第二条的草稿", ["二.pdf"])]


async def test_what_the_server_refuses_can_be_taken_back(house, page):
    await log_in(page, house)
    long = "长" * 400_000
    await page.get_by_role("textbox", name="输入消息").fill(long)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("内容太长，请分几次发送")).to_be_visible()
    await page.get_by_role("button", name="取回修改").click()
    await expect(page.get_by_role("textbox", name="输入消息")).to_have_value(long)
    await expect(page.locator(".unsent")).to_have_count(0)


async def test_two_tabs_of_one_person(house, page):
    answer_presses(house)
    await log_in(page, house)
    other = await page.context.new_page()
    await other.goto(house.origin)
    await expect(other.get_by_role("textbox", name="输入消息")).to_be_visible()
    await page.get_by_role("textbox", name="输入消息").fill("从第一个窗口")
    await page.keyboard.press("Enter")
    for tab in (page, other):
        await expect(bubbles(tab)).to_have_text(["从第一个窗口", "收到：0 个文件"])
