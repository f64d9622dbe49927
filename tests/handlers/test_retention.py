"""The daily job: once a day, in batches, counted in the audit log, by the centre's own rule."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from handlers.jobs import retention
from handlers.occasion import Occasion
from storage import marks
from storage import retention as purges
from storage.models import audit, inbox, job_mark
from tests.chat import Centre, User

DAY = timedelta(days=1)


def ticks(centre: Centre) -> None:
    with centre.database.begin() as connection:
        retention.run(Occasion(connection, centre.now, centre.desk.premises))


def removed(centre: Centre) -> list[object]:
    with centre.database.read() as connection:
        rows = connection.execute(
            select(audit.c.detail).where(audit.c.action == "retention.purge").order_by(audit.c.id)
        )
        return list(rows.scalars())


def updates(centre: Centre, number: int, *, days: int) -> None:
    with centre.database.begin() as connection:
        for n in range(number):
            row = {"key": f"{centre.now}:{n}", "received_at": centre.now - days * DAY}
            connection.execute(inbox.insert(), row)


def test_once_a_day(centre: Centre):
    updates(centre, 2, days=31)
    ticks(centre)
    assert removed(centre) == [{"inbox": 2}]
    updates(centre, 1, days=32)
    ticks(centre)
    assert removed(centre) == [{"inbox": 2}]
    centre.now += DAY
    ticks(centre)
    assert removed(centre) == [{"inbox": 2}, {"inbox": 1}]
    centre.now += DAY
    ticks(centre)  # nothing to remove is nothing to tell
    assert removed(centre) == [{"inbox": 2}, {"inbox": 1}]


def test_much_takes_several_ticks(centre: Centre, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(purges, "BATCH", 2)
    updates(centre, 5, days=31)
    for _ in range(4):
        ticks(centre)
    assert removed(centre) == [{"inbox": 2}, {"inbox": 2}, {"inbox": 1}]


def test_who_comes_second_finds_it_done(centre: Centre, monkeypatch: pytest.MonkeyPatch):
    """Another process has done it between the look and the lock."""
    ticks(centre)
    updates(centre, 1, days=31)
    monkeypatch.setattr(marks, "read", lambda *_: "")
    ticks(centre)
    assert removed(centre) == []


def test_how_long_is_the_centres_own_rule(centre: Centre):
    zhao: User = centre.person("赵主管", "admin")
    with centre.database.begin() as connection:
        for days in (200, 300, 500):
            connection.execute(
                audit.insert(),
                {
                    "at": centre.now - days * DAY, "action": "old", "object": str(days),
                    "result": "ok", "detail": {},
                },
            )  # fmt: skip

    def old() -> list[str]:
        with centre.database.read() as connection:
            rows = connection.execute(
                select(audit.c.object).where(audit.c.action == "old").order_by(audit.c.id)
            )
            return list(rows.scalars())

    ticks(centre)
    assert old() == ["200", "300"]
    zhao.presses("ad.sett:retention.days")
    zhao.says("179")
    assert zhao.hears[-1] == (
        "日志与审计保存天数只能是180至3650的整数（法律要求网络日志至少保存六个月），"
        "“179”没有记下，请重新发送。"
    )
    zhao.says("250天")
    zhao.clicks("没有依据")
    zhao.says("内网日志另有归档")
    centre.now += DAY
    ticks(centre)
    assert old() == ["200"]
    with centre.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(job_mark)).scalar() == 1
