"""An invite's picture: made for each sending, kept nowhere, not made for a code that is closed."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select

from bot.channels.base import Channel, Outgoing
from bot.clock import Clock
from bot.database import Work
from bot.envelope import Envelopes
from bot.rendering import Renderer
from handlers import linking
from handlers.messages import Reply
from handlers.occasion import body_of
from handlers.premises import CENTRE_ZONE, Premises
from storage import invites, people
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


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    metadata.create_all(made.writer)
    return made


async def packed(database: Database, folder: Path, show: str) -> tuple[Outgoing, bytes, Path]:
    """The message to send, the picture's bytes and where it lay meanwhile."""
    with database.begin() as connection:
        found = invites.find(connection, 1)
    assert found is not None
    renderer = Renderer(database, asyncio.to_thread)
    work = Work(database)
    envelopes = Envelopes(
        work=work,
        clock=Clock(CENTRE_ZONE, NOW),
        premises=PREMISES,
        blobs=Blobs(folder / "files", reserve=0),
        renderer=renderer,
    )
    body = body_of(Reply("一张图", file=linking.qr_code(1, show=show)))
    row = Row(1, "k", 1, "fake", "甲", "answer", body, "", 0, 1)
    with ExitStack() as held:
        message = await envelopes.pack(row, cast("Channel", Plain()), held)
        path = message.file.path if message.file else folder
        content = path.read_bytes() if message.file else b""
    await renderer.close()
    return message, content, path


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
    message, content, path = await packed(database, tmp_path, "telegram")
    assert content == documents.render("invite_qr", {"text": link})
    assert message.file is not None
    assert (message.file.name, message.file.mime, message.file.blob, message.file.known) == (
        "邀请二维码.png",
        "image/png",
        "",
        "",
    )
    assert not path.exists()
    assert [each for each in (tmp_path / "files").rglob("*") if each.is_file()] == []
    with database.read() as connection:
        assert connection.execute(select(blob)).all() == []
        assert connection.execute(select(rendered)).all() == []
    database.close()


async def test_a_closed_code_is_sent_as_words_only(database: Database, tmp_path: Path):
    issue(database)
    with database.begin() as connection:
        invites.revoke(connection, 1, now=NOW)
    message, _, _ = await packed(database, tmp_path, "web")
    assert (message.text, message.file) == ("一张图", None)
    database.close()
