"""`kaohe tick` as a child process, against the Bot API double, on both databases."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from storage import outbox
from storage.db import Database
from storage.models import account, evidence, quarter
from storage.models import outbox as outbox_table
from tests.bot.command_line import kaohe
from tests.doubles.client import child
from tests.e2e.ground import Ground, grounded
from tests.support.program import NOW

ZONE = ZoneInfo("Asia/Shanghai")


def queue(ground: Ground, *texts: str, not_before: datetime | None = None) -> None:
    """For the liaisons in turn."""
    database = Database(ground.database_url)
    with database.begin() as connection:
        for number, text in enumerate(texts):
            liaison = ground.liaisons[number % len(ground.liaisons)]
            found = select(account.c.id).where(account.c.external_id == str(liaison.person.id))
            outbox.queue(
                connection,
                key=f"test:{text}",
                account_id=connection.execute(found).scalar_one(),
                body={"text": text},
                now=NOW,
                not_before=not_before,
            )
    database.close()


def states(ground: Ground) -> Counter[str]:
    database = Database(ground.database_url)
    with database.read() as connection:
        found = Counter(connection.execute(select(outbox_table.c.state)).scalars())
    database.close()
    return found


async def heard(ground: Ground) -> list[str]:
    return sorted(
        [each.text for one in ground.liaisons for each in await one.person.chat() if each.out]
    )


def overdue(ground: Ground) -> None:
    """A returned item whose days are over: something that the jobs have to do."""
    database = Database(ground.database_url)
    liaison = ground.liaisons[0]
    with database.begin() as connection:
        connection.execute(
            quarter.insert(),
            {
                "code": "2026Q4", "edition": "2023-17", "state": "collecting",
                "opens": NOW.date(), "report_until": NOW.date(), "supplement_until": NOW.date(),
                "score_until": NOW.date(), "provisional": False, "settings": {},
                "created_at": NOW,
            },
        )  # fmt: skip
        connection.execute(
            evidence.insert(),
            {
                "department_id": liaison.department_id, "quarter": "2026Q4", "number": 1,
                "kind": "work", "indicator": "window-support", "title": "培训",
                "event_date": NOW.date(), "state": "returned", "returns": 1, "reason": "缺照片",
                "complete_until": NOW - timedelta(hours=1), "created_by": liaison.person_id,
                "submitted_by": liaison.person_id, "submitted_at": NOW, "created_at": NOW,
                "updated_at": NOW,
            },
        )  # fmt: skip
    database.close()


def counts(line: str) -> str:
    """Without the moment and the number of jobs, which grows with the program."""
    return line.partition("，")[2]


async def test_what_is_due_is_done_and_sent_once(tmp_path: Path, database_url: str):
    url = "" if database_url.startswith("sqlite") else database_url
    async with (
        child() as control,
        grounded(tmp_path, control, liaisons=2, database_url=url) as ground,
    ):
        overdue(ground)
        queue(ground, "一", "二")
        queue(ground, "明天", not_before=NOW + timedelta(days=1))
        code, out, errors = await ground.program.verb("tick")
        assert (code, counts(out)) == (
            0, "新排队 1 条消息，发出 3 条，未送达 0 条，不确定 0 条，待发 0 条。\n",
        ), errors  # fmt: skip
        said = await heard(ground)
        assert said[:2] == ["一", "二"]
        assert [text for text in said if "逾期未补充" in text] == said[2:3]
        assert states(ground) == {"sent": 3, "queued": 1}

        code, out, errors = await ground.program.verb("tick")
        assert (code, counts(out)) == (
            0, "新排队 0 条消息，发出 0 条，未送达 0 条，不确定 0 条，待发 0 条。\n",
        ), errors  # fmt: skip

        # everything is on loopback here, so a later moment may be looked at
        at = (NOW + timedelta(days=1, hours=1)).astimezone(ZONE)
        code, out, errors = await ground.program.verb("tick", "--at", f"{at:%Y-%m-%dT%H:%M}")
        assert (code, out.partition(" 的")[0]) == (0, f"{at:%Y-%m-%d %H:%M}"), errors
        assert "明天" in await heard(ground)


async def test_beside_a_running_program_nobody_gets_a_message_twice(
    tmp_path: Path, database_url: str
):
    url = "" if database_url.startswith("sqlite") else database_url
    texts = [f"第{number}条" for number in range(24)]
    async with (
        child(scale=0.05) as control,
        grounded(tmp_path, control, liaisons=4, database_url=url) as ground,
    ):
        await ground.program.start()
        queue(ground, *texts)
        ends = await asyncio.gather(*(ground.program.verb("tick") for _ in range(2)))
        assert [code for code, _, _ in ends] == [0, 0], ends
        assert states(ground) == {"sent": 24}
        assert await heard(ground) == sorted(texts)
        assert await ground.program.stop() == 0


async def test_what_can_not_be_sent_is_said(tmp_path: Path):
    async with child() as control, grounded(tmp_path, control, liaisons=1) as ground:
        queue(ground, "一")
        ground.program.environment["KAOHE_TELEGRAM_BASE_URL"] = "http://127.0.0.1:9/bot"
        ground.program.entry = ("-m", "tests.support.impatient")
        code, out, errors = await ground.program.verb("tick")
        assert (code, counts(out)) == (
            1, "新排队 0 条消息，发出 0 条，未送达 0 条，不确定 0 条，待发 1 条。\n",
        )  # fmt: skip
        assert errors.splitlines()[-1] == (
            "还有 1 条消息没有发出，请用 kaohe doctor 查看原因，再运行一次。"
        )
        assert states(ground) == {"queued": 1}


def test_a_later_moment_is_refused_where_others_are_reached(tmp_path: Path):
    found = kaohe(
        "tick", "--at", "2126-01-01T09:00",
        KAOHE_DATA_DIR=str(tmp_path), KAOHE_TELEGRAM_TOKEN="12345:abcdefghijk",
    )  # fmt: skip
    assert found == (
        1,
        "",
        "--at 不能晚于现在：现在就发以后的消息收不回来。"
        "只有网页和所有渠道都在本机的测试环境才可以。\n",
    )


def test_an_earlier_moment_needs_no_loopback(tmp_path: Path):
    found = kaohe(
        "tick", "--at", "2026-01-01T09:00",
        KAOHE_DATA_DIR=str(tmp_path), KAOHE_TELEGRAM_TOKEN="12345:abcdefghijk",
    )  # fmt: skip
    assert found == (
        1,
        "",
        "还没有数据库，请先运行 kaohe init，或检查 KAOHE_DATA_DIR 和 KAOHE_DATABASE_URL。\n",
    )


def test_a_moment_that_is_none(tmp_path: Path):
    assert kaohe("tick", "--at", "soon", KAOHE_DATA_DIR=str(tmp_path)) == (
        2, "", "命令不完整或有误：--at 的内容不对，用法请看 kaohe tick --help\n",
    )  # fmt: skip
