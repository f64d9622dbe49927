"""考核结果图: what is public in one look, what isn't not at all, and within messengers' limits."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from rubric import report as reports
from rubric.extent import ALL, AWARDS, FIRST, Extent
from rubric.report import Report
from templates import documents, glyphs
from templates.documents import ranking_picture
from templates.typesetting import typeset
from tests.support import needs, office
from tests.support.outcomes import LONG_NAME, department, odd, outcome, quarter_of

EVERYTHING = Extent(ALL)
NAMES_ONLY = Extent(AWARDS)


def size_of(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def words_of(report: Report, extent: Extent, folder: Path, *, page: int = 1) -> str:
    """All that can be read in the picture, without blanks."""
    needs.pdftoppm()  # pdftotext is of the same package
    given = {"data": ranking_picture.data(report, extent, page=page)}
    printed = folder / "picture.pdf"
    printed.write_bytes(typeset("ranking_picture", given, form="pdf"))
    (text,) = office.page_texts(printed)
    return text


def drawn(report: Report, extent: Extent = EVERYTHING, *, page: int = 1):
    return json.loads(ranking_picture.data(report, extent, page=page))


def worst() -> Report:
    """Forty names that need four lines each, all with one total, and all that stands below."""
    inputs = [
        department(
            f"A{chr(65 + n // 26)}{chr(65 + n % 26)}",
            {"enquiries": None, "discipline": 9 + n % 2, "presence": 10 - n % 2},
            name=f"{LONG_NAME}第{n}服务大厅综合窗口",
            ineligible="" if n < 3 else "发生重大投诉",
        )
        for n in range(40)
    ]
    absent = [
        department(f"Z{chr(65 + n)}", name=LONG_NAME + str(n), excluded="长" * 500)
        for n in range(26)
    ]
    return outcome([*inputs, *absent])


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize(
    "report",
    [odd(), quarter_of(5), quarter_of(20), quarter_of(40), quarter_of(0)],
    ids=["odd", "5", "20", "40", "nobody"],
)
@pytest.mark.parametrize("extent", [EVERYTHING, Extent(FIRST, 10), NAMES_ONLY], ids=str)
def test_a_messenger_takes_it(report, extent):
    picture = ranking_picture.render(report, extent)
    width, height = size_of(picture)
    assert width == 1240
    assert width + height <= 10_000
    assert max(width, height) <= 20 * min(width, height)
    assert len(picture) < 1024 * 1024


def test_a_messenger_takes_the_worst():
    picture = ranking_picture.render(worst(), EVERYTHING)
    assert sum(size_of(picture)) <= 10_000
    assert len(picture) < 1.75 * 1024 * 1024  # 2 MB is WeCom's limit


def test_forty_departments_are_one_picture_and_more_are_several():
    assert [ranking_picture.pages(quarter_of(n), EVERYTHING) for n in (0, 40, 41, 350)] == [
        1, 1, 2, 9,
    ]  # fmt: skip
    assert ranking_picture.pages(quarter_of(350), Extent(FIRST, 10)) == 1
    assert ranking_picture.pages(quarter_of(350), NAMES_ONLY) == 1
    report = quarter_of(90)
    pages = [drawn(report, page=page) for page in (1, 2, 3)]
    assert [len(page["rows"]) for page in pages] == [40, 40, 10]
    names = [row["name"] for page in pages for row in page["rows"]]
    assert names == [each.short_name for each in report.departments if each.rank]
    assert [page["page"] for page in pages] == [f"第{n}张，共3张" for n in (1, 2, 3)]
    assert len({json.dumps(page["axis"]) for page in pages}) == 1
    assert len({json.dumps(page["awards"]) for page in pages}) == 1
    below = ["同分" in "".join(page["notes"]) for page in pages]
    assert below == [False, False, True]
    for page in (0, 4):
        with pytest.raises(ValueError, match=f"no page {page} of 3"):
            ranking_picture.render(report, EVERYTHING, page=page)


def test_equal_reports_give_equal_pictures_and_others_others():
    report = quarter_of(5)
    arguments: dict[str, str | int] = {"report": reports.to_json(report), "extent": ALL}
    picture = documents.render("ranking_picture", arguments)
    assert picture == ranking_picture.render(report, EVERYTHING)
    first = arguments | {"extent": FIRST, "first": 3, "page": 1}
    assert documents.render("ranking_picture", first) == ranking_picture.render(
        report, Extent(FIRST, 3)
    )
    with pytest.raises(ValueError, match="no page 2 of 1"):
        documents.render("ranking_picture", arguments | {"page": 2})
    alike = [outcome([department("GA", {"online_help": score})]) for score in (10, 9.5)]
    others = [report, *alike, quarter_of(5, seed=5), quarter_of(6)]
    assert len({ranking_picture.render(other, EVERYTHING) for other in others}) == 5


# ---------------------------------------------------------------- words


def test_all_places_are_in_it(tmp_path):
    text = words_of(odd(), EVERYTHING, tmp_path)
    assert text.startswith(
        "常驻部门季度考核结果2026年第四季度宝山区行政服务中心·7个部门参评·满分120分"
        "先进集体=1+1、-税务局、民政局㛃"
    )
    assert text.count("先进集体") == 5  # above, beside each of the three, under the bars
    assert text.count("并列2") == 3
    for shown in ("93.33*+396.33", "99.5+0.5100", "100+20120", "9.2599.25", "5454"):
        assert shown in text
    assert "基础分（满分100，红色为先进集体）附加分（最多20）横轴自40分起" in text
    assert text.endswith(
        "*有评分项不涉及，基础分按适用分值折算（保留两位小数）。"
        "同分：-税务局、@科委与民政局㛃同为100分，基础分及各方面得分率均相同，并列第2名。"
        "并列名额由主任办公会决定：=经研究，同意"
        "不参评：档案服务点，季度最后一天不在中心。不参评：图书服务点，基础评分项均不涉及。"
        "依据：宝行政中心〔2023〕17号2027年1月12日"
    )


def test_a_long_name_is_whole(tmp_path):
    names = words_of(outcome([department("RS", name=LONG_NAME)]), EVERYTHING, tmp_path)
    assert [char for char in LONG_NAME if char not in names] == []
    (row,) = drawn(outcome([department("RS", name=LONG_NAME * 2)]))["rows"]
    assert row["name"] == (LONG_NAME * 2)[:47] + "…"


def test_the_first_places_are_in_it_and_no_others(tmp_path):
    text = words_of(odd(), Extent(FIRST, 2), tmp_path)
    assert "公布前2名·满分120分" in text
    assert text.count("并列2") == 3
    assert "=经研究，同意" in text
    for hidden in ("公安局", "人力资源", "残联", "档案", "图书", "个部门参评", "*", "99.25"):
        assert hidden not in text


def test_where_winners_have_no_public_place_their_names_tell_nothing_of_it():
    picture = drawn(odd(), Extent(FIRST, 1))
    assert [row["name"] for row in picture["rows"]] == ["=1+1"]
    assert picture["awards"] == ["=1+1", "-税务局", "民政局 㛃"]
    assert picture["notes"] == []


def test_names_only_is_names_only(tmp_path):
    text = words_of(odd(), NAMES_ONLY, tmp_path)
    assert text == (
        "常驻部门季度考核结果2026年第四季度宝山区行政服务中心先进集体=1+1-税务局民政局㛃"
        "排名不分先后依据：宝行政中心〔2023〕17号2027年1月12日"
    )


def test_a_quarter_without_winners_says_so(tmp_path):
    nobody = quarter_of(0)
    assert "本季度没有评出先进集体" in words_of(nobody, NAMES_ONLY, tmp_path)
    text = words_of(nobody, EVERYTHING, tmp_path)
    assert "先进集体本季度没有评出" in text
    assert "0个部门参评" in text
    assert "横轴自0分起" in text
    assert drawn(nobody)["rows"] == []


def test_what_stands_below_is_cut_where_it_would_never_end():
    notes = drawn(worst())["notes"]
    assert [note for note in notes if len(note) > 160] == []
    assert sum(note.startswith("不参评：") for note in notes) == 20
    assert notes[-1] == "不参评共26个部门，其余从略。"
    many = drawn(quarter_of(350), page=9)["notes"]
    assert sum(note.startswith("同分：") for note in many) == 20
    assert "同分共273处，其余从略。" in many


def test_whatever_people_wrote_stays_text(tmp_path):
    wild = '#panic("x") $a$ *b* _c_ @x \\ <局>&"\' [2] `3` =甲'
    text = words_of(outcome([department("GA", name=wild)]), EVERYTHING, tmp_path)
    assert "先进集体" + "".join(wild.split()) in text


# ---------------------------------------------------------------- glyphs


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("市场监管局", "市场监管局"),
        ("䶮㛃镕堃喆昇旻珺 𫖯𬭎", "䶮㛃镕堃喆昇旻珺 𫖯𬭎"),
        ("民政局😀", "民政局"),
        ("甲\u200b乙\u202e丙\ufe0f\x00\x07", "甲乙丙"),
        (" 两行\n 一\t格 ", "两行 一 格"),
        ("甲 😀 乙", "甲 乙"),
        ("ܐ\ud800", "〓"),
        ("", ""),
    ],
)
def test_what_has_no_glyph_is_seen_to_lack_or_left_out(given, expected):
    assert glyphs.drawable(given) == expected


def _font(encoding: int, table: bytes, *, first_of_two: bool = False) -> bytes:
    """No more of a font than its table of characters, alone or in a collection."""
    head = b"ttcf" + struct.pack(">4xII", 1, 16) if first_of_two else b""
    at = len(head) + 12 + 16
    directory = b"\0\1\0\0" + struct.pack(">H6x", 1) + struct.pack(">4s4xI4x", b"cmap", at)
    return head + directory + struct.pack(">2xHHHI", 1, 3, encoding, 12) + table


@pytest.mark.parametrize("first_of_two", [False, True])
def test_a_sites_font_may_have_an_older_table(first_of_two):
    """Two segments: one in which all is drawn, one that looks each up, where 0 is lacking."""
    lasts, firsts, offsets = (0x4E10, 0x5005), (0x4E00, 0x5003), (0, 4)
    table = struct.pack(">HHHH6x", 4, 0, 0, 4)
    table += struct.pack(">2H2x2H4x2H", *lasts, *firsts, *offsets)
    # the offset counts from where it stands itself: the second one's, two bytes before the array
    table += struct.pack(">2x3H", 7, 0, 9)
    assert list(glyphs._groups(_font(1, table, first_of_two=first_of_two), 0)) == [
        (0x4E00, 0x4E10), (0x5003, 0x5003), (0x5005, 0x5005),
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", [0, 10])
def test_a_table_that_cannot_be_read_has_no_characters(encoding):
    assert list(glyphs._groups(_font(encoding, struct.pack(">H10xI", 13, 1)), 0)) == []
