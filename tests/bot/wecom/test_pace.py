"""A window that slides: so many messages to one person in any minute."""

from __future__ import annotations

import pytest

from bot.channels.base import RetryLater
from bot.wecom import pace
from bot.wecom.pace import Windows


def test_a_place_is_free_again_a_minute_after_it_was_taken():
    windows = Windows()
    for second in range(25):
        windows.take(["li"], now=100.0 + second)
    with pytest.raises(RetryLater) as caught:
        windows.take(["li"], now=130.0)
    assert (caught.value.after, caught.value.everyone) == (30.0, False)
    windows.take(["wang"], now=130.0)
    windows.take(["li"], now=160.0)
    with pytest.raises(RetryLater) as caught:
        windows.take(["li"], now=160.0)
    assert caught.value.after == 1.0


def test_all_or_none():
    windows = Windows(most=1)
    windows.take(["li"], now=0.0)
    with pytest.raises(RetryLater):
        windows.take(["wang", "li"], now=10.0)
    windows.take(["wang"], now=10.0)


def test_it_forgets_who_was_written_to_long_ago(monkeypatch):
    monkeypatch.setattr(pace, "_REMEMBERED", 2)
    windows = Windows(most=1)
    for name in ("li", "wang", "zhao"):
        windows.take([name], now=0.0)
    windows.take(["li"], now=1.0)
    with pytest.raises(RetryLater):
        windows.take(["zhao"], now=1.0)
