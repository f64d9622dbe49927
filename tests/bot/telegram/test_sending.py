"""Sends, edits and files through the Bot, over HTTP, to the double."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from bot.channels.base import (
    InDoubt,
    OutFile,
    Outgoing,
    RecipientGone,
    Rejected,
    RetryLater,
    Sent,
)
from bot.channels.telegram.channel import Telegram
from handlers.messages import Action, Button, rows
from tests.doubles.client import Control
from tests.doubles.person import Person

BUTTONS = rows(Button("确认提交", Action("submit", "41", 4)))


@pytest.fixture
async def li(control: Control) -> Person:
    return await control.person("李倩", contact="started")


def to(person: Person, text: str, key: str = "k1", **more: Any) -> Outgoing:
    return Outgoing(key=key, account=str(person.id), text=text, **more)


def picture(width: int = 40, height: int = 30) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows_ = b"".join(b"\0" + b"\x80" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows_))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def sheet(tmp_path: Path) -> OutFile:
    path = tmp_path / "ab12"
    path.write_bytes(b"%PDF-1.7 " + b"x" * 300_000)
    return OutFile(path, "第四季度考核表.pdf", "application/pdf", "ab12")


@pytest.fixture
def photo(tmp_path: Path) -> OutFile:
    path = tmp_path / "cd34"
    path.write_bytes(picture())
    return OutFile(path, "现场.png", "image/png", "cd34")


async def methods(control: Control) -> list[str]:
    return [call.method for call in await control.calls()]


async def test_a_card_and_its_buttons(channel: Telegram, li: Person):
    sent = await channel.send(to(li, "<b>卡片</b> &amp; 字", buttons=BUTTONS))
    [card] = await li.hears()
    assert (card.html, card.rows, card.silent) == ("<b>卡片</b> &amp; 字", [["确认提交"]], False)
    assert sent == Sent(f"{li.id}:{card.id}")


async def test_a_long_text_in_parts(channel: Telegram, li: Person):
    sent = await channel.send(to(li, "<b>" + "一" * 5000 + "</b>", buttons=BUTTONS))
    first, last = await li.hears()
    assert (len(first.text), len(last.text)) == (4096, 904)
    assert (first.rows, last.rows) == ([], [["确认提交"]])
    assert sent == Sent(f"{li.id}:{last.id}")


@pytest.mark.parametrize("kind", ["429", "500", "execute_then_reset"])
async def test_what_was_sent_of_a_long_text_is_not_sent_again(
    channel: Telegram, control: Control, li: Person, kind: str
):
    message = to(li, "一" * 4096 + "二" * 4096 + "三")
    await control.fault(kind, "sendMessage", after=1)
    with pytest.raises((RetryLater, InDoubt)):
        await channel.send(message)
    await channel.send(message)
    shown = [seen.text[0] for seen in await li.hears()]
    # one that was executed without our knowing may come twice, nothing else does
    assert shown == (
        ["一", "二", "二", "三"] if kind.startswith("execute") else ["一", "二", "三"]
    )


async def test_markup_that_telegram_cannot_read_goes_as_plain_text(
    channel: Telegram, li: Person, caplog: pytest.LogCaptureFixture
):
    await channel.send(to(li, "<b>没有结束", buttons=BUTTONS))
    [seen] = await li.hears()
    assert (seen.html, seen.rows) == ("没有结束", [["确认提交"]])
    assert [r.getMessage() for r in caplog.records] == [
        "markup that Telegram can't read, sent as plain text"
    ]


async def test_people_who_cannot_be_written_to(channel: Telegram, control: Control, li: Person):
    await li.blocks()
    gone = await control.person("王芳", contact="started")
    await gone.deactivates()
    fresh = await control.person("新人", contact="seen")
    for person in (li, gone, fresh):
        with pytest.raises(RecipientGone):
            await channel.send(to(person, "您好"))
        with pytest.raises(RecipientGone):
            await channel.edit(to(person, "您好"), f"{person.id}:1")
    with pytest.raises(RecipientGone):
        await channel.send(Outgoing("k", "424242", "您好"))


async def test_too_many(channel: Telegram, control: Control, li: Person):
    await control.fault("429", "sendMessage", retry_after=7)
    with pytest.raises(RetryLater) as caught:
        await channel.send(to(li, "您好"))
    assert (caught.value.after, caught.value.everyone) == (7.0, True)


async def test_an_answer_that_is_no_message_is_in_doubt(
    channel: Telegram, control: Control, li: Person
):
    await control.fault("garbage", "sendMessage", payload='{"ok":true,"result":true}')
    with pytest.raises(InDoubt):
        await channel.send(to(li, "您好"))


# ---------------------------------------------------------------- edits


async def test_an_edit_in_place(channel: Telegram, li: Person):
    sent = await channel.send(to(li, "第一页", buttons=BUTTONS))
    assert await channel.edit(to(li, "第二页", buttons=BUTTONS), sent.message_ref) == sent
    assert await channel.edit(to(li, "第二页", buttons=BUTTONS), sent.message_ref) == sent
    [card] = await li.hears()
    assert (card.text, card.rows, card.edited) == ("第二页", [["确认提交"]], True)
    assert await channel.edit(to(li, "完"), sent.message_ref) == sent
    [card] = await li.hears()
    assert (card.text, card.rows) == ("完", [])


async def test_an_edit_with_bad_markup(channel: Telegram, li: Person):
    sent = await channel.send(to(li, "第一页"))
    assert await channel.edit(to(li, "<b>坏", buttons=BUTTONS), sent.message_ref) == sent
    [card] = await li.hears()
    assert (card.html, card.rows) == ("坏", [["确认提交"]])


@pytest.mark.parametrize("ref", ["{id}:99", "nonsense", "", "{id}:{own}"])
async def test_what_cannot_be_edited_is_sent_anew(channel: Telegram, li: Person, ref: str):
    own = await li.says("自己的话")
    sent = await channel.edit(to(li, "新卡片"), ref.format(id=li.id, own=own))
    [card] = await li.hears()
    assert (card.text, sent) == ("新卡片", Sent(f"{li.id}:{card.id}"))


async def test_a_pictures_caption_is_no_text_to_edit(
    channel: Telegram, li: Person, photo: OutFile
):
    sent = await channel.send(to(li, "图", file=photo))
    again = await channel.edit(to(li, "新卡片"), sent.message_ref)
    assert [seen.text for seen in await li.hears()] == ["图", "新卡片"]
    assert again.message_ref != sent.message_ref


async def test_a_long_edit_goes_as_messages(channel: Telegram, li: Person):
    sent = await channel.send(to(li, "短"))
    again = await channel.edit(to(li, "长" * 5000, key="k2"), sent.message_ref)
    shown = await li.hears()
    assert [len(seen.text) for seen in shown] == [1, 4096, 904]
    assert again == Sent(f"{li.id}:{shown[-1].id}")


async def test_other_refusals_of_an_edit(channel: Telegram, control: Control, li: Person):
    sent = await channel.send(to(li, "短"))
    await control.fault("error", "editMessageText", description="Bad Request: no")
    with pytest.raises(Rejected):
        await channel.edit(to(li, "完"), sent.message_ref)


# ---------------------------------------------------------------- files


async def test_a_document_is_uploaded_once(
    channel: Telegram, control: Control, li: Person, sheet: OutFile
):
    first = await channel.send(to(li, "<b>考核表</b>", file=sheet, buttons=BUTTONS))
    known = OutFile(sheet.path, sheet.name, sheet.mime, sheet.blob, known=first.known)
    wang = await control.person("王芳", contact="started")
    second = await channel.send(to(wang, "考核表", key="k2", file=known))
    for person, message, html, rows_ in (
        (li, first, "<b>考核表</b>", [["确认提交"]]), (wang, second, "考核表", []),
    ):  # fmt: skip
        [seen] = await person.hears()
        assert seen.file is not None
        assert (seen.kind, seen.html, seen.rows) == ("document", html, rows_)
        assert (seen.file.name, seen.file.mime) == ("第四季度考核表.pdf", "application/pdf")
        assert await control.file(seen.file.file_id) == sheet.path.read_bytes()
        assert message.message_ref == f"{person.id}:{seen.id}"
        assert message.known == f"document:{seen.file.file_id}"
    uploads = [call for call in await control.calls("sendDocument") if "_files" in call.params]
    assert len(uploads) == 1


async def test_a_picture_goes_as_a_photo(channel: Telegram, li: Person, photo: OutFile):
    sent = await channel.send(to(li, "现场", file=photo, silent=True))
    again = OutFile(photo.path, photo.name, photo.mime, photo.blob, known=sent.known)
    assert (await channel.send(to(li, "现场", key="k2", file=again))).known == sent.known
    assert [(s.kind, s.text, s.silent) for s in await li.hears()] == [
        ("photo", "现场", True), ("photo", "现场", False),
    ]  # fmt: skip
    assert sent.known.startswith("photo:")


@pytest.mark.parametrize("content", [b"no picture at all", picture(4000, 100)])
async def test_what_is_refused_as_a_photo_goes_as_a_document(
    channel: Telegram, li: Person, photo: OutFile, content: bytes
):
    photo.path.write_bytes(content)
    sent = await channel.send(to(li, "现场", file=photo))
    [seen] = await li.hears()
    assert seen.file is not None
    assert (seen.kind, seen.file.name, seen.text) == ("document", "现场.png", "现场")
    assert sent.known.startswith("document:")


@pytest.mark.parametrize("known", ["document:gone", "photo:gone", "document:", "nonsense"])
async def test_an_id_that_is_good_no_longer(
    channel: Telegram, li: Person, sheet: OutFile, known: str
):
    stale = OutFile(sheet.path, sheet.name, sheet.mime, sheet.blob, known=known)
    sent = await channel.send(to(li, "表", file=stale))
    [seen] = await li.hears()
    assert seen.file is not None
    assert (seen.text, sent.known) == ("表", f"document:{seen.file.file_id}")


async def test_a_long_text_follows_its_file(
    channel: Telegram, control: Control, li: Person, sheet: OutFile
):
    message = to(li, "字" * 1025, file=sheet, buttons=BUTTONS)
    await control.fault("429", "sendMessage")
    with pytest.raises(RetryLater):
        await channel.send(message)
    sent = await channel.send(message)
    file, text = await li.hears()
    assert file.file is not None
    assert (file.text, file.rows, len(text.text), text.rows) == ("", [], 1025, [["确认提交"]])
    assert sent == Sent(f"{li.id}:{text.id}", known=f"document:{file.file.file_id}")


async def test_bad_markup_under_a_file(channel: Telegram, li: Person, sheet: OutFile):
    sent = await channel.send(to(li, "<b>坏", file=sheet))
    stale = OutFile(sheet.path, sheet.name, sheet.mime, sheet.blob, known=sent.known)
    await channel.send(to(li, "<b>坏", key="k2", file=stale))
    assert [(seen.html, seen.kind) for seen in await li.hears()] == [("坏", "document")] * 2


async def test_a_file_that_is_not_there(channel: Telegram, li: Person, sheet: OutFile):
    sheet.path.unlink()
    with pytest.raises(Rejected):
        await channel.send(to(li, "表", file=sheet))


async def test_an_upload_over_the_limit(
    channel: Telegram, control: Control, li: Person, sheet: OutFile
):
    await control.settings(upload_limit=100_000)
    with pytest.raises((Rejected, InDoubt)):
        await channel.send(to(li, "表", file=sheet))


async def test_a_film_sent_as_a_document_stays_one(
    channel: Telegram, control: Control, li: Person, sheet: OutFile
):
    film = OutFile(sheet.path, "办件.mp4", "video/mp4", "ef56")
    sent = await channel.send(to(li, "", file=film))
    [seen] = await li.hears()
    assert (seen.kind, sent.known[:9]) == ("document", "document:")
    [call] = await control.calls("sendDocument")
    assert call.params["disable_content_type_detection"] == "true"
