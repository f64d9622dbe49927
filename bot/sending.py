"""One message on its way: tried until its outcome is known, in doubt, or we stop.

What may have been sent is never sent again, except an answer, once; what surely was not is tried
until it goes through.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.channels.base import (
    Channel,
    InDoubt,
    Outgoing,
    RecipientGone,
    Rejected,
    RetryLater,
    Sent,
    Unavailable,
)
from bot.clock import Clock
from bot.database import Work, once_there
from bot.ending import Ending
from bot.envelope import Envelopes
from bot.pacing import Pacers
from bot.panels import Panels, Superseded
from bot.rendering import RenderError
from storage import outbox
from storage.outbox import ANSWER_ATTEMPTS, GONE, REFUSED, Mark, Row

log = logging.getLogger(__name__)

RETRY_FIRST, RETRY_MOST = 1.0, 60.0  # seconds


def given_back(row: Row) -> Mark:
    """To whoever comes next: nothing of it has left."""
    return Mark(row.id, row.attempt, "queued", problem="stopped", unsent=True)


@dataclass(frozen=True, slots=True)
class Means:
    """What every way of sending needs. `worker` is this process's name; `channel` gives the one
    that an outbox row names."""

    work: Work
    clock: Clock
    worker: str
    envelopes: Envelopes
    pacers: Pacers
    ending: Ending

    def pause(self, channel: str, error: RetryLater | Unavailable) -> float:
        """Seconds until another try; shuts the gate where that is asked of everyone."""
        after = error.after if isinstance(error, RetryLater) else RETRY_MOST
        if isinstance(error, RetryLater) and error.everyone:
            self.pacers.of(channel).shut(after)
        return after

    def later(self, rows: Sequence[Row], problem: object, seconds: float) -> list[Mark]:
        """The rows stay first in their lanes meanwhile and come due at the same moment, so that
        what goes together stays together; whoever comes after us may try at once. A steered clock
        may stand still, so with one the accounts rest by the real time."""
        until = None
        if self.clock.steered:
            self.pacers.of(rows[0].channel).rest([row.account_id for row in rows], seconds)
        elif not self.ending.has_begun():
            until = self.clock.now() + timedelta(seconds=seconds)
        return [
            Mark(row.id, row.attempt, "queued", problem=str(problem), not_before=until)
            for row in rows
        ]


class Sending:
    """`redirect` is the account (channel:id) that all messages go to in test mode."""

    def __init__(
        self, means: Means, channels: Mapping[str, Channel], *, redirect: str | None
    ) -> None:
        self._means = means
        self._channels = channels
        self._redirect = redirect
        self._panels = Panels(means.work)

    async def outcome(self, row: Row) -> Mark:
        pause = RETRY_FIRST
        ending = self._means.ending
        while True:
            try:
                sent = await self._send(row)
            except (RetryLater, Unavailable) as error:
                after = max(self._means.pause(row.channel, error), pause)
                if not self._leaves_here(row):
                    return given_back(row)
                if row.lane != "notice" and not await ending.begins_within(after):
                    pause = min(pause * 2, RETRY_MOST)
                    continue
                [mark] = self._means.later((row,), error, after)
                return mark
            except InDoubt as error:
                if row.lane == "notice" or row.attempt >= ANSWER_ATTEMPTS:
                    return Mark(row.id, row.attempt, "unknown", problem=str(error))
                if ending.has_begun():  # the second time is left to whoever comes next
                    return Mark(row.id, row.attempt, "queued", problem=str(error))
                again = await self.counted(row)
                if again is None:
                    return Mark(row.id, row.attempt, "unknown", problem=str(error))
                row = again
            except Superseded:
                return Mark(row.id, row.attempt, "superseded")
            except (RecipientGone, Rejected, RenderError) as error:
                return self._refused(row, error)
            except asyncio.CancelledError:
                if not ending.was_recalled():
                    raise
                return given_back(row)
            else:
                return Mark(row.id, row.attempt, "sent", message_ref=sent.message_ref)

    def _leaves_here(self, row: Row) -> bool:
        """Else another process has the connection by which it can leave."""
        name = self._redirect.partition(":")[0] if self._redirect is not None else row.channel
        return self._channels[name].here

    def _refused(self, row: Row, error: Exception) -> Mark:
        fault = fault_of(error)
        if fault != GONE:
            log.warning("message %s refused by %s: %s", row.id, row.channel, error)
        # in test mode it was not the person's own account
        fault = fault if self._redirect is None else ""
        return Mark(row.id, row.attempt, "failed", problem=str(error), fault=fault)

    async def _send(self, row: Row) -> Sent:
        if self._redirect is not None:
            name, _, account = self._redirect.partition(":")
            row = replace(row, channel=name, external_id=account)
        channel = self._channels[row.channel]
        envelopes = self._means.envelopes
        with ExitStack() as held:
            held.enter_context(self._means.ending.preparing())
            await self._means.pacers.of(row.channel).passable()
            message = await once_there(lambda: envelopes.pack(row, channel, held))
            sent = await envelopes.uploads.send(
                message,
                channel=row.channel,
                send=lambda message: self._hand_over(row, channel, message),
            )
        self._panels.remember(row, sent.message_ref)
        return sent

    async def _hand_over(self, row: Row, channel: Channel, message: Outgoing) -> Sent:
        """Edit the panel if the person looks at it, else send: after a press that is the message
        with the button, else the panel's as long as nothing was typed since."""
        message_ref = await once_there(lambda: self._panels.to_edit(row))
        self._means.ending.leaving()
        if message_ref is not None:
            return await channel.edit(message, message_ref)
        return await channel.send(message)

    async def counted(self, row: Row) -> Row | None:
        """An answer in doubt may be sent a second time, if that is written down first."""
        means = self._means
        noted = await once_there(
            lambda: means.work.write(lambda c: outbox.again(c, worker=means.worker, row=row))
        )
        return replace(row, attempt=row.attempt + 1) if noted else None


def fault_of(error: Exception) -> str:
    """What the channel says for good; '' where it is no channel's doing, and no other account
    would help."""
    match error:
        case RecipientGone():
            return GONE
        case Rejected():
            return REFUSED
    return ""
