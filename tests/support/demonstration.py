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

from tests.support.program import ROOT

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")
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
        """The last message holds this text, by and by."""
        await expect(self.chat.locator(".message .text").last).to_contain_text(text)

    async def attach(self, *files: Path) -> None:
        async with self.page.expect_file_chooser() as choosing:
            await self.chat.get_by_role("button", name="文件").click()
        chooser = await choosing.value
        await chooser.set_files(list(files))
        await expect(self.chat.locator(".chip-state", has_text="已上传")).to_have_count(len(files))
