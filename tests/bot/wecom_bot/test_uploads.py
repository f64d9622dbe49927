"""Bytes go up in pieces, their ids are kept, and what can't be sent says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.base import OutFile, Outgoing, Rejected, RetryLater
from bot.channels.wecom_bot import uploads
from bot.channels.wecom_bot.channel import WecomBot
from bot.wecom import pace
from tests.bot.desk import Desk, until
from tests.bot.wecom_bot.conftest import connected
from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person

pytestmark = pytest.mark.usefixtures("hasty")


@pytest.fixture
async def link(channel: WecomBot, control: Control, desk: Desk, li: Person):
    async with connected(channel, control, desk):
        await li.says("您好")
        await until(lambda: len(desk.received) == 1)
        yield
        assert await control.oddities() == []


def outgoing(folder: Path, data: bytes, *, key: str = "k") -> Outgoing:
    path = folder / "blob"
    path.write_bytes(data)
    return Outgoing(key, "LiQian", "", file=OutFile(path, "通报.pdf", "application/pdf", "b"))


@pytest.mark.usefixtures("link")
@pytest.mark.parametrize("size", [5, uploads.PIECE_BYTES, uploads.PIECE_BYTES + 1])
async def test_whole_pieces_and_parts_of_one(
    channel: WecomBot, control: Control, li: Person, tmp_path: Path, size: int
):
    data = bytes(n % 251 for n in range(size))
    await channel.send(outgoing(tmp_path, data))
    (file,) = [each for each in await li.chat() if each.out]
    assert (file.files[0].name, await li.file(file.id)) == ("通报.pdf", data)
    pieces = await control.frames("aibot_upload_media_chunk")
    assert [each.body["chunk_index"] for each in pieces if each.body] == list(
        range(-(-size // uploads.PIECE_BYTES))
    )


@pytest.mark.usefixtures("link")
async def test_an_empty_file_can_not_be_sent(channel: WecomBot, tmp_path: Path):
    with pytest.raises(Rejected):
        await channel.send(outgoing(tmp_path, b""))


@pytest.mark.usefixtures("link")
async def test_uploads_have_a_limit_of_their_own(
    channel: WecomBot, control: Control, tmp_path: Path
):
    wang = await control.person("王强", userid="WangQiang")
    await wang.says("您好")
    message = outgoing(tmp_path, b"%PDF-1.4 x")
    for n in range(pace.MOST):
        account = ("LiQian", "WangQiang")[n % 2]
        await channel.send(replace(message, key=f"k{n}", account=account))
    with pytest.raises(RetryLater) as later:
        await channel.send(replace(message, key="k99"))
    assert later.value.after > 50


@pytest.mark.usefixtures("link")
async def test_an_answer_without_an_id_is_for_later(
    channel: WecomBot, control: Control, tmp_path: Path
):
    message = outgoing(tmp_path, b"%PDF-1.4 x")
    for cmd in ("init", "finish"):
        await control.fault("error", f"aibot_upload_media_{cmd}", code=0)
        with pytest.raises(RetryLater):
            await channel.send(message)
    await channel.send(message)


@pytest.mark.usefixtures("link")
async def test_an_id_too_long_to_keep_is_used_once(
    channel: WecomBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(uploads, "_KNOWN_LENGTH", 10)
    assert (await channel.send(outgoing(tmp_path, b"%PDF-1.4 x"))).known == ""
