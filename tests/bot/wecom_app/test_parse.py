"""Callbacks as what they mean: each kind of message and event; nothing is raised but one error."""

from __future__ import annotations

from dataclasses import replace
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.wecom_app.elements import fields
from bot.channels.wecom_app.parse import Callback, Clicked, parse
from bot.fields import Unparsable
from handlers.messages import Attachment, Inbound, Kind
from templates.words import CENTRE_ZONE

# a busy machine takes its time
BUSY = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
CORP, AGENT = "ww1234567890abcdef", "1000002"
AT = 1733980801  # 2024-12-12 13:20:01 at the centre


def xml(**fields: str) -> str:
    given = {
        "ToUserName": CORP,
        "FromUserName": "ZhangSan",
        "CreateTime": str(AT),
        "AgentID": AGENT,
        "MsgId": "7432101234567890123",
        **fields,
    }
    inner = "".join(
        f"<{name}>{value if value.startswith('<') else escape(value)}</{name}>"
        for name, value in given.items()
        if value
    )
    return f"<xml>{inner}</xml>"


def event(name: str, **fields: str) -> str:
    return xml(MsgType="event", Event=name, MsgId="", **fields)


def read(text: str) -> Callback:
    return parse(text, corp=CORP, agent=AGENT, zone=CENTRE_ZONE)


SAID = Inbound(
    "wa:1000002:7432101234567890123", "wecom_app", "zhangsan", numbered=True, appends=True
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (xml(MsgType="text", Content=" 上报 & <测试> "), " 上报 & <测试> "),
        (
            xml(
                MsgType="location",
                Location_X="31.405000",
                Location_Y="121.4890",
                Label="和平路1号",
            ),
            "【位置】和平路1号（31.405,121.489）",
        ),
        (
            xml(MsgType="link", Title="报道", Description="说明", Url="https://news.example/1"),
            "报道\nhttps://news.example/1",
        ),
        (xml(MsgType="link", Url="https://news.example/1"), "https://news.example/1"),
        (xml(MsgType="sticker"), ""),
    ],
)
def test_what_is_said(text, said):
    assert read(text) == Callback(replace(SAID, text=said))


@pytest.mark.parametrize(
    ("fields", "file"),
    [
        (
            {"MsgType": "image", "PicUrl": "http://127.0.0.1/1"},
            Attachment("m1", "图片-20241212-132001-0123.jpg", "image/*"),
        ),
        (
            {"MsgType": "voice", "Format": "AMR"},
            Attachment("m1", "语音-20241212-132001-0123.amr", "audio/amr"),
        ),
        (
            {"MsgType": "voice"},
            Attachment("m1", "语音-20241212-132001-0123.amr", "audio/amr"),
        ),
        (
            {"MsgType": "video", "ThumbMediaId": "t1"},
            Attachment("m1", "视频-20241212-132001-0123.mp4", "video/mp4"),
        ),
        ({"MsgType": "file", "FileName": "佐证.pdf"}, Attachment("m1", "佐证.pdf")),
        ({"MsgType": "file", "Filename": "佐证.pdf"}, Attachment("m1", "佐证.pdf")),
        (
            {"MsgType": "file", "FileName": "佐" * 300 + ".docx"},
            Attachment("m1", "佐" * 195 + ".docx"),
        ),
        ({"MsgType": "file"}, Attachment("m1", "文件-20241212-132001-0123")),
    ],
)
def test_what_is_sent(fields, file):
    assert read(xml(MediaId="m1", **fields)) == Callback(replace(SAID, attachments=(file,)))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("subscribe", Kind.UNBLOCKED),
        ("unsubscribe", Kind.BLOCKED),
        ("enter_agent", Kind.OPENED),
    ],
)
def test_coming_and_going(name, kind):
    key = f"wa:1000002:zhangsan:{AT}:{name}::"
    assert read(event(name)) == Callback(
        Inbound(key, "wecom_app", "zhangsan", kind, numbered=True), name
    )


@pytest.mark.parametrize(
    "name", ["LOCATION", "view", "change_contact", "inactive_alert", "reopen_inactive_agent"]
)
def test_what_is_none_of_our_business(name):
    assert read(event(name, FromUserName="")) == Callback(None, name)


def press(action: str, *, key: str, source: str = "") -> Inbound:
    return Inbound(
        key, "wecom_app", "zhangsan", Kind.PRESS, action=action, source=source, numbered=True
    )


def test_a_click_in_the_menu():
    found = read(event("click", EventKey="cmd:submit"))
    key = f"wa:1000002:zhangsan:{AT}:click:cmd:submit:cmd:submit:"
    assert found == Callback(press("cmd:submit", key=key), "click")


CARD = {"TaskId": "0123abcd_1", "ResponseCode": "code", "CardType": "button_interaction"}


def test_a_button_of_a_card():
    """It came with the first of that message's cards, whichever was pressed."""
    found = read(event("template_card_event", EventKey="accept:7:1", **CARD))
    key = f"wa:1000002:zhangsan:{AT}:template_card_event:accept:7:1:accept:7:1:0123abcd_1"
    inbound = press("accept:7:1", key=key, source="0123abcd")
    assert found == Callback(inbound, "template_card_event", Clicked("0123abcd_1", "code"))


@pytest.mark.parametrize(
    ("options", "action"),
    [
        ("<OptionId>row:4</OptionId>", "row:4"),
        ("<OptionId>row:4</OptionId><OptionId>row:5</OptionId>", "row:4"),
        ("", ""),
    ],
)
def test_a_choice_of_a_list(options, action):
    selected = (
        "<SelectedItem><QuestionKey>choose</QuestionKey>"
        f"<OptionIds>{options}</OptionIds></SelectedItem>"
    )
    found = read(event("template_card_event", EventKey="choose", SelectedItems=selected, **CARD))
    assert found.inbound is not None
    assert (found.inbound.action, found.inbound.source) == (action, "0123abcd")


def test_two_choices_of_one_second_are_two():
    keys = {
        read(
            event(
                "template_card_event",
                EventKey="choose",
                SelectedItems="<SelectedItem><OptionIds><OptionId>"
                f"row:{n}</OptionId></OptionIds></SelectedItem>",
                **CARD,
            )
        ).inbound.key  # type: ignore[union-attr]
        for n in (1, 2)
    }
    assert len(keys) == 2


@pytest.mark.parametrize("name", ["template_card_menu_event", "taskcard_click"])
def test_other_presses(name):
    found = read(event(name, EventKey="accept:7:1", TaskId="t"))
    assert found.inbound is not None
    assert (found.inbound.action, found.inbound.source) == ("accept:7:1", "t")
    assert found.clicked is None


def test_a_key_fits_whatever_came():
    long = read(event("click", EventKey="键" * 1000))
    other = read(event("click", EventKey="键" * 1001))
    assert long.inbound is not None
    assert other.inbound is not None
    assert len(long.inbound.key) <= 180
    assert long.inbound.key != other.inbound.key
    assert long == read(event("click", EventKey="键" * 1000))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "XML"),
        ("<xml>", "XML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>', "XML"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1/x"><xml/>', "XML"),
        ("<xml>\0</xml>", "XML"),
        ("<xml>&b;</xml>", "XML"),
        ("<xml>\ud800</xml>", "XML"),
        (xml(MsgType="text", MsgId="x"), "MsgId"),
        (xml(MsgType="text", FromUserName=""), "FromUserName"),
        (xml(MsgType="text", FromUserName="a|b"), "FromUserName"),
        (xml(MsgType="text", FromUserName="x" * 65), "FromUserName"),
        (xml(MsgType="text", ToUserName="another"), "ToUserName"),
        (xml(MsgType="text", AgentID="1000003"), "AgentID"),
        (xml(MsgType="image"), "MediaId"),
        (xml(MsgType="image", MediaId="m 1"), "MediaId"),
        (xml(MsgType="image", MediaId="m1", CreateTime="soon"), "CreateTime"),
        (xml(MsgType="image", MediaId="m1", CreateTime="9" * 20), "CreateTime"),
        (xml(MsgType="location", Location_X="x", Location_Y="1"), "Location"),
        (xml(MsgType="location", Location_X="nan", Location_Y="1"), "Location"),
        (event("click", CreateTime=""), "CreateTime"),
    ],
)
def test_what_can_not_be_read(text, fault):
    with pytest.raises(Unparsable, match=f"^{fault}$"):
        read(text)


@pytest.mark.parametrize("encoding", ["x-unknown", "gb18030"])
def test_bytes_in_an_encoding_that_is_not_read(encoding):
    with pytest.raises(Unparsable, match=r"^XML$"):
        fields(f'<?xml version="1.0" encoding="{encoding}"?><xml/>'.encode())


def test_fields_are_what_stands_directly_below_the_root():
    found = fields(
        "<xml><Content>a <![CDATA[<b>]]> &amp; c<!-- d --></Content><Content>e</Content><Empty/>"
        "<Other><Content>f</Content><OptionId>g</OptionId></Other>"
        "<SelectedItems><SelectedItem><OptionIds><OptionId>h</OptionId><OptionId/></OptionIds>"
        "</SelectedItem></SelectedItems><OptionId>i</OptionId></xml>"
    )
    assert found.text("Content") == "a <b> & c"
    assert (found.text("Empty"), found.text("OptionId"), found.text("Missing")) == ("", "i", "")
    assert found.chosen == ["h", ""]


def test_nesting_of_any_depth_is_read():
    assert fields("<xml>" + "<a>" * 20_000 + "</a>" * 20_000 + "<b>c</b></xml>").text("b") == "c"


NAMES = st.sampled_from(
    ["MsgType", "Event", "EventKey", "MsgId", "MediaId", "Content", "CreateTime", "FromUserName",
     "Location_X", "Location_Y", "SelectedItems", "OptionId", "TaskId", "Format", "FileName"]
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(["event", "text", "image", "location", "click", "template_card_event", "nan"]),
    st.text("甲乙 <&>|:\u2028\U0001f600x1.-", max_size=20),
    st.integers().map(str),
)


@BUSY
@given(st.lists(st.tuples(NAMES, VALUES), max_size=12))
def test_nothing_but_one_error_whatever_comes(fields):
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields)
    try:
        found = read(f"<xml>{inner}</xml>")
    except Unparsable:
        return
    if found.inbound is not None:
        found.inbound.key.encode()
        assert len(found.inbound.key) <= 180
