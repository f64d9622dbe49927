"""What WeCom demands of a template card. Raises for what is refused; notes what a client would cut
off, since the recommended lengths are no reason to refuse a card."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from tests.doubles.wecom.world import Json, bad

NOTICES = frozenset({"text_notice", "news_notice"})
ANSWERED = frozenset({"button_interaction", "vote_interaction", "multiple_interaction"})
TASK = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
KEY_BYTES, ID_BYTES = 1024, 128

Note = Callable[[str], None]


def answers(card: Json) -> bool:
    """Whether a click on this card calls back."""
    return card["card_type"] in ANSWERED or "action_menu" in card


def check(card: Any, note: Note, *, update: bool = False) -> None:
    """`update`: the card stands in for another, whose task_id it keeps."""
    if not isinstance(card, dict):
        raise bad("template_card")
    kind = card.get("card_type")
    if kind not in NOTICES | ANSWERED:
        raise bad("card_type")
    _task(card, update=update)
    _title(card, note)
    _common(card, note)
    if kind in NOTICES:
        _action(card, required=True)
    if kind == "news_notice" and not (card.get("card_image") or card.get("image_text_area")):
        raise bad("card_image or image_text_area is missing")
    if kind == "button_interaction":
        _action(card, required=False)
        if not (update and card.get("replace_text")):
            _buttons(card, note)
    elif kind == "vote_interaction":
        _vote(card, note)
    elif kind == "multiple_interaction":
        _lists(card, note)


def _task(card: Json, *, update: bool) -> None:
    task = card.get("task_id")
    if update:
        if task is not None:
            raise bad("an update has no task_id")
        return
    if task is None and not answers(card):
        return
    if not isinstance(task, str) or not TASK.fullmatch(task):
        raise bad("task_id")


def _title(card: Json, note: Note) -> None:
    main = _object(card, "main_title")
    title, desc = main.get("title", ""), main.get("desc", "")
    if not title and not (card["card_type"] == "text_notice" and card.get("sub_title_text")):
        raise bad("main_title.title is missing")
    _advise(note, title, 36, "main_title.title")
    _advise(note, desc, 44, "main_title.desc")


def _common(card: Json, note: Note) -> None:
    _advise(note, _object(card, "source").get("desc", ""), 20, "source.desc")
    _advise(note, card.get("sub_title_text", ""), 160, "sub_title_text")
    if "action_menu" in card:
        entries = _list(_object(card, "action_menu"), "action_list", 1, 3)
        _distinct("action_list.key", (each.get("key") for each in entries), KEY_BYTES)
    for each in _list(card, "horizontal_content_list", 0, 6):
        if not each.get("keyname"):
            raise bad("horizontal_content_list.keyname is missing")
        _advise(note, each["keyname"], 5, "horizontal_content_list.keyname")
        _advise(note, each.get("value", ""), 30, "horizontal_content_list.value")
    for each in _list(card, "vertical_content_list", 0, 4):
        _advise(note, each.get("title", ""), 38, "vertical_content_list.title")
        _advise(note, each.get("desc", ""), 160, "vertical_content_list.desc")
    for each in _list(card, "jump_list", 0, 3):
        _advise(note, each.get("title", ""), 18, "jump_list.title")


def _action(card: Json, *, required: bool) -> None:
    action = card.get("card_action")
    if action is None:
        if required:
            raise bad("card_action is missing")
        return
    allowed = (1, 2) if required else (0, 1, 2)
    if not isinstance(action, dict) or action.get("type", 0) not in allowed:
        raise bad("card_action.type")
    if action.get("type") == 1 and not action.get("url"):
        raise bad("card_action.url is missing")


def _buttons(card: Json, note: Note) -> None:
    buttons = _list(card, "button_list", 1, 6)
    for each in buttons:
        if each.get("type", 0) not in (0, 1) or each.get("style", 1) not in (1, 2, 3, 4):
            raise bad("button_list.type or style")
        if not each.get("text"):
            raise bad("button_list.text is missing")
        if each.get("type", 0) == 1 and not each.get("url"):
            raise bad("button_list.url is missing")
        _advise(note, each["text"], 10, "button_list.text")
    _distinct(
        "button_list.key", (b.get("key") for b in buttons if b.get("type", 0) == 0), KEY_BYTES
    )
    if "button_selection" in card:
        _choice(_object(card, "button_selection"), note, most=10, width=16)


def _vote(card: Json, note: Note) -> None:
    for name in ("action_menu", "quote_area", "horizontal_content_list"):
        if name in card:
            note(f"a vote_interaction shows no {name}")
    box = _object(card, "checkbox")
    if box.get("mode", 0) not in (0, 1):
        raise bad("checkbox.mode")
    _choice(box, note, most=20, width=17)
    _submit(card, note)


def _lists(card: Json, note: Note) -> None:
    lists = _list(card, "select_list", 1, 3)
    for each in lists:
        _choice(each, note, most=10, width=16)
    _distinct("select_list.question_key", (e["question_key"] for e in lists), KEY_BYTES)
    _submit(card, note)


def _choice(box: Json, note: Note, *, most: int, width: int) -> None:
    _distinct("question_key", [box.get("question_key")], KEY_BYTES)
    options = _list(box, "option_list", 1, most)
    _distinct("option_list.id", (each.get("id") for each in options), ID_BYTES)
    for each in options:
        if not each.get("text"):
            raise bad("option_list.text is missing")
        _advise(note, each["text"], width, "option_list.text")


def _submit(card: Json, note: Note) -> None:
    button = _object(card, "submit_button")
    _distinct("submit_button.key", [button.get("key")], KEY_BYTES)
    _advise(note, button.get("text", ""), 10, "submit_button.text")


def _object(parent: Json, name: str) -> Json:
    found = parent.get(name, {})
    if not isinstance(found, dict):
        raise bad(name)
    return found


def _list(parent: Json, name: str, least: int, most: int) -> list[Json]:
    found = parent.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise bad(name)
    if not least <= len(found) <= most:
        raise bad(f"{name}: {least} to {most}")
    return found


def _distinct(name: str, keys: Iterable[object], most: int) -> None:
    seen = set()
    for key in keys:
        if not isinstance(key, str) or not 0 < len(key.encode()) <= most:
            raise bad(name)
        if key in seen:
            raise bad(f"{name} is there twice")
        seen.add(key)


def _advise(note: Note, text: object, most: int, name: str) -> None:
    if not isinstance(text, str):
        raise bad(name)
    if len(text) > most:
        note(f"{name} is longer than {most}: {text}")
