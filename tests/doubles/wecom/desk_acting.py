"""Control operations: what members do. Each answers with the number of what the app is told, and
with the version of the chat after it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tests.doubles.people import NotPossible
from tests.doubles.wecom import media
from tests.doubles.wecom.asked import File
from tests.doubles.wecom.callbacks import Told
from tests.doubles.wecom.people import People, Pressed
from tests.doubles.wecom.told import Fields
from tests.doubles.wecom.world import Json, Member, Message, Robot

if TYPE_CHECKING:
    from tests.doubles.wecom.api import WecomApi


class ActingDesk:
    def __init__(self, api: WecomApi) -> None:
        self._api = api
        self._corp = api.corp
        self._people = People(api.corp, api.callbacks)
        self._presses: dict[int, Pressed] = {}

    def add_person(
        self, user: str, *, name: str = "", in_scope: bool = True, licensed: bool = True
    ) -> str:
        """A member of the enterprise; `user` keeps its case, and is the same in any."""
        if self._corp.member(user) is not None:
            raise NotPossible(f"there is a {user} already")
        self._corp.members[user.lower()] = Member(
            user, name or user, in_scope=in_scope, licensed=licensed
        )
        return user

    def add_robot(self, key: str) -> str:
        self._corp.robots[key] = Robot(key)
        return key

    def says(self, user: str, text: str) -> Json:
        return self._told(self._people.says(user, text))

    def sends(self, user: str, kind: str, *, data: str, name: str, as_text: bool = False) -> Json:
        """image, voice, video or file, `data` in base64. `as_text`: the file comes as its name
        only, which is what some installations were seen to do with files."""
        if as_text:
            return self._told(self._people.says(user, name))
        content = base64.b64decode(data)
        if kind != "file":
            media.checked(kind, File(name, content))
        kept = self._corp.keep(kind, name, content)
        fields: dict[str, list[tuple[str, str]]] = {
            "image": [("PicUrl", f"{self._corp.base_url}/picture/{kept.id}")],
            "voice": [("Format", "amr")],
            "video": [("ThumbMediaId", kept.id)],
            "file": [("FileName", name)],
        }
        found: Fields = [("MediaId", kept.id), *fields[kind]]
        return self._told(self._people.sends(user, kind, found, shown={}, media=kept))

    def sends_fields(self, user: str, kind: str, fields: list[tuple[str, Any]]) -> Json:
        """A message of any kind with these elements: location, link, whatever may come yet."""
        shown = {
            "title": str(dict(fields).get("Title", dict(fields).get("Label", ""))),
            "description": str(dict(fields).get("Description", "")),
            "url": str(dict(fields).get("Url", "")),
        }
        return self._told(self._people.sends(user, kind, _pairs(fields), shown=shown))

    def tells_event(self, user: str, event: str, fields: list[tuple[str, Any]]) -> Json:
        return self._told(self._people.event(user, event, _pairs(fields)))

    def opens_app(self, user: str) -> Json:
        told = self._people.opens_app(user)
        member = self._people.member(user)
        return self._told(told) if told else {"told": 0, "version": member.chat.version}

    def clicks_menu(self, user: str, label: str) -> Json:
        return self._told(self._people.clicks_menu(user, label))

    def presses(
        self,
        user: str,
        label: str,
        *,
        message_id: int | None = None,
        chosen: list[str] | None = None,
    ) -> Json:
        pressed, told = self._people.presses(
            user, label, message_id=message_id, chosen=chosen or ()
        )
        self._presses[told.number] = pressed
        return self._told(told) | {"message_id": pressed.card.id}

    def presses_again(self, user: str, press: int) -> Json:
        """Once more what was pressed then, whatever has become of the card."""
        told = self._people.presses_again(user, self._presses[press])
        self._presses[told.number] = self._presses[press]
        return self._told(told)

    def forges(
        self, user: str, key: str, *, task_id: str = "forged", selected: list[str] | None = None
    ) -> Json:
        """A press on a card that is not there, with any key."""
        card = Message(
            0, out=True, kind="template_card", at=0.0,
            fields={"card_type": "vote_interaction" if selected else "button_interaction",
                    "task_id": task_id},
        )  # fmt: skip
        items = (("choose", selected),) if selected else ()
        return self._told(self._people.presses_again(user, Pressed(card, key, items)))

    def presses_corner(self, user: str, label: str) -> Json:
        return self._told(self._people.presses_corner(user, label))

    def enters_scope(self, user: str) -> Json:
        return self._told(self._people.enters_scope(user))

    def leaves(self, user: str, *, corp: bool = False) -> Json:
        return self._told(self._people.leaves(user, corp=corp))

    def visits(self, user: str = "") -> None:
        """Whoever opens the login page from now on is this member; '' nobody known."""
        self._corp.visitor = user

    def _told(self, told: Told) -> Json:
        return {"told": told.number, "version": told.member.chat.version}


def _pairs(fields: Any) -> Any:
    """JSON has no tuples: elements with children come as lists of pairs."""
    return [(name, _pairs(value) if isinstance(value, list) else value) for name, value in fields]
