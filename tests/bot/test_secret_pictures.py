"""What carries codes, as a picture or on paper: made for each sending, kept nowhere, not made for
codes that are closed."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select

from bot.channels.base import Channel, Outgoing
from bot.channels.webchat.files import _PASSING_BYTES
from bot.clock import Clock
from bot.database import Work
from bot.envelope import Envelopes
from bot.rendering import SECONDS, Renderer
from handlers import linking, secret_documents
from handlers.administration.slips import IN_A_FILE
from handlers.messages import DocumentRef, Reply
from handlers.occasion import body_of
from handlers.premises import CENTRE_ZONE, Premises
from storage import departments, invites, join_codes, people
from storage.blobs import Blobs
from storage.db import Database, metadata
from storage.models import blob, rendered
from storage.outbox import Row
from templates import documents

NOW = datetime(2026, 11, 3, 10, tzinfo=CENTRE_ZONE)
PREMISES = Premises(b"key", telegram_name="kaohe_bot", public_url="https://k.example")


class Plain:
    name = "fake"
    reveals = False
    appends = False


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    metadata.create_all(made.writer)
    return made


async def packed(
    database: Database, folder: Path, file: DocumentRef
) -> tuple[Outgoing, bytes, Path]:
    """The message to send, the file's bytes and where it lay meanwhile."""
    renderer = Renderer(database, asyncio.to_thread)
    work = Work(database)
    envelopes = Envelopes(
        work=work,
        clock=Clock(CENTRE_ZONE, NOW),
        premises=PREMISES,
        blobs=Blobs(folder / "files", reserve=0),
        renderer=renderer,
    )
    body = body_of(Reply("一张图", file=file))
    row = Row(1, "k", 1, "fake", "甲", "answer", body, "", 0, 1)
    with ExitStack() as held:
        message = await envelopes.pack(row, cast("Channel", Plain()), held)
        path = message.file.path if message.file else folder
        content = path.read_bytes() if message.file else b""
    await renderer.close()
    return message, content, path


def kept(database: Database, folder: Path) -> list[object]:
    """Files and rows that a document left behind."""
    with database.read() as connection:
        rows = [
            *connection.execute(select(blob)).all(),
            *connection.execute(select(rendered)).all(),
        ]
    return [*rows, *(each for each in (folder / "files").rglob("*") if each.is_file())]


def words_of(pdf: bytes) -> str:
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("needs pdftotext")
    run = subprocess.run([program, "-raw", "-", "-"], input=pdf, capture_output=True, check=True)
    return re.sub(r"\s", "", run.stdout.decode())


def issue(database: Database) -> str:
    with database.begin() as connection:
        person_id = people.add_person(connection, name="李敏", now=NOW)
        linking.invite(connection, PREMISES, person_id=person_id, created_by=None, now=NOW)
        return linking.address(
            connection, premises=PREMISES, invite_id=1, show="telegram", now=NOW
        )


async def test_the_picture_is_made_from_the_link_and_gone_after_the_sending(
    database: Database, tmp_path: Path
):
    link = issue(database)
    message, content, path = await packed(database, tmp_path, linking.qr_code(1, show="telegram"))
    assert content == documents.render("invite_qr", {"text": link})
    assert message.file is not None
    assert (message.file.name, message.file.mime, message.file.blob, message.file.known) == (
        "邀请二维码.png",
        "image/png",
        "",
        "",
    )
    assert not path.exists()
    assert kept(database, tmp_path) == []
    database.close()


async def test_a_closed_code_is_sent_as_words_only(database: Database, tmp_path: Path):
    issue(database)
    with database.begin() as connection:
        invites.revoke(connection, 1, now=NOW)
    message, _, _ = await packed(database, tmp_path, linking.qr_code(1, show="web"))
    assert (message.text, message.file) == ("一张图", None)
    database.close()


# ---------------------------------------------------------------- on paper

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
GIVEN = "敏芳伟强军磊洋艳勇静杰娟涛明超秀霞平刚桂"


def enrol(database: Database, count: int) -> list[str]:
    """So many people of two departments with a code each, as they are typed."""
    with database.begin() as connection:
        places = [
            departments.add_department(connection, name=name, short_name=name[:20], code=code)
            for name, code in (
                ("自然人与法人信用信息公共服务平台管理局", "ZR"),
                ("公安分局", "GA"),
            )
        ]
        found: dict[int, tuple[str, str]] = {}
        codes = []
        for number in range(count):
            name = SURNAMES[number % 20] + GIVEN[number // 20 % 20] + GIVEN[number * 7 % 20]
            person_id = people.add_person(connection, name=name, now=NOW)
            people.grant_role(
                connection,
                person_id=person_id,
                role_name="liaison",
                department_id=places[number * 2 // count],
                now=NOW,
            )
            nonce = invites.new_nonce()
            code = PREMISES.code(nonce)
            found[person_id] = (nonce, PREMISES.digest(code))
            codes.append(linking.grouped(code))
        invites.issue_many(
            connection, codes=found, created_by=1, expires_at=NOW + timedelta(days=14), now=NOW
        )
    return codes


async def test_slips_are_made_for_one_sending(database: Database, tmp_path: Path):
    codes = enrol(database, 12)
    with database.begin() as connection:
        invites.revoke(connection, 3, now=NOW)
    file = secret_documents.slips(range(1, 13), name="邀请码条.pdf")
    assert not any(code in str(body_of(Reply("", file=file))) for code in codes)
    message, content, path = await packed(database, tmp_path, file)
    assert message.file is not None
    assert (message.file.name, message.file.mime, message.file.blob, message.file.known) == (
        "邀请码条.pdf",
        "application/pdf",
        "",
        "",
    )
    text = words_of(content)
    assert [code in text for code in codes] == [True, True, False] + [True] * 9
    assert "自然人与法人信用信息公共服务平台管理局"[:20] + "（5人）" in text
    assert not path.exists()
    assert kept(database, tmp_path) == []
    database.close()


async def test_a_full_file_is_made_in_time_and_kept_by_the_web_chat(
    database: Database, tmp_path: Path
):
    """With both pictures on each: well within a renderer's memory and seconds, and no bigger than
    what the web chat hands on without storing it."""
    codes = enrol(database, IN_A_FILE)
    file = secret_documents.slips(range(1, IN_A_FILE + 1), name="邀请码条.pdf")
    began = time.monotonic()
    _, content, _ = await packed(database, tmp_path, file)
    assert time.monotonic() - began < SECONDS
    assert len(content) <= _PASSING_BYTES
    text = words_of(content)
    assert [code for code in codes if code not in text] == []
    database.close()


async def test_slips_of_closed_codes_are_not_made(database: Database, tmp_path: Path):
    issue(database)
    with database.begin() as connection:
        invites.revoke(connection, 1, now=NOW)
    message, _, _ = await packed(database, tmp_path, secret_documents.slips([1], name="x.pdf"))
    assert message.file is None
    database.close()


async def test_a_poster_is_made_for_one_sending(database: Database, tmp_path: Path):
    enrol(database, 2)
    with database.begin() as connection:
        nonce = invites.new_nonce()
        code = PREMISES.code(nonce)
        made = join_codes.issue(
            connection,
            department_id=2,
            nonce=nonce,
            digest=PREMISES.digest(code),
            created_by=1,
            expires_at=NOW + timedelta(days=14),
            now=NOW,
        )
    file = secret_documents.poster(made, name="加入海报.pdf")
    _, content, path = await packed(database, tmp_path, file)
    text = words_of(content)
    assert linking.grouped(code) in text
    assert "公安分局" in text
    assert not path.exists()
    assert kept(database, tmp_path) == []
    with database.begin() as connection:
        join_codes.revoke(connection, made, now=NOW)
    message, _, _ = await packed(database, tmp_path, file)
    assert message.file is None
    database.close()
