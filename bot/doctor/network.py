"""What is reached over the network: Telegram, our own public address, the proxy, certificates.

Every look ends within five seconds and says nothing of tokens: an address that holds one never
gets into a line, only the kind of the failure does.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
from yarl import URL

from bot.addresses import is_loopback_url
from bot.channels.telegram.settings import WEBHOOK_PATH, TelegramSettings
from bot.config import Config
from bot.doctor.findings import Finding, Site, bad, good, note

SECONDS: Final = 5.0
APART: Final = 60.0  # seconds between two clocks
_MOST: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    payload: Mapping[str, Any]
    text: str
    date: datetime | None


class _NotReached(Exception):
    """The text says why, in the operator's language."""


@asynccontextmanager
async def _session(config: Config) -> AsyncIterator[aiohttp.ClientSession]:
    trust: ssl.SSLContext | bool = True
    if config.ca_bundle is not None:
        trust = ssl.create_default_context()
        trust.load_verify_locations(config.ca_bundle)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=trust),
        timeout=aiohttp.ClientTimeout(total=SECONDS),
    ) as session:
        yield session


async def _get(config: Config, url: str, *, proxied: bool = True) -> _Answer:
    """Raises _NotReached."""
    proxy = config.proxy.reveal() if config.proxy and proxied else None
    proxy = None if is_loopback_url(url) else proxy
    reason = ""
    try:
        async with (
            _session(config) as session,
            session.get(URL(url, encoded=True), proxy=proxy, allow_redirects=False) as answer,
        ):
            body = await answer.content.read(_MOST)
            return _Answer(
                answer.status, _parsed(body), body.decode(errors="replace"), _date(answer)
            )
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        reason = _reason(error)
    # out here, so that the error drags no other one along: aiohttp's own name the URL
    raise _NotReached(reason)


def _reason(error: Exception) -> str:
    match error:
        case TimeoutError():
            return f"{SECONDS:.0f} 秒没有回应，请检查网络和防火墙"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError() | ssl.SSLError():
            return "证书不被信任，请核对地址；内部证书请设置 KAOHE_CA_BUNDLE"
        case aiohttp.ClientHttpProxyError():
            return f"代理拒绝（{error.status}），请核对 KAOHE_PROXY 的账号和密码"
        case aiohttp.ClientProxyConnectionError():
            return "代理连不上，请核对 KAOHE_PROXY"
        case aiohttp.ClientConnectorDNSError():
            return "主机名解析不了，请检查地址和 DNS"
        case _:
            return f"连不上（{type(error).__name__}），请检查地址和网络"


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _date(answer: aiohttp.ClientResponse) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None


# ---------------------------------------------------------------- Telegram


async def examine_telegram(site: Site) -> list[Finding]:
    settings = site.config.telegram
    if settings is None:
        return []
    try:
        answer = await _ask(site.config, settings, "getMe")
        if answer.status in (401, 404):
            return [bad("Telegram", "令牌无效，请到 BotFather 核对 KAOHE_TELEGRAM_TOKEN。")]
        name = _result(answer).get("username")
        if answer.status != 200 or not name:
            said = f"{_where(settings)} 回应异常（{answer.status}），请稍后再试，或核对地址。"
            return [bad("Telegram", said)]
        hook = _result(await _ask(site.config, settings, "getWebhookInfo"))
    except _NotReached as error:
        return [bad("Telegram", f"{_where(settings)} {error}。")]
    return [_receiving(site.config, settings, str(name), hook), *_clock(site, answer.date)]


async def _ask(config: Config, settings: TelegramSettings, method: str) -> _Answer:
    return await _get(config, f"{settings.base_url}{settings.token.reveal()}/{method}")


def _result(answer: _Answer) -> Mapping[str, Any]:
    found = answer.payload.get("result")
    return found if isinstance(found, dict) else {}


def _where(settings: TelegramSettings) -> str:
    return str(URL(settings.base_url).origin())


def _receiving(
    config: Config, settings: TelegramSettings, name: str, hook: Mapping[str, Any]
) -> Finding:
    ours = f"{config.http.public_url}{WEBHOOK_PATH}" if settings.webhook_secret else ""
    theirs = str(hook.get("url") or "")
    said = (
        f"@{name}，{'回调' if ours else '长轮询'}，待取 {hook.get('pending_update_count', 0)} 条"
    )
    if theirs != ours:
        other = "登记着别的回调地址" if theirs else "还没有登记回调地址"
        remedy = "启动程序时会改过来；反复出现的，说明另有程序在用同一个令牌，请停掉它"
        return note("Telegram", f"{said}；{other}，{remedy}。")
    if ours and hook.get("last_error_message"):
        reason = str(hook["last_error_message"])[:80]
        return note("Telegram", f"{said}；最近一次回调失败（{reason}），请核对对外网址。")
    return good("Telegram", said)


def _clock(site: Site, theirs: datetime | None) -> list[Finding]:
    if theirs is None:
        return []
    apart = abs((site.clock.wall() - theirs.astimezone(UTC)).total_seconds())
    if apart <= APART:
        return []
    return [bad("系统时间", f"与 Telegram 相差 {apart:.0f} 秒，请校对系统时间（NTP）。")]


# ---------------------------------------------------------------- our own address and the way out


async def serving(site: Site) -> bool:
    """Whether this program answers at its own port."""
    http = site.config.http
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(http.host, http.host)  # noqa: S104 - recognised
    url = f"http://{f'[{host}]' if ':' in host else host}:{http.port}/healthz"
    try:
        answer = await _get(site.config, url, proxied=False)
    except _NotReached:
        return False
    return (answer.status, answer.text) == (200, "alive\n")


async def examine_public_url(site: Site) -> list[Finding]:
    url = site.config.http.public_url
    if url is None:
        return []
    if not site.serving:
        return [note("对外网址", f"{url} 没有检查：程序没有在运行。")]
    try:
        answer = await _get(site.config, f"{url}/healthz", proxied=False)
    except _NotReached as error:
        return [bad("对外网址", f"{url} {error}。")]
    if (answer.status, answer.text) != (200, "alive\n"):
        said = f"{url} 打开的不是本程序（{answer.status}），请核对反向代理和 KAOHE_PUBLIC_URL。"
        return [bad("对外网址", said)]
    return [good("对外网址", f"{url} 打得开")]


async def examine_way_out(site: Site) -> list[Finding]:
    return [*await _proxy(site.config), *_certificates(site.config)]


async def _proxy(config: Config) -> list[Finding]:
    if config.proxy is None:
        return []
    proxy = URL(config.proxy.reveal())
    where = f"{proxy.host}:{proxy.port}"
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(proxy.host, proxy.port)
        writer.close()
    except (OSError, TimeoutError):
        return [bad("代理", f"{where} 连不上，请核对 KAOHE_PROXY。")]
    return [good("代理", f"{where} 连得上")]


def _certificates(config: Config) -> list[Finding]:
    if config.ca_bundle is None:
        return []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(config.ca_bundle)  # a faulty one is a faulty setting
    return [good("证书", f"{config.ca_bundle} 中有 {len(context.get_ca_certs())} 张")]
