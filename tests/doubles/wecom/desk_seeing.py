"""Control operations: seeing what stands, and waiting for it."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import TYPE_CHECKING

from tests.doubles.people import NotPossible
from tests.doubles.reach import WaitedInVain
from tests.doubles.views import call_view
from tests.doubles.wecom import views
from tests.doubles.wecom.world import Chat, Json

if TYPE_CHECKING:
    from tests.doubles.wecom.api import WecomApi

DEFAULT_WAIT = 10.0


class SeeingDesk:
    def __init__(self, api: WecomApi) -> None:
        self._api = api
        self._corp = api.corp

    def about(self) -> Json:
        corp = self._corp
        return {
            "base_url": self._api.base_url, "control_url": self._api.control_url,
            "corp_id": corp.corp_id, "agent_id": corp.agent_id, "secret": corp.secret,
            "token": corp.lock.token, "aes_key": corp.lock.aes_key,
        }  # fmt: skip

    def messages(self, *, user: str = "", robot: str = "", since: int = 0) -> list[Json]:
        """What came or changed after version `since`, with the member or in the robot's group."""
        return [views.message_view(m) for m in self._chat(user, robot).since(since)]

    def version(self, user: str) -> int:
        return self._chat(user, "").version

    def said(self, user: str) -> list[str]:
        """Every text of the app's that was ever shown, also what was changed since."""
        return self._chat(user, "").said

    def media(self, media_id: str) -> str:
        """The content of a file, base64, however old it is."""
        found = self._corp.media.get(media_id)
        if found is None:
            found = next(r.media[media_id] for r in self._corp.robots.values()
                         if media_id in r.media)  # fmt: skip
        return base64.b64encode(found.data).decode()

    def menu(self) -> list[Json]:
        return self._corp.menu

    def notes(self) -> list[str]:
        """What WeCom would have shown cut off; assert == []."""
        return self._corp.notes

    def bugs(self) -> list[str]:
        return list(self._api.bugs)

    def faulty_replies(self) -> list[str]:
        """What was wrong with passive replies that WeCom would ignore."""
        return self._api.callbacks.faulty_replies

    def calls(
        self, *, method: str = "*", after: int = 0, user: str = "", executed: bool | None = None,
        limit: int = 1000,
    ) -> list[Json]:  # fmt: skip
        """The last `limit` calls that fit, oldest first; of `user` those that name the member."""
        found = self._corp.log.find(method, chat_id=None, after=after, executed=executed)
        views_ = [call_view(c) for c in found if not user or _names(c.params, user.lower())]
        return views_[-limit:]

    def counts(self) -> Json:
        """`{"message/send 0": 12, ...}`; `dropped` beyond the limits, `repeated` requests that
        were known again, callbacks by state, cut or overlong texts."""
        states: dict[str, int] = {}
        for told in self._api.callbacks.kept:
            states[told.state] = states.get(told.state, 0) + 1
        return {
            "calls": dict(self._corp.log.counts),
            "total": self._corp.log.total,
            "dropped": self._corp.dropped,
            "repeated": self._corp.repeated,
            "told": states,
            "notes": len(self._corp.notes),
        }

    def dropped(self, user: str) -> int:
        return self._chat(user, "").dropped

    def told(self, *, after: int = 0, state: str = "") -> list[Json]:
        """What the app was told, oldest first."""
        return [
            views.told_view(t)
            for t in self._api.callbacks.kept
            if t.number > after and (not state or t.state == state)
        ]

    # ------------------------------------------------------------------ waiting

    async def wait_message(
        self,
        *,
        user: str = "",
        robot: str = "",
        contains: str = "",
        since: int = 0,
        count: int = 1,
        timeout: float = DEFAULT_WAIT,  # noqa: ASYNC109 - a control argument
    ) -> list[Json]:
        """`count` messages of the app's with these words, new or changed after `since`."""
        where = self._chat(user, robot)
        end = time.monotonic() + timeout
        while True:
            found = [m for m in where.since(since) if m.out and views.has(m, contains)]
            if len(found) >= count:
                return [views.message_view(m) for m in found]
            left = end - time.monotonic()
            if left <= 0:
                shown = [m.text for m in where.messages][-6:]
                raise WaitedInVain(f"no {contains!r} for {user or robot}; last there: {shown}")
            await where.changed(left)

    async def wait_change(
        self,
        user: str,
        *,
        since: int,
        timeout: float = DEFAULT_WAIT,  # noqa: ASYNC109 - a control argument
    ) -> int:
        """The version as soon as it is above `since`, or when the time is over."""
        where = self._chat(user, "")
        if where.version <= since:
            await where.changed(timeout)
        return where.version

    async def wait_told(
        self,
        number: int,
        *,
        tries: int = 0,
        timeout: float = DEFAULT_WAIT,  # noqa: ASYNC109 - a control argument
    ) -> Json:
        """Until this is taken or given up; with `tries`, until it was tried so often."""
        callbacks = self._api.callbacks
        found = next((t for t in reversed(callbacks.kept) if t.number == number), None)
        if found is None:
            raise NotPossible(f"nothing told has number {number}")
        end = time.monotonic() + timeout
        while found.state == "open" and not (tries and len(found.tries) >= tries):
            left = end - time.monotonic()
            if left <= 0:
                raise WaitedInVain(f"{found.kind} of {found.member.userid}: {found.tries}")
            await callbacks.changes.changed(left)
        return views.told_view(found)

    async def wait_calls(
        self,
        *,
        method: str = "*",
        count: int = 1,
        after: int = 0,
        executed: bool | None = None,
        timeout: float = DEFAULT_WAIT,  # noqa: ASYNC109 - a control argument
    ) -> list[Json]:
        """Until so many calls fit; calls under way count too, with outcome "open"."""
        log = self._corp.log
        end = time.monotonic() + timeout
        while True:
            found = list(log.find(method, chat_id=None, after=after, executed=executed))
            if len(found) >= count:
                return [call_view(c) for c in found]
            if time.monotonic() > end:
                raise WaitedInVain(f"{len(found)} of {count} calls {method}: {dict(log.counts)}")
            await asyncio.sleep(0.01)

    async def wait_idle(
        self,
        *,
        quiet: float = 0.15,
        timeout: float = 30.0,  # noqa: ASYNC109 - a control argument
    ) -> None:
        """Until all that was told is settled, no call is open and none came for `quiet` s."""
        log, callbacks = self._corp.log, self._api.callbacks
        end = time.monotonic() + timeout
        while True:
            rest = quiet - (time.monotonic() - log.last_at)
            if not callbacks.open and not log.open and rest <= 0:
                return
            if time.monotonic() > end:
                raise WaitedInVain(
                    f"not idle: {callbacks.open} callbacks and {log.open} calls open"
                )
            await asyncio.sleep(max(0.01, min(rest, 0.05)))

    def _chat(self, user: str, robot: str) -> Chat:
        if robot:
            return self._corp.robots[robot].chat
        member = self._corp.member(user)
        if member is None:
            raise NotPossible(f"there is no member {user}")
        return member.chat


def _names(params: Json, user: str) -> bool:
    named = [*str(params.get("touser", "")).split("|"), *params.get("userids", ())]
    return user in (str(each).lower() for each in named)
