"""`kaohe doctor`: everything a running installation needs, looked at once, a line a thing.

Works while the program runs and while it does not, with faulty settings, a wrong token, without a
database: whatever can't be looked at is said, and the rest is looked at all the same. Changes
nothing, makes nothing, prints no secret. Exit code 1 if anything is 不行.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, TypeAlias

from sqlalchemy.engine import Connection

from bot import logs
from bot.clock import Clock
from bot.config import examine
from bot.doctor import centre, database, machine, network, settings, wecom, wecom_bot
from bot.doctor.findings import BAD, GOOD, NOTE, Finding, Site, bad, note

log = logging.getLogger(__name__)

LIMIT: Final = 30.0  # seconds for one look; each has shorter limits of its own
Look: TypeAlias = Callable[[Site], Awaitable[Sequence[Finding]]]
Stored: TypeAlias = Callable[[Site, Connection], Iterable[Finding]]

_LOOKS: Final[tuple[tuple[str, Look], ...]] = (
    ("设置", settings.examine),
    ("版本", machine.examine_program),
    ("数据目录", machine.examine_folder),
    ("端口", machine.examine_port),
    ("生成文件", machine.examine_documents),
    ("网络", network.examine_way_out),
    ("Telegram", network.examine_telegram),
    ("对外网址", network.examine_public_url),
    (wecom.APP, wecom.examine_app),
    (wecom_bot.BOT, wecom_bot.examine_bot),
    (wecom_bot.ROBOTS, wecom_bot.examine_robots),
    ("运行中的程序", network.examine_serving),
)
_STORED: Final[tuple[tuple[str, Stored], ...]] = (
    ("附件文件", database.examine_files),
    ("消息", database.examine_outbox),
    ("收到的消息", database.examine_parked),
    ("运行中", database.examine_processes),
    ("工作日历", centre.examine_clock),
    ("中心", centre.examine),
    (wecom_bot.ROBOTS, wecom_bot.examine_groups),
)


def doctor() -> int:
    """The exit code."""
    examined = examine()
    config = examined.config
    logs.hide(*config.secret_values())
    logs.start(level=logging.ERROR, zone=config.timezone)
    found: list[Finding] = []
    for finding in asyncio.run(_all(Site(examined, Clock(config.timezone, config.clock)))):
        print(logs.redact(str(finding)))
        found.append(finding)
    counts = "，".join(
        f"{level} {sum(each.level == level for each in found)}" for level in (GOOD, NOTE, BAD)
    )
    print(f"共 {len(found)} 项：{counts}。")
    return 1 if any(each.level == BAD for each in found) else 0


async def _all(site: Site) -> list[Finding]:
    site.serving = await network.serving(site)
    first = await _safely("数据库", partial(asyncio.to_thread, database.examine, site))
    looks = [_safely(name, partial(look, site)) for name, look in _LOOKS]
    stored = _safely("数据库", partial(asyncio.to_thread, _stored, site))
    rest = await asyncio.gather(*looks, stored)
    if site.database is not None:
        site.database.close()
    return [*_flat(rest[: len(_LOOKS)]), *first, *rest[-1]]


def _stored(site: Site) -> list[Finding]:
    if site.database is None:
        return [note("其他", "附件、消息、日历、人员没有检查：数据库打不开。")]
    found: list[Finding] = []
    for name, look in _STORED:
        with site.database.read() as connection:
            found += _caught(name, partial(_listed, look, site, connection))
    return found


def _listed(look: Stored, site: Site, connection: Connection) -> list[Finding]:
    return list(look(site, connection))


async def _safely(name: str, look: Callable[[], Awaitable[Sequence[Finding]]]) -> list[Finding]:
    try:
        async with asyncio.timeout(LIMIT):
            return list(await look())
    except TimeoutError:
        return [bad(name, f"{LIMIT:.0f} 秒没有查完，请检查磁盘和网络是否卡住。")]
    except Exception as error:  # one look that fails must not keep the others from being done
        return [_failed(name, error)]


def _caught(name: str, look: Callable[[], Sequence[Finding]]) -> Sequence[Finding]:
    try:
        return look()
    except Exception as error:  # as above
        return [_failed(name, error)]


def _failed(name: str, error: Exception) -> Finding:
    log.error("%s could not be examined", name, exc_info=error)
    return bad(name, f"没有查成（{type(error).__name__}），详情在日志里，请转给维护人员。")


def _flat(parts: Iterable[Sequence[Finding]]) -> Iterator[Finding]:
    for part in parts:
        yield from part
