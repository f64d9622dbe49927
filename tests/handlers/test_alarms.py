"""What administrators read when something is wrong with the service."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.alarms import Trouble, raise_alarms
from handlers.occasion import Occasion
from storage.models import audit
from tests.chat import Centre

WORDS = {
    "disk": "服务器磁盘快满了，暂时收不了新的附件，文字照常可发。"
    "请维护人员尽快清理 KAOHE_DATA_DIR 所在的磁盘。",
    "deaf": "Telegram已有几分钟收不到消息，大家在那里发的内容会晚一些处理，不会丢。"
    "请维护人员检查网络，运行 kaohe doctor 可看原因。",
    "refused": "Telegram要处理一下才能正常收发：why请转给维护人员，已有的消息不会丢。",
    "outbox": "有消息等了5分钟以上还没有发出。"
    "请维护人员运行 kaohe doctor 查看原因，恢复后会自动补发。",
    "clock": "服务器时间刚才跳了一分钟以上，截止时间和提醒都以它为准。请维护人员核对系统时间。",
    "database": "数据库响应很慢或连不上，消息可能晚一些处理。"
    "请维护人员运行 kaohe doctor 查看原因。",
}


def told(centre: Centre, *troubles: Trouble) -> list[tuple[str, str, dict[str, object]]]:
    with centre.database.begin() as connection:
        raise_alarms(Occasion(connection, centre.now, centre.desk.premises), troubles)
    centre.deliver_notices()
    with centre.database.read() as connection:
        rows = connection.execute(
            select(audit.c.object, audit.c.result, audit.c.detail)
            .where(audit.c.action == "alarm.raised")
            .order_by(audit.c.id)
        )
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("kind", WORDS)
def test_each_kind_in_words(centre: Centre, kind: str):
    zhao = centre.person("赵主管", "admin")
    li = centre.person("李敏", "liaison", department="SCJG")
    trouble = Trouble(kind, "why", channel="telegram" if kind in ("deaf", "refused") else "")
    row = (kind, "failed", {"why": "why"})
    assert told(centre, trouble) == [row]
    assert (zhao.hears, li.hears) == ([WORDS[kind]], [])
    assert told(centre, trouble) == [row]
    assert zhao.hears == []


def test_nobody_to_tell_is_no_news(centre: Centre):
    assert told(centre, Trouble("disk", "why")) == []
