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

from bot.channel_settings import fill
from bot.channels.telegram.settings import TelegramSettings
from bot.channels.wecom_app.settings import WecomAppSettings
from bot.channels.wecom_bot.settings import WecomBotSettings
from bot.channels.wecom_robot.settings import WecomRobotSettings
from bot.config import Config, ConfigError, HttpSettings, examine, load, load_for_demo
from bot.secret import Secret
from bot.variables import Variables
from tests.support import authority

SHANGHAI = ZoneInfo("Asia/Shanghai")
TOKEN = "123456789:AAtesttesttesttesttesttesttesttest1"
LOOPBACK_BOT = {
    "KAOHE_TELEGRAM_TOKEN": TOKEN,
    "KAOHE_TELEGRAM_BASE_URL": "http://127.0.0.1:9/bot",
    "KAOHE_TELEGRAM_BASE_FILE_URL": "http://[::1]:9/file/bot",
}

AES_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
WECOM_APP = {
    "KAOHE_WECOM_CORP_ID": "ww1234567890abcdef",
    "KAOHE_WECOM_AGENT_ID": "1000002",
    "KAOHE_WECOM_SECRET": "app-secret-of-43-characters",
    "KAOHE_WECOM_TOKEN": "QDG6eK",
    "KAOHE_WECOM_AES_KEY": AES_KEY,
}
WECOM_BOT = {"KAOHE_WECOM_BOT_ID": "aib_1", "KAOHE_WECOM_BOT_SECRET": "bot-secret"}
ROBOT_KEYS = ("693a91f6-7xxx-4bc4-97a0", "0fd2b3c8-1xxx-4bc4-97a1")
WECOM_ROBOTS = {"KAOHE_WECOM_ROBOTS": f"大厅={ROBOT_KEYS[0]}, 主任 = {ROBOT_KEYS[1]}"}
WECOM = WECOM_APP | WECOM_BOT | WECOM_ROBOTS
HEARD = {"KAOHE_PUBLIC_URL": "https://zw.example.gov.cn"}
LOOPBACK_WECOM = WECOM | {
    "KAOHE_WECOM_BASE_URL": "http://127.0.0.1:9",
    "KAOHE_WECOM_BOT_URL": "ws://[::1]:9",
    "KAOHE_PUBLIC_URL": "http://localhost:9",
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
    def filled(self, **given: str) -> tuple[Pigeons | None, list[str]]:
        variables = Variables(given)
        return fill(variables, Pigeons, "X_"), variables.faults

    def test_are_filled_by_prefix(self):
        assert self.filled(X_NAME="a", X_LOFT="b", X_SPEED="50") == (
            Pigeons(name="a", loft="b", speed=50.0), [],
        )  # fmt: skip

    def test_do_not_exist_without_what_they_need(self):
        assert self.filled(X_SPEED="50") == (None, [])

    def test_name_each_that_is_needed_and_missing(self):
        rest = "要和它一起用，请补上；不用的话请把后者也去掉。"
        assert self.filled(X_NAME="a") == (None, [f"X_LOFT 没有设置，X_NAME {rest}"])
        assert self.filled(X_LOFT="b") == (None, [f"X_NAME 没有设置，X_LOFT {rest}"])

    def test_name_their_own_faults(self):
        [fault] = self.filled(X_NAME="a", X_LOFT="b", X_SPEED="91")[1]
        assert fault == "X_SPEED 太快了，请写 90 以内的数。"


class TestWecom:
    def test_all_three_as_given(self, data_dir):
        config = loaded(
            data_dir,
            **WECOM, **HEARD,
            KAOHE_WECOM_BASE_URL="https://wecom.example.gov.cn:8443/",
            KAOHE_WECOM_LOGIN_URL="https://wecom.example.gov.cn/authorize",
            KAOHE_WECOM_BOT_URL="wss://wecom.example.gov.cn/bot",
            KAOHE_WECOM_RATE="20",
            KAOHE_WECOM_BOT_RATE="10",
            KAOHE_REDIRECT_ALL_TO="wecom_app:ZhangSan",
        )  # fmt: skip
        assert (config.wecom_app, config.wecom_bot, config.wecom_robot) == (
            WecomAppSettings(
                corp_id="ww1234567890abcdef",
                agent_id="1000002",
                secret=Secret("app-secret-of-43-characters"),
                token=Secret("QDG6eK"),
                aes_key=Secret(AES_KEY),
                base_url="https://wecom.example.gov.cn:8443",
                login_url="https://wecom.example.gov.cn/authorize",
                rate=20.0,
            ),
            WecomBotSettings(
                id="aib_1",
                secret=Secret("bot-secret"),
                url="wss://wecom.example.gov.cn/bot",
                rate=10.0,
            ),
            WecomRobotSettings(
                robots=Secret(WECOM_ROBOTS["KAOHE_WECOM_ROBOTS"]),
                base_url="https://wecom.example.gov.cn:8443",
            ),
        )
        assert config.channels() == ("wecom_app", "wecom_bot", "wecom_robot")
        assert (config.redirect_all_to, config.warnings) == ("wecom_app:zhangsan", ())
        assert config.wecom_robot is not None
        assert config.wecom_robot.keys() == dict(zip(("大厅", "主任"), ROBOT_KEYS, strict=True))

    def test_an_app_that_nobody_can_reach_is_remarked_on(self, data_dir):
        assert loaded(data_dir, **WECOM_APP).warnings == (
            "企业微信应用没有 KAOHE_PUBLIC_URL，只能发消息，收不到大家发的，"
            "请设置它，并在管理后台的“接收消息”里填上网址。",
        )

    def test_silent_login_on_the_public_service_can_be_off(self, data_dir):
        app = loaded(data_dir, **WECOM_APP, **HEARD).wecom_app
        assert app is not None
        assert app.login_address("https://k.example").startswith("https://open.weixin.qq.com/")
        off = loaded(data_dir, **WECOM_APP, **HEARD, KAOHE_WECOM_LOGIN_URL="off").wecom_app
        assert off is not None
        assert off.login_address("https://k.example") == ""

    def test_robots_alone_leave_people_the_web_chat(self, data_dir):
        assert loaded(data_dir, **WECOM_ROBOTS).channels() == ("wecom_robot", "web")

    def test_secrets_lie_in_files(self, data_dir, tmp_path):
        given = dict(LOOPBACK_WECOM)
        secret = [name for name in given if name in SECRETS]
        assert len(secret) == len(SECRETS)
        for name in secret:
            (tmp_path / name).write_text(given.pop(name) + "\n")
            given[f"{name}_FILE"] = str(tmp_path / name)
        assert loaded(data_dir, **given) == loaded(data_dir, **LOOPBACK_WECOM)

    @pytest.mark.parametrize(
        ("variables", "sentence"),
        [
            (
                {"KAOHE_WECOM_CORP_ID": "企业"},
                "KAOHE_WECOM_CORP_ID 不是企业ID的样子，请从管理后台“我的企业”页底部复制。",
            ),
            (
                {"KAOHE_WECOM_AGENT_ID": "app"},
                "KAOHE_WECOM_AGENT_ID 应是应用详情页上的 AgentId（一串数字），请改正。",
            ),
            (
                {"KAOHE_WECOM_TOKEN": "a-b"},
                "KAOHE_WECOM_TOKEN 应是“接收消息”页上的 Token（字母和数字，最多32位），请改正。",
            ),
            (
                {"KAOHE_WECOM_AES_KEY": "short"},
                "KAOHE_WECOM_AES_KEY 应是“接收消息”页上的 EncodingAESKey（43位字母和数字），"
                "请改正。",
            ),
            (
                {"KAOHE_WECOM_BASE_URL": "wecom.example"},  # which two channels read
                "KAOHE_WECOM_BASE_URL 不是网址，请写成 https://主机名/路径 的样子。",
            ),
            (
                {"KAOHE_WECOM_LOGIN_URL": "http://wecom.example/authorize"},
                "KAOHE_WECOM_LOGIN_URL 不在本机，必须以 https:// 开头，请改用 https 地址。",
            ),
            (
                {"KAOHE_WECOM_BOT_ID": "a b"},
                "KAOHE_WECOM_BOT_ID 不是机器人 Bot ID 的样子，请从智能机器人的 API 设置页复制。",
            ),
            (
                {"KAOHE_WECOM_BOT_URL": "https://wecom.example"},
                "KAOHE_WECOM_BOT_URL 应是 wss://主机 的样子，请改正。",
            ),
            (
                {"KAOHE_WECOM_BOT_URL": "ws://wecom.example"},
                "KAOHE_WECOM_BOT_URL 在本机以外要用 wss://，请改正。",
            ),
            (
                {"KAOHE_WECOM_BOT_RATE": "0"},
                "KAOHE_WECOM_BOT_RATE 应是 1 至 1000 的数（每人每分钟条数），请改正。",
            ),
            (
                {"KAOHE_WECOM_RATE": "1001"},
                "KAOHE_WECOM_RATE 应是 1 至 1000 的数（每人每分钟条数），请改正。",
            ),
            (
                {"KAOHE_WECOM_ROBOTS": "693a91f6-7xxx"},
                "KAOHE_WECOM_ROBOTS 应是“群名=密钥”的样子，多个用逗号分开，请改正。",
            ),
            (
                {"KAOHE_WECOM_ROBOTS": "大厅=693a91f6-7xxx,大厅=0fd2b3c8-1xxx"},
                "KAOHE_WECOM_ROBOTS 里有两个同名的群，请改名。",
            ),
            (
                {"KAOHE_WECOM_CORP_ID": ""},
                "KAOHE_WECOM_CORP_ID 没有设置，KAOHE_WECOM_AGENT_ID 要和它一起用，"
                "请补上；不用的话请把后者也去掉。",
            ),
            (
                {"KAOHE_WECOM_BOT_SECRET": ""},
                "KAOHE_WECOM_BOT_SECRET 没有设置，KAOHE_WECOM_BOT_ID 要和它一起用，"
                "请补上；不用的话请把后者也去掉。",
            ),
            (
                {"KAOHE_WECOM_SECRET": "", "KAOHE_WECOM_SECRET_FILE": "/nowhere"},
                "KAOHE_WECOM_SECRET_FILE 指向的文件读不出来，请检查路径和读取权限。",
            ),
            (
                {"KAOHE_REDIRECT_ALL_TO": "wecom:zhangsan"},
                "KAOHE_REDIRECT_ALL_TO 的渠道没有启用，消息会一条也发不出，请启用它或换一个账号。",
            ),
        ],
    )
    def test_a_wrong_value_is_one_sentence(self, data_dir, variables, sentence):
        assert faults(data_dir, **WECOM | HEARD | variables) == (sentence,)

    def test_a_test_clock_wants_all_of_them_here(self, data_dir):
        when = {"KAOHE_CLOCK": "2026-10-08T09:00"}
        assert loaded(data_dir, **LOOPBACK_WECOM, **when).clock is not None
        for given in (WECOM_APP, WECOM_BOT, WECOM_ROBOTS):
            [fault] = faults(data_dir, **given, **when)
            assert fault.startswith("KAOHE_CLOCK 是测试时钟")

    def test_no_secret_shows_and_the_redaction_has_each(self, data_dir):
        config = loaded(data_dir, **LOOPBACK_WECOM)
        single = [WECOM[name] for name in SECRETS if name != "KAOHE_WECOM_ROBOTS"]
        hidden = {*single, *ROBOT_KEYS}
        assert set(config.secret_values()) >= hidden
        assert [word for word in hidden if word in f"{config!r} {config}"] == []
        given = examine({"KAOHE_DATA_DIR": str(data_dir)} | LOOPBACK_WECOM).given
        assert [given[name] for name in SECRETS] == ["***"] * len(SECRETS)


SECRETS = (
    "KAOHE_WECOM_SECRET",
    "KAOHE_WECOM_TOKEN",
    "KAOHE_WECOM_AES_KEY",
    "KAOHE_WECOM_BOT_SECRET",
    "KAOHE_WECOM_ROBOTS",
)
