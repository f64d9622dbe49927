"""The result reaches everyone on WeCom's self-built app, one call for all who get the same: while
the program is killed, and while a fifth of all calls goes wrong, each sees each part once."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest

from storage.db import Database
from storage.people import grant_role
from tests.doubles.client import Control as Telegram
from tests.doubles.client import child as telegram_child
from tests.e2e.app_told import FIRST, AppBroadcast, app_broadcasting
from tests.e2e.on_wecom_app import OnWecomApp
from tests.e2e.settled import Settled
from tests.support.broadcasting import HOURS

PEOPLE, HEADS, KILLS = 300, 10, 4
MANY_HEADS = 40
WHY = "对方不在企业微信应用的可见范围"
NAMED = [
    "名次图片：已发298（企业微信296、Telegram2），未送达2",
    "名次文字：已发298（企业微信296、Telegram2），未送达2",
    "评分表：已发10（企业微信10）",
    f"企业微信未送达（{WHY}），已改发Telegram：人员100、人员102",
    "没有确定送达的4条：",
    f"1. 人员101，名次图片（企业微信）：{WHY}",
    f"2. 人员101，名次文字（企业微信）：{WHY}",
    f"3. 人员103，名次图片（企业微信）：{WHY}",
    f"4. 人员103，名次文字（企业微信）：{WHY}",
]
# kind, what of it, and its share of the calls; all in all a fifth
FAULTS: tuple[tuple[str, dict[str, int], float], ...] = (
    ("error", {"code": -1}, 0.04),
    ("error", {"code": 45009}, 0.02),
    ("500", {}, 0.04),
    ("reset_before", {}, 0.04),
    ("execute_then_reset", {}, 0.03),
    ("execute_then_timeout", {}, 0.03),
)
# only the pauses are shorter: a minute after each 45009, and up to one after many failures
HASTY = (
    "import sys; from bot import circulars; from bot.wecom import verdict\n"
    "verdict.REST_SECONDS = circulars.RETRY_MOST = 1.0\n"
    "from bot.__main__ import main; sys.exit(main())"
)
SHORT_MINUTE = 5.0  # seconds
SHORT = (
    "import sys; from bot.wecom import pace\n"
    f"pace.Windows.__init__.__kwdefaults__['seconds'] = {SHORT_MINUTE}\n"
    "from bot.__main__ import main; sys.exit(main())"
)


async def test_one_call_for_all_who_get_the_same(tmp_path: Path):
    async with app_broadcasting(tmp_path, people=50, heads=3) as sent:
        await sent.ground.program.start()
        await sent.ends()
        assert await sent.ground.program.stop() == 0
        told = await sent.told()
        assert told.faults == ()
        assert told.states == {"sent": sent.rows}
        # to all a picture after its words, and all places on a card; a sheet after its words
        assert (told.calls, told.uploads) == (2 + 1 + 3 * 2, 1 + 3)
        assert (told.again, told.dropped) == (0, 0)


@pytest.mark.slow
async def test_more_than_wecom_shows_anybody_in_a_minute(tmp_path: Path):
    """Two get the sheets of all departments: all of them come, though not at once."""
    async with app_broadcasting(
        tmp_path, people=20, heads=15, of_all=(16, 17), minute=SHORT_MINUTE
    ) as sent:
        sent.ground.program.entry = ("-c", SHORT)
        await sent.ground.program.start()
        await sent.ends()
        assert await sent.ground.program.stop() == 0
        told = await sent.told()
        assert told.faults == ()
        assert told.states == {"sent": sent.rows}
        # 4 messages to all, 2 to each head, 2 a sheet to those two: what is beyond 30 is not shown
        assert len([m for m in await sent.persons[16].chat() if m.out]) == 4 + 2 * 15 > 30
        assert (told.again, told.dropped) == (0, 0)


@pytest.mark.slow
async def test_killed_in_the_middle(tmp_path: Path, seed: int):
    """Nobody is left in doubt: a call that may have been made is made again, byte for byte."""
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    async with app_broadcasting(tmp_path, people=PEOPLE, heads=HEADS, latency=0.1) as sent:
        program, in_flight = sent.ground.program, []
        for number in range(KILLS):
            calls = dice.randint(1, 2) + 5 * (number // 2)  # first at those that tell all
            await asyncio.gather(program.start(), sent.makes(calls))
            await asyncio.sleep(dice.uniform(0, 0.15))  # while it is made, or just after
            program.kill()
            assert await program.ended() == -signal.SIGKILL
            in_flight.append(sent.states()["sending"])
        await program.start()
        await sent.ends()
        assert await program.stop() == 0
        told = await sent.told()
        print(f"{sent.rows} rows, {in_flight=} at the kills: {told}")
        assert told.faults == ()
        assert told.states == {"sent": sent.rows}
        assert told.calls == 2 + 1 + HEADS * 2
        assert max(in_flight) == PEOPLE
        assert told.again > 0
        assert told.dropped == 0


@pytest.mark.slow
async def test_one_of_two_processes_is_killed(tmp_path: Path, seed: int):
    """The other makes its calls again, the very same, and all that are left."""
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    async with (
        app_broadcasting(tmp_path, people=PEOPLE, heads=HEADS, latency=0.1) as sent,
        sent.ground.another(tmp_path) as other,
    ):
        await asyncio.gather(
            sent.ground.program.start(), other.start(), sent.makes(dice.randint(1, 12))
        )
        other.kill()
        assert await other.ended() == -signal.SIGKILL
        (sent.ground.files / "tmp" / "half").write_bytes(b"half a file")
        await sent.ends()
        async with asyncio.timeout(20):  # what it was writing is cleared away by the other
            while any((sent.ground.files / "tmp").iterdir()):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        assert await sent.ground.program.stop() == 0
        told = await sent.told()
        print(f"{sent.rows} rows: {told}")
        assert told.faults == ()
        assert told.states == {"sent": sent.rows}
        assert told.dropped == 0


@pytest.mark.slow
async def test_a_fifth_of_all_calls_goes_wrong(tmp_path: Path, seed: int):
    """Each kind at least once, at the calls that tell all and at those that tell one."""
    async with app_broadcasting(tmp_path, people=PEOPLE, heads=MANY_HEADS) as sent:
        program, control = sent.ground.program, sent.ground.control
        program.entry = ("-c", HASTY)
        ordered = [
            await control.fault(
                kind, "message/send", count=1, contains=people, seconds=0.2, **more
            )
            for n, (kind, more, _) in enumerate(FAULTS)
            for people in ("member000|", f'"touser":"member{n:03}"')
        ] + [
            await control.fault(
                kind, "m*", count=None, probability=share, seed=seed + n, seconds=0.2, **more
            )
            for n, (kind, more, share) in enumerate(FAULTS)
        ]
        await program.start()
        await sent.ends()
        assert await program.stop() == 0
        hits = [await control.fault_hits(each) for each in ordered]
        told = await sent.told()
        print(f"{sent.rows} rows, {hits=}: {told}")
        assert told.faults == ()
        assert told.states == {"sent": sent.rows}
        assert told.calls == 2 + 2 + MANY_HEADS * 2
        assert min(hits[: 2 * len(FAULTS)]) == 1
        assert told.again > 0
        assert told.dropped == 0


@pytest.mark.slow
async def test_who_left_is_told_elsewhere_or_named_to_the_admin(tmp_path: Path):
    """Two are out of the app's scope from the beginning, two leave it while the picture goes out;
    one of each has an account on Telegram besides."""
    early, late = (100, 101), (102, 103)
    async with telegram_child() as telegram:
        elsewhere = {
            place: await telegram.person(f"人员{place}", contact="started")
            for place in (early[0], late[0])
        }
        async with app_broadcasting(
            tmp_path,
            people=PEOPLE,
            elsewhere={place: str(each.id) for place, each in elsewhere.items()},
            environment=on_telegram(telegram),
            latency=0.2,
        ) as sent:
            program = sent.ground.program
            for place in early:
                await sent.persons[place].leaves()
            async with asyncio.TaskGroup() as group:
                group.create_task(program.start())
                await sent.makes(2)  # the first has the words, the second brings the picture
                for place in late:
                    await sent.persons[place].leaves()
            await sent.ends()
            told = await sent.told()
            left = tuple(f"member{place:03} " for place in late)
            assert [fault for fault in told.faults if not fault.startswith(left)] == []
            # the words that had come before they left, and nothing after
            for place in late:
                assert [m.kind for m in await sent.persons[place].chat() if m.out] == ["markdown"]
            assert told.states == {"sent": sent.rows - 4, "passed": 4, "failed": 4}
            assert (told.calls, told.again, told.dropped) == (2 + 1 + HEADS * 2, 0, 0)
            for each in elsewhere.values():
                picture, places = await each.chat()
                assert picture.text.splitlines()[0] == places.text.splitlines()[0]
                assert "1. 第0局 100分" in places.text.splitlines()
            assert [line for line in (await admin_sees(sent)).splitlines()[2:] if line] == NAMED
            assert await program.stop() == 0


def on_telegram(telegram: Telegram) -> dict[str, str]:
    return {
        "KAOHE_TELEGRAM_TOKEN": telegram.token,
        "KAOHE_TELEGRAM_BASE_URL": telegram.base_url,
        "KAOHE_TELEGRAM_BASE_FILE_URL": telegram.base_file_url,
    }


async def admin_sees(sent: AppBroadcast) -> str:
    """What 「发送情况」 says to the first of all people, now made an admin."""
    url = sent.ground.database_url
    database = Database(url)
    try:
        with database.begin() as connection:
            grant_role(connection, person_id=FIRST, role_name="admin", now=HOURS)
    finally:
        database.close()
    admin = OnWecomApp("人员000", sent.persons[0], Settled(url))
    await admin.says("管理")
    await admin.waits_for("发送情况")
    await admin.presses("发送情况")
    return (await admin.waits_for("· 发送情况")).text
