"""Sound JSON of a channel, distorted: a parser may refuse it and must not crash over it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2**31, 2**63, 10**30, 1.5, float("inf"), "", "0", "您好", "\0",
    "\ud83d", "a" * 5000, "\u202e", [], {}, [[]], [{}], {"id": 1}, [None], "-5",
]  # fmt: skip

two_thousand = settings(
    max_examples=2000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a piece of JSON."""
    found = [path] if path else []
    items = (
        value.items() if isinstance(value, dict)
        else enumerate(value) if isinstance(value, list) else ()
    )  # fmt: skip
    for name, inner in items:
        found += places(inner, (*path, name))
    return found


@st.composite
def distorted(draw: st.DrawFn, good: Mapping[str, Any]) -> Any:
    """Values swapped for others, also whole samples, or left out; keys broken."""
    raw = copy.deepcopy(good[draw(st.sampled_from(sorted(good)))])
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(places(raw) or [()]))
        if not path:
            return draw(st.sampled_from(ODD))
        at: Any = raw
        for name in path[:-1]:
            at = at[name]
        match draw(st.integers(0, 3)):
            case 0:
                del at[path[-1]]
            case 1 if isinstance(at, dict):
                at[str(path[-1]) + "x"] = at.pop(path[-1])
            case 2:
                at[path[-1]] = copy.deepcopy(good[draw(st.sampled_from(sorted(good)))])
            case _:
                at[path[-1]] = copy.deepcopy(draw(st.sampled_from(ODD)))
    return raw
