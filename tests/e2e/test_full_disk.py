"""A disk that fills up, and then has room again: first files are refused with a clear word while
texts go on, then nothing is acknowledged at all; what was is there, and it recovers by itself."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.client import child
from tests.doubles.person import Person
from tests.e2e.ground import Ground, grounded
from tests.e2e.history import History, Meant, examine
from tests.e2e.nemesis import settled
from tests.e2e.reporters import RECEIPT, Reporter
from tests.support import needs

DISK_BYTES = 24 * 1024**2
RECOVERED = 30.0  # seconds from when there is room again
REFUSED = "没有收下：服务器存储空间不足，请稍后再发，或告知管理员"
BUSY = "nothing is confirmed"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        needs.miss("a small disk", remedy="run as root, with the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
async def test_the_disk_fills_up_and_has_room_again(small_disk: Path, seed: int):
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    async with child() as control, grounded(small_disk, control, liaisons=2) as ground:
        history = await History.begin(control)
        await ground.program.start()
        li, wang = (each.person for each in ground.liaisons)
        before, without, after = (
            Meant(ground.liaisons[0], f"帮办{n}") for n in ("之前", "没有附件", "之后")
        )
        history.meant += [before, without, after]
        reporter = Reporter(history, dice)
        await reporter.reports(before)

        _leave(small_disk, DISK_BYTES // 25)  # a twentieth is kept for the database
        await _reports_without_files(li, without, history)

        _leave(small_disk, 0)
        talked = await _until_nothing_is_taken(ground, wang, history)
        # what could not be written down was not confirmed either
        assert len(await control.pending()) > 0
        (small_disk / "filler").unlink()
        await wang.waits_for("请选择类别", timeout=RECOVERED)
        await reporter.reports(after)
        await settled(ground)

        found = await examine(history, ground)
        print(f"{talked} messages until it was full: {found}")
        assert found.faults == []
        assert [line for line in ground.program.log if "could not" in line] == []


async def _reports_without_files(person: Person, meant: Meant, history: History) -> None:
    """A photo is refused, by a word that helps; the report goes through without it."""
    await person.says("/submit")
    await person.waits_for("请选择类别")
    await person.presses("帮办案例")
    await person.waits_for("上报草稿")
    await person.says(meant.title)
    meant.texts.append("经过如下")
    await person.says(meant.texts[0])
    await person.sends_photo(b"\xff\xd8\xff\xe0 no room for this")
    await person.waits_for(REFUSED)
    await person.presses("今天")
    await person.waits_for("计入")
    meant.confirmed = True
    await person.presses("确认提交")
    receipt = RECEIPT.search((await person.waits_for(f"\n{meant.title}")).text)
    meant.receipt = receipt[1] if receipt else ""
    history.sent(7)


async def _until_nothing_is_taken(ground: Ground, person: Person, history: History) -> int:
    """Texts, until the database has no room for another; how many that were. The last is one
    that can only be answered when there is room again."""
    async with asyncio.timeout(120):
        for number in range(2000):
            if any(BUSY in line for line in ground.program.log):
                await person.says("/submit")
                history.sent()
                return number
            await person.says("/help")
            history.sent()
            await asyncio.sleep(0.02)  # no faster than a person; the log is looked at each time
    raise AssertionError("the database always had room")


def _leave(folder: Path, room: int) -> None:
    """A file that takes all the space but so many bytes."""
    disk = os.statvfs(folder)
    size = disk.f_bavail * disk.f_frsize - room
    with (folder / "filler").open("ab") as filler:
        while size > 0:
            piece = min(size, 64 * 1024)
            try:
                filler.write(b"\0" * piece)
                filler.flush()
            except OSError:
                return
            size -= piece
