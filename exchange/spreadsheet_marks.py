"""What a workbook hides and strikes out, which the parser does not tell: rows, columns and cells of .xlsx and .ods.

Run in the child of exchange.spreadsheets; imports only the standard library. The tags are looked for in the bytes, piece by piece: no tree, no entities.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Any

CHUNK, MOST_STYLES = 1 << 20, 8 << 20
MOST_REPEATED = 1_000  # of a row or a cell in .ods; what is repeated more often is empty
TAG = rb"<(?:\w+:)?%s\b[^>]*>"
ROW, COLUMN, FONT_ID, PART_OF_SHEET = (re.compile(pattern) for pattern in (TAG % b"row", TAG % b"col", rb'fontId="(\d+)"', TAG % b"sheet"))
ROW_OR_CELL = re.compile(rb"<(?:\w+:)?(row|c)\b([^>]*)>(?:\s*<(?:\w+:)?v>(\d{1,9})<)?")
IS_HIDDEN, REFERENCE, STYLE = (re.compile(pattern) for pattern in (rb'\bhidden="(?:1|true)"', rb'\br="([A-Z]{0,3})(\d+)"', rb'\bs="(\d+)"'))
IS_STRUCK = re.compile(rb'<(?:\w+:)?strike\b(?![^>]*val="(?:0|false)")')
ODS_TAG = re.compile(rb"<table:(table-row|table-column|table-cell|covered-table-cell|table)\b([^>]*)>")
ODS_STRUCK = re.compile(rb'<style:style\b[^>]*style:name="([^"]+)"[^>]*>(?:(?!</?style:style\b).){0,3000}?text-line-through-style="(?!none)', re.DOTALL)


def marks_of(data: bytes, index: int, left: int) -> dict[str, Any]:
    """{"hidden": row numbers, "columns": hidden columns from 0, "struck": {row: columns}} of the sheet at `index`, empty where nothing is marked.

    `left` is the first column that is used, from which columns are counted.
    """
    if not data.startswith(b"PK"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            marks = marks_of_ods(archive, index) if "content.xml" in names else marks_of_xlsx(archive, names, index)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        return {}  # the parser could read it: so much the better
    columns = [column - left for column in marks.columns if column >= left]
    struck = {row: kept for row, places in marks.struck.items() if (kept := [column - left for column in places if column >= left])}
    found = {"hidden": marks.hidden, "columns": columns, "struck": struck}
    return {name: value for name, value in found.items() if value}


class Marks:
    def __init__(self) -> None:
        self.hidden: list[int] = []
        self.columns: list[int] = []
        self.struck: dict[int, list[int]] = {}


# .xlsx ------------------------------------------------------------------------------------------------------------------


def marks_of_xlsx(archive: zipfile.ZipFile, names: set[str], index: int) -> Marks:
    """Most sheets are passed over once, in a tenth of the time that reading them takes."""
    marks, part = Marks(), part_of(archive, names, index)
    if part not in names:
        return marks
    styles = struck_styles(part_text(archive, names, "xl/styles.xml"))
    strings = (
        struck_strings(part_text(archive, names, "xl/sharedStrings.xml", 1 << 25)) if mentions(archive, names, "xl/sharedStrings.xml", b"strike") else set()
    )
    if not (styles or strings or mentions(archive, names, part, b" hidden=")):
        return marks
    with archive.open(part) as stream:
        for piece in pieces(stream):
            mark_columns(marks, piece)
            mark_rows(marks, piece, styles, strings)
    return marks


def part_of(archive: zipfile.ZipFile, names: set[str], index: int) -> str:
    """The part that holds the sheet: by its relation, or else by its number."""
    sheets = PART_OF_SHEET.findall(part_text(archive, names, "xl/workbook.xml"))
    relations = part_text(archive, names, "xl/_rels/workbook.xml.rels")
    key = re.search(rb':id="([^"]+)"', sheets[index]) if index < len(sheets) else None
    relation = re.search(rb'<[^>]*\bId="' + re.escape(key[1]) + rb'"[^>]*>', relations) if key else None
    target = re.search(rb'\bTarget="/?([^"]+)"', relation[0]) if relation else None
    path = target[1].decode("utf-8", "replace") if target else f"worksheets/sheet{index + 1}.xml"
    return path if path.startswith("xl/") else f"xl/{path}"


def part_text(archive: zipfile.ZipFile, names: set[str], name: str, most: int = MOST_STYLES) -> bytes:
    if name not in names:
        return b""
    with archive.open(name) as stream:
        return stream.read(most)


def mentions(archive: zipfile.ZipFile, names: set[str], name: str, word: bytes) -> bool:
    if name not in names:
        return False
    tail = b""
    with archive.open(name) as stream:
        while chunk := stream.read(CHUNK):
            if word in chunk or word in tail + chunk[: len(word)]:
                return True
            tail = chunk[-len(word) :]
    return False


def struck_styles(text: bytes) -> set[bytes]:
    """The numbers of cell formats whose font is struck out."""
    if b"strike" not in text:
        return set()
    fonts = re.split(rb"<(?:\w+:)?font\b(?=[\s/>])", between(text, b"fonts"))[1:]
    struck = {index for index, font in enumerate(fonts) if IS_STRUCK.search(font)}
    formats = re.findall(TAG % b"xf", between(text, b"cellXfs"))
    found = enumerate(FONT_ID.search(form) for form in formats)
    return {b"%d" % index for index, font in found if font and int(font[1][:9]) in struck}


def between(text: bytes, tag: bytes) -> bytes:
    start, end = re.search(rb"<(?:\w+:)?" + tag + rb"\b", text), re.search(rb"</(?:\w+:)?" + tag + rb">", text)
    return text[start.end() : end.start()] if start and end else b""


def struck_strings(text: bytes) -> set[bytes]:
    """The numbers of shared texts with a part that is struck out."""
    items = re.split(rb"<(?:\w+:)?si\b(?=[\s/>])", text)[1:]
    return {b"%d" % index for index, item in enumerate(items) if IS_STRUCK.search(item)}


def pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """The part in pieces that end where a row begins."""
    rest = b""
    while chunk := stream.read(CHUNK):
        rest += chunk
        last = max(rest.rfind(b"<row"), rest.rfind(b"<", 0, max(rest.rfind(b":row"), 0)))
        if last > 0:
            yield rest[:last]
            rest = rest[last:]
        elif len(rest) > MOST_STYLES:
            return
    yield rest


def mark_columns(marks: Marks, piece: bytes) -> None:
    if not marks.hidden and not marks.struck and b"hidden=" in piece:
        for tag in COLUMN.findall(piece):
            first, last = re.search(rb'\bmin="(\d{1,5})"', tag), re.search(rb'\bmax="(\d{1,5})"', tag)
            if IS_HIDDEN.search(tag) and first and last:
                marks.columns += range(int(first[1]) - 1, min(int(last[1]), int(first[1]) + 100))


def mark_rows(marks: Marks, piece: bytes, styles: set[bytes], strings: set[bytes]) -> None:
    if not (styles or strings):
        numbers = [(REFERENCE.search(tag), tag) for tag in ROW.findall(piece) if IS_HIDDEN.search(tag)]
        marks.hidden += [int(number[2]) for number, _tag in numbers if number]
        return
    for name, attributes, value in ROW_OR_CELL.findall(piece):
        place = REFERENCE.search(attributes)
        if place is None:
            continue
        row = int(place[2])
        if name == b"row":
            marks.hidden += [row] if IS_HIDDEN.search(attributes) else []
        elif not attributes.endswith(b"/") and is_struck(attributes, value, styles, strings):
            marks.struck.setdefault(row, []).append(column_of(place[1]))


def is_struck(attributes: bytes, value: bytes, styles: set[bytes], strings: set[bytes]) -> bool:
    style = STYLE.search(attributes)
    return bool(style and style[1] in styles) or (b't="s"' in attributes and value in strings)


def column_of(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


# .ods -------------------------------------------------------------------------------------------------------------------


def marks_of_ods(archive: zipfile.ZipFile, index: int) -> Marks:
    marks = Marks()
    text = part_text(archive, {"content.xml"}, "content.xml", 1 << 25)
    if b"line-through-style=" not in text and b'visibility="' not in text:
        return marks
    struck = {name for name in ODS_STRUCK.findall(text) if b'style:family="table-cell"' in text}
    table, row, column = -1, 0, 0
    for tag in ODS_TAG.finditer(text):
        name, attributes = tag.groups()
        times = repeated(attributes)
        is_hidden = b'visibility="collapse"' in attributes or b'visibility="filter"' in attributes
        if name == b"table":
            table, row, column = table + 1, 0, 0
        elif table != index:
            continue
        elif name == b"table-column":
            marks.columns += range(column, column + min(times, 100)) if is_hidden else ()
            column += times
        elif name == b"table-row":
            marks.hidden += range(row + 1, row + 1 + min(times, MOST_REPEATED)) if is_hidden else ()
            row, column = row + times, 0
        else:
            style = re.search(rb'table:style-name="([^"]+)"', attributes)
            if style and style[1] in struck and not attributes.endswith(b"/"):
                marks.struck.setdefault(row, []).append(column)
            column += times
    return marks


def repeated(attributes: bytes) -> int:
    found = re.search(rb'number-(?:rows|columns)-repeated="(\d{1,7})"', attributes)
    return int(found[1]) if found else 1
