"""Parts of one message stay together, and nobody waits for somebody else's."""

from __future__ import annotations

import asyncio

from bot.in_order import InOrder


async def test_two_messages_to_one_person_are_not_mixed():
    order, said = InOrder[str](), []

    async def tell(name: str, *accounts: str) -> None:
        async with order.to_all(accounts):
            for part in "12":
                said.append(name + part)
                await asyncio.sleep(0)

    await asyncio.gather(tell("a", "li", "wang"), tell("b", "wang", "li"), tell("c", "li"))
    assert [said[at : at + 2] for at in (0, 2, 4)] == [
        [f"{name}1", f"{name}2"] for name in dict.fromkeys(each[0] for each in said)
    ]


async def test_others_go_on_meanwhile_and_nothing_is_kept():
    order = InOrder[str]()
    async with order.to("li"), asyncio.timeout(5), order.to("wang"):
        pass
    assert order._turns == {}


async def test_who_fails_or_is_stopped_lets_the_next_one_through():
    order, long_enough = InOrder[str](), asyncio.Event()

    async def fails() -> None:
        async with order.to("li"):
            await long_enough.wait()
            raise ValueError

    async def waits() -> None:
        async with order.to_all(["li", "wang"]):
            pass

    failing = asyncio.ensure_future(fails())
    await asyncio.sleep(0)
    stopped, through = asyncio.ensure_future(waits()), asyncio.ensure_future(waits())
    await asyncio.sleep(0)
    stopped.cancel()
    await asyncio.sleep(0)
    assert stopped.cancelled()
    long_enough.set()
    assert [type(each) for each in await asyncio.gather(failing, return_exceptions=True)] == [
        ValueError
    ]
    async with asyncio.timeout(5):
        await through
    assert order._turns == {}
