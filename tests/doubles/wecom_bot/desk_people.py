"""Control operations: what people do. `group` is a group's chatid, the chat with the bot alone
where it is left out; files come as base64 or as a size in bytes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.doubles.people import NotPossible
from tests.doubles.wecom_bot.world import File, Json, Member, Message

if TYPE_CHECKING:
    from tests.doubles.wecom_bot.server import WecomBot


class PeopleDesk:
    def __init__(self, double: WecomBot) -> None:
        self._it = double
        self._next = 1

    def add_person(self, name: str, *, userid: str = "") -> str:
        userid = userid or f"Member{self._next}"
        self._next += 1
        return self._it.people.add(userid, name).userid

    def add_group(self, chatid: str, *, members: Sequence[str]) -> str:
        self._it.people.add_group(chatid, [self._member(each) for each in members])
        return chatid

    def leaves(self, userid: str, *, left: bool = True) -> None:
        """Out of the bot's visible scope, or back in it."""
        self._member(userid).left = left

    def says(
        self, userid: str, text: str, *, group: str | None = None, quoted: int | None = None
    ) -> Json:
        member = self._member(userid)
        made = self._it.people.says(member, text, group=group, quoted=quoted)
        return self._done(member, made, group)

    def speaks(self, userid: str, text: str) -> Json:
        member = self._member(userid)
        return self._done(member, self._it.people.speaks(member, text), None)

    def sends(
        self,
        userid: str,
        kind: str,
        name: str,
        *,
        data: str = "",
        size: int = 0,
        disposition: str = "star",
        wrong_key: bool = False,
    ) -> Json:
        """`kind`: image, video or file."""
        if kind not in ("image", "video", "file"):
            raise ValueError("kind: one of image, video, file")
        member = self._member(userid)
        made = self._it.people.sends(
            member, _file(kind, name, data, size), disposition=disposition, wrong_key=wrong_key
        )
        return self._done(member, made, None)

    def sends_mixed(self, userid: str, items: list[Json], *, group: str | None = None) -> Json:
        """`items`: `{"text": ...}` or a picture's `{"name": ..., "data": ...}`."""
        member = self._member(userid)
        given = [
            str(each["text"]) if "text" in each else _file("image", each["name"], each["data"], 0)
            for each in items
        ]
        return self._done(member, self._it.people.sends_mixed(member, given, group=group), group)

    def opens_chat(self, userid: str) -> bool:
        return self._it.people.opens_chat(self._member(userid))

    def gives_feedback(self, userid: str, kind: int, *, words: str = "") -> None:
        self._it.people.gives_feedback(self._member(userid), kind, words)

    def presses(
        self,
        userid: str,
        labels: list[str],
        *,
        group: str | None = None,
        message_id: int | None = None,
    ) -> Json:
        member = self._member(userid)
        chat = self._it.people.chat_of(member, group)
        before = chat.version
        made = self._it.people.presses(member, labels, group=group, message_id=message_id)
        return {"id": made.id, "version": before}

    def forges(self, userid: str, event: Json) -> None:
        self._it.people.forges(self._member(userid), event)

    def _member(self, userid: str) -> Member:
        found = self._it.world.members.get(userid)
        if found is None:
            raise NotPossible(f"nobody is called {userid}")
        return found

    def _done(self, member: Member, made: Message, group: str | None) -> Json:
        return {"id": made.id, "version": self._it.people.chat_of(member, group).version}


def _file(kind: str, name: str, data: str, size: int) -> File:
    return File(name, kind, base64.b64decode(data) if data else bytes(size))
