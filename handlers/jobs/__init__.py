"""Timed rules, one file each: a function `run(occasion)` that does what is due now, once.

Every process ticks; what a job does is keyed by its facts, so repeating it is harmless. Jobs are
found by looking into this package.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

from handlers.occasion import Occasion

Job = Callable[[Occasion], None]


def discover() -> dict[str, Job]:
    """Every job by the name of its file."""
    found = {}
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        run: Job = importlib.import_module(module.name).run
        found[module.name.rpartition(".")[2]] = run
    return found
