"""`kaohe outbox` and `kaohe export` on a real installation: words, exit codes, files, effects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, text

from storage import outbox, publications, rendered, schema
from storage.blobs import Blobs
from storage.db import Database, sqlite_url
from storage.models import account, audit
from storage.models import outbox as outbox_table
from templates import documents
from tests.bot.command_line import kaohe
from tests.support.broadcasting import HOURS, Audience, publish, report_of

NO_DATABASE = "还没有数据库，请先运行 kaohe init，或检查 KAOHE_DATA_DIR 和 KAOHE_DATABASE_URL。\n"


@dataclass
class House:
    """An installation with three departments and a published quarter; 人员000 … have accounts."""

    folder: Path
    database: Database
    publication_id: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def runs(self, *arguments: str) -> tuple[int, str, str]:
        return kaohe(*arguments, cwd=self.folder, KAOHE_DATA_DIR=str(self.data))

    def row(self, key: str, state: str, problem: str | None = None, lane: str = "notice") -> int:
        with self.database.begin() as connection:
            outbox.queue(
                connection,
                key=key,
                account_id=connection.execute(select(account.c.id).limit(1)).scalar_one(),
                body={"text": "内容"},
                now=HOURS,
                lane=lane,
            )
            made = connection.execute(
                outbox_table.update()
                .where(outbox_table.c.key == key)
                .values(state=state, problem=problem, attempt=1, worker="gone")
                .returning(outbox_table.c.id)
            ).scalar_one()
        return int(made)

    def states(self) -> list[str]:
        with self.database.read() as connection:
            rows = connection.execute(select(outbox_table.c.state).order_by(outbox_table.c.id))
            return list(rows.scalars())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    database = Database(sqlite_url(data / "kaohe.sqlite"))
    schema.bring_up_to_date(database)
    with database.begin() as connection:
        id_ = publish(connection, Audience([1, 2, 3], []))
    yield House(tmp_path, database, id_)
    database.close()


# ---------------------------------------------------------------- outbox


def test_nothing_to_list(house: House):
    counts = "消息：待发 0，发送中 0，已发 0，未送达 0，不确定 0，不再发 0，已改发 0\n"
    assert house.runs("outbox", "list") == (0, counts, "")


def test_what_is_listed_says_no_content(house: House):
    house.row("publication:1:ranking:1", "sent")
    house.row("publication:1:picture:1", "failed", "Forbidden: bot was blocked by the user")
    house.row("tg:9:1#0", "unknown", lane="answer")
    assert house.runs("outbox", "list") == (
        0,
        "消息：待发 0，发送中 0，已发 1，未送达 1，不确定 1，不再发 0，已改发 0\n"
        "2  未送达  2026-10-14 10:00  人员000（Telegram）  publication:1:picture:1  "
        "Forbidden: bot was blocked by the user\n"
        "3  不确定  2026-10-14 10:00  人员000（Telegram）  tg:9:1#0  没有说明\n"
        "重发用 kaohe outbox retry 编号 或 --all；“不确定”的可能已收到，重发后可能收到两次。\n",
        "",
    )


def test_where_it_was_sent_in_vain_before_is_listed(house: House):
    house.row("a:1", "passed", "not in scope")
    house.row("a:1~2", "failed", "blocked")
    _, said, _ = house.runs("outbox", "list")
    assert said.splitlines()[:2] == [
        "消息：待发 0，发送中 0，已发 0，未送达 1，不确定 0，不再发 0，已改发 1",
        "2  未送达  2026-10-14 10:00  人员000（Telegram，此前Telegram未送达）  a:1~2  blocked",
    ]
    assert house.runs("outbox", "retry", "1", "2") == (
        1, "已重新排队 1 条：2\n", "编号 1 现在是“已改发”，不用重发。\n",
    )  # fmt: skip


def test_retry_of_some_says_why_not_of_the_others(house: House):
    house.row("a", "failed", "blocked")
    house.row("b", "sent")
    house.row("c", "unknown", "worker lost", lane="answer")
    house.row("d", "failed", "blocked")
    assert house.runs("outbox", "retry", "1", "2", "3", "77") == (
        1,
        "已重新排队 1 条：1\n",
        "没有编号为 77 的消息，请用 kaohe outbox list 查看编号。\n"
        "编号 2 现在是“已发”，不用重发。\n"
        "编号 3 是对某人操作的应答，不能重发，请其再操作一次。\n",
    )
    assert house.states() == ["queued", "sent", "unknown", "failed"]
    with house.database.read() as connection:
        found = connection.execute(
            select(audit.c.object, audit.c.person_id, audit.c.detail).where(
                audit.c.action == "outbox.retry"
            )
        ).one()
    detail = {"key": "a", "before": "failed", "why": "blocked", "by": "command line"}
    assert tuple(found) == ("1", None, detail)
    assert house.runs("outbox", "retry", "1") == (1, "", "编号 1 现在是“待发”，不用重发。\n")


def test_retry_of_all_takes_every_notice(house: House):
    house.row("a", "failed", "blocked")
    house.row("b", "unknown", "worker lost")
    house.row("c", "unknown", lane="answer")
    assert house.runs("outbox", "retry", "--all") == (0, "已重新排队 2 条：1、2\n", "")
    assert house.states() == ["queued", "queued", "unknown"]
    assert house.runs("outbox", "retry", "--all") == (
        0, "已重新排队 0 条：没有要重发的\n", "",
    )  # fmt: skip


@pytest.mark.parametrize(
    "verb",
    [
        ("outbox", "list"),
        ("outbox", "retry", "--all"),
        ("export", "sheets", "--quarter", "2026Q3", "--out", "out"),
    ],
)
def test_without_a_database_no_verb_makes_one(tmp_path: Path, verb: tuple[str, ...]):
    found = kaohe(*verb, cwd=tmp_path, KAOHE_DATA_DIR=str(tmp_path / "data"))
    assert found == (1, "", NO_DATABASE)
    assert [path.name for path in tmp_path.rglob("*")] == ["data"]


def test_a_database_of_another_version_is_left_alone(house: House):
    for number, sentence in (
        ("0001", "数据库还是旧版本的，请先用 kaohe run 启动一次，再运行这条命令。\n"),
        ("9999", "数据库由更新版本的程序写成，请安装新版本后再试。\n"),
    ):
        with house.database.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :n"), {"n": number})
        assert house.runs("outbox", "list") == (1, "", sentence)


# ---------------------------------------------------------------- export

NAMES = [f"第{n}局2026年第三季度考核量化评分表.docx" for n in range(3)]


def export(house: House, kind: str, *more: str) -> tuple[int, str, str]:
    out = str(house.folder / "out")
    return house.runs("export", kind, "--quarter", "2026Q3", "--out", out, *more)


def written(house: House) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (house.folder / "out").iterdir()}


def sheet(house: House, number: int) -> bytes:
    """As the chat would have it."""
    with house.database.read() as connection:
        report = publications.report_text(connection, house.publication_id)
    code = report_of(3).departments[number].code
    return documents.render("annex_sheet", {"report": report or "", "department": code})


def test_the_sheets_are_those_of_the_chat(house: House):
    out = house.folder / "out"
    listed = "".join(f"  {name}\n" for name in NAMES)
    assert export(house, "sheets") == (0, f"已写 3 个文件到 {out}\n{listed}", "")
    assert written(house) == {name: sheet(house, n) for n, name in enumerate(NAMES)}
    # what is there already is no reason to stop, unless it is something else
    assert export(house, "sheets") == (
        0, f"已写 0 个文件到 {out}，另有 3 个已在且相同\n", "",
    )  # fmt: skip


def test_nothing_is_overwritten_unless_that_is_asked_for(house: House):
    out = house.folder / "out"
    out.mkdir()
    (out / NAMES[1]).write_bytes(b"mine")
    assert export(house, "sheets") == (
        1,
        "",
        f"{out} 中已有内容不同的同名文件：{NAMES[1]}；什么也没有写。"
        "请换一个目录，或加 --overwrite 覆盖。\n",
    )
    assert written(house) == {NAMES[1]: b"mine"}
    assert export(house, "sheets", "--overwrite")[0] == 0
    assert written(house)[NAMES[1]] == sheet(house, 1)


def test_what_the_chat_has_had_rendered_is_taken_as_it_is(house: House):
    content = b"as it was sent"
    stored = Blobs(house.data / "files", reserve=0).put(content)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    code = report_of(3).departments[0].code
    key = rendered.key_of("annex_sheet", {"publication": house.publication_id, "department": code})
    with house.database.begin() as connection:
        rendered.remember(connection, key, sha256=stored.sha256, size=stored.size, now=HOURS)
    assert export(house, "sheets")[0] == 0
    assert written(house)[NAMES[0]] == content


@pytest.mark.parametrize(
    ("kind", "document", "name"),
    [
        ("summary", "summary_workbook", "2026年第三季度常驻部门考核汇总表.xlsx"),
        ("charts", "ranking_picture", "2026年第三季度常驻部门考核结果.png"),
    ],
)
def test_summary_and_picture(house: House, kind: str, document: str, name: str):
    if document in documents.names():
        assert export(house, kind)[0] == 0
        assert list(written(house)) == [name]
    else:
        sentence = "这个版本的程序还不会生成这种文件，请升级后再试。\n"
        assert export(house, kind) == (1, "", sentence)


def test_what_was_not_published_can_not_be_exported(house: House):
    out = str(house.folder / "out")
    assert house.runs("export", "sheets", "--quarter", "2026年第四季度", "--out", out) == (
        1, "", "2026年第四季度还没有发布，请先在聊天中发布，再导出。\n",
    )  # fmt: skip
    assert not (house.folder / "out").exists()


def test_where_nothing_can_be_written(house: House):
    (house.folder / "out").write_text("a file")
    code, said, errors = export(house, "sheets")
    assert (code, said) == (1, "")
    assert errors.startswith(f"写不进 {house.folder / 'out'}（")
    assert errors.endswith("），请检查路径、权限和磁盘空间。\n")
