"""The configuration: the only reader of the environment.

Everything is optional and has the prefix KAOHE_. `load` checks all of it before anything is
started and names every fault at once, one sentence each: the variable, what is wrong, the
remedy. What a channel can be told it declares itself (`channel_settings`). Secrets are also read
from the file that NAME_FILE points to, and show in no repr.
"""

from __future__ import annotations

import os
import re
import stat
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, cast
from urllib.parse import unquote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.addresses import is_loopback_host
from bot.channel_settings import ChannelSettings, fill
from bot.channels.telegram.settings import TelegramSettings
from bot.channels.wecom_app.settings import WecomAppSettings
from bot.channels.wecom_bot.settings import WecomBotSettings
from bot.channels.wecom_robot.settings import WecomRobotSettings
from bot.clock import parse_instant, read_instant
from bot.secret import Secret
from bot.variables import Variables

PREFIX = "KAOHE_"
_ACCOUNT = re.compile(r"[a-z][a-z_]*:\S+")
_DATABASE = re.compile(r"(sqlite|postgres(?:ql)?(?:\+psycopg)?)://(.*)")
_PASSWORD = re.compile(r"://[^/@]*:([^/@]+)@")

LogFormat = Literal["console", "json"]
Network = IPv4Network | IPv6Network


class ConfigError(Exception):
    """Nothing can be started; `faults` are whole Chinese sentences for the operator."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Who started us and wants to know how we are (systemd): its socket, and after how many
    seconds of silence it starts us anew; None if it does not."""

    socket: str
    watchdog_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where the program's own server listens, and the address that people use for it."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    trusted_proxies: tuple[Network, ...] = ()

    def on_loopback(self) -> bool:
        return is_loopback_host(self.host)


@dataclass(frozen=True, slots=True)
class Config:
    """A checked configuration. `warnings` are sentences to log, nothing that stops a start.

    `clock` is None for real time, an instant to run on from, or a file that holds one.
    """

    data_dir: Path
    database_url: Secret
    timezone: ZoneInfo
    http: HttpSettings = field(default_factory=HttpSettings)
    telegram: TelegramSettings | None = None
    wecom_app: WecomAppSettings | None = None
    wecom_bot: WecomBotSettings | None = None
    wecom_robot: WecomRobotSettings | None = None
    web_chat: bool = True
    proxy: Secret | None = None
    ca_bundle: Path | None = None
    font_dir: Path | None = None
    redirect_all_to: str | None = None
    clock: datetime | Path | None = None
    log_format: LogFormat = "console"
    supervisor: Supervisor | None = None
    warnings: tuple[str, ...] = ()

    def on_loopback(self) -> bool:
        """Whether neither our own server nor any channel reaches beyond this machine."""
        return self.http.on_loopback() and all(
            settings.on_loopback() for settings in self._messengers().values()
        )

    def _messengers(self) -> dict[str, ChannelSettings]:
        """The settings of those that are switched on, by name."""
        found: dict[str, ChannelSettings | None] = {
            "telegram": self.telegram,
            "wecom_app": self.wecom_app,
            "wecom_bot": self.wecom_bot,
            "wecom_robot": self.wecom_robot,
        }
        return {name: settings for name, settings in found.items() if settings is not None}

    def channels(self) -> tuple[str, ...]:
        """The names of those that are switched on."""
        return (*self._messengers(), *(("web",) if self.web_chat else ()))

    def secret_values(self) -> tuple[str, ...]:
        """Every secret in the clear, for the log's redaction and for nothing else."""
        return tuple(_secrets(self))


@dataclass(frozen=True, slots=True)
class Examined:
    """An environment as it stands, faults and all: where a value can't be used `config` has the
    default. `given` has every known name, None where nothing was set, *** for a secret."""

    config: Config
    faults: tuple[str, ...]
    given: Mapping[str, str | None]


def examine(environ: Mapping[str, str] | None = None) -> Examined:
    """For looking only: nothing is made, nothing raised."""
    variables = Variables(os.environ if environ is None else environ)
    config = _read(variables)
    return Examined(config, tuple(variables.faults), variables.known(PREFIX))


def load(environ: Mapping[str, str] | None = None) -> Config:
    """The configuration of this process; makes the data directory, open to nobody else.

    Raises ConfigError with every fault.
    """
    variables = Variables(os.environ if environ is None else environ)
    config = _read(variables)
    remarks = () if variables.faults else _make_data_dir(variables, config.data_dir)
    if variables.faults:
        raise ConfigError(tuple(variables.faults))
    return replace(config, warnings=config.warnings + remarks)


def load_for_demo(data_dir: Path, environ: Mapping[str, str] | None = None) -> Config:
    """What the demo may be told: the port, the clock and the log's format, nothing else.

    It keeps everything in `data_dir` and never leaves this machine. Raises ConfigError.
    """
    given = os.environ if environ is None else environ
    kept = ("KAOHE_HTTP_HOST", "KAOHE_HTTP_PORT", "KAOHE_CLOCK", "KAOHE_LOG_FORMAT")
    config = load(
        {name: given[name] for name in kept if name in given}
        | {"KAOHE_DATA_DIR": str(data_dir), "KAOHE_WEB_CHAT": "on"}
    )
    if not config.http.on_loopback():
        raise ConfigError(("KAOHE_HTTP_HOST 不是本机，示例只在本机运行，请去掉它。",))
    return config


def _read(variables: Variables) -> Config:
    zone = _timezone(variables)
    data_dir = Path(variables.text("KAOHE_DATA_DIR") or "data").expanduser().absolute()
    http = _http(variables)
    telegram = fill(variables, TelegramSettings, "KAOHE_TELEGRAM_")
    if telegram and telegram.webhook_secret and http.public_url is None:
        variables.fault(
            "KAOHE_TELEGRAM_WEBHOOK_SECRET",
            "要和 KAOHE_PUBLIC_URL 一起设置才能接收回调，请补上后者或去掉它。",
        )
    wecom_app = fill(variables, WecomAppSettings, "KAOHE_WECOM_")
    wecom_bot = fill(variables, WecomBotSettings, "KAOHE_WECOM_BOT_")
    wecom_robot = fill(variables, WecomRobotSettings, "KAOHE_WECOM_")
    spoken_to = any(settings is not None for settings in (telegram, wecom_app, wecom_bot))
    web_chat = variables.switch("KAOHE_WEB_CHAT")
    config = Config(
        data_dir=data_dir,
        database_url=_database_url(variables, data_dir),
        timezone=zone,
        http=http,
        telegram=telegram,
        wecom_app=wecom_app,
        wecom_bot=wecom_bot,
        wecom_robot=wecom_robot,
        web_chat=not spoken_to if web_chat is None else web_chat,
        proxy=_proxy(variables),
        ca_bundle=_ca_bundle(variables),
        font_dir=variables.existing("KAOHE_FONT_DIR", directory=True),
        redirect_all_to=_account(variables),
        clock=_clock(variables, zone),
        log_format=_log_format(variables),
        supervisor=_supervisor(variables),
        # last: every known name has been asked for
        warnings=(*variables.unknown(PREFIX), *_unheard(wecom_app, http)),
    )
    _check_together(variables, config)
    return config


def _unheard(app: WecomAppSettings | None, http: HttpSettings) -> Iterator[str]:
    """No fault: telling people what was published is of use by itself."""
    if app is not None and http.public_url is None:
        yield (
            "企业微信应用没有 KAOHE_PUBLIC_URL，只能发消息，收不到大家发的，"
            "请设置它，并在管理后台的“接收消息”里填上网址。"
        )


def _check_together(variables: Variables, config: Config) -> None:
    """What no variable is wrong in by itself."""
    if (
        config.redirect_all_to
        and config.redirect_all_to.partition(":")[0] not in config.channels()
    ):
        variables.fault(
            "KAOHE_REDIRECT_ALL_TO", "的渠道没有启用，消息会一条也发不出，请启用它或换一个账号。"
        )
    if config.clock is not None and not config.on_loopback():
        variables.fault(
            "KAOHE_CLOCK",
            "是测试时钟，网页和所有渠道都在本机时才能用，请去掉它，或把地址都改为本机。",
        )


def _timezone(variables: Variables) -> ZoneInfo:
    name = variables.text("KAOHE_TIMEZONE")
    try:
        return ZoneInfo(name or "Asia/Shanghai")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        variables.fault("KAOHE_TIMEZONE", "不是时区名，请写成 Asia/Shanghai 的样子。")
        return ZoneInfo("Asia/Shanghai")


def _http(variables: Variables) -> HttpSettings:
    networks: list[Network] = []
    for part in (variables.text("KAOHE_TRUSTED_PROXIES") or "").split(","):
        if part.strip():
            try:
                networks.append(ip_network(part.strip()))
            except ValueError:
                variables.fault(
                    "KAOHE_TRUSTED_PROXIES",
                    "应是用逗号分开的 IP 或网段（如 10.0.0.5,10.1.0.0/16），请改正。",
                )
                break
    port = variables.port("KAOHE_HTTP_PORT")
    return HttpSettings(
        host=variables.text("KAOHE_HTTP_HOST") or "127.0.0.1",
        port=8080 if port is None else port,
        public_url=variables.url("KAOHE_PUBLIC_URL", https_off_loopback=True),
        trusted_proxies=tuple(networks),
    )


def _database_url(variables: Variables, data_dir: Path) -> Secret:
    """With the driver named; a secret since it may hold a password."""
    default = Secret(f"sqlite:///{data_dir / 'kaohe.sqlite'}")
    given = variables.secret("KAOHE_DATABASE_URL")
    if given is None:
        return default
    match = _DATABASE.fullmatch(given.reveal())
    if match is None or not match[2].strip("/"):
        variables.fault(
            "KAOHE_DATABASE_URL",
            "应是 sqlite:///文件路径 或 postgresql://用户:密码@主机/库名 的样子，请改正。",
        )
        return default
    return given if match[1] == "sqlite" else Secret(f"postgresql+psycopg://{match[2]}")


def _proxy(variables: Variables) -> Secret | None:
    proxy = variables.secret("KAOHE_PROXY")
    if proxy and not re.fullmatch(r"https?://[^\s/?#]+/?", proxy.reveal()):
        variables.fault("KAOHE_PROXY", "应是 http://主机:端口 的样子，请改正。")
    return proxy


def _ca_bundle(variables: Variables) -> Path | None:
    path = variables.existing("KAOHE_CA_BUNDLE", directory=False)
    if path is None:
        return None
    import ssl  # few installations need it before they call anybody

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        variables.fault("KAOHE_CA_BUNDLE", "指向的文件不是证书（PEM 格式），请换成证书文件。")
        return None
    return path


def _account(variables: Variables) -> str | None:
    account = variables.text("KAOHE_REDIRECT_ALL_TO")
    if account and not _ACCOUNT.fullmatch(account):
        variables.fault(
            "KAOHE_REDIRECT_ALL_TO", "应是“渠道:账号”的样子（如 telegram:123），请改正。"
        )
        return None
    if account and account.startswith("wecom_app:"):
        return account.lower()  # as the channel writes userids
    return account


def _clock(variables: Variables, zone: ZoneInfo) -> datetime | Path | None:
    text = variables.text("KAOHE_CLOCK")
    if text is None:
        return None
    try:
        return parse_instant(text, zone)
    except ValueError:
        path = Path(text).expanduser().absolute()
    try:
        read_instant(path, zone)
    except (OSError, ValueError):
        variables.fault(
            "KAOHE_CLOCK",
            "既不是时间（如 2026-10-08T09:00），也不是写有这样一个时间的文件，请改正。",
        )
        return None
    return path


def _log_format(variables: Variables) -> LogFormat:
    text = variables.text("KAOHE_LOG_FORMAT") or "console"
    if text not in typing.get_args(LogFormat):
        variables.fault("KAOHE_LOG_FORMAT", "只能是 console 或 json，请改正。")
        return "console"
    return cast(LogFormat, text)


def _supervisor(variables: Variables) -> Supervisor | None:
    """What systemd hands to the process it starts; to whoever else has them they say nothing."""
    socket = variables.text("NOTIFY_SOCKET")
    if socket is None:
        return None
    every, whose = variables.text("WATCHDOG_USEC"), variables.text("WATCHDOG_PID")
    if every is None or not every.isdecimal() or whose not in (None, str(os.getpid())):
        return Supervisor(socket)
    return Supervisor(socket, int(every) / 1_000_000)


def _make_data_dir(variables: Variables, path: Path) -> tuple[str, ...]:
    """Warnings about a directory that is there already; its owner may have reasons for them."""
    try:
        path.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        usable = os.access(path, os.R_OK | os.W_OK | os.X_OK)
        shared = path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    except OSError:
        usable, shared = False, 0
    if not usable:
        variables.fault("KAOHE_DATA_DIR", f"（{path}）不能写入，请换一个目录或改正它的权限。")
    if not shared:
        return ()
    return (f"数据目录 {path} 对本机其他账号开放，建议执行 chmod 700 收紧权限。",)


def _secrets(settings: object) -> Iterator[str]:
    if isinstance(settings, Secret):
        yield settings.reveal()
        if inner := _PASSWORD.search(settings.reveal()):
            yield from {inner[1], unquote(inner[1])}
    elif isinstance(settings, WecomRobotSettings):
        yield from settings.keys().values()  # each by itself: that is how one gets into an address
    elif is_dataclass(settings):
        for item in fields(settings):
            yield from _secrets(getattr(settings, item.name))
