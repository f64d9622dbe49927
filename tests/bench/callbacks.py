"""What a callback costs: the evidence dialogue on WeCom's app, and by Telegram's webhook.

Each dialogue is held by somebody of their own, since WeCom lets a person be sent so much a minute
only. After a file the program waits a moment for another one before it answers on WeCom; so people
take a moment there on both messengers, for who is served faster is served in bigger batches. What
the program spends while nobody says anything is no part of it.
Both installations are one program with one messenger behind plain HTTP, and have all that a public
address brings with it.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from bot.delivery import GATHERING
from tests.bench.candidates import Running, under_measurement
from tests.bench.dialogue import UPDATES, WAIT, Reporter, fresh_files, hold
from tests.bench.installation import prepare
from tests.doubles import client as telegram
from tests.doubles.wecom import client as wecom
from tests.doubles.wecom.person import Person
from tests.e2e.ground import with_webhook
from tests.support.program import Program

AT_ONCE = 10
QUIET = 20.0  # seconds without a word
MOMENT = GATHERING + 0.3


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody at WeCom's app."""

    person: Person

    async def says(self, text: str) -> None:
        await self.person.says(text)

    async def presses(self, label: str) -> None:
        await self.person.presses(label)

    async def sends_photo(self, data: bytes) -> None:
        await self.person.sends_image(data)

    async def sends_document(self, data: bytes) -> None:
        await self.person.sends_file(data)

    async def waits_for(self, words: str, *, timeout: float) -> None:  # noqa: ASYNC109
        await self.person.waits_for(words, timeout=timeout)


class Double(Protocol):
    async def wait_idle(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Scene:
    """A program under measurement, and who talks to it by one messenger."""

    people: Sequence[Reporter[bytes]]
    double: Double
    running: Running

    async def greet(self) -> None:
        """Whatever is done for a person only once is done."""
        for person in self.people:
            await person.says("帮助")
            await person.waits_for("您可以做的事", timeout=WAIT)

    async def talk(self, people: Sequence[Reporter[bytes]]) -> None:
        """One dialogue each, as many at once as there are lanes."""

        async def lane(first: int) -> None:
            for number in range(first, len(people), AT_ONCE):
                await hold(people[number], number, fresh_files(number), moment=MOMENT)

        await asyncio.gather(*(lane(first) for first in range(AT_ONCE)))
        await self.double.wait_idle()


async def cpu_per_callback(folder: Path, *, rounds: int) -> tuple[float, float]:
    """Seconds of the program for each of the updates of a dialogue, 10 at once: by WeCom, and by
    Telegram. Both are up at the same time and are talked to by turns, since what a machine gives
    changes from one minute to the next."""
    people = AT_ONCE * (rounds + 1)
    with TemporaryDirectory(dir=folder) as one, TemporaryDirectory(dir=folder) as other:
        async with (
            _by_wecom(Path(one), people=people) as wecom_scene,
            _by_telegram(Path(other), people=people) as telegram_scene,
        ):
            both = (wecom_scene, telegram_scene)
            for each in both:
                await each.greet()
                await each.talk(each.people[:AT_ONCE])
            spent, talked = [0.0, 0.0], [0.0, 0.0]
            for number in range(1, rounds + 1):
                for which in (0, 1) if number % 2 else (1, 0):
                    each = both[which]
                    before, began = each.running.cpu(), time.monotonic()
                    await each.talk(each.people[AT_ONCE * number : AT_ONCE * (number + 1)])
                    spent[which] += each.running.cpu() - before
                    talked[which] += time.monotonic() - began
            idle = [each.running.cpu() for each in both]
            await asyncio.sleep(QUIET)
            rates = [(e.running.cpu() - b) / QUIET for e, b in zip(both, idle, strict=True)]
    updates = rounds * AT_ONCE * UPDATES
    ours, theirs = (
        (cpu - rate * seconds) / updates
        for cpu, rate, seconds in zip(spent, rates, talked, strict=True)
    )
    return ours, theirs


@asynccontextmanager
async def _by_wecom(folder: Path, *, people: int) -> AsyncIterator[Scene]:
    users, _ = prepare(folder / "data", liaisons=people, channel="wecom_app")
    async with wecom.child() as control:
        made = [await control.person(str(user), name=f"人员{user}") for user in users]
        environment = control.environment() | at_free_port()
        program = Program(folder, environment=environment)
        async with under_measurement(program, ready=True) as running:
            if fault := await control.saves_url(f"{program.url}/wecom"):
                raise RuntimeError(f"callback refused: {fault}")
            yield Scene([Member(each) for each in made], control, running)


@asynccontextmanager
async def _by_telegram(folder: Path, *, people: int) -> AsyncIterator[Scene]:
    users, _ = prepare(folder / "data", liaisons=people)
    async with telegram.child() as control:
        made = [
            await control.person(f"人员{user}", user=user, contact="started") for user in users
        ]
        there = at_free_port()
        environment = there | with_webhook(there["KAOHE_PUBLIC_URL"])
        program = Program(folder, telegram=control, environment=environment)
        async with under_measurement(program, ready=True) as running:
            await control.wait_calls("setWebhook")
            yield Scene(made, control, running)


def at_free_port() -> dict[str, str]:
    """Where the program is to listen, and people to find it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return {"KAOHE_HTTP_PORT": str(port), "KAOHE_PUBLIC_URL": f"http://127.0.0.1:{port}"}
