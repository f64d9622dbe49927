"""Notices of equal content in one call, on a channel that knows a repeated call by its content.

The call is kept before anything leaves. One in doubt is made again, exactly as it was, while the
messenger surely still knows it, by this process or after its death by another; only after that
nobody can say what became of it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from bot.channels.base import (
    Channel,
    Circular,
    DeliveryError,
    InDoubt,
    Outgoing,
    RetryLater,
    Sent,
    Unavailable,
)
from bot.database import once_there
from bot.rendering import RenderError
from bot.sending import RETRY_FIRST, RETRY_MOST, Means, fault_of, given_back
from storage import calls
from storage.calls import Call
from storage.outbox import Mark, Row

log = logging.getLogger(__name__)

OVER = "no answer, and too late to ask again"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that go out at once: by a kept call of `circular`, or each by `send`."""

    rows: tuple[Row, ...]
    circular: Circular | None = None


def batches(rows: Iterable[Row], circular: Circular | None) -> list[Batch]:
    """In the order of their first rows. Those that have a call already stay together."""
    if circular is None:
        return [Batch((row,)) for row in rows]
    found: dict[object, list[Row]] = {}
    for row in rows:
        found.setdefault(_likeness(row), []).append(row)
    return [
        Batch(
            tuple(alike[at : at + circular.most]),
            circular if calls.together(alike[0].body) else None,
        )
        for alike in found.values()
        for at in range(0, len(alike), circular.most)
    ]


def _likeness(row: Row) -> object:
    if row.call_id is not None:
        return row.call_id
    if not calls.together(row.body):
        return row.key
    return json.dumps(row.body, sort_keys=True)


class _Another(Exception):
    """Somebody else has taken over one of the rows."""


class _Over(Exception):
    """The call was in doubt for longer than the messenger remembers it."""


class Circulars:
    def __init__(self, means: Means, channels: Mapping[str, Channel]) -> None:
        self._means = means
        self._channels = channels

    async def outcomes(self, rows: Sequence[Row], circular: Circular) -> list[Mark]:
        """Of rows of equal content, after one try."""
        call: Call | None = None
        told: Mapping[str, Sent | DeliveryError | RenderError]
        try:
            with ExitStack() as held:
                held.enter_context(self._means.ending.preparing())
                messages = await self._messages(rows, held)
                call = await self._call(rows, messages, circular)
                self._means.ending.leaving()
                told = await circular.send_all(messages, call.body)
                await self._learn(messages[0], channel=rows[0].channel, told=told.values())
        except (_Another, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and not self._means.ending.was_recalled():
                raise
            return [given_back(row) for row in rows]
        except _Over:
            return [Mark(row.id, row.attempt, "unknown", problem=OVER) for row in rows]
        except (DeliveryError, RenderError) as error:
            told = {row.external_id: error for row in rows}
        return self._marks([(row, told.get(row.external_id, _SILENT)) for row in rows], call)

    async def _messages(self, rows: Sequence[Row], held: ExitStack) -> list[Outgoing]:
        channel = self._channels[rows[0].channel]
        await self._means.pacers.of(channel.name).passable()
        envelopes = self._means.envelopes
        message = await once_there(lambda: envelopes.pack(rows[0], channel, held))
        return [
            replace(message, key=row.key, account=row.external_id, number=row.id) for row in rows
        ]

    async def _learn(
        self, message: Outgoing, *, channel: str, told: Iterable[Sent | DeliveryError]
    ) -> None:
        names = (each.known for each in told if isinstance(each, Sent) and each.known)
        if message.file is not None:
            uploads = self._means.envelopes.uploads
            await uploads.learn(message.file, channel=channel, known=next(names, ""))

    async def _call(
        self, rows: Sequence[Row], messages: Sequence[Outgoing], circular: Circular
    ) -> Call:
        """The one they left by, or a new one, kept by now. Raises DeliveryError, _Another, _Over,
        and DBAPIError."""
        means, first = self._means, rows[0]
        if first.call_id is not None:
            kept = await once_there(
                lambda: means.work.read(lambda c: calls.find(c, first.call_id or 0))
            )
            if kept is not None and not kept.is_over(circular.window, means.clock.wall()):
                return kept
            if kept is None or kept.doubt:
                raise _Over
        body = await circular.prepare(messages)
        ids = [row.id for row in rows]
        made = await once_there(
            lambda: means.work.write(
                lambda c: calls.keep(
                    c,
                    channel=first.channel,
                    body=body,
                    rows=ids,
                    worker=means.worker,
                    now=means.clock.wall(),
                )
            )
        )
        if made is None:
            raise _Another
        return made

    def _marks(
        self, told: Sequence[tuple[Row, Sent | DeliveryError | RenderError]], call: Call | None
    ) -> list[Mark]:
        again: dict[RetryLater | Unavailable | InDoubt, list[Row]] = {}
        marks = []
        for row, outcome in told:
            if isinstance(outcome, RetryLater | Unavailable | InDoubt):
                again.setdefault(outcome, []).append(row)
            else:
                marks.append(_settled(row, outcome))
        for error, rows in again.items():
            marks += self._later(rows, error, call)
        return marks

    def _later(
        self, rows: Sequence[Row], error: RetryLater | Unavailable | InDoubt, call: Call | None
    ) -> list[Mark]:
        pause = max(_pause(row) for row in rows)
        if not isinstance(error, InDoubt):
            after = self._means.pause(rows[0].channel, error)
            return self._means.later(rows, error, max(after, pause))
        # without a call nothing has left for anybody
        doubtful = call.id if call else None
        marks = self._means.later(rows, error, pause)
        return [replace(mark, doubtful=doubtful) for mark in marks]


_SILENT = InDoubt("nothing was said of it")


def _pause(row: Row) -> float:
    """Longer at each attempt."""
    return min(RETRY_FIRST * 2.0 ** (row.attempt - 1), RETRY_MOST)


def _settled(row: Row, told: Sent | DeliveryError | RenderError) -> Mark:
    if isinstance(told, Sent):
        return Mark(row.id, row.attempt, "sent", message_ref=told.message_ref)
    log.warning("message %s refused by %s: %s", row.id, row.channel, told)
    return Mark(row.id, row.attempt, "failed", problem=str(told), fault=fault_of(told))
