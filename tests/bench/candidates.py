"""The two programs that are compared, as child processes pinned to a core of their own."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.doubles.client import Control
from tests.support.program import ROOT, Program

CORES = sorted(os.sched_getaffinity(0))
BOT_CORE, OTHER_CORE = CORES[-1], CORES[0]


@dataclass(slots=True)
class Running:
    """A bot under measurement."""

    process: psutil.Process
    started: float
    program: Program | None = None

    @property
    def port(self) -> int:
        """Where our server listens; only once it does."""
        return self.program.port if self.program else 0

    def cpu(self) -> float:
        """User and system seconds of the process and all it has started."""
        total = 0.0
        for each in [self.process, *self.process.children(recursive=True)]:
            times = each.cpu_times()
            total += times.user + times.system
        return total

    def memory(self) -> int:
        """Resident bytes."""
        return int(self.process.memory_info().rss)


def keep_off_the_bots_core() -> None:
    """The driver and, since children inherit it, the double share the other core."""
    os.sched_setaffinity(0, {OTHER_CORE})


def _pin(pid: int) -> psutil.Process:
    process = psutil.Process(pid)
    process.cpu_affinity([BOT_CORE])
    return process


@asynccontextmanager
async def kaohe(control: Control, folder: Path, *, ready: bool = False) -> AsyncIterator[Running]:
    """`kaohe run` on an installation that is ready in `folder`; `ready`: once it listens."""
    program = Program(folder, telegram=control, environment={"KAOHE_WEB_CHAT": "on"})
    async with under_measurement(program, ready=ready) as running:
        yield running


@asynccontextmanager
async def under_measurement(program: Program, *, ready: bool) -> AsyncIterator[Running]:
    async with program:
        started = time.monotonic()
        await program.start(ready=ready)
        if program.process is None:
            raise RuntimeError("not started")
        yield Running(_pin(program.process.pid), started, program)
        await program.stop()


@asynccontextmanager
async def echo7(control: Control, script: Path) -> AsyncIterator[Running]:
    """The plain bot, answering as `script` says."""
    started = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.echo7",
        control.token,
        control.base_url,
        control.base_file_url,
        str(script),
        cwd=ROOT,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield Running(_pin(process.pid), started)
    finally:
        process.kill()
        await process.wait()
