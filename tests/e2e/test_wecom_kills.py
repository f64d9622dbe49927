"""kill -9 of the real program under load from WeCom, pushed to the self-built app or coming over
the AI bot's connection: nothing that was answered 200 or committed is lost, nothing happens twice,
and no answer is repeated more than once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.web import CONNECTIONS
from storage.db import Database
from storage.models import evidence
from tests.e2e import reporters
from tests.e2e.app_ground import AppGround, AppHands, app_grounded
from tests.e2e.bot_ground import BotGround, bot_grounded
from tests.e2e.history import Finding, History
from tests.e2e.nemesis import at_work, kill_again_and_again, settled
from tests.e2e.wecom_ground import keys_in
from tests.support.postgres import PostgresServer
from tests.support.program import Program

OTHERS = 10  # connections of the double beside those of the callbacks
KILLS, CALLBACKS = 10, 250
FEW_KILLS, FEW_CALLBACKS = 3, 80
BOT_KILLS, BOT_CALLBACKS = 6, 120
PATIENCE = 5.0  # seconds: what is lost at a kill is said again
TAKEN_OVER_WITHIN = 30.0
AGAIN_WITHIN = 30.0  # seconds after the database's return
TITLE, WORDS = "帮办一件", "经过如此"
UNFOUGHT = 5.0  # seconds; after any other end they would be back within two
LISTENING = "channel:wecom_bot: listening"


@pytest.mark.slow
async def test_pushed_until_it_is_taken(tmp_path: Path, seed: int):
    async with app_grounded(tmp_path, until_taken=True, scale=0.3) as ground:
        found = await _killed(ground, seed=seed, kills=KILLS, callbacks=CALLBACKS)
        assert found.faults == []
        assert found.recovered > 0
        states = (await ground.control.counts())["told"]
        assert states.keys() == {"taken"}
        assert await ground.control.bugs() == []
        assert await ground.control.notes() == []


@pytest.mark.slow
async def test_pushed_three_times_more(tmp_path: Path, seed: int):
    """As WeCom does it: what it has given up a person does again."""
    async with app_grounded(tmp_path, liaisons=4, retry_seconds=3.0) as ground:
        found = await _killed(ground, seed=seed, kills=FEW_KILLS, callbacks=FEW_CALLBACKS)
        assert found.faults == []
        assert found.recovered > 0
        assert await ground.control.bugs() == []


@pytest.mark.slow
async def test_the_same_callback_a_thousand_times_at_once(tmp_path: Path):
    async with app_grounded(tmp_path, liaisons=1) as ground:
        await ground.program.start()
        hands = ground.liaisons[0].hands
        await _begins(hands)
        before = (await ground.control.told())[-1].plain
        assert f"<![CDATA[{TITLE}]]>" in before
        plain = before.replace(TITLE, WORDS).replace("<MsgId>", "<MsgId>9")
        sealed = await ground.control.seal(plain)
        posted = await asyncio.gather(*(ground.control.posts(**sealed) for _ in range(1000)))
        given = Counter(status for status, _ in posted)
        # who has to wait for longer than WeCom does is told to come again
        assert given.keys() <= {"200", "503", "timeout", "reset"}
        assert given["200"] > 0
        # so many connections are one too many, and the longest idle are closed
        assert given["reset"] <= 1000 + OTHERS - CONNECTIONS
        assert await ground.control.posts(**sealed) == ("200", "")
        await hands.sees(WORDS, reporters.PATIENCE)
        await settled(ground)
        assert _descriptions(ground) == [WORDS]
        assert len([key for key in keys_in(ground.database_url) if key.startswith("wa:")]) == 4


@pytest.mark.slow
@pytest.mark.postgres
async def test_the_database_away_and_back(
    tmp_path: Path, postgres: PostgresServer, postgres_url: str
):
    """503 while it is away; what was pushed meanwhile is taken once it is back, and once."""
    async with app_grounded(
        tmp_path, liaisons=1, database_url=postgres_url, until_taken=True, scale=0.5
    ) as ground:
        await ground.program.start()
        hands = ground.liaisons[0].hands
        await _begins(hands)
        person = hands.chat.person
        await asyncio.to_thread(postgres.stop_hard)
        try:
            number = await person.says(WORDS)
            away = await person.sees_told(number, tries=3)
        finally:
            await asyncio.to_thread(postgres.start)
        assert set(away.tries) == {"503"}
        assert (await person.sees_told(number, timeout=AGAIN_WITHIN)).state == "taken"
        await hands.sees(WORDS, reporters.PATIENCE)
        await settled(ground)
        assert _descriptions(ground) == [WORDS]


async def _begins(hands: AppHands) -> None:
    """A draft with a title, and with nothing else yet."""
    for act, given, then in (
        (hands.says, "上报", "请选择类别"),
        (hands.presses, "帮办案例", "上报草稿"),
        (hands.says, TITLE, TITLE),
    ):
        await act(given)
        await hands.sees(then, reporters.PATIENCE)


def _descriptions(ground: AppGround) -> list[str]:
    database = Database(ground.database_url)
    try:
        with database.read() as connection:
            return list(connection.execute(select(evidence.c.description)).scalars())
    finally:
        database.close()


@pytest.mark.slow
async def test_killed_on_the_long_connection(tmp_path: Path, seed: int):
    async with bot_grounded(tmp_path) as ground:
        found = await _killed(
            ground, seed=seed, kills=BOT_KILLS, callbacks=BOT_CALLBACKS, patience=PATIENCE
        )
        print(f"lost on the way: {sum(each.hands.lost for each in ground.liaisons)}")
        assert found.faults == []
        assert await ground.control.bugs() == []


@pytest.mark.slow
async def test_another_process_takes_the_connection_over(tmp_path: Path, seed: int):
    """By the lease: it subscribes once, and whoever comes back later leaves it alone."""
    async with (
        bot_grounded(tmp_path, liaisons=3) as ground,
        ground.another(tmp_path) as other,
    ):
        history = History()
        await ground.program.start()
        link = await ground.control.wait_subscribed()
        await other.start()
        async with at_work(
            ground.liaisons, history, seed=seed, updates=FEW_CALLBACKS, patience=PATIENCE
        ):
            await history.reaches(FEW_CALLBACKS // 3)
            ground.program.kill()
            await ground.program.ended()
            link = await ground.control.wait_subscribed(after=link, timeout=TAKEN_OVER_WITHIN)
            await ground.program.start()
            await history.reaches(FEW_CALLBACKS * 2 // 3)
            assert await other.stop() == 0
            await ground.control.wait_subscribed(after=link, timeout=TAKEN_OVER_WITHIN)
        await settled(ground)
        found = await ground.examine(history.meant)
        print(f"{len(history.meant)} items: {found}")
        assert found.faults == []
        assert await ground.subscribed() == 3
        assert _times_listening(other) == 1
        assert await ground.control.bugs() == []


@pytest.mark.slow
async def test_displaced_by_another_program_nobody_fights(tmp_path: Path):
    """Neither the process that was displaced nor the one that waits for its lease."""
    async with (
        bot_grounded(tmp_path, liaisons=1) as ground,
        ground.another(tmp_path) as other,
    ):
        await ground.program.start()
        await other.start()
        link = await ground.control.wait_subscribed()
        await ground.control.kick()
        await ground.control.wait_closed(link)
        await asyncio.sleep(UNFOUGHT)
        assert await ground.subscribed() == 1
        assert (await ground.control.state()).open == ()
        assert _times_listening(other) == 0
        assert [await each.stop() for each in (ground.program, other)] == [0, 0]


def _times_listening(program: Program) -> int:
    return sum(LISTENING in line for line in program.log)


async def _killed(
    ground: AppGround | BotGround,
    *,
    seed: int,
    kills: int,
    callbacks: int,
    patience: float = reporters.PATIENCE,
) -> Finding:
    history = History()
    await ground.program.start()
    async with at_work(ground.liaisons, history, seed=seed, updates=callbacks, patience=patience):
        dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        made = await kill_again_and_again(
            ground.program, history, kills=kills, updates=callbacks, dice=dice
        )
    await settled(ground)
    assert made >= kills
    assert history.updates >= callbacks
    found = await ground.examine(history.meant)
    print(f"{made} kills, {history.updates} callbacks, {len(history.meant)} items: {found}")
    return found
