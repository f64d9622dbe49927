"""Documents come from a child process that is limited, knows nothing, and is never in the way."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import TypeVar

import psutil
import pytest
from openpyxl import load_workbook

from bot.rendering import Renderer, RenderError
from rubric import edition as editions
from rubric import report as reports
from rubric.quarter import Quarter
from rubric.report import DepartmentInput, RowResult
from storage import audit, publications
from storage.db import Database, metadata
from storage.models import person, quarter
from templates import documents

T = TypeVar("T")
WILD = "tests.bot.wild_child"


def run(work: Callable[[], T]) -> Awaitable[T]:
    return asyncio.to_thread(work)


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'kaohe.sqlite'}")
    metadata.create_all(database.writer)
    yield database
    database.close()


@pytest.fixture
async def renderer(database) -> AsyncIterator[Renderer]:
    renderer = Renderer(database, run, module=WILD)
    yield renderer
    await renderer.close()


def process_of(answer: bytes) -> int:
    return int(answer.decode().rpartition(" ")[2])


def ended(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - about other processes there is no event
            await asyncio.sleep(0.01)


async def test_one_child_is_kept_for_the_next_document(renderer):
    first = await renderer.render("wild_plain", {"text": "一"})
    second = await renderer.render("wild_plain", {"text": "二"})
    assert first == f"一 by {process_of(first)}".encode()
    assert second == f"二 by {process_of(first)}".encode()


async def test_at_most_two_at_once_and_one_kept(renderer):
    answers = await asyncio.gather(
        *(renderer.render("wild_plain", {"text": str(n)}) for n in range(12))
    )
    assert [answer.decode().split()[0] for answer in answers] == [str(n) for n in range(12)]
    processes = {process_of(answer) for answer in answers}
    kept = process_of(await renderer.render("wild_plain", {"text": "last"}))
    await until(lambda: {p for p in processes if not ended(p)} <= {kept})


async def test_the_kept_child_ends_when_nobody_needs_it(database):
    renderer = Renderer(database, run, module=WILD, idle_seconds=0.05)
    process = process_of(await renderer.render("wild_plain", {"text": ""}))
    await until(lambda: ended(process))
    assert await renderer.render("wild_loud", {}) == b"quiet"
    await renderer.close()


async def test_close_ends_the_kept_child(database):
    renderer = Renderer(database, run, module=WILD)
    process = process_of(await renderer.render("wild_plain", {"text": ""}))
    await renderer.close()
    assert ended(process)


async def test_a_child_killed_while_idle_is_replaced_unseen(renderer):
    process = process_of(await renderer.render("wild_plain", {"text": ""}))
    os.kill(process, signal.SIGKILL)
    assert await renderer.render("wild_loud", {}) == b"quiet"


def renderers() -> list[psutil.Process]:
    """Our children, but for a database server that another test has started."""
    return [child for child in psutil.Process().children() if "postgres" not in child.name()]


async def test_what_takes_too_long_is_killed(database):
    renderer = Renderer(database, run, module=WILD, seconds=0.5)
    with pytest.raises(RenderError) as caught:
        await renderer.render("wild_slow", {"seconds": "60"})
    assert str(caught.value) == "wild_slow: not ready after 0.5 s"
    assert renderers() == []
    assert await renderer.render("wild_slow", {"seconds": "0"}) == b"slow"
    await renderer.close()


async def test_memory_is_limited(renderer):
    with pytest.raises(RenderError) as caught:
        await renderer.render("wild_greedy", {})
    assert str(caught.value) == "wild_greedy: MemoryError at wild_greedy.py:2"


async def test_a_child_that_quits_is_an_error_not_a_hang(renderer):
    with pytest.raises(RenderError) as caught:
        await renderer.render("wild_quitting", {})
    assert str(caught.value) == "wild_quitting: process ended with 3"
    assert await renderer.render("wild_loud", {}) == b"quiet"


async def test_a_failure_names_the_place_and_no_content(renderer):
    with pytest.raises(RenderError) as caught:
        await renderer.render("wild_failing", {})
    assert str(caught.value) == "wild_failing: ValueError at wild_failing.py:2"


async def test_an_unknown_document_is_an_error(renderer):
    with pytest.raises(RenderError) as caught:
        await renderer.render("../secrets", {})
    assert caught.value.cause.startswith("KeyError at __init__.py:")


async def test_the_child_inherits_no_environment_and_no_file(renderer, monkeypatch, tmp_path):
    monkeypatch.setenv("KAOHE_TELEGRAM_TOKEN", "123:secret")
    with (tmp_path / "open").open("w") as kept_open:
        os.set_inheritable(kept_open.fileno(), True)
        found = json.loads(await renderer.render("wild_curious", {}))
    assert found["environment"] in (["LANG", "TZ"], ["LANG", "LC_CTYPE", "TZ"])
    # stdin, stdout, stderr, the answers, and /proc/self/fd itself
    assert len(found["files"]) == 5


async def test_a_cancelled_rendering_leaves_no_half_answer_behind(renderer):
    task = asyncio.ensure_future(renderer.render("wild_slow", {"seconds": "60"}))
    await until(lambda: len(renderers()) == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert renderers() == []
    assert await renderer.render("wild_loud", {}) == b"quiet"


async def test_a_publication_that_is_not_there_is_an_error(renderer):
    with pytest.raises(RenderError) as caught:
        await renderer.render("annex_sheet", {"publication": 7, "department": "SCJG"})
    assert str(caught.value) == "annex_sheet: no publication 7"


def published(database: Database) -> tuple[int, str]:
    """A publication of two departments: its id and its report."""
    edition = editions.find("2023-17")
    now = datetime(2027, 1, 12, 2, 0, tzinfo=UTC)
    rows = tuple(
        RowResult(row.id, 0 if row.bonus else row.points * 100) for row in edition.indicators
    )
    report = reports.freeze(
        edition=edition,
        quarter=Quarter(2026, 4),
        revision=1,
        generated_at=now,
        settings={},
        departments=[DepartmentInput(code, code, code, rows) for code in ("GA", "SW")],
        contacts=[],
    )
    with database.begin() as connection:
        connection.execute(person.insert(), {"id": 1, "name": "张伟", "created_at": now})
        connection.execute(
            quarter.insert(),
            {
                "code": "2026Q4",
                "edition": edition.id,
                "state": "published",
                "opens": now.date(),
                "report_until": now.date(),
                "supplement_until": now.date(),
                "score_until": now.date(),
                "provisional": False,
                "settings": {},
                "created_at": now,
            },
        )
        made = publications.publish(
            connection,
            quarter="2026Q4",
            revision=1,
            report=reports.to_json(report),
            digest=reports.digest(report),
            person_id=1,
            now=now,
        )
    assert made is not None
    return made, reports.to_json(report)


async def test_a_sheet_is_made_from_the_published_report(database):
    id_, text = published(database)
    renderer = Renderer(database, run)
    made = await asyncio.gather(
        *(
            renderer.render("annex_sheet", {"publication": id_, "department": code})
            for code in ("GA", "SW")
        )
    )
    expected = [
        documents.render("annex_sheet", {"report": text, "department": code})
        for code in ("GA", "SW")
    ]
    assert made == expected
    with pytest.raises(RenderError) as caught:
        await renderer.render("annex_sheet", {"publication": id_, "department": "XX"})
    assert caught.value.cause.startswith("KeyError at report.py:")
    await renderer.close()


async def test_the_audit_log_is_handed_in(database):
    """As far as it was looked for, up to the entry that was the newest then."""
    moment = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
    with database.begin() as connection:
        connection.execute(person.insert(), {"id": 7, "name": "李敏", "created_at": moment})
        for number, who in enumerate((7, None, 7, 7), start=1):
            audit.record(
                connection,
                now=moment,
                action="person.rename",
                object_=str(number),
                person_id=who,
            )
    renderer = Renderer(database, run)
    try:
        content = await renderer.render("audit_workbook", {"audit": "p7", "newest": 3})
    finally:
        await renderer.close()
    sheet = load_workbook(BytesIO(content)).active
    assert [cell.value for cell in sheet["B"][3:]] == ["李敏", "李敏"]
    assert sheet["A4"].value == "2026年11月3日 10:00:00"
