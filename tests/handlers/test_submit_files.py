"""Files of a draft: on their way, on disk, refused, the same again."""

from __future__ import annotations

import pytest

from handlers.messages import Download, Inbound, Kind
from storage.models import attachment, evidence, evidence_version
from tests.chat import File
from tests.handlers.evidence_desk import (
    CASE,
    arrive,
    begin,
    line,
    lines,
    rows,
    silence,
    states,
)

# ---------------------------------------------------------------- files


def test_a_word_file_alone_makes_a_case(centre, li):
    begin(li)
    li.sends(File("帮办案例：一位老人的医保.docx"))
    li.says("11.2")
    assert line(li, "标题：") == "标题：帮办案例：一位老人的医保"
    centre.finish_downloads()
    li.clicks("确认提交")
    assert rows(centre, evidence.c.state, evidence.c.title) == [
        ("submitted", "帮办案例：一位老人的医保")
    ]


def test_a_file_that_arrives_does_not_take_a_choice_away(centre, li):
    begin(li)
    li.says(CASE)
    li.sends(File("a.jpg"))
    li.clicks("换一行")
    choice = li.buttons
    silence(li)
    centre.finish_downloads()
    assert (li.hears, li.buttons) == ([], choice)
    li.clicks("政务服务有突出表现的")
    assert line(li, "考核项：") == "考核项：政务服务有突出表现的"
    assert "保存中" not in line(li, "附件")


def test_the_same_file_is_kept_once(centre, li):
    begin(li)
    li.sends(File("a.jpg"))
    silence(li)
    li.sends(File("b.jpg"))
    assert li.hears == ["“b.jpg”已经收过，同一个文件只留一份。"]
    li.sends(File("a.jpg"), File("c.jpg", b"other"))
    assert rows(centre, attachment.c.name) == [("a.jpg",), ("c.jpg",)]


def test_the_same_bytes_under_another_reference_are_kept_once(centre, li):
    begin(li)
    li.sends(File("a.jpg", b"one", stored=True))
    li.sends(File("b.jpg", b"two", stored=True))
    silence(li)
    li.sends(File("c.jpg", b"one", stored=True))
    assert li.hears == ["“c.jpg”已经收过，同一个文件只留一份。"]
    assert line(li, "附件") == "附件（2）：a.jpg、b.jpg"


def test_a_download_that_turns_out_to_be_known_is_dropped(centre, li):
    begin(li)
    li.sends(File("a.jpg", b"x"))
    li.sends(File("b.jpg", b"y"))
    first, second = centre.pending
    centre.pending = []
    for one in (first, second):
        centre.pending = [one]
        silence(li)
        arrive(centre, one, b"same bytes")
    assert li.hears[0] == "“b.jpg”已经收过，同一个文件只留一份。"
    assert line(li, "附件") == "附件（1）：a.jpg"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("空.pdf", b"", "“空.pdf”是空文件，没有收下。请检查后重新发送。"),
        ("a/../../工具.exe", b"MZ", "“工具.exe”不是可以接收的类型，没有收下。可以发："),
    ],
)
def test_a_file_that_can_not_be_taken_is_named_at_once(centre, li, name, content, words):
    begin(li)
    silence(li)
    li.sends(File(name, content))
    assert li.hears[0].startswith(words)
    li.sends(File(name, content), File("好.jpg", b"good"))
    assert rows(centre, attachment.c.name) == [("好.jpg",)]


def test_a_file_too_big_for_a_messenger(centre, li):
    begin(li)
    silence(li)
    li.sends(File("大.pdf", b"x" * (20 * 1024**2 + 1)))
    assert li.hears == ["“大.pdf”超过 20.0 MB，没有收下。请压缩或拆分后再发，或在网页对话中发送。"]
    li.sends(File("大.pdf", b"x" * (20 * 1024**2 + 1), stored=True))
    assert rows(centre, attachment.c.name) == [("大.pdf",)]


def test_twenty_files_and_no_more(centre, li):
    begin(li)
    li.sends(*(File(f"{n}.jpg", str(n).encode()) for n in range(18)))
    silence(li)
    li.sends(*(File(f"{n}.jpg", str(n).encode()) for n in range(18, 22)), text="业务培训")
    heard = li.hears
    assert heard[:2] == [
        f"一份材料最多20个附件，“{n}.jpg”没有收下；之前的都在。多出的请合并，或另报一份。"
        for n in (20, 21)
    ]
    assert len(rows(centre, attachment.c.id)) == 20
    assert line(li, "标题：") == "标题：业务培训"


def test_a_refused_download_is_said_and_the_rest_stays(centre, li):
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    li.sends(File("a.jpg"), File("b.pdf", b"2"))
    waiting = list(centre.pending)
    centre.pending = waiting[:1]
    silence(li)
    centre.finish_downloads(problem="file.mismatch")
    assert li.hears[0] == "“a.jpg”没有收下：内容与扩展名不一致。其他内容都在。"
    assert line(li, "未收：") == "未收：a.jpg，内容与扩展名不一致"
    centre.pending = waiting[1:]
    centre.finish_downloads()
    li.clicks("确认提交")
    assert states(centre) == [("submitted",)]
    [(snapshot,)] = rows(centre, evidence_version.c.snapshot)
    assert [file["name"] for file in snapshot["files"]] == ["b.pdf"]


def test_confirmed_with_a_file_that_is_then_refused_asks_again(centre, li):
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    li.sends(File("a.jpg"))
    li.clicks("确认提交")
    li.clicks("先不提交")
    li.clicks("确认提交")
    silence(li)
    centre.finish_downloads(problem="telegram.gone")
    assert li.hears[0] == (
        "“a.jpg”没有收下：没能取到内容。其他内容都在。\n"
        "这份材料因此还没有提交。请重新发送这个文件，或直接再点“确认提交”。"
    )
    assert rows(centre, evidence.c.state, evidence.c.confirming) == [("draft", False)]
    li.clicks("确认提交")
    assert states(centre) == [("submitted",)]


def test_a_file_arriving_elsewhere_does_not_disturb(centre, li):
    begin(li)
    li.says(CASE)
    li.sends(File("a.jpg"))
    li.says("取消")
    silence(li)
    centre.finish_downloads()
    assert li.hears == []
    li.sends(File("b.jpg", b"2"))
    li.says("取消")
    silence(li)
    centre.finish_downloads(problem="file.macro")
    assert li.hears == ["“b.jpg”没有收下：带有宏。其他内容都在。"]
    assert li.buttons == ["继续草稿：（未写标题）"]


def test_a_receipt_for_what_was_confirmed_comes_wherever_one_is(centre, li):
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    li.sends(File("a.jpg"))
    li.clicks("确认提交")
    li.says("取消")
    silence(li)
    centre.finish_downloads()
    assert lines(li)[0] == "已收到，回执号 市场监管局1号"
    assert states(centre) == [("submitted",)]


def test_pressed_twice_while_files_are_on_their_way(centre, li):
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    li.sends(File("a.jpg"))
    confirm = li.button("确认提交")
    li.clicks("确认提交")
    li.presses(confirm)
    assert lines(li)[-1] == "还有 1 个文件正在保存，全部存好后会自动提交，并给您回执号。"
    centre.finish_downloads()
    li.presses(confirm)
    assert lines(li)[0] == "已收到，回执号 市场监管局1号"
    assert li.toast == "已提交：市场监管局1号"
    assert states(centre) == [("submitted",)]


def test_a_file_on_its_way_can_be_given_up(centre, li):
    begin(li)
    li.says(CASE)
    li.clicks("今天")
    li.sends(File("a.jpg"))
    li.clicks("修改")
    li.clicks("删除附件")
    remove = li.button("删除 1. a.jpg")
    li.clicks("返回")
    li.clicks("确认提交")
    li.presses(remove)
    assert rows(centre, evidence.c.confirming) == [(False,)]
    centre.finish_downloads()
    li.clicks("确认提交")
    [(snapshot,)] = rows(centre, evidence_version.c.snapshot)
    assert snapshot["files"] == []


def test_a_download_settled_twice_or_for_nothing_says_nothing(centre, li):
    begin(li)
    li.sends(File("a.jpg"))
    [waiting] = centre.pending
    arrive(centre, waiting, b"1")
    silence(li)
    for kind, download in (
        (Kind.STORED, Download(waiting, "b" * 64, 1)),
        (Kind.STORED, Download(waiting)),
        (Kind.REFUSED, Download(waiting, problem="file.empty")),
    ):
        centre.receive(
            Inbound(
                key=f"again:{kind}:{download.blob}",
                channel="internal",
                account="",
                kind=kind,
                download=download,
            )
        )
    assert li.hears == []
    assert rows(centre, attachment.c.state) == [("stored",)]


def test_a_refusal_for_a_draft_that_was_thrown_away_says_nothing(centre, li):
    begin(li)
    li.sends(File("a.jpg"))
    li.clicks("取消")
    li.clicks("删除草稿")
    silence(li)
    centre.finish_downloads(problem="file.empty")
    assert li.hears == []
