"""What people say is kept, once, and handed in; what the program says is there once."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest

from bot.channels.base import OutFile, RecipientGone, Rejected, RetryLater
from handlers.messages import Action, Attachment, Button, Inbound, Kind, Style, rows
from tests.bot.webchat.house import House
from tests.support.samples import GOOD, png

CARD = rows(
    [
        Button("采纳", Action("rev", "41", 2), Style.PRIMARY),
        Button("退回补充", Action("ret", "41", 2)),
    ]
)


def text_row(house: House, key: str) -> dict[str, object]:
    return {known: body for known, _, body in house.rows()}[key]


async def test_a_text_is_kept_and_handed_in(house, li):
    uuid = str(uuid4())
    answer = await li.post("api/messages", {"id": uuid, "text": "  昨天办了变更登记\n"})
    assert answer.status == 200
    told = await answer.json()
    assert told["message"] | {"id": 0} == {
        "id": 0,
        "seq": 1,
        "mine": True,
        "at": "2026-11-24T01:30:00+00:00",
        "text": "  昨天办了变更登记\n",
        "files": [],
        "uuid": uuid,
        "label": "",
        "press": False,
    }
    assert house.received == [
        Inbound(
            key=f"web:{uuid}",
            channel="web",
            account="李敏",
            name="李敏",
            text="  昨天办了变更登记\n",
        )
    ]
    assert house.rows() == [(f"web:{uuid}", True, {"text": "  昨天办了变更登记\n"})]


async def test_sent_again_it_has_one_effect_and_one_answer(house, li):
    uuid = str(uuid4())
    house.replies = lambda inbound: [house.out("李敏", "收到", key=f"{inbound.key}:0")]
    whats = [{"id": uuid, "text": "一"}, {"id": uuid, "text": "一"}, {"id": uuid, "text": "改了"}]
    answers = [await (await li.post("api/messages", what)).json() for what in whats]
    assert answers == [answers[0]] * 3
    assert [inbound.text for inbound in house.received] == ["一"]
    assert house.rows() == [
        (f"web:{uuid}", True, {"text": "一"}),
        (f"web:{uuid}:0", False, {"text": "收到"}),
    ]


async def test_many_at_once_under_one_uuid(house, li):
    uuid = str(uuid4())
    calls = [li.post("api/messages", {"id": uuid, "text": "一"}) for _ in range(20)]
    answers = await asyncio.gather(*calls)
    assert ([answer.status for answer in answers], len(house.received)) == ([200] * 20, 1)


async def test_a_busy_database_takes_nothing_and_says_when_to_come_back(house, li):
    uuid = str(uuid4())
    house.open = False
    answer = await li.post("api/messages", {"id": uuid, "text": "一"})
    assert (answer.status, answer.headers["Retry-After"], house.received) == (503, "2", [])
    house.open = True
    assert (await li.post("api/messages", {"id": uuid, "text": "一"})).status == 200
    assert [inbound.text for inbound in house.received] == ["一"]


async def test_another_persons_uuid(house, li, visit):
    uuid = str(uuid4())
    assert (await li.post("api/messages", {"id": uuid, "text": "一"})).status == 200
    wang = await visit(house).log_in("王建国")
    assert (await wang.post("api/messages", {"id": uuid, "text": "二"})).status == 409
    assert [inbound.account for inbound in house.received] == ["李敏"]
    assert await wang.messages() == []


@pytest.mark.parametrize(
    "what",
    [
        {},
        {"id": "1", "text": "x"},
        {"id": "ABCDEF00-0000-0000-0000-000000000000", "text": "x"},
        {"id": str(uuid4()) + ":0", "text": "x"},
        {"id": str(uuid4())},
        {"id": str(uuid4()), "text": " \n "},
        {"id": str(uuid4()), "text": 7},
        {"id": str(uuid4()), "text": "x", "files": ["forged"]},
        {"id": str(uuid4()), "text": "x", "files": [7]},
        {"id": str(uuid4()), "text": "x", "files": {}},
        {"id": str(uuid4()), "text": "x", "label": []},
    ],
)
async def test_what_no_page_of_ours_sends(what, house, li):
    assert (await li.post("api/messages", what)).status == 400
    assert (house.received, house.rows()) == ([], [])


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b'"x"', b'{"id":"\\ud800"}', b"\xff"])
async def test_no_json(raw, house, li):
    headers = {**li.headers, "Content-Type": "application/json"}
    for path in ("api/messages", "api/press", "api/uploads/check"):
        answer = await li.session.post(li.url(path), data=raw, headers=headers)
        assert answer.status == 400
    assert house.received == []


async def test_a_long_text_and_one_too_long(house, li):
    long = "长" * 100_000
    answer = await li.post("api/messages", {"id": str(uuid4()), "text": long})
    assert (answer.status, house.received[0].text) == (200, long)
    headers = {**li.headers, "Content-Type": "application/json"}
    body = BytesIO(json.dumps({"id": str(uuid4()), "text": "长" * 400_000}).encode())
    far = await li.session.post(li.url("api/messages"), data=body, headers=headers)
    assert (far.status, len(house.received)) == (413, 1)


async def test_a_command_of_the_menu_shows_its_title(house, li):
    menu = await (await li.get("api/menu")).json()
    assert menu == [{"text": "/submit", "title": "上报材料"}]
    uuid = str(uuid4())
    await li.post("api/messages", {"id": uuid, "text": "/submit", "label": "上报材料"})
    assert house.received[0].text == "/submit"
    assert text_row(house, f"web:{uuid}") == {"text": "/submit", "label": "上报材料"}


# ---------------------------------------------------------------- pressing


async def test_a_press(house, li):
    message = await house.says("李敏", "请审核", buttons=CARD)
    uuid = str(uuid4())
    what = {"id": uuid, "message": message, "action": "rev:41:2"}
    answers = [await li.post("api/press", what) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert house.received == [
        Inbound(
            key=f"web:{uuid}",
            channel="web",
            account="李敏",
            kind=Kind.PRESS,
            name="李敏",
            action="rev:41:2",
            source=str(message),
            acknowledge=uuid,
        )
    ]
    assert text_row(house, f"web:{uuid}") == {"press": "rev:41:2", "pressed_on": message}
    assert [(m["mine"], m.get("press")) for m in await li.messages()] == [
        (False, None),
        (True, True),
    ]


@pytest.mark.parametrize(
    "what",
    [
        {"action": ""},
        {"action": "x:1:minus"},
        {"action": "x" * 65},
        {"action": 7},
        {"action": "x", "message": "1"},
        {},
    ],
)
async def test_no_button_of_ours(what, house, li):
    assert (await li.post("api/press", {"id": str(uuid4()), **what})).status == 400
    assert house.received == []


# ---------------------------------------------------------------- what the program says


async def test_what_is_sent_stands_in_the_page(house, li):
    ref = await house.says("李敏", "请审核 <b>1</b> 份", buttons=CARD, silent=True)
    assert await li.messages() == [
        {
            "id": ref,
            "seq": 1,
            "mine": False,
            "at": "2026-11-24T01:30:00+00:00",
            "text": "请审核 <b>1</b> 份",
            "files": [],
            "buttons": [
                [
                    {"label": "采纳", "action": "rev:41:2", "style": "primary"},
                    {"label": "退回补充", "action": "ret:41:2", "style": ""},
                ]
            ],
            "silent": True,
        }
    ]


async def test_a_key_is_sent_once_whatever_comes(house, li):
    message = house.out("李敏", "您好", key="reply:1")
    sent = [await house.chat.send(message) for _ in range(3)]
    assert sent == [sent[0]] * 3
    assert house.rows() == [("reply:1", False, {"text": "您好"})]


async def test_an_edit_stays_in_its_place(house, li):
    first = await house.says("李敏", "第 1 页", buttons=CARD)
    await house.says("李敏", "别的")
    sent = await house.chat.edit(house.out("李敏", "第 2 页"), str(first))
    assert sent.message_ref == str(first)
    shown = [(m["text"], m["buttons"]) for m in await li.messages()]
    assert shown[0] == ("第 2 页", [])
    assert [(m["text"], m["seq"]) for m in await li.messages("?after=2")] == [("第 2 页", 3)]


@pytest.mark.parametrize("ref", ["", "999", "x", "another's"])
async def test_what_cannot_be_edited_is_sent_anew(ref, house, li):
    if ref == "another's":
        house.account("王建国")
        ref = str(await house.says("王建国", "给王建国的"))
    sent = await house.chat.edit(house.out("李敏", "新"), ref)
    assert [(m["id"], m["text"]) for m in await li.messages()] == [(int(sent.message_ref), "新")]


async def test_nobody_of_that_name(house):
    with pytest.raises(RecipientGone):
        await house.chat.send(house.out("nobody", "您好"))


async def test_a_database_that_is_away_is_tried_again(house, li, monkeypatch):
    """Locked by another process for longer than we wait: surely not told, so later."""
    monkeypatch.setattr("storage.db.SQLITE_PRAGMAS", ("busy_timeout=50",))
    house.work.database.writer.dispose()
    with house.database.begin(), pytest.raises(RetryLater):
        await house.chat.send(house.out("李敏", "您好", key="k"))
    await house.chat.send(house.out("李敏", "您好", key="k"))
    assert [m["text"] for m in await li.messages()] == ["您好"]


async def test_a_secret_is_filled_in_only_when_it_is_shown(house, li):
    await house.says("李敏", '邀请码 <secret invite="1"/>')
    assert [m["text"] for m in await li.messages()] == ["邀请码 打开"]
    assert house.rows()[0][2] == {"text": '邀请码 <secret invite="1"/>'}


async def test_what_somebody_types_is_no_secret(house, li):
    await li.post("api/messages", {"id": str(uuid4()), "text": '<secret invite="1"/>'})
    assert [m["text"] for m in await li.messages()] == ['<secret invite="1"/>']


async def test_history_in_pages_and_changes_by_number(house, li):
    for number in range(95):
        await house.says("李敏", f"第{number}条")
    last = await (await li.get("api/messages")).json()
    texts = [message["text"] for message in last["messages"]]
    assert (texts, last["seq"], last["more"]) == ([f"第{n}条" for n in range(55, 95)], 95, True)
    older = await (await li.get(f"api/messages?before={last['messages'][0]['id']}")).json()
    oldest = await (await li.get(f"api/messages?before={older['messages'][0]['id']}")).json()
    assert (len(older["messages"]), len(oldest["messages"]), oldest["more"]) == (40, 15, False)
    assert [m["text"] for m in await li.messages("?after=93")] == ["第93条", "第94条"]


async def test_nobody_sees_anothers_messages(house, li, visit):
    await house.says("李敏", "给李敏的")
    wang = await visit(house).log_in("王建国")
    assert (await wang.messages(), await wang.messages("?after=0")) == ([], [])


# ---------------------------------------------------------------- files in what is said


async def test_files_go_with_a_message(house, li):
    uuid = str(uuid4())
    told = [
        await (await li.upload(name, data)).json()
        for name, data in (("现场.png", png()), ("情况说明.docx", GOOD["docx"]))
    ]
    tokens = [file["token"] for file in told]
    answer = await li.post("api/messages", {"id": uuid, "text": "材料", "files": tokens})
    assert answer.status == 200
    blobs = [house.blobs.put(data).sha256 for data in (png(), GOOD["docx"])]
    mimes = [
        "image/png",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ]
    names, sizes = ["现场.png", "情况说明.docx"], [len(png()), len(GOOD["docx"])]
    assert house.received[0].attachments == tuple(
        Attachment(reference=blob, name=name, mime=mime, size=size, blob=blob)
        for blob, name, mime, size in zip(blobs, names, mimes, sizes, strict=True)
    )
    message = (await answer.json())["message"]
    assert message["files"] == [
        {"name": name, "size": size, "inline": inline, "url": f"files/{message['id']}/{number}"}
        for number, (name, size, inline) in enumerate(
            zip(names, sizes, (True, False), strict=True)
        )
    ]


async def test_a_token_is_good_for_its_account_only(house, li, visit):
    token = (await (await li.upload("a.txt", b"x")).json())["token"]
    wang = await visit(house).log_in("王建国")
    what = {"id": str(uuid4()), "text": "", "files": [token]}
    assert (await wang.post("api/messages", what)).status == 400
    tampered = what | {"files": [token[:60] + ("A" if token[60] != "A" else "B") + token[61:]]}
    assert (await li.post("api/messages", tampered)).status == 400
    assert (await li.post("api/messages", what)).status == 200


async def test_a_file_that_is_up_survives_a_restart(house, li):
    token = (await (await li.upload("a.txt", b"x")).json())["token"]
    await house.stop()
    await house.start()
    what = {"id": str(uuid4()), "text": "", "files": [token]}
    assert (await li.post("api/messages", what)).status == 200
    assert [file.name for file in house.received[0].attachments] == ["a.txt"]


def out_file(house, data: bytes, name: str, mime: str) -> OutFile:
    stored = house.blobs.put(data)
    return OutFile(house.blobs.path(stored.sha256), name, mime, stored.sha256)


async def test_a_file_from_the_program(house, li):
    file = out_file(house, GOOD["docx"], "赋分表.docx", "application/msword")
    await house.says("李敏", "请查收", file=file)
    assert house.rows()[0][2] == {
        "text": "请查收",
        "files": [
            {
                "blob": file.blob,
                "name": "赋分表.docx",
                "mime": "application/msword",
                "size": len(GOOD["docx"]),
            }
        ],
    }


async def test_a_file_that_is_gone_is_refused(house, li):
    missing = OutFile(Path("/nowhere/at/all"), "a.docx", "application/msword", "a" * 64)
    with pytest.raises(Rejected):
        await house.chat.send(house.out("李敏", "x", file=missing))
    assert house.rows() == []


async def test_what_a_page_sent_can_be_fetched_by_its_reference(house):
    stored = house.blobs.put(b"abc" * 200_000)
    pieces = [piece async for piece in house.chat.fetch(stored.sha256)]
    assert b"".join(pieces) == b"abc" * 200_000
    for reference in ("0" * 64, "../../etc/passwd"):
        with pytest.raises(Rejected):
            [piece async for piece in house.chat.fetch(reference)]
