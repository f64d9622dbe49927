"""What is no longer needed goes, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from storage import models, retention
from storage.blobs import Blobs
from storage.db import Database, metadata

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
DAY = timedelta(days=1)
EVE = NOW - timedelta(seconds=1)
OLD = NOW - 400 * DAY


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    metadata.create_all(database.writer)
    put(database, models.person, {"id": 1, "name": "李敏", "created_at": OLD})
    put(database, models.department, {"id": 1, "code": "GA", "name": "公安", "short_name": "公安"})
    for id_ in (1, 2):
        put(database, models.account, account(id_))
    yield database
    database.close()


def account(id_: int, **more: object) -> dict[str, object]:
    return {
        "id": id_, "channel": "web", "external_id": str(id_), "name": f"名{id_}",
        "created_at": OLD, **more,
    }  # fmt: skip


def put(database: Database, table: Table, *rows: dict[str, Any]) -> None:
    with database.begin() as connection:
        for row in rows:
            connection.execute(table.insert(), row)


def left(database: Database, table: Table, column: str = "id") -> list[object]:
    with database.read() as connection:
        found = connection.execute(select(table.c[column])).scalars()
        return sorted(found, key=str)


def goes(database: Database, name: str, before: datetime = NOW) -> int:
    with database.begin() as connection:
        number: int = getattr(retention, name)(connection, before=before)
    return number


def test_audit_and_inbox_by_their_moment(database: Database):
    put(database, models.audit, *(
        {"id": n, "at": at, "action": "x", "result": "ok", "detail": {}}
        for n, at in ((1, OLD), (2, EVE), (3, NOW))
    ))  # fmt: skip
    put(database, models.inbox, *(
        {"key": key, "received_at": at, "parked": parked}
        for key, at, parked in (("a", EVE, None), ("b", EVE, "{}"), ("c", NOW, None))
    ))  # fmt: skip
    assert goes(database, "purge_audit") == 2
    assert goes(database, "purge_inbox") == 2
    assert (left(database, models.audit), left(database, models.inbox, "key")) == ([3], ["c"])


SETTLED = ("sent", "failed", "passed", "unknown", "superseded")


def message(key: str, **more: object) -> dict[str, object]:
    return {
        "key": key, "account_id": 1, "lane": "notice", "state": "sent", "body": {"text": "x"},
        "created_at": EVE, "panel": "", **more,
    }  # fmt: skip


def test_messages_but_what_was_published_and_what_shows_a_panel(database: Database):
    gone = [
        *(message(state, state=state) for state in SETTLED),
        message("publications", state="sent"),
        message("panel.1", panel="card"),
    ]
    kept = [
        message("queued", state="queued"),
        message("sending", state="sending"),
        message("new", created_at=NOW),
        message("publication:1:sheet:7"),
        message("panel.2", panel="card"),
        message("panel.3", panel="card", state="failed"),
        message("panel.4", panel="card", account_id=2),
        message("panel.5", panel="other"),
    ]
    put(database, models.outbox, *gone, *kept)
    # a later row that never came does not show the panel
    assert goes(database, "purge_outbox") == len(gone)
    assert left(database, models.outbox, "key") == sorted(str(row["key"]) for row in kept)
    assert goes(database, "purge_outbox") == 0


def test_calls_that_nobody_waits_to_make_again(database: Database):
    put(database, models.channel_call, *(
        {"id": n, "channel": "wecom_app", "body": "x", "at": at}
        for n, at in ((1, OLD), (2, EVE), (3, EVE), (4, NOW))
    ))  # fmt: skip
    put(
        database,
        models.outbox,
        message("a", call_id=1),
        message("b", call_id=2, state="queued"),
        message("c", call_id=3, state="unknown"),
    )
    assert goes(database, "purge_calls") == 2
    assert left(database, models.channel_call) == [2, 4]


def test_pages_keep_each_accounts_last_message(database: Database):
    put(database, models.web_message, *(
        {
            "id": n, "account_id": who, "seq": seq, "key": f"k{n}", "mine": False, "body": {},
            "at": at,
        }
        for n, who, seq, at in (
            (1, 1, 1, OLD), (2, 1, 2, EVE), (3, 2, 1, EVE), (4, 1, 3, OLD), (5, 2, 2, NOW),
        )
    ))  # fmt: skip
    assert goes(database, "purge_web_messages") == 3
    assert left(database, models.web_message) == [4, 5]


def test_sessions_and_invites_that_are_over(database: Database):
    put(database, models.web_session, *(
        {"digest": d, "account_id": 1, "created_at": OLD, "seen_at": seen, "ended_at": ended}
        for d, seen, ended in (
            ("a", EVE, None), ("b", NOW, EVE), ("c", NOW, None), ("d", NOW, NOW),
        )
    ))  # fmt: skip
    later = NOW + DAY
    put(database, models.invite, *(
        {
            "id": n, "kind": "personal", "nonce": f"n{n}", "digest": f"d{n}", "person_id": 1,
            "created_at": OLD, "expires_at": expires, "used_at": used, "revoked_at": revoked,
        }
        for n, expires, used, revoked in (
            (1, EVE, None, None), (2, later, EVE, None), (3, later, None, EVE),
            (4, later, None, None), (5, NOW, NOW, NOW),
        )
    ))  # fmt: skip
    assert goes(database, "purge_sessions") == 2
    assert goes(database, "purge_invites") == 3
    assert left(database, models.web_session, "digest") == ["c", "d"]
    assert left(database, models.invite) == [4, 5]


def test_a_leavers_account_loses_its_name_only(database: Database):
    gone = {"name": "赵", "created_at": OLD}
    put(database, models.person, gone | {"id": 2, "removed_at": EVE})
    put(database, models.person, gone | {"id": 3, "removed_at": NOW})
    put(database, models.account, *(account(n + 8, person_id=n) for n in (1, 2, 3)))
    assert goes(database, "forget_leavers") == 1
    assert goes(database, "forget_leavers") == 0
    assert left(database, models.account, "name") == ["", "名1", "名11", "名2", "名9"]
    assert left(database, models.person, "name") == ["李敏", "赵", "赵"]


def sha(letter: str) -> str:
    return letter * 64


def test_files_of_what_was_thrown_away_and_of_nothing_else(database: Database):
    states = {
        1: "discarded",
        2: "discarded",
        3: "discarded",
        4: "draft",
        5: "rejected",
        6: "merged",
    }
    put(database, models.evidence, *(
        {
            "id": n, "department_id": 1, "state": state, "created_by": 1, "created_at": OLD,
            "updated_at": NOW if n == 2 else EVE,
        }
        for n, state in states.items()
    ))  # fmt: skip
    # one that was submitted once is evidence, whatever became of it
    put(database, models.evidence_version, {
        "evidence_id": 3, "revision": 1, "what": "submit", "snapshot": {}, "person_id": 1,
        "at": EVE,
    })  # fmt: skip
    for letter in "abcdefgh":
        put(database, models.blob, {"sha256": sha(letter), "size": 1, "created_at": EVE})
    put(database, models.blob, {"sha256": sha("9"), "size": 1, "created_at": NOW})
    file = {"account_id": 1, "person_id": 1, "name": "x", "created_at": EVE}
    put(database, models.attachment, *(
        {"id": n, "evidence_id": n, "state": "stored", "blob": sha("xabcdef"[n]), **file}
        for n in states
    ))  # fmt: skip
    put(database, models.attachment, {**file, "id": 7, "evidence_id": 4, "state": "refused"})
    put(database, models.attachment, {**file, "id": 8, "evidence_id": 4, "state": "pending"})
    put(database, models.attachment, *(
        {**file, "id": n, "evidence_id": 5, "state": "stored", "blob": sha("a"), "removed_at": EVE}
        for n in (9,)
    ))  # fmt: skip
    workbooks = {20: "faulty", 21: "dropped", 22: "done", 23: "waiting", 24: "reading", 25: "done"}
    put(database, models.attachment, *(
        {**file, "id": n, "state": "refused" if n == 24 else "stored", "blob": None}
        for n in workbooks
    ))  # fmt: skip
    put(database, models.import_file, *(
        {
            "id": n, "attachment_id": n, "person_id": 1, "state": state,
            "created_at": NOW if n == 25 else EVE,
        }
        for n, state in workbooks.items()
    ))  # fmt: skip
    for letter, key in (("g", "sheet|publication=1"), ("h", "sheet|draft=1"), ("h", "page")):
        put(database, models.rendered, {"key": key, "blob": sha(letter), "at": EVE})
    put(database, models.channel_file, *(
        {"channel": "telegram", "blob": sha(letter), "file_ref": "x", "at": at}
        for letter, at in (("a", EVE), ("b", NOW))
    ))  # fmt: skip

    assert goes(database, "purge_drafts") == 1
    assert goes(database, "purge_refused") == 1
    assert goes(database, "purge_imports") == 5
    assert goes(database, "purge_rendered") == 2
    assert goes(database, "purge_channel_files") == 1
    assert goes(database, "purge_blobs") == 1
    assert left(database, models.attachment) == [2, 25, 3, 4, 5, 6, 8, 9]
    assert left(database, models.import_file) == [25]
    assert left(database, models.rendered, "key") == ["sheet|publication=1"]
    assert left(database, models.channel_file, "blob") == [sha("b")]
    # a is an item's that was removed from it; h was only a document that can be made again
    assert left(database, models.blob, "sha256") == [sha(x) for x in "9abcdefg"]
    with database.read() as connection:
        assert retention.known_blobs(connection) == {sha(x) for x in "9abcdefg"}


def test_a_batch_at_a_time(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "BATCH", 3)
    put(database, models.inbox, *({"key": f"k{n}", "received_at": EVE} for n in range(5)))
    assert [goes(database, "purge_inbox") for _ in range(3)] == [3, 2, 0]


# ---------------------------------------------------------------- bytes


def stored(blobs: Blobs, *texts: str, at: datetime = EVE) -> list[str]:
    names = [blobs.put(text.encode()).sha256 for text in texts]
    for name in names:
        os.utime(blobs.path(name), (at.timestamp(), at.timestamp()))
    return names


def test_bytes_without_a_row_go_when_they_are_old(tmp_path: Path):
    blobs = Blobs(tmp_path / "files", reserve=0)
    [known, orphan] = stored(blobs, "known", "orphan")
    [young] = stored(blobs, "young", at=NOW)
    left_aside = blobs.path(orphan).with_name(f"{'0' * 64}.gone")
    left_aside.write_bytes(b"of a kill")
    os.utime(left_aside, (0, 0))
    assert blobs.remove_unknown({known}, before=NOW) == 2
    assert [blobs.has(name) for name in (known, orphan, young)] == [True, False, True]
    assert blobs.remove_unknown({known}, before=NOW) == 0


def test_bytes_that_are_stored_anew_just_now_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Between the look at its age and its removal somebody hands in the same file again."""
    blobs = Blobs(tmp_path / "files", reserve=0)
    [name] = stored(blobs, "again")
    replace = Path.replace

    def just_before(path: Path, target: Path) -> Path:
        if path.name == name and target.suffix == ".gone":
            monkeypatch.setattr(Path, "replace", replace)
            blobs.put(b"again")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", just_before)
    assert blobs.remove_unknown(set(), before=NOW) == 0
    assert blobs.path(name).read_bytes() == b"again"
