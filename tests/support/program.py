"""The real program as a child process: started, listened to, stopped, killed.

    program = Program(tmp_path, telegram=control)
    await program.start()                  # `python -m bot run`, ready when it listens
    ...
    program.kill()                         # as a power cut does, for the process
    await program.start()                  # the same installation again

Everything is configured through the environment only, as an operator does it.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parents[2]
QUIET = "2026-11-28T12:00"  # a Saturday, on which nobody is reminded of anything
NOW = datetime.fromisoformat(f"{QUIET}+08:00")  # what time it is for the program from its start
LISTENING = re.compile(r"listening on http://[^:]+:(\d+)")
CODE = re.compile(r"\b([0-9A-Z]{6})-([0-9A-Z]{6})-([0-9A-Z]{6})\b")


class BotApi(Protocol):
    """The double's addresses (`tests.doubles.client.Control`)."""

    base_url: str
    base_file_url: str
    token: str


class Program:
    """One installation in `folder`; `log` collects all that its processes wrote to stderr."""

    def __init__(
        self,
        folder: Path,
        *,
        telegram: BotApi | None = None,
        database_url: str = "",
        environment: dict[str, str] | None = None,
        entry: tuple[str, ...] = ("-m", "bot"),
    ) -> None:
        self.data = folder / "data"
        self.entry = entry
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "KAOHE_DATA_DIR": str(self.data),
            "KAOHE_HTTP_PORT": "0",
            "KAOHE_WEB_CHAT": "on",
            "KAOHE_CLOCK": QUIET,
        }
        if telegram is not None:
            self.environment |= {
                "KAOHE_TELEGRAM_TOKEN": telegram.token,
                "KAOHE_TELEGRAM_BASE_URL": telegram.base_url,
                "KAOHE_TELEGRAM_BASE_FILE_URL": telegram.base_file_url,
            }
        if database_url:
            self.environment["KAOHE_DATABASE_URL"] = database_url
        self.environment |= environment or {}
        self.process: asyncio.subprocess.Process | None = None
        self.port = 0
        self.log: list[str] = []
        self._reading: asyncio.Future[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, *, ready: bool = True, wait: float = 60.0) -> None:
        """`kaohe run`; returns once it listens, unless `ready` is False."""
        self.process = await self._launch("run")
        listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.ensure_future(self._read(self.process, listening))
        if ready:
            async with asyncio.timeout(wait):
                self.port = await listening

    async def verb(self, *arguments: str) -> tuple[int, str, str]:
        """Another verb to its end: exit code, output, errors."""
        process = await self._launch(*arguments)
        out, errors = await process.communicate()
        return process.returncode or 0, out.decode(), errors.decode()

    async def admin_code(self, name: str = "管理员") -> str:
        """`kaohe init`: the admin's one-time code."""
        code, out, errors = await self.verb("init", "--admin", name)
        found = CODE.search(out)
        if code or found is None:
            raise AssertionError(f"init ended with {code}: {out}{errors}")
        return "-".join(found.groups())

    def kill(self) -> None:
        """SIGKILL, now."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)

    async def ended(self, wait: float = 30.0) -> int:
        """Until the process is gone; its exit code (negative: the signal that ended it)."""
        if self.process is None:
            raise AssertionError("not started")
        async with asyncio.timeout(wait):
            code = await self.process.wait()
            if self._reading is not None:
                await self._reading
        return code

    async def stop(self, wait: float = 20.0) -> int:
        """SIGTERM, as systemd does it."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self.ended(wait)

    async def __aenter__(self) -> Program:
        return self

    async def __aexit__(self, *exc: object) -> None:
        if exc[0] is not None:
            print("the last the program said:", *self.log[-60:], sep="\n")
        if self.process is not None:
            self.kill()
            await self.ended()

    async def _launch(self, *arguments: str) -> asyncio.subprocess.Process:
        pipes: dict[str, Any] = {
            "stdin": asyncio.subprocess.DEVNULL,
            "stdout": asyncio.subprocess.PIPE if arguments[0] != "run" else None,
            "stderr": asyncio.subprocess.PIPE,
        }
        return await asyncio.create_subprocess_exec(
            sys.executable, *self.entry, *arguments, cwd=ROOT, env=self.environment, **pipes
        )

    async def _read(
        self, process: asyncio.subprocess.Process, listening: asyncio.Future[int]
    ) -> None:
        if process.stderr is None:
            raise AssertionError("no log")
        async for raw in process.stderr:
            line = raw.decode(errors="replace").rstrip("\n")
            self.log.append(line)
            if not listening.done() and (found := LISTENING.search(line)):
                listening.set_result(int(found[1]))
        if not listening.done():
            listening.set_exception(AssertionError("\n".join(self.log[-20:])))
            listening.exception()  # seen: whoever does not wait for it need not be warned
