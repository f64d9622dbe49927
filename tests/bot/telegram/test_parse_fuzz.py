"""Two thousand distorted updates: each is an `Inbound`, nothing or `Unparsable`, never a crash."""

from __future__ import annotations

import copy
import random
from dataclasses import fields
from typing import Any

import orjson
from hypothesis import given

from bot.channels.base import Intake
from bot.channels.telegram.parse import parse
from bot.channels.telegram.receiving import Parked, Receiver, take
from bot.channels.telegram.verdict import decode
from bot.fields import Unparsable
from handlers.messages import Attachment, Inbound, Receipt
from templates.words import CENTRE_ZONE
from tests.bot.distorting import ODD, distorted, places, two_thousand
from tests.bot.telegram.updates import BOT_ID, GOOD, Json


def storable(inbound: Inbound) -> bool:
    """Every text can be written to any of our databases, and is really a text."""
    values = [getattr(inbound, f.name) for f in fields(Inbound)]
    for attachment in inbound.attachments:
        values += [getattr(attachment, f.name) for f in fields(Attachment)]
        if not (attachment.size is None or type(attachment.size) is int):
            return False
    texts = [value for value in values if isinstance(value, str)]
    return all("\0" not in text and text.encode() is not None for text in texts)


@two_thousand
@given(distorted(GOOD))
def test_distorted_updates(raw: Any):
    try:
        found = parse(raw, bot_id=BOT_ID)
    except Unparsable:
        item = Receiver(bot_id=BOT_ID, zone=CENTRE_ZONE).read(raw)
        assert isinstance(item, Parked)
        assert item.key.startswith("tg:7000001:")
        assert len(item.key) <= 200
        assert "\0" not in item.raw
        assert item.raw.encode()
        return
    assert found is None or storable(found)


async def test_good_updates_among_as_many_distorted_ones():
    """Through JSON text, as they come: every good one is handed in, once, in order."""
    dice = random.Random(7)  # noqa: S311 - repeatable on purpose
    mutants = list(_mutants(dice, 2000))
    good = [_numbered(dice.choice(list(GOOD.values())), n) for n in range(2000)]
    received: list[str] = []
    parked: dict[str, str] = {}

    async def receive(inbound: Inbound) -> Receipt:
        received.append(inbound.key)
        return Receipt(fresh=True)

    async def park(*, key: str, raw: str, problem: str) -> None:
        parked[key] = raw

    intake = Intake(receive=receive, park=park)
    receiver = Receiver(bot_id=BOT_ID, zone=CENTRE_ZONE)
    for pair in zip(mutants, good, strict=True):
        for text in pair:
            item = receiver.read(decode(text))
            if item is not None:
                await take(item, intake)
    wanted = [f"tg:{BOT_ID}:{orjson.loads(text)['update_id']}" for text in good]
    assert [key for key in received if key in set(wanted)] == wanted
    assert 400 < len(parked) < 2000
    assert all(orjson.loads(raw) is not None for raw in parked.values() if raw != "null")


def _numbered(raw: Json, n: int) -> bytes:
    return orjson.dumps({**raw, "update_id": 1_000_000 + n})


def _mutants(dice: random.Random, count: int) -> Any:
    """Distorted in their text: values swapped for others, keys broken; still JSON."""
    for n in range(count):
        raw = copy.deepcopy({**dice.choice(list(GOOD.values())), "update_id": 5_000_000 + n})
        for _ in range(dice.randint(1, 3)):
            *before, last = dice.choice(places(raw))
            at: Any = raw
            for name in before:
                at = at[name]
            at[last] = copy.deepcopy(dice.choice([v for v in ODD if v not in ("\ud83d", 10**30)]))
        yield orjson.dumps(raw)
