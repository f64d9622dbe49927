"""`kaohe tick`: everything that is due at one moment, once, deliveries included, then the end.

What a running program does every minute, for a machine on which none runs all the time (cron), and
for looking at a moment on a test system. Safe beside `kaohe run` and beside itself: what is due is
keyed, and each message is claimed by one process. It hears nobody: updates wait at the messenger.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from bot.app import App
from bot.clock import Clock, parse_instant
from bot.config import Config
from bot.opened import NotReady, opened
from bot.scheduler import Ticked
from storage import outbox_age
from storage.quiet import minute_of

PATIENCE = 60.0  # seconds for sending
_LOOK = 0.2  # seconds between looks whether all has left
_TOO_LATE = (
    "--at 不能晚于现在：现在就发以后的消息收不回来。只有网页和所有渠道都在本机的测试环境才可以。"
)


def tick(config: Config, *, at: str | None) -> int:
    """The exit code; `at` is an ISO time, in the installation's zone if it names none."""
    clock = Clock(config.timezone, config.clock)
    if at is not None:
        moment = parse_instant(at, config.timezone)
        if moment > clock.now() and not config.on_loopback():
            return _failed(_TOO_LATE)
        clock = Clock(config.timezone, moment)
    try:
        with opened(config):
            pass
    except NotReady as error:
        return _failed(str(error))
    return asyncio.run(_tick(config, clock))


async def _tick(config: Config, clock: Clock) -> int:
    app = App(config, clock=clock)
    moment = clock.now()
    async with app.only_sending():
        ticked = await app.ticker.tick()
        left = await _until_all_has_left(app, moment)
        outcomes = await app.work.read(
            lambda c: outbox_age.outcomes(c, worker=app.presence.worker)
        )
    print(_line(moment, ticked, outcomes, left))
    faults = []
    if ticked.failed:
        names = "、".join(ticked.failed)
        faults.append(f"有定时工作没有做成：{names}，原因在上面的日志里，请处理后再运行一次。")
    if left:
        faults.append(f"还有 {left} 条消息没有发出，请用 kaohe doctor 查看原因，再运行一次。")
    return _failed(*faults) if faults else 0


async def _until_all_has_left(app: App, moment: datetime) -> int:
    """How many messages are still to be sent."""
    channels = tuple(app.channels.by_name)
    try:
        async with asyncio.timeout(PATIENCE):
            while left := await app.work.read(  # noqa: ASYNC110 - the database can't wake us
                lambda c: outbox_age.waiting(
                    c, channels=channels, now=moment, minute=minute_of(moment)
                )
            ):
                await asyncio.sleep(_LOOK)
    except TimeoutError:
        pass
    return left


def _line(moment: datetime, ticked: Ticked, outcomes: dict[str, int], left: int) -> str:
    parts = [
        f"定时工作 {len(ticked.done)} 项",
        f"新排队 {ticked.notices} 条消息",
        f"发出 {outcomes.get('sent', 0)} 条",
        f"未送达 {outcomes.get('failed', 0)} 条",
        f"不确定 {outcomes.get('unknown', 0)} 条",
        f"待发 {left} 条",
    ]
    return f"{moment:%Y-%m-%d %H:%M} 的定时工作已做：{'，'.join(parts)}。"


def _failed(*sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1
