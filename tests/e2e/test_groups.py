"""A group chat from the day the bot is added to it, through the real program: told, registered,
sent to, moved, removed; and nothing in it that is not meant for it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from handlers.occasion import Occasion
from handlers.premises import Premises
from storage import groups
from storage.db import Database
from tests.doubles.client import child
from tests.e2e.on_telegram import OnTelegram
from tests.e2e.persons import WAIT, Person, presses, says
from tests.support.program import Program

ADMIN = "周敏"
GROUP, BIGGER = -44, -10044
CLOCK = "2026-11-03T10:00:00+08:00"


class Publishing:
    """What the broadcast queues for groups."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'kaohe.sqlite'}"

    def queues(self, text: str) -> list[bool]:
        database = Database(self.url)
        try:
            with database.begin() as connection:
                occasion = Occasion(connection, datetime.now(UTC), Premises(b"of no use here"))
                return [
                    occasion.notify_group(
                        each, "linking.welcome", key=text, name=text, elsewhere=""
                    )
                    for each in groups.confirmed_groups(connection)
                ]
        finally:
            database.close()


async def _list(admin: Person, then: str) -> None:
    await says(admin, "/admin", "待使用的邀请码")
    await presses(admin, "群", then)


@pytest.mark.slow
async def test_from_the_day_it_is_added(tmp_path: Path):
    environment = {"KAOHE_CLOCK": CLOCK, "KAOHE_TELEGRAM_CHAT_RATE": "1000"}
    async with (
        child() as control,
        Program(tmp_path, telegram=control, environment=environment) as program,
    ):
        publishing = Publishing(program.data)

        async def arrives(text: str, chat: int) -> None:
            await control.ask("wait_message", chat=chat, contains=text, timeout=WAIT)

        async def heard(chat: int) -> list[tuple[str, list[list[str]]]]:
            found = await control.group_messages(chat)
            return [(each.text.split("您好")[0], each.rows) for each in found if each.out]

        code = await program.admin_code(ADMIN)
        await program.start()
        admin = await OnTelegram.joins(control, ADMIN)
        await admin.enters(code)
        await admin.waits_for(f"{ADMIN}您好，您是管理员。")
        owner = await control.person("群主", contact="started")

        await control.group(GROUP, owner, title="考核工作群")
        await admin.waits_for("未绑定的人把机器人加入了群“考核工作群”")
        assert publishing.queues("登记前") == []
        await presses(admin, "查看", "考核工作群，待登记")
        await presses(admin, "登记", "考核工作群，已登记")
        await owner.says("/start", chat=GROUP)
        await owner.says("/admin@kaohe_7000001_bot", chat=GROUP)
        assert publishing.queues("第一次") == [True]
        await arrives("第一次", GROUP)
        assert await heard(GROUP) == [("第一次", [])]

        await control.ask("rename_group", chat=GROUP, title="考核大群", by=owner.id)
        await control.ask("migrate", chat=GROUP, new=BIGGER)
        assert publishing.queues("第二次") == [True]
        await arrives("第二次", BIGGER)
        await control.wait_idle()
        await _list(admin, "1. 考核大群：已登记")

        await control.ask("group_status", chat=BIGGER, status="kicked", by=owner.id)
        await control.wait_idle()
        await _list(admin, "1. 考核大群：已退出")
        assert publishing.queues("移出后") == []
        await control.ask("group_status", chat=BIGGER, status="member", by=owner.id)
        await admin.waits_for("机器人重新加入了群“考核大群”")

        refusal = "Forbidden: bot was kicked from the supergroup chat"
        await control.fault("error", "sendMessage", code=403, description=refusal, chat_id=BIGGER)
        assert publishing.queues("第三次") == [True]
        await control.wait_idle(quiet=1.5)
        await _list(admin, "1. 考核大群：已退出")
        assert (await heard(GROUP), await heard(BIGGER)) == ([("第一次", [])], [("第二次", [])])
        assert await control.bugs() == []
