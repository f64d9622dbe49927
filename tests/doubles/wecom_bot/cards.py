"""Template cards: what the service refuses, what it shows cut off, and what a press on one says.

Limits on how much is shown are advice, so a card over them is only noted as odd.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests.doubles.wecom_bot.world import BotError, Code, Json

BUTTONS, OPTIONS, SELECTS, CHOICES = 6, 20, 3, 10
TASK_ID: Final = re.compile(r"[0-9A-Za-z_@-]{1,128}")
COMMON: Final = {
    "card_type", "source", "action_menu", "task_id", "main_title", "card_action", "feedback",
}  # fmt: skip
KINDS: Final[dict[str, set[str]]] = {
    "text_notice": {
        "quote_area", "emphasis_content", "sub_title_text", "horizontal_content_list", "jump_list",
    },
    "news_notice": {
        "quote_area", "horizontal_content_list", "jump_list", "card_image", "image_text_area",
        "vertical_content_list",
    },
    "button_interaction": {
        "quote_area", "sub_title_text", "horizontal_content_list", "button_selection",
        "button_list",
    },
    "vote_interaction": {"checkbox", "submit_button"},
    "multiple_interaction": {"select_list", "submit_button"},
}  # fmt: skip
ANSWERING: Final = ("button_interaction", "vote_interaction", "multiple_interaction")
Note = Callable[[str], None]


def _fault(words: str) -> BotError:
    return BotError(Code.PARAMETER, f"invalid template_card: {words}")


def check(card: Any, note: Note, *, updated: bool = False) -> Json:
    """The card, if it is one. Whether its task_id is free is for the caller to say. `note` is told
    what would be cut off, or is not known. Raises BotError."""
    if not isinstance(card, dict):
        raise _fault("missing")
    kind = card.get("card_type")
    if kind not in KINDS:
        raise _fault("card_type")
    for name in sorted(card.keys() - COMMON - KINDS[kind]):
        note(f"a {kind} has no {name}")
    _task_id(card, needed=updated or kind in ANSWERING or "action_menu" in card)
    _title(card, kind, note)
    _action(card, needed=kind in ("text_notice", "news_notice"))
    _lists(card, note)
    if kind == "news_notice" and not (card.get("card_image") or card.get("image_text_area")):
        raise _fault("card_image or image_text_area missing")
    if kind == "button_interaction":
        _buttons(card, note)
    elif kind == "vote_interaction":
        _vote(card, note)
    elif kind == "multiple_interaction":
        _selects(card, note)
    return card


def _task_id(card: Json, *, needed: bool) -> None:
    task_id = card.get("task_id")
    if task_id is None and not needed:
        return
    if not isinstance(task_id, str) or not TASK_ID.fullmatch(task_id):
        raise _fault("task_id")


def _part(card: Json, name: str) -> Json:
    part = card.get(name) or {}
    if not isinstance(part, dict):
        raise _fault(name)
    return part


def _title(card: Json, kind: str, note: Note) -> None:
    main = _part(card, "main_title")
    title, below = main.get("title"), card.get("sub_title_text")
    if not title and (kind != "text_notice" or not below):
        raise _fault("main_title.title missing")
    _cut(title, 26, "title", note)
    _cut(main.get("desc"), 30, "desc", note)
    _cut(below, 112, "sub_title_text", note)
    emphasis = _part(card, "emphasis_content")
    _cut(emphasis.get("title"), 10, "emphasis title", note)
    _cut(emphasis.get("desc"), 15, "emphasis desc", note)
    _cut(_part(card, "source").get("desc"), 13, "source", note)


def _cut(text: Any, most: int, what: str, note: Note) -> None:
    if text is None:
        return
    if not isinstance(text, str):
        raise _fault(what)
    if len(text) > most:
        note(f"{what} of {len(text)} characters, {most} are shown")


def _action(card: Json, *, needed: bool) -> None:
    action = _part(card, "card_action")
    if not action:
        if needed:
            raise _fault("card_action missing")
        return
    kind = action.get("type")
    if kind not in ((1, 2) if needed else (0, 1, 2)):
        raise _fault("card_action.type")
    if (kind == 1 and not action.get("url")) or (kind == 2 and not action.get("appid")):
        raise _fault("card_action leads nowhere")


def _several(card: Json, name: str, most: int, *, needed: bool = False) -> list[Json]:
    found = card.get(name)
    if found is None and not needed:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise _fault(name)
    if not found or len(found) > most:
        raise _fault(f"{name} size")
    return found


def _lists(card: Json, note: Note) -> None:
    for each in _several(card, "horizontal_content_list", 6):
        if each.get("type", 0) not in (0, 1, 3) or not each.get("keyname"):
            raise _fault("horizontal_content_list")
        _cut(each["keyname"], 5, "keyname", note)
        _cut(each.get("value"), 26, "value", note)
    for each in _several(card, "vertical_content_list", 4):
        _cut(each.get("title"), 38, "vertical title", note)
        _cut(each.get("desc"), 112, "vertical desc", note)
    for each in _several(card, "jump_list", 3):
        if each.get("type", 0) not in (0, 1, 2, 3) or not each.get("title"):
            raise _fault("jump_list")
        if len(str(each.get("question", "")).encode()) > 200:
            raise _fault("jump_list.question")
        _cut(each["title"], 13, "jump title", note)
    if "action_menu" in card:
        menu = _several(_part(card, "action_menu"), "action_list", 3, needed=True)
        _keys([each.get("key") for each in menu], "action_list.key", 1024)


def _keys(keys: list[Any], what: str, most: int) -> None:
    if not all(isinstance(key, str) and key and len(key.encode()) <= most for key in keys):
        raise _fault(what)
    if len(set(keys)) < len(keys):
        raise _fault(f"{what} twice")


def _label(text: Any, most: int, what: str, note: Note) -> None:
    if not text:
        raise _fault(f"{what} missing")
    _cut(text, most, what, note)


def _buttons(card: Json, note: Note) -> None:
    buttons = _several(card, "button_list", BUTTONS, needed=True)
    for each in buttons:
        _label(each.get("text"), 10, "button text", note)
        if each.get("style", 1) not in (1, 2, 3, 4):
            raise _fault("button style")
        for name in sorted(each.keys() - {"text", "style", "key"}):
            note(f"a button has no {name}")
    _keys([each.get("key") for each in buttons], "button_list.key", 1024)
    if "button_selection" in card:
        _options(_part(card, "button_selection"), CHOICES, 10, note)


def _options(part: Json, most: int, shown: int, note: Note) -> None:
    _keys([part.get("question_key")], "question_key", 1024)
    options = _several(part, "option_list", most, needed=True)
    for each in options:
        _label(each.get("text"), shown, "option text", note)
    _keys([each.get("id") for each in options], "option id", 128)


def _submit(card: Json, note: Note) -> None:
    button = _part(card, "submit_button")
    _cut(button.get("text"), 10, "submit text", note)
    _keys([button.get("key")], "submit_button.key", 1024)


def _vote(card: Json, note: Note) -> None:
    box = _part(card, "checkbox")
    if box.get("mode", 0) not in (0, 1):
        raise _fault("checkbox.mode")
    _options(box, OPTIONS, 11, note)
    _submit(card, note)


def _selects(card: Json, note: Note) -> None:
    selects = _several(card, "select_list", SELECTS, needed=True)
    for each in selects:
        _options(each, CHOICES, 10, note)
    _keys([each["question_key"] for each in selects], "question_key", 1024)
    _submit(card, note)


# ---------------------------------------------------------------------- as people see and use it


@dataclass(frozen=True, slots=True)
class Target:
    """Something on a card that can be pressed or chosen; `question` is '' for a button."""

    label: str
    key: str
    question: str = ""
    option: str = ""


def targets(card: Json) -> Iterator[Target]:
    """What answers to the bot, in the order in which it stands there; to submit comes last."""
    for button in card.get("button_list", ()):
        yield Target(button["text"], button["key"])
    submit = card.get("submit_button", {})
    for box in _boxes(card):
        if not box.get("disable"):
            for option in box["option_list"]:
                yield Target(option["text"], submit["key"], box["question_key"], option["id"])
    for item in card.get("action_menu", {}).get("action_list", ()):
        yield Target(item.get("text", ""), item["key"])
    if submit:
        yield Target(submit.get("text") or "提交", submit["key"])


def _boxes(card: Json) -> list[Json]:
    if "checkbox" in card:
        return [card["checkbox"]]
    return list(card.get("select_list", ()))


def pressed(card: Json, key: str, chosen: Iterable[Target] = ()) -> Json:
    """The event of pressing what has that key, after choosing these; the boxes that nobody
    touched say what stood in them."""
    event: Json = {
        "card_type": card["card_type"],
        "event_key": key,
        "task_id": card.get("task_id", ""),
    }
    menu = card.get("action_menu", {}).get("action_list", ())
    selected = list(_selected(card, tuple(chosen)))
    if selected and key not in {item["key"] for item in menu}:
        event["selected_items"] = {"selected_item": selected}
    return event


def _selected(card: Json, chosen: tuple[Target, ...]) -> Iterator[Json]:
    boxes = _boxes(card)
    if "button_selection" in card:
        boxes.append(card["button_selection"])
    for box in boxes:
        mine = [each.option for each in chosen if each.question == box["question_key"]]
        found = mine or _standing(box, checks="checkbox" in card)
        if found:
            yield {"question_key": box["question_key"], "option_ids": {"option_id": found}}


def _standing(box: Json, *, checks: bool) -> list[str]:
    options = box["option_list"]
    if checks:
        return [each["id"] for each in options if each.get("is_checked")]
    return [box.get("selected_id") or options[0]["id"]]


def words(card: Json) -> str:
    """The card's text as it is read, from top to bottom."""
    main = card.get("main_title", {})
    quote = card.get("quote_area", {})
    emphasis = card.get("emphasis_content", {})
    lines = [
        main.get("title"), main.get("desc"), emphasis.get("title"), emphasis.get("desc"),
        quote.get("title"), quote.get("quote_text"), card.get("sub_title_text"),
        *(f"{each['keyname']} {each.get('value', '')}".strip()
          for each in card.get("horizontal_content_list", ())),
        *("\n".join(filter(None, (each.get("title"), each.get("desc"))))
          for each in card.get("vertical_content_list", ())),
    ]  # fmt: skip
    return "\n".join(line for line in lines if line)
