"""Child processes that do one kind of work: asked over their stdin, answering on their stdout.

Promises: a child inherits no environment, no open file and no connection; it has the memory and
the processor time it was given and no more; one that has ended says so to whoever asked it.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bot.child import LENGTH, LONGEST

GRACE: Final = 2.0  # seconds for a child that has hung up to end
_ROOT: Final = Path(__file__).resolve().parent.parent
_ENVIRONMENT: Final = {"LANG": "C.UTF-8", "TZ": "UTC"}


class ChildGone(Exception):
    """The process ended before it answered."""


class Child:
    """One process and how many questions it was asked."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.rounds = 0

    @classmethod
    async def start(
        cls,
        module: str,
        *,
        memory: int,
        processor: int = 0,
        environment: Mapping[str, str] | None = None,
        given: Sequence[str] = (),
    ) -> Child:
        """`memory` in bytes of address space, `processor` in seconds, 0 for any; `given` are more
        arguments of the module."""
        arguments = ("-E", "-s", "-m", module, str(memory), str(processor), *given)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=_ROOT,
            env=_ENVIRONMENT | dict(environment or {}),
            start_new_session=True,  # a Ctrl-C for the program is not one for its child
        )
        return cls(process)

    async def ask(self, question: bytes) -> bytes:
        """Raises ChildGone."""
        source, sink = self.process.stdout, self.process.stdin
        if source is None or sink is None:
            raise ChildGone
        self.rounds += 1
        try:
            sink.write(LENGTH.pack(len(question)) + question)
            await sink.drain()
            (length,) = LENGTH.unpack(await source.readexactly(LENGTH.size))
            if length > LONGEST:
                raise ChildGone
            return await source.readexactly(length)
        except (asyncio.IncompleteReadError, BrokenPipeError, ConnectionResetError) as error:
            raise ChildGone from error

    async def end(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def ended(self) -> int:
        """Its exit code, once it has ended by itself. To kill it now would take the code away from
        whoever waits for it."""
        try:
            async with asyncio.timeout(GRACE):
                return await self.process.wait()
        except TimeoutError:
            await self.end()
            return await self.process.wait()

    def dismiss(self) -> None:
        """Let it end by itself, in its own time."""
        if self.process.stdin is not None:
            self.process.stdin.close()
