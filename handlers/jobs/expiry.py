"""What came back and was not completed in its days is 不采纳（逾期未补充）."""

from __future__ import annotations

from handlers import evidence_notices
from handlers.occasion import Occasion


def run(occasion: Occasion) -> None:
    evidence_notices.expire(occasion)
