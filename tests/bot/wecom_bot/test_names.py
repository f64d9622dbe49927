"""How files are called: by their header, else by kind, time and content."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from bot.channels.wecom_bot.names import given_name, shown_name
from storage.filetypes import TYPES

AT = datetime(2026, 11, 28, 9, 5, 7, tzinfo=UTC)
NAME = "三季度 总结.docx"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("", ""),
        ("attachment", ""),
        (f"attachment; filename*=UTF-8''{quote(NAME)}", NAME),
        (f"attachment; filename=\"x.pdf\"; filename*=utf-8'zh'{quote(NAME)}", NAME),
        (f'attachment; filename="{quote(NAME)}"', NAME),
        (f'attachment; filename="{NAME}"', NAME),
        (f"attachment; filename={quote(NAME)}; size=5", NAME),
        (
            f'attachment; filename="{NAME.encode("gb18030").decode("utf-8", "surrogateescape")}"',
            NAME,
        ),
        (f"attachment; filename*=GB18030''{quote(NAME, encoding='gb18030')}", NAME),
        (f"attachment; filename*=no-such''{quote(NAME)}", NAME),
        ('attachment; filename="../../etc/总结.pdf"', "总结.pdf"),
        ("attachment; filename*=UTF-8''..%2F..%2Fa.pdf", "a.pdf"),
        ('attachment; filename="C:\\\\材料\\\\a.pdf"', "a.pdf"),
        ('attachment; filename="a\\"b.pdf"', "ab.pdf"),
        ("attachment; filename*=UTF-8''a%0D%0Ab%00.pdf", "ab.pdf"),
        ('attachment; filename="/"', ""),
    ],
)
def test_named_by_its_header(header, name):
    assert given_name(header) == name


@pytest.mark.parametrize(
    ("given", "kind", "found", "name"),
    [
        ("", "image", "png", "图片-20261128-090507-2.png"),
        ("", "image", None, "图片-20261128-090507-2.jpg"),
        ("", "file", "docx", "文件-20261128-090507-2.docx"),
        ("", "file", None, "文件-20261128-090507-2.pdf"),
        ("", "video", None, "视频-20261128-090507-2.mp4"),
        ("a.jpg", "image", "png", "a.png"),
        ("a.jpeg", "image", "jpg", "a.jpeg"),
        ("a.JPG", "image", "jpg", "a.JPG"),
        ("a.jpg", "image", None, "a.jpg"),
        ("总结.docx", "file", "pdf", "总结.docx"),
        ("总结", "file", "pdf", "总结.pdf"),
        ("总结", "file", None, "总结.pdf"),
    ],
)
def test_a_name_that_tells_them_apart(given, kind, found, name):
    kind_found = TYPES[found] if found else None
    assert shown_name(given, kind=kind, found=kind_found, at=AT, number=2) == name
