"""The files of the demonstration: descriptions that `templates.documents` draws or writes.

Each is made at the start, so that the repository holds no pictures and no two are alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from templates.documents import DOCX

_MIMES: Final = {"png": "image/png", "pdf": "application/pdf", "docx": DOCX}
_HOURS: Final = ("09:47", "10:22", "11:05", "14:16", "15:38")


@dataclass(frozen=True, slots=True)
class Sample:
    """A file to be: `document` with these words, called `name`."""

    name: str
    document: str
    words: tuple[tuple[str, str], ...]

    @property
    def mime(self) -> str:
        return _MIMES[self.name.rpartition(".")[2]]

    def arguments(self, day: date) -> Mapping[str, str]:
        """Its words, and the day on which it was taken or written."""
        hour = _HOURS[len(self.name) % len(_HOURS)]
        if self.document == "demo_picture":
            return dict(self.words) | {"stamp": f"{day:%Y-%m-%d} {hour}"}
        return dict(self.words) | {"date": f"{day.year}年{day.month}月{day.day}日"}


def photo(name: str, scene: str, *, tint: int = 0, **words: str) -> Sample:
    """`tint` chooses the colours."""
    return Sample(name, "demo_picture", (("scene", scene), ("tint", str(tint)), *words.items()))


def counter(name: str, *, sign: str, window: str, tint: int = 0) -> Sample:
    return photo(name, "counter", tint=tint, title=sign, label=window)


def news_page(name: str, *, outlet: str, headline: str, lead: str, tint: int = 0) -> Sample:
    link = "https://news.example.com"
    return photo(name, "news", tint=tint, label=outlet, title=headline, body=lead, link=link)


def chart(name: str, *, title: str, unit: str, names: str, values: str, tint: int = 0) -> Sample:
    return photo(name, "chart", tint=tint, title=title, label=unit, names=names, values=values)


def paper(name: str, *, title: str, unit: str, body: str, table: str) -> Sample:
    words = (("title", title), ("unit", unit), ("body", body), ("table", table))
    return Sample(name, "demo_paper", words)


def letter(name: str, *, title: str, table: str, body: str) -> Sample:
    return Sample(name, "demo_letter", (("title", title), ("table", table), ("body", body)))
