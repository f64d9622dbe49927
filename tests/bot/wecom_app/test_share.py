"""How many messages a person is sent a minute where several processes send."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels.base import RetryLater
from bot.channels.wecom_app.channel import WecomApp
from tests.bot.wecom_app.conftest import Notebook, message, notices
from tests.doubles.wecom.person import Person

pytestmark = pytest.mark.usefixtures("hasty", "address")


async def shown(person: Person) -> int:
    return sum(seen.out for seen in await person.chat())


async def test_what_another_process_sends_counts_too(
    channel: WecomApp, notebook: Notebook, li: Person
):
    """It is asked only about somebody who is sent many; its messages may be of two parts each."""
    notebook.others = {"liqian": 8}
    for n in range(6):
        await channel.send(message("一", key=f"k{n}"))
    assert notebook.asked == []
    for n in range(6, 9):
        await channel.send(message("一", key=f"k{n}"))
    with pytest.raises(RetryLater):
        await channel.send(message("二", key="last"))
    told = notices("三", ["liqian"])
    calls = await channel.circular.prepare(told)
    with pytest.raises(RetryLater):
        await channel.circular.send_all(told, calls)
    assert notebook.asked == [("liqian",)] * 5
    assert await shown(li) == 9


async def test_four_processes_may_send_a_few_each_whatever_the_others_do(
    channel: WecomApp, notebook: Notebook, li: Person
):
    notebook.others = {"liqian": 60}
    for n in range(6):
        await channel.send(message("一", key=f"k{n}"))
    with pytest.raises(RetryLater):
        await channel.send(message("二", key="last"))
    assert 4 * await shown(li) <= 25


async def test_while_it_can_not_be_asked_each_counts_its_own(
    channel: WecomApp, notebook: Notebook, li: Person
):
    notebook.others = {"liqian": 60}
    notebook.away = OperationalError("SELECT", {}, Exception("away"))
    for n in range(7):
        await channel.send(message("一", key=f"k{n}"))
    assert await shown(li) == 7
