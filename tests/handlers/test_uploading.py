"""「上传材料」 in the chat: the link, and what becomes of the files that the page hands in."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from handlers import upload_link, uploading
from handlers.messages import Attachment, Inbound, Kind, Receipt
from handlers.premises import Premises
from handlers.upload_link import LinkExpired
from handlers.uploading import DraftClosed
from storage.models import attachment, audit, conversation, evidence
from tests.chat import MORNING, Centre, File, User
from tests.handlers.evidence_desk import CASE, arrive, begin, line, lines, rows, silence

ADDRESS = "https://kaohe.example"
_NUMBERS = count(1)


@pytest.fixture(params=[False, True], ids=["", "restart"])
def centre(request, tmp_path):
    return Centre(
        f"sqlite:///{tmp_path / 'kaohe.sqlite'}", restart=request.param, public_url=ADDRESS
    )


def uploads(
    user: User,
    *names: str,
    item: int = 1,
    content: bytes = b"",
    key: str = "",
    more: bool = False,
) -> Receipt:
    """The page hands these files in, as one update."""
    files = [
        Attachment(digest, name, "", 9, digest)
        for name in names
        for digest in [hashlib.sha256(content or name.encode()).hexdigest()]
    ]
    return user.centre.receive(
        Inbound(
            key=key or f"upload:{next(_NUMBERS)}",
            channel=user.channel,
            account=user.name,
            kind=Kind.UPLOADED,
            attachments=tuple(files),
            group="more" if more else "",
            source=str(item),
        )
    )


def names(centre: Centre) -> list[str]:
    return [name for (name,) in rows(centre, attachment.c.name)]


def denials(centre: Centre) -> list[tuple[str, str, str]]:
    with centre.database.read() as connection:
        found = select(audit.c.action, audit.c.object, audit.c.detail).where(
            audit.c.result == "denied"
        )
        return [
            (row.action, row.object, row.detail["code"])
            for row in connection.execute(found.order_by(audit.c.id))
        ]


def token_in(user: User) -> str:
    return user.chat[-1].text.partition("/upload/")[2].partition("）")[0]


# ---------------------------------------------------------------- the link


def test_the_link_stands_in_the_place_of_the_card(centre, li):
    begin(li, "工作佐证")
    li.says("窗口业务培训")
    before = len(li.chat)
    li.clicks("上传材料")
    assert len(li.chat) == before
    assert li.buttons == ["返回"]
    first, link, *_, last = lines(li)
    assert (first, link) == (
        "上传材料：窗口业务培训",
        f"打开上传页面（{ADDRESS}/upload/{token_in(li)}）",
    )
    assert last == (
        "可以拍照，也可以一次选多个文件，每个最大100.0 MB，一份材料最多20个。"
        "链接30分钟内有效，只供您本人为这份材料使用，请勿转发。传完请回到这里继续。"
    )
    found = upload_link.read(centre.desk.premises, token_in(li), now=centre.now)
    assert (found.account_id, found.item_id) == (li.account_id, 1)
    li.clicks("返回")
    assert "确认提交" in li.buttons


def test_what_is_typed_meanwhile_goes_to_the_draft(centre, li):
    begin(li, "工作佐证")
    li.clicks("上传材料")
    li.says("窗口业务培训")
    assert line(li, "标题：") == "标题：窗口业务培训"


def test_no_address_no_way(tmp_path):
    centre = Centre(f"sqlite:///{tmp_path / 'bare.sqlite'}")
    li = centre.person("李敏", "liaison", department="SCJG")
    begin(li, "工作佐证")
    li.says("窗口业务培训")
    assert li.buttons == ["今天", "昨天", "换一行", "修改", "确认提交", "取消"]
    li.says("/upload")
    assert li.hears[-1].startswith("没有“/upload”")
    li.says("菜单")
    assert "上传材料" not in li.buttons
    assert "upload" not in [name for name, _ in li.says("帮助").menu]
    # a button from before the address was taken away
    li.presses("sub.up:1:1")
    assert li.card == "这里没有上传页面，请直接把文件发到对话里。"
    assert li.buttons == ["返回"]


def test_a_link_from_before_the_address_was_taken_away(centre):
    bare = replace(centre.desk.premises, public_url="")
    text = upload_link.filled_in(
        'x <upload item="1"/>', premises=bare, account_id=1, channel="fake", now=MORNING
    )
    assert text == "x （已失效）"


def test_a_member_of_wecom_says_who_they_are_there():
    premises = Premises(
        b"k", public_url=ADDRESS, wecom_login="https://wx.example/?state={state}&a=1#x"
    )
    told = [
        upload_link.filled_in(
            '<upload item="12"/>', premises=premises, account_id=1, channel=channel, now=MORNING
        )
        for channel in ("wecom_app", "wecom_bot")
    ]
    assert told[0] == ('<a href="https://wx.example/?state=u12&amp;a=1#x">打开上传页面</a>')
    assert told[1].startswith(f'<a href="{ADDRESS}/upload/')
    assert [upload_link.item_of(each) for each in ("u12", "u0", "c12", "u", "u1a", "")] == [
        12, 0, 0, 0, 0, 0,
    ]  # fmt: skip


@pytest.mark.parametrize("junk", ["", "x", "é", "A" * 54, "A" * 53, "=", "%%%", "A" * 5000])
def test_no_token(junk):
    with pytest.raises(LinkExpired):
        upload_link.read(Premises(b"k"), junk, now=MORNING)


def test_a_token_counts_half_an_hour():
    premises = Premises(b"k")
    token = upload_link.issue(premises, account_id=3, item_id=2**40, now=MORNING)
    at = MORNING + timedelta(minutes=29, seconds=59)
    assert upload_link.read(premises, token, now=at).item_id == 2**40
    with pytest.raises(LinkExpired):
        upload_link.read(premises, token, now=at + timedelta(seconds=1))


# ---------------------------------------------------------------- /upload


def test_the_command_means_the_draft_at_hand(centre, li):
    begin(li, "工作佐证")
    li.says("/upload")
    assert lines(li)[0] == "上传材料"
    li.says("取消")
    li.says("上传材料")  # an empty draft is none to come back to
    assert li.card == "还没有草稿。请先开始一份材料，再点“上传材料”。"
    assert li.buttons == ["上报新的材料"]


def test_the_command_chooses_among_drafts(centre, li):
    for title in ("第一件", "第二件"):
        begin(li, "工作佐证")
        li.says(title)
        li.says("取消")
    li.says("/upload")
    assert li.card == "请选择为哪份草稿上传文件："
    assert li.buttons == ["第二件", "第一件", "上报新的材料"]
    li.clicks("第一件")
    assert lines(li)[0] == "上传材料：第一件"
    li.clicks("返回")
    li.clicks("取消")
    li.clicks("删除草稿")
    li.says("/upload")
    assert lines(li)[0] == "上传材料：第二件"


def test_a_draft_that_was_handed_in_meanwhile(centre, li):
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    way = li.button("上传材料")
    li.clicks("确认提交")
    li.presses(way)
    assert li.toast == "已提交：市场监管局1号"
    li.says("/upload")
    assert li.card == "还没有草稿。请先开始一份材料，再点“上传材料”。"


def test_those_who_record_for_others(centre):
    wang = centre.person("王芳", "evaluator")
    wang.says("/submit")
    wang.clicks("公安")
    wang.clicks("工作佐证")
    wang.says("现场检查")
    wang.says("取消")
    wang.says("/upload")
    assert lines(wang)[0] == "上传材料：现场检查"
    uploads(wang, "a.jpg")
    assert names(centre) == ["a.jpg"]


# ---------------------------------------------------------------- files


def test_files_from_the_page_bring_the_card_back(centre, li):
    begin(li, "工作佐证")
    li.says("窗口业务培训")
    li.clicks("上传材料")
    before = len(li.chat)
    uploads(li, "a.jpg", more=True)
    assert li.buttons == ["返回"]
    uploads(li, "b.jpg")
    assert len(li.chat) == before
    assert line(li, "附件") == "附件（2）：a.jpg、b.jpg"
    li.says("今天")
    li.clicks("确认提交")
    assert rows(centre, evidence.c.state) == [("submitted",)]


def test_the_page_has_nothing_more(centre, li):
    begin(li, "工作佐证")
    li.clicks("上传材料")
    uploads(li, "a.jpg", more=True)
    uploads(li)
    assert line(li, "附件") == "附件（1）：a.jpg"


def test_exactly_once(centre, li):
    begin(li, "工作佐证")
    uploads(li, "a.jpg", key="upload:1-1")
    silence(li)
    assert uploads(li, "a.jpg", key="upload:1-1").fresh is False
    assert (names(centre), li.hears) == (["a.jpg"], [])
    with centre.database.read() as connection:
        took = [
            uploading.took(connection, account_id=account, key=key)
            for account, key in (
                (li.account_id, "upload:1-1"),
                (li.account_id, "upload:1-2"),
                (99, "upload:1-1"),
            )
        ]
    assert took == [True, False, False]


def test_an_edited_message_of_the_drafts_number_touches_no_upload(centre, li):
    begin(li, "工作佐证")
    li.says("窗口业务培训")
    uploads(li, "a.jpg")
    li.edits("1", "改过的话")
    assert names(centre) == ["a.jpg"]
    assert line(li, "标题：") == "标题：窗口业务培训"


def test_refusals_are_the_pages_to_say(centre, li):
    begin(li, "工作佐证")
    uploads(li, "a.jpg")
    silence(li)
    uploads(li, "b.jpg", content=b"a.jpg")
    uploads(li, "c.exe")
    uploads(li, *(f"{number}.jpg" for number in range(20)))
    assert (li.hears, names(centre)[:1]) == ([], ["a.jpg"])
    assert denials(centre) == [
        ("evidence.file", "1", "evidence.file_repeated"),
        ("evidence.file", "1", "file.type"),
        ("evidence.file", "1", "evidence.too_many_files"),
    ]


@pytest.mark.parametrize("item", [2, 99])
def test_another_departments_draft_and_none(item, centre, li):
    sun = centre.person("孙警", "liaison", department="GA")
    begin(li)
    begin(sun)
    silence(li)
    uploads(li, "a.jpg", item=item)
    assert (names(centre), li.hears) == ([], [])
    assert denials(centre) == [("evidence.file", str(item), "access.not_allowed")]


def test_a_draft_that_is_closed(centre, li):
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    li.clicks("确认提交")
    silence(li)
    uploads(li, "a.jpg")
    assert (names(centre), li.hears) == ([], [])
    assert denials(centre) == [("evidence.file", "1", "upload.closed")]


def test_a_stranger_is_told_nothing(centre):
    stranger = centre.stranger("路人")
    assert uploads(stranger, "a.jpg").answers == ()


# ---------------------------------------------------------------- whichever dialog runs


def test_whoever_does_something_else_goes_on_with_it(centre, li):
    zhou = centre.person("周全", "liaison", "evaluator", department="SCJG")
    begin(zhou, "工作佐证")
    zhou.says("窗口业务培训")
    zhou.says("/score")
    zhou.clicks_containing("线上帮办")
    before = rows(centre, conversation.c.person_id, conversation.c.dialog, conversation.c.step)
    assert before[-1][1] == "score"
    uploads(zhou, "a.jpg")
    assert line(zhou, "附件") == "附件（1）：a.jpg"
    assert (
        rows(centre, conversation.c.person_id, conversation.c.dialog, conversation.c.step)
        == before
    )


def test_whoever_does_nothing_is_back_in_the_draft(centre, li):
    begin(li, "工作佐证")
    li.says("窗口业务培训")
    li.says("取消")
    uploads(li, "a.jpg")
    assert line(li, "附件") == "附件（1）：a.jpg"
    li.says("昨天")
    assert line(li, "日期：").startswith("日期：2026年11月2日")


def test_a_choice_is_not_taken_away(centre, li):
    begin(li, "工作佐证")
    li.says("窗口业务培训")
    assert li.buttons == ["今天", "昨天", "修改", "上传材料", "确认提交", "取消"]
    li.clicks("今天")
    assert li.buttons == ["换一行", "修改", "上传材料", "确认提交", "取消"]
    li.clicks("换一行")
    shown = li.buttons
    uploads(li, "a.jpg")
    assert li.buttons == shown
    li.clicks("返回")
    li.clicks("修改")
    li.clicks("标题")
    uploads(li, "b.jpg")
    assert li.buttons == ["返回"]
    li.says("新标题")
    assert line(li, "标题：") == "标题：新标题"
    assert line(li, "附件") == "附件（2）：a.jpg、b.jpg"


def test_a_draft_that_waits_to_be_handed_in(centre, li):
    """It waits for the others; then all go together."""
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    li.sends(File("a.jpg"))
    [waiting] = centre.pending
    li.clicks("确认提交")
    uploads(li, "b.jpg")
    assert lines(li)[-1] == "还有 1 个文件正在保存，全部存好后会自动提交，并给您回执号。"
    arrive(centre, waiting, b"x")
    assert lines(li)[0] == "已收到，回执号 市场监管局1号"
    assert names(centre) == ["a.jpg", "b.jpg"]


# ---------------------------------------------------------------- what the page asks


def test_what_the_page_is_told_beforehand(centre, li):
    begin(li)
    day = centre.now.date()
    with centre.database.read() as connection:
        item = uploading.draft_for(connection, account_id=li.account_id, item_id=1, day=day)
        assert item.id == 1
        for account, number in ((li.account_id, 2), (99, 1)):
            with pytest.raises(LinkExpired):
                uploading.draft_for(connection, account_id=account, item_id=number, day=day)
    li.clicks("取消")
    li.clicks("删除草稿")
    with centre.database.read() as connection, pytest.raises(DraftClosed):
        uploading.draft_for(connection, account_id=li.account_id, item_id=1, day=day)
