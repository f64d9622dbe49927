"""From raw updates to the intake: each is parsed alone, and committed, parked or none of ours."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import tzinfo

import orjson

from bot.channels.base import Intake
from bot.channels.telegram.cursor import usable_id
from bot.channels.telegram.parse import parse
from bot.fields import Unparsable
from handlers.messages import Inbound


@dataclass(frozen=True, slots=True)
class Parked:
    """An update that can't be parsed, as the operator will find it."""

    key: str
    raw: str
    problem: str


class Receiver:
    """Knows whose updates these are. `ignored` counts those that are not meant for us."""

    def __init__(self, *, bot_id: int, zone: tzinfo) -> None:
        self._bot_id = bot_id
        self._zone = zone
        self.ignored = 0

    def read(self, raw: object) -> Inbound | Parked | None:
        try:
            inbound = parse(raw, bot_id=self._bot_id, zone=self._zone)
        except Unparsable as fault:
            return self.parked(_text(raw), id_=usable_id(raw), problem=f"unparsable: {fault}")
        if inbound is None:
            self.ignored += 1
        return inbound

    def parked(self, raw: str, *, id_: int | None, problem: str) -> Parked:
        """Without an id the text itself is the key, so that it is kept once."""
        digest = hashlib.sha256(raw.encode()).hexdigest()[:32]
        return Parked(f"tg:{self._bot_id}:{id_ or digest}", raw, problem)


async def take(item: Inbound | Parked, intake: Intake) -> None:
    """Returns after the commit. Raises Busy."""
    if isinstance(item, Parked):
        await intake.park(key=item.key, raw=item.raw, problem=item.problem)
    else:
        await intake.receive(item)


def _text(raw: object) -> str:
    """As JSON that any database can hold, half surrogate pairs written as escapes."""
    try:
        return orjson.dumps(raw).decode()
    except TypeError:
        pass
    try:
        return json.dumps(raw)
    except (ValueError, RecursionError):
        return "{}"  # nested without end: nothing a person wrote
