"""Reading and writing workbooks: the only importer of the spreadsheet libraries.

Uploads are read in a child process with limits on memory and time, because a crafted sheet can make a parser ask for
terabytes and abort the whole process.
"""

import contextlib
import functools
import importlib.util
import io
import json
import re
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

MAX_BYTES = 10 * 1024 * 1024
MAX_UNZIPPED_BYTES = 120 * 1024 * 1024
MAX_ROWS = 5_000  # what is held in memory at once
MOST_ROWS = 100_000  # what can be read at all, a part at a time
MARGIN = 20  # rows of titles and footnotes around the list
MAX_COLUMNS = 60
A4 = 9
LAST_COLUMN = 16_383  # of a sheet in .xlsx, from 0
CHILD = Path(__file__).with_name("spreadsheet_child.py")
CHILD_SECONDS, PATIENT_SECONDS = 9, 60  # by the clock, for somebody who waits and for a job; the child's own limit is on CPU
TABLE = re.compile(rb"<(?:ss:)?(?:table|worksheet)\b", re.IGNORECASE)


class SpreadsheetError(Exception):
    """A file that cannot be read. `code` is stable: too_large, empty_file, not_a_workbook, encrypted_workbook,
    too_many_rows, too_many_columns, too_many_cells, damaged, unreadable_encoding, timeout."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Cell(NamedTuple):
    """`kind` is text, number, date, bool or empty: a number that should be an ID has already lost digits."""

    text: str = ""
    kind: str = "empty"


EMPTY = Cell()


@dataclass(frozen=True)
class SheetMarks:
    """What the sheet hides (also by a filter) or strikes out: row numbers as the user sees them, columns from 0."""

    hidden: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()
    struck: Mapping[int, frozenset[int]] = field(default_factory=dict)  # row → columns

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> "SheetMarks":
        struck = {int(row): frozenset(columns) for row, columns in found.get("struck", {}).items()}
        return cls(frozenset(found.get("hidden", ())), frozenset(found.get("columns", ())), struck)

    def after(self, rows: int) -> "SheetMarks":
        """The same for a piece of the sheet that begins after so many rows."""
        return SheetMarks(frozenset(row - rows for row in self.hidden), self.columns, {row - rows: columns for row, columns in self.struck.items()})


@dataclass(frozen=True)
class SheetCells:
    """The cells of one sheet; `rows[0]` is row 1 as the user sees it. `other_sheets` look like lists of people too and were not read."""

    rows: list[list[Cell]]
    sheet: str = ""
    other_sheets: list[str] = field(default_factory=list)
    marks: SheetMarks = field(default_factory=SheetMarks)


@dataclass(frozen=True)
class SheetParts:
    """A sheet as the child wrote it; `rows` may be walked any number of times, and makes the cells of a few hundred rows at once."""

    sheet: str
    other_sheets: list[str]
    height: int
    lines: list[bytes]
    marks: SheetMarks

    @property
    def rows(self) -> Iterator[list[Cell]]:
        return (unpacked(row) for line in self.lines for row in json.loads(line))

    @property
    def cells(self) -> SheetCells:
        """All of it at once, every row as wide as the widest."""
        rows = list(self.rows)
        width = max(map(len, rows), default=0)
        for row in rows:
            row += [EMPTY] * (width - len(row))
        return SheetCells(rows, self.sheet, self.other_sheets, self.marks)


MESSAGES = {
    "too_large": _("The file is larger than 10 MB. Send the roster without pictures."),
    "empty_file": _("The file is empty."),
    "not_a_workbook": _("This is not a workbook. Save the roster as .xlsx or .csv and upload that."),
    "encrypted_workbook": _("The workbook is protected by a password. Save it without one."),
    "too_many_rows": _("The sheet has more than %(most)s rows. Delete the empty rows below the list, or split it."),
    "too_many_columns": _("The sheet has more than 60 columns. Delete the empty columns beside the list."),
    "too_many_cells": _("The sheet is too large to be read: something stands far below or beside the list. Copy the list alone into a new workbook."),
    "damaged": _("The workbook is damaged. Open it, save it anew, and upload that."),
    "unreadable_encoding": _("The text of this file cannot be read. Save it as .xlsx, or as CSV in UTF-8."),
    "timeout": _("The workbook took too long to read. Copy the list alone into a new workbook."),
}


def refuse(code: str, most: int = MAX_ROWS) -> SpreadsheetError:
    return SpreadsheetError(code, str(MESSAGES[code]) % {"most": f"{most:,}"})


def read_cells(data: bytes, filename: str, sheet: str = "") -> SheetCells:
    """Read .xlsx .xls .ods or .csv of up to MAX_ROWS rows, from the sheet of this name or the one that looks most like a list; raises SpreadsheetError."""
    return read_parts(data, filename, MAX_ROWS, sheet=sheet).cells


def read_parts(data: bytes, filename: str, most: int = MOST_ROWS, seconds: float = CHILD_SECONDS, sheet: str = "") -> SheetParts:
    """The same for up to `most` rows, whose cells are made as they are walked through."""
    first, *lines, end = answer_of(data, filename, most, seconds, sheet)
    head = json.loads(first)
    return SheetParts(head["sheet"], head["others"], json.loads(end)["rows"], lines, SheetMarks.read(head["marks"]))


new_cell = functools.partial(tuple.__new__, Cell)  # a third of the time; there may be millions


def unpacked(row: list[Any]) -> list[Cell]:
    return [(new_cell((value, "text")) if value.__class__ is str else Cell(*value)) if value else EMPTY for value in row]


# The child --------------------------------------------------------------------------------------------------------------


def answer_of(data: bytes, filename: str, most: int, seconds: float, sheet: str) -> list[bytes]:
    """The lines of the child: the head, lists of rows, the end. Raises SpreadsheetError."""
    if not data.strip(b"\x00 \r\n\t"):
        raise refuse("empty_file")
    if len(data) > MAX_BYTES:
        raise refuse("too_large")
    form = sniff(data, filename)
    # Neither environment nor path of ours: the child knows no secret, and starts in half the time.
    command = [sys.executable, "-I", "-S", str(CHILD), form, str(most), packages(), str(CHILD.parents[1]), sheet.replace("\x00", "")]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/")
    alarm = threading.Timer(seconds, child.kill)
    alarm.start()
    try:
        return lines_of(child, data, most)
    finally:
        alarm.cancel()
        child.kill()
        child.stdout.close()  # type: ignore[union-attr]
        child.wait()


@functools.cache
def packages() -> str:
    """The folder of the parser, which the child has to be told."""
    found = importlib.util.find_spec("python_calamine")
    assert found is not None and found.origin is not None
    return str(Path(found.origin).parents[1])


def lines_of(child: "subprocess.Popen[bytes]", data: bytes, most: int) -> list[bytes]:
    assert child.stdin is not None and child.stdout is not None
    with contextlib.suppress(BrokenPipeError), child.stdin:  # it may have given up already; its answer says why
        child.stdin.write(data)
    lines = child.stdout.readlines()
    last = lines[-1] if lines else b""
    if last.startswith(b'{"error"'):
        raise refuse(json.loads(last)["error"], most)
    if not last.startswith(b'{"rows"'):
        raise death_of(child)
    return lines


def death_of(child: "subprocess.Popen[bytes]") -> SpreadsheetError:
    """A child that did not finish: killed by the clock, by its limit on memory, or by the parser itself."""
    code = child.wait()
    if code in (-signal.SIGKILL, -signal.SIGXCPU):
        return refuse("timeout")
    return refuse("too_many_cells" if code == -signal.SIGABRT else "damaged")


def sniff(data: bytes, filename: str) -> str:
    """What the bytes are, whatever the name says: "zip" (.xlsx, .ods), "xls", "markup" (a page or an XML spreadsheet that is called .xls) or "csv"."""
    if data.startswith(b"PK\x03\x04"):
        check_zip(data)
        return "zip"
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise refuse("encrypted_workbook")
        return "xls"
    if data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"MZ", b"\x7fELF")):
        raise refuse("not_a_workbook")
    head = data[:4000].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")  # UTF-16 too
    if head.startswith(b"<") and TABLE.search(data.replace(b"\x00", b"")):
        return "markup"
    if filename.lower().endswith((".xlsx", ".ods")) or (filename.lower().endswith((".xls", ".et")) and b"\t" not in head):
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
    """A column to write: `choices` makes a drop-down, `is_text` keeps digits as they are typed; without it Decimals can be added up.

    A hidden column's cells are not locked: Excel would refuse to sort, and to delete rows with a locked cell.
    """

    title: str
    width: int = 12
    choices: Sequence[str] = ()
    is_text: bool = True
    is_hidden: bool = False


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
    """A workbook with one table; every value but Decimals of columns for numbers is written as text, so that nothing becomes a formula."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    page = book.add_worksheet(sheet[:31])
    head_row = 1 if title else 0
    _write_head(book, page, columns, title, head_row, locked_header)
    formats = {name: book.add_format({"num_format": "@", "bg_color": colour, "locked": False}) for name, colour in FILLS.items()}
    plain, number = book.add_format({"num_format": "@", "locked": False}), book.add_format({"locked": False})
    marked = {(mark.row, mark.column): mark for mark in marks}
    for index, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, Decimal) and not columns[column].is_text:
                page.write_number(head_row + 1 + index, column, value, number)
                continue
            mark = marked.get((index, column))
            page.write_string(head_row + 1 + index, column, "" if value is None else str(value), formats[mark.severity] if mark else plain)
            if mark:
                page.write_comment(head_row + 1 + index, column, mark.note[:1000], {"x_scale": 2, "y_scale": 1.5})
    _add_choices(book, page, columns, head_row)
    if notes:
        page_of_notes = book.add_worksheet(pgettext("workbook", "Notes")[:31])
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
        page.set_column(index, index, column.width, body, {"hidden": column.is_hidden})
        page.write_string(head_row, index, column.title, head)
    if locked:
        page.set_column(len(columns), LAST_COLUMN, None, body)  # or no row could be deleted: a locked cell anywhere in it forbids that
    page.freeze_panes(head_row + 1, 2)
    page.set_paper(A4)  # printed, all columns stand on one page, and the titles on each
    page.set_landscape()
    page.set_margins(left=0.4, right=0.4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(head_row)


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
            letter = letters_of(index)
            source = f"=lists!${letter}$1:${letter}${len(column.choices)}"
            page.data_validation(head_row + 1, index, MAX_ROWS, index, {"validate": "list", "source": source, "error_type": "warning"})


def letters_of(index: int) -> str:
    """The name of a column: A for 0, AB for 27."""
    return (chr(64 + index // 26) if index >= 26 else "") + chr(65 + index % 26)
