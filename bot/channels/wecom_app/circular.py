"""One call for up to a thousand people: rendered and kept before, sent byte for byte.

WeCom does not show a repeated request within four hours, so a call in doubt is made again with
exactly what was kept. Where choices are typed each person has a call, for each has other numbers.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import orjson

from bot.channels.base import (
    DeliveryError,
    InDoubt,
    Outgoing,
    RecipientGone,
    RetryLater,
    Sent,
    Unavailable,
)
from bot.channels.wecom_app import render
from bot.channels.wecom_app.files import Files, Known
from bot.channels.wecom_app.ladder import Ladder
from bot.channels.wecom_app.render import Form
from bot.channels.wecom_app.sending import CHECK_SECONDS, CHOICES, addressed, checked, gone
from bot.channels.wecom_app.share import Share
from bot.in_order import InOrder
from bot.wecom import cards
from bot.wecom.clicks import Clicks
from bot.wecom.client import Client
from bot.wecom.http import Json, encoded
from bot.wecom.verdict import BAD_KIND, BAD_MEDIA, Refused

log = logging.getLogger(__name__)

_REMEMBERED: Final = 200
_APART: Final = 1000  # seconds by which the times differ for which notices are checked


@dataclass(slots=True)
class Calls:
    """The requests, each with the message_ref it gives; `known` is the upload they name. How many
    are `done` and what WeCom said of single accounts is this process's own memory. Who makes them
    holds the `turn`: others may come meanwhile for rows of the same call."""

    requests: list[tuple[str, Json]]
    known: str = ""
    done: int = 0
    problems: dict[str, DeliveryError] = field(default_factory=dict)
    fresh: bool = False  # uploaded again since this was kept
    said: bool = False  # text and file were, and choices follow in another form
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __str__(self) -> str:
        return encoded({"known": self.known, "requests": self.requests}).decode()

    @classmethod
    def parse(cls, text: str) -> Calls:
        kept = orjson.loads(text)
        return cls([(ref, body) for ref, body in kept["requests"]], kept["known"])


class AppCircular:
    """Has share, order and clicks in common with the answers: a person is one for both."""

    most = 1000
    window = timedelta(hours=3.5)

    def __init__(
        self,
        client: Client,
        files: Files,
        ladder: Ladder,
        *,
        share: Share,
        order: InOrder[str],
        clicks: Clicks,
        agent: int,
        link: str,
    ) -> None:
        self._client = client
        self._files = files
        self._ladder = ladder
        self._share = share
        self._order = order
        self._clicks = clicks
        self._agent = agent
        self._link = link
        self._begun: OrderedDict[str, Calls] = OrderedDict()

    async def prepare(self, messages: Sequence[Outgoing]) -> str:
        return str(await self._prepared(messages, said=False))

    async def send_all(
        self, messages: Sequence[Outgoing], calls: str
    ) -> Mapping[str, Sent | DeliveryError]:
        """What surely did not leave, and what is in doubt, is raised for all of them: at the next
        attempt those calls that were made are not made again, by this process at least."""
        async with self._order.to_all([message.account for message in messages]):
            return await self._send_all(messages, calls)

    async def _send_all(
        self, messages: Sequence[Outgoing], calls: str
    ) -> Mapping[str, Sent | DeliveryError]:
        key = hashlib.sha256(calls.encode()).hexdigest()
        begun = self._begun.setdefault(key, Calls.parse(calls))
        self._begun.move_to_end(key)
        if len(self._begun) > _REMEMBERED:
            self._begun.popitem(last=False)
        async with begun.turn:
            begun = self._begun.get(key, begun)
            while begun.done < len(begun.requests):
                try:
                    await self._next(begun)
                except Refused as refusal:
                    begun = self._begun[key] = await self._otherwise(messages, begun, refusal)
                except (RetryLater, Unavailable) as error:
                    if begun.done:
                        raise InDoubt(f"stopped midway: {error}") from None
                    raise
            self._begun.pop(key, None)
        refs = {account: ref for ref, body in begun.requests for account in _accounts(body)}
        # in another form than the one that was kept they are for those alone who were asked for
        return {
            message.account: begun.problems.get(message.account)
            or Sent(refs[message.account], begun.known)
            for message in messages
            if message.account in begun.problems or message.account in refs
        }

    # ------------------------------------------------------------ making the calls

    async def _prepared(
        self, messages: Sequence[Outgoing], *, said: bool, form: Form | None = None
    ) -> Calls:
        """`form` where it is not what the deployment is known to show."""
        first = await self._files.fitting(messages[0])
        upload = None
        if first.file is not None and not said:
            upload = await self._files.known(first.file, spare=self.window)
        form = form or await self._ladder.form()
        requests = [
            request
            for group in _groups(messages, typed=form is not Form.CARDS and bool(first.buttons))
            for request in self._requests(group, first, upload=upload, form=form, said=said)
        ]
        return Calls(requests, str(upload or ""))

    def _requests(
        self,
        group: Sequence[Outgoing],
        first: Outgoing,
        *,
        upload: Known | None,
        form: Form,
        said: bool,
    ) -> Iterator[tuple[str, Json]]:
        """All parts for those in the group. `first` is what they are shown."""
        shown = replace(
            first,
            key="\0".join(sorted(message.key for message in group)),
            number=group[0].number if len(group) == 1 else 0,
        )
        accounts = sorted({message.account for message in group})
        ref = cards.first_id(shown.key)
        apart = int(ref[:8], 16) % _APART
        made = render.parts(
            shown, form=form, link=self._link, said=said, markdown=self._ladder.markdown
        )
        for number, part in enumerate(made):
            if part.labels:
                self._clicks.shown(ref, part.labels)
            body = upload.body if part.is_file and upload is not None else part.body
            # a request is known again by all that is in it: two parts or notices in the same
            # words differ in the time for which they are checked
            seconds = CHECK_SECONDS - apart - number
            yield ref, addressed(body, accounts, agent=self._agent) | checked(seconds)

    async def _next(self, begun: Calls) -> None:
        ref, body = begun.requests[begun.done]
        accounts = _accounts(body)
        try:
            async with self._share.place(accounts):
                answer = await self._client.post("message/send", encoded(body))
        except RecipientGone as error:
            begun.problems |= dict.fromkeys(accounts, error)
        else:
            begun.problems |= gone(answer)
            code = answer.get("response_code")
            if len(accounts) == 1 and isinstance(code, str) and code:
                self._clicks.note(accounts[0], ref, code)
        begun.done += 1

    async def _otherwise(
        self, messages: Sequence[Outgoing], begun: Calls, refusal: Refused
    ) -> Calls:
        """Another way to say what was refused; else these accounts have that problem."""
        _, body = begun.requests[begun.done]
        kind = str(body["msgtype"])
        if refusal.code == BAD_KIND and kind in CHOICES:
            await self._ladder.down(CHOICES[kind])
            return await self._in_another_form(messages, begun)
        if kind == "template_card":  # which is for all of them at once
            log.warning("a card was refused (errcode %s), its choices go as text", refusal.code)
            return await self._in_another_form(messages, begun, form=Form.TEXT)
        if refusal.code == BAD_KIND and kind == "markdown":
            self._ladder.markdown = False
            other = await self._prepared(messages, said=begun.said)
            other.problems, other.said, other.done = begun.problems, begun.said, begun.done
            other.turn = begun.turn
            return other
        if refusal.code == BAD_MEDIA and (file := messages[0].file) and not begun.fresh:
            self._files.forget(file)
            upload = await self._files.known(replace(file, known=""), spare=self.window)
            begun.known, begun.fresh = str(upload), True
            for place, (other_ref, other_body) in enumerate(begun.requests):
                if other_body["msgtype"] in ("image", "file"):
                    begun.requests[place] = (other_ref, other_body | upload.body)
            return begun
        begun.problems |= dict.fromkeys(_accounts(body), refusal)
        begun.done += 1
        return begun

    async def _in_another_form(
        self, messages: Sequence[Outgoing], begun: Calls, *, form: Form | None = None
    ) -> Calls:
        """What has been said already is not said again."""
        said = begun.said or begun.done > 0
        other = await self._prepared(messages, said=said, form=form)
        other.problems, other.said, other.turn = begun.problems, said, begun.turn
        return other


def _groups(messages: Sequence[Outgoing], *, typed: bool) -> list[Sequence[Outgoing]]:
    return [[message] for message in messages] if typed else [messages]


def _accounts(body: Json) -> list[str]:
    return str(body["touser"]).split("|")
