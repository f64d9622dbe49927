"""The test clock runs on from an instant, or stands still as a file says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.clock import Clock, parse_instant

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 10, 9, 10, tzinfo=SHANGHAI)


def test_real_time_is_local_and_aware():
    before, now, after = datetime.now(UTC), Clock(SHANGHAI).now(), datetime.now(UTC)
    assert before <= now <= after
    assert now.tzinfo == SHANGHAI


class Stopwatch(Clock):
    """Seconds pass when the test says so."""

    seconds = 5.0

    def monotonic(self) -> float:
        return self.seconds


def test_an_instant_runs_on():
    clock = Stopwatch(SHANGHAI, MORNING.astimezone(UTC))
    at_first = clock.now()
    clock.seconds += 3600
    assert (at_first, clock.now()) == (MORNING, MORNING + timedelta(hours=1))
    assert clock.now().tzinfo == SHANGHAI


def test_a_file_stands_still_until_it_changes(tmp_path):
    file = tmp_path / "now"
    file.write_text("2026-10-09T10:00\n")
    clock = Clock(SHANGHAI, file)
    seen = [clock.now(), clock.now()]
    file.write_text("2026-10-09T02:30:00Z")
    assert [*seen, clock.now()] == [MORNING, MORNING, MORNING + timedelta(minutes=30)]


@pytest.mark.parametrize("half_written", ["", "2026-1", None])
def test_a_file_in_the_middle_of_a_change_keeps_the_old_instant(tmp_path, half_written):
    file = tmp_path / "now"
    file.write_text("2026-10-09T10:00")
    clock = Clock(SHANGHAI, file)
    if half_written is None:
        file.unlink()
    else:
        file.write_text(half_written)
    assert clock.now() == MORNING


def test_leases_and_pacing_know_real_time_only(tmp_path):
    clock = Clock(SHANGHAI, datetime(2001, 1, 1, tzinfo=UTC))
    before, wall, after = datetime.now(UTC), clock.wall(), datetime.now(UTC)
    assert before <= wall <= after
    assert clock.monotonic() <= clock.monotonic()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-10-09 10:00", MORNING),
        ("2026-10-09T02:00:00+00:00", MORNING),
        ("2026-10-09", MORNING.replace(hour=0)),
    ],
)
def test_an_instant_as_people_write_it(text, instant):
    assert parse_instant(text, SHANGHAI) == instant


def test_no_instant():
    with pytest.raises(ValueError, match="Invalid isoformat"):
        parse_instant("soon", SHANGHAI)
