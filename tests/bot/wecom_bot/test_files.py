"""Files are had while their address lives, held until asked for, and refused with a reason."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.channels.base import Rejected, RetryLater
from bot.channels.wecom_bot import files
from bot.channels.wecom_bot.channel import WecomBot
from bot.channels.wecom_bot.settings import WecomBotSettings
from handlers.messages import Attachment
from storage.blobs import Blobs, DiskFull
from templates.words import CENTRE_ZONE
from tests.bot.desk import Desk, listening, until
from tests.bot.wecom_bot.conftest import Watch, connected
from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person

pytestmark = pytest.mark.usefixtures("hasty")
PDF = b"%PDF-1.4 " + b"x" * 1000
PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 100
JPG = b"\xff\xd8\xff\xe0" + b"j" * 100
STAMP = "20261128-170507"  # 9:05:07 UTC at the centre


async def bytes_of(channel: WecomBot, file: Attachment) -> bytes:
    return b"".join([piece async for piece in channel.fetch(file.reference)])


async def announced(desk: Desk) -> tuple[Attachment, ...]:
    await until(lambda: len(desk.received) == 1)
    return desk.received[0].attachments


def left(blobs: Blobs) -> list[Path]:
    return list((blobs.root / "tmp").iterdir())


async def test_a_file_with_its_name(
    channel: WecomBot, control: Control, desk: Desk, li: Person, blobs: Blobs
):
    async with connected(channel, control, desk):
        await li.sends_file(PDF, name="三季度 总结.pdf")
        (file,) = await announced(desk)
        assert (file.name, file.size, file.mime, file.blob) == (
            "三季度 总结.pdf", len(PDF), "application/pdf", None,
        )  # fmt: skip
        assert len(left(blobs)) == 1
        assert await bytes_of(channel, file) == PDF
        assert left(blobs) == []
        assert (await control.state()).fetched == 1


@pytest.mark.parametrize("disposition", ["star", "plain", "raw"])
async def test_named_in_any_of_the_ways(
    channel: WecomBot, control: Control, desk: Desk, li: Person, disposition: str
):
    async with connected(channel, control, desk):
        await li.sends_file(PDF, name="佐证 1.pdf", disposition=disposition)
        (file,) = await announced(desk)
    assert file.name == "佐证 1.pdf"


async def test_all_of_one_message_in_order(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    async with connected(channel, control, desk):
        await li.sends_mixed("看图", PNG, "和", JPG)
        found = await announced(desk)
        assert desk.received[0].text == "看图\n和"
        assert [file.name for file in found] == [f"图片-{STAMP}-1.png", f"图片-{STAMP}-2.jpg"]
        assert [file.mime for file in found] == ["image/png", "image/jpeg"]
        assert [await bytes_of(channel, file) for file in found] == [PNG, JPG]


async def test_a_film(channel: WecomBot, control: Control, desk: Desk, li: Person):
    film = b"\0\0\0\x18ftypisom" + b"v" * 200
    async with connected(channel, control, desk):
        await li.sends_video(film, name="现场.mp4")
        (file,) = await announced(desk)
        assert (file.name, await bytes_of(channel, file)) == ("现场.mp4", film)


async def test_messages_wait_for_a_file_before_them(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    await control.fault("slow", "file", seconds=0.3)
    wang = await control.person("王强")
    async with connected(channel, control, desk):
        await li.sends_file(PDF)
        await li.says("这是说明")
        await wang.says("别人")
        await until(lambda: len(desk.received) == 3)
    assert desk.texts == ["别人", "", "这是说明"]


@pytest.mark.parametrize("fault", ["cut", "damaged", "status"])
async def test_one_fault_on_the_way_is_made_good(
    channel: WecomBot, control: Control, desk: Desk, li: Person, fault: str
):
    await control.fault(fault, "file", code=503)
    async with connected(channel, control, desk):
        await li.sends_file(PDF, name="总结.pdf")
        (file,) = await announced(desk)
        assert (file.name, await bytes_of(channel, file)) == ("总结.pdf", PDF)


@pytest.mark.parametrize(
    ("fault", "error"), [("cut", RetryLater), ("damaged", Rejected), ("status", RetryLater)]
)
async def test_a_file_that_cannot_be_had_is_announced_and_then_refused(
    channel: WecomBot,
    control: Control,
    desk: Desk,
    li: Person,
    blobs: Blobs,
    fault: str,
    error: type[Exception],
):
    await control.fault(fault, "file", code=503, count=None)
    async with connected(channel, control, desk):
        await li.sends_file(PDF)
        (file,) = await announced(desk)
        assert (file.name, file.size) == (f"文件-{STAMP}-1.pdf", None)
        with pytest.raises(error):
            await bytes_of(channel, file)
        assert left(blobs) == []


async def test_a_wrong_key(channel: WecomBot, control: Control, desk: Desk, li: Person):
    async with connected(channel, control, desk):
        await li.sends_file(PDF, wrong_key=True)
        (file,) = await announced(desk)
        with pytest.raises(Rejected):
            await bytes_of(channel, file)


async def test_an_address_that_is_dead_is_asked_once(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    await li.sends_file(PDF)
    await control.clock(advance=301)
    async with connected(channel, control, desk):
        (file,) = await announced(desk)
        with pytest.raises(Rejected):
            await bytes_of(channel, file)
    assert (await control.state()).fetched == 0


async def test_one_that_never_ends_is_left(
    channel: WecomBot,
    control: Control,
    desk: Desk,
    li: Person,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(files, "FETCH_SECONDS", 0.1)
    await control.fault("stuck", "file", seconds=30.0, count=None)
    async with connected(channel, control, desk):
        await li.sends_file(PDF)
        (file,) = await announced(desk)
    assert file.size is None


async def test_more_than_is_taken_is_not_fetched(
    channel: WecomBot,
    control: Control,
    desk: Desk,
    li: Person,
    blobs: Blobs,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(files, "MOST_BYTES", 10_000)
    async with connected(channel, control, desk):
        await li.sends_file(20_000, name="大.pdf")
        (file,) = await announced(desk)
        assert file.name == "大.pdf"
        assert file.size is not None
        assert file.size > 10_000
        assert left(blobs) == []
        with pytest.raises(Rejected, match=r"^file\.too_big$"):
            await bytes_of(channel, file)


async def test_after_a_restart_the_address_is_asked_again(
    channel: WecomBot,
    settings: WecomBotSettings,
    control: Control,
    desk: Desk,
    li: Person,
    blobs: Blobs,
    watch: Watch,
):
    async with connected(channel, control, desk):
        await li.sends_file(PDF)
        (file,) = await announced(desk)
    await channel.close()
    assert left(blobs) == []
    restarted = WecomBot(settings, blobs=blobs, now=watch.now)
    assert await bytes_of(restarted, file) == PDF
    await control.clock(advance=301)
    with pytest.raises(Rejected):
        await bytes_of(restarted, file)
    await restarted.close()


async def test_a_reader_who_breaks_off_may_come_again(
    channel: WecomBot, control: Control, desk: Desk, li: Person
):
    data = b"%PDF-1.4 " + b"y" * 300_000
    async with connected(channel, control, desk):
        await li.sends_file(data)
        (file,) = await announced(desk)
        pieces = channel.fetch(file.reference)
        await anext(pieces)
        await pieces.aclose()
        assert await bytes_of(channel, file) == data
        assert (await control.state()).fetched == 1


async def test_a_full_disk(
    channel: WecomBot, control: Control, desk: Desk, li: Person, blobs: Blobs
):
    blobs.reserve = 2**62
    async with connected(channel, control, desk):
        await li.sends_file(PDF)
        (file,) = await announced(desk)
        with pytest.raises(DiskFull):
            await bytes_of(channel, file)
        blobs.reserve = 0
        assert await bytes_of(channel, file) == PDF


async def test_what_nobody_asks_for_is_not_held_for_ever(
    channel: WecomBot,
    control: Control,
    desk: Desk,
    li: Person,
    blobs: Blobs,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(files, "HELD_MOST", 3)
    async with connected(channel, control, desk):
        for n in range(5):
            await li.sends_file(PDF + bytes([n]))
        await until(lambda: len(desk.received) == 5)
        assert len(left(blobs)) == 3
        monkeypatch.setattr(files, "HELD_SECONDS", -1.0)
        await li.sends_file(PDF)
        await until(lambda: len(desk.received) == 6)
        await li.sends_file(PDF)
        await until(lambda: len(desk.received) == 7)
        assert len(left(blobs)) == 2
        assert await bytes_of(channel, desk.received[0].attachments[0]) == PDF + b"\0"


async def test_no_error_names_the_address(
    channel: WecomBot,
    control: Control,
    desk: Desk,
    li: Person,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level("DEBUG", logger="bot")
    await control.fault("status", "file", code=403, count=None)
    async with connected(channel, control, desk):
        await li.sends_file(PDF)
        (file,) = await announced(desk)
        with pytest.raises(Rejected) as refusal:
            await bytes_of(channel, file)
    key, _, url = file.reference.partition(" ")
    for secret in (key, url):
        assert secret not in caplog.text + repr(refusal.value)


def test_the_clock_of_the_samples():
    at = datetime(2026, 11, 28, 9, 5, 7, tzinfo=UTC).astimezone(CENTRE_ZONE)
    assert f"{at:%Y%m%d-%H%M%S}" == STAMP


async def test_many_people_at_once(channel: WecomBot, control: Control, desk: Desk):
    people = [await control.person(f"某{n}") for n in range(20)]
    async with listening(channel, desk):
        await control.wait_subscribed()
        await asyncio.gather(*(each.sends_file(PDF) for each in people))
        await until(lambda: len(desk.received) == 20)
        for inbound in desk.received:
            assert await bytes_of(channel, inbound.attachments[0]) == PDF
