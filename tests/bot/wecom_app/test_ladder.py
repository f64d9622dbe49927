"""Deployments that take no cards: a card with a link, then numbered texts; learnt once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels.base import RetryLater, Sent
from bot.channels.wecom_app.channel import WecomApp
from bot.channels.wecom_app.settings import WecomAppSettings
from handlers.messages import Marks
from tests.bot.wecom_app.conftest import Notebook, Now, message, notices
from tests.doubles.wecom.client import Control
from tests.doubles.wecom.person import Person
from tests.doubles.wecom.seen import Seen

pytestmark = pytest.mark.usefixtures("hasty", "address")
LINK = "也可以打开网页点选"


async def shown(person: Person) -> list[Seen]:
    return [seen for seen in await person.chat() if seen.out]


async def tried(control: Control) -> list[str]:
    return [call.params["msgtype"] for call in await control.calls(method="message/send")]


async def test_a_card_with_a_link_and_the_choices(
    channel: WecomApp, control: Control, settings: WecomAppSettings, li: Person
):
    await control.settings(refused=["template_card"])
    await channel.send(message("请选择\n共两种", "帮办案例", "其他"))
    [seen] = await shown(li)
    assert seen.kind == "textcard"
    assert seen.text == "请选择\n共两种<br>请回复选项前的序号：<br>1. 帮办案例<br>2. 其他"
    login = settings.login_address("https://kaohe.example").replace("{state}", "c")
    assert seen.url == login
    await channel.send(message("再选", "一", key="k2"))
    assert await tried(control) == ["template_card", "textcard", "textcard"]
    assert await control.notes() == []


@pytest.mark.parametrize(
    "text", ["<b>标题</b>\n" + "一" * 400, "甲 &lt;乙&gt;", '见<a href="https://x.example">此</a>']
)
async def test_what_a_text_card_can_not_show_is_a_text(
    channel: WecomApp, control: Control, li: Person, text
):
    await control.settings(refused=["template_card", "markdown"])
    await channel.send(message("请选择", "一", key="before"))
    await channel.send(message(text, "帮办案例"))
    seen = (await shown(li))[1:]
    assert {each.kind for each in seen} == {"text"}
    assert "1. 帮办案例" in seen[-1].text
    assert f">{LINK}</a>" in seen[-1].text


async def test_numbered_texts(channel: WecomApp, control: Control, notebook: Notebook, li: Person):
    await control.settings(refused=["template_card", "textcard"])
    await channel.send(message("请选择", "帮办案例", "其他"))
    [seen] = await shown(li)
    lines = seen.text.splitlines()
    assert lines[:5] == ["请选择", "", "请回复选项前的序号：", "1. 帮办案例", "2. 其他"]
    assert lines[5].endswith(f">{LINK}</a>")
    await channel.send(message("再选", "一", key="k2"))
    assert await tried(control) == ["template_card", "textcard", "text", "text"]
    assert notebook.kept["wecom_app.cards"].split(" ")[0] == "text"


async def test_where_a_number_is_asked_for_choices_are_letters(
    channel: WecomApp, control: Control, li: Person
):
    await control.settings(refused=["template_card", "textcard"])
    await channel.send(message("满分3分", "0", "3", "不涉及", marks=Marks.LETTERS))
    await channel.send(message("满分3分", "0", "3", key="k2", marks=Marks.LETTERS))
    first, second = await shown(li)
    assert first.text.splitlines()[2:4] == ["也可以回复选项前的字母：", "A. 不涉及"]
    assert second.text.splitlines()[2] == "请直接回复数字。"


async def test_without_a_page_there_is_no_card_with_a_link(
    settings: WecomAppSettings, notebook: Notebook, now: Now, control: Control, li: Person
):
    await control.settings(refused=["template_card"])
    channel = WecomApp(settings, memory=notebook, now=now)
    await channel.send(message("请选择", "帮办案例"))
    await channel.close()
    assert [(s.kind, s.text) for s in await shown(li)] == [
        ("text", "请选择\n\n请回复选项前的序号：\n1. 帮办案例")
    ]


async def test_it_is_remembered_over_restarts_for_a_month(
    channel: WecomApp,
    settings: WecomAppSettings,
    notebook: Notebook,
    now: Now,
    control: Control,
    li: Person,
):
    await control.settings(refused=["template_card"])
    await channel.send(message("请选择", "一"))
    other = WecomApp(settings, memory=notebook, now=now, public_url="https://kaohe.example")
    await other.send(message("请选择", "一", key="k2"))
    assert await tried(control) == ["template_card", "textcard", "textcard"]
    await control.settings(refused=[])
    now.ahead = timedelta(days=29, hours=23).total_seconds()
    await other.send(message("请选择", "一", key="k3"))
    now.ahead = timedelta(days=30, seconds=5).total_seconds()
    await other.send(message("请选择", "一", key="k4"))
    await other.close()
    assert (await tried(control))[3:] == ["textcard", "template_card"]


async def test_a_memory_that_is_away_stops_nothing(
    channel: WecomApp, control: Control, notebook: Notebook, li: Person
):
    notebook.away = OperationalError("select", {}, Exception("away"))
    await control.settings(refused=["template_card"])
    await channel.send(message("请选择", "一"))
    await channel.send(message("请选择", "一", key="k2"))
    assert [s.kind for s in await shown(li)] == ["textcard", "textcard"]


async def test_what_was_said_before_a_card_was_refused_is_not_said_again(
    channel: WecomApp, control: Control, li: Person
):
    await control.settings(refused=["template_card"])
    await channel.send(message("一" * 1500, "查看"))
    seen = await shown(li)
    assert [s.kind for s in seen] == ["text", "text", "text", "textcard"]
    assert "".join(s.text for s in seen[:3]) == "一" * 1500
    assert seen[3].text == "请选择\n请回复选项前的序号：<br>1. 查看"


async def test_a_list_that_has_begun_goes_on_in_the_form_it_has(
    channel: WecomApp, control: Control, li: Person
):
    await control.settings(refused=["template_card", "textcard"])
    await control.fault("error", method="message/send", code=45009, after=3)
    with pytest.raises(RetryLater):
        await channel.send(message("一" * 1500, "查看"))
    await channel.send(message("一" * 1500, "查看"))
    texts = [s.text for s in await shown(li)]
    assert "".join(texts[:3]) == "一" * 1500
    assert texts[3].splitlines()[1] == "1. 查看"
    assert len(texts) == 4


async def test_nothing_is_renewed_where_there_are_no_cards(
    channel: WecomApp, control: Control, li: Person
):
    await control.settings(refused=["template_card"])
    given = await channel.send(message("请选择", "一"))
    renewed = await channel.edit(message("好了", key="k2"), given.message_ref)
    assert [s.kind for s in await shown(li)] == ["textcard", "text"]
    assert renewed.message_ref != given.message_ref


async def test_a_deployment_without_markdown(channel: WecomApp, control: Control, li: Person):
    await control.settings(refused=["markdown"])
    for n in (1, 2):
        await channel.send(message("<b>已采纳</b>", key=f"k{n}"))
    assert [(s.kind, s.text) for s in await shown(li)] == [("text", "已采纳")] * 2
    assert await tried(control) == ["markdown", "text", "text"]


async def test_a_single_card_that_is_refused_goes_as_text_and_the_next_one_is_a_card(
    channel: WecomApp, control: Control, notebook: Notebook, li: Person
):
    """For a reason of its own: the deployment does know cards."""
    await control.fault("error", method="message/send", code=40058)
    await channel.send(message("请选择", "帮办案例", "其他"))
    await channel.send(message("再选", "一", key="k2"))
    first, second = await shown(li)
    assert first.text.splitlines()[:5] == [
        "请选择", "", "请回复选项前的序号：", "1. 帮办案例", "2. 其他",
    ]  # fmt: skip
    assert (first.kind, second.kind) == ("text", "template_card")
    assert notebook.kept == {}


async def test_a_notice_whose_card_is_refused_goes_as_text_to_each(
    channel: WecomApp, control: Control, li: Person, wang: Person
):
    await control.fault("error", method="message/send", code=40058)
    messages = notices("材料被退回", ["wangqiang", "liqian"], "查看")
    told = await channel.circular.send_all(messages, await channel.circular.prepare(messages))
    assert {type(each) for each in told.values()} == {Sent}
    for person, number in ((wang, 41), (li, 42)):
        [seen] = await shown(person)
        assert seen.kind == "text"
        assert f"#{number}. 查看" in seen.text
