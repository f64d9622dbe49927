"""Whatever keeps the program from starting is one sentence with its remedy, and exit code 1."""

from __future__ import annotations

import os
import socket
import sqlite3
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from storage import schema
from storage.db import Database, sqlite_url
from tests.bot.command_line import ROOT, kaohe
from tests.support import needs
from tests.support.postgres import PostgresServer

TOKEN = {
    "KAOHE_TELEGRAM_TOKEN": "12345:abcdefghijk",
    "KAOHE_TELEGRAM_BASE_URL": "http://127.0.0.1:9/",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An installation that would start."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    database = Database(sqlite_url(folder / "kaohe.sqlite"))
    schema.bring_up_to_date(database)
    database.close()
    (folder / "secret.key").write_bytes(b"k" * 32)
    return folder


def starts(data: Path, **variables: str) -> tuple[int, str, str]:
    port = variables.pop("KAOHE_HTTP_PORT", "0")
    return kaohe("run", cwd=ROOT, KAOHE_DATA_DIR=str(data), KAOHE_HTTP_PORT=port, **variables)


def fails(data: Path, sentence: str, **variables: str) -> None:
    assert starts(data, **variables) == (1, "", f"{sentence}\n")


# ---------------------------------------------------------------- the machine


def test_the_port_is_taken(data: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        fails(
            data,
            "端口已被占用，请停掉占用它的程序，或用 KAOHE_HTTP_PORT 换一个端口。",
            KAOHE_HTTP_PORT=str(other.getsockname()[1]),
        )


def test_the_address_is_another_machines(data: Path):
    fails(data, "KAOHE_HTTP_HOST 不是这台机器的地址，请改正。", KAOHE_HTTP_HOST="192.0.2.1")


def test_the_key_can_not_be_read(data: Path):
    path = data / "secret.key"
    path.unlink()
    path.mkdir()
    said = f"密钥文件 {path} 读不出来，请改正它的所有者和权限（600），再启动一次。"
    fails(data, said)


def test_the_key_is_not_whole(data: Path):
    path = data / "secret.key"
    path.write_bytes(b"")
    fails(data, f"密钥文件 {path} 不完整，请从备份放回，再启动一次。")


def test_a_folder_of_somebody_elses(data: Path):
    """What the operating system says of it, in words."""
    if os.getuid() == 0:
        owner = {"user": "nobody"}
    else:
        owner = {}
        (data / "files").mkdir()
        (data / "files").chmod(0)
    script = (
        "import sys; from bot.failures import sentence\n"
        f"try: open({str(data / 'files' / 'x')!r}, 'w')\n"
        "except OSError as error: print(sentence(error))"
    )
    data.chmod(0o700)
    data.parent.chmod(0o755)
    done = subprocess.run(
        ["/usr/bin/env", "python3", "-c", script],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, **owner,
    )  # type: ignore[call-overload]  # fmt: skip
    said = f"{data / 'files' / 'x'} 没有读写权限，请改正它的所有者和权限，再启动一次。\n"
    assert done.stdout == said


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        needs.miss("a small disk", remedy="run as root, with the right to mount a tmpfs")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_full(tmp_path: Path):
    folder = tmp_path / "small"
    folder.mkdir()
    with small_disk(folder):
        with pytest.raises(OSError, match="space"):
            (folder / "filler").write_bytes(b"\0" * 3 * 1024**2)
        code, output, errors = starts(folder)
        assert (code, output) == (1, "")
        assert errors in (
            "磁盘已满，请清出空间后再启动。\n",
            "磁盘已满，数据库写不进去，请清出空间后再启动。\n",
        )


def test_a_disk_that_is_read_only(tmp_path: Path):
    folder = tmp_path / "small"
    folder.mkdir()
    with small_disk(folder):
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        said = f"KAOHE_DATA_DIR （{folder}）不能写入，请换一个目录或改正它的权限。"
        fails(folder, said)


# ---------------------------------------------------------------- SQLite


@pytest.mark.slow
def test_the_database_is_held_by_another_program(data: Path):
    with sqlite3.connect(data / "kaohe.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        code, output, errors = starts(data)
    other.close()
    assert (code, output, errors.splitlines()[1:]) == (
        1,
        "",
        [
            "数据库正忙，没有做成，请稍后再试一次；"
            "总是这样的，请停掉占用它的程序（如备份、查看工具）。"
        ],
    )  # fmt: skip


def test_the_database_is_spoilt(data: Path):
    file = data / "kaohe.sqlite"
    for side in ("-wal", "-shm"):
        file.with_name(file.name + side).unlink(missing_ok=True)
    content = file.read_bytes()
    file.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    fails(data, "数据库文件已损坏，请保留它，从备份恢复后再启动。")


def test_the_database_is_something_else(data: Path):
    file = data / "letter.txt"
    file.write_text("Dear Sir or Madam, " * 100)
    said = "KAOHE_DATABASE_URL 指向的文件不是数据库，请核对路径。"
    fails(data, said, KAOHE_DATABASE_URL=f"sqlite:///{file}")


def test_the_databases_folder_is_not_there(data: Path):
    said = "数据库文件打不开，请检查 KAOHE_DATABASE_URL 的路径和目录权限。"
    fails(data, said, KAOHE_DATABASE_URL=f"sqlite:///{data}/no/kaohe.sqlite")


def test_the_database_is_newer_than_the_program(data: Path):
    with sqlite3.connect(data / "kaohe.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    fails(data, "数据库由更新版本的程序写成，请安装新版本后再试。")


# ---------------------------------------------------------------- PostgreSQL


@contextmanager
def refusing(code: str, words: str) -> Iterator[str]:
    """A server that says no to whoever comes; its address."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def refuse() -> None:
            fields = f"SFATAL\0VFATAL\0C{code}\0M{words}\0\0".encode()
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                with one:
                    while one.recv(8192)[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):
                        one.sendall(b"N")  # no TLS, no GSS
                    one.sendall(b"E" + struct.pack(">I", len(fields) + 4) + fields)

        threading.Thread(target=refuse, daemon=True).start()
        yield f"postgresql://kaohe:secret-word@127.0.0.1:{server.getsockname()[1]}/kaohe"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("code", "words", "said"),
    [
        ("28P01", 'password authentication failed for user "kaohe"', "的账号或密码不对"),
        ("28P01", "用户 kaohe password authentication failed", "的账号或密码不对"),
        ("28000", "no pg_hba.conf entry for host", "的服务器不许这台机器或这个账号登录"),
        ("53300", "sorry, too many clients already", "的服务器连接数已满"),
        ("57P03", "the database system is starting up", "的服务器正在启动或停止，请稍候"),
    ],
)
def test_a_server_that_says_no(data: Path, code: str, words: str, said: str):
    with refusing(code, words) as url:
        fails(data, f"KAOHE_DATABASE_URL {said}，处理后再启动一次。", KAOHE_DATABASE_URL=url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:p@127.0.0.1:9/kaohe", "的服务器没有在运行，或地址、端口不对"),
        ("postgresql://u:p@no-such-host.invalid/kaohe", "的主机名解析不了"),
    ],
)
def test_a_server_that_is_not_there(data: Path, url: str, said: str):
    fails(data, f"KAOHE_DATABASE_URL {said}，处理后再启动一次。", KAOHE_DATABASE_URL=url)


@pytest.mark.postgres
def test_no_such_database_and_no_right_to_make_tables(
    data: Path, postgres: PostgresServer, postgres_url: str
):
    other = postgres_url.replace("/kaohe_", "/nothing_") if "/kaohe_" in postgres_url else ""
    plain = postgres_url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS guest")
        connection.execute("CREATE ROLE guest LOGIN")
        name = connection.info.dbname
    said = "的账号没有建表的权限，请数据库管理员授权"
    guest = plain.replace("kaohe@", "guest@", 1)
    fails(data, f"KAOHE_DATABASE_URL {said}，处理后再启动一次。", KAOHE_DATABASE_URL=guest)
    other = plain.replace(f"/{name}", "/nothing", 1)
    said = "里的库或账号不存在，请先建好，或核对名称"
    fails(data, f"KAOHE_DATABASE_URL {said}，处理后再启动一次。", KAOHE_DATABASE_URL=other)


# ---------------------------------------------------------------- all the rest


def test_more_is_said_to_who_asks_for_it(data: Path):
    (data / "secret.key").write_bytes(b"")
    code, _, errors = kaohe("run", "-v", KAOHE_DATA_DIR=str(data), KAOHE_HTTP_PORT="0")
    assert code == 1
    assert "run ended unexpectedly | bot/" in errors
    assert errors.splitlines()[-1].startswith("密钥文件 ")
