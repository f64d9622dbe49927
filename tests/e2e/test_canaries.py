"""Secrets and people's data as canaries: after everything has failed in every way, at DEBUG, none
of them is in a log, and no secret anywhere in the database."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from storage.db import Database, metadata
from tests.doubles.client import Control, child
from tests.doubles.person import Person
from tests.e2e.balancer import balancing
from tests.e2e.ground import WEBHOOK_SECRET, Ground, grounded, with_webhook
from tests.e2e.nemesis import quiet
from tests.support.program import CODE, Program

TOKEN = "7000001:AAE9canary_token-Zq4tUx81LmNbVcXzAsDfGh"
CITIZEN, PHONE = "欧阳晓明", "13916882377"
STORY = f"帮{CITIZEN}补办证件，电话{PHONE}，{CITIZEN}表示感谢"
PDF = b"%PDF-1.4\n" + STORY.encode()
JPEG = b"\xff\xd8\xff\xe0" + b"canary"
PATHS = ("documents/file_", "photos/file_")
FAILING = ("-m", "tests.support.failing_at", "-v")
# what the Bot API does wrong while people work
TROUBLE = ("429", "500", "502", "garbage", "reset_before", "execute_then_reset", "error", "401")


@pytest.mark.slow
async def test_no_secret_and_no_person_in_any_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    running: list[Program] = []
    async with (
        child(TOKEN, scale=0.1) as control,
        balancing(lambda: [each.port for each in running]) as balancer,
        grounded(tmp_path, control, liaisons=2) as ground,
    ):
        program = ground.program
        running.append(program)
        code = await program.admin_code()
        stranger = await control.person(CITIZEN)
        capfd.readouterr()

        await _everything_is_parked(ground, stranger, code)
        await _everything_else_fails(ground)
        program.environment |= with_webhook(balancer.url) | {"KAOHE_LOG_FORMAT": "json"}
        login = await _webhook_and_web(ground, stranger, code)

        told = "\n".join([*program.log, *capfd.readouterr()])
        secrets = [
            *(TOKEN, TOKEN.partition(":")[2], WEBHOOK_SECRET),
            *(each for whole in (code, login) for each in (whole, whole.replace("-", ""))),
            *PATHS,
        ]
        persons = [CITIZEN, PHONE, "李敏"]
        assert {each: told.count(each) for each in (*secrets, *persons) if each in told} == {}
        assert {each for each in secrets if each in _database(ground)} == set()
        assert STORY in _database(ground)  # it is where it belongs
        assert "***" in _database(ground)  # and a code was there to be hidden
        for mark in ("parked", "refused", "careless error", "DEBUG", '"level": "WARNING"'):
            assert mark in told


async def _everything_is_parked(ground: Ground, stranger: Person, code: str) -> None:
    """Every turn ends with an error that tells all it was given."""
    ground.program.entry = (*FAILING, "handled:1", "--")
    await ground.program.start()
    li, _ = ground.liaisons
    await stranger.says(f"/start {code}")
    await stranger.says(code)
    await li.person.says(STORY)
    await li.person.sends_document(PDF, name=f"{CITIZEN}.pdf", caption=STORY)
    await li.person.presses("cmd:help", forge=True)
    await quiet(ground)
    assert await ground.program.stop() == 0


async def _everything_else_fails(ground: Ground) -> None:
    control = ground.control
    orders = ("sending:4", "editing:3", "fetching:3", "telling:4", "offset:6", "commit:9")
    ground.program.entry = (*FAILING, *orders, "--")
    await ground.program.start()
    for number, kind in enumerate(TROUBLE):
        for method in ("send*", "edit*", "getFile", "answer*", "file"):
            await control.fault(
                kind, method, description=f"Bad Request: {STORY}", after=2 * number
            )
    await control.fault("garbage", "getUpdates", payload=f'{{"ok":true,"result":"{STORY}')
    for _ in range(5):
        for each in ground.liaisons:
            await _hands_in(each.person)
    await _idle(control)
    await control.cancel_faults()
    await control.revoke()
    await ground.liaisons[0].person.says(STORY)
    async with asyncio.timeout(60):
        while not any("Unauthorized" in line for line in ground.program.log[-50:]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await control.revoke(revoked=False)
    await _idle(control)
    assert await ground.program.stop() == 0


async def _hands_in(person: Person) -> None:
    await person.says("/submit")
    await person.says(STORY)
    await person.sends_photo(JPEG, caption=STORY)
    await person.sends_document(PDF, name=f"{CITIZEN}.pdf")
    await person.presses("sub.new", forge=True)
    await person.presses(f"sub.ok:{PHONE}", forge=True)


async def _idle(control: Control) -> None:
    await control.wait_idle(quiet=1.2, timeout=120)


async def _webhook_and_web(ground: Ground, stranger: Person, code: str) -> str:
    """The admin comes in by the code, gets one for the web, and uses both again in vain; somebody
    knocks who doesn't know the secret. The login code is returned."""
    ground.program.entry = (*FAILING, "--")
    program = ground.program
    await program.start()
    hook = f"{program.url}/telegram"
    name = "X-Telegram-Bot-Api-Secret-Token"
    bodies = (b"{", STORY.encode(), b'{"update_id":1,"message":{"text":"%s"}}' % code.encode())
    async with aiohttp.ClientSession() as session:
        for secret in (WEBHOOK_SECRET, WEBHOOK_SECRET[:-1], code):
            for body in bodies:
                async with session.post(hook, data=body, headers={name: secret}) as answer:
                    assert answer.status == (200 if secret == WEBHOOK_SECRET else 403)
    await stranger.says(code[:-1] + ("0" if code[-1] != "0" else "1"))
    await stranger.waits_for("邀请码")
    await stranger.says(code)
    await stranger.waits_for("绑定成功")
    await stranger.says(code)
    await stranger.waits_for()
    await stranger.says("/start")
    await stranger.waits_for("网页登录码")
    await stranger.presses("网页登录码")
    login = await _code_in(stranger)
    async with aiohttp.ClientSession() as session:
        for given, status in ((code, 4), (login, 2), (login, 4)):
            async with session.post(
                f"{program.url}/api/login", json={"code": given}, headers={"Origin": program.url}
            ) as answer:
                assert answer.status // 100 == status
    await _hands_in(ground.liaisons[1].person)
    await quiet(ground)
    assert await program.stop() == 0
    return login


async def _code_in(person: Person) -> str:
    async with asyncio.timeout(30):
        while True:
            for message in await person.hears():
                if found := CODE.search(message.text):
                    return "-".join(found.groups())
            await asyncio.sleep(0.05)


def _database(ground: Ground) -> str:
    """Every value of every row as text."""
    database = Database(ground.database_url)
    with database.read() as connection:
        rows = [
            str(tuple(row))
            for table in metadata.sorted_tables
            for row in connection.execute(table.select())
        ]
    database.close()
    return "\n".join(rows)
