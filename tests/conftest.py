"""Fixtures for every folder: databases of both kinds, and programs that a machine may lack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chat import OPEN
from tests.support import needs
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole run. Whoever stops it hard starts it again before the end."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """A fresh, empty PostgreSQL database; use it with the marker `postgres`."""
    url = postgres.database()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database: the test runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kaohe.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def chromium() -> Path:
    return needs.chromium()


@pytest.fixture(scope="session")
def soffice() -> Path:
    return needs.soffice()


@pytest.fixture(autouse=True)
def _closed_centres() -> Iterator[None]:
    """Whatever a test opened on its database is closed before the database goes."""
    yield
    while OPEN:
        OPEN.pop().database.close()
