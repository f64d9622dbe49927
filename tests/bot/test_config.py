"""The environment as an operator sets it: every default, every wrong value with its sentence."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.channels.telegram.settings import TelegramSettings
from bot.config import Config, ConfigError, HttpSettings, load, load_for_demo, read_settings
from bot.secret import Secret
from tests.support import authority

SHANGHAI = ZoneInfo("Asia/Shanghai")
TOKEN = "123456789:AAtesttesttesttesttesttesttesttest1"
LOOPBACK_BOT = {
    "KAOHE_TELEGRAM_TOKEN": TOKEN,
    "KAOHE_TELEGRAM_BASE_URL": "http://127.0.0.1:9/bot",
    "KAOHE_TELEGRAM_BASE_FILE_URL": "http://[::1]:9/file/bot",
}


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "not" / "there yet"


def plain(data_dir: Path) -> Config:
    return Config(
        data_dir=data_dir,
        database_url=Secret(f"sqlite:///{data_dir}/kaohe.sqlite"),
        timezone=SHANGHAI,
    )


def loaded(data_dir: Path, **variables: str) -> Config:
    return load({"KAOHE_DATA_DIR": str(data_dir)} | variables)


def faults(data_dir: Path, **variables: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        loaded(data_dir, **variables)
    return caught.value.faults


def test_nothing_set_means_sqlite_web_chat_and_loopback(data_dir):
    assert loaded(data_dir) == plain(data_dir)


def test_the_data_directory_is_ours_alone(data_dir):
    loaded(data_dir)
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


def test_a_data_directory_open_to_others_is_remarked_on(tmp_path):
    tmp_path.chmod(0o755)
    assert loaded(tmp_path).warnings == (
        f"数据目录 {tmp_path} 对本机其他账号开放，建议执行 chmod 700 收紧权限。",
    )


def test_the_default_data_directory_lies_where_we_stand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load({}) == plain(tmp_path / "data")


def test_a_data_directory_that_is_a_file(tmp_path):
    (tmp_path / "data").write_text("")
    assert faults(tmp_path / "data") == (
        f"KAOHE_DATA_DIR （{tmp_path / 'data'}）不能写入，请换一个目录或改正它的权限。",
    )


def test_everything_set(data_dir, tmp_path):
    authority.written(tmp_path)
    assert loaded(
        data_dir,
        KAOHE_DATABASE_URL="postgres://kaohe:pass%20word@db/kaohe",
        KAOHE_TIMEZONE="Asia/Urumqi",
        KAOHE_HTTP_HOST="0.0.0.0",
        KAOHE_HTTP_PORT="0",
        KAOHE_PUBLIC_URL="https://zw.example.gov.cn/kaohe/",
        KAOHE_TRUSTED_PROXIES="10.0.0.5, 10.1.0.0/16,",
        KAOHE_PROXY="http://me:secret@proxy.example:3128",
        KAOHE_CA_BUNDLE=str(tmp_path / "ca.pem"),
        KAOHE_FONT_DIR=str(tmp_path),
        KAOHE_TELEGRAM_TOKEN=TOKEN,
        KAOHE_TELEGRAM_BASE_URL="https://bots.example.gov.cn/bot",
        KAOHE_TELEGRAM_BASE_FILE_URL="https://bots.example.gov.cn/file/bot",
        KAOHE_TELEGRAM_WEBHOOK_SECRET="a_b-1",
        KAOHE_TELEGRAM_RATE="20",
        KAOHE_TELEGRAM_CHAT_RATE="0.5",
        KAOHE_WEB_CHAT="on",
        KAOHE_REDIRECT_ALL_TO="telegram:123",
        KAOHE_LOG_FORMAT="json",
    ) == Config(
        data_dir=data_dir,
        database_url=Secret("postgresql+psycopg://kaohe:pass%20word@db/kaohe"),
        timezone=ZoneInfo("Asia/Urumqi"),
        http=HttpSettings(
            host="0.0.0.0",
            port=0,
            public_url="https://zw.example.gov.cn/kaohe",
            trusted_proxies=(ip_network("10.0.0.5/32"), ip_network("10.1.0.0/16")),
        ),
        telegram=TelegramSettings(
            token=Secret(TOKEN),
            base_url="https://bots.example.gov.cn/bot",
            base_file_url="https://bots.example.gov.cn/file/bot",
            webhook_secret=Secret("a_b-1"),
            rate=20.0,
            chat_rate=0.5,
        ),
        web_chat=True,
        proxy=Secret("http://me:secret@proxy.example:3128"),
        ca_bundle=tmp_path / "ca.pem",
        font_dir=tmp_path,
        redirect_all_to="telegram:123",
        log_format="json",
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("sqlite:////srv/kaohe.sqlite", "sqlite:////srv/kaohe.sqlite"),
        ("postgresql://db/k", "postgresql+psycopg://db/k"),
        ("postgresql+psycopg://u@/k?host=/run/pg", "postgresql+psycopg://u@/k?host=/run/pg"),
    ],
)
def test_the_database_url_names_its_driver(data_dir, given, kept):
    assert loaded(data_dir, KAOHE_DATABASE_URL=given).database_url == Secret(kept)


def test_a_telegram_token_alone_means_the_public_bot_api_and_no_web_chat(data_dir):
    assert loaded(data_dir, KAOHE_TELEGRAM_TOKEN=TOKEN) == replace(
        plain(data_dir), telegram=TelegramSettings(token=Secret(TOKEN)), web_chat=False
    )


def test_an_empty_value_counts_as_not_set(data_dir):
    config = loaded(data_dir, KAOHE_TELEGRAM_TOKEN=" ", KAOHE_HTTP_PORT="")
    assert config == plain(data_dir)


def test_a_secret_from_a_file_loses_its_line_end(data_dir, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    config = loaded(data_dir, KAOHE_TELEGRAM_TOKEN_FILE=str(file))
    assert config.telegram == TelegramSettings(token=Secret(TOKEN))


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"KAOHE_TIMEZONE": "Mars/North"},
            "KAOHE_TIMEZONE 不是时区名，请写成 Asia/Shanghai 的样子。",
        ),
        ({"KAOHE_HTTP_PORT": "65536"}, "KAOHE_HTTP_PORT 应是 0 至 65535 的整数，请改正。"),
        ({"KAOHE_HTTP_PORT": "8080x"}, "KAOHE_HTTP_PORT 应是 0 至 65535 的整数，请改正。"),
        (
            {"KAOHE_PUBLIC_URL": "http://zw.example.gov.cn"},
            "KAOHE_PUBLIC_URL 不在本机，必须以 https:// 开头，请改用 https 地址。",
        ),
        (
            {"KAOHE_PUBLIC_URL": "zw.example.gov.cn"},
            "KAOHE_PUBLIC_URL 不是网址，请写成 https://主机名/路径 的样子。",
        ),
        (
            {"KAOHE_PUBLIC_URL": "https://zw.example.gov.cn:port/"},
            "KAOHE_PUBLIC_URL 不是网址，请写成 https://主机名/路径 的样子。",
        ),
        (
            {"KAOHE_PUBLIC_URL": "https://me:pw@zw.example.gov.cn"},
            "KAOHE_PUBLIC_URL 不能带账号、问号或井号部分，请只写到路径为止。",
        ),
        (
            {"KAOHE_TRUSTED_PROXIES": "10.0.0.5,proxy"},
            "KAOHE_TRUSTED_PROXIES 应是用逗号分开的 IP 或网段"
            "（如 10.0.0.5,10.1.0.0/16），请改正。",
        ),
        (
            {"KAOHE_DATABASE_URL": "mysql://db/kaohe"},
            "KAOHE_DATABASE_URL 应是 sqlite:///文件路径 或 postgresql://用户:密码@主机/库名"
            " 的样子，请改正。",
        ),
        (
            {"KAOHE_DATABASE_URL": "sqlite://"},
            "KAOHE_DATABASE_URL 应是 sqlite:///文件路径 或 postgresql://用户:密码@主机/库名"
            " 的样子，请改正。",
        ),
        ({"KAOHE_PROXY": "socks5://x"}, "KAOHE_PROXY 应是 http://主机:端口 的样子，请改正。"),
        ({"KAOHE_CA_BUNDLE": "/nowhere"}, "KAOHE_CA_BUNDLE 指向的文件不存在，请检查路径。"),
        (
            {"KAOHE_CA_BUNDLE": __file__},
            "KAOHE_CA_BUNDLE 指向的文件不是证书（PEM 格式），请换成证书文件。",
        ),
        (
            {"KAOHE_REDIRECT_ALL_TO": "telegram:123"},
            "KAOHE_REDIRECT_ALL_TO 的渠道没有启用，消息会一条也发不出，请启用它或换一个账号。",
        ),
        ({"KAOHE_FONT_DIR": "/nowhere"}, "KAOHE_FONT_DIR 指向的目录不存在，请检查路径。"),
        ({"KAOHE_WEB_CHAT": "maybe"}, "KAOHE_WEB_CHAT 只能是 on 或 off，请改正。"),
        (
            {"KAOHE_REDIRECT_ALL_TO": "123"},
            "KAOHE_REDIRECT_ALL_TO 应是“渠道:账号”的样子（如 telegram:123），请改正。",
        ),
        ({"KAOHE_LOG_FORMAT": "xml"}, "KAOHE_LOG_FORMAT 只能是 console 或 json，请改正。"),
        (
            {"KAOHE_CLOCK": "tomorrow"},
            "KAOHE_CLOCK 既不是时间（如 2026-10-08T09:00），"
            "也不是写有这样一个时间的文件，请改正。",
        ),
        (
            {"KAOHE_TELEGRAM_TOKEN": "AAtest"},
            "KAOHE_TELEGRAM_TOKEN 不是机器人令牌的样子，请填 BotFather 给出的“数字:字母”整串。",
        ),
        (
            LOOPBACK_BOT | {"KAOHE_TELEGRAM_BASE_URL": "api"},
            "KAOHE_TELEGRAM_BASE_URL 不是网址，请写成 https://主机名/路径 的样子。",
        ),
        (
            LOOPBACK_BOT | {"KAOHE_TELEGRAM_RATE": "fast"},
            "KAOHE_TELEGRAM_RATE 应是一个数，请改正。",
        ),
        (
            LOOPBACK_BOT | {"KAOHE_TELEGRAM_RATE": "nan"},
            "KAOHE_TELEGRAM_RATE 应是大于 0、不超过 1000 的数（每秒条数），请改正。",
        ),
        (
            LOOPBACK_BOT | {"KAOHE_TELEGRAM_CHAT_RATE": "0"},
            "KAOHE_TELEGRAM_CHAT_RATE 应是大于 0、不超过 1000 的数（每秒条数），请改正。",
        ),
        (
            LOOPBACK_BOT | {"KAOHE_TELEGRAM_WEBHOOK_SECRET": "s3cret"},
            "KAOHE_TELEGRAM_WEBHOOK_SECRET 要和 KAOHE_PUBLIC_URL 一起设置才能接收回调，"
            "请补上后者或去掉它。",
        ),
        (
            LOOPBACK_BOT
            | {
                "KAOHE_TELEGRAM_WEBHOOK_SECRET": "has space",
                "KAOHE_PUBLIC_URL": "http://localhost:9",
            },
            "KAOHE_TELEGRAM_WEBHOOK_SECRET 只能由 1 至 256 个字母、数字、“_”或“-”组成，请换一个。",
        ),
        (
            {"KAOHE_TELEGRAM_TOKEN": TOKEN, "KAOHE_TELEGRAM_TOKEN_FILE": "/nowhere"},
            "KAOHE_TELEGRAM_TOKEN 和 KAOHE_TELEGRAM_TOKEN_FILE 只能设置其中一个，请去掉一个。",
        ),
        (
            {"KAOHE_TELEGRAM_TOKEN_FILE": "/nowhere"},
            "KAOHE_TELEGRAM_TOKEN_FILE 指向的文件读不出来，请检查路径和读取权限。",
        ),
        (
            {"KAOHE_TELEGRAM_TOKEN_FILE": "/dev/null"},
            "KAOHE_TELEGRAM_TOKEN_FILE 指向的文件是空的，请写入内容。",
        ),
    ],
)
def test_a_wrong_value_is_one_sentence_and_makes_nothing(data_dir, variables, sentence):
    assert (faults(data_dir, **variables), data_dir.exists()) == ((sentence,), False)


def test_all_faults_are_named_at_once(data_dir):
    assert faults(data_dir, KAOHE_WEB_CHAT="maybe", KAOHE_HTTP_PORT="x") == (
        "KAOHE_HTTP_PORT 应是 0 至 65535 的整数，请改正。",
        "KAOHE_WEB_CHAT 只能是 on 或 off，请改正。",
    )


def test_unknown_names_are_remarked_on_with_the_nearest_known_one(data_dir):
    config = loaded(data_dir, KAOHE_TELEGRAM_TOKNE=TOKEN, KAOHE_COLOUR="red", OTHER="1")
    assert config.warnings == (
        "不认识环境变量 KAOHE_COLOUR，没有使用它，请核对拼写。",
        "不认识环境变量 KAOHE_TELEGRAM_TOKNE，没有使用它，是不是想写 KAOHE_TELEGRAM_TOKEN？",
    )


class TestClock:
    def test_an_instant_without_an_offset_is_local(self, data_dir):
        config = loaded(data_dir, KAOHE_CLOCK="2026-10-08T09:00", **LOOPBACK_BOT)
        assert config.clock == datetime(2026, 10, 8, 9, tzinfo=SHANGHAI)

    def test_a_file_stays_a_file(self, data_dir, tmp_path):
        file = tmp_path / "now"
        file.write_text("2026-10-08T09:00+08:00\n")
        assert loaded(data_dir, KAOHE_CLOCK=str(file)).clock == file

    @pytest.mark.parametrize(
        "variables",
        [
            {"KAOHE_HTTP_HOST": "0.0.0.0"},
            {"KAOHE_HTTP_HOST": "kaohe.example"},
            {"KAOHE_TELEGRAM_TOKEN": TOKEN},
            LOOPBACK_BOT | {"KAOHE_TELEGRAM_BASE_FILE_URL": "https://bots.example/file/bot"},
        ],
    )
    def test_it_is_refused_off_loopback(self, data_dir, variables):
        assert faults(data_dir, KAOHE_CLOCK="2026-10-08T09:00", **variables) == (
            "KAOHE_CLOCK 是测试时钟，网页和所有渠道都在本机时才能用，请去掉它，"
            "或把地址都改为本机。",
        )


class TestSecrets:
    def test_they_show_in_no_repr(self, data_dir):
        config = loaded(
            data_dir,
            KAOHE_DATABASE_URL="postgresql://kaohe:hunter22@db/kaohe",
            KAOHE_PROXY="http://me:hunter22@proxy.example",
            **LOOPBACK_BOT,
        )
        shown = f"{config!r} {config}"
        assert [word for word in (TOKEN, "hunter22") if word in shown] == []

    def test_all_are_handed_to_the_redaction_with_passwords_inside_addresses(self, data_dir):
        config = loaded(
            data_dir, KAOHE_DATABASE_URL="postgresql://kaohe:hunter%2022@db/k", **LOOPBACK_BOT
        )
        assert sorted(config.secret_values()) == [
            TOKEN,
            "hunter 22",
            "hunter%2022",
            "postgresql+psycopg://kaohe:hunter%2022@db/k",
        ]


class TestDemo:
    def test_it_takes_the_port_and_the_clock_and_nothing_else(self, data_dir):
        config = load_for_demo(
            data_dir,
            {
                "KAOHE_HTTP_PORT": "0",
                "KAOHE_DATA_DIR": "/nowhere",
                "KAOHE_DATABASE_URL": "postgresql://db/real",
                "KAOHE_TELEGRAM_TOKEN": TOKEN,
                "KAOHE_CLOCK": "2026-10-09T10:00",
            },
        )
        assert config == replace(
            plain(data_dir),
            http=HttpSettings(port=0),
            clock=datetime(2026, 10, 9, 10, tzinfo=SHANGHAI),
        )

    def test_it_never_leaves_this_machine(self, data_dir):
        with pytest.raises(ConfigError, match="示例只在本机运行"):
            load_for_demo(data_dir, {"KAOHE_HTTP_HOST": "0.0.0.0"})


@dataclass(frozen=True, slots=True)
class Pigeons:
    """A channel as a later one may declare itself."""

    name: str
    loft: str
    seed: Secret | None = None
    speed: float = 40.0

    def faults(self) -> Iterator[tuple[str, str]]:
        if self.speed > 90:
            yield "speed", "太快了，请写 90 以内的数。"

    def on_loopback(self) -> bool:
        return False


class TestChannelSettings:
    def test_are_filled_by_prefix(self):
        settings = read_settings(Pigeons, "X_", {"X_NAME": "a", "X_LOFT": "b", "X_SPEED": "50"})
        assert settings == Pigeons(name="a", loft="b", speed=50.0)

    def test_do_not_exist_without_their_first_field(self):
        assert read_settings(Pigeons, "X_", {"X_LOFT": "b"}) is None

    def test_name_a_required_field_that_is_missing(self):
        with pytest.raises(ConfigError) as caught:
            read_settings(Pigeons, "X_", {"X_NAME": "a"})
        assert caught.value.faults == ("X_LOFT 没有设置，X_NAME 要和它一起用，请补上。",)

    def test_name_their_own_faults(self):
        with pytest.raises(ConfigError) as caught:
            read_settings(Pigeons, "X_", {"X_NAME": "a", "X_LOFT": "b", "X_SPEED": "91"})
        assert caught.value.faults == ("X_SPEED 太快了，请写 90 以内的数。",)
