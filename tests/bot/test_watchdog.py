"""What the supervisor hears from the real program, at a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.config import Supervisor, load
from bot.watchdog import Watchdog
from tests.doubles.client import child
from tests.support.program import Program

STUCK = "tests.support.stuck_at"
USEC = 600_000  # a ping each fifth of a second


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


async def hears(systemd: socket.socket, *, within: float = 20.0) -> str:
    async with asyncio.timeout(within):
        return (await asyncio.get_running_loop().sock_recv(systemd, 100)).decode()


async def falls_silent(systemd: socket.socket) -> bool:
    """Whether pings that came do not come any more."""
    try:
        async with asyncio.timeout(30):
            while True:
                await hears(systemd, within=2.0)
    except TimeoutError:
        return True


def program(folder: Path, *entry: str, **more: object) -> Program:
    environment = {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": str(USEC)}
    made = Program(folder, environment=environment, **more)  # type: ignore[arg-type]
    made.entry = entry or made.entry
    return made


async def test_ready_then_pings_then_the_stop(tmp_path: Path, systemd: socket.socket):
    async with program(tmp_path) as running:
        await running.start()
        assert [await hears(systemd) for _ in range(4)] == ["READY=1", *["WATCHDOG=1"] * 3]
        stopping = asyncio.ensure_future(running.stop())
        said = [await hears(systemd)]
        while said[-1] == "WATCHDOG=1":
            said.append(await hears(systemd))
        assert said[-1] == "STOPPING=1"
        assert await stopping == 0
    with pytest.raises(BlockingIOError):
        systemd.recv(100)


@pytest.mark.slow
@pytest.mark.parametrize(("part", "named"), [("poller", "telegram"), ("database", "database")])
async def test_a_part_that_stands_still_ends_the_pings(
    tmp_path: Path, systemd: socket.socket, part: str, named: str
):
    async with (
        child() as control,
        program(tmp_path, "-m", STUCK, part, telegram=control) as running,
    ):
        await running.start()
        assert [await hears(systemd) for _ in range(2)] == ["READY=1", "WATCHDOG=1"]
        assert await falls_silent(systemd)
        said = [line for line in running.log if "no sign of life" in line]
        assert [line.rpartition(": ")[2] for line in said] == [named]


async def test_a_loop_that_stands_still_ends_the_pings(tmp_path: Path, systemd: socket.socket):
    async with program(tmp_path, "-m", STUCK, "loop") as running:
        await running.start()
        assert [await hears(systemd) for _ in range(2)] == ["READY=1", "WATCHDOG=1"]
        assert await falls_silent(systemd)


@pytest.mark.slow
@pytest.mark.parametrize("away", [False, True])
async def test_a_quiet_or_absent_messenger_is_no_reason_to_start_anew(
    tmp_path: Path, systemd: socket.socket, away: bool
):
    """It is asked again and again, and that is a sign of life."""
    async with child() as control:
        running = program(tmp_path, "-m", STUCK, "nothing", telegram=control)
        if away:
            running.environment["KAOHE_TELEGRAM_BASE_URL"] = "http://127.0.0.1:9/bot"
        async with running:
            await running.start()
            assert await hears(systemd) == "READY=1"
            for _ in range(60):  # twelve seconds, and stuck is what is silent for six
                assert await hears(systemd, within=2) == "WATCHDOG=1"


async def test_without_a_supervisor_nothing_is_sent():
    Watchdog(None, lambda: ()).ready()


async def test_a_supervisor_that_went_away_does_no_harm(tmp_path: Path):
    Watchdog(Supervisor(str(tmp_path / "gone")), lambda: ()).ready()


async def test_an_abstract_socket():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0kaohe-test-notify")
        Watchdog(Supervisor("@kaohe-test-notify"), lambda: ()).ready()
        assert listening.recv(100) == b"READY=1"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, None),
        ({"NOTIFY_SOCKET": "/run/n"}, Supervisor("/run/n")),
        ({"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "60000000"}, Supervisor("@n", 60.0)),
        ({"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "soon"}, Supervisor("@n")),
        (
            {"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"},
            Supervisor("@n"),
        ),
    ],
)
def test_what_the_environment_says_of_it(
    tmp_path: Path, given: dict[str, str], found: Supervisor | None
):
    assert load({"KAOHE_DATA_DIR": str(tmp_path), **given}).supervisor == found
