"""The double as a process of its own."""

from __future__ import annotations

import ssl

from tests.doubles.wecom_bot.client import child
from tests.doubles.wecom_bot.wire import Wire
from tests.support import authority


async def test_it_outlives_the_bot():
    async with child() as control:
        li = await control.person("李倩")
        await li.says("菜单")
        for _ in range(2):
            async with Wire(control.bot_url) as wire:
                assert await wire.subscribes(control.bot_id, control.secret) == 0
                assert await wire.tells(li.userid, "您好") == 0
        assert [m.text for m in await li.hears()] == ["您好", "您好"]
        assert await control.bugs() == []
        assert control.environment == {
            "KAOHE_WECOM_BOT_ID": control.bot_id,
            "KAOHE_WECOM_BOT_SECRET": control.secret,
            "KAOHE_WECOM_BOT_URL": control.bot_url,
        }


async def test_over_tls(tmp_path):
    authority.for_server(tmp_path)
    bundle, key = tmp_path / "ca.pem", tmp_path / "key.pem"
    trusting = ssl.create_default_context(cafile=bundle)
    async with (
        child(certificate=bundle, key=key) as control,
        Wire(control.bot_url, tls=trusting) as wire,
    ):
        assert await wire.subscribes(control.bot_id, control.secret) == 0
        li = await control.person("李倩")
        await li.sends_file(b"12345")
        assert (await wire.callback())["body"]["file"]["url"].startswith("https://127.0.0.1:")
