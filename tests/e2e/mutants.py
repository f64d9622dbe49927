"""Updates that no Telegram would send: sound ones with a place or two gone wrong, and bytes that
are hardly JSON. By a seed, so that a run can be repeated."""

from __future__ import annotations

import base64
import copy
import json
import random
from typing import Any

from tests.bot.telegram.updates import GOOD, LI

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**53 + 1, 2**63, 10**40, 1.5, -0.0, float("inf"), "", "0",
    "您好", "\0", "\ud83d", "\udc00x", "a" * 5000, "\u202e", "'; --", "{{ 7*7 }}", "<b>", [], {},
    [[]], [{}], {"id": 1}, [None], "-5", "/start", "/submit",
)  # fmt: skip
_ID = 987_654_321  # stands for the id until it is known
_DEPTH = 900  # what JSON parsers take; deeper is as good as broken


def mutant(dice: random.Random, update_id: int, user_ids: list[int]) -> str:
    """For `Control.inject`: text, or base64 of bytes that are no text."""
    raw = copy.deepcopy(dice.choice(list(GOOD.values())))
    raw["update_id"] = _ID
    for _ in range(dice.randint(1, 4)):
        raw = _distorted(raw, dice)
    if dice.random() < 0.99 and isinstance(raw, dict):
        raw["update_id"] = _ID  # without its id the way past an update costs a second
    text = json.dumps(raw, ensure_ascii=dice.random() < 0.5)
    text = text.replace(str(LI["id"]), str(dice.choice([*user_ids, LI["id"]])))
    whole = text.replace(str(_ID), str(update_id))
    return f"b64:{base64.b64encode(_spoilt(whole, dice)).decode()}"


def broken(update_id: int, dice: random.Random) -> str:
    """Not even JSON, or too deep to be read: it spoils the whole answer that it comes in."""
    if dice.random() < 0.5:
        return f'{{"update_id": {update_id}, "message": {"[" * 5000}{"]" * 5000}}}'
    return f'{{"update_id": {update_id}, "message": {{"text": "帮办'


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            found += _places(inner, (*path, name))
    return found


def _distorted(raw: Any, dice: random.Random) -> Any:
    places = _places(raw) if isinstance(raw, dict | list) else []
    if not places:
        return raw
    *path, last = dice.choice(places)
    at = raw
    for name in path:
        at = at[name]
    match dice.randint(0, 3):
        case 0:
            del at[last]
        case 1 if isinstance(at, dict):
            at[f"{last}x"] = at.pop(last)
        case 2:
            at[last] = copy.deepcopy(dice.choice(list(GOOD.values())))
        case _:
            at[last] = copy.deepcopy(dice.choice(ODD))
    return raw


def _spoilt(text: str, dice: random.Random) -> bytes:
    """Mostly as it is; else nested without end, doubled, or in the wrong encoding, but still with
    brackets that close, so that its neighbours can be read."""
    match dice.randint(0, 19):
        case 0:
            head, _, tail = text.partition(": ")
            return f'{head}: {"[" * _DEPTH}{"]" * _DEPTH}, "was": {tail}'.encode(errors="replace")
        case 1:
            return f'{text[:-1]}, "update_id": -7, "message": "twice"}}'.encode(errors="replace")
        case 2:
            return text.encode("gb18030", errors="replace")
        case 3:
            return text.encode("utf-8", errors="surrogatepass")
        case _:
            return text.encode(errors="replace")
