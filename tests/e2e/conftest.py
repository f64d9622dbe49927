"""A seed for what happens at random, printed when a test fails; KAOHE_SEED repeats it."""

from __future__ import annotations

import os
import random

import pytest


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    given = os.environ.get("KAOHE_SEED")
    number = int(given) if given else random.SystemRandom().randrange(10**9)
    print(f"KAOHE_SEED={number} repeats {request.node.name}")
    return number
