"""How the files of a draft are named: on one line of a card, if that can be."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.wecom.cards import APP
from templates import words


@dataclass(frozen=True)
class File:
    name: str
    mime: str = "image/jpeg"
    state: str = "stored"


def photos(count: int, state: str = "stored") -> list[File]:
    return [File(f"图片-20261129-022028-013{n}.jpg", state=state) for n in range(count)]


PAPER = File("情况说明.docx", "application/msword")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([File("a.jpg"), File("b.png", "image/png")], "a.jpg、b.png"),
        (photos(1), "图片-20261129-022028-0130.jpg"),
        ([*photos(1), PAPER], "图片1张、情况说明.docx"),
        ([PAPER, *photos(9)], "图片9张、情况说明.docx"),
        (photos(3, "pending"), "图片3张（保存中）"),
        ([*photos(2), *photos(1, "pending"), PAPER], "图片3张（1张保存中）、情况说明.docx"),
        ([File("长" * 44 + ".pdf", "application/pdf")], "长" * 39 + "…"),
    ],
)
def test_as_they_are_named(files, said):
    assert words.attached(files) == said


def test_papers_are_always_named():
    papers = [File(f"关于办理情况的说明{n}.pdf", "application/pdf") for n in range(5)]
    assert words.attached(papers) == "、".join(paper.name for paper in papers)


def test_a_line_is_as_long_as_a_card_shows():
    assert APP.row == words.LINE
