"""What a person does at the page, and the card that most tests look at."""

from __future__ import annotations

from playwright.async_api import FilePayload, Locator, Page, expect

from bot.channels.base import Outgoing
from handlers.messages import Action, Button, Inbound, Kind, Style, rows
from tests.bot.webchat.house import House

DESK, TELEPHONE = (1100, 760), (360, 700)
CARD = rows(
    Button("确认提交", Action("go", "1", 1), Style.PRIMARY),
    [Button("修改标题", Action("title", "1", 1)), Button("修改日期", Action("day", "1", 1))],
    Button("放弃", Action("drop", "1", 1), Style.DANGER),
)


async def log_in(page: Page, house: House, name: str = "李敏", *roles: str) -> None:
    await page.goto(f"{house.origin}/login#code={house.code(name, *roles)}")
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("textbox", name="输入消息")).to_be_focused()


def bubbles(page: Page) -> Locator:
    return page.locator(".message .text")


def payload(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "", "buffer": data}


def answer_presses(house: House) -> None:
    """A press and a text are each answered by a message."""

    def reply(inbound: Inbound) -> list[Outgoing]:
        if inbound.kind is Kind.MESSAGE:
            return [house.out(inbound.account, f"收到：{len(inbound.attachments)} 个文件")]
        return [house.out(inbound.account, f"您按了 {inbound.action}")]

    house.replies = reply
