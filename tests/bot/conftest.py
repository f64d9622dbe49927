"""The demonstration's database, filled once for all tests that look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.db import Database, sqlite_url
from tests.support.lived import QUARTERS, Filled, fill, present


@pytest.fixture(scope="session", params=QUARTERS)
def filled(request, tmp_path_factory) -> Iterator[Filled]:
    """Only to be looked at: to fill it takes seconds."""
    database = Database(sqlite_url(tmp_path_factory.mktemp("demo") / "demo.sqlite"))
    yield fill(database, present(request.param))
    database.close()
