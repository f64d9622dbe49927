"""The one clock. Everything else is told the time; only this file asks the system for it.

A test clock replaces the present that people and rules live in (`now`): an instant runs on from
there, a file's instant stands still until the file changes. Leases, pacing and time-outs are
about the real machine and use `wall` and `monotonic`, which no setting touches.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo


class Clock:
    """`source` is None for real time, an instant to run on from, or a file that holds one."""

    def __init__(self, zone: ZoneInfo, source: datetime | Path | None = None) -> None:
        self.zone = zone
        self._source = source
        self._began = self.monotonic()
        self._last = read_instant(source, zone) if isinstance(source, Path) else None

    @property
    def steered(self) -> bool:
        """Whether somebody may move it by hours at any moment."""
        return self._source is not None

    def now(self) -> datetime:
        """The present of people and rules, aware, in the installation's time zone."""
        match self._source:
            case None:
                return datetime.now(self.zone)
            case datetime():
                run = timedelta(seconds=self.monotonic() - self._began)
                return (self._source + run).astimezone(self.zone)
            case Path():
                return self._from_file(self._source)

    def go_on_from(self, instant: datetime) -> None:
        """Run on from another instant; only the demonstration does this to its own clock."""
        self._source, self._began = instant, self.monotonic()

    def wall(self) -> datetime:
        """Real time in UTC, whatever KAOHE_CLOCK says."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only ever grow; for measuring."""
        return time.monotonic()

    def _from_file(self, path: Path) -> datetime:
        try:
            self._last = read_instant(path, self.zone)
        except (OSError, ValueError):
            # being rewritten right now: the old instant still stands
            if self._last is None:
                raise
        return self._last


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """An ISO time; without an offset it is meant in `zone`. Raises ValueError."""
    instant = datetime.fromisoformat(text.strip())
    if instant.tzinfo is None:
        return instant.replace(tzinfo=zone)
    return instant.astimezone(zone)


def read_instant(path: Path, zone: ZoneInfo) -> datetime:
    """The instant a file holds. Raises OSError or ValueError."""
    return parse_instant(path.read_text("utf-8"), zone)
