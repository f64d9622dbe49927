"""Two people at the same moment: one publication, no score that slips in, one version a cell.

Each race is held open on purpose: the first transaction has done its work and not yet committed
when the second begins, so the second must wait and then see what the first did.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from handlers.dispatch import handle
from handlers.messages import Inbound, Kind, Receipt
from rubric import report as reports
from storage import publications, scores
from storage.models import outbox, publication, quarter, score
from tests.chat import Centre, User
from tests.support.scoring import AFTER, FULL, score_all

TABLE: dict[str, list[float | None]] = {
    "SCJG": [*FULL],
    "GA": [9.5, *FULL[1:]],
    "YB": [9, *FULL[1:]],
}


@pytest.fixture
def centre(database_url):
    made = Centre(database_url, now=AFTER)
    made.person("王芳", "evaluator")
    score_all(made, made.people["王芳"], TABLE)
    return made


def press(centre: Centre, user: User, action: str, key: str) -> Callable[[Connection], Receipt]:
    inbound = Inbound(
        key=key, channel=user.channel, account=user.name, kind=Kind.PRESS, action=action
    )
    return lambda connection: handle(connection, inbound, desk=centre.desk, now=centre.now)


def type_(centre: Centre, user: User, text: str, key: str) -> Callable[[Connection], Receipt]:
    inbound = Inbound(key=key, channel=user.channel, account=user.name, text=text)
    return lambda connection: handle(connection, inbound, desk=centre.desk, now=centre.now)


def race(
    centre: Centre, first: Callable[[Connection], Receipt], second: Callable[[Connection], Receipt]
) -> tuple[Receipt, Receipt]:
    """Both; the second begins while the first has not committed."""
    begun = threading.Event()

    def follow() -> Receipt:
        begun.set()
        with centre.database.begin() as connection:
            return second(connection)

    with ThreadPoolExecutor(1) as pool:
        with centre.database.begin() as connection:
            ahead = first(connection)
            behind = pool.submit(follow)
            begun.wait(10)
        return ahead, behind.result(30)


def texts(receipt: Receipt) -> list[str]:
    return [row.body["text"] for row in receipt.answers]


def states(centre: Centre) -> tuple[str, int, int]:
    """State of the quarter, publications, rows of the broadcast."""
    with centre.database.read() as connection:
        return (
            connection.execute(select(quarter.c.state)).scalar_one(),
            connection.execute(select(func.count()).select_from(publication)).scalar_one(),
            connection.execute(
                select(func.count())
                .select_from(outbox)
                .where(outbox.c.key.startswith("publication:"))
            ).scalar_one(),
        )


def proposed(centre: Centre) -> tuple[User, User, str]:
    """Two directors with the same card."""
    zhang = centre.person("张伟", "admin")
    chen, lin = centre.person("陈主任", "director"), centre.person("林主任", "director")
    zhang.says("/publish")
    zhang.clicks("提请审定")
    return chen, lin, chen.button("同意发布")


def test_two_releases_are_one_publication(centre):
    chen, lin, agree = proposed(centre)
    ahead, behind = race(centre, press(centre, chen, agree, "a"), press(centre, lin, agree, "b"))
    assert texts(ahead)[0].startswith("<b>2026年第四季度的结果已发布。</b>")
    assert texts(behind) == ["2026年第四季度的结果已经发布，不能再改。"]
    assert states(centre) == ("published", 1, 4)


def test_release_and_sending_back_are_one_of_both(centre):
    chen, lin, agree = proposed(centre)
    back = lin.button("退回修改")
    lin.presses(back)
    ahead, behind = race(
        centre, press(centre, chen, agree, "a"), type_(centre, lin, "再核对", "b")
    )
    assert texts(ahead)[0].startswith("<b>2026年第四季度的结果已发布。</b>")
    assert texts(behind)[-1] == "2026年第四季度的结果已经发布，不能再改。"
    assert states(centre) == ("published", 1, 4)


def confirming(centre: Centre) -> tuple[User, User, str]:
    """An admin about to type the quarter, an evaluator about to give GA full marks."""
    zhang, zhao = centre.person("张伟", "admin"), centre.person("赵强", "evaluator")
    zhang.says("/publish")
    zhang.clicks("同意发布")
    zhao.says("/score")
    zhao.clicks_containing("线上帮办")
    zhao.clicks_containing("公安")
    return zhang, zhao, zhao.button("10")


def given(centre: Centre) -> list[int | None]:
    with centre.database.read() as connection:
        found = scores.versions(
            connection,
            quarter="2026Q4",
            indicator="online_help",
            department_id=centre.departments["GA"],
        )
    return [each.hundredths for each in found]


def test_a_score_that_comes_while_the_release_runs_is_too_late(centre):
    zhang, zhao, ten = confirming(centre)
    ahead, behind = race(
        centre, type_(centre, zhang, "2026Q4", "a"), press(centre, zhao, ten, "b")
    )
    assert texts(ahead)[0].startswith("<b>2026年第四季度的结果已发布。</b>")
    assert texts(behind) == ["2026年第四季度已发布，分数不能再改。如有疑问，请联系管理员。"]
    assert given(centre) == [950]
    with centre.database.read() as connection:
        found = publications.find(connection, "2026Q4")
    assert found is not None
    assert reports.from_json(found.report).department("GA").rows[0].hundredths == 950


def test_a_release_that_comes_while_a_score_is_given_waits_and_looks_again(centre):
    zhang, zhao, ten = confirming(centre)
    ahead, behind = race(
        centre, press(centre, zhao, ten, "b"), type_(centre, zhang, "2026Q4", "a")
    )
    assert texts(ahead)[0].startswith("✓ 公安：10分，已记下。")
    assert texts(behind)[0] == "这张卡片已有变化，下面是最新情况。"
    assert given(centre) == [950, 1000]
    assert states(centre) == ("collecting", 0, 0)


def test_of_eight_evaluators_on_one_cell_one_writes(database_url):
    centre = Centre(database_url)
    people = [centre.person(f"考核员{n}", "evaluator") for n in range(8)]
    people[0].says("/score")
    people[0].clicks_containing("线上帮办")
    people[0].clicks_containing("市场监管局")
    action = people[0].button("10")
    together = threading.Barrier(len(people))

    def run(number: int) -> Receipt:
        together.wait(10)
        with centre.database.begin() as connection:
            return press(centre, people[number], action, f"race:{number}")(connection)

    with ThreadPoolExecutor(len(people)) as pool:
        receipts = list(pool.map(run, range(len(people))))
    heads = sorted(texts(receipt)[0].splitlines()[0] for receipt in receipts)
    assert heads == ["✓ 市场监管局：10分，已记下。"] + ["这一格已有变化，下面是最新情况。"] * 7
    with centre.database.read() as connection:
        rows = connection.execute(select(score.c.version, score.c.latest, score.c.hundredths))
        assert [tuple(row) for row in rows] == [(1, True, 1000)]
