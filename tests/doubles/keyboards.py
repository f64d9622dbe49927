"""Reply markup: what Telegram accepts under a message and what a bot gets back of it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.doubles.world import Json, bad

BUTTONS_A_MESSAGE = 100
BUTTONS_A_ROW = 8
DATA_BYTES = 64
COPY_LIMIT = 256
STYLES = frozenset({"primary", "success", "danger"})
ACTIONS = frozenset({
    "url", "callback_data", "web_app", "login_url", "switch_inline_query",
    "switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "copy_text",
    "callback_game", "pay",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Markup:
    """`inline` is echoed with the message; a reply keyboard only changes what the chat shows."""

    inline: Json | None = None
    reply: list[list[Json]] | None = None
    removes: bool = False
    forces: bool = False

    @property
    def plain(self) -> bool:
        """True where the message carries nothing but an inline keyboard, or nothing at all."""
        return self.reply is None and not self.removes and not self.forces


NONE = Markup()


def read_markup(value: object, *, private: bool) -> Markup:
    if value is None or value == "":
        return NONE
    if not isinstance(value, dict):
        raise bad("object expected as reply markup")
    if "inline_keyboard" in value:
        rows = _rows(value["inline_keyboard"], "inline_keyboard")
        kept = [[_inline_button(b, private=private) for b in row] for row in rows if row]
        _check_size(kept)
        return Markup(inline={"inline_keyboard": kept} if kept else None)
    if "keyboard" in value:
        rows = _rows(value["keyboard"], "keyboard")
        plain = [[_plain_button(b) for b in row] for row in rows if row]
        _check_size(plain)
        return Markup(reply=plain)
    if value.get("remove_keyboard"):
        return Markup(removes=True)
    if value.get("force_reply"):
        return Markup(forces=True)
    return NONE


def _rows(value: object, name: str) -> list[list[object]]:
    if not isinstance(value, list):
        raise bad(f'field "{name}" must be of type Array')
    for row in value:
        if not isinstance(row, list):
            raise bad(f'field "{name}" must be an Array of Arrays')
    return value


def _check_size(rows: list[list[Json]]) -> None:
    if sum(map(len, rows)) > BUTTONS_A_MESSAGE or any(len(r) > BUTTONS_A_ROW for r in rows):
        raise bad("reply markup is too long")


def _plain_button(button: object) -> Json:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise bad("keyboard button text must be non-empty")
    return button


def _inline_button(button: object, *, private: bool) -> Json:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: expected an Object")
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad("inline keyboard button text must be non-empty")
    if ACTIONS.isdisjoint(button):
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the "
                  "inline keyboard")  # fmt: skip
    if "callback_data" in button:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= DATA_BYTES:
            raise bad("BUTTON_DATA_INVALID")
        if len(button) == 2:
            return button
    if "url" in button:
        _check_url(str(button["url"]))
    if "copy_text" in button:
        copied = button["copy_text"]
        if not isinstance(copied, dict) or not 1 <= len(copied.get("text", "")) <= COPY_LIMIT:
            raise bad("BUTTON_COPY_TEXT_INVALID")
    if "web_app" in button and not private:
        raise bad("BUTTON_TYPE_INVALID")
    if button.get("style") is not None and button["style"] not in STYLES:
        raise bad("can't parse inline keyboard button: invalid button style specified")
    return button


def _check_url(url: str) -> None:
    """Loopback addresses are let through, unlike at Telegram: demos use them."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    known = parts.scheme in ("http", "https", "tg", "ton", "tonsite")
    named = parts.scheme in ("tg", "ton") or "." in parts.netloc or ":" in parts.netloc
    if not known or not named or " " in url:
        raise bad(f"inline keyboard button URL '{url}' is invalid: wrong HTTP URL")
