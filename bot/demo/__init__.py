"""`kaohe demo`: two filled quarters, one tab a persona, nothing kept and nobody else let in.

It is the real program on a temporary folder. One quarter was published, the next is in full
swing: the time is a working morning between 报送截止 and
补报截止; Enter in the terminal goes on to the next working morning, so that a visitor can see the
quarter closed, released and told to everyone.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

from bot import app
from bot.channels.webchat import Persona
from bot.clock import Clock
from bot.config import Config
from bot.demo import enrolment, seeding
from bot.demo.days import OPENING, Days, days_of
from bot.demo.files import Sample
from bot.demo.people import MEMBERS
from bot.demo.stories import PAST, PRESENT, Told
from bot.rendering import Renderer
from handlers import discovery
from handlers.dispatch import Desk
from rubric.edition import NoEdition, edition_for
from rubric.quarter import Quarter, WorkCalendar
from rubric.settings import REPORT_DAYS
from storage import schema
from storage.blobs import Blobs, Stored
from storage.calendar import work_calendar
from storage.db import Database
from templates import words

_WORKER: Final = "demo"
_AFTER: Final = REPORT_DAYS.default + 1  # working days after the quarter
PERSONAS: Final = tuple(Persona(each.name, each.tab) for each in MEMBERS if each.tab)


def run(config: Config) -> int:
    """Until Ctrl-C. Raises OSError when the address can't be had."""
    return asyncio.run(_run(config))


async def _run(config: Config) -> int:
    calendar = work_calendar({})
    real = Clock(config.timezone, config.clock)
    days = choose_days(real.now(), calendar, config, told=config.clock is not None)
    if not _assessed(days.quarter):
        named = words.quarter(days.quarter.code)
        print(f"{named}还没有考核办法，请把 KAOHE_CLOCK 改晚一些。", file=sys.stderr)
        return 1
    await _fill(config, days)
    clock = real if config.clock is not None else Clock(config.timezone, days.morning)
    program = app.App(config, clock=clock, personas=PERSONAS)

    def started() -> None:
        _announce(f"http://{_shown(config.http.host)}:{program.port}/", clock)
        if not isinstance(config.clock, Path):
            _step_on_enter(clock, calendar)

    await app.until_signalled(program, started=started)
    return 0


def choose_days(now: datetime, calendar: WorkCalendar, config: Config, *, told: bool) -> Days:
    """The quarter before today's; where the clock was told us, one whose morning has been."""
    quarter = Quarter.containing(now.date()).previous()
    days = days_of(quarter, calendar, config.timezone, after=_AFTER)
    if not told or days.morning <= now:
        return days
    return days_of(quarter.previous(), calendar, config.timezone, after=_AFTER)


def told_until(present: Days, zone: tzinfo) -> list[Told]:
    """The quarter in full swing, and the one before it, if a rubric was in force then."""
    earlier = present.quarter.previous()
    if not _assessed(earlier):
        return [(PRESENT, present)]
    past = days_of(earlier, present.calendar, zone, after=_AFTER)
    return [(PAST, past), (PRESENT, present)]


def _assessed(quarter: Quarter) -> bool:
    try:
        edition_for(quarter.last_day)
    except NoEdition:
        return False
    return True


# ---------------------------------------------------------------- filling


async def _fill(config: Config, days: Days) -> None:
    """Schema, files, and everything that has happened before this morning. Files are made in child
    processes, as all documents are, while it happens: so nobody waits for both."""
    told = told_until(days, config.timezone)
    database = Database(config.database_url.reveal())
    blobs = Blobs(config.data_dir / "files")
    loop = asyncio.get_running_loop()
    renderer = Renderer(database, lambda job: loop.run_in_executor(None, job))

    async def make(sample: Sample, given: Mapping[str, str]) -> Stored:
        return blobs.put(await renderer.render(sample.document, given))

    files = {
        sample: asyncio.run_coroutine_threadsafe(make(sample, given), loop)
        for sample, given in seeding.samples(told).items()
    }
    try:
        await asyncio.to_thread(_happen, config, database, told, files)
    finally:
        for file in files.values():
            file.cancel()
        await renderer.close()
        database.close()


def _happen(
    config: Config, database: Database, told: Sequence[Told], files: seeding.Files
) -> None:
    schema.bring_up_to_date(database)
    desk = Desk(discovery.discover(pages=False), app.premises_of(config), _WORKER)
    with database.begin() as connection:
        enrolled = enrolment.enrol(connection, told)
        seeding.seed(connection, desk, told, files, enrolled)


# ---------------------------------------------------------------- the terminal


def _announce(address: str, clock: Clock) -> None:
    moment = words.moment(clock.now())
    print(f"示例已就绪（{moment}），请用浏览器打开 {address} ，按 Ctrl-C 结束。", flush=True)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _step_on_enter(clock: Clock, calendar: WorkCalendar) -> None:
    """Each line typed goes on to the next working morning; without a terminal there is none."""
    loop = asyncio.get_running_loop()

    def typed() -> None:
        if not sys.stdin.readline():
            loop.remove_reader(sys.stdin)
            return
        day = calendar.nth_workday_after(clock.now().date(), 1)
        clock.go_on_from(datetime.combine(day, OPENING, clock.zone))
        print(f"现在是{words.moment(clock.now())}，请刷新页面。", flush=True)

    # a file or /dev/null can't be waited for, and a closed stdin has no number
    with suppress(OSError, ValueError, AttributeError):
        loop.add_reader(sys.stdin, typed)
        if sys.stdin.isatty():
            print("按回车键，时间前进到下一个工作日上午。", flush=True)
