"""Documents are made in a child process: a wild one can't take the program's memory or time.

Promises: at most two children at once; the child inherits no environment, no open file and no
connection, only the report, the arguments and where a site's own fonts lie; one that answers too
late or not at all is killed, and the caller gets a `RenderError`. One child is kept warm, until
nobody needed it for a while.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, Protocol, TypeVar

import orjson

from bot.children import Child, ChildGone
from handlers import audit_export, discovery
from storage import publications
from storage.db import Database

log = logging.getLogger(__name__)
T = TypeVar("T")

MEMORY: Final = 1024 * 1024 * 1024
SECONDS: Final = 30.0
IDLE_SECONDS: Final = 60.0
AT_ONCE: Final = 2
# the document libraries grow slowly; a fresh process costs less than their leaks
ROUNDS: Final = 200


class RenderError(Exception):
    """This document can't be made now; the text names the document and the cause, no content."""

    def __init__(self, document: str, cause: str) -> None:
        super().__init__(f"{document}: {cause}")
        self.document = document
        self.cause = cause


class Run(Protocol):
    """Runs a function on a database thread."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


class Renderer:
    """`run` does database work off the event loop; `module` is what the child runs.

    `fonts` is the folder of a site's own fonts; `memory` in bytes of address space, `seconds` for
    one document.
    """

    def __init__(
        self,
        database: Database,
        run: Run,
        *,
        fonts: Path | None = None,
        memory: int = MEMORY,
        seconds: float = SECONDS,
        idle_seconds: float = IDLE_SECONDS,
        module: str = "bot.render_child",
    ) -> None:
        self._database = database
        self._run = run
        self._fonts = (str(fonts.resolve()),) if fonts is not None else ()
        self._memory = memory
        self._seconds = seconds
        self._idle_seconds = idle_seconds
        self._module = module
        self._places = asyncio.Semaphore(AT_ONCE)
        self._warm: Child | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._leaving: list[Child] = []

    async def render(self, document: str, arguments: Mapping[str, str | int]) -> bytes:
        """`templates.documents.<document>` with these arguments; an argument `publication` (its
        id) has that publication's report handed in, `draft` (its digest) one that is not public,
        `audit` (what was looked for) the entries of the audit log. Raises RenderError."""
        given: dict[str, str | int] = dict(arguments)
        if "publication" in given or "draft" in given:
            given["report"] = await self._report(document, given)
        if "audit" in given:
            given["entries"] = await self._run(lambda: self._entries(given))
        question = orjson.dumps({"document": document, "arguments": given})
        async with self._places:
            answer = await self._ask(document, question)
        if answer[:1] != b"+":
            raise RenderError(document, answer[1:].decode(errors="replace"))
        return answer[1:]

    async def close(self) -> None:
        """End the idle children; call it when nothing is being rendered any more."""
        self._dismiss(self._take())
        for child in self._leaving:
            await child.end()
        self._leaving.clear()

    async def _report(self, document: str, given: Mapping[str, str | int]) -> str:
        def load() -> str | None:
            with self._database.read() as connection:
                if "draft" in given:
                    return publications.draft_text(connection, str(given["draft"]))
                return publications.report_text(connection, int(given["publication"]))

        text = await self._run(load)
        if text is None:
            raise RenderError(document, f"no publication {given.get('publication', 'draft')}")
        return text

    def _entries(self, given: Mapping[str, str | int]) -> str:
        with self._database.read() as connection:
            return audit_export.entries(
                connection,
                registry=discovery.discover(),
                wanted=str(given["audit"]),
                newest=int(given["newest"]),
            )

    async def _ask(self, document: str, question: bytes) -> bytes:
        child = self._take()
        if child is not None:
            try:
                return await self._exchange(document, child, question)
            except ChildGone:
                log.info("the renderer had ended while idle; starting another")
        child = await Child.start(self._module, memory=self._memory, given=self._fonts)
        try:
            return await self._exchange(document, child, question)
        except ChildGone as error:
            cause = f"process ended with {child.process.returncode}"
            raise RenderError(document, cause) from error

    async def _exchange(self, document: str, child: Child, question: bytes) -> bytes:
        try:
            async with asyncio.timeout(self._seconds):
                answer = await child.ask(question)
        except TimeoutError as error:
            await child.end()
            raise RenderError(document, f"not ready after {self._seconds:g} s") from error
        except ChildGone:
            await asyncio.shield(child.ended())
            raise
        except BaseException:  # also when cancelled: half an answer must not be kept for the next
            await asyncio.shield(child.end())
            raise
        if answer[:1] == b"+" and child.rounds < ROUNDS and self._warm is None:
            self._keep(child)
        else:
            self._dismiss(child)
        return answer

    def _keep(self, child: Child) -> None:
        self._warm = child
        loop = asyncio.get_running_loop()
        self._ending = loop.call_later(self._idle_seconds, self._dismiss_warm)

    def _take(self) -> Child | None:
        child, self._warm = self._warm, None
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        return child

    def _dismiss_warm(self) -> None:
        self._dismiss(self._take())

    def _dismiss(self, child: Child | None) -> None:
        self._leaving = [other for other in self._leaving if other.process.returncode is None]
        if child is not None:
            child.dismiss()
            self._leaving.append(child)
