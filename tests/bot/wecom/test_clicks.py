"""Codes of cards: each once, those of clicks first, in order, and not beyond their time."""

from __future__ import annotations

from bot.wecom import clicks
from bot.wecom.clicks import Clicks


def codes(kept: Clicks, account: str = "li") -> list[str]:
    found = []
    while (click := kept.take(account, "card")) is not None:
        found.append(click.code)
    return found


def test_each_code_serves_once_and_those_of_clicks_first():
    kept = Clicks()
    kept.note("li", "card", "sent")
    kept.note("li", "card", "one", action="do:1")
    kept.note("li", "card", "one", action="do:1")
    kept.note("li", "card", "two", action="do:2")
    kept.note("wang", "card", "other", action="do:1")
    assert codes(kept) == ["one", "two", "sent"]
    assert codes(kept, "wang") == ["other"]


def test_what_was_chosen_is_called_as_it_stood_on_the_card():
    kept = Clicks()
    kept.shown("card", {"do:1": "采纳"})
    kept.shown("card", {"do:21": "第二页"})
    kept.note("li", "card", "one", action="do:1")
    kept.note("li", "card", "two", action="do:21")
    kept.note("li", "card", "three", action="do:99")
    found = [kept.take("li", "card") for _ in range(3)]
    assert [click.label for click in found if click] == ["采纳", "第二页", ""]


def test_what_was_not_used_goes_back():
    kept = Clicks()
    kept.note("li", "card", "one", action="do:1")
    click = kept.take("li", "card")
    assert click is not None
    kept.give_back("li", "card", click)
    assert codes(kept) == ["one"]


def test_old_codes_are_worth_nothing(monkeypatch):
    kept = Clicks()
    kept.note("li", "card", "one", action="do:1")
    monkeypatch.setattr(clicks, "LIFE_SECONDS", 0.0)
    assert codes(kept) == []


def test_it_forgets_before_memory_fills(monkeypatch):
    monkeypatch.setattr(clicks, "_REMEMBERED", 1)
    kept = Clicks()
    kept.shown("card", {"do:1": "采纳"})
    kept.shown("other", {})
    kept.note("li", "card", "one", action="do:1")
    click = kept.take("li", "card")
    assert click is not None
    assert click.label == ""
    kept.note("li", "card", "one", action="do:1")
    kept.note("wang", "card", "other", action="do:1")
    assert codes(kept) == []
