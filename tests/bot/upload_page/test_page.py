"""Who gets in, what is taken, and that nothing is taken twice or lost: the program over HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from bot.web import CONTENT_SECURITY
from handlers import linking, upload_link
from handlers.premises import Premises
from storage import inbox, invites
from storage.invites import LOGIN
from storage.models import account, attachment, person, role
from storage.models import outbox as outbox_table
from storage.settings import set_rule
from tests.bot.upload_page.bureau import START, Bureau
from tests.bot.webchat.house import eventually
from tests.support.samples import png

EXPIRED = "链接已过期，请回到聊天里再点一次“上传材料”。"
CLOSED = "这份材料已提交或删除，不能再传文件。请回到聊天里查看。"
GONE = {"error": "upload.expired", "words": EXPIRED}
MEGABYTE = 1024**2


# ---------------------------------------------------------------- who gets in


async def test_the_page_and_what_it_shows(bureau):
    token = bureau.token()
    async with bureau.session.get(f"{bureau.origin}/upload/{token}") as answer:
        page = await answer.text()
        headers = answer.headers
    assert (answer.status, headers["Cache-Control"]) == (200, "no-store")
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "<title>上传材料 · 季度考核助手</title>" in page
    async with bureau.session.get(f"{bureau.origin}/upload/{token}/draft") as answer:
        told = await answer.json()
    assert told | {"accept": ""} == {
        "title": "",
        "department": "市场监管局",
        "most": 20,
        "fileBytes": 100 * MEGABYTE,
        "accept": "",
        "files": [],
    }


@pytest.mark.parametrize("name", ["app.js", "index.html", "notice.html", "chat.css", "none.js"])
async def test_no_other_file_is_given_out(name, bureau):
    assert (await bureau.get(f"upload/assets/{name}"))[0] == 404
    assert (await bureau.get("upload/assets/upload.js"))[0] == 200


def forged(token: str) -> list[str]:
    other = "B" if token[10] == "A" else "A"
    return [
        token[:10] + other + token[11:],
        token[:-6] + other * 6,
        token[:-4],
        "x",
        "Ä",
        token * 9,
    ]


async def test_a_forged_link(bureau):
    for token in forged(bureau.token()):
        status, text = await bureau.get(f"upload/{token}")
        assert (status, EXPIRED in text) == (410, True), token
        assert await bureau.upload(token, "a.png", png()) == (410, GONE)
        assert await bureau.check(token) == (410, GONE)
        assert await bureau.show(token) == 410
    assert (bureau.files(), bureau.on_disk()) == ([], [])


async def test_another_installations_link(bureau):
    token = upload_link.issue(
        replace(bureau.app.desk.premises, key=b"another key"),
        account_id=bureau.accounts["李敏"],
        item_id=1,
        now=START,
    )
    assert await bureau.upload(token, "a.png", png()) == (410, GONE)


async def test_a_link_lives_half_an_hour(bureau):
    token = bureau.token()
    bureau.later(minutes=29, seconds=59)
    assert (await bureau.upload(token, "a.png", png()))[0] == 200
    bureau.later(seconds=1)
    assert await bureau.upload(token, "b.png", png(3)) == (410, GONE)
    status, text = await bureau.get(f"upload/{token}")
    assert (status, EXPIRED in text) == (410, True)
    assert bureau.files() == ["a.png"]


async def test_another_departments_draft_and_none(bureau):
    for item in (2, 99):
        assert await bureau.upload(bureau.token("李敏", item), "a.png", png()) == (410, GONE)
        assert (await bureau.get(f"upload/{bureau.token('李敏', item)}"))[0] == 410
    assert (bureau.files(1), bureau.files(2)) == ([], [])


@pytest.mark.parametrize(
    "statement",
    [
        update(account).where(account.c.external_id == "李敏").values(person_id=None),
        update(person).where(person.c.name == "李敏").values(removed_at=person.c.created_at),
        role.delete().where(role.c.department_id == 1),
    ],
    ids=["unlinked", "removed", "no role"],
)
async def test_who_may_write_is_asked_at_every_file(statement, bureau):
    token = bureau.token()
    assert (await bureau.upload(token, "a.png", png()))[0] == 200
    with bureau.database() as database, database.begin() as connection:
        connection.execute(statement)
    assert await bureau.upload(token, "b.png", png(3)) == (410, GONE)
    assert bureau.files() == ["a.png"]


@pytest.mark.parametrize("state", ["submitted", "discarded", "merged"])
async def test_a_draft_that_is_none_any_more(state, bureau):
    token = bureau.token()
    bureau.close_draft(state)
    told = {"error": "upload.closed", "words": CLOSED}
    assert await bureau.upload(token, "a.png", png()) == (410, told)
    assert await bureau.check(token) == (410, told)
    status, text = await bureau.get(f"upload/{token}")
    assert (status, CLOSED in text) == (410, True)
    assert (bureau.files(), bureau.on_disk()) == ([], [])


# ---------------------------------------------------------------- what is taken


async def test_a_file_is_in_the_draft_and_the_card_shows_it(bureau):
    assert await bureau.upload(bureau.token(), "../现场 照片.png", png()) == (
        200,
        {"name": "现场 照片.png", "size": len(png())},
    )
    assert bureau.files() == ["现场 照片.png"]
    await eventually(bureau.cards)
    assert "附件（1）：现场 照片.png" in bureau.cards()[0]
    with bureau.database() as database, database.read() as connection:
        row = connection.execute(select(attachment)).one()
    assert (row.state, row.mime, row.size, row.account_id) == (
        "stored",
        "image/png",
        len(png()),
        bureau.accounts["李敏"],
    )
    assert [each.name for each in bureau.on_disk()] == [row.blob]


async def test_several_files_and_one_card(bureau):
    """While more follow the chat is quiet; at the end the card shows all of them."""
    token = bureau.token()
    names = [f"{number}.png" for number in range(1, 6)]
    answers = await asyncio.gather(
        *(bureau.upload(token, name, png(2, n), more=True) for n, name in enumerate(names, 1))
    )
    assert [status for status, _ in answers] == [200] * 5
    assert bureau.cards() == []
    assert await bureau.show(token) == 200
    await eventually(bureau.cards)
    [card] = bureau.cards()
    assert "附件（5）" in card
    assert sorted(bureau.files()) == names


REFUSALS = [
    ("空.txt", b"", "file.empty", "“空.txt”是空文件，没有收下。请检查后重新发送。"),
    ("程序.exe", b"MZ", "file.type", "“程序.exe”不是可以接收的类型，没有收下。可以发："),
    ("假.pdf", b"<html>", "file.mismatch", "“假.pdf”的内容与扩展名不一致，没有收下。"),
]


@pytest.mark.parametrize(("name", "data", "code", "words"), REFUSALS)
async def test_a_refusal_says_why_and_leaves_nothing(name, data, code, words, bureau):
    status, told = await bureau.upload(bureau.token(), name, data)
    assert (status, told["error"]) == (422, code)
    assert str(told["words"]).startswith(words)
    assert (bureau.files(), bureau.on_disk(), bureau.cards()) == ([], [], [])


async def test_a_hundred_and_one_megabytes(bureau):
    """Said before any byte moves; whoever sends them all the same is refused as early."""
    words = "“大.pdf”超过 100.0 MB，没有收下。请压缩或拆分后再发。"
    told = {"error": "file.too_big", "words": words}
    size = 101 * MEGABYTE
    assert await bureau.check(bureau.token(), name="大.pdf", size=size) == (422, told)
    reader, writer = await asyncio.open_connection("127.0.0.1", bureau.port)
    writer.write(head(bureau.token(), "big.pdf", size).encode() + b"%PDF-1.7\n")
    await writer.drain()
    assert (await reader.readline()).split()[1] == b"422"
    writer.close()
    assert bureau.on_disk() == []


async def test_the_centre_may_take_less(bureau):
    with bureau.database() as database, database.begin() as connection:
        set_rule(
            connection,
            key="evidence.web_file_mb",
            value=1,
            basis="",
            reason="磁盘小",
            person_id=1,
            now=START,
        )
    status, told = await bureau.check(bureau.token(), size=MEGABYTE + 1)
    assert (status, told["error"]) == (422, "file.too_big")


async def test_the_twenty_first_file(bureau):
    token = bureau.token()
    for number in range(20):
        assert (await bureau.upload(token, f"{number}.txt", f"第{number}".encode()))[0] == 200
    words = "一份材料最多20个附件，“21.txt”没有收下；之前的都在。多出的请合并，或另报一份。"
    told = {"error": "evidence.too_many_files", "words": words}
    assert await bureau.check(token, name="21.txt", size=9) == (422, told)
    assert await bureau.upload(token, "21.txt", "第21".encode()) == (422, told)
    assert len(bureau.files()) == 20


async def test_racing_for_the_last_place(bureau):
    """Both are let in by the first look; the transaction takes one."""
    token = bureau.token()
    for number in range(19):
        await bureau.upload(token, f"{number}.txt", f"第{number}".encode())
    answers = await asyncio.gather(
        *(bureau.upload(token, f"{n}.txt", f"第{n}".encode()) for n in (20, 21, 22))
    )
    assert sorted(status for status, _ in answers) == [200, 422, 422]
    assert len(bureau.files()) == 20


async def test_the_same_file_again(bureau):
    """Under its own UUID it is the same upload; under another it is a repeated file."""
    token, key = bureau.token(), str(uuid4())
    assert (await bureau.upload(token, "a.png", png(), key=key))[0] == 200
    assert (await bureau.upload(token, "a.png", png(), key=key))[0] == 200
    assert await bureau.check(token, id=key) == (200, {"done": True})
    words = "“b.png”已经收过，同一个文件只留一份。"
    assert await bureau.upload(token, "b.png", png()) == (
        422,
        {"error": "evidence.file_repeated", "words": words},
    )
    assert bureau.files() == ["a.png"]


async def test_twice_at_the_same_moment(bureau):
    token, key = bureau.token(), str(uuid4())
    answers = await asyncio.gather(
        *(bureau.upload(token, "a.png", png(), key=key) for _ in range(4))
    )
    assert [status for status, _ in answers] == [200] * 4
    assert bureau.files() == ["a.png"]


async def test_a_uuid_that_was_refused_counts_no_more(bureau):
    """Its answer was lost, and what stood against it is gone: the page takes a new one."""
    token, key = bureau.token(), str(uuid4())
    assert (await bureau.upload(token, "a.png", png()))[0] == 200
    # as when both looks let it in and the transaction refused it: the key is used up
    with bureau.database() as database, database.begin() as connection:
        inbox.first_time(connection, f"upload:{key}", now=bureau.app.clock.now())
    assert await bureau.upload(token, "b.png", png(3), key=key) == (409, {"error": "again"})
    assert (await bureau.upload(token, "b.png", png(3)))[0] == 200
    assert bureau.files() == ["a.png", "b.png"]


async def test_one_removed_in_the_chat_is_not_sent_again(bureau):
    token, key = bureau.token(), str(uuid4())
    await bureau.upload(token, "a.png", png(), key=key)
    with bureau.database() as database, database.begin() as connection:
        connection.execute(update(attachment).values(removed_at=bureau.app.clock.now()))
    assert await bureau.check(token, id=key) == (200, {"done": True})
    assert (await bureau.upload(token, "a.png", png()))[0] == 200


MALFORMED = [{"id": "x"}, {"name": 7}, {"size": -1}, {"size": "9"}, {"id": None}]


@pytest.mark.parametrize("what", MALFORMED, ids=str)
async def test_no_page_of_ours_asks_so(what, bureau):
    assert (await bureau.check(bureau.token(), **what))[0] == 400


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
async def test_no_json(body, bureau):
    for call in ("show", "files/check"):
        async with bureau.session.post(
            f"{bureau.origin}/upload/{bureau.token()}/{call}", data=body
        ) as answer:
            assert answer.status == 400


async def test_an_upload_without_uuid_or_length(bureau):
    where = f"{bureau.origin}/upload/{bureau.token()}/files"
    async with bureau.session.post(where, data=b"x", headers={"X-File-Name": "a.txt"}) as answer:
        assert answer.status == 400

    async def pieces():
        yield b"x"

    headers = {"X-File-Name": "a.txt", "X-Upload-Id": str(uuid4())}
    async with bureau.session.post(where, data=pieces(), headers=headers) as answer:
        assert answer.status == 411


# ---------------------------------------------------------------- what breaks on the way


def head(token: str, name: str, size: int) -> str:
    return (
        f"POST /upload/{token}/files HTTP/1.1\r\nHost: 127.0.0.1\r\nX-File-Name: {name}\r\n"
        f"X-Upload-Id: {uuid4()}\r\nContent-Length: {size}\r\n\r\n"
    )


async def test_a_connection_cut_midway_leaves_nothing(bureau):
    _, writer = await asyncio.open_connection("127.0.0.1", bureau.port)
    writer.write(head(bureau.token(), "a.txt", 5_000_000).encode() + b"x" * 2_000_000)
    await writer.drain()
    await eventually(bureau.on_disk)
    writer.close()
    await writer.wait_closed()
    await eventually(lambda: not bureau.on_disk())
    assert bureau.files() == []


async def test_a_restart_between_two_files(bureau):
    """The link counts on, what was taken stays taken, and the same again is the same."""
    token, key = bureau.token(), str(uuid4())
    await bureau.upload(token, "a.png", png(), key=key)
    await bureau.stop()
    await bureau.start()
    assert (await bureau.upload(token, "a.png", png(), key=key))[0] == 200
    assert (await bureau.upload(token, "b.png", png(3)))[0] == 200
    assert bureau.files() == ["a.png", "b.png"]


@pytest.mark.postgres
async def test_a_database_that_is_away(make_bureau, postgres, postgres_url):
    bureau = await make_bureau(url=postgres_url)
    token, key = bureau.token(), str(uuid4())
    await asyncio.to_thread(postgres.stop_hard)
    try:
        assert await bureau.upload(token, "a.png", png(), key=key) == (503, {"error": "busy"})
        status, text = await bureau.get(f"upload/{token}")
        assert (status, "服务器正忙，请稍后刷新本页。" in text) == (503, True)
    finally:
        await asyncio.to_thread(postgres.start)
    async with asyncio.timeout(20):
        while (await bureau.upload(token, "a.png", png(), key=key))[0] == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # as the page does
    assert bureau.files() == ["a.png"]


# ---------------------------------------------------------------- the link


async def chat_of(bureau: Bureau) -> list[dict[str, object]]:
    """What 李敏's page of the web chat shows, after a login there."""
    code = await code_for(bureau)
    where = {"Origin": bureau.origin, "Sec-Fetch-Site": "same-origin"}
    async with bureau.session.post(
        f"{bureau.origin}/api/login", json={"code": code}, headers=where
    ) as answer:
        assert answer.status == 200
    return await messages(bureau)


async def messages(bureau: Bureau) -> list[dict[str, object]]:
    async with bureau.session.get(f"{bureau.origin}/api/messages") as answer:
        return list((await answer.json())["messages"])


async def code_for(bureau: Bureau) -> str:
    premises, now = bureau.app.desk.premises, bureau.app.clock.now()
    with bureau.database() as database, database.begin() as connection:
        made = linking.invite(
            connection, premises, person_id=1, created_by=None, now=now, kind=LOGIN
        )
        found = invites.find(connection, made)
        assert found is not None
        return premises.code(found.nonce)


async def test_the_button_gives_the_link_and_no_row_holds_it(bureau):
    await chat_of(bureau)
    press = {"id": str(uuid4()), "action": "sub.up:1:1", "message": 0}
    where = {"Origin": bureau.origin, "Sec-Fetch-Site": "same-origin"}
    async with bureau.session.post(
        f"{bureau.origin}/api/press", json=press, headers=where
    ) as answer:
        assert answer.status == 200
    await eventually(lambda: any("<upload " in card for card in bureau.cards()))
    text = str((await messages(bureau))[-1]["text"])
    token = bureau.token()
    assert f'<a href="{bureau.origin}/upload/{token}">打开上传页面</a>' in text
    assert (await bureau.upload(token, "a.png", png()))[0] == 200
    with bureau.database() as database, database.read() as connection:
        rows = connection.execute(select(outbox_table.c.body)).scalars()
        assert [body for body in rows if "/upload/" in body["text"]] == []


def test_a_token_names_nobody_else():
    """Each part of what is signed changes the whole."""
    premises = Premises(b"k" * 32, public_url="https://kaohe.example")
    made = upload_link.issue(premises, account_id=1, item_id=2, now=START)
    found = upload_link.read(premises, made, now=START)
    assert (found.account_id, found.item_id, found.until) == (1, 2, START + timedelta(minutes=30))
    others = {
        upload_link.issue(premises, account_id=2, item_id=2, now=START),
        upload_link.issue(premises, account_id=1, item_id=1, now=START),
        upload_link.issue(premises, account_id=1, item_id=2, now=START + timedelta(seconds=1)),
    }
    assert {each[:20] for each in others} & {made[:20]} == set()


async def test_without_an_address_there_is_no_page(make_bureau):
    bureau = await make_bureau(environment={"KAOHE_PUBLIC_URL": ""})
    assert (await bureau.get(f"upload/{bureau.token()}"))[0] == 404
    assert "upload" not in bureau.app.desk.registry.commands
