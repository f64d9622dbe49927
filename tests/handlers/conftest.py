"""The centre of one dialog's tests and its usual people; stages and the tour for the tests that go
across dialogs, made once a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chat import Centre, User
from tests.handlers.stage import Stages
from tests.handlers.tour import Tour, shared_stages, take


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    return shared_stages(tmp_path_factory.mktemp("stages"))


@pytest.fixture(scope="session")
def tour(stages: Stages) -> Tour:
    return take(stages)


@pytest.fixture(params=[False, True], ids=["", "restart"])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Centre:
    """Every conversation twice: as it goes, and with a restart between all lines."""
    return Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", restart=request.param)


@pytest.fixture
def zhao(centre: Centre) -> User:
    return centre.person("赵强", "admin")


@pytest.fixture
def li(centre: Centre) -> User:
    return centre.person("李敏", "liaison", department="SCJG")
