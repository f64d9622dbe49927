"""Groups at the double: come into, left, moved; sent to at their own pace."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.channels.base import OutFile, Outgoing, RecipientGone, Rejected, RetryLater
from bot.channels.telegram import groups
from bot.channels.telegram.channel import Telegram
from handlers.messages import Inbound, Kind
from tests.bot.desk import Desk, listening, until
from tests.doubles.client import Control
from tests.doubles.person import Person

GROUP, BIGGER = -55, -10055


@pytest.fixture
async def li(control: Control) -> Person:
    return await control.person("李倩", contact="started")


def to(chat: int, text: str = "结果", key: str = "k1", file: OutFile | None = None) -> Outgoing:
    return Outgoing(key=key, account=str(chat), text=text, file=file)


async def texts(control: Control, chat: int) -> list[str]:
    return [each.text for each in await control.group_messages(chat) if each.out]


async def test_what_happens_to_the_bot_in_a_group(
    channel: Telegram, control: Control, desk: Desk, li: Person
):
    await control.group(GROUP, li, title="工作群")
    for status in ("administrator", "left", "member", "kicked"):
        await control.ask("group_status", chat=GROUP, status=status, by=li.id)
    async with listening(channel, desk):
        await until(lambda: len(desk.received) == 5)
    assert [each.kind.value for each in desk.received] == [
        "joined", "joined", "left", "joined", "left",
    ]  # fmt: skip
    assert {(each.account, each.name, each.by) for each in desk.received} == {
        ("-55", "工作群", str(li.id))
    }


async def test_a_text_and_a_picture_into_a_group(
    channel: Telegram, control: Control, li: Person, tmp_path: Path
):
    await control.group(GROUP, li)
    path = tmp_path / "ab12"
    path.write_bytes(b"%PDF-1.7")
    sent = await channel.send(to(GROUP))
    await channel.send(to(GROUP, "附件", "k2", OutFile(path, "a.pdf", "application/pdf", "ab12")))
    assert sent.message_ref.startswith("-55:")
    assert await texts(control, GROUP) == ["结果", "附件"]


@pytest.mark.parametrize("status", ["kicked", "left"])
async def test_a_group_without_the_bot(
    channel: Telegram, control: Control, li: Person, status: str
):
    await control.group(GROUP, li)
    await control.ask("group_status", chat=GROUP, status=status, by=li.id)
    with pytest.raises(RecipientGone):
        await channel.send(to(GROUP))


async def test_a_group_where_the_bot_may_not_speak(
    channel: Telegram, control: Control, li: Person
):
    await control.group(GROUP, li)
    await control.ask("group_status", chat=GROUP, status="restricted", by=li.id)
    with pytest.raises(Rejected):
        await channel.send(to(GROUP))


async def test_a_group_that_moved_is_followed_and_told_of(
    channel: Telegram, control: Control, desk: Desk, li: Person
):
    """What goes to the old id comes to the new one, in all its parts; it is handed in once."""
    await control.group(GROUP, li)
    await control.ask("migrate", chat=GROUP, new=BIGGER)
    await channel.send(to(GROUP, "长" * 5000))
    await channel.send(to(GROUP, "又", "k2"))
    assert [len(text) for text in await texts(control, BIGGER)] == [4096, 904, 1]
    desk.busy = 3
    async with listening(channel, desk):
        await until(lambda: any("moved" in each.key for each in desk.received))
    moves = [each for each in desk.received if each.kind is Kind.MOVED]
    learnt = Inbound(
        f"tg:{channel.bot_id}:moved:-55:-10055", "telegram", "-55", Kind.MOVED, moved_to="-10055"
    )
    assert learnt in moves
    assert {(each.account, each.moved_to) for each in moves} == {("-55", "-10055")}


async def test_no_more_than_twenty_a_minute_go_to_one_group(
    channel: Telegram, control: Control, li: Person, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(groups, "MINUTE", 60)
    for chat in (GROUP, BIGGER):
        await control.group(chat, li)
    for number in range(20):
        await channel.send(to(GROUP, str(number), f"k{number}"))
    with pytest.raises(RetryLater) as caught:
        await channel.send(to(GROUP, "20", "k20"))
    assert not caught.value.everyone
    assert 30 < caught.value.after <= 60
    await channel.send(to(BIGGER))
    for number in range(25):
        await channel.send(Outgoing(key=f"p{number}", account=str(li.id), text="私"))
    assert len(await texts(control, GROUP)) == 20
    monkeypatch.setattr(groups, "MINUTE", 0)
    await channel.send(to(GROUP, "20", "k20"))
    assert (await texts(control, GROUP))[-1] == "20"
