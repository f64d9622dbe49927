"""Uploads are refused early and clearly; downloads go to their own account and never run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest

from bot.channels.base import OutFile
from tests.bot.webchat.house import eventually
from tests.support.samples import GOOD, png

SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


def on_disk(house) -> list[Path]:
    return [path for path in house.blobs.root.rglob("*") if path.is_file()]


async def send_file(page, name: str, data: bytes) -> str:
    """Upload, send, and give back the address of the file."""
    token = (await (await page.upload(quote(name), data)).json())["token"]
    what = {"id": str(uuid4()), "text": "", "files": [token]}
    message = (await (await page.post("api/messages", what)).json())["message"]
    return str(message["files"][0]["url"])


async def test_an_upload_is_stored_under_its_hash(house, li):
    answer = await li.upload(quote("../现场 照片.png"), png())
    told = await answer.json()
    assert (answer.status, told | {"token": ""}) == (
        200,
        {"token": "", "name": "现场 照片.png", "size": len(png()), "inline": True},
    )
    stored = house.blobs.put(png())
    assert on_disk(house) == [house.blobs.path(stored.sha256)]


REFUSALS = [
    ("空.txt", b"", "file.empty"),
    ("program.exe", b"MZ", "file.type"),
    ("没有扩展名", b"x", "file.type"),
    ("假.pdf", b"<html>", "file.mismatch"),
    ("大.txt", b"x" * 2_000, "file.too_big"),
]


@pytest.mark.parametrize(("name", "data", "code"), REFUSALS)
async def test_a_refusal_has_words_and_leaves_nothing(name, data, code, make_house, visit):
    house = await make_house(terms={"file_bytes": 1_999})
    li = await visit(house).log_in("李敏")
    answer = await li.upload(quote(name), data)
    assert (answer.status, await answer.json()) == (
        422,
        {"error": code, "words": f"<b>{code}</b>"},
    )
    assert on_disk(house) == []
    check = await li.post("api/uploads/check", {"name": name, "size": len(data)})
    early = (422, code) if code != "file.mismatch" else (200, None)
    assert (check.status, (await check.json()).get("error")) == early


async def test_a_full_disk_is_told_before_the_bytes_move(house, li):
    house.blobs.reserve = 1 << 60
    check = await li.post("api/uploads/check", {"name": "a.txt", "size": 1})
    assert (await check.json())["error"] == "file.disk_full"
    assert (await (await li.upload("a.txt", b"x")).json())["error"] == "file.disk_full"
    assert (await li.post("api/messages", {"id": str(uuid4()), "text": "还能写"})).status == 200
    house.blobs.reserve = 0
    assert (await li.upload("a.txt", b"x")).status == 200


@pytest.mark.parametrize("what", [{}, {"name": 7, "size": 1}, {"name": "a.txt", "size": -1}])
async def test_no_such_question(what, li):
    assert (await li.post("api/uploads/check", what)).status == 400


async def test_an_upload_without_a_length(li):
    async def pieces():
        yield b"x"

    answer = await li.session.post(
        li.url("api/uploads"), data=pieces(), headers={**li.headers, "X-File-Name": "a.txt"}
    )
    assert answer.status == 411


async def test_an_upload_from_another_site(house, li):
    answer = await li.session.post(
        li.url("api/uploads"),
        data=b"x",
        headers={"Origin": "https://evil.example", "X-File-Name": "a.txt"},
    )
    assert (answer.status, on_disk(house)) == (403, [])


async def test_a_broken_upload_leaves_nothing(house, li):
    """The browser goes away in the middle: told lengths and bytes differ."""
    _, writer = await asyncio.open_connection("127.0.0.1", house.port)
    head = (
        "POST /api/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n"
        f"Cookie: kaohe={li.token}\r\nX-File-Name: a.txt\r\nContent-Length: 5000000\r\n\r\n"
    )
    writer.write(head.encode() + b"x" * 2_000_000)
    await writer.drain()
    await eventually(lambda: on_disk(house))
    writer.close()
    await writer.wait_closed()
    await eventually(lambda: not on_disk(house))


async def test_a_large_file_streams(make_house, visit):
    house = await make_house()
    li = await visit(house).log_in("李敏")
    data = b"%PDF-1.7\n" + bytes(30 * 1024**2)
    address = await send_file(li, "大.pdf", data)
    answer = await li.session.get(li.url(address), headers={"Range": "bytes=0-8"})
    assert (answer.status, await answer.read()) == (206, b"%PDF-1.7\n")


# ---------------------------------------------------------------- out again


async def test_a_document_is_saved_not_shown(li):
    answer = await li.get(await send_file(li, '情况 "说明" 100%.docx', GOOD["docx"]))
    headers = answer.headers
    assert (answer.status, await answer.read()) == (200, GOOD["docx"])
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"__ __ 100_.docx\"; filename*=UTF-8''"
        "%E6%83%85%E5%86%B5%20%E8%AF%B4%E6%98%8E%20100%25.docx"
    )
    assert (
        headers["X-Content-Type-Options"],
        headers["Content-Security-Policy"],
        headers["Cache-Control"],
        headers["Cross-Origin-Resource-Policy"],
    ) == ("nosniff", SANDBOX, "private, no-cache", "same-origin")


@pytest.mark.parametrize(
    ("extension", "how"),
    [
        ("png", "inline"),
        ("jpg", "inline"),
        ("webp", "inline"),
        ("gif", "inline"),
        ("heic", "attachment"),
        ("pdf", "attachment"),
        ("txt", "attachment"),
        ("mp4", "attachment"),
    ],
)
async def test_only_four_kinds_of_pictures_may_be_shown(extension, how, li):
    address = await send_file(li, f"a.{extension}", GOOD[extension])
    answer = await li.get(address)
    assert answer.headers["Content-Disposition"].split(";")[0] == how
    assert answer.headers["Content-Security-Policy"] == SANDBOX
    saved = await li.get(address + "?save=1")
    assert saved.headers["Content-Disposition"].split(";")[0] == "attachment"


async def test_a_file_of_an_unknown_type_from_the_program(house, li):
    stored = house.blobs.put(b"<svg/>")
    file = OutFile(house.blobs.path(stored.sha256), "图.svg", "image/svg+xml", stored.sha256)
    ref = await house.says("李敏", "", file=file)
    answer = await li.get(f"files/{ref}/0")
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_a_file_is_for_those_it_was_sent_to_or_by(house, li, visit):
    address = await send_file(li, "a.txt", b"x")
    assert (await li.get(address)).status == 200
    wang = await visit(house).log_in("王建国")
    stranger = visit(house)
    assert ((await wang.get(address)).status, (await stranger.get(address)).status) == (404, 401)
    # the same bytes sent to him make an address of his own
    stored = house.blobs.put(b"x")
    file = OutFile(house.blobs.path(stored.sha256), "a.txt", "text/plain", stored.sha256)
    ref = await house.says("王建国", "附件", file=file)
    assert (await wang.get(f"files/{ref}/0")).status == 200
    assert (await li.get(f"files/{ref}/0")).status == 404


async def test_the_program_has_the_last_word_on_who_may_see(house, li):
    address = await send_file(li, "a.txt", b"x")
    house.visible = lambda _blob: False
    assert (await li.get(address)).status == 404


@pytest.mark.parametrize(
    "path", ["files/999/0", "files/1/7", "files/x/0", "files/1", "files/../x"]
)
async def test_no_such_file(path, li):
    await send_file(li, "a.txt", b"x")
    assert (await li.get(path)).status == 404


async def test_a_file_that_is_no_longer_there(house, li):
    address = await send_file(li, "a.txt", b"x")
    for path in on_disk(house):
        path.unlink()
    assert (await li.get(address)).status == 410


async def test_a_file_that_must_not_be_stored_is_shown_for_a_while(house, li, tmp_path):
    """An invite's QR code: a copy in memory, gone with the process."""
    path = tmp_path / "secret.png"
    path.write_bytes(png())
    ref = await house.says("李敏", "扫码", file=OutFile(path, "邀请.png", "image/png", ""))
    path.unlink()
    answer = await li.get(f"files/{ref}/0")
    assert (answer.status, await answer.read(), answer.headers["Cache-Control"]) == (
        200,
        png(),
        "no-store",
    )
    assert on_disk(house) == []
    await house.stop()
    await house.start()
    assert (await li.get(f"files/{ref}/0")).status == 410
