"""What stands before the program where there are several of it, or where it dies: a plain
forwarder of connections to whichever process listens just now, as a load balancer is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count


class Balancer:
    """`ports` tells the processes' own ports at each connection; they take turns."""

    def __init__(self, ports: Callable[[], list[int]]) -> None:
        self._ports = ports
        self._turn = count()
        self._server: asyncio.Server | None = None
        self._running: set[asyncio.Task[None]] = set()
        self.url = ""

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._forward(reader, writer))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ports = self._ports()
        try:
            if not ports:
                return
            port = ports[next(self._turn) % len(ports)]
            behind, before = await asyncio.open_connection("127.0.0.1", port)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(_copy(reader, before))
                    group.create_task(_copy(behind, writer))
            finally:
                before.close()
        except OSError:
            pass  # nobody is there: the connection is simply closed
        finally:
            writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(64 * 1024):
            target.write(data)
            await target.drain()
    target.close()


@asynccontextmanager
async def balancing(ports: Callable[[], list[int]]) -> AsyncIterator[Balancer]:
    balancer = Balancer(ports)
    await balancer.open()
    try:
        yield balancer
    finally:
        await balancer.close()
