"""Reaching a double's desks over HTTP, and starting a double as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, Self

import aiohttp
import orjson

from tests.doubles.people import NotPossible

ROOT = Path(__file__).resolve().parents[2]


class Hand:
    """Asks a double's control URL. A wait that runs out there raises TimeoutError here, what a
    person's client would not allow NotPossible."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def do(self, operation: str, **arguments: Any) -> Any:
        """Any operation of the double's desks, arguments as given."""
        return await self._post(operation, arguments)

    async def do_all(self, operations: Iterable[tuple[str, dict[str, Any]]]) -> list[Any]:
        """Many operations in one request, in order; for injecting hundreds of updates."""
        result: list[Any] = await self._post("batch", list(operations))
        return result

    async def _post(self, operation: str, arguments: Any) -> Any:
        if self._session is None:
            raise RuntimeError("use `async with`")
        # a stream: aiohttp warns of bodies over 1 MB given as bytes, and warnings are errors
        body = io.BytesIO(orjson.dumps(arguments))
        async with self._session.post(f"{self.url}/control/{operation}", data=body) as answer:
            given = orjson.loads(await answer.read())
        if given["ok"]:
            return given["result"]
        if answer.status == 408:
            raise TimeoutError(given["error"])
        raise NotPossible(given["error"])

    # ------------------------------------------------------------------ trouble and time

    async def fault(self, kind: str, method: str = "*", **order: Any) -> int:
        """Of a kind that the double knows, see its faults. By default the next fitting call or
        frame is hit, once."""
        return int(await self.do("fault", kind=kind, method=method, **order))

    async def cancel_faults(self, number: int | None = None) -> None:
        await self.do("cancel_fault", number=number)

    async def fault_hits(self, number: int) -> int:
        return int((await self.do("faults"))[str(number)])

    async def refuse(self, seconds: float) -> None:
        """The listener closes for so long; every open connection is reset."""
        await self.do("refuse", seconds=seconds)

    async def clock(
        self, *, to: float | None = None, advance: float = 0.0, frozen: bool | None = None
    ) -> float:
        """The double's clock as unix time; returns what it shows now."""
        given: dict[str, Any] = {"advance": advance, "set": to, "frozen": frozen}
        shown: float = await self.do("clock", **{k: v for k, v in given.items() if v is not None})
        return shown

    async def bugs(self) -> list[str]:
        """Failures inside the double; assert == [] at the end of a test with a child."""
        found: list[str] = await self._post("bugs", {})
        return found


@contextlib.asynccontextmanager
async def launched(module: str, *arguments: str) -> AsyncIterator[dict[str, Any]]:
    """`python -m module` as a child process that ends with this block, or with this process; what
    it printed once it listened."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, "--with-parent", *arguments, cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        if process.stdout is None:
            raise RuntimeError("no output of the double")
        yield orjson.loads(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()
