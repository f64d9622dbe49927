"""Sends and edits: a message in all its parts, each part once even when the whole is tried again.

A card can be changed only in the answer to a press on it, within seconds. Then it becomes the new
card if that says it all; else it says what was chosen, and the answer comes below. Without a press
an edit is a new message. Who has just opened the chat is greeted in the same breath, because
nothing else reaches somebody who never wrote.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from bot.begun import Begun
from bot.channels.base import (
    DeliveryError,
    InDoubt,
    OutFile,
    Outgoing,
    RecipientGone,
    Rejected,
    RetryLater,
    Sent,
    Unavailable,
)
from bot.channels.wecom_bot.link import Link
from bot.channels.wecom_bot.moments import Moment, Moments
from bot.channels.wecom_bot.render import (
    Json,
    Part,
    Rendered,
    in_place,
    markdown,
    message_ref,
    rendered,
    settled,
)
from bot.channels.wecom_bot.uploads import Uploads
from bot.wecom.pace import Windows
from bot.wecom.verdict import BAD_KIND, BAD_MEDIA, Refused

log = logging.getLogger(__name__)

SINGLE: Final = 1  # chat_type of one person
AN_HOUR: Final = 900  # messages, of 1,000
_FIRST: Final = "#0"  # ends the key of the first answer to an update
_REMEMBERED: Final = 2000


class Sender:
    """`url` is where a card leads that must lead somewhere, '' if nowhere in particular; `rate`
    how many messages a minute a person is sent."""

    def __init__(
        self, link: Link, uploads: Uploads, moments: Moments, *, url: str, rate: float
    ) -> None:
        self._link = link
        self._uploads = uploads
        self._moments = moments
        self._url = url
        self._begun = Begun()
        self._minute = Windows(most=int(rate))
        self._hour = Windows(most=max(AN_HOUR, int(rate) * 36), seconds=3600.0)
        self._labels: OrderedDict[str, dict[str, str]] = OrderedDict()

    async def send(self, message: Outgoing) -> Sent:
        """Raises DeliveryError; what was sent before it stays counted."""
        try:
            what = (
                await asyncio.to_thread(rendered, message) if message.file else rendered(message)
            )
        except OSError as error:
            raise Rejected(f"file can't be read ({type(error).__name__})") from None
        done, known = self._begun.of(message.key)
        greeted = not done and await self._greet(message, what)
        if greeted:
            done = what.greeted
            self._begun.note(message.key, done)
        for number, part in enumerate(what.parts[done:], done + 1):
            try:
                known = await self._push(message, part) or known
            except RecipientGone:
                if not greeted:
                    raise
                break  # greeted, and never wrote: the rest comes with the first answer
            self._begun.note(message.key, number, known)
        self._begun.over(message.key)
        ref = message_ref(message.key)
        self._remember(ref, what.labels)
        return Sent(ref, known)

    async def edit(self, message: Outgoing, ref: str) -> Sent:
        """Raises DeliveryError."""
        press = self._moments.take(_pressed(message.account, ref), serial=self._link.serial)
        if press is None:
            return await self.send(message)
        card = in_place(message, press.task_id, self._url)
        if card is None:
            label = self._labels.get(ref, {}).get(press.action, "")
            with suppress(RetryLater, InDoubt, Rejected, Unavailable):
                await self._update(message, settled(label, press.task_id, self._url), press)
            return await self.send(message)
        try:
            await self._update(message, card, press)
        except Rejected as refusal:
            log.info("a card was not changed, sent anew: %s", refusal)
            return await self.send(message)
        self._remember(ref, _labels_of(message))
        return Sent(ref)

    def heard_press(self, account: str, ref: str, press: Moment) -> None:
        self._moments.note(_pressed(account, ref), press)

    async def _update(self, message: Outgoing, card: Json, press: Moment) -> None:
        with self._place(message.account):
            await self._link.ask(
                "aibot_respond_update_msg",
                {
                    "response_type": "update_template_card",
                    "userids": [message.account],
                    "template_card": card,
                },
                req_id=press.req_id,
                seconds=max(0.1, press.left),
            )

    async def _greet(self, message: Outgoing, what: Rendered) -> bool:
        """Whether the beginning was shown to somebody who has just opened the chat."""
        if not what.greeting or not message.key.endswith(_FIRST):
            return False
        opened = self._moments.take(message.key.removesuffix(_FIRST), serial=self._link.serial)
        if opened is None:
            return False
        try:
            with self._place(message.account):
                await self._link.ask(
                    "aibot_respond_welcome_msg",
                    what.greeting,
                    req_id=opened.req_id,
                    seconds=max(0.1, opened.left),
                )
        except InDoubt:
            raise
        except DeliveryError as error:
            log.info("nobody was greeted: %s", error)
            return False
        return True

    async def _push(self, message: Outgoing, part: Part) -> str:
        """What is to be remembered of an uploaded file, '' for none."""
        account = message.account
        if part.file is not None:
            return await self._file(account, part, part.file)
        try:
            await self._once(account, part.body)
        except Rejected as refusal:
            if not part.task_id:
                raise
            if message.again and not (isinstance(refusal, Refused) and refusal.code == BAD_KIND):
                return ""  # its id was used: the first one did arrive
            log.warning("a card was refused, sent as text: %s", refusal)
            if part.instead:
                await self._once(account, markdown(part.instead).body)
        return ""

    async def _file(self, account: str, part: Part, file: OutFile) -> str:
        kind = part.kind
        media_id = self._uploads.known(file, kind)
        if media_id:
            try:
                await self._once(account, part.body | {kind: {"media_id": media_id}})
                return file.known
            except Refused as refusal:
                if refusal.code != BAD_MEDIA:
                    raise
                log.info("a file sent before has to be uploaded again")
        media_id = await self._uploads.upload(file, kind)
        await self._once(account, part.body | {kind: {"media_id": media_id}})
        return self._uploads.kept(kind, media_id)

    async def _once(self, account: str, body: Json) -> None:
        with self._place(account):
            await self._link.ask("aibot_send_msg", {"chatid": account, "chat_type": SINGLE} | body)

    @contextmanager
    def _place(self, account: str) -> Iterator[None]:
        """Raises RetryLater where WeCom would drop the message without a word."""
        with self._hour.place((account,)), self._minute.place((account,)):
            yield

    def _remember(self, ref: str, labels: dict[str, str]) -> None:
        self._labels[ref] = labels
        self._labels.move_to_end(ref)
        if len(self._labels) > _REMEMBERED:
            self._labels.popitem(last=False)


def _pressed(account: str, ref: str) -> str:
    return f"{account}\0{ref}"


def _labels_of(message: Outgoing) -> dict[str, str]:
    return {str(button.action): button.label for row in message.buttons for button in row}
