"""Two at once: on both databases one has the effect and the other hears the truth."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest

from handlers.dispatch import handle
from handlers.jobs import expiry
from handlers.messages import Download, Inbound, Kind, Receipt
from handlers.occasion import Occasion
from rubric.quarter import Quarter, QuarterState
from storage import quarters
from storage.calendar import read_calendar
from storage.evidence import quarter_counts
from storage.models import attachment, evidence, evidence_version, outbox
from tests.chat import ZONE, Centre, File, User
from tests.handlers.evidence_desk import CASE, begin, report, rows, silence, states

T = TypeVar("T")


@pytest.fixture
def centre(database_url):
    return Centre(database_url)


def together(*works: Callable[[], T]) -> list[T]:
    """Run these side by side, started by one barrier; what each returned or raised."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(run, work) for work in works]
        return [future.result() for future in futures]


def press(user: User, action: str, number: int) -> Callable[[], Receipt]:
    """A press as the program handles it: one transaction on a connection of its own."""
    centre = user.centre
    inbound = Inbound(
        key=f"race:{user.name}:{action}:{number}",
        channel=user.channel,
        account=user.name,
        kind=Kind.PRESS,
        action=action,
    )

    def work() -> Receipt:
        with centre.database.begin() as connection:
            return handle(connection, inbound, desk=centre.desk, now=centre.now)

    return work


def test_one_draft_confirmed_by_two_colleagues_has_one_receipt(centre, li):
    head = centre.person("钱局", "head", department="SCJG")
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    confirm = li.button("确认提交")
    receipts = together(*(press(user, confirm, n) for n, user in enumerate((li, head, li))))
    assert rows(centre, evidence.c.state, evidence.c.number) == [("submitted", 1)]
    assert len(rows(centre, evidence_version.c.id)) == 1
    texts = [receipt.answers[0].body["text"] for receipt in receipts]
    assert all("市场监管局1号" in text for text in texts)


def test_receipts_of_one_department_are_counted_one_by_one(centre):
    people = [centre.person(f"联络{n}", "liaison", department="SCJG") for n in range(6)]
    for n, user in enumerate(people):
        begin(user)
        user.says(f"第{n}件\n说明{n}")
        user.clicks("今天")
    together(*(press(user, user.button("确认提交"), n) for n, user in enumerate(people)))
    assert sorted(rows(centre, evidence.c.number)) == [(n,) for n in range(1, 7)]


def test_two_evaluators_decide_at_once(centre, li):
    report(li)
    judges = [centre.person(name, "evaluator") for name in ("张三", "周五", "吴四")]
    receipts = together(
        press(judges[0], "rev.acc:1:1", 0),
        press(judges[1], "rev.why:1:1:r0", 1),
        press(judges[2], "rev.why:1:1:j0", 2),
    )
    [(state, decider)] = rows(centre, evidence.c.state, evidence.c.decided_by)
    assert state in ("accepted", "returned", "rejected")
    winners = [user for user in judges if user.person_id == decider]
    assert len(winners) == 1
    toasts = [receipt.toast.text for receipt in receipts if receipt.toast is not None]
    assert sum(winners[0].name in toast for toast in toasts) == 2
    told = [row for row in rows(centre, outbox.c.key, outbox.c.lane) if row[1] == "notice"]
    assert len(told) == 1


def test_withdrawn_and_accepted_at_once(centre, li):
    report(li)
    zhang = centre.person("张三", "evaluator")
    together(press(zhang, "rev.acc:1:1", 0), press(li, "mine.wdok:1:1", 1))
    told = [row for row in rows(centre, outbox.c.key, outbox.c.lane) if row[1] == "notice"]
    assert (states(centre), len(told)) in (([("accepted",)], 1), ([("withdrawn",)], 0))


def test_changed_and_accepted_at_once(centre, li):
    report(li)
    li.clicks("查看")
    li.clicks("修改")
    li.says("补一句")
    zhang = centre.person("张三", "evaluator")
    together(press(zhang, "rev.acc:1:1", 0), press(li, "sub.ok:2:1", 1))
    assert rows(centre, evidence.c.state, evidence.c.revision) in (
        [("accepted", 1), ("draft", 1)],
        [("submitted", 2), ("merged", 1)],
    )


def test_changed_and_withdrawn_at_once(centre, li):
    head = centre.person("钱局", "head", department="SCJG")
    report(li)
    li.clicks("查看")
    li.clicks("修改")
    li.says("补一句")
    together(press(head, "mine.wdok:1:1", 0), press(li, "sub.ok:2:1", 1))
    assert rows(centre, evidence.c.state, evidence.c.revision, evidence.c.amends_id) in (
        [("withdrawn", 1, None), ("draft", 2, None)],
        [("submitted", 2, None), ("merged", 1, 1)],
    )


def test_nothing_slips_into_a_quarter_while_it_is_proposed(centre, li):
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    with centre.database.begin() as connection:
        quarters.ensure(
            connection,
            Quarter(2026, 4),
            calendar=read_calendar(connection),
            timezone=ZONE,
            now=centre.now,
        )

    def propose() -> str:
        with centre.database.begin() as connection:
            quarters.lock(connection, "2026Q4")
            if quarter_counts(connection, "2026Q4"):
                return "blocked"
            quarters.set_state(connection, "2026Q4", QuarterState.PROPOSED)
            return "proposed"

    proposed, _ = together(propose, press(li, li.button("确认提交"), 1))
    expected = [("draft",)] if proposed == "proposed" else [("submitted",)]
    assert states(centre) == expected


def test_the_last_two_files_arrive_at_once(centre, li):
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    li.sends(File("a.jpg", b"1"), File("b.jpg", b"2"))
    li.clicks("确认提交")
    silence(li)

    def arrives(attachment_id: int, content: str) -> Callable[[], Receipt]:
        inbound = Inbound(
            key=f"file:{attachment_id}",
            channel="internal",
            account="",
            kind=Kind.STORED,
            download=Download(attachment_id, content * 64, 1),
        )

        def work() -> Receipt:
            with centre.database.begin() as connection:
                return handle(connection, inbound, desk=centre.desk, now=centre.now)

        return work

    together(arrives(1, "a"), arrives(2, "b"))
    assert rows(centre, attachment.c.state) == [("stored",), ("stored",)]
    assert rows(centre, evidence.c.state, evidence.c.number) == [("submitted", 1)]
    assert len(rows(centre, evidence_version.c.id)) == 1


def test_two_begin_a_working_copy_at_once(centre, li):
    head = centre.person("钱局", "head", department="SCJG")
    report(li)
    together(press(li, "sub.fix:1:1", 0), press(head, "sub.fix:1:1", 1))
    assert states(centre) == [("submitted",), ("draft",)]


def test_expired_by_two_processes_once(centre, li):
    report(li)
    zhang = centre.person("张三", "evaluator")
    zhang.says("/review")
    zhang.presses("rev.why:1:1:r0")
    later = centre.now + timedelta(days=10)

    def tick() -> int:
        with centre.database.begin() as connection:
            occasion = Occasion(connection, later, centre.desk.premises)
            expiry.run(occasion)
            return occasion.notices

    assert sorted(together(tick, tick)) == [0, 1]
    assert rows(centre, evidence.c.state, evidence.c.reason) == [("rejected", "逾期未补充")]
