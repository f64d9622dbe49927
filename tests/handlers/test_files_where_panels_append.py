"""Where a changed panel is one more message, it waits for the files that were announced."""

from __future__ import annotations

import pytest

from storage.models import account, attachment
from tests.chat import Centre, File, User
from tests.handlers.evidence_desk import CASE, begin, line, rows, silence


@pytest.fixture
def li(centre: Centre) -> User:
    return centre.person("李敏", "liaison", department="SCJG", appends=True)


def test_nothing_is_said_until_it_is_here(centre, li):
    begin(li)
    silence(li)
    li.sends(File("a.jpg"))
    assert li.hears == []
    centre.finish_downloads()
    assert len(li.hears) == 1
    assert line(li, "附件") == "附件（1）：a.jpg"


def test_of_several_the_last_one_shows_the_panel(centre, li):
    begin(li)
    silence(li)
    li.sends(File("a.jpg", b"a"))
    li.sends(File("b.jpg", b"b"))
    centre.finish_downloads()
    assert len(li.hears) == 1
    assert line(li, "附件").startswith("附件（2）")


def test_one_that_takes_long_is_on_the_panel(centre, li):
    begin(li)
    silence(li)
    li.sends(File("a.jpg"))
    centre.wait_for_downloads()
    assert len(li.hears) == 1
    assert "保存中" in line(li, "附件")
    centre.finish_downloads()
    assert "保存中" not in line(li, "附件")


def test_one_that_is_refused_says_why(centre, li):
    begin(li)
    silence(li)
    li.sends(File("a.jpg"))
    centre.finish_downloads(problem="file.empty")
    refused, panel = li.hears
    assert "a.jpg" in refused
    assert panel.startswith("上报草稿")


def test_words_beside_it_are_answered_at_once(centre, li):
    begin(li)
    silence(li)
    li.sends(File("a.jpg"), text=CASE)
    assert len(li.hears) == 1
    assert "保存中" in line(li, "附件")


def test_what_could_not_be_kept_is_said_at_once(centre, li):
    begin(li)
    li.sends(File("a.jpg", b"a"))
    centre.finish_downloads()
    silence(li)
    li.sends(File("a.jpg", b"a"), File("b.jpg", b"b"))
    assert len(li.hears) == 2


def test_a_choice_that_is_left_is_no_panel_any_more(centre, li):
    """Else the arrival would leave it there, and the file would be on no panel."""
    begin(li)
    li.says(CASE)
    li.clicks("换一行")
    silence(li)
    li.sends(File("a.jpg"))
    assert len(li.hears) == 1
    centre.finish_downloads()
    assert "保存中" not in line(li, "附件")


def test_a_file_out_of_the_blue_begins_a_draft(centre, li):
    li.sends(File("a.jpg"))
    assert li.hears == []
    centre.finish_downloads()
    assert "帮办案例" in li.buttons


def test_what_is_slow_takes_no_choice_away(centre, li):
    begin(li)
    li.says(CASE)
    li.sends(File("a.jpg"))
    li.clicks("换一行")
    silence(li)
    centre.wait_for_downloads()
    assert li.hears == []


def test_what_is_here_is_not_slow(centre, li):
    begin(li)
    li.sends(File("a.jpg"))
    [waiting] = centre.pending
    centre.finish_downloads()
    silence(li)
    centre.pending = [waiting]
    centre.wait_for_downloads()
    assert li.hears == []


def test_what_is_slow_is_not_lost_where_its_sender_is_linked_no_more(centre, li):
    begin(li)
    li.sends(File("a.jpg"))
    silence(li)
    with centre.database.begin() as connection:
        connection.execute(account.update().values(person_id=None))
    centre.wait_for_downloads()
    assert li.hears == []
    assert rows(centre, attachment.c.state) == [("pending",)]
