"""Word files as the centre's own people would set them: fonts by name, tables to the millimetre.

python-docx leaves out what Chinese documents need (the East Asian font of a run, the grid of a
table, a repeated header row) and stamps files with the present; here that is put right once, on
the elements themselves. The same content gives the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from io import BytesIO
from typing import Final

from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm

# XML 1.0 has no place for these, not even escaped
_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_STAMP: Final = datetime(2023, 6, 9)  # noqa: DTZ001 - the format has no zone; see `save`
_ZIP_STAMP: Final = (1980, 1, 1, 0, 0, 0)


class Face(Enum):
    """Fonts that every office machine in the country has; nothing is embedded."""

    TITLE = "方正小标宋简体"
    BODY = "仿宋_GB2312"
    HEAD = "黑体"
    SONG = "宋体"


class Align(StrEnum):
    LEFT = "left"
    CENTRE = "center"
    RIGHT = "right"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Look:
    """How a piece of text is set; `size` in points."""

    face: Face = Face.BODY
    size: float = 10.5
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table row. `span` columns wide; `down` begins a cell that goes on in the rows
    below, where `below` cells stand for it."""

    text: str = ""
    look: Look = Look()
    span: int = 1
    down: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class Margins:
    """Millimetres."""

    top: float
    right: float
    bottom: float
    left: float


def new_document(*, title: str, margins: Margins) -> WordDocument:
    """An empty A4 page with a page number, as GB/T 9704 has it."""
    document = Document()
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = fit(title)[:255], "", ""
    properties.comments = ""
    properties.created = properties.modified = _STAMP
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.right_margin = Mm(margins.top), Mm(margins.right)
    section.bottom_margin, section.left_margin = Mm(margins.bottom), Mm(margins.left)
    section.footer_distance = Mm(margins.bottom - 10)
    footer = section.footer.paragraphs[0]._element
    footer.getparent().replace(footer, _page_number())
    return document


def add_paragraph(
    document: WordDocument, text: str, look: Look, *, before: float = 0, after: float = 0
) -> None:
    """`before` and `after` in points."""
    _append(document, _paragraph(_run(text, look), look.align, before=before, after=after))


def add_page_break(document: WordDocument) -> None:
    """A line of no height to speak of, since two tables need one between them anyway."""
    look = Look(size=1)
    paragraph = _paragraph(_run("", look), Align.LEFT, new_page=True)
    # an empty line is as high as its end mark
    paragraph.find(qn("w:pPr")).append(_run_properties(look))
    _append(document, paragraph)


def add_table(
    document: WordDocument, rows: Sequence[Sequence[Cell]], *, widths: Sequence[float]
) -> None:
    """A ruled table whose first row is repeated on each page; `widths` in millimetres.

    No row is torn over two pages unless it is longer than one.
    """
    grid = _element("w:tblGrid", *(_element("w:gridCol", w=_twips(each)) for each in widths))
    table = _element("w:tbl", _table_properties(sum(widths)), grid)
    for number, cells in enumerate(rows):
        repeated = () if number else (_element("w:tblHeader"),)
        row = _element("w:tr", _element("w:trPr", _element("w:cantSplit"), *repeated))
        column = 0
        for cell in cells:
            row.append(_cell(cell, sum(widths[column : column + cell.span])))
            column += cell.span
        if column != len(widths):
            raise ValueError(f"row {number} fills {column} of {len(widths)} columns")
        table.append(row)
    _append(document, table)


def save(document: WordDocument) -> bytes:
    """The file; its parts bear one fixed date, so that equal content is equal bytes."""
    packed, fixed = BytesIO(), BytesIO()
    document.save(packed)
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(fixed, "w") as target:
        for part in source.infolist():
            entry = zipfile.ZipInfo(part.filename, _ZIP_STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, source.read(part))
    return fixed.getvalue()


def fit(text: str) -> str:
    """Text without what a Word file can't hold; one kind of newline, no tabs."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _UNFIT.sub("", plain)


def _append(document: WordDocument, block: BaseOxmlElement) -> None:
    body = document.element.body
    body.insert(len(body) - 1, block)  # the last child are the section's properties


def _table_properties(width: float) -> BaseOxmlElement:
    """Widths stand twice, here and in the cells, and fixed: else LibreOffice and WPS spread the
    columns evenly."""
    padding = [
        _element(f"w:{side}", w=_twips(size), type="dxa")
        for side, size in (("top", 0.5), ("left", 1), ("bottom", 0.5), ("right", 1))
    ]
    return _element(
        "w:tblPr",
        _element("w:tblStyle", val="TableGrid"),
        _element("w:tblW", w=_twips(width), type="dxa"),
        _element("w:jc", val="center"),
        _element("w:tblLayout", type="fixed"),
        _element("w:tblCellMar", *padding),
    )


def _cell(cell: Cell, width: float) -> BaseOxmlElement:
    properties = _element("w:tcPr", _element("w:tcW", w=_twips(width), type="dxa"))
    if cell.span > 1:
        properties.append(_element("w:gridSpan", val=cell.span))
    if cell.down or cell.below:
        properties.append(_element("w:vMerge", val="restart" if cell.down else "continue"))
    properties.append(_element("w:vAlign", val="center"))
    return _element("w:tc", properties, _paragraph(_run(cell.text, cell.look), cell.look.align))


def _paragraph(
    run: BaseOxmlElement,
    align: Align,
    *,
    before: float = 0,
    after: float = 0,
    new_page: bool = False,
) -> BaseOxmlElement:
    properties = _element("w:pPr")
    if new_page:
        properties.append(_element("w:pageBreakBefore"))
    points = {"before": round(before * 20), "after": round(after * 20)}
    properties.append(_element("w:spacing", **points, line=240, lineRule="auto"))
    properties.append(_element("w:jc", val=align.value))
    return _element("w:p", properties, run)


def _run(text: str, look: Look) -> BaseOxmlElement:
    return _element("w:r", _run_properties(look), *_lines(fit(text)))


def _lines(text: str) -> Iterator[BaseOxmlElement]:
    for number, line in enumerate(text.split("\n")):
        if number:
            yield OxmlElement("w:br")
        element = OxmlElement("w:t")
        element.text = line
        element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        yield element


def _run_properties(look: Look) -> BaseOxmlElement:
    """The East Asian font is the one that counts, and python-docx's font.name leaves it alone."""
    face = look.face.value
    return _element(
        "w:rPr",
        _element("w:rFonts", ascii=face, hAnsi=face, eastAsia=face, cs=face, hint="eastAsia"),
        _element("w:sz", val=round(look.size * 2)),
        _element("w:szCs", val=round(look.size * 2)),
    )


def _page_number() -> BaseOxmlElement:
    """— 1 —, as a field that Word counts."""
    look = Look(Face.SONG, 14)
    instruction = OxmlElement("w:instrText")
    instruction.text = " PAGE "
    field = [
        _element("w:fldChar", fldCharType="begin"),
        instruction,
        _element("w:fldChar", fldCharType="end"),
    ]
    paragraph = _paragraph(_run("— ", look), Align.CENTRE)
    for piece in field:
        paragraph.append(_element("w:r", _run_properties(look), piece))
    paragraph.append(_run(" —", look))
    return paragraph


def _twips(millimetres: float) -> int:
    """Twentieths of a point."""
    return round(millimetres * 1440 / 25.4)


def _element(tag: str, *children: BaseOxmlElement, **attributes: object) -> BaseOxmlElement:
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), str(value))
    element.extend(children)
    return element
