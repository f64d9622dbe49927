"""What is reached over the network: Telegram, our own public address, the proxy, certificates;
what WeCom is asked has files of its own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any

from yarl import URL

from bot.channels.telegram.settings import WEBHOOK_PATH, TelegramSettings
from bot.config import Config
from bot.doctor.asking import SECONDS, Answer, NotReached, clocks, get
from bot.doctor.findings import Finding, Site, bad, good, note
from templates import words

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
    except NotReached as error:
        return [bad("Telegram", f"{_where(settings)} {error}。")]
    receiving = _receiving(site.config, settings, str(name), hook)
    return [receiving, *clocks(site, answer.date, whose=" Telegram ")]


async def _ask(config: Config, settings: TelegramSettings, method: str) -> Answer:
    return await get(config, f"{settings.base_url}{settings.token.reveal()}/{method}")


def _result(answer: Answer) -> Mapping[str, Any]:
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


# ---------------------------------------------------------------- our own address and the way out


async def serving(site: Site) -> bool:
    """Whether this program answers at its own port."""
    try:
        answer = await _own(site, "/healthz")
    except NotReached:
        return False
    return (answer.status, answer.text) == (200, "alive\n")


async def examine_serving(site: Site) -> list[Finding]:
    """What only the running program knows: that a messenger refuses it, or does not answer."""
    if not site.serving:
        return []
    try:
        answer = await _own(site, "/readyz")
    except NotReached as error:
        return [bad("运行中的程序", f"{error}。")]
    found = []
    for line in answer.text.splitlines():
        kind, _, detail = line.partition(": ")
        if kind == "refused":
            found.append(bad("运行中的程序", detail))
        elif kind == "deaf":
            name = words.channel(detail.partition(":")[0])
            found.append(bad("运行中的程序", f"{name}已有一会儿收不到消息，请检查网络和设置。"))
    return found


async def _own(site: Site, path: str) -> Answer:
    """Raises NotReached."""
    http = site.config.http
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(http.host, http.host)  # noqa: S104 - recognised
    url = f"http://{f'[{host}]' if ':' in host else host}:{http.port}{path}"
    return await get(site.config, url, proxied=False)


async def examine_public_url(site: Site) -> list[Finding]:
    url = site.config.http.public_url
    if url is None:
        return []
    if not site.serving:
        return [note("对外网址", f"{url} 没有检查：程序没有在运行。")]
    try:
        answer = await get(site.config, f"{url}/healthz", proxied=False)
    except NotReached as error:
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
