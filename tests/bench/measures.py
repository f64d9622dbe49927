"""What is measured, each as a ratio to the baseline of the same run, with its bound."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import candidates
from tests.bench.callbacks import cpu_per_callback
from tests.bench.candidates import Running
from tests.bench.dialogue import UPDATES, hold_many, record_script
from tests.bench.installation import prepare
from tests.bench.ranked import longest_wait, prepare_ranked, preview_ratio
from tests.bench.scoring import (
    DEPARTMENTS,
    SCORED_ROWS,
    echo_presses,
    open_row,
    press_through,
    score_row,
)
from tests.bench.telling import (
    RATE,
    Centre,
    idle_presses,
    percentile,
    presses_until_rendered,
    wall,
)
from tests.bench.ticking import quiet_tick
from tests.doubles.client import Control, child
from tests.doubles.person import Person
from tests.support.broadcasting import Audience


@dataclass(frozen=True, slots=True)
class Result:
    """`bound` is the most the value may be, or the least with `at_least`."""

    what: str
    value: float
    bound: float
    unit: str = "x"
    at_least: bool = False
    detail: str = ""

    @property
    def held(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the recorded script lies, and how long to measure (`rounds` of everything)."""

    folder: Path
    rounds: int

    @property
    def script(self) -> Path:
        return self.folder / "script.json"

    @asynccontextmanager
    async def running(
        self, *, ours: bool, people: int, latency: float = 0.0
    ) -> AsyncIterator[tuple[Control, list[Person], Running]]:
        """A fresh double, installation and bot, with people who are known to it."""
        with TemporaryDirectory(dir=self.folder) as folder:
            users, _ = prepare(Path(folder) / "data", liaisons=people)
            async with child() as control:
                if latency:
                    await control.settings(latency=latency)
                made = [
                    await control.person(f"人员{n}", user=user, contact="started")
                    for n, user in enumerate(users)
                ]
                start: AbstractAsyncContextManager[Running] = (
                    candidates.kaohe(control, Path(folder))
                    if ours
                    else candidates.echo7(control, self.script)
                )
                async with start as running:
                    yield control, made, running


async def record(bench: Bench) -> None:
    """One dialogue with our bot, so that the baseline can answer with texts of the same size."""
    async with bench.running(ours=True, people=1) as (control, people, _):
        await hold_many(control, people, first=1, rounds=1, ours=True)
        await record_script(people[0], bench.script)


async def cpu(bench: Bench) -> Result:
    """CPU per update of the complete durable evidence dialogue, 10 at once."""
    ratios, ours_ms, echo_ms = [], [], []
    for _ in range(bench.rounds):
        mine = await _cpu_per_update(bench, ours=True)
        echo = await _cpu_per_update(bench, ours=False)
        ratios.append(mine / echo)
        ours_ms.append(mine * 1000)
        echo_ms.append(echo * 1000)
    detail = f"{statistics.median(ours_ms):.2f} ms to {statistics.median(echo_ms):.2f} ms"
    return Result("CPU per update", statistics.median(ratios), 1.0, detail=detail)


async def _cpu_per_update(bench: Bench, *, ours: bool) -> float:
    rounds = 6
    async with bench.running(ours=ours, people=10) as (control, people, running):
        await hold_many(control, people, first=1, rounds=1, ours=ours)
        await control.wait_idle()
        before = running.cpu()
        await hold_many(control, people, first=100, rounds=rounds, ours=ours)
        await control.wait_idle()
        return (running.cpu() - before) / (rounds * UPDATES * len(people))


async def wecom(bench: Bench) -> Result:
    """CPU per callback of the same dialogue by WeCom's app, to Telegram's webhook."""
    ours, theirs = await cpu_per_callback(bench.folder, rounds=6 * bench.rounds)
    detail = f"{ours * 1000:.2f} ms to {theirs * 1000:.2f} ms"
    return Result("CPU per WeCom callback", ours / theirs, 1.0, detail=detail)


async def throughput(bench: Bench) -> Result:
    """Updates a second with 50 ms per API call and 35 people at once."""
    mine = await _updates_per_second(bench, ours=True, rounds=2)
    echo = await _updates_per_second(bench, ours=False, rounds=1)
    detail = f"{mine:.0f}/s to {echo:.0f}/s"
    return Result("updates/s at 50 ms a call", mine / echo, 15, at_least=True, detail=detail)


async def _updates_per_second(bench: Bench, *, ours: bool, rounds: int) -> float:
    async with bench.running(ours=ours, people=35, latency=0.05) as (control, people, _):
        await hold_many(control, people[:1], first=1000, rounds=1, ours=ours)  # until it is up
        started = time.monotonic()
        await hold_many(control, people, first=1, rounds=rounds, ours=ours)
        return rounds * UPDATES * len(people) / (time.monotonic() - started)


async def memory(bench: Bench) -> Result:
    """Resident memory after 1,000 dialogues."""
    async with bench.running(ours=True, people=25) as (control, people, running):
        await hold_many(control, people, first=1, rounds=40, ours=True)
        return Result("memory after 1,000 dialogues", running.memory() / 2**20, 100, unit="MB")


async def first_reply(bench: Bench) -> Result:
    """From exec to the first answer, an update waiting already."""
    ratios, mine_s, echo_s = [], [], []
    for _ in range(max(3, bench.rounds)):
        mine = await _first_reply(bench, ours=True)
        echo = await _first_reply(bench, ours=False)
        ratios.append(mine / echo)
        mine_s.append(mine)
        echo_s.append(echo)
    detail = f"{statistics.median(mine_s):.2f} s to {statistics.median(echo_s):.2f} s"
    return Result("first reply after the start", statistics.median(ratios), 2.2, detail=detail)


async def _first_reply(bench: Bench, *, ours: bool) -> float:
    with TemporaryDirectory(dir=bench.folder) as folder:
        users, _ = prepare(Path(folder) / "data", liaisons=1)
        async with child() as control:
            person = await control.person("人员", user=users[0], contact="started")
            await person.says("/help")
            start: AbstractAsyncContextManager[Running] = (
                candidates.kaohe(control, Path(folder))
                if ours
                else candidates.echo7(control, bench.script)
            )
            async with start as running:
                await person.waits_for("", timeout=60)
                return time.monotonic() - running.started


async def scoring_press(bench: Bench) -> Result:
    """CPU of a press that scores a cell and shows the next, among 35 departments."""
    ratios, ours_ms, echo_ms = [], [], []
    for _ in range(bench.rounds):
        mine = await _cpu_per_press(bench, ours=True)
        echo = await _cpu_per_press(bench, ours=False)
        ratios.append(mine / echo)
        ours_ms.append(mine * 1000)
        echo_ms.append(echo * 1000)
    detail = f"{statistics.median(ours_ms):.2f} ms to {statistics.median(echo_ms):.2f} ms"
    return Result("CPU per scoring press", statistics.median(ratios), 1.0, detail=detail)


async def _cpu_per_press(bench: Bench, *, ours: bool) -> float:
    """Base rows of ten points from the first department to the last, after one to warm up."""
    rows = SCORED_ROWS if ours else SCORED_ROWS[:1]
    with TemporaryDirectory(dir=bench.folder) as folder:
        _, evaluators = prepare(Path(folder) / "data", liaisons=DEPARTMENTS, evaluators=1)
        async with child() as control:
            person = await control.person("考核员", user=evaluators[0], contact="started")
            script = bench.folder / "card.json"
            start: AbstractAsyncContextManager[Running] = (
                candidates.kaohe(control, Path(folder))
                if ours
                else candidates.echo7(control, script)
            )
            async with start as running:
                if not ours:
                    await echo_presses(person, DEPARTMENTS)
                    before = running.cpu()
                    await echo_presses(person, DEPARTMENTS * (len(SCORED_ROWS) - 1))
                    return (running.cpu() - before) / (DEPARTMENTS * (len(SCORED_ROWS) - 1))
                await score_row(person, rows[0], script)
                spent = 0.0
                for row in rows[1:]:
                    await open_row(person, row)
                    await control.wait_idle()
                    before = running.cpu()
                    await press_through(person, DEPARTMENTS)
                    await control.wait_idle()
                    spent += running.cpu() - before
                return spent / (DEPARTMENTS * (len(rows) - 1))


async def ranking(bench: Bench) -> Result:
    """The preview of 350 departments, in transactions of the evidence dialogue."""
    ratio, detail = await asyncio.to_thread(preview_ratio, bench.folder, rounds=bench.rounds)
    return Result("preview of 350 departments", ratio, 40, detail=detail)


async def loop(bench: Bench) -> Result:
    """Longest that the loop leaves a request unanswered while 3,500 departments are ranked."""
    with TemporaryDirectory(dir=bench.folder) as folder:
        user = await asyncio.to_thread(prepare_ranked, Path(folder) / "data", 3_500)
        async with child() as control:
            person = await control.person("管理员", user=user, contact="started")
            async with candidates.kaohe(control, Path(folder), ready=True) as running:
                await person.says("/help")
                await person.waits_for("您可以做的事", timeout=60)
                longest = await longest_wait(person, running.port)
    return Result("loop unanswered, 3,500 ranked", longest * 1000, 100, unit="ms")


async def tick(bench: Bench) -> Result:
    """The first tick of a quiet day over 3,000 people, in transactions of the evidence
    dialogue."""
    ratio, detail = await asyncio.to_thread(quiet_tick, bench.folder, rounds=bench.rounds)
    return Result("quiet tick over 3,000 people", ratio, 50, detail=detail)


async def broadcast(bench: Bench) -> Result:
    """A picture and words to 300 people within 30 messages a second and one a chat: the share of
    the pace that this allows, 0 if a single message was refused."""
    with TemporaryDirectory(dir=bench.folder) as folder:
        async with child(limits="strict") as control:
            users = [(await control.person(f"人员{n}", contact="started")).id for n in range(300)]
            centre = Centre(Path(folder))
            rows = centre.queue(centre.publish(Audience(users[:0], users)), user=users[0])
            async with candidates.kaohe(control, Path(folder)):
                seconds = await wall(control, rows)
            refused = (await control.counts())["limited"]
            centre.close()
    share = 0.0 if refused else rows / RATE / seconds
    detail = f"{rows} in {seconds:.1f} s, {refused} refused"
    return Result("broadcast to 300", share, 0.97, at_least=True, detail=detail)


async def press_while_rendering(bench: Bench) -> Result:
    """Answer of a press while 35 sheets are rendered and sent, to its idle time (95th percentile
    of both)."""
    with TemporaryDirectory(dir=bench.folder) as folder:
        async with child() as control:
            made = [await control.person(f"人员{n}", contact="started") for n in range(36)]
            users = [each.id for each in made]
            centre = Centre(Path(folder))
            publication_id = centre.publish(Audience(users[:35], ()))
            centre.link_reporter(users[35])
            async with candidates.kaohe(control, Path(folder), ready=True):
                idle = percentile(await idle_presses(made[35]))
                await asyncio.to_thread(centre.queue, publication_id, user=users[0])
                times = await presses_until_rendered(made[35], centre, 35)
            centre.close()
    busy = percentile(times)
    detail = f"{busy * 1000:.0f} ms to {idle * 1000:.0f} ms, {len(times)} presses"
    return Result("press while 35 sheets render", busy / idle, 3, detail=detail)


MEASURES = {
    "cpu": cpu,
    "wecom": wecom,
    "throughput": throughput,
    "memory": memory,
    "first_reply": first_reply,
    "scoring_press": scoring_press,
    "ranking": ranking,
    "loop": loop,
    "tick": tick,
    "broadcast": broadcast,
    "press_while_rendering": press_while_rendering,
}


async def run(names: list[str], *, rounds: int) -> list[Result]:
    candidates.keep_off_the_bots_core()
    with TemporaryDirectory(prefix="kaohe-bench-") as folder:
        bench = Bench(Path(folder), rounds)
        await record(bench)
        results = []
        for name in names:
            results.append(await MEASURES[name](bench))
            await asyncio.to_thread(show, results[-1])
        return results


def show(result: Result) -> None:
    sign = "at least" if result.at_least else "at most"
    verdict = "held" if result.held else "MISSED"
    print(
        f"{result.what:32} {result.value:7.2f} {result.unit}  {sign} {result.bound:g}"
        f"  {verdict}  {result.detail}",
        flush=True,
    )
