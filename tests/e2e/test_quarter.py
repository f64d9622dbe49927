"""A quarter of six departments, from an empty folder to the last reader, through the real program.

`kaohe init` and `kaohe run` as child processes; everything else is typed, pressed and sent by
people: at the Bot API double by polling and by webhook, in the web chat in Chromium, and some here
and some there. One script for all of them. Every number that anybody reads, in a message or in a
file, is compared with sums worked out in `tests.e2e.expected`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.doubles.client import child
from tests.e2e import evidence_desk, release_desk, score_desk
from tests.e2e.balancer import balancing
from tests.e2e.expected import POINTS, ranking
from tests.e2e.founding import CODE, founds, logs_in_again
from tests.e2e.ground import with_webhook
from tests.e2e.on_page import OnPage, browsing
from tests.e2e.on_telegram import OnTelegram
from tests.e2e.persons import Person, presses, says
from tests.e2e.plan import (
    ADMIN,
    CLOSED,
    COLLECTING,
    DIRECTOR,
    EARLY_ROW,
    EVENING,
    INSPECTED,
    LINKED,
    MISSING,
    OPENING,
    SUN,
    SUPPLEMENT,
    WANG,
    sheets,
)
from tests.support.program import BotApi, Program

# on the page; the others are on Telegram, and these two come to have both
ON_PAGES = (DIRECTOR, SUN, "李敏", "吴梅", "冯远", "郑国")
IN_BOTH = ("何小满", "钱丽")
FIRST_ROWS = tuple(POINTS)[:2]
# the script types faster than messengers let a bot answer one person
UNPACED = {
    "KAOHE_TELEGRAM_RATE": "1000",
    "KAOHE_TELEGRAM_CHAT_RATE": "1000",
    "KAOHE_WECOM_RATE": "1000",
    "KAOHE_WECOM_BOT_RATE": "1000",
}


@dataclass
class Stage:
    """One installation whose clock stands where the script puts it. `away`: whoever has to log in
    to the web chat again after some hours, and has no other account. `pressable`: whether a choice
    shown long ago can still be made; not where all are typed. `known`: userids of those who are
    linked by the administrator's list."""

    folder: Path
    program: Program
    people: dict[str, Person] = field(default_factory=dict)
    away: tuple[str, ...] = ()
    pressable: bool = True
    known: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path, *, telegram: BotApi | None = None, **environment: str) -> Stage:
        clock = folder / "clock"
        clock.write_text(COLLECTING)
        given = {"KAOHE_CLOCK": str(clock), **UNPACED, **environment}
        return cls(folder, Program(folder, telegram=telegram, environment=given))

    async def moves_to(self, moment: str, *, same_day: bool = False) -> None:
        draft = self.folder / "clock.new"
        draft.write_text(moment)
        draft.rename(self.folder / "clock")
        if same_day:
            return
        if ADMIN in self.away:
            _, told, _ = await self.program.verb("init", "--admin", ADMIN)
            await self.people[ADMIN].enters(CODE.findall(told)[0])
        again = [self.people[name] for name in self.away if name != ADMIN]
        await logs_in_again(self.people[ADMIN], again)


async def lives_through(stage: Stage, *, first_code: str) -> None:
    await until_release(stage, first_code=first_code)
    await from_release(stage)


async def until_release(stage: Stage, *, first_code: str) -> None:
    """From nothing to an outcome that lies before the director, and that nobody else knows."""
    people = stage.people
    admin, director, wang, sun = (people[name] for name in (ADMIN, DIRECTOR, WANG, SUN))

    await founds(people, first_code=first_code, known=stage.known)
    await evidence_desk.first_round(people)
    await score_desk.is_refused_what_does_not_fit(wang)
    await score_desk.scores(wang, FIRST_ROWS, but=MISSING)
    await score_desk.hands_in_all(wang, FIRST_ROWS)
    await score_desk.scores_the_row_of_late_evidence(wang)

    await stage.moves_to(SUPPLEMENT)
    await evidence_desk.second_round(people)
    await release_desk.is_told_what_is_missing(admin)
    await evidence_desk.late_reviews(people)
    await score_desk.scores_what_late_evidence_opened(wang)
    rest = [row for row in POINTS if row not in (*FIRST_ROWS, EARLY_ROW)]
    await asyncio.gather(
        score_desk.scores(wang, rest, but=MISSING),
        score_desk.scores(sun, INSPECTED, but=MISSING),
    )
    await asyncio.gather(
        score_desk.hands_in_all(wang, [row for row in rest if row not in INSPECTED]),
        score_desk.hands_in_all(sun, INSPECTED, but=MISSING[0]),
    )
    await score_desk.cannot_hand_in(sun)

    await stage.moves_to(CLOSED)
    await sun.waits_for("补报已截止")  # nobody is reminded in the midst of what follows
    await release_desk.is_told_of_the_last_cell(admin)
    await score_desk.scores_the_missing(wang)
    await release_desk.is_told_of_the_last_row(admin)
    await score_desk.hands_in_all(sun, [MISSING[0]])
    await release_desk.hears_that_all_are_in(admin)
    before, placed = ranking(sheets(corrected=False)), ranking(sheets())
    await release_desk.proposes(admin, before)
    await release_desk.sends_back(director, admin, before)
    await score_desk.corrects(wang)
    await release_desk.hears_that_all_are_in(admin)
    await release_desk.proposes(admin, placed)
    await release_desk.nobody_outside_knew(people)


async def from_release(stage: Stage, *, evening: bool = False) -> None:
    """`evening`: it is released after hours, and read the next morning."""
    people, placed = stage.people, ranking(sheets())
    director, wang = people[DIRECTOR], people[WANG]
    if evening:
        await stage.moves_to(EVENING, same_day=True)
    await release_desk.releases(director, placed)
    if evening:
        await release_desk.nobody_has_it_yet(people)
        await stage.moves_to(OPENING)
    await release_desk.everybody_has_it_once(people, placed, day="2026年10月14日")
    if stage.pressable:
        await presses(wang, "不涉及", "分数不能再改")
    await release_desk.results_say_the_same(people, placed)


def test_the_plan_brings_about_what_it_is_for():
    """The ties, the cut and the cap are in the numbers; else the rest would show nothing."""
    placed = ranking(sheets())
    assert [
        (each.department.code, str(each.base), str(each.total), each.rank, each.shared)
        for each in placed
    ] == [
        ("GA", "94.50", "108.50", 1, False),
        ("SCJG", "88.50", "108.50", 2, False),
        ("RS", "90.00", "99.00", 3, True),
        ("YB", "90.00", "99.00", 3, True),
        ("MZ", "93.89", "95.89", 5, False),
        ("SW", "93.89", "95.89", 6, False),
    ]
    assert [each.rescaled for each in placed] == [False, False, True, False, True, True]


@pytest.mark.slow
async def test_on_telegram_by_polling(tmp_path: Path):
    async with child() as control:
        stage = Stage.at(tmp_path, telegram=control)
        async with stage.program as program:
            code = await program.admin_code(ADMIN)
            await program.start()
            for number, name in enumerate(LINKED):
                stage.people[name] = await OnTelegram.joins(control, name, deep=number % 2 == 0)
            await lives_through(stage, first_code=code)
        assert await control.bugs() == []


@pytest.mark.slow
async def test_on_telegram_by_webhook(tmp_path: Path):
    running: list[Program] = []
    async with (
        child() as control,
        balancing(lambda: [each.port for each in running]) as balancer,
    ):
        stage = Stage.at(tmp_path, telegram=control, **with_webhook(balancer.url))
        async with stage.program as program:
            running.append(program)
            code = await program.admin_code(ADMIN)
            await program.start()
            for number, name in enumerate(LINKED):
                stage.people[name] = await OnTelegram.joins(control, name, deep=number % 2 == 1)
            await lives_through(stage, first_code=code)
            counted = await control.counts()
            assert counted["posted"] > 0
        assert await control.bugs() == []


@pytest.mark.slow
@pytest.mark.browser
async def test_in_the_web_chat(tmp_path: Path, chromium: Path):
    stage = Stage.at(tmp_path)
    async with stage.program as program, browsing(chromium) as browser:
        code = await program.admin_code(ADMIN)
        await program.start()
        pages = [await OnPage.joins(browser, name, program.url) for name in LINKED]
        stage.people = {page.name: page for page in pages}
        stage.away = (ADMIN, DIRECTOR, WANG, SUN)
        await lives_through(stage, first_code=code)
        assert [page.faults for page in pages if page.faults] == []


@pytest.mark.slow
@pytest.mark.browser
async def test_some_here_and_some_there(tmp_path: Path, chromium: Path):
    """Half of them on Telegram, half in the web chat, which they enter by the link; some later in
    both, and yet the result comes to them once."""
    running: list[Program] = []
    async with (
        child() as control,
        balancing(lambda: [each.port for each in running]) as balancer,
        browsing(chromium) as browser,
    ):
        stage = Stage.at(tmp_path, telegram=control, KAOHE_PUBLIC_URL=balancer.url)
        async with stage.program as program:
            running.append(program)
            code = await program.admin_code(ADMIN)
            await program.start()
            for name in LINKED:
                stage.people[name] = (
                    await OnPage.joins(browser, name, balancer.url)
                    if name in ON_PAGES
                    else await OnTelegram.joins(control, name)
                )
            stage.away = (DIRECTOR, SUN)
            await until_release(stage, first_code=code)
            second = [await OnPage.joins(browser, name, balancer.url) for name in IN_BOTH]
            for page in second:
                await also_opens(stage.people[page.name], page)
            await from_release(stage, evening=True)
            for page in second:
                assert [shown for shown in await page.chat() if "1. " in shown.text] == []
                card = await says(page, "/result", "常驻部门考核结果")
                assert card.text == release_desk.published(ranking(sheets()))
        assert await control.bugs() == []
        pages = [each for each in stage.people.values() if isinstance(each, OnPage)]
        assert [each.faults for each in [*pages, *second] if each.faults] == []


async def also_opens(person: Person, page: OnPage) -> None:
    """The web chat, with a login link that the other account gives."""
    await says(person, "菜单", "请选择")
    told = await presses(person, "网页登录码", "在电脑上打开：")
    await page.follows(told.text.split("在电脑上打开：")[1].splitlines()[0])
    await page.waits_for(f"{person.name}您好，您是")
