"""The double as a process of its own, which outlives the program."""

from __future__ import annotations

from tests.doubles.wecom.client import child


async def test_people_of_a_child():
    async with child() as control:
        li = await control.person("LiQian")
        told = await li.sees_told(await li.says("有人吗"))
        assert told.state == "unheard"
        assert control.environment()["KAOHE_WECOM_BASE_URL"] == control.base_url
        assert await control.bugs() == []
