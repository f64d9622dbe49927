"""WeCom's AI bot and its group robots, as far as one may look without disturbing them.

A second subscription would push the running program off the bot's only connection, so the bot's
secret is not tried here: the running program knows of it (/readyz). No robot says anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from sqlalchemy.engine import Connection

from bot.channels.wecom_bot.settings import WecomBotSettings
from bot.config import Config
from bot.doctor.asking import SECONDS, NotReached, get, proxy_for, reason_of, session
from bot.doctor.findings import Finding, Site, bad, good, note, some
from storage import inspection

BOT: Final = "企业微信机器人"
ROBOTS: Final = "企业微信群"
_CLOSE_SECONDS: Final = 1.0


async def examine_bot(site: Site) -> list[Finding]:
    settings = site.config.wecom_bot
    if settings is None:
        return []
    if any(settings.faults()):
        return [note(BOT, "没有检查：设置有误。")]
    try:
        await _connect(site.config, settings)
    except NotReached as error:
        return [bad(BOT, f"{settings.url} {error}。")]
    trusted = "连得上，证书可信" if settings.url.startswith("wss:") else "连得上"
    said = "没有登录（登录会挤掉正在运行的程序），Bot ID 和 Secret 对不对由运行中的程序来说"
    found = [good(BOT, f"{settings.url} {trusted}；{said}")]
    if site.serving and site.database is not None and await _unheld(site):
        remedy = "请看日志；另有程序在用同一个机器人的，请停掉它"
        found.append(note(BOT, f"程序在运行，但没有在接收机器人的消息，{remedy}。"))
    return found


async def _connect(config: Config, settings: WecomBotSettings) -> None:
    """Raises NotReached."""
    url = settings.url
    try:
        async with asyncio.timeout(SECONDS), session(config) as opened:
            connection = await opened.ws_connect(
                url,
                proxy=proxy_for(config, url),
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_SECONDS),
            )
            await connection.close()
            return
    except aiohttp.WSServerHandshakeError as error:
        reason = f"不是长连接的地址（{error.status}），请核对 KAOHE_WECOM_BOT_URL"
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        reason = reason_of(error)
    raise NotReached(reason)


async def _unheld(site: Site) -> bool:
    database = site.database
    if database is None:
        return False

    def look() -> bool:
        with database.read() as connection:
            held = inspection.holders(connection, now=site.clock.wall())
        return not any(name == "channel:wecom_bot" for name, _ in held)

    return await asyncio.to_thread(look)


async def examine_robots(site: Site) -> list[Finding]:
    settings = site.config.wecom_robot
    if settings is None:
        return []
    if any(settings.faults()):
        return [note(ROBOTS, "没有检查：设置有误。")]
    parts = urlsplit(settings.base_url)
    where = f"{parts.scheme}://{parts.netloc}"
    try:
        await get(site.config, f"{settings.base_url}/cgi-bin/gettoken")
    except NotReached as error:
        return [bad(ROBOTS, f"{where} {error}。")]
    return [good(ROBOTS, f"{some(list(settings.keys()))}，{where} 连得上；没有试发")]


def examine_groups(site: Site, connection: Connection) -> Iterator[Finding]:
    """Which robots' groups get what is published, by what the administrators said."""
    settings = site.config.wecom_robot
    if settings is None:
        return
    given, known = set(settings.keys()), inspection.groups_on(connection, "wecom_robot")
    lost = [name for name, state in known.items() if state == "confirmed" and name not in given]
    if lost:
        said = "登记着，但 KAOHE_WECOM_ROBOTS 里没有，收不到结果，请补上，或取消登记"
        yield note(ROBOTS, f"{some(sorted(lost))}{said}。")
    new = [name for name in given if known.get(name, "waiting") == "waiting"]
    if new:
        said = "还没有登记，收不到结果，请管理员在“管理 - 群”里登记"
        yield note(ROBOTS, f"{some(sorted(new))}{said}。")
