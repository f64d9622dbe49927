"""Evidence in the database: numbers, versions, what is alike, and what scoring asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from storage import attachments, evidence, reviewing, submission
from storage.db import Database, metadata
from storage.models import account, department, evidence_version, person

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 3, 10, tzinfo=ZONE)


@pytest.fixture
def connection(database_url):
    database = Database(database_url)
    metadata.create_all(database.writer)
    with database.begin() as connection:
        connection.execute(person.insert(), {"id": 1, "name": "李敏", "created_at": NOW})
        connection.execute(person.insert(), {"id": 2, "name": "张三", "created_at": NOW})
        connection.execute(
            account.insert(),
            {"id": 1, "channel": "fake", "external_id": "1", "person_id": 1, "created_at": NOW},
        )
        for number, code in ((1, "SCJG"), (2, "GA")):
            connection.execute(
                department.insert(),
                {"id": number, "code": code, "name": f"{code}局", "short_name": code},
            )
        yield connection
    database.close()


def draft(connection, title="上门办理", *, department_id=1, kind="case", **values):
    made, _ = evidence.start_draft(
        connection,
        department_id=department_id,
        person_id=1,
        proxy=False,
        now=NOW,
        kind=kind,
        indicator="onsite_help",
    )
    return evidence.change(
        connection,
        evidence.locked(connection, made),
        now=NOW,
        title=title,
        event_date=date(2026, 11, 2),
        **values,
    )


def submitted(connection, title="上门办理", *, quarter="2026Q4", **values):
    item = draft(connection, title, **values)
    return submission.submit(
        connection,
        item,
        attachments.of_evidence(connection, item.id),
        quarter=quarter,
        late=False,
        person_id=1,
        at=NOW,
        now=NOW,
    )


def attach(connection, item, content, name="a.jpg"):
    return attachments.announce(
        connection,
        evidence_id=item.id,
        account_id=1,
        person_id=1,
        reference=content,
        name=name,
        mime="",
        size=1,
        stored=content * 64,
        source="",
        now=NOW,
    )


def test_an_unknown_id_is_nothing_or_a_fault(connection):
    assert evidence.find(connection, 9) is None
    assert evidence.lock(connection, 9) is None
    with pytest.raises(LookupError):
        evidence.locked(connection, 9)


def test_what_is_written_is_what_is_read(connection):
    item = draft(connection, description="说明")
    assert item == evidence.find(connection, item.id)
    assert submitted(connection, "第二件") == evidence.find(connection, item.id + 1)


def test_numbers_run_by_department_and_quarter(connection):
    items = [
        submitted(connection, "一"),
        submitted(connection, "二"),
        submitted(connection, "三", department_id=2),
        submitted(connection, "四", quarter="2027Q1"),
    ]
    assert [(item.receipt, item.file_number) for item in items] == [
        ("SCJG1号", "2026Q4-SCJG-001"),
        ("SCJG2号", "2026Q4-SCJG-002"),
        ("GA1号", "2026Q4-GA-001"),
        ("SCJG1号", "2027Q1-SCJG-001"),
    ]
    assert (draft(connection).receipt, draft(connection).file_number) == ("", "")


def test_an_empty_draft_is_begun_once(connection):
    def begin(kind):
        return evidence.start_draft(
            connection, department_id=1, person_id=1, proxy=False, now=NOW, kind=kind
        )

    first, fresh = begin("case")
    assert fresh
    assert begin("news") == (first, False)
    assert evidence.locked(connection, first).kind == "news"
    assert evidence.drafts(connection, 1) == []
    attach(connection, evidence.locked(connection, first), "a")
    assert [item.id for item in evidence.drafts(connection, 1)] == [first]
    other, fresh = begin("case")
    assert fresh
    assert other != first


def test_equal_but_for_width_case_blanks_and_punctuation(connection):
    item = draft(connection, "ＡＢＣ 办理，完成！", description="一")
    same = replace(item, title="abc办理完成", description="一。")
    other = replace(item, title="abc办理完成", description="二")
    assert submission.content_key(item) == submission.content_key(same)
    assert submission.content_key(item) != submission.content_key(other)


def test_what_is_alike(connection):
    first = submitted(connection, "一件事")
    attach(connection, first, "a")
    second = draft(connection, "另一件事")
    attach(connection, second, "a", "b.jpg")
    files = attachments.of_evidence(connection, second.id)
    assert submission.duplicates(connection, second, files) == [
        submission.Duplicate(first, "b.jpg", False)
    ]
    elsewhere = evidence.change(connection, second, now=NOW, indicator="presence")
    assert submission.duplicates(connection, elsewhere, files) == []
    assert submission.duplicates(connection, elsewhere, files, anywhere=True) == [
        submission.Duplicate(first, "b.jpg", False)
    ]
    third = draft(connection, "一件事。", department_id=2)
    assert submission.duplicates(connection, third, []) == []
    assert submission.duplicates(connection, third, [], anywhere=True) == [
        submission.Duplicate(first, "", True)
    ]
    reviewing.withdraw(connection, first, now=NOW)
    assert submission.duplicates(connection, third, [], anywhere=True) == []


def test_every_version_is_kept_with_its_files(connection):
    item = draft(connection, "第一版")
    attach(connection, item, "a")
    item = submission.submit(
        connection,
        item,
        attachments.of_evidence(connection, item.id),
        quarter="2026Q4",
        late=True,
        person_id=1,
        at=NOW,
        now=NOW,
    )
    copy_id = submission.copy_of(connection, item, person_id=1, amends=True, proxy=False, now=NOW)
    assert evidence.working_copy(connection, item.id) == copy_id
    copy = evidence.change(
        connection, evidence.locked(connection, copy_id), now=NOW, title="第二版"
    )
    attach(connection, copy, "b", "b.jpg")
    changed = submission.replace_content(connection, item, copy, person_id=2, at=NOW, now=NOW)
    assert (changed.title, changed.revision, changed.number, changed.late) == (
        "第二版",
        2,
        1,
        True,
    )
    assert evidence.working_copy(connection, item.id) is None
    versions = connection.execute(
        select(
            evidence_version.c.revision,
            evidence_version.c.what,
            evidence_version.c.person_id,
            evidence_version.c.snapshot,
        ).order_by(evidence_version.c.id)
    ).all()
    assert [
        (row.revision, row.what, row.person_id, row.snapshot["title"], row.snapshot["files"])
        for row in versions
    ] == [
        (
            1,
            "submitted",
            1,
            "第一版",
            [{"name": "a.jpg", "mime": "", "size": 1, "blob": "a" * 64}],
        ),
        (
            2,
            "changed",
            2,
            "第二版",
            [
                {"name": "a.jpg", "mime": "", "size": 1, "blob": "a" * 64},
                {"name": "b.jpg", "mime": "", "size": 1, "blob": "b" * 64},
            ],
        ),
    ]
    assert submission.count_versions(connection, item.id) == 2


def test_what_scores_rest_on_and_what_blocks(connection):
    accepted = submitted(connection, "采纳的")
    reviewing.accept(connection, accepted, person_id=2, now=NOW, level="city")
    waiting = submitted(connection, "等着的", department_id=2)
    back = submitted(connection, "退回的")
    until = NOW + timedelta(days=3)
    reviewing.return_(
        connection, back, reason="缺时间", complete_until=until, person_id=2, now=NOW
    )
    reviewing.reject(
        connection, submitted(connection, "不要的"), reason="无关", person_id=2, now=NOW
    )
    submitted(connection, "下一季度", quarter="2027Q1")
    draft(connection, "草稿")
    [found] = evidence.accepted(connection, "2026Q4")
    assert (found.id, found.level, found.decider) == (accepted.id, "city", "张三")
    assert evidence.accepted(connection, "2026Q4", indicator="presence") == []
    assert evidence.accepted(connection, "2026Q4", indicator="onsite_help") == [found]
    for department_id, there in ((1, [found]), (2, [])):
        assert there == evidence.accepted_in_cell(
            connection, "2026Q4", department_id=department_id, indicator="onsite_help"
        )
    assert evidence.quarter_counts(connection, "2026Q4") == {
        "accepted": 1,
        "submitted": 1,
        "returned": 1,
        "rejected": 1,
    }
    assert [item.id for item in evidence.blocking(connection, "2026Q4", now=NOW)] == [
        back.id,
        waiting.id,
    ]
    assert [item.id for item in evidence.blocking(connection, "2026Q4", now=until)] == [waiting.id]
    assert reviewing.expire(connection, now=until - timedelta(seconds=1)) == []
    [expired] = reviewing.expire(connection, now=until)
    assert (expired.id, expired.state, expired.reason) == (back.id, "rejected", "逾期未补充")
    assert reviewing.expire(connection, now=until) == []
    assert reviewing.returned_before(connection, back.id) == [(NOW, "缺时间")]


def test_files_handed_over_are_not_doubled(connection):
    older = draft(connection, "老的")
    attach(connection, older, "a")
    newer = draft(connection, "新的")
    attach(connection, newer, "a")
    attach(connection, newer, "b", "b.jpg")
    assert attachments.join(connection, from_id=newer.id, to_id=older.id) == 2
    assert [file.name for file in attachments.of_evidence(connection, older.id)] == [
        "a.jpg",
        "b.jpg",
    ]
