"""Files both ways: fetched encrypted while their address lives, uploaded in three steps."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from pathlib import Path

import aiohttp
import pytest

from tests.doubles.wecom_bot import cipher
from tests.doubles.wecom_bot.client import Control
from tests.doubles.wecom_bot.person import Person
from tests.doubles.wecom_bot.uploads import CHUNK
from tests.doubles.wecom_bot.wire import Json, Wire
from tests.support.samples import png

PDF = "%PDF-1.4 佐证材料\n".encode() * 100


def test_the_cipher_keeps_the_vector():
    vectors = json.loads((Path(__file__).parents[2] / "bot/wecom/vectors.json").read_text("utf-8"))
    [vector] = [each for each in vectors if "cipher_hex" in each]
    made = cipher.encrypted(vector["plain_utf8"].encode(), vector["aeskey_base64"])
    assert made.hex() == vector["cipher_hex"]


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33])
def test_there_is_always_padding(length):
    assert len(cipher.encrypted(b"x" * length, cipher.new_key())) == length // 32 * 32 + 32


# ---------------------------------------------------------------------- what people send


async def fetched(url: str) -> tuple[int, bytes, str | None]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.read(), answer.headers.get("Content-Disposition")


async def offered(wire: Wire, kind: str = "file") -> tuple[str, str]:
    part = (await wire.callback())["body"][kind]
    return part["url"], part["aeskey"]


async def test_fetching(control: Control, wire: Wire, li: Person):
    await li.sends_file(PDF, name="营业 执照.pdf")
    url, key = await offered(wire)
    status, data, named = await fetched(url)
    assert (status, data) == (200, cipher.encrypted(PDF, key))
    assert named == "attachment; filename*=UTF-8''%E8%90%A5%E4%B8%9A%20%E6%89%A7%E7%85%A7.pdf"
    assert (await control.state()).fetched == 1
    await li.sends_file(PDF)
    assert (await offered(wire))[1] != key


@pytest.mark.parametrize(
    ("disposition", "header"),
    [
        ("plain", 'attachment; filename="%E8%AF%81.pdf"'),
        ("raw", 'attachment; filename="证.pdf"'),
        ("none", None),
    ],
)
async def test_names(wire: Wire, li: Person, disposition, header):
    await li.sends_file(PDF, name="证.pdf", disposition=disposition)
    url, _ = await offered(wire)
    assert (await fetched(url))[2] == header


async def test_an_address_lives_five_minutes(control: Control, wire: Wire, li: Person):
    await li.sends_image(png())
    url, _ = await offered(wire, "image")
    await control.clock(advance=299)
    assert (await fetched(url))[0] == 200
    await control.clock(advance=2)
    assert (await fetched(url))[0] == 404
    assert (await fetched(f"{url.split('/file/')[0]}/file/other"))[0] == 404


async def test_a_key_that_does_not_fit(wire: Wire, li: Person):
    await li.sends_file(PDF, wrong_key=True)
    url, key = await offered(wire)
    assert (await fetched(url))[1] != cipher.encrypted(PDF, key)


async def test_a_big_one(wire: Wire, li: Person):
    await li.sends_file(3_000_000)
    url, key = await offered(wire)
    assert (await fetched(url))[1] == cipher.encrypted(bytes(3_000_000), key)


async def test_a_slow_one(control: Control, wire: Wire, li: Person):
    await control.fault("slow", "file", seconds=0.2)
    await li.sends_file(PDF)
    url, key = await offered(wire)
    began = time.monotonic()
    assert (await fetched(url))[1] == cipher.encrypted(PDF, key)
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("kind", ["cut", "stuck"])
async def test_half_a_file(control: Control, wire: Wire, li: Person, kind):
    await control.fault(kind, "file", seconds=0.1)
    await li.sends_file(PDF)
    url, _ = await offered(wire)
    with pytest.raises(aiohttp.ClientError):
        await fetched(url)
    assert (await fetched(url))[0] == 200


async def test_broken_downloads(control: Control, wire: Wire, li: Person):
    await control.fault("status", "file", code=503)
    await control.fault("damaged", "file", contains="证.pdf")
    await li.sends_file(PDF, name="证.pdf")
    url, key = await offered(wire)
    whole = cipher.encrypted(PDF, key)
    assert (await fetched(url))[0] == 503
    status, data, _ = await fetched(url)
    assert (status, len(data), data[:-32]) == (200, len(whole), whole[:-32])
    assert data != whole
    assert (await fetched(url))[1] == whole


# ---------------------------------------------------------------------- what the bot sends


def beginning(data: bytes, *, kind: str = "file", name: str = "结果.pdf", chunks: int = 1) -> Json:
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return {
        "type": kind, "filename": name, "total_size": len(data), "total_chunks": chunks,
        "md5": md5,
    }  # fmt: skip


async def begun(wire: Wire, body: Json) -> str:
    upload_id: str = (await wire.ask("aibot_upload_media_init", body))["body"]["upload_id"]
    return upload_id


async def chunk(wire: Wire, upload_id: str, index: int, data: bytes) -> int:
    body = {
        "upload_id": upload_id, "chunk_index": index,
        "base64_data": base64.b64encode(data).decode(),
    }  # fmt: skip
    return await wire.code("aibot_upload_media_chunk", body)


async def uploaded(wire: Wire, data: bytes, kind: str = "file") -> str:
    upload_id = await begun(wire, beginning(data, kind=kind))
    assert await chunk(wire, upload_id, 0, data) == 0
    done = (await wire.ask("aibot_upload_media_finish", {"upload_id": upload_id}))["body"]
    assert sorted(done) == ["created_at", "media_id", "type"]
    assert done["type"] == kind
    media_id: str = done["media_id"]
    return media_id


async def sent(wire: Wire, media_id: str, kind: str = "file") -> int:
    body = {"chatid": "LiQian", "msgtype": kind, kind: {"media_id": media_id}}
    return await wire.code("aibot_send_msg", body)


async def test_uploading_and_sending(control: Control, wire: Wire, li: Person):
    await li.says("结果")
    await wire.callback()
    media_id = await uploaded(wire, PDF)
    assert await sent(wire, media_id) == 0
    assert await sent(wire, media_id) == 0
    assert await sent(wire, media_id, "image") == 40007
    assert await sent(wire, await uploaded(wire, png(), "image"), "image") == 0
    shown = await li.hears()
    assert [(m.kind, m.files[0].name, m.files[0].size) for m in shown] == [
        ("file", "结果.pdf", len(PDF)), ("file", "结果.pdf", len(PDF)),
        ("image", "结果.pdf", len(png())),
    ]  # fmt: skip
    assert await li.file(shown[0].id) == PDF
    await control.clock(advance=3 * 86_400 + 1)
    assert await sent(wire, media_id) == 40007
    assert await control.oddities() == []


async def test_a_video_with_words(wire: Wire, li: Person):
    await li.says("结果")
    await wire.callback()
    media_id = await uploaded(wire, b"mp4...", "video")
    part = {"media_id": media_id, "title": "题", "description": "述"}
    body: Json = {"chatid": "LiQian", "msgtype": "video", "video": part}
    assert await wire.code("aibot_send_msg", body) == 0
    assert (await li.hears())[0].text == "题\n述"
    body["video"] = part | {"title": "字" * 43}
    assert await wire.code("aibot_send_msg", body) == 45002


async def test_chunks_in_any_order_again_and_over_another_connection(
    control: Control, wire: Wire, li: Person
):
    data = bytes(range(256)) * 4096  # 1 MB
    upload_id = await begun(wire, beginning(data, chunks=3))
    pieces = [data[at : at + 400_000] for at in range(0, len(data), 400_000)]
    assert await chunk(wire, upload_id, 2, pieces[2]) == 0
    assert await chunk(wire, upload_id, 0, pieces[0]) == 0
    assert await chunk(wire, upload_id, 0, b"ignored") == 0
    assert await wire.code("aibot_upload_media_finish", {"upload_id": upload_id}) == 40058
    await control.drop()
    async with Wire(control.bot_url) as again:
        await again.subscribes(control.bot_id, control.secret)
        assert await chunk(again, upload_id, 1, pieces[1]) == 0
        finished = await again.ask("aibot_upload_media_finish", {"upload_id": upload_id})
        assert finished["errcode"] == 0
        frames = await control.frames("aibot_upload_media_chunk")
        assert frames[0].body is not None
        assert frames[0].body["base64_data"] == f"({(len(pieces[2]) + 2) // 3 * 4} characters)"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "folder"}, 40008),
        ({"filename": ""}, 40058),
        ({"filename": "字" * 86}, 40058),
        ({"total_size": 4}, 40058),
        ({"total_size": "9"}, 40058),
        ({"total_size": (20 << 20) + 1, "total_chunks": 100}, 45001),
        ({"type": "image", "total_size": (10 << 20) + 1, "total_chunks": 100}, 45001),
        ({"total_chunks": 0}, 40058),
        ({"total_chunks": 101}, 40058),
        ({"total_size": CHUNK + 1}, 40058),
        ({"md5": "short"}, 40058),
    ],
)
async def test_what_can_not_be_begun(wire: Wire, changes, code):
    body = beginning(PDF) | changes
    assert await wire.code("aibot_upload_media_init", body) == code


async def test_faulty_chunks(wire: Wire):
    upload_id = await begun(wire, beginning(PDF, chunks=2))
    assert await chunk(wire, upload_id, 2, b"x") == 40058
    assert await chunk(wire, upload_id, -1, b"x") == 40058
    assert await chunk(wire, upload_id, 0, b"") == 45001
    assert await chunk(wire, upload_id, 0, bytes(CHUNK + 1)) == 45001
    assert await chunk(wire, "other", 0, b"x") == 40058
    body = {"upload_id": upload_id, "chunk_index": 0, "base64_data": "***"}
    assert await wire.code("aibot_upload_media_chunk", body) == 40058


@pytest.mark.parametrize("parts", [(PDF[:-1], b"y"), (PDF, b"y")])
async def test_other_bytes_than_announced(wire: Wire, parts):
    upload_id = await begun(wire, beginning(PDF, chunks=2))
    for index, data in enumerate(parts):
        assert await chunk(wire, upload_id, index, data) == 0
    assert await wire.code("aibot_upload_media_finish", {"upload_id": upload_id}) == 40058


async def test_a_session_ends_after_half_an_hour(control: Control, wire: Wire):
    upload_id = await begun(wire, beginning(PDF))
    await control.clock(advance=1801)
    assert await chunk(wire, upload_id, 0, PDF) == 40058


async def test_counting_from_one(control: Control, wire: Wire):
    await control.settings(index_base=1)
    upload_id = await begun(wire, beginning(PDF))
    assert await chunk(wire, upload_id, 0, PDF) == 40058
    assert await chunk(wire, upload_id, 1, PDF) == 0


async def test_thirty_uploads_a_minute(control: Control, wire: Wire):
    await control.clock(frozen=True)
    codes = [await wire.code("aibot_upload_media_init", beginning(PDF)) for _ in range(31)]
    assert codes == [0] * 30 + [45009]
    await control.clock(advance=61)
    assert await wire.code("aibot_upload_media_init", beginning(PDF)) == 0


async def test_a_picture_that_is_none_is_odd(control: Control, wire: Wire):
    await uploaded(wire, PDF, "image")
    assert await control.oddities() == ["结果.pdf is no image"]
