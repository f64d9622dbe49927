"""A person at the web chat in Chromium, with a window and cookies of their own.

The page tells this side of everything that appears or changes on it, as somebody sees who looks
all the time: so what is waited for is what is shown, and what was shown once is remembered even
after it was edited away.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

from playwright.async_api import Browser, FilePayload, Page, async_playwright, expect
from playwright.async_api import Error as Interrupted

from tests.e2e.persons import WAIT, File, Shown

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # many windows on a small machine: no process in store for the next one
    "--disable-features=SpareRendererForSitePerProcess",
)
WATCH = """
new MutationObserver((records) => {
  const messages = new Set();
  for (const { target, addedNodes } of records) {
    for (const node of [target, ...addedNodes]) {
      const place = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
      const message = place?.closest?.("li.message[data-id]:not(.mine)");
      if (message) {
        messages.add(message);
      }
      const toast = place?.closest?.("#toasts, #alerts");
      if (toast?.textContent) {
        window.witnessToast(toast.textContent);
      }
    }
  }
  for (const message of messages) {
    const texts = (those) => [...message.querySelectorAll(those)].map((one) => one.textContent);
    window.witness({
      id: Number(message.dataset.id),
      text: texts(".text").join("\\n"),
      buttons: texts("button[data-action]"),
      files: [...texts(".file-name"), ...[...message.querySelectorAll(".picture")].map(
        (one) => one.dataset.name)],
    });
  }
}).observe(document, { childList: true, subtree: true });
"""
# one look through a long chat; a locator would look through it again and again
LAST_BUTTON = """
([label, id]) => [...document.querySelectorAll(
    `.log ${id ? `li.message[data-id="${id}"] ` : ""}button[data-action]`)]
  .findLast((button) => button.textContent === label) ?? null
"""


class OnPage:
    """`faults` are errors of the page itself; assert == [] at the end."""

    def __init__(self, name: str, page: Page, home: str) -> None:
        self.name = name
        self.page = page
        self.home = home
        self.faults: list[str] = []
        self._shown: dict[int, Shown] = {}
        self._changed: dict[int, int] = {}  # id -> number of the change
        self._changes = 0
        self._acted = 0
        self._news = asyncio.Event()
        self._witnessed: list[str] = []

    @classmethod
    async def joins(cls, browser: Browser, name: str, home: str) -> Self:
        """A window of this person's own; `home` is the address people use."""
        context = await browser.new_context(
            viewport={"width": 480, "height": 600}, reduced_motion="reduce", locale="zh-CN"
        )
        context.set_default_timeout(WAIT * 1000)
        page = await context.new_page()
        made = cls(name, page, home)
        await page.expose_function("witness", made._witness)
        await page.expose_function("witnessToast", made._witness_toast)
        await page.add_init_script(WATCH)
        page.on("pageerror", lambda error: made.faults.append(str(error)))
        return made

    # ------------------------------------------------------------ acting

    async def enters(self, code: str) -> None:
        self._acted = self._changes
        # the page may be on its way there by itself, having seen that the session is over
        with suppress(Interrupted):
            await self.page.goto(f"{self.home}/login")
        await self.page.wait_for_url("**/login")
        field = self.page.get_by_label("登录码")
        await field.fill(code)
        await field.press("Enter")
        await expect(self._box).to_be_focused(timeout=WAIT * 1000)

    async def follows(self, link: str) -> None:
        """A login link: the code is in the field, and one press is left."""
        self._acted = self._changes
        await self.page.goto(link)
        await self.page.get_by_role("button", name="登录").click()
        await expect(self._box).to_be_focused(timeout=WAIT * 1000)

    async def follows_to_join(self, link: str, name: str) -> None:
        """A department's join link, which asks who this is."""
        self._acted = self._changes
        await self.page.goto(link)
        await self.page.get_by_role("button", name="登录").click()
        field = self.page.get_by_label("姓名")
        await field.fill(name)
        await field.press("Enter")
        await expect(self._box).to_be_focused(timeout=WAIT * 1000)

    async def says(self, text: str) -> None:
        self._acted = self._changes
        await self._box.fill(text)
        await self._box.press("Enter")

    async def presses(self, label: str, *, on: Shown | None = None) -> None:
        found = await self.page.evaluate_handle(LAST_BUTTON, [label, on.id if on else 0])
        button = found.as_element()
        if button is None:
            raise AssertionError(f"{self.name} has no button {label}")
        self._acted = self._changes
        await button.click()

    async def sends(self, *files: File, text: str = "") -> None:
        if files:
            given: list[FilePayload] = [
                {"name": each.name, "mimeType": "", "buffer": each.data} for each in files
            ]
            await self.page.locator(".picker").set_input_files(given)
            await expect(self.page.locator(".chip")).to_have_count(len(files))
        await self.says(text)

    @property
    def _box(self) -> Any:
        return self.page.get_by_role("textbox", name="输入消息")

    # ------------------------------------------------------------ seeing

    def _witness(self, message: dict[str, Any]) -> None:
        shown = Shown(
            message["id"], message["text"], tuple(message["buttons"]), tuple(message["files"])
        )
        if self._shown.get(shown.id) == shown:
            return
        self._changes += 1
        self._shown[shown.id] = shown
        self._changed[shown.id] = self._changes
        self._witnessed.append(shown.text)
        self._news.set()

    def _witness_toast(self, text: str) -> None:
        self._witnessed.append(text)

    async def waits_for(self, words: str) -> Shown:
        try:
            async with asyncio.timeout(WAIT):
                while True:
                    self._news.clear()
                    for id_, shown in sorted(self._shown.items()):
                        if self._changed[id_] > self._acted and shown.holds(words):
                            return shown
                    await self._news.wait()
        except TimeoutError:
            last = [self._shown[id_].text for id_ in sorted(self._shown)][-3:]
            raise TimeoutError(f"{self.name} sees no {words!r}; last: {last}") from None

    async def chat(self) -> Sequence[Shown]:
        return [self._shown[id_] for id_ in sorted(self._shown)]

    async def witnessed(self) -> Sequence[str]:
        return self._witnessed

    async def opens(self, file: str) -> bytes:
        link = self.page.locator(f'.log a.file:has(.file-name:text-is("{file}"))').last
        if await link.count():
            async with self.page.expect_download() as download:
                await link.click()
            path = await (await download.value).path()
            return await asyncio.to_thread(path.read_bytes)
        picture = self.page.locator(f'.log button.picture[data-name^="{file}"]').last
        source = await picture.get_attribute("data-src")
        answer = await self.page.request.get(f"{self.home}/{source}")
        return await answer.body()


@asynccontextmanager
async def browsing(chromium: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()
