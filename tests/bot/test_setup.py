"""`kaohe init`: what is there afterwards, and what the operator is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import premises_of
from bot.clock import Clock
from bot.config import Config, load
from bot.setup import init
from handlers.linking import authenticate
from rubric.edition import find
from storage import people, sections
from storage.db import Database
from storage.models import audit

NOW = "2026-11-03T10:00"
WECOM_APP = {
    "KAOHE_WECOM_CORP_ID": "ww1234567890abcdef",
    "KAOHE_WECOM_AGENT_ID": "1000002",
    "KAOHE_WECOM_SECRET": "app-secret-word",
    "KAOHE_WECOM_TOKEN": "QDG6eK",
    "KAOHE_WECOM_AES_KEY": "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR",
    "KAOHE_WECOM_BASE_URL": "http://127.0.0.1:9",
}
WECOM_BOT = {
    "KAOHE_WECOM_BOT_ID": "aib_1",
    "KAOHE_WECOM_BOT_SECRET": "bot-secret-word",
    "KAOHE_WECOM_BOT_URL": "ws://127.0.0.1:9",
}
TELEGRAM = {
    "KAOHE_TELEGRAM_TOKEN": f"123456:{'a' * 35}",
    "KAOHE_TELEGRAM_BASE_URL": "http://127.0.0.1:9/bot",
    "KAOHE_TELEGRAM_BASE_FILE_URL": "http://127.0.0.1:9/file/bot",
}


def configured(folder: Path, url: str = "", **more: str) -> Config:
    """The configuration of an installation in this folder at a fixed moment."""
    given = {"KAOHE_DATA_DIR": str(folder / "data"), "KAOHE_CLOCK": str(folder / "clock")}
    (folder / "clock").write_text(NOW)
    if url:
        given["KAOHE_DATABASE_URL"] = url
    return load(given | more)


def uses(config: Config, code: str) -> int:
    """Log in to the web chat at the moment that the clock shows; the account's id."""
    database = Database(config.database_url.reveal())
    with database.begin() as connection:
        account_id = authenticate(
            connection,
            premises_of(config),
            code=code,
            guard="127.0.0.1",
            now=Clock(config.timezone, config.clock).now(),
        )
    database.close()
    return account_id


def code_in(text: str) -> str:
    found = re.search(r"^一次性邀请码：((?:\w{6}-){2}\w{6})$", text, re.MULTILINE)
    assert found
    return found[1]


def test_the_first_time_makes_everything_and_prints_the_ways_in(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
):
    config = configured(tmp_path, database_url)
    assert init(config, " 赵  强 ") == 0
    said = capsys.readouterr().out
    code = code_in(said)
    assert said.splitlines() == [
        "数据库已就绪，管理员：赵 强",
        f"一次性邀请码：{code}",
        "11月17日 10:00前有效，用过即失效；没用之前再运行 kaohe init 仍显示此码。",
        "使用方法（先用 kaohe run 启动）：",
        f"  网页：打开 http://127.0.0.1:8080/login#code={code.replace('-', '')} "
        "，或在登录页输入邀请码。",
    ]
    database = Database(config.database_url.reveal())
    with database.read() as connection:
        (office,) = sections.sections(connection)
        assert office.name == "考核办公室"
        assert sections.rows_of(connection, office.id) == sorted(
            row.id for row in find("2023-17").indicators
        )
        assert [(p.name, p.roles) for p in people.holders_of(connection, "admin")] == [
            ("赵 强", frozenset({"admin"}))
        ]
        assert connection.execute(select(audit.c.action).order_by(audit.c.id)).scalars().all() == [
            "person.add",
            "invite.issue",
        ]
    database.close()


def test_the_same_code_is_printed_until_it_is_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    config = configured(tmp_path)
    assert init(config, "赵强") == 0
    first = capsys.readouterr().out
    assert init(config, "赵强 ") == 0
    assert capsys.readouterr().out == first


def test_an_administrator_of_a_messenger_gets_a_code_for_another_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Who has changed the telephone, or comes over from Telegram."""
    config = configured(tmp_path)
    assert init(config, "赵强") == 0
    uses(config, code_in(capsys.readouterr().out))
    assert init(configured(tmp_path, **WECOM_APP), "赵强") == 0
    said = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"管理员赵强已经绑定账号。登录码：(\w{6}-){2}\w{6}", said[0])
    assert said[2:] == ["在企业微信里打开本应用，发送登录码。"]


def test_an_administrator_who_is_shut_out_of_the_web_chat_gets_a_login_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """The session ends after some hours, and nobody else may be there to help."""
    config = configured(tmp_path)
    init(config, "赵强")
    account_id = uses(config, code_in(capsys.readouterr().out))
    (tmp_path / "clock").write_text("2026-11-04T08:00")
    assert init(config, "赵强") == 0
    said = capsys.readouterr().out
    found = re.match(r"管理员赵强已经绑定账号。登录码：((?:\w{6}-){2}\w{6})\n", said)
    assert found
    assert said.splitlines()[1:] == [
        "11月4日 08:10前有效，只能用一次。",
        f"网页：打开 http://127.0.0.1:8080/login#code={found[1].replace('-', '')} "
        "，或在登录页输入登录码。",
    ]
    assert uses(config, found[1]) == account_id
    database = Database(config.database_url.reveal())
    with database.read() as connection:
        assert connection.execute(
            select(audit.c.action, audit.c.detail).where(audit.c.action == "invite.login")
        ).all() == [("invite.login", {"person": 1, "by": "init"})]
    database.close()


def test_an_expired_code_is_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    config = configured(tmp_path)
    assert init(config, "赵强") == 0
    first = code_in(capsys.readouterr().out)
    (tmp_path / "clock").write_text("2026-11-17T10:00")
    assert init(config, "赵强") == 0
    assert code_in(capsys.readouterr().out) != first


def test_a_second_administrator_is_added_in_the_chat(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    config = configured(tmp_path)
    init(config, "赵强")
    capsys.readouterr()
    assert init(config, "钱伟") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "已有管理员赵强，没有添加钱伟。更多管理员请由赵强登录后在“管理 - 人员”中添加；"
        "赵强还没绑定的，请用这个姓名再运行一次。\n"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("  ", "姓名不能为空，请重新输入。\n"),
        (
            "长" * 41,
            f"姓名最多40个字，您输入了41个（“{'长' * 20}…”），请缩短后再发。\n",
        ),
    ],
)
def test_a_name_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, words: str
):
    assert init(configured(tmp_path), name) == 1
    assert capsys.readouterr() == ("", words)


def test_a_section_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    config = configured(tmp_path)
    init(config, "赵强")
    database = Database(config.database_url.reveal())
    with database.begin() as connection:
        (office,) = sections.sections(connection)
        sections.rename_section(connection, office.id, name="督查科")
    init(config, "赵强")
    with database.read() as connection:
        assert [s.name for s in sections.sections(connection)] == ["督查科"]
    database.close()


def test_a_newer_database_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    config = configured(tmp_path)
    init(config, "赵强")
    database = Database(config.database_url.reveal())
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    capsys.readouterr()
    assert init(config, "赵强") == 1
    assert capsys.readouterr() == ("", "数据库由更新版本的程序写成，请安装新版本后再试。\n")


@pytest.mark.parametrize(
    ("variables", "ways"),
    [
        (
            {"KAOHE_HTTP_HOST": "0.0.0.0", "KAOHE_CLOCK": ""},
            ["  网页：打开 http://127.0.0.1:8080/login#code="],
        ),
        ({"KAOHE_HTTP_HOST": "::1"}, ["  网页：打开 http://[::1]:8080/login#code="]),
        (
            {"KAOHE_PUBLIC_URL": "https://k.example/x/"},
            ["  网页：打开 https://k.example/x/login#code="],
        ),
        (TELEGRAM, ["  Telegram：打开本系统的机器人，把邀请码发给它。"]),
        (WECOM_BOT, ["  在企业微信里打开本机器人，发送邀请码。"]),
        (WECOM_APP, ["  在企业微信里打开本应用，发送邀请码。"]),
    ],
)
def test_only_ways_that_exist_are_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    variables: dict[str, str],
    ways: list[str],
):
    assert init(configured(tmp_path, **variables), "赵强") == 0
    lines = capsys.readouterr().out.splitlines()[4:]
    assert [
        line.split("code=")[0] + ("code=" if "code=" in line else "") for line in lines
    ] == ways
