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
from tests.chat import MORNING, Centre, User
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
    assert states(centre) == ("published", 1, 12)


def test_release_and_sending_back_are_one_of_both(centre):
    chen, lin, agree = proposed(centre)
    back = lin.button("退回修改")
    lin.presses(back)
    lin.clicks("只退回，不改评分")
    ahead, behind = race(
        centre, press(centre, chen, agree, "a"), type_(centre, lin, "再核对", "b")
    )
    assert texts(ahead)[0].startswith("<b>2026年第四季度的结果已发布。</b>")
    assert texts(behind)[-1] == "2026年第四季度的结果已经发布，不能再改。"
    assert states(centre) == ("published", 1, 12)


def confirming(centre: Centre) -> tuple[User, User]:
    """An admin about to type the quarter, another about to write why a row is sent back."""
    zhang, zhao = centre.person("张伟", "admin"), centre.person("赵强", "admin")
    zhao.says("/publish")
    zhao.clicks("退回修改")
    zhao.clicks("线上帮办")
    zhao.clicks("下一步")
    zhang.says("/publish")
    zhang.clicks("同意发布")
    return zhang, zhao


def handed(centre: Centre, row: str = "online_help") -> list[bool]:
    with centre.database.read() as connection:
        found = scores.of_row(connection, quarter="2026Q4", indicator=row)
    return [each.handed for _, each in sorted(found.items())]


def test_a_row_sent_back_while_the_release_runs_is_too_late(centre):
    zhang, zhao = confirming(centre)
    ahead, behind = race(
        centre, type_(centre, zhang, "2026Q4", "a"), type_(centre, zhao, "再核对", "b")
    )
    assert texts(ahead)[0].startswith("<b>2026年第四季度的结果已发布。</b>")
    assert texts(behind)[-1] == "2026年第四季度的结果已经发布，不能再改。"
    assert handed(centre) == [True] * 3
    with centre.database.read() as connection:
        found = publications.find(connection, "2026Q4")
    assert found is not None
    assert reports.from_json(found.report).department("GA").rows[0].hundredths == 950


def test_a_release_that_comes_while_a_row_is_sent_back_waits_and_looks_again(centre):
    zhang, zhao = confirming(centre)
    ahead, behind = race(
        centre, type_(centre, zhao, "再核对", "b"), type_(centre, zhang, "2026Q4", "a")
    )
    assert texts(ahead)[0].startswith("已退回线上帮办，")
    assert texts(behind)[0] == "这张卡片已有变化，下面是最新情况。"
    assert handed(centre) == [False] * 3
    assert states(centre) == ("collecting", 0, 0)


# ---------------------------------------------------------------- handing in


@pytest.fixture
def row(database_url) -> tuple[Centre, User, User]:
    """线上帮办 is scored; one evaluator is about to hand it in, another stands on 公安's card."""
    centre = Centre(database_url, now=AFTER)
    wang, zhao = centre.person("王芳", "evaluator"), centre.person("赵强", "evaluator")
    score_all(centre, wang, TABLE, handed=False)
    zhao.says("/score")
    zhao.clicks_containing("线上帮办")
    zhao.clicks_containing("公安")
    wang.says("/score")
    wang.clicks_containing("线上帮办")
    wang.clicks("提交本行评分")
    return centre, wang, zhao


def test_a_score_that_comes_while_the_row_is_handed_in_is_too_late(row):
    centre, wang, zhao = row
    ahead, behind = race(
        centre,
        press(centre, wang, wang.button("提交本行评分"), "a"),
        press(centre, zhao, zhao.button("10"), "b"),
    )
    assert texts(ahead)[0].startswith("✓ “线上帮办”已提交。")
    assert texts(behind) == [
        "“线上帮办”已提交，公安的分数没有改动。要修改，请联系管理员退回本项。"
    ]
    assert handed(centre) == [True] * 3


def test_a_row_that_is_handed_in_while_a_score_changes_is_shown_anew(row):
    centre, wang, zhao = row
    ahead, behind = race(
        centre,
        press(centre, zhao, zhao.button("10"), "b"),
        press(centre, wang, wang.button("提交本行评分"), "a"),
    )
    assert texts(ahead)[0].startswith("✓ 公安：10分，已记下。")
    assert texts(behind)[0].startswith("<b>线上帮办</b>")
    assert handed(centre) == [False] * 3


@pytest.mark.parametrize("evidence_first", [True, False])
def test_evidence_never_slips_past_a_row_that_is_handed_in(row, evidence_first):
    centre, wang, _ = row
    centre.now = MORNING
    li = centre.person("李敏", "liaison", department="GA")
    li.says("/submit")
    li.clicks("帮办案例")
    li.says("上门帮办\n为老人上门办理")
    li.clicks("换一行")
    li.clicks("全部评分行")
    li.clicks("线上帮办")
    li.says("今天")
    hand_in = press(centre, wang, wang.button("提交本行评分"), "a")
    submit = press(centre, li, li.button("确认提交"), "b")
    if evidence_first:
        _, behind = race(centre, submit, hand_in)
        assert texts(behind)[0].startswith("“线上帮办”还不能提交：公安1号待审核")
        assert handed(centre) == [False] * 3
    else:
        race(centre, hand_in, submit)
        assert sorted(handed(centre)) == [False, True, True]
        centre.deliver_notices()
        assert wang.hears[-1].startswith("公安“线上帮办”有新的材料：公安1号 上门帮办")


def test_of_eight_evaluators_on_one_row_each_cell_is_written_once(database_url):
    """Four fill the rest at once, four score the first department; then all hand in."""
    centre = Centre(database_url)
    people = [centre.person(f"考核员{n}", "evaluator") for n in range(8)]
    people[0].says("/score")
    people[0].clicks_containing("线上帮办")
    rest = people[0].button("全部记满分")
    people[0].clicks_containing("市场监管局")
    ten = people[0].button("10")
    at_once(centre, people, [rest, ten] * 4, "fill")
    with centre.database.read() as connection:
        rows = connection.execute(select(score.c.version, score.c.latest, score.c.hundredths))
        assert [tuple(row) for row in rows] == [(1, True, 1000)] * 3
    people[0].says("/score")
    people[0].clicks_containing("线上帮办")
    people[0].clicks("提交本行评分")
    hand_in = people[0].button("提交本行评分")
    receipts = at_once(centre, people, [hand_in] * 8, "hand")
    heads = sorted(texts(receipt)[0].splitlines()[0] for receipt in receipts)
    assert heads == [heads[0]] * 7 + ["✓ “线上帮办”已提交。"]
    assert heads[0].startswith("<b>线上帮办</b>")
    assert handed(centre) == [True] * 3


def at_once(centre: Centre, people: list[User], actions: list[str], key: str) -> list[Receipt]:
    together = threading.Barrier(len(people))

    def run(number: int) -> Receipt:
        together.wait(10)
        with centre.database.begin() as connection:
            return press(centre, people[number], actions[number], f"{key}:{number}")(connection)

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(run, range(len(people))))


def test_a_quarter_that_closes_between_the_card_and_the_press(database_url):
    """Another person's proposal lies between what was shown and what is pressed."""
    centre = Centre(database_url, now=AFTER)
    wang, zhang = centre.person("王芳", "evaluator"), centre.person("张伟", "admin")
    centre.person("陈主任", "director")
    score_all(centre, wang, TABLE)
    wang.says("/score")
    wang.clicks_containing("线上帮办")
    wang.clicks_containing("公安")
    zhang.says("/publish")
    zhang.clicks("退回修改")
    zhang.clicks("线上帮办")
    zhang.clicks("下一步")
    zhang.says("再核对")
    wang.clicks("评分")
    wang.clicks_containing("公安")
    ten = wang.button("10")
    wang.clicks("返回")
    wang.clicks("提交本行评分")
    wang.clicks("提交本行评分")
    zhang.says("/publish")
    ahead, behind = race(
        centre,
        press(centre, zhang, zhang.button("提请审定"), "a"),
        press(centre, wang, ten, "b"),
    )
    assert texts(ahead)[0].startswith("2026年第四季度已提请审定")
    assert texts(behind) == ["2026年第四季度待审定，分数不能再改。确需修改的，请主任退回修改。"]
    assert handed(centre) == [True] * 3


def test_of_eight_evaluators_on_one_cell_one_writes(database_url):
    centre = Centre(database_url)
    people = [centre.person(f"考核员{n}", "evaluator") for n in range(8)]
    people[0].says("/score")
    people[0].clicks_containing("线上帮办")
    people[0].clicks_containing("市场监管局")
    action = people[0].button("10")
    receipts = at_once(centre, people, [action] * 8, "race")
    heads = sorted(texts(receipt)[0].splitlines()[0] for receipt in receipts)
    assert heads == ["✓ 市场监管局：10分，已记下。"] + ["这一格已有变化，下面是最新情况。"] * 7
    with centre.database.read() as connection:
        rows = connection.execute(select(score.c.version, score.c.latest, score.c.hundredths))
        assert [tuple(row) for row in rows] == [(1, True, 1000)]
