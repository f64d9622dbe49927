"""A failure that an operator can mend is told with its remedy."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.failures import sentence

DATABASE = "数据库打不开或连不上，请检查 KAOHE_DATABASE_URL、数据库服务和磁盘空间，再启动一次。"


def test_a_port_in_use():
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        first.listen()
        with pytest.raises(OSError, match="in use") as caught:
            second.bind(first.getsockname())
    assert sentence(caught.value) == (
        "端口已被占用，请停掉占用它的程序，或用 KAOHE_HTTP_PORT 换一个端口。"
    )


def test_an_address_of_another_machine():
    with socket.socket() as one, pytest.raises(OSError, match="assign") as caught:
        one.bind(("192.0.2.1", 0))
    assert sentence(caught.value) == "KAOHE_HTTP_HOST 不是这台机器的地址，请改正。"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk():
    with Path("/dev/full").open("wb", buffering=0) as file, pytest.raises(OSError) as caught:  # noqa: PT011 - the system's own words differ
        file.write(b"x")
    assert sentence(caught.value) == "磁盘已满，请清出空间后再启动。"


def test_a_database_whose_complaint_we_do_not_know():
    complaint = sa.exc.OperationalError("SELECT 1", {}, Exception("odd"))
    assert sentence(complaint) == DATABASE


def test_a_file_that_is_no_database(tmp_path):
    file = tmp_path / "letter.txt"
    file.write_text("Dear Sir or Madam, " * 100)
    engine = sa.create_engine(f"sqlite:///{file}")
    with pytest.raises(sa.exc.DatabaseError) as caught, engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x int)")
    engine.dispose()
    assert sentence(caught.value) == "KAOHE_DATABASE_URL 指向的文件不是数据库，请核对路径。"


def test_a_fault_of_ours_has_no_remedy_to_offer():
    assert [
        sentence(error)
        for error in (
            KeyError("x"),
            OSError("odd"),
            sa.exc.IntegrityError("x", {}, Exception("odd")),
        )
    ] == [None, None, None]
