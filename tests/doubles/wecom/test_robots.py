"""Group robots: what a group is shown, and what is refused."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.doubles.conftest import png
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.conftest import Caller, Json

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
PICTURE = png()
PDF = b"%PDF-1.4 ..."


@pytest.fixture
async def key(control: Control) -> str:
    return await control.robot(KEY)


async def says(call: Caller, kind: str, content: Json) -> int:
    given = await call.post("webhook/send", {"msgtype": kind, kind: content}, key=KEY)
    return int(given["errcode"])


async def uploads(call: Caller, key: str = KEY) -> Json:
    return await call.upload("webhook/upload_media", PDF, "通报.pdf", key=key, type="file")


async def test_text_markdown_picture_and_file(control: Control, call: Caller, key):
    assert await says(call, "text", {"content": "结果已发布"}) == 0
    assert await says(call, "markdown", {"content": "**第一名** 公安"}) == 0
    digest = hashlib.md5(PICTURE).hexdigest()  # noqa: S324
    picture = {"base64": base64.b64encode(PICTURE).decode(), "md5": digest}
    assert await says(call, "image", picture) == 0
    given = await uploads(call)
    assert await says(call, "file", {"media_id": given["media_id"]}) == 0
    shown = await control.waits_in_group(KEY, count=4)
    assert [(m.kind, m.text) for m in shown] == [
        ("text", "结果已发布"), ("markdown", "**第一名** 公安"), ("image", ""), ("file", ""),
    ]  # fmt: skip
    assert [m.file and m.file.name for m in shown] == [None, None, "", "通报.pdf"]
    assert [m.id for m in await control.group(KEY)] == [1, 2, 3, 4]


async def test_what_is_refused(control: Control, call: Caller, key):
    picture = {"base64": base64.b64encode(PICTURE).decode(), "md5": "0" * 32}
    assert await says(call, "image", picture) == 301019
    assert await says(call, "image", {"base64": "!", "md5": ""}) == 40058
    assert await says(call, "text", {"content": ""}) == 44004
    assert await says(call, "text", {"content": "字" * 683}) == 40058
    assert await says(call, "markdown", {"content": "字" * 1365}) == 0
    assert await says(call, "markdown", {"content": "字" * 1366}) == 40058
    assert await says(call, "poem", {}) == 40008
    assert await says(call, "file", {"media_id": "x"}) == 40007
    assert (await call.post("webhook/send", {}, key="other"))["errcode"] == 93000
    assert (await call.upload("webhook/upload_media", b"%PDF-1.4", "a", key=KEY, type="image"))[
        "errcode"
    ] == 40004


async def test_a_file_is_good_for_its_own_robot_and_three_days(
    control: Control, call: Caller, key
):
    await control.robot("other-key-1")
    given = await uploads(call, "other-key-1")
    assert await says(call, "file", {"media_id": given["media_id"]}) == 40007
    given = await uploads(call)
    await control.clock(advance=3 * 86_400 + 1)
    assert await says(call, "file", {"media_id": given["media_id"]}) == 40007


async def test_twenty_a_minute(control: Control, call: Caller, key):
    await control.settings(minute=0.6)
    codes = [await says(call, "text", {"content": str(n)}) for n in range(21)]
    assert codes == [0] * 20 + [45009]
    assert len(await control.group(KEY)) == 20
