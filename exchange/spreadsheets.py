"""Reading and writing workbooks: the only importer of the spreadsheet libraries.

Uploads are read in a child process with limits on memory and time, because a crafted sheet can make a parser ask for
terabytes and abort the whole process.
"""

import io
import json
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

MAX_BYTES = 10 * 1024 * 1024
MAX_UNZIPPED_BYTES = 120 * 1024 * 1024
MAX_ROWS = 5000
MAX_COLUMNS = 60
CHILD_SECONDS = 7
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class SpreadsheetError(Exception):
    """A file that cannot be read. `code` is stable: too_large, empty_file, not_a_workbook, encrypted_workbook,
    too_many_rows, too_many_columns, damaged, unreadable_encoding, timeout."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Cell:
    """`kind` is text, number, date, bool or empty: a number that should be an ID has already lost digits."""

    text: str = ""
    kind: str = "empty"


EMPTY = Cell()


@dataclass(frozen=True)
class SheetCells:
    """The cells of one sheet; `rows[0]` is row 1 as the user sees it."""

    rows: list[list[Cell]]
    sheet: str = ""
    other_sheets: list[str] = field(default_factory=list)


MESSAGES = {
    "too_large": _("The file is larger than 10 MB. Send the roster without pictures."),
    "empty_file": _("The file is empty."),
    "not_a_workbook": _("This is not a workbook. Save the roster as .xlsx or .csv and upload that."),
    "encrypted_workbook": _("The workbook is protected by a password. Save it without one."),
    "too_many_rows": _("The sheet has more than 5,000 rows. Delete the empty rows below the list, or split it."),
    "too_many_columns": _("The sheet has more than 60 columns. Delete the empty columns beside the list."),
    "damaged": _("The workbook is damaged. Open it, save it anew, and upload that."),
    "unreadable_encoding": _("The text of this file cannot be read. Save it as .xlsx, or as CSV in UTF-8."),
    "timeout": _("The workbook took too long to read. Copy the list alone into a new workbook."),
}


def refuse(code: str) -> SpreadsheetError:
    return SpreadsheetError(code, str(MESSAGES[code]))


def read_cells(data: bytes, filename: str) -> SheetCells:
    """Read .xlsx .xls .ods or .csv; raises SpreadsheetError."""
    if not data.strip(b"\x00 \r\n\t"):
        raise refuse("empty_file")
    if len(data) > MAX_BYTES:
        raise refuse("too_large")
    form = sniff(data, filename)
    child = subprocess.Popen(
        [sys.executable, "-m", "exchange.spreadsheet_child", form],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=settings.BASE_DIR,
    )
    try:
        out, _err = child.communicate(data, timeout=CHILD_SECONDS)
    except subprocess.TimeoutExpired as error:
        child.kill()
        child.communicate()
        raise refuse("timeout") from error
    if child.returncode == -signal.SIGABRT:
        raise refuse("too_many_rows")  # the parser asked for the memory of a sheet of billions of cells: a stray cell far below and beside
    if child.returncode != 0:
        raise refuse("damaged")  # killed by its limits, or by the parser itself
    answer = json.loads(out)
    if "error" in answer:
        raise refuse(answer["error"])
    return SheetCells([[Cell(*cell) if cell else EMPTY for cell in row] for row in answer["rows"]], answer["sheet"], answer["others"])


def sniff(data: bytes, filename: str) -> str:
    """What the bytes are, whatever the name says: "zip" (.xlsx, .ods), "xls" or "csv"."""
    if data.startswith(b"PK\x03\x04"):
        check_zip(data)
        return "zip"
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise refuse("encrypted_workbook")
        return "xls"
    if data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"MZ", b"\x7fELF")):
        raise refuse("not_a_workbook")
    if filename.lower().endswith((".xlsx", ".xls", ".ods", ".et")) and not filename.lower().endswith(".csv"):
        raise refuse("not_a_workbook")
    return "csv"


def check_zip(data: bytes) -> None:
    """Refuse archives that unpack to more than MAX_UNZIPPED_BYTES, or that are no workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
        raise refuse("damaged") from error
    if len(entries) > 2000 or sum(entry.file_size for entry in entries) > MAX_UNZIPPED_BYTES:
        raise refuse("too_large")
    names = {entry.filename for entry in entries}
    if not any(name.startswith("xl/") or name == "content.xml" for name in names):
        raise refuse("not_a_workbook")


# Writing ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """A column to write: `choices` makes a drop-down, `is_text` keeps digits as they are typed."""

    title: str
    width: int = 12
    choices: Sequence[str] = ()
    is_text: bool = True


@dataclass(frozen=True)
class Mark:
    """A coloured cell with a note: severity is rejected, warning or fixed."""

    row: int  # index into the rows written, from 0
    column: int
    severity: str
    note: str


FILLS = {"rejected": "#FBEAE6", "warning": "#FAF0D8", "fixed": "#E7EFF4"}


def write_workbook(
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    *,
    sheet: str,
    title: str = "",
    notes: Sequence[str] = (),
    marks: Sequence[Mark] = (),
    locked_header: bool = False,
) -> bytes:
    """A workbook with one table; every value is written as text, so that nothing becomes a formula."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    page = book.add_worksheet(sheet[:31])
    head_row = 1 if title else 0
    _write_head(book, page, columns, title, head_row, locked_header)
    formats = {name: book.add_format({"num_format": "@", "bg_color": colour, "locked": False}) for name, colour in FILLS.items()}
    plain = book.add_format({"num_format": "@", "locked": False})
    marked = {(mark.row, mark.column): mark for mark in marks}
    for index, row in enumerate(rows):
        for column, value in enumerate(row):
            mark = marked.get((index, column))
            page.write_string(head_row + 1 + index, column, "" if value is None else str(value), formats[mark.severity] if mark else plain)
            if mark:
                page.write_comment(head_row + 1 + index, column, mark.note[:1000], {"x_scale": 2, "y_scale": 1.5})
    _add_choices(book, page, columns, head_row)
    if notes:
        page_of_notes = book.add_worksheet(_("Notes")[:31])
        page_of_notes.set_column(0, 0, 100)
        for index, line in enumerate(notes):
            page_of_notes.write_string(index, 0, line)
    if locked_header:
        page.protect("", {"insert_rows": True, "delete_rows": True, "format_cells": True, "format_columns": True, "sort": True, "autofilter": True})
    book.close()
    return out.getvalue()


def _write_head(book: Any, page: Any, columns: Sequence[Column], title: str, head_row: int, locked: bool) -> None:
    head = book.add_format({"bold": True, "bg_color": "#EFEEE9", "border": 1, "border_color": "#E2DFD7", "locked": locked, "valign": "vcenter"})
    body = book.add_format({"num_format": "@", "locked": False})
    if title:
        page.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
    for index, column in enumerate(columns):
        page.set_column(index, index, column.width, body)
        page.write_string(head_row, index, column.title, head)
    page.freeze_panes(head_row + 1, 2)


def _add_choices(book: Any, page: Any, columns: Sequence[Column], head_row: int) -> None:
    """Drop-downs read from a hidden sheet: typed into the cell they would be capped at 255 characters."""
    if not any(column.choices for column in columns):
        return
    lists = book.add_worksheet("lists")
    lists.hide()
    for index, column in enumerate(columns):
        for line, choice in enumerate(column.choices):
            lists.write_string(line, index, choice)
        if column.choices:
            letter = _letters(index)
            source = f"=lists!${letter}$1:${letter}${len(column.choices)}"
            page.data_validation(head_row + 1, index, MAX_ROWS, index, {"validate": "list", "source": source, "error_type": "warning"})


def _letters(index: int) -> str:
    return (chr(64 + index // 26) if index >= 26 else "") + chr(65 + index % 26)
