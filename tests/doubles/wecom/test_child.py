"""The double as a process of its own, which outlives the program."""

from __future__ import annotations

import subprocess
import sys

import orjson
import pytest

from tests.doubles.hand import ROOT
from tests.doubles.wecom.client import child


async def test_people_of_a_child():
    async with child() as control:
        li = await control.person("LiQian")
        told = await li.sees_told(await li.says("有人吗"))
        assert told.state == "unheard"
        assert control.environment()["KAOHE_WECOM_BASE_URL"] == control.base_url
        assert await control.bugs() == []


@pytest.mark.parametrize("how", ["sigterm", "stdin"])
def test_the_child_ends(how: str):
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.doubles.wecom.api", "--with-parent"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        line = orjson.loads(process.stdout.readline())
        assert sorted(line) == [
            "aes_key", "agent_id", "base_url", "control_url", "corp_id", "secret", "token",
        ]  # fmt: skip
        if how == "sigterm":
            process.terminate()
        else:
            process.stdin.close()
        assert process.wait(5) == 0
