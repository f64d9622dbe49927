"""Test mode and stop, on the real program: nobody but the tester hears a word, whatever it is; and
an upload that is under way at a stop is finished, or listed as in doubt."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from storage import outbox
from storage.db import Database
from storage.models import account, chat_group
from tests.doubles.client import child
from tests.e2e.told import FAST, Broadcast, broadcasting
from tests.support.program import NOW

GROUP = -77


def to_a_group(sent: Broadcast) -> None:
    database = Database(sent.ground.database_url)
    with database.begin() as connection:
        values = {"channel": "telegram", "external_id": str(GROUP), "created_at": NOW}
        account_id = connection.execute(
            account.insert().returning(account.c.id), values
        ).scalar_one()
        group = {"account_id": account_id, "title": "群", "state": "confirmed", "added_at": NOW}
        connection.execute(chat_group.insert(), group)
        body = {"text": "给群的结果"}
        outbox.queue(connection, key="to-group", account_id=account_id, body=body, now=NOW)
    database.close()
    sent.rows += 1


@pytest.mark.slow
async def test_in_test_mode_every_message_goes_to_the_tester(tmp_path: Path):
    """A broadcast's pictures, texts and documents, a group's copy, answers and their panels."""
    async with child() as control:
        tester = await control.person("测试员", contact="started")
        environment = {**FAST, "KAOHE_REDIRECT_ALL_TO": f"telegram:{tester.id}"}
        async with broadcasting(
            tmp_path, control, people=4, heads=2, environment=environment
        ) as sent:
            someone = await control.person("别人", contact="started")
            await control.group(GROUP, someone)
            to_a_group(sent)
            await sent.ground.program.start()
            await sent.ends()
            await someone.says("/start")
            await tester.waits_for("邀请码")
            assert await sent.ground.program.stop() == 0
            calls = [
                *await control.ask("calls", method="send*", limit=1000),
                *await control.ask("calls", method="edit*", limit=1000),
            ]
            assert {str(call["params"]["chat_id"]) for call in calls} == {str(tester.id)}
            assert {"sendPhoto", "sendDocument", "sendMessage"} <= {
                call["method"] for call in calls
            }
            assert "给群的结果" in [each.text for each in await tester.chat()]
            assert sent.states().keys() == {"sent"}
            assert await control.bugs() == []


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "state"), [(4, "sent"), (14, "unknown")])
async def test_a_stop_during_a_slow_upload(tmp_path: Path, seconds: int, state: str):
    """Eight seconds are given to it; what was not finished is never sent again by itself."""
    async with child() as control, broadcasting(tmp_path, control, people=1, heads=0) as sent:
        program = sent.ground.program
        number = await control.fault("slow", "sendPhoto", seconds=seconds)
        await program.start()
        async with asyncio.timeout(20):
            while not await control.fault_hits(number):  # noqa: ASYNC110 - it can't wake us
                await asyncio.sleep(0.05)
        assert await program.stop() == 0
        await program.start()
        await sent.ends()
        assert await program.stop() == 0
        told = await sent.told()
        assert told.faults == ()
        assert told.states[state] == (sent.rows if state == "sent" else 1)
        assert told.states.total() == sent.rows
