"""Long polling against the double: nothing is lost, nothing confirmed too early, nothing dies."""

from __future__ import annotations

import asyncio
import copy
import logging
import random
from typing import Any

import orjson
import pytest

from bot.channels.telegram import polling
from bot.channels.telegram.channel import Telegram
from handlers.messages import Kind
from tests.bot.desk import Desk, listening, until
from tests.bot.distorting import ODD, places
from tests.bot.telegram.updates import BOT_ID, CHAT, GOOD, LI, Json, message
from tests.doubles.botapi import BotApi
from tests.doubles.client import Control

UNSPEAKABLE = ("\ud83d", 10**30)  # not in the JSON that orjson writes
pytestmark = pytest.mark.usefixtures("hasty")


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage().strip() for r in caplog.records if r.levelno >= logging.WARNING]


def mutant(dice: random.Random) -> str:
    """One of the samples with values swapped, as text for the double; mostly with its own id."""
    raw = copy.deepcopy(dice.choice(list(GOOD.values())))
    for _ in range(dice.randint(1, 3)):
        *before, last = dice.choice([place for place in places(raw) if place != ("update_id",)])
        at: Any = raw
        for name in before:
            at = at[name]
        at[last] = copy.deepcopy(dice.choice([odd for odd in ODD if odd not in UNSPEAKABLE]))
    raw["update_id"] = (
        "{id}" if dice.random() < 0.9 else dice.choice([None, "x", 5, -1, 2**31 - 2])
    )
    return numbered(raw)


def numbered(raw: Json) -> str:
    return orjson.dumps(raw).decode().replace('"{id}"', "{update_id}")


async def test_what_people_do_comes_in_order(channel: Telegram, control: Control, desk: Desk):
    li = await control.person("李倩")
    await li.says("一")
    async with listening(channel, desk):
        await li.says("二")
        await li.blocks()
        await li.unblocks()
        await until(lambda: len(desk.received) == 4)
    assert [(i.kind.value, i.text) for i in desk.received] == [
        ("message", "一"), ("message", "二"), ("blocked", ""), ("unblocked", ""),
    ]  # fmt: skip
    assert channel.exclusive
    assert channel.last_ok > 0


async def test_what_is_said_in_groups_is_passed_over_in_silence(
    channel: Telegram, control: Control, desk: Desk, caplog: pytest.LogCaptureFixture
):
    li = await control.person("李倩", contact="started")
    await control.group(-10055, li)
    await li.says("/start 群里", chat=-10055)
    await li.says("私下")
    async with listening(channel, desk):
        await until(lambda: len(desk.received) == 2)
        await control.wait_idle()
    assert [(each.account, each.kind, each.text) for each in desk.received] == [
        ("-10055", Kind.JOINED, ""), (str(li.id), Kind.MESSAGE, "私下"),
    ]  # fmt: skip
    assert (desk.parked, warnings(caplog)) == ([], [])


async def test_nothing_is_confirmed_before_it_is_committed(
    channel: Telegram, control: Control, desk: Desk
):
    li = await control.person("李倩")
    for n in range(5):
        await li.says(f"第{n}条")
    pending = await control.pending()
    desk.busy = 10**6
    async with listening(channel, desk):
        await until(lambda: len(desk.offered) > 5)
        assert await control.pending() == pending  # as if killed here
    assert desk.received == []
    desk.busy = 0
    async with listening(channel, desk):
        await until(lambda: len(desk.received) == 5)
        await control.wait_idle()
    assert desk.texts == [f"第{n}条" for n in range(5)]
    assert await control.pending() == []


async def test_one_that_is_not_committed_holds_the_offset_of_all(
    channel: Telegram, control: Control, desk: Desk
):
    li, wang = await control.person("李倩"), await control.person("王芳")
    await li.says("卡住")
    await wang.says("通过")
    await li.says("随后")
    pending = await control.pending()
    desk.holds["卡住"] = asyncio.Event()
    async with listening(channel, desk):
        await until(lambda: desk.texts == ["通过"])
        await asyncio.sleep(0.1)
        assert await control.pending() == pending
        desk.holds["卡住"].set()
        await control.wait_idle()
    assert desk.texts == ["通过", "卡住", "随后"]


async def batch_behind_another(control: Control, desk: Desk, *held: str) -> list[int]:
    """Four updates of four people, handed out together from a known offset; `held` are waiting."""
    first = await control.person("零")
    desk.holds["零"] = asyncio.Event()
    desk.holds |= {text: asyncio.Event() for text in held}
    await first.says("零")
    await until(lambda: len(desk.offered) == 1)
    for text in "甲乙丙丁":
        await (await control.person(text)).says(text)
    pending = await control.pending()
    desk.holds["零"].set()
    await until(lambda: len(desk.offered) == 5)
    return pending[1:]


async def test_the_next_batch_is_asked_for_once_half_of_one_is_committed(
    channel: Telegram, control: Control, desk: Desk
):
    async with listening(channel, desk):
        batch = await batch_behind_another(control, desk, "乙", "丁")
        later = await control.person("后")
        await later.says("后")
        await asyncio.sleep(0.1)
        assert (await control.pending())[:4] == batch  # 乙 is in the first half
        desk.holds["乙"].set()
        await until(lambda: "乙" in desk.texts)
        for _ in range(100):
            if len(await control.pending()) == 3:
                break
            await asyncio.sleep(0.02)
        assert (await control.pending())[:2] == batch[2:]  # 丁 was not yet committed
        assert "后" not in desk.texts
        desk.holds["丁"].set()
        await until(lambda: "后" in desk.texts)
        await control.wait_idle()
    assert desk.texts == ["零", "甲", "丙", "乙", "丁", "后"]
    assert len(desk.offered) == 6  # what came twice was not offered twice


async def test_trouble_while_asking_ahead_loses_nothing(
    channel: Telegram, control: Control, desk: Desk, caplog: pytest.LogCaptureFixture
):
    async with listening(channel, desk):
        await batch_behind_another(control, desk, "乙", "丁")
        await control.fault("500", "getUpdates")
        desk.holds["乙"].set()
        await until(lambda: "乙" in desk.texts)
        desk.holds["丁"].set()
        await (await control.person("后")).says("后")
        await until(lambda: "后" in desk.texts)
    assert desk.texts == ["零", "甲", "丙", "乙", "丁", "后"]


async def test_a_busy_database_is_one_log_line_and_keeps_each_persons_order(
    channel: Telegram, control: Control, desk: Desk, caplog: pytest.LogCaptureFixture
):
    people = [await control.person(f"第{n}人") for n in range(4)]
    for round_ in range(5):
        for person in people:
            await person.says(f"{person.id} {round_}")
    desk.busy = 7
    async with listening(channel, desk):
        await until(lambda: len(desk.received) == 20)
    for person in people:
        own = [text for text in desk.texts if text.startswith(str(person.id))]
        assert own == [f"{person.id} {n}" for n in range(5)]
    assert warnings(caplog) == ["telegram intake: busy nothing is confirmed"]


async def test_stopping_lets_what_has_begun_be_finished(
    channel: Telegram, control: Control, desk: Desk
):
    li = await control.person("李倩")
    await li.says("正在办")
    desk.holds["正在办"] = asyncio.Event()
    task = asyncio.create_task(channel.listen(desk.intake))
    await until(lambda: len(desk.offered) == 1)
    task.cancel()
    await asyncio.sleep(0.05)
    assert not task.done()
    desk.holds["正在办"].set()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()
    assert desk.texts == ["正在办"]


async def test_a_malformed_update_is_parked_once_and_stops_nobody(
    channel: Telegram, control: Control, desk: Desk
):
    first, bad, last = await control.inject(
        {"message": message(text="前")},
        {"message": message(text=["坏"])},
        {"message": message(text="后")},
    )
    async with listening(channel, desk):
        await until(lambda: len(desk.received) == 2)
        await control.wait_idle()
    assert desk.texts == ["前", "后"]
    [(key, raw, problem)] = desk.parked
    assert (key, problem) == (f"tg:{BOT_ID}:{bad}", "unparsable: text")
    assert '"坏"' in raw
    assert (await control.pending(), first, last) == ([], bad - 1, bad + 1)


@pytest.mark.parametrize(
    "odd",
    [
        '{"message":{"text":"无号"}}',
        '{"update_id":"x{update_id}"}',
        "[1,2]",
        "null",
        '{"update_id":-7,"message":{}}',
        '{"update_id":2000000000,"message":[]}',
    ],
)
@pytest.mark.parametrize("alone", [True, False])
async def test_updates_without_a_usable_id(
    channel: Telegram, control: Control, desk: Desk, odd: str, alone: bool
):
    li = await control.person("李倩")
    async with listening(channel, desk):
        await li.says("前")
        await until(lambda: desk.texts == ["前"])
        await control.wait_idle()
        await control.inject(odd)
        if alone:
            await until(lambda: len(desk.parked) == 1)
        await li.says("后")
        await until(lambda: desk.texts == ["前", "后"])
        await control.wait_idle()
    assert len(desk.parked) == 1
    assert await control.pending() == []


async def test_text_that_is_no_json_is_narrowed_down_and_parked(
    channel: Telegram, control: Control, desk: Desk
):
    li = await control.person("李倩")
    await li.says("前")
    [bad] = await control.inject('{"update_id":{update_id},"message":{"text":"断')
    await li.says("后")
    async with listening(channel, desk):
        await until(lambda: desk.texts == ["前", "后"])
        await control.wait_idle()
    [(key, _, problem)] = desk.parked
    assert (key, problem) == (f"tg:{BOT_ID}:{bad}", "unparsable: JSON")


async def test_what_has_neither_sense_nor_id_does_not_stop_those_behind_it(
    channel: Telegram, control: Control, desk: Desk
):
    li = await control.person("李倩")
    await li.says("前")
    async with listening(channel, desk):
        await until(lambda: desk.texts == ["前"])
        await control.inject('{"message": {"text": "帮办')
        await li.says("后")
        await until(lambda: desk.texts == ["前", "后"])
    [(key, _, problem)] = desk.parked
    assert (len(key), problem) == (len(f"tg:{BOT_ID}:") + 32, "unparsable: JSON")


async def test_half_a_surrogate_pair_is_parked(channel: Telegram, control: Control, desk: Desk):
    good = (
        '{"update_id":{update_id},"message":{"message_id":1,"date":1,"text":"\\ud83d\\ude00",'
        f'"chat":{{"id":{CHAT["id"]},"type":"private"}},'
        f'"from":{{"id":{LI["id"]},"is_bot":false,"first_name":"倩"}}}}}}'
    )
    await control.inject(good, good.replace("\\ude00", ""))
    async with listening(channel, desk):
        await until(lambda: len(desk.parked) == 1)
    assert desk.texts == ["😀"]
    assert desk.parked[0][2] == "unparsable: text"


async def test_a_page_that_is_not_telegrams_moves_nothing(
    channel: Telegram, control: Control, desk: Desk, caplog: pytest.LogCaptureFixture
):
    li = await control.person("李倩")
    await li.says("在")
    await control.fault("garbage", "getUpdates", count=3, payload="<html>登录</html>")
    async with listening(channel, desk):
        await until(lambda: desk.texts == ["在"])
    assert desk.parked == []
    assert warnings(caplog) == ["telegram polling: no answer answer can't be read"]


@pytest.mark.parametrize("kind", ["duplicate", "out_of_order"])
async def test_repeated_and_shuffled_batches(
    channel: Telegram, control: Control, desk: Desk, kind: str
):
    people = [await control.person(f"第{n}人") for n in range(3)]
    async with listening(channel, desk):
        await people[0].says("先")
        await until(lambda: len(desk.received) == 1)
        await control.fault(kind, "getUpdates", count=4)
        for n in range(12):
            await people[n % 3].says(f"{n}")
        await until(lambda: len(desk.received) == 13)
        await control.wait_idle()
    assert sorted(desk.texts) == sorted(["先", *(f"{n}" for n in range(12))])


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("401", "telegram polling: refused Unauthorized: please check KAOHE_TELEGRAM_TOKEN"),
        ("404", "telegram polling: refused Not Found: please check KAOHE_TELEGRAM_TOKEN"),
        ("500", "telegram polling: no answer Internal Server Error"),
        ("502", "telegram polling: no answer HTTP 502"),
        ("reset_before", "telegram polling: no answer no answer (ClientOSError)"),
        ("429", "telegram polling: too many calls"),
    ],
)
async def test_each_trouble_is_one_line_and_passes_by_itself(
    channel: Telegram,
    control: Control,
    desk: Desk,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    line: str,
):
    li = await control.person("李倩")
    await li.says("您好")
    hits = await control.fault(kind, "getUpdates", count=4)
    async with listening(channel, desk):
        await until(lambda: desk.texts == ["您好"])
    assert await control.fault_hits(hits) == 4
    assert warnings(caplog) == [line]


async def test_a_revoked_token_that_is_restored(
    channel: Telegram, control: Control, desk: Desk, caplog: pytest.LogCaptureFixture
):
    li = await control.person("李倩")
    await control.revoke()
    async with listening(channel, desk):
        await asyncio.sleep(0.3)
        await control.revoke(revoked=False)
        await li.says("恢复")
        await until(lambda: desk.texts == ["恢复"])
    assert warnings(caplog) == [
        "telegram polling: refused Unauthorized: please check KAOHE_TELEGRAM_TOKEN"
    ]


async def test_refused_connections(
    channel: Telegram, control: Control, desk: Desk, caplog: pytest.LogCaptureFixture
):
    li = await control.person("李倩")
    async with listening(channel, desk):
        await li.says("前")
        await until(lambda: desk.texts == ["前"])
        await control.refuse(0.3)
        await li.says("后")
        await until(lambda: desk.texts == ["前", "后"])
    assert {line.rpartition("(")[0] for line in warnings(caplog)} <= {
        "telegram polling: no answer no answer ",
        "telegram polling: no answer not connected ",
    }
    assert len(warnings(caplog)) == 1


async def test_a_second_poller_is_one_line_and_handled_once(
    channel: Telegram,
    control: Control,
    desk: Desk,
    settings,
    caplog: pytest.LogCaptureFixture,
):
    li = await control.person("李倩")
    other = Telegram(settings)
    async with listening(channel, desk):
        async with listening(other, desk):
            for n in range(10):
                await li.says(f"{n}")
                await asyncio.sleep(0.05)
            await until(lambda: len(desk.received) == 10)
        await li.says("独自")
        await until(lambda: desk.texts[-1:] == ["独自"])
    await other.close()
    assert sorted(desk.texts[:10]) == sorted(f"{n}" for n in range(10))
    assert {line.partition(" Conflict")[0] for line in warnings(caplog)} <= {
        "telegram polling: conflict"
    }


async def test_a_webhook_left_behind_is_taken_away(
    channel: Telegram, api: BotApi, control: Control, desk: Desk
):
    await channel._client.call("setWebhook", {"url": "http://127.0.0.1:9/telegram"})
    li = await control.person("李倩")
    async with listening(channel, desk):
        await li.says("在")
        await until(lambda: desk.texts == ["在"])
        await asyncio.sleep(1.1)  # Telegram takes one setWebhook a second
        await channel._client.call("setWebhook", {"url": "http://127.0.0.1:9/telegram"})
        await li.says("还在")
        await until(lambda: desk.texts == ["在", "还在"])


async def test_trouble_at_the_very_start_passes(
    channel: Telegram, control: Control, desk: Desk, caplog: pytest.LogCaptureFixture
):
    await control.fault("500", "deleteWebhook", count=2)
    li = await control.person("李倩")
    await li.says("您好")
    async with listening(channel, desk):
        await until(lambda: desk.texts == ["您好"])
    assert warnings(caplog) == ["telegram polling: no answer Internal Server Error"]


async def test_after_a_quiet_day_numbers_may_begin_anew(
    channel: Telegram, control: Control, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(polling, "POLL_SECONDS", 0)
    monkeypatch.setattr(polling, "QUIET_SECONDS", 0.1)
    li = await control.person("李倩")
    async with listening(channel, desk):
        await li.says("前")
        await until(lambda: desk.texts == ["前"])
        await asyncio.sleep(0.3)
        await control.do("restart_ids", next_id=1000)
        await li.says("后")
        await until(lambda: desk.texts == ["前", "后"])
        await control.wait_idle()
    assert await control.pending() == []


async def test_a_poller_that_dies_of_our_own_fault_is_started_again(
    channel: Telegram, control: Control, desk: Desk, caplog: pytest.LogCaptureFixture
):
    li = await control.person("李倩")
    desk.errors.extend([ValueError("a"), ValueError("b")])
    await li.says("一")
    await li.says("二")
    async with listening(channel, desk):
        await until(lambda: desk.texts == ["一", "二"])
    assert warnings(caplog) == ["telegram polling: stopped by ValueError"]


async def test_an_idle_poller_does_not_hurry(channel: Telegram, control: Control, desk: Desk):
    async with listening(channel, desk):
        await asyncio.sleep(0.5)
        counts = await control.counts()
    assert sum(n for call, n in counts["calls"].items() if call.startswith("getUpdates")) <= 1


async def test_after_a_restart_old_updates_come_first(settings, control: Control, desk: Desk):
    li = await control.person("李倩")
    for n in range(3):
        await li.says(f"{n}")
        channel = Telegram(settings)
        async with listening(channel, desk):
            await until(lambda n=n: len(desk.received) == n + 1)  # type: ignore[misc]
        await channel.close()
    assert desk.texts == ["0", "1", "2"]


async def test_every_sample_reaches_the_intake(channel: Telegram, control: Control, desk: Desk):
    await control.inject(
        *({name: value for name, value in raw.items() if name != "update_id"}
          for raw in GOOD.values())
    )  # fmt: skip
    async with listening(channel, desk):
        await until(lambda: len(desk.received) == len(GOOD))
    assert desk.parked == []


async def test_thousands_of_distorted_updates_between_good_ones(
    channel: Telegram, control: Control, desk: Desk
):
    """Also with their ids distorted: each good one is handled, the poller lives."""
    dice = random.Random(11)  # noqa: S311 - repeatable on purpose
    wanted: list[str] = []
    for start in range(0, 1000, 100):
        batch: list[str] = []
        for n in range(start, start + 100):
            wanted.append(f"好的{n}")
            good = message(text=f"好的{n}", message_id=n + 1)
            batch.append(numbered({"update_id": "{id}", "message": good}))
            batch.append(mutant(dice))
        dice.shuffle(batch)
        await control.inject(*batch)
    async with listening(channel, desk):
        await until(lambda: set(wanted) <= set(desk.texts))
        await control.wait_idle()
    assert sorted(text for text in desk.texts if text in set(wanted)) == sorted(wanted)
    assert await control.pending() == []
    assert len(desk.parked) > 200
