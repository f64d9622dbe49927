"""The token and what goes wrong: one for all, renewed when it is refused, told in one sentence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.base import (
    DeliveryError,
    InDoubt,
    RecipientGone,
    Rejected,
    RetryLater,
    Unavailable,
)
from bot.secret import Secret
from bot.wecom import client as client_module
from bot.wecom.client import Client
from bot.wecom.http import Http, NotFound, Upload, encoded
from bot.wecom.verdict import Refused, Unusable, verdict
from templates import wecom_words as words
from tests.doubles.wecom.api import AGENT_ID, CORP_ID, SECRET, WecomApi
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.person import Person
from tests.doubles.wecom.world import Settings


@pytest.fixture
async def api() -> AsyncIterator[WecomApi]:
    async with WecomApi(settings=Settings(scale=0.01)) as api:
        yield api


@pytest.fixture
async def control(api: WecomApi) -> AsyncIterator[Control]:
    async with Control(api.control_url) as control:
        yield control


@pytest.fixture
async def li(control: Control) -> Person:
    return await control.person("LiQian", name="李倩")


@pytest.fixture
async def http(api: WecomApi) -> AsyncIterator[Http]:
    """Closed before the double, which would wait for its connections."""
    http = Http()
    yield http
    await http.close()


@pytest.fixture
def client(http: Http, api: WecomApi, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(client_module, "PAUSE", 0.005)
    return Client(http, base_url=api.base_url + "/", corp_id=CORP_ID, secret=Secret(SECRET))


async def says(client: Client, text: str = "您好") -> dict[str, Any]:
    body = {"touser": "liqian", "msgtype": "text", "agentid": AGENT_ID, "text": {"content": text}}
    return await client.post("message/send", encoded(body))


async def made(control: Control, method: str) -> int:
    return len(await control.calls(method=method))


# ---------------------------------------------------------------- the token


async def test_one_token_for_all(client: Client, control: Control, li: Person):
    await asyncio.gather(*(says(client) for _ in range(20)))
    assert await made(control, "gettoken") == 1
    assert await made(control, "message/send") == 20


@pytest.mark.parametrize("operation", ["forget_tokens", "expire_tokens"])
async def test_a_token_that_is_refused_is_fetched_again_once_for_all(
    client: Client, control: Control, li: Person, operation
):
    await says(client)
    await control.do(operation)
    await asyncio.gather(*(says(client) for _ in range(10)))
    assert await made(control, "gettoken") == 2


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_token_that_is_refused_twice(client: Client, control: Control, li: Person, code):
    await control.fault("error", method="message/send", code=code, count=2)
    with pytest.raises(Unavailable, match=f"^errcode {code}$"):
        await says(client)
    assert await made(control, "gettoken") == 2
    assert client.trouble() == words.NOT_LET_IN
    await says(client)
    assert client.trouble() == ""


async def test_a_token_is_renewed_before_its_end(client: Client, control: Control, li: Person):
    await control.settings(token_seconds=0)
    await says_or_not(client)
    await control.settings(token_seconds=7200)
    await says(client)
    await says(client)
    assert await made(control, "gettoken") == 3


async def says_or_not(client: Client) -> None:
    with pytest.raises(Unavailable):
        await says(client)


async def test_a_wrong_secret_is_not_tried_again_and_again(
    client: Client, control: Control, li: Person
):
    await control.do("new_secret", secret="another")
    for _ in range(5):
        with pytest.raises(Unavailable):
            await says(client)
    assert await made(control, "gettoken") == 1
    assert client.trouble() == words.NOT_LET_IN


async def test_a_token_in_doubt_means_that_nothing_was_sent(
    client: Client, control: Control, li: Person
):
    await control.fault("execute_then_reset", method="gettoken", count=2)
    with pytest.raises(RetryLater):
        await says(client)
    await says(client)


async def test_too_many_tokens(client: Client, control: Control, li: Person):
    await control.fault("error", method="gettoken", code=45009)
    for _ in range(3):
        with pytest.raises(RetryLater) as caught:
            await says(client)
        assert (caught.value.after, caught.value.everyone) == (60.0, True)
    assert await made(control, "gettoken") == 1


@pytest.mark.parametrize("payload", ['{"errcode":0}', '{"access_token":"","expires_in":1}'])
async def test_an_answer_without_a_token(client: Client, control: Control, payload):
    await control.fault("garbage", method="gettoken", payload=payload)
    with pytest.raises(RetryLater, match=r"^no token in the answer$"):
        await says(client)


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        (45009, RetryLater, "errcode 45009"),
        (45033, RetryLater, "errcode 45033"),
        (60020, Unusable, "errcode 60020"),
        (50003, Unusable, "errcode 50003"),
        (48002, Unusable, "errcode 48002"),
        (81013, RecipientGone, "not in scope (81013)"),
        (60111, RecipientGone, "not in scope (60111)"),
        (60011, RecipientGone, "not in scope (60011)"),
        (45002, Refused, "errcode 45002"),
        (40007, Refused, "errcode 40007"),
        (99999, Refused, "errcode 99999"),
    ],
)
async def test_what_an_errcode_means(
    client: Client, control: Control, li: Person, code, kind, reason
):
    await control.fault("error", method="message/send", code=code, description="倩的材料")
    with pytest.raises(kind) as caught:
        await says(client)
    assert (type(caught.value), str(caught.value)) == (kind, reason)
    assert getattr(caught.value, "everyone", False) == (kind is RetryLater)
    assert await made(control, "message/send") == 1


async def test_a_busy_system_is_asked_three_times_more(
    client: Client, control: Control, li: Person
):
    await control.fault("error", method="message/send", code=-1, count=3)
    await says(client)
    assert await made(control, "message/send") == 4
    await control.fault("error", method="message/send", code=-1, count=4)
    with pytest.raises(RetryLater):
        await says(client)
    assert await made(control, "message/send") == 8


@pytest.mark.parametrize("closed", ["calls", "all"])
async def test_an_address_that_is_not_trusted_is_told_with_the_address(
    client: Client, control: Control, li: Person, closed
):
    """203.0.113.7 is where the double sees us at."""
    await control.settings(closed=closed)
    with pytest.raises(Unavailable):
        await says(client)
    assert client.trouble() == words.NOT_TRUSTED.format("203.0.113.7")
    await control.settings(closed="")
    if closed == "calls":
        await says(client)
        assert client.trouble() == ""


@pytest.mark.parametrize(
    ("errmsg", "seen"),
    [
        ("not allow, from ip: 203.0.113.7, more info at …", "203.0.113.7"),
        ("from ip: 2001:db8::7", "2001:db8::7"),
        ("from ip: 999.1.1.1", ""),
        ("from ip: <script>", ""),
        ("not allow", ""),
        (None, ""),
    ],
)
def test_only_an_address_is_read_from_their_words(errmsg, seen):
    error = verdict({"errcode": 60020, "errmsg": errmsg})
    assert isinstance(error, Unusable)
    assert error.seen_from == seen


def test_a_code_that_is_none():
    assert isinstance(verdict({"errcode": "x"}), RetryLater)
    assert verdict({}) is None


@pytest.mark.parametrize("fault", ["execute_then_reset", "execute_then_500", "500", "garbage"])
async def test_in_doubt(client: Client, control: Control, li: Person, fault):
    await control.fault(fault, method="message/send")
    with pytest.raises(InDoubt):
        await says(client)


async def test_a_wrong_base_url(http: Http, api: WecomApi):
    client = Client(
        http, base_url=f"{api.base_url}/elsewhere", corp_id=CORP_ID, secret=Secret(SECRET)
    )
    with pytest.raises(NotFound):
        await says(client)
    assert client.trouble() == words.BAD_ADDRESS


async def test_something_on_the_way_that_refuses(client: Client, odd: str, li: Person):
    """A proxy or a gateway, or the page of one."""
    await says(client)
    client._base = f"{odd}/403/"
    with pytest.raises(Unavailable, match=r"^HTTP 403$"):
        await says(client)
    assert client.trouble() == words.BAD_ADDRESS


async def test_an_address_that_was_not_told(client: Client, control: Control, li: Person):
    payload = '{"errcode":60020,"errmsg":"not allow"}'
    await control.fault("garbage", method="message/send", payload=payload)
    with pytest.raises(Unavailable):
        await says(client)
    assert client.trouble() == words.NOT_TRUSTED_UNKNOWN


async def test_a_call_that_a_deployment_lacks_is_no_trouble(client: Client, control: Control):
    await control.settings(lacks=["auth/getuserinfo"])
    with pytest.raises(NotFound):
        await client.get("auth/getuserinfo", code="x")
    assert client.trouble() == ""


# ---------------------------------------------------------------- files


async def test_a_file_there_and_back(client: Client, control: Control, tmp_path: Path):
    content = bytes(range(256)) * 1000
    (tmp_path / "file").write_bytes(content)
    upload = Upload(tmp_path / "file", '2026年"第四/季度".pdf', "application/pdf")
    media_id = await client.upload("file", upload)
    assert b"".join([piece async for piece in client.media(media_id)]) == content
    [call] = await control.calls(method="media/upload")
    assert call.params["_file"] == {"name": "2026年_第四_季度_.pdf", "size": len(content)}


async def test_a_file_that_is_gone(client: Client, control: Control):
    for _ in range(2):
        with pytest.raises(Rejected, match=r"^errcode 40007$"):
            await read(client, "nothing")


async def test_a_file_is_fetched_with_a_fresh_token(
    client: Client, control: Control, tmp_path: Path
):
    (tmp_path / "file").write_bytes(b"a small file")
    media_id = await client.upload("file", Upload(tmp_path / "file", "a.txt", "text/plain"))
    await control.do("forget_tokens")
    assert await read(client, media_id) == b"a small file"


@pytest.mark.parametrize(
    ("fault", "order", "kind", "reason"),
    [
        ("500", {}, RetryLater, "HTTP 500"),
        ("garbage", {}, RetryLater, "an answer that is no file"),
        ("garbage", {"payload": "x" * 100_000}, RetryLater, "an answer that is no file"),
        ("garbage", {"payload": "{}"}, RetryLater, "an answer that is no file"),
        ("error", {"code": 830002}, Rejected, "file.too_big"),
        ("reset_before", {"count": 2}, RetryLater, "download broken off"),
    ],
)
async def test_a_file_that_does_not_come(
    client: Client, control: Control, fault, order, kind, reason
):
    await control.fault(fault, method="media/get", **order)
    with pytest.raises(kind) as caught:
        await read(client, "m1")
    assert str(caught.value).partition(" (")[0] == reason


async def test_a_file_that_breaks_off(client: Client, control: Control, tmp_path: Path):
    (tmp_path / "file").write_bytes(b"x" * 300_000)
    media_id = await client.upload("file", Upload(tmp_path / "file", "a.txt", "text/plain"))
    await control.fault("cut", method="media/get")
    with pytest.raises(RetryLater, match=r"^download broken off \("):
        await read(client, media_id)


async def read(client: Client, media_id: str) -> bytes:
    return b"".join([piece async for piece in client.media(media_id)])


async def test_an_upload_without_an_id(client: Client, control: Control, tmp_path: Path):
    (tmp_path / "file").write_bytes(b"a small file")
    await control.fault("garbage", method="media/upload", payload='{"errcode":0}')
    with pytest.raises(Rejected, match=r"^upload without an id$"):
        await client.upload("file", Upload(tmp_path / "file", "a.txt", "text/plain"))


# ---------------------------------------------------------------- the session


@pytest.fixture
async def odd() -> AsyncIterator[str]:
    """A server that answers with the status it is asked for."""

    async def answer(request: web.Request) -> web.Response:
        status = int(request.match_info["status"])
        return web.Response(status=status, headers={"Location": "/200"}, text='{"errcode":0}')

    app = web.Application()
    app.router.add_route("*", "/{status}{rest:.*}", answer)
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("/")).rstrip("/")
    await server.close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, Unavailable),
        (400, Unavailable),
        (403, Unavailable),
        (404, NotFound),
        (413, Rejected),
        (429, RetryLater),
        (500, InDoubt),
        (502, InDoubt),
    ],
)
async def test_what_a_status_means(http: Http, odd: str, status, kind):
    with pytest.raises(DeliveryError) as caught:
        await http.post(f"{odd}/{status}", b"{}")
    assert (type(caught.value), str(caught.value)) == (kind, f"HTTP {status}")


async def test_after_the_end_nothing_leaves(http: Http, odd: str):
    assert await http.get(f"{odd}/200") == b'{"errcode":0}'
    await http.close()
    with pytest.raises(RetryLater, match=r"^closed$"):
        await http.get(f"{odd}/200")
    with pytest.raises(RetryLater, match=r"^closed$"):
        async with http.fetching(f"{odd}/200"):
            raise AssertionError


async def test_what_is_on_this_machine_needs_no_proxy(odd: str):
    http = Http(proxy=Secret("http://127.0.0.1:1"))
    assert await http.get(f"{odd}/200") == b'{"errcode":0}'
    with pytest.raises(RetryLater, match=r"^not connected \(ClientProxyConnectionError\)$"):
        await http.get("http://kaohe.example/secret")
    await http.close()


def test_a_bundle_of_certificates_that_can_not_be_used(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        Http(ca_bundle=tmp_path / "nothing.pem")


async def test_no_error_holds_an_address_or_a_secret(
    client: Client, http: Http, control: Control, li: Person, odd: str, caplog
):
    caplog.set_level(logging.DEBUG)
    texts: list[str] = []
    for fault in ("reset_before", "execute_then_500", "garbage", "error"):
        await control.fault(fault, method="message/send", code=45009)
        texts.append(await failing(says(client)))
    urls = ("http://127.0.0.1:1/?key=geheim", "x:/geheim", "http://x:geheim/", "http://[geheim")
    for url in (f"{odd}/404?key=geheim", *urls):
        texts.append(await failing(http.get(url)))
    texts += [r.getMessage() for r in caplog.records if r.name.startswith("bot.")]
    told = [t for t in texts if "geheim" in t or "127.0" in t or SECRET in t or "token=" in t]
    assert told == []


async def failing(call: Any) -> str:
    with pytest.raises(DeliveryError) as caught:
        await call
    error: BaseException | None = caught.value
    found = ""
    while error is not None:
        found += repr(error)
        error = error.__cause__ or error.__context__
    return found
