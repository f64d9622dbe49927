"""Stages and the tour for the tests that go across dialogs: made once a run."""

from __future__ import annotations

import pytest

from tests.handlers.stage import Stages
from tests.handlers.tour import Tour, shared_stages, take


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    return shared_stages(tmp_path_factory.mktemp("stages"))


@pytest.fixture(scope="session")
def tour(stages: Stages) -> Tour:
    return take(stages)
