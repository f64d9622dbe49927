"""`kaohe demo` as a child process, for the tests of it and for the pictures in the README.

async with demonstration() as demo:
    demo.url                        # where its page is
    await demo.enter()              # Enter in its terminal: the next working morning
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from templates.words import quoted
from tests.support.program import ROOT

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
WAIT = 90.0  # a busy machine is no fault of the demonstration


@dataclass(slots=True)
class Demo:
    process: Process
    url: str = ""
    said: list[str] = field(default_factory=list)

    async def line(self) -> str:
        """The next line that it prints; '' at its end."""
        if self.process.stdout is None:
            raise AssertionError("no output")
        async with asyncio.timeout(WAIT):
            line = (await self.process.stdout.readline()).decode().rstrip("\n")
        self.said.append(line)
        return line

    async def enter(self) -> str:
        if self.process.stdin is None:
            raise AssertionError("no input")
        self.process.stdin.write(b"\n")
        return await self.line()

    async def interrupted(self) -> int:
        """Ctrl-C; its exit code."""
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(WAIT):
            return await self.process.wait()

    async def complaints(self) -> str:
        """All that it wrote to stderr, once it has ended."""
        if self.process.stderr is None:
            raise AssertionError("no log")
        return (await self.process.stderr.read()).decode()


async def start(folder: Path, **environment: str) -> Demo:
    """Its temporary folder lies in `folder`."""
    given = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TMPDIR": str(folder)}
    return Demo(
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "demo"),
            cwd=ROOT,
            env=given | {"KAOHE_HTTP_PORT": "0"} | environment,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
        )
    )


@asynccontextmanager
async def demonstration(folder: Path, **environment: str) -> AsyncIterator[Demo]:
    """One that is ready."""
    demo = await start(folder, **environment)
    try:
        found = ADDRESS.search(await demo.line())
        if found is None:
            raise AssertionError(await demo.complaints())
        demo.url = found[0]
        yield demo
    finally:
        if demo.process.returncode is None:
            demo.process.kill()
            await demo.process.wait()


@dataclass(frozen=True, slots=True)
class Sitting:
    """Somebody at the page of the demonstration, changing from tab to tab."""

    page: Page

    async def open(self, url: str) -> None:
        await self.page.goto(url)
        await expect(self.chat.locator(".message").first).to_be_visible()

    @property
    def chat(self) -> Locator:
        return self.page.locator(".chat:not([hidden])")

    async def sit(self, name: str) -> None:
        """Take the tab of this person."""
        await self.page.get_by_role("tab", name=name).click()
        await expect(self.chat.locator(".message").first).to_be_visible()

    async def click(self, label: str) -> None:
        """The last button whose label begins so, once nothing moves any more."""
        button = self.chat.locator(".choices button", has_text=re.compile(f"^{re.escape(label)}"))
        await expect(button.last).to_be_visible()
        await button.last.click()

    async def type(self, text: str) -> None:
        box = self.chat.get_by_role("textbox")
        await box.fill(text)
        await box.press("Enter")

    async def hears(self, text: str) -> None:
        """The last thing that the program said holds this text, by and by."""
        await expect(self.chat.locator(".message:not(.mine) .text").last).to_contain_text(text)

    async def attach(self, *files: Path) -> None:
        async with self.page.expect_file_chooser() as choosing:
            await self.chat.get_by_role("button", name="文件").click()
        chooser = await choosing.value
        await chooser.set_files(list(files))
        await expect(self.chat.locator(".chip-state", has_text="已上传")).to_have_count(len(files))


# ---------------------------------------------------------------- the rest of the quarter


async def complete_what_was_returned(someone: Sitting) -> None:
    await someone.sit("李敏")
    await someone.click("补充材料")
    await someone.type("签到表上的日期已补写。")
    await someone.hears("日期已补写")  # one's own words, and then the card with them
    await someone.hears("内容齐了")
    await someone.click("确认提交")
    await someone.hears("已更新：市场监管局4号")


async def accept_everything(someone: Sitting) -> None:
    await someone.sit("王琳")
    await someone.click("审核材料")
    for left in (3, 2, 1):
        await someone.hears(f"审核 1/{left}")
        await someone.click("采纳")
    await someone.hears("现在没有需要您审核的材料")
    await someone.sit("赵倩")
    await someone.click("审核材料")
    await someone.hears("审核 1/1")
    await someone.click("采纳")
    await someone.hears("现在没有需要您审核的材料")
    await someone.sit("徐晨")
    await someone.click("审核材料")
    await someone.hears("审核 1/1")
    await someone.click("采纳")
    await someone.click("市级")
    await someone.hears("现在没有需要您审核的材料")


async def finish_scoring(someone: Sitting) -> None:
    """What is left of a row with one press, or singly where evidence asks for it, then in."""
    await _at_the_first_row(someone, "王琳", "线下帮办")
    await fill(someone, "全部记满分", "已为18个未评部门记5分")
    await hand_in(someone, "线下帮办")
    await _onward(someone, "窗口业务支撑")
    await fill(someone, "全部记满分", "已为30个未评部门记10分")
    await hand_in(someone, "窗口业务支撑")
    await _onward(someone, "办理协同顺畅度")
    await hand_in(someone, "办理协同顺畅度")
    await _onward(someone, "政务服务有突出表现的")
    await fill(someone, "其余记0分", "建管委有已采纳的佐证，请逐一评分")
    await someone.click("建管委")
    await someone.hears("尚未评分")
    await someone.click("2")
    await hand_in(someone, "政务服务有突出表现的")

    await _at_the_first_row(someone, "赵倩", "服务评价")
    await someone.hears("税务局有新的材料，请核对分数后重新提交")
    await hand_in(someone, "服务评价")
    await _onward(someone, "两集中两到位")
    await fill(someone, "全部记满分", "已为22个未评部门记10分")
    await hand_in(someone, "两集中两到位")

    await _at_the_first_row(someone, "徐晨", "线上帮办")
    await fill(someone, "全部记满分", "已为20个未评部门记10分")
    await hand_in(someone, "线上帮办")
    await _onward(someone, "“一网通办”有创新亮点的")
    await fill(someone, "其余记0分", "已为27个未评部门记0分")
    await hand_in(someone, "“一网通办”有创新亮点的")
    await _onward(someone, "信息录用、新闻宣传")
    await fill(someone, "其余记0分", "公安分局有已采纳的佐证，请逐一评分")
    await someone.click("公安分局")
    await someone.hears("建议2分：市级1件×2分")
    await someone.click("按建议2分")
    await hand_in(someone, "信息录用、新闻宣传")


async def _at_the_first_row(someone: Sitting, name: str, row: str) -> None:
    await someone.sit(name)
    await someone.type("评分")
    await someone.hears("请选择评分项")
    await someone.click(row)
    await someone.hears(f"{row}（")


async def fill(someone: Sitting, label: str, done: str) -> None:
    await someone.click(label)
    await someone.hears(done)


async def hand_in(someone: Sitting, row: str) -> None:
    await someone.click("提交本行评分")
    await someone.hears("请核对。")
    await someone.click("提交本行评分")
    await someone.hears(f"{quoted(row)}已提交")


async def _onward(someone: Sitting, row: str) -> None:
    await someone.click(f"下一项：{row}")
    await someone.hears(f"{row}（")


async def propose(someone: Sitting) -> None:
    """Look at the order and propose it, once 补报截止 is over; the director looks at it."""
    await someone.sit("周敏")
    closed = someone.chat.locator(".message .text", has_text="补报已截止")
    await expect(closed).to_be_visible()
    await someone.type("排名")
    await someone.hears("排名预览")
    await someone.hears("上季度先进集体：规划资源局、公安分局、卫健委")
    await someone.click("发布")
    await someone.hears("结果预览")
    await someone.click("提请审定")
    await someone.hears("已通知孙宏")
    await someone.sit("孙宏")
    await someone.hears("待审定")


async def release(someone: Sitting) -> None:
    await propose(someone)
    await someone.click("同意发布")
