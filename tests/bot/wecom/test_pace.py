"""A window that slides: so many messages to one person in any minute."""

from __future__ import annotations

from contextlib import suppress

import pytest

from bot.channels.base import DeliveryError, InDoubt, RetryLater, Unavailable
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


def test_what_others_sent_just_now_counts():
    windows = Windows(most=3)
    windows.fill({"li": 2, "wang": 40}, now=100.0)
    windows.take(["li"], now=110.0)
    for account, after in (("li", 40.0), ("wang", 40.0)):
        with pytest.raises(RetryLater) as caught:
            windows.take([account], now=120.0)
        assert caught.value.after == after
    windows.take(["li", "wang"], now=160.0)


def test_what_others_send_meanwhile_counts_but_a_few_are_ours():
    windows = Windows(most=8, own=2)
    for second in range(3):
        windows.take(["li"], {"li": 5}, now=100.0 + second)
    for elsewhere, after in ((5, 50.0), (6, 51.0), (99, 51.0)):
        with pytest.raises(RetryLater) as caught:
            windows.take(["li"], {"li": elsewhere}, now=110.0)
        assert caught.value.after == after
    windows.take(["li"], {"wang": 99}, now=110.0)
    windows.take(["wang"], {"wang": 99}, now=110.0)
    assert (windows.sent("li"), windows.sent("wang"), windows.sent("zhao")) == (4, 1, 0)


def test_all_or_none():
    windows = Windows(most=1)
    windows.take(["li"], now=0.0)
    with pytest.raises(RetryLater):
        windows.take(["wang", "li"], now=10.0)
    windows.take(["wang"], now=10.0)


@pytest.mark.parametrize(
    ("error", "left"),
    [(RetryLater("x"), True), (Unavailable("x"), True), (InDoubt("x"), False), (None, False)],
)
def test_what_surely_did_not_leave_takes_up_no_place(error, left):
    windows = Windows(most=2)
    windows.take(["li"])
    with suppress(DeliveryError), windows.place(["li", "wang"]):
        if error:
            raise error
    if not left:
        with pytest.raises(RetryLater):
            windows.take(["li"])
        return
    windows.take(["li"])
    windows.take(["wang"])
    windows.take(["wang"])


def test_it_forgets_who_was_written_to_long_ago(monkeypatch):
    monkeypatch.setattr(pace, "_REMEMBERED", 2)
    windows = Windows(most=1)
    for name in ("li", "wang", "zhao"):
        windows.take([name], now=0.0)
    windows.take(["li"], now=1.0)
    with pytest.raises(RetryLater):
        windows.take(["zhao"], now=1.0)
