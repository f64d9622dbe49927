"""The double as a process of its own, which outlives the bot."""

from __future__ import annotations

import signal
import subprocess
import sys

import orjson
import pytest
import telegram

from tests.doubles.client import Control, child
from tests.doubles.hand import ROOT

BOT = """
import asyncio, sys, telegram
async def main():
    bot = telegram.Bot(sys.argv[1], base_url=sys.argv[2])
    async with bot:
        for update in await bot.get_updates(timeout=10):
            await bot.send_message(update.message.chat.id, "读到 " + update.message.text)
        await asyncio.sleep(60)
asyncio.run(main())
"""


def start_bot(control: Control) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", BOT, control.token, control.base_url])


async def test_what_a_killed_bot_had_not_confirmed_comes_again():
    async with child(scale=0.05) as control:
        li = await control.person("李倩")
        await li.starts()
        for _ in range(2):
            running = start_bot(control)
            await li.waits_for("读到 /start", since=0)
            running.kill()
            assert running.wait() == -signal.SIGKILL
            assert len(await control.pending()) == 1
        assert await control.bugs() == []


async def test_limits_and_tokens_of_a_child():
    token = "42:abcdefghijklmnopqrstuvwxyz"
    async with child(token, limits="burst") as control:
        assert control.token == token
        li = await control.person(contact="started")
        async with telegram.Bot(token, base_url=control.base_url) as bot:
            for n in range(3):
                await bot.send_message(li.id, str(n))
        assert len(await li.chat()) == 3


@pytest.mark.parametrize("how", ["sigterm", "stdin"])
@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("botapi", "base_file_url base_url control_url tokens"),
        ("wecom.api", "aes_key agent_id base_url control_url corp_id secret token"),
        ("wecom_bot.server", "bot_id control_url files_url secret url"),
    ],
)
def test_each_child_ends(module: str, told: str, how: str):
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.doubles.{module}", "--with-parent"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert sorted(orjson.loads(process.stdout.readline())) == told.split()
        if how == "sigterm":
            process.terminate()
        else:
            process.stdin.close()
        assert process.wait(5) == 0
