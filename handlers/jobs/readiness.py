"""The admins hear that a quarter can be proposed, whatever it was that had been missing."""

from __future__ import annotations

from handlers import readiness
from handlers.occasion import Occasion


def run(occasion: Occasion) -> None:
    readiness.tell(occasion)
