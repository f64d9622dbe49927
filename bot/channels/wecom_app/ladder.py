"""Which form of choices this deployment takes: found out by trying, remembered over restarts.

An older private deployment refuses template cards (40008). Then the next form down is tried, and
after a month the best one again, for deployments are upgraded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import DBAPIError

from bot.channels.base import Memory
from bot.channels.wecom_app.render import Form

log = logging.getLogger(__name__)

MEMORY: Final = "wecom_app.cards"
AGAIN: Final = timedelta(days=30)
_DOWN: Final = (Form.CARDS, Form.TEXTCARD, Form.TEXT)


class Ladder:
    """Without a `link` for a text card to lead to there is none in between."""

    def __init__(self, memory: Memory, *, now: Callable[[], datetime], link: str) -> None:
        self._memory = memory
        self._now = now
        self._link = link
        self.markdown = True  # until it is refused; asked again after a restart
        self._form = Form.CARDS
        self._until: datetime | None = None
        self._recalled = False

    async def form(self) -> Form:
        if not self._recalled:
            await self._recall()
        if self._until is not None and self._now() >= self._until:
            self._form, self._until = Form.CARDS, None
        return self._form

    async def down(self, refused: Form) -> Form:
        """The next one, since the deployment has refused this one."""
        if await self.form() is refused and refused is not Form.TEXT:
            steps = _DOWN if self._link else (Form.CARDS, Form.TEXT)
            self._form = steps[steps.index(refused) + 1]
            learnt = self._now()
            self._until = learnt + AGAIN
            log.warning("this WeCom takes no %s, choices are shown as %s", refused, self._form)
            try:
                await self._memory.remember(MEMORY, f"{self._form} {learnt.isoformat()}")
            except DBAPIError:
                log.info("not remembered: what forms this WeCom takes")
        return self._form

    async def _recall(self) -> None:
        """Until it can be read, the best form is tried."""
        try:
            text = await self._memory.recall(MEMORY)
        except DBAPIError:
            return
        self._recalled = True
        form, _, learnt = text.partition(" ")
        if form in (Form.TEXTCARD, Form.TEXT):
            self._form = Form(form) if self._link else Form.TEXT
            self._until = datetime.fromisoformat(learnt) + AGAIN
