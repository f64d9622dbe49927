"""Temporary media, up and down."""

from __future__ import annotations

import aiohttp
import pytest

from tests.doubles.conftest import png
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.conftest import App, Caller
from tests.doubles.wecom.person import Person

PDF = b"%PDF-1.4 " + bytes(range(91))


async def test_a_file_keeps_its_chinese_name(control: Control, call: Caller, li: Person):
    given = await call.upload("media/upload", PDF, '评分表 "一".pdf', type="file")
    assert (given["errcode"], given["type"]) == (0, "file")
    assert given["created_at"].isdigit()
    await call.sends("LiQian", "file", {"media_id": given["media_id"]})
    [shown] = await li.chat()
    assert shown.file is not None
    assert (shown.kind, shown.file.name, shown.file.size) == ("file", '评分表 "一".pdf', 100)
    assert await control.media(shown.file.media_id) == PDF
    assert (await li.waits_for("评分表")).id == shown.id


async def test_a_name_with_percent_signs_is_shown_as_it_came(call: Caller, li: Person):
    form = aiohttp.FormData()  # aiohttp's own way
    form.add_field("media", PDF, filename="表.pdf", content_type="application/pdf")
    url = f"{call.control.base_url}/cgi-bin/media/upload"
    await call.says("LiQian", "先")
    async with call.session.post(
        url, params={"access_token": call.access, "type": "file"}, data=form
    ) as answer:
        media_id = (await answer.json())["media_id"]
    await call.sends("LiQian", "file", {"media_id": media_id})
    [_, shown] = await li.chat()
    assert shown.file is not None
    assert shown.file.name == "%E8%A1%A8.pdf"


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("image", png(), 0),
        ("image", b"GIF89a" + b"\0" * 20, 40005),
        ("image", b"\xff\xd8\xff" + b"\0" * (10 * 2**20), 45001),
        ("voice", b"#!AMR\n" + b"\0" * 20, 0),
        ("voice", b"OggS" + b"\0" * 20, 40005),
        ("file", b"12345", 44001),
        ("file", b"\0" * (20 * 2**20), 0),
        ("file", b"\0" * (20 * 2**20 + 1), 45001),
        ("poem", b"\0" * 20, 40004),
    ],
)
async def test_limits_by_type(call: Caller, kind, data, code):
    assert (await call.upload("media/upload", data, "a.bin", type=kind))["errcode"] == code


async def test_a_media_of_another_type_or_age_is_not_sent(
    control: Control, call: Caller, li: Person
):
    given = await call.upload("media/upload", png(), "a.png", type="image")
    assert (await call.sends("LiQian", "file", {"media_id": given["media_id"]}))[
        "errcode"
    ] == 40007
    assert (await call.sends("LiQian", "image", {"media_id": given["media_id"]}))["errcode"] == 0
    await control.clock(advance=3 * 86_400 + 1)
    call.access = ""
    assert (await call.sends("LiQian", "image", {"media_id": given["media_id"]}))[
        "errcode"
    ] == 40007


async def test_downloads(app: App, control: Control, call: Caller, li: Person):
    picture = png()
    await li.sees_told(await li.sends_image(picture))
    media_id = app.heard[0]["MediaId"]
    await call.says("LiQian", "收到")
    url = f"{control.base_url}/cgi-bin/media/get"
    query = {"access_token": call.access, "media_id": media_id}
    async with call.session.get(url, params=query) as answer:
        assert answer.content_type == "image/jpeg"
        name = answer.headers["Content-disposition"]
        assert name == f'attachment; filename="{media_id}.jpg"'
        assert await answer.read() == picture
    async with call.session.get(url, params=query, headers={"Range": "bytes=2-5"}) as answer:
        assert answer.status == 206
        assert answer.headers["Content-Range"] == f"bytes 2-5/{len(picture)}"
        assert await answer.read() == picture[2:6]
    async with call.session.get(url, params=query, headers={"Range": "bytes=999-"}) as answer:
        assert answer.status == 416
    await control.fault("cut", "media/get")
    with pytest.raises(aiohttp.ClientError):
        async with call.session.get(url, params=query) as answer:
            await answer.read()
    await control.do("expire_media")
    assert (await call.get("media/get", media_id=media_id))["errcode"] == 40007


async def test_more_than_twenty_megabytes_only_in_pieces(
    app: App, control: Control, call: Caller, li: Person
):
    await li.sees_told(await li.sends_file(b"\0" * (20 * 2**20 + 7), name="大.zip"))
    media_id = app.heard[0]["MediaId"]
    assert (await call.get("media/get", media_id=media_id))["errcode"] == 830002
    url = f"{control.base_url}/cgi-bin/media/get"
    query = {"access_token": call.access, "media_id": media_id}
    rest = {"Range": f"bytes={20 * 2**20}-"}
    async with call.session.get(url, params=query, headers=rest) as answer:
        assert await answer.read() == b"\0" * 7
