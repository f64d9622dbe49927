"""Single transactions of the program, timed: what other costs are measured by."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from handlers import discovery
from handlers.dispatch import Desk, handle
from handlers.messages import Attachment, Inbound, Kind
from handlers.premises import Premises
from storage.db import Database, sqlite_url
from tests.bench.installation import FIRST_USER


class Timed:
    """The installation in `data`; messages come a second apart from `now` on."""

    def __init__(self, data: Path, *, now: datetime | None = None) -> None:
        self.database = Database(sqlite_url(data / "kaohe.sqlite"))
        self.desk = Desk(discovery.discover(), Premises(b"key of the bench"), "bench")
        self._keys = itertools.count(1)
        self._now = now or datetime.now(UTC)

    def run(self, user: int, **values: object) -> float:
        """Seconds of one transaction, its commit included."""
        key = next(self._keys)
        inbound = Inbound(f"bench:{key}", "telegram", str(user), source=str(key), **values)  # type: ignore[arg-type]
        began = time.perf_counter()
        with self.database.begin() as connection:
            handle(connection, inbound, desk=self.desk, now=self._now + timedelta(seconds=key))
        return time.perf_counter() - began

    def dialogue(self, user: int) -> list[float]:
        """The updates of one evidence dialogue but the files' arrival, as one department's
        liaison."""
        return [
            self.run(user, text="/submit"),
            self.run(user, kind=Kind.PRESS, action=f"sub.kind:{user - FIRST_USER + 1}:0:case"),
            self.run(user, text=f"帮助第{user}位老人办理居住证"),
            self.run(user, text="昨天"),
            self.run(user, text=f"第{user}位群众行动不便，窗口人员上门帮办，当日办结，群众满意。"),
            self.run(
                user, attachments=(Attachment("photo", "photo.jpg", size=120_000, blob=None),)
            ),
        ]
