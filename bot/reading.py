"""A workbook is opened in a child process only: what is in it can't take the program's memory,
time or files.

Promises: one child at a time, a fresh one for each file, which inherits nothing but the bytes;
before it, the zip's directory was looked over under limits. Whatever the file is, the answer is
its rows or one `WorkbookRefused`.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path, PurePath
from typing import Final

import orjson

from bot.children import Child, ChildGone
from handlers.imports.book import Content, WorkbookRefused
from storage import filetypes

log = logging.getLogger(__name__)

MEMORY: Final = 768 * 1024 * 1024
PROCESSOR_SECONDS: Final = 20
SECONDS: Final = 40.0
MOST_BYTES: Final = 20 * 1024 * 1024
# one reader of XML, the one that expands nothing
_ENVIRONMENT: Final = {"OPENPYXL_LXML": "False"}
_SUFFIX: Final = ".xlsx"


class Reader:
    """`memory` in bytes, `seconds` by the clock, for one workbook."""

    def __init__(
        self,
        *,
        memory: int = MEMORY,
        processor: int = PROCESSOR_SECONDS,
        seconds: float = SECONDS,
        module: str = "bot.reading_child",
    ) -> None:
        self._memory = memory
        self._processor = processor
        self._seconds = seconds
        self._module = module
        self._place = asyncio.Semaphore(1)

    async def read(self, path: Path, name: str) -> Content:
        """The rows of the file at `path`, which was sent under `name`. Raises WorkbookRefused."""
        content = await asyncio.to_thread(looked_over, path, name)
        async with self._place:
            answer = await self._ask(content, name)
        if answer[:1] != b"+":
            raise WorkbookRefused(filetypes.display_name(name), answer[1:].decode())
        return await asyncio.to_thread(orjson.loads, answer[1:])

    async def _ask(self, content: bytes, name: str) -> bytes:
        child = await Child.start(
            self._module,
            memory=self._memory,
            processor=self._processor,
            environment=_ENVIRONMENT,
        )
        try:
            async with asyncio.timeout(self._seconds):
                return await child.ask(content)
        except (TimeoutError, ChildGone) as error:
            log.warning("a workbook could not be read: %s", type(error).__name__)
            raise WorkbookRefused(filetypes.display_name(name), "heavy") from error
        finally:
            await asyncio.shield(child.end())


def looked_over(path: Path, name: str) -> bytes:
    """The bytes of what may be a workbook. Raises WorkbookRefused."""
    shown = filetypes.display_name(name)
    if PurePath(name).suffix.lower() != _SUFFIX:
        raise WorkbookRefused(shown, "format")
    if filetypes.encrypted(path):
        raise WorkbookRefused(shown, "encrypted")
    try:
        filetypes.check(name, path, limit=MOST_BYTES)
    except filetypes.FileMismatch as error:
        raise WorkbookRefused(shown, "format" if error.actual else "damaged") from error
    except filetypes.FileRefused as error:
        raise WorkbookRefused(shown, error.code.removeprefix("file.")) from error
    return path.read_bytes()
