"""What members do in the client: each act changes their chat and is told to the app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.doubles.people import NotPossible
from tests.doubles.wecom import told
from tests.doubles.wecom.callbacks import Callbacks, Told
from tests.doubles.wecom.world import Corp, Json, Media, Member, Message


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a press is: the card, the key, and what was chosen on it by question."""

    card: Message
    key: str
    selected: tuple[tuple[str, list[str]], ...] = ()


class People:
    def __init__(self, corp: Corp, callbacks: Callbacks) -> None:
        self.corp, self.callbacks = corp, callbacks

    def member(self, userid: str) -> Member:
        found = self.corp.member(userid)
        if found is None:
            raise NotPossible(f"there is no member {userid}")
        return found

    def _inside(self, userid: str) -> Member:
        member = self.member(userid)
        if member.left or not member.in_scope:
            raise NotPossible(f"{userid} does not see the app")
        return member

    def sends(
        self,
        userid: str,
        kind: str,
        fields: told.Fields,
        *,
        shown: Json,
        media: Media | None = None,
    ) -> Told:
        member = self._inside(userid)
        msgid = self.corp.next_msgid()
        member.chat.add(
            Message(0, out=False, kind=kind, fields=shown, at=self.corp.now(), msgid=msgid,
                    media=media)
        )  # fmt: skip
        plain = told.message(self.corp, member, kind=kind, fields=fields, msgid=msgid)
        return self.callbacks.tell(member, plain, kind=kind)

    def says(self, userid: str, text: str) -> Told:
        if not text.strip():
            raise NotPossible("a client sends no blank message")
        return self.sends(userid, "text", [("Content", text)], shown={"content": text})

    def event(self, userid: str, name: str, fields: told.Fields = (("EventKey", ""),)) -> Told:
        """Any event, also of somebody who does not see the app (any more)."""
        member = self.member(userid)
        return self.callbacks.tell(member, told.event(self.corp, member, name, fields), kind=name)

    def opens_app(self, userid: str) -> Told | None:
        self._inside(userid)
        return self.event(userid, "enter_agent") if self.corp.settings.enters else None

    def clicks_menu(self, userid: str, label: str) -> Told:
        self._inside(userid)
        for top in self.corp.menu:
            for entry in top.get("sub_button") or [top]:
                if entry["name"] == label:
                    kind = str(entry["type"])
                    key = str(entry.get("key") or entry.get("url", ""))
                    return self.event(userid, kind, [("EventKey", key)])
        raise NotPossible(f"no menu entry {label!r}")

    # ------------------------------------------------------------------ cards

    def presses(
        self, userid: str, label: str, *, message_id: int | None = None, chosen: Sequence[str] = ()
    ) -> tuple[Pressed, Told]:
        """The button of that text or key; or an option of that text or id, and 「提交」 after it;
        or with `chosen` several options and the submit button `label`."""
        member = self._inside(userid)
        found = self._find(member, label, message_id=message_id, chosen=chosen)
        plain = told.click(self.corp, member, found.card, key=found.key, selected=found.selected)
        return found, self.callbacks.tell(
            member, plain, kind="template_card_event", card=found.card
        )

    def presses_again(self, userid: str, pressed: Pressed) -> Told:
        """The same press once more: a fresh ResponseCode, whatever became of the card."""
        member = self._inside(userid)
        plain = told.click(
            self.corp, member, pressed.card, key=pressed.key, selected=pressed.selected
        )
        return self.callbacks.tell(member, plain, kind="template_card_event", card=pressed.card)

    def presses_corner(self, userid: str, label: str) -> Told:
        """An entry of the menu in a card's corner."""
        member = self._inside(userid)
        for card in reversed(member.chat.messages):
            menu = card.fields.get("action_menu", {}) if card.kind == "template_card" else {}
            for entry in menu.get("action_list", ()):
                if label in (entry["text"], entry["key"]):
                    plain = told.menu_click(self.corp, member, card, key=entry["key"])
                    return self.callbacks.tell(
                        member, plain, kind="template_card_menu_event", card=card
                    )
        raise NotPossible(f"no card has {label!r} in its corner")

    def _find(
        self, member: Member, label: str, *, message_id: int | None, chosen: Sequence[str]
    ) -> Pressed:
        for card in reversed(member.chat.messages):
            if card.kind != "template_card" or not card.live:
                continue
            if message_id is not None and card.id != message_id:
                continue
            found = pressed(card, label, chosen)
            if found is not None:
                return found
        raise NotPossible(f"{member.userid} sees no button {label!r}")

    # ------------------------------------------------------------------ coming and going

    def enters_scope(self, userid: str) -> Told:
        member = self.member(userid)
        member.in_scope, member.left = True, False
        return self.event(userid, "subscribe")

    def leaves(self, userid: str, *, corp: bool = False) -> Told:
        """Out of the app's scope, or out of the enterprise altogether."""
        member = self.member(userid)
        member.in_scope, member.left = False, corp
        return self.event(userid, "unsubscribe")


def pressed(card: Message, label: str, chosen: Sequence[str]) -> Pressed | None:
    """The press on this card that is meant, if it has it."""
    body = card.fields
    if body["card_type"] == "button_interaction":
        selection = body.get("button_selection")
        for button in body.get("button_list", ()):
            if label in (button["text"], button.get("key")):
                if button.get("type", 0) != 0:
                    raise NotPossible(f"button {label!r} opens an address")
                return Pressed(card, button["key"], _selected([selection], chosen, dropdown=True))
        return None
    boxes = [body["checkbox"]] if "checkbox" in body else body.get("select_list", [])
    if not boxes or "submit_button" not in body:
        return None
    submit = body["submit_button"]
    dropdown = "checkbox" not in body
    if chosen:
        if label not in (submit.get("text", "提交"), submit["key"]):
            return None
        return Pressed(card, submit["key"], _selected(boxes, chosen, dropdown=dropdown))
    if any(label in (o["text"], o["id"]) for box in boxes for o in box["option_list"]):
        return Pressed(card, submit["key"], _selected(boxes, [label], dropdown=dropdown))
    return None


def _selected(
    boxes: Sequence[Json | None], chosen: Sequence[str], *, dropdown: bool
) -> tuple[tuple[str, list[str]], ...]:
    """By question what is chosen in it, else what stands selected from the beginning: in a list
    to drop down that is the first option where none is named."""
    found = []
    for box in boxes:
        if box is None:
            continue
        options = box["option_list"]
        ids = [o["id"] for o in options if o["text"] in chosen or o["id"] in chosen]
        if not ids:
            ids = [o["id"] for o in options if o.get("is_checked")]
        if dropdown:
            ids = ids[:1] or [box.get("selected_id") or options[0]["id"]]
        elif box.get("mode", 0) == 0:
            ids = ids[:1]
        found.append((str(box["question_key"]), ids))
    return tuple(found)
