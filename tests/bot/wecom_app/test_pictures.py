"""A picture that WeCom does not name is kept under what it is, not under what we guessed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channels.wecom_app.channel import WecomApp
from handlers.messages import Attachment
from tests.bot.desk import Desk
from tests.bot.house import House
from tests.doubles.conftest import png
from tests.doubles.wecom.person import Person

JPEG = b"\xff\xd8\xff\xe0" + b"x" * 100


@pytest.fixture
async def house(tmp_path: Path, channel: WecomApp) -> AsyncIterator[House]:
    house = House(tmp_path, channel)
    yield house
    house.work.close()


@pytest.mark.parametrize(
    ("content", "suffix", "mime"), [(png(), ".png", "image/png"), (JPEG, ".jpg", "image/jpeg")]
)
async def test_it_is_called_after_its_content(
    address: str, desk: Desk, li: Person, house: House, content, suffix, mime
):
    await li.sees_told(await li.sends_image(content))
    [announced] = desk.received[0].attachments
    found = await house.downloaded(announced)
    [download] = [inbound.download for inbound in house.told]
    assert download is not None
    assert (download.problem, download.size) == ("", len(content))
    assert found.state == "stored"
    assert (found.name, found.mime) == (announced.name.replace(".jpg", suffix), mime)


async def test_what_is_no_picture_at_all_is_refused(
    address: str, desk: Desk, li: Person, house: House
):
    await li.sees_told(await li.sends_file(b"%PDF-1.4 " + b"x" * 100, name="图.jpg"))
    [announced] = desk.received[0].attachments
    guessed = Attachment(announced.reference, announced.name, "image/*")
    found = await house.downloaded(guessed)
    [download] = [inbound.download for inbound in house.told]
    assert download is not None
    assert (download.problem, found.name) == ("file.mismatch", "图.jpg")
