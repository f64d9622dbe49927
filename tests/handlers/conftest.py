"""Stages for the tests that go across dialogs: built once a run, handed out as copies."""

from __future__ import annotations

import pytest

from tests.handlers.stage import Stages


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    return Stages(tmp_path_factory.mktemp("stages"))
