"""Each setting as the program understands it. What is secret is only said to be there."""

from __future__ import annotations

from collections.abc import Iterator

from bot.addresses import is_loopback_host
from bot.config import Config
from bot.doctor.findings import Finding, Site, bad, good, note

_HIDDEN = "***"
_NAMED = "设置"


async def examine(site: Site) -> list[Finding]:
    return [*_given(site), *_defaults(site), *_modes(site.config)]


def _given(site: Site) -> Iterator[Finding]:
    faults = dict(fault.split(" ", 1) for fault in site.examined.faults)
    for name, value in site.examined.given.items():
        if name in faults:
            yield bad(name, faults[name])
        elif value is not None:
            yield good(name, "已设置" if value == _HIDDEN else value)
    for warning in site.config.warnings:
        yield note(_NAMED, warning)


def _defaults(site: Site) -> Iterator[Finding]:
    config = site.config
    values = {
        "KAOHE_DATA_DIR": str(config.data_dir),
        "KAOHE_DATABASE_URL": "数据目录里的 SQLite",
        "KAOHE_TIMEZONE": config.timezone.key,
        "KAOHE_HTTP_HOST": config.http.host,
        "KAOHE_HTTP_PORT": str(config.http.port),
        "KAOHE_WEB_CHAT": "on" if config.web_chat else "off",
        "KAOHE_LOG_FORMAT": config.log_format,
    }
    if telegram := config.telegram:
        values |= {
            "KAOHE_TELEGRAM_BASE_URL": telegram.base_url,
            "KAOHE_TELEGRAM_BASE_FILE_URL": telegram.base_file_url,
            "KAOHE_TELEGRAM_RATE": f"{telegram.rate:g}",
            "KAOHE_TELEGRAM_CHAT_RATE": f"{telegram.chat_rate:g}",
        }
    if app := config.wecom_app:
        values["KAOHE_WECOM_BASE_URL"] = app.base_url
        values["KAOHE_WECOM_LOGIN_URL"] = app.login_page or "不用"
        values["KAOHE_WECOM_RATE"] = f"{app.rate:g}"
    elif robots := config.wecom_robot:
        values["KAOHE_WECOM_BASE_URL"] = robots.base_url
    if talker := config.wecom_bot:
        values["KAOHE_WECOM_BOT_URL"] = talker.url
        values["KAOHE_WECOM_BOT_RATE"] = f"{talker.rate:g}"
    empty = [name for name, value in site.examined.given.items() if value is None]
    # a secret may lie in a file instead
    empty = [name for name in empty if not site.examined.given.get(f"{name}_FILE")]
    used = [f"{name}={values[name]}" for name in empty if name in values]
    if used:
        yield good("用默认值", "，".join(used))
    unused = [name for name in empty if name not in values and not name.endswith("_FILE")]
    if unused:
        yield good("没有设置", "，".join(unused))


def _modes(config: Config) -> Iterator[Finding]:
    if config.redirect_all_to:
        said = f"所有消息都只发给 {config.redirect_all_to}，正式使用请去掉 KAOHE_REDIRECT_ALL_TO。"
        yield note("测试模式", said)
    if config.clock is not None:
        yield note("测试时钟", "程序里的时间不是真的，正式使用请去掉 KAOHE_CLOCK。")
    if not set(config.channels()) - {"wecom_robot"}:
        said = "没有一个能对话的：请设置企业微信应用、机器人或 Telegram，或去掉 KAOHE_WEB_CHAT。"
        yield bad("渠道", said)
    elif config.web_chat and not config.http.public_url and is_loopback_host(config.http.host):
        yield note("网页", "只有本机打得开；要给大家用，请设反向代理和 KAOHE_PUBLIC_URL。")
