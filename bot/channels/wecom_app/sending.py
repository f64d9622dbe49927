"""Sends and renews: a message in all its parts, each part once even when the whole is tried again.

When the third part fails, the two before it have been read; `Outgoing.key` is the same at the next
attempt, which then goes on with the third, byte for byte. That memory is the process's own: after
a crash the outbox decides what happens to a row in doubt, and WeCom knows a repeated card by its
id. Texts of answers go without that check, since somebody who asks twice is answered twice.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

from bot.channels.base import (
    InDoubt,
    Outgoing,
    RecipientGone,
    Rejected,
    RetryLater,
    Sent,
    Unavailable,
)
from bot.channels.wecom_app import render
from bot.channels.wecom_app.files import Files
from bot.channels.wecom_app.ladder import Ladder
from bot.channels.wecom_app.render import Form, Part
from bot.channels.wecom_app.share import Share
from bot.wecom import cards
from bot.wecom.clicks import Click, Clicks
from bot.wecom.client import Client
from bot.wecom.http import Json, encoded
from bot.wecom.texts import cut
from bot.wecom.verdict import BAD_KIND, BAD_MEDIA, Refused
from templates import wecom_words as words

log = logging.getLogger(__name__)

CHECK_SECONDS: Final = 14_400  # how long WeCom knows a repeated message, at most
CHOICES: Final = {"template_card": Form.CARDS, "textcard": Form.TEXTCARD}
_REMEMBERED: Final = 1000
_LABEL: Final = 20


@dataclass(slots=True)
class Progress:
    """What is left of a message, and what is known of its file."""

    message: Outgoing
    left: list[Part]
    known: str = ""
    fresh: bool = False  # uploaded for this message
    begun: bool = False

    @property
    def cards(self) -> int:
        return sum(bool(part.labels) for part in self.left)


class Sender:
    """`agent` is the app's id; `link` leads to a page where choices can be made, or ''; `share`
    says how many messages a person is sent."""

    def __init__(
        self,
        client: Client,
        files: Files,
        ladder: Ladder,
        *,
        agent: int,
        link: str,
        share: Share,
    ) -> None:
        self._share = share
        self.clicks = Clicks()
        self._client = client
        self._files = files
        self._ladder = ladder
        self._agent = agent
        self._link = link
        self._begun: OrderedDict[str, Progress] = OrderedDict()

    async def send(self, message: Outgoing) -> Sent:
        """Raises DeliveryError; what was sent before it stays counted."""
        progress = self._begun.pop(message.key, None) or await self._prepared(message)
        try:
            while progress.left:
                await self._next(progress)
        except (RetryLater, InDoubt, Unavailable):
            self._begun[message.key] = progress
            if len(self._begun) > _REMEMBERED:
                self._begun.popitem(last=False)
            raise
        return Sent(cards.first_id(message.key), progress.known)

    async def edit(self, message: Outgoing, message_ref: str) -> Sent:
        """Renew the card if there is a code for it, else send anew. Raises DeliveryError."""
        if message.key in self._begun or await self._ladder.form() is not Form.CARDS:
            return await self.send(message)
        click = self.clicks.take(message.account, message_ref)
        if click is None:
            return await self.send(message)
        card = render.whole(message)
        if card is None:
            await self._greyed(message, click)
            return await self.send(message)
        label = _chosen(click)
        body = card.body if message.buttons else card.body | {"replace_text": label}
        try:
            await self._update(message.account, click, {"template_card": body})
        except (RetryLater, Unavailable):
            self.clicks.give_back(message.account, message_ref, click)
            raise
        except (Rejected, RecipientGone) as error:
            log.info("a card was not renewed: %s", error)
            return await self.send(message)
        self.clicks.shown(message_ref, card.keys)
        return Sent(message_ref)

    async def _greyed(self, message: Outgoing, click: Click) -> None:
        """The old card shows what was chosen, and can't be pressed any more. A nicety."""
        try:
            await self._update(
                message.account, click, {"button": {"replace_name": _chosen(click)}}
            )
        except (Rejected, RecipientGone, InDoubt) as error:
            log.info("a card was not greyed: %s", error)

    async def _update(self, account: str, click: Click, what: Json) -> None:
        body = {"userids": [account], "agentid": self._agent, "response_code": click.code} | what
        answer = await self._client.post("message/update_template_card", encoded(body))
        if answer.get("invaliduser"):
            raise RecipientGone("not in scope")

    # ------------------------------------------------------------ the parts of one message

    async def _prepared(self, message: Outgoing) -> Progress:
        message = await self._files.fitting(message)
        left = render.parts(message, form=await self._ladder.form(), link=self._link)
        return Progress(message, left, message.file.known if message.file else "")

    async def _next(self, progress: Progress) -> None:
        """Send the next part, or put another form of it in its place."""
        message, part = progress.message, progress.left[0]
        if part.plain and not self._ladder.markdown:
            part = render.as_plain(part)
        body = await self._file_body(progress) if part.is_file else part.body
        try:
            async with self._share.place([message.account]):
                answer = await self._call(message.account, body)
        except Refused as refusal:
            if await self._otherwise(progress, part, refusal.code):
                return
            raise
        if problem := gone(answer).get(message.account):
            raise problem
        self._shown(progress, part, answer)
        progress.left.pop(0)
        progress.begun = True

    async def _file_body(self, progress: Progress) -> Json:
        file = progress.message.file
        assert file is not None  # noqa: S101 - only a message with a file has such a part
        upload = await self._files.known(replace(file, known=progress.known))
        progress.fresh = str(upload) != progress.known
        progress.known = str(upload)
        return upload.body

    async def _call(self, account: str, body: Json) -> Json:
        return await self._client.post(
            "message/send", encoded(addressed(body, [account], agent=self._agent))
        )

    async def _otherwise(self, progress: Progress, part: Part, code: int) -> bool:
        """Whether there is another way to say what was refused."""
        if code == BAD_KIND and part.kind in CHOICES:
            form = await self._ladder.down(CHOICES[part.kind])
            progress.left = render.parts(
                progress.message, form=form, link=self._link, said=progress.begun
            )
            return True
        if part.kind in CHOICES:
            log.warning("a card was refused (errcode %s), its choices go as text", code)
            progress.left = render.parts(
                progress.message, form=Form.TEXT, link=self._link, said=progress.begun
            )
            return True
        if code == BAD_KIND and part.plain:
            self._ladder.markdown = False
            return True
        if code == BAD_MEDIA and part.is_file and not progress.fresh:
            if progress.message.file is not None:
                self._files.forget(progress.message.file)
            progress.known = ""
            return True
        return False

    def _shown(self, progress: Progress, part: Part, answer: Json) -> None:
        """Remember how a card can be renewed; the code it was sent with does for it alone, so one
        of several cards is renewed only after a click on it."""
        if not part.labels:
            return
        ref = cards.first_id(progress.message.key)
        self.clicks.shown(ref, part.labels)
        code = answer.get("response_code")
        if isinstance(code, str) and code and progress.cards == 1:
            self.clicks.note(progress.message.account, ref, code)


def addressed(body: Json, accounts: list[str], *, agent: int) -> Json:
    """The whole request. A card is never shown twice: its id makes it one of its kind."""
    whole: Json = {"touser": "|".join(accounts), "agentid": agent} | body
    if body["msgtype"] == "template_card":
        whole |= checked(CHECK_SECONDS)
    return whole


def checked(seconds: int) -> Json:
    return {"enable_duplicate_check": 1, "duplicate_check_interval": seconds}


def gone(answer: Json) -> dict[str, RecipientGone]:
    """Who was not sent it, as WeCom writes them: in lower case, as our accounts are."""
    found: dict[str, RecipientGone] = {}
    for name, reason in (("invaliduser", "not in scope"), ("unlicenseduser", "no licence")):
        given = answer.get(name)
        for account in given.split("|") if isinstance(given, str) else ():
            found[account.lower()] = RecipientGone(reason)
    return found


def _chosen(click: Click) -> str:
    return words.CHOSEN.format(cut(click.label, _LABEL)) if click.label else words.DONE
