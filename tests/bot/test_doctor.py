"""`kaohe doctor` as an operator runs it: what is well, what is not, and no secret in any line."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from aiohttp import web
from sqlalchemy import delete, insert, update
from sqlalchemy.engine import Connection

from bot import doctor as doctor_package
from bot.doctor import centre, machine, network, settings
from bot.doctor import database as doctor_database
from bot.doctor.findings import Finding, Site, bad, good, note
from storage import departments, inbox, outbox, people, rosters, schema, sections
from storage.blobs import Blobs
from storage.db import Database, sqlite_url
from storage.models import account, blob, section_row
from storage.models import outbox as outbox_table
from tests.bot.checkup import answering, site_of
from tests.bot.command_line import ROOT, kaohe
from tests.doubles.client import child
from tests.e2e.ground import Ground, grounded

NOW = datetime.now(UTC)


def lines(out: str, *names: str) -> list[str]:
    """The findings of these names, without their level's padding."""
    found = [
        line.replace("　", "", 1) if line.startswith("好") else line for line in out.splitlines()
    ]
    return [line for line in found if line.split("  ")[-1].split("：")[0] in names]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    database = Database(sqlite_url(folder / "kaohe.sqlite"))
    schema.bring_up_to_date(database)
    database.close()
    (folder / "secret.key").write_bytes(b"k" * 32)
    (folder / "secret.key").chmod(0o600)
    return folder


@pytest.fixture
def database(data: Path) -> Iterator[Database]:
    opened = Database(sqlite_url(data / "kaohe.sqlite"))
    yield opened
    opened.close()


def doctor(data: Path, **variables: str) -> tuple[int, str]:
    code, out, errors = kaohe("doctor", cwd=ROOT, KAOHE_DATA_DIR=str(data), **variables)
    assert errors == ""
    return code, out


# ---------------------------------------------------------------- a whole installation


def complete(ground: Ground) -> None:
    """Whatever `kaohe init` can't know is entered."""
    database = Database(ground.database_url)
    with database.begin() as connection:
        office = sections.sections(connection)[0]
        sections.set_contact(connection, office.id, contact="周老师", phone="56001234")
        admin = people.holders_of(connection, "admin")[0].id
        director = people.add_person(connection, name="陈主任", now=NOW)
        people.grant_role(connection, person_id=director, role_name="director", now=NOW)
        for person_id in (admin, director):
            connection.execute(
                insert(account),
                {
                    "channel": "telegram", "external_id": str(person_id), "person_id": person_id,
                    "linked_at": NOW, "created_at": NOW,
                },
            )  # fmt: skip
    database.close()


async def test_a_sound_installation_stopped_and_running(tmp_path: Path, database_url: str):
    url = "" if database_url.startswith("sqlite") else database_url
    async with (
        child() as control,
        grounded(tmp_path, control, liaisons=3, database_url=url) as ground,
    ):
        complete(ground)
        ground.program.environment |= {"KAOHE_CLOCK": "2026-11-03T10:00"}
        code, out, errors = await ground.program.verb("doctor")
        assert (code, errors) == (0, ""), out
        assert [line for line in out.splitlines() if line.startswith("不行")] == []
        username = f"kaohe_{control.token.partition(':')[0]}_bot"
        kind = "PostgreSQL 1" if url else "SQLite，"
        assert lines(out, "数据库")[0].startswith(f"好  数据库：{kind}")
        assert lines(out, "Telegram", "附件文件", "消息", "收到的消息", "运行中", "系统时间",
                     "工作日历", "中心", "端口", "对外网址") == [
            "注意  端口：由系统随意分配，反向代理找不到它，请设置 KAOHE_HTTP_PORT。",
            f"好  Telegram：@{username}，长轮询，待取 0 条",
            "好  附件文件：还没有",
            "好  消息：待发 0，未送达 0，不确定 0",
            "好  收到的消息：都处理了",
            "注意  运行中：程序没有在运行，请用 kaohe run 或 systemctl start kaohe 启动。",
            "好  系统时间：2026-11-03 10:00（Asia/Shanghai）",
            "好  工作日历：2026年的放假安排齐全",
            "好  中心：人员、部门、科室、考核项都齐全",
        ]  # fmt: skip
        await ground.program.start()
        port = ground.program.port
        ground.program.environment |= {
            "KAOHE_HTTP_PORT": str(port),
            "KAOHE_PUBLIC_URL": f"http://localhost:{port}",
        }
        code, out, _ = await ground.program.verb("doctor")
        assert code == 0, out
        assert lines(out, "端口", "对外网址") == [
            f"好  端口：127.0.0.1:{port} 由本程序使用",
            f"好  对外网址：http://localhost:{port} 打得开",
        ]
        process = ground.program.process
        assert process is not None
        name = f"{socket.gethostname()[:20]}/{process.pid}"
        assert lines(out, "运行中") == [f"好  运行中：{name}，Telegram 由 {name} 接收"]
        assert control.token not in out
        assert await ground.program.stop() == 0


async def test_a_wrong_token_and_an_absent_database_leave_the_rest_to_be_seen(tmp_path: Path):
    async with child() as control, grounded(tmp_path, control, liaisons=1) as ground:
        ground.program.environment |= {
            "KAOHE_TELEGRAM_TOKEN": "12345:wrong-token-wrong",
            "KAOHE_DATABASE_URL": "postgresql://kaohe:pass-word@127.0.0.1:9/kaohe",
        }
        code, out, errors = await ground.program.verb("doctor")
        assert (code, errors) == (1, "")
        assert [line for line in out.splitlines() if line.startswith("不行")] == [
            "不行  Telegram：令牌无效，请到 BotFather 核对 KAOHE_TELEGRAM_TOKEN。",
            "不行  数据库：KAOHE_DATABASE_URL 的服务器没有在运行，或地址、端口不对，"
            "处理后再启动一次。",
        ]
        assert lines(out, "其他") == ["注意  其他：附件、消息、日历、人员没有检查：数据库打不开。"]
        assert lines(out, "生成文件", "密钥文件") == [
            "好  密钥文件：在，只有本账号能读", "好  生成文件：正常，字体齐全",
        ]  # fmt: skip
        assert "wrong-token" not in out
        assert "pass-word" not in out


# ---------------------------------------------------------------- settings


def test_every_variable_as_understood(data: Path):
    word = data / "word"
    word.write_text("12345:abcdefghijk\n")
    code, out = doctor(
        data,
        KAOHE_TELEGRAM_TOKEN_FILE=str(word),
        KAOHE_TELEGRAM_BASE_URL="http://127.0.0.1:9/bot",
        KAOHE_PROXY="http://me:pass-word@127.0.0.1:9",
        KAOHE_HTTP_PORTS="1",
        KAOHE_TIMEZONE="Mars",
        KAOHE_WEB_CHAT="off",
        KAOHE_REDIRECT_ALL_TO="telegram:5",
        KAOHE_CLOCK="2026-12-01T09:00",
        KAOHE_LOG_FORMAT="json",
    )
    assert code == 1
    assert out.splitlines()[:13] == [
        "不行  KAOHE_CLOCK：是测试时钟，网页和所有渠道都在本机时才能用，请去掉它，"
        "或把地址都改为本机。",
        f"好　  KAOHE_DATA_DIR：{data}",
        "好　  KAOHE_LOG_FORMAT：json",
        "好　  KAOHE_PROXY：已设置",
        "好　  KAOHE_REDIRECT_ALL_TO：telegram:5",
        "好　  KAOHE_TELEGRAM_BASE_URL：http://127.0.0.1:9/bot",
        f"好　  KAOHE_TELEGRAM_TOKEN_FILE：{word}",
        "不行  KAOHE_TIMEZONE：不是时区名，请写成 Asia/Shanghai 的样子。",
        "好　  KAOHE_WEB_CHAT：off",
        "注意  设置：不认识环境变量 KAOHE_HTTP_PORTS，没有使用它，是不是想写 KAOHE_HTTP_PORT？",
        "好　  用默认值：KAOHE_DATABASE_URL=数据目录里的 SQLite，KAOHE_HTTP_HOST=127.0.0.1，"
        "KAOHE_HTTP_PORT=8080，"
        "KAOHE_TELEGRAM_BASE_FILE_URL=https://api.telegram.org/file/bot，"
        "KAOHE_TELEGRAM_CHAT_RATE=1，KAOHE_TELEGRAM_RATE=30",
        "好　  没有设置：KAOHE_CA_BUNDLE，KAOHE_FONT_DIR，KAOHE_PUBLIC_URL，"
        "KAOHE_TELEGRAM_WEBHOOK_SECRET，KAOHE_TRUSTED_PROXIES，KAOHE_WECOM_AES_KEY，"
        "KAOHE_WECOM_AGENT_ID，KAOHE_WECOM_BASE_URL，KAOHE_WECOM_BOT_ID，KAOHE_WECOM_BOT_RATE，"
        "KAOHE_WECOM_BOT_SECRET，KAOHE_WECOM_BOT_URL，KAOHE_WECOM_CORP_ID，"
        "KAOHE_WECOM_LOGIN_URL，KAOHE_WECOM_RATE，KAOHE_WECOM_ROBOTS，"
        "KAOHE_WECOM_SECRET，KAOHE_WECOM_TOKEN",
        "注意  测试模式：所有消息都只发给 telegram:5，正式使用请去掉 KAOHE_REDIRECT_ALL_TO。",
    ]
    assert "pass-word" not in out
    assert lines(out, "测试时钟", "代理") == [
        "注意  测试时钟：程序里的时间不是真的，正式使用请去掉 KAOHE_CLOCK。",
        "不行  代理：127.0.0.1:9 连不上，请核对 KAOHE_PROXY。",
    ]


async def test_nobody_could_use_it(data: Path):
    robots = {"KAOHE_WECOM_ROBOTS": "大厅=693a91f6-7xxx"}
    found = await settings.examine(site_of(data, KAOHE_WEB_CHAT="off", **robots))
    assert found[-1] == bad(
        "渠道",
        "没有一个能对话的：请设置企业微信应用、机器人或 Telegram，或去掉 KAOHE_WEB_CHAT。",
    )
    found = await settings.examine(site_of(data))
    assert found[-1] == note(
        "网页", "只有本机打得开；要给大家用，请设反向代理和 KAOHE_PUBLIC_URL。"
    )


# ---------------------------------------------------------------- the machine


async def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path):
    found = await machine.examine_folder(site_of(tmp_path / "no"))
    said = f"还没有 {tmp_path / 'no'}，请先运行 kaohe init，或检查 KAOHE_DATA_DIR。"
    assert found == [bad("数据目录", said)]
    assert not (tmp_path / "no").exists()


def test_a_folder_open_to_others_and_a_key_for_everybody(data: Path):
    data.chmod(0o755)
    (data / "secret.key").chmod(0o644)
    found = asyncio.run(machine.examine_folder(site_of(data)))
    assert (found[0], found[-1]) == (
        note("数据目录", f"{data} 对本机其他账号开放，请执行 chmod 700 {data}"),
        note(
            "密钥文件", f"{data}/secret.key 本机其他账号也能读，请执行 chmod 600 {data}/secret.key"
        ),
    )


@pytest.mark.parametrize("key", ["missing", "short", "folder"])
async def test_a_key_that_can_not_be_used(data: Path, key: str):
    path = data / "secret.key"
    path.unlink()
    if key == "short":
        path.write_bytes(b"k")
    elif key == "folder":
        path.mkdir()
    assert (await machine.examine_folder(site_of(data)))[-1] == {
        "missing": note(
            "密钥文件", f"还没有 {path}，首次启动时生成；原来有的请从备份放回，否则邀请码失效。"
        ),
        "short": bad("密钥文件", f"{path} 不完整，请从备份放回。"),
        "folder": bad("密钥文件", f"{path} 读不出来，请改正它的所有者和权限（600）。"),
    }[key]


@pytest.mark.parametrize(
    ("limits", "level", "words"),
    [
        ((0.0, 1e9), "好", "毫秒"),
        ((1e9, 1e9), "注意", "快得可疑"),
        ((0.0, 0.0), "注意", "偏慢"),
    ],
)
async def test_a_disk_too_fast_or_too_slow(
    data: Path, monkeypatch: pytest.MonkeyPatch,
    limits: tuple[float, float], level: str, words: str,
):  # fmt: skip
    monkeypatch.setattr(machine, "TOO_FAST", limits[0])
    monkeypatch.setattr(machine, "TOO_SLOW", limits[1])
    [found] = [
        each for each in await machine.examine_folder(site_of(data)) if each.what == "写盘速度"
    ]
    assert (found.level, words in found.said) == (level, True)


async def test_a_port_that_others_have(data: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        [found] = await machine.examine_port(site_of(data, KAOHE_HTTP_PORT=port))
    assert (found.level, found.what) == ("不行", "端口")
    assert found.said.endswith(
        "用不了（Address already in use），"
        "请停掉占用它的程序，或改 KAOHE_HTTP_HOST、KAOHE_HTTP_PORT。"
    )
    [found] = await machine.examine_port(site_of(data, KAOHE_HTTP_PORT=port))
    assert found == good("端口", f"127.0.0.1:{port} 空着，程序没有在运行")


async def test_a_font_folder(data: Path, tmp_path: Path):
    site = site_of(data, KAOHE_FONT_DIR=str(tmp_path))
    assert (await machine.examine_documents(site))[1] == note(
        "字体目录", f"{tmp_path} 里没有字体（ttf、otf、ttc），请核对 KAOHE_FONT_DIR。"
    )
    (tmp_path / "a.TTF").touch()
    shutil.copy(pylopdf_fonts_zh_cn.serif_path(), tmp_path / "b.otf")
    assert (await machine.examine_documents(site))[1] == good(
        "字体目录", f"{tmp_path} 有 1 个字体，图片和PDF先用“Noto Serif SC”"
    )


# ---------------------------------------------------------------- the database


def stored(
    look: Callable[[Site, Connection], Iterable[Finding]], data: Path, database: Database
) -> list[Finding]:
    with database.read() as connection:
        return list(look(site_of(data, database), connection))


def test_files_that_are_gone_or_spoilt(data: Path, database: Database):
    blobs = Blobs(data / "files", reserve=0)
    made = [blobs.put(text) for text in (b"whole", b"gone", b"spoilt")]
    with database.begin() as connection:
        for each in made:
            values = {"sha256": each.sha256, "size": each.size, "created_at": NOW}
            connection.execute(insert(blob), values)
    look = doctor_database.examine_files
    said = "抽查 3 个都在，核对内容 3 个，没有损坏"
    assert stored(look, data, database) == [good("附件文件", said)]
    blobs.path(made[1].sha256).unlink()
    blobs.path(made[2].sha256).write_bytes(b"SPOILT")
    said = f"抽查 3 个，缺 1 个，损坏 1 个，请从备份补回 {data / 'files'}。"
    assert stored(look, data, database) == [bad("附件文件", said)]


def test_messages_that_wait_or_failed(data: Path, database: Database):
    look = doctor_database.examine_outbox
    now = datetime.now(UTC)
    with database.begin() as connection:
        values = {"channel": "web", "external_id": "1", "created_at": NOW}
        connection.execute(insert(account), values)
        for key in ("a", "b", "c"):
            outbox.queue(
                connection, key=key, account_id=1, body={"text": "x"},
                now=now - timedelta(minutes=4),
            )  # fmt: skip
        for key, state in (("a", "failed"), ("b", "unknown")):
            connection.execute(
                update(outbox_table).where(outbox_table.c.key == key).values(state=state)
            )
    said = "待发 1，未送达 1，不确定 1，请用 kaohe outbox list 查看原因。"
    assert stored(look, data, database) == [note("消息", said)]
    with database.begin() as connection:
        connection.execute(update(outbox_table).values(created_at=now - timedelta(minutes=7)))
    [found] = stored(look, data, database)
    assert (found.level, found.said[:27]) == (
        "不行",
        "待发 1，未送达 1，不确定 1；最早的已等 7 分钟",
    )


def test_updates_that_could_not_be_handled(data: Path, database: Database):
    when = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
    with database.begin() as connection:
        inbox.first_time(connection, "a", now=NOW)
        inbox.park(connection, key="b", raw="{}", problem="KeyError", now=when)
    assert stored(doctor_database.examine_parked, data, database) == [
        note(
            "收到的消息",
            "有 1 条没能处理，最近一条 2026-11-03 10:00（KeyError），"
            "请把日志中当时的一行转给维护人员。",
        )
    ]


@pytest.mark.parametrize("what", ["spoilt", "newer", "missing"])
def test_a_database_that_can_not_be_used(data: Path, what: str):
    path = data / "kaohe.sqlite"
    if what == "spoilt":
        content = bytearray(path.read_bytes())
        for place in range(8192, len(content), 4096):
            content[place : place + 64] = b"\xff" * 64
        path.write_bytes(content)
    elif what == "newer":
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
    else:
        path.unlink()
    site = site_of(data)
    [found] = doctor_database.examine(site)
    assert (found.level, site.database) == ("不行", None)
    assert {
        "spoilt": "已损坏" in found.said,
        "newer": found.said == "数据库由更新版本的程序写成，请安装新版本后再试。",
        "missing": found.said.startswith("还没有数据库"),
    }[what], found.said
    assert path.exists() == (what != "missing")


# ---------------------------------------------------------------- the centre


def test_what_is_missing_in_the_centre(data: Path, database: Database):
    assert stored(centre.examine, data, database)[0] == bad(
        "管理员", "还没有，请运行 kaohe init --admin 姓名"
    )
    kaohe("init", "--admin", "王芳", KAOHE_DATA_DIR=str(data))
    with database.begin() as connection:
        for code in ("AA", "BB", "CC", "DD"):
            departments.add_department(connection, name=f"{code}局", short_name=code, code=code)
        leaver = people.add_person(connection, name="赵强", now=NOW)
        department = departments.departments(connection)[0].id
        people.grant_role(
            connection, person_id=leaver, role_name="liaison", department_id=department, now=NOW
        )
        people.remove_person(connection, leaver, now=NOW)
        known = people.add_person(connection, name="石磊", now=NOW)
        rosters.link(connection, [(known, "wecom_app", "shilei")], now=NOW)
        connection.execute(delete(section_row).where(section_row.c.indicator == "online_help"))
    assert stored(centre.examine, data, database) == [
        bad("管理员", "王芳还没有绑定账号，请运行 kaohe init --admin 姓名 再看邀请码"),
        note("主任", "还没有，而发布须由另一人同意：请添加主任，或在“本中心规定”中改为不需要"),
        note("人员", "石磊的账号只在没有启用的企业微信上，收不到消息，请启用它，或另发邀请码"),
        note("人员", "王芳没有绑定账号，收不到消息，请发邀请码"),
        note("部门", "AA、BB、CC等 4 个没有联络员，请在“管理 - 人员”添加"),
        note("科室", "考核办公室没有联系人或电话，请在“管理 - 科室”填写"),
        note("考核项", "线上帮办没有科室评分，请指定"),
    ]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-11-30T09:00", good("工作日历", "2026年的放假安排齐全")),
        (
            "2098-12-01T09:00",
            note(
                "工作日历",
                "2098、2099年的放假安排还没有，节假日暂按法定的算，"
                "请管理员在“管理 - 日历”录入，或升级程序。",
            ),
        ),
    ],
)
def test_the_years_whose_days_are_known(data: Path, database: Database, now: str, said: Finding):
    with database.read() as connection:
        site = site_of(data, database, KAOHE_CLOCK=now)
        assert list(centre.examine_clock(site, connection))[1] == said


# ---------------------------------------------------------------- the network


def telegram(url: str) -> dict[str, str]:
    return {"KAOHE_TELEGRAM_TOKEN": "12345:abcdefghijk", "KAOHE_TELEGRAM_BASE_URL": f"{url}/bot"}


def told(result: object, *, date: str | None = None) -> web.Response:
    answer = web.json_response({"ok": True, "result": result})
    if date is not None:
        answer.headers["Date"] = date
    return answer


BOT = "/bot12345:abcdefghijk"
HOOK = {"KAOHE_PUBLIC_URL": "https://k.example", "KAOHE_TELEGRAM_WEBHOOK_SECRET": "abc"}


@pytest.mark.parametrize(
    ("hook", "variables", "said"),
    [
        ({"url": ""}, {}, good("Telegram", "@k_bot，长轮询，待取 0 条")),
        (
            {"url": "https://other.example/telegram", "pending_update_count": 3},
            {},
            note(
                "Telegram",
                "@k_bot，长轮询，待取 3 条；登记着别的回调地址，启动程序时会改过来；"
                "反复出现的，说明另有程序在用同一个令牌，请停掉它。",
            ),
        ),
        (
            {"url": "https://k.example/telegram"},
            HOOK,
            good("Telegram", "@k_bot，回调，待取 0 条"),
        ),
        (
            {"url": "https://k.example/telegram", "last_error_message": "Connection refused"},
            HOOK,
            note(
                "Telegram",
                "@k_bot，回调，待取 0 条；最近一次回调失败（Connection refused），"
                "请核对对外网址。",
            ),
        ),
    ],
)
async def test_how_telegram_reaches_us(
    data: Path, hook: dict[str, object], variables: dict[str, str], said: Finding
):
    answers = {f"{BOT}/getMe": told({"username": "k_bot"}), f"{BOT}/getWebhookInfo": told(hook)}
    async with answering(answers) as url:
        found = await network.examine_telegram(site_of(data, **telegram(url), **variables))
    assert found == [said]


async def test_telegrams_clock_and_ours(data: Path):
    date = "Tue, 03 Nov 2020 02:00:00 GMT"
    answers = {
        f"{BOT}/getMe": told({"username": "k_bot"}, date=date),
        f"{BOT}/getWebhookInfo": told({"url": ""}),
    }
    async with answering(answers) as url:
        found = await network.examine_telegram(site_of(data, **telegram(url)))
    assert (found[1].level, found[1].what) == ("不行", "系统时间")
    assert found[1].said.endswith(" 秒，请校对系统时间（NTP）。")


async def test_a_telegram_that_is_none(data: Path):
    async with answering({f"{BOT}/getMe": web.Response(text="hello")}) as url:
        found = await network.examine_telegram(site_of(data, **telegram(url)))
        assert found == [bad("Telegram", f"{url} 回应异常（200），请稍后再试，或核对地址。")]
    found = await network.examine_telegram(site_of(data, **telegram("http://127.0.0.1:9")))
    [line] = map(str, found)
    assert line == (
        "不行  Telegram：http://127.0.0.1:9 连不上（ClientConnectorError），请检查地址和网络。"
    )


async def test_a_public_address_that_leads_elsewhere(data: Path):
    async with answering({"/healthz": web.Response(text="nginx")}) as url:
        site = site_of(data, KAOHE_PUBLIC_URL=url)
        assert await network.examine_public_url(site) == [
            note("对外网址", f"{url} 没有检查：程序没有在运行。")
        ]
        site.serving = True
        said = f"{url} 打开的不是本程序（200），请核对反向代理和 KAOHE_PUBLIC_URL。"
        assert await network.examine_public_url(site) == [bad("对外网址", said)]
    [found] = await network.examine_public_url(site)
    assert (found.level, found.said.startswith(f"{url} 连不上")) == ("不行", True)


async def test_a_look_that_fails_is_a_line_of_its_own(data: Path):
    async def broken() -> list[Finding]:
        raise KeyError("secret-detail")

    assert await doctor_package._safely("某项", broken) == [
        bad("某项", "没有查成（KeyError），详情在日志里，请转给维护人员。")
    ]
